package analysis

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
)

// ProjectionAnalysis asks how many of those who are left remain after
// Params.HorizonDays, and after twice and three times as long.
//
// Input: filings with dates. Output "projection": one row per scenario and
// horizon. Scenarios: all_time, the hazard of the whole record; last_year, that
// of the last 365 days; last_hazard, each model's own age on the Nelson-Aalen
// curve, carried on with the hazard of the last year of age that was observed.
// firms_ before a name: by owner, who remains while one of its models does,
// since models of one firm leave together.
//
// The first two are gamma-binomial: the hazard is uncertain (Jeffreys), and its
// spread is in the distribution; last_hazard is Poisson-binomial with the curve
// as it is. Only withdrawal is a death; a merger or a new name ends observation.
// "Three to four remain" is a probability, never yes or no, and hazard_factor is
// how many times the hazard would have to rise for no more than four to be
// expected. hazard_lower and hazard_upper are Poisson limits, boot_lower and
// boot_upper resample owners (seed beside them). A horizon longer than the
// record is extrapolated.
// Sources: methods 6.2, 6.3, 0.10.
var ProjectionAnalysis = Analyzer{
	Name: "projection", Sheet: projectionSheet, Doc: "How many remain: three scenarios, with their uncertainty.",
	Needs: []string{"filings"}, Specs: []TableSpec{projectionSpec}, run: runProjection,
}

var projectionSpec = TableSpec{Name: "projection", Key: 2, Columns: join(
	columns(Text, "scenario"), []ColumnSpec{{Name: "horizon_days", Type: Int, Unit: "days"}}, counts("n"),
	estimates("count", "expected", "q05", "q50", "q95"), estimates("fraction", "p_between_3_4", "p_at_most_4"), columns(Bool, "extrapolated"),
	// Beyond the promise: what the hazard rests on, its limits, and how far it
	// would have to rise.
	counts("events"), []ColumnSpec{{Name: "exposure_days", Type: Float, Unit: "days"}},
	estimates("per_year", "hazard_per_year", "hazard_lower", "hazard_upper", "boot_lower", "boot_upper"), columns(Int, "seed"),
	estimates("per_year", "hazard_needed"), estimates("factor", "hazard_factor", "hazard_factor_lower", "hazard_factor_upper"),
	columns(Text, "unit", "caution"),
)}

// tenure is the time of one model or firm under observation.
type tenure struct {
	Ending
	owner string
	born  Date
}

// outlook is one scenario.
type outlook struct {
	scenario     string
	n, events    int
	exposure     float64
	span         float64 // days of record that the hazard rests on
	boot         [2]Estimate
	distribution func(horizon float64) Survivors
}

// bootstrapSeed makes resampling repeatable; it stands in the table.
const (
	bootstrapSeed  = 20241130
	bootstrapTimes = 2000
)

// lastYear is the window of the scenario last_year, in days.
const lastYear = 365

func runProjection(basis *basis) Result {
	ts, p := basis.tables, basis.params
	var r Result
	names := basis.names()
	asOf := basis.asOf
	g, ok := datedGroup(ts, names, p, asOf)
	if !ok {
		return r
	}
	models := g.tenures(names, asOf)
	outlooks := outlooksOf(models, "", asOf, p)
	outlooks = append(outlooks, outlooksOf(firmsOf(models), "firms_", asOf, p)...)
	b := NewBuilder(projectionSpec)
	defer b.Release()
	for _, o := range outlooks {
		unit := g.unit()
		if len(o.scenario) > 6 && o.scenario[:6] == "firms_" {
			unit = "firms"
		}
		for k := 1; k <= 3; k++ {
			o.write(b, k*p.HorizonDays, unit, g.recordsExits(), g.undatedExits(), p)
		}
	}
	if b.Rows() == 0 {
		return r
	}
	r.Tables = []Table{b.Table()}
	r.Headlines = projectionHeadlines(outlooks, g.recordsExits(), p)
	r.Charts = []Chart{{Name: "projection", Table: "projection", Kind: LineChart, Where: map[string]string{"scenario": "all_time"},
		X: "horizon_days", Y: []string{"expected", "q05", "q95"},
		Title: Say("chart.projection"), XTitle: Say("axis.days-ahead"), YTitle: Say("axis.models"), Alt: Say("chart.projection.alt", strconv.Itoa(outlooks[0].n))}}
	return r
}

