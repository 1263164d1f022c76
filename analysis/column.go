package analysis

import (
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// Column is typed access to a column. A column that the table lacks reads as
// all null. T is string, float64, int64, bool or Date.
type Column[T any] struct {
	valid  []byte // bit for each row, nil where no row is null
	offset int    // of the bits
	none   bool   // every row is null
	codes  []int32
	values []T // by row; where there are codes, by code
	at     func(int) T
}

// At gives a row's value and whether it is there; a null gives the zero value.
func (c Column[T]) At(row int) (v T, ok bool) {
	if c.none {
		return v, false
	}
	if c.valid != nil && !c.has(row) {
		return v, false
	}
	switch {
	case c.codes != nil:
		return c.values[c.codes[row]], true
	case c.at != nil:
		return c.at(row), true
	}
	return c.values[row], true
}

// has reports a row that is not null, in a column that has nulls.
func (c Column[T]) has(row int) bool {
	i := c.offset + row
	return c.valid[i>>3]>>(i&7)&1 != 0
}

// Or gives a row's value, or other where it is null.
func (c Column[T]) Or(row int, other T) T {
	if v, ok := c.At(row); ok {
		return v
	}
	return other
}

// columnOf begins access to a column: which of its rows are null.
func columnOf[T any](arr arrow.Array) Column[T] {
	c := Column[T]{none: arr.NullN() == arr.Len()}
	if arr.NullN() > 0 {
		c.valid, c.offset = arr.NullBitmapBytes(), arr.Data().Offset()
	}
	return c
}

// absent is a column that a table lacks.
func absent[T any]() Column[T] { return Column[T]{none: true} }

// Text is typed access to a text column.
func (t Table) Text(name string) Column[string] {
	switch a := t.column(name).(type) {
	case *array.String:
		c := columnOf[string](a)
		c.at = a.Value
		return c
	case *array.Dictionary:
		c := columnOf[string](a)
		if !c.none {
			c.codes, c.values = a.Indices().(*array.Int32).Int32Values(), wordsOf(a)
		}
		return c
	}
	return absent[string]()
}

func wordsOf(a *array.Dictionary) []string {
	list := a.Dictionary().(*array.String)
	words := make([]string, list.Len())
	for i := range words {
		words[i] = list.Value(i)
	}
	return words
}

// Words is a text column by numbers: the code of each row, -1 where it is null,
// and the texts by code, each once; some may not come. Rows are grouped and
// compared by codes without a look at their texts. The codes are nil where every
// row is null, and not the caller's to change.
func (t Table) Words(name string) (codes []int32, words []string) {
	c := t.Text(name)
	switch {
	case c.none:
		return nil, nil
	case c.codes != nil && c.valid == nil:
		return c.codes, c.values
	}
	return number(c, t.Rows())
}

// Days is a date column as days, math.MinInt32 where it is null; nil where every
// row is null. They are not the caller's to change.
func (t Table) Days(name string) []int32 {
	a, ok := t.column(name).(*array.Date32)
	if !ok || a.NullN() == a.Len() {
		return nil
	}
	days := arrow.Int32Traits.CastFromBytes(arrow.Date32Traits.CastToBytes(a.Date32Values()))
	if a.NullN() == 0 {
		return days
	}
	days = slices.Clone(days)
	for row := range days {
		if a.IsNull(row) {
			days[row] = nullDate
		}
	}
	return days
}

// Float is typed access to a number column.
func (t Table) Float(name string) Column[float64] {
	if a, ok := t.column(name).(*array.Float64); ok {
		c := columnOf[float64](a)
		c.values = a.Float64Values()
		return c
	}
	return absent[float64]()
}

// Int is typed access to a whole-number column.
func (t Table) Int(name string) Column[int64] {
	if a, ok := t.column(name).(*array.Int64); ok {
		c := columnOf[int64](a)
		c.values = a.Int64Values()
		return c
	}
	return absent[int64]()
}

// Date is typed access to a date column.
func (t Table) Date(name string) Column[Date] {
	if a, ok := t.column(name).(*array.Date32); ok {
		c := columnOf[Date](a)
		c.values = a.Date32Values()
		return c
	}
	return absent[Date]()
}

// Bool is typed access to a true-or-false column.
func (t Table) Bool(name string) Column[bool] {
	if a, ok := t.column(name).(*array.Boolean); ok {
		c := columnOf[bool](a)
		c.at = a.Value
		return c
	}
	return absent[bool]()
}
