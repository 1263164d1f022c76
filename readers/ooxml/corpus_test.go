package ooxml

import (
	"context"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

const corpusDir = "../../../shared/corpus"

// TestCorpus opens every workbook of other people's making, and the hostile ones,
// and holds what happens against what must: an open workbook has the sheets and
// filled cells that an independent reader found, a refused one is a Refusal.
func TestCorpus(t *testing.T) {
	if _, err := os.Stat(corpusDir); err != nil {
		t.Skipf("no corpus in %s: nothing to compare", corpusDir)
	}
	opened, refused, cells := 0, 0, 0
	for _, dir := range []string{corpusDir, filepath.Join(corpusDir, "hostile")} {
		for _, row := range manifest(t, filepath.Join(dir, "manifest.csv")) {
			data, err := os.ReadFile(filepath.Join(dir, row["file"]))
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			pkg, counted, err := readAll(data)
			if took := time.Since(start); took > time.Minute {
				t.Errorf("%s took %v", row["file"], took)
			}
			var refusal *Refusal
			if err != nil && !errors.As(err, &refusal) {
				t.Errorf("%s: %v is no Refusal", row["file"], err)
				continue
			}
			switch want := row["expectation"]; {
			case want == "opens" && err != nil:
				t.Errorf("%s: refused: %v", row["file"], err)
			case want == "must-be-rejected" && err == nil:
				t.Errorf("%s: opened, must be refused", row["file"])
			case want == "encrypted" && (err == nil || refusal.Code != "password-protected"):
				t.Errorf("%s: want password-protected, got %v", row["file"], err)
			}
			if err != nil {
				refused++
				continue
			}
			opened++
			if n, _ := strconv.Atoi(row["sheets"]); row["expectation"] == "opens" && row["sheets"] != "" && n != len(pkg.Sheets) {
				t.Errorf("%s: %d sheets, want %d", row["file"], len(pkg.Sheets), n)
			}
			if n, err := strconv.Atoi(row["nonempty_cells"]); err == nil && row["expectation"] == "opens" {
				cells++
				// Where a note says that the independent reader stumbled, its
				// count is the least there is.
				if counted < n || counted > n && row["notes"] == "" {
					t.Errorf("%s: %d filled cells, want %d", row["file"], counted, n)
				}
			}
		}
	}
	t.Logf("%d opened, %d refused, cells of %d compared", opened, refused, cells)
	if opened == 0 || refused == 0 || cells == 0 {
		t.Error("nothing was compared")
	}
}

// readAll opens a workbook and reads all its sheets, counting filled cells.
func readAll(data []byte) (*Package, int, error) {
	pkg, err := Open(context.Background(), data, DefaultLimits())
	if err != nil {
		return nil, 0, err
	}
	n := 0
	for i, s := range pkg.Sheets {
		if !s.Grid {
			continue
		}
		g, err := pkg.Grid(context.Background(), i)
		if err != nil {
			return nil, 0, err
		}
		for row := 1; row <= g.Rows(); row++ {
			for col := 1; col <= g.RowCols(row); col++ {
				if k := g.At(row, col).Kind; k != Blank && k != NoCache {
					n++
				}
			}
		}
	}
	return pkg, n, nil
}

func manifest(t *testing.T, path string) []map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, name := range lines[0] {
			row[name] = line[i]
		}
		rows = append(rows, row)
	}
	return rows
}
