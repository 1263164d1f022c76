package ooxml

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/unicode"

	"shakeout/analysis"
	"shakeout/writers/text"
)

const sheet1 = "xl/worksheets/sheet1.xml"

// sheetOfRows is a worksheet around rows, with what follows them.
func sheetOfRows(rows, after string) string {
	return `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + rows + `</sheetData>` + after + `</worksheet>`
}

// read opens a workbook made of the usual parts with some replaced ("" removes
// one) and reads its first sheet.
func read(t *testing.T, replace map[string]string) (*Package, *Grid, error) {
	t.Helper()
	parts := workbook()
	for name, s := range replace {
		if s == "" {
			delete(parts, name)
			continue
		}
		parts[name] = s
	}
	return readBytes(pack(t, parts), DefaultLimits())
}

func readBytes(data []byte, limits Limits) (*Package, *Grid, error) {
	pkg, err := Open(context.Background(), data, limits)
	if err != nil {
		return nil, nil, err
	}
	g, err := pkg.Grid(context.Background(), 0)
	return pkg, g, err
}

// shown writes a grid's cells on one line: A1=text B1=#1.5 C1=! (no value).
func shown(g *Grid) string {
	var out []string
	for row := 1; row <= g.Rows(); row++ {
		for col := 1; col <= g.RowCols(row); col++ {
			c := g.At(row, col)
			v := ""
			switch c.Kind {
			case Blank:
				continue
			case Number:
				v = fmt.Sprintf("#%v", c.Num)
			case Bool:
				v = fmt.Sprintf("?%v", c.Num)
			case Error:
				v = "!" + c.Text
			case NoCache:
				v = "nothing"
			case Text:
				v = c.Text
			}
			out = append(out, refOf(row, col)+"="+v)
		}
	}
	return strings.Join(out, " ")
}

// TestRows reads what sheets may hold. want is the cells, or the code of a
// refusal after a minus sign.
func TestRows(t *testing.T) {
	cells := 0
	for _, c := range []struct{ name, rows, want string }{
		{"plain", `<row r="1"><c r="A1"><v>1</v></c><c r="C1" t="s"><v>0</v></c></row><row r="2"><c r="B2"><v>-2.5</v></c></row>`, "A1=#1 C1=plain B2=#-2.5"},
		{"no references", `<row><c><v>1</v></c><c/><c><v>2</v></c></row><row/><row><c><v>3</v></c></row>`, "A1=#1 C1=#2 A3=#3"},
		{"attributes in another order and quote", `<row spans='1:2' r='1'><c t='s' s='0' r='A1'><v>0</v></c><c s="1" r="B1"><v>2</v></c></row>`, "A1=plain B1=#2"},
		{"spaces in tags", `<row r="1" ><c  r = "A1"	t="s" ><v >0</v ></c ></row >`, "A1=plain"},
		{"rows out of order", `<row r="3"><c r="A3"><v>3</v></c></row><row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>0</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>`, "A1=#0 B1=#1 A2=#2 A3=#3"},
		{"a row in two pieces", `<row r="1"><c r="A1"><v>1</v></c></row><row r="2"/><row r="1"><c r="B1"><v>2</v></c></row>`, "A1=#1 B1=#2"},
		{"a cell twice", `<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>`, "-damaged-part"},
		{"a row twice", `<row r="1"><c r="A1"><v>1</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>`, "-damaged-part"},
		{"cell and row disagree", `<row r="2"><c r="B7"><v>1</v></c></row>`, "-damaged-part"},
		{"row 0", `<row r="0"><c><v>1</v></c></row>`, "-damaged-part"},
		{"row -1", `<row r="-1"><c><v>1</v></c></row>`, "-damaged-part"},
		{"row beyond the last", `<row r="1048577"><c r="A1048577"><v>1</v></c></row>`, "-damaged-part"},
		{"column beyond the last", `<row r="1"><c r="XFE1"><v>1</v></c></row>`, "-damaged-part"},
		{"last cell only", `<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>`, "XFD1048576=#1"},
		{"no reference that is one", `<row r="1"><c r="1A"><v>1</v></c></row>`, "-damaged-part"},
		{"row given twice in a tag", `<row r="1" r="2"><c><v>1</v></c></row>`, "-damaged-part"},
		{"string that is not there", `<row r="1"><c r="A1" t="s"><v>3</v></c></row>`, "-damaged-part"},
		{"string -1", `<row r="1"><c r="A1" t="s"><v>-1</v></c></row>`, "-damaged-part"},
		{"string 99999999999999999999", `<row r="1"><c r="A1" t="s"><v>99999999999999999999</v></c></row>`, "-damaged-part"},
		{"types", `<row r="1"><c r="A1" t="b"><v>1</v></c><c r="B1" t="b"><v>false</v></c><c r="C1" t="e"><v>#DIV/0!</v></c><c r="D1" t="str"><v>x</v></c><c r="E1" t="inlineStr"><is><t>y</t></is></c><c r="F1" t="n"><v>7</v></c></row>`, "A1=?1 B1=?0 C1=!#DIV/0! D1=x E1=y F1=#7"},
		{"truth value 2", `<row r="1"><c r="A1" t="b"><v>2</v></c></row>`, "-damaged-part"},
		{"type that is none", `<row r="1"><c r="A1" t="x"><v>2</v></c></row>`, "-damaged-part"},
		{"dates", `<row r="1"><c r="A1" t="d"><v>2024-05-21</v></c><c r="B1" t="d"><v>2024-05-21T12:00:00</v></c><c r="C1" t="d"><v>2024-02-30</v></c><c r="D1" t="d"><v>1900-01-01</v></c></row>`, "A1=#45433 B1=#45433.5 C1=2024-02-30 D1=#1"},
		{"no number", `<row r="1"><c r="A1"><v>NaN</v></c><c r="B1"><v>-Infinity</v></c><c r="C1"><v>1e999</v></c></row>`, "A1=!NaN B1=!-Infinity C1=!1e999"},
		{"hexadecimal", `<row r="1"><c r="A1"><v>0x10</v></c></row>`, "-damaged-part"},
		{"comma", `<row r="1"><c r="A1"><v>1,5</v></c></row>`, "-damaged-part"},
		{"underscore", `<row r="1"><c r="A1"><v>1_000</v></c></row>`, "-damaged-part"},
		{"numbers", `<row r="1"><c r="A1"><v>1E3</v></c><c r="B1"><v> 12 </v></c><c r="C1"><v>-0.1</v></c><c r="D1"><v>1.7976931348623157E+308</v></c><c r="E1"><v>12345678901234567890123</v></c><c r="F1"><v>.5</v></c></row>`, "A1=#1000 B1=#12 C1=#-0.1 D1=#1.7976931348623157e+308 E1=#1.2345678901234568e+22 F1=#0.5"},
		{"two values", `<row r="1"><c r="A1"><v>1</v><v>2</v></c></row>`, "-damaged-part"},
		{"an element in a value", `<row r="1"><c r="A1"><v>1<b>0</b></v></c></row>`, "-damaged-part"},
		{"comment, instruction and CDATA in a value", `<row r="1"><c r="A1"><v>1<!-- 5 -->2<?x y?></v></c><c r="B1" t="str"><v><![CDATA[a<b]]>&amp;c</v></c><!-- <c r="C1"><v>1</v></c> --></row>`, "A1=#12 B1=a<b&c"},
		{"references", `<row r="1"><c r="A1" t="str"><v>&lt;&#x4E2D;&#25991;&gt;</v></c></row>`, "A1=<中文>"},
		{"unknown reference", `<row r="1"><c r="A1" t="str"><v>&nbsp;</v></c></row>`, "-damaged-part"},
		{"reference to half a character", `<row r="1"><c r="A1" t="str"><v>&#xD800;</v></c></row>`, "-damaged-part"},
		{"escapes", `<row r="1"><c r="A1" t="str"><v>a_x000A_b_x005F_x0041_</v></c><c r="B1" t="inlineStr"><is><t>_xD83D__xDE00__xD83D_</t></is></c></row>`, "A1=a\nb_x0041_ B1=😀\uFFFD"},
		{"line ends", "<row r=\"1\"><c r=\"A1\" t=\"str\"><v>a\r\nb\rc</v></c></row>", "A1=a\nb\nc"},
		{"rich text in the cell", `<row r="1"><c r="A1" t="inlineStr"><is><r><rPr><b/></rPr><t xml:space="preserve">a </t></r><r><t>b</t></r><rPh sb="0" eb="1"><t>phonetic</t></rPh></is></c></row>`, "A1=a b"},
		{"inline text as value", `<row r="1"><c r="A1" t="inlineStr"><v>x</v></c><c r="B1"><is><t>y</t></is></c></row>`, "A1=x B1=y"},
		{"formulas", `<row r="1"><c r="A1"><f>B1</f><v>2</v></c><c r="B1"><f>1+</f></c><c r="C1" t="str"><f>""</f><v></v></c><c r="D1" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>`, "A1=#2 B1=nothing D1=!#DIV/0!"},
		{"empty values", `<row r="1"><c r="A1" t="s"><v></v></c><c r="B1"><v/></c><c r="C1" s="1"/></row>`, ""},
		{"prefixes inside", `<row r="1"><c r="A1"><v>1</v></c><x:extLst xmlns:x="u"><x:c r="B1"><x:v>2</x:v></x:c></x:extLst></row>`, "A1=#1"},
		{"what is no cell", `<row r="1"><c r="A1"><v>1</v><extLst><ext><v>9</v></ext></extLst></c></row><note>text</note>`, "A1=#1"},
		{"style that is no number", `<row r="1"><c r="A1" s="x"><v>1</v></c></row>`, "-damaged-part"},
		{"style that is not there", `<row r="1"><c r="A1" s="4000000"><v>1</v></c></row>`, "A1=#1"},
		{"control character", "<row r=\"1\"><c r=\"A1\" t=\"str\"><v>a\x01</v></c></row>", "-damaged-part"},
		{"no UTF-8", "<row r=\"1\"><c r=\"A1\" t=\"str\"><v>\xd6\xd0</v></c></row>", "-damaged-part"},
		{"tags crossed", `<row r="1"><c r="A1"><v>1</c></v></row>`, "-damaged-part"},
		{"no quotes", `<row r=1><c r="A1"><v>1</v></c></row>`, "-damaged-part"},
		{"deep", `<row r="1"><c r="A1">` + strings.Repeat("<a>", 300) + strings.Repeat("</a>", 300) + `</c></row>`, "-too-complex"},
	} {
		_, g, err := read(t, map[string]string{sheet1: sheetOfRows(c.rows, "")})
		got := ""
		if err != nil {
			var r *Refusal
			if !errors.As(err, &r) {
				t.Errorf("%s: %v is no refusal", c.name, err)
				continue
			}
			got = "-" + r.Code
		} else {
			got = shown(g)
			cells += g.Cells()
		}
		if got != c.want {
			t.Errorf("%s: got %q (%v), want %q", c.name, got, err, c.want)
		}
	}
	if cells == 0 {
		t.Error("no cell was read")
	}
}

