package analysis

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// may is the parameters with an as-of day.
func may(asOf string) Params {
	p := DefaultParams()
	p.AsOf, _ = ParseDate(asOf)
	return p
}

// Stages that nobody dates are inferred. The user table begins in January, so B,
// who has three million then, was active on some day; A gets there in February,
// D only begins in March. The price table begins on 1 January, when A is free;
// A is paid for from March. Of March's users, all listed, B and A hold 8 of 9.
func TestStagesInferred(t *testing.T) {
	ts := Tables{
		"filings": given(t, "filings", `model|company|filed|filed_grain
			A|X|2023-06-01|day
			B|Y|2023-07-01|day
			C|Z|2023-08-01|day
			D|W|2024-02-01|day`),
		"metrics": given(t, "metrics", `subject|subject_kind|period|period_grain|metric|value|unit|bound
			A|model|2024-01-01|month|mau|1e6|persons|exact
			A|model|2024-02-01|month|mau|4e6|persons|exact
			A|model|2024-03-01|month|mau|3e6|persons|exact
			B|model|2024-01-01|month|mau|3e6|persons|exact
			B|model|2024-03-01|month|mau|5e6|persons|exact
			D|model|2024-03-01|month|mau|1e6|persons|exact
			E|model|2024-03-01|month|mau|0|persons|exact`),
		"prices": given(t, "prices", `model|date|date_grain|kind|price|currency
			A|2024-01-01|day|input|0|CNY
			A|2024-03-01|day|input|2|CNY`),
	}
	r := sound(t, FunnelAnalysis, ts, may("2024-12-31"))
	f := from(r, "funnel")
	holds(t, f, "segment=all,cohort=all,stage=filed", "count", 4.0, "inferred", 0.0)
	// A and B are seen in the first period, on some day; D in March.
	holds(t, f, "segment=all,cohort=all,stage=launched", "count", 3.0, "inferred", 2.0, "rule", "first_seen", "window_conversion", nil, "window_conversion_reason", "undated")
	holds(t, f, "segment=all,cohort=all,stage=active", "count", 2.0, "inferred", 1.0, "rule", "active_mau", "cumulative_conversion", 0.5)
	holds(t, f, "segment=all,cohort=all,stage=commercial", "count", 2.0, "inferred", 1.0, "rule", "first_paid") // B as a finalist
	holds(t, f, "segment=all,cohort=all,stage=finalist", "count", 2.0, "inferred", 2.0, "rule", "finalist_share_of_listed", "median_days", nil, "median_days_reason", "undated")
	// E is in use but was never filed: no entity.
	models := from(sound(t, ModelsAnalysis, ts, may("2024-12-31")), "models")
	holds(t, models, "model=E", "in_filings", "false", "stage", nil)
	holds(t, models, "model=A", "stage", "finalist", "share", nil, "share_reason", "total_unknown", "rank", 2.0, "input_price", 2.0, "filed", "2023-06-01", "active", nil)
	holds(t, models, "model=C", "stage", "filed", "share_reason", "missing_input")
}

// A stage that the analyst dates for one model is not inferred for another.
func TestStatedStageIsNotInferred(t *testing.T) {
	ts := Tables{
		"filings": given(t, "filings", `model|filed|active
			A|2023-06-01|2023-09-01
			B|2023-07-01|`),
		"metrics": given(t, "metrics", `subject|subject_kind|period|period_grain|metric|value|unit
			B|model|2024-01-01|month|mau|1e6|persons
			B|model|2024-02-01|month|mau|9e6|persons`),
	}
	f := from(sound(t, FunnelAnalysis, ts, may("2024-12-31")), "funnel")
	holds(t, f, "segment=all,cohort=all,stage=active", "count", 1.0, "rule", nil)
}

// A list of models without any date begins at the stage listed.
func TestFunnelOfAList(t *testing.T) {
	ts := Tables{
		"filings": given(t, "filings", "model|company\nA|X\nB|Y\nC|Z"),
		"metrics": given(t, "metrics", `subject|subject_kind|period|period_grain|metric|value|unit
			A|model|2024-01-01|month|mau|1e6|persons
			A|model|2024-02-01|month|mau|9e6|persons
			B|model|2024-02-01|month|mau|1e6|persons`),
	}
	f := from(sound(t, FunnelAnalysis, ts, may("2024-12-31")), "funnel")
	holds(t, f, "segment=all,cohort=all,stage=listed", "count", 3.0)
	holds(t, f, "segment=all,cohort=all,stage=launched", "count", 2.0, "cumulative_conversion", 2.0/3)
	holds(t, f, "segment=all,cohort=all,stage=active", "count", 1.0, "cumulative_conversion", 1.0/3)
}

