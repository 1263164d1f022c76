package jobs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
	"shakeout/writers"
)

// tree is a folder as a literal: path -> what the file holds.
type tree map[string]string

func (t tree) write(tb testing.TB, dir string) {
	tb.Helper()
	for name, content := range t {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(content), 0o666); err != nil {
			tb.Fatal(err)
		}
	}
}

// files reads a folder back, without our own state.
func files(tb testing.TB, dir string) tree {
	tb.Helper()
	t := tree{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == stateFolder {
				return fs.SkipDir
			}
			return nil
		}
		data, err := os.ReadFile(p)
		rel, _ := filepath.Rel(dir, p)
		t[filepath.ToSlash(rel)] = string(data)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

func names(t tree) []string { return slices.Sorted(maps.Keys(t)) }

// fakeSteps stand in for the real ones: a workbook's content says what happens
// to it. "half" is refused, "nothing" has no table, "panic" breaks a step, any
// other is enriched to text that shows all the result depends on.
func fakeSteps() Steps {
	content := func(pkg *ooxml.Package) string { return pkg.Sheets[0].Name }
	return Steps{
		Open: func(_ context.Context, data []byte) (*ooxml.Package, error) {
			if bytes.HasPrefix(data, []byte("half")) {
				return nil, &ooxml.Refusal{Code: "damaged-zip", Err: errors.New("unexpected end")}
			}
			return &ooxml.Package{Sheets: []ooxml.Sheet{{Name: string(data)}}}, nil
		},
		Read: func(_ context.Context, pkg *ooxml.Package, name string) (*analysis.Workbook, error) {
			wb := &analysis.Workbook{Name: name, Lang: analysis.Zh, Findings: []analysis.Finding{{Code: "row-total"}}}
			if content(pkg) != "nothing" {
				wb.Regions = []analysis.Region{{Table: "prices"}, {Table: "metrics"}}
			}
			return wb, nil
		},
		Analyse: func(_ *analysis.Workbook, params analysis.Params) (analysis.Params, []analysis.Result) {
			return params, []analysis.Result{{Name: "prices", Findings: []analysis.Finding{{Code: "x"}, {Code: "y"}}}}
		},
		Enrich: func(_ context.Context, w io.Writer, pkg *ooxml.Package, wb *analysis.Workbook, _ []analysis.Result, params analysis.Params, o writers.Options) error {
			fmt.Fprintf(w, "%s|%s|%d|%s|%s", content(pkg), wb.Name, params.AsOf, o.Lang, o.Version)
			if content(pkg) == "panic" {
				panic("index out of range")
			}
			return nil
		},
	}
}

// bench is IN, OUT and how they are run.
type bench struct {
	testing.TB
	in, out string
	opts    Options
	steps   Steps
	log     bytes.Buffer
}

func newBench(tb testing.TB, in tree) *bench {
	b := &bench{TB: tb, in: tb.TempDir(), out: filepath.Join(tb.TempDir(), "out"), opts: DefaultOptions(), steps: fakeSteps()}
	in.write(tb, b.in)
	b.opts.Log, b.opts.Build = zerolog.New(&b.log), "build 1"
	b.opts.Quiet, b.opts.GiveUp = 0, 0
	b.opts.Market = MarketOff // has tests of its own
	b.opts.Now = func() time.Time { return time.Date(2024, 11, 30, 0, 0, 0, 0, time.UTC) }
	return b
}

// run makes a pass and gives "file status code" of each workbook.
func (b *bench) run() ([]string, Summary) {
	b.Helper()
	got, sum, err := b.runCtx(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	return got, sum
}

func (b *bench) runCtx(ctx context.Context) ([]string, Summary, error) {
	got := []string{}
	sum, err := Run(ctx, b.in, b.out, b.opts, b.steps, func(o Outcome) {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s", o.File, o.Status, o.Code)))
	})
	return got, sum, err
}

// want makes a pass and compares its outcomes.
func (b *bench) want(outcomes ...string) Summary {
	b.Helper()
	got, sum := b.run()
	if !slices.Equal(got, outcomes) {
		b.Errorf("got outcomes %q, want %q", got, outcomes)
	}
	return sum
}

// wantFiles compares the names in OUT.
func (b *bench) wantFiles(want ...string) tree {
	b.Helper()
	there := files(b, b.out)
	slices.Sort(want)
	if got := names(there); !slices.Equal(got, want) {
		b.Errorf("OUT holds %q, want %q", got, want)
	}
	return there
}

func TestEnriches(t *testing.T) {
	b := newBench(t, tree{"b.xlsx": "two", "a/a.xlsm": "one", "空.xlsx": "nothing"})
	b.opts.Params.AsOf, b.opts.Version = 7, "v9"
	sum := b.want("a/a.xlsm enriched", "b.xlsx enriched", "空.xlsx nothing no-table")
	if sum.Markets = nil; !reflect.DeepEqual(sum, Summary{Workbooks: 3, Enriched: 2, Nothing: 1}) {
		t.Errorf("got summary %+v", sum)
	}
	got := b.wantFiles("a/a.enriched.xlsm", "b.enriched.xlsx")
	if want := "one|a.xlsm|7|zh|v9"; got["a/a.enriched.xlsm"] != want {
		t.Errorf("got %q, want %q", got["a/a.enriched.xlsm"], want)
	}
	sum = b.want("a/a.xlsm unchanged", "b.xlsx unchanged", "空.xlsx nothing no-table")
	if sum.Markets = nil; !reflect.DeepEqual(sum, Summary{Workbooks: 3, Unchanged: 2, Nothing: 1}) {
		t.Errorf("second pass: got summary %+v", sum)
	}
}

// What is already there is made again only when something it depends on changed.
func TestMadeAgain(t *testing.T) {
	for _, c := range []struct {
		what   string
		change func(*bench)
		want   Status
	}{
		{"nothing changed", func(*bench) {}, Unchanged},
		{"touched, same bytes", func(b *bench) { tree{"x.xlsx": "one"}.write(b, b.in) }, Unchanged},
		{"other bytes", func(b *bench) { tree{"x.xlsx": "two"}.write(b, b.in) }, Enriched},
		{"result deleted", func(b *bench) { os.Remove(filepath.Join(b.out, "x.enriched.xlsx")) }, Enriched},
		{"other parameters", func(b *bench) { b.opts.Params.AsOf = 3 }, Enriched},
		{"other language", func(b *bench) { b.opts.Lang = analysis.En }, Enriched},
		{"other build", func(b *bench) { b.opts.Build = "build 2" }, Enriched},
		{"other number of workers", func(b *bench) { b.opts.Workers = 7 }, Unchanged},
		{"forced", func(b *bench) { b.opts.Force = true }, Enriched},
		{"tables asked for", func(b *bench) { b.opts.Tables.CSV = true }, Enriched},
	} {
		t.Run(c.what, func(t *testing.T) {
			b := newBench(t, tree{"x.xlsx": "one"})
			b.want("x.xlsx enriched")
			c.change(b)
			b.want("x.xlsx " + string(c.want))
			b.want("x.xlsx " + map[bool]string{true: "enriched", false: "unchanged"}[b.opts.Force])
		})
	}
}

func TestHalfCopiedInput(t *testing.T) {
	b := newBench(t, tree{"s/x.xlsx": "half", "y.xlsx": "good"})
	if sum := b.want("s/x.xlsx rejected damaged-zip", "y.xlsx enriched"); sum.New != 1 {
		t.Errorf("got %d new, want 1", sum.New)
	}
	there := b.wantFiles("s/x.rejected.txt", "y.enriched.xlsx")
	for _, want := range []string{"未读取：x.xlsx", "Not read: x.xlsx", "重新复制", "Copy it again", "damaged-zip"} {
		if !strings.Contains(there["s/x.rejected.txt"], want) {
			t.Errorf("the reason lacks %q:\n%s", want, there["s/x.rejected.txt"])
		}
	}
	if sum := b.want("s/x.xlsx rejected damaged-zip", "y.xlsx unchanged"); sum.New != 0 {
		t.Errorf("known from before: got %d new, want 0", sum.New)
	}
	os.Remove(filepath.Join(b.out, "s/x.rejected.txt"))
	b.want("s/x.xlsx rejected damaged-zip", "y.xlsx unchanged")
	b.wantFiles("s/x.rejected.txt", "y.enriched.xlsx")

	tree{"s/x.xlsx": "whole"}.write(t, b.in)
	b.want("s/x.xlsx enriched", "y.xlsx unchanged")
	b.wantFiles("s/x.enriched.xlsx", "y.enriched.xlsx")
}

// A workbook that can no longer be read keeps its earlier result, and its
// reason says so.
func TestRejectedKeepsEarlierResult(t *testing.T) {
	b := newBench(t, tree{"x.xlsx": "one"})
	b.want("x.xlsx enriched")
	tree{"x.xlsx": "half"}.write(t, b.in)
	b.want("x.xlsx rejected damaged-zip")
	there := b.wantFiles("x.enriched.xlsx", "x.rejected.txt")
	if !strings.Contains(there["x.rejected.txt"], "x.enriched.xlsx") {
		t.Errorf("the reason does not say what x.enriched.xlsx is:\n%s", there["x.rejected.txt"])
	}
	tree{"x.xlsx": "nothing"}.write(t, b.in)
	b.want("x.xlsx nothing no-table")
	b.wantFiles("x.enriched.xlsx")
}

func TestInputThatCannotBeOpened(t *testing.T) {
	b := newBench(t, tree{"a.xlsx": "one", "b.xlsx": "two"})
	b.opts.Workers = 1
	open := b.steps.Open
	b.steps.Open = func(ctx context.Context, data []byte) (*ooxml.Package, error) {
		os.Remove(filepath.Join(b.in, "b.xlsx")) // gone after the folder was looked through
		return open(ctx, data)
	}
	if sum := b.want("a.xlsx enriched", "b.xlsx failed unreadable"); sum.New != 1 {
		t.Errorf("got %d new, want 1", sum.New)
	}
	tree{"b.xlsx": "two"}.write(t, b.in)
	b.steps = fakeSteps()
	b.want("a.xlsx unchanged", "b.xlsx enriched")
}

func TestPanicInAStep(t *testing.T) {
	for step, breakStep := range map[string]func(*Steps){
		"open": func(s *Steps) {
			open := s.Open
			s.Open = func(ctx context.Context, data []byte) (*ooxml.Package, error) {
				if string(data) == "panic" {
					panic("nil map")
				}
				return open(ctx, data)
			}
		},
		"enrich": func(*Steps) {}, // the content does it, with half of the result written
	} {
		t.Run(step, func(t *testing.T) {
			b := newBench(t, tree{"a.xlsx": "one", "b.xlsx": "panic", "c.xlsx": "three"})
			breakStep(&b.steps)
			if sum := b.want("a.xlsx enriched", "b.xlsx failed panic", "c.xlsx enriched"); sum.New != 1 {
				t.Errorf("got %d new, want 1", sum.New)
			}
			b.wantFiles("a.enriched.xlsx", "c.enriched.xlsx")
			if !strings.Contains(b.log.String(), "goroutine") {
				t.Errorf("the log lacks the stack:\n%s", &b.log)
			}
			// Tried again, but not news.
			if sum := b.want("a.xlsx unchanged", "b.xlsx failed panic", "c.xlsx unchanged"); sum.New != 0 {
				t.Errorf("known from before: got %d new, want 0", sum.New)
			}
		})
	}
}

func TestOutCannotBeWritten(t *testing.T) {
	b := newBench(t, tree{"a.xlsx": "one", "b/b.xlsx": "two", "c.xlsx": "three"})
	// Folders in the place of files and the reverse: refused to root as well.
	tree{"a.enriched.xlsx/x": "", "b": ""}.write(t, b.out)
	sum := b.want("a.xlsx failed unwritable", "b/b.xlsx failed unwritable", "c.xlsx enriched")
	if sum.Unwritten != 2 {
		t.Errorf("got %d unwritten, want 2", sum.Unwritten)
	}
	b.wantFiles("a.enriched.xlsx/x", "b", "c.enriched.xlsx")
	os.RemoveAll(filepath.Join(b.out, "a.enriched.xlsx"))
	os.Remove(filepath.Join(b.out, "b"))
	b.want("a.xlsx enriched", "b/b.xlsx enriched", "c.xlsx unchanged")
}

func TestOutCannotBeMade(t *testing.T) {
	b := newBench(t, tree{"a.xlsx": "one"})
	tree{"out": "another original"}.write(t, filepath.Dir(b.out))
	if _, _, err := b.runCtx(context.Background()); !errors.Is(err, ErrOutIsFile) {
		t.Errorf("OUT is a file: got %v", err)
	}
	b.out = filepath.Join(b.out, "below")
	if _, _, err := b.runCtx(context.Background()); err == nil {
		t.Error("OUT below a file: went well")
	}
}

// What a killed run leaves half-written is overwritten and renamed by the run
// that does its work again.
func TestKilledWhileWriting(t *testing.T) {
	b := newBench(t, tree{"a.xlsx": "one"})
	enrich := b.steps.Enrich
	var temp string
	b.steps.Enrich = func(ctx context.Context, w io.Writer, pkg *ooxml.Package, wb *analysis.Workbook, r []analysis.Result, p analysis.Params, o writers.Options) error {
		under := names(files(t, b.out))
		if len(under) != 1 {
			t.Errorf("OUT holds %q while the result is written, want the temporary file alone", under)
		}
		temp = under[0]
		return enrich(ctx, w, pkg, wb, r, p, o)
	}
	b.want("a.xlsx enriched")
	b.steps = fakeSteps()
	os.Remove(filepath.Join(b.out, "a.enriched.xlsx"))
	tree{temp: "half of it, and longer than the whole result will be"}.write(t, b.out)
	b.want("a.xlsx enriched")
	if there := b.wantFiles("a.enriched.xlsx"); there["a.enriched.xlsx"] != "one|a.xlsx|0|zh|" {
		t.Errorf("the result holds %q", there["a.enriched.xlsx"])
	}
}

func TestLedgerLost(t *testing.T) {
	b := newBench(t, tree{"a.xlsx": "one", "b.xlsx": "half"})
	b.want("a.xlsx enriched", "b.xlsx rejected damaged-zip")
	before := files(t, b.out)
	if err := os.RemoveAll(filepath.Join(b.out, stateFolder)); err != nil {
		t.Fatal(err)
	}
	b.want("a.xlsx enriched", "b.xlsx rejected damaged-zip")
	if after := files(t, b.out); !maps.Equal(before, after) {
		t.Errorf("done again it gives %q, first %q", after, before)
	}
}

// Asked to stop while the second of four is under way: the first is done, the
// second dropped, the others are not begun, and the next pass does the rest.
func TestAskedToStop(t *testing.T) {
	b := newBench(t, tree{"a.xlsx": "one", "b.xlsx": "two", "c.xlsx": "three", "d.xlsx": "four"})
	b.opts.Workers = 1
	why := errors.New("SIGTERM")
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	enrich := b.steps.Enrich
	b.steps.Enrich = func(ctx context.Context, w io.Writer, pkg *ooxml.Package, wb *analysis.Workbook, r []analysis.Result, p analysis.Params, o writers.Options) error {
		if wb.Name == "b.xlsx" {
			cancel(why)
		}
		return enrich(ctx, w, pkg, wb, r, p, o)
	}
	got, sum, err := b.runCtx(ctx)
	if !errors.Is(err, why) || !slices.Equal(got, []string{"a.xlsx enriched"}) || sum.Left != 3 {
		t.Errorf("got %q, %d left, %v; want a.xlsx enriched, 3 left, %v", got, sum.Left, err, why)
	}
	b.wantFiles("a.enriched.xlsx")
	b.steps = fakeSteps()
	b.want("a.xlsx unchanged", "b.xlsx enriched", "c.xlsx enriched", "d.xlsx enriched")
}

// A step that is stopped may say that the file is damaged: no reason to keep.
func TestStoppedStepRejectsNothing(t *testing.T) {
	b := newBench(t, tree{"a.xlsx": "half"})
	ctx, cancel := context.WithCancel(context.Background())
	open := b.steps.Open
	b.steps.Open = func(ctx context.Context, data []byte) (*ooxml.Package, error) {
		cancel()
		return open(ctx, data)
	}
	if got, sum, _ := b.runCtx(ctx); len(got) != 0 || sum.Left != 1 {
		t.Errorf("got %q, %d left", got, sum.Left)
	}
	b.wantFiles()
}

func TestTwoRunsAtOnce(t *testing.T) {
	b := newBench(t, tree{"a.xlsx": "one"})
	second := newBench(t, tree{"b.xlsx": "two"})
	second.out = b.out
	tried := 0
	enrich := b.steps.Enrich
	b.steps.Enrich = func(ctx context.Context, w io.Writer, pkg *ooxml.Package, wb *analysis.Workbook, r []analysis.Result, p analysis.Params, o writers.Options) error {
		tried++
		if _, _, err := second.runCtx(context.Background()); !errors.Is(err, ErrBusy) {
			t.Errorf("the second run ended with %v, want ErrBusy", err)
		}
		return enrich(ctx, w, pkg, wb, r, p, o)
	}
	b.want("a.xlsx enriched")
	if tried != 1 {
		t.Errorf("the second run was tried %d times", tried)
	}
	b.wantFiles("a.enriched.xlsx")
	second.want("b.xlsx enriched") // the lock is free again
	b.wantFiles("a.enriched.xlsx", "b.enriched.xlsx")
}

func TestSameContentTwice(t *testing.T) {
	b := newBench(t, tree{"a.xlsx": "one", "b.xlsx": "one"})
	b.want("a.xlsx enriched", "b.xlsx enriched")
	b.wantFiles("a.enriched.xlsx", "b.enriched.xlsx")
	b.want("a.xlsx unchanged", "b.xlsx unchanged")
}

// However many work at once, and whoever is first: the same files, the same
// order of outcomes, never more at once than allowed.
func TestWorkersChangeNothing(t *testing.T) {
	in := tree{}
	for i := range 40 {
		in[fmt.Sprintf("%02d.xlsx", i)] = map[bool]string{true: "half", false: fmt.Sprint("content ", i)}[i%7 == 3]
	}
	var first tree
	var order []string
	for _, workers := range []int{1, 4, 64} {
		b := newBench(t, in)
		b.opts.Workers = workers
		var now, most atomic.Int64
		open := b.steps.Open
		b.steps.Open = func(ctx context.Context, data []byte) (*ooxml.Package, error) {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			defer now.Add(-1)
			return open(ctx, data)
		}
		got, _ := b.run()
		if n := most.Load(); n > int64(workers) {
			t.Errorf("%d workers: %d at once", workers, n)
		}
		if first == nil {
			first, order = files(t, b.out), got
		}
		if there := files(t, b.out); !maps.Equal(there, first) || len(there) != 40 {
			t.Errorf("%d workers: OUT differs", workers)
		}
		if !slices.Equal(got, order) || !slices.IsSorted(got) {
			t.Errorf("%d workers: outcomes in the order %q", workers, got)
		}
	}
}

func TestWrongFolders(t *testing.T) {
	b := newBench(t, tree{"a.xlsx": "one"})
	b.out = b.in
	if _, _, err := b.runCtx(context.Background()); !errors.Is(err, ErrSameFolder) {
		t.Errorf("OUT is IN: got %v", err)
	}
	if got := names(files(t, b.in)); !slices.Equal(got, []string{"a.xlsx"}) {
		t.Errorf("OUT is IN: left %q", got)
	}
	b.in, b.out = filepath.Join(b.in, "no"), filepath.Join(t.TempDir(), "out")
	if _, _, err := b.runCtx(context.Background()); !errors.Is(err, ErrNoInput) {
		t.Errorf("no IN: got %v", err)
	}
	if exists(machine{}, b.out) {
		t.Error("no IN: OUT was made")
	}
}

// The fields that other programs read.
func TestOutcomeJSON(t *testing.T) {
	b := newBench(t, tree{"a.xlsx": "one", "b.xlsx": "half"})
	var lines []string
	sum, err := Run(context.Background(), b.in, b.out, b.opts, b.steps, func(o Outcome) {
		line, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strings.ReplaceAll(string(line), b.out, "OUT"))
	})
	if err != nil {
		t.Fatal(err)
	}
	line, _ := json.Marshal(sum)
	lines = append(lines, string(line))
	// printf one | sha256sum; printf half | sha256sum
	want := []string{
		`{"file":"a.xlsx","sha256":"7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed","status":"enriched","code":"","output":"OUT/a.enriched.xlsx","findings":3,"tables":2,"took_ms":0}`,
		`{"file":"b.xlsx","sha256":"a11ae06469c63740d7b0ecf802f282a0d46e94f31a654dfcd3c0dc6dc277f904","status":"rejected","code":"damaged-zip","output":"","findings":0,"tables":0,"took_ms":0}`,
		`{"workbooks":2,"enriched":1,"unchanged":0,"nothing":0,"rejected":1,"failed":0,"new":1,"left":0,"took_ms":0,"waiting":0,"gone":0,"pruned":0}`,
	}
	for i := range want {
		if lines[i] != want[i] {
			t.Errorf("line %d\ngot  %s\nwant %s", i, lines[i], want[i])
		}
	}
}

func TestLogHasOneLinePerWorkbook(t *testing.T) {
	b := newBench(t, tree{"a.xlsx": "one", "b.xlsx": "half", "c.xlsx": "panic"})
	b.run()
	var got []string
	for line := range strings.Lines(b.log.String()) {
		var l struct {
			Level, File, SHA256, Status, Message string
			Findings                             *int
			TookMS                               *int `json:"took_ms"`
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		got = append(got, l.Level+" "+l.File+" "+l.Status)
		if l.SHA256 == "" || l.Message == "" || l.Findings == nil || l.TookMS == nil {
			t.Errorf("a field is missing: %s", line)
		}
	}
	if want := []string{"info a.xlsx enriched", "warn b.xlsx rejected", "error c.xlsx failed"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func sumOf(content string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(content))) }
