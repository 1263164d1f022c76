package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

const workerEnv = "TEST_WORKER"

// childWorker is what a worker process of a test is to do.
type childWorker struct {
	Queue      string
	Workers    int
	JobTimeout time.Duration
	Log        string
}

func queueOptions() Options {
	opts := DefaultOptions()
	opts.Quiet, opts.GiveUp, opts.Build, opts.Version, opts.Workers = 0, 0, "child", "v", 2
	return opts
}

func runWorker(said string) int {
	var c childWorker
	if err := json.Unmarshal([]byte(said), &c); err != nil {
		panic(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	opts := queueOptions()
	opts.Workers = c.Workers
	if c.Log != "" {
		f, err := os.OpenFile(c.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
		if err != nil {
			panic(err)
		}
		opts.Log = zerolog.New(f).With().Timestamp().Logger()
	}
	q, err := AwaitQueue(ctx, c.Queue, Connections(c.Workers), func(error) {})
	if err != nil {
		return 1
	}
	defer q.Close()
	w := DefaultWorking()
	w.JobTimeout = c.JobTimeout
	if err := Work(ctx, q, opts, w, RealSteps, func(Outcome) {}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func (c childWorker) start(t *testing.T) *exec.Cmd {
	t.Helper()
	said, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), workerEnv+"="+string(said))
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// openQueue opens a queue with its tables.
func openQueue(t testing.TB, address string) *Queue {
	t.Helper()
	q, err := OpenQueue(context.Background(), address, Connections(8)+8)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(q.Close)
	if _, err := q.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return q
}

// submitAll submits a folder and gives the outcomes by status.
func submitAll(t *testing.T, q *Queue, in, out string, opts Options) (Summary, []Outcome) {
	t.Helper()
	var all []Outcome
	sum, err := Submit(context.Background(), q, in, out, opts, func(o Outcome) { all = append(all, o) })
	if err != nil {
		t.Fatal(err)
	}
	return sum, all
}

// drained waits until nothing is left to do, the market included.
func drained(t *testing.T, q *Queue, patience time.Duration) {
	t.Helper()
	until := time.Now().Add(patience)
	for {
		var left int
		err := q.pool.QueryRow(context.Background(), "SELECT count(*) FROM river_job WHERE state IN ('available', 'scheduled', 'retryable', 'running', 'pending')").Scan(&left)
		if err == nil && left == 0 {
			return
		}
		if time.Now().After(until) {
			rows, _ := q.pool.Query(context.Background(), "SELECT kind, state::text, attempt, coalesce(errors[array_length(errors,1)]->>'error','') FROM river_job WHERE state NOT IN ('completed','cancelled') LIMIT 20")
			for rows.Next() {
				var kind, state, e string
				var attempt int
				rows.Scan(&kind, &state, &attempt, &e)
				t.Logf("%s %s attempt %d: %s", kind, state, attempt, e)
			}
			t.Fatalf("%d jobs are left after %v, %v", left, patience, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// manyBooks fills a folder with workbooks: the samples again and again, each under a
// name of its own, one in ten no workbook.
func manyBooks(t *testing.T, in string, n int) {
	t.Helper()
	good, bad := workbooks(t)
	for i := range n {
		data := good[i%len(good)]
		if i%10 == 9 {
			data = bad[i/10%len(bad)]
		}
		name := filepath.Join(in, fmt.Sprint(i%7), fmt.Sprintf("工作簿 %04d.xlsx", i))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// alone makes a folder's results by a pass on one machine.
func alone(t *testing.T, in string) tree {
	t.Helper()
	out := filepath.Join(t.TempDir(), "alone")
	if _, err := Run(context.Background(), in, out, queueOptions(), RealSteps, func(Outcome) {}); err != nil {
		t.Fatal(err)
	}
	return results(t, out)
}

// results are the files of OUT but for the page, which shows times, and what killed
// workers have left.
func results(t *testing.T, out string) tree {
	t.Helper()
	all := files(t, out)
	if page := all["index.html"]; !strings.HasSuffix(strings.TrimSpace(page), "</html>") {
		t.Error("the page is not whole")
	}
	maps.DeleteFunc(all, func(name, _ string) bool { return name == "index.html" || isTemp(filepath.Base(name)) })
	return all
}

// same compares an OUT with what one machine makes, byte for byte, and the ledger with
// both.
func sameAsAlone(t *testing.T, q *Queue, out string, want tree, books int) {
	t.Helper()
	got := results(t, out)
	wrong := 0
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			if wrong++; wrong < 10 {
				t.Errorf("%s differs from that of one machine (%d bytes, %d)", name, len(got[name]), len(want[name]))
			}
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s is one too many", name)
		}
	}
	all, _, err := standOf(q.book.rows)
	if err != nil {
		t.Fatal(err)
	}
	current := 0
	for _, s := range all {
		switch s.Status {
		case Enriched:
			if current++; sumOf(got[s.Output]) != s.OutputSHA {
				t.Errorf("%s: the ledger has another result", s.File)
			}
		case Rejected:
			if current++; got[s.Reason] == "" {
				t.Errorf("%s: no reason", s.File)
			}
		case Nothing:
			current++
		default:
			t.Errorf("%s: %s %s", s.File, s.Status, s.Code)
		}
		if len(s.Versions) != 1 {
			t.Errorf("%s: %d versions", s.File, len(s.Versions))
		}
	}
	if current != books || len(want) < books*9/10 {
		t.Errorf("%d workbooks are current, %d files, want %d", current, len(want), books)
	}
}

// Three workers do what one machine does, byte for byte. In the long form one
// worker does it first, on the same cores.
func TestQueue(t *testing.T) {
	t.Parallel()
	books, crews := 60, []int{3}
	if full {
		books, crews = 2000, []int{1, 3}
	}
	in := t.TempDir()
	manyBooks(t, in, books)
	began := time.Now()
	want := alone(t, in)
	t.Logf("%d workbooks by a pass with 2 workers: %v", books, time.Since(began).Round(100*time.Millisecond))
	for _, n := range crews {
		q := openQueue(t, newDatabase(t))
		out := filepath.Join(t.TempDir(), "out")
		began := time.Now()
		sum, _ := submitAll(t, q, in, out, queueOptions())
		if sum.Queued != books {
			t.Fatalf("queued %d of %d", sum.Queued, books)
		}
		submitted := time.Since(began)
		workers := newCrew(t, n, childWorker{Queue: q.pool.Config().ConnString(), Workers: 1, JobTimeout: time.Minute})
		drained(t, q, 10*time.Minute)
		workers.dismiss()
		sameAsAlone(t, q, out, want, books)
		// From the first job that was begun to the last that ended: without the market.
		var took float64
		var markets, marketMS int
		var size, ledger, rows int64
		err := q.pool.QueryRow(context.Background(), `SELECT extract(epoch FROM max(finalized_at) - min(attempted_at))::float8, (SELECT count(*) FROM runs WHERE ending = 'done'), (SELECT max(took_ms) FROM runs),
			pg_total_relation_size('river_job'), pg_total_relation_size('workbooks') + pg_total_relation_size('versions') + pg_total_relation_size('intents'),
			(SELECT count(*) FROM workbooks) + (SELECT count(*) FROM versions) FROM river_job WHERE kind = 'workbook'`).Scan(&took, &markets, &marketMS, &size, &ledger, &rows)
		if err != nil {
			t.Fatal(err)
		}
		began = time.Now()
		if sum, _ := submitAll(t, q, in, out, queueOptions()); sum.Queued != 0 {
			t.Errorf("submitted again: %d are queued", sum.Queued)
		}
		t.Logf("%d workers: submitted in %v, again in %v, processed in %.1f s (%.1f workbooks a second), %d markets, at most %d ms; jobs take %d bytes, the ledger %d in %d rows",
			n, submitted.Round(10*time.Millisecond), time.Since(began).Round(10*time.Millisecond), took, float64(books)/took, markets, marketMS, size, ledger, rows)
		if markets > 2 {
			t.Errorf("%d markets were made of one burst", markets)
		}
	}
}
