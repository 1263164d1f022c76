package analysis

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
)

// FrontierAnalysis asks what a given quality costs at least, and what a model's
// input and output price come to together.
//
// Input: prices; scores of models in metrics; rates. Output "price_frontier",
// the quality-adjusted minimum: per tier of quality one row for each day on
// which a model of at least that score became the cheapest so far;
// "price_frontier_trend", one row per tier: the log-linear trend through those
// points, which were chosen because they fell, so that its interval is nominal;
// "price_blended", one row per model, company and currency: the last prices
// blended 3:1 (Params.BlendInput : BlendOutput), 1:1 and 1:3.
//
// Prices are blended where a model has an input and an output price on the same
// day; a flat price is both. Where no model has both, the input price counts
// (price_kind). Reasoning models, where name or category says so, are flagged in
// price_blended and left out of the tiers (n_reasoning), unless
// Params.ReasoningInTrend: they are paid for tokens that nobody reads. Free models are counted (n_free) and in no logarithm. A month
// stands for its 15th, here as in the trend. A model's score is the latest
// stated. Tiers begin at the scores of Params.FrontierTiers, else at those that
// the better half and the best quarter of the priced models reach; a tier is
// named by metric and score.
//
// Where the rates table allows, all is in Params.TargetCurrency at one fixed
// rate, the latest; rate and its day stand in the output. A currency without a
// rate is not converted (unknown_currency) and has tiers of its own.
//
// Sources: methods 5.1, 5.4; Epoch AI, 12 Mar 2025; a16z, 12 Nov 2024.
var FrontierAnalysis = Analyzer{
	Name: "price_frontier", Sheet: "prices", Doc: "What a given quality costs at least over time, and blended prices.",
	Needs: []string{"prices"},
	Specs: []TableSpec{priceFrontierSpec, frontierTrendSpec, priceBlendedSpec},
	run:   runFrontier,
}

var priceFrontierSpec = TableSpec{Name: "price_frontier", Key: 2, Columns: join(
	columns(Text, "tier"), columns(Day32, "date"), columns(Text, "model"),
	[]ColumnSpec{{Name: "price", Type: Float, Unit: "money_per_mtok"}}, columns(Text, "currency"),
	// Beyond the promise.
	[]ColumnSpec{{Name: "score", Type: Float}}, columns(Text, "company", "price_kind", "date_grain", "from_currency"),
	estimates("", "rate"), columns(Day32, "rate_date"),
)}

var frontierTrendSpec = TableSpec{Name: "price_frontier_trend", Key: 1, Columns: join(
	columns(Text, "tier", "currency"), counts("n_points", "n_free", "n_models", "n_reasoning"),
	[]ColumnSpec{{Name: "first_date", Type: Day32, Reason: true}, {Name: "last_date", Type: Day32, Reason: true}},
	estimates("factor", "decline_factor_per_year", "factor_lower", "factor_upper"), estimates("days", "half_life_days"),
	estimates("factor", "endpoint_factor"), annualised, columns(Text, "caution"),
)}

// annualised is the column that says from how few days a yearly rate is carried
// to a year (traps: extrapolated rates).
var annualised = []ColumnSpec{{Name: "annualised_from_days", Type: Int, Unit: "days", Reason: true}}

// annualisedFrom is the span that a yearly rate rests on, if it is under a year.
func annualisedFrom(first, last Date, p Params) Estimate {
	switch days := float64(last - first); {
	case days == 0:
		return Unknown(ZeroSpan)
	case days >= p.DaysPerYear:
		return Unknown(NotApplicable)
	default:
		return Known(days)
	}
}

var priceBlendedSpec = TableSpec{Name: "price_blended", Key: 3, Columns: join(
	columns(Text, "model", "company", "currency"), columns(Day32, "date"), columns(Text, "date_grain"),
	estimates("money_per_mtok", "input_price", "output_price", "blended", "blended_1_1", "blended_1_3"),
	[]ColumnSpec{{Name: "weight_input", Type: Float}, {Name: "weight_output", Type: Float}},
	columns(Text, "to_currency"), estimates("", "rate"), columns(Day32, "rate_date"), estimates("money_per_mtok", "blended_converted"),
	columns(Bool, "reasoning"),
)}

