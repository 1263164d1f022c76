package analysis

import (
	"math"
	"strings"
	"testing"
)

// Three firms and their market's own row. Shares 0.5, 0.3, 0.2 in May; in June
// B and C have 0.5 and 0.1, D comes with 0.4, A is gone:
//
//	instability |0-0.5| + |0.5-0.3| + |0.1-0.2| + 0.4 = 1.2
//	delta HHI   B 0.25-0.09, C 0.01-0.04: 1300; entry 1600; exit -2500: 400
//	            = (0.25+0.01+0.16) - (0.25+0.09+0.04) in points
//
// July: B and D both 0.45, C 0.1: B keeps the lead, which is its second period.
const threeMonths = `
subject | subject_kind | period     | period_grain | metric | value | unit
A       | company      | 2024-05-01 | month        | mau    | 50    | persons
B       | company      | 2024-05-01 | month        | mau    | 30    | persons
C       | company      | 2024-05-01 | month        | mau    | 20    | persons
market  | market       | 2024-05-01 | month        | mau    | 100   | persons
B       | company      | 2024-06-01 | month        | mau    | 100   | persons
C       | company      | 2024-06-01 | month        | mau    | 20    | persons
D       | company      | 2024-06-01 | month        | mau    | 80    | persons
market  | market       | 2024-06-01 | month        | mau    | 200   | persons
B       | company      | 2024-07-01 | month        | mau    | 90    | persons
C       | company      | 2024-07-01 | month        | mau    | 20    | persons
D       | company      | 2024-07-01 | month        | mau    | 90    | persons
market  | market       | 2024-07-01 | month        | mau    | 200   | persons`

func TestMobility(t *testing.T) {
	r := sound(t, MobilityAnalysis, Tables{"metrics": given(t, "metrics", threeMonths)}, DefaultParams())
	m := from(r, "mobility")
	holds(t, m, "pair=adjacent,to=2024-06-01", "from", "2024-05-01", "level", "company", "unit", "persons", "subject_kind", "company",
		"instability", 1.2, "turnover", 0.6, "n_common", 2, "n_entrants", 1, "n_exits", 1,
		"spearman_reason", TooFewCommon, "kendall_tau_b_reason", TooFewCommon, "top_k", 3, "top_k_retention", 2./3,
		"leader", "B", "leader_changed", true, "leader_share_change", 0.2, "leader_tenure", 1, "leader_since", "2024-06-01",
		"delta_hhi", 400., "delta_hhi_incumbents", 1300., "delta_hhi_entry", 1600., "delta_hhi_exit", -2500.,
		"gibrat_beta_reason", TooFewPoints, "caution", "small_n", "market_complete", true)
	// All of B, C, D are there in both: D 0.4 to 0.45, B 0.5 to 0.45.
	holds(t, m, "pair=adjacent,to=2024-07-01", "instability", 0.1, "n_common", 3, "leader", "B", "leader_changed", false,
		"leader_tenure", 2, "leader_since", "2024-06-01", "delta_hhi", 1e4*(2*0.2025-0.25-0.16), "effective_number_change", 1/(2*0.2025+0.01)-1/0.42)
	holds(t, m, "pair=whole", "from", "2024-05-01", "to", "2024-07-01", "n_entrants", 1, "n_exits", 1,
		"n_hhi_rises", 1, "n_hhi_falls", 1, "p_hhi_trend_reason", TooFewPoints)
	if m.Rows() != 3 {
		t.Errorf("%d rows, want two pairs and the whole", m.Rows())
	}
}

