package writers

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

const escapes = `a_x000D_b_x005F_x0041__x_xzzzz_`

// nasty are texts as analysts' cells may hold them, and as our sheets show them.
var nasty = []struct{ typed, shown string }{
	{`=cmd|' /C calc'!A0`, ``},
	{`=1+1`, ``},
	{`+1+1`, ``},
	{`-2+3+cmd|' /C calc'!A0`, ``},
	{`@SUM(1+1)*cmd|' /C calc'!A0`, ``},
	{`＝1+1`, ``},
	{"\t=1+1", ``},
	{" =HYPERLINK(\"http://example.test\",\"看\")", ``},
	{"\x00\x01=1+1\x1f", "=1+1"},
	{`=HYPERLINK("file:///etc/passwd")`, ``},
	{`javascript:alert(1)`, ``},
	{`\\example.test\share\x.exe`, ``},
	{`'=1`, ``},
	{`{=1}`, ``},
	{`_x0041_`, ``},
	{escapes, ``},
	{"一\r\n二\n三", "一\n二\n三"},
	{`"><f>1</f><t>&amp;&#65;</t>]]>`, ``},
	{"مرحبا \u202eabc\u202c שלום", ``},
	{"👩🏽‍🚀🇨🇳 𠮷野家", ``},
	{"\ufffe\uffff有", "有"},
	{"\xff坏", "\ufffd坏"},
	{strings.Repeat("长", 40000), strings.Repeat("长", 32767)},
	{strings.Repeat("😀", 20000), strings.Repeat("😀", 16383)},
	{"  前后空格  ", ``},
	{`TRUE`, ``},
	{`#REF!`, ``},
	{`1e5`, ``},
	{`2024-01-01`, ``},
}

