package analysis

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// ProductPrice is what a product cost in a period, and how much of it was sold.
type ProductPrice struct {
	Period   string
	Product  string
	Price    float64
	Quantity Estimate // null where nobody says
}

// IndexFormula is a bilateral index number formula.
type IndexFormula string

// The formulas. The first three need no quantities.
const (
	Jevons    IndexFormula = "jevons"    // exp(mean ln r)
	Dutot     IndexFormula = "dutot"     // sum p_t/sum p_0
	Carli     IndexFormula = "carli"     // mean r: biased upwards, never the headline
	Laspeyres IndexFormula = "laspeyres" // sum p_t·q_0/sum p_0·q_0
	Paasche   IndexFormula = "paasche"   // sum p_t·q_t/sum p_0·q_t
	Fisher    IndexFormula = "fisher"    // sqrt(L·P)
	Tornqvist IndexFormula = "tornqvist" // exp(sum (s_0+s_t)/2·ln r), s the value shares
	Walsh     IndexFormula = "walsh"     // sum p_t·sqrt(q_0·q_t)/sum p_0·sqrt(q_0·q_t)
)

// UnweightedFormulas and WeightedFormulas list the formulas without and with
// quantities; GEKSFormulas those that are also made transitive.
var (
	UnweightedFormulas = []IndexFormula{Jevons, Dutot, Carli}
	WeightedFormulas   = []IndexFormula{Laspeyres, Paasche, Fisher, Tornqvist, Walsh}
	GEKSFormulas       = []IndexFormula{Fisher, Tornqvist, Jevons}
)

// IndexPeriod is one period of a price index; the base is 1.
type IndexPeriod struct {
	Period      string
	Direct      map[IndexFormula]Estimate // base to this period
	Chained     map[IndexFormula]Estimate // product of the adjacent links
	GEKS        map[IndexFormula]Estimate
	Matched     int // products in both the base and this period
	Linked      int // products in both the period before and this one
	Weighted    int // of those in both the base and this period, products with a quantity in both
	Priced      int // products with a price in this period
	Free        int // of them, those at zero
	ZeroDropped int // of them, those with a price of zero in either
}

// PriceIndex is a price index over products that are in both periods compared,
// so that a new model is never compared with an old one (the frontier does
// that). Periods ascend; base "" is the first.
//
// Several rows of a product in a period become its unit value sum(pq)/sum(q),
// without quantities the mean. A zero price in either period drops the product
// from Jevons and Törnqvist, a zero base price from Carli; the others keep it.
// The weighted formulas run over products with quantities in both periods.
//
// No match: null no_matched_products; a denominator of zero: zero_denominator;
// a chain from a missing link on: chain_broken. GEKS is the geometric mean over
// all periods k of P(base,k)·P(k,t) where both exist and are above zero.
//
// Sources: ILO/IMF CPI Manual 2004, ch. 9, 15-20, and 2020; Fisher 1922;
// Diewert, J. Econometrics 4 (1976); Ivancic, Diewert & Fox, J. Econometrics 161 (2011).
func PriceIndex(rows []ProductPrice, base string) []IndexPeriod {
	periods, baskets := basketsOf(rows)
	if len(periods) == 0 {
		return nil
	}
	from := 0
	if base != "" {
		if from = slices.Index(periods, base); from < 0 {
			return nil
		}
	}
	n := len(periods)
	pair := make([][]bilateral, n)
	for i := range pair {
		pair[i] = make([]bilateral, n)
		for j := range pair[i] {
			pair[i][j] = compareBaskets(baskets[i], baskets[j])
		}
	}
	all := append(slices.Clone(UnweightedFormulas), WeightedFormulas...)
	index := make([]IndexPeriod, n)
	for t := range index {
		p := IndexPeriod{Period: periods[t], Matched: pair[from][t].matched, ZeroDropped: pair[from][t].zeros,
			Direct: map[IndexFormula]Estimate{}, Chained: map[IndexFormula]Estimate{}, GEKS: map[IndexFormula]Estimate{}}
		p.Weighted = pair[from][t].weighted
		p.Linked = pair[max(t-1, 0)][t].matched
		p.Priced = len(baskets[t])
		for _, b := range baskets[t] {
			if b.price == 0 {
				p.Free++
			}
		}
		for _, f := range all {
			p.Direct[f] = pair[from][t].index[f]
			p.Chained[f] = chain(pair, f, from, t)
		}
		for _, f := range GEKSFormulas {
			p.GEKS[f] = geks(pair, f, from, t)
		}
		index[t] = p
	}
	return index
}

// product is one product in one period.
type product struct {
	name     string
	price    float64
	quantity float64
	weighted bool
}