// Without the market's own row the list is not the market: no measure of shares.
func TestMobilityOfAList(t *testing.T) {
	list := `
subject | subject_kind | period     | period_grain | metric | value | unit
A       | company      | 2024-05-01 | month        | mau    | 8     | persons
B       | company      | 2024-05-01 | month        | mau    | 4     | persons
C       | company      | 2024-05-01 | month        | mau    | 2     | persons
D       | company      | 2024-05-01 | month        | mau    | 1     | persons
A       | company      | 2024-06-01 | month        | mau    | 64    | persons
B       | company      | 2024-06-01 | month        | mau    | 16    | persons
C       | company      | 2024-06-01 | month        | mau    | 4     | persons
D       | company      | 2024-06-01 | month        | mau    |       | persons`
	m := from(sound(t, MobilityAnalysis, Tables{"metrics": given(t, "metrics", list)}, DefaultParams()), "mobility")
	// ln 64, ln 16, ln 4 on ln 8, ln 4, ln 2: beta is exactly 2. D's second value
	// is blank: it neither stayed nor left.
	holds(t, m, "pair=adjacent", "instability_reason", TotalUnknown, "delta_hhi_reason", TotalUnknown, "market_complete", false,
		"n_common", 3, "n_exits", 0, "n_unknown", 1, "spearman", 1., "kendall_tau_b", 1., "gibrat_beta", 2., "p_beta_eq_1", 0.,
		"leader", "A", "leader_changed", false, "leader_share_change_reason", TotalUnknown)
}

func TestKendallTauBAgreesWithItsDefinition(t *testing.T) {
	x := []float64{1, 2, 2, 3, 5, 5, 5, 8, 9}
	y := []float64{3, 1, 1, 2, 7, 7, 6, 6, 0}
	var balance, untiedX, untiedY float64
	for i := range x {
		for j := range i {
			sign := func(v float64) float64 {
				switch {
				case v > 0:
					return 1
				case v < 0:
					return -1
				}
				return 0
			}
			dx, dy := sign(x[i]-x[j]), sign(y[i]-y[j])
			balance, untiedX, untiedY = balance+dx*dy, untiedX+dx*dx, untiedY+dy*dy
		}
	}
	want := balance / math.Sqrt(untiedX*untiedY)
	if got := KendallTauB(x, y); math.Abs(got.Value-want) > 1e-15 {
		t.Errorf("got %v, want %v", got.Value, want)
	}
}

// Shares 30, 25, 20, 15 and 10 of 100. A + B: 2·30·25 = 1500 points on 2250.
func TestMergerScreen(t *testing.T) {
	metrics := `
subject | subject_kind | period     | period_grain | metric | value | unit
A       | company      | 2024-05-01 | month        | tokens | 30    | tokens
B       | company      | 2024-05-01 | month        | tokens | 25    | tokens
C       | company      | 2024-05-01 | month        | tokens | 20    | tokens
D       | company      | 2024-05-01 | month        | tokens | 15    | tokens
E       | company      | 2024-05-01 | month        | tokens | 10    | tokens
all     | market       | 2024-05-01 | month        | tokens | 100   | tokens`
	mergers := `
name  | company
M1    | d
M1    | E
M2    | A
M2    | X
M3    | B
M3    | Bee`
	ts := Tables{"metrics": given(t, "metrics", metrics), "mergers": given(t, "mergers", mergers),
		"companies": given(t, "companies", "company | owner\nBee | B"), "aliases": given(t, "aliases", "name | canonical\nd | D")}
	r := sound(t, MergerAnalysis, ts, DefaultParams())
	m := from(r, "merger_screen")
	holds(t, m, "name=A + B", "source", "top_five", "hhi_pre", 2250., "delta_hhi", 1500., "hhi_post", 3750., "hhi_post_lower", 3750., "merged_share", 0.55,
		"presumption_hhi", true, "presumption_share", true, "presumption_2023", true, "presumption_2010", true, "band_pre", HighlyConcentrated)
	// 15 + 10: 300 points on 2250; a quarter of the market is not above 30 %.
	holds(t, m, "name=M1", "source", "table", "companies", "D + E", "delta_hhi", 300., "merged_share", 0.25, "presumption_hhi", true, "presumption_share", false, "presumption_2023", true)
	holds(t, m, "name=M2", "hhi_pre", 2250., "delta_hhi_reason", MissingInput, "presumption_2023_reason", MissingInput)
	holds(t, m, "name=M3", "delta_hhi_reason", SingleFirm)
	if m.Rows() != 10+3 {
		t.Errorf("%d rows, want the ten pairs of five and three mergers", m.Rows())
	}
	codes := map[string]int{}
	for _, f := range r.Findings {
		codes[f.Code]++
	}
	if codes["merger-unknown"] != 1 || codes["merger-of-one"] != 1 {
		t.Errorf("findings %v, want X unknown and B merging with itself", codes)
	}
}

