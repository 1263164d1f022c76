package analysis

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
)

// PriceAnalysis follows list prices: paths, cuts and raises, price wars.
//
// Input: prices, per 1,000,000 tokens. Output "price_paths": one row per model,
// company, kind and currency; "price_events": one row per cut, raise or change
// from or to free; "price_wars": one row per war; "price_series": the
// observations that the others rest on; "price_cuts": one row per month;
// "price_summary": one row per kind and currency.
//
// Dates stand as stated (a month by its first day, the grain beside it);
// distances use the 15th of a month. A series without any date has a path with
// nothing but reasons (undated). A path counts every fall as a cut and every
// rise as a raise; events are the falls of at least Params.MinDrop and the rises.
//
// A fall right before or after a rise of more than tenfold is a cut like any
// other, and says caution beside_jump, as does its war: one of the two prices may
// be a slip.
//
// A war takes a model's cuts of one day as one, whatever kinds and currencies it
// was cut in, with the largest fall; its providers are owners. A cut whose
// company nobody states counts in no war's providers.
//
// Trends leave free observations out of the logarithm. Their interval is
// nominal: a list price is a step function. Sources: methods 5.1-5.3, 5.6.
var PriceAnalysis = Analyzer{
	Name: "prices", Doc: "Where list prices go: paths, cuts, free models, price wars.",
	Needs: []string{"prices"},
	Specs: []TableSpec{pricePathsSpec, priceEventsSpec, priceWarsSpec, priceSeriesSpec, priceCutsSpec, priceSummarySpec},
	run:   runPrices,
}

var pricePathsSpec = TableSpec{Name: "price_paths", Key: 4, Columns: join(
	columns(Text, "model", "company", "kind", "currency"), counts("n"),
	[]ColumnSpec{{Name: "first_date", Type: Day32, Reason: true}}, estimates("money_per_mtok", "first_price"),
	[]ColumnSpec{{Name: "last_date", Type: Day32, Reason: true}}, estimates("money_per_mtok", "last_price"),
	estimates("fraction", "pct_change"), counts("cuts", "raises"), columns(Day32, "free_since"),
	estimates("factor", "decline_factor_per_year", "factor_lower", "factor_upper"),
	estimates("days", "half_life_days"), estimates("fraction", "r_squared"),
	// Beyond the promise: what the fit and the path leave out, the coarsest
	// grain of the dates, few points.
	counts("n_free", "n_undated"), annualised, columns(Text, "date_grain", "caution"),
)}

var priceEventsSpec = TableSpec{Name: "price_events", Key: 5, Columns: join(
	columns(Day32, "date"), columns(Text, "company", "model", "kind", "currency"),
	[]ColumnSpec{{Name: "from_price", Type: Float, Unit: "money_per_mtok"}, {Name: "to_price", Type: Float, Unit: "money_per_mtok"}},
	estimates("fraction", "drop"), columns(Text, "event"), columns(Int, "war"),
	// Beyond the promise: the grain of the date; whether the old price is an
	// announcement's.
	columns(Text, "date_grain"), columns(Bool, "announced"), columns(Text, "caution"),
)}

var priceWarsSpec = TableSpec{Name: "price_wars", Key: 1, Columns: join(
	columns(Int, "war"), columns(Day32, "start", "end"), counts("n_cuts", "n_providers"),
	[]ColumnSpec{{Name: "median_drop", Type: Float, Unit: "fraction"}, {Name: "max_drop", Type: Float, Unit: "fraction"}},
	columns(Text, "first_mover"), counts("n_to_free"),
	columns(Text, "caution"), // beyond the promise
)}

var priceSeriesSpec = TableSpec{Name: "price_series", Key: 5, Columns: join(
	columns(Text, "model", "company", "kind", "currency"), columns(Day32, "date"), columns(Text, "date_grain"),
	[]ColumnSpec{{Name: "price", Type: Float, Unit: "money_per_mtok"}}, columns(Bool, "free"),
	columns(Text, "label", "shown"), // as charts name it; "yes": charts show it
)}

