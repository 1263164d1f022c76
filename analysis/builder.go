package analysis

import (
	"fmt"
	"math"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Builder fills a table row by row.
//
//	b := NewBuilder(spec)
//	defer b.Release()
//	b.Text("model", "qwen-max")
//	b.Float("price", 40)
//	b.EndRow()             // columns not set are null
//	t := b.Table()
//
// A column is a slice of its values, which becomes the Arrow buffer as it is. A
// column that rows leave out costs nothing until it is set again. Texts are kept
// once and their codes by row: a text column of an input table is a dictionary,
// so that whoever groups or compares its rows need not look at texts; result
// tables, which other programs read, hold plain texts.
type Builder struct {
	spec    TableSpec
	index   map[string]int
	columns []Cells
	rows    int
	next    int // column after the one set last
	room    int // rows that columns are made for

	origins map[string]map[int]Origin
}

// Cells is one column of a table under construction.
type Cells struct {
	b     *Builder
	field arrow.Field
	nulls int

	floats []float64
	ints   []int64
	dates  []Date
	bools  []int8 // 1, 0, -1 for null
	codes  []int32

	words    []string
	index    map[string]int32
	last     string // the text before, which is often this one too
	lastCode int32
}

// What stands for null until the column is whole: no number is NaN, and no whole
// number, date or code is the least of its type.
var nullFloat = math.NaN()

const (
	nullInt  = math.MinInt64
	nullDate = math.MinInt32
	nullCode = -1
	nullBool = -1
)

// NewBuilder begins a table of the given shape.
func NewBuilder(spec TableSpec) *Builder {
	schema := spec.Schema()
	b := &Builder{spec: spec, index: map[string]int{}, columns: make([]Cells, schema.NumFields())}
	for i, f := range schema.Fields() {
		b.index[f.Name] = i
		b.columns[i] = Cells{b: b, field: f, lastCode: nullCode}
	}
	return b
}

// Release lets go of the builder's memory; tables it made stay.
func (b *Builder) Release() { b.columns = nil }

// Grow makes room for n more rows, so that they are not copied as columns grow.
func (b *Builder) Grow(n int) { b.room = max(b.room, b.rows+n) }

// Column is the column of a name, for those who set it in many rows.
func (b *Builder) Column(name string) *Cells {
	i, ok := b.index[name]
	if !ok {
		panic(fmt.Sprintf("table %s has no column %s", b.spec.Name, name))
	}
	return &b.columns[i]
}

// column finds a column by name. Columns are mostly set in their order, the same
// ones in every row: the next ones are tried before the index is asked.
func (b *Builder) column(name string) *Cells {
	for i := b.next; i < min(b.next+4, len(b.columns)); i++ {
		if b.columns[i].field.Name == name {
			b.next = i + 1
			return &b.columns[i]
		}
	}
	c := b.Column(name)
	b.next = b.index[name] + 1
	return c
}

// Text sets a text column of the row under construction; "" is null.
func (b *Builder) Text(name, v string) {
	if v != "" {
		c := b.column(name)
		c.SetCode(c.Code(v))
	}
}

// Float sets a number column. NaN and infinities are the caller's errors: null is
// said with Null. Negative zero becomes 0.
func (b *Builder) Float(name string, v float64) { b.column(name).SetFloat(v) }

// Int sets a whole-number column.
func (b *Builder) Int(name string, v int) { b.column(name).SetInt(v) }

// Date sets a date column.
func (b *Builder) Date(name string, v Date) { b.column(name).SetDate(v) }

// Bool sets a true-or-false column.
func (b *Builder) Bool(name string, v bool) {
	b.column(name).SetBool(v)
}

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
	b.rows++
	b.next = 0
}

// Rows is the number of rows closed so far.
func (b *Builder) Rows() int { return b.rows }

