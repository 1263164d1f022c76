package analysis

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// ConstantHazard is an exponential survival model.
type ConstantHazard struct {
	Events       int
	ExposureDays float64
	Rate         Proportion // events per year, with its exact Poisson limits
	Survival     Proportion // share alive after the horizon
	MedianLife   Estimate   // days, ln 2/rate; null zero_events
}

// ConstantHazardOf estimates a constant hazard from d events in T days of
// exposure: d/T per day, limits chi²(a/2; 2d)/2T and chi²(1-a/2; 2d+2)/2T,
// lower 0 if d = 0. Survival over horizonDays is exp(-rate·h), limits swapped.
// No exposure gives null zero_denominator.
// Source: Garwood, Biometrika 28 (1936) 437-442.
func ConstantHazardOf(events int, exposureDays, horizonDays, daysPerYear, conf float64) ConstantHazard {
	h := ConstantHazard{Events: events, ExposureDays: exposureDays,
		Rate: unknownProportion(ZeroDenominator), Survival: unknownProportion(ZeroDenominator), MedianLife: Unknown(ZeroDenominator)}
	if exposureDays <= 0 {
		return h
	}
	d, a := float64(events), 1-conf
	lower := 0.0
	if events > 0 {
		lower = distuv.ChiSquared{K: 2 * d}.Quantile(a/2) / 2
	}
	upper := distuv.ChiSquared{K: 2*d + 2}.Quantile(1-a/2) / 2
	perYear := func(count float64) Estimate { return Known(count / exposureDays * daysPerYear) }
	alive := func(count float64) Estimate { return Known(math.Exp(-count / exposureDays * horizonDays)) }
	h.Rate = Proportion{perYear(d), perYear(lower), perYear(upper)}
	h.Survival = Proportion{alive(d), alive(upper), alive(lower)}
	h.MedianLife = Unknown(ZeroEvents)
	if events > 0 {
		h.MedianLife = Known(math.Ln2 / d * exposureDays)
	}
	return h
}
