package analysis

import "math"

// HazardStep is the cumulative hazard right after a distinct event time.
type HazardStep struct {
	Time      float64
	CumHazard float64 // H = sum d/n
	StdErr    float64 // sqrt(sum d/n²)
}

// NelsonAalen estimates the cumulative hazard at each event time, ascending.
// The number at risk is as in KaplanMeierOf.
// Sources: Nelson, J. Qual. Technol. 1 (1969); Aalen, Ann. Stat. 6 (1978) 701-726.
func NelsonAalen(lives []Lifetime) []HazardStep {
	var steps []HazardStep
	hazard, variance := 0.0, 0.0
	for _, r := range riskTable(lives) {
		if r.events == 0 {
			continue
		}
		n, d := float64(r.atRisk), float64(r.events)
		hazard += d / n
		variance += d / (n * n)
		steps = append(steps, HazardStep{r.time, hazard, math.Sqrt(variance)})
	}
	return steps
}

// HazardAt is the step in force on day t; zero before the first event.
func HazardAt(steps []HazardStep, t float64) HazardStep {
	at := HazardStep{Time: t}
	for _, s := range steps {
		if s.Time <= t {
			at.CumHazard, at.StdErr = s.CumHazard, s.StdErr
		}
	}
	return at
}
