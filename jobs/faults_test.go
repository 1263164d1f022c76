package jobs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// Every test of this kind says how many rounds it made and how many faults it
// injected, and fails if there were none. SHAKEOUT_FULL=1 makes the rounds many.
var full = os.Getenv("SHAKEOUT_FULL") != ""

// call is one call of a Disk or of one of its files, before it is made. What it
// returns is returned instead of making the call, unless it is nil; a count
// below zero stands for "all".
type call struct {
	op, name string
	data     []byte // of a write
	site     string // function and line in the program
}

// tapped is a disk that asks before each call.
type tapped struct {
	Disk
	before func(call) (n int, err error)
	after  func(call)
}

func (d *tapped) do(op, name string, make func() error) error {
	c := call{op: op, name: name, site: site()}
	if _, err := d.before(c); err != nil {
		return err
	}
	err := make()
	if err == nil && d.after != nil {
		d.after(c)
	}
	return err
}

// site names the place in the program that made a call.
func site() string {
	pcs := make([]uintptr, 20)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	for {
		f, more := frames.Next()
		base := filepath.Base(f.File)
		if strings.Contains(f.Function, "shakeout/jobs.") && !strings.HasSuffix(base, "_test.go") && base != "gate.go" {
			return fmt.Sprintf("%s:%d", base, f.Line)
		}
		if !more {
			return "?"
		}
	}
}

func (d *tapped) Open(name string) (f File, err error) {
	err = d.do("open", name, func() (err error) { f, err = d.Disk.Open(name); return err })
	if err != nil {
		return nil, err
	}
	return &tappedFile{f, d, name}, nil
}

func (d *tapped) Create(name string) (f File, err error) {
	err = d.do("create", name, func() (err error) { f, err = d.Disk.Create(name); return err })
	if err != nil {
		return nil, err
	}
	return &tappedFile{f, d, name}, nil
}

func (d *tapped) Rename(from, to string) error {
	return d.do("rename", from+"\x00"+to, func() error { return d.Disk.Rename(from, to) })
}
func (d *tapped) Mkdir(name string) error {
	return d.do("mkdir", name, func() error { return d.Disk.Mkdir(name) })
}
func (d *tapped) Remove(name string) error {
	return d.do("remove", name, func() error { return d.Disk.Remove(name) })
}
func (d *tapped) SyncFolder(name string) error {
	return d.do("sync-folder", name, func() error { return d.Disk.SyncFolder(name) })
}
func (d *tapped) Stat(name string) (info fs.FileInfo, err error) {
	err = d.do("stat", name, func() (err error) { info, err = d.Disk.Stat(name); return err })
	return info, err
}
func (d *tapped) ReadDir(name string) (all []fs.DirEntry, err error) {
	err = d.do("readdir", name, func() (err error) { all, err = d.Disk.ReadDir(name); return err })
	return all, err
}
func (d *tapped) Resolve(name string) (real string, err error) {
	err = d.do("resolve", name, func() (err error) { real, err = d.Disk.Resolve(name); return err })
	return real, err
}

type tappedFile struct {
	File
	d    *tapped
	name string
}

func (f *tappedFile) Write(b []byte) (int, error) {
	c := call{op: "write", name: f.name, data: b, site: site()}
	if n, err := f.d.before(c); err != nil {
		if n > 0 {
			f.File.Write(b[:n])
		}
		return n, err
	}
	n, err := f.File.Write(b)
	if f.d.after != nil {
		f.d.after(c)
	}
	return n, err
}

func (f *tappedFile) Read(b []byte) (n int, err error) {
	if _, err := f.d.before(call{op: "read", name: f.name, site: site()}); err != nil {
		return 0, err
	}
	return f.File.Read(b)
}

func (f *tappedFile) ReadAt(b []byte, at int64) (n int, err error) {
	if _, err := f.d.before(call{op: "read", name: f.name, site: site()}); err != nil {
		return 0, err
	}
	return f.File.ReadAt(b, at)
}

func (f *tappedFile) Sync() error  { return f.d.do("sync", f.name, f.File.Sync) }
func (f *tappedFile) Close() error { return f.d.do("close", f.name, f.File.Close) }

// prepared is an OUT with a history, and an IN that has moved on since: a new
// workbook in a new folder, a new version, one whose result was edited, one that
// was rejected and is good now, one that is bad now, one that is gone.
func prepared(t *testing.T) (in, out string) {
	b := newBench(t, tree{"changed.xlsx": "one", "edited.xlsx": "two", "z/mended.xlsx": "half", "broken.xlsx": "good", "same.xlsx": "same", "gone/gone.xlsx": "three"})
	b.opts.Tables = TableFormat{CSV: true}
	b.run()
	tree{"changed.xlsx": "uno", "edited.xlsx": "dos", "z/mended.xlsx": "whole", "broken.xlsx": "half", "new/deep/new.xlsx": "new", "none.xlsx": "nothing"}.write(t, b.in)
	tree{"edited.enriched.xlsx": "somebody's work"}.write(t, b.out)
	if err := os.RemoveAll(filepath.Join(b.in, "gone")); err != nil {
		t.Fatal(err)
	}
	return b.in, b.out
}