// offer is what a model of a company costs in a currency: its series of each
// side.
type offer struct {
	model, company, currency string
	input, output, flat      *priceSeries
}

// offersOf joins the series of the sides, which come sorted by model, company,
// kind and currency.
func offersOf(all []priceSeries) []offer {
	type seller struct{ model, company, currency string }
	index := map[seller]int{}
	var offers []offer
	for i := range all {
		s := &all[i]
		if len(s.points) == 0 {
			continue
		}
		k := seller{Fold(s.model), Fold(s.company), s.currency}
		at, ok := index[k]
		if !ok {
			at = len(offers)
			offers = append(offers, offer{model: s.model, company: s.company, currency: s.currency})
		}
		o := &offers[at]
		switch s.kind {
		case "input":
			o.input = s
		case "output":
			o.output = s
		case "flat":
			o.flat = s
		default:
			if !ok {
				offers = offers[:at] // cached and other prices are other products
				continue
			}
		}
		index[k] = at
	}
	return offers
}

// quote is what an offer costs on a day.
type quote struct {
	at            Moment
	day           Date
	input, output Estimate
}

// quotes are the days on which an offer states a price, with both sides where
// that day states both.
func (o offer) quotes() []quote {
	byDay := map[Date]quote{}
	see := func(s *priceSeries, set func(*quote, float64)) {
		if s == nil {
			return
		}
		for _, p := range s.points {
			q, ok := byDay[p.day]
			if !ok {
				q = quote{at: p.at, day: p.day, input: Unknown(MissingPrice), output: Unknown(MissingPrice)}
			}
			set(&q, p.price)
			byDay[p.day] = q
		}
	}
	see(o.flat, func(q *quote, v float64) { q.input, q.output = Known(v), Known(v) })
	see(o.input, func(q *quote, v float64) { q.input = Known(v) })
	see(o.output, func(q *quote, v float64) { q.output = Known(v) })
	all := make([]quote, 0, len(byDay))
	for _, q := range byDay {
		all = append(all, q)
	}
	slices.SortFunc(all, func(a, b quote) int { return cmp.Compare(a.day, b.day) })
	return all
}

// last is the last price of each side; a side that the offer has stated only
// earlier keeps that.
func (o offer) last() quote {
	q := quote{input: Unknown(MissingPrice), output: Unknown(MissingPrice)}
	for _, s := range o.quotes() {
		q.at, q.day = s.at, s.day
		if s.input.Ok() {
			q.input = s.input
		}
		if s.output.Ok() {
			q.output = s.output
		}
	}
	return q
}

// blend is the weighted price of both sides, or the reason of the missing one.
func (q quote) blend(w Blend) Estimate {
	return NormalisePrice(Quote{Input: q.input, Output: q.output, Per: 1e6, Unit: "tokens"}, nil, "", w).Blended
}

func runFrontier(basis *basis) Result {
	ts, p := basis.tables, basis.params
	t := ts["prices"]
	if t.Rows() == 0 {
		return Result{}
	}
	asOf := basis.asOf
	offers := offersOf(basis.prices()) // prices says what is left out of the series
	rates := fixedRates(ts["rates"], asOf)
	reasoners := basis.reasoners()
	var r Result
	if blended := priceBlendedTable(offers, rates, reasoners, p); blended.Rows() > 0 {
		r.Tables = append(r.Tables, blended)
	}
	if p.ReasoningInTrend {
		reasoners = nil
	}
	tiers := tiersOf(offers, reasoners, scoresOf(basis.metrics(func(m, _ string) bool { return isScore(m) })), rates, p)
	if len(tiers) == 0 {
		return r
	}
	frontier, trend := NewBuilder(priceFrontierSpec), NewBuilder(frontierTrendSpec)
	defer frontier.Release()
	defer trend.Release()
	for _, tier := range tiers {
		tier.write(frontier, trend, p)
	}
	r.Tables = append([]Table{frontier.Table(), trend.Table()}, r.Tables...)
	r.Headlines, r.Charts = frontierStory(tiers)
	return r
}

