package jobs

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
	"shakeout/writers/text"
)

// Working are the choices of a worker.
type Working struct {
	JobTimeout time.Duration // for a small workbook; a larger one has more (timeoutOf)
	Metrics    string        // file of Prometheus metrics, written every MetricsEvery; "": none
}

// DefaultWorking gives a workbook two minutes: a hundred times what one of usual
// size takes.
func DefaultWorking() Working { return Working{JobTimeout: 2 * time.Minute} }

// MetricsEvery is how often a worker writes its metrics.
const MetricsEvery = 15 * time.Second

// timeoutOf is how long a workbook of a size may take: twenty seconds more for
// each megabyte, some twenty times what is measured.
func timeoutOf(short time.Duration, size int64) time.Duration {
	return short + time.Duration(min(size, ooxml.DefaultLimits().PackageBytes)>>20)*20*time.Second
}

// stopping is the time between a worker's own end of a job and River's, after
// which River may hand it out again.
const stopping = 5 * time.Second

// Work takes jobs from a queue until ctx ends; those under way then are finished or
// given back within Grace. It is no failure that the queue cannot be reached for
// some time. report is called for each workbook, from several goroutines.
func Work(ctx context.Context, q *Queue, opts Options, w Working, steps Steps, report func(Outcome)) error {
	if err := q.migrated(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	where := newPlaces(opts.Disk)
	disk := &gate{Disk: where}
	opts.Disk = disk
	defer disk.shut() // whoever is still at it publishes no more
	workers := river.NewWorkers()
	all := worker{queue: q, places: where, opts: opts, Working: w, steps: steps, report: report}
	all.name = nameOf()
	river.AddWorker(workers, &bookWorker{worker: &all})
	river.AddWorker(workers, &marketWorker{worker: &all})
	client, err := river.NewClient(riverpgxv5.New(q.pool), &river.Config{
		ID:                   all.name,
		Queues:               map[string]river.QueueConfig{queueOf(opts.Build): {MaxWorkers: max(1, opts.Workers)}},
		Workers:              workers,
		FetchOnlyKnownKinds:  true,
		FetchCooldown:        5 * time.Millisecond, // the usual 100 would be ten workbooks a second for each at once
		JobTimeout:           w.JobTimeout + stopping,
		RescueStuckJobsAfter: w.JobTimeout + stopping, // and no job before its own time is up
		SoftStopTimeout:      opts.Grace,
		Logger:               riverLog(opts.Log),
		ErrorHandler:         workFaults{&all},
	})
	if err != nil {
		return err
	}
	all.client = client
	// River stops for itself: the context that it works in outlives ctx.
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	every := time.NewTicker(MetricsEvery)
	defer every.Stop()
	for ctx.Err() == nil {
		if w.Metrics != "" {
			if err := q.writeMetrics(ctx, ownTemps{disk, tag()}, w.Metrics, opts.Version); err != nil && ctx.Err() == nil {
				opts.Log.Warn().AnErr("error", err).Msg(text.Of(opts.Talk, analysis.Say("queue.no-metrics", err)))
			}
		}
		select {
		case <-ctx.Done():
		case <-every.C:
		case <-client.Stopped():
			return errors.New("the worker has stopped by itself")
		}
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), opts.Grace+statementTime)
	defer cancel()
	return client.Stop(end)
}

// nameOf names a worker in the queue and in the log.
func nameOf() string {
	host, err := os.Hostname()
	if err != nil {
		host = "worker"
	}
	return fmt.Sprintf("%.40s-%d-%s", host, os.Getpid(), tag())
}

