package readers

import (
	"math"
	"strconv"
	"strings"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// totals adds up the plain numbers of each column as rows pass, and holds the
// sheet's own totals against them. A total that disagrees is said; nothing
// changes.
type totals struct {
	all, since map[int]float64 // by column: since the header, since the last total
	texts      map[int]bool    // columns with amounts as text, which no total of Excel adds
}

func newTotals() *totals {
	return &totals{all: map[int]float64{}, since: map[int]float64{}, texts: map[int]bool{}}
}

// add takes a row of data.
func (s *totals) add(r *region, row int) {
	for _, c := range r.columns {
		if c.role != roleMeasure {
			continue
		}
		switch cell := r.cell(row, c.col); cell.Kind {
		case ooxml.Number:
			s.all[c.col] += cell.Num
			s.since[c.col] += cell.Num
		case ooxml.Text:
			s.texts[c.col] = s.texts[c.col] || isNumeric(cell.Text)
		}
	}
}

// totalTolerance allows for totals of numbers that were rounded for show.
const totalTolerance = 0.005

// check compares a total row with the rows above it: a subtotal with those since
// the last one, a grand total with all.
func (s *totals) check(r *region, row int, label string) {
	for _, c := range r.columns {
		cell := r.cell(row, c.col)
		if c.role != roleMeasure || cell.Kind != ooxml.Number || s.texts[c.col] {
			continue
		}
		sum, any := s.since[c.col]
		if all := s.all[c.col]; !near(cell.Num, sum) {
			sum = all
		}
		if any && sum != 0 && !near(cell.Num, sum) && additive(c.metric) {
			r.find(analysis.Noted, "total-disagrees", row, c.col, r.typed(cell), strconv.FormatFloat(sum, 'g', 12, 64))
		}
	}
	if l := strings.ToLower(label); strings.Contains(l, "小计") || strings.Contains(l, "subtotal") || strings.Contains(l, "sub-total") {
		s.since = map[int]float64{}
	}
}

func near(a, b float64) bool {
	return math.Abs(a-b) <= totalTolerance*math.Max(math.Abs(a), math.Abs(b))
}

// additive reports metrics whose values may be added over a column. Scores,
// changes and costs per user are not, nor are metrics that are not on the list.
func additive(metric string) bool {
	switch metric {
	case "change", "score", "cac", "arpu", "gross_margin", "churn":
		return false
	}
	return metricUnit(metric) != ""
}