var priceCutsSpec = TableSpec{Name: "price_cuts", Key: 1, Columns: join(
	columns(Day32, "month"), counts("n_cuts", "n_companies", "n_models", "n_to_free", "n_cuts_so_far", "n_to_free_so_far"),
)}

var priceSummarySpec = TableSpec{Name: "price_summary", Key: 2, Columns: join(
	columns(Text, "kind", "currency"), counts("n_models", "n_with_change"),
	estimates("fraction", "median_change"), counts("n_cuts", "n_raises", "n_free_now"),
)}

func runPrices(basis *basis) Result {
	ts, p := basis.tables, basis.params
	n := &notes{}
	var r Result
	t := ts["prices"]
	if t.Rows() == 0 {
		return r
	}
	all := basis.prices()
	var events []priceEvent
	for i := range all {
		events = append(events, all[i].events(p.MinDrop, t, n)...)
	}
	slices.SortStableFunc(events, func(a, b priceEvent) int { // series come in key order
		return cmp.Or(cmp.Compare(a.point.at.First, b.point.at.First), strings.Compare(a.series.company, b.series.company), strings.Compare(a.series.model, b.series.model))
	})
	cuts := modelCuts(events)
	wars := warsOf(cuts, events, p)
	if len(all) > 0 {
		main, live := mainPrices(all), t.Rows() <= p.MaxLiveRows
		r.Tables = []Table{
			pricePathsTable(all, p), priceEventsTable(events, live), priceWarsTable(wars),
			priceSeriesTable(all, main, live), priceCutsTable(cuts), priceSummaryTable(all, events),
		}
		r.Headlines = priceHeadlines(r.Tables, main, wars)
		r.Charts = priceCharts(all, main, cuts)
	}
	r.Findings = slices.Concat(basis.priceNotes.findings(), n.findings())
	return r
}

// modelCut is a model's cut of one day.
type modelCut struct {
	PriceCut
	first, last Date // as stated
	toFree      bool
	caution     string
}

// modelCuts takes the falls of a model on one day as one, with the largest drop.
func modelCuts(events []priceEvent) []modelCut {
	type key struct {
		day             Date
		provider, model string
	}
	index := map[key]int{}
	var cuts []modelCut
	for _, e := range events {
		if !e.falls() {
			continue
		}
		k := key{e.point.day, e.series.provider, Fold(e.series.model)}
		i, ok := index[k]
		if !ok {
			i = len(cuts)
			index[k] = i
			cuts = append(cuts, modelCut{PriceCut: PriceCut{Day: k.day, Provider: k.provider, Model: e.series.model}, first: e.point.at.First, last: e.point.at.First})
		}
		c := &cuts[i]
		c.Model = min(c.Model, e.series.model) // of several spellings always the same
		c.Drop = max(c.Drop, 1-e.point.price/e.from)
		c.first, c.last = min(c.first, e.point.at.First), max(c.last, e.point.at.First)
		c.toFree = c.toFree || e.kind == eventFree
		c.caution = cmp.Or(c.caution, e.caution)
	}
	slices.SortFunc(cuts, func(a, b modelCut) int { return comparePriceCuts(a.PriceCut, b.PriceCut) })
	return cuts
}

// priceWar is a war with the dates as stated.
type priceWar struct {
	PriceWar
	first, last Date
	caution     string
}

