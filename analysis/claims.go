package analysis

import (
	"math"
	"slices"
	"strings"
)

// ClaimsAnalysis holds the founding story's claims against the workbook.
//
// Output "claims": always the same eight rows, in the story's order: the
// measure that checks the claim, its value with an interval, the region in which
// the claim holds, and the verdict: supported where the interval lies inside the
// region, contradicted where it lies outside, else undecided. Without data:
// undecided, and because says what is missing. Some claims have a second
// measure beside them (also_*).
//
//	one_in_ten            finalists of the workbook's own filed models, Wilson; 5 % to 15 %
//	ninety_nine_percent   withdrawn or not active, of those filed, Wilson; at least 98 %
//	three_or_four_remain  probability that 3 or 4 remain after Params.HorizonDays, over the three
//	                      scenarios of projection; from 0.5 supported, up to 0.05 contradicted
//	strong_stay_strong    Gibrat's beta over the span of the market, t interval; above 1. Survivors only
//	price_war             price wars; at least one
//	free_war              models that became free within 60 days of a war's first cut; at least one
//	tokens_tenfold        growth of Doubao's tokens; tenfold in at most 123 days, somewhere in the record
//	two_camps             share of the two largest camps, with bounds where part is unknown; at least 90 %
//
// Services over models are no ratio: unit_mismatch.
// Sources: methods 8.2 and what each measure names.
var ClaimsAnalysis = Analyzer{
	Name: "claims", Sheet: "models", Doc: "The founding story's claims: supported, contradicted or undecided.",
	Needs: []string{"filings", "metrics", "prices"}, Specs: []TableSpec{claimsSpec}, run: runClaims,
}

var claimsSpec = TableSpec{Name: "claims", Key: 1, Columns: join(
	columns(Text, "claim", "measure"), estimates("", "value", "lower", "upper"), columns(Text, "verdict", "because"),
	// Beyond the promise: how many it rests on, where the claim holds, a second
	// measure, whose numbers they are and from when to when.
	columns(Text, "unit"), counts("n"),
	estimates("", "holds_from", "holds_to"),
	columns(Text, "also_measure"), estimates("", "also_value", "also_lower", "also_upper"),
	columns(Text, "metric", "level", "subject"), columns(Day32, "from", "to"), columns(Text, "period_grain", "caution"),
)}

// The verdicts.
const (
	supported    = "supported"
	contradicted = "contradicted"
	undecided    = "undecided"
)

// claim is one row. holdsFrom and holdsTo bound the region, NaN where open.
type claim struct {
	name, measure, unit string
	p                   Proportion // value and interval
	n                   int
	holdsFrom, holdsTo  float64
	verdict, because    string
	also                string
	alsoP               Proportion
	metric, level       string
	subject             string
	from, to            Date
	grain               Grain
	caution             string
}

func newClaim(name, measure, unit string, from, to float64) claim {
	return claim{name: name, measure: measure, unit: unit, holdsFrom: from, holdsTo: to,
		p: unknownProportion(MissingInput), alsoP: unknownProportion(NotApplicable), from: NoDate, to: NoDate}
}

// missing makes the claim undecided for want of data.
func (c claim) missing(reason, because string) claim {
	c.p, c.verdict, c.because = unknownProportion(reason), undecided, because
	if c.also != "" && c.alsoP.Estimate.Reason == NotApplicable {
		c.alsoP = c.p
	}
	return c
}

// judge compares the interval with the region.
func (c claim) judge() claim {
	if c.verdict != "" {
		return c
	}
	lower, upper := c.p.Lower, c.p.Upper
	low, high := math.Inf(-1), math.Inf(1) // an open limit
	if lower.Ok() {
		low = lower.Value
	}
	if upper.Ok() {
		high = upper.Value
	}
	from, to := c.holdsFrom, c.holdsTo
	if math.IsNaN(from) {
		from = math.Inf(-1)
	}
	if math.IsNaN(to) {
		to = math.Inf(1)
	}
	switch {
	case !c.p.Estimate.Ok() && !lower.Ok() && !upper.Ok():
		c.verdict = undecided
	case low >= from-legalSlack && high <= to+legalSlack:
		c.verdict = supported
	case high < from-legalSlack || low > to+legalSlack:
		c.verdict = contradicted
	default:
		c.verdict = undecided
	}
	if c.because == "" {
		c.because = map[string]string{supported: "interval_inside", contradicted: "interval_outside", undecided: "interval_overlaps"}[c.verdict]
	}
	return c
}

