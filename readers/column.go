package readers

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// column is one sheet column of a region: what its header says and what the
// cells below it are like.
type column struct {
	col    int
	header string         // as typed, the lowest header cell
	at     analysis.Place // of that cell

	role   role
	rank   int
	metric string  // name, for roleMeasure
	side   string  // of an old or new price: input, output, cached_input, or ""
	period *Period // stated by a header cell
	unit   Unit
	weak   Unit   // what a field name implies, where nothing on the sheet says more
	from   string // where the unit came from: header, cell, title, sheet, column
	over   string // a heading above the name that is no header, unit or period: 豆包 over MAU
	whose  string // subject that it names
	place  string // region that it names
	part   string // a month, quarter or week of no year above or below the name (MAU over 1月)
	group  string // headings above the header, for side and metric
	bare   bool   // the header is a period and nothing else

	percent bool // bare numbers are percent points

	marks int            // cells that say new instead of a number
	mark  analysis.Place // the first of them
	cells cellCounts
}

// cellCounts is what a column's cells are like.
type cellCounts struct {
	numbers  int // plain numbers, and texts that say one
	percents int // numbers whose format or text shows percent
	above    int // numbers that are more than 100
	years    int // plain whole numbers that could be years
	dates    int // real dates, and texts that are a period
	texts    int // texts that say no number
	prices   int // texts that say a price with its per-token unit
	presence int // marks such as ✔
}

// resolve reads the header cells of each column of a region.
func (r *region) resolve() {
	for col := r.first; col <= r.last; col++ {
		r.columns = append(r.columns, r.readHeader(col))
	}
	r.unitsAbove()
	for _, c := range r.columns {
		r.sample(c)
	}
	for _, c := range r.columns {
		r.settle(c)
	}
	r.settleIDs()
	r.settleMetrics()
	r.guessSubject()
	r.nameCorner()
}

// unitsAbove takes units from the row right above the headers, where it holds nothing
// but units, each over its column.
func (r *region) unitsAbove() {
	units := r.rowOfUnits(r.top - 1)
	for _, c := range r.columns {
		if u, ok := units[c.col]; ok && c.from == "" {
			c.unit, c.from = u, "header"
		}
	}
}

// rowOfUnits are the units of a row that holds nothing else, by column; nil where it
// holds anything else, or one unit alone.
func (r *region) rowOfUnits(row int) map[int]Unit {
	if row < 1 {
		return nil
	}
	units := map[int]Unit{}
	for col := r.first; col <= r.last; col++ {
		text := r.text(row, col)
		if text == "" {
			continue
		}
		u, ok := parseUnit(strings.Trim(text, "()（）[]【】 "))
		if !ok {
			return nil
		}
		units[col] = u
	}
	if len(units) < 2 {
		return nil
	}
	return units
}

// settleMetrics makes a column of metrics of one whose header does not say so (系列,
// 类型) but whose cells are the names of metrics.
func (r *region) settleMetrics() {
	if r.has(roleMetric) {
		return
	}
	for _, c := range r.columns {
		if c.role != "" && c.role != roleCategory || c.header == "" || c.cells.texts < 2 {
			continue
		}
		metrics, others := 0, 0
		for row := r.bottom + 1; row <= min(r.end, r.bottom+sampleRows); row++ {
			text := r.typed(r.cell(row, c.col))
			if text == "" || isTotal(text) || isNote(text) {
				continue
			}
			name, _ := splitHeader(text)
			if _, unit := metricOf(name); unit != "" {
				metrics++
			} else {
				others++
			}
		}
		if metrics > others {
			c.role, c.rank = roleMetric, 1
			r.find(analysis.Noted, "subject-guessed", c.at.Row, c.at.Col, c.header, analysis.Say("role.metric"))
			return
		}
	}
}

