package analysis

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// headline finds a headline by its key.
func headline(t *testing.T, r Result, key string) (Headline, bool) {
	t.Helper()
	i := slices.IndexFunc(r.Headlines, func(h Headline) bool { return h.Measure.Key == key })
	if i < 0 {
		return Headline{}, false
	}
	return r.Headlines[i], true
}

// Three models move in USD, none of them from the first month to the last; two in
// CNY do. The headlines both speak of USD.
func TestHeadlinesOfPricesAreOfOneCurrency(t *testing.T) {
	rows := "model|date|date_grain|kind|price|currency"
	for i := range 3 {
		rows += fmt.Sprintf("\nU%d|2024-%02d-01|month|input|10|USD\nU%d|2024-%02d-01|month|input|5|USD", i, i+1, i, i+2)
	}
	for i := range 2 {
		rows += fmt.Sprintf("\nC%d|2024-01-01|month|input|10|CNY\nC%d|2024-06-01|month|input|10|CNY", i, i)
	}
	ts := Tables{"prices": given(t, "prices", rows)}
	p := DefaultParams()
	p.AsOf = DateOf(2024, 6, 30)
	median, ok := headline(t, sound(t, PriceAnalysis, ts, p), "headline.median-change")
	index, has := headline(t, sound(t, PriceIndexAnalysis, ts, p), "headline.index")
	if !ok || !has || fmt.Sprint(median.Measure.Args) != fmt.Sprint(index.Measure.Args[:2]) {
		t.Errorf("the median change speaks of %v, the index of %v", median.Measure.Args, index.Measure.Args)
	}
}

// A frontier of two points, and one of many points of a single model, say that
// they are short.
func TestShortFrontierSaysSo(t *testing.T) {
	scores := "subject|subject_kind|metric|value|unit|period|period_grain\nA|model|score|10|points|2024-01-01|day\nB|model|score|10|points|2024-01-01|day"
	for name, c := range map[string]struct {
		prices string
		few    bool
	}{
		"one model":   {"A|2024-01-01|5\nA|2024-02-01|4\nA|2024-03-01|3\nA|2024-04-01|2\nA|2024-05-01|1\nB|2024-05-01|9", true},
		"two points":  {"A|2024-01-01|5\nB|2024-02-01|4", true},
		"four points": {"A|2024-01-01|5\nB|2024-02-01|4\nA|2024-03-01|3\nB|2024-04-01|2", false},
	} {
		rows := "model|date|price|kind|date_grain|currency\n" + strings.ReplaceAll(c.prices, "\n", "|flat|day|CNY\n") + "|flat|day|CNY"
		r := sound(t, FrontierAnalysis, Tables{"prices": given(t, "prices", rows), "metrics": given(t, "metrics", scores)}, may("2024-12-31"))
		want := any(nil)
		if c.few {
			want = fewPoints
		}
		holds(t, from(r, "price_frontier_trend"), "tier=score ≥ 10", "caution", want)
		h, ok := headline(t, r, "headline.frontier")
		if !ok || (h.Note.Key == "note.frontier-few") != c.few || fmt.Sprint(h.Measure.Args[1]) != "CNY" {
			t.Errorf("%s: headline %v, note %s", name, h.Measure, h.Note.Key)
		}
	}
}

// 1.2, a slip of 120, and 1.2 again: the return is a cut by the definition, and
// says that a jump stands beside it; so do the path and the headline. A deep cut
// that stays is no slip.
func TestReturnFromAJumpIsFlagged(t *testing.T) {
	ts := Tables{"prices": given(t, "prices", `model|company|date|date_grain|kind|price|currency
		A|X|2024-01-01|day|input|1.2|CNY
		A|X|2024-02-01|day|input|120|CNY
		A|X|2024-03-01|day|input|1.2|CNY
		B|Y|2024-01-01|day|input|20|CNY
		B|Y|2024-03-01|day|input|0.5|CNY`)}
	r := sound(t, PriceAnalysis, ts, may("2024-12-31"))
	holds(t, from(r, "price_events"), "model=A,event=jump", "caution", nil)
	holds(t, from(r, "price_events"), "model=A,event=cut", "caution", besideJump)
	holds(t, from(r, "price_events"), "model=B,event=cut", "caution", nil)
	holds(t, from(r, "price_paths"), "model=A", "caution", "few_points, beside_jump")
	h, ok := headline(t, r, "headline.cuts")
	if !ok || h.Note.Key != "note.cuts-doubtful" || h.Note.Args[0] != "1" {
		t.Errorf("the headline of cuts says %v", h.Note)
	}
}

