package jobs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"golang.org/x/sync/errgroup"

	"shakeout/analysis"
	"shakeout/writers/text"
)

// Queued is the status of a workbook that was enqueued, or is in the queue
// already (Known).
const Queued Status = "queued"

// Submit looks through IN as a pass does and enqueues the workbooks for which there
// is anything to do. Outcomes are reported in name order: queued, or what is known
// without a worker. Any number of submits may be under way at once.
func Submit(ctx context.Context, q *Queue, in, out string, opts Options, report func(Outcome)) (Summary, error) {
	start := opts.Now()
	_, sum, err := submit(ctx, q, in, out, opts, report)
	sum.TookMS = opts.Now().Sub(start).Milliseconds()
	if ctx.Err() != nil {
		err = errors.Join(context.Cause(ctx), err)
	}
	return sum, err
}

// submit gives also the names that it put into the queue or found there.
func submit(ctx context.Context, q *Queue, in, out string, opts Options, report func(Outcome)) (queued []string, sum Summary, err error) {
	if err := q.migrated(ctx); err != nil {
		return nil, sum, err
	}
	disk := newPlaces(opts.Disk)
	opts.Disk = ownTemps{disk, tag()}
	for _, place := range []*string{&in, &out} {
		name, address, err := at(*place)
		if folder, ok := strings.CutPrefix(name, "file:"); ok && err == nil && place == &out {
			err = makeFolder(disk.Disk, folder) // as OUT is that is no bucket
		}
		if err == nil {
			err = disk.open(ctx, address)
		}
		if place == &in && errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%w: %w", ErrNoInput, err)
		}
		if err != nil {
			return nil, sum, err
		}
		if *place = name; address != "" {
			opts.buckets = append(opts.buckets, address)
		}
	}
	if isBucket(in) {
		opts.Quiet, opts.GiveUp = 0, 0 // objects are whole
	}
	if err := checkFolders(opts.Disk, in, out); err != nil {
		return nil, sum, err
	}
	p := &pass{Options: opts, out: out, state: filepath.Join(out, stateFolder), ledger: q.book, params: hashParams(opts)}
	if info, err := opts.Disk.Stat(in); err == nil && !info.IsDir() {
		return nil, sum, ErrNotFolder
	}
	if p.root, err = absolute(opts.Disk, in); err != nil {
		return nil, sum, err
	}
	if p.out, err = absoluteOut(opts.Disk, out); err != nil {
		return nil, sum, err
	}
	p.state = filepath.Join(p.out, stateFolder)
	news, err := q.setFolder(ctx, p) // what the market and the page must be made for
	if err != nil {
		return nil, sum, err
	}
	if p.before, err = entries(p.ledger.rows); err != nil {
		return nil, sum, err
	}
	whole, tasks, err := p.look(ctx, p.root)
	if err != nil {
		return nil, sum, err
	}
	p.findReferences(tasks)
	sum.Workbooks = len(tasks)
	client, err := q.submitter()
	if err != nil {
		return nil, sum, err
	}
	if err := q.supersede(ctx, client, p); err != nil {
		return nil, sum, err
	}
	now := maps.Clone(p.before)
	for some := range slices.Chunk(tasks, batch) {
		if ctx.Err() != nil {
			break
		}
		all, args, err := p.lookThrough(ctx, some)
		if err == nil {
			err = q.enqueue(ctx, client, p, all, args)
		}
		if err != nil {
			return queued, sum, err
		}
		for _, f := range all {
			if f.Status == Queued {
				queued = append(queued, f.File)
				f.entry.SHA256 = f.key.SHA256
			}
			news = news || f.Status != Queued && f.entry != p.before[f.File]
			now[f.File] = f.entry
			sum.count(f.Outcome)
			if f.Status != Queued && (!p.Terse || !f.Known) {
				f.log(p.Log, func(m analysis.Message) string { return text.Of(p.Talk, m) })
			}
			f.Output = shown(f.Output)
			report(f.Outcome)
		}
	}
	if ctx.Err() != nil {
		sum.Left = sum.Workbooks - sum.Queued - sum.Unchanged
		return queued, sum, nil
	}
	if whole {
		if err := q.sayGone(ctx, p, tasks, now, &sum, report); err != nil {
			return queued, sum, err
		}
	}
	news = news || sum.Gone > 0 || !exists(p.Disk, p.below(boardName))
	for _, m := range p.marketsOf(p.before) {
		news = news || !exists(p.Disk, p.below(m.output))
	}
	if news && p.Market != MarketOff { // of what is queued the workers see to it
		err = q.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error { return q.requestMarket(ctx, client, tx, p.Build) })
	}
	return queued, sum, err
}

// absolute is the path of a folder that is there, without links.
func absolute(d Disk, name string) (string, error) {
	real, err := d.Resolve(name)
	if err != nil || isBucket(real) {
		return real, err
	}
	return filepath.Abs(real)
}

// absoluteOut is the path of a folder, which is made if need be.
func absoluteOut(d Disk, name string) (string, error) {
	if !isBucket(name) {
		var err error
		if name, err = filepath.Abs(name); err != nil {
			return "", err
		}
	}
	if err := makeFolder(d, filepath.Join(name, stateFolder)); err != nil {
		return "", fmt.Errorf("make %s: %w", name, err)
	}
	return absolute(d, name)
}