// Whatever an analyst typed stays text wherever our sheets repeat it: read by
// ourselves, by excelize, and after LibreOffice has loaded and saved it.
func TestTypedTextStaysText(t *testing.T) {
	o := sample(t)
	pkg := open(t, o.data)
	wb := &analysis.Workbook{Name: `=1+1".xlsx`, SHA256: strings.Repeat("0", 64), Lang: analysis.Zh, Sheets: []string{"Sheet1", "指标", "价格"}}
	region := analysis.Region{Table: "prices", Sheet: "价格", Range: "A1:B2", HeaderRows: []int{1}, RowsSeen: 1, RowsKept: 1}
	b := analysis.NewBuilder(analysis.TableSpec{Name: "models", Key: 1, Columns: join(texts("model", "company"))})
	defer b.Release()
	for i, n := range nasty {
		wb.Findings = append(wb.Findings, analysis.Finding{Effect: analysis.Noted, Code: "row-total", At: analysis.Ref{File: wb.Name, Sheet: "价格", Row: i + 1, Col: 1}, Got: n.typed})
		region.Columns = append(region.Columns, analysis.RegionColumn{Column: "model", Header: n.typed, Cell: "A1", Unit: n.typed})
		b.Text("model", n.typed)
		b.Text("company", n.typed)
		b.EndRow()
	}
	wb.Regions = []analysis.Region{region}
	result := analysis.Result{Name: "models", Tables: []analysis.Table{b.Table()}}
	defer result.Release()
	var out bytes.Buffer
	if err := Enrich(context.Background(), &out, pkg, wb, []analysis.Result{result}, analysis.DefaultParams(), Options{Version: "1"}); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{} // each is repeated in its finding, as header and unit, and twice in the table
	for _, n := range nasty {
		want[shownOf(n.typed, n.shown)] += 5
	}

	check := func(t *testing.T, data []byte, marked bool) {
		t.Helper()
		is := open(t, data)
		got, prefixed := map[string]int{}, 0
		quoted := quotedFormats(t, is)
		for i, s := range is.Sheets {
			if !s.Ours {
				continue
			}
			g := grid(t, is, i)
			for row := 1; row <= g.Rows(); row++ {
				for col := 1; col <= g.RowCols(row); col++ {
					c := g.At(row, col)
					if c.Kind != ooxml.Text {
						continue
					}
					got[c.Text]++
					if c.Formula && strings.Contains(c.Text, "cmd") {
						t.Errorf("%s row %d column %d is a formula: %q", s.Name, row, col, c.Text)
					}
					if beginsFormula(c.Text) && quoted[c.Style] {
						prefixed++
					} else if beginsFormula(c.Text) && marked {
						t.Errorf("%s row %d column %d would become a formula when edited: %q", s.Name, row, col, c.Text)
					}
				}
			}
			part := contentOf(t, data, s.Part)
			for _, f := range strings.Split(part, "<f")[1:] {
				if f = f[:strings.Index(f, "</f")]; strings.Contains(f, "cmd") || strings.Contains(f, "example") || strings.Contains(f, "1+1") {
					t.Errorf("%s has the formula %q", s.Name, f)
				}
			}
			for _, l := range strings.Split(part, "<hyperlink ")[1:] {
				if l = l[:strings.IndexByte(l, '>')]; strings.Contains(l, "r:id") || strings.Contains(l, "example") {
					t.Errorf("%s has the link %q", s.Name, l)
				}
			}
			for _, r := range relationsOf(t, is, s.Part) {
				if strings.Contains(r.Type, "hyperlink") {
					t.Errorf("%s leads out of the workbook to %q", s.Name, r.Target)
				}
			}
		}
		for text, n := range want {
			if got[text] < n {
				t.Errorf("%.60q stands in %d cells, want %d", text, got[text], n)
			}
		}
		if marked && prefixed == 0 {
			t.Error("no text is marked as text")
		}
	}
	check(t, out.Bytes(), true)

	f, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	for i := range nasty {
		cell := address(5+i, 5)
		if formula, _ := f.GetCellFormula("问题", cell); formula != "" {
			t.Errorf("%s has the formula %q", cell, formula)
		}
		if kind, _ := f.GetCellType("问题", cell); kind != excelize.CellTypeInlineString {
			t.Errorf("%s is of type %v", cell, kind)
		}
	}

	t.Run("LibreOffice", func(t *testing.T) {
		file := save(t, t.TempDir(), 1, "x.xlsx", out.Bytes())
		data, err := os.ReadFile(filepath.Join(convert(t, "xlsx:Calc MS Excel 2007 XML", file), filepath.Base(file)))
		if err != nil {
			t.Fatal(err)
		}
		delete(want, escapes) // it writes escapes of escapes in its own way
		check(t, data, false)
	})
}

func shownOf(typed, shown string) string {
	if shown == "" {
		return typed
	}
	return shown
}

// quotedFormats are the cell formats whose text stays text.
func quotedFormats(t *testing.T, pkg *ooxml.Package) map[int]bool {
	t.Helper()
	root, _, err := pkg.Outline(pkg.Styles)
	if err != nil {
		t.Fatal(err)
	}
	quoted := map[int]bool{}
	for i, xf := range root.Child("cellXfs").Children {
		if v := xf.Get("quotePrefix"); v == "1" || v == "true" {
			quoted[i] = true
		}
	}
	return quoted
}

func relationsOf(t *testing.T, pkg *ooxml.Package, part string) []ooxml.Relation {
	t.Helper()
	all, err := pkg.Relations(part)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A cell takes 32,767 UTF-16 units, and escapes do not count.
func TestEscapeCell(t *testing.T) {
	for _, text := range []string{strings.Repeat("_x0041_", 5000), strings.Repeat("&", 40000), strings.Repeat("😀", 16384)} {
		escaped := escapeCell(text)
		plain := strings.NewReplacer("_x005F_", "_", "&amp;", "&").Replace(escaped)
		if n := len(utf16.Encode([]rune(plain))); n > maxText || n < maxText-1 {
			t.Errorf("%d units left of %.20q", n, text)
		}
	}
}
