package analysis

import (
	"cmp"
	"math"
	"slices"
)

// ShareMobility is how the shares of a market moved between two periods.
type ShareMobility struct {
	Instability       Estimate // sum |s1-s0|, 0..2
	Turnover          Estimate // half of it
	Common            int
	Entrants, Exits   int
	Spearman          Estimate // over common names, average ranks
	KendallTauB       Estimate // over common names, ties corrected
	TopRetention      Estimate // of the k largest, the share still among the k largest
	Leader            string   // at the end
	LeaderChanged     bool
	LeaderShareChange Estimate // the new leader's change
	DeltaHHI          Estimate // points: incumbents + entry + exit
	DeltaIncumbents   Estimate
	DeltaEntry        Estimate
	DeltaExit         Estimate
}

// ShareMobilityOf compares the shares at the start and end of a span.
//
// Absent firms count as zero. Rank correlations run over names in both periods:
// null too_few_common under three, zero_denominator where all are tied. The k
// largest break ties by name. The leader is the largest firm; on a tie the
// incumbent keeps it. delta_hhi splits into s1²-s0² over common names, s1² of
// entrants and -s0² of exits, in points.
// Sources: Hymer & Pashigian, REStat 44 (1962) 82-87; Kendall, Biometrika 33
// (1945). gonum's stat.Kendall does not correct for ties.
func ShareMobilityOf(start, end MarketShares, top int) ShareMobility {
	index := map[string]int32{}
	number := func(m MarketShares) numberedShares {
		n := numberedShares{MarketShares: m}
		for _, f := range m.Firms {
			id, ok := index[f.Firm]
			if !ok {
				id = int32(len(index))
				index[f.Firm] = id
			}
			n.ids = append(n.ids, id)
		}
		return n
	}
	before, after := number(start), number(end)
	return shareMobility(before, after, make([]int32, len(index)), top)
}

// shareMobility is ShareMobilityOf of names with numbers. at has a place for each
// name, zero, and is left so.
func shareMobility(start, end numberedShares, at []int32, top int) ShareMobility {
	m := ShareMobility{}
	if start.Reason != "" || end.Reason != "" {
		null := Unknown(cmp.Or(start.Reason, end.Reason))
		m.Instability, m.Turnover, m.Spearman, m.KendallTauB, m.TopRetention, m.LeaderShareChange = null, null, null, null, null, null
		m.DeltaHHI, m.DeltaIncumbents, m.DeltaEntry, m.DeltaExit = null, null, null, null
		return m
	}
	for i, id := range start.ids {
		at[id] = int32(i) + 1
	}
	common := min(len(start.ids), len(end.ids))
	x, y := make([]float64, 0, common), make([]float64, 0, common)
	var moved, incumbents, entry, exit accumulator
	m.Leader = end.Firms[0].Firm
	old, leader := start.Firms[0].Firm, 0 // where the leader stands at the end
	for i, f := range end.Firms {
		k := at[end.ids[i]]
		if k == 0 {
			m.Entrants++
			moved.add(f.Share)
			entry.add(f.Share * f.Share)
			continue
		}
		s0 := start.Firms[k-1].Share
		m.Common++
		moved.add(math.Abs(f.Share - s0))
		incumbents.add(f.Share*f.Share - s0*s0)
		x, y = append(x, s0), append(y, f.Share)
		if k == 1 && f.Share == end.Firms[0].Share { // on a tie the incumbent keeps it
			m.Leader, leader = old, i
		}
	}
	var before float64
	if k := at[end.ids[leader]]; k > 0 {
		before = start.Firms[k-1].Share
	}
	m.LeaderChanged = m.Leader != old
	m.LeaderShareChange = Known(end.Firms[leader].Share - before)
	for _, id := range end.ids {
		if at[id] > 0 {
			at[id] = -at[id]
		}
	}
	for i, f := range start.Firms {
		id := start.ids[i]
		if at[id] > 0 {
			m.Exits++
			moved.add(f.Share)
			exit.add(-f.Share * f.Share)
		}
		at[id] = 0
	}
	m.Instability, m.Turnover = Known(moved.value()), Known(moved.value()/2)
	m.DeltaIncumbents, m.DeltaEntry, m.DeltaExit = Known(1e4*incumbents.value()), Known(1e4*entry.value()), Known(1e4*exit.value())
	m.DeltaHHI = Known(m.DeltaIncumbents.Value + m.DeltaEntry.Value + m.DeltaExit.Value)
	m.Spearman, m.KendallTauB = Unknown(TooFewCommon), Unknown(TooFewCommon)
	if m.Common >= 3 {
		m.Spearman, m.KendallTauB = Spearman(x, y), KendallTauB(x, y)
	}
	m.TopRetention = topRetention(start.MarketShares, end.MarketShares, top)
	return m
}