// tag is what the temporary files of a job have in their names that no other's
// have.
func tag() string {
	var b [4]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// worker is what the workers of one process share.
type worker struct {
	Working
	queue  *Queue
	client *river.Client[pgx.Tx]
	places *places
	opts   Options
	steps  Steps
	name   string
	report func(Outcome)
}

// passOf is a pass over the one workbook of a job, or over none.
func (w *worker) passOf(ctx context.Context, f folder) (*pass, error) {
	if err := w.places.open(context.WithoutCancel(ctx), f.asked.Buckets...); err != nil {
		return nil, err
	}
	p := &pass{Options: f.asked.options(w.opts), steps: w.steps, out: f.out, state: filepath.Join(f.out, stateFolder), root: f.root, ledger: w.queue.book}
	p.Disk = ownTemps{p.Disk, tag()}
	p.params = hashParams(p.Options)
	return p, nil
}

// bookWorker makes workbooks.
type bookWorker struct {
	river.WorkerDefaults[workbookArgs]
	*worker
}

func (w *bookWorker) Timeout(job *river.Job[workbookArgs]) time.Duration {
	return timeoutOf(w.JobTimeout, job.Args.Size) + stopping
}

func (w *bookWorker) Work(ctx context.Context, job *river.Job[workbookArgs]) error {
	ctx, cancel := context.WithTimeout(ctx, timeoutOf(w.JobTimeout, job.Args.Size))
	defer cancel()
	for range 3 {
		if err := w.once(ctx, job); !errors.Is(err, errMoved) {
			return err
		}
	}
	return river.JobSnooze(time.Second)
}

// once makes the workbook of a job as it is now, and completes the job. It gives
// errMoved if it is no longer so, and nothing was put down.
func (w *bookWorker) once(ctx context.Context, job *river.Job[workbookArgs]) error {
	a := job.Args
	p, err := w.passOf(ctx, folder{root: a.Root, out: a.Out, asked: a.Asked})
	if err != nil {
		return err
	}
	p.Force = a.Force
	if p.params != a.Params || p.Build != a.Build {
		return river.JobCancel(errSuperseded)
	}
	if p.before, err = entriesOf(p.ledger.rows, a.File, a.From); err != nil {
		return err
	}
	task := Task{Name: a.File, Path: filepath.Join(a.Root, filepath.FromSlash(a.File)), Output: a.Output, Stem: a.Stem}
	if err := p.lookAt(&task); errors.Is(err, fs.ErrNotExist) {
		// If all of IN is away it is a share that is not mounted here.
		if _, err := p.Disk.Stat(a.Root); err != nil {
			return fmt.Errorf("%w: %w", ErrNoInput, err)
		}
		if time.Since(job.CreatedAt) < shareLag {
			return river.JobSnooze(5 * time.Second)
		}
		return river.JobCancel(errors.New("the workbook is gone")) // the next submit says so
	}
	if a.From != "" {
		ref := Task{Name: a.From, Path: filepath.Join(a.Root, filepath.FromSlash(a.From))}
		if err := p.lookAt(&ref); err == nil {
			p.findReferences([]Task{ref})
			defer p.releaseReferences()
		}
	}
	c := &claim{queue: w.queue, pass: p, task: task, job: job.JobRow}
	p.claim = c.take
	defer c.give()
	f, ok := p.process(ctx, task)
	switch {
	case c.refused != nil:
		return c.why()
	case !ok && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("%s was not finished in %v: %w", a.File, timeoutOf(w.JobTimeout, a.Size), ctx.Err())
	case !ok:
		return river.JobSnooze(0) // this worker stops: another one takes it
	}
	return w.settle(ctx, job, c, f)
}

// shareLag is how long a network share may show one machine a folder as it was before
// another machine put a file there (NFS: a minute by default).
const shareLag = 2 * time.Minute

// lookAt fills in what the file system says of a task. A file that is not there
// is an error; one that cannot be looked at is the task's.
func (p *pass) lookAt(t *Task) error {
	info, err := p.Disk.Stat(t.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if t.Err = err; err == nil {
		t.stamp = stampOf(info)
		age := p.Now().Sub(t.stamp.changed())
		t.restful = isBucket(p.root) || age >= p.Quiet || age < 0
	}
	return nil
}

// settle puts down what became of a workbook, and that its job is done, in one
// transaction.
func (w *bookWorker) settle(ctx context.Context, job *river.Job[workbookArgs], c *claim, f finished) error {
	if err := c.take(); err != nil {
		return c.why()
	}
	// From here on being asked to stop changes nothing; not to be answered does.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), statementTime)
	defer cancel()
	p, tx := c.pass, c.tx
	news := f.entry != p.before[f.File]
	if news {
		if err := saveEntry(pgStatements{tx}, f.entry, p.Version, p.Now()); err != nil {
			return err
		}
	}
	var end error
	switch f.Status {
	case Failed:
		end = told{fmt.Errorf("%s: %w", f.Code, f.Err)}
		if job.Attempt < job.MaxAttempts {
			news = false // the market need not show a failure that may pass
		}
	case Waiting:
		end = river.JobSnooze(max(min(p.GiveUp, time.Minute), p.Quiet, time.Second))
	case Rejected:
		end = river.JobCancel(fmt.Errorf("rejected: %s", f.Code))
	default:
		if _, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, job); err != nil {
			return err
		}
	}
	if news && p.Market != MarketOff {
		if err := w.queue.requestMarket(ctx, w.client, tx, p.Build); err != nil {
			return err
		}
	}
	if err := tx.Commit(ctx); err != nil {
		return err
	}
	w.say(job, f)
	return end
}

// why gives the end of a job whose claim was refused.
func (c *claim) why() error {
	if errors.Is(c.refused, errSuperseded) {
		return river.JobCancel(c.refused)
	}
	return c.refused // also errNotOurs: should the job be nobody's it comes again
}

// say writes the workbook's line.
func (w *worker) say(job *river.Job[workbookArgs], f finished) {
	log := w.opts.Log.With().Int64("job", job.ID).Int("attempt", job.Attempt).Str("worker", w.name).
		Int64("waited_ms", job.AttemptedAt.Sub(job.ScheduledAt).Milliseconds()).Logger()
	f.Output = shown(f.Output)
	f.log(log, func(m analysis.Message) string { return text.Of(w.opts.Talk, m) })
	w.report(f.Outcome)
}

// ownTemps is a disk on which temporary files have names of their own, for two
// jobs may be at one workbook, also in one process: then neither writes into the
// other's.
type ownTemps struct {
	Disk
	tag string
}

func (d ownTemps) own(name string) string {
	if base := path.Base(filepath.ToSlash(name)); isTemp(base) && len(base) == len(filepath.Base(tempOf(base))) { // and not a job's already
		return name[:len(name)-len(tempSuffix)] + "-" + d.tag + tempSuffix
	}
	return name
}

func (d ownTemps) Create(name string) (File, error) { return d.Disk.Create(d.own(name)) }
func (d ownTemps) Rename(from, to string) error     { return d.Disk.Rename(d.own(from), to) }
func (d ownTemps) Remove(name string) error         { return d.Disk.Remove(d.own(name)) }

// olderThan is a disk that removes only what has not been touched since. Its
// temporary files are those of all workers.
type olderThan struct {
	Disk
	since time.Time
}

func (d olderThan) Remove(name string) error {
	info, err := d.Disk.Stat(name)
	if err != nil || info.ModTime().After(d.since) {
		return err
	}
	return d.Disk.Remove(name)
}
