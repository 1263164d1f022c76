package analysis

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// GrowthAnalysis measures how fast levels grow: usage, users, money, stocks of
// filings.
//
// Input: metrics that are levels (shares, changes, scores and what a model has
// once, such as parameters, are not). Output "growth": one row per subject and
// metric with values in two periods or more of one grain; unit, region and kind
// of subject belong to the key. "growth_series" holds the observations that the
// chart shows.
//
// ratio, cagr, cmgr and doubling_days compare the earliest and the latest
// value; doubling_lower and doubling_upper are what the precision of the two
// dates leaves open, no sampling interval. With three values or more the
// log-linear trend stands beside them (trend_*, r_squared); its interval is
// nominal, the values of a series are not independent.
//
// bound is the direction of the ratio: an end value that is "more than" makes
// it a lower bound, and the doubling time an upper one (doubling_bound). A rate
// from under a year is annualised: annualised_from_days says from how many
// days, and annual_factor gives a rate above 1000 % as a factor.
//
// A period stated with two values is left out and counted (n_conflict); at
// either end it leaves nothing to compare: conflicting_values. A span of days
// is no grain: date_too_coarse.
//
// Finding: growth-one-period counts the series that have one period only.
// Sources: methods 6.5, 5.3, 0.3.
var GrowthAnalysis = Analyzer{
	Name: "growth", Doc: "How fast usage, users, revenue and filings grow, and how soon they double.",
	Needs: []string{"metrics"},
	Specs: []TableSpec{growthSpec, growthSeriesSpec},
	run:   runGrowth,
}

var growthSpec = TableSpec{Name: "growth", Key: 6, Columns: join(
	columns(Text, "subject", "metric", "unit", "period_grain", "region", "subject_kind"), counts("n"),
	columns(Day32, "first_period"), estimates("", "first_value"), columns(Day32, "last_period"), estimates("", "last_value"),
	columns(Text, "bound"),
	estimates("factor", "ratio"), estimates("fraction", "cagr", "cmgr"),
	estimates("days", "doubling_days", "doubling_lower", "doubling_upper"), estimates("fraction", "r_squared"),
	// Beyond the promise.
	columns(Text, "doubling_bound"), estimates("days", "half_life_days", "span_days", "span_days_min", "span_days_max"),
	[]ColumnSpec{{Name: "annualised_from_days", Type: Int, Unit: "days", Reason: true}}, estimates("factor", "annual_factor"),
	estimates("factor", "trend_factor_per_year", "trend_lower", "trend_upper"), estimates("days", "trend_doubling_days"),
	counts("n_conflict"), columns(Text, "caution"),
)}

var growthSeriesSpec = TableSpec{Name: "growth_series", Key: 7, Columns: join(
	columns(Text, "subject", "metric", "unit", "period_grain", "region", "subject_kind"), columns(Day32, "period"),
	[]ColumnSpec{{Name: "value", Type: Float}}, columns(Text, "bound"),
)}

// singular are metrics without a time course of their own, and those that are
// rates or scores.
var singular = []string{shareMetric, "change", "score", "gross_margin", "churn", "parameters", "training_compute", "training_cost"}

// levelUnits are the units of amounts; currencies are three capital letters.
var levelUnits = []string{"persons", "count", "tokens", "tokens/day", "models", "services", "algorithms", "apps"}

// isLevel reports whether growth of a metric means something: it is an amount.
func isLevel(metric, unit string) bool {
	if slices.Contains(singular, metric) {
		return false
	}
	return isMarket(metric, unit) || slices.Contains(levelUnits, unit) || isCurrency(unit)
}