// With a tenth of the market unknown: listed 45, 35, 10, so the HHI is at least
// 3350 and at most 3450 (one unlisted firm as large as C); A + C adds exactly
// 900, B + C exactly 700.
func TestMergerWithBounds(t *testing.T) {
	metrics := `
subject | subject_kind | period     | period_grain | metric | value | unit
A       | company      | 2024-05-01 | month        | share  | 0.45  | fraction
B       | company      | 2024-05-01 | month        | share  | 0.35  | fraction
C       | company      | 2024-05-01 | month        | share  | 0.10  | fraction`
	m := from(sound(t, MergerAnalysis, Tables{"metrics": given(t, "metrics", metrics)}, DefaultParams()), "merger_screen")
	holds(t, m, "name=A + C", "hhi_pre_reason", SharesIncomplete, "hhi_post_reason", SharesIncomplete, "delta_hhi", 900., "merged_share", 0.55,
		"hhi_post_lower", 4250., "hhi_post_upper", 4350., "presumption_hhi", true, "presumption_share", true)
	// 10,000 (0.0225 + 0.0144 ...): shares 12, 11, 10 of 100 leave 67 unknown:
	// from 365 to 365 + 6·100 + 49: no bound reaches 1,800, so the screen says no.
	few := `
subject | subject_kind | period     | period_grain | metric | value | unit
A       | company      | 2024-05-01 | month        | share  | 0.12  | fraction
B       | company      | 2024-05-01 | month        | share  | 0.11  | fraction
C       | company      | 2024-05-01 | month        | share  | 0.10  | fraction`
	m = from(sound(t, MergerAnalysis, Tables{"metrics": given(t, "metrics", few)}, DefaultParams()), "merger_screen")
	holds(t, m, "name=A + B", "delta_hhi", 264., "hhi_post_lower", 365.+264, "hhi_post_upper", 365.+649+264, "presumption_hhi", false, "presumption_2023", false)
	// 30, 20 and 10 of 100: from 1400 to 1800, and A + C adds 600: 2,000 to 2,400.
	// 20 + 10 adds 400: 1,800 to 2,200, which straddles the threshold: undecided.
	half := `
subject | subject_kind | period     | period_grain | metric | value | unit
A       | company      | 2024-05-01 | month        | share  | 0.30  | fraction
B       | company      | 2024-05-01 | month        | share  | 0.20  | fraction
C       | company      | 2024-05-01 | month        | share  | 0.10  | fraction`
	m = from(sound(t, MergerAnalysis, Tables{"metrics": given(t, "metrics", half)}, DefaultParams()), "merger_screen")
	holds(t, m, "name=B + C", "delta_hhi", 400., "hhi_post_lower", 1800., "hhi_post_upper", 2200., "presumption_hhi_reason", SharesIncomplete,
		"presumption_share", false, "presumption_2023_reason", SharesIncomplete)
	holds(t, m, "name=A + B", "delta_hhi", 1200., "presumption_2023", true)
}