// Code is the number of a text in a column, a new one for a new text.
func (c *Cells) Code(v string) int32 {
	if c.lastCode >= 0 && v == c.last {
		return c.lastCode
	}
	code, known := c.index[v]
	if !known {
		if c.index == nil {
			c.index = map[string]int32{}
		}
		code = int32(len(c.words))
		c.index[v] = code
		c.words = append(c.words, v)
	}
	c.last, c.lastCode = v, code
	return code
}

// SetCode sets a text column to a text by its code.
func (c *Cells) SetCode(code int32) { c.codes = append(padTo(c, c.codes, nullCode), code) }

// SetFloat sets a number column.
func (c *Cells) SetFloat(v float64) {
	if v-v != 0 {
		panic(fmt.Sprintf("%s.%s is not a finite number", c.b.spec.Name, c.field.Name))
	}
	c.floats = append(padTo(c, c.floats, nullFloat), v+0) // -0 + 0 is 0
}

// SetInt sets a whole-number column.
func (c *Cells) SetInt(v int) { c.ints = append(padTo(c, c.ints, nullInt), int64(v)) }

// SetDate sets a date column.
func (c *Cells) SetDate(v Date) { c.dates = append(padTo(c, c.dates, nullDate), v) }

// SetBool sets a true-or-false column.
func (c *Cells) SetBool(v bool) {
	bit := int8(0)
	if v {
		bit = 1
	}
	c.bools = append(padTo(c, c.bools, nullBool), bit)
}

// padTo gives the column's values with the rows before this one that left it out.
func padTo[T any](c *Cells, values []T, null T) []T {
	if len(values) != c.b.rows || len(values) == cap(values) {
		return padded(c, values, null, c.b.rows)
	}
	return values
}

func padded[T any](c *Cells, values []T, null T, rows int) []T {
	if len(values) > rows {
		panic(fmt.Sprintf("column %s.%s set twice in a row", c.b.spec.Name, c.field.Name))
	}
	if cap(values) < c.b.room {
		values = slices.Grow(values, c.b.room-len(values))
	}
	c.nulls += rows - len(values)
	for len(values) < rows {
		values = append(values, null)
	}
	return values
}

// Table ends the table. The caller owns the record.
func (b *Builder) Table() Table {
	fields, columns := make([]arrow.Field, len(b.columns)), make([]arrow.Array, len(b.columns))
	var empty nothing
	for i := range b.columns {
		c := &b.columns[i]
		fields[i] = c.field
		if b.spec.Key == 0 && c.field.Type.ID() == arrow.STRING {
			fields[i].Type = dictionary
		}
		columns[i] = c.array(&empty)
		defer columns[i].Release()
	}
	return Table{Name: b.spec.Name, Rec: array.NewRecord(arrow.NewSchema(fields, nil), columns, int64(b.rows)), Origins: b.origins}
}

// dictionary is the type of texts in input tables.
var dictionary = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}

// array is the column as an Arrow array.
func (c *Cells) array(empty *nothing) arrow.Array {
	rows := c.b.rows
	switch c.field.Type.ID() {
	case arrow.FLOAT64:
		values, valid := finish(c, c.floats, nullFloat, func(v float64) bool { return v != v })
		return c.primitive(empty, valid, arrow.Float64Traits.CastToBytes(values))
	case arrow.INT64:
		values, valid := finish(c, c.ints, nullInt, func(v int64) bool { return v == nullInt })
		return c.primitive(empty, valid, arrow.Int64Traits.CastToBytes(values))
	case arrow.DATE32:
		values, valid := finish(c, c.dates, nullDate, func(v Date) bool { return v == nullDate })
		return c.primitive(empty, valid, arrow.Date32Traits.CastToBytes(values))
	case arrow.BOOL:
		values, valid := finish(c, c.bools, nullBool, func(v int8) bool { return v == nullBool })
		bits := make([]byte, bitutil.BytesForBits(int64(rows)))
		for row, v := range values {
			bitutil.SetBitTo(bits, row, v == 1)
		}
		return c.primitive(empty, valid, bits)
	case arrow.STRING:
		values, valid := finish(c, c.codes, nullCode, func(v int32) bool { return v == nullCode })
		if c.b.spec.Key == 0 {
			return c.dictionary(empty, values, valid)
		}
		return c.texts(empty, values, valid)
	}
	panic("no column of " + c.field.Type.String())
}