// warsOf finds the wars and marks their events.
func warsOf(cuts []modelCut, events []priceEvent, p Params) []priceWar {
	plain := make([]PriceCut, len(cuts))
	for i, c := range cuts {
		plain[i] = c.PriceCut
	}
	var wars []priceWar
	for i, w := range PriceWars(plain, p.WarWindowDays, p.WarMinProviders) {
		war := priceWar{PriceWar: w, first: math.MaxInt32, last: NoDate}
		free := map[[2]string]bool{}
		for _, c := range cuts {
			if c.Day < w.Start || c.Day > w.End {
				continue
			}
			war.first, war.last = min(war.first, c.first), max(war.last, c.last)
			war.caution = cmp.Or(war.caution, c.caution)
			if c.toFree {
				free[[2]string{c.Provider, Fold(c.Model)}] = true
			}
		}
		war.ToFree = len(free) // models, not cuts: input and output may go free on different days
		for j := range events {
			if e := &events[j]; e.falls() && e.point.day >= w.Start && e.point.day <= w.End {
				e.war = i + 1
			}
		}
		wars = append(wars, war)
	}
	return wars
}

func pricePathsTable(all []priceSeries, p Params) Table {
	b := NewBuilder(pricePathsSpec)
	defer b.Release()
	b.Grow(len(all))
	quantiles := newTQuantiles(p.Conf)
	for i := range all {
		s := &all[i]
		b.Text("model", s.model)
		b.Text("company", s.company)
		b.Text("kind", s.kind)
		b.Text("currency", s.currency)
		b.Int("n", len(s.points))
		b.Int("n_undated", s.undated)
		falls, rises := s.moves()
		b.Int("cuts", falls)
		b.Int("raises", rises)
		b.Maybe("pct_change", s.change())
		if len(s.points) == 0 {
			b.Int("n_free", 0)
			nullAll(b, Undated, "first_date", "last_date", "first_price", "last_price", "decline_factor_per_year", "factor_lower", "factor_upper", "half_life_days", "r_squared", "annualised_from_days")
			b.EndRow()
			continue
		}
		first, last := s.points[0], s.points[len(s.points)-1]
		b.Date("first_date", first.at.First)
		b.Float("first_price", first.price)
		b.Date("last_date", last.at.First)
		b.Float("last_price", last.price)
		if d, ok := s.freeSince(); ok {
			b.Date("free_since", d)
		}
		points := make([]PricePoint, len(s.points))
		grain := Day
		for i, o := range s.points {
			points[i] = PricePoint{o.day, o.price}
			if o.at.Grain.Fineness() > grain.Fineness() {
				grain = o.at.Grain
			}
		}
		trend := loglinearTrend(points, p.DaysPerYear, quantiles)
		b.Maybe("decline_factor_per_year", trend.Decline)
		b.Maybe("factor_lower", trend.DeclineLower)
		b.Maybe("factor_upper", trend.DeclineUpper)
		b.Maybe("half_life_days", trend.HalfLife)
		b.Maybe("r_squared", trend.Slope.RSquared)
		span := trend.Decline // its reason, where there is no rate
		if span.Ok() {
			paid := slices.DeleteFunc(slices.Clone(points), func(p PricePoint) bool { return p.Price <= 0 })
			span = annualisedFrom(paid[0].Day, paid[len(paid)-1].Day, p)
		}
		maybeInt(b, "annualised_from_days", span)
		b.Int("n_free", trend.Nonpositive)
		b.Text("date_grain", string(grain))
		few := ""
		if trend.N < 4 {
			few = fewPoints
		}
		b.Text("caution", cautions(few, s.caution()))
		b.EndRow()
	}
	return b.Table()
}

// caution is what makes a path doubtful: a rise of more than tenfold in it.
func (s *priceSeries) caution() string {
	for i := range s.points {
		if s.jumps(i) {
			return besideJump
		}
	}
	return ""
}

// fewPoints is the caution of a trend over fewer than four prices.
const fewPoints = "few_points"

// change is last over first price minus 1. One observation is no change, and
// from free there is no percentage.
func (s *priceSeries) change() Estimate {
	switch len(s.points) {
	case 0:
		return Unknown(Undated)
	case 1:
		return Unknown(TooFewPoints)
	}
	r := ratio(s.points[len(s.points)-1].price, s.points[0].price)
	if r.Ok() {
		r.Value--
	}
	return r
}

