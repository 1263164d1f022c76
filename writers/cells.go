package writers

import (
	"strconv"
	"strings"

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
	style   int     // cell format of the workbook
	num     float64 // number
	text    string  // words
	formula string  // without the equals sign
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
	tables []*tableRows    // result tables, under what is put into rows
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
	if col > len(r) {
		if col > cap(r) {
			wide := make([]cell, len(r), max(col, 8))
			copy(wide, r)
			r = wide
		}
		r = r[:col]
	}
	r[col-1] = c
	s.rows[row-1] = r
}

// at is the cell at a 1-based row and column: what was put there, or else what
// a table has there.
func (s *sheet) at(row, col int) cell {
	if row <= len(s.rows) && col <= len(s.rows[row-1]) {
		if c := s.rows[row-1][col-1]; c.there() {
			return c
		}
	}
	if t := s.tableAt(row); t != nil {
		return t.at(row-t.first, col-1)
	}
	return cell{}
}

// there reports whether anything shows in a cell.
func (c cell) there() bool { return c.kind != blank || c.style != 0 || c.formula != "" }

// tableAt is the table that has rows at a row of the sheet, or nil.
func (s *sheet) tableAt(row int) *tableRows {
	for _, t := range s.tables {
		if row >= t.first && row < t.first+t.rows {
			return t
		}
	}
	return nil
}

// size is how many rows and columns the sheet has.
func (s *sheet) size() (rows, cols int) {
	rows = len(s.rows)
	for _, r := range s.rows {
		cols = max(cols, len(r))
	}
	for _, t := range s.tables {
		rows = max(rows, t.first+t.rows-1)
		if cols = max(cols, len(t.columns)); t.blanks {
			cols = max(cols, len(t.columns)+1)
		}
	}
	return max(1, rows), max(1, cols)
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
