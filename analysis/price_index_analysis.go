package analysis

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
)

// PriceIndexAnalysis follows prices of the same models over time.
//
// Input: prices; metrics tokens (else tokens_per_day) of models for weights.
// Output "price_index": one row per kind, currency, period and method; base = 1
// is the first period. Only models priced in both periods compared enter, so a
// new model is never set against an old one: a falling index is not the
// cheapest way to a given quality, which is the frontier's question.
//
// Periods are months, or days where all dates are days within a quarter of a
// year; prices of one coarser grain keep it, coarser ones beside others are
// left out and counted. Several prices of a model in a period are averaged and
// counted; the model's volume is that of the whole period, so the unit value is
// the mean, too. A model is free in a period that ends with a price of zero. Between two observations a price counts
// only as long as the workbook says it holds (valid_to); nothing is carried on
// in silence.
//
// Methods: jevons, dutot, carli; with volumes laspeyres, paasche, fisher,
// tornqvist, walsh; geks_jevons and, with volumes, geks_fisher and
// geks_tornqvist, which have no chain: both columns are the same. drift is
// chained over direct minus 1. Free models are in no logarithm; n_free and
// free_share show them. The headline is the chained Jevons, or geks_tornqvist
// where most of the models have volumes; carli is biased upwards and never one.
// Volumes are a model's whole tokens, whatever was paid for them; n_matched of a
// weighted method counts the models that have them.
//
// Findings: index-too-coarse, index-prices-averaged. Sources: methods 5.5, 5.2.
var PriceIndexAnalysis = Analyzer{
	Name: "price_index", Sheet: "prices", Doc: "Price indices of the same models, and the share of free models over time.",
	Needs: []string{"prices"},
	Specs: []TableSpec{priceIndexSpec, priceRelativesSpec},
	run:   runPriceIndex,
}

var priceIndexSpec = TableSpec{Name: "price_index", Key: 4, Columns: join(
	columns(Text, "kind", "currency"), columns(Day32, "period"), columns(Text, "method"),
	estimates("factor", "index_direct", "index_chained"), counts("n_matched", "n_free"),
	// Beyond the promise.
	columns(Text, "period_grain"), counts("n_linked", "n_models", "n_zero_dropped"), estimates("fraction", "free_share"),
	estimates("fraction", "drift"), columns(Text, "weights", "caution"),
)}

// indexed is the index of one kind and currency.
type indexed struct {
	priceKind
	grain    Grain
	periods  []Moment
	index    []IndexPeriod
	weights  string // metric of the volumes; "": none
	prices   []periodPrice
	averaged int  // models and periods with more than one price
	moved    bool // a series has two prices or more
}

func runPriceIndex(basis *basis) Result {
	ts, p := basis.tables, basis.params
	t := ts["prices"]
	if t.Rows() == 0 {
		return Result{}
	}
	n := &notes{}
	series := basis.prices() // prices says what is left out of the series
	volumes := volumesOf(basis.metrics(func(m, _ string) bool { return slices.Contains(volumeMetrics, m) }))
	var all []indexed
	coarse := 0
	for _, k := range priceKinds(series) {
		x, left := indexOf(k, series, volumes)
		coarse += left
		if len(x.index) > 0 {
			all = append(all, x)
		}
	}
	var r Result
	if coarse > 0 {
		n.add(Finding{Effect: Dropped, Code: "index-too-coarse", At: sheetOf(t, 0), Args: []any{strconv.Itoa(coarse)}})
	}
	for _, x := range all {
		if x.averaged > 0 {
			n.add(Finding{Effect: Noted, Code: "index-prices-averaged", At: sheetOf(t, 0),
				Args: []any{strconv.Itoa(x.averaged), Say("kind." + x.kind), x.currency}})
		}
	}
	if len(all) > 0 {
		b := NewBuilder(priceIndexSpec)
		defer b.Release()
		for _, x := range all {
			x.write(b)
		}
		r.Tables = []Table{b.Table()}
		if t.Rows() <= p.MaxLiveRows {
			prices := NewBuilder(priceRelativesSpec)
			defer prices.Release()
			for _, x := range all {
				if len(x.periods) > 1 {
					x.priceRelatives(prices)
				}
			}
			if prices.Rows() > 0 {
				r.Tables = append(r.Tables, prices.Table())
			}
		}
		r.Headlines, r.Charts = indexStory(all, mainPrices(series), r.Tables[0])
	}
	r.Findings = n.findings()
	return r
}

