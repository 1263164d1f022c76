package jobs

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
	"shakeout/writers"
)

// clock is a time that tests set, and that waiting moves.
type clock struct{ now time.Time }

func (c *clock) on(b *bench) {
	c.now = time.Now()
	b.opts.Now = func() time.Time { return c.now }
	b.opts.Pause = func(_ context.Context, d time.Duration) { c.now = c.now.Add(d) }
	b.opts.Quiet, b.opts.GiveUp = 2*time.Second, time.Hour
}

// A young file is looked at twice; one that is written to meanwhile waits.
func TestQuietPeriod(t *testing.T) {
	b := newBench(t, tree{"a.xlsx": "one", "b.xlsx": "two"})
	var c clock
	c.on(b)
	pauses := 0
	b.opts.Pause = func(_ context.Context, d time.Duration) {
		pauses++
		c.now = c.now.Add(d)
		tree{"b.xlsx": "two and more"}.write(t, b.in)
	}
	if sum := b.want("a.xlsx enriched", "b.xlsx waiting changing"); sum.Waiting != 1 || sum.New != 0 {
		t.Errorf("got %+v", sum)
	}
	b.opts.Pause = func(_ context.Context, d time.Duration) { pauses++; c.now = c.now.Add(d) }
	b.want("a.xlsx unchanged", "b.xlsx enriched")
	if pauses != 2 {
		t.Errorf("waited %d times, want 2", pauses)
	}
	b.want("a.xlsx unchanged", "b.xlsx unchanged")
	c.now = c.now.Add(time.Minute)
	tree{"c.xlsx": "three"}.write(t, b.in)
	old := c.now.Add(-time.Hour)
	os.Chtimes(filepath.Join(b.in, "c.xlsx"), old, old) // copied with its time, a moment ago: ctime tells
	b.want("a.xlsx unchanged", "b.xlsx unchanged", "c.xlsx enriched")
	if want := map[bool]int{true: 2, false: 2}[runtime.GOOS == "linux"]; pauses != want {
		t.Errorf("waited %d times, want %d: all had rested by the clock", pauses, want)
	}
}

// A file whose times lie in the future rests when it looks the same for long
// enough.
func TestTimesInTheFuture(t *testing.T) {
	b := newBench(t, tree{"a.xlsx": "one"})
	var c clock
	c.on(b)
	ahead := c.now.Add(24 * time.Hour)
	os.Chtimes(filepath.Join(b.in, "a.xlsx"), ahead, ahead)
	b.want("a.xlsx enriched")
	b.opts.Look = false
	tree{"a.xlsx": "two"}.write(t, b.in)
	os.Chtimes(filepath.Join(b.in, "a.xlsx"), ahead, ahead)
	b.want("a.xlsx waiting changing")
	c.now = c.now.Add(time.Second)
	b.want("a.xlsx waiting changing")
	c.now = c.now.Add(time.Second)
	b.want("a.xlsx enriched")
}

// Without its end a file waits, however long its copy pauses; after GiveUp it is
// rejected.
func TestIncomplete(t *testing.T) {
	b := newBench(t, tree{"a.xlsx": "half", "zeros.xlsx": "half\x00"})
	var c clock
	c.on(b)
	c.now = c.now.Add(time.Minute)
	sum := b.want("a.xlsx waiting incomplete", "zeros.xlsx waiting incomplete")
	if sum.Waiting != 2 || sum.New != 0 {
		t.Errorf("got %+v", sum)
	}
	b.wantFiles()
	all, _, err := Stand(b.out, "")
	if err != nil || all[0].Status != Waiting || all[0].Code != codeIncomplete {
		t.Errorf("the ledger has %v, %v", all, err)
	}
	since := all[0].Since
	c.now = c.now.Add(30 * time.Minute)
	b.want("a.xlsx waiting incomplete", "zeros.xlsx waiting incomplete")
	if all, _, _ := Stand(b.out, ""); all[0].Since != since {
		t.Error("it waits since another time")
	}
	tree{"a.xlsx": "whole"}.write(t, b.in)
	b.want("a.xlsx enriched", "zeros.xlsx waiting incomplete")
	c.now = c.now.Add(30 * time.Minute)
	if sum := b.want("a.xlsx unchanged", "zeros.xlsx rejected damaged-zip"); sum.New != 1 {
		t.Errorf("got %+v", sum)
	}
}