// The region is that of the row that dates the first stage: a later row, though
// it names one, is immortal time.
func TestRegionAsOfFirstStage(t *testing.T) {
	ts := Tables{"filings": given(t, "filings", `model|company|region|filed|launched
		A|X|Beijing|2023-06-01|
		A|X|Shanghai||2024-01-01
		B|Y||2023-06-01|
		B|Y|Shanghai||2024-01-01`)}
	f := from(sound(t, FunnelAnalysis, ts, may("2024-12-31")), "funnel")
	holds(t, f, "segment=region=Beijing,cohort=all,stage=launched", "count", 1.0)
	for row := range f.Rows() {
		if shownAt(f, "segment", row) == "region=Shanghai" {
			t.Fatal("a later label makes a segment")
		}
	}
}

// leavers are five models filed on 1 January, one of them seen later, since it
// was launched then but filed on day 15. Withdrawn on day 10, merged on day 20,
// withdrawn on day 30, two still there on day 40; and the late one.
const leavers = `model|company|filed|launched|retired|status
	A|X|2024-01-01||2024-01-11|已注销
	B|X|2024-01-01||2024-01-21|已并入C
	C|Y|2024-01-01||2024-01-31|
	D|Z|2024-01-01|||已备案
	E|W|2024-01-01|||
	F|V|2024-01-16|2024-01-01||`

// Number at risk 5 on day 10; 5 on day 20, since F is seen by then; 4 on day 30.
//
//	withdrawn: 1/5 = 0.2; left 0.8
//	merged:    0.8·1/5 = 0.16; left 0.64
//	withdrawn: 0.2 + 0.64·1/4 = 0.36; left 0.48
func TestExitsByKind(t *testing.T) {
	r := sound(t, FunnelAnalysis, Tables{"filings": given(t, "filings", leavers)}, may("2024-02-10"))
	exits := from(r, "exits")
	holds(t, exits, "segment=all,cause=withdrawn,day=10", "n_risk", 5.0, "n_event", 1.0, "incidence", 0.2, "event_free", 0.8, "caution", nil)
	holds(t, exits, "segment=all,cause=merged,day=20", "n_risk", 5.0, "incidence", 0.16, "event_free", 0.64)
	holds(t, exits, "segment=all,cause=withdrawn,day=30", "n_risk", 4.0, "incidence", 0.36, "event_free", 0.48)
	holds(t, from(r, "survival"), "segment=all,from=filed,to=exit,day=30", "survival", 0.48, "ending", "exit")
	// Two deaths in 10 + 20 + 30 + 40 + 40 + (40-15) days under observation.
	holds(t, from(r, "hazards"), "segment=all,to=exit", "events", 2.0, "exposure_days", 165.0, "rate_per_year", 2.0/165*365.25)
}

// The same spelled otherwise: who was renamed and lives on under a name that
// aliases know has not left.
func TestSuccessorByAlias(t *testing.T) {
	ts := Tables{
		"filings": given(t, "filings", `model|company|filed|retired|status
			Old|X|2024-01-01|2024-06-01|更名为New
			New|X|2024-06-01||
			Gone|Y|2024-01-01|2024-06-01|更名`),
		"aliases": given(t, "aliases", "name|canonical\nOld|New"),
	}
	d := from(sound(t, DynamicsAnalysis, ts, may("2024-12-31")), "dynamics")
	holds(t, d, "period=2024-04-01", "entries", 0.0, "exits", 1.0, "n_renamed", 1.0, "stock_end", 1.0, "peak_stock", 2.0, "decline_from_peak", 0.5, "shakeout", "true")
}

func TestExitCause(t *testing.T) {
	for status, want := range map[string]string{
		"已注销": withdrawn, "已下线": withdrawn, "停止服务": withdrawn, "Withdrawn": withdrawn, "shut down 2024": withdrawn, "Discontinued": withdrawn,
		"并入通义千问": merged, "acquired by X": merged, "更名为豆包": renamed, "Renamed": renamed,
		"已备案": "", "已登记": "", "active": "", "运营中": "", "未下线": "", "拟下线": "", "not withdrawn": "", "closed source": "", "": "",
	} {
		if got := exitCause(status); got != want {
			t.Errorf("%q: got %q, want %q", status, got, want)
		}
	}
}

