package analysis

import (
	"slices"
)

// funnelModelsSpec has one row per filed entity: what the counts of the funnel
// count. A date is the earliest day stated for a stage (a month's is its 15th);
// reached numbers the furthest stage by its place in the list of stages, 0 for
// entities that are only listed.
var funnelModelsSpec = TableSpec{Name: "funnel_models", Key: 3, Columns: join(
	columns(Text, "unit", "model", "company", "camp", "region", "cohort"),
	columns(Day32, "filed", "launched", "active", "commercial", "finalist"),
	columns(Int, "reached"),
)}

// models writes the entities of a group that the funnel counts, with the rows
// that date their stages.
func (w *funnelWriter) modelsOf(g filedGroup, t Table) {
	b := w.models
	for _, e := range g.entities {
		if !e.exists() {
			continue
		}
		b.Text("unit", g.unit())
		b.Text("model", e.model)
		b.Text("company", e.company)
		b.Text("camp", e.camp.text)
		b.Text("region", e.region.text)
		if e.reached() && len(g.stages) > 0 {
			b.Text("cohort", Cohort(e.own, w.params.CohortGrain))
		}
		reached := 0
		for s, stage := range g.stages {
			if e.own[s] == NoDate {
				continue
			}
			reached = slices.Index(w.params.FunnelStages, stage) + 1
			if !isDay(e.own[s]) || !funnelModelsSpec.has(stage) {
				continue
			}
			b.Date(stage, e.own[s])
			if !slices.Contains(g.inferred, stage) {
				b.From(stage, g.dating(e, t, stage, e.own[s]))
			}
		}
		b.Int("reached", reached)
		b.EndRow()
	}
}

func (s TableSpec) has(column string) bool {
	_, ok := s.Column(column)
	return ok
}

// dating is where an entity's earliest day of a stage came from: the earliest
// of the rows that state it as finely.
func (g filedGroup) dating(e filedEntity, t Table, stage string, day Date) Origin {
	o := Origin{Table: "filings", Column: stage, Lowest: true}
	dates, grains := t.Date(stage), t.Text(stage+"_grain")
	var grain Grain
	of := map[Grain][]int{}
	for row := e.lastRow; row >= 0; row = g.before[row] {
		m, ok := momentAt(dates, grains, int(row))
		if !ok {
			continue
		}
		d, fine := m.Day()
		if !fine {
			continue
		}
		of[m.Grain] = append(of[m.Grain], int(row))
		if d == day {
			grain = m.Grain
			o.Plus = float64(d - m.First)
		}
	}
	if rows := of[grain]; len(rows) > 0 {
		slices.Sort(rows)
		o.Facts = [][]int{rows}
	}
	return o
}