func priceEventsTable(events []priceEvent, live bool) Table {
	b := NewBuilder(priceEventsSpec)
	defer b.Release()
	for _, e := range events {
		b.Date("date", e.point.at.First)
		b.Text("date_grain", string(e.point.at.Grain))
		b.Text("company", e.series.company)
		b.Text("model", e.series.model)
		b.Text("kind", e.series.kind)
		b.Text("currency", e.series.currency)
		b.Float("from_price", e.from)
		b.Float("to_price", e.point.price)
		if live {
			b.From("date", OriginOf("prices", "date", e.point.row))
			b.From("from_price", e.origin)
			b.From("to_price", e.point.origin())
		}
		drop := ratio(e.point.price, e.from)
		if drop.Ok() {
			drop.Value = 1 - drop.Value
		}
		b.Maybe("drop", drop)
		b.Text("event", e.kind)
		b.Bool("announced", e.announced)
		b.Text("caution", e.caution)
		if e.war > 0 {
			b.Int("war", e.war)
		}
		b.EndRow()
	}
	return b.Table()
}

func priceWarsTable(wars []priceWar) Table {
	b := NewBuilder(priceWarsSpec)
	defer b.Release()
	for i, w := range wars {
		b.Int("war", i+1)
		b.Date("start", w.first)
		b.Date("end", w.last)
		b.Int("n_cuts", w.Cuts)
		b.Int("n_providers", w.Providers)
		b.Float("median_drop", w.MedianDrop)
		b.Float("max_drop", w.MaxDrop)
		b.Text("first_mover", w.FirstMover)
		b.Int("n_to_free", w.ToFree)
		b.Text("caution", w.caution)
		b.EndRow()
	}
	return b.Table()
}

// priceKind is a kind of price in one currency.
type priceKind struct{ kind, currency string }

func (s priceSeries) priceKind() priceKind { return priceKind{s.kind, s.currency} }

// priceKinds are the kinds and currencies there are, input first.
func priceKinds(all []priceSeries) []priceKind {
	var kinds []priceKind
	for _, s := range all {
		if !slices.Contains(kinds, s.priceKind()) {
			kinds = append(kinds, s.priceKind())
		}
	}
	order := []string{"input", "output", "flat", "cached_input"}
	rank := func(k string) int {
		if i := slices.Index(order, k); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortFunc(kinds, func(a, b priceKind) int {
		return cmp.Or(cmp.Compare(rank(a.kind), rank(b.kind)), strings.Compare(a.kind, b.kind), strings.Compare(a.currency, b.currency))
	})
	return kinds
}

// mainPrices is the kind and currency with the most series that say how a
// price moved, of equal ones the first.
func mainPrices(all []priceSeries) priceKind {
	best, most := priceKind{}, -1
	for _, k := range priceKinds(all) {
		n := 0
		for _, s := range all {
			if s.priceKind() == k && len(s.points) > 1 {
				n++
			}
		}
		if n > most {
			best, most = k, n
		}
	}
	return best
}

// shownSeries are the series of a kind that moved most, of equal ones those
// with the most observations.
func shownSeries(all []priceSeries, main priceKind) map[int]bool {
	var order []int
	for i, s := range all {
		if s.priceKind() == main && len(s.points) > 0 {
			order = append(order, i)
		}
	}
	moved := func(s priceSeries) float64 {
		low, high := math.Inf(1), 0.0
		for _, p := range s.points {
			low, high = min(low, p.price), max(high, p.price)
		}
		switch {
		case high == 0:
			return 0
		case low == 0:
			return math.Inf(1)
		}
		return math.Log(high / low)
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(moved(all[b]), moved(all[a])), cmp.Compare(len(all[b].points), len(all[a].points)))
	})
	shown := map[int]bool{}
	for _, i := range order[:min(chartNames, len(order))] {
		shown[i] = true
	}
	return shown
}