// indexOf computes the index of a kind and currency, and counts the prices
// whose date is too coarse for it.
func indexOf(k priceKind, all []priceSeries, volumes []volume) (x indexed, coarse int) {
	x = indexed{priceKind: k}
	var own []*priceSeries
	grains := map[Grain]int{}
	first, last := Date(0), Date(0)
	of := map[string]int{} // series of a model
	for i := range all {
		s := &all[i]
		if s.priceKind() != k || len(s.points) == 0 {
			continue
		}
		own = append(own, s)
		x.moved = x.moved || len(s.points) > 1
		of[Fold(s.model)]++
		for _, pt := range s.points {
			if len(grains) == 0 {
				first, last = pt.at.First, pt.at.First
			}
			grains[pt.at.Grain]++
			first, last = min(first, pt.at.First), max(last, pt.at.First)
		}
	}
	x.grain = Month
	switch {
	case len(grains) == 1 && grains[Day] > 0 && last-first < 92:
		x.grain = Day
	case len(grains) == 1 && grains[Day] == 0:
		x.grain = own[0].points[0].at.Grain
	}
	fits := func(pt pricePoint) bool {
		return pt.at.Grain == x.grain || pt.at.Grain.Fineness() < Month.Fineness() && x.grain == Month
	}
	periodOf := func(d Date) Date { return PeriodOf(d, x.grain).First }
	there := map[Date]bool{}
	for _, s := range own {
		for _, pt := range s.points {
			if fits(pt) {
				there[periodOf(pt.at.First)] = true
			} else {
				coarse++
			}
		}
	}
	for d := range there {
		x.periods = append(x.periods, Moment{d, x.grain})
	}
	slices.SortFunc(x.periods, func(a, b Moment) int { return cmp.Compare(a.First, b.First) })
	var quantity func(s *priceSeries, period Date) Estimate
	quantity, x.weights = quantities(volumes, x.grain, own, of)
	var rows []ProductPrice
	free := map[Date]int{}
	for _, s := range own {
		own := len(x.prices)
		for i, pt := range s.points {
			if !fits(pt) {
				continue
			}
			period := periodOf(pt.at.First)
			x.gather(s, period, pt)
			next := Date(NoDate)
			if i+1 < len(s.points) {
				next = periodOf(s.points[i+1].at.First)
			}
			at, _ := slices.BinarySearchFunc(x.periods, period+1, func(m Moment, d Date) int { return cmp.Compare(m.First, d) })
			for ; at < len(x.periods) && x.periods[at].First < pt.until && (next == NoDate || x.periods[at].First < next); at++ {
				x.gather(s, x.periods[at].First, pt)
			}
		}
		for _, m := range x.prices[own:] { // one row a model and period, so that its volume counts once
			rows = append(rows, ProductPrice{Period: FormatDate(m.period), Product: s.model + "\x00" + s.company, Price: m.mean(), Quantity: quantity(s, m.period)})
			if len(m.prices) > 1 {
				x.averaged++
			}
			if m.last() == 0 {
				free[m.period]++
			}
		}
	}
	x.index = PriceIndex(rows, "")
	for i := range x.index {
		x.index[i].Free = free[x.periods[i].First]
	}
	return x, coarse
}

// volume is how much of a model was used in a period.
type volume struct {
	metric, unit, model, company string
	at                           Moment
	value                        float64
}

// volumeMetrics are the metrics that weigh prices, the first choice first.
var volumeMetrics = []string{"tokens", "tokens_per_day"}

