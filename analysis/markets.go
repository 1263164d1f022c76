package analysis

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// additive are the metrics whose values add up to a market (methods 3.1). A
// score, a change, a cost per user or a stock of filings does not.
var additive = []string{
	"tokens", "tokens_per_day", "api_calls", "mau", "wau", "dau", "users", "visits", "downloads",
	"revenue", "mrr", "arr", "marketing_spend",
}

// shareMetric is a stated share of the market; modelsListed is derived from
// filings.
const (
	shareMetric  = "share"
	modelsListed = "models_listed"
)

// The kinds of subjects.
const (
	kindModel   = "model"
	kindCompany = "company"
	kindRegion  = "region"
	kindMarket  = "market"
)

// market is one metric, unit, period, grain and region, and what is stated of
// its subjects. Unlike things never meet in one market.
type market struct {
	metric, unit, region string
	at                   Moment
	end                  Date // of a span; else NoDate
	dated                bool
	facts                map[string][]marketFact // by kind of subject, by name
	companies            *[]string               // of the table, by marketFact.of
}

// marketFact is what is stated of one subject of a market.
type marketFact struct {
	name     string
	subject  int32  // numbers the names of the table, in their order
	of       int32  // numbers its company; -1: none
	company  string // of a model: as stated or its only one; of a company: itself; canonical, not the owner
	value    float64
	missing  bool // blank
	conflict bool // stated with two values
	bound    string
	row      int
	rows     []int // all rows that state it
}

// isMarket reports whether a metric's values are parts of a market.
func isMarket(metric, _ string) bool {
	return metric == shareMetric || slices.Contains(additive, metric)
}

