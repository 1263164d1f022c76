package readers

import (
	"strings"

	"shakeout/analysis"
)

// what the surroundings of a table say, nearest first: its captions, the
// sheet's titles, the sheet's name, the file's name.
type surroundings struct {
	lines []said
}

type said struct {
	text string
	from string // title, sheet, file
}

func (r *region) surroundings() surroundings {
	var w surroundings
	for _, t := range r.captions {
		w.lines = append(w.lines, said{simplify(t), "title"})
	}
	for _, t := range r.titles {
		w.lines = append(w.lines, said{simplify(t), "title"})
	}
	w.lines = append(w.lines, said{simplify(r.name), "sheet"}, said{simplify(stem(r.file)), "file"})
	return w
}

// stem is a file name without its folder and extension.
func stem(file string) string {
	file = file[strings.LastIndexAny(file, `/\`)+1:]
	if i := strings.LastIndexByte(file, '.'); i > 0 {
		return file[:i]
	}
	return file
}

// period is the nearest period that is stated.
//
// A sheet named by a part of the year alone (5月, Q2, W18) states it together with
// the year that another line states.
func (w surroundings) period() (Period, string, bool) {
	part := ""
	for _, l := range w.lines {
		if l.from == "sheet" && (partHeader.MatchString(foldKey(l.text)) || weekName.MatchString(foldKey(l.text))) {
			part = l.text
		}
	}
	for _, l := range w.lines {
		if l.from == "note" {
			continue
		}
		p, ok := parsePeriod(l.text)
		if !ok {
			p, ok = findPeriod(l.text)
		}
		if !ok && part != "" {
			p, ok = parsePeriod(bareYear.FindString(l.text))
		}
		if !ok && l.from != "title" {
			p, ok = findPeriod(dashBeforeYear.ReplaceAllString(l.text, "$1 $2")) // prices-2024-05
		}
		if !ok {
			continue
		}
		if part != "" && p.Grain == analysis.Year {
			if q, good := withinYear(p, part); good {
				return q, "sheet", true
			}
		}
		return p, l.from, true
	}
	// KPIs 2024: a year that stands by itself, where nothing says more.
	for _, l := range w.lines {
		if l.from == "file" || isNote(l.text) {
			continue
		}
		if years := yearAlone.FindAllStringSubmatch(l.text, -1); len(years) == 1 {
			if p, ok := parsePeriod(years[0][1]); ok {
				return p, l.from, true
			}
		}
	}
	return Period{}, "", false
}

var (
	bareYear       = lazily(`\b20\d\d\b`)
	yearAlone      = lazily(`(?:^|[\s(（,，:：])(20[12]\d)(?:$|[\s)）,，:：])`)
	weekName       = lazily(`^(?:w\d{1,2}|第?\d{1,2}周)$`)
	dashBeforeYear = lazily(`(\p{L})[-.](20\d\d)`)
)

// unit is the nearest unit that is stated for the whole table: by a unit line,
// or in a bracket of a title. A unit that does not suit is passed over.
func (w surroundings) unit(suits func(Unit) bool) (Unit, string, bool) {
	for _, l := range w.lines {
		if l.from == "file" {
			continue
		}
		l.text = unlessStated.ReplaceAllString(l.text, "")
		if u, ok := unitLine(l.text); ok && suits(u) {
			return u, l.from, true
		}
		if _, text := splitHeader(l.text); text != "" {
			if u, ok := parseUnit(text); ok && suits(u) {
				return u, l.from, true
			}
		}
		for _, m := range brackets.FindAllStringSubmatch(l.text, -1) {
			if u, ok := parseUnit(m[1]); ok && suits(u) {
				return u, l.from, true
			}
		}
		if m := perTokensIn.FindString(l.text); m != "" {
			if u, ok := parseUnit(m); ok && suits(u) {
				return u, l.from, true
			}
		}
		for _, piece := range strings.FieldsFunc(l.text, func(c rune) bool { return strings.ContainsRune(",，;；、:：|", c) }) {
			if u, ok := parseUnit(piece); ok && suits(u) {
				return u, l.from, true
			}
		}
	}
	return Unit{}, "", false
}

// unlessStated is what a unit of a title excepts: columns with a unit of their own.
var unlessStated = lazily(`(?i)[,，;；]?\s*(?:unless (?:otherwise )?(?:stated|noted|indicated|specified)|except where (?:stated|noted)|除(?:另有|特别)?(?:注明|说明|标注)(?:者|的)?(?:之)?外)`)

var brackets = lazily(`[(（\[【]([^)）\]】]*)[)）\]】]`)

// side is input, output or cached_input where the surroundings name one side
// and no other; else flat.
func (w surroundings) side() string {
	for _, l := range w.lines {
		t := notSides.ReplaceAllString(strings.ToLower(l.text), "")
		in := strings.Contains(t, "输入") || wordIn(t, "input") || wordIn(t, "prompt")
		out := strings.Contains(t, "输出") || wordIn(t, "output") || wordIn(t, "completion")
		cached := strings.Contains(t, "缓存") || wordIn(t, "cached") || wordIn(t, "cache")
		switch {
		case in && out:
			return "flat"
		case cached:
			return "cached_input"
		case in:
			return "input"
		case out:
			return "output"
		}
	}
	return "flat"
}

// notSides are words of a title that hold the name of a side and name none.
var notSides = lazily(`缓存未命中|未命中缓存|cache miss|输入(?:长度|token数|tokens数|上下文)|输出(?:长度|速度|token数|tokens数)|(?:input|output) (?:length|speed|limit)`)

// speaksOfPrices reports whether the surroundings say that numbers are prices.
func (w surroundings) speaksOfPrices() bool {
	for _, l := range w.lines {
		if l.from == "file" {
			continue
		}
		t := strings.ToLower(l.text)
		if strings.Contains(t, "价格") || strings.Contains(t, "单价") || strings.Contains(t, "定价") || strings.Contains(t, "刊例价") ||
			wordIn(t, "price") || wordIn(t, "prices") || wordIn(t, "pricing") {
			return true
		}
	}
	return false
}

// stock reports whether the surroundings say that counts are totals up to a day.
func (w surroundings) stock() bool {
	for _, l := range w.lines {
		if l.from != "file" && saysStock(l.text) {
			return true
		}
	}
	return false
}

// saysStock reports a text that makes a count a stock: 累计, 截至, as of.
func saysStock(text string) bool {
	t := simplify(strings.ToLower(text))
	return strings.Contains(t, "累计") || strings.Contains(t, "截至") || strings.Contains(t, "截止") || wordIn(t, "as of") || wordIn(t, "cumulative") || wordIn(t, "to date")
}

// metric is the metric that the surroundings name, for a table whose cells are
// one metric that no header says. fraction says whether the cells are percents,
// small whether all could be fractions: 各公司日均Token份额 is a share only when they
// are. In a line the name that ends last is what the line speaks of, and of two
// that end together the longer. What follows the name may make it another thing:
// 月活增长率 is no 月活. Unit lines name no metric.
func (w surroundings) metric(fraction, small bool) (name, from string, ok bool) {
	for _, l := range w.lines {
		if _, unit := unitLine(l.text); unit || isNote(l.text) {
			continue
		}
		folded, lower := foldKey(l.text), strings.ToLower(normText(l.text))
		var best *metricName
		end, length := 0, 0
		for i := range metricNames {
			m := &metricNames[i]
			for _, s := range strings.Split(m.spellings+"|"+m.inTitles, "|") {
				if len([]rune(s)) < 2 || isASCII(s) && !wordIn(lower, strings.ToLower(s)) {
					continue
				}
				k := foldKey(s)
				at := strings.LastIndex(folded, k)
				if at < 0 {
					continue
				}
				if e := at + len(k); e > end || e == end && len(k) > length {
					end, length, best = e, len(k), m
				}
			}
		}
		if best == nil || anotherMetric.MatchString(folded[end:]) {
			continue
		}
		switch share := best.unit == "fraction"; {
		case share && (fraction || small), !share && !fraction:
			return best.name, l.from, true
		}
	}
	return "", "", false
}

// anotherMetric is what makes the name before it the name of another metric.
var anotherMetric = lazily(`^(?:的|数|量|人数|规模|总量|总数)*(?:环比|同比|增长|增速|增幅|变化|占比|份额|市占|比例|比重|率|成本|费用|单价|价格|均价|目标|预测|预计|预估|缺口|收入|时长|次数|growth|share|rate|change|forecast|target|cost|price|time|per)`)

// aboutWords are what a caption says beside the name it speaks of, or instead of
// one.
var (
	aboutTail  = lazily(`(?i)(的)?(主要|核心|关键|运营|经营|用户|财务|业务|收入|营收|流量|月度|季度|年度|历年|近年)*(指标|数据|概况|情况|一览|metrics|figures|data|kpis?|indicators|overview)$`)
	aboutWords = lazily(`(?i)[表图]|统计|分布|对比|比较|汇总|合计|趋势|变化|排名|榜|价格|报价|份额|占比|数量|规模|行业|市场|全国|全球|大模型|模型|用户|产品|公司|应用|备案|调用|指标|数据|单位|主要|各|及|与|、|，|,|：|:|table|figure|market|industry|models?\b|users?\b|companies|products|pricing|prices?|share|summary|trend|by |of |per |in |and `)
	numbering  = lazily(`^(?:[一二三四五六七八九十]+、|（[一二三四五六七八九十]+）|\([0-9]+\)|[0-9]+[.、]\s*)`)
)

// subjectIn is the company or product that a caption names when it names nothing
// else, such as Kimi or 豆包主要指标; else "".
func subjectIn(caption string) string {
	t := numbering.ReplaceAllString(normText(caption), "")
	t = normText(brackets.ReplaceAllString(t, ""))
	if _, unit := unitLine(t); unit {
		return ""
	}
	t = withoutMetric(normText(aboutTail.ReplaceAllString(t, "")))
	if ofOneMaker.MatchString(foldKey(t)) {
		return t
	}
	if t == "" || len([]rune(t)) > 20 || len(strings.Fields(t)) > 3 || aboutWords.MatchString(t) || isNumeric(t) || isMarket(t) {
		return ""
	}
	if _, ok := findPeriod(t); ok {
		return ""
	}
	if _, ok := lookUp(t); ok {
		return ""
	}
	return t
}

// ofOneMaker is a product or company of the field and nothing else, folded: 豆包大模型 is
// one product, though 大模型 alone is what captions say of many.
var ofOneMaker = lazily(`^(?:chatgpt|claude|gemini|llama|qwen|deepseek|kimi|mistral|grok|perplexity|copilot|openai|anthropic|文心一言|文小言|文心|通义千问|通义|豆包|千问|智谱清言|智谱|讯飞星火|百川|腾讯元宝|元宝|混元|盘古|星火|商汤|月之暗面|minimax|海螺|字节跳动|字节|百度|阿里巴巴|阿里云|阿里|腾讯|华为|科大讯飞|快手可灵|可灵|即梦|纳米ai|夸克|阶跃星辰|零一万物)(?:ai|智能)?(?:大模型|模型|app|智能助手|助手|公司|集团|智能|科技)?$`)

// withoutMetric takes the name of a metric off the end of a caption: Kimi月活 speaks of
// Kimi.
func withoutMetric(t string) string {
	lower, longest := strings.ToLower(t), 0
	for i := range metricNames {
		for _, s := range strings.Split(metricNames[i].spellings+"|"+metricNames[i].inTitles, "|") {
			if len(s) > longest && len(s) < len(lower) && strings.HasSuffix(lower, strings.ToLower(s)) && len(lower) == len(t) {
				longest = len(s)
			}
		}
	}
	if longest == 0 {
		return t
	}
	return strings.TrimRight(t[:len(t)-longest], " 的-—:：")
}

// register is which register a table's filings stand in, or "".
func register(texts ...string) string {
	for _, t := range texts {
		l := simplify(strings.ToLower(t))
		switch {
		case strings.Contains(l, "算法备案") || strings.Contains(l, "深度合成") || strings.Contains(l, "algorithm"):
			return "algorithm"
		case strings.Contains(l, "登记") || strings.Contains(l, "registered app"):
			return "registered_app"
		case strings.Contains(l, "生成式") || strings.Contains(l, "大模型备案") || strings.Contains(l, "generative"):
			return "generative_ai"
		}
	}
	return ""
}

// wordIn reports whether lower-case text holds a word or phrase between ASCII
// word borders.
func wordIn(text, word string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return false
		}
		i += from
		end := i + len(word)
		if (i == 0 || !wordByte(text[i-1])) && (end == len(text) || !wordByte(text[end])) {
			return true
		}
		from = i + 1
	}
}

func wordByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_'
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
