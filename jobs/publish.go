package jobs

import (
	"bufio"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// publish writes a file so that its name leads to what was there before or to
// the whole new content, never to anything between, also after a power cut:
// temporary file in the same folder, fsync, rename, fsync the folder. If write
// or any other step fails the temporary file is removed.
//
// The temporary name follows from the final one. Only the holder of OUT's lock
// writes, and so what a killed run left is overwritten by the run that does its
// work again.
//
// Note: google/renameio does the same under random names, which pile up when
// runs are killed, and not on Windows.
func publish(name string, write func(io.Writer) error) (err error) {
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	h := fnv.New64a()
	io.WriteString(h, filepath.Base(name))
	temp := filepath.Join(dir, fmt.Sprintf(".shakeout-%016x.tmp", h.Sum64()))
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return err
	}
	done := false
	defer func() {
		if !done { // also when write panics
			f.Close()
			os.Remove(temp)
		}
	}()
	w := bufio.NewWriterSize(f, 1<<16)
	if err := write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(temp, name); err != nil {
		return err
	}
	done = true
	return syncFolder(dir)
}

// remove deletes a file for good; one that is not there is no error.
func remove(name string) error {
	if err := os.Remove(name); err != nil {
		if os.IsNotExist(err) {
			return nil
		}
		return err
	}
	return syncFolder(filepath.Dir(name))
}

// syncFolder makes the names in a folder durable. Windows cannot and need not.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
