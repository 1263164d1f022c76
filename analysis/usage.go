package analysis

import (
	"cmp"
	"slices"
)

// The stage that no filing dates: who is among the few that hold the market.
const finalist = "finalist"

// usage is what metrics and prices say of models: when they were first seen, in
// use, earning. It dates stages that nobody dates, and never adds an entity:
// models that only these tables name have survived to be listed.
type usage map[string]*modelUsage // by folded canonical name

// modelUsage holds the days of one model, as a passage does: NoDate, SomeDay
// where it was so already in the first period of the table, or the day.
type modelUsage struct {
	name       string
	companies  []string // owners that its rows state
	seen       Date     // first metric of use or price
	active     Date     // monthly users reach Params.ActiveMAU
	commercial Date     // revenue, or a price above zero
	use        int      // values of use
}

// inUse are the metrics that say a model is used; earning those that say that
// it earns.
var (
	inUse   = []string{"tokens", "tokens_per_day", "api_calls", "mau", "wau", "dau", "users", "visits", "downloads"}
	earning = []string{"revenue", "mrr", "arr"}
)

// usageOf reads markets and prices. A period finer than a quarter is dated as in
// Moment.Day, a week by its middle; a coarser one is some day.
func usageOf(markets []market, prices Table, names *Names, asOf Date, p Params) usage {
	u := usage{}
	first := map[string]Date{} // of a metric
	for _, m := range markets {
		if d, ok := periodDay(m); ok && len(m.facts[kindModel]) > 0 {
			if old, known := first[m.metric]; !known || d < old {
				first[m.metric] = d
			}
		}
	}
	for _, m := range markets {
		day, dated := periodDay(m)
		if !dated || day == first[m.metric] {
			day = SomeDay
		}
		used, earns := slices.Contains(inUse, m.metric), slices.Contains(earning, m.metric)
		if !used && !earns {
			continue
		}
		for _, f := range m.facts[kindModel] {
			if f.missing || f.value <= 0 || f.bound == "upper" {
				continue
			}
			x := u.model(f.name, names.Owner(f.company))
			when(&x.seen, day)
			if used {
				x.use++
			}
			if m.metric == "mau" && atLeast(f.value, p.ActiveMAU) {
				when(&x.active, day)
			}
			if earns {
				when(&x.commercial, day)
			}
		}
	}
	u.prices(prices, names, asOf)
	return u
}

// prices adds what list prices say.
func (u usage) prices(t Table, names *Names, asOf Date) {
	rows := t.Rows()
	model, company := identify(t.Text("model"), rows, names.Name), identify(t.Text("company"), rows, names.Owner)
	dates, grains, price, before := t.Date("date"), t.Text("date_grain"), t.Float("price"), t.Float("price_before")
	first := NoDate
	day := func(row int) (Date, bool) {
		m, ok := momentAt(dates, grains, row)
		if !ok || m.After(asOf) {
			return SomeDay, !ok
		}
		if d, fine := m.Day(); fine {
			return d, true
		}
		return SomeDay, true
	}
	for row := range rows {
		if d, ok := day(row); ok && isDay(d) && (first == NoDate || d < first) {
			first = d
		}
	}
	type entry struct{ seen, paid Date }
	type pair struct{ model, company int32 }
	index := map[pair]int{}
	var entries []entry
	var keys []pair
	for row := range rows {
		v, ok := price.At(row)
		d, dated := day(row)
		if model.of[row] < 0 || !ok || v < 0 || !dated {
			continue
		}
		if d == first {
			d = SomeDay
		}
		k := pair{model.of[row], company.of[row]}
		i, known := index[k]
		if !known {
			i = len(entries)
			index[k], keys, entries = i, append(keys, k), append(entries, entry{seen: NoDate, paid: NoDate})
		}
		when(&entries[i].seen, d)
		if v > 0 {
			when(&entries[i].paid, d)
		}
		if before.Or(row, 0) > 0 {
			when(&entries[i].paid, SomeDay)
		}
	}
	for i, k := range keys {
		x := u.model(model.name(k.model), company.name(k.company))
		when(&x.seen, entries[i].seen)
		when(&x.commercial, entries[i].paid)
	}
}

// when keeps the earliest; some day is before any.
func when(at *Date, d Date) {
	if d != NoDate && (*at == NoDate || d < *at) {
		*at = d
	}
}

func (u usage) model(name, owner string) *modelUsage {
	key := Fold(name)
	x, ok := u[key]
	if !ok {
		x = &modelUsage{name: name, seen: NoDate, active: NoDate, commercial: NoDate}
		u[key] = x
	}
	if owner != "" && !slices.Contains(x.companies, owner) {
		x.companies = append(x.companies, owner)
	}
	return x
}

