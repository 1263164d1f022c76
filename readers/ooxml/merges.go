package ooxml

import (
	"cmp"
	"slices"
)

// maxMergeWork bounds the columns that all merged ranges of a sheet have
// together: far more than a sheet can show.
const maxMergeWork = 50_000_000

// overlap finds two merged ranges that share a cell. What such a cell shows
// depends on the program that opens the file; Excel repairs it.
//
// Ranges are taken from top to bottom; for each column only the last row that is
// taken need be known.
func overlap(merges []Range) (a Range, found, tooMany bool) {
	if len(merges) < 2 {
		return Range{}, false, false
	}
	order := slices.Clone(merges)
	slices.SortFunc(order, func(a, b Range) int { return cmp.Or(cmp.Compare(a.Row1, b.Row1), cmp.Compare(a.Col1, b.Col1)) })
	order = slices.Compact(order) // the same range twice says the same
	var taken [maxCol + 1]int32   // last row, by column
	work := 0
	for _, m := range order {
		if work += m.Col2 - m.Col1 + 1; work > maxMergeWork {
			return m, false, true
		}
		for col := m.Col1; col <= m.Col2; col++ {
			if int(taken[col]) >= m.Row1 {
				return m, true, false
			}
			taken[col] = int32(m.Row2)
		}
	}
	return Range{}, false, false
}
