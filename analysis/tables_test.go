package analysis

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
)

// reporter is what *testing.T and *rapid.T share.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// given makes an input table from text: the first line names the columns, a bar
// separates them, an empty field is null.
func given(t testing.TB, name, text string) Table {
	t.Helper()
	i := slices.IndexFunc(InputTables, func(s TableSpec) bool { return s.Name == name })
	if i < 0 {
		t.Fatalf("no input table is called %s", name)
	}
	spec := InputTables[i]
	lines := strings.Split(strings.TrimSpace(text), "\n")
	split := func(line string) []string {
		fields := strings.Split(line, "|")
		for i := range fields {
			fields[i] = strings.TrimSpace(fields[i])
		}
		return fields
	}
	heads := split(lines[0])
	b := NewBuilder(spec)
	defer b.Release()
	for n, line := range lines[1:] {
		b.Int("source", 0)
		b.Int("row", n+2)
		for i, field := range split(line) {
			c, ok := spec.Column(heads[i])
			if !ok {
				t.Fatalf("%s has no column %s", name, heads[i])
			}
			if field == "" {
				continue
			}
			switch c.Type {
			case Text:
				b.Text(c.Name, field)
			case Float:
				v, err := strconv.ParseFloat(field, 64)
				if err != nil {
					t.Fatal(err)
				}
				b.Float(c.Name, v)
			case Day32:
				d, ok := ParseDate(field)
				if !ok {
					t.Fatalf("%s is no date", field)
				}
				b.Date(c.Name, d)
			case Bool:
				b.Bool(c.Name, field == "true")
			}
		}
		b.EndRow()
	}
	table := b.Table()
	table.Sources = []Source{{File: "test.xlsx", Sheet: name}}
	return table
}

// from gives a result table by name; a missing one is an empty table.
func from(r Result, name string) Table {
	for _, t := range r.Tables {
		if t.Name == name {
			return t
		}
	}
	return Table{Name: name}
}

