package analysis

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// FirmValue is what one row says of a firm; a null value is Missing.
type FirmValue struct {
	Firm    string
	Value   float64
	Missing bool
}

// ValueKind says what the values of a market are: amounts, or shares stated in
// percent or as fractions. It is decided per column, never per value.
type ValueKind string

// The kinds of values.
const (
	Amount        ValueKind = "amount"
	SharePercent  ValueKind = "share_percent"
	ShareFraction ValueKind = "share_fraction"
)

// fraction turns a stated share into a fraction; amounts stay.
func (k ValueKind) fraction(v float64) float64 {
	if k == SharePercent {
		return v / 100
	}
	return v
}

// shareSlack is how far stated shares may miss 1 by rounding: half a point.
const shareSlack = 0.005 + 1e-9

// MarketShares are the shares of a market's firms.
type MarketShares struct {
	Firms   []FirmShare // largest first, ties by name; firms at zero are not in the market
	Missing int         // rows without a value: left out
	Total   float64     // sum of the values: of stated shares, what they add to
	Reason  string      // why there are no shares: empty, negative_value, zero_total, shares_exceed_one, shares_incomplete
}

// FirmShare is one firm of a market.
type FirmShare struct {
	Firm  string
	Value float64 // sum of the firm's rows; stated shares as fractions
	Share float64 // of the market
}

// SharesOf sums rows per firm and divides by their total.
//
// Blank values are left out and counted. A negative value in any row, no rows,
// or a total of zero leave no shares. Stated shares that miss 1 by at most half
// a point are rescaled; shares that add to less are shares_incomplete (see
// HHIBounds), to more shares_exceed_one. Firms are given in every case.
// Source: methods 3.1.
func SharesOf(rows []FirmValue, kind ValueKind) MarketShares {
	m := MarketShares{}
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b FirmValue) int { // the same sum whatever the order of rows
		return cmp.Or(strings.Compare(a.Firm, b.Firm), cmp.Compare(a.Value, b.Value))
	})
	seen, negative := 0, false
	var total accumulator
	for i := 0; i < len(rows); {
		firm := rows[i].Firm
		var sum accumulator
		for ; i < len(rows) && rows[i].Firm == firm; i++ {
			if rows[i].Missing {
				m.Missing++
				continue
			}
			seen++
			negative = negative || rows[i].Value < 0
			sum.add(kind.fraction(rows[i].Value))
		}
		if v := sum.value(); v != 0 {
			m.Firms = append(m.Firms, FirmShare{Firm: firm, Value: v})
			total.add(v)
		}
	}
	slices.SortFunc(m.Firms, func(a, b FirmShare) int {
		return cmp.Or(cmp.Compare(b.Value, a.Value), strings.Compare(a.Firm, b.Firm))
	})
	m.Total = total.value()
	switch {
	case seen == 0:
		m.Reason = Empty
	case negative:
		m.Reason = NegativeValue
	case m.Total == 0:
		m.Reason = ZeroTotal
	case kind != Amount && m.Total > 1+shareSlack:
		m.Reason = SharesExceedOne
	case kind != Amount && m.Total < 1-shareSlack:
		m.Reason = SharesIncomplete
	default:
		for i := range m.Firms {
			m.Firms[i].Share = m.Firms[i].Value / m.Total
		}
	}
	return m
}

// Concentration holds the measures of how unevenly a market is divided. All are
// null with the same reason where there are no shares.
type Concentration struct {
	HHI             Estimate // points, 10,000/n..10,000
	HHINormalized   Estimate // 0..1; null single_firm
	EffectiveNumber Estimate // 1/H, equal-sized firms that give the same HHI
	CR              map[int]Estimate
	Entropy         Estimate // nats
	EntropyBits     Estimate
	EntropyRelative Estimate // E/ln n; null single_firm
	Hill0, Hill1    Estimate // n; e^E
	Hill2, HillInf  Estimate // 1/H; 1/s_1
	Gini            Estimate
	GiniCorrected   Estimate // gini·n/(n-1); null single_firm
	TheilT, TheilL  Estimate
	Rosenbluth      Estimate
	DominanceIndex  Estimate
	Firms           int
}

// RatioSizes are the k of the concentration ratios CR_k.
var RatioSizes = []int{1, 2, 3, 4, 5, 8}

