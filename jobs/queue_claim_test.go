package jobs

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
	"shakeout/writers"
)

// queueBench is a bench whose passes are made by way of a queue.
type queueBench struct {
	*bench
	q       *Queue
	working Working
}

func newQueueBench(t *testing.T, in tree) *queueBench {
	b := &queueBench{newBench(t, in), openQueue(t, newDatabase(t)), DefaultWorking()}
	b.opts.Now = time.Now
	return b
}

// submit submits IN and compares the outcomes, "file status" each.
func (b *queueBench) submit(want ...string) {
	b.Helper()
	got := []string{}
	_, err := Submit(context.Background(), b.q, b.in, b.out, b.opts, func(o Outcome) {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s", o.File, o.Status, o.Code)))
	})
	if err != nil || !slices.Equal(got, want) {
		b.Errorf("submitted %q, want %q, %v", got, want, err)
	}
}

// work works until nothing is left, and gives the outcomes. What waits for another
// attempt need not wait long.
func (b *queueBench) work() (said []string) {
	b.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var mu sync.Mutex
	ended := make(chan error, 1)
	go func() {
		ended <- Work(ctx, b.q, b.opts, b.working, b.steps, func(o Outcome) {
			mu.Lock()
			defer mu.Unlock()
			said = append(said, strings.TrimSpace(fmt.Sprintf("%s %s %s", o.File, o.Status, o.Code)))
		})
	}()
	for until := time.Now().Add(5 * time.Minute); ; time.Sleep(10 * time.Millisecond) {
		var left int
		if err := b.q.pool.QueryRow(ctx, "SELECT count(*) FROM river_job WHERE finalized_at IS NULL").Scan(&left); err != nil {
			b.Fatal(err)
		}
		if left == 0 {
			break
		}
		if time.Now().After(until) {
			b.Fatalf("%d jobs are left", left)
		}
		if _, err := b.q.pool.Exec(ctx, "UPDATE river_job SET scheduled_at = now(), state = 'available' WHERE state IN ('retryable', 'scheduled')"); err != nil {
			b.Fatal(err)
		}
	}
	stop()
	if err := <-ended; err != nil {
		b.Error(err)
	}
	slices.Sort(said)
	return said
}

func (b *queueBench) works(want ...string) {
	b.Helper()
	if got := b.work(); !slices.Equal(got, want) {
		b.Errorf("worked %q, want %q", got, want)
	}
}

// jobs counts the jobs of a state.
func (b *queueBench) jobs(state string) (n int) {
	b.Helper()
	if err := b.q.pool.QueryRow(context.Background(), "SELECT count(*) FROM river_job WHERE state = $1::river_job_state", state).Scan(&n); err != nil {
		b.Fatal(err)
	}
	return n
}

// during calls something once while a result is being written.
func (b *queueBench) during(do func()) {
	enrich := b.steps.Enrich
	var once sync.Once
	b.steps.Enrich = func(ctx context.Context, w io.Writer, pkg *ooxml.Package, wb *analysis.Workbook, r []analysis.Result, p analysis.Params, o writers.Options) error {
		once.Do(do)
		return enrich(ctx, w, pkg, wb, r, p, o)
	}
}

