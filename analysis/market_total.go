package analysis

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
)

// marketTotal is how large a market is, and who says so; of stated shares, what
// they are shares of, where amounts beside them tell.
type marketTotal struct {
	value   Estimate
	from    string
	origin  Origin
	shareOf string
}

// marketTotals are the totals of all markets, by market and kind of subject.
type marketTotals []map[string]marketTotal

func (t marketTotals) of(market int, kind string) marketTotal { return t[market][kind] }

// totalsOf finds the total of each market:
//
//  1. of stated shares it is 1;
//  2. the market's own row (two with different values: conflicting_values);
//  3. amounts over stated shares of the same subjects, place and time, where
//     each amount fits its share to half a point and no other metric does;
//  4. the list itself, where settings say that it is complete;
//  5. else total_unknown.
//
// filings are the markets of counts of filings: no market to measure, but shares
// that fit them are shares of filings.
func totalsOf(markets, filings []market, t Table, p Params, n *notes) marketTotals {
	totals := make(marketTotals, len(markets))
	shares := map[placeAndTime]int{}
	for i, m := range markets {
		totals[i] = map[string]marketTotal{}
		if m.metric == shareMetric {
			shares[m.place()] = i
		}
	}
	implied, shareOf := impliedTotals(markets, shares)
	for _, m := range filings {
		s, ok := shares[m.place()]
		if !ok {
			continue
		}
		for _, kind := range []string{kindCompany, kindRegion} {
			key := impliedKey{s, kind}
			if through, fits := impliedTotal(m.facts[kind], markets[s].facts[kind]); fits && through.common() > 1 && shareOf[key] == "" {
				shareOf[key] = m.metric
			}
		}
	}
	for i, m := range markets {
		own, ownRows := ownTotal(m, t, n)
		for _, kind := range []string{kindModel, kindCompany, kindRegion} {
			facts := m.facts[kind]
			if len(facts) == 0 {
				continue
			}
			total := marketTotal{value: Unknown(TotalUnknown)}
			through, ok := implied[impliedKey{i, kind}]
			switch {
			case m.metric == shareMetric:
				total = marketTotal{value: Known(1), from: fromStated, shareOf: shareOf[impliedKey{i, kind}]}
			case own.Ok() || own.Reason == ConflictingValues:
				total = marketTotal{value: own, from: fromMarketRow, origin: OriginOf("metrics", "value", ownRows...)}
			case ok:
				total = marketTotal{value: Known(through.total), from: fromShares, origin: through.origin()}
			case p.ListComplete:
				total = marketTotal{value: listTotal(facts), from: fromList}
			}
			totals[i][kind] = total
		}
	}
	return totals
}

// ownTotal is what the market's own rows say, and which rows those are.
func ownTotal(m market, t Table, n *notes) (total Estimate, rows []int) {
	total = Unknown(TotalUnknown)
	first := 0
	for _, f := range m.facts[kindMarket] {
		switch {
		case f.conflict:
			return Unknown(ConflictingValues), nil
		case f.missing:
			continue
		case !total.Ok():
			total, first = Known(f.value), f.row
		case !sameValue(total.Value, f.value):
			n.add(conflict(t, first, f.row))
			return Unknown(ConflictingValues), nil
		}
		rows = append(rows, f.rows...)
	}
	return total, rows
}

// listTotal is the sum of a list; a value in conflict leaves it unknown.
func listTotal(facts []marketFact) Estimate {
	var sum accumulator
	for _, f := range facts {
		if f.conflict {
			return Unknown(ConflictingValues)
		}
		if !f.missing {
			sum.add(f.value)
		}
	}
	return Known(sum.value())
}

// placeAndTime is the place and time of a market.
type placeAndTime struct {
	at     Moment
	end    Date
	region string
}

func (m market) place() placeAndTime { return placeAndTime{m.at, m.end, m.region} }

type impliedKey struct {
	market int
	kind   string
}

// impliedTotals divides amounts by the stated shares of the same subjects.
// Which metric the shares are of nobody says, so it must be the only one whose
// amounts fit them: with two subjects or more, or as the only metric there. Of
// the market of shares the metric is given, too, where two subjects or more say so.
func impliedTotals(markets []market, shares map[placeAndTime]int) (implied map[impliedKey]impliedThrough, shareOf map[impliedKey]string) {
	type candidate struct {
		key    impliedKey
		metric string
		impliedThrough
	}
	byPlace := map[impliedKey][]candidate{} // keyed by the market of shares
	for i, m := range markets {
		s, ok := shares[m.place()]
		if !ok || m.metric == shareMetric {
			continue
		}
		for _, kind := range []string{kindModel, kindCompany, kindRegion} {
			if through, fits := impliedTotal(m.facts[kind], markets[s].facts[kind]); through.common() > 0 && fits {
				key := impliedKey{s, kind}
				byPlace[key] = append(byPlace[key], candidate{impliedKey{i, kind}, m.metric, through})
			}
		}
	}
	implied, shareOf = map[impliedKey]impliedThrough{}, map[impliedKey]string{}
	for key, candidates := range byPlace {
		metrics := map[string]bool{}
		strong := map[string]bool{}
		for _, c := range candidates {
			metrics[c.metric] = true
			if c.common() > 1 {
				strong[c.metric] = true
			}
		}
		for _, c := range candidates {
			if len(strong) == 1 && strong[c.metric] || len(metrics) == 1 {
				implied[c.key] = c.impliedThrough
				if c.common() > 1 {
					shareOf[key] = c.metric
				}
			}
		}
	}
	return implied, shareOf
}