func runClaims(basis *basis) Result {
	ts, p := basis.tables, basis.params
	var r Result
	if ts["filings"].Rows()+ts["metrics"].Rows()+ts["prices"].Rows() == 0 {
		return r
	}
	e := basis.evidence()
	claims := []claim{
		e.oneInTen(ts, p), e.ninetyNine(ts, p), e.threeOrFour(p), e.strongStayStrong(p),
	}
	war, free := e.priceWar(ts["prices"], p)
	claims = append(claims, war, free, e.tenfold(p), e.twoCamps(p))
	b := NewBuilder(claimsSpec)
	defer b.Release()
	for _, c := range claims {
		c.judge().write(b)
	}
	r.Tables = []Table{b.Table()}
	return r
}

func (c claim) write(b *Builder) {
	b.Text("claim", c.name)
	b.Text("measure", c.measure)
	b.Maybe("value", c.p.Estimate)
	b.Maybe("lower", c.p.Lower)
	b.Maybe("upper", c.p.Upper)
	b.Text("verdict", c.verdict)
	b.Text("because", c.because)
	b.Text("unit", c.unit)
	b.Int("n", c.n)
	b.Maybe("holds_from", finite(c.holdsFrom, NotApplicable)) // a region may be open
	b.Maybe("holds_to", finite(c.holdsTo, NotApplicable))
	b.Text("also_measure", c.also)
	b.Maybe("also_value", c.alsoP.Estimate)
	b.Maybe("also_lower", c.alsoP.Lower)
	b.Maybe("also_upper", c.alsoP.Upper)
	b.Text("metric", c.metric)
	b.Text("level", c.level)
	b.Text("subject", c.subject)
	if isDay(c.from) {
		b.Date("from", c.from)
		b.Date("to", c.to)
		b.Text("period_grain", string(c.grain))
	}
	b.Text("caution", c.caution)
	b.EndRow()
}

// statedRatio is what the market's stated totals give where the workbook has no
// models of its own: the latest of stage over filed, or why not.
func (e evidence) statedRatio(ts Tables, p Params, stage string) (k, n int, bound, reason string) {
	w := newFunnelWriter(p, e.asOf, e.names)
	defer w.release()
	w.stated(ts["metrics"], &notes{})
	t := w.funnel.Table()
	defer t.Rec.Release()
	reason = MissingInput
	filed := map[string]bool{} // periods whose funnel begins with those filed
	latest := ""
	for row := range t.Rows() {
		period := t.Text("cohort").Or(row, "")
		at := t.Text("stage").Or(row, "")
		switch {
		case t.Text("segment").Or(row, "") != statedSegment:
			continue
		case at == "filed":
			filed[period] = true
			continue
		case at != stage || latest != "" && ComparePeriods(period, latest) < 0:
			continue
		}
		latest = period
		if !filed[period] {
			reason = MissingInput
			if statesFiled(ts["metrics"]) {
				reason = UnitMismatch // those filed are counted in a unit of their own
			}
			continue
		}
		count, ok := t.Int("count").At(row)
		of, first := t.Int("n_cumulative").At(row)
		if reason = t.Text("cumulative_conversion_reason").Or(row, ""); reason == "" && ok && first {
			k, n, bound = int(count), int(of), t.Text("bound").Or(row, "")
		}
	}
	return k, n, bound, reason
}

