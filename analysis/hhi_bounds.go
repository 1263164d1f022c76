package analysis

import "math"

// UnlistedFirms is what is known of the firms that a list leaves out.
type UnlistedFirms struct {
	MaxShare float64 // no unlisted firm is larger, a fraction; 0: the smallest listed share
	Count    int     // how many there are; 0: not known
}

// HHIBounds are the limits of concentration where part of the market is not
// listed.
type HHIBounds struct {
	OthersShare      Estimate // R, the part not listed
	Lower, Upper     Estimate // points
	UpperSingleOther Estimate // if the others were one firm: a warning, never the HHI
	EffectiveLower   Estimate // reciprocals of Upper and Lower
	EffectiveUpper   Estimate
	CR               map[int]Estimate // exact for k up to the number listed
	Listed           []FirmShare      // shares of the whole market, largest first
	Missing          int
}

// HHIBoundsOf bounds the HHI of a market of known total of which some firms are
// listed. With s the listed shares of the total, R = 1 - sum s, c the cap on an
// unlisted share and m the number of others (0: unknown, atomistic):
//
//	lower 10⁴(sum s² + R²/m), R²/m -> 0 as m grows
//	upper 10⁴(sum s² + q·c² + (R-q·c)²), q = floor(R/c + 1e-9)
//
// The upper limit is reached by as many others at the cap as fit, since the sum
// of squares is Schur-convex. The smallest listed share caps the others only if
// the list holds the largest firms, and a single name does not cap them. A list is never rescaled to the whole; it
// may exceed the total by rounding of half a point (R is then 0), beyond that
// everything is null shares_exceed_one. A total that is not known gives its
// reason, one of zero or less zero_total.
// Source: Kvålseth, Heliyon 4 (2018) e00846; methods 3.2.
func HHIBoundsOf(rows []FirmValue, whole Estimate, others UnlistedFirms) HHIBounds {
	listed := SharesOf(rows, Amount)
	b := HHIBounds{CR: map[int]Estimate{}, Missing: listed.Missing}
	reason, total := listed.Reason, whole.Value
	switch {
	case reason != "":
	case !whole.Ok():
		reason = whole.Reason
	case total <= 0:
		reason = ZeroTotal
	}
	if reason == "" && listed.Total/total > 1+shareSlack {
		reason = SharesExceedOne
	}
	if reason != "" {
		null := Unknown(reason)
		b.OthersShare, b.Lower, b.Upper, b.UpperSingleOther, b.EffectiveLower, b.EffectiveUpper = null, null, null, null, null, null
		for _, k := range RatioSizes {
			b.CR[k] = null
		}
		return b
	}
	total = max(total, listed.Total)
	b.Listed = listed.Firms
	var squares, top accumulator
	for i := range b.Listed {
		s := b.Listed[i].Value / total
		b.Listed[i].Share = s
		squares.add(s * s)
		top.add(s)
		for _, k := range RatioSizes {
			if i+1 == k {
				b.CR[k] = Known(top.value())
			}
		}
	}
	n, h := len(b.Listed), squares.value()
	rest := max(0, 1-listed.Total/total)
	for _, k := range RatioSizes {
		switch {
		case n == 1 && k == 1 && rest > 0 && others.MaxShare <= 0:
			b.CR[k] = Unknown(SharesIncomplete) // an unlisted firm may be larger
		case k <= n:
		case rest == 0:
			b.CR[k] = Known(1)
		default:
			b.CR[k] = Unknown(SharesIncomplete)
		}
	}
	limit := others.MaxShare
	if limit <= 0 {
		limit = b.Listed[n-1].Share
		if n == 1 {
			limit = 1 // one name alone is no list of the largest
		}
	}
	spread := 0.0
	if others.Count > 0 {
		spread = rest * rest / float64(others.Count)
	}
	q := math.Floor(rest/limit + 1e-9)
	left := max(0, rest-q*limit)
	b.OthersShare = Known(rest)
	b.Lower = Known(1e4 * (h + spread))
	b.Upper = Known(1e4 * (h + q*limit*limit + left*left))
	b.UpperSingleOther = Known(1e4 * (h + rest*rest))
	b.EffectiveLower, b.EffectiveUpper = Known(1e4/b.Upper.Value), Known(1e4/b.Lower.Value)
	return b
}