// isCurrency reports whether a unit is a currency's code.
func isCurrency(unit string) bool {
	return len(unit) == 3 && strings.Trim(unit, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

func runGrowth(basis *basis) Result {
	ts, p := basis.tables, basis.params
	n := &notes{}
	t := ts["metrics"]
	all := growthSeriesOf(basis.metrics(isLevel))
	slices.SortStableFunc(all, func(a, b growthSeries) int { return strings.Compare(a.metric, b.metric) })
	single := 0
	table := NewBuilder(growthSpec)
	defer table.Release()
	table.Grow(len(all))
	w := growthWriter{table, p, t.Rows() <= p.MaxLiveRows, newTQuantiles(p.Conf)}
	var rows []growthRow
	for i := range all {
		if s := &all[i]; len(s.facts) < 2 {
			single++
		} else {
			rows = append(rows, w.write(s))
		}
	}
	var r Result
	if single > 0 {
		n.add(Finding{Effect: Noted, Code: "growth-one-period", At: sheetOf(t, 0), Args: []any{strconv.Itoa(single)}})
	}
	if len(rows) > 0 {
		r.Tables = []Table{table.Table()}
		if best, ok := bestGrowth(rows); ok {
			r.Tables = append(r.Tables, growthSeriesTable(shownGrowth(rows, best)))
			r.Headlines = growthHeadlines(rows[best], best)
			r.Charts = growthCharts(rows[best])
		}
	}
	r.Findings = slices.Concat(basis.otherNotes.findings(), n.findings())
	return r
}

// growthSeries is one subject's metric over the periods of one grain.
type growthSeries struct {
	metric, unit, region, kind, subject string
	grain                               Grain
	facts                               []growthFact // by period
}

// growthFact is what is stated of a period.
type growthFact struct {
	at          *Moment
	*marketFact // of the market that it is from: a million of them are not copied
}

// origin is where the value came from.
func (f growthFact) origin() Origin { return OriginOf("metrics", "value", f.rows...) }

// growthSeriesOf turns markets, sorted, into the series of their subjects.
func growthSeriesOf(markets []market) []growthSeries {
	type placed struct{ kind, subject, market, fact int32 }
	kinds := []string{kindMarket, kindCompany, kindModel, kindRegion}
	var all []growthSeries
	for i := 0; i < len(markets); {
		j := i
		var order []placed
		for ; j < len(markets) && markets[j].sameCourse(markets[i]); j++ {
			for k, kind := range kinds {
				for f, fact := range markets[j].facts[kind] {
					if !fact.missing || fact.conflict {
						order = append(order, placed{int32(k), fact.subject, int32(j), int32(f)})
					}
				}
			}
		}
		slices.SortFunc(order, func(a, b placed) int {
			return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.subject, b.subject), cmp.Compare(a.market, b.market))
		})
		m := markets[i]
		facts := make([]growthFact, 0, len(order)) // one array for all series of this course
		for a := 0; a < len(order); {
			first := len(facts)
			s := growthSeries{metric: m.metric, unit: m.unit, region: m.region, grain: m.at.Grain, kind: kinds[order[a].kind]}
			b := a
			for ; b < len(order) && order[b].kind == order[a].kind && order[b].subject == order[a].subject; b++ {
				of := &markets[order[b].market]
				f := &of.facts[s.kind][order[b].fact]
				s.subject = f.name
				facts = append(facts, growthFact{&of.at, f})
			}
			s.facts = facts[first:len(facts):len(facts)]
			all = append(all, s)
			a = b
		}
		i = j
	}
	return all
}

// sameCourse reports whether two markets differ in their period only.
func (m market) sameCourse(o market) bool {
	return m.metric == o.metric && m.unit == o.unit && m.region == o.region && m.at.Grain == o.at.Grain && m.dated == o.dated
}

// growthRow is a series with what was found of it.
type growthRow struct {
	*growthSeries
	Growth
	bound string
	n     int
	last  float64
}

// growthWriter writes the table of growth.
type growthWriter struct {
	*Builder
	params    Params
	live      bool // the facts are few enough to say where each number came from
	quantiles *tQuantiles
}

