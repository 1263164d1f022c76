package jobs

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/robfig/cron/v3"
	"github.com/rs/zerolog"

	"shakeout/analysis"
	"shakeout/writers/text"
)

// Watching says when passes are made.
type Watching struct {
	Every    time.Duration // look through all of IN at least that often: events may be lost
	Schedule cron.Schedule // instead of Every, if not nil
	OnChange bool          // look also when something in IN changes
}

// Watch makes passes over IN until ctx ends, which is no error. A pass that
// cannot be made is said and tried again at the next time; only what waiting
// does not mend ends the watch: a second watch (ErrBusy), a ledger that is not
// used. Only what is new is logged and reported. ended is called after each
// pass, with an error that has been said already.
//
// Every look is a whole pass, since that is the only one that can be trusted:
// events only say that it is time for one, and losing them costs time only.
func Watch(ctx context.Context, in, out string, opts Options, w Watching, steps Steps, report func(Outcome), ended func(Summary, error)) error {
	opts.Look, opts.Terse = false, true
	buckets := isURL(in) || isURL(out) // they tell of no changes, and the queue is their lock
	if buckets && opts.Queue == "" {
		return ErrNeedsQueue
	}
	state := filepath.Join(out, stateFolder)
	var err error
	if !buckets {
		if err := checkFolders(opts.Disk, in, out); err != nil {
			return err
		}
		unlock, err := lockFile(opts.Disk, state, "watch.lock")
		if err != nil {
			return err
		}
		defer unlock()
	}
	e := watcher{opts: opts, Watching: w}
	if w.OnChange && !buckets {
		if e.eyes, err = openEyes(opts.Disk, in, out, state); err != nil {
			opts.Log.Warn().AnErr("error", err).Msg(text.Of(opts.Talk, analysis.Say("watch.polling", Fault(err))))
		}
		defer func() { e.eyes.close() }()
	}
	for {
		// First the eyes on new folders, then the look through them: what comes
		// into one later raises an event, what came before is seen.
		e.see(e.eyes.refresh())
		sum, err := Run(ctx, in, out, opts, steps, func(o Outcome) {
			if !o.Known {
				report(o)
			}
		})
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, ErrLedgerDamaged) || errors.Is(err, ErrLedgerNewer) || errors.Is(err, ErrLedgerNoWAL) {
			return err
		}
		e.said(err)
		ended(sum, err)
		if !e.wait(ctx, sum.changing) {
			return nil
		}
	}
}

// watcher is a watch between its passes.
type watcher struct {
	Watching
	opts  Options
	eyes  *eyes // nil: polling
	wrong string
}

// see takes note that some folders cannot be watched: from then on only the set
// times are relied on, which is said once.
func (w *watcher) see(err error) {
	if err == nil {
		return
	}
	w.opts.Log.Warn().AnErr("error", err).Msg(text.Of(w.opts.Talk, analysis.Say("watch.polling", Fault(err))))
	w.eyes.close()
	w.eyes = nil
}

// said says why a pass could not be made, once until another reason or success.
func (w *watcher) said(err error) {
	now := ""
	if err != nil {
		now = err.Error()
	}
	if now != w.wrong && err != nil {
		level := zerolog.ErrorLevel
		if errors.Is(err, ErrBusy) {
			level = zerolog.InfoLevel
		}
		w.opts.Log.WithLevel(level).AnErr("error", err).Msg(text.Of(w.opts.Talk, analysis.Say("watch.again", Fault(err))))
	}
	w.wrong = now
}

// wait waits until it is time for a pass: at the set times; when files that were
// still changing may rest; when something changed and then rested, or went on
// changing for ten times the quiet period. It reports false if ctx ends first.
func (w *watcher) wait(ctx context.Context, changing int) bool {
	now := time.Now()
	set := now.Add(w.Every)
	if w.Schedule != nil {
		set = w.Schedule.Next(now)
	}
	if changing > 0 {
		set = earlier(set, now.Add(w.opts.Quiet))
	}
	due := set
	var latest time.Time
	for {
		timer := time.NewTimer(time.Until(due))
		select {
		case <-ctx.Done():
			timer.Stop()
			return false
		case <-timer.C:
			return true
		case seen := <-w.eyes.events():
			timer.Stop()
			switch w.eyes.judge(seen) {
			case lookNow:
				return true
			case lookSoon:
				now := time.Now()
				if latest.IsZero() {
					latest = now.Add(10 * w.opts.Quiet)
				}
				due = earlier(set, earlier(latest, now.Add(w.opts.Quiet)))
			}
		case <-w.eyes.overflows():
			timer.Stop()
			return true
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
