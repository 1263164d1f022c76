package writers

import (
	"math"

	"shakeout/analysis"
)

// Made-up results in the shapes that analyses give: what graft and sheets are
// tried with, whatever the workbook holds.

func fractions(names ...string) []analysis.ColumnSpec {
	var cs []analysis.ColumnSpec
	for _, n := range names {
		cs = append(cs, analysis.ColumnSpec{Name: n, Type: analysis.Float, Unit: "fraction", Reason: true})
	}
	return cs
}

func texts(names ...string) []analysis.ColumnSpec {
	var cs []analysis.ColumnSpec
	for _, n := range names {
		cs = append(cs, analysis.ColumnSpec{Name: n, Type: analysis.Text})
	}
	return cs
}

func join(parts ...[]analysis.ColumnSpec) []analysis.ColumnSpec {
	var all []analysis.ColumnSpec
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func fakeFunnel() analysis.Result {
	b := analysis.NewBuilder(analysis.TableSpec{Name: "funnel", Key: 3, Columns: join(texts("segment", "cohort", "stage"),
		[]analysis.ColumnSpec{{Name: "count", Type: analysis.Int, Unit: "count"}},
		fractions("step_conversion", "step_lower", "step_upper", "cumulative_conversion", "cumulative_lower", "cumulative_upper"),
		[]analysis.ColumnSpec{{Name: "median_days", Type: analysis.Float, Unit: "days", Reason: true}})})
	defer b.Release()
	counts := []int{118, 96, 41, 12}
	for i, stage := range []string{"filed", "launched", "active", "commercial"} {
		b.Text("segment", "all")
		b.Text("cohort", "all")
		b.Text("stage", stage)
		b.Int("count", counts[i])
		if i == 0 {
			for _, c := range []string{"step_conversion", "step_lower", "step_upper"} {
				b.Null(c, analysis.FirstStage)
			}
			b.Null("median_days", analysis.FirstStage)
		} else {
			b.Float("step_conversion", float64(counts[i])/float64(counts[i-1]))
			b.Float("step_lower", float64(counts[i])/float64(counts[i-1])-0.07)
			b.Float("step_upper", float64(counts[i])/float64(counts[i-1])+0.07)
			b.Float("median_days", 30.4375*float64(i)+1.0/3)
		}
		b.Float("cumulative_conversion", float64(counts[i])/118)
		b.Float("cumulative_lower", math.Max(0, float64(counts[i])/118-0.05))
		b.Float("cumulative_upper", math.Min(1, float64(counts[i])/118+0.05))
		b.EndRow()
	}
	s := analysis.NewBuilder(analysis.TableSpec{Name: "survival", Key: 4, Columns: join(texts("segment", "from", "to"),
		[]analysis.ColumnSpec{{Name: "day", Type: analysis.Int, Unit: "days"}, {Name: "n_risk", Type: analysis.Int, Unit: "count"},
			{Name: "survival", Type: analysis.Float, Unit: "fraction"}}, fractions("lower", "upper"))})
	defer s.Release()
	for i := range 14 {
		s.Text("segment", "all")
		s.Text("from", "filed")
		s.Text("to", "launched")
		s.Int("day", i*i*3)
		s.Int("n_risk", 118-7*i)
		v := math.Exp(-float64(i) / 5)
		s.Float("survival", v)
		if i == 0 {
			s.Null("lower", analysis.NoEventsYet)
			s.Null("upper", analysis.NoEventsYet)
		} else {
			s.Float("lower", v*0.85)
			s.Float("upper", math.Min(1, v*1.12))
		}
		s.EndRow()
	}
	return analysis.Result{
		Name: "funnel", Tables: []analysis.Table{b.Table(), s.Table()},
		Headlines: []analysis.Headline{
			{Measure: analysis.Say("word.commercial"), Value: analysis.Known(12.0 / 118), Lower: analysis.Known(12.0/118 - 0.05), Upper: analysis.Known(12.0/118 + 0.05), N: 118, Unit: "fraction", Note: analysis.Say("method.funnel"), Table: "funnel", Row: 3, Column: "cumulative_conversion"},
			{Measure: analysis.Say("column.median_days"), Value: analysis.Known(30.4375 + 1.0/3), Lower: analysis.Unknown(analysis.NotReached), Upper: analysis.Unknown(analysis.NotReached), N: 96, Unit: "days", Table: "funnel", Row: 1, Column: "median_days"},
		},
		Charts: []analysis.Chart{
			{Name: "funnel", Table: "funnel", Kind: analysis.BarChart, Where: map[string]string{"segment": "all"}, X: "stage", Y: []string{"count"}, Title: analysis.Say("table.funnel"), XTitle: analysis.Say("column.stage"), YTitle: analysis.Say("column.count"), Alt: analysis.Say("method.funnel")},
			{Name: "survival", Table: "survival", Kind: analysis.StepChart, X: "day", Y: []string{"survival", "lower", "upper"}, Title: analysis.Say("table.survival"), XTitle: analysis.Say("column.day"), YTitle: analysis.Say("column.survival"), Alt: analysis.Say("method.survival")},
		},
		Findings: []analysis.Finding{{Effect: analysis.Skipped, Code: "row-note"}},
	}
}

func fakeConcentration() analysis.Result {
	b := analysis.NewBuilder(analysis.TableSpec{Name: "concentration", Key: 3, Columns: join(texts("metric"),
		[]analysis.ColumnSpec{{Name: "period", Type: analysis.Day32}}, texts("period_grain", "level", "unit"),
		[]analysis.ColumnSpec{{Name: "total", Type: analysis.Float}, {Name: "n_firms", Type: analysis.Int, Unit: "count"},
			{Name: "hhi", Type: analysis.Float, Unit: "points", Reason: true}, {Name: "hhi_lower", Type: analysis.Float, Unit: "points", Reason: true}, {Name: "hhi_upper", Type: analysis.Float, Unit: "points", Reason: true}},
		fractions("cr1", "cr3"), texts("top", "band"))})
	defer b.Release()
	sh := analysis.NewBuilder(analysis.TableSpec{Name: "shares", Key: 4, Columns: join(texts("metric"),
		[]analysis.ColumnSpec{{Name: "period", Type: analysis.Day32}}, texts("period_grain", "level", "name", "unit"),
		[]analysis.ColumnSpec{{Name: "value", Type: analysis.Float}, {Name: "share", Type: analysis.Float, Unit: "fraction"}, {Name: "rank", Type: analysis.Int, Unit: "count"}})})
	defer sh.Release()
	firms := []string{"字节跳动", "阿里巴巴", "百度", "腾讯", "智谱", "月之暗面", "MiniMax", "DeepSeek", "阶跃星辰", "=cmd|' /C calc'!A0"}
	for i := range 9 {
		b.Text("metric", "tokens_per_day")
		b.Date("period", analysis.DateOf(2024, 1+i, 1))
		b.Text("period_grain", "month")
		b.Text("level", "company")
		b.Text("unit", "tokens/day")
		b.Float("total", 1.3e12*float64(i+1)/9)
		b.Int("n_firms", len(firms))
		if i == 2 {
			for _, c := range []string{"hhi", "cr1", "cr3"} {
				b.Null(c, analysis.TotalUnknown)
			}
			b.Null("hhi_lower", analysis.NegativeValue)
		} else {
			b.Float("hhi", 900+float64(i)*180+1.0/7)
			b.Float("hhi_lower", 850+float64(i)*170)
			b.Float("cr1", 0.2+float64(i)*0.02)
			b.Float("cr3", 0.5+float64(i)*0.03)
		}
		b.Float("hhi_upper", 1000+float64(i)*190)
		b.Text("top", firms[0])
		b.Text("band", []string{"unconcentrated", "moderately_concentrated", "highly_concentrated"}[i/3])
		b.EndRow()
		left := 1.0
		for k, f := range firms {
			s := left * 0.3
			left -= s
			sh.Text("metric", "tokens_per_day")
			sh.Date("period", analysis.DateOf(2024, 1+i, 1))
			sh.Text("period_grain", "month")
			sh.Text("level", "company")
			sh.Text("name", f)
			sh.Text("unit", "tokens/day")
			sh.Float("value", 1.3e12*s)
			sh.Float("share", s)
			sh.Int("rank", k+1)
			sh.EndRow()
		}
	}
	return analysis.Result{
		Name: "concentration", Tables: []analysis.Table{b.Table(), sh.Table()},
		Headlines: []analysis.Headline{
			{Measure: analysis.Say("column.hhi"), Value: analysis.Known(900 + 8*180 + 1.0/7), Lower: analysis.Known(850 + 8*170), Upper: analysis.Known(1000 + 8*190), N: 10, Unit: "points", Note: analysis.Say("word.highly_concentrated"), Table: "concentration", Row: 8, Column: "hhi"},
			{Measure: analysis.Say("column.cr3"), Value: analysis.Unknown(analysis.TotalUnknown), Unit: "fraction", Lower: analysis.Unknown(analysis.TotalUnknown), Upper: analysis.Unknown(analysis.TotalUnknown), Table: "concentration", Row: 2, Column: "cr3"},
		},
		Charts: []analysis.Chart{
			{Name: "hhi", Table: "concentration", Kind: analysis.LineChart, X: "period", Y: []string{"hhi", "hhi_lower", "hhi_upper"}, Title: analysis.Say("column.hhi"), YTitle: analysis.Say("unit.points"), Alt: analysis.Say("method.concentration"),
				Bands: []analysis.Band{{Label: analysis.Say("word.moderately_concentrated"), Value: 1000}, {Label: analysis.Say("word.highly_concentrated"), Value: 1800}}},
			{Name: "shares", Table: "shares", Kind: analysis.StackedChart, X: "period", Y: []string{"share"}, Series: "name", Title: analysis.Say("table.shares"), YTitle: analysis.Say("column.share"), Alt: analysis.Say("method.shares")},
		},
	}
}

func fakePrices() analysis.Result {
	b := analysis.NewBuilder(analysis.TableSpec{Name: "price_events", Key: 3, Columns: join(
		[]analysis.ColumnSpec{{Name: "date", Type: analysis.Day32}}, texts("company", "model", "kind", "currency"),
		[]analysis.ColumnSpec{{Name: "to_price", Type: analysis.Float, Unit: "money_per_mtok"}, {Name: "war", Type: analysis.Bool}}, fractions("drop"), texts("event"))})
	defer b.Release()
	for k, m := range []string{"ERNIE Speed", "qwen-max", "Doubao Pro", "GLM-4", "hunyuan-lite", "moonshot-v1", "abab6", "Spark Lite", "Baichuan4"} {
		price := 120.0 / float64(k+1)
		for i := range 4 {
			b.Date("date", analysis.DateOf(2024, 5, 6+5*i+k))
			b.Text("company", "公司"+m)
			b.Text("model", m)
			b.Text("kind", "input")
			b.Text("currency", "CNY")
			if k < 2 && i == 3 {
				price = 0
			}
			b.Float("to_price", price)
			b.Bool("war", i > 1)
			b.Float("drop", 0.7)
			b.Text("event", "cut")
			b.EndRow()
			price *= 0.3
		}
	}
	return analysis.Result{
		Name: "prices", Tables: []analysis.Table{b.Table()},
		Headlines: []analysis.Headline{{Measure: analysis.Say("column.n_to_free"), Value: analysis.Known(2), Lower: analysis.Unknown("x"), Upper: analysis.Unknown("x"), Unit: "count", Table: "price_events", Row: 3, Column: "event"}},
		Charts:    []analysis.Chart{{Name: "paths", Table: "price_events", Kind: analysis.LineChart, X: "date", Y: []string{"to_price"}, Series: "model", LogY: true, Title: analysis.Say("table.price_paths"), YTitle: analysis.Say("unit.money_per_mtok"), Alt: analysis.Say("method.price_paths")}},
	}
}

func fakeResults() []analysis.Result {
	return []analysis.Result{fakeFunnel(), fakeConcentration(), fakePrices()}
}
