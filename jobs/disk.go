package jobs

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// Disk is what a pass asks of a file system. The program's is that of the
// machine; tests put one in its place that fails, or that forgets what was not
// synced. The ledger does not go through it: SQLite has its own way to a disk.
type Disk interface {
	Open(name string) (File, error)   // to read
	Create(name string) (File, error) // to write and read back, emptied if it was there
	Rename(from, to string) error
	Mkdir(name string) error
	Remove(name string) error
	Stat(name string) (fs.FileInfo, error)
	ReadDir(name string) ([]fs.DirEntry, error)
	Resolve(name string) (string, error) // the path without links
	SyncFolder(name string) error        // makes the names in a folder durable
}

// File is an open file of a Disk.
type File interface {
	io.ReadWriteCloser
	io.ReaderAt
	Stat() (fs.FileInfo, error)
	Sync() error
}

// machine is the file system of the machine.
type machine struct{}

func (machine) Open(name string) (File, error) { return asFile(os.Open(name)) }
func (machine) Create(name string) (File, error) {
	return asFile(os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o666))
}
func (machine) Rename(from, to string) error               { return os.Rename(from, to) }
func (machine) Mkdir(name string) error                    { return os.Mkdir(name, 0o777) }
func (machine) Remove(name string) error                   { return os.Remove(name) }
func (machine) Stat(name string) (fs.FileInfo, error)      { return os.Stat(name) }
func (machine) ReadDir(name string) ([]fs.DirEntry, error) { return os.ReadDir(name) }
func (machine) Resolve(name string) (string, error)        { return filepath.EvalSymlinks(name) }

// SyncFolder does nothing on Windows, which cannot and need not.
func (machine) SyncFolder(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// asFile keeps a nil *os.File from becoming a File that is not nil.
func asFile(f *os.File, err error) (File, error) {
	if err != nil {
		return nil, err
	}
	return f, nil
}

// exists reports whether there is something of a name; what cannot be looked at
// counts as absent, so that it is made again and the failure is named.
func exists(d Disk, name string) bool {
	_, err := d.Stat(name)
	return err == nil
}

// makeFolder makes a folder and those above it, each durable in its parent
// before anything is put into it.
func makeFolder(d Disk, name string) error {
	info, err := d.Stat(name)
	if err == nil && info.IsDir() {
		return nil
	}
	if parent := filepath.Dir(name); errors.Is(err, fs.ErrNotExist) && parent != name {
		if err := makeFolder(d, parent); err != nil {
			return err
		}
	}
	if err := d.Mkdir(name); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if info, err := d.Stat(name); err != nil || !info.IsDir() {
		return &fs.PathError{Op: "mkdir", Path: name, Err: errors.Join(err, errors.New("a file is in the way"))}
	}
	return d.SyncFolder(filepath.Dir(name))
}