// priceBlendedTable has the last prices of each offer with an input, output or
// flat price.
func priceBlendedTable(offers []offer, rates map[string]fixedRate, reasons map[string]bool, p Params) Table {
	b := NewBuilder(priceBlendedSpec)
	defer b.Release()
	for _, o := range offers {
		q := o.last()
		b.Text("model", o.model)
		b.Text("company", o.company)
		b.Text("currency", o.currency)
		b.Date("date", q.at.First)
		b.Text("date_grain", string(q.at.Grain))
		b.Maybe("input_price", q.input)
		b.Maybe("output_price", q.output)
		blended := q.blend(Blend{p.BlendInput, p.BlendOutput})
		b.Maybe("blended", blended)
		b.Maybe("blended_1_1", q.blend(Blend{1, 1}))
		b.Maybe("blended_1_3", q.blend(Blend{1, 3}))
		b.Float("weight_input", p.BlendInput)
		b.Float("weight_output", p.BlendOutput)
		c := convert(rates, o.currency, p.TargetCurrency)
		b.Text("to_currency", c.to)
		b.Maybe("rate", c.factor)
		if c.day != NoDate {
			b.Date("rate_date", c.day)
		}
		b.Maybe("blended_converted", c.times(blended))
		b.Bool("reasoning", reasons[Fold(o.model)])
		b.EndRow()
	}
	return b.Table()
}

// benchmarks are metrics that score models, beside the score itself; compared
// as names are.
var benchmarks = []string{"MMLU", "MMLU-Pro", "GPQA", "GPQA Diamond", "MATH", "MATH-500", "AIME", "HumanEval", "SWE-bench", "C-Eval", "CMMLU", "SuperCLUE", "Arena Elo"}

// score is a metric that scores models, with the latest score of each.
type score struct {
	metric string
	of     map[string]float64 // by model, folded
	day    map[string]Date    // on which it was stated
}

// isScore reports whether a metric scores models.
func isScore(metric string) bool {
	return metric == "score" || slices.ContainsFunc(benchmarks, func(b string) bool { return Fold(b) == Fold(metric) })
}

// scoresOf are the scores of models, by metric. A score stated with two values
// for one date is not used.
func scoresOf(markets []market) []score {
	var all []score
	for _, m := range markets {
		if len(all) == 0 || all[len(all)-1].metric != m.metric {
			all = append(all, score{m.metric, map[string]float64{}, map[string]Date{}})
		}
		s := all[len(all)-1]
		for _, f := range m.facts[kindModel] {
			key := Fold(f.name)
			if day, ok := s.day[key]; !f.missing && (!ok || m.at.First > day) {
				s.of[key], s.day[key] = f.value, m.at.First
			}
		}
	}
	return all
}

// tier is the frontier of one quality.
type tier struct {
	name, currency string
	priceKind      string
	from           map[ScoredPrice]quoted
	models         int
	reasoning      int // models of that score left out, since they reason
	Frontier
}

// quoted is whose price it is, and when as stated.
type quoted struct {
	company  string
	at       Moment
	currency string // of the price as stated
	exchange
}

// frontierMetrics is how many scoring metrics give tiers.
const frontierMetrics = 3

