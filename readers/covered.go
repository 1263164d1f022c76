package readers

import "shakeout/analysis"

// sayCovered names values that lie under a merged range: Excel shows only its
// first cell, but a file written by another program may keep the others. They are
// no part of what the analyst sees, and are not read; nothing is lost silently.
func (s *sheet) sayCovered() {
	n, row0, col0 := 0, 0, 0
	for _, m := range s.grid.Merges {
		for row := m.Row1; row <= min(m.Row2, s.grid.Rows()); row++ {
			for col := s.grid.NextCol(row, m.Col1); col != 0 && col <= m.Col2; col = s.grid.NextCol(row, col+1) {
				if row == m.Row1 && col == m.Col1 {
					continue
				}
				if n++; n == 1 {
					row0, col0 = row, col
				}
			}
		}
	}
	if n > 0 {
		s.find(analysis.Blanked, "merge-covers", row0, col0, s.typed(s.grid.At(row0, col0)), n)
	}
}