// again is a bench over a copy of a prepared OUT, so that each round begins with
// the same.
func again(t *testing.T, in, out string) *bench {
	b := newBench(t, nil)
	b.in = in
	if err := os.CopyFS(b.out, os.DirFS(out)); err != nil {
		t.Fatal(err)
	}
	b.opts.Tables, b.opts.Prune, b.opts.Workers = TableFormat{CSV: true}, true, 1
	return b
}

// state is what a pass leaves: files, and what the ledger says of them.
func (b *bench) state() (tree, []string) {
	all, _, err := Stand(b.out, "")
	if err != nil {
		b.Fatal(err)
	}
	var said []string
	for _, s := range all {
		said = append(said, fmt.Sprint(s.File, " ", s.Status, " ", s.Code, " ", s.SHA256, " ", s.Output, " ", s.OutputSHA, " ", s.Reason))
	}
	return files(b, b.out), said
}

// The n-th call fails, for every n: the pass says so, naming the file, and ends
// in failure, or the failure did no harm; the pass after it brings everything to
// the same end as if nothing had failed.
func TestEveryCallFails(t *testing.T) {
	inMemory(t)
	in, out := prepared(t)
	b := again(t, in, out)
	calls := []call{}
	b.opts.Disk = &tapped{Disk: machine{}, before: func(c call) (int, error) { calls = append(calls, c); return 0, nil }}
	_, wantSum := b.run()
	wantFiles, wantLedger := b.state()
	if len(wantFiles) < 8 {
		t.Fatalf("OUT holds only %q", names(wantFiles))
	}
	kinds := []error{syscall.EIO}
	if full {
		kinds = []error{syscall.EIO, syscall.ENOSPC, syscall.EACCES}
	}
	injected, masked, perOp := 0, 0, map[string]int{}
	for n := range calls {
		for _, kind := range append(kinds, errShort) {
			if kind == errShort && calls[n].op != "write" {
				continue
			}
			b := again(t, in, out)
			at, hit := 0, call{}
			b.opts.Disk = &tapped{Disk: machine{}, before: func(c call) (int, error) {
				at++
				if at-1 != n {
					return 0, nil
				}
				hit = c
				if kind == errShort {
					return len(c.data) / 2, &fs.PathError{Op: "write", Path: c.name, Err: syscall.ENOSPC}
				}
				return 0, &fs.PathError{Op: c.op, Path: c.name, Err: kind}
			}}
			_, sum, err := b.runCtx(context.Background())
			if hit.op == "" {
				t.Fatalf("call %d was not made", n)
			}
			injected++
			perOp[hit.op]++
			what := fmt.Sprintf("call %d of %d, %s of %s in %s, fails with %v", n, len(calls), hit.op, filepath.Base(hit.name), hit.site, kind)
			log := b.log.String()
			b.opts.Disk = machine{}
			if err == nil && sum.Failed == 0 && sum.Rejected == wantSum.Rejected {
				// Not said: then nothing may be missing or wrong.
				masked++
				gotFiles, gotLedger := b.state()
				if !maps.Equal(gotFiles, wantFiles) || !slices.Equal(gotLedger, wantLedger) {
					t.Errorf("%s: nothing was said, and OUT is %q, want %q; the ledger\n%s", what, names(gotFiles), names(wantFiles), strings.Join(gotLedger, "\n"))
				}
				continue
			}
			said := log + fmt.Sprint(err)
			from, to, _ := strings.Cut(hit.name, "\x00")
			if !strings.Contains(said, from) || !strings.Contains(said, to) {
				t.Errorf("%s: the message does not name a file:\n%s", what, said)
			}
			for name, content := range files(t, b.out) {
				if !isTemp(filepath.Base(name)) && !whole(content) {
					t.Errorf("%s: left %s short: %q", what, name, content)
				}
			}
			b.run()
			gotFiles, gotLedger := b.state()
			if !maps.Equal(gotFiles, wantFiles) || !slices.Equal(gotLedger, wantLedger) {
				t.Errorf("%s: the pass after it leaves %q, want %q; the ledger\n%s\nwant\n%s", what, names(gotFiles), names(wantFiles), strings.Join(gotLedger, "\n"), strings.Join(wantLedger, "\n"))
			}
		}
	}
	t.Logf("%d calls, %d faults injected, of these %d did no harm: %v", len(calls), injected, masked, perOp)
	for _, op := range []string{"open", "create", "write", "sync", "rename", "mkdir", "sync-folder", "remove", "readdir"} {
		if perOp[op] == 0 {
			t.Errorf("no %s was made to fail", op)
		}
	}
}

