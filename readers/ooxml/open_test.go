package ooxml

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"hash/crc32"
	"strings"
	"testing"
)

// parts of a small workbook; tests change one and look what happens.
func workbook() map[string]string {
	const main = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	const rel = `xmlns="http://schemas.openxmlformats.org/package/2006/relationships"`
	const types = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	return map[string]string{
		"[Content_Types].xml":        `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		"_rels/.rels":                `<Relationships ` + rel + `><Relationship Id="r1" Type="` + types + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook ` + main + ` xmlns:r="` + types + `"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships ` + rel + `><Relationship Id="r1" Type="` + types + `/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="` + types + `/sharedStrings" Target="/xl/sharedStrings.xml"/><Relationship Id="r3" Type="` + types + `/styles" Target="styles.xml"/></Relationships>`,
		"xl/sharedStrings.xml":       `<sst ` + main + `><si><t>plain</t></si><si><r><t>rich </t></r><r><t>text</t></r><rPh sb="0" eb="1"><t>phonetic</t></rPh></si><si><t>a_x000A_b</t></si></sst>`,
		"xl/styles.xml":              `<styleSheet ` + main + `><numFmts count="9"><numFmt numFmtId="170" formatCode="yyyy&quot;年&quot;m&quot;月&quot;"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs count="1"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/><xf numFmtId="10"/></cellXfs></styleSheet>`,
		"xl/worksheets/sheet1.xml": `<worksheet ` + main + `><sheetData>` +
			`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c></row>` +
			`<row r="2" hidden="1"><c r="A2"><v>1.5</v></c><c r="B2" s="1"><v>45433</v></c><c r="C2" s="2"><v>45433</v></c><c r="D2" s="3"><v>0.5</v></c></row>` +
			`<row><c><f>A2*2</f><v>3</v></c><c><f>A2*2</f></c><c t="b"><v>1</v></c><c t="e"><v>#N/A</v></c><c t="inlineStr"><is><t>in</t></is></c><c t="str"><f>x</f><v>s</v></c><c t="d"><v>2024-05-21</v></c></row>` +
			`</sheetData><mergeCells><mergeCell ref="A1:B2"/></mergeCells></worksheet>`,
	}
}

