package analysis

import (
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
)

// Table is a named Arrow record. Input tables also carry Sources, which lead
// from each row back to the analyst's cells; result tables may carry Origins,
// which lead from a number back to the facts it was taken from.
type Table struct {
	Name    string
	Rec     arrow.Record
	Sources []Source
	Origins map[string]map[int]Origin // by column and row

	// Typed is what an analyst typed in cells that a doubt of the reader speaks
	// of, so that what an analysis says of them can quote it too.
	Typed map[Ref]string
}

// Source is where rows of an input table came from: one recognised table of a
// sheet, and for each canonical column the cell that gave it. A table that is
// wide in periods or metrics has one Source for each value column.
type Source struct {
	File  string
	Sheet string
	Cells map[string]Place
}

// Place is a cell seen from a row: Col is its 1-based sheet column, Row its
// fixed 1-based sheet row, or 0 for the row's own.
type Place struct{ Row, Col int }

// Tables are the tables of one workbook by name.
type Tables map[string]Table

// Names lists the tables in the order of InputTables, others by name after.
func (ts Tables) Names() []string {
	var names []string
	for _, s := range InputTables {
		if _, ok := ts[s.Name]; ok {
			names = append(names, s.Name)
		}
	}
	known := len(names)
	for name := range ts {
		if !slices.Contains(names[:known], name) {
			names = append(names, name)
		}
	}
	slices.Sort(names[known:])
	return names
}

// Release gives the memory of all tables back.
func (ts Tables) Release() {
	for _, t := range ts {
		t.Rec.Release()
	}
}

// Rows is the number of rows; an absent table has none.
func (t Table) Rows() int {
	if t.Rec == nil {
		return 0
	}
	return int(t.Rec.NumRows())
}

// Ref is the cell that gave a row's value in a column. Where the column has no
// cell of its own (it was taken from a title or a sheet name) the whole row is
// named.
func (t Table) Ref(row int, column string) Ref {
	source, ok := t.Int("source").At(row)
	if !ok || int(source) >= len(t.Sources) {
		return Ref{}
	}
	s := t.Sources[source]
	r, _ := t.Int("row").At(row)
	place := s.Cells[column]
	if place.Row == 0 {
		place.Row = int(r)
	}
	return Ref{File: s.File, Sheet: s.Sheet, Row: place.Row, Col: place.Col}
}

func (t Table) column(name string) arrow.Array {
	if t.Rec == nil {
		return nil
	}
	found := t.Rec.Schema().FieldIndices(name)
	if len(found) == 0 {
		return nil
	}
	return t.Rec.Column(found[0])
}

// Estimate is a number or the reason why there is none (methods 0.4).
type Estimate struct {
	Value  float64
	Reason string
}

// Known makes an Estimate that has a value.
func Known(v float64) Estimate { return Estimate{Value: v} }

// Unknown makes an Estimate that has a reason instead of a value.
func Unknown(reason string) Estimate { return Estimate{Reason: reason} }

// Ok reports whether there is a value.
func (e Estimate) Ok() bool { return e.Reason == "" }
