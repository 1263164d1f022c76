package writers

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/width"

	"shakeout/analysis"
)

// kind is what a cell of ours holds.
type kind uint8

const (
	blank kind = iota
	number
	words
)

// cell is one cell of ours. With a formula the value is its cache, typed, so
// that a viewer that does not calculate shows the same.
type cell struct {
	kind    kind
	num     float64 // number
	text    string  // words
	formula string  // without the equals sign
	style   int     // cell format of the workbook
}

func num(v float64, style int) cell        { return cell{kind: number, num: v, style: style} }
func say(text string, style int) cell      { return cell{kind: words, text: text, style: style} }
func styled(style int) cell                { return cell{style: style} }
func (c cell) from(formula string) cell    { c.formula = formula; return c }
func address(row, col int) string          { return analysis.ColumnName(col) + strconv.Itoa(row) }
func quoteSheet(name string) string        { return "'" + strings.ReplaceAll(name, "'", "''") + "'" }
func absolute(row, col int) string         { return "$" + analysis.ColumnName(col) + "$" + strconv.Itoa(row) }
func rangeOf(r1, c1, r2, c2 int) string    { return address(r1, c1) + ":" + address(r2, c2) }
func fixedRange(r1, c1, r2, c2 int) string { return absolute(r1, c1) + ":" + absolute(r2, c2) }

// sheet is one sheet of ours on its way into the workbook.
type sheet struct {
	key    string // "summary"; the hidden name _shakeout.<key> marks the sheet
	name   string // unique in the workbook
	tab    string // colour of its tab
	rows   [][]cell
	high   map[int]float64 // row -> height in points; others are the reader's to fit
	widths []float64       // of the columns, in digits

	rowHeight float64 // of rows without a height of their own, in points

	frozenRows, frozenCols int
	filter                 string // range with an autofilter
	links                  []link
	bands                  []condition
	merged                 []string // ranges shown as one cell; only of texts, never of results
	plots                  []*plot
	printed                string // print area; "" is all
	wide                   bool   // printed on A3, to stay legible
	repeated               int    // rows printed on top of each page
}

// link makes a cell jump to another cell of the workbook.
type link struct{ cell, to string }

// condition colours the cells of a range that equal a text.
type condition struct {
	cells, equal string
	format       int // differential format
}

// put sets a cell; row and col are 1-based.
func (s *sheet) put(row, col int, c cell) {
	for len(s.rows) < row {
		s.rows = append(s.rows, nil)
	}
	r := s.rows[row-1]
	for len(r) < col {
		r = append(r, cell{})
	}
	r[col-1] = c
	s.rows[row-1] = r
}

// at is the cell at a 1-based row and column.
func (s *sheet) at(row, col int) cell {
	if row > len(s.rows) || col > len(s.rows[row-1]) {
		return cell{}
	}
	return s.rows[row-1][col-1]
}

// height sets a row's height in points.
func (s *sheet) height(row int, points float64) {
	if s.high == nil {
		s.high = map[int]float64{}
	}
	s.high[row] = points
}

// widen makes a column at least so many digits wide.
func (s *sheet) widen(col int, digits float64) {
	for len(s.widths) < col {
		s.widths = append(s.widths, 0)
	}
	s.widths[col-1] = max(s.widths[col-1], digits)
}

// ref is a cell of the sheet as seen from any other.
func (s *sheet) ref(row, col int) string { return quoteSheet(s.name) + "!" + absolute(row, col) }

// The limits of a sheet.
const (
	maxLinks    = 65530
	maxText     = 32767
	defaultWide = 9.0 // digits, of a column that is not set
)