// tenures are the lives of a group that were observed, in the order of its
// entities.
func (g filedGroup) tenures(names *Names, asOf Date) []tenure {
	var all []tenure
	for _, e := range g.entities {
		if l, ok := g.life(e, asOf); ok && l.observed() {
			all = append(all, tenure{l, names.Owner(e.company), e.entry()})
		}
	}
	return all
}

// firmsOf joins the models of an owner: a firm is there from its first model's
// day until the last has left. Models whose company nobody states are left out.
func firmsOf(models []tenure) []tenure {
	of := map[string][]tenure{}
	for _, m := range models {
		if m.owner != "" {
			of[Fold(m.owner)] = append(of[Fold(m.owner)], m)
		}
	}
	var firms []tenure
	for _, key := range sortedKeys(of) {
		f := of[key][0]
		seen, end := f.born+Date(f.Entry), f.born+Date(f.Time)
		for _, m := range of[key][1:] {
			f.born = min(f.born, m.born)
			seen = min(seen, m.born+Date(m.Entry))
			last := m.born + Date(m.Time)
			if m.Cause == 0 || f.Cause != 0 && last > end {
				f.Cause = m.Cause
			}
			end = max(end, last)
		}
		f.Time, f.Entry = float64(end-f.born), float64(seen-f.born)
		f.Delayed = f.Entry > 0
		firms = append(firms, f)
	}
	return firms
}

// outlooksOf are the scenarios of a set of lives.
func outlooksOf(lives []tenure, prefix string, asOf Date, p Params) []outlook {
	if len(lives) == 0 {
		return nil
	}
	all := outlook{scenario: prefix + "all_time"}
	recent := outlook{scenario: prefix + "last_year"}
	first := asOf
	since := asOf - lastYear
	byOwner := map[string]*[4]float64{} // deaths and days, of all time and of the last year
	for _, l := range lives {
		seen, end := l.born+Date(l.Entry), l.born+Date(l.Time)
		first = min(first, seen)
		o := byOwner[Fold(l.owner)]
		if o == nil {
			o = &[4]float64{}
			byOwner[Fold(l.owner)] = o
		}
		if l.Cause == 0 {
			all.n++
		}
		died := l.Cause == 1
		all.exposure += l.days()
		o[1] += l.days()
		days := max(0, float64(end-max(seen, since)))
		recent.exposure += days
		o[3] += days
		if died {
			all.events++
			o[0]++
			if end > since {
				recent.events++
				o[2]++
			}
		}
	}
	recent.n = all.n
	all.span = float64(asOf - first)
	recent.span = min(all.span, lastYear)
	clusters := make([][4]float64, 0, len(byOwner))
	for _, key := range sortedKeys(byOwner) {
		clusters = append(clusters, *byOwner[key])
	}
	for i, o := range []*outlook{&all, &recent} {
		o.boot = bootstrapHazard(clusters, 2*i, o.events, p)
		n, d, T := o.n, o.events, o.exposure
		o.distribution = func(h float64) Survivors { return GammaBinomialSurvivors(n, d, T, h) }
	}
	return []outlook{all, recent, agedOutlook(lives, prefix, all, p)}
}

