package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"shakeout/analysis"
	"shakeout/jobs"
)

// The variables that tests read are known, so that the program does not take
// them for options that are misspelt.
func TestTestVariables(t *testing.T) {
	read := map[string]bool{}
	getenv := regexp.MustCompile(`(?:Getenv|LookupEnv)\("(SHAKEOUT_[A-Z_]+)"\)`)
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		data, err := os.ReadFile(name)
		for _, m := range getenv.FindAllSubmatch(data, -1) {
			read[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range sorted(read) {
		if !slices.Contains(testVariables, name) {
			t.Errorf("a test reads %s, which the program takes for an option: add it to testVariables", name)
		}
	}
	if len(read) < 2 {
		t.Errorf("found only %v", read)
	}
}

// Every option that may be said elsewhere has one name in each place, a value
// that fits it, and a sentence in both languages.
func TestOptions(t *testing.T) {
	options := 0
	allOptions().VisitAll(func(f *pflag.Flag) {
		if !mayBeSaid(f) {
			return
		}
		options++
		if v, ok := f.Value.(*value); ok && v.text != "" && !v.fits(v.text) {
			t.Errorf("%s: its default %q is not a value for it", f.Name, v.text)
		}
		if strings.Contains(f.Name, "_") || f.Name != strings.ToLower(f.Name) {
			t.Errorf("%s has no single name in the environment", f.Name)
		}
		for _, lang := range []analysis.Lang{analysis.Zh, analysis.En} {
			if said := misfit(f.Value, "x", "here").Key; said == "" {
				t.Errorf("%s: nothing is said of a wrong value in %s", f.Name, lang)
			}
		}
	})
	if options < 15 {
		t.Errorf("only %d options", options)
	}
}

// What --fail-on says decides whether a pass that came to its end is a failure.
func TestFailOn(t *testing.T) {
	f := &passFlags{failOn: &value{kind: kindChoice, many: true}}
	for _, c := range []struct {
		on         string
		new, known bool
		blanked    int
		want       bool
	}{
		{"new", true, true, 5, true}, {"new", false, true, 5, false}, {"standing", false, true, 0, true}, {"never", true, true, 5, false},
		{"blanked", true, true, 0, false}, {"blanked", false, false, 1, true}, {"new, blanked", true, true, 0, true}, {"standing", false, false, 1, false},
	} {
		f.failOn.text = c.on
		sum := summaryOf(c.new, c.known, c.blanked)
		if got := f.fails(sum); got != c.want {
			t.Errorf("--fail-on %s with %+v: %v, want %v", c.on, sum, got, c.want)
		}
	}
}

func summaryOf(isNew, known bool, blanked int) (s jobs.Summary) {
	if isNew {
		s.New, s.Rejected = 1, 1
	}
	if known {
		s.Rejected++
	}
	s.Effects.Blanked = blanked
	return s
}