// A version that waits takes nothing from the one before.
func TestWaitingKeepsTheEarlierResult(t *testing.T) {
	b := newBench(t, tree{"a.xlsx": "one"})
	var c clock
	c.on(b)
	c.now = c.now.Add(time.Minute)
	b.want("a.xlsx enriched")
	tree{"a.xlsx": "half"}.write(t, b.in)
	c.now = c.now.Add(time.Minute)
	b.want("a.xlsx waiting incomplete")
	if got := b.wantFiles("a.enriched.xlsx"); got["a.enriched.xlsx"] != "one|a.xlsx|0|zh|" {
		t.Errorf("got %q", got)
	}
	tree{"a.xlsx": "one"}.write(t, b.in)
	c.now = c.now.Add(time.Minute)
	b.want("a.xlsx enriched")
}

// What is read is one version: a file that is replaced between looking and
// reading, or while it is read, waits.
func TestReplacedWhileRead(t *testing.T) {
	b := newBench(t, tree{"a.xlsx": "one"})
	done := false
	b.opts.Disk = &tapped{Disk: machine{}, before: func(c call) (int, error) {
		if c.op == "open" && !done {
			done = true
			os.Remove(filepath.Join(b.in, "a.xlsx"))
			tree{"a.xlsx": "six"}.write(t, b.in) // as long as the first
		}
		return 0, nil
	}}
	b.want("a.xlsx waiting changing")
	b.opts.Disk = machine{}
	b.want("a.xlsx enriched")
	if got := files(t, b.out)["a.enriched.xlsx"]; got != "six|a.xlsx|0|zh|" {
		t.Errorf("got %q", got)
	}
}

// counted counts what is opened and written.
func counted(b *bench) (opened, written *[]string) {
	opened, written = &[]string{}, &[]string{}
	var one sync.Mutex // workers open at once
	b.opts.Disk = &tapped{Disk: machine{}, before: func(c call) (int, error) {
		one.Lock()
		defer one.Unlock()
		name, to, _ := strings.Cut(c.name, "\x00")
		switch c.op {
		case "open":
			*opened = append(*opened, name)
		case "rename":
			*written = append(*written, to)
		}
		return 0, nil
	}}
	return opened, written
}

// Known files are not opened: not by name, not by time, not after a rename of
// another; any write, any replacement opens them.
func TestNotOpened(t *testing.T) {
	b := newBench(t, tree{"a.xlsx": "one", "b.xlsx": "half", "c.xlsx": "nothing"})
	now := time.Now().Add(time.Hour)
	b.opts.Now = func() time.Time { return now }
	opened, written := counted(b)
	b.want("a.xlsx enriched", "b.xlsx rejected damaged-zip", "c.xlsx nothing no-table")
	if len(*opened) != 3 {
		t.Errorf("opened %q", *opened)
	}
	*opened, *written = nil, nil
	b.want("a.xlsx unchanged", "b.xlsx rejected damaged-zip", "c.xlsx nothing no-table")
	if len(*opened) != 0 || len(*written) != 1 || filepath.Base((*written)[0]) != metricsName {
		t.Errorf("opened %q, wrote %q", *opened, *written)
	}
	a := filepath.Join(b.in, "a.xlsx")
	for what, change := range map[string]func(){
		"touched":       func() { os.Chtimes(a, now, now) },
		"older":         func() { old := now.Add(-1e6 * time.Second); os.Chtimes(a, old, old) },
		"written again": func() { tree{"a.xlsx": "one"}.write(t, b.in) },
		"same size and time": func() {
			info, _ := os.Stat(a)
			tree{"other.tmp": "one"}.write(t, b.in)
			os.Chtimes(filepath.Join(b.in, "other.tmp"), info.ModTime(), info.ModTime())
			os.Rename(filepath.Join(b.in, "other.tmp"), a)
		},
	} {
		change()
		*opened = nil
		b.want("a.xlsx unchanged", "b.xlsx rejected damaged-zip", "c.xlsx nothing no-table")
		if len(*opened) != 1 {
			t.Errorf("%s: opened %q, want a.xlsx once", what, *opened)
		}
	}
	// Read within the coarsest step of a clock after it changed: looked at again.
	now = time.Now()
	tree{"a.xlsx": "two"}.write(t, b.in)
	b.run()
	*opened = nil
	b.run()
	if len(*opened) != 1 {
		t.Errorf("read right after it was written: then opened %q, want a.xlsx once", *opened)
	}
}