// The same sheet must give the same cells however its XML is written: plain,
// which the fast path takes, or with a prefix, in other encodings, with blanks in
// its tags, which it does not.
func TestEveryWritingReadsTheSame(t *testing.T) {
	var rows strings.Builder
	for row := 1; row <= 5000; row++ {
		fmt.Fprintf(&rows, `<row r="%d" spans="1:4"%s><c r="A%d" t="s"><v>%d</v></c><c r="B%d" s="1"><v>%v</v></c><c r="D%d" t="str"><v>文%d</v></c></row>`, row, []string{"", ` hidden="1"`}[row/7%2], row, row%3, row, float64(row)*1.1, row, row)
	}
	plain := sheetOfRows(rows.String(), `<mergeCells count="1"><mergeCell ref="A1:B2"/></mergeCells>`)
	utf16, err := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(plain)
	if err != nil {
		t.Fatal(err)
	}
	prefixed := strings.NewReplacer("xmlns=", "xmlns:x=", "</", "</x:", "<", "<x:").Replace(plain)
	prefixed = strings.ReplaceAll(prefixed, "<x:/x:", "</x:")
	want := ""
	for i, sheet := range []string{
		plain, "\ufeff" + plain, utf16, `<?xml version="1.0" encoding="UTF-8"?>` + "\r\n" + plain + "\r\n", prefixed,
		strings.ReplaceAll(plain, `" t="s"`, `"  t="s"`), strings.ReplaceAll(plain, `<row r=`, `<row
r=`), strings.ReplaceAll(plain, "<v>", "<!-- v --><v>"), strings.ReplaceAll(plain, `"`, `'`),
	} {
		_, g, err := read(t, map[string]string{sheet1: sheet})
		if err != nil {
			t.Errorf("writing %d: %v", i, err)
			continue
		}
		hidden := 0
		for row := range g.Rows() {
			if g.HiddenRow(row + 1) {
				hidden++
			}
		}
		got := fmt.Sprint(shown(g), hidden, g.Merges)
		if i == 0 {
			want = got
			if g.Cells() != 15000 || hidden == 0 {
				t.Fatalf("%d cells, %d hidden rows", g.Cells(), hidden)
			}
		} else if got != want {
			t.Errorf("writing %d reads otherwise: %.200s ... want %.200s", i, got, want)
		}
	}
}

