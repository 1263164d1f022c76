package readers_test

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"testing"

	"shakeout/analysis"
	"shakeout/readers"
)

// TestPlainRowsAreTheSlowRows reads every workbook with the fast path of plain rows
// and without: the tables are the same to the cell that each value came from, and so
// are the findings.
func TestPlainRowsAreTheSlowRows(t *testing.T) {
	from := *readers.PlainFrom
	defer func() { *readers.PlainFrom = from }()
	rows := 0
	n := books(t, true, func(t *testing.T, b book) {
		*readers.PlainFrom = math.MaxInt
		slow, err := readers.Read(context.Background(), b.pkg, filepath.Base(b.name))
		if err != nil {
			t.Fatal(err)
		}
		defer slow.Tables.Release()
		*readers.PlainFrom = 1
		fast, err := readers.Read(context.Background(), b.pkg, filepath.Base(b.name))
		if err != nil {
			t.Fatal(err)
		}
		defer fast.Tables.Release()
		if !reflect.DeepEqual(fast.Findings, slow.Findings) {
			t.Errorf("%s: other findings", b.name)
		}
		if !reflect.DeepEqual(fast.Regions, slow.Regions) {
			t.Errorf("%s: other regions", b.name)
		}
		for name, s := range slow.Tables {
			f := fast.Tables[name]
			if f.Rows() != s.Rows() {
				t.Errorf("%s: %d rows of %s, without the fast path %d", b.name, f.Rows(), name, s.Rows())
				continue
			}
			for row := range s.Rows() {
				if got, want := said(f, row), said(s, row); got != want {
					t.Errorf("%s: row %d of %s is\n%s\nwithout the fast path\n%s", b.name, row, name, got, want)
				}
				rows++
			}
		}
	})
	t.Logf("%d workbooks, %d rows read in both ways", n, rows)
	if rows == 0 {
		t.Error("nothing was compared")
	}
}

// said is a row as text, with the cell of each value.
func said(t analysis.Table, row int) string {
	all := ""
	for i, field := range t.Rec.Schema().Fields() {
		if field.Name == "source" || t.Rec.Column(i).IsNull(row) {
			continue
		}
		all += fmt.Sprintf("%s=%s (%s) ", field.Name, t.Rec.Column(i).ValueStr(row), t.Ref(row, field.Name).Cell())
	}
	return all
}
