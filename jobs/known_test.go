package jobs

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// manyKnown is an OUT that knows n workbooks.
func manyKnown(tb testing.TB, n int) *bench {
	b := newBench(tb, nil)
	for i := range n {
		tree{fmt.Sprintf("%d/w%d.xlsx", i%50, i): fmt.Sprint("content ", i)}.write(tb, b.in)
	}
	now := time.Now().Add(time.Hour)
	b.opts.Now, b.opts.Quiet = func() time.Time { return now }, DefaultOptions().Quiet
	b.opts.Log = b.opts.Log.Level(10)
	if _, sum := b.run(); sum.Enriched != n {
		tb.Fatalf("got %+v", sum)
	}
	return b
}

// Ten thousand known workbooks: none is opened, nothing is written but the
// run's own row and the metrics file. How long it takes BenchmarkKnown says.
func TestManyKnown(t *testing.T) {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		t.Setenv("TMPDIR", "/dev/shm")
	}
	n := 2000
	if full {
		n = 10_000
	}
	b := manyKnown(t, n)
	look := func() (all []string) {
		filepath.WalkDir(b.out, func(p string, d fs.DirEntry, err error) error {
			if info, err := d.Info(); err == nil && !d.IsDir() && filepath.Base(filepath.Dir(p)) != stateFolder {
				all = append(all, fmt.Sprint(p, info.Size(), info.ModTime()))
			}
			return err
		})
		return all
	}
	rows := func() string {
		all, _, err := Stand(b.out, "")
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%+v", all)
	}
	state := func() (all []string) {
		filepath.WalkDir(filepath.Join(b.out, stateFolder), func(p string, d fs.DirEntry, err error) error {
			all = append(all, p)
			return err
		})
		return all
	}
	kept := state()
	before, known := look(), rows()
	for _, name := range []string{"-wal", "-shm"} { // what looking at the rows may leave; a run tidies it away
		os.Remove(filepath.Join(b.out, stateFolder, ledgerName+name))
	}
	opened, written := counted(b)
	calls := 0
	tap := b.opts.Disk.(*tapped)
	ask := tap.before
	tap.before = func(c call) (int, error) { calls++; return ask(c) }
	began := time.Now()
	_, sum := b.run()
	took := time.Since(began)
	if now := state(); !slices.Equal(now, kept) {
		t.Errorf("the state folder holds %q, before %q", now, kept)
	}
	if sum.Unchanged != n || len(*opened) != 0 {
		t.Errorf("got %+v; opened %d", sum, len(*opened))
	}
	if len(*written) != 1 || filepath.Base((*written)[0]) != metricsName {
		t.Errorf("wrote %q", *written)
	}
	if !slices.Equal(look(), before) || rows() != known {
		t.Error("results or rows changed")
	}
	t.Logf("%d known workbooks, %d calls of the disk, none opened, %v", n, calls, took.Round(time.Millisecond))
	if calls < n {
		t.Error("nothing was looked at")
	}
}

// BenchmarkKnown is a run over ten thousand known workbooks, which is what cron
// does all year.
func BenchmarkKnown(b *testing.B) {
	known := manyKnown(b, 10_000)
	for b.Loop() {
		if _, sum := known.run(); sum.Unchanged != 10_000 {
			b.Fatalf("got %+v", sum)
		}
	}
}
