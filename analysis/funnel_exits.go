package analysis

import (
	"slices"
	"strconv"
)

// exitsSpec is the cumulative incidence of each kind of exit.
var exitsSpec = TableSpec{Name: "exits", Key: 3, Columns: join(
	columns(Text, "segment", "cause"), []ColumnSpec{{Name: "day", Type: Int, Unit: "days"}},
	counts("n_risk", "n_event"), []ColumnSpec{{Name: "incidence", Type: Float, Unit: "fraction"}},
	estimates("fraction", "lower", "upper"), []ColumnSpec{{Name: "event_free", Type: Float, Unit: "fraction"}},
	counts("n_unknown_date"), columns(Text, "unit", "observed_from", "caution"),
)}

// hazardsSpec is the constant hazard of each step, and of withdrawal.
var hazardsSpec = TableSpec{Name: "hazards", Key: 3, Columns: join(
	columns(Text, "segment", "from", "to"), counts("n", "events"),
	[]ColumnSpec{{Name: "exposure_days", Type: Float, Unit: "days"}},
	estimates("per_year", "rate_per_year", "rate_lower", "rate_upper"),
	estimates("days", "median_life_days"), estimates("fraction", "survival_at_horizon", "survival_lower", "survival_upper"),
	columns(Int, "horizon_days"), columns(Text, "unit", "observed_from", "caution"),
)}

// logRankSpec is one comparison of groups, a row per group.
var logRankSpec = TableSpec{Name: "log_rank", Key: 4, Columns: join(
	columns(Text, "by", "from", "to", "group"), counts("n", "observed"),
	[]ColumnSpec{{Name: "expected", Type: Float, Unit: "count"}},
	estimates("", "chi_square"), counts("df"), estimates("fraction", "p_value"), columns(Text, "unit", "observed_from", "caution"),
)}

// exitStage is where a life ends, as a stage is named.
const exitStage = "exit"

// fromBirth is the caution where nobody is seen later than his birth: those who
// left before anyone looked are not in the list.
const fromBirth = "observed_from_birth"

// From when on lives are under observation: from their first day, which is
// assumed where no later day of a first sight is known, or from filing.
const (
	fromBirthOn  = "birth"
	fromFilingOn = "filing"
)

// life is the time of an entity in the market: from its earliest date, under
// observation from the day it was filed. ok is false where it left and nobody
// says when, or left before it came.
func (g filedGroup) life(e filedEntity, asOf Date) (l Ending, ok bool) {
	born := e.entry()
	if !isDay(born) || e.exit.cause != "" && (e.exit.day == NoDate || e.exit.day < born) {
		return l, false
	}
	end := asOf
	if e.exit.cause != "" {
		end, l.Cause = e.exit.day, slices.Index(exitCauses, e.exit.cause)+1
	}
	l.Time = float64(end - born)
	if i := slices.Index(g.stages, "filed"); i >= 0 && isDay(e.own[i]) && e.own[i] > born {
		l.Entry, l.Delayed = float64(e.own[i]-born), true
	}
	return l, true
}

// days is the time under observation.
func (l Ending) days() float64 { return l.Time - l.Entry }

// observed reports whether the life was under observation at all.
func (l Ending) observed() bool { return !l.Delayed || l.Entry < l.Time }

// recordsExits reports whether the group states that any of its entities left.
func (g filedGroup) recordsExits() bool {
	return slices.ContainsFunc(g.entities, func(e filedEntity) bool { return e.exit.cause != "" })
}

// exitsUndated is the caution where some left on a day that nobody says: they
// are in no hazard, which is too low by them.
const exitsUndated = "exits_undated"

// undatedExits counts the entities that came on a day, and left on one that
// nobody says.
func (g filedGroup) undatedExits() int {
	n := 0
	for _, e := range g.entities {
		if isDay(e.entry()) && e.exit.cause != "" && e.exit.day == NoDate {
			n++
		}
	}
	return n
}

// life writes how long the entities of a segment stay, where exits are recorded.
func (w *funnelWriter) life(s segment, g filedGroup) {
	if !g.recordsExits() {
		return
	}
	var ends []Ending
	var lives []Lifetime
	unknown, deaths, exposure := 0, 0, 0.0
	caution, observed := fromBirth, fromBirthOn
	for _, e := range s.entities {
		l, ok := g.life(e, w.asOf)
		if !ok {
			unknown++
			continue
		}
		if l.Delayed {
			caution, observed = "", fromFilingOn
		}
		ends = append(ends, l)
		lives = append(lives, Lifetime{Entry: l.Entry, Delayed: l.Delayed, Time: l.Time, Event: l.Cause > 0})
		if l.observed() {
			exposure += l.days()
			if l.Cause == 1 {
				deaths++
			}
		}
	}
	if (filedGroup{entities: s.entities}).undatedExits() > 0 {
		caution = cautions(exitsUndated, caution)
	}
	km := KaplanMeierOf(lives, w.params.Conf)
	if km.N == 0 {
		return
	}
	w.curve(s.name, g.stages[0], exitStage, "exit", g.unit(), observed, caution, km)
	w.hazard(s.name, g.stages[0], exitStage, g.unit(), observed, caution, deaths, exposure, km.N)
	caution = cautions(caution, fewer(smallN, km.N))
	steps := CompetingRisks(ends, len(exitCauses))
	b := w.exits
	for k, cause := range exitCauses {
		for _, step := range steps {
			if step.Events[k] == 0 {
				continue
			}
			lower, upper := step.Limits(k, w.params.Conf)
			b.Text("segment", s.name)
			b.Text("cause", cause)
			b.Int("day", int(step.Time))
			b.Int("n_risk", step.AtRisk)
			b.Int("n_event", step.Events[k])
			b.Float("incidence", step.Incidence[k])
			b.Maybe("lower", lower)
			b.Maybe("upper", upper)
			b.Float("event_free", step.EventFree)
			b.Int("n_unknown_date", unknown)
			b.Text("unit", g.unit())
			b.Text("observed_from", observed)
			b.Text("caution", caution)
			b.EndRow()
		}
	}
}

