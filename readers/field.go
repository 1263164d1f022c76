package readers

import (
	"shakeout/readers/ooxml"
)

// fieldWords are words of the field: models, their makers, their registers. A
// table of numbers that holds none of them, and no metric of the list, is about
// something else: a budget, sales, mountains.
var fieldWords = lazily(`(?i)模型|智能|备案|登记|算法|词元|算力|生成式|语音助手|机器人|(?:^|[^a-z])(?:ai|aigc|agi|llms?|gpt|api|apps?|models?|chat\w*|tokens?|benchmarks?|arena)(?:[^a-z]|$)|chatgpt|gpt-?\d|claude|gemini|llama|qwen|deepseek|kimi|mistral|openai|anthropic|文心|通义|豆包|千问|智谱|讯飞|百川|混元|盘古|星火|商汤|月之暗面|minimax|字节|百度|阿里|腾讯|大厂`)

// ofTheField reports a table of metrics that has to do with models: it measures
// something of the list, or it or what stands around it speaks of them.
func (r *region) ofTheField(p *plan) bool {
	if p.metric != "" {
		return true
	}
	for _, c := range p.measures {
		if metricUnit(c.metric) != "" {
			return true
		}
	}
	for _, l := range p.around.lines {
		if fieldWords.MatchString(l.text) {
			return true
		}
	}
	for _, c := range r.columns {
		if fieldWords.MatchString(c.header) || fieldWords.MatchString(c.group) {
			return true
		}
		for row := r.bottom + 1; row <= min(r.end, r.bottom+40); row++ {
			cell := r.cell(row, c.col)
			if cell.Kind != ooxml.Text || len(cell.Text) > maxTitle {
				continue
			}
			if c.role == roleMetric {
				name, _ := splitHeader(normText(cell.Text))
				if _, unit := metricOf(name); unit != "" {
					return true
				}
			}
			if fieldWords.MatchString(cell.Text) {
				return true
			}
		}
	}
	return false
}