func TestDeletedRenamedAndBack(t *testing.T) {
	b := newBench(t, tree{"a.xlsx": "one", "b.xlsx": "two", "sub/c.xlsx": "three"})
	b.want("a.xlsx enriched", "b.xlsx enriched", "sub/c.xlsx enriched")
	os.Remove(filepath.Join(b.in, "a.xlsx"))
	os.Rename(filepath.Join(b.in, "b.xlsx"), filepath.Join(b.in, "d.xlsx"))
	sum := b.want("d.xlsx enriched", "sub/c.xlsx unchanged", "a.xlsx gone deleted", "b.xlsx gone renamed")
	if sum.Gone != 2 || sum.Workbooks != 2 {
		t.Errorf("got %+v", sum)
	}
	b.want("d.xlsx unchanged", "sub/c.xlsx unchanged") // said once
	b.wantFiles("a.enriched.xlsx", "b.enriched.xlsx", "d.enriched.xlsx", "sub/c.enriched.xlsx")
	tree{"a.xlsx": "one"}.write(t, b.in)
	b.want("a.xlsx unchanged", "d.xlsx unchanged", "sub/c.xlsx unchanged")

	// A folder that cannot be read says nothing of what is in it.
	b.opts.Prune = true
	b.opts.Disk = &tapped{Disk: machine{}, before: func(c call) (int, error) {
		if c.op == "readdir" && strings.HasSuffix(c.name, "/sub") && strings.HasPrefix(c.name, b.in) {
			return 0, os.ErrPermission
		}
		return 0, nil
	}}
	b.want("a.xlsx unchanged", "d.xlsx unchanged", "sub failed unreadable")
	b.opts.Disk = machine{}
	b.wantFiles("a.enriched.xlsx", "d.enriched.xlsx", "sub/c.enriched.xlsx") // b's was pruned

	// One of several INs with the same OUT is no reason either.
	other := newBench(t, tree{"other.xlsx": "x"})
	other.out, other.opts.Prune = b.out, true
	other.want("other.xlsx enriched")
	b.wantFiles("a.enriched.xlsx", "d.enriched.xlsx", "other.enriched.xlsx", "sub/c.enriched.xlsx")

	os.RemoveAll(filepath.Join(b.in, "sub"))
	b.want("a.xlsx unchanged", "d.xlsx unchanged", "sub/c.xlsx gone deleted")
	b.wantFiles("a.enriched.xlsx", "d.enriched.xlsx", "other.enriched.xlsx")
	if exists(machine{}, filepath.Join(b.out, "sub")) {
		t.Error("the folder is left, empty")
	}
	for _, name := range []string{"a.xlsx", "d.xlsx"} {
		os.Remove(filepath.Join(b.in, name))
	}
	b.run() // IN is empty: perhaps not mounted
	b.wantFiles("a.enriched.xlsx", "d.enriched.xlsx", "other.enriched.xlsx")
	if !strings.Contains(b.log.String(), "mounted") {
		t.Error("nothing was said of an empty IN")
	}
}

func TestEditedResultIsKept(t *testing.T) {
	b := newBench(t, tree{"a.xlsx": "one"})
	b.want("a.xlsx enriched")
	const edit = "a reader's work"
	tree{"a.enriched.xlsx": edit}.write(t, b.out)
	tree{"a.xlsx": "two"}.write(t, b.in)
	b.want("a.xlsx enriched")
	kept := "a.enriched.edited-" + sumOf(edit)[:8] + ".xlsx"
	there := b.wantFiles(kept, "a.enriched.xlsx")
	if there[kept] != edit || there["a.enriched.xlsx"] != "two|a.xlsx|0|zh|" {
		t.Errorf("got %q", there)
	}
	// Edited in the same way again, it is kept once.
	tree{"a.enriched.xlsx": edit}.write(t, b.out)
	b.opts.Force = true
	b.want("a.xlsx enriched")
	b.wantFiles(kept, "a.enriched.xlsx")
	// A result of an earlier program of ours is not edited.
	b.opts.Build = "build 2"
	b.want("a.xlsx enriched")
	b.wantFiles(kept, "a.enriched.xlsx")
	// Pruned, the edited one stays.
	tree{"a.enriched.xlsx": "and again"}.write(t, b.out)
	tree{"z.xlsx": "z"}.write(t, b.in)
	os.Remove(filepath.Join(b.in, "a.xlsx"))
	b.opts.Force, b.opts.Prune = false, true
	b.run()
	b.wantFiles(kept, "a.enriched.edited-"+sumOf("and again")[:8]+".xlsx", "z.enriched.xlsx")
}