// xml writes the worksheet part. drawing is the relation to its drawing, ""
// where it has none.
func (s *sheet) xml(strict bool, drawing string) []byte {
	var b bytes.Buffer
	b.WriteString(xmlHead)
	fmt.Fprintf(&b, `<worksheet xmlns="%s" xmlns:r="%s"><sheetPr><tabColor rgb="FF%s"/><pageSetUpPr fitToPage="1"/></sheetPr>`, space(mainSpace, strict), space(relSpace, strict), s.tab)
	cols := 1
	for _, r := range s.rows {
		cols = max(cols, len(r))
	}
	fmt.Fprintf(&b, `<dimension ref="%s"/>`, rangeOf(1, 1, max(1, len(s.rows)), cols))
	b.WriteString(`<sheetViews><sheetView showGridLines="0" workbookViewId="0">`)
	s.writePane(&b)
	fmt.Fprintf(&b, `</sheetView></sheetViews><sheetFormatPr defaultRowHeight="%s" customHeight="1"/>`, formatNumber(s.rowHeight))
	if len(s.widths) > 0 {
		b.WriteString(`<cols>`)
		for i, w := range s.widths {
			if w == 0 {
				w = defaultWide
			}
			fmt.Fprintf(&b, `<col min="%d" max="%d" width="%s" customWidth="1"/>`, i+1, i+1, strconv.FormatFloat(w, 'f', -1, 64))
		}
		b.WriteString(`</cols>`)
	}
	b.WriteString(`<sheetData>`)
	for i, r := range s.rows {
		s.writeRow(&b, i+1, r)
	}
	b.WriteString(`</sheetData>`)
	if s.filter != "" {
		fmt.Fprintf(&b, `<autoFilter ref="%s"/>`, s.filter)
	}
	if len(s.merged) > 0 {
		fmt.Fprintf(&b, `<mergeCells count="%d">`, len(s.merged))
		for _, m := range s.merged {
			fmt.Fprintf(&b, `<mergeCell ref="%s"/>`, m)
		}
		b.WriteString(`</mergeCells>`)
	}
	for i, c := range s.bands {
		fmt.Fprintf(&b, `<conditionalFormatting sqref="%s"><cfRule type="cellIs" dxfId="%d" priority="%d" operator="equal"><formula>"%s"</formula></cfRule></conditionalFormatting>`, c.cells, c.format, i+1, escape(strings.ReplaceAll(c.equal, `"`, `""`)))
	}
	if len(s.links) > 0 {
		b.WriteString(`<hyperlinks>`)
		for _, l := range s.links[:min(len(s.links), maxLinks)] {
			fmt.Fprintf(&b, `<hyperlink ref="%s" location="%s"/>`, l.cell, escape(l.to))
		}
		b.WriteString(`</hyperlinks>`)
	}
	b.WriteString(`<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/>`)
	paper := 9 // A4
	if s.wide {
		paper = 8
	}
	fmt.Fprintf(&b, `<pageSetup paperSize="%d" orientation="landscape" fitToWidth="1" fitToHeight="0"/>`, paper)
	b.WriteString(`<headerFooter><oddFooter>&amp;L&amp;A&amp;R&amp;P / &amp;N</oddFooter></headerFooter>`)
	if drawing != "" {
		fmt.Fprintf(&b, `<drawing r:id="%s"/>`, drawing)
	}
	b.WriteString(`</worksheet>`)
	return b.Bytes()
}

func (s *sheet) writePane(b *bytes.Buffer) {
	if s.frozenRows == 0 && s.frozenCols == 0 {
		return
	}
	pane, split := "bottomLeft", ""
	if s.frozenCols > 0 {
		split += fmt.Sprintf(` xSplit="%d"`, s.frozenCols)
		pane = "topRight"
	}
	if s.frozenRows > 0 {
		split += fmt.Sprintf(` ySplit="%d"`, s.frozenRows)
		if s.frozenCols > 0 {
			pane = "bottomRight"
		}
	}
	first := address(s.frozenRows+1, s.frozenCols+1)
	fmt.Fprintf(b, `<pane%s topLeftCell="%s" activePane="%s" state="frozen"/><selection pane="%s" activeCell="%s" sqref="%s"/>`, split, first, pane, pane, first, first)
}