// errShort stands for a write that writes half and says that the disk is full.
var errShort = errors.New("short write")

// whole reports whether a content is one that a pass publishes, whole.
func whole(content string) bool {
	return strings.HasSuffix(content, "|zh|") || strings.HasPrefix(content, "未读取") && strings.HasSuffix(content, "processed.\n") ||
		(strings.HasPrefix(content, "effect,code,") || strings.HasPrefix(content, "table,key,")) && strings.HasSuffix(content, "\n") || content == "somebody's work"
}

// forgetful is a model of a disk that loses, when the power fails, every byte
// that was not synced and any of the names given since their folder was.
type forgetful struct {
	mu      sync.Mutex
	files   map[string]*inode // as the program sees them
	folders map[string]bool
	durable map[string]*inode // names that survive
	firm    map[string]bool   // folders that survive
	pending map[string][]event
}

type inode struct{ live, synced []byte }

// event changes names: a file gets one, perhaps loses another.
type event struct {
	from, to string
	file     *inode // nil: a folder, or to is removed
	folder   bool
}

func newForgetful(out string, existing tree) *forgetful {
	d := &forgetful{files: map[string]*inode{}, folders: map[string]bool{}, durable: map[string]*inode{}, firm: map[string]bool{}, pending: map[string][]event{}}
	for name, content := range existing {
		p := filepath.Join(out, filepath.FromSlash(name))
		f := &inode{[]byte(content), []byte(content)}
		d.files[p], d.durable[p] = f, f
		for dir := filepath.Dir(p); len(dir) >= len(out); dir = filepath.Dir(dir) {
			d.folders[dir], d.firm[dir] = true, true
		}
	}
	for dir := out; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		d.firm[dir] = true
	}
	return d
}

func (d *forgetful) note(c call) {
	d.mu.Lock()
	defer d.mu.Unlock()
	add := func(e event) {
		dir := filepath.Dir(e.to)
		d.pending[dir] = append(d.pending[dir], e)
	}
	switch c.op {
	case "create":
		if f := d.files[c.name]; f != nil {
			f.live = nil
			return
		}
		f := &inode{}
		d.files[c.name] = f
		add(event{to: c.name, file: f})
	case "write":
		f := d.files[c.name]
		f.live = append(f.live, c.data...)
	case "sync":
		if f := d.files[c.name]; f != nil {
			f.synced = slices.Clone(f.live)
		}
	case "rename":
		from, to, _ := strings.Cut(c.name, "\x00")
		f := d.files[from]
		delete(d.files, from)
		d.files[to] = f
		add(event{from: from, to: to, file: f})
	case "remove":
		if d.files[c.name] == nil {
			return // a folder
		}
		delete(d.files, c.name)
		add(event{to: c.name})
	case "mkdir":
		d.folders[c.name] = true
		add(event{to: c.name, folder: true})
	case "sync-folder":
		for _, e := range d.pending[c.name] {
			apply(d.durable, d.firm, e)
		}
		delete(d.pending, c.name)
	}
}

func apply(names map[string]*inode, folders map[string]bool, e event) {
	if e.folder {
		folders[e.to] = true
		return
	}
	if e.from != "" && names[e.from] == e.file {
		delete(names, e.from)
	}
	if e.file == nil {
		delete(names, e.to)
	} else {
		names[e.to] = e.file
	}
}

// afterPowerCut calls do with the files of every state that a power cut now may
// leave: any of the names given since the last sync, only bytes that were
// synced, nothing in a folder that is lost itself.
func (d *forgetful) afterPowerCut(do func(map[string]string)) (states int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var open []event
	for _, dir := range slices.Sorted(maps.Keys(d.pending)) {
		open = append(open, d.pending[dir]...)
	}
	if len(open) > 10 {
		open = open[len(open)-10:]
	}
	for kept := range 1 << len(open) {
		names, folders := maps.Clone(d.durable), maps.Clone(d.firm)
		for i, e := range open {
			if kept&(1<<i) != 0 {
				apply(names, folders, e)
			}
		}
		left := map[string]string{}
		for name, f := range names {
			reached := true
			for dir := filepath.Dir(name); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
				reached = reached && folders[dir]
			}
			if reached {
				left[name] = string(f.synced)
			}
		}
		do(left)
		states++
	}
	return states
}