// guessSubject makes an unknown column of names left of the metrics of a long table the
// subject, where no other column is, and says so: read without it each name's numbers
// would be the market's.
func (r *region) guessSubject() {
	metric := r.one(roleMetric)
	if metric == nil || r.has(roleModel, roleCompany, roleRegion) {
		return
	}
	for _, c := range r.columns {
		if c.col >= metric.col {
			return
		}
		if c.role == "" && c.header != "" && c.cells.texts > 1 && c.cells.numbers+c.cells.dates+c.cells.presence == 0 && r.differs(c) {
			c.role, c.rank = roleModel, 9
			r.find(analysis.Noted, "subject-guessed", c.at.Row, c.at.Col, c.header, analysis.Say("role.model"))
			return
		}
	}
}

// settleIDs makes a column ID the model where its cells are names and a display name
// stands beside it: openai/gpt-4o names a model, 17 does not.
func (r *region) settleIDs() {
	named := slices.ContainsFunc(r.columns, func(c *column) bool { return c.role == roleModel && c.rank == 4 })
	for _, c := range r.columns {
		if named && c.role == roleNumber && foldKey(c.header) == "id" && c.cells.texts > c.cells.numbers {
			c.role, c.rank = roleModel, 1
		}
	}
}

// nameCorner gives a meaning to a first column without a header beside columns
// of periods: metrics where most of its cells are, else models; and says so.
func (r *region) nameCorner() {
	c := r.columns[0]
	if c.header != "" || c.cells.texts == 0 || slices.ContainsFunc(r.columns, func(o *column) bool { return o.role.subject() }) {
		return
	}
	metrics, names := 0, 0
	for row := r.bottom + 1; row <= min(r.end, r.bottom+sampleRows); row++ {
		text := r.typed(r.cell(row, c.col))
		if text == "" || isTotal(text) || isNote(text) {
			continue
		}
		name, _ := splitHeader(text)
		if _, unit := metricOf(name); unit != "" {
			metrics++
		} else {
			names++
		}
	}
	c.role = roleModel
	if metrics > names {
		c.role = roleMetric
	}
	r.find(analysis.Noted, "subject-guessed", c.at.Row, c.at.Col, "", analysis.Say("role."+string(c.role)))
}

func (r *region) readHeader(col int) *column {
	c := &column{col: col, at: analysis.Place{Row: r.bottom, Col: col}}
	if r.unmerged[col] {
		c.header, c.role = r.text(r.bottom, col), roleUnused
		r.find(analysis.Skipped, "heading-not-merged", r.bottom, col, c.header)
		return c
	}
	var names []string
	var year *Period
	seen := analysis.Place{}
	for row := r.top; row <= r.bottom; row++ {
		cell, at := r.shown(row, col)
		if cell.Kind == ooxml.Blank || at == seen || at.Row < r.top {
			continue
		}
		seen = at
		typed := r.typed(cell)
		c.header, c.at = typed, at
		p, ok := r.period(cell)
		if cell.Kind == ooxml.Text {
			// 2024年12月（万亿）, 2024年5月（月活）: what is beside the period counts.
			if q, beside, is := periodBeside(typed); is {
				if u, good := parseUnit(beside); good {
					c.unit, c.from = u, "header"
					p, ok = q, true
				} else if _, known := r.header(beside); known {
					p, ok = q, true
					names = append(names, beside)
				}
			}
		}
		if ok && (cell.Kind != ooxml.Number || r.dated(cell) || r.periodNumbers()) {
			if c.period == nil || p.Grain.Fineness() < c.period.Grain.Fineness() {
				c.period = &p
			}
			if p.Grain == analysis.Year {
				year = &p
			}
			continue
		}
		if year != nil {
			if p, ok := withinYear(*year, typed); ok {
				c.period = &p
				continue
			}
		}
		names = append(names, typed)
	}
	if len(names) == 0 {
		c.bare = c.period != nil
		return c
	}
	names = r.takeUnits(c, names)
	if len(names) == 0 {
		c.bare = true
		return c
	}
	if len(names) > 1 && c.period == nil {
		if i := slices.IndexFunc(names, func(name string) bool { return partHeader.MatchString(foldKey(name)) }); i >= 0 {
			c.part = names[i]
			names = slices.Delete(names, i, i+1)
		}
	}
	leaf := names[len(names)-1]
	if c.period == nil {
		leaf = r.periodInside(c, leaf)
	}
	c.group = strings.Join(names[:len(names)-1], " ")
	r.nameColumn(c, leaf)
	// A leaf that says little takes its meaning from the heading above it:
	// 输入 over 价格, MAU over 数值.
	for i := len(names) - 2; i >= 0; i-- {
		above := &column{}
		r.nameColumn(above, names[i])
		if q, dated := findPeriod(names[i]); dated && c.period == nil {
			c.period = &q // 2025年3月数据 over MAU
		} else if above.role == "" && above.from == "" && !dated && c.over == "" {
			c.over = names[i]
		}
		switch {
		case c.role == "" && above.role != "" && !above.role.subject():
			c.role, c.rank, c.metric = above.role, above.rank, above.metric
		case (c.role == roleFlat || c.role == roleValue) && (above.role.price() || above.role == roleMeasure || above.role == roleBefore):
			c.role, c.rank, c.metric, c.side = above.role, above.rank, above.metric, above.side
		case (c.role == roleBefore || c.role == roleNow) && c.side == "":
			c.side = sideOf(above.role) // 原价 and 现价 under 输入
		case (above.role == roleBefore || above.role == roleNow) && sideOf(c.role) != "":
			c.role, c.side = above.role, sideOf(c.role) // 输入 under 调价前
		}
		if c.from == "" && above.from != "" {
			c.unit, c.from = above.unit, "header"
		}
	}
	if c.role.price() || c.role == roleBefore {
		full := simplify(strings.ToLower(c.group + " " + leaf))
		if otherPrice.MatchString(full) || otherModality.MatchString(full) && !strings.Contains(full, "文本") && !wordIn(full, "text") {
			c.role = roleNotPrice
		}
	}
	return c
}

