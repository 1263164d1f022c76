package analysis

import (
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Table is a named Arrow record. Input tables also carry Sources, which lead
// from each row back to the analyst's cells; result tables may carry Origins,
// which lead from a number back to the facts it was taken from.
type Table struct {
	Name    string
	Rec     arrow.Record
	Sources []Source
	Origins map[string]map[int]Origin // by column and row
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

// Column is typed access to a column. A column that the table lacks reads as
// all null. T is string, float64, int64, bool or Date.
type Column[T any] struct {
	arr arrow.Array
	at  func(int) T
}

// At gives a row's value and whether it is there; a null gives the zero value.
func (c Column[T]) At(row int) (T, bool) {
	if c.at == nil || c.arr.IsNull(row) {
		var zero T
		return zero, false
	}
	return c.at(row), true
}

// Or gives a row's value, or other where it is null.
func (c Column[T]) Or(row int, other T) T {
	if v, ok := c.At(row); ok {
		return v
	}
	return other
}

// Text is typed access to a text column.
func (t Table) Text(name string) Column[string] {
	switch a := t.column(name).(type) {
	case *array.String:
		return Column[string]{a, a.Value}
	case *array.Dictionary:
		words := a.Dictionary().(*array.String)
		return Column[string]{a, func(i int) string { return words.Value(a.GetValueIndex(i)) }}
	}
	return Column[string]{}
}

// Float is typed access to a number column.
func (t Table) Float(name string) Column[float64] {
	if a, ok := t.column(name).(*array.Float64); ok {
		return Column[float64]{a, a.Value}
	}
	return Column[float64]{}
}

// Int is typed access to a whole-number column.
func (t Table) Int(name string) Column[int64] {
	if a, ok := t.column(name).(*array.Int64); ok {
		return Column[int64]{a, a.Value}
	}
	return Column[int64]{}
}

// Date is typed access to a date column.
func (t Table) Date(name string) Column[Date] {
	if a, ok := t.column(name).(*array.Date32); ok {
		return Column[Date]{a, a.Value}
	}
	return Column[Date]{}
}

// Bool is typed access to a true-or-false column.
func (t Table) Bool(name string) Column[bool] {
	if a, ok := t.column(name).(*array.Boolean); ok {
		return Column[bool]{a, a.Value}
	}
	return Column[bool]{}
}

// Builder fills a table row by row.
//
//	b := NewBuilder(spec)
//	defer b.Release()
//	b.Text("model", "qwen-max")
//	b.Float("price", 40)
//	b.EndRow()             // columns not set are null
//	t := b.Table()
type Builder struct {
	spec  TableSpec
	index map[string]int
	rec   *array.RecordBuilder
	set   []bool
	rows  int
	names []string
	next  int // column after the one set last

	origins map[string]map[int]Origin
}

// NewBuilder begins a table of the given shape.
func NewBuilder(spec TableSpec) *Builder {
	schema := spec.Schema()
	b := &Builder{spec: spec, index: map[string]int{}, rec: array.NewRecordBuilder(memory.DefaultAllocator, schema), set: make([]bool, schema.NumFields())}
	for i, f := range schema.Fields() {
		b.index[f.Name] = i
		b.names = append(b.names, f.Name)
	}
	return b
}

// Release gives the builder's memory back; tables it made stay.
func (b *Builder) Release() { b.rec.Release() }

func (b *Builder) field(name string) array.Builder {
	// Columns are mostly set in their order, the same ones in every row: the next
	// one is tried before the index is asked.
	i := b.next
	for n := 0; n < 4 && i < len(b.names) && b.names[i] != name; n++ {
		i++
	}
	if i >= len(b.names) || b.names[i] != name {
		var ok bool
		if i, ok = b.index[name]; !ok {
			panic(fmt.Sprintf("table %s has no column %s", b.spec.Name, name))
		}
	}
	b.next = i + 1
	if b.set[i] {
		panic(fmt.Sprintf("column %s.%s set twice in a row", b.spec.Name, name))
	}
	b.set[i] = true
	return b.rec.Field(i)
}

// Text sets a text column of the row under construction; "" is null.
func (b *Builder) Text(name, v string) {
	if v != "" {
		b.field(name).(*array.StringBuilder).Append(v)
	}
}

// Float sets a number column. NaN, infinities and negative zero are the
// caller's errors: null is said with Null.
func (b *Builder) Float(name string, v float64) {
	if v != v || v-v != 0 {
		panic(fmt.Sprintf("%s.%s is not a finite number", b.spec.Name, name))
	}
	b.field(name).(*array.Float64Builder).Append(v + 0) // -0 + 0 is 0
}

// Int sets a whole-number column.
func (b *Builder) Int(name string, v int) { b.field(name).(*array.Int64Builder).Append(int64(v)) }

// Date sets a date column.
func (b *Builder) Date(name string, v Date) { b.field(name).(*array.Date32Builder).Append(v) }

// Bool sets a true-or-false column.
func (b *Builder) Bool(name string, v bool) { b.field(name).(*array.BooleanBuilder).Append(v) }

// Null leaves a result column null and says why in its _reason sibling.
func (b *Builder) Null(name, reason string) { b.Text(name+"_reason", reason) }

// Maybe sets a number column from an estimate: its value, or its reason.
func (b *Builder) Maybe(name string, e Estimate) {
	if e.Reason != "" {
		b.Null(name, e.Reason)
		return
	}
	b.Float(name, e.Value)
}

// EndRow closes the row; columns not set are null.
func (b *Builder) EndRow() {
	for i := range b.set {
		if !b.set[i] {
			b.rec.Field(i).AppendNull()
		}
		b.set[i] = false
	}
	b.rows++
	b.next = 0
}

// Rows is the number of rows closed so far.
func (b *Builder) Rows() int { return b.rows }

// Table ends the table. The caller owns the record.
func (b *Builder) Table() Table {
	return Table{Name: b.spec.Name, Rec: b.rec.NewRecord(), Origins: b.origins}
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
