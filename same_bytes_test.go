package main

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"shakeout/samples"
)

// The same workbooks give the same bytes, whatever the number of workers, the
// time zone, the locale, and whichever run it is: the real program over all
// samples and real workbooks.
func TestSameBytesOnEveryRun(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "shakeout")
	if said, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	in := filepath.Join(dir, "in")
	workbooks := fillInbox(t, in)

	zones, locales, workers := []string{"Asia/Shanghai", "America/New_York"}, []string{"C", "C.UTF-8", "zh_CN.UTF-8"}, []string{"1", "2", "4"}
	for _, zone := range zones {
		if _, err := time.LoadLocation(zone); err != nil {
			t.Fatal(err)
		}
	}
	runs := 6
	if os.Getenv("SHAKEOUT_LONG") != "" {
		runs = 50
	}
	var first map[string]string
	for n := range runs {
		out := filepath.Join(dir, fmt.Sprint("out", n))
		run := exec.Command(program, "run", "--quiet", "--workers", workers[n%3], "--tables", "csv", in, out)
		locale := locales[n/2%3]
		run.Env = append(os.Environ(), "TZ="+zones[n%2], "LANG="+locale, "LC_ALL="+locale)
		if said, err := run.CombinedOutput(); err != nil && run.ProcessState.ExitCode() != exitBad {
			t.Fatalf("%v\n%s", err, said)
		}
		got := hashes(t, out)
		if first == nil {
			first = got
			sound(t, out)
		}
		for _, name := range slices.Sorted(keysOf(first, got)) {
			if got[name] != first[name] {
				t.Errorf("run %d (%s workers, %s, %s): %s differs", n, workers[n%3], zones[n%2], locale, name)
			}
		}
		if err := os.RemoveAll(out); err != nil {
			t.Fatal(err)
		}
	}
	copies := 0
	for name := range first {
		if strings.Contains(name, ".enriched.") {
			copies++
		}
	}
	t.Logf("%d runs over %d workbooks: %d copies and %d tables, one hash each", runs, workbooks, copies, len(first)-copies)
	if copies < 10 || len(first) < 2*copies {
		t.Error("nothing was compared")
	}
}

// sound checks that there is nothing in the results that Excel would repair.
func sound(t *testing.T, out string) {
	t.Helper()
	looked := 0
	err := filepath.WalkDir(out, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.Contains(d.Name(), ".enriched.") {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		wrong, err := samples.Unsound(data)
		for _, w := range wrong {
			t.Errorf("%s: %s", d.Name(), w)
		}
		looked++
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("nothing to repair in %d results", looked)
}

// fillInbox makes a folder of the sample workbooks, the workbooks of all cases,
// and the real ones where they are at hand.
func fillInbox(t *testing.T, in string) int {
	t.Helper()
	n := 0
	put := func(name string, data []byte, err error) {
		t.Helper()
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(in, name)), 0o777)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(in, name), data, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	for _, pattern := range []string{"samples/inbox/*", filepath.Join(realDir, "*.xlsx")} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			put(filepath.Base(file), data, err)
		}
	}
	cases, err := samples.Cases()
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		if i%4 > 0 && os.Getenv("SHAKEOUT_LONG") == "" {
			continue
		}
		data, err := c.Workbook()
		put(filepath.Join("cases", c.Name+".xlsx"), data, err)
	}
	return n
}

// hashes gives the results of a run: path below OUT to hash. What the program
// notes for itself, and the page that says when it ran, are no results.
func hashes(t *testing.T, out string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(out, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.IsDir() || d.Name() == "index.html":
			return nil
		}
		data, err := os.ReadFile(name)
		below, _ := filepath.Rel(out, name)
		all[below] = fmt.Sprintf("%x", sha256.Sum256(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func keysOf(maps ...map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		seen := map[string]bool{}
		for _, m := range maps {
			for key := range m {
				if !seen[key] && !yield(key) {
					return
				}
				seen[key] = true
			}
		}
	}
}