// impliedThrough is a total found through shares, with the rows that state the
// amounts and the shares of the names in common.
type impliedThrough struct {
	total           float64
	amounts, shares [][]int
}

func (t impliedThrough) common() int { return len(t.amounts) }

func (t impliedThrough) origin() Origin {
	return Origin{Table: "metrics", Column: "value", Facts: t.amounts, Per: &Origin{Table: "metrics", Column: "value", Facts: t.shares}}
}

// impliedTotal compares amounts with shares of the same names.
func impliedTotal(amounts, shares []marketFact) (through impliedThrough, fits bool) {
	share := map[string]marketFact{}
	for _, f := range shares {
		if !f.missing && f.value > 0 {
			share[f.name] = f
		}
	}
	var a, s accumulator
	for _, f := range amounts {
		if of, ok := share[f.name]; ok && !f.missing && f.value > 0 {
			a.add(f.value)
			s.add(of.value)
			through.amounts, through.shares = append(through.amounts, f.rows), append(through.shares, of.rows)
		}
	}
	if through.common() == 0 || s.value() <= 0 {
		return impliedThrough{}, false
	}
	through.total = a.value() / s.value()
	for _, f := range amounts {
		if of, ok := share[f.name]; ok && !f.missing && f.value > 0 && math.Abs(f.value/through.total-of.value) > shareSlack {
			return through, false
		}
	}
	return through, true
}

// sayTotals adds the findings on totals and shares, one per series of markets.
func sayTotals(spreads []spread, t Table, n *notes) {
	type said struct{ code, metric, unit, region, kind string }
	count, first := map[said]int{}, map[said]Finding{}
	for _, s := range spreads {
		if s.metric == modelsListed || s.level != s.kind {
			continue // once, for the level the rows are of
		}
		var f Finding
		at := sheetOf(t, s.facts[s.kind][0].row)
		switch {
		case s.total.Reason == TotalUnknown:
			f = Finding{Effect: Skipped, Code: "total-unknown", At: at}
		case s.rescaled:
			f = Finding{Effect: Noted, Code: "shares-rescaled", At: at, Got: percentText(s.total.Value)}
		case s.metric == shareMetric && s.c.HHI.Reason == SharesIncomplete:
			f = Finding{Effect: Noted, Code: "shares-incomplete", At: at, Got: percentText(1 - s.unknown.Value)}
		case s.metric != shareMetric && s.c.HHI.Reason == SharesExceedOne:
			f = Finding{Effect: Skipped, Code: "parts-exceed-total", At: at, Got: s.total.text()}
		default:
			continue
		}
		k := said{f.Code, s.metric, s.unit, s.region, s.kind}
		if count[k]++; count[k] == 1 {
			first[k] = f
		}
	}
	keys := make([]said, 0, len(count))
	for k := range count {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b said) int {
		return cmp.Or(strings.Compare(a.metric, b.metric), strings.Compare(a.code, b.code), strings.Compare(a.unit, b.unit),
			strings.Compare(a.region, b.region), strings.Compare(a.kind, b.kind))
	})
	for _, k := range keys {
		f := first[k]
		f.Args = []any{metricMessage(k.metric), strconv.Itoa(count[k])}
		n.add(f)
	}
}

// percentText writes a fraction as a percentage with one decimal.
func percentText(v float64) string { return strconv.FormatFloat(100*v, 'f', 1, 64) + "%" }

// rounded writes a number for a sentence, with two decimals at most.
func rounded(v float64) string {
	return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
}

// filingMetrics count filings: shares of them say nothing of use.
var filingMetrics = []string{"filed", "registered", "filed_total", "registered_total"}

// metricText names what a spread measures; shares of filings are called so.
func (s spread) metricText() any {
	if s.metric == shareMetric && slices.Contains(filingMetrics, s.sharesOf) {
		return Say("metric.share-of." + s.sharesOf)
	}
	return metricMessage(s.metric)
}

// otherMetrics are the canonical metrics that are neither shares nor additive.
var otherMetrics = []string{"new_users", "headcount", "votes", "arpu", "cac", "change", "score", "filed", "registered", "filed_total", "registered_total",
	"launched_total", "active_total", "commercial_total", "finalist_total", "paying_users", "gross_margin", "churn", "parameters", "training_compute", "training_cost"}

// metricMessage names a metric: canonical ones in the reader's language, others
// as typed.
func metricMessage(metric string) any {
	switch {
	case metric == shareMetric || metric == modelsListed || slices.Contains(additive, metric):
		return Say("metric." + metric)
	case slices.Contains(otherMetrics, metric):
		return Say("word." + metric)
	}
	return metric
}

// unitMessage names a unit that the program knows; others as typed.
func unitMessage(unit string) any {
	if slices.Contains([]string{"models", "services", "algorithms", "apps", "persons", "count", "tokens", "tokens/day", "CNY", "USD"}, unit) {
		return Say("unit." + unit)
	}
	return unit
}
