package analysis

import (
	"fmt"
	"strings"
	"testing"
)

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
	holds(t, c, "metric=tokens,level=model", "hhi_upper", 2800., "cr1", 0.4,
		"hhi_upper_single_other", 3600., "effective_number_lower", 1/0.28, "effective_number_upper", 5.)
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

// Beside company rows of which one has more than its listed models, an unlisted
// model may be larger than the smallest listed: the list caps nobody. Listed 30
// and 5 of 100, X has 50: 25 of it are models that nobody lists.
func TestCompanyRowsLiftTheCapOfModels(t *testing.T) {
	metrics := `
subject | subject_kind | company | period     | period_grain | metric | value | unit
A       | model        | X       | 2024-05-01 | month        | tokens | 30    | tokens
B       | model        | Y       | 2024-05-01 | month        | tokens | 5     | tokens
X       | company      | X       | 2024-05-01 | month        | tokens | 55    | tokens
Y       | company      | Y       | 2024-05-01 | month        | tokens | 5     | tokens
total   | market       |         | 2024-05-01 | month        | tokens | 100   | tokens`
	ts := Tables{"metrics": given(t, "metrics", metrics)}
	c := from(sound(t, ConcentrationAnalysis, ts, DefaultParams()), "concentration")
	holds(t, c, "level=model", "hhi_lower", 925., "hhi_upper", 925.+65*65, "cr1_reason", SharesIncomplete)
	holds(t, c, "level=company", "hhi_lower", 3050., "cr1", 0.55) // companies state themselves
}

// Companies summed by owner from what they own may have more members in the rest
// that nobody lists: their shares are lower limits. 40 and 20 of 100.
func TestOwnersOfListedCompaniesMayOwnMore(t *testing.T) {
	metrics := `
subject | subject_kind | period     | period_grain | metric | value | unit
A       | company      | 2024-05-01 | month        | tokens | 40    | tokens
B       | company      | 2024-05-01 | month        | tokens | 20    | tokens
total   | market       | 2024-05-01 | month        | tokens | 100   | tokens`
	ts := Tables{"metrics": given(t, "metrics", metrics), "companies": given(t, "companies", "company | owner\nA | Holding")}
	c := from(sound(t, ConcentrationAnalysis, ts, DefaultParams()), "concentration")
	holds(t, c, "level=company", "top", "Holding", "hhi_lower", 2000., "hhi_upper", 6800., "cr1_reason", SharesIncomplete)
	ts["companies"] = given(t, "companies", "company | owner\nC | A")
	c = from(sound(t, ConcentrationAnalysis, ts, DefaultParams()), "concentration")
	holds(t, c, "level=company", "cr1", 0.4, "hhi_upper", 2800.) // a row under the owner's own name states the whole of it
}

// A model's share on its line is that of the table of shares, with its reason:
// here the parts exceed the stated total.
func TestShareOfAModelIsThatOfShares(t *testing.T) {
	metrics := `
subject | subject_kind | period     | period_grain | metric | value | unit
A       | model        | 2024-05-01 | month        | tokens | 30    | tokens
B       | model        | 2024-05-01 | month        | tokens | 20    | tokens
total   | market       | 2024-05-01 | month        | tokens | %s    | tokens`
	for total, want := range map[string][]any{
		"100":  {"share", 0.3, "rank", 1},
		"50.1": {"share", 0.6, "rank", 1}, // misses the sum by rounding: rescaled
		"40":   {"share", nil, "share_reason", SharesExceedOne, "rank", 1},
		"0":    {"share", nil, "share_reason", ZeroTotal, "rank", 1},
	} {
		ts := Tables{"metrics": given(t, "metrics", strings.Replace(metrics, "%s", total, 1)), "filings": given(t, "filings", "model | filed\nA | 2024-01-01\nB | 2024-01-01")}
		holds(t, from(sound(t, ModelsAnalysis, ts, DefaultParams()), "models"), "model=A", want...)
		c := from(sound(t, ClaimsAnalysis, ts, DefaultParams()), "claims")
		if total == "40" || total == "0" {
			holds(t, c, "claim=one_in_ten", "value", nil, "because", "no_finalists") // no shares, no finalists
		} else {
			holds(t, c, "claim=one_in_ten", "n", 2)
		}
	}
}

// Shares beside counts of filings by region are shares of filings: said so, and
// never the headline where there is a market of firms.
func TestRegionalSharesOfFilings(t *testing.T) {
	metrics := `
subject | subject_kind | period     | period_grain | metric | value | unit
北京    | region       | 2024-05-01 | month        | filed  | 60    | count
上海    | region       | 2024-05-01 | month        | filed  | 40    | count
北京    | region       | 2024-05-01 | month        | share  | 0.6   | fraction
上海    | region       | 2024-05-01 | month        | share  | 0.4   | fraction`
	r := sound(t, ConcentrationAnalysis, Tables{"metrics": given(t, "metrics", metrics)}, DefaultParams())
	holds(t, from(r, "concentration"), "metric=share", "share_of", "filed", "hhi", 5200.)
	if arg := fmt.Sprint(r.Headlines[0].Measure.Args[0]); !strings.Contains(arg, "metric.share-of.filed") {
		t.Errorf("the headline speaks of %s", arg)
	}
	with := metrics + "\nA | company | 2024-05-01 | month | mau | 3 | persons\nB | company | 2024-05-01 | month | mau | 1 | persons"
	r = sound(t, ConcentrationAnalysis, Tables{"metrics": given(t, "metrics", with)}, DefaultParams())
	if arg := fmt.Sprint(r.Headlines[0].Measure.Args[0]); !strings.Contains(arg, "metric.mau") {
		t.Errorf("beside a market of companies the headline speaks of %s", arg)
	}
}