// tiersOf are the frontiers of the scoring metrics that most priced models have,
// without the models that reason.
func tiersOf(offers []offer, reasoners map[string]bool, scores []score, rates map[string]fixedRate, p Params) []tier {
	blended := slices.ContainsFunc(offers, func(o offer) bool {
		return slices.ContainsFunc(o.quotes(), func(q quote) bool { return q.blend(Blend{p.BlendInput, p.BlendOutput}).Ok() })
	})
	kind := "blended"
	if !blended {
		kind = "input"
	}
	type row struct {
		ScoredPrice
		quoted
		in string // currency
	}
	rowsOf := func(s score) (rows []row, left map[string]float64) {
		left = map[string]float64{}
		for _, o := range offers {
			v, ok := s.of[Fold(o.model)]
			if !ok {
				continue
			}
			if reasoners[Fold(o.model)] {
				left[Fold(o.model)] = v
				continue
			}
			c := convert(rates, o.currency, p.TargetCurrency)
			currency := p.TargetCurrency
			if !c.factor.Ok() {
				c, currency = exchange{o.currency, Known(1), NoDate}, o.currency
			}
			for _, q := range o.quotes() {
				price := q.input
				if blended {
					price = q.blend(Blend{p.BlendInput, p.BlendOutput})
				}
				if price = c.times(price); price.Ok() {
					rows = append(rows, row{ScoredPrice{q.day, o.model, v, price.Value}, quoted{o.company, q.at, o.currency, c}, currency})
				}
			}
		}
		return rows, left
	}
	type scored struct {
		score
		rows   []row
		left   map[string]float64 // scores of the reasoning models
		models map[string]bool
	}
	var all []scored
	for _, s := range scores {
		x := scored{score: s, models: map[string]bool{}}
		x.rows, x.left = rowsOf(s)
		for _, r := range x.rows {
			x.models[Fold(r.Model)] = true
		}
		if len(x.models) >= 2 {
			all = append(all, x)
		}
	}
	slices.SortStableFunc(all, func(a, b scored) int {
		return cmp.Or(cmp.Compare(len(b.models), len(a.models)), strings.Compare(a.metric, b.metric))
	})
	var tiers []tier
	for _, x := range all[:min(frontierMetrics, len(all))] {
		byCurrency := map[string][]row{}
		for _, r := range x.rows {
			byCurrency[r.in] = append(byCurrency[r.in], r)
		}
		for _, least := range x.tiers(x.models, p.FrontierTiers) {
			for _, currency := range sortedKeys(byCurrency) {
				tr := tier{name: x.metric + " ≥ " + strconv.FormatFloat(least, 'f', -1, 64), currency: currency, priceKind: kind, from: map[ScoredPrice]quoted{}}
				if len(byCurrency) > 1 {
					tr.name += " (" + currency + ")"
				}
				var rows []ScoredPrice
				models := map[string]bool{}
				for _, r := range byCurrency[currency] {
					rows = append(rows, r.ScoredPrice)
					if r.Score >= least {
						models[Fold(r.Model)] = true
					}
					if _, twice := tr.from[r.ScoredPrice]; !twice { // offers come by company
						tr.from[r.ScoredPrice] = r.quoted
					}
				}
				tr.models = len(models)
				for _, v := range x.left {
					if v >= least {
						tr.reasoning++
					}
				}
				if tr.Frontier = PriceFrontier(rows, least, math.Inf(1), p.DaysPerYear, p.Conf); len(tr.Points)+tr.Free > 0 {
					tiers = append(tiers, tr)
				}
			}
		}
	}
	return tiers
}

// tiers are the scores from which the tiers begin, ascending: as asked for, or
// what the better half and the best quarter of the priced models reach.
func (s score) tiers(models map[string]bool, asked []float64) []float64 {
	if len(asked) > 0 {
		least := slices.Clone(asked)
		slices.Sort(least)
		return slices.Compact(least)
	}
	var values []float64
	for m := range models {
		values = append(values, s.of[m])
	}
	slices.Sort(values)
	n := len(values)
	return slices.Compact([]float64{values[n-(n+1)/2], values[n-(n+3)/4]})
}

