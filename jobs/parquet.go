package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"

	"shakeout/analysis"
)

// parquetRows is how many rows one row group holds: enough to compress well,
// few enough that a reader of one column of a large table need not hold it all.
const parquetRows = 128 << 10

// writeParquet writes a table as a Parquet file: rows in the order of order (nil:
// as they stand), typed columns, null for null. The unit of a column stands in
// its Arrow field metadata and, for programs that read only Parquet's own, in the
// file's key-value metadata as "unit:<column>"; extra is added to the latter. The
// same table gives the same bytes.
func writeParquet(w io.Writer, rec arrow.Record, order []int, extra map[string]string) error {
	if order != nil {
		rec = analysis.Take(rec, order)
		defer rec.Release()
	}
	options := []parquet.WriterProperty{
		parquet.WithCompression(compress.Codecs.Snappy), // every reader of Parquet has it
		parquet.WithMaxRowGroupLength(parquetRows),
		parquet.WithCreatedBy("shakeout"),
	}
	for _, f := range rec.Schema().Fields() {
		if id := f.Type.ID(); id == arrow.FLOAT64 || f.Name == "row" {
			options = append(options, parquet.WithDictionaryFor(f.Name, false)) // each value another
		}
	}
	props := parquet.NewWriterProperties(options...)
	out, err := pqarrow.NewFileWriter(rec.Schema(), struct{ io.Writer }{w}, props, pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema()))
	if err != nil {
		return err
	}
	for _, f := range rec.Schema().Fields() {
		if unit, ok := f.Metadata.GetValue("unit"); ok {
			if err := out.AppendKeyValueMetadata("unit:"+f.Name, unit); err != nil {
				return err
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(extra)) {
		if err := out.AppendKeyValueMetadata(key, extra[key]); err != nil {
			return err
		}
	}
	if err := out.Write(rec); err != nil {
		return err
	}
	return out.Close()
}

// exportParquet writes a table for other programs: the rows in the order of the
// CSV files, and as source of an input row the cell that gave it.
func exportParquet(w io.Writer, t analysis.Table, sorted bool) error {
	if t.Rec == nil {
		return nil
	}
	rec, order := t.Rec, rowsOf(t, sorted)
	if at := rec.Schema().FieldIndices("source"); len(at) == 1 && t.Sources != nil {
		b := array.NewStringBuilder(memory.DefaultAllocator)
		defer b.Release()
		text := sourceText(t)
		for row := range t.Rows() {
			b.Append(text(row))
		}
		cells := b.NewArray()
		defer cells.Release()
		fields, cols := slices.Clone(rec.Schema().Fields()), slices.Clone(rec.Columns())
		fields[at[0]].Type, cols[at[0]] = arrow.BinaryTypes.String, cells
		rec = array.NewRecord(arrow.NewSchema(fields, nil), cols, rec.NumRows())
		defer rec.Release()
	}
	return writeParquet(w, rec, order, nil)
}

// sourcesKey is where a kept table holds its sources.
const sourcesKey = "shakeout:sources"

// keepTable writes an input table as it is, with the way back to its cells, so
// that readKept gives the same table again.
func keepTable(w io.Writer, t analysis.Table) error {
	said, err := json.Marshal(t.Sources)
	if err != nil {
		return err
	}
	return writeParquet(w, t.Rec, nil, map[string]string{sourcesKey: string(said)})
}

// readKept reads a table that keepTable wrote. The caller owns its record.
func readKept(ctx context.Context, name string, r parquet.ReaderAtSeeker) (analysis.Table, error) {
	f, err := file.NewParquetReader(r)
	if err != nil {
		return analysis.Table{}, err
	}
	defer f.Close()
	said := f.MetaData().KeyValueMetadata().FindValue(sourcesKey)
	if said == nil {
		return analysis.Table{}, fmt.Errorf("table %s has no sources", name)
	}
	t := analysis.Table{Name: name}
	if err := json.Unmarshal([]byte(*said), &t.Sources); err != nil {
		return analysis.Table{}, err
	}
	columns, err := pqarrow.NewFileReader(f, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		return analysis.Table{}, err
	}
	in, err := columns.ReadTable(ctx)
	if err != nil {
		return analysis.Table{}, err
	}
	defer in.Release()
	cols := make([]arrow.Array, in.NumCols())
	for i := range cols {
		if cols[i], err = joined(in.Column(i)); err != nil {
			return analysis.Table{}, err
		}
		defer cols[i].Release()
	}
	t.Rec = array.NewRecord(in.Schema(), cols, in.NumRows())
	return t, nil
}

// joined is a column in one piece.
func joined(c *arrow.Column) (arrow.Array, error) {
	chunks := c.Data().Chunks()
	if len(chunks) == 0 {
		return array.MakeArrayOfNull(memory.DefaultAllocator, c.DataType(), 0), nil
	}
	return array.Concatenate(chunks, memory.DefaultAllocator)
}

func inOrder(rows int) []int {
	order := make([]int, rows)
	for i := range order {
		order[i] = i
	}
	return order
}
