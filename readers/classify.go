package readers

import (
	"cmp"
	"slices"
	"strings"

	"shakeout/analysis"
)

// plan says which tables a region gives and which columns take part.
type plan struct {
	tables   []string  // canonical names, in the order of analysis.InputTables
	prices   []*column // columns that hold a price
	measures []*column // columns that hold one metric each
	value    *column   // of a long table: one metric per row
	metric   string    // of all value cells, where no header and no cell says it
	from     string    // where that metric came from
	period   Period    // of the surroundings
	periodAt string    // title, sheet, file, or "" when nothing states one
	around   surroundings

	perTokens   Unit   // of prices, where the surroundings state what they are per
	perTokensAt string // title or sheet
	currency    Unit   // of prices, where the surroundings state it

	stock   bool      // counts are totals up to a day
	side    string    // price kind of a column that names none
	stages  []*column // of filings: columns of dates, the most telling of a stage first
	refused bool      // understood, and left out with a finding
	subject string    // of a table without a column of subjects: its caption, or ""

	grouped  bool // headings over measures tell whose or which they are
	regioned bool // a column says the region

	aside   string         // code of the finding, should the table stand on its side
	asideAt analysis.Place // of that finding

	registerAsked bool
	register      string // of filings whose row names none, once asked

	rowMetrics map[rowSays]rowMetric // what rows said before
	blankUnits []blankUnit
	points     map[string]bool // metrics of a long table: whether bare numbers are percent points
}

// cols are the columns of a role, the most telling first.
func (r *region) cols(role role) []*column {
	var cs []*column
	for _, c := range r.columns {
		if c.role == role {
			cs = append(cs, c)
		}
	}
	slices.SortStableFunc(cs, func(a, b *column) int { return cmp.Compare(a.rank, b.rank) })
	return cs
}

// first is the most telling column of a role, or nil.
func (r *region) one(role role) *column {
	var best *column
	for _, c := range r.columns {
		if c.role == role && (best == nil || c.rank < best.rank) {
			best = c
		}
	}
	return best
}

func (r *region) has(roles ...role) bool {
	for _, c := range r.columns {
		if slices.Contains(roles, c.role) {
			return true
		}
	}
	return false
}

