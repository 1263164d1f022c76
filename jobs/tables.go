package jobs

import (
	"cmp"
	"encoding/csv"
	"errors"
	"io"
	"io/fs"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"shakeout/analysis"
	"shakeout/writers/text"
)

// TableFormat says as what files tables are written besides the workbook; none
// is possible.
type TableFormat struct {
	CSV     bool
	BOM     bool // CSV files begin with a byte order mark, by which Excel knows UTF-8
	Parquet bool
}

func (f TableFormat) any() bool { return f.CSV || f.Parquet }

// The endings of table files.
const (
	csvEnd     = ".csv"
	parquetEnd = ".parquet"
)

// bom is the byte order mark in UTF-8.
const bom = "\ufeff"

// writeTables writes every input and result table of a workbook, and its
// findings, into a folder of its own. CSV files are UTF-8, with the column names
// as first row, ISO dates, shortest numbers that read back the same, true and
// false, empty for null; Parquet files are those of exportParquet. Files that
// this workbook no longer gives go. It gives the number of files.
func writeTables(d Disk, dir string, wb *analysis.Workbook, results []analysis.Result, lang analysis.Lang, format TableFormat) (int, error) {
	tables := map[string]analysis.Table{}
	maps.Copy(tables, wb.Tables)
	ordered := map[string]bool{} // results come in an order that says something: stages, claims, ranks
	findings := analysis.JoinFindings(wb.Findings, results)
	for _, r := range results {
		for _, t := range r.Tables {
			tables[t.Name], ordered[t.Name] = t, true
		}
	}
	said := findingsTable(findings, lang)
	defer said.Rec.Release()
	tables[said.Name], ordered[said.Name] = said, true
	files := map[string]func(io.Writer) error{}
	for name, t := range tables {
		sorted := !ordered[name]
		if format.CSV {
			files[name+csvEnd] = func(w io.Writer) error {
				if format.BOM {
					if _, err := io.WriteString(w, bom); err != nil {
						return err
					}
				}
				return writeTable(w, t, sorted)
			}
		}
		if format.Parquet {
			files[name+parquetEnd] = func(w io.Writer) error { return exportParquet(w, t, sorted) }
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if _, err := publish(d, filepath.Join(dir, name), files[name], nil); err != nil {
			return 0, err
		}
	}
	there, err := filesIn(d, dir)
	if err != nil {
		return 0, err
	}
	for _, name := range there {
		if _, ok := files[name]; !ok {
			if err := remove(d, filepath.Join(dir, name)); err != nil {
				return 0, err
			}
		}
	}
	return len(files), nil
}

// areThere reports whether a folder holds that many table files, all of the
// format and no others.
func (f TableFormat) areThere(d Disk, dir string, files int) bool {
	there, err := filesIn(d, dir)
	if err != nil || len(there) != files {
		return false
	}
	n := map[string]int{}
	for _, name := range there {
		n[filepath.Ext(name)]++
	}
	want := files
	if f.CSV && f.Parquet {
		want = files / 2
	}
	if n[csvEnd] != want*count(f.CSV) || n[parquetEnd] != want*count(f.Parquet) {
		return false
	}
	return !f.CSV || startsWithBOM(d, filepath.Join(dir, "findings"+csvEnd)) == f.BOM
}

func count(v bool) int {
	if v {
		return 1
	}
	return 0
}

func startsWithBOM(d Disk, name string) bool {
	f, err := d.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	begin := make([]byte, len(bom))
	_, err = io.ReadFull(f, begin)
	return err == nil && string(begin) == bom
}

// filesIn lists the table files of a folder; one that is not there has none.
func filesIn(d Disk, dir string) ([]string, error) {
	entries, err := d.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if end := filepath.Ext(e.Name()); end == csvEnd || end == parquetEnd {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// writeTable writes a table as CSV, in the order of rowsOf. The source column
// of an input table says which cell gave the row's main value, as 价格对比!D5.
func writeTable(w io.Writer, t analysis.Table, sorted bool) error {
	if t.Rec == nil {
		return nil
	}
	schema := t.Rec.Schema()
	columns := make([]column, schema.NumFields())
	line := make([]string, len(columns))
	for i, f := range schema.Fields() {
		line[i] = f.Name
		if columns[i] = columnOf(t.Rec.Column(i)); f.Name == "source" && t.Sources != nil {
			columns[i].text = sourceText(t)
		}
	}
	out := csv.NewWriter(w)
	if err := out.Write(line); err != nil {
		return err
	}
	for _, row := range rowsOf(t, sorted) {
		for i, c := range columns {
			line[i] = c.text(row)
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// rowsOf is the order in which a table's rows are written: as they stand, or
// sorted by all columns, nulls first. Readers give input tables in the order of
// sheets and ranges; results and findings stand in an order of their own.
func rowsOf(t analysis.Table, sorted bool) []int {
	order := inOrder(t.Rows())
	if !sorted {
		return order
	}
	columns := make([]column, t.Rec.NumCols())
	for i := range columns {
		columns[i] = columnOf(t.Rec.Column(i))
	}
	slices.SortStableFunc(order, func(a, b int) int {
		for _, c := range columns {
			if d := c.compare(a, b); d != 0 {
				return d
			}
		}
		return 0
	})
	return order
}

// column is a column of any type as text and in order, nulls first.
type column struct {
	text    func(row int) string
	compare func(a, b int) int
}

func columnOf(arr arrow.Array) column {
	switch a := arr.(type) {
	case *array.String:
		return columnBy(a, a.Value, cmp.Compare, func(v string) string { return v })
	case *array.Float64:
		return columnBy(a, a.Value, cmp.Compare, formatFloat)
	case *array.Int64:
		return columnBy(a, a.Value, cmp.Compare, func(v int64) string { return strconv.FormatInt(v, 10) })
	case *array.Date32:
		return columnBy(a, a.Value, cmp.Compare, analysis.FormatDate)
	case *array.Boolean:
		rank := map[bool]int{true: 1}
		return columnBy(a, a.Value, func(x, y bool) int { return rank[x] - rank[y] }, strconv.FormatBool)
	case *array.Dictionary:
		words := a.Dictionary().(*array.String)
		at := func(i int) string { return words.Value(a.GetValueIndex(i)) }
		return columnBy(a, at, cmp.Compare, func(v string) string { return v })
	}
	panic("no CSV form of " + arr.DataType().String())
}

func columnBy[T any](arr arrow.Array, at func(int) T, compare func(a, b T) int, text func(T) string) column {
	return column{
		text: func(row int) string {
			if arr.IsNull(row) {
				return ""
			}
			return text(at(row))
		},
		compare: func(a, b int) int {
			switch {
			case arr.IsNull(a) && arr.IsNull(b):
				return 0
			case arr.IsNull(a):
				return -1
			case arr.IsNull(b):
				return 1
			}
			return compare(at(a), at(b))
		},
	}
}

// sourceText gives the cell behind each row instead of the index of its source.
func sourceText(t analysis.Table) func(row int) string {
	main := t.Rec.Schema().Field(0).Name
	for _, name := range []string{"value", "price", "cny_per_unit"} {
		if t.Rec.Schema().HasField(name) {
			main = name
			break
		}
	}
	return func(row int) string {
		ref := t.Ref(row, main)
		if ref.Sheet == "" {
			return ""
		}
		return ref.Sheet + "!" + ref.Cell()
	}
}

// formatFloat writes the shortest digits that read back as the same number,
// with an exponent only beyond what people write out.
func formatFloat(v float64) string {
	if size := math.Abs(v); size != 0 && (size < 1e-7 || size >= 1e21) {
		return strconv.FormatFloat(v, 'e', -1, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// findingsSpec is the table of findings, one row per finding in reading order.
var findingsSpec = analysis.TableSpec{Name: "findings", Columns: []analysis.ColumnSpec{
	{Name: "effect"}, {Name: "code"}, {Name: "file"}, {Name: "sheet"}, {Name: "cell"}, {Name: "got"}, {Name: "message"}}}

func findingsTable(findings []analysis.Finding, lang analysis.Lang) analysis.Table {
	b := analysis.NewBuilder(findingsSpec)
	defer b.Release()
	for _, f := range findings {
		b.Text("effect", string(f.Effect))
		b.Text("code", f.Code)
		b.Text("file", f.At.File)
		b.Text("sheet", f.At.Sheet)
		b.Text("cell", f.At.Cell())
		b.Text("got", f.Got)
		b.Text("message", text.Of(lang, f.Message()))
		b.EndRow()
	}
	return b.Table()
}
