package analysis

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// The laws of concentration, mobility, mergers and price indices, tried with
// random inputs. Numbers that the laws say are equal may differ by rounding: a
// sum of n shares loses at most a few of the last bits, 1e-9 is far above that.

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Max(1, math.Abs(b)) }

// marketOf draws a market: amounts over many orders of size, some zero, some
// blank, firms with several rows.
func marketOf(t *rapid.T) []FirmValue {
	var rows []FirmValue
	for range rapid.IntRange(1, 30).Draw(t, "rows") {
		v := math.Exp(rapid.Float64Range(-10, 25).Draw(t, "ln value"))
		switch rapid.IntRange(0, 9).Draw(t, "odd") {
		case 0:
			v = 0
		case 1:
			v = 1 // ties
		}
		rows = append(rows, FirmValue{Firm: "F" + strconv.Itoa(rapid.IntRange(1, 20).Draw(t, "firm")), Value: v, Missing: rapid.IntRange(0, 19).Draw(t, "blank") == 0})
	}
	return rows
}

func TestConcentrationLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := marketOf(t)
		c := ConcentrationOf(SharesOf(rows, Amount))
		if !c.HHI.Ok() {
			if c.HHI.Reason != Empty && c.HHI.Reason != ZeroTotal {
				t.Fatalf("no HHI of amounts for %s", c.HHI.Reason)
			}
			return
		}
		n := float64(c.Firms)
		slack := 1e-9
		if h := c.HHI.Value; h < 1e4/n*(1-slack) || h > 1e4*(1+slack) {
			t.Errorf("HHI %v of %v firms", h, n)
		}
		hills := []float64{c.Hill0.Value, c.Hill1.Value, c.Hill2.Value, c.HillInf.Value}
		for i := range 3 {
			if hills[i] < hills[i+1]*(1-slack) {
				t.Errorf("Hill numbers %v do not fall", hills)
			}
		}
		if !near(c.TheilT.Value, math.Log(n)-c.Entropy.Value) {
			t.Errorf("theil_t %v, ln n - entropy %v", c.TheilT.Value, math.Log(n)-c.Entropy.Value)
		}
		if !near(1/c.Rosenbluth.Value, n*(1-c.Gini.Value)) { // the reciprocal: 1 - gini may be tiny
			t.Errorf("1/rosenbluth %v, n(1-gini) %v", 1/c.Rosenbluth.Value, n*(1-c.Gini.Value))
		}
		for i, k := range RatioSizes {
			if i > 0 && c.CR[k].Value < c.CR[RatioSizes[i-1]].Value {
				t.Errorf("CR%d %v is below CR%d", k, c.CR[k].Value, RatioSizes[i-1])
			}
		}
		factor := math.Exp(rapid.Float64Range(-20, 20).Draw(t, "ln factor"))
		scaled := slices.Clone(rows)
		for i := range scaled {
			scaled[i].Value *= factor
		}
		s := ConcentrationOf(SharesOf(scaled, Amount))
		for name, pair := range map[string][2]Estimate{"hhi": {c.HHI, s.HHI}, "entropy": {c.Entropy, s.Entropy}, "gini": {c.Gini, s.Gini}, "cr3": {c.CR[3], s.CR[3]}, "theil_l": {c.TheilL, s.TheilL}} {
			if !near(pair[0].Value, pair[1].Value) {
				t.Errorf("%s is %v, and %v of the same market times %v", name, pair[0].Value, pair[1].Value, factor)
			}
		}
		perm := rapid.Permutation(rows).Draw(t, "permutation")
		if p := ConcentrationOf(SharesOf(perm, Amount)); p.HHI != c.HHI || p.Gini != c.Gini || p.Entropy != c.Entropy {
			t.Errorf("another order of rows gives HHI %v instead of %v", p.HHI.Value, c.HHI.Value)
		}
	})
}

func TestMergerLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := SharesOf(marketOf(t), Amount)
		if m.Reason != "" {
			t.Skip("no market")
		}
		var merging []string
		for _, f := range m.Firms {
			if rapid.Bool().Draw(t, "merges") {
				merging = append(merging, f.Firm)
			}
		}
		screen := MergerOf(m, merging)
		if screen.Delta.Value < 0 || screen.HHIPost.Value < screen.HHIPre.Value {
			t.Errorf("a merger lowers the HHI by %v", -screen.Delta.Value)
		}
		var after []FirmValue
		for _, f := range m.Firms {
			if slices.Contains(merging, f.Firm) {
				f.Firm = "merged"
			}
			after = append(after, FirmValue{Firm: f.Firm, Value: f.Value})
		}
		if post := ConcentrationOf(SharesOf(after, Amount)).HHI.Value; math.Abs(post-screen.HHIPost.Value) > 1e-7 {
			t.Errorf("HHI after the merger %v, pre + delta %v", post, screen.HHIPost.Value)
		}
	})
}

// Whatever the unlisted firms are, none of them larger than the smallest
// listed, the HHI of all is within the bounds.
func TestBoundsHoldForAnyCompletion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var listed []FirmValue
		smallest := math.Inf(1)
		for i := range rapid.IntRange(1, 8).Draw(t, "listed") {
			v := rapid.Float64Range(0.01, 100).Draw(t, "value")
			smallest = min(smallest, v)
			listed = append(listed, FirmValue{Firm: "L" + strconv.Itoa(i), Value: v})
		}
		all := slices.Clone(listed)
		for i := range rapid.IntRange(0, 12).Draw(t, "others") {
			all = append(all, FirmValue{Firm: "U" + strconv.Itoa(i), Value: rapid.Float64Range(0, 1).Draw(t, "part") * smallest})
		}
		whole := SharesOf(all, Amount)
		b := HHIBoundsOf(listed, Known(whole.Total), UnlistedFirms{})
		truth := ConcentrationOf(whole)
		if h := truth.HHI.Value; h < b.Lower.Value-1e-6 || h > b.Upper.Value+1e-6 {
			t.Errorf("HHI %v is outside its bounds %v to %v", h, b.Lower.Value, b.Upper.Value)
		}
		for k, cr := range b.CR {
			if cr.Ok() && !near(cr.Value, truth.CR[k].Value) {
				t.Errorf("CR%d %v, of the whole market %v", k, cr.Value, truth.CR[k].Value)
			}
		}
	})
}

// The same for what concentration says of a table: firms blank, of no company,
// models blank beside models of the same company that are not, and a market
// total. The complete market must lie within hhi_lower and hhi_upper.
func TestBoundsOfATableHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		truth := map[string]float64{}
		total := 0.0
		b := NewBuilder(Metrics)
		defer b.Release()
		row := func(subject, kind, company string, v float64, blank bool) {
			b.Text("subject", subject)
			b.Text("subject_kind", kind)
			b.Text("company", company)
			b.Date("period", DateOf(2024, 5, 1))
			b.Text("period_grain", "month")
			b.Text("metric", "mau")
			b.Text("unit", "persons")
			if !blank {
				b.Float("value", v)
			}
			b.Int("source", 0)
			b.Int("row", 1)
			b.EndRow()
		}
		for i := range rapid.IntRange(1, 10).Draw(t, "models") {
			v := rapid.Float64Range(1, 100).Draw(t, "value")
			company := fmt.Sprintf("C%d", rapid.IntRange(1, 5).Draw(t, "company"))
			truth[company] += v
			total += v
			stated := company
			if rapid.IntRange(0, 4).Draw(t, "company blank") == 0 {
				stated = ""
			}
			row("M"+strconv.Itoa(i), "model", stated, v, rapid.IntRange(0, 4).Draw(t, "blank") == 0)
		}
		row("all", "market", "", total, false)
		table := b.Table()
		table.Sources = []Source{{}}
		defer table.Rec.Release()
		var rows []FirmValue
		for _, c := range sortedKeys(truth) {
			rows = append(rows, FirmValue{Firm: c, Value: truth[c]})
		}
		want := ConcentrationOf(SharesOf(rows, Amount)).HHI.Value
		r := sound(t, ConcentrationAnalysis, Tables{"metrics": table}, DefaultParams())
		c := from(r, "concentration")
		for i := range c.Rows() {
			if c.Text("level").Or(i, "") != "company" {
				continue
			}
			if _, ok := c.Float("hhi").At(i); ok && c.Int("n_missing").Or(i, 0) > 0 {
				continue // blanks of less than half a point are taken for rounding (n_missing says so)
			}
			lower, ok := c.Float("hhi_lower").At(i)
			upper, has := c.Float("hhi_upper").At(i)
			if ok && lower > want+1e-6 || has && upper < want-1e-6 {
				t.Errorf("HHI %v is outside %v to %v", want, lower, upper)
			}
			if h, ok := c.Float("hhi").At(i); ok && !near(h, want) {
				t.Errorf("HHI is given as %v, the whole market's is %v", h, want)
			}
		}
	})
}

func TestMobilityLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start, end := SharesOf(marketOf(t), Amount), SharesOf(marketOf(t), Amount)
		if start.Reason != "" || end.Reason != "" {
			t.Skip("no market")
		}
		m := ShareMobilityOf(start, end, 5)
		d := ConcentrationOf(end).HHI.Value - ConcentrationOf(start).HHI.Value
		if math.Abs(m.DeltaHHI.Value-d) > 1e-7 {
			t.Errorf("delta_hhi %v, difference of the HHIs %v", m.DeltaHHI.Value, d)
		}
		if parts := m.DeltaIncumbents.Value + m.DeltaEntry.Value + m.DeltaExit.Value; math.Abs(parts-d) > 1e-7 {
			t.Errorf("incumbents, entry and exit add to %v of %v", parts, d)
		}
		if v := m.Instability.Value; v < 0 || v > 2+1e-9 {
			t.Errorf("instability %v", v)
		}
		back := ShareMobilityOf(end, start, 5)
		if !near(back.Instability.Value, m.Instability.Value) || back.Entrants != m.Exits || !near(back.TopRetention.Value, m.TopRetention.Value) {
			t.Error("going back is not the same way")
		}
		for _, e := range []Estimate{m.Spearman, m.KendallTauB} {
			if e.Ok() && math.Abs(e.Value) > 1+1e-9 {
				t.Errorf("a correlation of %v", e.Value)
			}
		}
	})
}

// pricesOf draws prices and quantities of some products in some periods; each
// period lacks a few products.
func pricesOf(t *rapid.T, gaps bool) []ProductPrice {
	var rows []ProductPrice
	products := rapid.IntRange(1, 6).Draw(t, "products")
	for period := range rapid.IntRange(1, 5).Draw(t, "periods") {
		for product := range products {
			if gaps && rapid.IntRange(0, 4).Draw(t, "gap") == 0 {
				continue
			}
			rows = append(rows, ProductPrice{Period: fmt.Sprintf("2024-%02d", period+1), Product: "P" + strconv.Itoa(product),
				Price: math.Exp(rapid.Float64Range(-5, 5).Draw(t, "ln price")), Quantity: Known(math.Exp(rapid.Float64Range(-5, 5).Draw(t, "ln quantity")))})
		}
	}
	return rows
}

// timeReversible are the formulas of which P(0,t)·P(t,0) is 1.
var timeReversible = []IndexFormula{Jevons, Fisher, Tornqvist, Walsh, Dutot}