// March is missing: the lead of B in April does not go on from February, and the
// rank of April is compared with nothing.
func TestLeaderTenureStopsAtAGap(t *testing.T) {
	metrics := `
subject | subject_kind | period     | period_grain | metric | value | unit
A       | company      | 2024-01-01 | month        | mau    | 10    | persons
B       | company      | 2024-01-01 | month        | mau    | 20    | persons
A       | company      | 2024-02-01 | month        | mau    | 10    | persons
B       | company      | 2024-02-01 | month        | mau    | 30    | persons
A       | company      | 2024-04-01 | month        | mau    | 40    | persons
B       | company      | 2024-04-01 | month        | mau    | 50    | persons
A       | company      | 2024-05-01 | month        | mau    | 40    | persons
B       | company      | 2024-05-01 | month        | mau    | 50    | persons`
	p := DefaultParams()
	p.ListComplete = true
	ts := Tables{"metrics": given(t, "metrics", metrics)}
	m := from(sound(t, MobilityAnalysis, ts, p), "mobility")
	holds(t, m, "pair=adjacent,to=2024-02-01", "leader_tenure", 2, "spacing", "consecutive")
	holds(t, m, "pair=adjacent,to=2024-04-01", "leader_tenure", 1, "leader_since", "2024-04-01", "spacing", "gap")
	// HHI rises to February, falls to April (not counted), and does not move to May.
	holds(t, m, "pair=whole", "leader_tenure", 2, "spacing", "gap", "n_hhi_rises", 1, "n_hhi_falls", 0)
	shares := from(sound(t, ConcentrationAnalysis, ts, p), "shares")
	holds(t, shares, "name=B,period=2024-02-01", "rank_change", 0)
	holds(t, shares, "name=B,period=2024-04-01", "rank_change", nil, "rank_change_reason", ChainBroken)
	// The same on four single days: snapshots have no period to miss.
	days := Tables{"metrics": given(t, "metrics", strings.ReplaceAll(metrics, "month        |", "day          |"))}
	holds(t, from(sound(t, MobilityAnalysis, days, p), "mobility"), "pair=whole", "leader_tenure", 4, "spacing", "snapshots")
}

// The claim and the mobility of the same market say the same, and say which.
func TestClaimOfTheStrongIsThatOfMobility(t *testing.T) {
	list := `
subject | subject_kind | company | period     | period_grain | metric | value | unit
A       | model        | X       | 2024-05-01 | month        | tokens | 8     | tokens
B       | model        | Y       | 2024-05-01 | month        | tokens | 4     | tokens
C       | model        | Z       | 2024-05-01 | month        | tokens | 2     | tokens
A       | model        | X       | 2024-06-01 | month        | tokens | 64    | tokens
B       | model        | Y       | 2024-06-01 | month        | tokens | 16    | tokens
C       | model        | Z       | 2024-06-01 | month        | tokens | 5     | tokens
X       | company      |         | 2024-05-01 | month        | mau    | 5     | persons
Y       | company      |         | 2024-05-01 | month        | mau    | 3     | persons
Z       | company      |         | 2024-05-01 | month        | mau    | 2     | persons
all     | market       |         | 2024-05-01 | month        | mau    | 10    | persons
X       | company      |         | 2024-06-01 | month        | mau    | 5     | persons
Y       | company      |         | 2024-06-01 | month        | mau    | 4     | persons
Z       | company      |         | 2024-06-01 | month        | mau    | 3     | persons
all     | market       |         | 2024-06-01 | month        | mau    | 12    | persons`
	ts := Tables{"metrics": given(t, "metrics", list)}
	r := sound(t, MobilityAnalysis, ts, DefaultParams())
	c := from(sound(t, ClaimsAnalysis, ts, DefaultParams()), "claims")
	holds(t, c, "claim=strong_stay_strong", "metric", "mau", "level", "company") // whose whole is known, though tokens say more
	found := false
	for _, h := range r.Headlines {
		if h.Measure.Key == "headline.gibrat" {
			found = true
			holds(t, c, "claim=strong_stay_strong", "value", h.Value.Value, "lower", h.Lower.Value, "upper", h.Upper.Value)
		}
	}
	if !found {
		t.Error("mobility has no headline of Gibrat's regression")
	}
}