// finish ends a column's values: nulls become zero values, and valid their
// bitmap, nil where there are none. Values that no row set stay nil.
func finish[T any](c *Cells, values []T, null T, is func(T) bool) ([]T, []byte) {
	if len(values) == 0 {
		c.nulls = c.b.rows
		return nil, nil
	}
	values = padded(c, values, null, c.b.rows)
	if c.nulls == 0 {
		return values, nil
	}
	valid := make([]byte, bitutil.BytesForBits(int64(len(values))))
	var zero T
	for row, v := range values {
		if is(v) {
			values[row] = zero
		} else {
			bitutil.SetBit(valid, row)
		}
	}
	return values, valid
}

// nothing is zeroes that the columns share which no row set.
type nothing []byte

func (n *nothing) of(size int) []byte {
	if len(*n) < size {
		*n = make([]byte, size)
	}
	return (*n)[:size]
}

func (c *Cells) primitive(empty *nothing, valid, values []byte) arrow.Array {
	width := 64
	if t, ok := c.field.Type.(arrow.FixedWidthDataType); ok {
		width = t.BitWidth()
	}
	return c.make(c.field.Type, empty, valid, width, values)
}

// make makes an array of fixed-width values.
func (c *Cells) make(as arrow.DataType, empty *nothing, valid []byte, width int, values []byte) arrow.Array {
	data := c.data(as, empty, valid, width, values)
	defer data.Release()
	return array.MakeFromData(data)
}

func (c *Cells) data(as arrow.DataType, empty *nothing, valid []byte, width int, values []byte, more ...[]byte) *array.Data {
	rows := c.b.rows
	if values == nil {
		values = empty.of((rows*width + 7) / 8)
	}
	var bits *memory.Buffer
	switch {
	case c.nulls == rows && rows > 0:
		bits = memory.NewBufferBytes(empty.of((rows + 7) / 8))
	case valid != nil:
		bits = memory.NewBufferBytes(valid)
	}
	buffers := []*memory.Buffer{bits, memory.NewBufferBytes(values)}
	for _, b := range more {
		buffers = append(buffers, memory.NewBufferBytes(b))
	}
	return array.NewData(as, rows, buffers, nil, c.nulls, 0)
}

// dictionary is a text column of an input table.
func (c *Cells) dictionary(empty *nothing, codes []int32, valid []byte) arrow.Array {
	words := array.NewStringBuilder(memory.DefaultAllocator)
	defer words.Release()
	words.AppendValues(c.words, nil)
	list := words.NewArray()
	defer list.Release()
	data := c.data(dictionary, empty, valid, 32, arrow.Int32Traits.CastToBytes(codes))
	defer data.Release()
	data.SetDictionary(list.Data())
	return array.MakeFromData(data)
}

// texts is a text column of a result table.
func (c *Cells) texts(empty *nothing, codes []int32, valid []byte) arrow.Array {
	rows := c.b.rows
	there := func(row int) bool { return c.nulls == 0 || bitutil.BitIsSet(valid, row) }
	size := 0
	for row, code := range codes {
		if there(row) {
			size += len(c.words[code])
		}
	}
	text := make([]byte, 0, size) // grown by appending, a million rows would be copied many times
	offsets := make([]int32, rows+1)
	for row, code := range codes {
		if there(row) {
			text = append(text, c.words[code]...)
		}
		offsets[row+1] = int32(len(text))
	}
	data := c.data(arrow.BinaryTypes.String, empty, valid, 32, arrow.Int32Traits.CastToBytes(offsets), text)
	defer data.Release()
	return array.MakeFromData(data)
}
