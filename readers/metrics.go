package readers

import (
	"strings"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// subject is whose a row's facts are.
type subject struct {
	name, kind                string
	company, region, category string
	at                        subjectPlaces
}

// subjectPlaces are the columns that name a subject, 0 where none does.
type subjectPlaces struct{ subject, company, region, category int }

// marketWords are subjects that say they are everything: never a rival of the
// others.
var marketWords = map[string]bool{
	"全国": true, "全网": true, "全球": true, "全行业": true, "行业": true, "行业整体": true, "全市场": true, "市场": true, "大盘": true, "整体": true, "总体": true,
	"total": true, "market": true, "allmodels": true, "all": true, "industry": true, "overall": true, "totalmarket": true, "wholemarket": true, "世界": true, "world": true, "global": true, "worldwide": true, "nationwide": true, "national": true,
}

var marketTotal = lazily(`^(total |whole |overall |entire )(market|industry)$|^(market|industry) (total|size)$|^(全行业|行业|市场|全市场)(合计|总计|总量|整体|规模)$`)

// marketStarts are what marketTotal begins with.
var marketStarts = []string{"total", "whole", "overall", "entire", "market", "industry", "全", "行业", "市场"}

// isMarket reports a subject that stands for the whole market.
func isMarket(name string) bool {
	return isTotal(name) || namesMarket(name)
}

// namesMarket is isMarket for a name that is no total.
func namesMarket(name string) bool {
	k := foldKey(name)
	return marketWords[k] || hasPrefix(k, marketStarts) && marketTotal.MatchString(strings.ToLower(normText(name))) || strings.HasPrefix(k, "全部") || strings.HasSuffix(k, "全市场") || strings.HasSuffix(k, "marketwide")
}

// subject finds whose a row is: its model, product or app; without such a column
// its company; without one its region; else the market.
func (r *region) subject(p *plan, row int) (subject, bool) {
	var s subject
	take := func(role role, text *string, at *int) *word {
		said, w, c := r.saysWord(role, row)
		if c != nil {
			*text, *at = said, c.col
		}
		return w
	}
	company := take(roleCompany, &s.company, &s.at.company)
	place := take(roleRegion, &s.region, &s.at.region)
	if s.company == "" && len(r.lines) > 0 {
		s.company, _ = r.companyAbove(row)
	}
	if s.region == "" && !p.regioned {
		s.region = r.place
	}
	take(roleCategory, &s.category, &s.at.category)
	var named *word
	switch {
	case r.one(roleModel) != nil:
		named = take(roleModel, &s.name, &s.at.subject)
		s.kind = "model"
	case r.one(roleCompany) != nil:
		s.name, s.kind, s.at.subject, named = s.company, "company", s.at.company, company
	case r.one(roleRegion) != nil:
		s.name, s.kind, s.at.subject, named = s.region, "region", s.at.region, place
	case p.subject != "":
		s.name, s.kind = p.subject, "model"
		if legalName.MatchString(p.subject) || strings.HasSuffix(p.subject, "集团") || strings.HasSuffix(p.subject, "科技") {
			s.kind = "company"
		}
	default:
		s.name, s.kind = "market", "market"
	}
	if s.name == "" {
		return s, false
	}
	if named != nil && named.isMarket() || named == nil && isMarket(s.name) {
		s.kind = "market"
	}
	return s, true
}

// metrics gives a row's measures to the metrics table, one row each.
func (r *region) metrics(p *plan, t *tables, row int) bool {
	s, ok := r.subject(p, row)
	if !ok {
		_, first := r.filled(row)
		r.find(analysis.Dropped, "row-unnamed", row, first, r.text(row, first))
		return false
	}
	kept := false
	if p.value != nil {
		kept = r.longFact(p, t, row, s)
	}
	for _, c := range p.measures {
		m := rowMetric{name: c.metric, want: metricUnit(c.metric), unit: c.unit, at: c.at}
		points := c.percent
		if c.metric == "" {
			// Periods across, metrics down: the row says which.
			if m, ok = r.rowMetric(p, c, row); !ok {
				return kept
			}
			points = m.unit.Percent || m.want == "fraction" && r.pointsAcross(p, row)
		} else if c.from == "" {
			m.unit, _ = p.unitAround(m.want, m.name)
		}
		f, st := r.amount(row, c, m.unit, m.want, points)
		if st == understood && f.bare && m.unit == (Unit{}) && p.unclearUnit(m.want) {
			r.find(analysis.Blanked, "unit-does-not-fit", row, c.col, r.typed(r.cell(row, c.col)), m.want)
			continue
		}
		if st == understood && r.emit(p, t, row, s.of(c), c, m, f) {
			kept = true
		}
	}
	return kept
}

// rowMetric is which metric a fact is of, and in what unit.
type rowMetric struct {
	name string // canonical, or as typed
	want string // canonical unit, "" for a metric that is not on the list
	unit Unit   // of bare numbers
	at   analysis.Place
}

// rowMetric reads what a row says of its metric: the cell of the metric column
// with its unit bracket, the unit column, then header and titles.
//
// Rows say few different things: what two cells mean together is worked out once.
func (r *region) rowMetric(p *plan, c *column, row int) (rowMetric, bool) {
	m := rowMetric{name: p.metric, unit: c.unit}
	said := rowSays{column: c}
	clear := true  // nothing to be said of this row
	blank := false // its unit cell, and no other place says a unit
	column := r.one(roleMetric)
	unit := r.one(roleUnit)
	if column != nil {
		_, said.metric, said.from = r.saysWord(roleMetric, row)
	}
	if unit != nil {
		_, said.unit, _ = r.shownWord(row, unit.col)
	}
	if (column == nil || said.metric != nil) && (unit == nil || said.unit != nil) {
		if known, ok := p.rowMetrics[said]; ok {
			return known, true
		}
	}
	if column != nil {
		text, mc := r.says(roleMetric, row)
		if mc == nil {
			if r.cell(row, c.col).Kind != ooxml.Blank {
				r.find(analysis.Dropped, "row-without-metric", row, column.col, "")
			}
			return m, false
		}
		m.name, m.at = text, analysis.Place{Col: mc.col}
		if name, u := splitHeader(text); u != "" {
			if parsed, ok := parseUnit(u); ok {
				m.name, m.unit = name, parsed
			}
		}
	}
	m.name, m.want = metricOf(m.name)
	if u := unit; u != nil {
		if text := r.text(row, u.col); text != "" && !isMissing(text) {
			if parsed, ok := parseUnit(text); ok {
				m.unit = parsed
			} else {
				clear = false
				r.find(analysis.Noted, "unit-not-understood", row, u.col, text)
			}
		} else if clear = false; m.unit == (Unit{}) {
			blank = true
		}
	}
	if m.unit == (Unit{}) {
		m.unit, _ = p.unitAround(m.want, m.name)
	}
	if blank && m.unit == (Unit{}) && r.cell(row, c.col).Kind == ooxml.Number {
		p.noteBlankUnit(m.name, analysis.Place{Row: row, Col: unit.col})
	}
	if clear {
		if p.rowMetrics == nil {
			p.rowMetrics = map[rowSays]rowMetric{}
		}
		p.rowMetrics[said] = m
	}
	return m, true
}

// blankUnit is a metric with numbers whose rows leave the unit column blank.
type blankUnit struct {
	metric string
	n      int
	at     analysis.Place // the first
}

func (p *plan) noteBlankUnit(metric string, at analysis.Place) {
	for i := range p.blankUnits {
		if b := &p.blankUnits[i]; b.metric == metric {
			b.n++
			return
		}
	}
	p.blankUnits = append(p.blankUnits, blankUnit{metric, 1, at})
}

// sayBlankUnits names the numbers without a unit whose metric has a scaled unit in
// other rows (万人): they are read as they stand, and may have been meant so.
func (r *region) sayBlankUnits(p *plan) {
	scaled := map[string]string{} // metric -> unit as typed
	for said, m := range p.rowMetrics {
		if said.unit == nil || m.unit.Scale == 0 || m.unit.Scale == 1 {
			continue
		}
		if was, ok := scaled[m.name]; !ok || said.unit.text < was {
			scaled[m.name] = said.unit.text
		}
	}
	for _, b := range p.blankUnits {
		if unit := scaled[b.metric]; unit != "" {
			r.find(analysis.Noted, "unit-blank", b.at.Row, b.at.Col, "", b.n, b.metric, unit)
		}
	}
}

// rowSays is what the cells of a row say of its metric.
type rowSays struct {
	column, from *column
	metric, unit *word
}

// longFact reads the value of a row that names its own metric.
func (r *region) longFact(p *plan, t *tables, row int, s subject) bool {
	m, ok := r.rowMetric(p, p.value, row)
	if !ok {
		return false
	}
	points := m.unit.Percent || m.want == "fraction" && r.longPoints(p, m.name, row)
	f, st := r.amount(row, p.value, m.unit, m.want, points)
	return st == understood && r.emit(p, t, row, s, p.value, m, f)
}

// pointsAcross decides for a row of one metric over many periods whether its
// bare numbers are percent points.
func (r *region) pointsAcross(p *plan, row int) bool {
	for _, c := range p.measures {
		cell := r.cell(row, c.col)
		if cell.Kind == ooxml.Number && !r.pkg.Format(cell.Style).Percent && (cell.Num > 1 || cell.Num < -1) {
			return true
		}
	}
	return false
}

// longPoints decides for all rows of one metric of a long table whether bare
// numbers are percent points.
func (r *region) longPoints(p *plan, metric string, row int) bool {
	m := r.one(roleMetric)
	text := ""
	if m != nil {
		text = r.text(row, m.col)
	}
	if points, ok := p.points[text]; ok {
		return points
	}
	whole := *p.value
	whole.metric = metric
	points, _ := r.percentPoints(&whole, "fraction", func(other int) bool {
		return m == nil || r.text(other, m.col) == text
	})
	if p.points == nil {
		p.points = map[string]bool{}
	}
	p.points[text] = points
	return points
}

// counted is what a stock of filings counts: models and services are two units.
func counted(text string) string {
	t := strings.ToLower(text)
	switch {
	case strings.Contains(t, "模型") || strings.Contains(t, "model"):
		return "models"
	case strings.Contains(t, "服务") || strings.Contains(t, "service"):
		return "services"
	}
	return "count"
}

// unitAround is the unit that titles state, where it can be the metric's. want is
// the canonical unit, name the metric as typed.
func (p *plan) unitAround(want, name string) (Unit, string) {
	u, from, _ := p.around.unit(func(u Unit) bool {
		if u.PerTokens > 0 {
			return false
		}
		switch want {
		case "money":
			return u.Currency != ""
		case "fraction":
			return u.Percent
		case "points":
			return false
		case "":
			return !saysRate(name)
		}
		return u.Currency == "" && !u.Percent && (u.Of == "" || u.Of == want || u.Of == "count" || want == "count" || u.Of == "tokens" && want == "tokens/day")
	})
	return u, from
}

// saysRate reports a metric that is no amount, so that a unit line in 万人 or 亿元
// does not speak of it.
func saysRate(name string) bool {
	k := foldKey(name)
	for _, w := range []string{"率", "比", "占", "分", "评", "排名", "rate", "ratio", "share", "score", "percent", "rank", "index", "指数"} {
		if strings.Contains(k, w) {
			return true
		}
	}
	return false
}

// unclearUnit reports a unit line right above the table that scales its numbers
// but cannot be the metric's: bare numbers then mean nothing certain.
func (p *plan) unclearUnit(want string) bool {
	switch want {
	case "", "fraction", "points":
		return false
	}
	for _, l := range p.around.lines {
		if u, ok := unitLine(l.text); ok && l.from == "title" {
			return u.Scale != 1 && u.PerTokens == 0
		}
	}
	return false
}

// stockName is a metric's name where its header or the surroundings say that the
// counts are totals up to a day: filed becomes filed_total.
func (p *plan) stockName(metric string, c *column) string {
	if stock, is := additiveStock[metric]; is && (p.stock || saysStock(c.header)) {
		return stock
	}
	return metric
}

// stockUnit is the unit of a fact: what a stock counts, its header says.
func stockUnit(metric string, c *column, m rowMetric, f fact) string {
	if strings.HasSuffix(metric, "_total") && f.unit == "count" {
		return counted(c.header + " " + f.Unit.Of + " " + m.unit.Of)
	}
	return f.unit
}

// metricPlaces says where the columns of a metrics row stand.
type metricPlaces struct {
	subjectPlaces
	value          int
	metric, period analysis.Place
}

func (p metricPlaces) cells() places {
	cells := places{{"value", analysis.Place{Col: p.value}}, {"metric", p.metric}}
	for _, c := range []struct {
		column string
		col    int
	}{{"subject", p.subject}, {"company", p.company}, {"region", p.region}, {"category", p.category}} {
		if c.col != 0 {
			cells = append(cells, placeOf{c.column, analysis.Place{Col: c.col}})
		}
	}
	if p.period != (analysis.Place{}) {
		cells = append(cells, placeOf{"period", p.period})
	}
	return cells
}

// emit adds one metrics row.
func (r *region) emit(p *plan, t *tables, row int, s subject, c *column, m rowMetric, f fact) bool {
	metric := m.name
	when, at, ok, bad := r.rowPeriod(p, c, row)
	if bad {
		r.find(analysis.Dropped, "not-a-period", at.Row, at.Col, r.text(at.Row, at.Col))
		return false
	}
	if !ok && r.has(roleDate, roleWeekEnd) {
		if r.blankDates++; r.blankDates == 1 {
			r.firstBlank = analysis.Place{Row: row, Col: r.datesIn()}
		}
	}
	metric = p.stockName(metric, c)
	if m.want == "money" && f.unit == "" {
		r.find(analysis.Noted, "currency-unknown", row, c.col, r.text(row, c.col))
	}
	f.unit = stockUnit(metric, c, m, f)
	places := metricPlaces{subjectPlaces: s.at, value: c.col, metric: m.at}
	if ok {
		if places.period = at; at.Row == row {
			places.period.Row = 0
		}
	}
	b := t.beginMetric(r, row, places)
	b.Text("subject", s.name)
	b.Text("subject_kind", s.kind)
	b.Text("company", s.company)
	b.Text("region", s.region)
	b.Text("category", s.category)
	if ok {
		b.Date("period", when.First)
		b.Text("period_grain", string(when.Grain))
		if when.Grain == analysis.Span {
			b.Date("period_end", when.End)
		}
	}
	b.Text("metric", metric)
	b.Float("value", f.Value)
	if f.Bound == "range" {
		b.Float("value_low", f.Low)
		b.Float("value_high", f.High)
	}
	b.Text("bound", f.Bound)
	b.Text("unit", f.unit)
	b.EndRow()
	return true
}
