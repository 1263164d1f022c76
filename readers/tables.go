package readers

import (
	"shakeout/analysis"
)

// tables collects the rows of all regions of a workbook.
type tables struct {
	builders map[string]*analysis.Builder
	sources  map[string][]analysis.Source
}

func newTables() *tables {
	return &tables{builders: map[string]*analysis.Builder{}, sources: map[string][]analysis.Source{}}
}

// begin starts a row of a table that came from a sheet row, and returns its
// builder. cells says where each canonical column stands.
func (t *tables) begin(table string, r *region, row int, cells map[string]analysis.Place) *analysis.Builder {
	b := t.builders[table]
	if b == nil {
		for _, spec := range analysis.InputTables {
			if spec.Name == table {
				b = analysis.NewBuilder(spec)
			}
		}
		t.builders[table] = b
	}
	list := t.sources[table]
	found := -1
	for i := len(list) - 1; i >= 0 && i >= len(list)-64; i-- {
		if s := list[i]; s.Sheet == r.name && samePlaces(s.Cells, cells) {
			found = i
			break
		}
	}
	if found < 0 {
		t.sources[table] = append(list, analysis.Source{File: r.file, Sheet: r.name, Cells: cells})
		found = len(list)
	}
	b.Int("source", found)
	b.Int("row", row)
	return b
}

func samePlaces(a, b map[string]analysis.Place) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if w, ok := b[k]; !ok || v != w {
			return false
		}
	}
	return true
}

// done ends all tables.
func (t *tables) done() analysis.Tables {
	all := analysis.Tables{}
	for name, b := range t.builders {
		table := b.Table()
		table.Sources = t.sources[name]
		all[name] = table
		b.Release()
	}
	return all
}
