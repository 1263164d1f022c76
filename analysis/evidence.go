package analysis

import (
	"cmp"
	"slices"
)

// evidence is what several analyses of models ask of the tables: the markets
// and their shares, the price series, the filed models with their stages.
type evidence struct {
	names   *Names
	asOf    Date
	markets []market
	spreads []spread // of the markets, at all levels
	prices  []priceSeries
	usage   usage
	last    finalists
	filed   filedGroup // models; empty where none are filed
	stated  filedGroup // the same before any rule dates a stage: a first use is no birth
	isFiled bool
	exits   bool // some are said to have left
}

// evidenceOf reads the tables once. What is wrong with them concentration,
// prices and funnel say.
func evidenceOf(b *basis) evidence {
	ts, p := b.tables, b.params
	quiet := &notes{}
	e := evidence{asOf: b.asOf, names: b.names(), markets: b.markets(), spreads: b.spreads(), prices: b.prices(), usage: b.usage()}
	e.last = finalistsOf(e.spreads, p)
	for _, g := range filedEntities(ts["filings"], e.names, p.FunnelStages, e.asOf, quiet) {
		if g.register == "" {
			e.stated = filedGroup{register: g.register, stages: g.stages, entities: slices.Clone(g.entities), before: g.before}
			for i := range e.stated.entities {
				e.stated.entities[i].own = slices.Clone(g.entities[i].own)
			}
			e.stated.dropUnsaidStages(Ref{}, quiet)
			g.infer(e.usage, e.last, e.names)
			g.dropUnsaidStages(Ref{}, quiet)
			e.filed, e.isFiled, e.exits = g, true, g.recordsExits()
		}
	}
	return e
}

// stage is the furthest stage that an entity has reached, "" for none.
func (g filedGroup) stage(e filedEntity) string {
	for i := len(e.own) - 1; i >= 0; i-- {
		if e.own[i] != NoDate {
			return g.stages[i]
		}
	}
	return ""
}

// reachedBy counts the entities that have reached a stage, and of how many that
// are filed (or listed, where none has a date).
func (g filedGroup) reachedBy(stage string) (k, n int, said bool) {
	s := slices.Index(g.stages, stage)
	for _, e := range g.entities {
		if !e.reached() {
			continue
		}
		n++
		if s >= 0 && slices.ContainsFunc(e.own[s:], func(d Date) bool { return d != NoDate }) {
			k++
		}
	}
	return k, n, s >= 0
}

// seriesOfModels gathers the series of a metric by model, by folded name. Facts
// in dispute are left out.
func seriesOfModels(markets []market, metric string) map[string][]growthSeries {
	of := slices.DeleteFunc(slices.Clone(markets), func(m market) bool { return m.metric != metric || !m.dated })
	all := map[string][]growthSeries{}
	for _, s := range growthSeriesOf(of) {
		s.facts = slices.DeleteFunc(s.facts, func(f growthFact) bool { return f.conflict })
		if s.kind == kindModel && len(s.facts) > 0 {
			all[Fold(s.subject)] = append(all[Fold(s.subject)], s)
		}
	}
	return all
}

// longest is the series with the most values, of equal ones the finest grain,
// then the whole market's region. Markets come in order, so it does not depend
// on the order of rows.
func longest(of []growthSeries) (growthSeries, bool) {
	if len(of) == 0 {
		return growthSeries{}, false
	}
	return slices.MinFunc(of, func(a, b growthSeries) int {
		return cmp.Or(cmp.Compare(len(b.facts), len(a.facts)), cmp.Compare(a.grain.Fineness(), b.grain.Fineness()), cmp.Compare(len(a.region), len(b.region)))
	}), true
}

// change is from the first to the last value.
func (s growthSeries) change(p Params) Growth {
	return GrowthOf(s.observed(), p.DaysPerYear)
}

func (s growthSeries) observed() []Observed {
	var o []Observed
	for _, f := range s.facts {
		o = append(o, Observed{*f.at, f.value})
	}
	return o
}

// slope is the log-linear trend of the series, per year. Two values make a
// slope, one date or a value of zero none.
func (s growthSeries) slope(p Params, within func(Date) bool) Estimate {
	day, ok := commonDay(s.observed())
	if len(s.facts) == 0 || !ok || s.grain == Span {
		return Unknown(DateTooCoarse)
	}
	var points []PricePoint
	for _, f := range s.facts {
		if d := day(*f.at); within == nil || within(d) {
			if f.value <= 0 {
				return Unknown(NonpositiveValue)
			}
			points = append(points, PricePoint{d, f.value})
		}
	}
	return loglinearTrend(points, p.DaysPerYear, nil).Slope.Slope
}

// growthMetrics are the metrics whose growth shows resources, in the order of
// preference (methods 8.1).
var growthMetrics = []string{"tokens_per_day", "tokens", "mau"}