// classify decides which tables a region gives. An empty plan means that the
// headers name things but nothing that the tables hold.
func (r *region) classify() *plan {
	p := &plan{around: r.surroundings()}
	r.noteUnits(p)
	p.period, p.periodAt, _ = p.around.period()
	p.stock = p.around.stock()
	for _, c := range r.columns {
		p.stock = p.stock || c.role == roleDate && saysStock(c.header)
	}
	if m := r.one(roleMetric); m != nil && m.rank == 2 {
		p.stock = true // the stages of a funnel are stocks
	}
	if slices.ContainsFunc(r.columns, func(c *column) bool { return c.metric == "filed_total" || c.metric == "registered_total" }) {
		p.stock = false // the cumulative count stands beside the batch's own
	}
	p.side = p.around.side()
	p.perTokens, p.perTokensAt, _ = p.around.unit(func(u Unit) bool { return u.PerTokens > 0 })
	p.currency, _, _ = p.around.unit(func(u Unit) bool { return u.Currency != "" })
	if !r.has(roleModel) {
		// Without models a filing date is when the counts beside it hold.
		for _, c := range r.columns {
			if c.role == roleFiled {
				c.role, c.rank = roleDate, 9
			}
		}
	}
	r.datesWithinYear(p)
	r.namePeriodColumns(p)
	if !r.has(roleModel, roleCompany, roleRegion) && len(r.captions) > 0 {
		p.subject = subjectIn(r.captions[0])
		if r.place != "" {
			if _, only := placeIn(r.captions[0]); only {
				p.subject = ""
			}
		}
	}

	if p.subject == "" && !r.has(roleModel, roleCompany, roleRegion) && ofOneMaker.MatchString(foldKey(r.name)) {
		p.subject = r.name
	}
	p.regioned = r.has(roleRegion)

	small := r.smallTable()
	if small != "" {
		p.tables = append(p.tables, small)
		if small != "companies" {
			return p
		}
	}
	r.preferApps()
	r.ownersAsCompanies()
	r.sidesInRows()
	model := r.has(roleModel)
	for _, c := range r.columns {
		if c.role.price() {
			p.prices = append(p.prices, c)
		}
	}
	r.dropTokenLimits(p)
	for _, c := range r.columns {
		if len(p.prices) > 0 && c.role == roleMeasure && metricUnit(c.metric) == "" && c.unit.Currency != "" && c.unit.Per != "" {
			c.role, c.metric = roleNotPrice, "" // 图片输入（元/张）
			r.find(analysis.Noted, "price-not-per-token", c.at.Row, c.at.Col, c.header)
		}
	}
	r.unitsOfNeighbours(p)
	if !model && len(p.prices) > 0 {
		c := p.prices[0]
		r.find(analysis.Skipped, "prices-without-model", c.at.Row, c.at.Col, c.header)
		p.prices, p.refused = nil, true
	}
	if len(p.prices) > 0 {
		// Where prices stand, 公告日期 is when they were announced.
		for _, c := range r.columns {
			if c.role == roleFiled && strings.Contains(foldKey(c.header), "公告") || c.role == roleReleased && r.has(roleBefore, roleNow) {
				c.role, c.rank = roleDate, 9
			}
		}
	}
	filed := model && len(p.prices) == 0 && r.has(roleFilingNo, roleFiled, roleLaunched, roleActive, roleCommercial, roleRetired, roleRegister)
	count := r.one(roleCount)
	wide := slices.ContainsFunc(r.columns, func(c *column) bool { return c.role == roleMeasure && c.bare })
	for _, c := range r.columns {
		switch {
		case c.role != roleMeasure:
		case wide && (c.period == nil && c.part == "" || c.metric == "change"):
			// Beside periods, a change or a total follows from the others.
			r.find(analysis.Noted, "column-follows", c.at.Row, c.at.Col, c.header)
			c.role = roleUnused
		default:
			p.measures = append(p.measures, c)
		}
	}
	r.dropTotalColumns(p)
	r.groupedMeasures(p)
	if r.has(roleMetric) || p.metric != "" {
		p.value = r.one(roleValue)
		if p.value == nil && !filed {
			p.value, count = count, nil
			if p.value != nil {
				p.value.role = roleValue
			}
		}
	}
	if p.value == nil && r.has(roleValue) && len(p.prices) == 0 {
		value := r.one(roleValue)
		p.metric, p.from, _ = p.around.metric(value.cells.percents > 0, value.cells.small())
		if p.metric != "" {
			p.value = value
		}
	}
	// A price holds on the day it was last updated, where no column dates it; other
	// facts only where nothing at all dates them.
	if updated := r.one(roleUpdated); updated != nil && !r.has(roleDate, roleWeekEnd, roleFrom) && (len(p.prices) > 0 || p.periodAt == "") &&
		!slices.ContainsFunc(r.columns, func(c *column) bool { return c.period != nil }) {
		updated.role = roleDate
	}
	// A table of limits, of other prices or of columns that are left out is no list
	// of models.
	technical := r.has(roleContext, roleNotPrice, roleBefore, roleKind) || p.refused || r.unmerged != nil ||
		slices.ContainsFunc(r.columns, func(c *column) bool { return c.role == "" && c.cells.prices > 0 })
	listed := model && !technical && r.has(roleCompany) && len(p.prices)+len(p.measures) == 0 && p.value == nil && !r.has(roleReleased, roleDate, roleMetric, roleVersion)
	statused := model && !technical && r.has(roleStatus) && len(p.prices)+len(p.measures) == 0 && p.value == nil && !r.has(roleReleased)
	if filed || listed || statused {
		p.tables = append(p.tables, "filings")
		for _, c := range r.columns {
			if c.role.stageDate() || c.role == roleDate && !r.has(roleFiled) && len(p.measures) == 0 && p.value == nil {
				p.stages = append(p.stages, c)
			}
		}
		slices.SortStableFunc(p.stages, func(a, b *column) int { return cmp.Compare(a.rank, b.rank) })
	} else if count != nil && p.value != count && len(p.prices) == 0 && count.cells.numbers > 0 {
		count.role, count.metric = roleMeasure, count.metricText()
		p.measures = append(p.measures, count)
	}
	if len(p.measures) > 0 || p.value != nil {
		p.tables = append(p.tables, "metrics")
	}
	if len(p.prices) > 0 || model && len(p.prices) == 0 && r.has(roleCut) && r.has(roleBefore) {
		p.tables = append(p.tables, "prices")
	}
	if model && r.has(roleReleased) && !filed && len(p.prices) == 0 {
		p.tables = append(p.tables, "releases")
	}
	if len(p.tables) == 1 && p.tables[0] == "metrics" && !r.ofTheField(p) {
		r.find(analysis.Skipped, "not-of-models", r.bottom, r.first, r.text(r.bottom, r.first))
		p.tables, p.refused = nil, true
	}
	if c := r.otherRows(p); c != nil {
		r.find(analysis.Skipped, "rows-of-other-things", c.at.Row, c.at.Col, c.header)
		p.tables, p.refused = nil, true
	}
	if c := r.namesAcross(p); c != nil {
		p.aside, p.asideAt = "names-across", c.at
		p.tables, p.refused = nil, true
	}
	if r.transposed() {
		p.aside, p.asideAt = "table-transposed", analysis.Place{Row: r.bottom, Col: r.first}
		p.tables, p.refused = nil, true
	}
	return p
}

