package analysis

import (
	"cmp"
	"math"
	"slices"
)

// Lifetime is one subject's time under observation, in whole days: from Entry
// (left truncation; 0 and Delayed false: observed from birth) to Time, where
// the event happened or observation ended.
type Lifetime struct {
	Entry   float64
	Delayed bool
	Time    float64
	Event   bool
}

// SurvivalStep is the state right after one distinct time of the record.
type SurvivalStep struct {
	Time     float64
	AtRisk   int // entry < time <= end of observation
	Events   int
	Censored int
	Survival float64  // in [0, 1], non-increasing
	StdErr   Estimate // Greenwood
	Lower    Estimate // log-log interval
	Upper    Estimate
}

// KaplanMeier is the estimated survival function of a sample.
type KaplanMeier struct {
	N        int
	Rejected int // lifetimes whose entry is not before their end
	Events   int
	Steps    []SurvivalStep // ascending in time, one per distinct time with an event or a censoring
	Median   Estimate       // days; null not_reached
	Lower    Estimate       // limits of the median
	Upper    Estimate
	Conf     float64
	lives    []Lifetime
}

// survivalHalf is 1/2 with the slack that rounding of a product needs.
const survivalHalf = 0.5 + 1e-12

// KaplanMeierOf estimates survival from right-censored, possibly
// left-truncated lifetimes.
//
// At each distinct event time S = prod(1 - d/n), n counted with those censored
// at that very time. Without delayed entry, n = #{time >= t}; with it,
// n = #{entry < t <= time}, and a lifetime whose entry is not before its end is
// rejected. Zero durations stay.
//
// The interval is log-log, S^exp(±z·sqrt(G)/|ln S|) with Greenwood's
// G = sum d/(n(n-d)); before the first event it is null no_events_yet (R prints
// [1, 1], which reads as certainty), at S = 0 null survival_zero.
// The median is the first time with S <= 1/2 (R averages over a flat stretch),
// its limits the first times at which a limit of S is: null not_reached.
// Sources: Kaplan & Meier, JASA 53 (1958) 457-481; Greenwood 1926; Brookmeyer
// & Crowley, Biometrics 38 (1982) 29-41.
func KaplanMeierOf(lives []Lifetime, conf float64) KaplanMeier {
	km := KaplanMeier{Conf: conf, Median: Unknown(NotReached), Lower: Unknown(NotReached), Upper: Unknown(NotReached)}
	for _, l := range lives {
		if l.Delayed && !(l.Entry < l.Time) {
			km.Rejected++
			continue
		}
		km.lives = append(km.lives, l)
	}
	km.N = len(km.lives)
	z := NormalQuantile(conf)
	survival, greenwood := 1.0, 0.0
	lastUpper := Unknown(NoEventsYet)
	for _, r := range riskTable(km.lives) {
		if r.events > 0 {
			n, d := float64(r.atRisk), float64(r.events)
			survival *= 1 - d/n
			if r.events < r.atRisk {
				greenwood += d / (n * (n - d))
			}
			km.Events += r.events
		}
		s := SurvivalStep{Time: r.time, AtRisk: r.atRisk, Events: r.events, Censored: r.censored, Survival: survival}
		s.StdErr, s.Lower, s.Upper = survivalLimits(r.time, survival, greenwood, z)
		if s.Upper.Ok() {
			lastUpper = s.Upper
		}
		km.Steps = append(km.Steps, s)

		lower, upper := s.Lower, s.Upper
		if survival == 0 {
			lower, upper = Known(0), lastUpper
		}
		reach(&km.Median, Known(survival), r.time)
		reach(&km.Lower, lower, r.time)
		reach(&km.Upper, upper, r.time)
	}
	return km
}

// reach sets when to t if it is still open and the level is at or below 1/2.
func reach(when *Estimate, level Estimate, t float64) {
	if !when.Ok() && level.Ok() && level.Value <= survivalHalf {
		*when = Known(t)
	}
}

// survivalLimits gives the standard error and interval of S at time t.
func survivalLimits(t, survival, greenwood, z float64) (se, lower, upper Estimate) {
	switch {
	case survival <= 0:
		return Unknown(SurvivalZero), Unknown(SurvivalZero), Unknown(SurvivalZero)
	case greenwood == 0 && t == 0:
		return Known(0), Known(1), Known(1)
	case greenwood == 0:
		return Known(0), Unknown(NoEventsYet), Unknown(NoEventsYet)
	}
	root := math.Sqrt(greenwood)
	width := math.Exp(z * root / math.Abs(math.Log(survival)))
	return Known(survival * root), Known(math.Pow(survival, width)), Known(math.Pow(survival, 1/width))
}

// At is the survival function at any day t >= 0, with the number at risk there.
func (km KaplanMeier) At(t float64) SurvivalStep {
	s := SurvivalStep{Time: t, Survival: 1, StdErr: Known(0), Lower: Unknown(NoEventsYet), Upper: Unknown(NoEventsYet)}
	if t == 0 {
		s.Lower, s.Upper = Known(1), Known(1)
	}
	for _, step := range km.Steps {
		if step.Time > t {
			break
		}
		if step.Events > 0 || step.Survival < 1 {
			s = step
		}
	}
	s.Time, s.Events, s.Censored, s.AtRisk = t, 0, 0, atRiskOn(km.lives, t)
	for _, l := range km.lives {
		if l.Time == t && l.Event {
			s.Events++
		} else if l.Time == t {
			s.Censored++
		}
	}
	return s
}

// RestrictedMean is the area under S up to day tau (rmst) and its standard
// error: se² = sum over event times t_i < tau of A_i²·d/(n(n-d)), A_i the area
// from t_i to tau, terms with n = d left out. Null empty without lifetimes.
func (km KaplanMeier) RestrictedMean(tau float64) (mean, se Estimate) {
	if km.N == 0 {
		return Unknown(Empty), Unknown(Empty)
	}
	var area, variance accumulator
	end := tau
	for i := len(km.Steps) - 1; i >= 0; i-- {
		s := km.Steps[i]
		if s.Time >= tau {
			continue
		}
		area.add(s.Survival * (end - s.Time))
		end = s.Time
		if n, d := float64(s.AtRisk), float64(s.Events); s.Events > 0 && s.Events < s.AtRisk {
			a := area.value()
			variance.add(a * a * d / (n * (n - d)))
		}
	}
	area.add(end) // S = 1 from day 0 to the first step
	return Known(area.value()), Known(math.Sqrt(variance.value()))
}

// risk is one distinct time of a record.
type risk struct {
	time                     float64
	atRisk, events, censored int
}

// riskTable lists the distinct times of a record, ascending, with the number
// at risk just before each.
func riskTable(lives []Lifetime) []risk {
	ends, entries := slices.Clone(lives), []float64(nil)
	slices.SortFunc(ends, func(a, b Lifetime) int { return cmp.Compare(a.Time, b.Time) })
	for _, l := range lives {
		if l.Delayed {
			entries = append(entries, l.Entry)
		}
	}
	slices.Sort(entries)
	var table []risk
	entered, inside := 0, len(lives)-len(entries) // who has no entry of his own is inside from the start
	for i := 0; i < len(ends); {
		r := risk{time: ends[i].Time}
		for entered < len(entries) && entries[entered] < r.time {
			entered++
			inside++
		}
		r.atRisk = inside
		for i < len(ends) && ends[i].Time == r.time {
			if ends[i].Event {
				r.events++
			} else {
				r.censored++
			}
			inside--
			i++
		}
		table = append(table, r)
	}
	return table
}