func (t tier) write(frontier, trend *Builder, p Params) {
	for _, pt := range t.Points {
		frontier.Text("tier", t.name)
		from := t.from[pt]
		frontier.Date("date", pt.Day) // a month by its 15th, as in the trend
		frontier.Text("date_grain", string(from.at.Grain))
		frontier.Text("model", pt.Model)
		frontier.Text("company", from.company)
		frontier.Float("price", pt.Price)
		frontier.Text("currency", t.currency)
		frontier.Float("score", pt.Score)
		frontier.Text("price_kind", t.priceKind)
		frontier.Text("from_currency", from.currency)
		frontier.Maybe("rate", from.factor)
		if from.day != NoDate {
			frontier.Date("rate_date", from.day)
		}
		frontier.EndRow()
	}
	trend.Text("tier", t.name)
	trend.Text("currency", t.currency)
	trend.Int("n_points", len(t.Points))
	trend.Int("n_free", t.Free)
	trend.Int("n_models", t.models)
	trend.Int("n_reasoning", t.reasoning)
	endpoint, from := Unknown(TooFewPoints), Unknown(TooFewPoints)
	if n := len(t.Points); n > 0 {
		trend.Date("first_date", t.Points[0].Day)
		trend.Date("last_date", t.Points[n-1].Day)
		if n > 1 {
			endpoint = ratio(t.Points[0].Price, t.Points[n-1].Price)
			from = annualisedFrom(t.Points[0].Day, t.Points[n-1].Day, p)
		}
	} else {
		nullAll(trend, TooFewPoints, "first_date", "last_date") // all free
	}
	trend.Maybe("endpoint_factor", endpoint)
	maybeInt(trend, "annualised_from_days", from)
	trend.Maybe("decline_factor_per_year", t.Trend.Decline)
	trend.Maybe("factor_lower", t.Trend.DeclineLower)
	trend.Maybe("factor_upper", t.Trend.DeclineUpper)
	trend.Maybe("half_life_days", t.Trend.HalfLife)
	if t.few() {
		trend.Text("caution", fewPoints)
	}
	trend.EndRow()
}

// few reports whether the frontier is too short to be one: fewer than the four
// points that Epoch AI asks for, or the path of a single model.
func (t tier) few() bool {
	return len(t.Points) < 4 || !slices.ContainsFunc(t.Points, func(p ScoredPrice) bool { return Fold(p.Model) != Fold(t.Points[0].Model) })
}

// frontierStory says how much cheaper the tier with the most points got, and
// draws the frontiers on a log scale.
func frontierStory(tiers []tier) ([]Headline, []Chart) {
	best := 0
	for i, t := range tiers {
		if len(t.Points) > len(tiers[best].Points) {
			best = i
		}
	}
	t := tiers[best]
	if len(t.Points) < 2 {
		return nil, nil
	}
	first, last := t.Points[0], t.Points[len(t.Points)-1]
	note := "note.frontier"
	if t.few() {
		note = "note.frontier-few"
	}
	headlines := []Headline{{Measure: Say("headline.frontier", t.name, t.currency), Value: t.Trend.Decline, Lower: t.Trend.DeclineLower, Upper: t.Trend.DeclineUpper,
		N: len(t.Points), Unit: "factor", Note: Say(note, first.Model, last.Model, strconv.Itoa(len(t.Points)), strconv.Itoa(int(last.Day-first.Day)), strconv.FormatFloat(first.Price/last.Price, 'g', 3, 64)), Table: "price_frontier_trend", Row: best, Column: "decline_factor_per_year"}}
	return headlines, []Chart{{Name: "price_frontier", Table: "price_frontier", Kind: LineChart, LogY: true, Where: map[string]string{"currency": t.currency}, X: "date", Y: []string{"price"}, Series: "tier",
		Title: Say("chart.frontier", t.currency), XTitle: Say("axis.date"), YTitle: Say("axis.price", t.currency), Alt: Say("chart.frontier.alt", strconv.Itoa(len(tiers)))}}
}