// One quarter a row: three come, two leave, and one month is after the as-of day.
func TestDynamics(t *testing.T) {
	ts := Tables{"filings": given(t, "filings", `model|filed|retired
		A|2024-01-10|2024-04-20
		B|2024-02-10|2024-05-20
		C|2024-05-10|
		D|2024-05-11|2025-01-01`)}
	d := from(sound(t, DynamicsAnalysis, ts, may("2024-06-30")), "dynamics")
	holds(t, d, "period=2024-01-01", "entries", 2.0, "exits", 0.0, "stock_end", 2.0, "entry_rate", nil, "entry_rate_reason", "zero_denominator", "shakeout", "false")
	holds(t, d, "period=2024-04-01", "entries", 2.0, "exits", 2.0, "net_entry", 0.0, "stock_end", 2.0, "exit_rate", 1.0, "decline_from_peak", 0.0)
}

// At the ends of the four quarters: A filed, launched, launched, gone; B filed
// twice, then merged and out of the panel; C filed from the second on.
func TestTransitions(t *testing.T) {
	ts := Tables{"filings": given(t, "filings", `model|filed|launched|retired|status
		A|2024-01-10|2024-04-20|2024-11-01|下线
		B|2024-02-10||2024-08-01|合并
		C|2024-05-10|||`)}
	r := sound(t, TransitionsAnalysis, ts, may("2025-02-15")) // the last quarter is cut short
	m := from(r, "transitions")
	holds(t, m, "from=filed,to=launched", "n", 1.0, "n_from", 4.0, "p", 0.25)
	holds(t, m, "from=filed,to=filed", "n", 3.0, "p", 0.75)
	holds(t, m, "from=launched,to=exit", "n", 1.0, "n_from", 2.0, "p", 0.5)
	// C alone is left: filed now. After four quarters 0.75^4 are still filed.
	holds(t, from(r, "outlook"), "horizon_periods=4,stage=filed", "count", 1.0, "expected", math.Pow(0.75, 4))
}

// Leavers on 10 February: A and C are dead, B merged, three are left. T = 165,
// and within the last year everything is.
func TestProjection(t *testing.T) {
	ts := Tables{"filings": given(t, "filings", leavers)}
	p := may("2024-02-10")
	pr := from(sound(t, ProjectionAnalysis, ts, p), "projection")
	want := 3 * math.Pow(165.0/(165+365), 2.5)
	holds(t, pr, "scenario=all_time,horizon_days=365", "n", 3.0, "events", 2.0, "exposure_days", 165.0, "expected", want,
		"extrapolated", "true", "hazard_per_year", 2.0/165*365.25, "hazard_needed", 0.0, "hazard_factor", 0.0, "p_at_most_4", 1.0, "caution", "few_events")
	holds(t, pr, "scenario=last_year,horizon_days=365", "expected", want)
	// Nelson-Aalen: 1/5 on day 10 and 1/4 on day 30; the hazard of the last year of
	// age is 2/165. D and E are 40 days old, F too: all beyond the oldest.
	h := math.Exp(-2.0 / 165 * 365)
	holds(t, pr, "scenario=last_hazard,horizon_days=365", "expected", 3*h, "p_between_3_4", h*h*h, "extrapolated", "true")
	// Firms: X with A and B is censored by B's merger; Y is dead; Z, W, V live.
	holds(t, pr, "scenario=firms_all_time,horizon_days=365", "n", 3.0, "events", 1.0, "unit", "firms")
}

// With forty models and few exits four do not remain: ln(38/4) a year would be
// needed, of a hazard of 2/T.
func TestHazardFactor(t *testing.T) {
	var b strings.Builder
	b.WriteString("model|company|filed|retired\n")
	for i := range 40 {
		retired := ""
		if i < 2 {
			retired = "2023-07-01"
		}
		fmt.Fprintf(&b, "M%02d|X%02d|2023-01-01|%s\n", i, i, retired)
	}
	p := may("2023-12-31")
	r := sound(t, ProjectionAnalysis, Tables{"filings": given(t, "filings", b.String())}, p)
	T := 38*364.0 + 2*181
	needed := math.Log(38.0/4) / 365 * 365.25
	holds(t, from(r, "projection"), "scenario=all_time,horizon_days=365", "exposure_days", T, "hazard_needed", needed, "hazard_factor", needed/(2/T*365.25))
	rise := r.Headlines[1].Note
	if rise.Key != "note.rise" || rise.Args[0] != "365" || rise.Args[1] != fmt.Sprintf("%.3g", needed/(2/T*365.25)) {
		t.Errorf("the sentence is %v", rise)
	}
}

