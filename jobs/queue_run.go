package jobs

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"shakeout/analysis"
	"shakeout/writers/text"
)

// runQueued makes a pass by way of a queue: it submits, works like any other worker
// until nothing of the folder is left to do, and reports what the ledger has then.
// What fails and will be tried again is reported as failed.
func runQueued(ctx context.Context, in, out string, opts Options, steps Steps, report func(Outcome)) (sum Summary, err error) {
	start := opts.Now()
	q, err := OpenQueue(ctx, opts.Queue, Connections(opts.Workers)+4)
	if err != nil {
		return sum, err
	}
	defer q.Close()
	opts.Disk = newPlaces(opts.Disk)
	silent := opts
	silent.Terse = true // the worker has a line for each
	var all []Outcome
	queued, found, err := submit(ctx, q, in, out, silent, func(o Outcome) { all = append(all, o) })
	if err != nil || ctx.Err() != nil {
		return found, errors.Join(context.Cause(ctx), err)
	}
	working, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	books, markets, err := q.left(ctx, opts.Build)
	if err != nil {
		return found, err
	}
	if books+markets > 0 {
		go func() { ended <- Work(working, q, opts, DefaultWorking(), steps, func(Outcome) {}) }()
		err = q.waitFor(ctx, opts, len(queued), ended)
		stop()
		if e := <-ended; err == nil {
			err = e
		}
	}
	f, _, e := folderOf(q.book.rows)
	known, e2 := entries(q.book.rows)
	if e := errors.Join(e, e2); e != nil {
		return found, errors.Join(err, e)
	}
	p := &pass{Options: opts, out: f.out, state: filepath.Join(f.out, stateFolder), ledger: q.book}
	sum = Summary{Workbooks: found.Workbooks, Pruned: found.Pruned}
	for _, o := range all {
		if o.Status == Queued {
			if o = p.outcomeOf(o, known[o.File]); o.Status == Queued {
				sum.Left++
				continue
			}
		}
		if o.Status == Enriched || o.Status == Gone || !o.Known && (o.Status == Rejected || o.Status == Failed) {
			p.news = append(p.news, o)
		}
		sum.count(o)
		report(o)
	}
	sum.TookMS = opts.Now().Sub(start).Milliseconds()
	ending := "done"
	if ctx.Err() != nil {
		ending, err = "stopped", errors.Join(context.Cause(ctx), err)
	}
	return sum, errors.Join(err, p.announce(ctx, opts.Disk, sum, p.state, ending))
}

// waitFor waits until no workbook and no market is under way.
func (q *Queue) waitFor(ctx context.Context, opts Options, total int, ended chan error) error {
	wrong := 0
	for {
		books, markets, err := q.left(ctx, opts.Build)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			if wrong++; wrong > 100 {
				return err
			}
		case books+markets == 0:
			return nil
		default:
			wrong = 0
			opts.Progress(max(0, total-books), total, 0)
		}
		select {
		case err := <-ended:
			ended <- nil
			return err
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// left counts the workbooks that are under way or about to be, and the markets that
// are to be made.
func (q *Queue) left(ctx context.Context, build string) (books, markets int, err error) {
	err = q.pool.QueryRow(ctx, `SELECT count(*) FILTER (WHERE kind = $1 AND (state IN ('available', 'running') OR scheduled_at < now() + interval '5 seconds')), count(*) FILTER (WHERE kind = $2)
		FROM river_job WHERE queue = $3 AND state IN ('available', 'running', 'pending', 'scheduled', 'retryable')`, kindWorkbook, kindMarket, queueOf(build)).Scan(&books, &markets)
	return books, markets, err
}

// outcomeOf is what became of a workbook that was queued.
func (p *pass) outcomeOf(o Outcome, e entry) Outcome {
	if e.Name == "" || e.SHA256 != o.SHA256 && e.Status != Failed && e.Status != Waiting {
		return o // not come to
	}
	o.Status, o.Code, o.Findings, o.Tables, o.TookMS, o.Known = e.Status, e.Code, e.Findings, e.Regions, e.TookMS, false
	switch e.Status {
	case Enriched:
		o.Output = p.below(e.Output)
		o.Output = shown(o.Output)
		o.Note = analysis.Say("command.enriched", o.Output)
	case Nothing:
		o.Note = analysis.Say("command.no-table")
	case Rejected:
		o.Note = analysis.Say("command.still-rejected", shown(p.below(e.Reason)))
	case Waiting:
		o.Note = analysis.Say("waiting." + e.Code)
	case Failed:
		o.Note = analysis.Say("queue.failed", text.Of(p.Talk, analysis.Say("board.failed")))
	}
	return o
}
