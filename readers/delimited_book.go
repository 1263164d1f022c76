package readers

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"

	"shakeout/analysis"
)

// The fixed parts of the workbook that stands for delimited text.
const (
	xmlHead      = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	spreadsheet  = `"http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	relations    = `"http://schemas.openxmlformats.org/package/2006/relationships"`
	officeDoc    = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	contentTypes = xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>`
	rootRels     = xmlHead + `<Relationships xmlns=` + relations + `><Relationship Id="rId1" Type="` + officeDoc + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`
	bookRels     = xmlHead + `<Relationships xmlns=` + relations + `><Relationship Id="rId1" Type="` + officeDoc + `/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="` + officeDoc + `/styles" Target="styles.xml"/></Relationships>`
)

// maxPlaces is the most decimal places that a number may end in zeros with; its
// format keeps them, as in 2024.10 and 1.50.
const maxPlaces = 8

// makeWorkbook writes the package of a workbook with one sheet of fields. The
// same fields give the same bytes.
func makeWorkbook(name string, rows [][]string) ([]byte, error) {
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, part := range []struct{ name, text string }{
		{"[Content_Types].xml", contentTypes},
		{"_rels/.rels", rootRels},
		{"xl/workbook.xml", xmlHead + `<workbook xmlns=` + spreadsheet + ` xmlns:r="` + officeDoc + `"><sheets><sheet name="` + escaped(sheetName(name)) + `" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", bookRels},
		{"xl/worksheets/sheet1.xml", sheetOfFields(rows)},
		{"xl/styles.xml", stylesOfPlaces()},
	} {
		f, err := w.Create(part.name)
		if err != nil {
			return nil, err
		}
		if _, err := f.Write([]byte(part.text)); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// stylesOfPlaces has style k for numbers shown with k decimal places, 0 for all
// else.
func stylesOfPlaces() string {
	formats, cells := "", `<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>`
	for k := 1; k <= maxPlaces; k++ {
		formats += fmt.Sprintf(`<numFmt numFmtId="%d" formatCode="0.%s"/>`, 163+k, strings.Repeat("0", k))
		cells += fmt.Sprintf(`<xf numFmtId="%d" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>`, 163+k)
	}
	return xmlHead + `<styleSheet xmlns=` + spreadsheet + fmt.Sprintf(`><numFmts count="%d">`, maxPlaces) + formats +
		`</numFmts><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
		fmt.Sprintf(`<cellXfs count="%d">`, maxPlaces+1) + cells + `</cellXfs></styleSheet>`
}

var plainNumber = lazily(`^-?(?:0|[1-9][0-9]*)(?:\.([0-9]+))?$`)

// plainField reports a field that is a number and nothing else, and with how many
// places it must be shown to look as typed; 0 needs no format. More than 15
// digits are an identity and no amount.
func plainField(f string) (places int, ok bool) {
	m := plainNumber.FindStringSubmatch(f)
	if m == nil || len(strings.Trim(strings.ReplaceAll(f, ".", ""), "-0")) > 15 || f == "-0" {
		return 0, false
	}
	v, err := strconv.ParseFloat(f, 64)
	if err != nil {
		return 0, false
	}
	if strconv.FormatFloat(v, 'f', -1, 64) == f {
		return 0, true
	}
	places = len(m[1])
	return places, places > 0 && places <= maxPlaces && strconv.FormatFloat(v, 'f', places, 64) == f
}

// sheetOfFields writes the sheet. A column that holds a code such as 000063 is
// text throughout.
func sheetOfFields(rows [][]string) string {
	codes := map[int]bool{}
	for _, row := range rows {
		for k, f := range row {
			codes[k] = codes[k] || looksLikeCode(f)
		}
	}
	var b strings.Builder
	b.WriteString(xmlHead + `<worksheet xmlns=` + spreadsheet + `><sheetData>`)
	for i, row := range rows {
		if len(row) == 0 {
			continue
		}
		fmt.Fprintf(&b, `<row r="%d">`, i+1)
		for k, f := range row {
			if f == "" {
				continue
			}
			ref := analysis.Ref{Row: i + 1, Col: k + 1}.Cell()
			if places, ok := plainField(f); ok && !codes[k] {
				style := ""
				if places > 0 {
					style = fmt.Sprintf(` s="%d"`, places)
				}
				fmt.Fprintf(&b, `<c r="%s"%s><v>%s</v></c>`, ref, style, f)
				continue
			}
			fmt.Fprintf(&b, `<c r="%s" t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>`, ref, escaped(f))
		}
		b.WriteString(`</row>`)
	}
	b.WriteString(`</sheetData></worksheet>`)
	return b.String()
}

var (
	escapeLike = lazily(`_x[0-9A-Fa-f]{4}_`)
	xmlText    = lazily("[\x00-\x08\x0b\x0c\x0d\x0e-\x1f\ufffe\uffff]")
)

// escaped is text as a cell holds it: what XML cannot say is _xHHHH_, and what
// looks like that is escaped itself.
func escaped(s string) string {
	s = escapeLike.ReplaceAllStringFunc(s, func(e string) string { return "_x005F" + e })
	s = xmlText.ReplaceAllStringFunc(s, func(c string) string { return fmt.Sprintf("_x%04X_", []rune(c)[0]) })
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		return "" // a strings.Builder does not fail
	}
	return b.String()
}

var notInNames = strings.NewReplacer(":", "_", `\`, "_", "/", "_", "?", "_", "*", "_", "[", "(", "]", ")")

// sheetName is a file's name as Excel lets a sheet be called.
func sheetName(stem string) string {
	name := strings.Trim(xmlText.ReplaceAllString(notInNames.Replace(stem), ""), "' ")
	for len(utf16.Encode([]rune(name))) > 31 {
		r := []rune(name)
		name = strings.TrimRight(string(r[:len(r)-1]), "' ")
	}
	if name == "" || strings.EqualFold(name, "history") {
		name = "Sheet1"
	}
	return name
}
