package analysis

import "slices"

// MergerScreen is what a merger does to the HHI of a market, and what the US
// Merger Guidelines presume of it. A presumption is a screen, not a finding.
type MergerScreen struct {
	HHIPre, HHIPost Estimate // points
	Delta           Estimate // points
	MergedShare     Estimate // fraction
	ByHHI           bool     // post above 1,800 and delta above 100
	ByShare         bool     // merged share above 30 % and delta above 100
	Presumed        bool     // either
	BandPre         string
	BandPost        string
	Presumed2010    bool // for reference: post above 2,500 and delta above 200
}

// MergerOf screens the merger of some firms of a market. delta is
// 2·sum of s_a·s_b over the pairs of merging firms, shares in percent: from the
// products, not as a difference of two large numbers; post = pre + delta.
// Where there are no shares all is null with their reason.
// Source: US DOJ & FTC, Merger Guidelines, 18 Dec 2023, 2.1; 2010: 5.3.
func MergerOf(m MarketShares, merging []string) MergerScreen {
	pre := ConcentrationOf(m).HHI
	if !pre.Ok() {
		return MergerScreen{HHIPre: pre, HHIPost: pre, Delta: pre, MergedShare: pre}
	}
	var shares []float64
	for _, f := range m.Firms {
		if slices.Contains(merging, f.Firm) {
			shares = append(shares, f.Share)
		}
	}
	delta, share := MergerDelta(shares)
	post := pre.Value + delta
	s := MergerScreen{HHIPre: pre, HHIPost: Known(post), Delta: Known(delta), MergedShare: Known(share),
		ByHHI:   moreThan(post, HighHHI) && moreThan(delta, 100),
		ByShare: moreThan(share, 0.30) && moreThan(delta, 100),
		BandPre: ConcentrationBand(pre.Value), BandPost: ConcentrationBand(post),
		Presumed2010: moreThan(post, 2500) && moreThan(delta, 200),
	}
	s.Presumed = s.ByHHI || s.ByShare
	return s
}

// MergerDelta is what a merger of firms with these shares (fractions) adds to
// the HHI, 2·sum of s_a·s_b over their pairs in percent, and their share
// together.
func MergerDelta(shares []float64) (delta, merged float64) {
	percent := 0.0
	for _, s := range shares {
		delta += 2 * 100 * s * percent
		percent += 100 * s
	}
	return delta, percent / 100
}
