package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"
	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"shakeout/analysis"
	"shakeout/writers/text"
)

// Why a pass does not begin. Any other error of Run is one of input or output.
var (
	ErrNoInput    = errors.New("IN does not exist")
	ErrSameFolder = errors.New("IN and OUT are the same folder")
	ErrOutIsFile  = errors.New("OUT is a file")
	ErrBusy       = errors.New("another run holds OUT")
)

// Options are the choices of a pass. Begin with DefaultOptions.
type Options struct {
	Params  analysis.Params // AsOf 0: each workbook's own
	Lang    analysis.Lang   // of results; "": that of each workbook's headers
	Version string          // of the program, for the Method sheet
	Build   string          // of the program: what another build made is made again
	Workers int             // workbooks under way at once
	Force   bool            // make results again that are there already
	CSV     bool            // write every table as CSV below OUT/tables

	Disk     Disk
	Log      zerolog.Logger // one line per workbook
	Talk     analysis.Lang  // of the sentences in the log
	Now      func() time.Time
	Progress func(done, total int) // called from one goroutine
}

// DefaultOptions take as many workbooks at once as the machine has cores:
// workbooks are independent, and reading one is work for one core.
func DefaultOptions() Options {
	return Options{
		Params: analysis.DefaultParams(), Workers: runtime.GOMAXPROCS(0), Disk: machine{},
		Log: zerolog.Nop(), Talk: analysis.En, Now: time.Now, Progress: func(int, int) {},
	}
}

// stateFolder is where a pass keeps its lock and record, below OUT.
const stateFolder = ".shakeout"

// Run makes one pass over IN, a folder or one workbook. Outcomes are reported in
// name order, each as soon as those before it are. When ctx ends no further
// workbook is begun, those under way are finished or dropped, and the cause of
// ctx's end is returned with the summary of what was done.
func Run(ctx context.Context, in, out string, opts Options, steps Steps, report func(Outcome)) (Summary, error) {
	start := opts.Now()
	from, err := opts.Disk.Stat(in)
	if err != nil {
		return Summary{}, fmt.Errorf("%w: %w", ErrNoInput, err)
	}
	if to, err := opts.Disk.Stat(out); err == nil {
		switch {
		case !to.IsDir():
			return Summary{}, ErrOutIsFile
		case os.SameFile(from, to):
			return Summary{}, ErrSameFolder
		}
	}
	state := filepath.Join(out, stateFolder)
	if err := makeFolder(opts.Disk, state); err != nil {
		return Summary{}, fmt.Errorf("make %s: %w", state, err)
	}
	lock := flock.New(filepath.Join(state, "lock"), flock.SetPermissions(0o666)) // runs may be other users'
	held, err := lock.TryLock()
	if err != nil {
		return Summary{}, fmt.Errorf("lock %s: %w", lock.Path(), err)
	}
	if !held {
		return Summary{}, ErrBusy
	}
	defer lock.Unlock()

	rec, err := readRecord(filepath.Join(state, "record.jsonl"))
	if err != nil {
		opts.Log.Warn().AnErr("error", err).Msg(text.Key(opts.Talk, "command.record-damaged"))
	}
	tasks, err := plan(opts.Disk, in, out)
	if err != nil {
		return Summary{}, err
	}
	p := &pass{Options: opts, steps: steps, out: out, before: rec.entries, params: hashParams(opts)}
	sum := Summary{Workbooks: len(tasks)}
	opts.Progress(0, len(tasks))
	var made []entry
	for i, slot := range p.start(ctx, tasks) {
		done, ok := <-slot
		if !ok {
			sum.Left++
			continue
		}
		made = append(made, done.entry)
		sum.count(done.Outcome)
		done.log(opts.Log, func(m analysis.Message) string { return text.Of(opts.Talk, m) })
		report(done.Outcome)
		opts.Progress(i+1, len(tasks))
	}
	for _, e := range made {
		rec.put(e)
	}
	sum.TookMS = opts.Now().Sub(start).Milliseconds()
	if err := rec.save(); err != nil {
		return sum, fmt.Errorf("save the record: %w", err)
	}
	if ctx.Err() != nil {
		return sum, context.Cause(ctx)
	}
	return sum, nil
}

// hashParams names the parameters and options on which results depend.
func hashParams(o Options) string {
	said, err := json.Marshal(struct {
		Params analysis.Params
		Lang   analysis.Lang
	}{o.Params, o.Lang})
	if err != nil {
		panic(err) // Params holds numbers and texts only
	}
	h := sha256.Sum256(said)
	return hex.EncodeToString(h[:8])
}

// finished is a workbook that was come to, and what the record will say of it.
type finished struct {
	Outcome
	csvs  int // CSV files written
	entry entry
}

// start processes the tasks, Workers at once. Each task has a slot that gives
// its outcome, or is closed if it was not come to.
func (p *pass) start(ctx context.Context, tasks []Task) []chan finished {
	slots := make([]chan finished, len(tasks))
	for i := range slots {
		slots[i] = make(chan finished, 1)
	}
	go func() {
		var g errgroup.Group
		g.SetLimit(max(1, p.Workers))
		for i, t := range tasks {
			g.Go(func() error {
				defer close(slots[i])
				if ctx.Err() != nil {
					return nil
				}
				if done, ok := p.process(ctx, t); ok {
					slots[i] <- done
				}
				return nil
			})
		}
	}()
	return slots
}
