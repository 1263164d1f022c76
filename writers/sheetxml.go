package writers

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"shakeout/analysis"
)

// xmlText is XML on its way into a part, handed on piece by piece, so that a sheet
// is never held as a whole: that of a million prices has 150 MB.
type xmlText struct {
	w   io.Writer
	b   []byte
	err error
}

// textPiece is how much is handed on at once.
const textPiece = 32 << 10

func (t *xmlText) add(pieces ...string) {
	for _, p := range pieces {
		t.b = append(t.b, p...)
	}
}

func (t *xmlText) addf(format string, args ...any) { t.b = fmt.Appendf(t.b, format, args...) }

// pass hands on what there is once it is a piece, or all of it.
func (t *xmlText) pass(all bool) {
	if len(t.b) < textPiece && !all || t.err != nil {
		return
	}
	_, t.err = t.w.Write(t.b)
	t.b = t.b[:0]
}

// write writes the worksheet part. drawing is the relation to its drawing, ""
// where it has none. The same sheet gives the same bytes each time.
func (s *sheet) write(w io.Writer, strict bool, drawing string) error {
	b := &xmlText{w: w, b: make([]byte, 0, textPiece+textPiece/4)}
	b.add(xmlHead)
	b.addf(`<worksheet xmlns="%s" xmlns:r="%s"><sheetPr><tabColor rgb="FF%s"/><pageSetUpPr fitToPage="1"/></sheetPr>`, space(mainSpace, strict), space(relSpace, strict), s.tab)
	rows, cols := s.size()
	b.addf(`<dimension ref="%s"/>`, rangeOf(1, 1, rows, cols))
	b.add(`<sheetViews><sheetView showGridLines="0" workbookViewId="0">`)
	s.writePane(b)
	b.addf(`</sheetView></sheetViews><sheetFormatPr defaultRowHeight="%s" customHeight="1"/>`, formatNumber(s.rowHeight))
	if len(s.widths) > 0 {
		b.add(`<cols>`)
		for i, w := range s.widths {
			if w == 0 {
				w = defaultWide
			}
			b.addf(`<col min="%d" max="%d" width="%s" customWidth="1"/>`, i+1, i+1, strconv.FormatFloat(w, 'f', -1, 64))
		}
		b.add(`</cols>`)
	}
	b.add(`<sheetData>`)
	s.writeRows(b, rows, cols)
	b.add(`</sheetData>`)
	if s.filter != "" {
		b.add(`<autoFilter ref="`, s.filter, `"/>`)
	}
	if len(s.merged) > 0 {
		b.addf(`<mergeCells count="%d">`, len(s.merged))
		for _, m := range s.merged {
			b.add(`<mergeCell ref="`, m, `"/>`)
		}
		b.add(`</mergeCells>`)
	}
	for i, c := range s.bands {
		b.addf(`<conditionalFormatting sqref="%s"><cfRule type="cellIs" dxfId="%d" priority="%d" operator="equal"><formula>"%s"</formula></cfRule></conditionalFormatting>`, c.cells, c.format, i+1, escape(strings.ReplaceAll(c.equal, `"`, `""`)))
	}
	if len(s.links) > 0 {
		b.add(`<hyperlinks>`)
		for _, l := range s.links[:min(len(s.links), maxLinks)] {
			b.add(`<hyperlink ref="`, l.cell, `" location="`)
			b.b = appendEscaped(b.b, l.to)
			b.add(`"/>`)
			b.pass(false)
		}
		b.add(`</hyperlinks>`)
	}
	b.add(`<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/>`)
	paper := 9 // A4
	if s.wide {
		paper = 8
	}
	b.addf(`<pageSetup paperSize="%d" orientation="landscape" fitToWidth="1" fitToHeight="0"/>`, paper)
	b.add(`<headerFooter><oddFooter>&amp;L&amp;A&amp;R&amp;P / &amp;N</oddFooter></headerFooter>`)
	if drawing != "" {
		b.add(`<drawing r:id="`, drawing, `"/>`)
	}
	b.add(`</worksheet>`)
	b.pass(true)
	return b.err
}

func (s *sheet) writePane(b *xmlText) {
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
	b.addf(`<pane%s topLeftCell="%s" activePane="%s" state="frozen"/><selection pane="%s" activeCell="%s" sqref="%s"/>`, split, first, pane, pane, first, first)
}