// write adds the row of a series of two periods or more.
func (w growthWriter) write(s *growthSeries) growthRow {
	b, p := w.Builder, w.params
	first, last := s.facts[0], s.facts[len(s.facts)-1]
	stated := make([]Observed, 0, len(s.facts))
	for _, f := range s.facts {
		if !f.conflict {
			stated = append(stated, Observed{*f.at, f.value})
		}
	}
	row := growthRow{growthSeries: s, n: len(stated), last: last.value, bound: ratioBound(first.bound, last.bound)}
	row.Growth = GrowthOf(stated, p.DaysPerYear)
	null := ""
	switch {
	case first.conflict || last.conflict:
		null = ConflictingValues
	case s.grain == Span:
		null = DateTooCoarse
	}
	if null != "" {
		row.setAll(Unknown(null))
		row.SpanDays, row.SpanMin, row.SpanMax = Unknown(null), Unknown(null), Unknown(null)
	}
	b.Text("subject", s.subject)
	b.Text("metric", s.metric)
	b.Text("unit", s.unit)
	b.Text("period_grain", string(s.grain))
	b.Text("region", s.region)
	b.Text("subject_kind", s.kind)
	b.Int("n", row.n)
	b.Int("n_conflict", len(s.facts)-row.n)
	b.Date("first_period", first.at.First)
	b.Date("last_period", last.at.First)
	b.Maybe("first_value", first.estimate())
	b.Maybe("last_value", last.estimate())
	if w.live && !first.conflict {
		b.From("first_value", first.origin())
	}
	if w.live && !last.conflict {
		b.From("last_value", last.origin())
	}
	b.Text("bound", row.bound)
	b.Text("doubling_bound", opposite(row.bound))
	b.Maybe("ratio", row.Ratio)
	b.Maybe("cagr", row.CAGR)
	b.Maybe("cmgr", row.CMGR)
	b.Maybe("doubling_days", row.Doubling)
	b.Maybe("doubling_lower", row.DoublingMin)
	b.Maybe("doubling_upper", row.DoublingMax)
	b.Maybe("half_life_days", row.HalfLife)
	b.Maybe("span_days", row.SpanDays)
	b.Maybe("span_days_min", row.SpanMin)
	b.Maybe("span_days_max", row.SpanMax)
	from := row.SpanDays
	if from.Ok() && from.Value >= p.DaysPerYear {
		from = Unknown(NotApplicable)
	}
	maybeInt(b, "annualised_from_days", from)
	times := Unknown(firstReason(row.CAGR.Reason, NotApplicable)) // a percentage says it well enough
	if row.CAGR.Ok() && row.CAGR.Value > 10 {
		times = Known(row.CAGR.Value + 1)
	}
	b.Maybe("annual_factor", times)
	w.writeTrend(stated, null)
	if row.n < 4 {
		b.Text("caution", fewPoints)
	}
	b.EndRow()
	return row
}

// writeTrend adds the log-linear trend over all stated values.
func (w growthWriter) writeTrend(stated []Observed, null string) {
	b, p := w.Builder, w.params
	columns := []string{"r_squared", "trend_factor_per_year", "trend_lower", "trend_upper", "trend_doubling_days"}
	if null == "" && len(stated) < 3 { // two points are the ratio over again
		null = TooFewPoints
	}
	day, ok := func(m Moment) Date { return m.First }, true
	if null == "" {
		if day, ok = commonDay(stated); !ok {
			null = DateTooCoarse
		}
	}
	if null == "" && slices.ContainsFunc(stated, func(o Observed) bool { return o.Value <= 0 }) {
		null = NonpositiveValue
	}
	if null != "" {
		nullAll(b, null, columns...)
		return
	}
	points := make([]PricePoint, len(stated))
	for i, o := range stated {
		points[i] = PricePoint{day(o.At), o.Value}
	}
	trend := loglinearTrend(points, p.DaysPerYear, w.quantiles)
	grow := func(e Estimate) Estimate { // the limits of decline are those of growth, turned over
		if e.Ok() {
			return ratio(1, e.Value)
		}
		return e
	}
	b.Maybe("r_squared", trend.Slope.RSquared)
	b.Maybe("trend_factor_per_year", trend.Factor)
	b.Maybe("trend_lower", grow(trend.DeclineUpper))
	b.Maybe("trend_upper", grow(trend.DeclineLower))
	b.Maybe("trend_doubling_days", trend.Doubling)
}

func (f growthFact) estimate() Estimate {
	if f.conflict {
		return Unknown(ConflictingValues)
	}
	return Known(f.value)
}

// ratioBound is the direction of last over first: a last value that is at least
// so much, or a first value that is at most so much, makes the ratio a lower
// bound. Directions that work against each other, and values that are "about"
// or a range, leave none.
func ratioBound(first, last string) string {
	side := func(b, up, down string) string {
		switch b {
		case "exact", "":
			return "exact"
		case up:
			return "lower"
		case down:
			return "upper"
		}
		return "about"
	}
	f, l := side(first, "upper", "lower"), side(last, "lower", "upper")
	switch {
	case f == "exact":
		return l
	case l == "exact" || f == l:
		return f
	}
	return "about"
}

