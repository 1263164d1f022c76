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
	addBinomial(s.Probability, p, 1)
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
	low, high := math.Sqrt(law.Quantile(1e-17)), math.Sqrt(law.Quantile(1-1e-16)+beyond)
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
			addBinomial(s.Probability, alive, density)
		}
	}
	return s
}

// beyond is how far the integral over the hazard goes past all but 1e-16 of its
// mass: so that a probability of 1e-16 has digits of its own too.
const beyond = 60

// PoissonBinomialSurvivors has a survival probability per entity; exact
// convolution.
func PoissonBinomialSurvivors(p []float64) Survivors {
	if len(p) == 0 {
		return Survivors{Reason: Empty}
	}
	s := Survivors{Expected: Sum(p), Probability: make([]float64, len(p)+1)}
	mass := make([]float64, len(p)+2)
	mass[0] = 1
	low, high := 0, 0 // the stretch of mass that is not negligible
	for _, q := range p {
		for k := high + 1; k > low; k-- {
			mass[k] = mass[k]*(1-q) + mass[k-1]*q
		}
		mass[low] *= 1 - q
		high++
		for low < high && mass[low] < negligible {
			mass[low] = 0
			low++
		}
		for high > low && mass[high] < negligible {
			mass[high] = 0
			high--
		}
	}
	copy(s.Probability, mass)
	return s
}

// negligible is a probability that may be dropped from a sum of a million terms
// without a trace in ten digits.
const negligible = 1e-22

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

// addBinomial adds the binomial probabilities of 0..n successes, times weight.
// They are computed outwards from the likeliest number, each from its
// neighbour, until they are negligible.
func addBinomial(into []float64, p, weight float64) {
	n := len(into) - 1
	switch {
	case p <= 0:
		into[0] += weight
		return
	case p >= 1:
		into[n] += weight
		return
	}
	mode := min(n, int(float64(n+1)*p))
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(mode + 1))
	c, _ := math.Lgamma(float64(n - mode + 1))
	peak := weight * math.Exp(a-b-c+float64(mode)*math.Log(p)+float64(n-mode)*math.Log1p(-p))
	odds := p / (1 - p)
	for k, mass := mode, peak; k <= n && mass > negligible*weight; k++ {
		into[k] += mass
		mass *= odds * float64(n-k) / float64(k+1)
	}
	for k, mass := mode, peak; k > 0; {
		mass *= float64(k) / float64(n-k+1) / odds
		if k--; mass <= negligible*weight {
			break
		}
		into[k] += mass
	}
}
