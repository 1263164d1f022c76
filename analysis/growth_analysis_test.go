package analysis

import (
	"math"
	"testing"
)

// 120 bn tokens a day in May 2024, above 1.3 tn in September: 123 days between
// the middles of the months, 93 to 152 between their ends. ratio 10.83, doubling
// in 123·ln 2/ln 10.83 = 35.8 days, an upper bound since the end is a lower one.
func TestGrowthFromAStory(t *testing.T) {
	metrics := `
subject | subject_kind | period     | period_grain | metric         | value         | bound | unit
豆包    | model        | 2024-05-01 | month        | tokens_per_day | 120000000000  | exact | tokens/day
豆包    | model        | 2024-09-01 | month        | tokens_per_day | 1300000000000 | lower | tokens/day
Kimi    | model        | 2024-10-01 | month        | mau            | 36000000      | exact | persons
豆包    | model        | 2024-05-01 | month        | share          | 0.1           | exact | fraction
豆包    | model        | 2024-09-01 | month        | share          | 0.4           | exact | fraction`
	r := sound(t, GrowthAnalysis, Tables{"metrics": given(t, "metrics", metrics)}, DefaultParams())
	g := from(r, "growth")
	ratio := 1300. / 120
	double := math.Ln2 / math.Log(ratio)
	holds(t, g, "subject=豆包", "metric", "tokens_per_day", "n", 2, "first_period", "2024-05-01", "first_value", 1.2e11, "last_period", "2024-09-01",
		"bound", "lower", "ratio", ratio, "cagr", math.Pow(ratio, 365.25/123)-1, "cmgr", math.Pow(ratio, 30.4375/123)-1,
		"doubling_days", 123*double, "doubling_lower", 93*double, "doubling_upper", 152*double, "doubling_bound", "upper",
		"r_squared_reason", TooFewPoints, "annualised_from_days", 123, "annual_factor", math.Pow(ratio, 365.25/123), "caution", "few_points")
	if g.Rows() != 1 {
		t.Errorf("%d rows: a share has no growth, and one period none either", g.Rows())
	}
	if len(r.Findings) != 0 { // the single period is of a market metric's only series
		if r.Findings[0].Code != "growth-one-period" || r.Findings[0].Args[0] != "1" {
			t.Errorf("findings %v, want the one series of one period", r.Findings)
		}
	}
	if len(r.Headlines) != 2 || math.Abs(r.Headlines[1].Value.Value-35.78) > 0.01 || r.Headlines[1].Note.Key != "note.doubling-upper" {
		t.Errorf("headlines %+v", r.Headlines)
	}
}

// Doubling every month: 1, 2, 4 headcount by quarters is a series of its own
// grain and starts of quarters 91, 91 days apart (leap year 2024).
func TestGrowthKeepsGrainsApart(t *testing.T) {
	metrics := `
subject | subject_kind | period     | period_grain | metric    | value | unit
A       | company      | 2024-01-01 | quarter      | headcount | 1     | persons
A       | company      | 2024-04-01 | quarter      | headcount | 2     | persons
A       | company      | 2024-07-01 | quarter      | headcount | 4     | persons
A       | company      | 2024-01-01 | month        | headcount | 10    | persons
A       | company      | 2024-02-01 | month        | headcount | 0     | persons
A       | company      | 2024-01-01 | year         | headcount | 3     | persons
B       | company      | 2024-01-01 | month        | headcount | 5     | persons
B       | company      | 2024-02-01 | month        | headcount | 6     | persons
B       | company      | 2024-02-01 | month        | headcount | 7     | persons
C       | company      | 2024-01-01 | span         | revenue   | 5     | CNY
C       | company      | 2024-02-01 | span         | revenue   | 6     | CNY
D       | company      | 2024-01-01 | month        | mau       | 8     | persons
D       | company      | 2024-03-01 | month        | mau       | 2     | persons`
	r := sound(t, GrowthAnalysis, Tables{"metrics": given(t, "metrics", metrics)}, DefaultParams())
	g := from(r, "growth")
	holds(t, g, "subject=A,period_grain=quarter", "n", 3, "ratio", 4., "span_days", 182., "doubling_days", 91., "r_squared", 1., "trend_doubling_days", 91., "bound", "exact")
	holds(t, g, "subject=A,period_grain=month", "ratio_reason", NonpositiveValue, "cagr_reason", NonpositiveValue, "r_squared_reason", TooFewPoints)
	holds(t, g, "subject=B", "n", 1, "n_conflict", 1, "ratio_reason", ConflictingValues, "last_value_reason", ConflictingValues, "first_value", 5.)
	holds(t, g, "subject=C", "ratio_reason", DateTooCoarse)
	holds(t, g, "subject=D", "ratio", 0.25, "doubling_days_reason", NotIncreasing, "half_life_days", 30.) // 60 days, halved twice
	if g.Rows() != 5 {
		t.Errorf("%d rows", g.Rows())
	}
}

func TestRatioBound(t *testing.T) {
	for _, c := range []struct{ first, last, want string }{
		{"exact", "exact", "exact"}, {"exact", "lower", "lower"}, {"exact", "upper", "upper"}, {"lower", "exact", "upper"}, {"upper", "exact", "lower"},
		{"upper", "lower", "lower"}, {"lower", "upper", "upper"}, {"lower", "lower", "about"}, {"exact", "about", "about"}, {"range", "lower", "about"},
	} {
		if got := ratioBound(c.first, c.last); got != c.want {
			t.Errorf("%s over %s is %s, want %s", c.last, c.first, got, c.want)
		}
	}
}

