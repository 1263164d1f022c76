package readers

import (
	"slices"

	"shakeout/analysis"
)

// tables collects the rows of all regions of a workbook.
type tables struct {
	builders map[string]*analysis.Builder
	sources  map[string][]placed
	metrics  map[metricSource]int // sources of metrics rows
}

// places says where the canonical columns of a row stand, in the order in which the
// reader came to them. It is a list and no map, since each row has one.
type places []placeOf

type placeOf struct {
	column string
	analysis.Place
}

func (p places) has(column string) bool {
	return slices.ContainsFunc(p, func(c placeOf) bool { return c.column == column })
}

// placed is a Source and the places it was made of.
type placed struct {
	places
	analysis.Source
}

// metricSource is a Source of metrics before it is written out: compared for each
// row.
type metricSource struct {
	r      *region
	places metricPlaces
}

func newTables() *tables {
	return &tables{builders: map[string]*analysis.Builder{}, sources: map[string][]placed{}, metrics: map[metricSource]int{}}
}

// begin starts a row of a table that came from a sheet row, and returns its
// builder. cells says where each canonical column stands.
func (t *tables) begin(table string, r *region, row int, cells places) *analysis.Builder {
	if r.aside {
		return t.start(table, r.first, t.source(table, r, r.placesOn(row, cells)))
	}
	return t.start(table, row, t.source(table, r, cells))
}

// beginMetric is begin for metrics.
func (t *tables) beginMetric(r *region, row int, places metricPlaces) *analysis.Builder {
	if r.aside {
		return t.begin("metrics", r, row, places.cells())
	}
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
func (t *tables) source(table string, r *region, cells places) int {
	list := t.sources[table]
	for i := len(list) - 1; i >= 0 && i >= len(list)-64; i-- {
		if s := &list[i]; slices.Equal(s.places, cells) && s.Sheet == r.name {
			return i
		}
	}
	s := analysis.Source{File: r.file, Sheet: r.name, Cells: map[string]analysis.Place{}}
	for _, c := range cells {
		s.Cells[c.column] = c.Place
	}
	t.sources[table] = append(list, placed{slices.Clone(cells), s})
	return len(list)
}

// done ends all tables.
func (t *tables) done() analysis.Tables {
	all := analysis.Tables{}
	for name, b := range t.builders {
		if b.Rows() == 0 {
			continue
		}
		table := b.Table()
		for _, s := range t.sources[name] {
			table.Sources = append(table.Sources, s.Source)
		}
		all[name] = table
		b.Release()
	}
	return all
}
