package readers

import (
	"context"
	"testing"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// A value under a merged range is not read, and that is said with its cell.
func TestCoveredValuesAreNamed(t *testing.T) {
	sheet := `<worksheet><sheetData>` +
		`<row r="1"><c r="A1" t="str"><v>公司</v></c><c r="B1" t="str"><v>月份</v></c><c r="C1" t="str"><v>月活</v></c></row>` +
		`<row r="2"><c r="A2" t="str"><v>甲</v></c><c r="B2" t="str"><v>2024-05</v></c><c r="C2"><v>12</v></c></row>` +
		`<row r="3"><c r="A3" t="str"><v>乙</v></c><c r="B3" t="str"><v>2024-05</v></c><c r="C3"><v>7</v></c></row>` +
		`</sheetData><mergeCells><mergeCell ref="A2:A1048576"/></mergeCells></worksheet>`
	pkg, err := ooxml.Open(context.Background(), oneSheet(t, sheet), ooxml.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	wb, err := Read(context.Background(), pkg, "x.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	defer wb.Tables.Release()
	n := 0
	for _, f := range wb.Findings {
		if f.Code == "merge-covers" {
			n++
			if f.Effect != analysis.Blanked || f.At.Cell() != "A3" || f.Got != "乙" {
				t.Errorf("%+v", f)
			}
		}
	}
	if n != 1 {
		t.Errorf("%d findings say it, want 1: %v", n, wb.Findings)
	}
}
