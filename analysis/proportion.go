package analysis

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Interval names how the limits of a proportion are computed. There is no Wald
// interval: at 0 or n successes it is a point, and it leaves [0, 1].
type Interval string

// The intervals of a proportion.
const (
	Wilson         Interval = "wilson"
	ClopperPearson Interval = "clopper_pearson"
	Jeffreys       Interval = "jeffreys"
)

// Proportion is k successes of n with its limits, all in [0, 1].
type Proportion struct{ Estimate, Lower, Upper Estimate }

func unknownProportion(reason string) Proportion {
	e := Unknown(reason)
	return Proportion{e, e, e}
}

// NormalQuantile is z for a two-sided confidence level.
func NormalQuantile(conf float64) float64 { return distuv.UnitNormal.Quantile(1 - (1-conf)/2) }

// ProportionOf is k/n and its two-sided interval.
//
//	wilson           mid = (p + z²/2n)/(1 + z²/n), half = z·sqrt(p(1-p)/n + z²/4n²)/(1 + z²/n)
//	clopper_pearson  B(a/2; k, n-k+1) and B(1-a/2; k+1, n-k)
//	jeffreys         B(a/2; k+1/2, n-k+1/2) and B(1-a/2; k+1/2, n-k+1/2)
//
// The limits are exactly 0 at k = 0 and 1 at k = n. No continuity correction.
// n = 0 gives null zero_denominator; k above n null count_increases, since k is
// then no subset of n; a negative number null negative_value.
// Sources: Wilson, JASA 22 (1927) 209-212; Clopper & Pearson, Biometrika 26
// (1934) 404-413; Brown, Cai & DasGupta, Statist. Sci. 16 (2001) 101-133.
func ProportionOf(k, n int, method Interval, conf float64) Proportion {
	switch {
	case k < 0 || n < 0:
		return unknownProportion(NegativeValue)
	case n == 0:
		return unknownProportion(ZeroDenominator)
	case k > n:
		return unknownProportion(CountIncreases)
	}
	K, N := float64(k), float64(n)
	p, a := K/N, 1-conf
	var lower, upper float64
	switch method {
	case Wilson:
		z := NormalQuantile(conf)
		scale := 1 + z*z/N
		mid := (p + z*z/(2*N)) / scale
		half := z * math.Sqrt(p*(1-p)/N+z*z/(4*N*N)) / scale
		// Rounding must not put the estimate outside its own interval.
		lower, upper = min(math.Max(0, mid-half), p), max(math.Min(1, mid+half), p)
	case ClopperPearson:
		if k > 0 {
			lower = distuv.Beta{Alpha: K, Beta: N - K + 1}.Quantile(a / 2)
		}
		if k < n {
			upper = distuv.Beta{Alpha: K + 1, Beta: N - K}.Quantile(1 - a/2)
		}
	case Jeffreys:
		d := distuv.Beta{Alpha: K + .5, Beta: N - K + .5}
		lower, upper = d.Quantile(a/2), d.Quantile(1-a/2)
	default:
		panic(fmt.Sprintf("no interval is called %q", method))
	}
	if k == 0 {
		lower = 0
	}
	if k == n {
		upper = 1
	}
	return Proportion{Known(p), Known(lower), Known(upper)}
}

// ProportionDifference is k1/n1 - k2/n2 with Newcombe's hybrid score interval
// (method 10), range -1 to 1:
//
//	lower = d - sqrt((p1-l1)² + (u2-p2)²)
//	upper = d + sqrt((u1-p1)² + (p2-l2)²)
//
// where l and u are Wilson limits. Null where either proportion is.
// Source: Newcombe, Statist. Med. 17 (1998) 873-890.
func ProportionDifference(k1, n1, k2, n2 int, conf float64) Proportion {
	a, b := ProportionOf(k1, n1, Wilson, conf), ProportionOf(k2, n2, Wilson, conf)
	for _, p := range []Proportion{a, b} {
		if !p.Estimate.Ok() {
			return unknownProportion(p.Estimate.Reason)
		}
	}
	d := a.Estimate.Value - b.Estimate.Value
	return Proportion{
		Known(d),
		Known(d - math.Hypot(a.Estimate.Value-a.Lower.Value, b.Upper.Value-b.Estimate.Value)),
		Known(d + math.Hypot(a.Upper.Value-a.Estimate.Value, b.Estimate.Value-b.Lower.Value)),
	}
}

// SignTest is the two-sided probability of a split of rises and falls at least
// this uneven if either were as likely: binomial with 1/2. No change at all:
// null too_few_points.
func SignTest(rises, falls int) Estimate {
	n := rises + falls
	if n == 0 {
		return Unknown(TooFewPoints)
	}
	tail := distuv.Binomial{N: float64(n), P: 0.5}.CDF(float64(min(rises, falls)))
	return Known(min(1, 2*tail))
}
