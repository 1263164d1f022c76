package readers

import (
	"shakeout/analysis"
)

// quoted knows the cells of the sheets that gave tables, so that a doubt about a
// value can quote what the analyst typed and not what the reader made of it.
type quoted struct {
	sheets map[string]*sheet
	cells  int
	said   map[analysis.Ref]string // cells that were quoted
}

// quotedCells is how many cells are kept for quoting. Beyond it (the cells of a
// workbook of some hundred thousand rows) memory is worth more: a doubt then states
// the value.
const quotedCells = 2_000_000

// keep keeps a sheet that has been read.
func (q *quoted) keep(s *sheet) {
	if q.cells += s.grid.Cells(); q.cells > quotedCells {
		q.sheets = nil
		return
	}
	if q.sheets == nil {
		q.sheets = map[string]*sheet{}
	}
	q.sheets[s.name] = s
}

// text is what was typed in a cell, "" where that is not known.
func (q *quoted) text(at analysis.Ref) string {
	s := q.sheets[at.Sheet]
	if s == nil || at.Row == 0 || at.Col == 0 {
		return ""
	}
	text := s.text(at.Row, at.Col)
	if text != "" {
		if q.said == nil {
			q.said = map[analysis.Ref]string{}
		}
		q.said[at] = text
	}
	return text
}

// number is a cell that holds a number, as typed; else its value.
func (q *quoted) number(at analysis.Ref, value float64) string {
	if text := q.text(at); text != "" {
		return text
	}
	return plainly(value)
}

// stated is what a row says in a column, as typed; else its value.
func (q *quoted) stated(t analysis.Table, column string, row int) string {
	if text := q.text(t.Ref(row, column)); text != "" {
		return text
	}
	if d, ok := t.Date(column).At(row); ok {
		return analysis.FormatDate(d)
	}
	return plainly(t.Float(column).Or(row, 0))
}