// periodBeside takes a header apart that is a period and something beside it, in a
// bracket or after a space.
func periodBeside(text string) (p Period, beside string, ok bool) {
	if len(text) > maxTitle {
		return p, "", false
	}
	m := tailBracket.FindStringSubmatch(text)
	if m == nil {
		m = tailWord.FindStringSubmatch(text)
	}
	if m == nil {
		return p, "", false
	}
	p, ok = parsePeriod(m[1])
	return p, m[2], ok
}

// otherPrice names prices of other products: batch, off-peak, fine-tuning, writing
// to a cache. They are no input prices.
var otherPrice = lazily(`批量|批处理|离线|微调|精调|训练|夜间|错峰|闲时|低峰|低谷|非高峰|优惠|折扣|折后|促销|活动价|会员价|缓存写入|写入缓存|缓存创建|缓存存储|\b(batch|off-?peak|fine-?tun\w*|training|discount(ed)?|promo\w*|cache (write|storage|creation)s?)\b`)

// otherModality names prices of other things than text. Of several prices by
// modality the one for text counts.
var otherModality = lazily(`音频|语音|图片|图像|视频|多模态|\b(audio|speech|images?|video|vision)\b`)

// takeUnits takes header cells that are units and nothing else (元/千tokens under
// 输入) off the names of a column, the last of them as its unit. One name stays,
// unless the header also states a period. A column that says nothing but what a
// price is per holds prices.
func (r *region) takeUnits(c *column, names []string) []string {
	var kept []string
	for _, name := range names {
		u, ok := parseUnit(strings.Trim(normText(name), "()（）[]【】 "))
		if _, known := r.header(name); ok && !known {
			c.unit, c.from = u, "header"
			continue
		}
		kept = append(kept, name)
	}
	if len(kept) == 0 && c.period == nil {
		if c.unit.PerTokens > 0 && c.unit.Currency != "" {
			c.role = roleFlat
		} else {
			c.unit, c.from = Unit{}, ""
		}
		return names
	}
	return kept
}

// periodInside takes a period out of a header that also names a metric: MAU May
// 2024 (mn), 2024年5月月活. The rest is the header's name; a text that is known as
// it stands keeps its period.
func (r *region) periodInside(c *column, text string) string {
	if _, ok := find(foldKey(text)); ok {
		return text
	}
	at, p, ok := locatePeriod(text)
	if !ok {
		return text
	}
	rest := restOfHeader(text[:at[0]], text[at[1]:])
	if rest == "" {
		return text
	}
	if _, known := r.header(rest); !known {
		return text
	}
	c.period = &p
	return rest
}