// Days 0, 100, 130 and as of day 200 (2024-01-01 is day 0): gaps 100 and 30,
// open 70, so 2 gaps in 200 days. Two names on one day are one release.
func TestCadence(t *testing.T) {
	releases := `
model    | company | version | date
GPT-4    | OpenAI  |         | 2024-01-01
GPT-4o   | OpenAI  |         | 2024-04-10
GPT-4.5  | OpenAI  |         | 2024-05-10
GPT-mini | OpenAI  |         | 2024-05-10
o1       | OpenAI  |         | 2024-07-01
ERNIE    | Baidu   | 4.0     | 2024-01-01
ERNIE    | Baidu   | Turbo   | 2024-03-01
GPT-J-6B | Eleuther |        | 2024-02-01
Later    | Baidu   |         | 2025-01-01`
	p := DefaultParams()
	p.AsOf = DateOf(2024, 7, 19)
	r := sound(t, CadenceAnalysis, Tables{"releases": given(t, "releases", releases)}, p)
	c := from(r, "cadence")
	holds(t, c, "subject=OpenAI", "subject_kind", "company", "n_releases", 4, "n_same_day", 1, "median_gap_days", 52., "mean_gap_days", 182./3,
		"open_gap_days", 18., "last_release", "2024-07-01", "rate_per_year", 3*365.25/200, "caution", "small_n")
	holds(t, c, "subject=GPT", "family_from", "name", "n_releases", 3, "median_gap_days", 65., "open_gap_days", 70., "rate_per_year", 2*365.25/200)
	holds(t, c, "subject=GPT-mini", "n_releases", 1, "rate_per_year_reason", TooFewPoints, "median_gap_days_reason", TooFewPoints)
	holds(t, c, "subject=ERNIE", "family_from", "version", "n_releases", 2, "mean_gap_days", 60.)
	holds(t, c, "subject=GPT-J", "company", "Eleuther")
	if len(r.Findings) != 1 || r.Findings[0].Code != "releases-after-as-of" {
		t.Errorf("findings %v", r.Findings)
	}
}

func TestFamilyOf(t *testing.T) {
	for model, want := range map[string]string{
		"GPT-4o": "GPT", "GPT-3.5 Turbo": "GPT", "DeepSeek-V3": "DeepSeek", "DeepSeek V2.5": "DeepSeek", "Qwen2.5-72B": "Qwen", "文心一言4.0": "文心一言",
		"Claude 3.5 Sonnet": "Claude", "o1": "o", "360智脑": "360智脑", "Kimi": "Kimi", "SenseNova 5.0": "SenseNova", "Nova2": "Nova", "Grok（2）": "Grok",
	} {
		if got := FamilyOf(model); got != want {
			t.Errorf("%s is of family %q, want %q", model, got, want)
		}
	}
}

// October: 220 m for 4.4 m new users is 50 each; ARPU 10 with a margin of one
// half brings 5 a month, so 10 months; a tenth leaves each month, so 50 in a
// lifetime, once the cost. Payers rose from 1.0 m to 1.4 m: 550 each.
func TestUnitEconomics(t *testing.T) {
	metrics := `
subject | subject_kind | period     | period_grain | metric          | value     | bound | unit
Kimi    | model        | 2024-09-01 | month        | paying_users    | 1000000   | exact | persons
Kimi    | model        | 2024-10-01 | month        | paying_users    | 1400000   | exact | persons
Kimi    | model        | 2024-10-01 | month        | marketing_spend | 220000000 | lower | CNY
Kimi    | model        | 2024-10-01 | month        | new_users       | 4400000   | exact | persons
Kimi    | model        | 2024-10-01 | month        | arpu            | 10        | exact | CNY
Kimi    | model        | 2024-10-01 | month        | gross_margin    | 0.5       | exact | fraction
Kimi    | model        | 2024-10-01 | month        | churn           | 0.1       | exact | fraction
Kimi    | model        | 2024-10-01 | month        | cac             | 30        | exact | CNY
Kimi    | model        | 2024-11-01 | month        | cac             | 40        | about | CNY
Kimi    | model        | 2024-11-01 | month        | arpu            | 10        | exact | USD
Kimi    | model        | 2024-11-01 | month        | gross_margin    | 0.5       | exact | fraction
Kimi    | model        | 2024-07-01 | quarter      | marketing_spend | 90        | exact | CNY
Kimi    | model        | 2024-07-01 | quarter      | new_users       | 0         | exact | persons
Kimi    | model        | 2024-07-01 | quarter      | arpu            | 30        | exact | CNY`
	r := sound(t, UnitEconomicsAnalysis, Tables{"metrics": given(t, "metrics", metrics)}, DefaultParams())
	u := from(r, "unit_economics")
	holds(t, u, "period=2024-10-01,customers=users", "spend", 2.2e8, "new_users", 4.4e6, "cac", 50., "cac_from", "computed", "cac_stated", 30., "bound", "lower",
		"arpu_month", 10., "payback_months", 10., "ltv", 50., "ltv_to_cac", 1.)
	holds(t, u, "period=2024-10-01,customers=payers", "new_users", 4e5, "cac", 550., "payback_months", 110.)
	holds(t, u, "period=2024-11-01", "customers", "users", "cac", 40., "cac_from", "stated", "bound", "about", "spend_reason", MissingInput,
		"arpu_month_reason", UnitMismatch, "payback_months_reason", UnitMismatch)
	holds(t, u, "period=2024-07-01,customers=users", "cac_reason", ZeroDenominator, "arpu_month_reason", DateTooCoarse)
	if len(r.Findings) != 1 || r.Findings[0].Code != "cac-differs" {
		t.Errorf("findings %v, want the stated 30 against 50", r.Findings)
	}
}