// volumesOf are the tokens of models, as stated for everywhere, or for the one
// region that the metric is stated for.
func volumesOf(markets []market) []volume {
	var all []volume
	for _, m := range everywhere(markets) {
		for _, f := range m.facts[kindModel] {
			if !f.missing && f.value >= 0 {
				all = append(all, volume{m.metric, m.unit, f.name, f.company, m.at, f.value})
			}
		}
	}
	return all
}

// quantities finds the volumes of some series' models in periods of a grain: of
// the first metric that has any for two periods. A model that several companies
// sell is weighed only where the company is the same.
func quantities(volumes []volume, grain Grain, own []*priceSeries, of map[string]int) (func(*priceSeries, Date) Estimate, string) {
	type sold struct {
		model  string
		period Date
	}
	none := func(*priceSeries, Date) Estimate { return Unknown(MissingInput) }
	for _, metric := range volumeMetrics {
		found, periods := map[sold]volume{}, map[Date]bool{}
		for _, v := range volumes {
			if v.metric == metric && v.at.Grain == grain && of[Fold(v.model)] > 0 {
				found[sold{Fold(v.model), v.at.First}] = v
				periods[v.at.First] = true
			}
		}
		if len(periods) < 2 {
			continue
		}
		return func(s *priceSeries, period Date) Estimate {
			v, ok := found[sold{Fold(s.model), period}]
			if !ok || of[Fold(s.model)] > 1 && Fold(v.company) != Fold(s.company) {
				return Unknown(MissingInput)
			}
			return Known(v.value)
		}, metric
	}
	return none, ""
}

// indexMethod is a method of the table: a bilateral formula, or its GEKS.
type indexMethod struct {
	name    string
	formula IndexFormula
	geks    bool
}

// methods are those that an index has: the weighted ones only with volumes.
func (x indexed) methods() []indexMethod {
	var all []indexMethod
	weighted := false
	for _, p := range x.index[1:] {
		weighted = weighted || p.Weighted > 0
	}
	for _, f := range UnweightedFormulas {
		all = append(all, indexMethod{string(f), f, false})
	}
	if weighted {
		for _, f := range WeightedFormulas {
			all = append(all, indexMethod{string(f), f, false})
		}
	}
	for _, f := range []IndexFormula{Jevons, Fisher, Tornqvist} {
		if f == Jevons || weighted {
			all = append(all, indexMethod{"geks_" + string(f), f, true})
		}
	}
	return all
}

func (x indexed) write(b *Builder) {
	for _, m := range x.methods() {
		for i, p := range x.index {
			b.Text("kind", x.kind)
			b.Text("currency", x.currency)
			b.Date("period", x.periods[i].First)
			b.Text("period_grain", string(x.grain))
			b.Text("method", m.name)
			direct, chained := p.Direct[m.formula], p.Chained[m.formula]
			if m.geks {
				direct, chained = p.GEKS[m.formula], p.GEKS[m.formula]
			}
			b.Maybe("index_direct", direct)
			b.Maybe("index_chained", chained)
			drift := minus(chained, direct)
			if drift.Ok() {
				drift = ratio(drift.Value, direct.Value)
			}
			b.Maybe("drift", drift)
			n := p.Matched
			if m.weighted() {
				n = p.Weighted
			}
			b.Int("n_matched", n)
			b.Int("n_linked", p.Linked)
			b.Int("n_free", p.Free)
			b.Int("n_models", p.Priced)
			b.Int("n_zero_dropped", p.ZeroDropped)
			b.Maybe("free_share", ratio(float64(p.Free), float64(p.Priced)))
			if m.weighted() {
				b.Text("weights", x.weights)
			}
			if m.logarithmic() && !m.weighted() {
				n -= p.ZeroDropped
			}
			if n < smallSample {
				b.Text("caution", "small_n")
			}
			b.EndRow()
		}
	}
}

func (m indexMethod) weighted() bool { return slices.Contains(WeightedFormulas, m.formula) }

func (m indexMethod) logarithmic() bool { return m.formula == Jevons || m.formula == Tornqvist }

