package readers

import (
	"math"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// Most rows of a long table of metrics are plain: a name in each column of names,
// numbers in the columns of values, one date, no merge, no total, nothing that has
// to be said. plainRows takes exactly these, for a few look-ups by the numbers of
// their texts, and touches nothing else: a row that it does not take is read by
// rows.go as if plainRows were not there. So it is never more lenient than the slow
// path. What a text means it asks of the same word, what a number means of the same
// rules; a pair of metric and unit that it has not met the slow path settles first.
type plainRows struct {
	*region
	p   *plan
	t   *tables
	out *analysis.Builder

	priced bool       // the rows are prices, not metrics
	uses   []plainUse // of the columns, from the region's first on
	names  [plainNames]plainName
	values []plainValue
	dated  *column // the one that dates rows, nil where none does
	dates  [256]plainDate
	means  [64]*plainMeaning

	who          plainRole // the names that say whose a row is; plainNames where none do
	whoCodes     []int32   // by text: code + 1
	whose        int32     // code of the subject where no column says it
	kind, market int32     // codes of its kind
	where        int32     // code of the region that a caption names, -1 for none
	exact        int32     // code of the bound

	amountsOf map[int]answer[Amount] // by text

	cells  []ooxml.Stored // of the row at hand
	places metricPlaces   // of the fact before, and their source
	source int

	subjects, kinds, metrics, grains, bounds, units *analysis.Cells
	periods, ends, amounts, sources, lines          *analysis.Cells
	lows, highs, free                               *analysis.Cells
}

// plainUse is what a column is looked at for.
type plainUse struct {
	as    plainAs
	name  plainRole
	value int // index of values
}

type plainAs uint8

const (
	plainUnused plainAs = iota
	plainNamed
	plainNumbered // a running number: no total may stand there
	plainDated
	plainValued
)

// plainRole is a role that names something in a row.
type plainRole int

const (
	plainModel plainRole = iota
	plainCompany
	plainRegion
	plainCategory
	plainMetric
	plainUnit
	plainCurrency
	plainNames
)

var plainRoles = [plainNames]role{roleModel, roleCompany, roleRegion, roleCategory, roleMetric, roleUnit, roleCurrency}

// plainName is a column of names and what the row at hand says in it.
type plainName struct {
	col   int
	text  int             // number of the text, -1 where the cell is blank
	cells *analysis.Cells // of the table, nil where it has no such column
	codes []int32         // by text: code + 1
}

// plainValue is a column of values.
type plainValue struct {
	*column
	priceColumn
	fixed *plainMeaning // of a column that names its metric, nil where the row does
	when  plainDate     // where no column dates the row

	// Of the row at hand:
	filled bool
	cell   ooxml.Stored
	means  *plainMeaning
	is     fact
	unit   int32 // code, -1 for none
}

// plainMeaning is what a value is of: metric and unit.
type plainMeaning struct {
	rowMetric
	key   uint64
	code  int32        // of the metric's name
	rules [2]plainRule // of plain numbers, and of those whose format is a percentage
}

// plainRule is what a stored number means.
type plainRule struct {
	known, ok bool
	by        float64
	unit      int32 // code, -1 for none
}

// plainDate is when a row's facts hold.
type plainDate struct {
	Period
	grain int32
	at    analysis.Place
	dated bool

	known bool
	cell  ooxml.Stored // that dates the row
}

// plainFrom is how many rows are worth tables by the numbers of texts. A variable,
// so that a test can read all tables in both ways.
var plainFrom = 64

// plainRows is the fast path of a region's rows, nil where they are not of its
// kind.
func (r *region) plainRows(p *plan, t *tables) *plainRows {
	rows := r.end - r.bottom
	if r.aside || p.grouped || len(r.lines) > 0 || len(p.tables) != 1 || rows < plainFrom || r.grid.Texts() > 64*rows || r.has(roleFrom, roleTo) {
		return nil
	}
	table := p.tables[0]
	if table != "metrics" && (table != "prices" || !r.plainPrices(p)) {
		return nil
	}
	if d := r.pkg.Delimited; d != nil && len(d.Unclear) > 0 {
		return nil
	}
	for _, c := range r.columns {
		if c.part != "" && c.period == nil {
			return nil // its period is the row's year and the column's month
		}
	}
	for _, m := range r.grid.Merges {
		if m.Row2 > r.bottom && m.Row1 <= r.end && m.Col2 >= r.first && m.Col1 <= r.last {
			return nil
		}
	}
	f := &plainRows{region: r, p: p, t: t, out: t.builder(table), priced: table == "prices", uses: make([]plainUse, r.last-r.first+1), source: -1}
	for name, role := range plainRoles {
		for _, c := range r.columns {
			if c.role != role {
				continue
			}
			if f.names[name].col != 0 {
				return nil // of two columns of a role the more telling speaks
			}
			f.names[name].col = c.col
			f.use(c).as, f.use(c).name = plainNamed, plainRole(name)
		}
	}
	for _, c := range r.columns {
		switch c.role {
		case roleNumber:
			f.use(c).as = plainNumbered
		case roleDate, roleWeekEnd, roleReleased:
			if f.priced && c.role == roleReleased {
				continue // the day a model came out is not the day of its price
			}
			if f.dated != nil {
				return nil // the finest speaks
			}
			f.dated, f.use(c).as = c, plainDated
		}
	}
	switch {
	case f.priced:
		f.openPrices()
	default:
		f.open()
		if p.value != nil {
			f.addValue(p.value)
		}
		for _, c := range p.measures {
			f.addValue(c)
		}
	}
	f.out.Grow(min(rows*len(f.values), r.grid.Cells()))
	return f
}

func (f *plainRows) use(c *column) *plainUse { return &f.uses[c.col-f.first] }

// open finds the table's columns, and what is the same in every row.
func (f *plainRows) open() {
	b := f.out
	f.subjects, f.kinds, f.metrics, f.grains = b.Column("subject"), b.Column("subject_kind"), b.Column("metric"), b.Column("period_grain")
	f.bounds, f.units, f.periods, f.ends = b.Column("bound"), b.Column("unit"), b.Column("period"), b.Column("period_end")
	f.amounts, f.sources, f.lines = b.Column("value"), b.Column("source"), b.Column("row")
	f.lows, f.highs = b.Column("value_low"), b.Column("value_high")
	f.names[plainCompany].cells, f.names[plainRegion].cells, f.names[plainCategory].cells = b.Column("company"), b.Column("region"), b.Column("category")
	for i := range f.names {
		if n := &f.names[i]; n.col != 0 && n.cells != nil {
			n.codes = make([]int32, f.grid.Texts())
		}
	}
	kind := ""
	f.who = plainNames
	for _, name := range []plainRole{plainModel, plainCompany, plainRegion} {
		if f.names[name].col != 0 {
			f.who, kind = name, string(plainRoles[name])
			f.whoCodes = make([]int32, f.grid.Texts())
			break
		}
	}
	if f.who == plainNames {
		s, _ := f.subject(f.p, f.bottom)
		f.whose, kind = f.subjects.Code(s.name), s.kind
	}
	if f.where = -1; f.place != "" && !f.p.regioned {
		f.where = f.names[plainRegion].cells.Code(f.place)
	}
	f.kind, f.market, f.exact = f.kinds.Code(kind), f.kinds.Code("market"), f.bounds.Code("exact")
}

func (f *plainRows) addValue(c *column) {
	v := plainValue{column: c}
	if c != f.p.value && c.metric != "" {
		m := rowMetric{name: c.metric, want: metricUnit(c.metric), unit: c.unit, at: c.at}
		if c.from == "" {
			m.unit, _ = f.p.unitAround(m.want, m.name)
		}
		v.fixed = f.meaning(m, c)
	}
	if f.dated == nil {
		v.when = f.date(c, f.bottom)
	}
	f.use(c).as, f.use(c).value = plainValued, len(f.values)
	f.values = append(f.values, v)
}

func (f *plainRows) meaning(m rowMetric, c *column) *plainMeaning {
	return &plainMeaning{rowMetric: m, code: f.metrics.Code(f.p.stockName(m.name, c))}
}

// take gives a row to the table if it is plain.
func (f *plainRows) take(row int) bool {
	date, ok := f.look(row)
	if !ok {
		return false
	}
	var when *plainDate
	if f.dated != nil {
		if when = f.on(date, row); !when.dated {
			return false
		}
	}
	understands, put := f.understands, f.put
	if f.priced {
		understands, put = f.understandsPrice, f.putPrices
	}
	for i := range f.values {
		if v := &f.values[i]; v.filled && !understands(v, row) {
			return false
		}
	}
	put(row, when)
	return true
}

// look goes through a row's cells and reports whether each holds what a plain row
// has there.
func (f *plainRows) look(row int) (date ooxml.Stored, ok bool) {
	for i := range f.names {
		f.names[i].text = -1
	}
	for i := range f.values {
		f.values[i].filled = false
	}
	own, values, numbers, first := 0, 0, 0, true
	f.cells = f.grid.Stored(f.cells[:0], row)
	for _, c := range f.cells {
		if int(c.Col) < f.first || int(c.Col) > f.last {
			continue // beside the table
		}
		use := f.uses[int(c.Col)-f.first]
		if use.as == plainUnused && !first {
			continue
		}
		switch c.Kind {
		case ooxml.Text:
			if use.as == plainValued && !first {
				break
			}
			says := f.hints(int(c.Bits))
			names := use.as == plainNumbered || use.as == plainNamed && use.name <= plainCategory
			if says&saysNone != 0 || says&saysTotal != 0 && (first || names) {
				return date, false
			}
		case ooxml.Number:
			numbers++ // no row of texts alone, which might head another table
		default:
			return date, false
		}
		first = false
		own++
		switch use.as {
		case plainNamed:
			if c.Kind != ooxml.Text {
				return date, false
			}
			f.names[use.name].text = int(c.Bits)
		case plainDated:
			date = c
		case plainValued:
			v := &f.values[use.value]
			v.cell, v.filled = c, true
			values++
		}
	}
	named := f.who == plainNames || f.names[f.who].text >= 0
	return date, own > 1 && values > 0 && numbers > 0 && named && (f.dated == nil || date.Kind != ooxml.Blank)
}

// understands settles what a value means, and reports whether there is nothing to
// be said of it.
func (f *plainRows) understands(v *plainValue, row int) bool {
	if v.means = v.fixed; v.means == nil {
		if v.means = f.meant(v.column); v.means == nil {
			return false
		}
	}
	if v.cell.Kind == ooxml.Text {
		a, ok := f.amountAt(int(v.cell.Bits))
		return ok && f.states(v, a, !a.Scaled && !a.Percent && a.Unit == (Unit{}), row)
	}
	style, percent := f.style(v.cell.Style), 0
	switch {
	case style&styleDate != 0:
		return false
	case style&stylePercent != 0:
		percent = 1
	}
	rule := &v.means.rules[percent]
	if !rule.known {
		*rule = f.rule(v, percent == 1, row)
	}
	n := v.cell.Num()
	if v.is = (fact{Amount: Amount{Value: n}}); rule.by != 1 {
		v.is.Value = times(n, rule.by)
	}
	v.unit = rule.unit
	return rule.ok && n-n == 0
}

// amountAt is the amount that a text says, once for each text: 12.3亿.
func (f *plainRows) amountAt(text int) (Amount, bool) {
	said, known := f.amountsOf[text]
	if !known {
		a, ok := parseAmount(f.wordAt(text).raw)
		said = answer[Amount]{a, ok && a.Unit.Sign == ""}
		if f.amountsOf == nil {
			f.amountsOf = map[int]answer[Amount]{}
		}
		f.amountsOf[text] = said
	}
	return said.what, said.ok
}

// meant is what the row's metric and unit mean in a column of values, nil where no
// row has said the two before.
func (f *plainRows) meant(c *column) *plainMeaning {
	metric, unit := &f.names[plainMetric], &f.names[plainUnit]
	if metric.col != 0 && metric.text < 0 || unit.col != 0 && unit.text < 0 {
		return nil
	}
	key := uint64(c.col)<<52 ^ uint64(metric.text+1)<<26 ^ uint64(unit.text+1)
	slot := &f.means[(key*0x9E3779B97F4A7C15)>>58]
	if *slot != nil && (*slot).key == key {
		return *slot
	}
	said := rowSays{column: c}
	if metric.col != 0 {
		said.metric, said.from = f.wordAt(metric.text), f.columns[metric.col-f.first]
	}
	if unit.col != 0 {
		said.unit = f.wordAt(unit.text)
	}
	m, ok := f.p.rowMetrics[said]
	if !ok {
		return nil
	}
	*slot = f.meaning(m, c)
	(*slot).key = key
	return *slot
}

// rule is what a stored number means as a metric.
func (f *plainRows) rule(v *plainValue, percent bool, row int) plainRule {
	rule := plainRule{known: true}
	by, is, ok := f.measured(v, Amount{Bound: "exact", Percent: percent}, true, row)
	if rule.ok = ok; ok {
		rule.by, rule.unit = by, f.unitCode(v, is)
	}
	return rule
}

// states settles the fact that a text states.
func (f *plainRows) states(v *plainValue, a Amount, bare bool, row int) bool {
	by, is, ok := f.measured(v, a, bare, row)
	if !ok {
		return false
	}
	if by != 1 {
		is.Amount = is.Amount.scaled(by)
	}
	v.is, v.unit = is, f.unitCode(v, is)
	return is.Value-is.Value == 0
}

// measured is what an amount is multiplied by to be the metric's, and the fact that it
// is then: amount and emit in short. It is not ok where they would have something
// to say, or look further.
func (f *plainRows) measured(v *plainValue, a Amount, bare bool, row int) (by float64, is fact, ok bool) {
	m, points, long := v.means, v.percent, v.column == f.p.value
	switch {
	case long:
		points = m.unit.Percent || m.want == "fraction" && f.longPoints(f.p, m.name, row)
	case v.fixed == nil:
		if points = m.unit.Percent; !points && m.want == "fraction" {
			return 1, is, false // each row decides by itself
		}
	}
	by = 1
	if bare && !a.Percent {
		by, a.Percent = bareFactor(m.unit, m.want, points)
	}
	is = fact{Amount: a, bare: bare && !a.Percent}
	switch {
	case !f.fits(&is, m.unit, m.want),
		!long && is.bare && m.unit == (Unit{}) && f.p.unclearUnit(m.want),
		m.want == "money" && is.unit == "":
		return by, is, false
	}
	return by, is, true
}

func (f *plainRows) unitCode(v *plainValue, is fact) int32 {
	unit := stockUnit(f.p.stockName(v.means.name, v.column), v.column, v.means.rowMetric, is)
	if unit == "" {
		return -1
	}
	return f.units.Code(unit)
}

// on is when a row's facts hold by the cell that dates it.
func (f *plainRows) on(cell ooxml.Stored, row int) *plainDate {
	h := (cell.Bits ^ uint64(cell.Style)<<40) * 0x9E3779B97F4A7C15
	d := &f.dates[h>>56]
	if !d.known || d.cell != cell {
		*d = f.date(f.values[0].column, row)
		d.cell, d.known = cell, true
		d.dated = d.dated && d.at == analysis.Place{Row: row, Col: f.dated.col}
		d.at.Row = 0 // the row's own
	}
	return d
}

func (f *plainRows) date(c *column, row int) (d plainDate) {
	if d.Period, d.at, d.dated, _ = f.rowPeriod(f.p, c, row); d.dated {
		d.grain = f.grains.Code(string(d.Grain))
	}
	return d
}

// put adds a row's facts to the table.
func (f *plainRows) put(row int, when *plainDate) {
	var at subjectPlaces
	who, kind := f.whose, f.kind
	if f.who != plainNames {
		n := &f.names[f.who]
		who, at.subject = f.code(f.whoCodes, n.text, f.subjects), n.col
		if f.hints(n.text)&saysMarket != 0 {
			kind = f.market
		}
	}
	company, region, category := &f.names[plainCompany], &f.names[plainRegion], &f.names[plainCategory]
	at.company, at.region, at.category = company.at(), region.at(), category.at()
	for i := range f.values {
		v := &f.values[i]
		if !v.filled {
			continue
		}
		day := when
		if day == nil {
			day = &v.when
		}
		if places := (metricPlaces{at, v.col, v.means.at, day.at}); f.source < 0 || places != f.places {
			f.places, f.source = places, f.t.metricSource(f.region, places)
		}
		f.sources.SetInt(f.source)
		f.lines.SetInt(row)
		f.subjects.SetCode(who)
		f.kinds.SetCode(kind)
		for _, n := range [...]*plainName{company, region, category} {
			if n.text >= 0 {
				n.cells.SetCode(f.code(n.codes, n.text, n.cells))
			}
		}
		if f.where >= 0 && region.text < 0 {
			region.cells.SetCode(f.where)
		}
		if day.dated {
			f.periods.SetDate(day.First)
			f.grains.SetCode(day.grain)
			if day.Grain == analysis.Span {
				f.ends.SetDate(day.End)
			}
		}
		f.metrics.SetCode(v.means.code)
		f.amounts.SetFloat(v.is.Value)
		bound := f.exact
		if v.cell.Kind == ooxml.Text {
			bound = f.bounds.Code(v.is.Bound)
			if v.is.Bound == "range" {
				f.lows.SetFloat(v.is.Low)
				f.highs.SetFloat(v.is.High)
			}
		}
		f.bounds.SetCode(bound)
		if v.unit >= 0 {
			f.units.SetCode(v.unit)
		}
		f.out.EndRow()
	}
}

func (n *plainName) at() int {
	if n.text < 0 {
		return 0
	}
	return n.col
}

// code is the code of a text in a column of the table.
func (f *plainRows) code(codes []int32, text int, cells *analysis.Cells) int32 {
	if codes[text] == 0 {
		codes[text] = cells.Code(f.wordAt(text).text) + 1
	}
	return codes[text] - 1
}

// hints are what a text says by itself, one byte for each text of the sheet, so that
// the quick look at every row stays in the cache.
func (s *sheet) hints(text int) hint {
	if s.hinted == nil {
		s.hinted = make([]hint, s.grid.Texts())
	}
	if s.hinted[text] == 0 {
		w, says := s.wordAt(text), saysAsked
		if w.text == "" || w.isMissing() || w.isNote() {
			says |= saysNone
		}
		if w.isTotal() {
			says |= saysTotal
		}
		if w.isMarket() {
			says |= saysMarket
		}
		s.hinted[text] = says
	}
	return s.hinted[text]
}

type hint uint8

const (
	saysAsked  hint = 1 << iota
	saysNone        // nothing, that there is no value, or a note
	saysTotal       // a total or summary
	saysMarket      // the whole market
)

// style is what a number's format says. The sheets of a workbook share the answers.
func (s *sheet) style(style uint16) styleSays {
	if s.styles[style] == 0 {
		says := styleAsked
		f := s.pkg.Format(int(style))
		if f.Date {
			says |= styleDate
		}
		if f.Percent {
			says |= stylePercent
		}
		s.styles[style] = says
	}
	return s.styles[style]
}

type styleSays uint8

const styleCount = math.MaxUint16 + 1

const (
	styleAsked styleSays = 1 << iota
	styleDate
	stylePercent
)