// restOfHeader is what a header says beside the period that was taken out of it:
// 截至 before it and an empty bracket around it say no more.
func restOfHeader(before, after string) string {
	before = asOfWords.ReplaceAllString(normText(before), "")
	if open := strings.LastIndexAny(before, "(（"); open >= 0 && strings.IndexAny(before[open:], ")）") < 0 {
		// The period stood in a bracket: what else is in it stays, a unit.
		mark := before[open:]
		inner := strings.TrimLeft(strings.TrimLeft(strings.TrimSpace(mark), "(（"), ",，;；、 ")
		tail := strings.TrimLeft(after, ",，;；、 ")
		if end := strings.IndexAny(tail, ")）"); end >= 0 {
			_, size := utf8.DecodeRuneInString(tail[end:])
			inner = strings.Trim(inner+" "+tail[:end], ",，;；、 ")
			before, after = before[:open], tail[end+size:]
			if inner != "" {
				after = "(" + inner + ")" + after
			}
		}
	}
	return normText(strings.Trim(normText(strings.TrimRight(before, "-_/:：,，·| ")+" "+strings.TrimLeft(after, "-_/:：,，·| ")), "-_/:：,，·| "))
}

var asOfWords = lazily(`(?i)(?:截至|截止至?|截止到|as of|as at)\s*$`)

// periodNumbers reports whether a header cell that is a bare number (2023, 2024.06)
// stands among other periods: one alone is no evidence.
func (r *region) periodNumbers() bool {
	n := 0
	for row := r.top; row <= r.bottom; row++ {
		for col := r.first; col <= r.last; col++ {
			if _, ok := r.period(r.cell(row, col)); ok {
				n++
			}
		}
	}
	return n > 1
}

// datesWithinYear dates the columns whose header is a month or quarter without its
// year (1月, Q2, 上半年) by the year that the surroundings state. Without a year they
// are not read: a metric named 1月 would be none.
func (r *region) datesWithinYear(p *plan) {
	for _, c := range r.columns {
		if betweenPeriods.MatchString(foldKey(c.header)) {
			r.find(analysis.Noted, "column-follows", c.at.Row, c.at.Col, c.header)
			c.role, c.metric, c.period = roleUnused, "", nil
			continue
		}
		if c.part != "" && r.yearsDown() {
			continue
		}
		if c.part != "" {
			if q, ok := withinYear(p.period, c.part); ok && p.periodAt != "" {
				c.period = &q
				continue
			}
			r.find(analysis.Skipped, "period-without-year", c.at.Row, c.at.Col, c.part)
			c.role, c.metric = roleUnused, ""
			p.refused = p.refused || p.periodAt == ""
			continue
		}
		if c.period != nil || c.role != "" && (c.role != roleMeasure || metricUnit(c.metric) != "") {
			continue
		}
		if m := partInHeader.FindStringSubmatch(c.metric); m != nil && c.role == roleMeasure {
			if q, ok := withinYear(p.period, m[1]); ok && p.periodAt != "" {
				c.period, c.metric = &q, m[2]
				r.nameColumn(c, m[2])
				if c.role == "" {
					c.role, c.metric = roleMeasure, m[2]
				}
				continue
			}
			r.find(analysis.Skipped, "period-without-year", c.at.Row, c.at.Col, c.header)
			c.role, c.metric = roleUnused, ""
			continue
		}
		if !partHeader.MatchString(foldKey(c.header)) {
			continue
		}
		if r.yearsDown() {
			c.part, c.bare, c.role, c.metric = c.header, true, "", "" // each row says its year
			continue
		}
		if p.periodAt == "" {
			p.refused = true
		}
		if p.periodAt != "" {
			if q, ok := withinYear(p.period, c.header); ok {
				c.period, c.bare, c.role, c.metric = &q, true, "", ""
				continue
			}
		}
		r.find(analysis.Skipped, "period-without-year", c.at.Row, c.at.Col, c.header)
		c.role, c.metric = roleUnused, ""
	}
}