// Services over models are no ratio; one unit is.
func TestClaimsOfStatedTotals(t *testing.T) {
	stated := func(unit string) Tables {
		return Tables{"metrics": given(t, "metrics", `subject|subject_kind|period|period_grain|metric|value|unit
			market|market|2024-11-01|month|filed_total|309|`+unit+`
			market|market|2024-11-01|month|active_total|10|models
			market|market|2024-11-01|month|finalist_total|4|models`)}
	}
	c := from(sound(t, ClaimsAnalysis, stated("services"), may("2024-11-30")), "claims")
	holds(t, c, "claim=one_in_ten", "value", nil, "value_reason", "unit_mismatch", "verdict", "undecided", "because", "units_differ")
	holds(t, c, "claim=ninety_nine_percent", "value_reason", "unit_mismatch", "verdict", "undecided")
	mapped := stated("services")
	mapped["aliases"] = given(t, "aliases", "name|canonical\n服务|模型")
	c = from(sound(t, ClaimsAnalysis, mapped, may("2024-11-30")), "claims")
	holds(t, c, "claim=one_in_ten", "value", 4.0/309, "n", 309.0)
	c = from(sound(t, ClaimsAnalysis, stated("models"), may("2024-11-30")), "claims")
	holds(t, c, "claim=one_in_ten", "value", 4.0/309, "verdict", "contradicted", "caution", "stated_totals", "n", 309.0) // Wilson's upper limit 0.033
	holds(t, c, "claim=ninety_nine_percent", "value", 299.0/309, "verdict", "undecided")                                 // 0.941 to 0.982
	if c.Rows() != 8 {
		t.Errorf("%d claims, want 8", c.Rows())
	}
	for row := range c.Rows() {
		if shownAt(c, "verdict", row) == "" || shownAt(c, "because", row) == "" {
			t.Errorf("%s has no verdict or no reason", shownAt(c, "claim", row))
		}
	}
}

// Two camps of a market of 100: 60 and 25 of the listed, 5 for nobody's camp, 10
// not listed: from 0.85 to 0.95 and beyond, since the 5 belong to no camp that is
// known: 0.85 to 1.
func TestTwoCamps(t *testing.T) {
	ts := Tables{
		"metrics": given(t, "metrics", `subject|subject_kind|company|period|period_grain|metric|value|unit
			A|model|X|2024-09-01|month|tokens|60|tokens
			B|model|Y|2024-09-01|month|tokens|25|tokens
			C|model|Z|2024-09-01|month|tokens|5|tokens
			all|market||2024-09-01|month|tokens|100|tokens`),
		"companies": given(t, "companies", "company|camp\nX|giants\nY|tigers\nZ|其他"),
	}
	c := from(sound(t, ClaimsAnalysis, ts, may("2024-09-30")), "claims")
	holds(t, c, "claim=two_camps", "value", 0.85, "lower", 0.85, "upper", 0.95, "verdict", "undecided", "subject", "giants + tigers")
}

// Growth from the middle of May to the middle of September is in time; half a
// year is not; "more than" at the end makes a lower bound.
func TestTenfold(t *testing.T) {
	for _, c := range []struct{ last, bound, value, verdict string }{
		{"2024-09-01", "lower", "1200", supported},
		{"2024-09-01", "exact", "1200", supported},
		{"2024-09-01", "lower", "900", undecided},
		{"2024-09-01", "exact", "900", contradicted},
		{"2024-11-01", "exact", "1200", undecided},
		{"2024-11-01", "exact", "900", contradicted},
		{"2024-09-01", "about", "1200", undecided},
	} {
		ts := Tables{"metrics": given(t, "metrics", `subject|subject_kind|period|period_grain|metric|value|unit|bound
			豆包大模型|model|2024-05-01|month|tokens_per_day|100|tokens/day|exact
			豆包大模型|model|`+c.last+`|month|tokens_per_day|`+c.value+`|tokens/day|`+c.bound)}
		got := from(sound(t, ClaimsAnalysis, ts, may("2024-11-30")), "claims")
		holds(t, got, "claim=tokens_tenfold", "verdict", c.verdict)
	}
}

