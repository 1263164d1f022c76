package jobs

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
)

// entry is what the last pass made of a workbook.
type entry struct {
	File     string `json:"file"`
	SHA256   string `json:"sha256"` // of the input
	Params   string `json:"params"` // hash of parameters and options that change results
	Build    string `json:"build"`  // of the program
	Status   Status `json:"status"`
	Code     string `json:"code,omitempty"`
	Output   string `json:"output,omitempty"` // below OUT
	Tables   string `json:"tables,omitempty"` // folder of CSV files, below OUT
	CSVs     int    `json:"csvs,omitempty"`   // how many there are
	Findings int    `json:"findings"`
	Regions  int    `json:"regions"` // tables recognised
}

// record is a file of JSON lines, one entry a workbook, in file order. It saves
// work and nothing else: without it everything is made again, with the same
// bytes.
type record struct {
	path    string
	entries map[string]entry
	changed bool
}

// readRecord reads a record; one that does not exist is empty. If it is damaged
// the record is empty and the error says so.
func readRecord(path string) (*record, error) {
	r := &record{path: path, entries: map[string]entry{}}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return r, err
	}
	defer f.Close()
	dec := json.NewDecoder(bufio.NewReader(f))
	dec.DisallowUnknownFields()
	read := map[string]entry{}
	for {
		var e entry
		err := dec.Decode(&e)
		if err == io.EOF {
			r.entries = read
			return r, nil
		}
		if err == nil && e.File == "" {
			err = errors.New("an entry without a file")
		}
		if err != nil {
			return r, fmt.Errorf("read %s: %w", path, err)
		}
		read[e.File] = e
	}
}

func (r *record) put(e entry) {
	if r.entries[e.File] != e {
		r.entries[e.File] = e
		r.changed = true
	}
}

// save publishes the record, if anything in it changed.
func (r *record) save() error {
	if !r.changed {
		return nil
	}
	_, err := publish(machine{}, r.path, func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		for _, file := range slices.Sorted(maps.Keys(r.entries)) {
			if err := enc.Encode(r.entries[file]); err != nil {
				return err
			}
		}
		return nil
	}, nil)
	return err
}