// bootstrapHazard is the percentile interval of deaths over days when whole
// owners are drawn with replacement. Without deaths there is nothing to vary.
func bootstrapHazard(clusters [][4]float64, at, events int, p Params) [2]Estimate {
	switch {
	case events == 0:
		return [2]Estimate{Unknown(NoExitRecorded), Unknown(NoExitRecorded)}
	case len(clusters) < 2:
		return [2]Estimate{Unknown(TooFewPoints), Unknown(TooFewPoints)}
	}
	random := rand.New(rand.NewPCG(bootstrapSeed, uint64(at)))
	rates := make([]float64, 0, bootstrapTimes)
	for range bootstrapTimes {
		deaths, days := 0.0, 0.0
		for range clusters {
			c := &clusters[random.IntN(len(clusters))]
			deaths, days = deaths+c[at], days+c[at+1]
		}
		if days > 0 {
			rates = append(rates, deaths/days*p.DaysPerYear)
		}
	}
	if len(rates) < bootstrapTimes {
		return [2]Estimate{Unknown(ZeroDenominator), Unknown(ZeroDenominator)}
	}
	slices.SortFunc(rates, cmp.Compare[float64])
	tail := (1 - p.Conf) / 2
	rank := func(q float64) Estimate {
		return Known(rates[min(len(rates)-1, max(0, int(math.Ceil(q*float64(len(rates))))-1))])
	}
	return [2]Estimate{rank(tail), rank(1 - tail)}
}

// agedOutlook carries each life on from its own age: along the Nelson-Aalen
// curve while it lasts, then with the hazard of its last year of age.
func agedOutlook(lives []tenure, prefix string, all outlook, p Params) outlook {
	o := outlook{scenario: prefix + "last_hazard", n: all.n}
	oldest := 0.0
	var record []Lifetime
	for _, l := range lives {
		oldest = max(oldest, l.Time)
		record = append(record, Lifetime{Entry: l.Entry, Delayed: l.Delayed, Time: l.Time, Event: l.Cause == 1})
	}
	from := max(0, oldest-lastYear)
	for _, l := range record {
		o.exposure += max(0, l.Time-max(l.Entry, from))
		if l.Event && l.Time > from {
			o.events++
		}
	}
	steps := NelsonAalen(record)
	last := 0.0
	if o.exposure > 0 {
		last = float64(o.events) / o.exposure
	}
	hazard := func(t float64) float64 { // cumulative
		i, found := slices.BinarySearchFunc(steps, t, func(s HazardStep, t float64) int { return cmp.Compare(s.Time, t) })
		if !found {
			i--
		}
		h := 0.0
		if i >= 0 {
			h = steps[i].CumHazard
		}
		return h + last*max(0, t-oldest)
	}
	o.span = 0                                                         // the oldest has nobody ahead: every horizon is carried on
	o.boot = [2]Estimate{Unknown(MissingInput), Unknown(MissingInput)} // it has no one hazard to resample
	o.distribution = func(h float64) Survivors {
		if o.exposure <= 0 {
			return Survivors{Reason: ZeroDenominator}
		}
		var alive []float64
		for _, l := range lives {
			if l.Cause == 0 {
				alive = append(alive, math.Exp(hazard(l.Time)-hazard(l.Time+h)))
			}
		}
		slices.SortFunc(alive, cmp.Compare[float64]) // the same bits whatever the names
		return PoissonBinomialSurvivors(alive)
	}
	return o
}

// rate is the constant hazard behind the scenario.
func (o outlook) rate(horizon int, p Params) ConstantHazard {
	return ConstantHazardOf(o.events, o.exposure, float64(horizon), p.DaysPerYear, p.Conf)
}

// needed is the hazard per year at which no more than four are expected after a
// horizon, and how many times the scenario's it is, with limits from those of
// the hazard.
func (o outlook) needed(horizon int, p Params) (hazard, factor, lower, upper Estimate) {
	hazard = Known(0)
	if o.n > 4 {
		hazard = Known(math.Log(float64(o.n)/4) / float64(horizon) * p.DaysPerYear)
	}
	times := func(e Estimate) Estimate {
		switch {
		case !e.Ok():
			return e
		case e.Value == 0:
			return Unknown(NoExitRecorded)
		}
		return finite(hazard.Value/e.Value, NoExitRecorded)
	}
	rate := o.rate(horizon, p).Rate
	return hazard, times(rate.Estimate), times(rate.Upper), times(rate.Lower)
}