func pack(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range parts {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCells(t *testing.T) {
	pkg, err := Open(context.Background(), pack(t, workbook()), DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	g, err := pkg.Grid(context.Background(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		row, col int
		want     Cell
	}{
		{1, 1, Cell{Kind: Text, Text: "plain"}}, {1, 2, Cell{Kind: Text, Text: "rich text"}}, {1, 3, Cell{Kind: Text, Text: "a\nb"}},
		{2, 1, Cell{Kind: Number, Num: 1.5}}, {2, 2, Cell{Kind: Number, Num: 45433, Style: 1}},
		{3, 1, Cell{Kind: Number, Num: 3, Formula: true}}, {3, 2, Cell{Kind: NoCache, Formula: true}}, {3, 3, Cell{Kind: Bool, Num: 1}}, {3, 4, Cell{Kind: Error, Text: "#N/A"}},
		{3, 5, Cell{Kind: Text, Text: "in"}}, {3, 6, Cell{Kind: Text, Text: "s", Formula: true}}, {3, 7, Cell{Kind: Number, Num: 45433, Style: isoStyle}},
		{3, 8, Cell{}}, {9, 9, Cell{}}, {0, 0, Cell{}},
	} {
		if got := g.At(c.row, c.col); got != c.want {
			t.Errorf("row %d column %d: got %+v, want %+v", c.row, c.col, got, c.want)
		}
	}
	if len(g.Merges) != 1 || g.Merges[0] != (Range{1, 1, 2, 2}) {
		t.Errorf("merges: %v", g.Merges)
	}
	if g.HiddenRow(1) || !g.HiddenRow(2) {
		t.Error("row 2 and no other is hidden")
	}
	if f := pkg.Format(1); !f.Date || !f.Day || !f.Month {
		t.Errorf("format 14: %+v", f)
	}
	if f := pkg.Format(2); !f.Date || f.Day || !f.Month {
		t.Errorf("yyyy年m月: %+v", f)
	}
	if f := pkg.Format(3); f.Date || !f.Percent {
		t.Errorf("format 10: %+v", f)
	}
}

func TestFormats(t *testing.T) {
	for code, want := range map[string]string{
		"yyyy-mm-dd": "date day", "mmm-yy": "date", `[$-409]mmm yyyy`: "date", `yyyy"年"m"月"d"日"`: "date day", "d-mmm": "date day", "yyyy": "date",
		"0.0%": "percent", "0": "", "General": "", `[Red]0`: "", `"day"0`: "", "[h]:mm": "", "h:mm:ss": "", `#,##0.00 "元"`: "", `\d0`: "", "m/d/yy h:mm": "date day", `0.00E+00`: "", "@": "",
	} {
		f, got := parseFormat(code), ""
		if f.Date {
			got = "date"
			if f.Day {
				got += " day"
			}
		} else if f.Percent {
			got = "percent"
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", code, got, want)
		}
	}
}

// A damaged part is an error, never a shorter sheet.
func TestDamageIsRefused(t *testing.T) {
	const sheet = "xl/worksheets/sheet1.xml"
	change := func(part, old, new string) map[string]string {
		p := workbook()
		if !strings.Contains(p[part], old) {
			t.Fatalf("%s does not hold %s", part, old)
		}
		p[part] = strings.Replace(p[part], old, new, 1)
		return p
	}
	whole := pack(t, workbook())
	for name, c := range map[string]struct {
		data []byte
		code string
	}{
		"sheet ends early":             {pack(t, change(sheet, "</worksheet>", "")), "damaged-part"},
		"sheet cut inside a row":       {pack(t, func() map[string]string { p := workbook(); p[sheet] = p[sheet][:300]; return p }()), "damaged-part"},
		"tags do not match":            {pack(t, change(sheet, "</row>", "</rov>")), "damaged-part"},
		"second root":                  {pack(t, change(sheet, "</worksheet>", "</worksheet><x/>")), "damaged-part"},
		"shared string out of range":   {pack(t, change(sheet, "<v>2</v>", "<v>7</v>")), "damaged-part"},
		"number that is none":          {pack(t, change(sheet, "<v>1.5</v>", "<v>1.5x</v>")), "damaged-part"},
		"cell beyond the last column":  {pack(t, change(sheet, `r="A2"`, `r="ZZZZ2"`)), "damaged-part"},
		"document type":                {pack(t, change("xl/workbook.xml", "<workbook", "<!DOCTYPE x [<!ENTITY a 'b'>]><workbook")), "doctype"},
		"file cut short":               {whole[:len(whole)-40], "damaged-zip"},
		"wrong CRC":                    {wrongCRC(t, sheet), "damaged-part"},
		"not a zip":                    {[]byte("\x00\x01garbage"), "not-a-workbook"},
		"text":                         {[]byte("a,b\n1,2\n"), "text-file"},
		"html":                         {[]byte("\xef\xbb\xbf <html>"), "html"},
		"empty":                        {nil, "empty-file"},
		"name that leads out":          {pack(t, map[string]string{"../evil": "x"}), "unsafe-name"},
		"two parts of one name":        {pack(t, map[string]string{"A.xml": "x", "a.xml": "y"}), "duplicate-part"},
		"no workbook":                  {pack(t, map[string]string{"a.xml": "<a/>"}), "not-a-workbook"},
		"old workbook":                 {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 Workbook"), "old-xls"},
		"part that the workbook lacks": {pack(t, func() map[string]string { p := workbook(); delete(p, sheet); return p }()), ""},
	} {
		pkg, err := Open(context.Background(), c.data, DefaultLimits())
		if err == nil && pkg.Sheets[0].Grid {
			_, err = pkg.Grid(context.Background(), 0)
		}
		var r *Refusal
		switch {
		case c.code == "":
			if err == nil && pkg.Sheets[0].Grid {
				t.Errorf("%s: read", name)
			}
		case !errors.As(err, &r):
			t.Errorf("%s: got %v, want a refusal", name, err)
		case r.Code != c.code:
			t.Errorf("%s: got %v, want %s", name, r, c.code)
		}
	}
}

// wrongCRC packs a workbook whose sheet inflates to other bytes than were summed.
func wrongCRC(t *testing.T, part string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range workbook() {
		h := &zip.FileHeader{Name: name, Method: zip.Store, CRC32: crc32.ChecksumIEEE([]byte(text)), CompressedSize64: uint64(len(text)), UncompressedSize64: uint64(len(text))}
		if name == part {
			text = strings.Replace(text, "1.5", "9.5", 1)
		}
		w, err := z.CreateRaw(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
