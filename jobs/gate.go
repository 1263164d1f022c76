package jobs

import (
	"io/fs"
	"os"
	"sync"
)

// gate is a disk that can be shut: nothing is given a name or removed
// afterwards. A pass shuts it before it lets go of OUT's lock, since a step that
// does not heed the request to stop may still be running then.
type gate struct {
	Disk
	mu     sync.RWMutex
	closed bool
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
}

func (g *gate) pass(op, name string, do func() error) error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.closed {
		return &fs.PathError{Op: op, Path: name, Err: os.ErrClosed}
	}
	return do()
}

func (g *gate) Create(name string) (f File, err error) {
	err = g.pass("create", name, func() (err error) { f, err = g.Disk.Create(name); return err })
	return f, err
}

func (g *gate) Rename(from, to string) error {
	return g.pass("rename", to, func() error { return g.Disk.Rename(from, to) })
}

func (g *gate) Mkdir(name string) error {
	return g.pass("mkdir", name, func() error { return g.Disk.Mkdir(name) })
}

func (g *gate) Remove(name string) error {
	return g.pass("remove", name, func() error { return g.Disk.Remove(name) })
}

// sameFile reports whether two names lead to one file.
func sameFile(a, b fs.FileInfo) bool {
	if one, ok := a.(objectInfo); ok {
		other, ok := b.(objectInfo)
		return ok && one.name == other.name
	}
	return a != nil && b != nil && os.SameFile(a, b)
}
