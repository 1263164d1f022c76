package analysis

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Take is a record of the given rows in the given order, its dictionaries
// written out. The caller owns it.
func Take(rec arrow.Record, rows []int) arrow.Record { return takeRows(rec, rows, nil) }

// takeRows takes rows; blank names, by column, rows whose value becomes null.
func takeRows(rec arrow.Record, rows []int, blank map[string]map[int]bool) arrow.Record {
	cols := make([]arrow.Array, rec.NumCols())
	fields := make([]arrow.Field, rec.NumCols())
	for i, col := range rec.Columns() {
		fields[i] = rec.Schema().Field(i)
		if _, ok := col.(*array.Dictionary); ok {
			fields[i].Type = arrow.BinaryTypes.String
		}
		cols[i] = takeColumn(col, rows, blank[fields[i].Name])
		defer cols[i].Release()
	}
	meta := rec.Schema().Metadata()
	return array.NewRecord(arrow.NewSchema(fields, &meta), cols, int64(len(rows)))
}

func takeColumn(arr arrow.Array, rows []int, blank map[int]bool) arrow.Array {
	pool := memory.DefaultAllocator
	switch a := arr.(type) {
	case *array.String:
		return takeBy(array.NewStringBuilder(pool), a, rows, blank, a.Value)
	case *array.Float64:
		return takeBy(array.NewFloat64Builder(pool), a, rows, blank, a.Value)
	case *array.Int64:
		return takeBy(array.NewInt64Builder(pool), a, rows, blank, a.Value)
	case *array.Date32:
		return takeBy(array.NewDate32Builder(pool), a, rows, blank, a.Value)
	case *array.Boolean:
		return takeBy(array.NewBooleanBuilder(pool), a, rows, blank, a.Value)
	case *array.Dictionary:
		words := a.Dictionary().(*array.String)
		return takeBy(array.NewStringBuilder(pool), a, rows, blank, func(i int) string { return words.Value(a.GetValueIndex(i)) })
	}
	panic("rows of " + arr.DataType().String() + " cannot be taken")
}

func takeBy[T any, B interface {
	Append(T)
	AppendNull()
	Reserve(int)
	NewArray() arrow.Array
	Release()
}](b B, arr arrow.Array, rows []int, blank map[int]bool, at func(int) T) arrow.Array {
	defer b.Release()
	b.Reserve(len(rows))
	for _, row := range rows {
		if arr.IsNull(row) || blank[row] {
			b.AppendNull()
		} else {
			b.Append(at(row))
		}
	}
	return b.NewArray()
}
