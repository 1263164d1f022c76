package jobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/robfig/cron/v3"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
	"shakeout/writers"
)

// watched is a watch under way and what it has reported.
type watched struct {
	*bench
	mu     sync.Mutex
	said   map[string][]string // file -> statuses in order
	passes int
	cancel context.CancelFunc
	over   chan error
}

func startWatch(b *bench, w Watching) *watched {
	b.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	x := &watched{bench: b, said: map[string][]string{}, cancel: cancel, over: make(chan error, 1)}
	go func() {
		x.over <- Watch(ctx, b.in, b.out, b.opts, w, b.steps, func(o Outcome) {
			x.mu.Lock()
			defer x.mu.Unlock()
			x.said[o.File] = append(x.said[o.File], strings.TrimSpace(string(o.Status)+" "+o.Code))
		}, func(s Summary, err error) {
			x.mu.Lock()
			defer x.mu.Unlock()
			x.passes++
		})
	}()
	return x
}

// until waits for something to come true, which it does or the test fails.
func (x *watched) until(what string, true func() bool) {
	x.Helper()
	for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(5 * time.Millisecond) {
		x.mu.Lock()
		ok := true()
		x.mu.Unlock()
		if ok {
			return
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.Fatalf("it never came about that %s; said %v", what, x.said)
}

func (x *watched) last(file string) string {
	if all := x.said[file]; len(all) > 0 {
		return all[len(all)-1]
	}
	return ""
}

func (x *watched) count(file, status string) (n int) {
	for _, s := range x.said[file] {
		if s == status {
			n++
		}
	}
	return n
}

func (x *watched) stop() {
	x.Helper()
	x.cancel()
	select {
	case err := <-x.over:
		if err != nil {
			x.Errorf("the watch ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		x.Fatal("the watch did not end in ten seconds")
	}
}

func watchBench(t *testing.T, in tree) *bench {
	b := newBench(t, in)
	b.opts.Now, b.opts.Quiet, b.opts.GiveUp = time.Now, 60*time.Millisecond, time.Hour
	return b
}

// rarely looks by itself so seldom that only events can be why it looks.
var rarely = Watching{Every: time.Hour, OnChange: true}

func TestWatch(t *testing.T) {
	b := watchBench(t, tree{"a.xlsx": "one", "sub/b.xlsx": "two"})
	x := startWatch(b, rarely)
	x.until("what is there is enriched", func() bool { return x.last("a.xlsx") == "enriched" && x.last("sub/b.xlsx") == "enriched" })
	tree{"c.xlsx": "three", "sub/b.xlsx": "new"}.write(t, b.in)
	x.until("what came is enriched", func() bool { return x.last("c.xlsx") == "enriched" && x.count("sub/b.xlsx", "enriched") == 2 })
	tree{"new/deep/d.xlsx": "four"}.write(t, b.in)
	x.until("what came with its folder is enriched", func() bool { return x.last("new/deep/d.xlsx") == "enriched" })
	tree{"new/deep/e.xlsx": "five"}.write(t, b.in)
	x.until("and what came into it later", func() bool { return x.last("new/deep/e.xlsx") == "enriched" })
	os.RemoveAll(filepath.Join(b.in, "new"))
	x.until("what went is marked", func() bool { return x.last("new/deep/d.xlsx") == "gone deleted" })
	os.Rename(filepath.Join(b.in, "c.xlsx"), filepath.Join(b.in, "f.xlsx"))
	x.until("what was renamed is known", func() bool { return x.last("c.xlsx") == "gone renamed" && x.last("f.xlsx") == "enriched" })
	time.Sleep(4 * b.opts.Quiet)
	x.mu.Lock()
	passes := x.passes
	x.mu.Unlock()
	tree{"note.txt": "no workbook", "~$f.xlsx": "lock"}.write(t, b.in)
	time.Sleep(4 * b.opts.Quiet)
	x.mu.Lock()
	if x.passes != passes {
		t.Error("a look for what is no workbook")
	}
	x.mu.Unlock()

	// One watch for each OUT, and runs between its passes.
	second := watchBench(t, nil)
	second.in, second.out = b.in, b.out
	if err := Watch(context.Background(), second.in, second.out, second.opts, rarely, second.steps, nil, nil); !errors.Is(err, ErrBusy) {
		t.Errorf("a second watch ended with %v", err)
	}
	if _, _, err := second.runCtx(context.Background()); err != nil {
		t.Errorf("a run beside the watch: %v", err)
	}
	x.stop()
	if n := strings.Count(b.log.String(), `"message":"unchanged`); n != 0 {
		t.Errorf("%d lines of the log say that nothing changed", n)
	}
}

// Without events it looks at the set times; it says so once.
func TestWatchPolling(t *testing.T) {
	b := watchBench(t, tree{"a.xlsx": "one"})
	state := filepath.Join(b.out, stateFolder)
	x := startWatch(b, Watching{Every: 50 * time.Millisecond})
	x.until("it is enriched", func() bool { return x.last("a.xlsx") == "enriched" })
	tree{"a.xlsx": "two"}.write(t, b.in)
	x.until("it is enriched again", func() bool { return x.count("a.xlsx", "enriched") == 2 })
	x.stop()

	next := cronAt(func(now time.Time) time.Time { return now.Add(30 * time.Millisecond) })
	x = startWatch(b, Watching{Every: time.Hour, Schedule: next})
	tree{"b.xlsx": "two"}.write(t, b.in)
	x.until("a schedule does the same", func() bool { return x.last("b.xlsx") == "enriched" })
	x.stop()

	b.log.Reset()
	b.opts.Disk = &tapped{Disk: machine{}, before: func(c call) (int, error) { return 0, nil }}
	if _, err := openEyes(b.opts.Disk, b.in, b.out, filepath.Join(state, "nowhere")); err == nil {
		t.Error("eyes without a folder to test them in")
	}
	if err := testEyes(state); err != nil {
		t.Errorf("the test of the eyes: %v", err)
	}
	for kind, want := range map[int64]bool{0x6969: true, 0xff534d42: true, -11317950: true, 0xfe534d42: true, 0x01021997: true, 0xef53: false, 0x01021994: false, 0x9123683e: false} {
		if runtime.GOOS == "linux" && remoteKind(kind) != want {
			t.Errorf("kind %x: remote %v", kind, !want)
		}
	}
}

type cronAt func(time.Time) time.Time

func (f cronAt) Next(now time.Time) time.Time { return f(now) }

var _ cron.Schedule = cronAt(nil)

// A pass that cannot be made is said once and made later.
func TestWatchGoesOnAfterAnError(t *testing.T) {
	b := watchBench(t, tree{"a.xlsx": "one"})
	var broken atomic.Bool
	b.opts.Disk = &tapped{Disk: machine{}, before: func(c call) (int, error) {
		if broken.Load() && c.op == "readdir" {
			return 0, &os.PathError{Op: "readdir", Path: c.name, Err: syscall.EIO}
		}
		return 0, nil
	}}
	x := startWatch(b, Watching{Every: 20 * time.Millisecond})
	x.until("it is enriched", func() bool { return x.last("a.xlsx") == "enriched" })
	broken.Store(true)
	x.mu.Lock()
	passes := x.passes
	x.mu.Unlock()
	x.until("it fails a few times", func() bool { return x.passes > passes+3 })
	broken.Store(false)
	tree{"b.xlsx": "two"}.write(t, b.in)
	x.until("it goes on", func() bool { return x.last("b.xlsx") == "enriched" })
	x.stop()
	// Two reasons: IN cannot be read, and after that the sweep cannot either.
	if n := strings.Count(b.log.String(), "No pass could be made"); n < 1 || n > 2 {
		t.Errorf("said %d times, want once for each reason:\n%s", n, &b.log)
	}
}

// More events than the kernel keeps, while a pass is under way: those that are
// lost cost nothing, since an overflow is a reason to look.
func TestEventOverflow(t *testing.T) {
	inMemory(t)
	limit, err := os.ReadFile("/proc/sys/fs/inotify/max_queued_events")
	if err != nil {
		t.Skip("no inotify here")
	}
	most, err := strconv.Atoi(strings.TrimSpace(string(limit)))
	if err != nil || most > 100_000 {
		t.Skipf("the queue holds %s events", limit)
	}
	b := watchBench(t, tree{"a.xlsx": "one"})
	hold, began := make(chan struct{}), make(chan struct{}, 10)
	enrich := b.steps.Enrich
	b.steps.Enrich = func(ctx context.Context, w io.Writer, pkg *ooxml.Package, wb *analysis.Workbook, r []analysis.Result, p analysis.Params, o writers.Options) error {
		if wb.Name == "slow.xlsx" {
			began <- struct{}{}
			<-hold
		}
		return enrich(ctx, w, pkg, wb, r, p, o)
	}
	x := startWatch(b, rarely)
	x.until("it is enriched", func() bool { return x.last("a.xlsx") == "enriched" })
	tree{"slow.xlsx": "two"}.write(t, b.in)
	<-began
	events := 0
	for i := 0; events < most*5/4; i++ {
		name := filepath.Join(b.in, fmt.Sprintf("%d.txt", i))
		if err := os.WriteFile(name, []byte("x"), 0o666); err != nil {
			t.Fatal(err)
		}
		events += 2
	}
	tree{"lost.xlsx": "three"}.write(t, b.in)
	close(hold)
	x.until("what came after the overflow is enriched", func() bool { return x.last("lost.xlsx") == "enriched" })
	x.stop()
	t.Logf("%d events and more into a queue of %d", events, most)
}

// five thousand workbooks dropped at once: each is handled once.
func TestManyAtOnce(t *testing.T) {
	inMemory(t)
	n := 1000
	if full {
		n = 5000
	}
	b := watchBench(t, nil)
	x := startWatch(b, rarely)
	x.until("it has begun", func() bool { return x.passes > 0 })
	for i := range n {
		tree{fmt.Sprintf("%d/w%d.xlsx", i%20, i): fmt.Sprint("content ", i)}.write(t, b.in)
	}
	x.until("all are enriched", func() bool { return len(x.said) == n && x.all("enriched") })
	x.stop()
	for file, said := range x.said {
		if n := x.count(file, "enriched"); n != 1 {
			t.Errorf("%s: %q", file, said)
		}
	}
	t.Logf("%d workbooks in %d passes, each handled once", n, x.passes)
	audit(t, b.in, b.out)
}

func (x *watched) all(status string) bool {
	for file := range x.said {
		if x.last(file) != status {
			return false
		}
	}
	return true
}

// Copies as slow as they come, and the ways in which programs save: each version
// is handled once, and none is read half.
func TestCopiesAndSaves(t *testing.T) {
	inMemory(t)
	good, _ := workbooks(t)
	good = slices.DeleteFunc(good, func(data []byte) bool { return len(data) > 40_000 })
	b := watchBench(t, nil)
	b.steps = RealSteps
	at := func(name string) string { return filepath.Join(b.in, name) }
	pause := 2 * b.opts.Quiet // longer than the quiet period
	must := func(err error) {
		if err != nil {
			t.Error(err)
		}
	}
	// trickle writes a file in pieces, resting between some.
	trickle := func(name string, data []byte, piece int, flags int) {
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|flags, 0o666)
		if err != nil {
			t.Error(err)
			return
		}
		defer f.Close()
		rests := 0
		for i := 0; len(data) > 0; i++ {
			k := min(piece, len(data))
			if _, err := f.Write(data[:k]); err != nil {
				t.Error(err)
			}
			data = data[k:]
			if rests < 3 && i%7 == 3 && len(data) > 0 {
				time.Sleep(pause)
				rests++
			}
		}
	}
	first, second := good[0], good[1]
	copies := map[string]func(name string, data []byte){
		"cp": func(name string, data []byte) { trickle(name, data, 1000, os.O_TRUNC) },
		"byte by byte": func(name string, data []byte) {
			trickle(name, data[:len(data)-40], 4000, os.O_TRUNC)
			trickle(name, data[len(data)-40:], 1, os.O_APPEND)
		},
		"fast": func(name string, data []byte) { trickle(name, data, 1<<20, os.O_TRUNC) },
		"cp -p": func(name string, data []byte) {
			trickle(name, data, 3000, os.O_TRUNC)
			must(os.Chtimes(name, time.Unix(1e9, 0), time.Unix(1e9, 0)))
		},
		"room made first": func(name string, data []byte) {
			must(os.WriteFile(name, make([]byte, len(data)), 0o666))
			time.Sleep(pause)
			trickle(name, data, 2500, 0)
			must(os.Truncate(name, int64(len(data))))
		},
		"rsync": func(name string, data []byte) {
			temp := filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+".Ab3xYz")
			trickle(temp, data, 2000, os.O_TRUNC)
			must(os.Rename(temp, name))
		},
		"a browser": func(name string, data []byte) {
			trickle(name+".crdownload", data, 2000, os.O_TRUNC)
			must(os.Rename(name+".crdownload", name))
		},
		"a sync client": func(name string, data []byte) {
			temp := filepath.Join(filepath.Dir(name), "~syncthing~"+filepath.Base(name)+".tmp")
			trickle(temp, data, 2000, os.O_TRUNC)
			must(os.Rename(temp, name))
		},
		"Excel": func(name string, data []byte) {
			lock, temp, old := filepath.Join(filepath.Dir(name), "~$"+filepath.Base(name)), filepath.Join(filepath.Dir(name), "5E2B"+filepath.Base(name)[:2]), name+".old.tmp"
			must(os.WriteFile(lock, []byte("user"), 0o666))
			trickle(temp, data, 2000, os.O_TRUNC)
			if _, err := os.Stat(name); err == nil {
				must(os.Rename(name, old))
			}
			must(os.Rename(temp, name))
			os.Remove(old)
			must(os.Remove(lock))
		},
		"LibreOffice": func(name string, data []byte) {
			lock, temp := filepath.Join(filepath.Dir(name), ".~lock."+filepath.Base(name)+"#"), filepath.Join(filepath.Dir(name), "lu12345"+filepath.Base(name)[:2]+".tmp")
			must(os.WriteFile(lock, []byte("user"), 0o666))
			trickle(temp, data, 2000, os.O_TRUNC)
			whole, err := os.ReadFile(temp)
			must(err)
			trickle(name, whole, 1500, os.O_TRUNC) // it copies over the file in place
			must(os.Remove(temp))
			must(os.Remove(lock))
		},
	}
	x := startWatch(b, rarely)
	x.until("it has begun", func() bool { return x.passes > 0 })
	files := map[string]string{}
	for i, what := range slices.Sorted(maps.Keys(copies)) {
		files[what] = fmt.Sprintf("%02d.xlsx", i)
	}
	for edition, data := range [][]byte{first, second, first} {
		var g sync.WaitGroup
		for what, do := range copies {
			g.Add(1)
			go func() { defer g.Done(); do(at(files[what]), data) }()
		}
		g.Wait()
		x.until(fmt.Sprintf("all of edition %d are enriched", edition), func() bool {
			for _, name := range files {
				if x.count(name, "enriched") < edition+1 {
					return false
				}
			}
			return true
		})
	}
	time.Sleep(5 * b.opts.Quiet)
	x.stop()
	waits := 0
	for what, name := range files {
		waits += x.count(name, "waiting incomplete") + x.count(name, "waiting changing")
		for _, s := range x.said[name] {
			if strings.HasPrefix(s, "rejected") || strings.HasPrefix(s, "failed") {
				t.Errorf("%s: %q", what, x.said[name])
			}
		}
		if n := x.count(name, "enriched"); n != 3 {
			t.Errorf("%s: three versions, handled %d times: %q", what, n, x.said[name])
		}
	}
	t.Logf("%d ways to copy and save, 3 versions each, %d waits in %d passes", len(copies), waits, x.passes)
	if waits < len(copies) {
		t.Error("hardly anything ever waited: the copies were not slow")
	}
	audit(t, b.in, b.out)
}

// A watch through random drops, edits, deletes, renames and faults: in the end
// ledger and folder agree, and it holds no more than in the beginning.
// SHAKEOUT_FULL=1 makes it an hour; SHAKEOUT_FULL=5m sets another time.
func TestSoak(t *testing.T) {
	inMemory(t)
	long := 4 * time.Second
	if full {
		long = time.Hour
		if d, err := time.ParseDuration(os.Getenv("SHAKEOUT_FULL")); err == nil {
			long = d
		}
	}
	good, bad := workbooks(t)
	good = slices.DeleteFunc(good, func(data []byte) bool { return len(data) > 40_000 })
	all := append(slices.Clone(good), bad...)
	b := watchBench(t, nil)
	b.steps, b.opts.GiveUp, b.opts.Prune = RealSteps, 0, true
	b.opts.Log = b.opts.Log.Level(10) // a fault a second for an hour is a long log
	var faulty atomic.Bool
	var faults atomic.Int64
	random := rand.New(rand.NewPCG(3, 9))
	var luck sync.Mutex
	chance := func(n int) bool { luck.Lock(); defer luck.Unlock(); return random.IntN(n) == 0 }
	b.opts.Disk = &tapped{Disk: machine{}, before: func(c call) (int, error) {
		if faulty.Load() && c.op != "stat" && chance(400) {
			faults.Add(1)
			return 0, &os.PathError{Op: c.op, Path: c.name, Err: []error{syscall.EIO, syscall.ENOSPC, syscall.EACCES}[faults.Load()%3]}
		}
		return 0, nil
	}}
	x := startWatch(b, Watching{Every: 500 * time.Millisecond, OnChange: true})
	faulty.Store(true)
	type load struct{ goroutines, files, heap int }
	measure := func() load {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		fds, _ := os.ReadDir("/proc/self/fd")
		return load{runtime.NumGoroutine(), len(fds), int(m.HeapAlloc >> 20)}
	}
	var loads []load
	acts := map[string]int{}
	name := func() string {
		return filepath.Join(b.in, fmt.Sprint(random.IntN(3)), fmt.Sprintf("w%02d.xlsx", random.IntN(30)))
	}
	begun := time.Now()
	for i := 0; time.Since(begun) < long; i++ {
		luck.Lock()
		n, other, data := name(), name(), all[random.IntN(len(all))]
		act := []string{"drop", "drop", "drop", "half", "delete", "rename", "edit", "unfold"}[random.IntN(8)]
		luck.Unlock()
		acts[act]++
		switch act {
		case "drop":
			os.MkdirAll(filepath.Dir(n), 0o777)
			os.WriteFile(n, data, 0o666)
		case "half":
			os.MkdirAll(filepath.Dir(n), 0o777)
			os.WriteFile(n, data[:len(data)/2], 0o666)
		case "delete":
			os.Remove(n)
		case "rename":
			os.MkdirAll(filepath.Dir(other), 0o777)
			os.Rename(n, other)
		case "edit": // of a result
			rel, _ := filepath.Rel(b.in, n)
			if result := filepath.Join(b.out, strings.TrimSuffix(rel, ".xlsx")+".enriched.xlsx"); exists(machine{}, result) {
				os.WriteFile(result, data, 0o666)
			}
		case "unfold":
			if i%10 == 0 {
				os.RemoveAll(filepath.Dir(n))
			}
		}
		time.Sleep(25 * time.Millisecond)
		if time.Since(begun) > long/20*time.Duration(len(loads)+1) {
			loads = append(loads, measure())
		}
	}
	faulty.Store(false)
	// What was edited last stays edited: the ledger cannot agree with it.
	for _, r := range []string{"0", "1", "2"} {
		os.RemoveAll(filepath.Join(b.out, r))
	}
	time.Sleep(time.Second)
	x.mu.Lock()
	passes := x.passes
	x.mu.Unlock()
	x.until("it has looked in peace", func() bool { return x.passes > passes+2 })
	x.stop()
	audit(t, b.in, b.out)
	t.Logf("%v: %v; %d faults, %d passes", long, acts, faults.Load(), x.passes)
	for i, l := range loads {
		t.Logf("after %d/20: %d goroutines, %d open files, %d MB", i+1, l.goroutines, l.files, l.heap)
	}
	if faults.Load() == 0 || len(loads) < 10 {
		t.Fatal("nothing was injected or measured")
	}
	// Between two passes it holds least: the least of the first half against that
	// of the second.
	least := func(some []load) load {
		l := some[0]
		for _, s := range some {
			l = load{min(l.goroutines, s.goroutines), min(l.files, s.files), min(l.heap, s.heap)}
		}
		return l
	}
	if a, z := least(loads[:len(loads)/2]), least(loads[len(loads)/2:]); z.goroutines > a.goroutines+5 || z.files > a.files+8 || z.heap > a.heap*3/2+20 {
		t.Errorf("it grows: %+v, then %+v", a, z)
	}
}
