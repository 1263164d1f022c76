package text

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"shakeout/analysis"
)

// Every entry has both languages with the same blanks, and no key stands twice.
func TestCatalogIsComplete(t *testing.T) {
	entries, err := Entries()
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) == 0 {
		t.Fatal("the catalog is empty")
	}
	blank := regexp.MustCompile(`%(\[\d+\])?[a-z%]`)
	seen := map[string]string{}
	for _, e := range entries {
		if e.En == "" || e.Zh == "" {
			t.Errorf("%s: %s lacks a language", e.File, e.Key)
		}
		if other, ok := seen[e.Key]; ok {
			t.Errorf("%s: %s stands in %s too", e.File, e.Key, other)
		}
		seen[e.Key] = e.File
		en, zh := blank.FindAllString(e.En, -1), blank.FindAllString(e.Zh, -1)
		slices.Sort(en)
		slices.Sort(zh)
		if !slices.Equal(slices.Compact(en), slices.Compact(zh)) {
			t.Errorf("%s: %s has blanks %v in English, %v in Chinese", e.File, e.Key, en, zh)
		}
	}
}

// A per cent sign is written twice: alone it would take the next letter for a
// blank.
func TestCatalogSaysPerCent(t *testing.T) {
	entries, err := Entries()
	if err != nil {
		t.Fatal(err)
	}
	args := []any{"1", "2", "3", "4", "5", "6", "7", "8", "9"}
	for _, e := range entries {
		for _, lang := range []analysis.Lang{analysis.En, analysis.Zh} {
			said, _, _ := strings.Cut(Of(lang, analysis.Say(e.Key, args...)), "%!(EXTRA")
			if strings.Contains(said, "%!") {
				t.Errorf("%s: %s says %q", e.File, e.Key, said)
			}
		}
	}
}

func TestOf(t *testing.T) {
	if got := Key(analysis.Zh, "sheet.summary"); got != "摘要" {
		t.Errorf("got %q", got)
	}
	if got := Key(analysis.En, "no.such.key"); got != "no.such.key" {
		t.Errorf("a missing key shows as itself, got %q", got)
	}
}
