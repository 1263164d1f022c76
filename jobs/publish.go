package jobs

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/fnv"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
)

// made is what was published under a name.
type made struct {
	SHA256 string
	Size   int64
}

// publish writes a file so that its name leads to what was there before or to
// the whole new content, never to anything between, also after a power cut:
// temporary file in the same folder, fsync, rename, fsync the folder. If write
// or any other step fails the temporary file is removed. before, if not nil, is
// called when the content is safe and the old one still has its name.
//
// Note: google/renameio does the same under random names, which pile up when
// runs are killed, and not on Windows.
func publish(d Disk, name string, write func(io.Writer) error, before func(made) error) (m made, err error) {
	if err := makeFolder(d, filepath.Dir(name)); err != nil {
		return m, err
	}
	temp := tempOf(name)
	f, err := d.Create(temp)
	if err != nil {
		return m, err
	}
	done := false
	defer func() {
		if !done { // also when write panics
			f.Close()
			d.Remove(temp)
		}
	}()
	w := draft{file: f, buffer: bufio.NewWriterSize(f, 1<<16), hash: sha256.New()}
	if err := write(&w); err != nil {
		return m, err
	}
	m = made{hex.EncodeToString(w.hash.Sum(nil)), w.size}
	if err := w.buffer.Flush(); err != nil {
		return m, err
	}
	if err := f.Sync(); err != nil {
		return m, err
	}
	if err := f.Close(); err != nil {
		return m, err
	}
	if before != nil {
		if err := before(m); err != nil {
			return m, err
		}
	}
	if err := d.Rename(temp, name); err != nil {
		return m, err
	}
	done = true
	return m, d.SyncFolder(filepath.Dir(name))
}

// draft is the temporary file while it is written. It can be read back, as
// writers.Draft, so that a copy need not be held to be compared.
type draft struct {
	file   File
	buffer *bufio.Writer
	hash   hash.Hash
	size   int64
}

func (d *draft) Write(b []byte) (int, error) {
	d.hash.Write(b)
	d.size += int64(len(b))
	return d.buffer.Write(b)
}

// Len is how much has been written.
func (d *draft) Len() int64 { return d.size }

func (d *draft) ReadAt(b []byte, at int64) (int, error) {
	if d.buffer.Buffered() > 0 {
		if err := d.buffer.Flush(); err != nil {
			return 0, err
		}
	}
	return d.file.ReadAt(b, at)
}

const tempPrefix, tempSuffix = ".shakeout-", ".tmp"

// tempOf is the temporary name of a file. It follows from the final one: only
// the holder of OUT's lock writes, so what a killed run left is overwritten by
// the run that does its work again.
func tempOf(name string) string {
	h := fnv.New64a()
	io.WriteString(h, filepath.Base(name))
	return filepath.Join(filepath.Dir(name), fmt.Sprintf("%s%016x%s", tempPrefix, h.Sum64(), tempSuffix))
}

func isTemp(name string) bool {
	return strings.HasPrefix(name, tempPrefix) && strings.HasSuffix(name, tempSuffix)
}

// remove deletes a file for good; one that is not there is no error.
func remove(d Disk, name string) error {
	if err := d.Remove(name); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	return d.SyncFolder(filepath.Dir(name))
}