// TestWorkbooks changes one part of a workbook. want is the cells of the first
// sheet, or the code of a refusal after a minus sign.
func TestWorkbooks(t *testing.T) {
	const rels = "xl/_rels/workbook.xml.rels"
	one := sheetOfRows(`<row r="1"><c r="A1" s="1"><v>1</v></c></row>`, "")
	usual := workbook()
	change := func(part, old, new string) map[string]string {
		if !strings.Contains(usual[part], old) {
			t.Fatalf("%s does not hold %s", part, old)
		}
		return map[string]string{part: strings.ReplaceAll(usual[part], old, new), sheet1: one}
	}
	for _, c := range []struct {
		name    string
		replace map[string]string
		want    string
	}{
		{"as usual", map[string]string{sheet1: one}, "A1=#1"},
		{"no styles", map[string]string{sheet1: one, "xl/styles.xml": "", rels: strings.ReplaceAll(usual[rels], "/styles", "/other")}, "A1=#1"},
		{"styles that are missing", map[string]string{sheet1: one, "xl/styles.xml": ""}, "A1=#1"},
		{"styles that stop", map[string]string{sheet1: one, "xl/styles.xml": "<styleSheet>"}, "-damaged-part"},
		{"shared strings that are missing", map[string]string{sheet1: one, "xl/sharedStrings.xml": ""}, "-missing-part"},
		{"shared strings that are something else", map[string]string{sheet1: one, "xl/sharedStrings.xml": "<workbook/>"}, "-damaged-part"},
		{"absolute targets", change(rels, `Target="worksheets`, `Target="/xl/worksheets`), "A1=#1"},
		{"backslashes", change(rels, `worksheets/sheet1`, `worksheets\sheet1`), "A1=#1"},
		{"another case", change(rels, `worksheets/sheet1.xml`, `Worksheets/SHEET1.XML`), "A1=#1"},
		{"percent", change(rels, `worksheets/sheet1`, `work%73heets/sheet1`), "A1=#1"},
		{"around the corner", change(rels, `worksheets/sheet1`, `../xl/./worksheets/sheet1`), "A1=#1"},
		{"out of the package", change(rels, `worksheets/sheet1.xml`, `../../../etc/passwd`), "-missing-part"},
		{"external sheet", change(rels, `Target="worksheets/sheet1.xml"`, `Target="http://localhost/s.xml" TargetMode="External"`), "-external-sheet"},
		{"sheet that is the workbook", change(rels, `worksheets/sheet1.xml`, `workbook.xml`), "-damaged-part"},
		{"sheet that is missing", change(rels, `worksheets/sheet1.xml`, `worksheets/sheet9.xml`), "-missing-part"},
		{"relation twice", change(rels, `Id="r2"`, `Id="r1"`), "-damaged-part"},
		{"sheet without relation", change("xl/workbook.xml", `r:id="r1"`, `r:id="r9"`), "-missing-part"},
		{"strict OOXML", change(rels, "http://schemas.openxmlformats.org/officeDocument/2006/relationships", "http://purl.oclc.org/ooxml/officeDocument/relationships"), "A1=#1"},
		{"no sheet", change("xl/workbook.xml", `<sheet name="S" sheetId="1" r:id="r1"/>`, ""), "-no-sheets"},
		{"two sheets in one part", change("xl/workbook.xml", `</sheets>`, `<sheet name="T" sheetId="2" r:id="r1"/></sheets>`), "-sheets-share-part"},
		{"text after the root", change("xl/workbook.xml", `</workbook>`, `</workbook>x`), "-damaged-part"},
		{"comment after the root", change("xl/workbook.xml", `</workbook>`, "</workbook><!-- x -->\n"), "A1=#1"},
		{"element after the root", change("xl/workbook.xml", `</workbook>`, "</workbook><workbook/>"), "-damaged-part"},
		{"sheets in a comment", change("xl/workbook.xml", `<sheets>`, `<!-- <sheets><sheet name="X" r:id="r8"/></sheets> --><sheets>`), "A1=#1"},
		{"empty sheet part", map[string]string{sheet1: " "}, "-damaged-part"},
		{"a presentation", change("xl/workbook.xml", "workbook", "presentation"), "-not-a-workbook"},
		{"sheet of another kind", map[string]string{sheet1: "<dialogsheet/>"}, "-damaged-part"},
		{"unknown encoding", map[string]string{sheet1: `<?xml version="1.0" encoding="klingon"?>` + one}, "-damaged-part"},
		{"GBK", map[string]string{sheet1: `<?xml version="1.0" encoding="GBK"?>` + sheetOfRows("<row><c t=\"str\"><v>\xd6\xd0</v></c></row>", "")}, "A1=中"},
		{"entities", map[string]string{sheet1: `<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>` + one}, "-doctype"},
		{"merge that is none", map[string]string{sheet1: sheetOfRows("", `<mergeCells><mergeCell ref=""/></mergeCells>`)}, "-damaged-part"},
		{"merges that overlap", map[string]string{sheet1: sheetOfRows("", `<mergeCells><mergeCell ref="A1:B3"/><mergeCell ref="C1:C9"/><mergeCell ref="B3:C4"/></mergeCells>`)}, "-merges-overlap"},
		{"a merge given twice", map[string]string{sheet1: sheetOfRows("<row><c><v>1</v></c></row>", `<mergeCells><mergeCell ref="A1:B3"/><mergeCell ref="A1:B3"/><mergeCell ref="A4:B4"/></mergeCells>`)}, "A1=#1"},
		{"whole sheet merged", map[string]string{sheet1: sheetOfRows(`<row><c><v>1</v></c></row>`, `<mergeCells><mergeCell ref="XFD1048576:A1"/></mergeCells>`)}, "A1=#1"},
	} {
		_, g, err := read(t, c.replace)
		got := ""
		if err != nil {
			var r *Refusal
			if !errors.As(err, &r) {
				t.Errorf("%s: %v is no refusal", c.name, err)
				continue
			}
			got = "-" + r.Code
		} else {
			got = shown(g)
		}
		if got != c.want {
			t.Errorf("%s: got %q (%v), want %q", c.name, got, err, c.want)
		}
	}
}