// The ledger says what is done, not the queue: what is deleted, forced, changed and
// changed back is made again, and nothing else is.
func TestQueueLedgerDecides(t *testing.T) {
	b := newQueueBench(t, tree{"x.xlsx": "one", "y.xlsx": "half", "z.xlsx": "nothing"})
	b.submit("x.xlsx queued", "y.xlsx queued", "z.xlsx queued")
	b.works("x.xlsx enriched", "y.xlsx rejected damaged-zip", "z.xlsx nothing no-table")
	if done, cancelled := b.jobs("completed"), b.jobs("cancelled"); done != 2 || cancelled != 1 {
		t.Errorf("%d jobs are completed, %d cancelled", done, cancelled)
	}
	b.wantFiles("x.enriched.xlsx", "y.rejected.txt")
	b.submit("x.xlsx unchanged", "y.xlsx rejected damaged-zip", "z.xlsx nothing no-table")
	b.works()
	os.Remove(filepath.Join(b.out, "x.enriched.xlsx"))
	b.submit("x.xlsx queued", "y.xlsx rejected damaged-zip", "z.xlsx nothing no-table")
	b.works("x.xlsx enriched")
	for _, content := range []string{"two", "one"} {
		tree{"x.xlsx": content, "y.xlsx": "whole"}.write(t, b.in)
		b.submit("x.xlsx queued", map[string]string{"two": "y.xlsx queued", "one": "y.xlsx unchanged"}[content], "z.xlsx nothing no-table")
		b.work()
		if got := b.wantFiles("x.enriched.xlsx", "y.enriched.xlsx")["x.enriched.xlsx"]; !strings.HasPrefix(got, content+"|") {
			t.Errorf("x is %q", got)
		}
	}
	b.opts.Force = true
	b.submit("x.xlsx queued", "y.xlsx queued", "z.xlsx queued")
	b.works("x.xlsx enriched", "y.xlsx enriched", "z.xlsx nothing no-table")
	b.opts.Force = false
	os.Remove(filepath.Join(b.in, "z.xlsx"))
	b.submit("x.xlsx unchanged", "y.xlsx unchanged", "z.xlsx gone deleted")
}

// A workbook that changes while it is processed: what is published is of what lies in
// IN then.
func TestQueueInputChanges(t *testing.T) {
	b := newQueueBench(t, tree{"x.xlsx": "one"})
	b.submit("x.xlsx queued")
	b.during(func() { tree{"x.xlsx": "two and more"}.write(t, b.in) })
	b.works("x.xlsx enriched")
	if got := b.wantFiles("x.enriched.xlsx")["x.enriched.xlsx"]; !strings.HasPrefix(got, "two and more|") {
		t.Errorf("got %q", got)
	}
	b.submit("x.xlsx unchanged")
	b.during(func() {
		os.Remove(filepath.Join(b.in, "x.xlsx"))
		// It is waited for, in case that a share is slow to show it; as if that were over.
		if _, err := b.q.pool.Exec(context.Background(), "UPDATE river_job SET created_at = now() - interval '1 hour'"); err != nil {
			t.Error(err)
		}
	})
	tree{"x.xlsx": "three"}.write(t, b.in)
	b.submit("x.xlsx queued")
	b.works()
	b.submit("x.xlsx gone deleted")
}

// A worker whose job was given to another while it was at it publishes nothing, and
// neither does one that meanwhile another has said something of the workbook.
func TestQueueStolenJob(t *testing.T) {
	for what, steal := range map[string]string{
		"given to another": "UPDATE river_job SET attempt = attempt + 1, attempted_at = now()",
		"made meanwhile":   "INSERT INTO workbooks SELECT 'x.xlsx', '/', 0, 0, 0, 0, 'other', '', '', '', '', 'nothing', '', '', '', 0, '', 0, 0, 0, 0, 0, 1, '', 0, ''",
	} {
		t.Run(what, func(t *testing.T) {
			b := newQueueBench(t, tree{"x.xlsx": "one"})
			b.submit("x.xlsx queued")
			rounds := 0
			enrich := b.steps.Enrich
			b.steps.Enrich = func(ctx context.Context, w io.Writer, pkg *ooxml.Package, wb *analysis.Workbook, r []analysis.Result, p analysis.Params, o writers.Options) error {
				if rounds++; rounds > 1 {
					if left := names(files(t, b.out)); len(left) != 0 && !isTemp(left[0]) {
						t.Errorf("the first worker has published %q", left)
					}
					return enrich(ctx, w, pkg, wb, r, p, o)
				}
				if _, err := b.q.pool.Exec(ctx, steal); err != nil {
					t.Error(err)
				}
				return enrich(ctx, w, pkg, wb, r, p, o)
			}
			b.works("x.xlsx enriched")
			if b.wantFiles("x.enriched.xlsx"); rounds != 2 {
				t.Errorf("made %d times", rounds)
			}
		})
	}
}

