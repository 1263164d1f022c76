package main

import (
	"bytes"
	"context"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/array"

	"shakeout/analysis"
	"shakeout/jobs"
	"shakeout/writers"
)

// taken is a workbook taken through all steps.
type taken struct {
	wb      *analysis.Workbook
	results []analysis.Result
	copied  []byte
}

func take(t *testing.T, name string, data []byte) taken {
	t.Helper()
	ctx, steps := context.Background(), jobs.RealSteps
	pkg, err := steps.Open(ctx, data)
	if err != nil {
		t.Fatal(err)
	}
	wb, err := steps.Read(ctx, pkg, name)
	if err != nil {
		t.Fatal(err)
	}
	params, results := steps.Analyse(wb, analysis.DefaultParams())
	var out bytes.Buffer
	if err := steps.Enrich(ctx, &out, pkg, wb, results, params, writers.Options{Version: "test"}); err != nil {
		t.Fatal(err)
	}
	return taken{wb, results, out.Bytes()}
}

// A result that somebody opened in LibreOffice and saved there gives the same
// tables again when it is enriched.
func TestResultsOfASavedCopy(t *testing.T) {
	program, err := exec.LookPath("soffice")
	if err != nil {
		if os.Getenv("SHAKEOUT_REQUIRE") == "all" {
			t.Fatal("LibreOffice is not installed")
		}
		t.Skip("LibreOffice is not installed")
	}
	files, _ := filepath.Glob(filepath.Join(realDir, "*.xlsx"))
	if len(files) == 0 {
		t.Skipf("no workbooks in %s: nothing to compare", realDir)
	}
	if os.Getenv("SHAKEOUT_LONG") == "" {
		files = files[:1]
	}
	from, to := t.TempDir(), t.TempDir()
	first := map[string]taken{}
	args := []string{"-env:UserInstallation=file://" + t.TempDir(), "--headless", "--norestore", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", to}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		first[name] = take(t, name, data)
		if err := os.WriteFile(filepath.Join(from, name), first[name].copied, 0o666); err != nil {
			t.Fatal(err)
		}
		args = append(args, filepath.Join(from, name))
	}
	if said, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		t.Fatalf("LibreOffice: %v\n%s", err, said)
	}
	tables, rows := 0, 0
	for name, was := range first {
		data, err := os.ReadFile(filepath.Join(to, name))
		if err != nil {
			t.Fatal(err)
		}
		is := take(t, name, data)
		if len(is.wb.Tables) != len(was.wb.Tables) || len(is.results) != len(was.results) {
			t.Errorf("%s: %d input tables and %d results, were %d and %d", name, len(is.wb.Tables), len(is.results), len(was.wb.Tables), len(was.results))
			continue
		}
		same := func(what string, a, b analysis.Table) {
			t.Helper()
			if column, ok := sameTable(a, b); !ok {
				t.Errorf("%s: table %s differs in %s once saved", name, what, column)
			}
			tables++
			rows += a.Rows()
		}
		for _, table := range was.wb.Tables.Names() {
			same(table, was.wb.Tables[table], is.wb.Tables[table])
		}
		for i, r := range was.results {
			for k, table := range r.Tables {
				same(table.Name, table, is.results[i].Tables[k])
			}
		}
	}
	t.Logf("%d workbooks, %d tables, %d rows equal", len(files), tables, rows)
	if rows == 0 {
		t.Error("nothing was compared")
	}
}

// sameTable compares two tables column by column; numbers to 1e-12, since
// programs save 15 digits and sums and logarithms lose some of them.
func sameTable(a, b analysis.Table) (column string, same bool) {
	if a.Rows() != b.Rows() {
		return "length", false
	}
	if a.Rows() == 0 {
		return "", true
	}
	for i, f := range a.Rec.Schema().Fields() {
		x, y := a.Rec.Column(i), b.Rec.Column(i)
		if p, ok := x.(*array.Float64); ok {
			q, ok := y.(*array.Float64)
			for row := 0; ok && row < p.Len(); row++ {
				ok = p.IsNull(row) == q.IsNull(row) && (p.IsNull(row) || math.Abs(p.Value(row)-q.Value(row)) <= 1e-12*math.Max(1, math.Abs(p.Value(row))))
			}
			if !ok {
				return f.Name, false
			}
		} else if !array.Equal(x, y) {
			return f.Name, false
		}
	}
	return "", true
}