// opposite is the direction of what falls when the other rises.
func opposite(bound string) string {
	switch bound {
	case "lower":
		return "upper"
	case "upper":
		return "lower"
	}
	return bound
}

// bestGrowth is the row that says most: by metric, then the one with the most
// periods, then the largest at the end.
func bestGrowth(rows []growthRow) (int, bool) {
	best, found := 0, false
	weight := func(r growthRow) int {
		if i := slices.Index(metricsByWeight, r.metric); i >= 0 {
			return i
		}
		return len(metricsByWeight)
	}
	for i, r := range rows {
		if !r.Ratio.Ok() {
			continue
		}
		if !found || cmp.Or(cmp.Compare(weight(r), weight(rows[best])), -cmp.Compare(r.n, rows[best].n), -cmp.Compare(r.last, rows[best].last)) < 0 {
			best, found = i, true
		}
	}
	return best, found
}

// shownGrowth are the series that the chart of the best shows: those it can be
// compared with, the largest first.
func shownGrowth(rows []growthRow, best int) []growthRow {
	b := rows[best]
	var shown []growthRow
	for _, r := range rows {
		if r.metric == b.metric && r.unit == b.unit && r.region == b.region && r.grain == b.grain && r.kind == b.kind {
			shown = append(shown, r)
		}
	}
	slices.SortStableFunc(shown, func(x, y growthRow) int { return cmp.Compare(y.last, x.last) })
	return shown[:min(chartNames, len(shown))]
}

func growthSeriesTable(shown []growthRow) Table {
	b := NewBuilder(growthSeriesSpec)
	defer b.Release()
	for _, r := range shown {
		for _, f := range r.facts {
			if f.conflict {
				continue
			}
			b.Text("subject", r.subject)
			b.Text("metric", r.metric)
			b.Text("unit", r.unit)
			b.Text("period_grain", string(r.grain))
			b.Text("region", r.region)
			b.Text("subject_kind", r.kind)
			b.Date("period", f.at.First)
			b.Float("value", f.value)
			b.From("value", f.origin())
			b.Text("bound", f.bound)
			b.EndRow()
		}
	}
	return b.Table()
}

// growthHeadlines says how much the best row grew, and how soon it doubled.
func growthHeadlines(r growthRow, row int) []Headline {
	none := Unknown(MissingInput)
	what := []any{r.subject, metricMessage(r.metric), r.facts[0].at.Label(), r.facts[len(r.facts)-1].at.Label()}
	h := Headline{Measure: Say("headline.growth", what...), Value: r.Ratio, Lower: none, Upper: none, N: r.n, Unit: "factor", Table: "growth", Row: row, Column: "ratio"}
	if r.bound != "exact" {
		h.Note = Say("note.growth-" + r.bound)
	}
	headlines := []Headline{h}
	if r.Doubling.Ok() {
		d := Headline{Measure: Say("headline.doubling", what[:2]...), Value: r.Doubling, Lower: r.DoublingMin, Upper: r.DoublingMax, N: r.n, Unit: "days",
			Note: Say("note.doubling", r.SpanDays.text()), Table: "growth", Row: row, Column: "doubling_days"}
		if b := opposite(r.bound); b == "upper" || b == "lower" {
			d.Note = Say("note.doubling-"+b, r.SpanDays.text())
		}
		headlines = append(headlines, d)
	}
	return headlines
}

// growthCharts draws the series that can be compared with the best, on a log
// scale: equal slopes are equal rates.
func growthCharts(r growthRow) []Chart {
	return []Chart{{Name: "growth", Table: "growth_series", Kind: LineChart, LogY: true, X: "period", Y: []string{"value"}, Series: "subject",
		Title: Say("chart.growth", metricMessage(r.metric)), XTitle: Say("axis.period"), YTitle: Say("axis.value", unitMessage(r.unit)),
		Alt: Say("chart.growth.alt", metricMessage(r.metric))}}
}