// A queue is the same by whatever name a machine reaches it, and another schema is
// another queue.
func TestQueueLocks(t *testing.T) {
	address := newDatabase(t)
	ctx := context.Background()
	var all []*Queue
	for _, a := range []string{address, newProxy(t, shared.port).address(t, address), strings.Replace(address, "127.0.0.1", "localhost", 1), address + "&search_path=other"} {
		all = append(all, openQueue(t, a))
	}
	held, err := all[0].lock(ctx, "market", false)
	if err != nil || held == nil {
		t.Fatal(err)
	}
	for i, want := range []bool{false, false, true} {
		l, err := all[i+1].lock(ctx, "market", false)
		if err != nil || (l != nil) != want {
			t.Errorf("%s: got the lock: %v, want %v, %v", all[i+1].Name, l != nil, want, err)
		}
		if l != nil {
			l.release()
		}
	}
	held.release()
	if l, err := all[1].lock(ctx, "market", false); err != nil || l == nil {
		t.Errorf("the lock was not given back: %v", err)
	} else {
		l.release()
	}
	b := newBench(t, tree{"x.xlsx": "one"})
	for _, q := range []*Queue{all[0], all[3]} { // one PostgreSQL, two queues
		b := &queueBench{b, q, DefaultWorking()}
		b.opts.Now, b.out = time.Now, t.TempDir()
		b.submit("x.xlsx queued")
		b.works("x.xlsx enriched")
		b.wantFiles("x.enriched.xlsx")
	}
}

// A workbook that takes too long is given up for the moment and tried again; a larger
// one may take longer.
func TestQueueTimeout(t *testing.T) {
	b := newQueueBench(t, tree{"x.xlsx": "one"})
	b.working.JobTimeout = 300 * time.Millisecond
	b.submit("x.xlsx queued")
	enrich := b.steps.Enrich
	rounds := 0
	b.steps.Enrich = func(ctx context.Context, w io.Writer, pkg *ooxml.Package, wb *analysis.Workbook, r []analysis.Result, p analysis.Params, o writers.Options) error {
		if rounds++; rounds == 1 {
			<-ctx.Done()
			return ctx.Err()
		}
		return enrich(ctx, w, pkg, wb, r, p, o)
	}
	if b.works("x.xlsx enriched"); rounds != 2 {
		t.Errorf("made %d times", rounds)
	}
	if small, large := timeoutOf(time.Minute, 1<<10), timeoutOf(time.Minute, 30<<20); small != time.Minute || large != 11*time.Minute {
		t.Errorf("a small workbook may take %v, one of 30 MB %v", small, large)
	}
}

// What fails is tried again and then given up; the ledger has it, and the next
// submit tries again.
func TestQueueFailures(t *testing.T) {
	b := newQueueBench(t, tree{"x.xlsx": "panic", "y.xlsx": "one"})
	b.submit("x.xlsx queued", "y.xlsx queued")
	got := b.work()
	want := append(slices.Repeat([]string{"x.xlsx failed panic"}, attempts), "y.xlsx enriched")
	if !slices.Equal(got, want) {
		t.Errorf("worked %q", got)
	}
	if n := b.jobs("discarded"); n != 1 {
		t.Errorf("%d jobs are given up", n)
	}
	all, _, err := b.q.Standing(context.Background())
	if err != nil || all[0].Status != Failed || all[0].Attempts != attempts {
		t.Errorf("the ledger has %+v, %v", all, err)
	}
	b.steps = fakeSteps()
	tree{"x.xlsx": "two"}.write(t, b.in)
	b.submit("x.xlsx queued", "y.xlsx unchanged")
	b.works("x.xlsx enriched")
}