// yearsDown reports rows that are dated by a column of years.
func (r *region) yearsDown() bool {
	c := r.one(roleDate)
	if c == nil {
		return false
	}
	years := 0
	for row := r.bottom + 1; row <= min(r.end, r.bottom+sampleRows); row++ {
		cell, _ := r.shown(row, c.col)
		text := r.typed(cell)
		if text == "" || isTotal(text) || isNote(text) {
			continue
		}
		q, ok := r.day(cell)
		if !ok || q.Grain != analysis.Year {
			return false
		}
		years++
	}
	return years > 0
}

// betweenPeriods is a header that names two periods and what lies between them: 9月较5月
// （百分点）, 2025Q3 vs Q2. It follows from the columns of the two.
var betweenPeriods = lazily(`^` + somePeriod + `(?:较|比|相比|对比|相较|相对|vs\.?|versus|over|against|/)(?:于)?` + somePeriod + `(?:的)?(?:变化|变动|增长|增幅|增速|增减|降幅|涨幅|变化率|增长率|差|差异|change|growth|diff(?:erence)?)*(?:[(].*)?$`)

const somePeriod = `(?:(?:19|20)\d\d[-./年]?(?:\d{1,2}月?|第?[一二三四1-4]季度?|q[1-4]|h[12]|[上下]半年)?|\d{1,2}月份?|q[1-4]|h[12]|第?[一二三四1-4]季度?|[上下]半年|去年|上年|上月|今年|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?(?:\d{2}|\d{4})?)`

// partInHeader is a month of no year before the name of a metric: 11月访问量.
var partInHeader = lazily(`^(\d{1,2}月)份?\s*(\p{Han}.*|[A-Za-z].*)$`)

// partHeader is a header that is a part of a year and nothing else, folded.
var partHeader = lazily(`^(?:\d{1,2}月份?|\d{1,2}月\d{1,2}日|[一二三四五六七八九十]{1,2}月份?|第?[一二三四1-4]季度?|q[1-4]|[1-4]q|h[12]|[上下]半年|w\d{1,2}|第?\d{1,2}周|\d{1,2}[/-]\d{1,2}|(?:january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec)\.?)$`)

var wholeYear = lazily(`^(?:全年|年度|全年度|全年累计|fullyear|fy|annual)$`)

// withinYear reads a month, quarter or half under a heading that is a year.
func withinYear(year Period, text string) (Period, bool) {
	if year.Grain == analysis.Year && wholeYear.MatchString(foldKey(text)) {
		return year, true
	}
	y, _, _ := analysis.YearMonthDay(year.First)
	head := analysis.FormatDate(analysis.DateOf(y, 1, 1))[:4]
	for _, whole := range []string{head + "年" + text, head + text, text + " " + head} {
		if p, ok := parsePeriod(whole); ok && p.Grain != analysis.Year {
			return p, true
		}
	}
	return Period{}, false
}

// nameColumn looks a header text up, whole or without its unit.
func (r *region) nameColumn(c *column, text string) {
	name, unitText := text, ""
	k, ok := lookUp(text)
	if n, u := splitHeader(text); u != "" {
		unitText = u
		if whole, exact := find(foldKey(text)); exact {
			k, ok = whole, true
		} else {
			name = n
			k, ok = lookUp(n)
		}
	}
	if !ok && unitText == "" {
		// 1:1 元/千tokens: the name is what stands before the last space.
		if i := strings.LastIndexByte(text, ' '); i > 0 {
			if _, good := parseUnit(text[i+1:]); good {
				if k, ok = lookUp(text[:i]); ok {
					name, unitText = text[:i], text[i+1:]
				}
			}
		}
	}
	if ok {
		c.role, c.rank, c.side = k.role, k.rank, k.side
		if k.metric != nil {
			c.metric = k.metric.name
		}
	} else {
		c.metric = name // as typed, should it turn out to be a measure
	}
	if unitText != "" {
		if u, good := parseUnit(unitText); good {
			c.unit, c.from = u, "header"
		}
	}
	if c.from == "" && percentName.MatchString(text) {
		c.unit, c.from = Unit{Scale: 1, Percent: true, Text: "%"}, "header"
	}
	implied, weak := strings.CutPrefix(k.unit, "~")
	if u, good := parseUnit(implied); good {
		if weak {
			c.weak = u
			return
		}
		if c.from != "" {
			u = c.unit.over(u)
			u.Text = text
		}
		c.unit, c.from = u, "header"
	}
}