func (s *sheet) writeRow(b *bytes.Buffer, row int, cells []cell) {
	points, set := s.high[row]
	if len(cells) == 0 && !set {
		return
	}
	fmt.Fprintf(b, `<row r="%d"`, row)
	if set {
		fmt.Fprintf(b, ` ht="%s" customHeight="1"`, strconv.FormatFloat(points, 'f', -1, 64))
	}
	b.WriteByte('>')
	for i, c := range cells {
		if c.kind == blank && c.style == 0 {
			continue
		}
		b.WriteString(`<c r="`)
		b.WriteString(address(row, i+1))
		b.WriteByte('"')
		if c.style > 0 {
			b.WriteString(` s="`)
			b.WriteString(strconv.Itoa(c.style))
			b.WriteByte('"')
		}
		c.writeValue(b)
	}
	b.WriteString(`</row>`)
}

// writeValue closes the start tag of <c> and writes the rest. Text goes inline:
// the analyst's shared strings are not touched.
func (c cell) writeValue(b *bytes.Buffer) {
	switch {
	case c.kind == blank && c.formula == "":
		b.WriteString(`/>`)
		return
	case c.kind == words && c.formula == "":
		b.WriteString(` t="inlineStr"><is><t xml:space="preserve">`)
		b.WriteString(escapeCell(c.text))
		b.WriteString(`</t></is></c>`)
		return
	case c.kind == words:
		b.WriteString(` t="str"`)
	}
	b.WriteByte('>')
	if c.formula != "" {
		b.WriteString(`<f>`)
		b.WriteString(escape(c.formula))
		b.WriteString(`</f>`)
	}
	switch c.kind {
	case words:
		b.WriteString(`<v>` + escapeCell(c.text) + `</v>`)
	case number:
		b.WriteString(`<v>` + formatNumber(c.num) + `</v>`)
	}
	b.WriteString(`</c>`)
}

// formatNumber writes a number so that it reads back as the same float64.
func formatNumber(v float64) string {
	if size := math.Abs(v); size != 0 && (size < 1e-5 || size >= 1e15) {
		return strconv.FormatFloat(v, 'E', -1, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// escape makes text safe inside an XML element or attribute. What XML cannot
// hold is left out.
func escape(s string) string {
	clean := strings.IndexFunc(s, func(r rune) bool {
		return r < 0x20 || r == '&' || r == '<' || r == '>' || r == '"' || r == 0xFFFD || r > 0xFFFD && r < 0x10000
	}) < 0
	if clean {
		return s
	}
	var b strings.Builder
	for _, r := range s { // bytes that are no UTF-8 come as U+FFFD
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '\n':
			b.WriteString("&#10;")
		case r == '\t':
			b.WriteByte('\t')
		case r < 0x20 || r == 0xFFFE || r == 0xFFFF:
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// escapeCell makes text safe as a cell's: at most as long as a cell takes, and
// with the underscore escaped where it would begin an escape, _x0041_.
func escapeCell(s string) string {
	if len(s) > maxText {
		units := 0
		for i, r := range s {
			if units += utf16.RuneLen(r); units > maxText {
				s = s[:i]
				break
			}
		}
	}
	if i := strings.Index(s, "_x"); i >= 0 {
		var b strings.Builder
		for ; i >= 0; i = strings.Index(s, "_x") {
			b.WriteString(s[:i])
			if s = s[i:]; len(s) >= 7 && s[6] == '_' && isHex(s[2:6]) {
				b.WriteString("_x005F")
			}
			b.WriteString("_x")
			s = s[2:]
		}
		s = b.String() + s
	}
	return escape(s)
}

func isHex(s string) bool {
	return strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

// digitsWide is how many digits of room a text needs: Chinese characters take
// two.
func digitsWide(s string) float64 {
	n, widest := 0, 0
	for _, r := range s {
		if r == '\n' {
			widest, n = max(widest, n), 0
			continue
		}
		n++
		if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
			n++
		}
	}
	return float64(max(widest, n))
}