// TestLimits holds each limit: what is at it is read, what is beyond is refused
// with its own code.
func TestLimits(t *testing.T) {
	parts := workbook()
	parts["xl/workbook.xml"] = strings.Replace(parts["xl/workbook.xml"], "</sheets>", `<sheet name="T" sheetId="2" r:id="r4"/></sheets>`, 1)
	parts["xl/_rels/workbook.xml.rels"] = strings.Replace(parts["xl/_rels/workbook.xml.rels"], "</Relationships>", `<Relationship Id="r4" Type="t/worksheet" Target="worksheets/sheet2.xml"/></Relationships>`, 1)
	parts["xl/worksheets/sheet2.xml"] = sheetOfRows("", "")
	parts[sheet1] = sheetOfRows(`<row><c><v>1</v></c><c t="str"><v>abc</v></c><c><v>3</v></c></row>`, `<mergeCells><mergeCell ref="A2:B2"/><mergeCell ref="A3:B3"/></mergeCells>`)
	data := pack(t, parts)
	largest, total, sharedText := 0, 0, len("plainrich text")+len("a_x000A_b")
	for _, s := range parts {
		largest, total = max(largest, len(s)), total+len(s)
	}
	for _, c := range []struct {
		code string
		set  func(l *Limits, beyond int)
	}{
		{"too-large", func(l *Limits, b int) { l.PackageBytes = int64(len(data) - b) }},
		{"too-large", func(l *Limits, b int) { l.TotalBytes = int64(total - b) }},
		{"part-too-large", func(l *Limits, b int) { l.PartBytes = int64(largest - b) }},
		{"part-too-large", func(l *Limits, b int) {
			l.WholeBytes = int64(max(len(parts["xl/styles.xml"]), len(parts["xl/workbook.xml"])) - b)
		}},
		{"too-many-parts", func(l *Limits, b int) { l.Parts = len(parts) - b }},
		{"too-many-sheets", func(l *Limits, b int) { l.Sheets = 2 - b }},
		{"too-many-cells", func(l *Limits, b int) { l.Cells = 3 - b }},
		{"too-many-texts", func(l *Limits, b int) { l.Strings = 3 - b }},
		{"too-much-text", func(l *Limits, b int) { l.TextBytes = int64(sharedText - b) }},
		{"too-many-merges", func(l *Limits, b int) { l.Merges = 2 - b }},
		{"too-complex", func(l *Limits, b int) { l.Depth = 5 - b }},
	} {
		for beyond := range 2 {
			limits := DefaultLimits()
			c.set(&limits, beyond)
			_, _, err := readBytes(data, limits)
			var r *Refusal
			switch {
			case beyond == 0 && err != nil:
				t.Errorf("%s: at the limit: %v", c.code, err)
			case beyond == 1 && (!errors.As(err, &r) || r.Code != c.code):
				t.Errorf("%s: beyond the limit: %v", c.code, err)
			}
		}
	}
	// A tag that goes on for more than TagBytes, and time.
	long := maps.Clone(parts)
	long[sheet1] = `<worksheet a="` + strings.Repeat("x", 2<<20) + `"/>`
	limits := DefaultLimits()
	limits.TagBytes = 1 << 20
	var r *Refusal
	if _, _, err := readBytes(pack(t, long), limits); !errors.As(err, &r) || r.Code != "too-complex" {
		t.Errorf("a tag of two megabytes: %v", err)
	}
	if _, _, err := readBytes(pack(t, long), DefaultLimits()); err != nil {
		t.Errorf("a tag of two megabytes, four allowed: %v", err)
	}
	ctx, cancel := context.WithDeadline(context.Background(), time.Unix(0, 0))
	defer cancel()
	if _, err := Open(ctx, data, DefaultLimits()); !errors.As(err, &r) || r.Code != "too-slow" {
		t.Errorf("out of time: %v", err)
	}
	stopped, stop := context.WithCancel(context.Background())
	stop()
	if _, err := Open(stopped, data, DefaultLimits()); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v, which is no fault of the file", err)
	}
}

