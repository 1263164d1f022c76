package readers

import (
	"slices"
	"strings"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// prices gives a row's prices to the prices table, one row for each kind.
func (r *region) prices(p *plan, t *tables, row int) bool {
	model, at := r.says(roleModel, row)
	if model == "" {
		_, first := r.filled(row)
		r.find(analysis.Dropped, "row-unnamed", row, first, r.text(row, first))
		return false
	}
	kept := false
	var done []analysis.Place
	for _, c := range p.prices {
		cell, place := r.shown(row, c.col)
		if cell.Kind == ooxml.Blank || slices.Contains(done, place) {
			continue
		}
		done = append(done, place)
		kind := r.priceKind(p, c, row)
		if kind == "" {
			continue
		}
		// One cell over both sides is one price for both.
		if m, ok := r.merge.at(row, c.col); ok && m.Col2 > m.Col1 {
			for _, o := range p.prices {
				if o != c && o.col >= m.Col1 && o.col <= m.Col2 {
					kind = "flat"
				}
			}
		}
		if in, out, both := splitSides(cell.Text); both && kind == "flat" && cell.Kind == ooxml.Text {
			for _, side := range [][2]string{{"input", in}, {"output", out}} {
				part := cell
				part.Text = side[1]
				if price, ok := r.price(p, c, part, place); ok && r.emitPrice(p, t, row, model, at, c, place, side[0], price) {
					kept = true
				}
			}
			continue
		}
		price, ok := r.price(p, c, cell, place)
		if !ok {
			continue
		}
		if r.emitPrice(p, t, row, model, at, c, place, kind, price) {
			kept = true
		}
	}
	if !kept && len(done) == 0 && r.has(roleCut) {
		if text, c := r.says(roleCut, row); c != nil {
			r.find(analysis.Dropped, "cut-without-price", row, c.col, text)
		}
	}
	return kept
}

var sideInName = lazily(`(?i)[\s\-—:：(（]*(?:输入|输出)[)）]?$|[\s\-:(]+(?:input|output)[)]?$`)

// priceKind is the kind of the price that a column holds in a row: from the
// column, else from the row's own side column. A side that is neither is said
// and left out.
func (r *region) priceKind(p *plan, c *column, row int) string {
	if k := c.kind(); k != "flat" {
		return k
	}
	text, side := r.says(roleKind, row)
	if side == nil {
		if r.has(roleKind) || c.role == roleNow {
			return "flat"
		}
		if text, at := r.says(roleModel, row); at != nil && p.side == "flat" && sideInName.MatchString(text) {
			r.find(analysis.Blanked, "side-not-understood", row, at.col, text)
			return "" // GLM-4 输入: neither a model's name nor a price of no side
		}
		return p.side
	}
	t := strings.ToLower(text)
	in := strings.Contains(t, "输入") || strings.Contains(t, "input") || strings.Contains(t, "prompt")
	out := strings.Contains(t, "输出") || strings.Contains(t, "output") || strings.Contains(t, "completion")
	switch {
	case strings.Contains(t, "微调") || strings.Contains(t, "batch") || strings.Contains(t, "批量") || strings.Contains(t, "训练") || strings.Contains(t, "fine"):
		r.find(analysis.Dropped, "other-price", row, side.col, text)
		return ""
	case strings.Contains(t, "缓存") || strings.Contains(t, "cache"):
		return "cached_input"
	case in && out, strings.Contains(t, "flat"), strings.Contains(t, "统一"), strings.Contains(t, "blended"), strings.Contains(t, "不分"):
		return "flat"
	case in:
		return "input"
	case out:
		return "output"
	}
	r.find(analysis.Dropped, "side-not-understood", row, side.col, text)
	return ""
}

// before is the column of the old price beside a new one: of the same side, or of
// no side where the new one has none.
func (r *region) before(c *column) *column {
	if c.role != roleNow && (c.role != roleFlat || r.has(roleNow)) {
		return nil
	}
	for _, b := range r.cols(roleBefore) {
		if b.side == c.side && (b.period == nil || samePeriod(b.period, c.period)) {
			return b
		}
	}
	return nil
}

// kind is the price kind of a column.
func (c *column) kind() string {
	if c.side != "" {
		return c.side
	}
	return c.role.kind()
}

// unitOfPrice is the unit of a column's numbers in a row: what the header, the row's
// own cells of unit and currency, and the titles say.
func (r *region) unitOfPrice(p *plan, c *column, row int) Unit {
	unit := c.unit
	if u := r.one(roleUnit); u != nil {
		if parsed, ok := r.priceUnits.ask(r.text(row, u.col), priceUnit); ok {
			unit = unit.over(parsed)
		}
	}
	if u := r.one(roleCurrency); u != nil {
		if parsed, ok := r.units.ask(r.text(row, u.col), parseUnit); ok {
			unit = unit.over(Unit{Currency: parsed.Currency})
		}
	}
	unit = unit.over(Unit{PerTokens: c.weak.PerTokens, Text: c.weak.Text})
	return unit.over(p.perTokens).over(Unit{Currency: p.currency.Currency, Text: p.currency.Text}).over(c.weak)
}

// numberPrice is a stored number as a price.
func (r *region) numberPrice(n float64, unit Unit) (Price, bool) {
	return priceOf(Amount{Value: n, Bound: "exact"}, Price{Bound: "exact", Currency: unit.Currency, PerTokens: unit.PerTokens}, unit)
}

// price reads a price cell, with the unit that cell, header, unit column or
// title gives. A price whose unit nothing says is left out with a finding.
func (r *region) price(p *plan, c *column, cell ooxml.Cell, place analysis.Place) (Price, bool) {
	unit := r.unitOfPrice(p, c, place.Row)
	if r.pkg.Delimited != nil && r.commaOpen(place.Row, place.Col) {
		r.find(analysis.Blanked, "comma-unclear", place.Row, place.Col, r.typed(cell))
		return Price{}, false
	}
	var price Price
	switch cell.Kind {
	case ooxml.Number:
		if r.pkg.Format(cell.Style).Date {
			r.find(analysis.Blanked, "date-among-numbers", place.Row, place.Col, r.typed(cell))
			return Price{}, false
		}
		var ok bool
		if price, ok = r.numberPrice(cell.Num, unit); !ok {
			r.find(analysis.Blanked, "price-not-understood", place.Row, place.Col, r.typed(cell))
			return Price{}, false
		}
	case ooxml.Text:
		text := normText(cell.Text)
		if text == "" || isMissing(text) {
			return Price{}, false
		}
		var ok bool
		if price, ok = parsePrice(cell.Text, unit); !ok {
			r.find(analysis.Blanked, "price-not-understood", place.Row, place.Col, text)
			return Price{}, false
		}
	case ooxml.NoCache:
		r.find(analysis.Blanked, "formula-without-value", place.Row, place.Col, "")
		return Price{}, false
	case ooxml.Error:
		r.find(analysis.Blanked, "error-value", place.Row, place.Col, cell.Text)
		return Price{}, false
	default:
		return Price{}, false
	}
	got := r.typed(cell)
	switch {
	case price.NotTokens:
		r.find(analysis.Blanked, "price-not-per-token", place.Row, place.Col, got)
		return Price{}, false
	case price.Value < 0:
		r.find(analysis.Blanked, "price-negative", place.Row, place.Col, got)
		return Price{}, false
	}
	if price.Currency == "" {
		price.Currency = r.columnCurrency(c)
	}
	if price.Currency == "" {
		r.find(analysis.Blanked, "price-without-currency", place.Row, place.Col, got)
		return Price{}, false
	}
	if price.PerTokens == 0 && !price.Free {
		r.find(analysis.Blanked, "price-without-unit", place.Row, place.Col, got)
		return Price{}, false
	}
	if price.Bound != "exact" && price.Bound != "range" {
		r.find(analysis.Noted, "price-bounded", place.Row, place.Col, got)
	}
	return price, true
}

// priceUnit reads a cell that says what prices are per: 元/千tokens, and also
// 1M tokens or 每百万tokens, which name only the denominator.
func priceUnit(text string) (Unit, bool) {
	if text == "" || isMissing(text) {
		return Unit{}, false
	}
	u, ok := parseUnit(text)
	if ok && (u.Of != "tokens" || u.PerTokens > 0 || u.Currency != "") {
		return u, true
	}
	return parseUnit("/" + text)
}

// over completes a unit by another, farther one.
func (u Unit) over(far Unit) Unit {
	if u.Currency == "" {
		u.Currency = far.Currency
	}
	if u.Text == "" {
		u.Text = far.Text
	}
	if u.PerTokens == 0 {
		u.PerTokens = far.PerTokens
		if u.Scale == 0 || u.Scale == 1 {
			u.Scale = far.Scale
		}
	}
	return u
}

// columnCurrency is the currency that most of the other price cells state, for
// a cell such as 免费 that states none.
func (r *region) columnCurrency(c *column) string {
	if got, ok := r.currencies[c]; ok {
		return got
	}
	got := r.statedCurrency(c)
	if r.currencies == nil {
		r.currencies = map[*column]string{}
	}
	r.currencies[c] = got
	return got
}

func (r *region) statedCurrency(c *column) string {
	stated := map[string]int{}
	all := 0
	for _, o := range append([]*column{c}, r.columns...) {
		if o != c && !o.role.price() && o.role != roleBefore {
			continue
		}
		for row := r.bottom + 1; row <= min(r.end, r.bottom+sampleRows); row++ {
			cell := r.cell(row, o.col)
			if cell.Kind != ooxml.Text {
				continue
			}
			text := cell.Text
			if len(text) > maxTitle {
				continue
			}
			if in, _, both := splitSides(text); both {
				text = in
			}
			if p, ok := parsePrice(text, o.unit); ok && p.Currency != "" {
				stated[p.Currency]++
				all++
			}
		}
	}
	for currency, n := range stated {
		if 2*n > all {
			return currency
		}
	}
	return ""
}

// emitPrice adds a prices row, and one for a cache-hit price in the same cell.
func (r *region) emitPrice(p *plan, t *tables, row int, model string, modelAt *column, c *column, place analysis.Place, kind string, price Price) bool {
	said := place // of the price: in the row, or where a merge begins
	if said.Row == row {
		said.Row = 0
	}
	cells := places{{"model", analysis.Place{Col: modelAt.col}}, {"price", said}}
	var when Period
	var at analysis.Place
	var dated, bad bool
	from, to := r.one(roleFrom), r.one(roleTo)
	if from != nil {
		if cell := r.cell(row, from.col); cell.Kind != ooxml.Blank {
			when, dated = r.day(cell)
			bad = !dated && !isMissing(r.typed(cell))
			at = analysis.Place{Row: row, Col: from.col}
		}
	} else {
		when, at, dated, bad = r.rowPeriod(p, c, row)
	}
	if bad {
		r.find(analysis.Dropped, "not-a-period", at.Row, at.Col, r.text(at.Row, at.Col))
		return false
	}
	if dated && at != (analysis.Place{}) {
		if at.Row == row {
			at.Row = 0
		}
		cells = append(cells, placeOf{"date", at})
	}
	company, cc := r.says(roleCompany, row)
	if cc == nil && len(r.lines) > 0 {
		var line analysis.Place
		if company, line = r.companyAbove(row); company != "" {
			cells = append(cells, placeOf{"company", line})
		}
	}
	if cc != nil {
		cells = append(cells, placeOf{"company", analysis.Place{Col: cc.col}})
	}
	var before *float64
	if b := r.before(c); b != nil {
		if cell := r.cell(row, b.col); cell.Kind != ooxml.Blank {
			if old, ok := r.price(p, b, cell, analysis.Place{Row: row, Col: b.col}); ok && old.Currency == price.Currency {
				before = &old.Value
				cells = append(cells, placeOf{"price_before", analysis.Place{Col: b.col}})
			}
		}
	}
	row1 := func(kind string, value float64, plain bool) {
		b := t.begin("prices", r, row, cells)
		b.Text("model", model)
		b.Text("company", company)
		if dated {
			b.Date("date", when.First)
			b.Text("date_grain", string(when.Grain))
		}
		if to != nil {
			if q, ok := r.day(r.cell(row, to.col)); ok {
				b.Date("valid_to", q.First)
			}
		}
		b.Text("kind", kind)
		b.Float("price", value)
		if plain && price.Bound == "range" {
			b.Float("price_low", price.Low)
			b.Float("price_high", price.High)
		}
		if plain && before != nil {
			b.Float("price_before", *before)
		}
		b.Text("currency", price.Currency)
		b.Bool("free", value == 0)
		if text, cx := r.says(roleContext, row); cx != nil {
			if tokens, ok := parseContext(text, cx.unit.Scale == 1000); ok {
				b.Float("context", tokens)
			}
		}
		b.EndRow()
	}
	row1(kind, price.Value, true)
	if price.Cached != nil && kind != "cached_input" {
		row1("cached_input", *price.Cached, false)
	}
	return true
}
