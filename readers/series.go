package readers

import (
	"cmp"
	"slices"

	"shakeout/analysis"
)

// series finds, in the series that the rows of a table make, the neighbours with
// different dates of which doubted says so: pairs of rows, the earlier first, in
// the order of the later. keep says which rows take part.
//
// Rows nearly always come in the order of their dates, so that the row before of a
// series is its neighbour; a series whose dates go back somewhere is sorted.
func series(t analysis.Table, g *groups, days []int32, keep func(row int) bool, doubted func(a, b int) bool) [][2]int {
	if days == nil {
		return nil
	}
	last, mixed := make([]int32, len(g.first)), map[int32][]int32{} // row + 1
	var found [][2]int
	for row, id := range g.of {
		if days[row] == noDay || !keep(row) {
			continue
		}
		if before := int(last[id]) - 1; before >= 0 {
			switch a, b := days[before], days[row]; {
			case b < a:
				mixed[id] = nil
			case b > a && doubted(before, row):
				found = append(found, [2]int{before, row})
			}
		}
		last[id] = int32(row + 1)
	}
	if len(mixed) == 0 {
		return found
	}
	found = slices.DeleteFunc(found, func(p [2]int) bool { _, is := mixed[g.of[p[1]]]; return is })
	for row, id := range g.of {
		if rows, is := mixed[id]; is && days[row] != noDay && keep(row) {
			mixed[id] = append(rows, int32(row))
		}
	}
	for _, rows := range mixed {
		slices.SortStableFunc(rows, func(a, b int32) int { return cmp.Compare(days[a], days[b]) })
		for i := 1; i < len(rows); i++ {
			if a, b := int(rows[i-1]), int(rows[i]); days[a] != days[b] && doubted(a, b) {
				found = append(found, [2]int{a, b})
			}
		}
	}
	slices.SortFunc(found, func(p, q [2]int) int { return cmp.Compare(p[1], q[1]) })
	return found
}