// dropTotalColumns leaves out a column 合计 beside the measures that it adds up.
func (r *region) dropTotalColumns(p *plan) {
	if len(p.measures) < 3 {
		return
	}
	p.measures = slices.DeleteFunc(p.measures, func(c *column) bool {
		total := totalHeader.MatchString(foldKey(c.metricText()))
		if total {
			r.find(analysis.Noted, "column-follows", c.at.Row, c.at.Col, c.header)
			c.role = roleUnused
		}
		return total
	})
}

var totalHeader = lazily(`^(?:合计|总计|小计|共计|total|subtotal|grandtotal|sum)$`)

// preferApps makes the application the subject of a register of applications:
// the model that it calls stands beside it.
func (r *region) preferApps() {
	if !r.has(roleFilingNo, roleFiled) {
		return
	}
	registered := false
	for _, c := range r.columns {
		k := foldKey(c.header)
		registered = registered || strings.Contains(k, "登记") || strings.Contains(k, "上线编号")
	}
	app := slices.ContainsFunc(r.columns, func(c *column) bool { return c.role == roleModel && c.rank == 3 })
	if !registered || !app {
		return
	}
	for _, c := range r.columns {
		if c.role == roleModel && c.rank != 3 {
			c.role = roleUnused
		}
	}
}

// sidesInRows finds the column whose cells say input or output beside a price of no
// side, whatever its header is (类型, Type).
func (r *region) sidesInRows() {
	if !r.has(roleFlat) || r.has(roleKind) {
		return
	}
	for _, c := range r.columns {
		if c.role != "" && c.role != roleCategory && c.role != roleMetric && c.role != roleVersion {
			continue
		}
		sides, others := 0, 0
		for row := r.bottom + 1; row <= min(r.end, r.bottom+sampleRows); row++ {
			text := r.typed(r.cell(row, c.col))
			switch {
			case text == "" || isMissing(text):
			case saysSide(text):
				sides++
			default:
				others++
			}
		}
		if sides > others {
			c.role = roleKind
			return
		}
	}
}

// saysSide reports a text that begins or ends with the name of a side.
func saysSide(text string) bool { return sideWord.MatchString(foldKey(text)) }

var sideWord = lazily(`^(?:输入|输出|缓存|input|output|prompt|completion|cached?)|(?:输入|输出|input|output|prompt|completion)(?:价格?|tokens?|price)?[)）]?$`)

// ownersAsCompanies makes the owner of a model its company, where no other column
// names one.
func (r *region) ownersAsCompanies() {
	if !r.has(roleModel) || r.has(roleCompany) {
		return
	}
	for _, c := range r.cols(roleOwner) {
		c.role = roleCompany
	}
}

// otherRows is the column that says what the rows of a table of measures are, where
// it is neither model nor company nor region and no rule makes it a subject:
// fields, channels, camps. Its rows are parts of something; read without it each
// would count as the whole.
func (r *region) otherRows(p *plan) *column {
	if len(p.tables) != 1 || p.tables[0] != "metrics" || r.has(roleModel, roleCompany, roleRegion, roleMetric) {
		return nil
	}
	for _, c := range r.columns {
		if c.role == roleMeasure || c == p.value {
			return nil
		}
		switch c.role {
		case "", roleCategory, roleCamp, roleRegister, roleStatus, roleVersion, roleAlias, roleOwner:
			if c.header != "" && c.cells.texts > 0 && r.differs(c) {
				return c
			}
		}
	}
	return nil
}