// sampleRows is how many rows below the header tell what a column holds.
const sampleRows = 400

func (r *region) sample(c *column) {
	for row := r.bottom + 1; row <= min(r.end, r.bottom+sampleRows); row++ {
		cell, w := r.ownWord(row, c.col)
		switch cell.Kind {
		case ooxml.Number:
			switch f := r.pkg.Format(cell.Style); {
			case f.Date:
				c.cells.dates++
			case f.Percent:
				c.cells.percents++
				c.cells.numbers++
			default:
				c.cells.numbers++
				c.cells.over(cell.Num)
			}
		case ooxml.NoCache, ooxml.Error:
			c.cells.numbers++ // a formula or its error: a number was meant
		case ooxml.Text:
			switch like := w.like(); like.kind {
			case likePresence:
				c.cells.presence++
			case likeDate:
				c.cells.dates++
			case likePrice:
				c.cells.prices++
			case likeText:
				c.cells.texts++
			case likePercent:
				c.cells.numbers++
				c.cells.percents++
			case likeNumber:
				c.cells.numbers++
				c.cells.over(like.value)
			}
		}
	}
}

// over counts a number that is too large for a percentage.
func (n *cellCounts) over(v float64) {
	if v > 100 || v < -100 {
		n.above++
	}
	if v >= 1950 && v <= 2050 && v == math.Trunc(v) {
		n.years++
	}
}

// small reports numbers that all could be percentages.
func (n cellCounts) small() bool { return n.above == 0 }

// isPresence reports a mark that says yes or no and is neither name nor number.
func isPresence(text string) bool {
	switch text {
	case "✔", "✓", "✘", "✗", "×", "√", "○", "●", "Y", "N", "y", "n", "是", "否", "有", "无", "TRUE", "FALSE", "Yes", "No":
		return true
	}
	return false
}

// settle decides what cells alone can tell: whether 上线 heads dates or counts,
// and whether an unknown header heads numbers.
func (r *region) settle(c *column) {
	n := c.cells
	if w, ok := stageWords[foldKey(c.metricText())]; ok {
		if n.numbers > n.dates && w.metric != "" {
			c.role, c.metric = roleMeasure, w.metric
		} else {
			c.role = w.role
		}
	}
	switch {
	case c.role == "" && forecast.MatchString(foldKey(c.header)):
		c.role = roleUnused
		r.find(analysis.Noted, "column-forecast", c.at.Row, c.at.Col, c.header)
	case c.role == roleMeasure && n.dates > n.numbers && n.numbers == 0:
		c.role, c.metric = roleUnused, ""
	case c.role == "" && c.isUnit():
		// 美元 over numbers names a currency, not a metric.
	case c.role == "" && c.metric != "" && n.numbers > 0 && n.years == n.numbers+n.dates:
		// 2019, 2021: years, whatever the header says of them.
	case c.role == "" && c.metric != "" && (n.numbers > n.texts+n.dates) && n.numbers > 0:
		c.role = roleMeasure
		if at, p, ok := locatePeriod(c.metric); ok && c.period == nil {
			if rest := restOfHeader(c.metric[:at[0]], c.metric[at[1]:]); rest != "" {
				c.metric, c.period = rest, &p // 2024年净利润
			}
		}
	case c.role == roleCompany && c.rank == 4 && n.texts > 0 && r.runsOn(c):
		c.role = roleUnused // iOS and Web are where a product runs
	case c.role == roleUnit && foldKey(c.header) == "单位" && n.texts > 0 && r.has(roleModel) && !r.has(roleCompany) && !r.unitsBelow(c):
		c.role, c.rank = roleCompany, 3 // 单位 is also who filed
	case c.role == roleMeasure && c.metric == "change" && c.from == "" && n.percents == 0 && c.col > r.first && r.besideRank(c) && r.smallSteps(c):
		c.role, c.metric = roleNumber, "" // how many ranks up or down
	case c.role == "" && c.header != "" && n.texts > 0 && n.numbers+n.dates+n.prices == 0 && r.perTokensBelow(c):
		c.role, c.rank = roleUnit, 2 // 计价 over 元/百万tokens
	case c.role == roleRegister && n.presence > n.texts, c.role == roleStatus && n.presence > n.texts:
		c.role = roleUnused
	case c.role == roleContext && c.period != nil:
		c.role = roleUnused
	}
}

