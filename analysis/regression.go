package analysis

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Regression is the ordinary least squares line y = Intercept + Slope·x.
type Regression struct {
	N                int
	Intercept, Slope Estimate
	SlopeSE          Estimate // n-2 degrees of freedom
	Lower, Upper     Estimate // t interval of the slope
	RSquared         Estimate
}

// RegressionOf fits a line, with both variables centred before summing. Fewer
// than two points: all null too_few_points; two: no interval; one x for all:
// null zero_variance_x; one y for all: R² null zero_denominator.
// gonum's stat.LinearRegression gives no standard errors.
func RegressionOf(x, y []float64, conf float64) Regression {
	return regression(x, y, newTQuantiles(conf))
}

// tQuantiles are the two-sided quantiles of Student's t at a confidence level, by
// degrees of freedom, each worked out once: most series of a workbook are of a few
// lengths.
type tQuantiles struct {
	conf float64
	of   map[int]float64
}

func newTQuantiles(conf float64) *tQuantiles { return &tQuantiles{conf, map[int]float64{}} }

func (q *tQuantiles) at(freedom int) float64 {
	t, ok := q.of[freedom]
	if !ok {
		t = distuv.StudentsT{Sigma: 1, Nu: float64(freedom)}.Quantile(1 - (1-q.conf)/2)
		q.of[freedom] = t
	}
	return t
}

// regression is RegressionOf; without quantiles it has no limits of the slope.
func regression(x, y []float64, quantiles *tQuantiles) Regression {
	few, same := Unknown(TooFewPoints), Unknown(ZeroVarianceX)
	r := Regression{N: len(x), Intercept: few, Slope: few, SlopeSE: few, Lower: few, Upper: few, RSquared: few}
	if len(x) < 2 {
		return r
	}
	n := float64(len(x))
	mx, my := Sum(x)/n, Sum(y)/n
	var sxx, sxy, syy accumulator
	for i := range x {
		dx, dy := x[i]-mx, y[i]-my
		sxx.add(dx * dx)
		sxy.add(dx * dy)
		syy.add(dy * dy)
	}
	if allEqual(x) || sxx.value() == 0 {
		r.Intercept, r.Slope, r.SlopeSE, r.Lower, r.Upper, r.RSquared = same, same, same, same, same, same
		return r
	}
	slope, total := sxy.value()/sxx.value(), syy.value()
	if allEqual(y) { // rounding of the mean must not tilt a flat line
		slope, total = 0, 0
	}
	r.Slope, r.Intercept = Known(slope), Known(my-slope*mx)
	if len(x) < 3 {
		return r
	}
	var rss accumulator
	for i := range x {
		e := y[i] - my - slope*(x[i]-mx)
		rss.add(e * e)
	}
	residual := rss.value()
	if total == 0 {
		residual = 0
	}
	se := math.Sqrt(residual / (n - 2) / sxx.value())
	r.SlopeSE = Known(se)
	if quantiles != nil {
		t := quantiles.at(len(x) - 2)
		r.Lower, r.Upper = Known(slope-t*se), Known(slope+t*se)
	}
	r.RSquared = ratio(total-residual, total)
	if r.RSquared.Ok() {
		r.RSquared.Value = min(1, max(0, r.RSquared.Value))
	}
	return r
}

func allEqual(xs []float64) bool {
	for _, x := range xs {
		if x != xs[0] {
			return false
		}
	}
	return true
}
