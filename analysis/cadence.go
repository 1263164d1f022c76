package analysis

import (
	"math"
	"slices"
)

// Cadence is how often something is released.
type Cadence struct {
	Releases int // distinct dates
	SameDay  int // rows beyond the first of a date
	OpenGap  Estimate
	Median   Estimate // days between releases, completed gaps only
	Mean     Estimate
	Min, Max Estimate
	CV       Estimate   // sample standard deviation over mean; two gaps or more
	Rate     Proportion // releases per year with exact Poisson limits, the open gap counted
	KMMedian Estimate   // median gap with the open one censored
}

// CadenceOf measures the gaps between release dates up to asOf; later dates are
// ignored. One release has no gap: null too_few_points; none: null empty. The
// rate is gaps/(sum of gaps + open gap) with Garwood's limits.
// Source: methods 6.6.
func CadenceOf(dates []Date, asOf Date, daysPerYear, conf float64) Cadence {
	dates = slices.DeleteFunc(slices.Clone(dates), func(d Date) bool { return d > asOf })
	rows := len(dates)
	slices.Sort(dates)
	dates = slices.Compact(dates)
	c := Cadence{Releases: len(dates), SameDay: rows - len(dates)}
	null := Unknown(TooFewPoints)
	if len(dates) == 0 {
		null = Unknown(Empty)
	}
	c.OpenGap, c.Median, c.Mean, c.Min, c.Max, c.CV, c.KMMedian = null, null, null, null, null, null, null
	c.Rate = Proportion{null, null, null}
	if len(dates) == 0 {
		return c
	}
	open := float64(asOf - dates[len(dates)-1])
	c.OpenGap = Known(open)
	if len(dates) < 2 {
		return c
	}
	var gaps []float64
	var lives []Lifetime
	for i := 1; i < len(dates); i++ {
		g := float64(dates[i] - dates[i-1])
		gaps = append(gaps, g)
		lives = append(lives, Lifetime{Time: g, Event: true})
	}
	n, total := float64(len(gaps)), Sum(gaps)
	mean := total / n
	c.Median, c.Mean = Median(gaps), Known(mean)
	c.Min, c.Max = Known(slices.Min(gaps)), Known(slices.Max(gaps))
	if len(gaps) >= 2 {
		var squares accumulator
		for _, g := range gaps {
			squares.add((g - mean) * (g - mean))
		}
		c.CV = ratio(math.Sqrt(squares.value()/(n-1)), mean)
	}
	c.Rate = ConstantHazardOf(len(gaps), total+open, 0, daysPerYear, conf).Rate
	c.KMMedian = KaplanMeierOf(append(lives, Lifetime{Time: open}), conf).Median
	return c
}
