package analysis

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// statedStages are the metrics that state how many have reached a stage.
var statedStages = []struct{ stage, metric string }{
	{"filed", "filed_total"}, {"launched", "launched_total"}, {"active", "active_total"},
	{"commercial", "commercial_total"}, {"finalist", "finalist_total"},
}

// statedSegment is the segment of funnels from stated totals; with a region
// "stated=<region>".
const statedSegment = "stated"

// statedCount is one stated total.
type statedCount struct {
	stage int // index into statedStages
	unit  string
	bound string
	value float64
	row   int
}

// unitSpellings are what the units of stated totals are called in an aliases
// table.
var unitSpellings = []struct {
	unit  string
	words []string
}{
	{"services", []string{"services", "service", "服务", "项服务", "备案服务"}},
	{"models", []string{"models", "model", "模型", "个模型", "大模型"}},
}

// mappedUnit is the unit that the workbook's aliases turn a unit into: a row
// that calls services models says that one stands for one. Without such a row
// a unit is itself, and unlike units make no ratio.
func mappedUnit(unit string, names *Names) string {
	for _, from := range unitSpellings {
		if from.unit != unit {
			continue
		}
		for _, word := range from.words {
			for _, to := range unitSpellings {
				if slices.Contains(to.words, names.Key(word)) && names.Key(word) != Fold(word) {
					return to.unit
				}
			}
		}
	}
	return unit
}

// stated writes a funnel for each region and period in which the market states
// two stages or more. Two values of one total: null conflicting_values. If two
// stages share a unit they make the funnel; else every ratio is null
// unit_mismatch. The bound of a conversion is combined from its two counts'.
func (w *funnelWriter) stated(t Table, n *notes) {
	type place struct {
		region string
		at     Moment
		end    Date
	}
	subject, kind, region, metric := t.Text("subject"), t.Text("subject_kind"), t.Text("region"), t.Text("metric")
	period, grain, end := t.Date("period"), t.Text("period_grain"), t.Date("period_end")
	value, unit, bound := t.Float("value"), t.Text("unit"), t.Text("bound")
	totals := map[string]int{}
	for i, s := range statedStages {
		totals[s.metric] = i
	}
	found := map[place][]statedCount{}
	for row := range t.Rows() {
		m, _ := metric.At(row)
		stage, ok := totals[m]
		v, has := value.At(row)
		if !ok || !has || kind.Or(row, "market") != "market" {
			continue
		}
		first, dated := period.At(row)
		at := Moment{first, Grain(grain.Or(row, string(Day)))}
		if !dated || at.After(w.asOf) {
			continue
		}
		p := place{marketRegion(subject.Or(row, ""), region.Or(row, "")), at, end.Or(row, NoDate)}
		found[p] = append(found[p], statedCount{stage, mappedUnit(unit.Or(row, ""), w.names), bound.Or(row, "exact"), v, row})
	}
	places := make([]place, 0, len(found))
	for p := range found {
		places = append(places, p)
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(strings.Compare(a.region, b.region), cmp.Compare(a.at.First, b.at.First),
			cmp.Compare(a.at.Grain.Fineness(), b.at.Grain.Fineness()), cmp.Compare(a.end, b.end))
	})
	for _, p := range places {
		name := statedSegment
		if p.region != "" {
			name += "=" + p.region
		}
		w.statedFunnel(t, name, p.at.Label(), found[p], n)
	}
}

