package readers

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"shakeout/readers/ooxml"
)

// BenchmarkRead reads a long table of 100,000 rows (model, month, metric, value,
// unit) from the bytes of the file to Arrow tables and findings. Its floor, the
// inflating alone, is BenchmarkInflate of readers/ooxml.
//
//	go test -run '^$' -bench 'Read|Open|Strings|Cells|Inflate' ./readers/...
func BenchmarkRead(b *testing.B) {
	const rows, models = 100_000, 2_000
	metrics, units := []string{"月活用户", "调用量", "Token量", "收入"}, []string{"人", "次", "token", "万元"}
	var sst, sheet strings.Builder
	sst.WriteString("<sst>")
	for _, s := range append(append([]string{"模型", "月份", "指标", "数值", "单位"}, metrics...), units...) {
		fmt.Fprintf(&sst, "<si><t>%s</t></si>", s)
	}
	for i := range models {
		fmt.Fprintf(&sst, "<si><t>模型甲%d</t></si>", i)
	}
	sst.WriteString("</sst>")
	sheet.WriteString(`<worksheet><sheetData><row r="1" spans="1:5"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c><c r="D1" t="s"><v>3</v></c><c r="E1" t="s"><v>4</v></c></row>`)
	for row := 2; row <= rows+1; row++ {
		i := row - 2
		fmt.Fprintf(&sheet, `<row r="%d" spans="1:5"><c r="A%d" t="s"><v>%d</v></c><c r="B%d" s="1"><v>%d</v></c><c r="C%d" t="s"><v>%d</v></c><c r="D%d"><v>%d</v></c><c r="E%d" t="s"><v>%d</v></c></row>`,
			row, row, 13+i/48%models, row, 45000+30*(i/4%12), row, 5+i%4, row, 1000+i%7, row, 9+i%4)
	}
	sheet.WriteString("</sheetData></worksheet>")
	data := oneSheetWith(b, sheet.String(), sst.String())
	b.ReportAllocs()
	for b.Loop() {
		pkg, err := ooxml.Open(context.Background(), data, ooxml.DefaultLimits())
		if err != nil {
			b.Fatal(err)
		}
		wb, err := Read(context.Background(), pkg, "x.xlsx")
		if err != nil {
			b.Fatal(err)
		}
		if n := wb.Tables["metrics"].Rows(); n != rows {
			b.Fatalf("%d rows", n)
		}
		wb.Tables.Release()
	}
}