func priceSeriesTable(all []priceSeries, main priceKind, live bool) Table {
	b := NewBuilder(priceSeriesSpec)
	defer b.Release()
	shown := shownSeries(all, main)
	type named struct {
		model string
		priceKind
	}
	of := map[named]int{}
	for _, s := range all {
		of[named{s.model, s.priceKind()}]++
	}
	for i, s := range all {
		label := s.model
		if of[named{s.model, s.priceKind()}] > 1 && s.company != "" {
			label += " (" + s.company + ")"
		}
		for _, p := range s.points {
			b.Text("model", s.model)
			b.Text("company", s.company)
			b.Text("kind", s.kind)
			b.Text("currency", s.currency)
			b.Date("date", p.at.First)
			b.Text("date_grain", string(p.at.Grain))
			b.Float("price", p.price)
			if live {
				b.From("date", OriginOf("prices", "date", p.row))
				b.From("price", p.origin())
			}
			b.Bool("free", p.price == 0)
			b.Text("label", label)
			if shown[i] {
				b.Text("shown", "yes")
			}
			b.EndRow()
		}
	}
	return b.Table()
}

// priceCutsTable counts cuts by month.
func priceCutsTable(cuts []modelCut) Table {
	b := NewBuilder(priceCutsSpec)
	defer b.Release()
	soFar := 0
	everFree := map[[2]string]bool{}
	for i := 0; i < len(cuts); {
		month := PeriodOf(cuts[i].Day, Month)
		companies, models, free := map[string]bool{}, map[[2]string]bool{}, 0
		first := i
		for ; i < len(cuts) && PeriodOf(cuts[i].Day, Month) == month; i++ {
			c := cuts[i]
			model := [2]string{c.Provider, Fold(c.Model)}
			models[model] = true
			if c.Provider != "" {
				companies[c.Provider] = true
			}
			if c.toFree && !everFree[model] {
				everFree[model] = true
				free++
			}
		}
		soFar += i - first
		b.Date("month", month.First)
		b.Int("n_cuts", i-first)
		b.Int("n_companies", len(companies))
		b.Int("n_models", len(models))
		b.Int("n_to_free", free)
		b.Int("n_cuts_so_far", soFar)
		b.Int("n_to_free_so_far", len(everFree))
		b.EndRow()
	}
	return b.Table()
}

func priceSummaryTable(all []priceSeries, events []priceEvent) Table {
	b := NewBuilder(priceSummarySpec)
	defer b.Release()
	for _, k := range priceKinds(all) {
		models, free := 0, 0
		var changes []float64
		for i := range all {
			s := &all[i]
			if s.priceKind() != k {
				continue
			}
			models++
			if c := s.change(); c.Ok() {
				changes = append(changes, c.Value)
			}
			if _, ok := s.freeSince(); ok {
				free++
			}
		}
		cuts, raises := 0, 0
		for _, e := range events {
			switch {
			case e.series.priceKind() != k:
			case e.falls():
				cuts++
			default:
				raises++
			}
		}
		b.Text("kind", k.kind)
		b.Text("currency", k.currency)
		b.Int("n_models", models)
		b.Int("n_with_change", len(changes))
		median := Median(changes)
		if !median.Ok() {
			median = Unknown(TooFewPoints)
		}
		b.Maybe("median_change", median)
		b.Int("n_cuts", cuts)
		b.Int("n_raises", raises)
		b.Int("n_free_now", free)
		b.EndRow()
	}
	return b.Table()
}