func TestIndexLaws(t *testing.T) {
	all := append(slices.Clone(UnweightedFormulas), WeightedFormulas...)
	rapid.Check(t, func(t *rapid.T) {
		rows := pricesOf(t, true)
		index := PriceIndex(rows, "")
		if len(index) == 0 {
			t.Skip("no prices")
		}
		for at, p := range index {
			back := PriceIndex(rows, p.Period)[0]
			for _, f := range timeReversible {
				if a, b := p.Direct[f], back.Direct[f]; a.Ok() && !near(a.Value*b.Value, 1) {
					t.Errorf("%s there %v and back %v", f, a.Value, b.Value)
				}
			}
			l, fi, pa := p.Direct[Laspeyres], p.Direct[Fisher], p.Direct[Paasche]
			if fi.Ok() && (fi.Value > math.Max(l.Value, pa.Value)*(1+1e-12) || fi.Value < math.Min(l.Value, pa.Value)*(1-1e-12)) {
				t.Errorf("Fisher %v is not between Laspeyres %v and Paasche %v", fi.Value, l.Value, pa.Value)
			}
			if carli, jevons := p.Direct[Carli], p.Direct[Jevons]; carli.Ok() && jevons.Ok() && carli.Value < jevons.Value*(1-1e-12) {
				t.Errorf("Carli %v is below Jevons %v", carli.Value, jevons.Value)
			}
			if at == 0 {
				continue
			}
			// Doubling the prices of the last period doubles its index.
			last := index[len(index)-1]
			double := slices.Clone(rows)
			for i := range double {
				if double[i].Period == last.Period {
					double[i].Price *= 2
				}
			}
			d := PriceIndex(double, "")[len(index)-1]
			for _, f := range all {
				if a, b := last.Direct[f], d.Direct[f]; a.Ok() && !near(b.Value, 2*a.Value) {
					t.Errorf("%s %v becomes %v when prices double", f, a.Value, b.Value)
				}
			}
		}
		// Another currency: every price times one rate changes no index.
		rate := math.Exp(rapid.Float64Range(-3, 3).Draw(t, "ln rate"))
		other := slices.Clone(rows)
		for i := range other {
			other[i].Price *= rate
		}
		for i, p := range PriceIndex(other, "") {
			for _, f := range all {
				if a, b := index[i].Direct[f], p.Direct[f]; a.Reason != b.Reason || a.Ok() && !near(a.Value, b.Value) {
					t.Errorf("%s %v is %v in another currency", f, a.Value, b.Value)
				}
				if a, b := index[i].Chained[f], p.Chained[f]; a.Reason != b.Reason || a.Ok() && !near(a.Value, b.Value) {
					t.Errorf("chained %s %v is %v in another currency", f, a.Value, b.Value)
				}
			}
		}
		// Prices that do not move.
		still := slices.Clone(rows)
		for i := range still {
			n, _ := strconv.Atoi(still[i].Product[1:])
			still[i].Price = float64(n + 1)
		}
		for _, p := range PriceIndex(still, "") {
			for _, f := range all {
				if a := p.Direct[f]; a.Ok() && !near(a.Value, 1) {
					t.Errorf("%s is %v though no price moves", f, a.Value)
				}
			}
		}
	})
}

// With every product in every period GEKS is transitive: from a to b and from b
// to c is from a to c, whatever period is the base.
func TestGEKSIsTransitive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := pricesOf(t, false)
		periods, _ := basketsOf(rows)
		of := map[string][]IndexPeriod{}
		for _, p := range periods {
			of[p] = PriceIndex(rows, p)
		}
		for _, f := range GEKSFormulas {
			for i, a := range periods {
				for j, b := range periods {
					for k := range periods {
						if x := of[a][j].GEKS[f].Value * of[b][k].GEKS[f].Value; !near(x, of[a][k].GEKS[f].Value) {
							t.Errorf("GEKS-%s from %d over %d to %d is %v, straight %v", f, i, j, k, x, of[a][k].GEKS[f].Value)
						}
					}
				}
			}
		}
	})
}

// A currency's rate rescales prices and leaves the slope.
func TestTrendInAnotherCurrency(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var points, other []PricePoint
		rate := math.Exp(rapid.Float64Range(-3, 3).Draw(t, "ln rate"))
		for range rapid.IntRange(2, 12).Draw(t, "n") {
			p := PricePoint{Date(19000 + rapid.IntRange(0, 900).Draw(t, "day")), math.Exp(rapid.Float64Range(-4, 4).Draw(t, "ln price"))}
			points, other = append(points, p), append(other, PricePoint{p.Day, p.Price * rate})
		}
		a, b := LoglinearTrend(points, 365.25, 0.95), LoglinearTrend(other, 365.25, 0.95)
		if a.Slope.Slope.Reason != b.Slope.Slope.Reason || a.Slope.Slope.Ok() && !near(a.Slope.Slope.Value, b.Slope.Slope.Value) {
			t.Errorf("slope %v, in another currency %v", a.Slope.Slope, b.Slope.Slope)
		}
	})
}
