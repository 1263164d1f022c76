package readers

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// FuzzSheet reads a workbook whose one sheet has the XML given. Nothing may panic,
// what is not read is a Refusal, and the law of readers holds: each row that is
// seen is kept or has a finding. Plain rows are what they are without their fast path.
func FuzzSheet(f *testing.F) {
	const head = `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`
	f.Add(head + `<row r="1"><c r="A1" t="str"><v>模型</v></c><c r="B1" t="str"><v>月份</v></c><c r="C1" t="str"><v>指标</v></c><c r="D1" t="str"><v>数值</v></c></row><row r="2"><c r="A2" t="str"><v>a</v></c><c r="B2" t="str"><v>2024-05</v></c><c r="C2" t="str"><v>MAU</v></c><c r="D2"><v>12</v></c></row><row r="3"><c r="A3" t="str"><v>合计</v></c><c r="D3"><v>12</v></c></row></sheetData></worksheet>`)
	f.Add(head + `<row><c t="str"><v>公司</v></c><c t="str"><v>2024Q1</v></c><c t="str"><v>2024Q2</v></c></row><row><c t="str"><v>甲</v></c><c t="str"><v>1.3万亿</v></c><c><f>B2</f></c></row></sheetData><mergeCells><mergeCell ref="A1:B1"/></mergeCells></worksheet>`)
	f.Add(head + `<row><c t="str"><v>模型</v></c><c t="str"><v>输入价格（元/百万tokens）</v></c><c t="str"><v>日期</v></c></row><row><c t="str"><v>b</v></c><c t="str"><v>免费</v></c><c t="d"><v>2024-05-21</v></c></row></sheetData></worksheet>`)
	for _, dir := range []string{"../../shared/corpus", "../../shared/corpus/hostile", "../../shared/data/real", "../samples/inbox"} {
		files, _ := filepath.Glob(filepath.Join(dir, "*.xlsx"))
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil || len(data) > 100<<10 {
				continue
			}
			pkg, err := ooxml.Open(context.Background(), data, ooxml.DefaultLimits())
			if err != nil {
				continue
			}
			for _, s := range pkg.Sheets {
				if part := pkg.Part(s.Part); s.Grid && part.Size < 8<<10 {
					if sheet, err := pkg.Bytes(s.Part); err == nil {
						f.Add(string(sheet))
					}
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, sheet string) {
		limits := ooxml.DefaultLimits()
		limits.PartBytes, limits.Cells, limits.Merges = 1<<20, 20_000, 1_000
		pkg, err := ooxml.Open(context.Background(), oneSheet(t, sheet), limits)
		var wb *analysis.Workbook
		if err == nil {
			wb, err = Read(context.Background(), pkg, "x.xlsx")
		}
		var refusal *ooxml.Refusal
		switch {
		case err == nil:
			law(t, wb)
			bothWays(t, pkg)
			wb.Tables.Release()
		case !errors.As(err, &refusal):
			t.Errorf("%v is no Refusal", err)
		}
	})
}

// bothWays reads a workbook with and without plainRows.
func bothWays(t *testing.T, pkg *ooxml.Package) {
	t.Helper()
	from := plainFrom
	defer func() { plainFrom = from }()
	var read [2]*analysis.Workbook
	for i, n := range []int{1, math.MaxInt} {
		plainFrom = n
		wb, err := Read(context.Background(), pkg, "x.xlsx")
		if err != nil {
			t.Fatal(err)
		}
		defer wb.Tables.Release()
		read[i] = wb
	}
	fast, slow := read[0], read[1]
	if !reflect.DeepEqual(fast.Findings, slow.Findings) {
		t.Errorf("plain rows have the findings\n%v\nslow ones\n%v", fast.Findings, slow.Findings)
	}
	for _, table := range []string{"metrics", "prices"} {
		f, s := fast.Tables[table], slow.Tables[table]
		if f.Rows() != s.Rows() {
			t.Fatalf("%s: %d plain rows, %d slow ones", table, f.Rows(), s.Rows())
		}
		if s.Rows() == 0 {
			continue
		}
		for i, field := range s.Rec.Schema().Fields() {
			for row := range s.Rows() {
				got, want := f.Rec.Column(i).ValueStr(row), s.Rec.Column(i).ValueStr(row)
				if field.Name == "source" {
					got, want = fmt.Sprint(f.Sources[f.Int("source").Or(row, 0)]), fmt.Sprint(s.Sources[s.Int("source").Or(row, 0)])
				}
				if got != want {
					t.Errorf("%s of plain row %d of %s is %s, of the slow one %s", field.Name, row, table, got, want)
				}
			}
		}
	}
}

// law holds rows seen = rows kept + rows left out, each of which a finding names.
func law(t *testing.T, wb *analysis.Workbook) {
	t.Helper()
	left, said := 0, 0
	type place struct{ sheet, area string }
	counted := map[place]bool{}
	for _, r := range wb.Regions {
		if r.RowsKept > r.RowsSeen {
			t.Errorf("%s!%s: %d rows kept of %d seen", r.Sheet, r.Range, r.RowsKept, r.RowsSeen)
		}
		if at := (place{r.Sheet, r.Range}); !counted[at] {
			counted[at] = true
			left += r.RowsSeen - r.RowsKept
		}
	}
	for _, f := range wb.Findings {
		if f.Effect != analysis.Noted && f.At.Row > 0 && f.Code != "merge-covers" {
			said++
		}
	}
	if said < left {
		t.Errorf("%d rows are left out, %d findings say so", left, said)
	}
}

// oneSheet is a workbook of one sheet.
func oneSheet(t testing.TB, sheet string) []byte {
	return oneSheetWith(t, sheet, `<sst><si><t>模型</t></si><si><t>2024年5月</t></si><si><t>MAU（万）</t></si><si><t>1.2亿</t></si><si><t>合计</t></si></sst>`)
}

// oneSheetWith is a workbook of one sheet and its shared strings.
func oneSheetWith(t testing.TB, sheet, strings string) []byte {
	t.Helper()
	const rels = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, part := range [][2]string{
		{"_rels/.rels", rels + `<Relationship Id="r1" Type="t/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns:r="r"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", rels + `<Relationship Id="r1" Type="t/worksheet" Target="sheet.xml"/><Relationship Id="r2" Type="t/styles" Target="styles.xml"/><Relationship Id="r3" Type="t/sharedStrings" Target="strings.xml"/></Relationships>`},
		{"xl/styles.xml", `<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="9"/><xf numFmtId="17"/></cellXfs></styleSheet>`},
		{"xl/strings.xml", strings},
		{"xl/sheet.xml", sheet},
	} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: part[0], Method: zip.Deflate})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(part[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
