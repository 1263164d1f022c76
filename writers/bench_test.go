package writers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// BenchmarkSheets is the building of all our sheets for the founding story, its
// facts and formulas too, without the graft.
//
//	go test ./writers -run '^$' -bench .
func BenchmarkSheets(b *testing.B) {
	a := story(b, analysis.DefaultParams())
	b.ReportAllocs()
	for b.Loop() {
		_, book, err := build(context.Background(), a.pkg, a.wb, a.results, a.params, Options{Version: "1"})
		if err != nil {
			b.Fatal(err)
		}
		if len(book.sheets) < 8 {
			b.Fatalf("%d sheets", len(book.sheets))
		}
	}
}

// BenchmarkEnrich is the same with the graft and the comparison of the copy.
func BenchmarkEnrich(b *testing.B) {
	a := story(b, analysis.DefaultParams())
	b.ReportAllocs()
	for b.Loop() {
		if err := Enrich(context.Background(), io.Discard, a.pkg, a.wb, a.results, a.params, Options{Version: "1"}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTable is one result table of 100,000 rows, from Arrow to the XML of
// its sheet.
func BenchmarkTable(b *testing.B) {
	const rows = 100_000
	spec := analysis.TableSpec{Name: "price_events", Key: 3, Columns: []analysis.ColumnSpec{
		{Name: "date", Type: analysis.Day32}, {Name: "company"}, {Name: "model"}, {Name: "kind"}, {Name: "currency"},
		{Name: "from_price", Type: analysis.Float, Unit: "money_per_mtok"}, {Name: "to_price", Type: analysis.Float, Unit: "money_per_mtok"},
		{Name: "drop", Type: analysis.Float, Unit: "fraction"}, {Name: "drop_reason"}, {Name: "event"}}}
	made := analysis.NewBuilder(spec)
	defer made.Release()
	for i := range rows {
		made.Date("date", analysis.DateOf(2024, 1, 1+i%300))
		made.Text("company", fmt.Sprintf("公司%d", i%500))
		made.Text("model", fmt.Sprintf("模型%d", i%5000))
		made.Text("kind", []string{"input", "output"}[i%2])
		made.Text("currency", "CNY")
		made.Float("from_price", float64(i%97)+0.5)
		made.Float("to_price", float64(i%89)+0.25)
		if i%10 > 0 {
			made.Float("drop", 0.125)
		} else {
			made.Text("drop_reason", "missing-input")
		}
		made.Text("event", "cut")
		made.EndRow()
	}
	t := made.Table()
	defer t.Rec.Release()
	root, text, err := ooxml.OutlineOf([]byte(emptyStyles))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		book := &book{lang: analysis.Zh, styles: newStylesheet(root, text, "Calibri"), wb: &analysis.Workbook{}, placed: map[string]*placed{}}
		s := &sheet{key: "prices", name: "价格", rowHeight: 15}
		book.table(s, 1, t)
		var n counted
		if err := s.write(&n, false, ""); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(n))
		if n < rows*300 {
			b.Fatalf("%d bytes", n)
		}
	}
}

type counted int

func (c *counted) Write(b []byte) (int, error) { *c += counted(len(b)); return len(b), nil }

// BenchmarkGraft is the copy of a workbook of 100,000 rows with a sheet of ours
// added, and its comparison with the original.
func BenchmarkGraft(b *testing.B) {
	a := story(b, analysis.DefaultParams())
	sheet := bytes.Repeat([]byte(`<row r="1"><c r="A1" t="inlineStr"><is><t>text</t></is></c></row>`), 100_000)
	var large bytes.Buffer
	if err := (ooxml.Patch{Add: []ooxml.NewPart{{Name: "xl/large.xml", Data: sheet}}}).Apply(&large, a.pkg.Original()); err != nil {
		b.Fatal(err)
	}
	original := large.Bytes()
	patch := ooxml.Patch{Add: []ooxml.NewPart{{Name: "xl/ours.xml", Data: sheet[:1<<20]}}}
	b.ReportAllocs()
	b.SetBytes(int64(len(original)))
	for b.Loop() {
		var copied bytes.Buffer
		if err := patch.Apply(&copied, original); err != nil {
			b.Fatal(err)
		}
		if kept, err := patch.Verify(original, bytes.NewReader(copied.Bytes()), int64(copied.Len())); err != nil || kept.Added != 1 {
			b.Fatal(kept, err)
		}
	}
}