// priceHeadlines says the median change, the cuts, the wars and who went free.
func priceHeadlines(tables []Table, main priceKind, wars []priceWar) []Headline {
	summary, cuts := tables[5], tables[4]
	var headlines []Headline
	none := Unknown(MissingInput)
	for row := range summary.Rows() {
		if summary.Text("kind").Or(row, "") != main.kind || summary.Text("currency").Or(row, "") != main.currency {
			continue
		}
		n, _ := summary.Int("n_with_change").At(row)
		if n == 0 {
			break
		}
		v, _ := summary.Float("median_change").At(row)
		headlines = append(headlines, Headline{Measure: Say("headline.median-change", Say("kind."+main.kind), main.currency),
			Value: Known(v), Lower: none, Upper: none, N: int(n), Unit: "fraction", Note: Say("note.list-prices"),
			Table: "price_summary", Row: row, Column: "median_change"})
	}
	last := cuts.Rows() - 1
	doubtful := 0
	for row := range tables[1].Rows() {
		if tables[1].Text("caution").Or(row, "") != "" {
			doubtful++
		}
	}
	said := Say("note.cuts")
	if doubtful > 0 {
		said = Say("note.cuts-doubtful", strconv.Itoa(doubtful))
	}
	if last < 0 {
		return append(headlines, Headline{Measure: Say("headline.cuts"), Value: Known(0), Lower: none, Upper: none, N: tables[0].Rows(), Unit: "count"})
	}
	models := map[[2]string]bool{}
	for row := range tables[0].Rows() {
		models[[2]string{tables[0].Text("company").Or(row, ""), Fold(tables[0].Text("model").Or(row, ""))}] = true
	}
	count := func(column string) Estimate { v, _ := cuts.Int(column).At(last); return Known(float64(v)) }
	headlines = append(headlines,
		Headline{Measure: Say("headline.cuts"), Value: count("n_cuts_so_far"), Lower: none, Upper: none, N: tables[0].Rows(), Unit: "count",
			Note: said, Table: "price_cuts", Row: last, Column: "n_cuts_so_far"},
		Headline{Measure: Say("headline.to-free"), Value: count("n_to_free_so_far"), Lower: none, Upper: none, N: len(models), Unit: "count",
			Table: "price_cuts", Row: last, Column: "n_to_free_so_far"})
	h := Headline{Measure: Say("headline.wars"), Value: Known(float64(len(wars))), Lower: none, Upper: none, N: int(count("n_cuts_so_far").Value), Unit: "count"}
	if i := len(wars) - 1; i >= 0 {
		first := wars[0]
		h.Note = Say("note.war", FormatDate(first.first), FormatDate(first.last), strconv.Itoa(first.Providers), first.FirstMover)
		h.Table, h.Row, h.Column = "price_wars", i, "war"
	}
	return append(headlines, h)
}

// priceCharts draws the paths that moved most, on a log scale, and the cuts by
// month.
func priceCharts(all []priceSeries, main priceKind, cuts []modelCut) []Chart {
	var charts []Chart
	shown := shownSeries(all, main)
	if n := len(shown); slices.ContainsFunc(all, func(s priceSeries) bool { return s.priceKind() == main && len(s.points) > 1 }) {
		charts = append(charts, Chart{Name: "price_paths", Table: "price_series", Kind: LineChart, LogY: true,
			Where: map[string]string{"kind": main.kind, "currency": main.currency, "shown": "yes"},
			X:     "date", Y: []string{"price"}, Series: "label",
			Title: Say("chart.prices", Say("kind."+main.kind), main.currency), XTitle: Say("axis.date"), YTitle: Say("axis.price", main.currency),
			Alt: Say("chart.prices.alt", strconv.Itoa(n))})
	}
	if len(cuts) > 0 {
		charts = append(charts, Chart{Name: "price_cuts", Table: "price_cuts", Kind: StackedChart, X: "month", Y: []string{"n_cuts"},
			Title: Say("chart.cuts"), XTitle: Say("axis.month"), YTitle: Say("axis.cuts"), Alt: Say("chart.cuts.alt", strconv.Itoa(len(cuts)))})
	}
	return charts
}
