package analysis

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// lifetimesOf draws lifetimes of whole days, so that ties are common.
func lifetimesOf(t *rapid.T, censored, delayed bool) []Lifetime {
	var lives []Lifetime
	for range rapid.IntRange(1, 40).Draw(t, "n") {
		l := Lifetime{Time: float64(rapid.IntRange(0, 20).Draw(t, "time")), Event: true}
		if censored {
			l.Event = rapid.Bool().Draw(t, "event")
		}
		if delayed && rapid.Bool().Draw(t, "delayed") {
			l.Entry, l.Delayed = float64(rapid.IntRange(0, 20).Draw(t, "entry")), true
		}
		lives = append(lives, l)
	}
	return lives
}

// Without censoring Kaplan-Meier is the empirical share of those who live on.
func TestKaplanMeierWithoutCensoringIsEmpirical(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lives := lifetimesOf(t, false, false)
		km := KaplanMeierOf(lives, 0.95)
		for day := 0.0; day <= 21; day++ {
			longer := 0
			for _, l := range lives {
				if l.Time > day {
					longer++
				}
			}
			if got, want := km.At(day).Survival, float64(longer)/float64(len(lives)); !near(got, want) {
				t.Fatalf("day %v: survival %v, %d of %d live on", day, got, longer, len(lives))
			}
		}
	})
}

// Survival lies in [0, 1], never rises, and lies inside its own interval; the
// order of lifetimes does not matter.
func TestSurvivalLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lives := lifetimesOf(t, true, rapid.Bool().Draw(t, "truncated"))
		km := KaplanMeierOf(lives, 0.95)
		before := 1.0
		for _, s := range km.Steps {
			if s.Survival < 0 || s.Survival > 1 || s.Survival > before {
				t.Fatalf("day %v: survival %v after %v", s.Time, s.Survival, before)
			}
			if s.Lower.Ok() && (s.Lower.Value > s.Survival+1e-12 || s.Upper.Value < s.Survival-1e-12 || s.Lower.Value < 0 || s.Upper.Value > 1) {
				t.Fatalf("day %v: survival %v outside %v to %v", s.Time, s.Survival, s.Lower.Value, s.Upper.Value)
			}
			before = s.Survival
		}
		mixed := KaplanMeierOf(rapid.Permutation(lives).Draw(t, "order"), 0.95)
		if !slices.Equal(km.Steps, mixed.Steps) || km.Median != mixed.Median {
			t.Fatal("another order of lifetimes gives another curve")
		}
		hazard := 0.0
		for _, h := range NelsonAalen(km.lives) {
			if h.CumHazard < hazard {
				t.Fatalf("day %v: cumulative hazard falls from %v to %v", h.Time, hazard, h.CumHazard)
			}
			hazard = h.CumHazard
		}
	})
}

// The incidences of all causes and the share without event add up to 1; one
// cause alone is one minus Kaplan-Meier; limits hold the estimate.
func TestCompetingRisksLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		causes := rapid.IntRange(1, 3).Draw(t, "causes")
		var ends []Ending
		var lives []Lifetime
		for _, l := range lifetimesOf(t, true, rapid.Bool().Draw(t, "truncated")) {
			e := Ending{Entry: l.Entry, Delayed: l.Delayed, Time: l.Time}
			if l.Event {
				e.Cause = rapid.IntRange(1, causes).Draw(t, "cause")
			}
			ends, lives = append(ends, e), append(lives, l)
		}
		km := KaplanMeierOf(lives, 0.95)
		for _, s := range CompetingRisks(ends, causes) {
			sum := s.EventFree
			for k, f := range s.Incidence {
				sum += f
				if lower, upper := s.Limits(k, 0.95); lower.Ok() && (lower.Value > f+1e-12 || upper.Value < f-1e-12) {
					t.Fatalf("day %v: incidence %v outside %v to %v", s.Time, f, lower.Value, upper.Value)
				}
			}
			if !near(sum, 1) {
				t.Fatalf("day %v: incidences and the rest add to %v", s.Time, sum)
			}
			if at := km.At(s.Time).Survival; !near(s.EventFree, at) {
				t.Fatalf("day %v: %v without event, Kaplan-Meier says %v", s.Time, s.EventFree, at)
			}
		}
	})
}

// Wilson's interval lies in [0, 1] and holds k/n; so do the exact ones.
func TestProportionLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 2000).Draw(t, "n")
		k := rapid.IntRange(0, n).Draw(t, "k")
		conf := rapid.Float64Range(0.5, 0.999).Draw(t, "conf")
		for _, method := range []Interval{Wilson, ClopperPearson} {
			p := ProportionOf(k, n, method, conf)
			if v := p.Estimate.Value; p.Lower.Value < 0 || p.Upper.Value > 1 || p.Lower.Value > v || p.Upper.Value < v {
				t.Fatalf("%s: %d of %d: %v outside %v to %v", method, k, n, v, p.Lower.Value, p.Upper.Value)
			}
			if k == 0 && p.Lower.Value != 0 || k == n && p.Upper.Value != 1 {
				t.Fatalf("%s: %d of %d: the end is not exact", method, k, n)
			}
		}
	})
}

