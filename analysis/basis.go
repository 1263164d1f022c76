package analysis

import (
	"slices"
	"sync"
)

// basis is what many analyses ask of the same tables: names, markets, spreads,
// price series. Each is worked out once, when it is first asked for, and is
// read only from then on. What is wrong with the facts is kept beside them; one
// analysis says it: concentration of names and markets, growth of the other
// metrics, prices of prices.
type basis struct {
	tables Tables
	params Params
	asOf   Date

	names       func() *Names
	markets     func() []market      // of additive metrics and shares
	others      func() []market      // of other levels, of customers' ratios, of scores
	totals      func() marketTotals  // of markets
	spreads     func() []spread      // of markets, at all levels, measured
	prices      func() []priceSeries //
	usage       func() usage         // first use and first price of models
	evidence    func() evidence      // of models
	reasoners   func() map[string]bool
	nameNotes   notes
	marketNotes notes
	otherNotes  notes
	priceNotes  notes
}

func basisOf(ts Tables, p Params) *basis {
	b := &basis{tables: ts, params: p, asOf: asOf(ts, p)}
	b.names = sync.OnceValue(func() *Names {
		names, disputed := NamesOf(ts)
		for _, f := range disputed {
			b.nameNotes.add(f)
		}
		return names
	})
	b.markets = sync.OnceValue(func() []market {
		return marketsOf(ts["metrics"], isMarket, b.names(), b.asOf, p.TrustedSheets, &b.marketNotes)
	})
	b.others = sync.OnceValue(func() []market {
		wanted := func(m, u string) bool {
			return !isMarket(m, u) && (isLevel(m, u) || slices.Contains(customerMetrics, m) || slices.Contains(filingMetrics, m) || isScore(m))
		}
		return marketsOf(ts["metrics"], wanted, b.names(), b.asOf, p.TrustedSheets, &b.otherNotes)
	})
	b.totals = sync.OnceValue(func() marketTotals {
		filings := slices.DeleteFunc(slices.Clone(b.others()), func(m market) bool { return !slices.Contains(filingMetrics, m.metric) })
		return totalsOf(b.markets(), filings, ts["metrics"], p, &b.marketNotes)
	})
	b.spreads = sync.OnceValue(func() []spread { return spreadsOf(b) })
	b.prices = sync.OnceValue(func() []priceSeries {
		return priceSeriesOf(ts["prices"], b.names(), b.asOf, &b.priceNotes)
	})
	b.usage = sync.OnceValue(func() usage { return usageOf(b.markets(), ts["prices"], b.names(), b.asOf, p) })
	b.reasoners = sync.OnceValue(func() map[string]bool { return reasonersOf(ts, b.names()) })
	b.evidence = sync.OnceValue(func() evidence { return evidenceOf(b) })
	return b
}

// metrics are the markets, and others, of some metrics.
func (b *basis) metrics(wanted func(metric, unit string) bool) []market {
	var all []market
	for _, markets := range [][]market{b.markets(), b.others()} {
		for _, m := range markets {
			if wanted(m.metric, m.unit) {
				all = append(all, m)
			}
		}
	}
	return all
}
