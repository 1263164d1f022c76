package analysis

import "testing"

// monthOf are tables in which everything is dated May 2024, a month.
func monthOf(t *testing.T) Tables {
	return Tables{
		"filings":  given(t, "filings", "model|filed|filed_grain\nM|2024-05-01|month\nN|2024-04-01|day"),
		"metrics":  given(t, "metrics", "subject|subject_kind|metric|value|unit|period|period_grain\nM|model|mau|5|persons|2024-05-01|month\nN|model|mau|5|persons|2024-05-01|month"),
		"prices":   given(t, "prices", "model|date|date_grain|kind|price|currency\nM|2024-05-01|month|input|1|CNY"),
		"releases": given(t, "releases", "model|date|date_grain\nM|2024-05-01|month"),
	}
}

// One rule says what is after the as-of day: a month is its 15th, whatever table
// it stands in (methods 0.3, 0.8).
func TestMonthsAreAfterTheAsOfDayByOneRule(t *testing.T) {
	for _, c := range []struct {
		day   int
		found bool
	}{{14, false}, {15, true}} {
		p := DefaultParams()
		p.AsOf = DateOf(2024, 5, c.day)
		ts := monthOf(t)
		for _, a := range []struct {
			Analyzer
			table, code string // the table has one row where the month counts
		}{
			{FunnelAnalysis, "funnel_models", "stages-after-as-of"},
			{ConcentrationAnalysis, "shares", "metrics-after-as-of"},
			{PriceAnalysis, "price_series", "prices-after-as-of"},
			{CadenceAnalysis, "cadence", "releases-after-as-of"},
		} {
			r := a.Run(ts, p)
			said, rows := 0, 0
			for _, f := range r.Findings {
				if f.Code == a.code {
					said++
				}
			}
			table := from(r, a.table)
			for row := range table.Rows() {
				for _, column := range []string{"model", "name", "subject"} {
					if table.Text(column).Or(row, "") == "M" && table.Text("level").Or(row, "model") == "model" {
						rows++
					}
				}
			}
			if c.found && (rows != 1 || said != 0) || !c.found && (rows != 0 || said != 1) {
				t.Errorf("as of 2024-05-%d: %s has %d rows, and %d findings %s", c.day, a.table, rows, said, a.code)
			}
			r.Release()
		}
		if got := AsOf(ts, 0); got != DateOf(2024, 5, 31) {
			t.Errorf("the tables speak of %s at the latest, want the end of the metrics' period", FormatDate(got))
		}
		delete(ts, "metrics")
		if got := AsOf(ts, 0); got != DateOf(2024, 5, 15) {
			t.Errorf("the tables speak of %s at the latest, want the 15th of the month", FormatDate(got))
		}
	}
}

// A release dated by month counts as its 15th in distances, and stands as
// stated: 15 January to 15 March is 60 days of 2024, then 30 to 14 April.
func TestReleasesByMonth(t *testing.T) {
	p := DefaultParams()
	p.AsOf = DateOf(2024, 4, 14)
	ts := Tables{"releases": given(t, "releases", "model|version|date|date_grain\nM|1|2024-01-01|month\nM|2|2024-03-01|month")}
	r := sound(t, CadenceAnalysis, ts, p)
	holds(t, from(r, "cadence"), "subject=M", "median_gap_days", 60.0, "open_gap_days", 30.0, "first_release", "2024-01-01", "first_release_grain", "month",
		"last_release", "2024-03-01", "last_release_grain", "month", "rate_per_year", 1/90.0*365.25)
	holds(t, from(sound(t, ModelsAnalysis, ts, p), "models"), "model=M", "last_release", "2024-03-01", "last_release_grain", "month", "n_releases", 2)
}