func (o outlook) write(b *Builder, horizon int, unit string, recorded bool, undated int, p Params) {
	s, rate := o.distribution(float64(horizon)), o.rate(horizon, p).Rate
	b.Text("scenario", o.scenario)
	b.Int("horizon_days", horizon)
	b.Int("n", o.n)
	b.Maybe("expected", s.Mean())
	b.Maybe("q05", s.Quantile(0.05))
	b.Maybe("q50", s.Quantile(0.5))
	b.Maybe("q95", s.Quantile(0.95))
	b.Maybe("p_between_3_4", s.Between(3, 4))
	b.Maybe("p_at_most_4", s.Between(0, 4))
	b.Bool("extrapolated", float64(horizon) > o.span)
	b.Int("events", o.events)
	b.Float("exposure_days", o.exposure)
	b.Maybe("hazard_per_year", rate.Estimate)
	b.Maybe("hazard_lower", rate.Lower)
	b.Maybe("hazard_upper", rate.Upper)
	b.Maybe("boot_lower", o.boot[0])
	b.Maybe("boot_upper", o.boot[1])
	b.Int("seed", bootstrapSeed)
	hazard, factor, lower, upper := o.needed(horizon, p)
	b.Maybe("hazard_needed", hazard)
	b.Maybe("hazard_factor", factor)
	b.Maybe("hazard_factor_lower", lower)
	b.Maybe("hazard_factor_upper", upper)
	b.Text("unit", unit)
	switch {
	case undated > 0:
		b.Text("caution", exitsUndated)
	case !recorded:
		b.Text("caution", exitsNotRecorded)
	case o.events < smallSample:
		b.Text("caution", "few_events")
	}
	b.EndRow()
}

// projectionHeadlines say the expected number and the probability that three or
// four remain, in the scenario of all time.
func projectionHeadlines(outlooks []outlook, recorded bool, p Params) []Headline {
	o := outlooks[0]
	s := o.distribution(float64(p.HorizonDays))
	none, days := Unknown(MissingInput), strconv.Itoa(p.HorizonDays)
	return []Headline{
		{Measure: Say("headline.remaining", days), Value: s.Mean(), Lower: s.Quantile((1 - p.Conf) / 2), Upper: s.Quantile(1 - (1-p.Conf)/2), N: o.n, Unit: "count",
			Note: Say("note.remaining", strconv.Itoa(o.events), strconv.FormatFloat(o.exposure, 'f', 0, 64)), Table: "projection", Row: 0, Column: "expected"},
		{Measure: Say("headline.three-to-four", days), Value: s.Between(3, 4), Lower: none, Upper: none, N: o.n, Unit: "fraction",
			Note: o.rise(recorded, p), Table: "projection", Row: 0, Column: "p_between_3_4"},
	}
}

// rise is the sentence of how far the hazard would have to rise for three to
// four to remain.
func (o outlook) rise(recorded bool, p Params) Message {
	hazard, factor, lower, _ := o.needed(p.HorizonDays, p)
	number := func(e Estimate) string { return fmt.Sprintf("%.3g", e.Value) }
	switch {
	case o.n <= 4:
		return Say("note.at-most-four")
	case factor.Ok():
		return Say("note.rise", strconv.Itoa(p.HorizonDays), number(factor), number(hazard))
	case lower.Ok() && !recorded:
		return Say("note.rise-not-recorded", strconv.Itoa(p.HorizonDays), number(lower), number(hazard))
	case lower.Ok():
		return Say("note.rise-at-least", strconv.Itoa(p.HorizonDays), number(lower), number(hazard))
	}
	return Message{}
}
