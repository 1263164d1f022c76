package readers

import (
	"cmp"
	"slices"
	"strings"

	"shakeout/analysis"
)

// seriesKey holds what a series' rows have in common.
type seriesKey [7]int32

// series puts rows that have a value and a date into the order of their series
// and, within one, of their dates. next is given each two neighbours of a series
// with different dates.
//
// Rows are counted into their series, and only the series are sorted by name:
// most tables have few of them, and their rows in order (a million rows: 0.2 s
// instead of 3.3 for sorting the rows by all columns of the key).
func series(t analysis.Table, key []string, date string, texts codes, keep func(row int) bool, next func(a, b int)) {
	columns, names := make([][]int32, len(key)), make([]analysis.Column[string], len(key))
	when := t.Date(date)
	type members struct {
		n, end int
		first  int // row, for the series' name
		last   analysis.Date
		mixed  bool // the dates go back somewhere
	}
	var all []members
	known := map[seriesKey]int32{}
	var rows, of []int32 // rows that are kept, and the series of each
	for row := range t.Rows() {
		d, ok := when.At(row)
		if !ok || !keep(row) {
			continue
		}
		var k seriesKey
		for i, c := range columns {
			if c == nil {
				c = texts.of(t, key[i])
				columns[i], names[i] = c, t.Text(key[i])
			}
			k[i] = c[row]
		}
		id, ok := known[k]
		if !ok {
			id = int32(len(all))
			known[k] = id
			all = append(all, members{first: row, last: d})
		}
		m := &all[id]
		m.n++
		m.mixed = m.mixed || d < m.last
		m.last = d
		rows, of = append(rows, int32(row)), append(of, id)
	}
	end := 0
	for i := range all {
		all[i].end = end // moves on as the rows come
		end += all[i].n
	}
	sorted := make([]int32, len(rows))
	for i, row := range rows {
		m := &all[of[i]]
		sorted[m.end] = row
		m.end++
	}
	slices.SortFunc(all, func(a, b members) int {
		for _, c := range names {
			if d := strings.Compare(c.Or(a.first, ""), c.Or(b.first, "")); d != 0 {
				return d
			}
		}
		return 0
	})
	for _, m := range all {
		run := sorted[m.end-m.n : m.end]
		if m.mixed {
			slices.SortStableFunc(run, func(a, b int32) int { return cmp.Compare(when.Or(int(a), 0), when.Or(int(b), 0)) })
		}
		for i := 1; i < len(run); i++ {
			if a, b := int(run[i-1]), int(run[i]); when.Or(a, 0) != when.Or(b, 0) {
				next(a, b)
			}
		}
	}
}