// shownAt is a value as text: "" for null.
func shownAt(t Table, column string, row int) string {
	if v, ok := t.Text(column).At(row); ok {
		return v
	}
	if v, ok := t.Date(column).At(row); ok {
		return FormatDate(v)
	}
	if v, ok := t.Bool(column).At(row); ok {
		return strconv.FormatBool(v)
	}
	if v, ok := t.Int(column).At(row); ok {
		return strconv.FormatInt(v, 10)
	}
	if v, ok := t.Float(column).At(row); ok {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return ""
}

// holds checks values of the one row that where (column=text, ...) names: pairs
// of a column and what it holds. Numbers agree to 1e-9 of their size, which is
// what a few hundred additions may lose; nil is null.
func holds(t *testing.T, table Table, where string, want ...any) {
	t.Helper()
	var rows []int
	for row := range table.Rows() {
		met := true
		for _, w := range strings.Split(where, ",") {
			column, value, _ := strings.Cut(strings.TrimSpace(w), "=")
			met = met && shownAt(table, column, row) == value
		}
		if met {
			rows = append(rows, row)
		}
	}
	if len(rows) != 1 {
		t.Errorf("%s: %d rows with %s, want 1", table.Name, len(rows), where)
		return
	}
	for i := 0; i+1 < len(want); i += 2 {
		column := want[i].(string)
		if table.column(column) == nil {
			t.Errorf("%s has no column %s", table.Name, column)
			continue
		}
		got := shownAt(table, column, rows[0])
		switch w := want[i+1].(type) {
		case float64:
			v, err := strconv.ParseFloat(got, 64)
			if err != nil || math.Abs(v-w) > 1e-9*math.Max(1, math.Abs(w)) {
				t.Errorf("%s, %s: %s is %q, want %v (%s)", table.Name, where, column, got, w, shownAt(table, column+"_reason", rows[0]))
			}
		case nil:
			if got != "" {
				t.Errorf("%s, %s: %s is %q, want null", table.Name, where, column, got)
			}
		default:
			if got != fmt.Sprint(w) {
				t.Errorf("%s, %s: %s is %q, want %v (%s)", table.Name, where, column, got, w, shownAt(table, column+"_reason", rows[0]))
			}
		}
	}
}

// allSaid checks what every result table promises: numbers are finite and no
// negative zero, and a null measure has a reason.
func allSaid(t reporter, spec TableSpec, table Table) {
	t.Helper()
	for i, c := range spec.Columns {
		for row := range table.Rows() {
			if shownAt(table, c.Name, row) == "" && !c.Reason && !spec.MayLack(i) {
				t.Errorf("%s row %d: %s is null without a reason", table.Name, row, c.Name)
			}
			v, ok := table.Float(c.Name).At(row)
			if ok && (math.IsNaN(v) || math.IsInf(v, 0) || v == 0 && math.Signbit(v)) {
				t.Errorf("%s row %d: %s is %v", table.Name, row, c.Name, v)
			}
			if c.Reason && (shownAt(table, c.Name, row) == "") == (shownAt(table, c.Name+"_reason", row) == "") {
				t.Errorf("%s row %d: %s is %q with reason %q", table.Name, row, c.Name, shownAt(table, c.Name, row), shownAt(table, c.Name+"_reason", row))
			}
		}
	}
}

// keyed checks that the key columns of a result table name one row each.
func keyed(t reporter, spec TableSpec, table Table) {
	t.Helper()
	seen := map[string]bool{}
	for row := range table.Rows() {
		var key []string
		for _, c := range spec.Columns[:spec.Key] {
			key = append(key, shownAt(table, c.Name, row))
		}
		k := strings.Join(key, "|")
		if seen[k] {
			t.Errorf("%s: key %s stands twice", table.Name, k)
		}
		seen[k] = true
	}
}

// sound runs an analysis and checks its tables against their specs.
func sound(t reporter, a Analyzer, ts Tables, p Params) Result {
	t.Helper()
	r := a.Run(ts, p)
	soundResult(t, a, r)
	return r
}

// soundResult checks the tables and headlines of a result.
func soundResult(t reporter, a Analyzer, r Result) {
	t.Helper()
	for _, table := range r.Tables {
		i := slices.IndexFunc(a.Specs, func(s TableSpec) bool { return s.Name == table.Name })
		if i < 0 {
			t.Fatalf("%s gives a table %s that it does not announce", a.Name, table.Name)
		}
		if !table.Rec.Schema().Equal(a.Specs[i].Schema()) {
			t.Errorf("%s: the table has another shape than its spec", table.Name)
		}
		allSaid(t, a.Specs[i], table)
		keyed(t, a.Specs[i], table)
	}
	for _, h := range r.Headlines {
		if h.Table == "" {
			continue
		}
		table := from(r, h.Table)
		if h.Row < 0 || h.Row >= table.Rows() || table.column(h.Column) == nil {
			t.Errorf("%s: headline %s points to %s row %d column %s", a.Name, h.Measure.Key, h.Table, h.Row, h.Column)
		} else if h.Value.Ok() && h.Unit != "count" && shownAt(table, h.Column, h.Row) != strconv.FormatFloat(h.Value.Value, 'g', -1, 64) {
			t.Errorf("%s: headline %s says %v, its cell %s", a.Name, h.Measure.Key, h.Value.Value, shownAt(table, h.Column, h.Row))
		}
	}
}

// shuffled is a table with its rows and columns in another order.
func shuffled(t Table, rows, cols []int) Table {
	schema := t.Rec.Schema()
	var fields []arrow.Field
	for _, c := range cols {
		fields = append(fields, schema.Field(c))
	}
	spec := InputTables[slices.IndexFunc(InputTables, func(s TableSpec) bool { return s.Name == t.Name })]
	var cs []ColumnSpec
	for _, f := range fields {
		c, _ := spec.Column(f.Name)
		cs = append(cs, c)
	}
	b := NewBuilder(TableSpec{Name: t.Name, Columns: cs})
	defer b.Release()
	for _, row := range rows {
		for _, c := range cs {
			switch c.Type {
			case Text:
				b.Text(c.Name, t.Text(c.Name).Or(row, ""))
			case Float:
				if v, ok := t.Float(c.Name).At(row); ok {
					b.Float(c.Name, v)
				}
			case Int:
				if v, ok := t.Int(c.Name).At(row); ok {
					b.Int(c.Name, int(v))
				}
			case Day32:
				if v, ok := t.Date(c.Name).At(row); ok {
					b.Date(c.Name, v)
				}
			case Bool:
				if v, ok := t.Bool(c.Name).At(row); ok {
					b.Bool(c.Name, v)
				}
			}
		}
		b.EndRow()
	}
	return Table{Name: t.Name, Rec: b.Table().Rec, Sources: t.Sources}
}