// TestArchives changes bytes of the archive itself: each must be refused.
func TestArchives(t *testing.T) {
	parts := workbook()
	names := slices.Sorted(maps.Keys(parts))
	first := names[0]
	// header and record are where the first entry's local header and directory
	// record begin.
	whole := archive(t, names, parts)
	record := bytes.Index(whole, []byte("PK\x01\x02"))
	put16 := func(at int, v uint16) []byte {
		b := slices.Clone(whole)
		binary.LittleEndian.PutUint16(b[at:], v)
		return b
	}
	put32 := func(at int, v uint32) []byte {
		b := slices.Clone(whole)
		binary.LittleEndian.PutUint32(b[at:], v)
		return b
	}
	if _, _, err := readBytes(whole, DefaultLimits()); err != nil {
		t.Fatalf("the archive itself: %v", err)
	}
	for name, c := range map[string]struct {
		data []byte
		code string
	}{
		"name in the header is another":   {replaceAt(whole, localHeader, "X"), "damaged-zip"},
		"method in the header is another": {put16(8, 0), "damaged-zip"},
		"size in the header is another":   {put32(22, 7), "damaged-zip"},
		"sum in the header is another":    {put32(14, 7), "damaged-zip"},
		"encrypted in the header only":    {put16(6, 1), "damaged-zip"},
		"encrypted in the directory":      {put16(record+8, 1), "password-protected"},
		"method 12":                       {put16(record+10, 12), "unknown-compression"},
		"size of 4 GiB":                   {put32(record+24, 0xfffffff0), "damaged-zip"},
		"two entries in the same bytes":   {put32(record+directoryHeader+len(first)+42, 0), "damaged-zip"},
		"entry beyond the end":            {put32(record+42, uint32(len(whole))), "damaged-zip"},
		"no header there":                 {put32(record+42, 5), "damaged-zip"},
		"fewer entries than there are":    {put16(len(whole)-endRecord+10, 3), "damaged-zip"},
		"cut":                             {whole[:len(whole)/2], "damaged-zip"},
		"backslash and dots":              {replaceAll(whole, "xl/worksheets", `..\worksheets`), "unsafe-name"},
		"drive letter":                    {replaceAll(whole, "xl/worksheets", "C:/worksheets"), "unsafe-name"},
		"NUL in a name":                   {replaceAll(whole, "xl/worksheets", "xl/workshee\x00s"), "unsafe-name"},
	} {
		_, _, err := readBytes(c.data, DefaultLimits())
		var r *Refusal
		if !errors.As(err, &r) || r.Code != c.code {
			t.Errorf("%s: got %v, want %s", name, err, c.code)
		}
	}
	// What is no fault: something before, something behind, descriptors.
	for name, data := range map[string][]byte{
		"bytes behind": append(slices.Clone(whole), "trailing"...),
		"descriptors":  pack(t, parts), // archive/zip writes sizes behind the data
	} {
		if _, g, err := readBytes(data, DefaultLimits()); err != nil || g.Cells() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// archive packs parts in an order, sizes and sums in the headers.
func archive(t *testing.T, names []string, parts map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range names {
		var packed bytes.Buffer
		c, err := flate.NewWriter(&packed, 6)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte(parts[name])); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		w, err := z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Deflate, CRC32: crc32.ChecksumIEEE([]byte(parts[name])), CompressedSize64: uint64(packed.Len()), UncompressedSize64: uint64(len(parts[name]))})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(packed.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func replaceAt(b []byte, at int, s string) []byte {
	b = slices.Clone(b)
	copy(b[at:], s)
	return b
}

func replaceAll(b []byte, old, new string) []byte {
	return bytes.ReplaceAll(b, []byte(old), []byte(new))
}

// TestNumbersRoundOnce compares the fast way of reading numbers with strconv's.
func TestNumbersRoundOnce(t *testing.T) {
	n := 0
	for _, s := range []string{"0", "-0", "9007199254740993", "0.1", "123456789.123456789", "1e22", "1e23", "4.9e-324", "1.7976931348623157e308", "0.30000000000000004", "99999999999999999999", "831530079000", "45170.5"} {
		for _, sign := range []string{"", "-"} {
			got, ok := parseNumber([]byte(sign + s))
			var want float64
			if _, err := fmt.Sscan(sign+s, &want); err != nil || !ok || math.Float64bits(got) != math.Float64bits(want) {
				if !(s == "-0" && sign == "-") {
					t.Errorf("%s: got %v %v, want %v", sign+s, got, ok, want)
				}
			}
			n++
		}
	}
	for _, s := range []string{"", "-", ".", "+", "1e", "1e+", "0x1", "1_0", "inf", "nan", "1.2.3", "1 2", "1f", "１"} {
		if v, ok := parseNumber([]byte(s)); ok {
			t.Errorf("%q was read as %v", s, v)
		}
		n++
	}
	if n == 0 {
		t.Error("nothing was compared")
	}
}

// Every code that a Refusal can have is a sentence in both languages that names
// what is at fault and leaves no blank.
func TestRefusalsSpeak(t *testing.T) {
	entries, err := text.Entries()
	if err != nil {
		t.Fatal(err)
	}
	args := map[string][]any{"text-row-too-long": {"7", "3"}, "merges-overlap": {"S", "A1:B2"}, "sheets-share-part": {"A", "B"}, "part-too-large": {"x.xml", "1 MiB"}}
	n := 0
	for _, e := range entries {
		code, ok := strings.CutPrefix(e.Key, "refusal.")
		if !ok {
			continue
		}
		n++
		r := &Refusal{Code: code, Part: "x.xml", Args: args[code]}
		if r.Args == nil && strings.Contains(e.En, "%[1]s") {
			r.Args = []any{"7"}
		}
		for _, lang := range []analysis.Lang{analysis.Zh, analysis.En} {
			if s := text.Of(lang, r.Message()); strings.Contains(s, "%!") || len(s) < 15 {
				t.Errorf("%s: %q", code, s)
			}
		}
	}
	if n < 25 {
		t.Errorf("%d sentences", n)
	}
}
