package readers

import (
	"shakeout/analysis"
)

// tables collects the rows of all regions of a workbook.
type tables struct {
	builders map[string]*analysis.Builder
	sources  map[string][]analysis.Source
	metrics  map[metricSource]int // sources of metrics rows
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
	return t.start("metrics", row, t.metricSource(r, places))
}

// metricSource is the index of the Source of a metrics row.
func (t *tables) metricSource(r *region, places metricPlaces) int {
	key := metricSource{r, places}
	source, ok := t.metrics[key]
	if !ok {
		source = t.source("metrics", r, places.cells())
		t.metrics[key] = source
	}
	return source
}

// endSheet lets go of what a sheet's rows were compared with: a region holds the
// whole sheet.
func (t *tables) endSheet() {
	clear(t.metrics)
}

// start starts a row.
func (t *tables) start(table string, row, source int) *analysis.Builder {
	b := t.builder(table)
	b.Int("source", source)
	b.Int("row", row)
	return b
}

// builder is the builder of a table.
func (t *tables) builder(table string) *analysis.Builder {
	b := t.builders[table]
	if b == nil {
		for _, spec := range analysis.InputTables {
			if spec.Name == table {
				b = analysis.NewBuilder(spec)
			}
		}
		t.builders[table] = b
	}
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
		if b.Rows() == 0 {
			continue
		}
		table := b.Table()
		table.Sources = t.sources[name]
		all[name] = table
		b.Release()
	}
	return all
}