// May to September is 93 to 152 days by the precision of the months; the middle
// decides, and the row says so. Days decide alone.
func TestTenfoldByMonthSaysSo(t *testing.T) {
	series := func(rows string) Tables {
		return Tables{"metrics": given(t, "metrics", "subject|subject_kind|period|period_grain|metric|value|unit|bound\n"+rows)}
	}
	c := from(sound(t, ClaimsAnalysis, series(`豆包|model|2024-05-01|month|tokens_per_day|120|tokens/day|exact
			豆包|model|2024-09-01|month|tokens_per_day|1300|tokens/day|lower`), may("2024-11-30")), "claims")
	holds(t, c, "claim=tokens_tenfold", "verdict", supported, "value", 1300./120, "upper", nil, "upper_reason", MissingInput,
		"also_value", 123., "also_lower", 93., "also_upper", 152., "caution", "lower_bound, span_by_month")
	c = from(sound(t, ClaimsAnalysis, series(`豆包|model|2024-05-15|day|tokens_per_day|120|tokens/day|exact
			豆包|model|2024-09-15|day|tokens_per_day|1300|tokens/day|exact`), may("2024-11-30")), "claims")
	holds(t, c, "claim=tokens_tenfold", "verdict", supported, "also_lower", 123., "also_upper", 123., "caution", nil)
	// A day too long.
	c = from(sound(t, ClaimsAnalysis, series(`豆包|model|2024-05-15|day|tokens_per_day|120|tokens/day|exact
			豆包|model|2024-09-16|day|tokens_per_day|1300|tokens/day|exact`), may("2024-11-30")), "claims")
	holds(t, c, "claim=tokens_tenfold", "verdict", undecided)
	// Four months within two years.
	c = from(sound(t, ClaimsAnalysis, series(`豆包|model|2024-01-01|month|tokens_per_day|100|tokens/day|exact
			豆包|model|2024-05-01|month|tokens_per_day|120|tokens/day|exact
			豆包|model|2024-09-01|month|tokens_per_day|1300|tokens/day|exact
			豆包|model|2025-09-01|month|tokens_per_day|9000|tokens/day|exact`), may("2025-11-30")), "claims")
	holds(t, c, "claim=tokens_tenfold", "verdict", supported, "from", "2024-05-01", "to", "2024-09-01")
}

// A stated funnel carries the direction of its two counts into the ratio, opens
// the limit that it does not hold, and flags ratios of fewer than five.
func TestStatedFunnelBounds(t *testing.T) {
	f := from(sound(t, FunnelAnalysis, Tables{"metrics": given(t, "metrics", `subject|subject_kind|period|period_grain|metric|value|unit|bound
			market|market|2024-11-01|month|filed_total|300|models|lower
			market|market|2024-11-01|month|launched_total|100|models|exact
			market|market|2024-11-01|month|active_total|4|models|lower
			market|market|2024-11-01|month|finalist_total|1|models|exact`)}, may("2024-11-30")), "funnel")
	holds(t, f, "stage=filed", "count_bound", "lower", "bound", "lower", "n_step_reason", FirstStage, "inferred_reason", Undated, "n_mature_reason", Undated)
	holds(t, f, "stage=launched", "bound", "upper", "step_bound", "upper", "count_bound", "exact", "cumulative_conversion", 1./3, "cumulative_lower", nil, "cumulative_upper", 0.38848754311591926)
	holds(t, f, "stage=active", "bound", "about", "step_bound", "lower", "step_upper_reason", MissingInput, "caution", nil)
	holds(t, f, "stage=finalist", "step_conversion", 0.25, "step_bound", "upper", "caution", smallN)
}

// Fewer than five that are old enough for the window are flagged, and so are the
// hazards and curves over fewer than five; where nobody is seen later than his
// birth that is said to be assumed.
func TestSmallNumbersAreFlagged(t *testing.T) {
	r := sound(t, FunnelAnalysis, Tables{"filings": given(t, "filings", `model|filed|launched|retired
			A|2024-01-01|2024-02-01|2024-03-01
			B|2024-01-01|2024-02-01|
			C|2024-11-01|2024-11-02|
			D|2024-11-01||
			E|2024-11-01||
			F|2024-11-01||`)}, func() Params { p := may("2024-12-31"); p.FunnelWindowDays = 60; return p }())
	holds(t, from(r, "funnel"), "segment=all,cohort=all,stage=launched", "n_mature", 6, "caution", nil)
	holds(t, from(r, "funnel"), "segment=all,cohort=2024Q1,stage=launched", "caution", "small_n, small_window")
	holds(t, from(r, "hazards"), "segment=all,to=launched", "n", 6, "caution", nil, "unit", "models", "observed_from", "birth")
	holds(t, from(r, "hazards"), "segment=all,to=exit", "caution", fromBirth, "unit", "models", "observed_from", "birth")
	r = sound(t, FunnelAnalysis, Tables{"filings": given(t, "filings", "model|filed|launched|retired\nA|2024-03-01|2024-01-01|2024-06-01\nB|2024-03-01|2024-01-01|")}, may("2024-12-31"))
	holds(t, from(r, "hazards"), "segment=all,to=exit", "caution", smallN, "observed_from", "filing")
}

