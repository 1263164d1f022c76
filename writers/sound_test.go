package writers

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
	"shakeout/samples"
)

// Whatever the workbook, there is nothing in our parts that Excel would repair.
func TestNothingToRepair(t *testing.T) {
	files := originals(t)
	sound, tried := 0, 0
	for i, o := range files {
		if !long && i%3 > 0 {
			continue
		}
		tried++
		wrong, err := samples.Unsound(enriched(t, o, analysis.Zh))
		if err != nil {
			t.Errorf("%s: %v", o.name, err)
		}
		before, err := samples.Unsound(o.data) // what was wrong before may stay wrong
		if err != nil {
			t.Errorf("%s: %v", o.name, err)
		}
		wrong = slices.DeleteFunc(wrong, func(w string) bool { return slices.Contains(before, w) })
		for _, w := range wrong {
			t.Errorf("%s: %s", o.name, w)
		}
		if len(wrong) == 0 {
			sound++
		}
	}
	t.Logf("%d of %d copies are sound", sound, tried)
	if sound == 0 {
		t.Error("nothing was looked at")
	}
}

// Each kind of damage is seen.
func TestDamageIsSeen(t *testing.T) {
	whole := enriched(t, sample(t), analysis.En)
	pkg := open(t, whole)
	ours := ""
	for _, s := range pkg.Sheets {
		if s.Ours && ours == "" {
			ours = s.Part
		}
	}
	tests := []struct{ name, part, from, to string }{
		{"sheet id twice", "xl/workbook.xml", `sheetId="5"`, `sheetId="4"`},
		{"name twice", "xl/workbook.xml", `_shakeout.funnel`, `_shakeout.summary`},
		{"name of no sheet", "xl/workbook.xml", `localSheetId="4"`, `localSheetId="94"`},
		{"order of the workbook", "xl/workbook.xml", `<sheets>`, `<definedNames/><sheets>`},
		{"part typed twice", "[Content_Types].xml", `</Types>`, `<Override PartName="/XL/workbook.xml" ContentType="x"/></Types>`},
		{"format of no font", "xl/styles.xml", `fontId="3"`, `fontId="333"`},
		{"number format", "xl/styles.xml", `numFmtId="164" formatCode`, `numFmtId="1640" formatCode`},
		{"cell format", ours, ` s="2"`, ` s="22222"`},
		{"rows", ours, `<row r="3"`, `<row r="2"`},
		{"cells", ours, `<c r="A3"`, `<c r="A4"`},
		{"link to nowhere", ours, `location="'Funnel'!`, `location="'Tunnel'!`},
		{"order of the sheet", ours, `<pageMargins`, `<cols/><pageMargins`},
		{"number", ours, `<v>`, `<v>NaN`},
		{"chart drawn from nowhere", "xl/charts/chart1.xml", `<c:f>'Funnel'!`, `<c:f>'Tunnel'!`},
		{"order of a chart", "xl/charts/chart1.xml", `<c:plotVisOnly val="0"/>`, `<c:plotVisOnly val="0"/><c:legend/>`},
		{"axis", "xl/charts/chart1.xml", `<c:crossAx val="222222"/>`, `<c:crossAx val="222223"/>`},
	}
	for _, test := range tests {
		text := contentOf(t, whole, test.part)
		at := strings.Index(text, test.from)
		if at < 0 {
			t.Errorf("%s: %s holds no %s", test.name, test.part, test.from)
			continue
		}
		var damaged bytes.Buffer
		patch := ooxml.Patch{Edits: map[string][]ooxml.Edit{test.part: {{At: at, Cut: len(test.from), Put: test.to}}}}
		if err := patch.Apply(&damaged, whole); err != nil {
			t.Fatal(err)
		}
		if wrong, err := samples.Unsound(damaged.Bytes()); err != nil || len(wrong) == 0 {
			t.Errorf("%s: not seen (%v)", test.name, err)
		}
	}
}
