package jobs

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
)

// makeWay is called when a result is about to replace what has its name; known
// is the content that is remembered for it. What no run of the program put there,
// or somebody has saved again since, is kept beside it. The
// ledger learns first what will stand there, so that the work of a run that is
// killed before it is remembered is not taken for somebody's.
func (p *pass) makeWay(output, sha, known string) (kept string, err error) {
	if err := p.claims(); err != nil {
		return "", err
	}
	if kept, err = p.keepEdited(output, sha, known); err != nil {
		return "", err
	}
	return kept, p.ledger.intend(output, sha)
}

// keepEdited copies the file of a name to <name>.edited-<hash>.xlsx if its content is not next and not ours,
// and gives where; known is the content that the ledger has for it. It is a copy,
// so that the name is never without a file.
func (p *pass) keepEdited(output, next, known string) (string, error) {
	name := p.below(output)
	if info, err := p.Disk.Stat(name); errors.Is(err, fs.ErrNotExist) || err == nil && info.IsDir() {
		return "", nil // a folder in its place is the rename's failure
	} else if err != nil {
		return "", err
	}
	data, there, err := readHashed(p.Disk, name)
	if err != nil || there == next || there == known {
		return "", err
	}
	if ours, err := p.ledger.ours(output, there); err != nil || ours {
		return "", err
	}
	kept := filepath.Join(filepath.Dir(name), editedName(path.Base(output), there[:8]))
	if _, again, err := readHashed(p.Disk, kept); err == nil && again != there {
		kept = filepath.Join(filepath.Dir(name), editedName(path.Base(output), there))
	}
	_, err = publish(p.Disk, kept, func(w io.Writer) error { _, err := w.Write(data); return err }, nil)
	return kept, err
}

// editedName puts a hash into the name of a result.
func editedName(name, hash string) string {
	ext := path.Ext(name)
	return strings.TrimSuffix(name, ext) + ".edited-" + hash + ext
}

// isWhole reports whether a result is there: as long as it was written, or
// saved again by its reader, which is a whole workbook of another length.
func (p *pass) isWhole(e entry) bool {
	name := p.below(e.Output)
	info, err := p.Disk.Stat(name)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	if info.Size() == e.OutputLen {
		return true
	}
	data, err := readFile(p.Disk, name)
	if err != nil {
		return false
	}
	return isZip(data)
}

// isZip reports whether the directory at the end of a zip file can be read.
func isZip(data []byte) bool {
	_, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	return err == nil
}

// readHashed reads a file whole, whatever its size: it is somebody's work.
func readHashed(d Disk, name string) (data []byte, hash string, err error) {
	f, err := d.Open(name)
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	if data, err = io.ReadAll(f); err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256(data)
	return data, hex.EncodeToString(sum[:]), nil
}