// namesAcross is the first of several columns of numbers whose headers name
// companies, products or regions and not what the numbers are: 月份, 豆包, Kimi under
// a title that names the metric. Read as they stand each name would be a metric.
func (r *region) namesAcross(p *plan) *column {
	if len(p.tables) != 1 || p.tables[0] != "metrics" || r.has(roleMetric) || p.value != nil {
		return nil
	}
	named, places, small, percents := 0, 0, true, 0
	for _, c := range p.measures {
		if c.period != nil || metricUnit(c.metric) != "" || c.from != "" || metricWord.MatchString(foldKey(c.header)) {
			return nil
		}
		named++
		if placeNames[foldKey(c.header)] {
			places++
		}
		small = small && c.cells.small()
		percents += c.cells.percents
	}
	if named < 2 {
		return nil
	}
	if r.has(roleModel, roleCompany) {
		if places == named {
			return p.measures[0]
		}
		return nil // 模型, MMLU, GSM8K: measures of models
	}
	_, _, titled := p.around.metric(percents > 0, small)
	if titled || !r.has(roleRegion) && p.subject == "" {
		return p.measures[0]
	}
	return nil
}

// metricWord is in the name of a number more often than in the name of a company
// or product.
var metricWord = lazily(`数|量|率|额|收入|用户|占比|份额|指数|成本|费用|规模|金额|价|次|人|款|家|分|时长|利润|市值|投资|融资|number|count|rate|users?|revenue|token|share|cost|price|index|score|total|spend|value|models|companies|services|filings|profit|%`)

// placeNames are regions that head columns.
var placeNames = func() map[string]bool {
	m := map[string]bool{}
	for _, n := range strings.Split("北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|内蒙古|广西|西藏|宁夏|新疆|香港|澳门|台湾|全国|中国|中国大陆|海外|国内|全球|美国|欧洲|日本|印度|英国|china|us|usa|unitedstates|europe|japan|india|uk|global|overseas|domestic|world", "|") {
		m[n] = true
	}
	return m
}()

// differs reports a column whose cells say more than one thing.
func (r *region) differs(c *column) bool {
	first := ""
	for row := r.bottom + 1; row <= min(r.end, r.bottom+sampleRows); row++ {
		text := r.typed(r.cell(row, c.col))
		switch {
		case text == "" || isMissing(text) || isTotal(text) || isNote(text):
		case first == "":
			first = text
		case text != first:
			return true
		}
	}
	return false
}

// namePeriodColumns says what the cells under bare periods are: prices where
// cells, a unit or a title say so, else one metric that a title names.
func (r *region) namePeriodColumns(p *plan) {
	var bare []*column
	priced, numbers := 0, 0
	for _, c := range r.columns {
		if (c.period != nil || c.part != "") && c.role == "" {
			bare = append(bare, c)
			priced += c.cells.prices
			numbers += c.cells.numbers + c.cells.texts
		}
	}
	if len(bare) == 0 {
		return
	}
	perTokens := func(u Unit) bool { return u.PerTokens > 0 }
	prices := priced > numbers
	if u := r.one(roleUnit); u != nil && !prices {
		unit, ok := parseUnit(r.text(r.bottom+1, u.col))
		prices = ok && unit.PerTokens > 0
	}
	if _, _, ok := p.around.unit(perTokens); ok {
		prices = true
	}
	if r.has(roleModel) && !r.has(roleMetric) && p.around.speaksOfPrices() {
		prices = true
	}
	prices = prices || slices.ContainsFunc(bare, func(c *column) bool { return c.unit.PerTokens > 0 })
	if prices && r.has(roleModel) {
		as := map[string]role{"input": roleInput, "output": roleOutput, "cached_input": roleCached, "flat": roleFlat}[p.side]
		for _, c := range bare {
			c.role = as
		}
		return
	}
	if !r.has(roleMetric) {
		percents, small := 0, true
		for _, c := range bare {
			percents += c.cells.percents
			small = small && c.cells.small()
		}
		p.metric, p.from, _ = p.around.metric(percents > 0, small)
		if p.metric == "" {
			r.find(analysis.Skipped, "metric-unknown", r.bottom, bare[0].col, bare[0].header)
			for _, c := range bare {
				c.role = roleUnused
			}
			p.refused = true
			return
		}
	}
	for _, c := range bare {
		c.role, c.metric = roleMeasure, p.metric
	}
}

