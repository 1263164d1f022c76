package analysis

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// workbookOf draws the tables of a workbook as untidy as workbooks are: names
// spelt in several ways, blanks, facts stated twice, several grains, units and
// regions, free prices, prices twice a day, periods after each other or not.
func workbookOf(t *rapid.T) Tables {
	pick := func(label string, from ...string) string { return rapid.SampledFrom(from).Draw(t, label) }
	row := 0
	add := func(b *Builder, set func()) {
		row++
		set()
		b.Int("source", 0)
		b.Int("row", row)
		b.EndRow()
	}
	company := func() string { return pick("company", "", "X", "x", "Y", "Z", "Z Ltd") }
	model := func() string { return pick("model", "M-1", "m 1", "M-2", "M-3", "M-4", "N-1", "N-2v2") }
	ts := Tables{}
	finish := func(b *Builder) {
		table := b.Table()
		table.Sources = []Source{{File: "a.xlsx", Sheet: table.Name}}
		ts[table.Name] = table
		b.Release()
	}

	b := NewBuilder(Metrics)
	for range rapid.IntRange(0, 120).Draw(t, "metrics") {
		add(b, func() {
			kind := pick("kind", "", "model", "model", "company", "company", "market", "region")
			switch kind {
			case "company":
				b.Text("subject", pick("subject", "X", "x", "Y", "Z", "Z Ltd"))
			case "market":
				b.Text("subject", pick("subject", "all", "全国"))
			case "region":
				b.Text("subject", pick("subject", "北京", "上海"))
			default:
				b.Text("subject", model())
				b.Text("company", company())
			}
			b.Text("subject_kind", kind)
			b.Text("region", pick("region", "", "", "", "全国"))
			grain := pick("grain", "month", "month", "month", "month", "month", "quarter", "day", "span", "")
			if grain != "" {
				month := rapid.IntRange(1, 6).Draw(t, "month")
				if grain == "quarter" {
					month = (month-1)/3*3 + 1
				}
				b.Date("period", DateOf(2024, month, 1))
				b.Text("period_grain", grain)
				if grain == "span" {
					b.Date("period_end", DateOf(2024, month+1, 15))
				}
			}
			metric := pick("metric", "mau", "mau", "mau", "tokens", "tokens", "tokens_per_day", "share", "score", "score", "headcount", "marketing_spend", "new_users", "arpu", "cac", "gross_margin", "churn", "paying_users", "MMLU")
			b.Text("metric", metric)
			b.Text("unit", map[string]string{"mau": "persons", "tokens": "tokens", "tokens_per_day": "tokens/day", "share": "fraction", "headcount": "persons", "marketing_spend": "CNY", "arpu": pick("currency", "CNY", "USD"), "cac": "CNY", "new_users": "persons", "paying_users": "persons"}[metric])
			switch rapid.IntRange(0, 9).Draw(t, "value") {
			case 0: // blank
			case 1:
				b.Float("value", 0)
			case 2:
				b.Float("value", 1)
			case 3:
				if metric == "share" {
					b.Float("value", 0.25)
				} else {
					b.Float("value", -1)
				}
			default:
				v := rapid.Float64Range(0.001, 1e12).Draw(t, "value")
				if metric == "share" || metric == "churn" || metric == "gross_margin" {
					v /= 1e12
				}
				b.Float("value", v)
			}
			b.Text("bound", pick("bound", "", "exact", "exact", "lower", "upper", "about"))
		})
	}
	finish(b)

	b = NewBuilder(Prices)
	for range rapid.IntRange(0, 50).Draw(t, "prices") {
		add(b, func() {
			b.Text("model", model())
			b.Text("company", company())
			grain := pick("grain", "day", "day", "month", "month", "quarter", "")
			if grain != "" {
				day := DateOf(2024, rapid.IntRange(1, 5).Draw(t, "month"), 1)
				if grain == "day" {
					day += Date(rapid.IntRange(0, 60).Draw(t, "day"))
				}
				b.Date("date", day)
				b.Text("date_grain", grain)
				if rapid.IntRange(0, 4).Draw(t, "valid") == 0 {
					b.Date("valid_to", day+40)
				}
			}
			b.Text("kind", pick("kind", "input", "input", "output", "flat", "cached_input"))
			price := rapid.SampledFrom([]float64{0, 0.5, 1, 4, 10, 100}).Draw(t, "price")
			b.Float("price", price)
			if rapid.IntRange(0, 5).Draw(t, "announced") == 0 {
				b.Float("price_before", 20)
			}
			b.Text("currency", pick("currency", "CNY", "CNY", "USD", "EUR"))
			b.Bool("free", price == 0)
		})
	}
	finish(b)

	b = NewBuilder(Releases)
	for range rapid.IntRange(0, 12).Draw(t, "releases") {
		add(b, func() {
			b.Text("model", model())
			b.Text("company", company())
			b.Text("version", pick("version", "", "", "2", "3"))
			b.Date("date", DateOf(2024, 1, 1)+Date(rapid.IntRange(0, 200).Draw(t, "day")))
		})
	}
	finish(b)

	b = NewBuilder(Filings)
	for range rapid.IntRange(0, 12).Draw(t, "filings") {
		add(b, func() {
			b.Text("model", model())
			b.Text("company", company())
			b.Text("region", pick("region", "", "北京", "上海"))
			b.Text("camp", pick("camp", "", "giants", "tigers"))
			day := DateOf(2024, 1, 1) + Date(rapid.IntRange(0, 150).Draw(t, "day"))
			b.Text("register", pick("register", "", "", "generative_ai", "algorithm"))
			b.Text("status", pick("status", "", "", "已备案", "已注销", "已并入M-2", "更名"))
			known := pick("dates", "some", "some", "some", "none")
			for _, stage := range []string{"filed", "launched", "active", "commercial", "retired"} {
				least := 1
				if stage == "retired" {
					least = 2
				}
				if day += Date(rapid.IntRange(-10, 60).Draw(t, stage)); known == "some" && rapid.IntRange(0, 2).Draw(t, "known") >= least {
					b.Date(stage, day)
					b.Text(stage+"_grain", pick("grain", "day", "day", "month", "quarter"))
				}
			}
		})
	}
	finish(b)

	b = NewBuilder(Companies)
	for _, c := range []string{"X", "Y", "Z"} {
		add(b, func() {
			b.Text("company", c)
			b.Text("owner", pick("owner", "", "X", "Holding"))
			b.Text("camp", pick("camp", "", "giants", "tigers"))
		})
	}
	finish(b)
	b = NewBuilder(Aliases)
	add(b, func() { b.Text("name", "Z Ltd"); b.Text("canonical", "Z") })
	finish(b)
	b = NewBuilder(Rates)
	add(b, func() { b.Text("currency", "USD"); b.Date("date", DateOf(2024, 1, 1)); b.Float("cny_per_unit", 7) })
	finish(b)
	b = NewBuilder(Mergers)
	for range rapid.IntRange(0, 4).Draw(t, "mergers") {
		add(b, func() {
			b.Text("name", pick("name", "A", "B"))
			b.Text("company", pick("company", "X", "Y", "Z", "W"))
		})
	}
	finish(b)
	return ts
}