func (w *funnelWriter) statedFunnel(t Table, name, period string, all []statedCount, n *notes) {
	slices.SortFunc(all, func(a, b statedCount) int {
		return cmp.Or(cmp.Compare(a.stage, b.stage), boolFirst(a.unit != "count", b.unit != "count"), strings.Compare(a.unit, b.unit), cmp.Compare(a.value, b.value), strings.Compare(a.bound, b.bound), cmp.Compare(a.row, b.row))
	})
	stagesOf := map[string][]int{}
	for _, c := range all {
		if !slices.Contains(stagesOf[c.unit], c.stage) {
			stagesOf[c.unit] = append(stagesOf[c.unit], c.stage)
		}
	}
	most := ""
	for _, u := range sortedKeys(stagesOf) {
		if len(stagesOf[u]) > len(stagesOf[most]) {
			most = u
		}
	}
	var stages []StageCount
	var picked []statedCount
	var stating [][]int
	var disputed []Finding
	for s := range statedStages {
		of := slices.DeleteFunc(slices.Clone(all), func(c statedCount) bool {
			return c.stage != s || len(stagesOf[most]) > 1 && c.unit != most
		})
		if len(of) == 0 {
			continue
		}
		of = slices.DeleteFunc(of, func(c statedCount) bool { return c.unit != of[0].unit })
		c := StageCount{Stage: statedStages[s].stage, Count: Known(of[0].value), Unit: of[0].unit}
		if last := of[len(of)-1]; !sameValue(of[0].value, last.value) {
			if of = trusted(t, of, w.params.TrustedSheets, func(c statedCount) int { return c.row }); len(of) == 1 {
				c.Count = Known(of[0].value)
			} else {
				c.Count = Unknown(ConflictingValues)
				disputed = append(disputed, conflict(t, of[0].row, last.row))
			}
		}
		stages, picked = append(stages, c), append(picked, of[0])
		var rows []int
		for _, s := range of {
			rows = append(rows, s.row)
		}
		stating = append(stating, rows)
	}
	if len(stages) < 2 {
		return
	}
	for _, f := range disputed {
		n.add(f)
	}
	b, first := w.funnel, w.funnel.Rows()
	funnel := FunnelFromCounts(stages, w.params.Conf)
	for i, s := range funnel {
		b.Text("segment", name)
		b.Text("cohort", period)
		b.Text("unit", stages[i].Unit)
		// A count that is "more than" bounds the ratios that it enters, and opens
		// the limit that such a ratio does not hold.
		step, whole := picked[i].bound, picked[i].bound
		if i > 0 {
			step, whole = ratioBound(picked[i-1].bound, step), ratioBound(picked[0].bound, whole)
		}
		b.Text("count_bound", picked[i].bound)
		b.Text("step_bound", step)
		b.Text("bound", whole)
		s.Step, s.Cumulative = s.Step.opened(step), s.Cumulative.opened(whole)
		funnel[i] = s
		w.conversion(s)
		if s.Count.Ok() {
			b.From("count", Origin{Table: "metrics", Column: "value", Facts: stating[i : i+1]})
		}
		nullAll(b, Undated, "window_conversion", "window_lower", "window_upper", "median_days", "median_lower", "median_upper", "median_completed_days",
			"inferred", "n_mature", "n_immature", "n_window", "n_inferred_dates")
		nullAll(b, Undated, dwellCounts...)
		n1, n0 := Unknown(FirstStage), Unknown(FirstStage)
		if i > 0 {
			n1, n0 = wholeCount(stages[i-1].Count), wholeCount(stages[0].Count)
		}
		maybeInt(b, "n_step", n1)
		maybeInt(b, "n_cumulative", n0)
		if n1.Ok() && n0.Ok() {
			b.Text("caution", fewer(smallN, int(min(n1.Value, n0.Value))))
		}
		b.EndRow()
		at := t.Ref(picked[i].row, "value")
		got := strconv.FormatFloat(picked[i].value, 'f', -1, 64)
		switch s.Step.Estimate.Reason {
		case UnitMismatch:
			n.add(Finding{Effect: Skipped, Code: "funnel-unit-mismatch", At: at, Got: got,
				Args: []any{Say("stage." + s.Stage), unitMessage(stages[i].Unit), Say("stage." + stages[i-1].Stage), unitMessage(stages[i-1].Unit)}})
		case CountIncreases:
			n.add(Finding{Effect: Blanked, Code: "count-increases", At: at, Got: got,
				Args: []any{Say("stage." + s.Stage), Say("stage." + stages[i-1].Stage), stages[i-1].Count.text()}})
		}
	}
	last := len(funnel) - 1
	w.headlines = append(w.headlines, Headline{
		Measure: Say("headline.stated-conversion", Say("stage."+funnel[0].Stage), Say("stage."+funnel[last].Stage), period),
		Value:   funnel[last].Cumulative.Estimate, Lower: funnel[last].Cumulative.Lower, Upper: funnel[last].Cumulative.Upper,
		N: int(stages[0].Count.Value), Unit: "fraction", Table: "funnel", Row: first + last, Column: "cumulative_conversion",
	})
}