// smallTable names the look-up table that the columns make, if any.
func (r *region) smallTable() string {
	model := r.has(roleModel)
	switch {
	case r.has(roleCanonical) && (r.has(roleAlias) || model || r.has(roleCompany)):
		return "aliases"
	case r.has(roleKey) && r.has(roleValue) && !model:
		return "settings"
	case r.has(roleCurrency) && r.has(roleRate) && !model:
		return "rates"
	case r.has(roleMerger) && r.has(roleCompany):
		return "mergers"
	case r.has(roleCompany) && !model && (r.has(roleOwner) || r.has(roleCamp)):
		return "companies"
	}
	// 参数 over 值 heads settings; beside a model it is a parameter count.
	if !model && r.has(roleValue) && !r.has(roleMetric, roleCompany, roleRegion) {
		for _, c := range r.columns {
			if c.role == roleMeasure && c.metric == "parameters" || c.role == "" && foldKey(c.header) == "参数" {
				c.role = roleKey
				return "settings"
			}
		}
	}
	return ""
}

// dropTokenLimits leaves a column 输出 out of the prices where 输出价格 stands
// beside it: it is a limit in tokens.
func (r *region) dropTokenLimits(p *plan) {
	says := func(c *column) bool {
		k := foldKey(c.header + c.group)
		return c.unit.PerTokens > 0 || c.unit.Currency != "" || slices.ContainsFunc([]string{"价", "price", "cost", "费"}, func(w string) bool { return strings.Contains(k, w) })
	}
	p.prices = slices.DeleteFunc(p.prices, func(c *column) bool {
		if says(c) || c.role != roleOutput && c.role != roleInput {
			return false
		}
		beside := slices.ContainsFunc(p.prices, func(o *column) bool {
			return o != c && o.role == c.role && says(o) && samePeriod(o.period, c.period)
		})
		if beside {
			c.role = roleUnused
		}
		return beside
	})
}

// unitsOfNeighbours gives a price column that states neither currency nor what it is
// per (缓存输入 between Input 美元/1M tokens and Output 美元/1M tokens) what all the other
// price columns of the table state alike, and says so.
func (r *region) unitsOfNeighbours(p *plan) {
	if p.perTokens.PerTokens > 0 || p.currency.Currency != "" || r.has(roleUnit, roleCurrency) {
		return
	}
	var stated *column
	var silent []*column
	for _, c := range p.prices {
		switch {
		case c.unit == (Unit{}) && c.weak == (Unit{}) && c.cells.prices == 0:
			silent = append(silent, c)
		case c.unit.Currency == "" || c.unit.PerTokens == 0:
			return
		case stated == nil:
			stated = c
		case c.unit.Currency != stated.unit.Currency || c.unit.PerTokens != stated.unit.PerTokens || c.unit.Scale != stated.unit.Scale:
			return
		}
	}
	if stated == nil {
		return
	}
	for _, c := range silent {
		c.unit, c.from = stated.unit, "neighbour"
		r.find(analysis.Noted, "unit-of-neighbour", c.at.Row, c.at.Col, c.header, stated.unit.Text, stated.header)
	}
}

func samePeriod(a, b *Period) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

// transposed reports models in the header and metrics in the rows: read as
// columns of measures it would turn each model's name into a metric.
func (r *region) transposed() bool {
	if r.has(roleMetric) && !r.has(roleValue) {
		// Metrics down and no periods across: the headers are names.
		return slices.ContainsFunc(r.columns, func(m *column) bool {
			return m.role == roleMeasure && m.period == nil && m.metric != "" && metricUnit(m.metric) == ""
		})
	}
	c := r.one(roleModel)
	if c == nil {
		c = r.one(roleCompany)
	}
	if c == nil {
		return false
	}
	for _, m := range r.columns {
		if m.role != roleMeasure {
			continue
		}
		if metricUnit(m.metric) != "" || m.period != nil {
			return false
		}
	}
	says := map[*word]bool{}
	metrics, names := 0, 0
	for row := r.bottom + 1; row <= min(r.end, r.bottom+sampleRows); row++ {
		_, w := r.ownWord(row, c.col)
		if w == nil {
			continue
		}
		metric, known := says[w]
		if !known {
			name, unit := splitHeader(w.text)
			k, ok := lookUp(name)
			metric = unit != "" || ok && k.role != roleModel && k.role != roleUnused
			says[w] = metric
		}
		if metric {
			metrics++
		} else {
			names++
		}
	}
	return metrics > names
}