// of is what is known of a filed entity. Where several companies file a model of
// one name, its rows must state the entity's.
func (u usage) of(e filedEntity, names *Names, alone bool) *modelUsage {
	x := u[Fold(e.model)]
	if x == nil || alone || slices.Contains(x.companies, names.Owner(e.company)) {
		return x
	}
	return nil
}

// periodDay is the day that stands for a market's period.
func periodDay(m market) (Date, bool) {
	switch {
	case !m.dated:
		return 0, false
	case m.at.Grain == Week:
		return m.at.First + 3, true
	}
	return m.at.Day()
}

// finalists are the models of the smallest set that holds Params.FinalistShare
// of the latest market.
type finalists struct {
	found    bool
	market   market
	ofListed bool // the whole market is not known: of those listed
	names    []string
}

// divides reports whether a market says who holds how much of it, be it of those
// listed only: no value is in dispute, and the total is neither zero nor less
// than its parts.
func (s *spread) divides() bool {
	return !s.conflict && (s.shareReason == "" || s.shareReason == TotalUnknown)
}

// latestMarket is the latest period of the market of models that says most
// directly who is used, one whose total is known before one that is only a list,
// and one that does not divide last; nil where there is none.
func latestMarket(spreads []spread) *spread {
	var best *spread
	rank := func(s *spread) [5]int {
		known := 0
		switch {
		case !s.divides():
			known = 2
		case s.shareReason != "":
			known = 1
		}
		return [5]int{known, slices.Index(metricsByWeight, s.metric), -int(s.at.Last()), s.at.Grain.Fineness(), -len(s.firms)}
	}
	for i := range spreads {
		s := &spreads[i]
		if s.level != kindModel || len(s.firms) < 2 || !s.dated || s.metric == "marketing_spend" {
			continue
		}
		if best == nil {
			best = s
			continue
		}
		a, b := rank(s), rank(best)
		if cmp.Or(slices.Compare(a[:], b[:]), cmp.Compare(len(s.region), len(best.region)), compareMarkets(s.market, best.market)) < 0 {
			best = s
		}
	}
	return best
}

// shareNow is a name's share of the whole, or among those listed where the
// whole is not known.
func (s *spread) shareNow(f spreadFirm) float64 {
	if s.shareReason != "" {
		return f.listed
	}
	return f.Share
}

// finalistsOf takes the finalists of the latest market. One whose listed models
// hold less than the share names nobody.
func finalistsOf(spreads []spread, p Params) finalists {
	best := latestMarket(spreads)
	if best == nil || !best.divides() {
		return finalists{}
	}
	f := finalists{market: best.market, ofListed: best.shareReason != ""}
	var held accumulator
	for _, m := range best.firms { // largest first, ties by name
		if m.unknown() != "" || m.Value <= 0 {
			continue
		}
		held.add(best.shareNow(m))
		f.names = append(f.names, m.Firm)
		if atLeast(held.value(), p.FinalistShare) {
			f.found = true
			return f
		}
	}
	return finalists{}
}

// infer dates by rule the stages of a group that nobody dates: launched is the
// first metric of use or price, active the first period in which monthly users
// reach Params.ActiveMAU, commercial the first revenue or paid price. Finalists
// have reached that stage on some day. Entities that only list models without a
// date begin at the stage listed.
func (g *filedGroup) infer(u usage, f finalists, names *Names) {
	if g.register != "" {
		return
	}
	count := map[string]int{}
	for _, e := range g.entities {
		count[Fold(e.model)]++
	}
	of := map[string]bool{}
	for _, name := range f.names {
		of[Fold(name)] = true
	}
	dated := false
	for s := range g.stages {
		dated = dated || g.said(s)
	}
	for s, stage := range g.stages {
		if g.said(s) || stage == "filed" {
			continue
		}
		any := false
		for i := range g.entities {
			e := &g.entities[i]
			if e.dated != dated && dated {
				continue // listed beside dated ones: whether it was filed nobody says
			}
			x := u.of(*e, names, count[Fold(e.model)] == 1)
			if x == nil {
				continue
			}
			switch stage {
			case "launched":
				e.own[s] = x.seen
			case "active":
				e.own[s] = x.active
			case "commercial":
				e.own[s] = x.commercial
			case finalist:
				if f.found && of[Fold(e.model)] {
					e.own[s] = SomeDay
				}
			}
			any = any || e.own[s] != NoDate
		}
		if any {
			g.inferred = append(g.inferred, stage)
		}
	}
	if dated || len(g.inferred) == 0 {
		return
	}
	g.stages = append([]string{listed}, g.stages...)
	for i := range g.entities {
		g.entities[i].own = append(Passage{SomeDay}, g.entities[i].own...)
	}
}
