package analysis

import "math"

// Observed is a value at a moment as precise as it was stated.
type Observed struct {
	At    Moment
	Value float64
}

// Growth is the change from the earliest to the latest observation.
type Growth struct {
	Ratio       Estimate
	CAGR        Estimate // per year: a fraction, -1 and up
	CMGR        Estimate // per month
	Doubling    Estimate // days; null not_increasing
	HalfLife    Estimate // days; null not_decreasing
	SpanDays    Estimate
	SpanMin     Estimate // as the precision of the dates allows
	SpanMax     Estimate
	DoublingMin Estimate
	DoublingMax Estimate
}

// GrowthOf measures growth from the earliest to the latest value.
//
//	cagr ratio^(days per year/days) - 1; cmgr the same per month
//	doubling days·ln 2/ln ratio
//
// A month stands for its 15th; limits of the span use its first and last day. A
// series of one coarse grain (all quarters, all years) uses the difference of
// first days; mixed with other grains a quarter is no date: all null
// date_too_coarse. A value of zero or less: nonpositive_value; one day: zero_span;
// fewer than two values: too_few_points; two values on the first or last date:
// conflicting_values. Source: methods 6.5, 0.3.
func GrowthOf(series []Observed, daysPerYear float64) Growth {
	g := Growth{}
	g.setAll(Unknown(TooFewPoints))
	null := Unknown(TooFewPoints)
	g.SpanDays, g.SpanMin, g.SpanMax = null, null, null
	if len(series) < 2 {
		return g
	}
	day, ok := commonDay(series)
	if !ok {
		null = Unknown(DateTooCoarse)
		g.setAll(null)
		g.SpanDays, g.SpanMin, g.SpanMax = null, null, null
		return g
	}
	first, last := series[0], series[0]
	for _, o := range series[1:] {
		if day(o.At) < day(first.At) {
			first = o
		}
		if day(o.At) > day(last.At) {
			last = o
		}
	}
	conflict := false
	for _, o := range series {
		conflict = conflict || day(o.At) == day(first.At) && o.Value != first.Value || day(o.At) == day(last.At) && o.Value != last.Value
	}
	days := float64(day(last.At) - day(first.At))
	shortest, longest := float64(last.At.First-first.At.Last()), float64(last.At.Last()-first.At.First)
	g.SpanDays, g.SpanMin, g.SpanMax = Known(days), Known(max(0, shortest)), Known(longest)
	switch {
	case days == 0:
		g.setAll(Unknown(ZeroSpan))
		return g
	case first.Value <= 0 || last.Value <= 0:
		g.setAll(Unknown(NonpositiveValue))
		return g
	case conflict:
		g.setAll(Unknown(ConflictingValues))
		return g
	}
	r := last.Value / first.Value
	g.setAll(finite(r, NonpositiveValue))
	g.CAGR = finite(math.Pow(r, daysPerYear/days)-1, ZeroSpan)
	g.CMGR = finite(math.Pow(r, daysPerYear/12/days)-1, ZeroSpan)
	double := math.Ln2 / math.Log(r)
	g.Doubling, g.DoublingMin, g.DoublingMax = Unknown(NotIncreasing), Unknown(NotIncreasing), Unknown(NotIncreasing)
	g.HalfLife = Unknown(NotDecreasing)
	if r > 1 {
		g.Doubling, g.DoublingMin, g.DoublingMax = Known(days*double), Known(g.SpanMin.Value*double), Known(longest*double)
	}
	if r < 1 {
		g.HalfLife = Known(-days * double)
	}
	return g
}

// setAll sets everything but the spans.
func (g *Growth) setAll(e Estimate) {
	g.Ratio, g.CAGR, g.CMGR, g.Doubling, g.HalfLife, g.DoublingMin, g.DoublingMax = e, e, e, e, e, e, e
}

// commonDay gives the day that stands for each moment of a series: of days and
// months their own, of one coarse grain the first day.
func commonDay(series []Observed) (day func(Moment) Date, ok bool) {
	coarse, grain := false, series[0].At.Grain
	for _, o := range series {
		if _, fine := o.At.Day(); !fine {
			coarse = true
		}
	}
	if !coarse {
		return func(m Moment) Date { d, _ := m.Day(); return d }, true
	}
	for _, o := range series {
		if o.At.Grain != grain {
			return nil, false
		}
	}
	return func(m Moment) Date { return m.First }, true
}