// opened leaves open the limits that a bound of the ratio does not hold.
func (p Proportion) opened(bound string) Proportion {
	if !p.Estimate.Ok() {
		return p
	}
	if bound == "lower" || bound == "about" {
		p.Upper = Unknown(MissingInput)
	}
	if bound == "upper" || bound == "about" {
		p.Lower = Unknown(MissingInput)
	}
	return p
}

// statesFiled reports whether a total of those filed is stated at all.
func statesFiled(metrics Table) bool {
	metric := metrics.Text("metric")
	for row := range metrics.Rows() {
		if metric.Or(row, "") == "filed_total" {
			return true
		}
	}
	return false
}

// oneInTen: about one in ten passes.
func (e evidence) oneInTen(ts Tables, p Params) claim {
	c := newClaim("one_in_ten", "finalists_of_filed", "fraction", 0.05, 0.15)
	k, n, said := e.filed.reachedBy(finalist)
	if said && n > 0 {
		c.p, c.n = ProportionOf(k, n, Wilson, p.Conf), n
		m := e.last.market
		if e.last.found && slices.Contains(e.filed.inferred, finalist) {
			c.metric, c.from, c.to, c.grain = m.metric, m.at.First, m.at.First, m.at.Grain
			if e.last.ofListed {
				c.caution = "of_listed"
			}
		}
		c.caution = cautions(c.caution, fewer(smallN, n))
		return c
	}
	k, n, bound, reason := e.statedRatio(ts, p, finalist)
	switch {
	case reason == "" && n > 0:
		c.p, c.n, c.caution = ProportionOf(k, n, Wilson, p.Conf).opened(bound), n, cautions("stated_totals", fewer(smallN, n))
		return c
	case reason == UnitMismatch:
		return c.missing(UnitMismatch, "units_differ")
	case !e.isFiled:
		return c.missing(MissingInput, "no_filings")
	}
	c.n = len(e.filed.entities)
	return c.missing(MissingInput, "no_finalists")
}

// ninetyNine: 99 % lose their place.
func (e evidence) ninetyNine(ts Tables, p Params) claim {
	c := newClaim("ninety_nine_percent", "withdrawn_or_inactive_of_filed", "fraction", 0.98, 1)
	active := slices.Index(e.filed.stages, "active")
	lost, n := 0, 0
	for _, f := range e.filed.entities {
		if !f.reached() {
			continue
		}
		n++
		inactive := active >= 0 && !slices.ContainsFunc(f.own[active:], func(d Date) bool { return d != NoDate })
		if f.exit.cause == withdrawn || inactive {
			lost++
		}
	}
	if active >= 0 || e.exits {
		c.p, c.n = ProportionOf(lost, n, Wilson, p.Conf), n
		switch {
		case active < 0:
			c.caution = "withdrawn_only" // who is still used nobody says
			c.p.Upper = Unknown(MissingInput)
		case !e.exits:
			c.caution = exitsNotRecorded
		}
		c.caution = cautions(c.caution, fewer(smallN, n))
		return c
	}
	k, of, bound, reason := e.statedRatio(ts, p, "active")
	switch {
	case reason == "" && of > 0:
		c.p, c.n, c.caution = ProportionOf(of-k, of, Wilson, p.Conf).opened(opposite(bound)), of, cautions("stated_totals", fewer(smallN, of))
		return c
	case reason == UnitMismatch:
		return c.missing(UnitMismatch, "units_differ")
	case !e.isFiled:
		return c.missing(MissingInput, "no_filings")
	}
	c.n = n
	return c.missing(MissingInput, "no_active_dates")
}

