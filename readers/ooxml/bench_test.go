package ooxml

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// benchBook is a workbook as Excel lays it out: rows of a long table, a text for
// each subject and 40 others.
func benchBook(b *testing.B, rows int) []byte {
	b.Helper()
	parts := workbook()
	var sst, sheet strings.Builder
	for i := range 41 + rows/100 {
		fmt.Fprintf(&sst, `<si><t>模型 %d</t><phoneticPr fontId="1" type="noConversion"/></si>`, i)
	}
	for row := 1; row <= rows; row++ {
		fmt.Fprintf(&sheet, `<row r="%d" spans="1:5" x14ac:dyDescent="0.25"><c r="A%d" t="s"><v>%d</v></c><c r="B%d" s="2"><v>%d</v></c><c r="C%d" t="s"><v>%d</v></c><c r="D%d" s="3"><v>%d</v></c><c r="E%d" t="s"><v>%d</v></c></row>`,
			row, row, 40+row/100, row, 45000+row%900, row, row%40, row, row*7919, row, row%4)
	}
	parts["xl/sharedStrings.xml"] = `<sst xmlns="m">` + sst.String() + `</sst>`
	parts[sheet1] = sheetOfRows(sheet.String(), "")
	return pack(b, parts)
}

// BenchmarkOpen is preflight, workbook part, styles and shared strings.
func BenchmarkOpen(b *testing.B) {
	data := benchBook(b, 100_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Open(context.Background(), data, DefaultLimits()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStrings is 100,000 shared strings.
func BenchmarkStrings(b *testing.B) {
	parts := workbook()
	var sst strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&sst, `<si><t>模型 %d &amp; 其他</t><phoneticPr fontId="1" type="noConversion"/></si>`, i)
	}
	parts["xl/sharedStrings.xml"] = `<sst xmlns="m">` + sst.String() + `</sst>`
	pkg, err := Open(context.Background(), pack(b, parts), DefaultLimits())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(pkg.Part("xl/sharedStrings.xml").Size))
	for b.Loop() {
		pkg.strings = pkg.strings[:0]
		if err := pkg.readStrings(context.Background(), "xl/sharedStrings.xml"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCells is a sheet of 100,000 rows and 500,000 cells, from the deflated
// part to the grid.
func BenchmarkCells(b *testing.B) {
	pkg, err := Open(context.Background(), benchBook(b, 100_000), DefaultLimits())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(pkg.Part(sheet1).Size))
	for b.Loop() {
		g, err := pkg.Grid(context.Background(), 0)
		if err != nil || g.Cells() != 500_000 {
			b.Fatal(err)
		}
	}
}

// BenchmarkInflate is the floor of BenchmarkCells: the same part, inflated and
// summed only.
func BenchmarkInflate(b *testing.B) {
	pkg, err := Open(context.Background(), benchBook(b, 100_000), DefaultLimits())
	if err != nil {
		b.Fatal(err)
	}
	part := pkg.Part(sheet1)
	buf := make([]byte, blockBytes)
	b.SetBytes(int64(part.Size))
	for b.Loop() {
		r, err := part.open()
		for err == nil {
			_, err = r.Read(buf)
		}
	}
}
