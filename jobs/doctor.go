package jobs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"shakeout/analysis"
)

// Health is the verdict on one thing that a job needs.
type Health string

// The verdicts.
const (
	Well     Health = "ok"
	Passable Health = "note" // works, but not as one may think
	Unwell   Health = "bad"
)

// Symptom is what the doctor found on one thing.
type Symptom struct {
	Check  string // in, out, space, lock, ledger, watch, clock, fonts
	Health Health
	Say    analysis.Message
}

// Doctor looks at all that a job over IN and OUT needs of the machine. It leaves
// nothing behind and changes nothing; of IN it reads only.
func Doctor(in, out string, opts Options) []Symptom {
	d := &doctor{in: in, out: out, opts: opts}
	d.lookAtIn()
	scratch, err := d.scratch()
	if err != nil {
		d.say("out", Unwell, "doctor.out-unwritable", err)
		return d.all
	}
	defer os.RemoveAll(scratch)
	d.lookAtOut(scratch)
	d.lookAtLock(scratch)
	d.lookAtLedger()
	d.lookAtEvents(scratch)
	d.lookAtClock(scratch)
	d.lookAtFonts()
	return d.all
}

type doctor struct {
	in, out string
	opts    Options
	all     []Symptom
}

func (d *doctor) say(check string, h Health, key string, args ...any) {
	d.all = append(d.all, Symptom{check, h, analysis.Say(key, args...)})
}

// lookAtIn plans a pass and opens each workbook as one would.
func (d *doctor) lookAtIn() {
	tasks, err := Plan(d.in, d.out)
	if err != nil {
		d.say("in", Unwell, "doctor.in-unreadable", err)
		return
	}
	var first error
	bad := 0
	for _, t := range tasks {
		err := t.Err
		if err == nil {
			var f File
			if f, err = d.opts.Disk.Open(t.Path); err == nil {
				f.Close()
			}
		}
		if err != nil {
			if bad++; first == nil {
				first = err
			}
		}
	}
	switch {
	case bad > 0:
		d.say("in", Unwell, "doctor.in-some", bad, len(tasks), first)
	case len(tasks) == 0:
		d.say("in", Passable, "doctor.in-empty", d.in)
	default:
		d.say("in", Well, "doctor.in", len(tasks))
	}
}

// scratch is a folder of our own in OUT, or where OUT would be made.
func (d *doctor) scratch() (string, error) {
	at := d.out
	for {
		info, err := os.Stat(at)
		if err == nil && !info.IsDir() {
			return "", &fs.PathError{Op: "open", Path: at, Err: errors.New("it is a file")}
		}
		if err == nil {
			return os.MkdirTemp(at, ".shakeout-doctor-")
		}
		parent := filepath.Dir(at)
		if parent == at {
			return "", err
		}
		at = parent
	}
}

// lookAtOut publishes a file and removes it again.
func (d *doctor) lookAtOut(scratch string) {
	name := filepath.Join(scratch, "x.enriched.xlsx")
	for range 2 { // the second takes the place of the first
		if _, err := publish(d.opts.Disk, name, func(w io.Writer) error { _, err := io.WriteString(w, "x"); return err }, nil); err != nil {
			d.say("out", Unwell, "doctor.out-unwritable", err)
			return
		}
	}
	if err := remove(d.opts.Disk, name); err != nil {
		d.say("out", Unwell, "doctor.out-unwritable", err)
		return
	}
	d.say("out", Well, "doctor.out")
	const little = 1 << 30
	switch free, ok := freeSpace(scratch); {
	case !ok:
	case free < little:
		d.say("space", Passable, "doctor.space-little", free>>20)
	default:
		d.say("space", Well, "doctor.space", free>>20)
	}
}

// lookAtLock tries whether the lock keeps a second one out, and whether a run
// holds it now.
func (d *doctor) lookAtLock(scratch string) {
	first, second := flock.New(filepath.Join(scratch, "lock")), flock.New(filepath.Join(scratch, "lock"))
	defer first.Close()
	defer second.Close()
	held, err := first.TryLock()
	if err != nil || !held {
		d.say("lock", Unwell, "doctor.lock-fails", fmt.Sprint(err))
		return
	}
	if held, err := second.TryLock(); held || err != nil {
		d.say("lock", Unwell, "doctor.lock-useless")
		return
	}
	name := filepath.Join(d.out, stateFolder, "lock")
	if _, err := os.Stat(name); err == nil {
		now := flock.New(name)
		defer now.Close()
		if held, err := now.TryLock(); err == nil && !held {
			d.say("lock", Passable, "doctor.lock-held")
			return
		}
	}
	d.say("lock", Well, "doctor.lock")
}

func (d *doctor) lookAtLedger() {
	state := d.opts.State
	if state == "" {
		state = filepath.Join(d.out, stateFolder)
	}
	path := filepath.Join(state, ledgerName)
	version, err := inspect(path)
	switch {
	case errors.Is(err, ErrLedgerNewer):
		d.say("ledger", Unwell, "command.ledger-newer", fmt.Errorf("%s: %w", path, err))
	case err != nil:
		d.say("ledger", Unwell, "command.ledger-damaged", fmt.Errorf("%s: %w", path, err))
	case remote(state) || remote(filepath.Dir(state)):
		d.say("ledger", Unwell, "command.ledger-no-wal", fmt.Errorf("%s: %w", path, ErrLedgerNoWAL))
	case version == 0:
		d.say("ledger", Well, "doctor.ledger-none")
	default:
		d.say("ledger", Well, "doctor.ledger", version)
	}
}

func (d *doctor) lookAtEvents(scratch string) {
	e, err := openEyes(d.opts.Disk, d.in, d.out, scratch)
	if err != nil {
		d.say("watch", Passable, "doctor.watch-polling", err)
		return
	}
	defer e.close()
	d.say("watch", Well, "doctor.watch", len(e.w.WatchList()))
}

// lookAtClock compares the machine's clock with that of the disk that OUT lies
// on, which may be another machine's.
func (d *doctor) lookAtClock(scratch string) {
	name := filepath.Join(scratch, "clock")
	before := time.Now()
	if err := os.WriteFile(name, []byte("x"), 0o666); err != nil {
		return // said by out
	}
	info, err := os.Stat(name)
	if err != nil {
		return
	}
	released := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	switch ahead := info.ModTime().Sub(before).Round(time.Second); {
	case before.Before(released):
		d.say("clock", Unwell, "doctor.clock-wrong", before.Format(time.DateTime))
	case ahead.Abs() > coarse:
		d.say("clock", Passable, "doctor.clock-differs", ahead)
	default:
		d.say("clock", Well, "doctor.clock", before.Format(time.DateTime+" -07:00"))
	}
}

// lookAtFonts asks for a font with Chinese characters. Workbooks need none here,
// only programs that print them or show their charts.
func (d *doctor) lookAtFonts() {
	list, err := exec.Command("fc-list", ":lang=zh", "family").Output()
	switch n := len(strings.Fields(string(list))); {
	case err != nil:
		d.say("fonts", Passable, "doctor.fonts-unknown")
	case n == 0:
		d.say("fonts", Passable, "doctor.fonts-none")
	default:
		first, _, _ := strings.Cut(strings.SplitN(string(list), "\n", 2)[0], ",")
		d.say("fonts", Well, "doctor.fonts", first)
	}
}
