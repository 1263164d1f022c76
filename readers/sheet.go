package readers

import (
	"slices"
	"strconv"
	"strings"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// sheet is one worksheet as an analyst sees it: cells, and rectangles merged
// into one by the file's own merge list.
type sheet struct {
	file  string
	name  string
	pkg   *ooxml.Package
	grid  *ooxml.Grid
	merge merges
	notes func(analysis.Finding)
	aside bool // rows and columns are changed: a block that stood on its side

	words      []*word // by the number that the grid gives a text
	hinted     []hint
	headings   []heading
	cells      []ooxml.Stored // of the row at hand
	styles     []styleSays    // by style, of the workbook
	periods    once[Period]
	headers    once[known]
	units      once[Unit]
	priceUnits once[Unit]
}

// cell is what is stored at a place. The covered cells of a merge are blank.
func (s *sheet) cell(row, col int) ooxml.Cell {
	if m, ok := s.merge.at(row, col); ok && (m.Row1 != row || m.Col1 != col) {
		return ooxml.Cell{}
	}
	return s.grid.At(row, col)
}

// shown is what an analyst sees at a place: within a merge, the cell at its top
// left. The second result is where that cell stands.
func (s *sheet) shown(row, col int) (ooxml.Cell, analysis.Place) {
	if m, ok := s.merge.at(row, col); ok {
		row, col = m.Row1, m.Col1
	}
	return s.grid.At(row, col), analysis.Place{Row: row, Col: col}
}

// typed is a cell's text as the analyst typed it, for names and messages:
// trimmed, runs of white space one space, numbers in their shortest form.
func (s *sheet) typed(c ooxml.Cell) string {
	switch c.Kind {
	case ooxml.Text, ooxml.Error:
		return normText(c.Text)
	case ooxml.Number:
		if f := s.pkg.Format(c.Style); f.Date {
			if p, ok := serialPeriod(c.Num, f, s.pkg.Date1904); ok {
				return analysis.FormatDate(p.First)
			}
		}
		return strconv.FormatFloat(c.Num, 'f', -1, 64)
	case ooxml.Bool:
		if c.Num != 0 {
			return "TRUE"
		}
		return "FALSE"
	}
	return ""
}

// text is the typed text of a place, seen through merges.
func (s *sheet) text(row, col int) string {
	c, w, _ := s.shownWord(row, col)
	return s.textOf(c, w)
}

func (s *sheet) ref(row, col int) analysis.Ref {
	if s.aside {
		row, col = col, row
	}
	return analysis.Ref{File: s.file, Sheet: s.name, Row: row, Col: col}
}

// find adds a finding about a cell.
func (s *sheet) find(effect analysis.Effect, code string, row, col int, got string, args ...any) {
	s.notes(analysis.Finding{Effect: effect, Code: code, At: s.ref(row, col), Got: got, Args: args})
}

// period is the period that a cell states as a whole: a real date, a number
// such as 2025 or 20240612, or a text.
func (s *sheet) period(c ooxml.Cell) (Period, bool) {
	switch c.Kind {
	case ooxml.Number:
		if f := s.pkg.Format(c.Style); f.Date {
			return serialPeriod(c.Num, f, s.pkg.Date1904)
		}
		if s.pkg.Format(c.Style).Code == "0.00" {
			if c.Num < 1990 || c.Num >= 2101 {
				return Period{}, false
			}
			return parsePeriod(strconv.FormatFloat(c.Num, 'f', 2, 64))
		}
		return numberPeriod(c.Num)
	case ooxml.Text:
		return s.periods.ask(c.Text, textPeriod)
	}
	return Period{}, false
}

// textPeriod is the period that a cell's text states as a whole.
func textPeriod(text string) (Period, bool) {
	if p, ok := parsePeriod(text); ok || len(text) > maxTitle {
		return p, ok
	}
	// A remark in brackets changes no date: 2023-06-20（第一批）.
	if i := strings.IndexAny(text, "(（"); i > 0 && !strings.ContainsAny(text[i:], "0123456789") {
		return parsePeriod(text[:i])
	}
	return Period{}, false
}

// day is the period of a cell that stands among data. There May 24 may be a day of
// some year, where in a row of headers it is a month of 2024: it is not said which.
func (s *sheet) day(c ooxml.Cell) (Period, bool) {
	if c.Kind == ooxml.Text && monthOrDay.MatchString(plain(c.Text)) {
		return Period{}, false
	}
	return s.period(c)
}

var monthOrDay = lazily(`^` + monthNames + ` \d{2}$`)

// dated reports a real date cell.
func (s *sheet) dated(c ooxml.Cell) bool {
	return c.Kind == ooxml.Number && s.pkg.Format(c.Style).Date
}

// merges finds the merge that covers a cell. Merges are kept by bands of rows,
// so that a look-up sees only those near by; the few that span many bands are
// looked at always.
type merges struct {
	band map[int][]ooxml.Range
	tall []ooxml.Range
}

const (
	bandRows = 64
	tallRows = 64 * bandRows
)

func newMerges(list []ooxml.Range) merges {
	m := merges{band: map[int][]ooxml.Range{}}
	for _, r := range list {
		if r.Row2-r.Row1 > tallRows {
			m.tall = append(m.tall, r)
			continue
		}
		for b := r.Row1 / bandRows; b <= r.Row2/bandRows; b++ {
			m.band[b] = append(m.band[b], r)
		}
	}
	return m
}

func (m merges) at(row, col int) (ooxml.Range, bool) {
	if len(m.band) == 0 && len(m.tall) == 0 {
		return ooxml.Range{}, false
	}
	holds := func(r ooxml.Range) bool {
		return r.Row1 <= row && row <= r.Row2 && r.Col1 <= col && col <= r.Col2
	}
	near := m.band[row/bandRows]
	if i := slices.IndexFunc(near, holds); i >= 0 {
		return near[i], true
	}
	if i := slices.IndexFunc(m.tall, holds); i >= 0 {
		return m.tall[i], true
	}
	return ooxml.Range{}, false
}
