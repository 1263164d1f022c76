package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
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
	Params   analysis.Params // AsOf 0: each workbook's own
	Settings []Setting       // over each workbook's own settings table
	Lang     analysis.Lang   // of results; "": that of each workbook's headers
	Version  string          // of the program, for the Method sheet
	Build    string          // of the program: what another build made is made again
	Workers  int             // workbooks under way at once
	Force    bool            // make results again that are there already
	Tables   TableFormat     // write every table below OUT/tables
	Market   string          // how far workbooks are taken together: MarketAll, MarketFolder, MarketOff
	State    string          // folder of the ledger; "": OUT/.shakeout
	Prune    bool            // remove results of workbooks that are gone
	buckets  []string        // addresses of those that IN and OUT lie in
	Queue    string          // address of the queue by which several machines share the work; "": this one does it
	Terse    bool            // log only what is new

	Quiet  time.Duration // a file counts as complete when it has not changed for that long
	Look   bool          // wait once for the quiet period if a file is younger, and look again
	Seen   Sightings     // of earlier passes by the same program
	GiveUp time.Duration // a file without its end is rejected when it has not changed for that long
	Grace  time.Duration // when asked to stop, workbooks under way may take that long to end

	Metrics string // file of Prometheus metrics; "": metrics.prom in the state folder
	Notify  string // address to which a notice is posted when something new happened

	Disk     Disk
	Log      zerolog.Logger // one line per workbook
	Talk     analysis.Lang  // of the sentences in the log
	Now      func() time.Time
	Pause    func(context.Context, time.Duration) // waits, or less if ctx ends
	Progress func(done, total int, rows int64)    // called from one goroutine
}

// DefaultOptions take as many workbooks at once as the machine has cores and
// memory for: workbooks are independent. An hour is longer than any copy pauses and short enough for somebody to wait.
func DefaultOptions() Options {
	return Options{
		Params: analysis.DefaultParams(), Market: MarketAll, Workers: defaultWorkers(), Disk: machine{},
		Quiet: 2 * time.Second, Look: true, Seen: Sightings{}, GiveUp: time.Hour, Grace: 8 * time.Second,
		Log: zerolog.Nop(), Talk: analysis.En, Now: time.Now, Pause: pause, Progress: func(int, int, int64) {},
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// stateFolder is where a pass keeps its lock and, unless Options.State says
// otherwise, its ledger, below OUT.
const stateFolder = ".shakeout"

// Run makes one pass over IN, a folder or one workbook. Outcomes are reported in
// name order, each when it stands in the ledger and those before it are
// reported. When ctx ends no further workbook is begun, those under way are
// finished or dropped, and the cause of ctx's end is returned with the summary
// of what was done.
func Run(ctx context.Context, in, out string, opts Options, steps Steps, report func(Outcome)) (Summary, error) {
	if opts.Queue != "" {
		return runQueued(ctx, in, out, opts, steps, report)
	}
	if isURL(in) || isURL(out) {
		return Summary{}, ErrNeedsQueue
	}
	start := opts.Now()
	if err := checkFolders(opts.Disk, in, out); err != nil {
		return Summary{}, err
	}
	state := filepath.Join(out, stateFolder)
	unlock, err := lockFolder(opts.Disk, state)
	if err != nil {
		return Summary{}, err
	}
	defer unlock()
	if opts.State != "" {
		state = opts.State
		unlock, err := lockFolder(opts.Disk, state) // two OUTs may have been given one
		if err != nil {
			return Summary{}, err
		}
		defer unlock()
	}
	book, err := openLedger(state)
	if err != nil {
		return Summary{}, err
	}
	defer book.close()
	id, clean, err := book.begin(opts.Version, start)
	if err != nil {
		return Summary{}, fmt.Errorf("%s: %w", book.path, err)
	}
	gate := &gate{Disk: opts.Disk}
	defer gate.shut()
	p := &pass{Options: opts, steps: steps, out: out, state: state, ledger: book, params: hashParams(opts)}
	p.Disk = gate
	sum, err := p.run(ctx, in, clean, report)
	sum.TookMS = opts.Now().Sub(start).Milliseconds()

	ending := "done"
	switch {
	case ctx.Err() != nil:
		ending, err = "stopped", errors.Join(context.Cause(ctx), err)
	case err != nil:
		ending = "failed"
	}
	clean = err == nil && sum.Unwritten == 0
	if e := book.end(id, ending, clean, sum, opts.Now()); e != nil {
		return sum, errors.Join(err, fmt.Errorf("%s: %w", book.path, e))
	}
	return sum, errors.Join(err, p.announce(ctx, opts.Disk, sum, state, ending))
}

// checkFolders looks whether IN and OUT can be what they are to be, and makes
// OUT's absence no fault.
func checkFolders(d Disk, in, out string) error {
	from, err := d.Stat(in)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoInput, err)
	}
	if to, err := d.Stat(out); err == nil {
		switch {
		case !to.IsDir():
			return ErrOutIsFile
		case sameFile(from, to):
			return ErrSameFolder
		}
	}
	return nil
}

