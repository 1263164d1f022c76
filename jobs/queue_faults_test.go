package jobs

import (
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// crew is worker processes that are started again when they end, as systemd or
// Docker does.
type crew struct {
	t    *testing.T
	of   childWorker
	mu   sync.Mutex
	now  []*exec.Cmd
	over bool
	all  sync.WaitGroup
}

func newCrew(t *testing.T, n int, of childWorker) *crew {
	t.Helper()
	c := &crew{t: t, of: of, now: make([]*exec.Cmd, n)}
	for i := range n {
		c.now[i] = of.start(t)
		c.all.Go(func() { c.keep(i) })
	}
	return c
}

func (c *crew) keep(i int) {
	for {
		c.mu.Lock()
		cmd := c.now[i]
		c.mu.Unlock()
		cmd.Wait()
		c.mu.Lock()
		if c.over {
			c.mu.Unlock()
			return
		}
		c.now[i] = c.of.start(c.t)
		c.mu.Unlock()
	}
}

// kill kills one worker without a word.
func (c *crew) kill(i int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now[i].Process.Kill()
}

// dismiss asks all workers to end, and waits.
func (c *crew) dismiss() {
	c.mu.Lock()
	c.over = true
	for _, cmd := range c.now {
		cmd.Process.Signal(syscall.SIGTERM)
	}
	c.mu.Unlock()
	c.all.Wait()
}

// Workers are killed at random, PostgreSQL is killed and started again, the
// connection is cut: in the end everything is as one machine makes it, byte for
// byte, and nobody had to lay a hand on it.
func TestQueueSurvives(t *testing.T) {
	t.Parallel()
	books, kills, restarts, cut, timeout := 90, 8, 1, 2*time.Second, 4*time.Second
	between := func(r *rand.Rand) time.Duration { return time.Duration(100+r.IntN(300)) * time.Millisecond }
	if full {
		books, kills, restarts, cut, timeout = 2000, 40, 4, 30*time.Second, 15*time.Second
		between = func(r *rand.Rand) time.Duration { return time.Duration(1000+r.IntN(3000)) * time.Millisecond }
	}
	dir, err := os.MkdirTemp("", "shakeout-postgres-") // t.TempDir is nobody else's
	if err != nil {
		t.Fatal(err)
	}
	server := newServer(t, dir)
	defer func() { server.stop(syscall.SIGQUIT); os.RemoveAll(dir) }()
	address := server.database(t)
	q := openQueue(t, address)
	line := newProxy(t, server.port)

	in, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	manyBooks(t, in, books)
	want := alone(t, in)
	began := time.Now()
	if sum, _ := submitAll(t, q, in, out, queueOptions()); sum.Queued != books {
		t.Fatalf("queued %d of %d", sum.Queued, books)
	}
	workers := newCrew(t, 3, childWorker{Queue: line.address(t, address), Workers: 1, JobTimeout: timeout})
	defer workers.dismiss()

	random := rand.New(rand.NewPCG(8, uint64(books)))
	broken, killed := 0, 0
	for i := range kills {
		time.Sleep(between(random))
		workers.kill(random.IntN(3))
		killed++
		if i*restarts/kills != (i+1)*restarts/kills {
			server.stop(syscall.SIGKILL)
			time.Sleep(time.Second)
			server.start(t)
		}
		if i == kills/2 {
			broken = line.cutFor(cut)
		}
	}
	for i := range 3 {
		workers.kill(i)
	}
	drained(t, q, 5*time.Minute)
	took := time.Since(began)
	sameAsAlone(t, q, out, want, books)

	var executions, more int
	if err := q.pool.QueryRow(context.Background(), "SELECT sum(attempt), count(*) FILTER (WHERE attempt > 1) FROM river_job WHERE kind = 'workbook'").Scan(&executions, &more); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d workbooks; %d workers killed, PostgreSQL killed %d times, %d connections cut for %v; %d executions, %d jobs more than once; %v in all",
		books, killed+3, restarts, broken, cut, executions, more, took.Round(time.Second))
	if broken == 0 || killed == 0 {
		t.Error("nothing went wrong")
	}
}

// Submits at the same moment, and again: every workbook is processed once.
func TestQueueSubmitsAtOnce(t *testing.T) {
	t.Parallel()
	books := 60
	if full {
		books = 2000
	}
	q := openQueue(t, newDatabase(t))
	in, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	manyBooks(t, in, books)
	workers := newCrew(t, 2, childWorker{Queue: q.pool.Config().ConnString(), Workers: 1, JobTimeout: time.Minute})
	defer workers.dismiss()
	queued := make([]int, 3)
	var all sync.WaitGroup
	for i := range queued {
		all.Go(func() {
			if i == 2 {
				time.Sleep(300 * time.Millisecond) // when workers are at it
			}
			sum, err := Submit(context.Background(), q, in, out, queueOptions(), func(o Outcome) {
				if o.Status == Queued && !o.Known {
					queued[i]++
				}
			})
			if err != nil || sum.Workbooks != books {
				t.Errorf("submit: %v, %v", sum, err)
			}
		})
	}
	all.Wait()
	drained(t, q, 5*time.Minute)
	before := versionsOf(t, q)
	if sum, _ := submitAll(t, q, in, out, queueOptions()); sum.Queued != 0 {
		t.Errorf("submitted again: %d are queued", sum.Queued)
	}
	drained(t, q, 5*time.Minute)
	after := versionsOf(t, q)
	if after != before || after != [2]int{books, books} {
		t.Errorf("versions and how often they were made: %v, then %v, want %d each", before, after, books)
	}
	t.Logf("%d workbooks; three submits queued %v", books, queued)
}

// versionsOf counts the versions in the ledger, and how often they were made.
func versionsOf(t *testing.T, q *Queue) (n [2]int) {
	t.Helper()
	if err := q.pool.QueryRow(context.Background(), "SELECT count(*), sum(attempts) FROM versions").Scan(&n[0], &n[1]); err != nil {
		t.Fatal(err)
	}
	return n
}
