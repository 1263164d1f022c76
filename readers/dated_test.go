package readers

import (
	"testing"

	"shakeout/analysis"
)

// The caption of one table does not date a workbook whose other tables go on; the
// name of the file does.
func TestWhatDatesAWorkbook(t *testing.T) {
	const counts = "[head]\t时间\t指标\t数值\n2024年11月\tMAU\t100万\n2026年6月\tMAU\t300万\n"
	for _, c := range []struct{ name, file, sheets, want string }{
		{"caption", "x.xlsx", "-- sheet/一 --\n" + counts + "-- sheet/二 --\n[title]\t产品月活（截至2025年3月）\t<\n[head]\t产品\t月活（万人）\nA\t5\n", "2026-06-30"},
		{"file", "月活_2024年12月.xlsx", "-- sheet/一 --\n" + counts + "-- sheet/二 --\n[head]\t产品\t月活（万人）\nA\t5\n", "2024-12-31"},
	} {
		t.Run(c.name, func(t *testing.T) {
			wb := readSample(t, "-- workbook --\nfile "+c.file+"\n"+c.sheets)
			if got := analysis.FormatDate(wb.Dated); got != c.want || wb.Tables["metrics"].Rows() != 3 {
				t.Errorf("dated %s with %d metrics, want %s with 3", got, wb.Tables["metrics"].Rows(), c.want)
			}
		})
	}
}
