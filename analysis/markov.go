package analysis

import (
	"cmp"
	"slices"
	"strings"
)

// StateObservation says which state an entity was in during a period.
type StateObservation struct {
	Entity string
	Period int // consecutive numbers are consecutive periods
	State  string
}

// Transition is one cell of a transition matrix.
type Transition struct {
	From, To string
	N        int
	P        Proportion // null no_transitions where nothing left From
}

// TransitionMatrix is a Markov chain estimated from a panel.
type TransitionMatrix struct {
	States    []string
	Cells     [][]Transition // [from][to]
	Conflicts int            // entity and period stated with two states: left out
	absorbing []bool
}

// TransitionMatrixOf counts transitions over consecutive periods; a gap is no
// transition. p_ab = n_ab/n_a with Wilson limits per cell. A row without
// transitions is null no_transitions; declared absorbing it stays where it is.
// Source: Anderson & Goodman, Ann. Math. Stat. 28 (1957) 89-110.
func TransitionMatrixOf(panel []StateObservation, states, absorbing []string, conf float64) TransitionMatrix {
	var m TransitionMatrix
	index := map[string]int{}
	for i, s := range states {
		index[s] = i
	}
	panel = slices.DeleteFunc(slices.Clone(panel), func(o StateObservation) bool { _, ok := index[o.State]; return !ok })
	slices.SortFunc(panel, func(a, b StateObservation) int {
		return cmp.Or(strings.Compare(a.Entity, b.Entity), cmp.Compare(a.Period, b.Period), cmp.Compare(index[a.State], index[b.State]))
	})
	panel = slices.Compact(panel)
	counts := make([][]int, len(states))
	for i := range counts {
		counts[i] = make([]int, len(states))
	}
	same := func(a, b StateObservation) bool { return a.Entity == b.Entity && a.Period == b.Period }
	var kept []StateObservation
	for i, o := range panel {
		if i > 0 && same(panel[i-1], o) || i+1 < len(panel) && same(panel[i+1], o) {
			m.Conflicts++
			continue
		}
		kept = append(kept, o)
	}
	for i := 1; i < len(kept); i++ {
		if a, b := kept[i-1], kept[i]; a.Entity == b.Entity && a.Period+1 == b.Period {
			counts[index[a.State]][index[b.State]]++
		}
	}
	conflicts := m.Conflicts
	m = transitionMatrix(counts, states, absorbing, conf)
	m.Conflicts = conflicts
	return m
}

// transitionMatrix estimates a chain from counts of transitions [from][to].
func transitionMatrix(counts [][]int, states, absorbing []string, conf float64) TransitionMatrix {
	m := TransitionMatrix{States: states, absorbing: make([]bool, len(states))}
	for i, from := range states {
		m.absorbing[i] = slices.Contains(absorbing, from)
		total := 0
		for _, n := range counts[i] {
			total += n
		}
		var row []Transition
		for j, to := range states {
			t := Transition{From: from, To: to, N: counts[i][j], P: unknownProportion(NoTransitions)}
			if total > 0 {
				t.P = ProportionOf(counts[i][j], total, Wilson, conf)
			}
			row = append(row, t)
		}
		m.Cells = append(m.Cells, row)
	}
	return m
}

// Expected is how many of the initial counts are in each state after a number
// of periods, x0·P^h. Null no_transitions where the way leads through a state
// whose row is not known.
func (m TransitionMatrix) Expected(initial []float64, periods int) []Estimate {
	x := slices.Clone(initial)
	for range periods {
		next := make([]float64, len(x))
		for i, mass := range x {
			if mass == 0 {
				continue
			}
			if !m.Cells[i][0].P.Estimate.Ok() {
				if m.absorbing[i] {
					next[i] += mass
					continue
				}
				unknown := make([]Estimate, len(x))
				for j := range unknown {
					unknown[j] = Unknown(NoTransitions)
				}
				return unknown
			}
			for j := range next {
				next[j] += mass * m.Cells[i][j].P.Estimate.Value
			}
		}
		x = next
	}
	out := make([]Estimate, len(x))
	for i, v := range x {
		out[i] = Known(v)
	}
	return out
}
