package jobs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"shakeout/analysis"
	"shakeout/writers"
)

// tableMemory keeps the input tables of each workbook as Parquet files next to the
// ledger, so that the market need not read the workbooks again: a folder for
// each version of a workbook, named for all that its tables depend on. It saves
// work and no more: what is missing, damaged or of another version is made again
// from the workbook, so nothing here is synced.
type tableMemory struct {
	disk Disk
	dir  string
}

// kept says what a folder of the memory holds.
type kept struct {
	File     string // path of the workbook below IN
	SHA256   string
	AsOf     analysis.Date // the last day its data speak of
	Rows     int           // of all tables
	Lang     analysis.Lang
	Findings int
	Figures  []writers.Figure
	Tables   map[string]string // name -> SHA-256 of its file
}

// aboutName is the file that says what a folder holds. It is written last.
const aboutName = "about.json"

// idOf names the folder of a version.
func idOf(name string, k key) string {
	h := sha256.New()
	for _, part := range []string{name, k.SHA256, k.Reference, k.Params, k.Build} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

func (m tableMemory) folder(id string) string { return filepath.Join(m.dir, id) }

// keep puts down the tables of a workbook.
func (m tableMemory) keep(id string, about kept, tables analysis.Tables) error {
	about.Tables = map[string]string{}
	dir := m.folder(id)
	if err := makeFolder(m.disk, dir); err != nil {
		return err
	}
	for _, name := range tables.Names() {
		t := tables[name]
		if t.Rows() == 0 {
			continue
		}
		about.Rows += t.Rows()
		var b bytes.Buffer
		if err := keepTable(&b, t); err != nil {
			return fmt.Errorf("keep table %s: %w", name, err)
		}
		sum := sha256.Sum256(b.Bytes())
		about.Tables[name] = hex.EncodeToString(sum[:])
		if err := m.write(filepath.Join(dir, name+".parquet"), b.Bytes()); err != nil {
			return err
		}
	}
	said, err := json.Marshal(about)
	if err != nil {
		return err
	}
	return m.write(filepath.Join(dir, aboutName), said)
}

// write puts a file in its place, whole while the machine runs.
func (m tableMemory) write(name string, data []byte) error {
	temp := tempOf(name)
	f, err := m.disk.Create(temp)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		m.disk.Remove(temp)
		return err
	}
	return m.disk.Rename(temp, name)
}

func (m tableMemory) read(name string) ([]byte, error) {
	f, err := m.disk.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// about says what is kept of a version; false if it is not.
func (m tableMemory) about(id string) (kept, bool) {
	var k kept
	data, err := m.read(filepath.Join(m.folder(id), aboutName))
	return k, err == nil && json.Unmarshal(data, &k) == nil
}

// tables reads the tables of a version. An error means that they must be made
// again. The caller owns them.
func (m tableMemory) tables(ctx context.Context, id string, about kept) (analysis.Tables, error) {
	ts := analysis.Tables{}
	for _, name := range slices.Sorted(maps.Keys(about.Tables)) {
		data, err := m.read(filepath.Join(m.folder(id), name+".parquet"))
		if err == nil {
			if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != about.Tables[name] {
				err = errors.New("not what was kept")
			}
		}
		var t analysis.Table
		if err == nil {
			t, err = readKept(ctx, name, bytes.NewReader(data))
		}
		if err != nil {
			ts.Release()
			return nil, fmt.Errorf("kept table %s: %w", name, err)
		}
		ts[name] = t
	}
	return ts, nil
}

// forget removes every folder whose id is not wanted.
func (m tableMemory) forget(wanted map[string]bool) error {
	there, err := m.disk.ReadDir(m.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	errs := []error{err}
	for _, e := range there {
		if wanted[e.Name()] {
			continue
		}
		dir := filepath.Join(m.dir, e.Name())
		files, err := m.disk.ReadDir(dir)
		errs = append(errs, err)
		for _, f := range files {
			errs = append(errs, m.disk.Remove(filepath.Join(dir, f.Name())))
		}
		errs = append(errs, m.disk.Remove(dir))
	}
	return errors.Join(errs...)
}
