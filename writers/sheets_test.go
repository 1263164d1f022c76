package writers

import (
	"testing"

	"shakeout/analysis"
)

// Analyses of one sheet stand on it together, in the order of the first.
func TestResultsOfOneSheet(t *testing.T) {
	table := func(name string) []analysis.Table { return []analysis.Table{{Name: name}} }
	headline := func(table string) []analysis.Headline { return []analysis.Headline{{Table: table}} }
	got := bySheet([]analysis.Result{
		{Name: "concentration", Sheet: "concentration", Tables: table("shares"), Headlines: headline("shares")},
		{Name: "prices", Tables: table("price_paths")},
		{Name: "mobility", Sheet: "concentration", Tables: table("mobility"), Headlines: headline("mobility"),
			Charts: []analysis.Chart{{Table: "mobility"}}, Findings: []analysis.Finding{{Code: "x"}}},
	})
	if len(got) != 2 || got[0].Name != "concentration" || got[1].Name != "prices" {
		t.Fatalf("got %d sheets, want concentration and prices", len(got))
	}
	c := got[0]
	if len(c.Tables) != 2 || c.Tables[1].Name != "mobility" || len(c.Headlines) != 2 || len(c.Charts) != 1 || len(c.Findings) != 1 {
		t.Errorf("the sheet holds %d tables, %d headlines, %d charts, %d findings; want 2, 2, 1, 1", len(c.Tables), len(c.Headlines), len(c.Charts), len(c.Findings))
	}
}
