package jobs

import (
	"context"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"shakeout/analysis"
)

// A market that is given up has twice the time when it is tried again.
func TestQueueMarketTimeout(t *testing.T) {
	w := &marketWorker{worker: &worker{Working: DefaultWorking()}}
	for attempt, want := range map[int]time.Duration{1: 10 * time.Minute, 2: 20 * time.Minute, 6: 320 * time.Minute} {
		job := &river.Job[marketArgs]{JobRow: &rivertype.JobRow{Attempt: attempt}}
		if got := w.Timeout(job); got != want+stopping {
			t.Errorf("attempt %d: %v, want %v", attempt, got, want)
		}
	}
}

// The market is made once after a burst, from the tables that were kept; a workbook
// that comes while it is made is in the next one; there are never two at once, with
// any number of workers.
func TestQueueMarket(t *testing.T) {
	t.Parallel()
	q := openQueue(t, newDatabase(t))
	in, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	manyBooks(t, in, 12)
	opts := queueOptions()
	var markets, atOnce, most atomic.Int32
	var once sync.Once
	steps := RealSteps
	steps.Analyse = func(wb *analysis.Workbook, params analysis.Params) (analysis.Params, []analysis.Result) {
		if wb.Name != "" { // a workbook's own
			return RealSteps.Analyse(wb, params)
		}
		markets.Add(1)
		if n := atOnce.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer atOnce.Add(-1)
		once.Do(func() {
			manyBooks(t, in, 14)
			if sum, _ := submitAll(t, q, in, out, opts); sum.Queued != 2 {
				t.Errorf("queued %d, want 2", sum.Queued)
			}
			for until := time.Now().Add(5 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
				if all, err := entries(q.book.rows); err == nil && len(all) == 14 {
					break
				} else if time.Now().After(until) {
					t.Errorf("a workbook waits for the market, %v", err)
					break
				}
			}
		})
		return RealSteps.Analyse(wb, params)
	}
	if sum, _ := submitAll(t, q, in, out, opts); sum.Queued != 12 {
		t.Fatalf("queued %d of 12", sum.Queued)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			if err := Work(ctx, q, opts, DefaultWorking(), steps, func(Outcome) {}); err != nil {
				t.Error(err)
			}
		})
	}
	drained(t, q, 5*time.Minute)
	stop()
	workers.Wait()
	sameAsAlone(t, q, out, alone(t, in), 14)
	if markets.Load() != 2 || most.Load() != 1 {
		t.Errorf("%d markets were made, %d at once; want 2, 1", markets.Load(), most.Load())
	}
}
