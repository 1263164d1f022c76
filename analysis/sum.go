package analysis

import (
	"cmp"
	"math"
	"slices"
)

// Sum adds numbers with Neumaier's compensation, so that tokens of one model
// and of the whole market add up to the last digit. It depends on the order of
// xs only in that last digit; callers that promise the same bits sort first.
// Source: Neumaier, ZAMM 54 (1974) 39-51.
func Sum(xs []float64) float64 {
	var s accumulator
	for _, x := range xs {
		s.add(x)
	}
	return s.value()
}

// accumulator is a running Neumaier sum.
type accumulator struct{ sum, lost float64 }

func (a *accumulator) add(x float64) {
	t := a.sum + x
	if math.Abs(a.sum) >= math.Abs(x) {
		a.lost += (a.sum - t) + x
	} else {
		a.lost += (x - t) + a.sum
	}
	a.sum = t
}

func (a accumulator) value() float64 { return a.sum + a.lost }

// Median is the middle value, of an even number the mean of the middle two;
// null empty without values. gonum's stat.Quantile gives 2 for 1, 2, 3, 4.
func Median(xs []float64) Estimate {
	if len(xs) == 0 {
		return Unknown(Empty)
	}
	s := slices.Clone(xs)
	slices.SortFunc(s, cmp.Compare[float64])
	m := len(s) / 2
	if len(s)%2 == 1 {
		return Known(s[m])
	}
	return Known((s[m-1] + s[m]) / 2)
}
