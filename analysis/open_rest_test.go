package analysis

import "testing"

// What is not listed may belong to a company whose models are listed: its share
// is a lower limit, and the bounds hold for any completion.
func TestRestOfModelsMayBelongToAListedCompany(t *testing.T) {
	metrics := `
subject | subject_kind | company | period     | period_grain | metric | value | unit
A       | model        | X       | 2024-05-01 | month        | tokens | 40    | tokens
B       | model        | Y       | 2024-05-01 | month        | tokens | 20    | tokens
total   | market       |         | 2024-05-01 | month        | tokens | 100   | tokens`
	ts := Tables{"metrics": given(t, "metrics", metrics)}
	c := from(sound(t, ConcentrationAnalysis, ts, DefaultParams()), "concentration")
	// All of the 40 to X: 80 and 20.
	holds(t, c, "metric=tokens,level=company", "hhi_lower", 2000., "hhi_upper", 6800., "cr1_reason", SharesIncomplete)
	// At most two models of 20 beside those listed.
	holds(t, c, "metric=tokens,level=model", "hhi_upper", 2800., "cr1", 0.4)
	m := from(sound(t, MergerAnalysis, ts, DefaultParams()), "merger_screen")
	holds(t, m, "name=X + Y", "delta_hhi_reason", SharesIncomplete, "merged_share_reason", SharesIncomplete,
		"hhi_post_lower", 3600., "hhi_post_upper", 10000., "presumption_share", true)
}

// One listed name does not cap the others.
func TestOneListedNameCapsNobody(t *testing.T) {
	b := HHIBoundsOf([]FirmValue{{Firm: "A", Value: 10}}, Known(100), UnlistedFirms{})
	if b.CR[1].Ok() || !sameValue(b.Upper.Value, 1e4*(0.01+0.81)) {
		t.Errorf("CR1 %v, upper %v", b.CR[1], b.Upper)
	}
}