// unitsBelow reports a column whose cells are units and not names.
func (r *region) unitsBelow(c *column) bool {
	units, names := 0, 0
	for row := r.bottom + 1; row <= min(r.end, r.bottom+sampleRows); row++ {
		text := r.typed(r.cell(row, c.col))
		if text == "" || isMissing(text) {
			continue
		}
		if _, ok := r.priceUnits.ask(text, priceUnit); ok {
			units++
		} else {
			names++
		}
	}
	return units >= names
}

// perTokensBelow reports a column whose cells all say what a price is per.
func (r *region) perTokensBelow(c *column) bool {
	n := 0
	for row := r.bottom + 1; row <= min(r.end, r.bottom+sampleRows); row++ {
		text := r.typed(r.cell(row, c.col))
		if text == "" || isMissing(text) {
			continue
		}
		if u, ok := r.units.ask(text, parseUnit); !ok || u.PerTokens == 0 {
			return false
		}
		n++
	}
	return n > 0
}

// besideRank reports a column right of one of ranks.
func (r *region) besideRank(c *column) bool {
	for _, o := range r.columns {
		if o.col == c.col-1 {
			return o.role == roleNumber && rankWord.MatchString(foldKey(o.header))
		}
	}
	return false
}

var rankWord = lazily(`排名|名次|位次|rank|^#$|^no\.?$`)

// smallSteps reports a column of whole numbers of at most 50: steps in a ranking.
func (r *region) smallSteps(c *column) bool {
	n := 0
	for row := r.bottom + 1; row <= min(r.end, r.bottom+sampleRows); row++ {
		text := r.typed(r.cell(row, c.col))
		if text == "" || isMissing(text) || saysNew(text) || isNote(text) {
			continue
		}
		a, ok := parseAmount(text)
		if !ok || a.Percent || a.Value != math.Trunc(a.Value) || math.Abs(a.Value) > 50 {
			return false
		}
		n++
	}
	return n > 0
}

// runsOn reports a column whose cells are kinds of devices and not companies.
func (r *region) runsOn(c *column) bool {
	for row := r.bottom + 1; row <= min(r.end, r.bottom+sampleRows); row++ {
		text := r.typed(r.cell(row, c.col))
		if text != "" && !isMissing(text) && !devices.MatchString(foldKey(text)) {
			return false
		}
	}
	return true
}

var devices = lazily(`^(?:(?:ios|android|安卓|苹果|web|app|pc|h5|小程序|网页|移动|桌面|desktop|mobile|全平台|双端)(?:端|版)?[/、+&]?)+$`)

// isUnit reports a header that is a unit and nothing else.
func (c *column) isUnit() bool {
	_, ok := parseUnit(c.header)
	return ok
}

// percentName is a field name that says its numbers are percent: share_pct.
var percentName = lazily(`(?i)_(?:pct|percent)$`)

// forecast is the header of what has not been: 2025E, 2026年预测.
var forecast = lazily(`^(?:19|20)\d\d年?(?:[ef](?:$|[^a-z])|\([ef]\))|预测|预计|预估|forecast|estimated|projected`)

// metricText is the header without its unit.
func (c *column) metricText() string {
	if name, unit := splitHeader(c.header); unit != "" {
		return name
	}
	return c.header
}