// Spend stated for one region only is all there is; of several regions none is
// the whole.
func TestSpendOfRegions(t *testing.T) {
	spend := func(regions ...string) Table {
		rows := "subject|subject_kind|region|metric|value|unit|period|period_grain"
		for _, r := range regions {
			rows += "\nA|model|" + r + "|marketing_spend|300|CNY|2024-04-01|month\nB|model|" + r + "|marketing_spend|600|CNY|2024-04-01|month"
		}
		return given(t, "metrics", rows)
	}
	for _, c := range []struct {
		regions []string
		want    any
	}{{[]string{"中国"}, 300 / 30. * 365.25 / 12}, {[]string{"", "中国"}, 300 / 30. * 365.25 / 12}, {[]string{"中国", "美国"}, nil}} {
		f := from(sound(t, ForcesAnalysis, Tables{"metrics": spend(c.regions...), "filings": given(t, "filings", "model|filed\nA|2024-01-01\nB|2024-01-01"),
			"prices": given(t, "prices", "model|date|date_grain|kind|price|currency\nA|2024-01-01|day|input|1|CNY")}, may("2024-12-31")), "forces")
		holds(t, f, "model=A", "spend_per_month", c.want)
	}
}

func TestSaysReasoning(t *testing.T) {
	for _, name := range []string{"DeepSeek-R1", "o1-preview", "openai/o3-mini", "QwQ-32B", "Qwen3-235B-Thinking", "推理模型", "深度思考模型", "deepseek-reasoner", "DeepSeek-R1-Distill-Qwen-32B", "grok-3 Reasoning"} {
		if !SaysReasoning(name) {
			t.Errorf("%s does not say that it reasons", name)
		}
	}
	for _, name := range []string{"GPT-4o", "DeepSeek-V3", "Command R+", "command-r-08-2024", "Kimi", "k0-math", "通用大模型", "Qwen3 non-thinking", "非推理模型", "推理服务", "pro1", "Gemini 2.0 Flash", ""} {
		if SaysReasoning(name) {
			t.Errorf("%s says that it reasons", name)
		}
	}
}

// A reasoning model is flagged, by name or by category, and is in the trend of
// blended prices only where the settings want it.
func TestReasoningModelsAreFlagged(t *testing.T) {
	ts := Tables{
		"prices": given(t, "prices", `model|date|date_grain|kind|price|currency
			A|2024-01-01|day|flat|10|CNY
			B|2024-02-01|day|flat|8|CNY
			C-R1|2024-03-01|day|flat|1|CNY
			D|2024-04-01|day|flat|0.5|CNY`),
		"metrics": given(t, "metrics", `subject|subject_kind|category|metric|value|unit|period|period_grain
			A|model||score|10|points|2024-01-01|day
			B|model||score|10|points|2024-01-01|day
			C-R1|model||score|10|points|2024-01-01|day
			D|model|推理模型|score|10|points|2024-01-01|day`),
	}
	p := may("2024-12-31")
	r := sound(t, FrontierAnalysis, ts, p)
	holds(t, from(r, "price_frontier_trend"), "tier=score ≥ 10", "n_points", 2, "n_models", 2, "n_reasoning", 2, "endpoint_factor", 1.25)
	for model, want := range map[string]bool{"A": false, "B": false, "C-R1": true, "D": true} {
		holds(t, from(r, "price_blended"), "model="+model, "reasoning", want)
		holds(t, from(sound(t, ModelsAnalysis, ts, p), "models"), "model="+model, "reasoning", want)
	}
	var findings []Finding
	if p, findings = ApplySettings(p, given(t, "settings", "key|value\n推理模型计入趋势|是")); len(findings) > 0 || !p.ReasoningInTrend {
		t.Fatalf("the setting is not understood: %v", findings)
	}
	holds(t, from(sound(t, FrontierAnalysis, ts, p), "price_frontier_trend"), "tier=score ≥ 10", "n_points", 4, "n_reasoning", 0, "endpoint_factor", 20.)
}
