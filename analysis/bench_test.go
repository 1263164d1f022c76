package analysis_test

import (
	"fmt"
	"math"
	"testing"

	"shakeout/analysis"
)

// market is a made-up market with about so many rows of metrics: models filed
// over three years, a fifth of them withdrawn, five metrics a month, list prices
// and releases. The numbers come from a formula, so that every run measures the
// same.
func marketOf(rows int) analysis.Tables {
	const months, metrics = 24, 5
	models := max(2, rows/(months*metrics))
	day := func(i int) analysis.Date { return analysis.DateOf(2022, 1, 1) + analysis.Date(i*7919%1000) }
	names := make([]string, models)
	for i := range names {
		names[i] = fmt.Sprintf("model-%06d", i)
	}
	company := func(i int) string { return fmt.Sprintf("company-%05d", i/3) }
	ts := analysis.Tables{}
	table := func(spec analysis.TableSpec, fill func(b *analysis.Builder)) {
		b := analysis.NewBuilder(spec)
		defer b.Release()
		fill(b)
		t := b.Table()
		t.Sources = []analysis.Source{{File: "market.xlsx", Sheet: spec.Name}}
		ts[spec.Name] = t
	}
	table(analysis.Filings, func(b *analysis.Builder) {
		for i, name := range names {
			filed := day(i)
			b.Text("model", name)
			b.Text("company", company(i))
			b.Text("camp", []string{"giants", "tigers", "others"}[i%3])
			b.Text("region", fmt.Sprintf("region-%02d", i%30))
			b.Date("filed", filed)
			if i%5 > 0 {
				b.Date("launched", filed+analysis.Date(i%90))
			}
			if i%4 == 0 {
				b.Date("active", filed+100+analysis.Date(i%200))
			}
			if i%5 == 1 {
				b.Date("retired", filed+50+analysis.Date(i*31%900))
			}
			b.EndRow()
		}
	})
	table(analysis.Metrics, func(b *analysis.Builder) {
		for m := range months {
			for k, metric := range []string{"tokens_per_day", "mau", "downloads", "revenue", "marketing_spend"} {
				for i := range models {
					b.Text("subject", names[i])
					b.Text("subject_kind", "model")
					b.Text("company", company(i))
					b.Date("period", analysis.DateOf(2023, 1+m, 1))
					b.Text("period_grain", "month")
					b.Text("metric", metric)
					b.Float("value", 1e3*math.Exp(float64((i*7919+k*31)%1000)/100+float64(m)*float64(i%7)/50))
					b.Text("bound", "exact")
					b.Text("unit", []string{"tokens/day", "persons", "count", "CNY", "CNY"}[k])
					b.Int("source", 0)
					b.Int("row", 2+m*models+i)
					b.EndRow()
				}
			}
		}
	})
	table(analysis.Prices, func(b *analysis.Builder) {
		for i := range models {
			for c := range 4 {
				b.Text("model", names[i])
				b.Text("company", company(i))
				b.Date("date", analysis.DateOf(2023, 1+c*6, 1+i%28))
				b.Text("date_grain", "day")
				b.Text("kind", []string{"input", "output"}[i%2])
				b.Float("price", float64(100-20*c*(i%3)))
				b.Text("currency", "CNY")
				b.EndRow()
			}
		}
	})
	table(analysis.Releases, func(b *analysis.Builder) {
		for i := range models {
			for c := range 1 + i%3 {
				b.Text("model", names[i])
				b.Date("date", day(i)+analysis.Date(c*100))
				b.EndRow()
			}
		}
	})
	return ts
}

// BenchmarkAnalyses measures each analysis on 10,000 to 1,000,000 rows of
// metrics: time, and bytes allocated.
//
//	go test ./analysis -run '^$' -bench Analyses -benchtime 1x
func BenchmarkAnalyses(b *testing.B) {
	for _, rows := range []int{10_000, 100_000, 1_000_000} {
		ts := marketOf(rows)
		params := analysis.DefaultParams()
		params.AsOf = analysis.DateOf(2024, 12, 31)
		for _, a := range analysis.All {
			b.Run(fmt.Sprintf("%s/rows=%d", a.Name, rows), func(b *testing.B) {
				b.ReportAllocs()
				for range b.N {
					r := a.Run(ts, params)
					r.Release()
				}
			})
		}
		ts.Release()
	}
}

// BenchmarkRun measures all analyses together, which share what they ask of the
// tables.
func BenchmarkRun(b *testing.B) {
	for _, rows := range []int{10_000, 100_000, 1_000_000} {
		ts := marketOf(rows)
		params := analysis.DefaultParams()
		params.AsOf = analysis.DateOf(2024, 12, 31)
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				for _, r := range analysis.Run(analysis.All, ts, params) {
					r.Release()
				}
			}
		})
		ts.Release()
	}
}