// basketsOf orders the periods and gives each its products, by name, one row each.
func basketsOf(rows []ProductPrice) (periods []string, baskets [][]product) {
	rows = slices.Clone(rows)
	rank := map[string]int{}
	for _, r := range rows {
		rank[r.Period] = 0
	}
	labels := sortedKeys(rank)
	slices.SortFunc(labels, ComparePeriods)
	for i, label := range labels {
		rank[label] = i
	}
	slices.SortFunc(rows, func(a, b ProductPrice) int {
		return cmp.Or(cmp.Compare(rank[a.Period], rank[b.Period]), strings.Compare(a.Product, b.Product),
			cmp.Compare(a.Price, b.Price), cmp.Compare(a.Quantity.Value, b.Quantity.Value))
	})
	for i := 0; i < len(rows); {
		if len(periods) == 0 || periods[len(periods)-1] != rows[i].Period {
			periods, baskets = append(periods, rows[i].Period), append(baskets, nil)
		}
		j := i
		var prices, values, quantities accumulator
		weighted := true
		for ; j < len(rows) && rows[j].Period == rows[i].Period && rows[j].Product == rows[i].Product; j++ {
			prices.add(rows[j].Price)
			if rows[j].Quantity.Ok() {
				values.add(rows[j].Price * rows[j].Quantity.Value)
				quantities.add(rows[j].Quantity.Value)
			} else {
				weighted = false
			}
		}
		p := product{name: rows[i].Product, price: prices.value() / float64(j-i), quantity: quantities.value(), weighted: weighted}
		if j-i == 1 {
			p.price = rows[i].Price // a division and multiplication by q may move the last digit
		} else if weighted && p.quantity > 0 {
			p.price = values.value() / p.quantity
		}
		last := len(baskets) - 1
		baskets[last] = append(baskets[last], p)
		i = j
	}
	return periods, baskets
}

// bilateral compares two periods.
type bilateral struct {
	matched, zeros int
	weighted       int
	index          map[IndexFormula]Estimate
}

func compareBaskets(a, b []product) bilateral {
	r := bilateral{index: map[IndexFormula]Estimate{}}
	var logs, p0, pt, relatives accumulator
	var l0, lt, w0, wt, a0, at accumulator // sums of Laspeyres, Walsh, Paasche
	var v0, vt accumulator                 // values of the products in Törnqvist
	type term struct{ value0, valuet, log float64 }
	var terms []term
	positive, fromBase := 0, 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		if c := strings.Compare(a[i].name, b[j].name); c < 0 {
			i++
			continue
		} else if c > 0 {
			j++
			continue
		}
		x, y := a[i], b[j]
		i, j = i+1, j+1
		r.matched++
		p0.add(x.price)
		pt.add(y.price)
		if x.price > 0 {
			relatives.add(y.price / x.price)
			fromBase++
		}
		both := x.price > 0 && y.price > 0
		if both {
			logs.add(math.Log(y.price / x.price))
			positive++
		} else {
			r.zeros++
		}
		if !x.weighted || !y.weighted {
			continue
		}
		r.weighted++
		q := math.Sqrt(x.quantity * y.quantity)
		l0.add(x.price * x.quantity)
		lt.add(y.price * x.quantity)
		a0.add(x.price * y.quantity)
		at.add(y.price * y.quantity)
		w0.add(x.price * q)
		wt.add(y.price * q)
		if both {
			t := term{x.price * x.quantity, y.price * y.quantity, math.Log(y.price / x.price)}
			v0.add(t.value0)
			vt.add(t.valuet)
			terms = append(terms, t)
		}
	}
	over := func(n int, e func() Estimate) Estimate {
		if n == 0 {
			return Unknown(NoMatched)
		}
		return e()
	}
	r.index[Jevons] = over(positive, func() Estimate { return finite(math.Exp(logs.value()/float64(positive)), ZeroDenominator) })
	r.index[Dutot] = over(r.matched, func() Estimate { return ratio(pt.value(), p0.value()) })
	r.index[Carli] = over(fromBase, func() Estimate { return ratio(relatives.value(), float64(fromBase)) })
	r.index[Laspeyres] = over(r.weighted, func() Estimate { return ratio(lt.value(), l0.value()) })
	r.index[Paasche] = over(r.weighted, func() Estimate { return ratio(at.value(), a0.value()) })
	r.index[Walsh] = over(r.weighted, func() Estimate { return ratio(wt.value(), w0.value()) })
	r.index[Fisher] = r.index[Laspeyres]
	if l, p := r.index[Laspeyres], r.index[Paasche]; l.Ok() {
		r.index[Fisher] = p
		if p.Ok() {
			r.index[Fisher] = Known(math.Sqrt(l.Value * p.Value))
		}
	}
	r.index[Tornqvist] = over(len(terms), func() Estimate {
		if v0.value() == 0 || vt.value() == 0 {
			return Unknown(ZeroDenominator)
		}
		var sum accumulator
		for _, t := range terms {
			sum.add((t.value0/v0.value() + t.valuet/vt.value()) / 2 * t.log)
		}
		return finite(math.Exp(sum.value()), ZeroDenominator)
	})
	return r
}

// chain multiplies the links from one period to another, either way.
func chain(pair [][]bilateral, f IndexFormula, from, to int) Estimate {
	p := 1.0
	for k := min(from, to); k < max(from, to); k++ {
		link := pair[k][k+1].index[f]
		if !link.Ok() {
			return Unknown(ChainBroken)
		}
		p *= link.Value
	}
	if to < from {
		if p == 0 {
			return Unknown(ChainBroken)
		}
		p = 1 / p
	}
	return finite(p, ChainBroken)
}

func geks(pair [][]bilateral, f IndexFormula, from, to int) Estimate {
	var logs accumulator
	n := 0
	for k := range pair {
		a, b := pair[from][k].index[f], pair[k][to].index[f]
		if a.Ok() && b.Ok() && a.Value > 0 && b.Value > 0 {
			logs.add(math.Log(a.Value) + math.Log(b.Value))
			n++
		}
	}
	if n == 0 {
		return Unknown(NoMatched)
	}
	return Known(math.Exp(logs.value() / float64(n)))
}
