package jobs

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"shakeout/analysis"
)

// story is the sample workbook read and analysed.
func story(t *testing.T) (*analysis.Workbook, []analysis.Result) {
	t.Helper()
	const name = "大模型淘汰赛_2024.xlsx"
	data, err := os.ReadFile("../samples/inbox/" + name)
	if err != nil {
		t.Fatal(err)
	}
	pkg, err := RealSteps.Open(context.Background(), data)
	if err != nil {
		t.Fatal(err)
	}
	wb, err := RealSteps.Read(context.Background(), pkg, name)
	if err != nil {
		t.Fatal(err)
	}
	_, results := RealSteps.Analyse(wb, analysis.DefaultParams())
	return wb, results
}

// A kept table comes back as it was, with the way to its cells.
func TestKeptTables(t *testing.T) {
	wb, _ := story(t)
	rows := 0
	for name, table := range wb.Tables {
		var b bytes.Buffer
		if err := keepTable(&b, table); err != nil {
			t.Fatal(err)
		}
		got, err := readKept(context.Background(), name, bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		var want, back bytes.Buffer
		if err := writeTable(&want, table, true); err != nil {
			t.Fatal(err)
		}
		if err := writeTable(&back, got, true); err != nil {
			t.Fatal(err)
		}
		if want.String() != back.String() {
			t.Errorf("%s comes back changed:\n%s\nwas\n%s", name, back.String(), want.String())
		}
		rows += got.Rows()
	}
	if rows == 0 {
		t.Error("no row was compared")
	}
}

// TestParquetElsewhere reads the exported tables with DuckDB, which shares no
// code with the program, and holds every value and unit against the CSV file of
// the same table.
func TestParquetElsewhere(t *testing.T) {
	modules := nodeModules(t)
	wb, results := story(t)
	tables := map[string]analysis.Table{}
	for name, table := range wb.Tables {
		tables[name] = table
	}
	for _, r := range results {
		for _, table := range r.Tables {
			tables[table.Name] = table
		}
	}
	dir := t.TempDir()
	for name, table := range tables {
		f, err := os.Create(filepath.Join(dir, name+".parquet"))
		if err != nil {
			t.Fatal(err)
		}
		if err := exportParquet(f, table, wb.Tables[name].Rec != nil); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	script, err := filepath.Abs("testdata/duckdb.js")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", script, dir)
	cmd.Env = append(os.Environ(), "NODE_PATH="+modules)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, said.String())
	}
	var read map[string]struct {
		Columns []string
		Units   map[string]string
		Rows    [][]any
	}
	if err := json.Unmarshal(out, &read); err != nil {
		t.Fatal(err)
	}
	values, units := 0, 0
	for name, table := range tables {
		var b bytes.Buffer
		if err := writeTable(&b, table, wb.Tables[name].Rec != nil); err != nil {
			t.Fatal(err)
		}
		want, err := csv.NewReader(&b).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		got := read[name]
		if strings.Join(got.Columns, " ") != strings.Join(want[0], " ") || len(got.Rows) != len(want)-1 {
			t.Errorf("%s: %d rows of %v, want %d of %v", name, len(got.Rows), got.Columns, len(want)-1, want[0])
			continue
		}
		for i, line := range want[1:] {
			for c, cell := range line {
				if !agrees(got.Rows[i][c], cell) {
					t.Errorf("%s row %d %s: DuckDB reads %v, the CSV file says %q", name, i, want[0][c], got.Rows[i][c], cell)
				}
				values++
			}
		}
		for _, f := range table.Rec.Schema().Fields() {
			if unit, ok := f.Metadata.GetValue("unit"); ok {
				units++
				if got.Units[f.Name] != unit {
					t.Errorf("%s.%s: unit %q, want %q", name, f.Name, got.Units[f.Name], unit)
				}
			}
		}
	}
	t.Logf("%d tables, %d values, %d units compared", len(tables), values, units)
	if values == 0 || units == 0 {
		t.Error("nothing was compared")
	}
}

// agrees reports whether a value as JSON is what a CSV file says.
func agrees(got any, said string) bool {
	switch v := got.(type) {
	case nil:
		return said == ""
	case float64:
		want, err := strconv.ParseFloat(said, 64)
		return err == nil && math.Float64bits(v) == math.Float64bits(want)
	case bool:
		return said == strconv.FormatBool(v)
	}
	return got == said
}

// nodeModules is where packages of npm are: SHAKEOUT_NODE_MODULES, else where
// .ci/run puts them.
func nodeModules(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("SHAKEOUT_NODE_MODULES")
	if dir == "" {
		dir = "../.npm/node_modules"
	}
	dir, err := filepath.Abs(dir)
	if err == nil {
		_, err = os.Stat(filepath.Join(dir, "@duckdb", "node-api"))
	}
	if err != nil {
		const want = "needs DuckDB (npm install --prefix .npm @duckdb/node-api)"
		if os.Getenv("SHAKEOUT_REQUIRE") == "all" {
			t.Fatal(want)
		}
		t.Skip(want)
	}
	return dir
}
