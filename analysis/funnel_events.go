package analysis

import (
	"math"
	"slices"
)

// Passage holds one entity's own dates by stage, NoDate where it has none.
type Passage []Date

// What a passage holds where it has no date.
const (
	NoDate  Date = math.MinInt32     // nothing says that the entity was at the stage
	SomeDay Date = math.MinInt32 + 1 // it was, nobody says when
)

// isDay reports whether a date of a passage is one.
func isDay(d Date) bool { return d > SomeDay }

// FunnelOptions are the conventions of a funnel.
type FunnelOptions struct {
	Stages     []string // in order; each a subset of the one before
	AsOf       Date     // last day observed
	Conf       float64
	WindowDays int      // 0: no window
	Undated    []string // stages that no entity dates: no times and no windows for them
}

// FunnelStage is one stage of a funnel of dated events.
type FunnelStage struct {
	StageConversion
	Inferred int        // reached without a date of its own: a later stage is dated
	Window   Proportion // of the mature, within the window after the first stage
}

// Dwell is the time from one stage to the next, in whole days.
type Dwell struct {
	From, To        string
	AtRisk          int // entities with their own date at From that the estimate rests on
	Completed       int
	OrderViolations int // dated at To before From: left out
	UnknownDate     int // reached To, nobody says when: left out
	ExposureDays    float64
	Survival        KaplanMeier
	MedianCompleted Estimate // of the completed only, biased short: those still waiting are not in it
}

// Funnel is a funnel of dated events.
type Funnel struct {
	Stages   []FunnelStage
	Dwell    []Dwell
	Mature   int // first stage dated at least WindowDays before AsOf
	Immature int // dated later: in no window denominator
}

// FunnelFromEvents builds a funnel from dated stages. Dates after AsOf are the
// caller's to drop, and of several dates of one stage the earliest counts.
//
//  1. An entity has reached a stage if it has a date there or at any later
//     stage: a finalist was launched. Conversions as in FunnelFromCounts.
//  2. Dwell A to B, adjacent stages, among those with their own date at A: an
//     event if B is dated the same day or later; left out and counted if B is
//     dated earlier or reached only by inference; else censored at AsOf. The
//     median and its limits are Kaplan-Meier's.
//     An entity that was at a stage on some day has no date of its own there.
//  3. Window: of the mature (own first date at least WindowDays before AsOf),
//     those with their own date at the stage within [first, first + window].
//     Where one of them got there on some day the share is null undated.
//
// Source: methods 2.3; the two separately written reference scripts of its
// golden cases.
func FunnelFromEvents(passages []Passage, o FunnelOptions) Funnel {
	var f Funnel
	k := len(o.Stages)
	counts := make([]StageCount, k)
	inferred := make([]int, k)
	for _, p := range passages {
		later := false
		for i := k - 1; i >= 0; i-- {
			later = later || p[i] != NoDate
			if later {
				counts[i].Count.Value++
				if !isDay(p[i]) {
					inferred[i]++
				}
			}
		}
	}
	for i := range counts {
		counts[i].Stage = o.Stages[i]
	}
	windows := windowConversions(passages, o, &f)
	for i, c := range FunnelFromCounts(counts, o.Conf) {
		f.Stages = append(f.Stages, FunnelStage{c, inferred[i], windows[i]})
	}
	for i := 1; i < k; i++ {
		f.Dwell = append(f.Dwell, dwellBetween(passages, i-1, i, o))
	}
	return f
}

func windowConversions(passages []Passage, o FunnelOptions, f *Funnel) []Proportion {
	windows := make([]Proportion, len(o.Stages))
	for i := range windows {
		windows[i] = unknownProportion(MissingInput)
	}
	if o.WindowDays <= 0 || len(o.Stages) == 0 {
		return windows
	}
	within, some := make([]int, len(o.Stages)), make([]bool, len(o.Stages))
	for i, s := range o.Stages {
		some[i] = slices.Contains(o.Undated, s)
	}
	for _, p := range passages {
		first := p[0]
		switch {
		case !isDay(first):
			continue
		case int(o.AsOf)-int(first) < o.WindowDays:
			f.Immature++
			continue
		}
		f.Mature++
		for i := 1; i < len(p); i++ {
			some[i] = some[i] || p[i] == SomeDay
			if isDay(p[i]) && p[i] >= first && int(p[i])-int(first) <= o.WindowDays {
				within[i]++
			}
		}
	}
	windows[0] = unknownProportion(FirstStage)
	for i := 1; i < len(windows); i++ {
		if windows[i] = ProportionOf(within[i], f.Mature, Wilson, o.Conf); some[i] {
			windows[i] = unknownProportion(Undated)
		}
	}
	return windows
}

func dwellBetween(passages []Passage, from, to int, o FunnelOptions) Dwell {
	d := Dwell{From: o.Stages[from], To: o.Stages[to]}
	var lives []Lifetime
	var completed []float64
	for _, p := range passages {
		a, b := p[from], p[to]
		switch {
		case !isDay(a):
		case isDay(b) && b >= a:
			lives = append(lives, Lifetime{Time: float64(b - a), Event: true})
			completed = append(completed, float64(b-a))
		case isDay(b):
			d.OrderViolations++
		case b == SomeDay:
			d.UnknownDate++
		case slices.ContainsFunc(p[to+1:], func(later Date) bool { return later != NoDate }):
			d.UnknownDate++
		case o.AsOf >= a:
			lives = append(lives, Lifetime{Time: float64(o.AsOf - a)})
		}
	}
	if slices.Contains(o.Undated, d.To) {
		// Those who wait would stand alone: who got there has no date.
		d.Survival = KaplanMeierOf(nil, o.Conf)
		d.MedianCompleted = Unknown(Undated)
		d.Survival.Median, d.Survival.Lower, d.Survival.Upper = d.MedianCompleted, d.MedianCompleted, d.MedianCompleted
		return d
	}
	for _, l := range lives {
		d.ExposureDays += l.Time // whole days: exact in any order
	}
	d.AtRisk, d.Completed = len(lives), len(completed)
	d.Survival = KaplanMeierOf(lives, o.Conf)
	d.MedianCompleted = Median(completed)
	return d
}

// UnknownCohort is the cohort of entities without a first-stage date of their
// own.
const UnknownCohort = "unknown"

// Cohort is the calendar month, quarter or year of an entity's own first-stage
// date. Cohorts are compared at equal age only: by window or by survival.
func Cohort(p Passage, grain Grain) string {
	if len(p) == 0 || !isDay(p[0]) {
		return UnknownCohort
	}
	return PeriodOf(p[0], grain).Label()
}