// What another version of the program, or other options, were to make and nobody has
// begun is not made; a worker takes what its own version was asked for.
func TestQueueSuperseded(t *testing.T) {
	b := newQueueBench(t, tree{"x.xlsx": "one"})
	b.submit("x.xlsx queued")
	b.opts.Lang = analysis.En
	b.submit("x.xlsx queued")
	if n := b.jobs("available"); n != 1 {
		t.Errorf("%d jobs wait", n)
	}
	b.opts.Build = "build 2"
	b.submit("x.xlsx queued")
	if n := b.jobs("available"); n != 1 {
		t.Errorf("%d jobs wait", n)
	}
	b.works("x.xlsx enriched")
	if got := b.wantFiles("x.enriched.xlsx")["x.enriched.xlsx"]; !strings.Contains(got, "|en|") {
		t.Errorf("got %q", got)
	}
	// A job that has begun is not removed; it ends without publishing.
	b.opts.Tables.CSV = true
	b.submit("x.xlsx queued")
	b.during(func() {
		b.opts.Tables.CSV, b.opts.Tables.BOM = true, true
		b.submit("x.xlsx queued")
	})
	b.works("x.xlsx enriched")
	if n := b.jobs("cancelled"); n != 1 {
		t.Errorf("%d jobs are cancelled", n)
	}
}

// Waiting, references and results that their readers have changed are what they are
// on one machine.
func TestQueueLikeAPass(t *testing.T) {
	b := newQueueBench(t, tree{"x.xlsx": "one", "reference.xlsx": "ref", "deep/y.xlsx": "two"})
	b.submit("deep/y.xlsx queued", "reference.xlsx queued", "x.xlsx queued")
	b.works("deep/y.xlsx enriched", "reference.xlsx enriched", "x.xlsx enriched")
	b.submit("deep/y.xlsx unchanged", "reference.xlsx unchanged", "x.xlsx unchanged")
	tree{"reference.xlsx": "ref 2"}.write(t, b.in)
	tree{"x.enriched.xlsx": "somebody's work"}.write(t, b.out)
	b.submit("deep/y.xlsx queued", "reference.xlsx queued", "x.xlsx queued")
	b.works("deep/y.xlsx enriched", "reference.xlsx enriched", "x.xlsx enriched")
	got := b.wantFiles("deep/y.enriched.xlsx", "reference.enriched.xlsx", "x.enriched.xlsx", "x.enriched.edited-"+sumOf("somebody's work")[:8]+".xlsx")
	if !strings.HasPrefix(got["x.enriched.xlsx"], "one|") {
		t.Errorf("x is %q", got["x.enriched.xlsx"])
	}
	b.submit("deep/y.xlsx unchanged", "reference.xlsx unchanged", "x.xlsx unchanged")
	b.opts.Quiet, b.opts.Look = time.Hour, false
	tree{"x.xlsx": "being copied"}.write(t, b.in)
	b.submit("deep/y.xlsx waiting changing", "reference.xlsx waiting changing", "x.xlsx waiting changing") // all are young
	b.works()
}

// Two jobs at one workbook at the same time, in one process: neither writes into the
// other's temporary file, and what stands in the end is of what lies in IN.
func TestQueueTwoAtOneWorkbook(t *testing.T) {
	b := newQueueBench(t, tree{"x.xlsx": "one"})
	b.submit("x.xlsx queued")
	tree{"x.xlsx": "two and more"}.write(t, b.in)
	b.submit("x.xlsx queued")
	b.opts.Workers = 2
	enrich := b.steps.Enrich
	var both sync.WaitGroup
	both.Add(2)
	n := 0
	var mu sync.Mutex
	b.steps.Enrich = func(ctx context.Context, w io.Writer, pkg *ooxml.Package, wb *analysis.Workbook, r []analysis.Result, p analysis.Params, o writers.Options) error {
		mu.Lock()
		me := n
		n++
		mu.Unlock()
		if me < 2 {
			both.Done()
			both.Wait()
		}
		return enrich(ctx, w, pkg, wb, r, p, o)
	}
	for _, o := range b.work() {
		if o != "x.xlsx enriched" && o != "x.xlsx unchanged" {
			t.Errorf("said %q", o)
		}
	}
	if got := b.wantFiles("x.enriched.xlsx")["x.enriched.xlsx"]; n < 2 || !strings.HasPrefix(got, "two and more|") {
		t.Errorf("made %d times, got %q", n, got)
	}
}
