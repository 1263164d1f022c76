package analysis

import (
	"cmp"
	"slices"
	"strings"
)

// ModelsAnalysis puts everything that the workbook says of a model on one line.
//
// Input: filings, metrics, prices, releases, companies, aliases. Output
// "models": one row per model, by name; filed models and those that only
// metrics, prices or releases name, told apart by in_filings, since the latter
// have survived to be listed. Stage dates as stated, their grain beside them
// (stages dated by rule count in stage only); share and rank in the latest market (metric, period); the
// latest list prices and their change since the first; whether name or category
// says that it is a reasoning model; growth of use from first
// to last value; the last release.
var ModelsAnalysis = Analyzer{
	Name: "models", Doc: "One line per model: stage, share, prices, growth, last release.",
	Needs: []string{"filings", "metrics", "prices", "releases"}, Specs: []TableSpec{modelsSpec}, run: runModels,
}

var modelsSpec = TableSpec{Name: "models", Key: 2, Columns: join(
	columns(Text, "model", "company", "camp", "stage"),
	columns(Day32, "filed", "launched", "active", "commercial", "retired"),
	estimates("fraction", "share"), []ColumnSpec{{Name: "rank", Type: Int, Unit: "count", Reason: true}},
	estimates("money_per_mtok", "input_price", "output_price"), columns(Text, "currency"), estimates("fraction", "price_change"),
	estimates("factor", "growth"), estimates("days", "doubling_days", "doubling_lower", "doubling_upper"), columns(Day32, "last_release"),
	// Beyond the promise: where share, prices and growth come from.
	columns(Text, "owner", "region", "exit"), columns(Bool, "in_filings", "reasoning"), columns(Text, "metric"), columns(Day32, "period"), columns(Text, "period_grain"),
	columns(Day32, "price_date"), columns(Text, "growth_metric", "bound"), counts("n_values", "n_releases"),
	columns(Text, "filed_grain", "launched_grain", "active_grain", "commercial_grain", "last_release_grain"),
)}

// modelLine is one model.
type modelLine struct {
	name, company string
	filed         *filedEntity
}

// lines are all models, by name and company: those filed, then those that other
// tables name.
func (e evidence) lines(releases map[string][]releaseDate, spelled map[string]string) []modelLine {
	var all []modelLine
	known := map[string]bool{}
	for i := range e.filed.entities {
		f := &e.filed.entities[i]
		all = append(all, modelLine{f.model, f.company, f})
		known[Fold(f.model)] = true
	}
	add := func(name, company string) {
		if key := Fold(name); !known[key] {
			known[key] = true
			all = append(all, modelLine{name: name, company: e.names.Company(name, company)})
		}
	}
	others := map[string][2]string{} // by key: the smallest spelling, its company
	see := func(name, company string) {
		key := Fold(name)
		if old, ok := others[key]; !ok || name < old[0] {
			others[key] = [2]string{name, cmp.Or(company, old[1])}
		} else if old[1] == "" || company != "" && company < old[1] {
			others[key] = [2]string{old[0], company}
		}
	}
	for _, m := range e.markets {
		for _, f := range m.facts[kindModel] {
			see(f.name, f.company)
		}
	}
	for _, s := range e.prices {
		see(s.model, s.company)
	}
	for key := range releases {
		see(spelled[key], "")
	}
	for _, key := range sortedKeys(others) {
		add(others[key][0], others[key][1])
	}
	slices.SortFunc(all, func(a, b modelLine) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.company, b.company))
	})
	return all
}

// releaseDate is when something was released: as stated, and the day that
// stands for it, the 15th of a month (methods 0.3).
type releaseDate struct {
	day Date
	at  Moment
}

// releaseAt reads a release date; one too coarse for a day is none.
func releaseAt(dates Column[Date], grains Column[string], row int) (r releaseDate, ok bool) {
	if r.at, ok = momentAt(dates, grains, row); ok {
		r.day, ok = r.at.Day()
	}
	return r, ok
}

// compareReleases orders by day, of one day what states it before what does not.
func compareReleases(a, b releaseDate) int {
	return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.at.Grain.Fineness(), b.at.Grain.Fineness()))
}

// daysOf are the distinct days of releases in order.
func daysOf(releases []releaseDate) []Date {
	var days []Date
	for _, r := range releases {
		if n := len(days); n == 0 || days[n-1] != r.day {
			days = append(days, r.day)
		}
	}
	return days
}

// releasesOf are the releases of each model up to asOf, in order, by folded
// name, and how it is spelled.
func releasesOf(t Table, names *Names, asOf Date) (map[string][]releaseDate, map[string]string) {
	rows := t.Rows()
	model, date, grain := identify(t.Text("model"), rows, names.Name), t.Date("date"), t.Text("date_grain")
	byModel := make([][]releaseDate, len(model.names))
	for row := range rows {
		if r, ok := releaseAt(date, grain, row); ok && model.of[row] >= 0 && !r.at.After(asOf) {
			byModel[model.of[row]] = append(byModel[model.of[row]], r)
		}
	}
	dates, spelled := map[string][]releaseDate{}, map[string]string{}
	for i, of := range byModel {
		if len(of) > 0 {
			slices.SortFunc(of, compareReleases)
			key := Fold(model.names[i])
			dates[key], spelled[key] = of, model.names[i]
		}
	}
	return dates, spelled
}

// latestShare is a model's share and rank in the latest market.
type latestShare struct {
	share, rank Estimate
}

