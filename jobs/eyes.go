package jobs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

// eyes see changes in IN as the kernel tells them. A nil one sees nothing.
//
// Note: fsnotify hides what differs between the systems; it does not look below
// the folders that it is given, so each is given by itself, after every pass.
type eyes struct {
	w       *fsnotify.Watcher
	disk    Disk
	in, out string
	only    string // name of the file that IN is; "": IN is a folder
}

var errRemote = errors.New("it lies on another machine, whose changes raise no events here")

// openEyes watches IN and the folders in it. It fails where events cannot be
// relied on: IN on another machine, too many folders, a system that does not
// report a change that is made for a test in the state folder (never in IN).
func openEyes(d Disk, in, out, state string) (*eyes, error) {
	if remote(in) {
		return nil, fmt.Errorf("%s: %w", in, errRemote)
	}
	if err := testEyes(state); err != nil {
		return nil, err
	}
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	e := &eyes{w: w, disk: d, in: in, out: out}
	if info, err := d.Stat(in); err == nil && !info.IsDir() {
		e.in, e.only = filepath.Dir(in), filepath.Base(in)
	}
	if err := e.refresh(); err != nil {
		w.Close()
		return nil, err
	}
	return e, nil
}

// testEyes makes a file in a folder and waits for the kernel to tell of it.
func testEyes(folder string) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	defer w.Close()
	if err := w.Add(folder); err != nil {
		return err
	}
	name := filepath.Join(folder, ".watch-test")
	if err := os.WriteFile(name, nil, 0o666); err != nil {
		return err
	}
	defer os.Remove(name)
	timeout := time.NewTimer(2 * time.Second)
	defer timeout.Stop()
	for {
		select {
		case event := <-w.Events:
			if filepath.Base(event.Name) == ".watch-test" {
				return nil
			}
		case err := <-w.Errors:
			return err
		case <-timeout.C:
			return fmt.Errorf("%s: a change raised no event", folder)
		}
	}
}

// refresh watches the folders that are there now. Those that went are forgotten
// by themselves, and one that goes meanwhile is no failure.
func (e *eyes) refresh() error {
	if e == nil {
		return nil
	}
	if e.only != "" {
		if slices.Contains(e.w.WatchList(), e.in) {
			return nil
		}
		return e.w.Add(e.in)
	}
	watched := map[string]bool{}
	for _, name := range e.w.WatchList() {
		watched[name] = true
	}
	target, _ := e.disk.Stat(e.out)
	walk := walk{disk: e.disk, root: e.in, target: target}
	var errs []error
	walk.eachFolder(e.in, func(dir string) {
		if !watched[filepath.Clean(dir)] {
			if err := e.w.Add(dir); err != nil && exists(e.disk, dir) {
				errs = append(errs, err)
			}
		}
	})
	return errors.Join(errs...)
}

func (e *eyes) events() <-chan fsnotify.Event {
	if e == nil {
		return nil
	}
	return e.w.Events
}

// overflows tells that events were lost, or that there may be.
func (e *eyes) overflows() <-chan error {
	if e == nil {
		return nil
	}
	return e.w.Errors
}

func (e *eyes) close() {
	if e != nil {
		e.w.Close()
	}
}

// What an event asks for.
const (
	lookNever = iota
	lookSoon
	lookNow
)

// judge tells whether an event may concern a workbook. What has gone may have
// been a folder of them; a new folder may hold some before it is watched.
func (e *eyes) judge(event fsnotify.Event) int {
	name := filepath.Base(event.Name)
	switch {
	case e.only != "":
		if name != e.only {
			return lookNever
		}
		return lookSoon
	case isWorkbook(name):
		return lookSoon
	case passedOver(name):
		return lookNever
	case event.Has(fsnotify.Create):
		if info, err := e.disk.Stat(event.Name); err == nil && info.IsDir() {
			if target, err := e.disk.Stat(e.out); err == nil && sameFile(info, target) {
				return lookNever
			}
			return lookSoon // it is watched before that look
		}
	case event.Has(fsnotify.Remove), event.Has(fsnotify.Rename):
		return lookSoon
	}
	return lookNever
}
