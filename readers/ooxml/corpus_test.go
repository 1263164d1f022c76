package ooxml

import (
	"context"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"runtime/metrics"
	"strconv"
	"strings"
	"testing"
	"time"
)

const corpusDir = "../../../shared/corpus"

// What one workbook may take. The files are small; a reader that needs more is
// led astray by one of them.
const (
	corpusTime   = 10 * time.Second
	corpusMemory = 512 << 20
)

// TestCorpus opens every workbook of other people's making, and the hostile ones,
// and holds what happens against what must: an open workbook has the sheets and
// filled cells that an independent reader found, a refused one is a Refusal with
// a code of the catalog. testdata/corpus-differences.tsv lists, with the reason,
// each file whose count is another.
func TestCorpus(t *testing.T) {
	if _, err := os.Stat(corpusDir); err != nil {
		t.Skipf("no corpus in %s: nothing to compare", corpusDir)
	}
	differ := differences(t)
	met := map[string]int{}
	slowest, most := time.Duration(0), uint64(0)
	for _, dir := range []string{corpusDir, filepath.Join(corpusDir, "hostile")} {
		for _, row := range manifest(t, filepath.Join(dir, "manifest.csv")) {
			file, want := row["file"], row["expectation"]
			data, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil {
				t.Fatal(err)
			}
			var pkg *Package
			var cells int
			took, memory := measured(func() { pkg, cells, err = readAll(data) })
			slowest, most = max(slowest, took), max(most, memory)
			if took > corpusTime || memory > corpusMemory {
				t.Errorf("%s took %v and %d MiB", file, took, memory>>20)
			}
			var refusal *Refusal
			if err != nil && !errors.As(err, &refusal) {
				t.Errorf("%s: %v is no Refusal", file, err)
				continue
			}
			met[want]++
			switch want {
			case "opens":
				if err != nil {
					t.Errorf("%s: refused: %v", file, err)
					continue
				}
				if row["sheets"] == "" {
					continue // the hostile manifest states no counts
				}
				met["counts"]++
				sheets, _ := strconv.Atoi(row["sheets"])
				filled, _ := strconv.Atoi(row["nonempty_cells"])
				if d, listed := differ[file]; listed {
					filled = d
					delete(differ, file)
				}
				if len(pkg.Sheets) != sheets || cells != filled {
					t.Errorf("%s: %d sheets and %d filled cells, want %d and %d", file, len(pkg.Sheets), cells, sheets, filled)
				}
			case "must-be-rejected", "reject":
				if err == nil {
					t.Errorf("%s (%s): opened, must be refused", file, row["what"])
				}
			case "encrypted":
				if err == nil || refusal.Code != "password-protected" {
					t.Errorf("%s: want password-protected, got %v", file, err)
				}
			case "either", "no-crash":
				if err == nil {
					met["of these, opened"]++
				}
			default:
				t.Errorf("%s: unknown expectation %q", file, want)
			}
		}
	}
	for file := range differ {
		t.Errorf("%s is listed as different and is not in the corpus", file)
	}
	t.Logf("%d open (%d with counts compared), %d refused, %d password protected, %d either (%d of them opened); slowest %v, most memory %d MiB",
		met["opens"], met["counts"], met["must-be-rejected"]+met["reject"], met["encrypted"], met["either"]+met["no-crash"], met["of these, opened"], slowest.Round(time.Millisecond), most>>20)
	for _, kind := range []string{"opens", "counts", "must-be-rejected", "reject", "encrypted", "either", "no-crash"} {
		if met[kind] == 0 {
			t.Errorf("no file of kind %q was met", kind)
		}
	}
}

// differences are the files whose number of filled cells is not the manifest's.
func differences(t *testing.T) map[string]int {
	t.Helper()
	data, err := os.ReadFile("testdata/corpus-differences.tsv")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]int{}
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		n, err := strconv.Atoi(f[1])
		if len(f) != 3 || err != nil || f[2] == "" {
			t.Fatalf("corpus-differences.tsv: %q is not a file, a count and a reason", line)
		}
		all[f[0]] = n
	}
	return all
}

// measured runs f and gives the time it took and the most memory the program
// held meanwhile.
func measured(f func()) (time.Duration, uint64) {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	held := func() uint64 {
		metrics.Read(sample)
		return sample[0].Value.Uint64() - sample[1].Value.Uint64()
	}
	stop, most := make(chan struct{}), make(chan uint64)
	go func() {
		peak := held()
		for tick := time.NewTicker(2 * time.Millisecond); ; {
			select {
			case <-tick.C:
				peak = max(peak, held())
			case <-stop:
				tick.Stop()
				most <- max(peak, held())
				return
			}
		}
	}()
	start := time.Now()
	f()
	took := time.Since(start)
	close(stop)
	return took, <-most
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
			if g.RowCells(row) == 0 {
				continue
			}
			for col := 1; col <= g.RowCols(row); col++ {
				if k := g.Kind(row, col); k != Blank && k != NoCache {
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