// lockFolder takes the lock of a state folder for as long as this process lives
// or until unlock. It is the kernel's: no crash leaves it behind.
func lockFolder(d Disk, folder string) (unlock func() error, err error) {
	return lockFile(d, folder, "lock")
}

func lockFile(d Disk, folder, name string) (unlock func() error, err error) {
	if err := makeFolder(d, folder); err != nil {
		return nil, fmt.Errorf("make %s: %w", folder, err)
	}
	lock := flock.New(filepath.Join(folder, name), flock.SetPermissions(0o666)) // runs may be other users'
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", lock.Path(), err)
	}
	if !held {
		return nil, ErrBusy
	}
	return lock.Unlock, nil
}

// run makes the pass itself.
func (p *pass) run(ctx context.Context, in string, clean bool, report func(Outcome)) (sum Summary, err error) {
	if !clean {
		if err := sweep(p.Disk, p.out); err != nil {
			return sum, fmt.Errorf("remove temporary files: %w", err)
		}
	}
	if p.before, err = entries(p.ledger.rows); err != nil {
		return sum, fmt.Errorf("%s: %w", p.ledger.path, err)
	}
	if p.root, err = p.Disk.Resolve(in); err == nil {
		p.root, err = filepath.Abs(p.root)
	}
	if err != nil {
		return sum, err
	}
	var tasks []Task
	if p.whole, tasks, err = p.look(ctx, in); err != nil {
		return sum, err
	}
	p.findReferences(tasks)
	sum.Workbooks = len(tasks)
	now := maps.Clone(p.before)
	say := func(f finished) {
		sum.count(f.Outcome)
		if f.Status == Enriched || f.Status == Gone || !f.Known && (f.Status == Rejected || f.Status == Failed) {
			p.news = append(p.news, f.Outcome)
		}
		if !p.Terse || !f.Known {
			f.log(p.Log, func(m analysis.Message) string { return text.Of(p.Talk, m) })
		}
		report(f.Outcome)
	}
	done, err := p.work(ctx, tasks, now, say)
	sum.Left = len(tasks) - done
	if err != nil || ctx.Err() != nil {
		return sum, err
	}
	defer p.releaseReferences()
	if !p.whole {
		return sum, nil
	}
	gone, forgotten := p.gone(tasks, now)
	var rows []entry
	for _, f := range gone {
		now[f.File] = f.entry
		rows = append(rows, f.entry)
	}
	err = p.ledger.save(p.Version, p.Now(), rows)
	if err == nil && len(forgotten) > 0 {
		err = p.ledger.forget(forgotten)
	}
	if err != nil {
		return sum, fmt.Errorf("%s: %w", p.ledger.path, err)
	}
	for _, f := range gone {
		say(f)
	}
	if sum.Enriched > 0 {
		if err := p.forgetEarlier(now); err != nil {
			return sum, fmt.Errorf("remove earlier versions: %w", err)
		}
	}
	if p.Prune {
		if len(tasks) == 0 {
			// More likely a share that is not mounted than a year's work deleted.
			p.Log.Warn().Msg(text.Of(p.Talk, analysis.Say("command.prune-nothing", in)))
			return sum, nil
		}
		if sum.Pruned, err = p.prune(now); err != nil {
			return sum, err
		}
	}
	sum.Markets, err = p.takeTogether(ctx, now)
	return sum, err
}

// look plans the pass, and a second time after the quiet period if a file has
// not rested for that long. It reports whether all of IN was seen.
func (p *pass) look(ctx context.Context, in string) (whole bool, tasks []Task, err error) {
	for again := false; ; again = true {
		tasks, err = plan(p.Disk, in, p.out)
		if err != nil {
			return false, nil, err
		}
		resting, now := true, p.Now()
		for i := range tasks {
			t := &tasks[i]
			e := p.before[t.Name]
			t.restful = t.Err != nil || t.stamp == e.stamp || p.Seen.rests(t.Name, t.stamp, p.Quiet, now)
			resting = resting && t.restful
		}
		if resting || again || !p.Look {
			break
		}
		p.Pause(ctx, p.Quiet)
	}
	info, err := p.Disk.Stat(in)
	return err == nil && info.IsDir(), tasks, err
}

