package analysis

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"
)

// Survivors is the distribution of how many of N remain: Probability[k] for
// k = 0..N.
type Survivors struct {
	Expected    float64
	Probability []float64
	Reason      string // why there is none: zero_denominator without exposure, empty without entities
}

// BinomialSurvivors takes the constant hazard d/T as known: p = exp(-d/T·h).
// It understates the spread; GammaBinomialSurvivors is the headline.
func BinomialSurvivors(n, events int, exposureDays, horizonDays float64) Survivors {
	if exposureDays <= 0 {
		return Survivors{Reason: ZeroDenominator}
	}
	p := math.Exp(-float64(events) / exposureDays * horizonDays)
	s := Survivors{Expected: float64(n) * p, Probability: make([]float64, n+1)}
	for k := range s.Probability {
		s.Probability[k] = binomialPMF(k, n, p)
	}
	return s
}

// GammaBinomialSurvivors lets the hazard be uncertain: lambda ~ Gamma(d + 1/2,
// rate T), the posterior of Jeffreys' prior; the distribution is the binomial's
// integral over lambda and the expectation N(T/(T+h))^(d+1/2).
// Quadrature: composite Gauss-Legendre in sqrt(lambda), where the density is
// bounded for every shape of at least 1/2. Source: methods 6.2.
func GammaBinomialSurvivors(n, events int, exposureDays, horizonDays float64) Survivors {
	if exposureDays <= 0 {
		return Survivors{Reason: ZeroDenominator}
	}
	shape := float64(events) + .5
	s := Survivors{Expected: float64(n) * math.Pow(exposureDays/(exposureDays+horizonDays), shape), Probability: make([]float64, n+1)}
	// In units of 1/T: u = lambda·T ~ Gamma(shape, 1), u = x².
	law := distuv.Gamma{Alpha: shape, Beta: 1}
	low, high := math.Sqrt(law.Quantile(1e-17)), math.Sqrt(law.Quantile(1-1e-16))
	norm, _ := math.Lgamma(shape)
	const panels, order = 256, 12
	x, w := make([]float64, order), make([]float64, order)
	for p := range panels {
		step := (high - low) / panels
		quad.Legendre{}.FixedLocations(x, w, low+float64(p)*step, low+float64(p+1)*step)
		for i := range x {
			u := x[i] * x[i]
			density := 2 * math.Exp((2*shape-1)*math.Log(x[i])-u-norm) * w[i]
			alive := math.Exp(-u / exposureDays * horizonDays)
			for k := range s.Probability {
				s.Probability[k] += density * binomialPMF(k, n, alive)
			}
		}
	}
	return s
}

// PoissonBinomialSurvivors has a survival probability per entity; exact
// convolution.
func PoissonBinomialSurvivors(p []float64) Survivors {
	if len(p) == 0 {
		return Survivors{Reason: Empty}
	}
	s := Survivors{Expected: Sum(p), Probability: []float64{1}}
	for _, q := range p {
		next := make([]float64, len(s.Probability)+1)
		for k, mass := range s.Probability {
			next[k] += mass * (1 - q)
			next[k+1] += mass * q
		}
		s.Probability = next
	}
	return s
}

// Quantile is the least k with P(at most k) >= q.
func (s Survivors) Quantile(q float64) Estimate {
	if s.Reason != "" {
		return Unknown(s.Reason)
	}
	sum := 0.0
	for k, p := range s.Probability {
		if sum += p; sum >= q-1e-12 {
			return Known(float64(k))
		}
	}
	return Known(float64(len(s.Probability) - 1))
}

// Between is the probability that at least low and at most high remain.
func (s Survivors) Between(low, high int) Estimate {
	if s.Reason != "" {
		return Unknown(s.Reason)
	}
	sum := 0.0
	for k := max(0, low); k <= high && k < len(s.Probability); k++ {
		sum += s.Probability[k]
	}
	return Known(min(1, sum))
}

// Mean is the expected number that remains.
func (s Survivors) Mean() Estimate {
	if s.Reason != "" {
		return Unknown(s.Reason)
	}
	return Known(s.Expected)
}

func binomialPMF(k, n int, p float64) float64 {
	switch {
	case p <= 0:
		if k == 0 {
			return 1
		}
		return 0
	case p >= 1:
		if k == n {
			return 1
		}
		return 0
	}
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return math.Exp(a - b - c + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
}
