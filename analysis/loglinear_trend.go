package analysis

import "math"

// PricePoint is a price on a day.
type PricePoint struct {
	Day   Date
	Price float64
}

// Trend is a log-linear trend of a price.
type Trend struct {
	N             int // points in the fit
	Nonpositive   int // free or negative prices: a logarithm cannot hold them
	Slope         Regression
	Factor        Estimate // e^slope, price after a year over price now
	Decline       Estimate // e^-slope, "x times cheaper a year"
	DeclineLower  Estimate
	DeclineUpper  Estimate
	HalfLife      Estimate // days; null not_decreasing
	HalfLifeLower Estimate
	HalfLifeUpper Estimate // null slope_ci_includes_zero
	Doubling      Estimate // days; null not_increasing
}

// LoglinearTrend fits ln price against years since the first kept day.
//
// Two points give the slope alone, its interval and what follows from it are
// null too_few_points; fewer than two give nothing; one day for all
// zero_variance_x. Half-life = ln 2/-slope years, limits from the slope's; a
// slope whose interval includes zero has no upper limit.
// A price list is a step function and its points are chosen by the seller, so
// the interval is nominal. Source: methods 5.3.
func LoglinearTrend(points []PricePoint, daysPerYear, conf float64) Trend {
	return loglinearTrend(points, daysPerYear, newTQuantiles(conf))
}

// loglinearTrend is LoglinearTrend of many series; without quantiles it has no
// limits.
func loglinearTrend(points []PricePoint, daysPerYear float64, quantiles *tQuantiles) Trend {
	var t Trend
	x, y := make([]float64, 0, len(points)), make([]float64, 0, len(points))
	var first Date
	for _, p := range points {
		if p.Price <= 0 {
			t.Nonpositive++
			continue
		}
		if len(x) == 0 || p.Day < first {
			first = p.Day
		}
		x, y = append(x, float64(p.Day)), append(y, math.Log(p.Price))
	}
	for i := range x {
		x[i] = (x[i] - float64(first)) / daysPerYear
	}
	t.N, t.Slope = len(x), regression(x, y, quantiles)
	s := t.Slope
	exp := func(e Estimate, sign float64) Estimate {
		if !e.Ok() {
			return e
		}
		return finite(math.Exp(sign*e.Value), TooFewPoints) // a few days' fall, carried to a year, may pass all range
	}
	t.Factor, t.Decline = exp(s.Slope, 1), exp(s.Slope, -1)
	t.DeclineLower, t.DeclineUpper = exp(s.Upper, -1), exp(s.Lower, -1)
	halving := func(e Estimate) Estimate { return finite(math.Ln2/-e.Value*daysPerYear, NotDecreasing) }
	switch {
	case !s.Slope.Ok():
		t.HalfLife, t.HalfLifeLower, t.HalfLifeUpper, t.Doubling = s.Slope, s.Slope, s.Slope, s.Slope
		return t
	case s.Slope.Value < 0:
		t.HalfLife, t.Doubling = halving(s.Slope), Unknown(NotIncreasing)
	case s.Slope.Value > 0:
		t.HalfLife, t.Doubling = Unknown(NotDecreasing), finite(math.Ln2/s.Slope.Value*daysPerYear, NotIncreasing)
	default:
		t.HalfLife, t.Doubling = Unknown(NotDecreasing), Unknown(NotIncreasing)
	}
	switch {
	case !t.HalfLife.Ok():
		t.HalfLifeLower, t.HalfLifeUpper = t.HalfLife, t.HalfLife
	case !s.Lower.Ok():
		t.HalfLifeLower, t.HalfLifeUpper = s.Lower, s.Lower
	default:
		t.HalfLifeLower, t.HalfLifeUpper = halving(s.Lower), Unknown(SlopeIncludesZero)
		if s.Upper.Value < 0 {
			t.HalfLifeUpper = halving(s.Upper)
		}
	}
	return t
}