// threeOrFour: three or four remain.
func (e evidence) threeOrFour(p Params) claim {
	c := newClaim("three_or_four_remain", "p_between_3_4", "fraction", 0.5, 1)
	c.also = "hazard_factor"
	lives := e.stated.tenures(e.names, e.asOf)
	outlooks := outlooksOf(lives, "", e.asOf, p)
	if len(outlooks) == 0 {
		if e.isFiled {
			return c.missing(Undated, "no_dates")
		}
		return c.missing(MissingInput, "no_filings")
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, o := range outlooks {
		if v := o.distribution(float64(p.HorizonDays)).Between(3, 4); v.Ok() {
			low, high = min(low, v.Value), max(high, v.Value)
		}
	}
	o := outlooks[0]
	c.n = o.n
	c.p.Estimate = o.distribution(float64(p.HorizonDays)).Between(3, 4)
	if !c.p.Estimate.Ok() {
		return c.missing(c.p.Estimate.Reason, "no_dates")
	}
	c.p.Lower, c.p.Upper = Known(low), Known(high)
	_, factor, lower, upper := o.needed(p.HorizonDays, p)
	c.alsoP = Proportion{factor, lower, upper}
	c.because = "probability_between"
	undated := e.stated.undatedExits()
	switch {
	case undated > 0: // those who left on a day nobody says are in no hazard
		c.verdict, c.because = undecided, exitsUndated
	case low >= 0.5 && !e.exits:
		c.verdict, c.because = undecided, exitsNotRecorded // few are listed, and who left nobody says
	case low >= 0.5:
		c.verdict, c.because = supported, "probability_high"
	case high <= 0.05:
		c.verdict, c.because = contradicted, "probability_low"
	default:
		c.verdict = undecided
	}
	switch {
	case undated > 0:
		c.caution = exitsUndated
	case !e.exits:
		c.caution = exitsNotRecorded
	}
	return c
}

// strongStayStrong: the strong stay strong. The market is that of the headlines
// of mobility, if it is one of companies or models, and so are the numbers.
func (e evidence) strongStayStrong(p Params) claim {
	c := newClaim("strong_stay_strong", "gibrat_beta", "", 1, math.NaN())
	c.also = "top_5_retention"
	var courses [][]spread
	for _, periods := range coursesOf(e.spreads) {
		if s := periods[0]; (s.level == kindCompany || s.level == kindModel) && s.metric != "marketing_spend" {
			courses = append(courses, periods)
		}
	}
	best := bestCourse(courses)
	if best < 0 {
		return c.missing(TooFewPoints, "one_period")
	}
	start, end := &courses[best][0], &courses[best][len(courses[best])-1]
	c.metric, c.level, c.from, c.to, c.grain = start.metric, start.level, start.at.First, end.at.First, start.at.Grain
	course := newMobilitySeries(courses[best])
	before, after, _ := course.commonlyKnown(0, len(courses[best])-1)
	g := GibratOf(firmGrowth(before, after, course.at), p.Conf)
	c.n = g.N
	c.alsoP.Estimate = Unknown(TooFewPoints) // with five firms all are among the five
	if len(before.Firms) > 5 {
		c.alsoP.Estimate = shareMobility(before, after, course.at, 5).TopRetention
	}
	c.p = Proportion{g.Slope, g.Lower, g.Upper}
	switch {
	case !g.Slope.Ok() || !g.Lower.Ok():
		return c.missing(firstOfReasons(g.Slope.Reason, g.Lower.Reason), "too_few_firms")
	case g.Lower.Value > 1:
		c.verdict, c.because = supported, "large_grow_faster"
	case g.Upper.Value < 1:
		c.verdict, c.because = contradicted, "small_grow_faster"
	default:
		c.verdict, c.because = undecided, "beta_about_one"
	}
	c.caution = cautions("survivors_only", fewer(smallN, g.N))
	return c
}

func firstOfReasons(reasons ...string) string {
	for _, r := range reasons {
		if r != "" {
			return r
		}
	}
	return TooFewPoints
}

// freeWarDays is how soon after a war's first cut a model must become free.
const freeWarDays = 60

// priceWar: price war, then free war.
func (e evidence) priceWar(t Table, p Params) (war, free claim) {
	war = newClaim("price_war", "price_wars", "count", 1, math.NaN())
	free = newClaim("free_war", "free_within_60_days", "count", 1, math.NaN())
	var events []priceEvent
	comparable := 0 // series that say how a price moved
	for i := range e.prices {
		s := &e.prices[i]
		if last := len(s.points) - 1; last >= 0 {
			if _, _, ok := s.before(last); ok {
				comparable++
			}
		}
		events = append(events, s.events(p.MinDrop, t, &notes{})...)
	}
	war.n, free.n = comparable, comparable
	switch {
	case len(e.prices) == 0:
		return war.missing(MissingInput, "no_prices"), free.missing(MissingInput, "no_prices")
	case comparable == 0:
		return war.missing(TooFewPoints, "no_price_history"), free.missing(TooFewPoints, "no_price_history")
	}
	slices.SortStableFunc(events, func(a, b priceEvent) int { return int(a.point.at.First) - int(b.point.at.First) })
	cuts := modelCuts(events)
	wars := warsOf(cuts, events, p)
	exactly := func(n int) Proportion { v := Known(float64(n)); return Proportion{v, v, v} }
	war.p = exactly(len(wars))
	if len(wars) == 0 {
		war.because = "no_wars"
		return war, free.missing(NoPriceWar, "no_wars")
	}
	war.because = "wars_found"
	if !slices.ContainsFunc(wars, func(w priceWar) bool { return w.caution == "" }) {
		war.caution = besideJump
	}
	war.subject, war.from, war.to, war.grain = wars[0].FirstMover, wars[0].first, wars[0].last, Day
	turned := map[[2]string]bool{}
	for _, w := range wars {
		for _, c := range cuts {
			if c.toFree && c.Day >= w.Start && c.Day <= w.Start+freeWarDays {
				turned[[2]string{c.Provider, Fold(c.Model)}] = true
			}
		}
	}
	free.p = exactly(len(turned))
	free.from, free.to, free.grain = wars[0].first, wars[0].first+freeWarDays, Day
	if free.because = "free_found"; len(turned) == 0 {
		free.because = "none_became_free"
	}
	return war, free
}

// storyModel is the model whose tokens the story counts, in its spellings.
var storyModel = []string{"豆包", "doubao"}

// Tenfold growth in four months: from the middle of May to the middle of
// September. A month stands for its 15th here as everywhere (methods 0.3), and by
// that day the verdict is given; that the days may be 93 to 152 by the precision
// of the months stands beside it (also_lower, also_upper, caution span_by_month).
// The region is 123 days because that is what the story's two months are apart: a
// limit on the range instead would leave the story's own words undecidable.
const (
	tenfold       = 10
	fourMonthDays = 123
)

// tenfold: tokens tenfold in four months.
func (e evidence) tenfold(p Params) claim {
	c := newClaim("tokens_tenfold", "growth_ratio", "factor", tenfold, math.NaN())
	c.also, c.metric = "span_days", "tokens_per_day"
	var found growthSeries
	name := ""
	for _, metric := range []string{"tokens_per_day", "tokens"} {
		all := seriesOfModels(e.markets, metric)
		for _, key := range sortedKeys(all) {
			s, _ := longest(all[key])
			if !slices.ContainsFunc(storyModel, func(w string) bool { return strings.Contains(key, w) }) || len(s.facts) < 2 {
				continue
			}
			if name == "" || metric == found.metric && len(s.facts) > len(found.facts) {
				found, name = s, key
			}
		}
	}
	if name == "" {
		return c.missing(MissingInput, "no_such_model")
	}
	if s, ok := found.tenfoldIn(fourMonthDays, p); ok {
		found = s
	}
	first, last := found.facts[0], found.facts[len(found.facts)-1]
	c.metric, c.n, c.from, c.to, c.grain = found.metric, len(found.facts), first.at.First, last.at.First, found.grain
	c.subject = name
	if x := e.usage[name]; x != nil {
		c.subject = x.name
	}
	g := found.change(p)
	c.alsoP = Proportion{g.SpanDays, g.SpanMin, g.SpanMax}
	if !g.Ratio.Ok() {
		return c.missing(g.Ratio.Reason, "no_growth_rate")
	}
	c.p = Proportion{g.Ratio, g.Ratio, g.Ratio}
	switch ratioBound(first.bound, last.bound) {
	case "lower":
		c.p.Upper, c.caution = Unknown(MissingInput), "lower_bound"
	case "upper":
		c.p.Lower, c.caution = Unknown(MissingInput), "upper_bound"
	case "about":
		c.p.Lower, c.p.Upper, c.caution = Unknown(MissingInput), Unknown(MissingInput), "about"
	}
	days := g.SpanDays.Value
	switch {
	case days <= fourMonthDays && c.p.Lower.Ok() && atLeast(c.p.Lower.Value, tenfold):
		c.verdict, c.because = supported, "tenfold_in_time"
	case days >= fourMonthDays && c.p.Upper.Ok() && c.p.Upper.Value < tenfold:
		c.verdict, c.because = contradicted, "less_than_tenfold"
	default:
		c.verdict, c.because = undecided, "other_span"
	}
	if c.verdict != undecided && g.SpanMin.Value <= fourMonthDays && g.SpanMax.Value > fourMonthDays && g.SpanMin != g.SpanMax {
		c.caution = cautions(c.caution, "span_by_month")
	}
	return c
}

// tenfoldIn is the stretch of a series of at most so many days with the largest
// growth, if that is at least tenfold: the claim is of four months, wherever in a
// longer record they lie. Of equal growth the shortest, then the earliest counts.
func (s growthSeries) tenfoldIn(days float64, p Params) (best growthSeries, ok bool) {
	ratio, span := 0.0, 0.0
	for i := range s.facts {
		for j := i + 1; j < len(s.facts); j++ {
			part := s
			part.facts = s.facts[i : j+1]
			g := part.change(p)
			bound := ratioBound(s.facts[i].bound, s.facts[j].bound)
			switch {
			case !g.Ratio.Ok() || g.SpanDays.Value > days || !atLeast(g.Ratio.Value, tenfold) || bound != "exact" && bound != "lower":
			case g.Ratio.Value > ratio || g.Ratio.Value == ratio && g.SpanDays.Value < span:
				best, ok, ratio, span = part, true, g.Ratio.Value, g.SpanDays.Value
			}
		}
	}
	return best, ok
}

// noCamp are the words for those who belong to no camp.
var noCamp = []string{"其他", "其它", "other", "others", "无", "none", "未知", "unknown"}

// twoCamps: two camps hold the market.
func (e evidence) twoCamps(p Params) claim {
	c := newClaim("two_camps", "two_largest_camps_share", "fraction", 0.9, 1)
	var best *spread
	rank := func(s *spread) [5]int {
		known := 1
		if s.total.Ok() {
			known = 0
		}
		return [5]int{known, slices.Index(metricsByWeight, s.metric), -int(s.at.Last()), s.at.Grain.Fineness(), len(s.region)}
	}
	for i := range e.spreads {
		s := &e.spreads[i]
		if s.level != "camp" || !s.dated || s.metric == "marketing_spend" {
			continue
		}
		if best != nil {
			a, b := rank(s), rank(best)
			if slices.Compare(a[:], b[:]) >= 0 {
				continue
			}
		}
		best = s
	}
	if best == nil {
		return c.missing(MissingInput, "no_camps")
	}
	c.metric, c.from, c.to, c.grain = best.metric, best.at.First, best.at.First, best.at.Grain
	var camps []spreadFirm
	for _, f := range best.firms {
		if f.unknown() == "" && !slices.Contains(noCamp, Fold(f.Firm)) {
			camps = append(camps, f)
		}
	}
	c.n = len(camps)
	switch {
	case best.shareReason != "":
		return c.missing(best.shareReason, "market_unknown")
	case len(camps) < 2:
		return c.missing(TooFewPoints, "one_camp")
	}
	c.subject = camps[0].Firm + " + " + camps[1].Firm
	two := camps[0].Share + camps[1].Share
	rest := 0.0
	if best.unknown.Ok() {
		rest = best.unknown.Value
	}
	c.p = Proportion{Known(two), Known(two), Known(min(1, two+rest))}
	if best.inexact > 0 {
		c.caution = "inexact_values"
	}
	return c
}
