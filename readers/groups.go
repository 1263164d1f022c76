package readers

import (
	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// Some lists have no column of companies: a line that holds a company's name and
// nothing else stands above its models. Where every such line of a table is the name
// of a company, and the first of them stands above the first model, the lines say
// whose the rows below them are. Other lines (第一批, 一、通用大模型, Open models) say
// nothing that a table holds.

// makers are names that companies of the field begin with, folded. It decides what a
// line between rows is, and nothing else: names stay as typed.
var makers = lazily(`^(?:openai|anthropic|google|deepmind|meta|microsoft|azure|amazon|aws|mistral|cohere|xai|nvidia|apple|perplexity|ai21|together|groq|fireworks|replicate|01\.ai|零一万物|百度|阿里|通义实验室|字节|火山引擎|抖音|腾讯|华为|科大讯飞|讯飞|智谱|月之暗面|moonshot|minimax|稀宇|百川|阶跃星辰|stepfun|商汤|深度求索|deepseek|三六零|360|奇虎|昆仑万维|昆仑|快手|京东|网易|美团|小米|vivo|oppo|荣耀|面壁|无问芯穹|硅基流动|siliconflow|出门问问|云从|云知声|达观|澜舟|智源|上海人工智能实验室|中国移动|中国电信|中国联通|浪潮|好未来|作业帮|知乎|baidu|alibaba|bytedance|volcengine|tencent|huawei|iflytek|zhipu|z\.ai|baichuan|sensetime)` +
	`(?:[（(].*[)）]|智能云|智能|集团|科技|公司|云|ai|在线|大模型|星辰|cloud|inc\.?|group|[\s/、&,，]|ai实验室)*$`)

// companyLines finds the lines that name the companies of the rows below them, by
// their row; nil where there are none or they are something else.
func (r *region) companyLines(p *plan) map[int]analysis.Place {
	if !r.has(roleModel) || r.has(roleCompany) || r.end-r.bottom > 5000 {
		return nil
	}
	lines := map[int]analysis.Place{}
	first := true
	for row := r.bottom + 1; row <= r.end; row++ {
		filled, col := r.filled(row)
		if filled == 0 {
			continue
		}
		cell := r.cell(row, col)
		text := normText(cell.Text)
		line := filled == 1 && cell.Kind == ooxml.Text && (col == r.first || col == r.one(roleModel).col) && !isNote(text) && !isTotal(text)
		switch {
		case first && !line:
			return nil
		case line && row == r.end:
			// a remark below the table
		case line && !makers.MatchString(foldKey(text)) && !legalName.MatchString(text):
			if below, _ := r.filled(row + 1); below > 1 {
				return nil
			}
		case line:
			lines[row] = analysis.Place{Row: row, Col: col}
		}
		first = false
	}
	return lines
}

// companyAbove is the company that the line above a row names, and where.
func (r *region) companyAbove(row int) (string, analysis.Place) {
	if len(r.lines) == 0 {
		return "", analysis.Place{}
	}
	for ; row > r.bottom; row-- {
		if at, ok := r.lines[row]; ok {
			return r.text(at.Row, at.Col), at
		}
	}
	return "", analysis.Place{}
}
