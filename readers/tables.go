package readers

import (
	"shakeout/analysis"
)

// tables collects the rows of all regions of a workbook.
type tables struct {
	builders map[string]*analysis.Builder
	sources  map[string][]analysis.Source
	metrics  map[metricSource]int // sources of metrics rows

	lastMetric metricSource // that of the row before, which is nearly always this row's too
	lastSource int
}

// metricSource is a Source of metrics before it is written out: compared for each
// row.
type metricSource struct {
	r      *region
	places metricPlaces
}

func newTables() *tables {
	return &tables{builders: map[string]*analysis.Builder{}, sources: map[string][]analysis.Source{}, metrics: map[metricSource]int{}}
}

// begin starts a row of a table that came from a sheet row, and returns its
// builder. cells says where each canonical column stands.
func (t *tables) begin(table string, r *region, row int, cells map[string]analysis.Place) *analysis.Builder {
	return t.start(table, row, t.source(table, r, cells))
}

// beginMetric is begin for metrics.
func (t *tables) beginMetric(r *region, row int, places metricPlaces) *analysis.Builder {
	key := metricSource{r, places}
	if key != t.lastMetric {
		source, ok := t.metrics[key]
		if !ok {
			source = t.source("metrics", r, places.cells())
			t.metrics[key] = source
		}
		t.lastMetric, t.lastSource = key, source
	}
	return t.start("metrics", row, t.lastSource)
}

// endSheet lets go of what a sheet's rows were compared with: a region holds the
// whole sheet.
func (t *tables) endSheet() {
	clear(t.metrics)
	t.lastMetric = metricSource{}
}

// start starts a row.
func (t *tables) start(table string, row, source int) *analysis.Builder {
	b := t.builders[table]
	if b == nil {
		for _, spec := range analysis.InputTables {
			if spec.Name == table {
				b = analysis.NewBuilder(spec)
			}
		}
		t.builders[table] = b
	}
	b.Int("source", source)
	b.Int("row", row)
	return b
}

// source is the index of a Source.
func (t *tables) source(table string, r *region, cells map[string]analysis.Place) int {
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
	return found
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