// setFolder says what the queue works on and with which options from now on. A
// queue that works on other folders is not turned to these. It reports whether that
// is anything else than before.
func (q *Queue) setFolder(ctx context.Context, p *pass) (other bool, err error) {
	err = q.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		in := pgStatements{tx}
		if err := in.Exec("SELECT pg_advisory_xact_lock(?)", q.lockOf("folder")); err != nil {
			return err
		}
		f, ok, err := folderOf(in)
		if err != nil {
			return err
		}
		if ok && (f.root != p.root || f.out != p.out) {
			return &OtherFolder{shown(f.root), shown(f.out)}
		}
		said := askedOf(p.Options)
		if ok && f.params == p.params && f.build == p.Build && f.asked.said() == said.said() {
			return nil
		}
		other = true
		return in.Exec("INSERT INTO folder (root, out, params, build, asked, submitted) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET "+
			"params = excluded.params, build = excluded.build, asked = excluded.asked, submitted = excluded.submitted",
			p.root, p.out, p.params, p.Build, said.json(), p.Now().UnixMilli())
	})
	return other, err
}

// supersede removes jobs that nobody has begun and nobody wants any more: those of
// another version of the program, or for which something else was asked.
func (q *Queue) supersede(ctx context.Context, client *river.Client[pgx.Tx], p *pass) error {
	_, err := client.JobDeleteMany(ctx, river.NewJobDeleteManyParams().First(10_000).Kinds(kindWorkbook, kindMarket).
		States(rivertype.JobStateAvailable, rivertype.JobStateRetryable, rivertype.JobStateScheduled).
		Where("queue <> @queue OR kind = @workbook AND args->>'params' <> @params", river.NamedArgs{"queue": queueOf(p.Build), "workbook": kindWorkbook, "params": p.params}))
	return err
}

// lookThrough finds what is to be done for some workbooks, in their order, and the
// jobs to be made.
func (p *pass) lookThrough(ctx context.Context, tasks []Task) ([]finished, []workbookArgs, error) {
	all, args := make([]finished, len(tasks)), make([]workbookArgs, len(tasks))
	var g errgroup.Group
	g.SetLimit(max(1, p.Workers))
	for i, t := range tasks {
		g.Go(func() error {
			start := p.Now()
			f := p.begun(t)
			_, ref, due := p.due(t, &f)
			if !due {
				p.conclude(&f, start)
				all[i] = f
				return ctx.Err()
			}
			f.Status, f.Note = Queued, analysis.Say("queue.queued")
			f.TookMS = p.Now().Sub(start).Milliseconds()
			all[i] = f
			args[i] = workbookArgs{
				File: t.Name, SHA256: f.key.SHA256, Reference: f.key.Reference, Base: f.key.Base, Params: p.params, Build: p.Build,
				Asked: askedOf(p.Options), Force: p.Force, Root: p.root, Out: p.out, Output: t.Output, Stem: t.Stem, Size: t.stamp.Size,
			}
			if ref != nil {
				args[i].From = ref.task.Name
			}
			return ctx.Err()
		})
	}
	return all, args, g.Wait()
}

// enqueue makes the jobs of some workbooks and puts down what is new of the others,
// all or nothing. What a worker has put down meanwhile stands.
func (q *Queue) enqueue(ctx context.Context, client *river.Client[pgx.Tx], p *pass, all []finished, args []workbookArgs) error {
	return q.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var jobs []river.InsertManyParams
		var of []int
		for i, f := range all {
			if f.Status == Queued {
				jobs, of = append(jobs, river.InsertManyParams{Args: args[i], InsertOpts: q.insertOpts(p.Build)}), append(of, i)
			} else if err := q.putDown(tx, p, f.entry); err != nil {
				return err
			}
		}
		if len(jobs) == 0 {
			return nil
		}
		made, err := client.InsertManyTx(ctx, tx, jobs)
		if err != nil {
			return err
		}
		for i, job := range made {
			if job.UniqueSkippedAsDuplicate {
				all[of[i]].Known, all[of[i]].Note = true, analysis.Say("queue.queued-before")
			}
		}
		return nil
	})
}

// putDown saves a row that differs from what was read, unless a worker has changed
// it since.
func (q *Queue) putDown(tx pgx.Tx, p *pass, e entry) error {
	before := p.before[e.Name]
	if e == before {
		return nil
	}
	in := pgStatements{tx}
	if err := in.Exec("SELECT pg_advisory_xact_lock(?)", q.lockOf("workbook", e.Name)); err != nil {
		return err
	}
	now, err := entriesOf(in, e.Name)
	if err != nil || now[e.Name] != before {
		return err
	}
	return saveEntry(in, e, p.Version, p.Now())
}

// sayGone puts down which workbooks are no longer in IN, and removes their results
// if that was asked for.
func (q *Queue) sayGone(ctx context.Context, p *pass, tasks []Task, now map[string]entry, sum *Summary, report func(Outcome)) error {
	gone, forgotten := p.gone(tasks, now)
	err := q.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		for _, f := range gone {
			if err := q.putDown(tx, p, f.entry); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && len(forgotten) > 0 {
		err = p.ledger.forget(forgotten)
	}
	if err != nil {
		return err
	}
	for _, f := range gone {
		sum.count(f.Outcome)
		f.log(p.Log, func(m analysis.Message) string { return text.Of(p.Talk, m) })
		report(f.Outcome)
	}
	if !p.Prune {
		return nil
	}
	if len(tasks) == 0 {
		p.Log.Warn().Msg(text.Of(p.Talk, analysis.Say("command.prune-nothing", p.root)))
		return nil
	}
	if now, err = entries(p.ledger.rows); err == nil {
		sum.Pruned, err = p.prune(now)
	}
	return err
}