func topRetention(start, end MarketShares, k int) Estimate {
	if k <= 0 {
		return Unknown(ZeroDenominator)
	}
	first := map[string]bool{}
	for _, f := range start.Firms[:min(k, len(start.Firms))] {
		first[f.Firm] = true
	}
	kept := 0
	for _, f := range end.Firms[:min(k, len(end.Firms))] {
		if first[f.Firm] {
			kept++
		}
	}
	return Known(float64(kept) / float64(k))
}

// averageRanks ranks values from 1 up; ties share the mean of their ranks.
func averageRanks(xs []float64) []float64 {
	order := make([]int, len(xs))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(xs[a], xs[b]) })
	ranks := make([]float64, len(xs))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && xs[order[j]] == xs[order[i]] {
			j++
		}
		for _, o := range order[i:j] {
			ranks[o] = float64(i+j+1) / 2
		}
		i = j
	}
	return ranks
}

// Spearman is the rank correlation: Pearson's of average ranks. Null
// zero_denominator where all x or all y are tied.
func Spearman(x, y []float64) Estimate {
	rx, ry := averageRanks(x), averageRanks(y)
	mean := float64(len(x)+1) / 2
	var sxx, syy, sxy float64
	for i := range rx {
		dx, dy := rx[i]-mean, ry[i]-mean
		sxx += dx * dx
		syy += dy * dy
		sxy += dx * dy
	}
	return ratio(sxy, math.Sqrt(sxx*syy))
}

// KendallTauB is (C-D)/sqrt(pairs untied in x · pairs untied in y), by sorting
// in n log n. Null zero_denominator where all x or all y are tied.
// Source: Knight, JASA 61 (1966) 436-439.
func KendallTauB(x, y []float64) Estimate {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(x[a], x[b]), cmp.Compare(y[a], y[b])) })
	pairs := func(n int) int { return n * (n - 1) / 2 }
	tied := func(same func(a, b int) bool) int {
		count, run := 0, 1
		for i := 1; i <= len(order); i++ {
			if i < len(order) && same(order[i], order[i-1]) {
				run++
				continue
			}
			count, run = count+pairs(run), 1
		}
		return count
	}
	tiedX := tied(func(a, b int) bool { return x[a] == x[b] })
	tiedBoth := tied(func(a, b int) bool { return x[a] == x[b] && y[a] == y[b] })
	sorted := make([]float64, len(y))
	for i, o := range order {
		sorted[i] = y[o]
	}
	discordant := inversions(sorted, make([]float64, len(y)))
	tiedY := 0
	for i, run := 1, 1; i <= len(sorted); i++ {
		if i < len(sorted) && sorted[i] == sorted[i-1] {
			run++
			continue
		}
		tiedY, run = tiedY+pairs(run), 1
	}
	all := pairs(len(x))
	balance := all - tiedX - tiedY + tiedBoth - 2*discordant
	return ratio(float64(balance), math.Sqrt(float64(all-tiedX)*float64(all-tiedY)))
}

// inversions sorts ys by merging and counts the pairs that stood in falling
// order.
func inversions(ys, spare []float64) int {
	if len(ys) < 2 {
		return 0
	}
	m := len(ys) / 2
	count := inversions(ys[:m], spare[:m]) + inversions(ys[m:], spare[m:])
	copy(spare, ys)
	left, right := spare[:m], spare[m:]
	for i := range ys {
		if len(right) == 0 || len(left) > 0 && left[0] <= right[0] {
			ys[i], left = left[0], left[1:]
			continue
		}
		count += len(left)
		ys[i], right = right[0], right[1:]
	}
	return count
}
