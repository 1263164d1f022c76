package jobs

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"shakeout/analysis"
	"shakeout/writers/text"
)

// marketWorker takes all workbooks together, from the tables that the workers have
// kept as Parquet, and writes the page of the folder. It is a job of its own, there
// is one at a time, and it waits for the end of a burst.
type marketWorker struct {
	river.WorkerDefaults[marketArgs]
	*worker
}

// marketPatience is how long a market waits for workbooks under way: a burst of a
// day is not waited for, nor is a job whose worker was killed.
const marketPatience = 10 * time.Minute

// Timeout is how long a market may take: five times what a small workbook may, which
// is some tens of thousands of workbooks, and twice as long each time it was not
// enough. An hour from the start would also do for a large one, but that long nobody
// would make the market whose worker was killed.
func (w *marketWorker) Timeout(job *river.Job[marketArgs]) time.Duration {
	return w.patience(job) + stopping
}

func (w *marketWorker) patience(job *river.Job[marketArgs]) time.Duration {
	return 5 * w.JobTimeout << max(0, min(job.Attempt-1, attempts))
}

func (w *marketWorker) Work(ctx context.Context, job *river.Job[marketArgs]) error {
	ctx, cancel := context.WithTimeout(ctx, w.patience(job))
	defer cancel()
	if wait := debounce - time.Since(job.CreatedAt); wait > 0 {
		return river.JobSnooze(wait)
	}
	busy, err := w.queue.underWay(ctx, job.Queue)
	if err != nil {
		return err
	}
	if busy && time.Since(job.CreatedAt) < marketPatience {
		return river.JobSnooze(debounce)
	}
	// River has one such job; this lock is for two versions of the program, and for
	// a worker that was given up and is still at it.
	held, err := w.queue.lock(ctx, "market", false)
	if err != nil {
		return err
	}
	if held == nil {
		return river.JobSnooze(debounce)
	}
	defer held.release()
	f, ok, err := folderOf(w.queue.book.rows)
	if err != nil {
		return err
	}
	if !ok || f.build != job.Args.Build {
		return river.JobCancel(errSuperseded)
	}
	start := time.Now()
	p, err := w.passOf(ctx, f)
	if err != nil {
		return err
	}
	p.claim = func() error {
		return w.queue.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error { return holdsJob(ctx, tx, job.JobRow) })
	}
	id, _, err := p.ledger.begin(p.Version, p.Now())
	if err != nil {
		return err
	}
	seen, err := w.queue.snapshot(ctx, w.queue.pool)
	if err != nil {
		return err
	}
	sum, err := w.together(ctx, p, id, !busy)
	sum.TookMS = time.Since(start).Milliseconds()
	ending := "done"
	switch {
	case ctx.Err() != nil:
		ending = "stopped"
	case err != nil:
		ending = "failed"
	}
	if e := p.ledger.end(id, ending, err == nil, sum, p.Now()); err == nil {
		err = e
	}
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("the market was not finished in %v: %w", w.patience(job), ctx.Err())
	case ctx.Err() != nil:
		return river.JobSnooze(0) // this worker stops
	case err != nil:
		return err
	}
	err = w.queue.inTx(context.WithoutCancel(ctx), func(ctx context.Context, tx pgx.Tx) error {
		if err := holdsJob(ctx, tx, job.JobRow); err != nil {
			return err
		}
		now, err := w.queue.snapshot(ctx, tx)
		if err != nil {
			return err
		}
		if _, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, job); err != nil || now == seen {
			return err
		}
		_, err = w.client.InsertTx(ctx, tx, job.Args, w.queue.marketOpts(job.Args.Build))
		return err
	})
	if err != nil {
		return err
	}
	for _, m := range sum.Markets {
		w.opts.Log.Info().Int64("job", job.ID).Int("attempt", job.Attempt).Str("worker", w.name).Str("folder", m.Folder).Str("output", shown(m.Output)).
			Int("workbooks", m.Workbooks).Int("read", m.Read).Bool("unchanged", m.Unchanged).Int("findings", m.Findings).Int64("took_ms", m.TookMS).
			Msg(text.Of(w.opts.Talk, analysis.Say("queue.market", m.Workbooks)))
	}
	return nil
}