// marketsOf groups the rows of the wanted metrics into markets: periods after asOf (Moment.After)
// are left out and counted, equal statements of one fact count once,
// different ones are in conflict unless a trusted sheet decides. Markets come
// by metric, unit, grain, region, period.
func marketsOf(t Table, wanted func(metric, unit string) bool, names *Names, asOf Date, sheets []string, n *notes) []market {
	rows := t.Rows()
	metric, unit, grain := codes(t.Text("metric"), rows), codes(t.Text("unit"), rows), codes(t.Text("period_grain"), rows)
	kind, region := codes(t.Text("subject_kind"), rows), identify(t.Text("region"), rows, strings.TrimSpace)
	if model, ok := slices.BinarySearch(kind.names, kindModel); ok { // a subject of no stated kind is a model
		for row, k := range kind.of {
			if k < 0 {
				kind.of[row] = int32(model)
			}
		}
	}
	subject := identify(t.Text("subject"), rows, names.Name)
	company := identify(t.Text("company"), rows, names.Name)
	companies := companiesOf(subject, company, names)
	companyOf := make([]int32, len(subject.names)) // the subject as a company: its number + 1, 0 where not asked yet
	period, end := t.Date("period"), t.Date("period_end")
	value, bound := t.Float("value"), codes(t.Text("bound"), rows)
	exact := func(row int32) bool { return bound.of[row] < 0 || bound.name(bound.of[row]) == "exact" }

	type measure struct{ metric, unit int32 }
	asked := map[measure]bool{}
	isWanted := func(m measure) bool {
		yes, known := asked[m]
		if !known {
			yes = wanted(metric.name(m.metric), unit.name(m.unit))
			asked[m] = yes
		}
		return yes
	}
	type place struct {
		metric, unit, grain, region int32
		first, end                  Date
	}
	type placed struct {
		market, kind, subject int32
		row                   int32
	}
	index := map[place]int32{}
	last, at := place{metric: -1}, int32(-1) // neighbours are often of one place
	var places []place
	var kept []placed
	late := 0
	for row := range rows {
		if metric.of[row] < 0 || subject.of[row] < 0 || !isWanted(measure{metric.of[row], unit.of[row]}) {
			continue
		}
		p := place{metric.of[row], unit.of[row], grain.of[row], region.of[row], period.Or(row, NoDate), end.Or(row, NoDate)}
		switch kind.name(kind.of[row]) {
		case kindRegion:
			p.region = -1 // it is the subject, not where the market is
		case kindMarket:
			if p.region >= 0 && marketRegion(subject.name(subject.of[row]), region.name(p.region)) == "" {
				p.region = -1
			}
		}
		if p != last {
			i, ok := index[p]
			if !ok {
				if i = int32(len(places)); p.first != NoDate && (Moment{p.first, Grain(grain.name(p.grain))}).After(asOf) {
					i = -1
				} else {
					places = append(places, p)
				}
				index[p] = i
			}
			last, at = p, i
		}
		if at < 0 {
			late++
			continue
		}
		kept = append(kept, placed{at, kind.of[row], subject.of[row], int32(row)})
	}
	if late > 0 {
		n.add(Finding{Effect: Dropped, Code: "metrics-after-as-of", At: sheetOf(t, 0), Args: []any{strconv.Itoa(late), FormatDate(asOf)}})
	}
	slices.SortFunc(kept, func(a, b placed) int {
		switch { // cmp.Or would look at all of it each time
		case a.market != b.market:
			return cmp.Compare(a.market, b.market)
		case a.kind != b.kind:
			return cmp.Compare(a.kind, b.kind)
		case a.subject != b.subject:
			return cmp.Compare(a.subject, b.subject)
		}
		return cmp.Or(cmp.Compare(value.Or(int(a.row), 0), value.Or(int(b.row), 0)),
			boolFirst(!exact(a.row), !exact(b.row)), cmp.Compare(bound.of[a.row], bound.of[b.row]), // of equal values "more than" says more
			cmp.Compare(company.of[a.row], company.of[b.row]), cmp.Compare(a.row, b.row))
	})
	markets := make([]market, len(places))
	for i, p := range places {
		markets[i] = market{metric: metric.name(p.metric), unit: unit.name(p.unit), region: region.name(p.region),
			at: Moment{p.first, Grain(grain.name(p.grain))}, end: p.end, dated: p.first != NoDate, facts: map[string][]marketFact{}, companies: &companies.names}
	}
	sameFact := func(a, b placed) bool { return a.market == b.market && a.kind == b.kind && a.subject == b.subject }
	number := 0
	for i := range kept {
		if i == 0 || !sameFact(kept[i-1], kept[i]) {
			number++
		}
	}
	facts, begin := make([]marketFact, 0, number), 0 // one array for all markets
	stating := make([]int, 0, len(kept))
	var stated []placed
	for i := 0; i < len(kept); {
		j := i
		for j < len(kept) && sameFact(kept[j], kept[i]) {
			j++
		}
		k := cmp.Or(kind.name(kept[i].kind), kindModel)
		f := marketFact{name: subject.name(kept[i].subject), subject: kept[i].subject, of: -1, missing: true}
		stated = stated[:0]
		for _, s := range kept[i:j] {
			row := int(s.row)
			if f.of < 0 {
				f.of = company.of[row]
			}
			if _, ok := value.At(row); ok {
				stated = append(stated, s)
			}
		}
		switch k {
		case kindModel:
			if f.of < 0 {
				f.of = companies.only[f.subject]
			}
		case kindCompany:
			if companyOf[f.subject] == 0 {
				companyOf[f.subject] = companies.number(f.name) + 1
			}
			f.of = companyOf[f.subject] - 1
		}
		if f.of >= 0 {
			f.company = companies.names[f.of]
		}
		if k == kindCompany {
			f.company = f.name
		}
		if last := len(stated) - 1; last >= 0 {
			if !sameValue(value.Or(int(stated[0].row), 0), value.Or(int(stated[last].row), 0)) {
				if stated = trusted(t, stated, sheets, func(s placed) int { return int(s.row) }); len(stated) > 1 {
					f.conflict = true
					n.add(conflict(t, int(stated[0].row), int(stated[len(stated)-1].row)))
				}
			}
			row := int(stated[0].row)
			f.missing, f.row = f.conflict, row
			for _, s := range stated {
				stating = append(stating, int(s.row))
			}
			f.rows = stating[len(stating)-len(stated) : len(stating) : len(stating)]
			f.value, f.bound = value.Or(row, 0), cmp.Or(bound.name(bound.of[row]), "exact")
		} else {
			f.row = int(kept[i].row)
		}
		facts = append(facts, f)
		if j == len(kept) || kept[j].market != kept[i].market || kept[j].kind != kept[i].kind {
			markets[kept[i].market].facts[k] = facts[begin:len(facts):len(facts)]
			begin = len(facts)
		}
		i = j
	}
	slices.SortFunc(markets, compareMarkets)
	return markets
}

// compareMarkets puts the periods of one series together.
func compareMarkets(a, b market) int {
	return cmp.Or(strings.Compare(a.metric, b.metric), strings.Compare(a.unit, b.unit),
		cmp.Compare(a.at.Grain.Fineness(), b.at.Grain.Fineness()), strings.Compare(string(a.at.Grain), string(b.at.Grain)),
		strings.Compare(a.region, b.region), cmp.Compare(a.at.First, b.at.First), cmp.Compare(a.end, b.end))
}
