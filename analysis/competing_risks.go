package analysis

import (
	"math"
	"slices"
)

// Ending is one subject's time under observation in days, from Entry (left
// truncation; Delayed false: from birth), and how it ended: Cause 0 is censored,
// 1 and above are kinds of exit.
type Ending struct {
	Entry   float64
	Delayed bool
	Time    float64
	Cause   int
}

// IncidenceStep is the state right after one distinct event time.
type IncidenceStep struct {
	Time      float64
	AtRisk    int
	Events    []int     // by cause
	EventFree float64   // S: no event of any cause yet
	Incidence []float64 // F of cause k at index k-1; S + sum F = 1
	StdErr    []float64
}

// CompetingRisks is the Aalen-Johansen estimator of the cumulative incidence of
// each cause 1..causes, at each event time, ascending.
//
// With S before the time: F_k += S·d_k/n, then S *= 1 - D/n, D over all causes.
// The standard error is of the Greenwood type, by recursion from zero:
//
//	v11' = v11(1-D/n)² + S²·D(n-D)/n³
//	v12' = (v12 + v11·d_k/n)(1-D/n) - S²·d_k(n-D)/n³
//	v22' = v22 + 2·v12·d_k/n + v11(d_k/n)² + S²·d_k(n-d_k)/n³
//
// The number at risk n is as in KaplanMeierOf: with delayed entry
// #{entry < t <= time}, and one whose entry is not before his end is left out.
// One minus Kaplan-Meier per cause is not given: it overstates, since it lets
// those who left another way still leave this way.
// Sources: Aalen & Johansen, Scand. J. Stat. 5 (1978) 141-150; Andersen et al.,
// Statistical Models Based on Counting Processes, 1993, 4.4 (R etm).
func CompetingRisks(ends []Ending, causes int) []IncidenceStep {
	sorted := slices.DeleteFunc(slices.Clone(ends), func(e Ending) bool { return e.Delayed && !(e.Entry < e.Time) })
	var entries []float64
	for _, e := range sorted {
		if e.Delayed {
			entries = append(entries, e.Entry)
		}
	}
	slices.Sort(entries)
	inside := len(sorted) - len(entries) // under observation; who has no entry of his own is from the start
	slices.SortFunc(sorted, func(a, b Ending) int {
		switch {
		case a.Time < b.Time:
			return -1
		case a.Time > b.Time:
			return 1
		}
		return 0
	})
	var steps []IncidenceStep
	free, v11 := 1.0, 0.0
	incidence, v12, v22 := make([]float64, causes), make([]float64, causes), make([]float64, causes)
	for i := 0; i < len(sorted); {
		t := sorted[i].Time
		for len(entries) > 0 && entries[0] < t {
			entries = entries[1:]
			inside++
		}
		n := float64(inside)
		d, D := make([]float64, causes), 0.0
		for ; i < len(sorted) && sorted[i].Time == t; i++ {
			if c := sorted[i].Cause; c > 0 {
				d[c-1]++
				D++
			}
			inside--
		}
		if D == 0 {
			continue
		}
		stay, s2n3 := 1-D/n, free*free/(n*n*n)
		for k := range causes {
			f := d[k] / n
			v22[k] += 2*v12[k]*f + v11*f*f + s2n3*d[k]*(n-d[k])
			v12[k] = (v12[k]+v11*f)*stay - s2n3*d[k]*(n-D)
			incidence[k] += free * f
		}
		v11 = v11*stay*stay + s2n3*D*(n-D)
		free *= stay
		step := IncidenceStep{Time: t, AtRisk: int(n), Events: make([]int, causes), EventFree: free, Incidence: slices.Clone(incidence), StdErr: make([]float64, causes)}
		for k := range causes {
			step.Events[k], step.StdErr[k] = int(d[k]), math.Sqrt(max(0, v22[k]))
		}
		steps = append(steps, step)
	}
	return steps
}

// Limits are the log-log interval of a cause's cumulative incidence, on 1-F.
// Before the cause's first event null no_events_yet; where everybody left this
// way survival_zero.
func (s IncidenceStep) Limits(cause int, conf float64) (lower, upper Estimate) {
	f, se := s.Incidence[cause], s.StdErr[cause]
	switch {
	case f <= 0:
		return Unknown(NoEventsYet), Unknown(NoEventsYet)
	case f >= 1:
		return Unknown(SurvivalZero), Unknown(SurvivalZero)
	}
	width := math.Exp(NormalQuantile(conf) * se / ((1 - f) * math.Abs(math.Log1p(-f))))
	return Known(1 - math.Pow(1-f, 1/width)), Known(1 - math.Pow(1-f, width))
}

// IncidenceAt is the step in force on day t; nothing has happened before the
// first event.
func IncidenceAt(steps []IncidenceStep, causes int, t float64) IncidenceStep {
	at := IncidenceStep{EventFree: 1, Events: make([]int, causes), Incidence: make([]float64, causes), StdErr: make([]float64, causes)}
	for _, s := range steps {
		if s.Time <= t {
			at = s
		}
	}
	at.Time = t
	return at
}