// work processes the tasks, Workers at once, and puts down in the ledger what
// became of each. It gives how many were come to. If ctx ends it waits for those
// under way no longer than Grace and leaves the rest untouched.
func (p *pass) work(ctx context.Context, tasks []Task, now map[string]entry, say func(finished)) (int, error) {
	results := make(chan finished, len(tasks)) // room for all: nobody waits for a pass that has ended
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		var g errgroup.Group
		g.SetLimit(max(1, p.Workers))
		for i, t := range tasks {
			if ctx.Err() != nil {
				break
			}
			g.Go(func() error {
				if ctx.Err() == nil {
					if f, ok := p.process(ctx, t); ok {
						f.index = i
						results <- f
					}
				}
				return nil
			})
		}
		g.Wait()
	}()

	c := collector{pass: p, now: now, said: make([]bool, len(tasks)), pending: map[int]finished{}, say: say, same: contents(p.before)}
	p.Progress(0, len(tasks), 0)
	var expired <-chan time.Time
	stopping := ctx.Done()
	for {
		var err error
		select {
		case f := <-results:
			err = c.take(f, results)
		case <-ended:
			for len(results) > 0 && err == nil {
				err = c.take(<-results, results)
			}
			c.sayRest()
			return c.done, err
		case <-stopping:
			stopping, expired = nil, time.After(p.Grace)
		case <-expired:
			p.Disk.(*gate).shut() // whoever is still at it publishes no more
			c.sayRest()
			return c.done, nil
		}
		if err != nil {
			p.Disk.(*gate).shut()
			return c.done, err
		}
	}
}

// collector writes the ledger and reports, in name order, what stands in it.
type collector struct {
	*pass
	now     map[string]entry
	same    map[string]string // content -> name
	pending map[int]finished  // in the ledger, not yet reported
	said    []bool
	next    int
	done    int
	rows    int64
	say     func(finished)
}

// batch is how many workbooks share one transaction of the ledger at most.
const batch = 64

// take puts down a workbook, and with it those that are finished by now.
func (c *collector) take(f finished, more <-chan finished) error {
	all := []finished{f}
	for len(all) < batch && len(more) > 0 {
		all = append(all, <-more)
	}
	var changed []entry
	for _, f := range all {
		if f.entry != c.before[f.File] {
			changed = append(changed, f.entry)
		}
	}
	if err := c.ledger.save(c.Version, c.Now(), changed); err != nil {
		return fmt.Errorf("%s: %w", c.ledger.path, err)
	}
	for _, f := range all {
		c.now[f.File] = f.entry
		c.pending[f.index] = f
		c.done++
		c.rows += int64(f.rows)
	}
	for {
		f, ok := c.pending[c.next]
		if !ok {
			break
		}
		c.tell(f)
	}
	c.Progress(c.done, len(c.said), c.rows)
	return nil
}

func (c *collector) tell(f finished) {
	delete(c.pending, f.index)
	c.next = f.index + 1
	if f.Status == Enriched {
		if other := c.same[f.SHA256]; other != "" && other != f.File {
			f.SameAs = other
		}
	}
	if c.same[f.SHA256] == "" {
		c.same[f.SHA256] = f.File
	}
	c.say(f)
}

// sayRest reports what is finished behind workbooks that were not come to.
func (c *collector) sayRest() {
	for i := range c.said {
		if f, ok := c.pending[i]; ok {
			c.tell(f)
		}
	}
}

// contents names a workbook, the first by name, for each content that is there.
func contents(known map[string]entry) map[string]string {
	names := map[string]string{}
	for name, e := range known {
		if e.Gone == 0 && e.SHA256 != "" && (names[e.SHA256] == "" || name < names[e.SHA256]) {
			names[e.SHA256] = name
		}
	}
	return names
}

// hashParams names the parameters and options on which results depend.
func hashParams(o Options) string {
	said, err := json.Marshal(struct {
		Params   analysis.Params
		Lang     analysis.Lang
		Settings []Setting `json:",omitempty"`
	}{o.Params, o.Lang, o.Settings})
	if err != nil {
		panic(err) // Params holds numbers and texts only
	}
	h := sha256.Sum256(said)
	return hex.EncodeToString(h[:8])
}