// together makes the markets and the page, and tidies up if nobody is at work.
func (w *marketWorker) together(ctx context.Context, p *pass, id int64, quiet bool) (sum Summary, err error) {
	now, err := entries(p.ledger.rows)
	if err != nil {
		return sum, err
	}
	var refs []Task
	for name, e := range now {
		if isReference(name) && e.Gone == 0 {
			t := Task{Name: name, Path: filepath.Join(p.root, filepath.FromSlash(name))}
			if p.lookAt(&t) == nil {
				refs = append(refs, t)
			}
		}
		sum.Workbooks++
		sum.count(Outcome{Status: e.Status, Known: true})
	}
	if p.before, err = p.ledger.beforeRun(id, now); err != nil {
		return sum, err
	}
	p.findReferences(refs)
	defer p.releaseReferences()
	if quiet {
		again, err := w.queue.triedAgain(ctx)
		if err == nil {
			err = p.tidy(now, again, 2*timeoutOf(w.JobTimeout, 0))
		}
		if err != nil {
			return sum, fmt.Errorf("remove what is no longer needed: %w", err)
		}
	}
	sum.Markets, err = p.takeTogether(ctx, now)
	return sum, err
}

// triedAgain reports whether a job was handed out more than once, in the last day: a
// worker may have been killed and have left something.
func (q *Queue) triedAgain(ctx context.Context) (again bool, err error) {
	err = q.pool.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM river_job WHERE kind = $1 AND attempt > 1)", kindWorkbook).Scan(&again)
	return again, err
}

// underWay reports whether workbooks are being made or about to be. What waits
// for another attempt is not waited for.
func (q *Queue) underWay(ctx context.Context, queue string) (busy bool, err error) {
	err = q.pool.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM river_job WHERE kind = $1 AND queue = $2 AND (state IN ('available', 'running') OR state IN ('scheduled', 'retryable') AND scheduled_at < now() + interval '5 seconds'))",
		kindWorkbook, queue).Scan(&busy)
	return busy, err
}

// snapshot is the ledger in a few numbers: another one means that something was
// put down.
func (q *Queue) snapshot(ctx context.Context, in interface {
	QueryRow(context.Context, string, ...any) pgx.Row
}) (s string, err error) {
	err = in.QueryRow(ctx, "SELECT concat_ws(' ', (SELECT max(id) FROM versions), count(*), sum(since), sum(gone), (SELECT submitted FROM folder)) FROM workbooks").Scan(&s)
	return s, err
}

// inTx does something whole or not at all.
func (q *Queue) inTx(ctx context.Context, do func(context.Context, pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, statementTime)
	defer cancel()
	return pgx.BeginFunc(ctx, q.pool, func(tx pgx.Tx) error { return do(ctx, tx) })
}

// beforeRun is what the ledger had before the last run that ended in order, as
// far as the page needs it: without the workbooks that were made since.
func (l *ledger) beforeRun(id int64, now map[string]entry) (map[string]entry, error) {
	var since int64
	if err := l.rows.QueryRow("SELECT coalesce(max(started), 0) FROM runs WHERE id < ? AND ending = 'done'", id).Scan(&since); err != nil {
		return nil, err
	}
	before := map[string]entry{}
	for name, e := range now {
		before[name] = e
	}
	rows, err := l.rows.Query("SELECT DISTINCT name FROM versions WHERE made >= ?", since)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		delete(before, name)
	}
	return before, rows.Err()
}

// tidy removes the versions that nobody compares with any more and, after a kill, the
// temporary files that were left, but nothing younger than age: a worker may be about
// to need it.
func (p *pass) tidy(now map[string]entry, killed bool, age time.Duration) error {
	old := olderThan{p.Disk, p.Now().Add(-age)}
	if killed {
		if err := sweep(old, p.out); err != nil {
			return err
		}
	}
	of := pass{Options: p.Options, out: p.out}
	of.Disk = old
	return of.forgetEarlier(now)
}