// A name is what the file system says: composed or not, emoji, bytes that are no
// text.
func TestNames(t *testing.T) {
	const composed, decomposed = "caf\u00e9.xlsx", "cafe\u0301.xlsx"
	in := tree{"市场📈 2024.xlsx": "one", "a b\tc.xlsx": "two", "'quoted' ;--.xlsx": "three", "100%.xlsx": "four", "?#&.xlsx": "five", composed: "six", decomposed: "seven"}
	b := newBench(t, in)
	b.out = filepath.Join(b.out, "out 100%?#&")
	got, sum := b.run()
	if sum.Enriched != len(in) {
		t.Fatalf("got %q", got)
	}
	there := files(t, b.out)
	if len(there) != len(in) {
		t.Errorf("OUT holds %q", names(there))
	}
	var folded []string
	for name := range there {
		folded = append(folded, fold(name))
	}
	slices.Sort(folded)
	if len(slices.Compact(folded)) != len(in) {
		t.Errorf("names that are one on some file systems: %q", names(there))
	}
	if _, sum := b.run(); sum.Unchanged != len(in) {
		t.Errorf("second pass: %+v", sum)
	}
	if err := os.WriteFile(filepath.Join(b.in, "bad\xff\xfebytes.xlsx"), []byte("x"), 0o666); err == nil {
		b.run()
		if _, sum := b.run(); sum.Unchanged != len(in)+1 {
			t.Errorf("bytes that are no text: %+v", sum)
		}
	}
}

// IN is only ever read: everything in it, times and all, is as it was.
func TestInIsNotTouched(t *testing.T) {
	b := newBench(t, tree{"a.xlsx": "one", "b.xlsx": "half", "sub/c.xlsx": "panic"})
	look := func() (all []string) {
		filepath.WalkDir(b.in, func(p string, d os.DirEntry, err error) error {
			info, _ := d.Info()
			all = append(all, p+info.Mode().String()+info.ModTime().String())
			return err
		})
		return all
	}
	before := look()
	for _, dir := range []string{"sub", "."} {
		if err := os.Chmod(filepath.Join(b.in, dir), 0o555); err != nil {
			t.Fatal(err)
		}
		defer os.Chmod(filepath.Join(b.in, dir), 0o777)
	}
	tapped := &tapped{Disk: machine{}, before: func(c call) (int, error) {
		switch c.op {
		case "create", "rename", "remove", "mkdir", "write", "sync", "sync-folder":
			if strings.Contains(c.name, b.in+"/") {
				t.Errorf("%s of %s", c.op, c.name)
			}
		}
		return 0, nil
	}}
	b.opts.Disk = tapped
	b.run()
	os.Chmod(b.in, 0o755)
	os.Chmod(filepath.Join(b.in, "sub"), 0o755)
	if after := look(); !slices.Equal(stripModes(before), stripModes(after)) {
		t.Errorf("IN changed:\n%s\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
	}
}

func stripModes(lines []string) (out []string) {
	for _, l := range lines {
		out = append(out, strings.NewReplacer("drwxr-xr-x", "", "drwxrwxrwx", "", "-rw-r--r--", "", "-rw-rw-rw-", "").Replace(l))
	}
	return out
}

// A step that does not heed the request to stop is left behind after Grace, and
// what it makes later is not published.
func TestStepThatDoesNotStop(t *testing.T) {
	b := newBench(t, tree{"a.xlsx": "one", "b.xlsx": "two"})
	b.opts.Workers, b.opts.Grace = 1, 10*time.Millisecond
	ctx, cancel := context.WithCancel(context.Background())
	release, over := make(chan struct{}), make(chan error, 1)
	enrich := b.steps.Enrich
	b.steps.Enrich = func(_ context.Context, w io.Writer, pkg *ooxml.Package, wb *analysis.Workbook, r []analysis.Result, p analysis.Params, o writers.Options) error {
		cancel()
		<-release
		err := enrich(context.Background(), w, pkg, wb, r, p, o)
		over <- err
		return err
	}
	got, sum, err := b.runCtx(ctx)
	if err == nil || len(got) != 0 || sum.Left != 2 {
		t.Errorf("got %q, %d left, %v", got, sum.Left, err)
	}
	close(release)
	<-over
	b.steps = fakeSteps()
	b.want("a.xlsx enriched", "b.xlsx enriched")
	b.wantFiles("a.enriched.xlsx", "b.enriched.xlsx")
}