// headline is the method that answers: GEKS-Törnqvist where most of the models
// have volumes, so that it speaks of the same market, else the chained Jevons.
func (x indexed) headline() (method, column string) {
	if last := x.index[len(x.index)-1]; 2*last.Weighted > last.Matched && last.GEKS[Tornqvist].Ok() {
		return "geks_tornqvist", "index_chained"
	}
	return string(Jevons), "index_chained"
}

// indexStory says where the index stands, and how many models are free; it draws
// the chained and the direct index, and the share of free models. The index is
// that of the prices whose median change is the headline beside it (main), else
// the one with the most models in it of the same currency; another currency's
// only where those prices do not say how they moved.
func indexStory(all []indexed, main priceKind, t Table) ([]Headline, []Chart) {
	moved := slices.ContainsFunc(all, func(x indexed) bool { return x.priceKind == main && x.moved })
	best, most := -1, 0
	for i, x := range all {
		n := x.index[len(x.index)-1].Matched
		switch {
		case len(x.index) < 2 || moved && x.currency != main.currency:
			continue
		case x.priceKind == main:
			n = math.MaxInt
		}
		if best < 0 || n > most {
			best, most = i, n
		}
	}
	if best < 0 {
		return nil, nil
	}
	x := all[best]
	last, none := x.index[len(x.index)-1], Unknown(MissingInput)
	method, column := x.headline()
	row := -1
	for r := range t.Rows() {
		if t.Text("kind").Or(r, "") == x.kind && t.Text("currency").Or(r, "") == x.currency && t.Text("method").Or(r, "") == method && t.Date("period").Or(r, 0) == x.periods[len(x.periods)-1].First {
			row = r
		}
	}
	value := none
	if v, ok := t.Float(column).At(row); ok {
		value = Known(v)
	} else if why, ok := t.Text(column + "_reason").At(row); ok {
		value = Unknown(why)
	}
	what := []any{Say("kind." + x.kind), x.currency, x.periods[0].Label(), x.periods[len(x.periods)-1].Label()}
	headlines := []Headline{
		{Measure: Say("headline.index", what...), Value: value, Lower: none, Upper: none, N: last.Matched, Unit: "factor",
			Note: Say("note.index", Say("word."+method), directText(t, row)), Table: "price_index", Row: row, Column: column},
	}
	if last.Priced > 0 && (last.Free > 0 || x.index[0].Free > 0) {
		headlines = append(headlines, Headline{Measure: Say("headline.free-share", what[0], what[1], what[3]), Value: ratio(float64(last.Free), float64(last.Priced)), Lower: none, Upper: none,
			N: last.Priced, Unit: "fraction", Note: Say("note.of", strconv.Itoa(last.Free), strconv.Itoa(last.Priced)), Table: "price_index", Row: row, Column: "free_share"})
	}
	where := map[string]string{"kind": x.kind, "currency": x.currency, "method": method}
	y := []string{"index_chained", "index_direct"}
	if strings.HasPrefix(method, "geks_") {
		y = y[:1]
	}
	charts := []Chart{{Name: "price_index", Table: "price_index", Kind: LineChart, Where: where, X: "period", Y: y,
		Title: Say("chart.index", what[0], what[1], Say("word."+method)), XTitle: Say("axis.period"), YTitle: Say("axis.index"), Alt: Say("chart.index.alt", strconv.Itoa(len(x.periods)))}}
	if slices.ContainsFunc(x.index, func(p IndexPeriod) bool { return p.Free > 0 }) {
		charts = append(charts, Chart{Name: "free_share", Table: "price_index", Kind: LineChart, Where: where, X: "period", Y: []string{"free_share"},
			Title: Say("chart.free-share", what[0], what[1]), XTitle: Say("axis.period"), YTitle: Say("axis.fraction"), Alt: Say("chart.free-share.alt", strconv.Itoa(len(x.periods)))})
	}
	return headlines, charts
}

// directText is the direct index of a row, for the note beside the chained.
func directText(t Table, row int) string {
	if v, ok := t.Float("index_direct").At(row); ok {
		return strconv.FormatFloat(v, 'f', 3, 64)
	}
	return "—"
}