// ConcentrationOf measures a market. With s the shares, descending, n their
// number, H = sum s², E = -sum s ln s:
//
//	hhi 10⁴H (Hirschman 1945, Herfindahl 1950); normalized (H-1/n)/(1-1/n)
//	effective number 1/H (Adelman 1969); CR_k sum of the k largest, all if n < k
//	entropy E, E/ln 2, E/ln n (Shannon 1948); Hill numbers n, e^E, 1/H, 1/s_1 (Hill 1973)
//	Gini sum (2i-n-1)x_i/(n sum x), x ascending (1912), corrected ·n/(n-1)
//	Theil T ln n - E, Theil L -(1/n) sum ln(n s) (Theil 1967)
//	Rosenbluth 1/(2 sum i·s_i - 1), i the rank (Hall & Tideman, JASA 62 (1967))
//	dominance sum (s²/H)² (García Alba 1994)
//
// No intervals: these are all firms, not a sample.
func ConcentrationOf(m MarketShares) Concentration {
	c := Concentration{Firms: len(m.Firms), CR: map[int]Estimate{}}
	null := Unknown(m.Reason)
	if m.Reason != "" {
		c.HHI, c.HHINormalized, c.EffectiveNumber, c.Entropy, c.EntropyBits, c.EntropyRelative = null, null, null, null, null, null
		c.Hill0, c.Hill1, c.Hill2, c.HillInf, c.Gini, c.GiniCorrected = null, null, null, null, null, null
		c.TheilT, c.TheilL, c.Rosenbluth, c.DominanceIndex = null, null, null, null
		for _, k := range RatioSizes {
			c.CR[k] = null
		}
		return c
	}
	n := float64(len(m.Firms))
	var squares, entropy, ranks, gini, theilL, dominance, top accumulator
	for i, f := range m.Firms {
		s, rank := f.Share, float64(i+1)
		squares.add(s * s)
		entropy.add(-s * math.Log(s))
		ranks.add(rank * s)
		gini.add((n + 1 - 2*rank) * s) // rank descending is n+1-i ascending
		theilL.add(-math.Log(n * s))
		top.add(s)
		for _, k := range RatioSizes {
			if i < k {
				c.CR[k] = Known(min(1, top.value()))
			}
		}
	}
	h := squares.value()
	for _, f := range m.Firms {
		dominance.add(math.Pow(f.Share*f.Share/h, 2))
	}
	e := max(0, entropy.value())
	c.HHI, c.EffectiveNumber = Known(1e4*h), Known(1/h)
	c.Entropy, c.EntropyBits = Known(e), Known(e/math.Ln2)
	c.Hill0, c.Hill1, c.Hill2, c.HillInf = Known(n), Known(math.Exp(e)), Known(1/h), Known(1/m.Firms[0].Share)
	c.Gini = Known(max(0, gini.value()/n))
	c.TheilT, c.TheilL = Known(max(0, math.Log(n)-e)), Known(max(0, theilL.value()/n))
	c.Rosenbluth = Known(1 / (2*ranks.value() - 1))
	c.DominanceIndex = Known(dominance.value())
	c.HHINormalized, c.EntropyRelative, c.GiniCorrected = Unknown(SingleFirm), Unknown(SingleFirm), Unknown(SingleFirm)
	if n > 1 {
		c.HHINormalized = Known((h - 1/n) / (1 - 1/n))
		c.EntropyRelative = Known(e / math.Log(n))
		c.GiniCorrected = Known(c.Gini.Value * n / (n - 1))
	}
	return c
}

// The classes of concentration of the US Merger Guidelines 2023, 2.1.
const (
	HighlyConcentrated     = "highly_concentrated"     // HHI above 1,800
	ModeratelyConcentrated = "moderately_concentrated" // 1,000 to 1,800
	Unconcentrated         = "unconcentrated"          // below 1,000
)

// The thresholds of the bands, in points.
const (
	ModerateHHI = 1000.0
	HighHHI     = 1800.0
)

// legalSlack is the tolerance of comparisons with a legal threshold.
const legalSlack = 1e-9

// moreThan and atLeast compare with a legal threshold, strict where the text
// says "more than".
func moreThan(v, threshold float64) bool { return v > threshold+legalSlack }
func atLeast(v, threshold float64) bool  { return v >= threshold-legalSlack }

// ConcentrationBand is the US 2023 band of an HHI in points. A band is a
// screen, not a finding of law.
func ConcentrationBand(hhi float64) string {
	switch {
	case moreThan(hhi, HighHHI):
		return HighlyConcentrated
	case atLeast(hhi, ModerateHHI):
		return ModeratelyConcentrated
	}
	return Unconcentrated
}

// DominancePresumption says which limb of China's Anti-Monopoly Law, article 24
// (2022), presumes dominance: CR1 at least 1/2 gives 1, CR2 at least 2/3 gives
// 2, CR3 at least 3/4 gives 3; the limbs stand side by side, so the answer is
// the largest that applies, which names all the firms; 0 none. Of the two or
// three, firms below 1/10 are not presumed.
func DominancePresumption(cr1, cr2, cr3 float64) int {
	switch {
	case atLeast(cr3, 3./4):
		return 3
	case atLeast(cr2, 2./3):
		return 2
	case atLeast(cr1, 1./2):
		return 1
	}
	return 0
}