// Percentile ranks (r-0.5)/n: of three growth rates 1/6, 3/6, 5/6; two equal
// release rates share 1/2; one that is paid for beside one that is free.
func TestForces(t *testing.T) {
	ts := Tables{
		"filings": given(t, "filings", "model|filed\nA|2023-01-01\nB|2023-01-01\nC|2023-01-01\nD|2023-01-01"),
		"metrics": given(t, "metrics", `subject|subject_kind|period|period_grain|metric|value|unit
			A|model|2024-01-01|month|tokens|1|tokens
			A|model|2024-02-01|month|tokens|2|tokens
			B|model|2024-01-01|month|tokens|1|tokens
			B|model|2024-02-01|month|tokens|3|tokens
			C|model|2024-01-01|month|tokens|1|tokens
			C|model|2024-02-01|month|tokens|4|tokens`),
		"prices": given(t, "prices", `model|date|date_grain|kind|price|currency
			A|2024-01-01|day|input|0|CNY
			B|2024-01-01|day|input|5|CNY`),
		"releases": given(t, "releases", `model|date
			A|2023-02-01
			A|2023-03-01
			B|2023-02-01
			B|2023-03-01
			C|2024-02-01`),
	}
	r := sound(t, ForcesAnalysis, ts, may("2024-03-31"))
	f := from(r, "forces")
	holds(t, f, "model=A", "resources", 1.0/6, "resources_from", "growth_tokens", "n_resources", 3.0, "iteration", 0.5, "monetisation", 0.25, "n_forces", 1.0)
	holds(t, f, "model=C", "resources", 5.0/6, "iteration", nil, "iteration_reason", "too_few_points", "monetisation", nil, "passed", "true")
	holds(t, f, "model=D", "resources", nil, "resources_reason", "missing_input", "n_forces", 0.0, "passed", "false")
	// C's release comes after its first 180 days: at the landmark it has none, and D
	// is not in the releases table.
	holds(t, from(r, "force_tests"), "force=iteration,had=with", "n", 2.0)
	holds(t, from(r, "force_tests"), "force=iteration,had=without", "n", 1.0)
}

// A model that left on a day nobody says is in no hazard: said, and undecided. A
// first use is no birth: a model without a date of its own is in no projection.
func TestUndatedExitsDecideNothing(t *testing.T) {
	filings := `
model | company | filed      | filed_grain | status
A     | X       | 2023-01-01 | day         |
B     | X       | 2023-01-01 | day         |
C     | Y       | 2023-01-01 | day         |
D     | Y       | 2023-01-01 | day         | withdrawn`
	p := DefaultParams()
	p.AsOf = DateOf(2024, 12, 31)
	ts := Tables{"filings": given(t, "filings", filings)}
	holds(t, from(sound(t, ClaimsAnalysis, ts, p), "claims"), "claim=three_or_four_remain", "verdict", undecided, "because", exitsUndated, "caution", exitsUndated)
	holds(t, from(sound(t, ProjectionAnalysis, ts, p), "projection"), "scenario=all_time,horizon_days=365", "caution", exitsUndated)
	ts = Tables{"filings": given(t, "filings", filings+"\nE     | Z       | 2023-01-01 | day         | withdrawn")}
	h := from(sound(t, FunnelAnalysis, ts, p), "hazards")
	for row := range h.Rows() { // the hazard of leaving is too low by those two
		if shownAt(h, "to", row) == exitStage && !strings.Contains(shownAt(h, "caution", row), exitsUndated) {
			t.Errorf("the hazard of %s says %q", shownAt(h, "segment", row), shownAt(h, "caution", row))
		}
	}
	holds(t, h, "segment=all,to=exit", "n", 3, "caution", "exits_undated, observed_from_birth, small_n")
}