// Whatever the workbook: every null measure says why, no number is NaN,
// infinite or a negative zero, keys are unique, headlines say what their cell
// says; and another order of rows and columns gives the same tables to the last
// bit.
func TestTablesOfAnyWorkbook(t *testing.T) {
	rows := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		ts := workbookOf(t)
		defer ts.Release()
		mixed := Tables{}
		for _, name := range ts.Names() {
			table := ts[name]
			index := func(n int) []int {
				all := make([]int, n)
				for i := range all {
					all[i] = i
				}
				return all
			}
			mixed[name] = shuffled(table, rapid.Permutation(index(table.Rows())).Draw(t, name+" rows"), rapid.Permutation(index(int(table.Rec.NumCols()))).Draw(t, name+" columns"))
		}
		defer mixed.Release()
		p := DefaultParams()
		p.ListComplete = rapid.IntRange(0, 2).Draw(t, "complete") == 0
		p.OthersMaxShare = rapid.SampledFrom([]float64{0, 0.2}).Draw(t, "cap")
		results := Run(All, ts, p) // together, the other order alone: what they share changes nothing
		for i, a := range All {
			r, other := results[i], a.Run(mixed, p)
			soundResult(t, a, r)
			if len(r.Tables) != len(other.Tables) {
				t.Fatalf("%s: %d tables, %d in another order", a.Name, len(r.Tables), len(other.Tables))
			}
			for i, table := range r.Tables {
				rows[table.Name] += table.Rows()
				compareTables(t, table, other.Tables[i])
			}
			if got, want := fmt.Sprint(other.Headlines), fmt.Sprint(r.Headlines); got != want {
				t.Errorf("%s says in another order\n%s\ninstead of\n%s", a.Name, got, want)
			}
			r.Release()
			other.Release()
		}
	})
	for _, a := range All {
		for _, s := range a.Specs {
			t.Logf("%-22s %7d rows", s.Name, rows[s.Name])
		}
	}
}

// compareTables reports the first cell in which two tables differ.
func compareTables(t reporter, a, b Table) {
	t.Helper()
	if a.Name != b.Name || a.Rows() != b.Rows() {
		t.Errorf("%s has %d rows, %s of another order %d", a.Name, a.Rows(), b.Name, b.Rows())
		return
	}
	for row := range a.Rows() {
		for _, f := range a.Rec.Schema().Fields() {
			if x, y := shownAt(a, f.Name, row), shownAt(b, f.Name, row); x != y {
				t.Errorf("%s row %d: %s is %s, and %s in another order", a.Name, row, f.Name, x, y)
				return
			}
		}
	}
}
