package analysis

import (
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// LogRank is the result of a log-rank test.
type LogRank struct {
	ChiSquare Estimate
	Freedom   int // groups - 1
	P         Estimate
	Observed  []float64 // events by group
	Expected  []float64
}

// LogRankTest compares the survival of groups (group[i] in 0..groups-1 belongs
// to lives[i]).
//
// Expected E_g = sum D·n_g/N over event times; covariance
// D(N-D)/(N-1)·(n_g/N)(δ_gh - n_h/N), where times with N = 1 add nothing. One
// group is dropped, chi² = u'V⁻¹u with groups-1 degrees of freedom and its upper
// tail. Fewer than two groups, or V singular: null too_few_points.
// Source: Mantel, Cancer Chemother. Rep. 50 (1966) 163-170; Peto & Peto 1972.
func LogRankTest(lives []Lifetime, group []int, groups int) LogRank {
	r := LogRank{ChiSquare: Unknown(TooFewPoints), P: Unknown(TooFewPoints), Freedom: groups - 1,
		Observed: make([]float64, groups), Expected: make([]float64, groups)}
	byGroup := make([][]Lifetime, groups)
	for i, l := range lives {
		byGroup[group[i]] = append(byGroup[group[i]], l)
		if l.Event {
			r.Observed[group[i]]++
		}
	}
	if groups < 2 {
		r.Freedom = 0
		copy(r.Expected, r.Observed)
		return r
	}
	k := groups - 1
	covariance := mat.NewSymDense(k, nil)
	atRisk := make([]float64, groups)
	for _, t := range riskTable(lives) {
		if t.events == 0 {
			continue
		}
		N, D := float64(t.atRisk), float64(t.events)
		for g := range byGroup {
			atRisk[g] = float64(atRiskOn(byGroup[g], t.time))
			r.Expected[g] += D * atRisk[g] / N
		}
		if t.atRisk < 2 {
			continue
		}
		for g := range k {
			for h := g; h < k; h++ {
				delta := 0.0
				if g == h {
					delta = 1
				}
				v := D * (N - D) / (N - 1) * atRisk[g] / N * (delta - atRisk[h]/N)
				covariance.SetSym(g, h, covariance.At(g, h)+v)
			}
		}
	}
	u := mat.NewVecDense(k, nil)
	for g := range k {
		u.SetVec(g, r.Observed[g]-r.Expected[g])
	}
	var chol mat.Cholesky
	if !chol.Factorize(covariance) || chol.Cond() > 1e14 {
		return r
	}
	var w mat.VecDense
	if err := chol.SolveVecTo(&w, u); err != nil {
		return r
	}
	r.ChiSquare = finite(max(0, mat.Dot(u, &w)), TooFewPoints)
	if r.ChiSquare.Ok() {
		r.P = Known(distuv.ChiSquared{K: float64(k)}.Survival(r.ChiSquare.Value))
	}
	return r
}

// atRiskOn counts the lifetimes under observation just before day t.
func atRiskOn(lives []Lifetime, t float64) int {
	n := 0
	for _, l := range lives {
		if l.Time >= t && (!l.Delayed || l.Entry < t) {
			n++
		}
	}
	return n
}