// hazard writes the constant hazard of a step.
func (w *funnelWriter) hazard(name, from, to, unit, observed, caution string, events int, exposure float64, n int) {
	b, horizon := w.hazards, w.params.HorizonDays
	h := ConstantHazardOf(events, exposure, float64(horizon), w.params.DaysPerYear, w.params.Conf)
	b.Text("segment", name)
	b.Text("from", from)
	b.Text("to", to)
	b.Int("n", n)
	b.Int("events", events)
	b.Float("exposure_days", exposure)
	b.Maybe("rate_per_year", h.Rate.Estimate)
	b.Maybe("rate_lower", h.Rate.Lower)
	b.Maybe("rate_upper", h.Rate.Upper)
	b.Maybe("median_life_days", h.MedianLife)
	b.Maybe("survival_at_horizon", h.Survival.Estimate)
	b.Maybe("survival_lower", h.Survival.Lower)
	b.Maybe("survival_upper", h.Survival.Upper)
	b.Int("horizon_days", horizon)
	b.Text("unit", unit)
	b.Text("observed_from", observed)
	b.Text("caution", cautions(caution, fewer(smallN, n)))
	b.EndRow()
}

// compare tests once whether the groups of a category, as of the first stage,
// differ in the time from the first stage to use (or to the last stage that has
// dates). Intervals say more; one test asked for is no fishing.
func (w *funnelWriter) compare(g filedGroup, s segment) {
	to := slices.Index(g.stages, "active")
	for i := len(g.stages) - 1; to < 0 && i > 0; i-- {
		if slices.ContainsFunc(s.passages, func(p Passage) bool { return isDay(p[i]) }) {
			to = i
		}
	}
	if w.params.CompareBy == "" || to < 1 {
		return
	}
	groups := map[string][]Lifetime{}
	for _, e := range s.entities {
		label := e.camp.text
		if w.params.CompareBy == "region" {
			label = e.region.text
		}
		if l, ok := timeTo(e.own, to, w.asOf); ok && label != "" {
			groups[label] = append(groups[label], l)
		}
	}
	if len(groups) < 2 {
		return
	}
	labels := sortedKeys(groups)
	var lives []Lifetime
	var of []int
	for i, label := range labels {
		lives = append(lives, groups[label]...)
		of = append(of, slices.Repeat([]int{i}, len(groups[label]))...)
	}
	test := LogRankTest(lives, of, len(labels))
	b := w.logRank
	for i, label := range labels {
		b.Text("by", w.params.CompareBy)
		b.Text("from", g.stages[0])
		b.Text("to", g.stages[to])
		b.Text("group", label)
		b.Int("n", len(groups[label]))
		b.Int("observed", int(test.Observed[i]))
		b.Float("expected", test.Expected[i])
		b.Maybe("chi_square", test.ChiSquare)
		b.Int("df", test.Freedom)
		b.Maybe("p_value", test.P)
		b.Text("unit", g.unit())
		b.Text("observed_from", fromBirthOn)
		b.Text("caution", fewer(smallN, len(groups[label])))
		b.EndRow()
	}
}

// timeTo is the time from an entity's own first-stage date to its own date at a
// stage, censored at asOf; ok is false where either day is not known or they are
// out of order.
func timeTo(p Passage, to int, asOf Date) (l Lifetime, ok bool) {
	first, then := p[0], p[to]
	switch {
	case !isDay(first):
		return l, false
	case isDay(then):
		return Lifetime{Time: float64(then - first), Event: true}, then >= first
	case slices.ContainsFunc(p[to:], func(d Date) bool { return d != NoDate }):
		return l, false // got there, nobody says when
	}
	return Lifetime{Time: float64(asOf - first)}, true
}

// finalistNote says who the finalists are and how much they hold.
func (w *funnelWriter) finalistNote(g filedGroup, count string, n int) Message {
	m := w.last.market
	unused := 0
	for _, e := range g.entities {
		if x := w.usage[Fold(e.model)]; x == nil || x.use == 0 {
			unused++
		}
	}
	key := "note.finalists"
	if w.last.ofListed {
		key = "note.finalists-of-listed"
	}
	return Say(key, count, strconv.Itoa(n), percentText(w.params.FinalistShare), metricMessage(m.metric), m.at.Label(), strconv.Itoa(unused))
}

// sayExits adds the headline of those who left.
func (w *funnelWriter) sayExits(s segment) {
	left, others := 0, 0
	for _, e := range s.entities {
		switch e.exit.cause {
		case "":
		case withdrawn:
			left++
		default:
			others++
		}
	}
	if left+others == 0 {
		return
	}
	p := ProportionOf(left, len(s.entities), Wilson, w.params.Conf)
	w.headlines = append(w.headlines, Headline{Measure: Say("headline.withdrawn"), Value: p.Estimate, Lower: p.Lower, Upper: p.Upper,
		N: len(s.entities), Unit: "fraction", Note: Say("note.withdrawn", strconv.Itoa(left), strconv.Itoa(others))})
}
