package analysis

import (
	"regexp"
	"strings"
)

// Reasoning models think in tokens that are paid for and not shown, often ten
// times those of the answer, so that their price per token says something else.
// They are flagged where they are known, and left out of the trend of blended
// prices unless Params.ReasoningInTrend asks for them.
//
// Source: methods 5.4 (Epoch AI leaves them out, since tokens per answer differ).

// reasoningWords say so in a name or a category; notReasoning deny it.
var (
	reasoningWords = regexp.MustCompile(`推理|思考|reason|thinking|(?:^|[^a-z0-9])(?:o[134]|r[12]|qwq|qvq)(?:[^a-z0-9]|$)`)
	notReasoning   = regexp.MustCompile(`非推理|非思考|无思考|不思考|关闭思考|\b(?:non|no|not|without|off)[- _]?(?:reason|think)|推理(?:服务|加速|平台|引擎|算力|芯片|成本|卡)`)
)

// SaysReasoning reports whether a name or a category says that a model reasons
// before it answers: DeepSeek-R1, o1-preview, QwQ-32B, Qwen3-Thinking, 推理模型.
func SaysReasoning(text string) bool {
	t := lowered(text)
	return reasoningWords.MatchString(t) && !notReasoning.MatchString(t)
}

// reasonersOf are the models, by folded name, that their name as typed or the
// category of a row of theirs says to reason.
func reasonersOf(ts Tables, names *Names) map[string]bool {
	known := map[string]bool{}
	see := func(table, model string) {
		t := ts[table]
		kind, rows := t.Text("subject_kind"), t.Rows()
		typed, texts := number(t.Text(model), rows)
		category, said := number(t.Text("category"), rows)
		by := make([]bool, len(said))
		for i, c := range said {
			by[i] = SaysReasoning(c)
		}
		key := make([]string, len(texts))
		for i, name := range texts {
			if key[i] = names.Key(name); SaysReasoning(name) || SaysReasoning(names.Name(name)) {
				known[key[i]] = true
			}
		}
		for row := range rows {
			if c := category[row]; c >= 0 && by[c] && typed[row] >= 0 && strings.EqualFold(kind.Or(row, kindModel), kindModel) {
				known[key[typed[row]]] = true
			}
		}
	}
	see("filings", "model")
	see("metrics", "subject")
	see("prices", "model")
	see("releases", "model")
	return known
}