// powerCuts makes a pass on a disk that forgets, on which the calls of one site
// are not made though they are said to be, and gives what is wrong after power
// cuts at any moment of it, and the sites that sync or rename.
func powerCuts(t *testing.T, in, out, lie string) (wrong []string, sites map[string]bool, cuts, states int) {
	b := again(t, in, out)
	disk := newForgetful(b.out, files(t, b.out))
	sites = map[string]bool{}
	seen := map[string]bool{}
	look := func() {
		all, _, err := Stand(b.out, "")
		if err != nil {
			t.Fatal(err)
		}
		cuts++
		states += disk.afterPowerCut(func(left map[string]string) {
			for _, w := range afterwards(b.out, all, left) {
				if !seen[w] {
					seen[w] = true
					wrong = append(wrong, w)
				}
			}
		})
	}
	inOut := func(c call) bool { // our state folder is the ledger's and the lock's
		return strings.HasPrefix(c.name, b.out) && !strings.Contains(c.name+"/", "/"+stateFolder+"/")
	}
	b.opts.Disk = &tapped{Disk: machine{},
		before: func(c call) (int, error) {
			if !inOut(c) || c.op == "stat" || c.op == "read" || c.op == "open" || c.op == "readdir" {
				return 0, nil
			}
			look()
			switch c.op {
			case "sync", "sync-folder", "rename":
				s := c.op + " in " + c.site
				if sites[s] = true; s == lie {
					return 0, errLie
				}
			}
			return 0, nil
		},
		after: func(c call) {
			if inOut(c) {
				disk.note(c)
			}
		}}
	b.opts.Disk = lying{b.opts.Disk.(*tapped)}
	if _, _, err := b.runCtx(context.Background()); err != nil {
		t.Log(err)
	}
	look()
	return wrong, sites, cuts, states
}

// errLie makes a call that is not made look as if it had been.
var errLie = errors.New("not made, but said to be")

type lying struct{ *tapped }

func honest(err error) error {
	if errors.Is(err, errLie) {
		return nil
	}
	return err
}

func (d lying) Rename(from, to string) error { return honest(d.tapped.Rename(from, to)) }
func (d lying) SyncFolder(name string) error { return honest(d.tapped.SyncFolder(name)) }
func (d lying) Create(name string) (File, error) {
	f, err := d.tapped.Create(name)
	if err != nil {
		return nil, err
	}
	return lyingFile{f}, nil
}

type lyingFile struct{ File }

func (f lyingFile) Sync() error { return honest(f.File.Sync()) }

// afterwards compares what the ledger says with what a power cut left.
func afterwards(out string, ledger []Standing, left map[string]string) (wrong []string) {
	at := func(name string) (string, bool) {
		content, ok := left[filepath.Join(out, filepath.FromSlash(name))]
		return content, ok
	}
	for _, s := range ledger {
		switch s.Status {
		case Enriched:
			if content, ok := at(s.Output); !ok || !whole(content) {
				wrong = append(wrong, fmt.Sprintf("the ledger has %s as done, and its result is %q", s.File, content))
			}
			if _, ok := at(strings.TrimSuffix(s.File, ".xlsx") + rejectedSuffix); ok && s.SHA256 == sumOf("whole") {
				wrong = append(wrong, fmt.Sprintf("the ledger has %s as done, and the reason of a rejection is there", s.File))
			}
		case Rejected:
			// While it is being mended its result is there before the reason goes.
			content, ok := at(s.Reason)
			_, mended := at(strings.TrimSuffix(s.File, ".xlsx") + ".enriched.xlsx")
			if !ok && !mended || ok && !whole(content) {
				wrong = append(wrong, fmt.Sprintf("the ledger has %s as rejected, and the reason is %q", s.File, content))
			}
		}
	}
	kept := false
	for name, content := range left {
		kept = kept || content == "somebody's work"
		if !isTemp(filepath.Base(name)) && !whole(content) {
			wrong = append(wrong, fmt.Sprintf("%s is left as %q", filepath.Base(name), content))
		}
	}
	if !kept {
		wrong = append(wrong, "the work of a reader is lost")
	}
	return wrong
}

// A power cut at any moment: the ledger never has as done what is missing or
// short. Without any one of the syncs and renames it would: each is taken away
// in turn, and the test must notice.
func TestPowerCut(t *testing.T) {
	inMemory(t)
	in, out := prepared(t)
	wrong, sites, cuts, states := powerCuts(t, in, out, "")
	for _, w := range wrong {
		t.Error(w)
	}
	if cuts < 50 || len(sites) < 5 {
		t.Fatalf("only %d cuts, and %d places that sync or rename", cuts, len(sites))
	}
	t.Logf("%d power cuts, %d states after them, all in order", cuts, states)
	for _, site := range slices.Sorted(maps.Keys(sites)) {
		wrong, _, _, _ := powerCuts(t, in, out, site)
		if len(wrong) == 0 {
			t.Errorf("without the %s nothing is noticed", site)
			continue
		}
		t.Logf("without the %s: %d things wrong, such as: %s", site, len(wrong), wrong[0])
	}
}