// writeRows writes all rows: what a table has there, and over and beside it what
// was put there.
func (s *sheet) writeRows(b *xmlText, rows, cols int) {
	begins := make([]string, cols) // of the cells of each column
	for i := range begins {
		begins[i] = `<c r="` + analysis.ColumnName(i+1)
	}
	var number [20]byte
	for row := 1; row <= rows; row++ {
		var put []cell
		if row <= len(s.rows) {
			put = s.rows[row-1]
		}
		table := s.tableAt(row)
		points, set := s.high[row]
		if len(put) == 0 && table == nil && !set {
			continue
		}
		digits := strconv.AppendInt(number[:0], int64(row), 10)
		b.b = append(append(append(b.b, `<row r="`...), digits...), '"')
		if set {
			b.add(` ht="`, strconv.FormatFloat(points, 'f', -1, 64), `" customHeight="1"`)
		}
		b.b = append(b.b, '>')
		end := len(put)
		if table != nil {
			end = max(end, len(table.columns)+1)
		}
		for i := range end {
			var c cell
			if i < len(put) {
				c = put[i]
			}
			if table != nil && !c.there() {
				c = table.at(row-table.first, i)
			}
			if c.kind == blank && c.style == 0 {
				continue
			}
			b.b = append(append(append(b.b, begins[i]...), digits...), '"')
			if c.style > 0 {
				b.b = append(strconv.AppendInt(append(b.b, ` s="`...), int64(c.style), 10), 0x22)
			}
			b.b = c.appendValue(b.b)
		}
		b.b = append(b.b, `</row>`...)
		b.pass(false)
	}
}

// appendValue closes the start tag of <c> and writes the rest. Text goes inline:
// the analyst's shared strings are not touched.
func (c cell) appendValue(b []byte) []byte {
	switch {
	case c.kind == blank && c.formula == "":
		return append(b, `/>`...)
	case c.kind == words && c.formula == "":
		b = append(b, ` t="inlineStr"><is><t`...)
		if keepsSpace(c.text) {
			b = append(b, ` xml:space="preserve"`...)
		}
		b = appendCell(append(b, '>'), c.text)
		return append(b, `</t></is></c>`...)
	case c.kind == words:
		b = append(b, ` t="str"`...)
	}
	b = append(b, '>')
	if c.formula != "" {
		b = appendEscaped(append(b, `<f>`...), c.formula)
		b = append(b, `</f>`...)
	}
	switch c.kind {
	case words:
		b = appendCell(append(b, `<v>`...), c.text)
		b = append(b, `</v>`...)
	case number:
		b = appendNumber(append(b, `<v>`...), c.num)
		b = append(b, `</v>`...)
	}
	return append(b, `</c>`...)
}

// keepsSpace reports whether a text has white space that a reader of XML may
// leave out unless it is told to keep it.
func keepsSpace(s string) bool {
	space := func(c byte) bool { return c <= ' ' }
	return s != "" && (space(s[0]) || space(s[len(s)-1])) || strings.ContainsAny(s, "\n\t") || strings.Contains(s, "  ")
}

// appendNumber writes a number so that it reads back as the same float64.
func appendNumber(b []byte, v float64) []byte {
	switch size := math.Abs(v); {
	case size < 1e15 && v == math.Trunc(v) && (v != 0 || !math.Signbit(v)):
		return strconv.AppendInt(b, int64(v), 10)
	case size != 0 && (size < 1e-5 || size >= 1e15):
		return strconv.AppendFloat(b, v, 'E', -1, 64)
	}
	return strconv.AppendFloat(b, v, 'f', -1, 64)
}

func formatNumber(v float64) string { return string(appendNumber(nil, v)) }

// isPlain reports whether text stands in XML as it is.
func isPlain(s string) bool {
	narrow := true
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c < 0x20, c == '&', c == '<', c == '>', c == '"':
			return false
		case c == 0xEF && i+2 < len(s) && s[i+1] == 0xBF && s[i+2] >= 0xBD: // U+FFFD and above
			return false
		case c >= 0x80:
			narrow = false
		}
	}
	return narrow || utf8.ValidString(s)
}

// appendEscaped appends text so that it is safe inside an element or attribute.
func appendEscaped(b []byte, s string) []byte {
	if isPlain(s) {
		return append(b, s...)
	}
	return append(b, escape(s)...)
}

// appendCell appends text as escapeCell gives it.
func appendCell(b []byte, s string) []byte {
	if len(s) <= maxText && isPlain(s) && !strings.Contains(s, "_x") {
		return append(b, s...)
	}
	return append(b, escapeCell(s)...)
}

// escape makes text safe inside an XML element or attribute. What XML cannot
// hold is left out.
func escape(s string) string {
	if isPlain(s) {
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