// Counts of stages never rise, whatever dates are there, and the shares of a
// stage are never above 1.
func TestStageCountsNeverRise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stages := knownStages[:rapid.IntRange(2, 5).Draw(t, "stages")]
		var passages []Passage
		for range rapid.IntRange(1, 30).Draw(t, "entities") {
			var p Passage
			for range stages {
				p = append(p, rapid.SampledFrom([]Date{NoDate, NoDate, SomeDay, 19000, 19100, 19200, 19300}).Draw(t, "date"))
			}
			passages = append(passages, p)
		}
		o := FunnelOptions{Stages: stages, AsOf: 19400, Conf: 0.95, WindowDays: 180}
		f := FunnelFromEvents(passages, o)
		for i := 1; i < len(f.Stages); i++ {
			if f.Stages[i].Count.Value > f.Stages[i-1].Count.Value {
				t.Fatalf("%s counts %v, %s before it %v", stages[i], f.Stages[i].Count.Value, stages[i-1], f.Stages[i-1].Count.Value)
			}
			if r := f.Stages[i].Step.Estimate.Reason; r == CountIncreases {
				t.Fatalf("%s: %s", stages[i], r)
			}
		}
		dated := 0
		for _, p := range passages {
			if isDay(p[0]) {
				dated++
			}
		}
		if f.Mature+f.Immature != dated {
			t.Fatalf("%d mature and %d immature of %d dated", f.Mature, f.Immature, dated)
		}
		mixed := FunnelFromEvents(rapid.Permutation(passages).Draw(t, "order"), o)
		for i := range f.Stages {
			if f.Stages[i] != mixed.Stages[i] {
				t.Fatalf("%s in another order: %v, %v", stages[i], f.Stages[i], mixed.Stages[i])
			}
		}
	})
}

// The distributions of survivors add up to 1, have the expectation that they
// say, and a longer horizon leaves no more.
func TestSurvivorsLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, d := rapid.IntRange(0, 300).Draw(t, "n"), rapid.IntRange(0, 40).Draw(t, "deaths")
		T, h := rapid.Float64Range(1, 1e5).Draw(t, "exposure"), rapid.Float64Range(1, 2000).Draw(t, "horizon")
		var p []float64
		for range n {
			p = append(p, rapid.Float64Range(0, 1).Draw(t, "p"))
		}
		all := map[string]Survivors{"gamma": GammaBinomialSurvivors(n, d, T, h), "binomial": BinomialSurvivors(n, d, T, h)}
		if n > 0 {
			all["poisson"] = PoissonBinomialSurvivors(p)
		}
		for name, s := range all {
			sum, mean := 0.0, 0.0
			for k, mass := range s.Probability {
				if mass < 0 || math.IsNaN(mass) {
					t.Fatalf("%s: P(%d) is %v", name, k, mass)
				}
				sum += mass
				mean += float64(k) * mass
			}
			if math.Abs(sum-1) > 1e-9 || math.Abs(mean-s.Expected) > 1e-7*math.Max(1, s.Expected) {
				t.Fatalf("%s: probabilities add to %v, mean %v, expected %v", name, sum, mean, s.Expected)
			}
		}
		if later := GammaBinomialSurvivors(n, d, T, 2*h); later.Expected > all["gamma"].Expected {
			t.Fatalf("more remain later: %v, then %v", all["gamma"].Expected, later.Expected)
		}
	})
}

// The log-rank test does not depend on how groups are numbered, and the events
// expected add up to those observed.
func TestLogRankLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lives := lifetimesOf(t, true, false)
		groups := rapid.IntRange(2, 4).Draw(t, "groups")
		group, turned := make([]int, len(lives)), make([]int, len(lives))
		for i := range lives {
			group[i] = rapid.IntRange(0, groups-1).Draw(t, "group")
			turned[i] = groups - 1 - group[i]
		}
		a, b := LogRankTest(lives, group, groups), LogRankTest(lives, turned, groups)
		var observed, expected float64
		for g := range groups {
			observed += a.Observed[g]
			expected += a.Expected[g]
		}
		if math.Abs(observed-expected) > 1e-9*math.Max(1, observed) {
			t.Fatalf("%v observed, %v expected", observed, expected)
		}
		if a.ChiSquare.Ok() && b.ChiSquare.Ok() && math.Abs(a.ChiSquare.Value-b.ChiSquare.Value) > 1e-6*math.Max(1, a.ChiSquare.Value) {
			t.Fatalf("chi-square %v, with the groups turned %v", a.ChiSquare.Value, b.ChiSquare.Value)
		}
	})
}
