package readers

import (
	"math"
	"slices"
	"strings"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// totals adds up the numbers of each column as rows pass, and holds the sheet's
// own totals against them. A total that disagrees is said; nothing changes.
type totals struct {
	all, since map[int]float64 // by column: since the header, since the last total
	unclear    map[int]bool    // columns with a cell that is no exact number: no sum is known
	whole      map[int]bool    // by column: whether its numbers are whole ones (1200万) or bare ones in a unit stated elsewhere
	columns    []*column       // that have a sum; nil before the first row
	metric     string          // of the value column, where the whole table has one
	units      map[int]Unit    // by column: of its bare numbers, from its header or the unit line
}

func newTotals(r *region, p *plan) *totals {
	s := &totals{all: map[int]float64{}, since: map[int]float64{}, unclear: map[int]bool{}, whole: map[int]bool{}, metric: p.metric, units: map[int]Unit{}}
	unitColumn := r.has(roleUnit)
	for _, c := range r.columns {
		u, metric := c.unit, c.metric
		if c.role == roleValue {
			metric = p.metric
		}
		if c.from == "" && !unitColumn && metric != "" {
			u, _ = p.unitAround(metricUnit(metric), metric)
		}
		if u.Scale == 0 && !unitColumn {
			u.Scale = 1 // no unit anywhere: a bare 5000 is no less whole than 1200万
		}
		s.units[c.col] = u
	}
	return s
}

// add takes a row of data. A row that stands for the whole market is no part of a
// total.
func (s *totals) add(r *region, row int) {
	if s.columns != nil && len(s.columns) == 0 {
		return
	}
	_, first := r.filled(row)
	if cell, w, _ := r.shownWord(row, first); w != nil && w.isMarket() || w == nil && isMarket(r.typed(cell)) {
		return
	}
	if s.columns == nil {
		s.columns = slices.DeleteFunc(slices.Clone(r.columns), func(c *column) bool { return !s.adds(c) })
	}
	for _, c := range s.columns {
		if s.unclear[c.col] {
			continue
		}
		cell, w := r.ownWord(row, c.col)
		switch cell.Kind {
		case ooxml.Blank:
		case ooxml.Text:
			if w.text == "" || w.isMissing() {
				continue
			}
			fallthrough
		default:
			v, whole, ok := numberIn(cell, s.units[c.col])
			if before, known := s.whole[c.col]; !ok || known && before != whole {
				s.unclear[c.col] = true
				continue
			}
			s.whole[c.col] = whole
			s.all[c.col] += v
			s.since[c.col] += v
		}
	}
}

// adds reports the columns that a total row adds up.
func (s *totals) adds(c *column) bool {
	return c.role == roleCount || c.role == roleMeasure && additive(c.metric) || c.role == roleValue && additive(s.metric)
}

// numberIn is a cell as a number: as stored, or as a text such as 1200万 says,
// in the unit of the column's bare numbers if that is stated; else whole
// says that it is not in their unit. Bounds, ranges, percentages and other
// currencies have no place in a sum.
func numberIn(cell ooxml.Cell, unit Unit) (v float64, whole, ok bool) {
	switch cell.Kind {
	case ooxml.Number:
		return cell.Num, false, true
	case ooxml.Text:
		a, ok := parseAmount(cell.Text)
		if !ok || a.Bound != "exact" || a.Percent || a.Unit.Currency != "" && a.Unit.Currency != unit.Currency {
			return 0, false, false
		}
		switch {
		case !a.Scaled && a.Unit == (Unit{}):
			return a.Value, false, true
		case unit.Scale == 0:
			return a.Value, true, true
		}
		return a.Value / unit.Scale, false, true
	}
	return 0, false, false
}

// totalTolerance allows for totals of numbers that were rounded for show.
const totalTolerance = 0.005

// check compares a total row with the rows above it: a subtotal with those since
// the last one, a grand total with all.
func (s *totals) check(r *region, row int, label string) {
	label = strings.ToLower(label)
	if hasPrefix(label, summaryStarts) && summaries.MatchString(label) && !strings.HasPrefix(label, "top") {
		return // an average is no sum
	}
	subtotal := strings.Contains(label, "小计") || strings.Contains(label, "subtotal") || strings.Contains(label, "sub-total")
	for _, c := range r.columns {
		cell := r.cell(row, c.col)
		total, whole, ok := numberIn(cell, s.units[c.col])
		if before, known := s.whole[c.col]; !ok || known && before != whole || !s.adds(c) || s.unclear[c.col] {
			continue
		}
		sum, any := s.all[c.col]
		if since, some := s.since[c.col]; some && (subtotal || near(total, since)) {
			sum = since
		}
		if any && sum != 0 && !near(total, sum) {
			r.find(analysis.Noted, "total-disagrees", row, c.col, r.typed(cell), plainly(middle(sum, sum)))
		}
	}
	if subtotal {
		clear(s.since)
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