// places are the shares and ranks in the latest market, those that the table of
// shares has.
func (e evidence) places() (market, map[string]latestShare) {
	s := latestMarket(e.spreads)
	if s == nil {
		return market{}, nil
	}
	of := map[string]latestShare{}
	for i, f := range s.firms {
		at := latestShare{Known(f.Share), Known(float64(i + 1))}
		switch why := f.unknown(); {
		case why != "":
			at = latestShare{Unknown(why), Unknown(why)}
		case s.shareReason != "":
			at.share = Unknown(s.shareReason)
		}
		of[Fold(f.Firm)] = at
	}
	return s.market, of
}

// offers are the latest prices of a model: the side's own, else the flat one.
type listedPrices struct {
	input, output, change Estimate
	currency              string
	date                  Date
}

// listPrices gives the latest prices of each model, in the currency of its most
// recent observation.
func (e evidence) listPrices() map[string]listedPrices {
	of := map[string][]*priceSeries{}
	for i := range e.prices {
		if s := &e.prices[i]; len(s.points) > 0 {
			of[Fold(s.model)] = append(of[Fold(s.model)], s)
		}
	}
	all := map[string]listedPrices{}
	for key, series := range of {
		last := func(s *priceSeries) pricePoint { return s.points[len(s.points)-1] }
		latest := slices.MaxFunc(series, func(a, b *priceSeries) int {
			return cmp.Or(cmp.Compare(last(a).day, last(b).day), cmp.Compare(len(a.points), len(b.points)),
				strings.Compare(b.currency, a.currency), strings.Compare(b.company, a.company))
		})
		l := listedPrices{input: Unknown(MissingPrice), output: Unknown(MissingPrice), change: Unknown(TooFewPoints), currency: latest.currency, date: last(latest).at.First}
		kind := func(k string) *priceSeries {
			var best *priceSeries
			for _, s := range series {
				if s.kind == k && s.currency == l.currency && (best == nil || last(s).day > last(best).day) {
					best = s
				}
			}
			return best
		}
		flat := kind("flat")
		for _, side := range []struct {
			kind  string
			price *Estimate
		}{{"output", &l.output}, {"input", &l.input}} {
			s := kind(side.kind)
			if s == nil {
				s = flat
			}
			if s != nil {
				*side.price, l.change = Known(last(s).price), s.change()
			}
		}
		all[key] = l
	}
	return all
}

func runModels(basis *basis) Result {
	ts, p := basis.tables, basis.params
	var r Result
	e := basis.evidence()
	releases, spelled := releasesOf(ts["releases"], e.names, e.asOf)
	lines := e.lines(releases, spelled)
	if len(lines) == 0 {
		return r
	}
	latest, places := e.places()
	prices, reasoners := e.listPrices(), basis.reasoners()
	var growing []map[string][]growthSeries
	for _, metric := range growthMetrics {
		growing = append(growing, seriesOfModels(e.markets, metric))
	}
	b := NewBuilder(modelsSpec)
	defer b.Release()
	for _, l := range lines {
		key := Fold(l.name)
		b.Text("model", l.name)
		b.Text("company", l.company)
		b.Text("camp", e.names.Camp(l.company))
		b.Text("owner", e.names.Owner(l.company))
		b.Bool("in_filings", l.filed != nil)
		b.Bool("reasoning", reasoners[key])
		if f := l.filed; f != nil {
			stage := e.filed.stage(*f)
			if stage == "" && !f.dated {
				stage = listed
			}
			b.Text("stage", stage)
			b.Text("region", f.region.text)
			b.Text("exit", f.exit.cause)
			for i, s := range p.FunnelStages {
				if m := f.stated[i]; m.Grain != "" {
					b.Date(s, m.First)
					b.Text(s+"_grain", string(m.Grain))
				}
			}
			if isDay(f.exit.day) {
				b.Date("retired", f.exit.day)
			}
		}
		if at, ok := places[key]; ok {
			b.Maybe("share", at.share)
			maybeInt(b, "rank", at.rank)
			b.Text("metric", latest.metric)
			b.Date("period", latest.at.First)
			b.Text("period_grain", string(latest.at.Grain))
		} else {
			nullAll(b, MissingInput, "share", "rank")
		}
		if price, ok := prices[key]; ok {
			b.Maybe("input_price", price.input)
			b.Maybe("output_price", price.output)
			b.Text("currency", price.currency)
			b.Maybe("price_change", price.change)
			b.Date("price_date", price.date)
		} else {
			nullAll(b, MissingPrice, "input_price", "output_price", "price_change")
		}
		growth, found := Growth{}, false
		for _, of := range growing {
			if s, ok := longest(of[key]); ok && len(s.facts) > 1 {
				growth, found = s.change(p), true
				b.Text("growth_metric", s.metric)
				b.Text("bound", ratioBound(s.facts[0].bound, s.facts[len(s.facts)-1].bound))
				b.Int("n_values", len(s.facts))
				break
			}
		}
		if found {
			b.Maybe("growth", growth.Ratio)
			b.Maybe("doubling_days", growth.Doubling)
			b.Maybe("doubling_lower", growth.DoublingMin)
			b.Maybe("doubling_upper", growth.DoublingMax)
		} else {
			nullAll(b, TooFewPoints, "growth", "doubling_days", "doubling_lower", "doubling_upper")
			b.Int("n_values", 0)
		}
		b.Int("n_releases", len(daysOf(releases[key])))
		if of := releases[key]; len(of) > 0 {
			last := of[len(of)-1].at
			b.Date("last_release", last.First)
			b.Text("last_release_grain", string(last.Grain))
		}
		b.EndRow()
	}
	r.Tables = []Table{b.Table()}
	return r
}
