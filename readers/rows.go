package readers

import (
	"slices"
	"strconv"
	"strings"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// readRows walks the rows of a region and gives each to the tables of its plan.
// seen counts the rows that hold anything; each is kept by one table at least or
// left out with a finding.
func (r *region) readRows(p *plan, t *tables) (seen, kept int) {
	says := 0
	notes := r.notes
	r.notes = func(f analysis.Finding) { says++; notes(f) }
	defer func() { r.notes = notes }()

	hidden, gap, lastData := 0, false, r.bottom
	sums := newTotals(r, p)
	r.lines = r.companyLines(p)
	plain := r.plainRows(p, t)
	for row := r.bottom + 1; row <= r.end; row++ {
		example := row <= r.bottom+exampleRows && r.isExample(row)
		if plain != nil && !example && plain.take(row) {
			seen++
			kept++
			lastData, gap = row, false
			sums.add(r, row)
			if r.grid.HiddenRow(row) {
				hidden++
			}
			continue
		}
		filled, first := r.filled(row)
		if filled == 0 {
			gap = true
			continue
		}
		seen++
		before := says
		text := r.text(row, first)
		if r.otherTable(p, row, filled, gap) {
			// The rows below are another table's, which nothing recognised.
			r.find(analysis.Skipped, "block-not-recognised", row, first, text)
			seen--
			break
		}
		switch {
		case example:
			r.find(analysis.Dropped, "row-example", row, first, text)
			continue
		case r.lines[row] != analysis.Place{}:
			r.find(analysis.Dropped, "row-company", row, first, text)
			continue
		case filled <= 2 && isNote(text), filled == 1 && gap && r.cell(row, first).Kind == ooxml.Text && r.last > r.first, filled == 1 && r.heading(p, row, first):
			r.find(analysis.Dropped, "row-note", row, first, text)
			continue
		case r.isTotalRow(p, row, first):
			r.find(analysis.Dropped, "row-total", row, first, text)
			sums.check(r, row, text)
			continue
		}
		if r.keep(p, t, row) {
			kept++
			lastData = row
			sums.add(r, row)
			if r.grid.HiddenRow(row) {
				hidden++
			}
		} else if says == before {
			r.find(analysis.Dropped, "row-no-value", row, first, text)
		}
		gap = false
	}
	r.end = max(lastData, r.bottom)
	for _, c := range r.columns {
		if c.marks > 0 {
			r.find(analysis.Blanked, "says-new", c.mark.Row, c.mark.Col, r.text(c.mark.Row, c.mark.Col), c.marks)
		}
	}
	if r.blankDates > 0 {
		r.find(analysis.Noted, "rows-undated", r.firstBlank.Row, r.firstBlank.Col, "", r.blankDates)
	}
	r.sayBlankUnits(p)
	if hidden > 0 {
		r.find(analysis.Noted, "rows-hidden", 0, 0, "", hidden)
	}
	return seen, kept
}

// exampleRows is how many rows of a form to fill in may show how.
const exampleRows = 3

// isExample reports a row of a form that shows how to fill it in and has not been
// typed over: what it is about is called an example (示例模型, Example company).
func (r *region) isExample(row int) bool {
	for _, c := range r.columns {
		switch c.role {
		case roleModel, roleCompany, roleAlias, roleMerger, roleCurrency:
			if cell := r.cell(row, c.col); cell.Kind == ooxml.Text && exampleName.MatchString(normText(cell.Text)) {
				return true
			}
		}
	}
	return false
}

var exampleName = lazily(`(?i)^(?:示例(?:模型|产品|应用|公司|集团|合并|：|:)|另一家示例公司$|(?:another )?example(?: (?:model|product|app|company|group|merger)\b|:))`)

// heading reports a row whose one cell is a line of its own: merged over columns,
// or a name and nothing else in a list whose rows say more.
func (r *region) heading(p *plan, row, first int) bool {
	if r.cell(row, first).Kind != ooxml.Text {
		return false
	}
	if m, ok := r.merge.at(row, first); ok && m.Col2 > m.Col1 && m.Col2-m.Col1 >= (r.last-r.first)/2 {
		return true
	}
	if !slices.Contains(p.tables, "filings") || r.last-r.first < 2 {
		return false
	}
	for _, other := range []int{row - 1, row + 1} {
		if other > r.bottom && other <= r.end {
			if n, _ := r.filled(other); n > 2 {
				return true
			}
		}
	}
	return false
}

// otherTable reports a row that begins another table which no header rule knows:
// several texts and nothing else, words where this table's numbers stand, and
// either a gap above it or the look of this table's own header.
func (r *region) otherTable(p *plan, row, filled int, gap bool) bool {
	if filled < 2 {
		return false
	}
	for _, c := range r.columns {
		if k := r.kind(row, c.col); k != ooxml.Blank && k != ooxml.Text {
			return false
		}
	}
	if !gap && !r.wordsForNumbers(p, row) {
		return false
	}
	words, asHead, asData := 0, true, false
	for _, c := range r.columns {
		cell := r.cell(row, c.col)
		if cell.Kind == ooxml.Blank {
			continue
		}
		if cell.Kind != ooxml.Text {
			return false
		}
		if head := r.cell(r.bottom, c.col); head.Kind != ooxml.Blank && head.Style != cell.Style {
			asHead = false
		}
		asData = asData || r.cell(r.bottom+1, c.col).Style == cell.Style
		text := normText(cell.Text)
		if c.role != roleMeasure && !c.role.price() && c != p.value {
			continue
		}
		if isMissing(text) || isNumeric(text) || isPresence(text) {
			return false
		}
		if _, ok := parsePrice(text, c.unit); ok {
			return false
		}
		words++
	}
	asHead = asHead && !asData
	if words == 0 {
		// A list of texts: only its look tells.
		return gap && asHead
	}
	return gap || asHead
}

// wordsForNumbers is a quick look: words stand in the first column of numbers.
func (r *region) wordsForNumbers(p *plan, row int) bool {
	for _, c := range r.columns {
		if c.role == roleMeasure || c.role.price() || c == p.value {
			cell := r.cell(row, c.col)
			if cell.Kind != ooxml.Blank {
				return cell.Kind == ooxml.Text && !isNumeric(cell.Text)
			}
		}
	}
	return false
}

// filled counts a row's own cells that hold anything, and names the first.
func (r *region) filled(row int) (n, first int) {
	for col := r.first; col <= r.last; col++ {
		c, w := r.ownWord(row, col)
		if c.Kind == ooxml.Blank || w != nil && w.text == "" {
			continue
		}
		if n == 0 {
			first = col
		}
		n++
	}
	return n, first
}

// isTotalRow reports a total or subtotal. A row of a long table that has its own
// metric and period is data, even if its subject says 合计.
func (r *region) isTotalRow(p *plan, row, first int) bool {
	total := r.totalAt(r.shownWord(row, first))
	for _, c := range r.columns {
		switch c.role {
		case roleModel, roleCompany, roleRegion, roleCategory, roleNumber:
			if !total {
				cell, w := r.ownWord(row, c.col)
				total = r.totalAt(cell, w, analysis.Place{})
			}
		}
	}
	if !total {
		return false
	}
	if metric := r.one(roleMetric); metric != nil && p.value != nil && r.text(row, metric.col) != "" {
		if date := r.one(roleDate); date != nil && r.text(row, date.col) != "" {
			return false
		}
	}
	return true
}

// totalAt reports a cell that names a total.
func (r *region) totalAt(c ooxml.Cell, w *word, _ analysis.Place) bool {
	return w != nil && w.isTotal() || w == nil && c.Kind == ooxml.Error && isTotal(c.Text)
}

// isTotal reports a text that names a total, alone or after a name.
func isTotal(text string) bool {
	t := lowerSimplified(strings.TrimRight(normText(text), ":： "))
	t = strings.Trim(t, "（）() ")
	if hasPrefix(t, summaryStarts) && summaries.MatchString(t) {
		return true
	}
	if !strings.ContainsAny(t, "计总") && !strings.Contains(t, "total") {
		return t == "sum" // as nearly all names
	}
	total := strings.HasPrefix(t, "total ") && len(strings.Fields(t)) <= 4 || strings.HasPrefix(t, "subtotal ")
	for _, w := range []string{"合计", "小计", "总计", "总量", "总和", "共计"} {
		total = total || strings.HasSuffix(t, w) || strings.HasPrefix(t, w)
	}
	for _, w := range []string{" total", " subtotal", " sub-total", " grand total", " totals"} {
		total = total || t == w[1:] || strings.HasSuffix(t, w)
	}
	// 全行业合计 says that it is the market, not the sum of what is listed.
	return total && !wholeMarket.MatchString(t) && !othersTogether.MatchString(t)
}

// othersTogether is the rest of a list, and no sum of it.
var othersTogether = lazily(`^(?:其他|其它|其余)[^ 小]*(?:合计|总计|共计)$`)

func hasPrefix(text string, of []string) bool {
	return slices.ContainsFunc(of, func(p string) bool { return strings.HasPrefix(text, p) })
}

// summaryStarts are what summaries begin with.
var summaryStarts = []string{"cr", "hhi", "top", "前", "行业", "算术", "加权", "平均", "均值", "中位数", "average", "mean", "median"}

// summaries are rows that are computed from the others and name nobody: averages,
// concentration ratios.
var summaries = lazily(`^(?:cr-?\d{1,3}|hhi|top ?\d{1,3}|前[一二三四五六七八九十\d]+(?:大|名|强|家)?(?:厂商|企业|公司)?(?:占比|份额)?|(?:行业|算术|加权)?平均(?:值|数|水平)?|均值|中位数|average|mean|median)$`)

// partOfYear is a day or month without its year.
var partOfYear = lazily(`^\d{1,2}月(\d{1,2}日)?$`)

// datesIn is the column that dates the rows.
func (r *region) datesIn() int {
	if c := r.one(roleDate); c != nil {
		return c.col
	}
	return r.one(roleWeekEnd).col
}

// partOf is the part of a year that a cell says together with its header: Q1, 上半年, and
// 3 under 月 or under 季度; else "".
func partOf(text, header string) string {
	if partHeader.MatchString(foldKey(text)) {
		return text
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return ""
	}
	switch h := foldKey(header); {
	case n <= 12 && (h == "月" || h == "月份" || h == "month"):
		return text + "月"
	case n <= 4 && (h == "季" || h == "季度" || h == "quarter"):
		return "Q" + text
	}
	return ""
}

var wholeMarket = lazily(`全行业|全网|全市场|行业|市场总|\b(market|industry)\b`)

// keep gives a row to each table of the plan and reports whether any took it.
func (r *region) keep(p *plan, t *tables, row int) bool {
	kept := false
	for _, name := range p.tables {
		var took bool
		switch name {
		case "filings":
			took = r.filing(p, t, row)
		case "metrics":
			took = r.metrics(p, t, row)
		case "prices":
			took = r.prices(p, t, row)
		case "releases":
			took = r.release(p, t, row)
		default:
			took = r.lookUpRow(name, t, row)
		}
		kept = kept || took
	}
	return kept
}

// says is what the most telling filled column of a role says in a row, seen
// through merges, and that column. Marks and missing values say nothing.
func (r *region) says(role role, row int) (string, *column) {
	text, _, c := r.saysWord(role, row)
	return text, c
}

// saysWord is says with the word, nil where the cell is no text.
func (r *region) saysWord(role role, row int) (string, *word, *column) {
	var last *column // columns of a role come in the order of their rank
	for {
		var next *column
		for _, c := range r.columns {
			if c.role == role && (last == nil || c.rank > last.rank || c.rank == last.rank && c.col > last.col) && (next == nil || c.rank < next.rank) {
				next = c
			}
		}
		if next == nil {
			return "", nil, nil
		}
		last = next
		switch cell, w, _ := r.shownWord(row, next.col); {
		case w != nil && w.text != "" && !w.isMissing():
			return w.text, w, next
		case w == nil && cell.Kind != ooxml.Blank:
			if text := r.typed(cell); text != "" && !isMissing(text) {
				return text, nil, next
			}
		}
	}
}

// rowPeriod is when a row's facts hold: its own date columns (the finest), the
// value column's header, then what stands around the table. bad names a cell
// that states something which is no period.
func (r *region) rowPeriod(p *plan, value *column, row int) (got Period, at analysis.Place, ok, bad bool) {
	part, partAt := "", analysis.Place{} // a month or quarter whose year another column may say
	for _, c := range r.columns {
		switch c.role {
		case roleDate, roleWeekEnd:
		case roleReleased:
			if value != nil && value.role.price() {
				continue // the day a model came out is not the day of its price
			}
		default:
			continue
		}
		cell, w, place := r.shownWord(row, c.col)
		if cell.Kind == ooxml.Blank || w != nil && (w.text == "" || w.isMissing()) {
			continue
		}
		q, good := r.day(cell)
		text := ""
		if !good {
			if text = r.textOf(cell, w); text == "" || w == nil && isMissing(text) {
				continue
			}
		}
		if !good && p.periodAt != "" && partOfYear.MatchString(text) {
			q, good = withinYear(p.period, text) // the title says the year
		}
		if !good {
			if of := partOf(text, c.header); of != "" {
				part, partAt = of, place
				continue
			}
			if !ok {
				bad, at = true, place
			}
			continue
		}
		if c.role == roleWeekEnd && q.Grain == analysis.Day {
			q = Period{First: q.First - 6, Grain: analysis.Week}
		}
		if !ok || q.Grain.Fineness() < got.Grain.Fineness() {
			got, at, ok, bad = q, place, true, false
		}
	}
	if part != "" {
		year, from := got, ok
		if !from && p.periodAt != "" {
			year, from = p.period, true
		}
		q, good := withinYear(year, part)
		if !from || !good || ok && got.Grain != analysis.Year {
			if !ok {
				return Period{}, partAt, false, true
			}
			return got, at, ok, bad
		}
		return q, partAt, true, false
	}
	if ok && value != nil && value.part != "" && value.period == nil && got.Grain == analysis.Year {
		if q, good := withinYear(got, value.part); good {
			return q, value.at, true, false // 2024 down, 5月 across
		}
	}
	if ok || bad {
		return got, at, ok, bad
	}
	if from := r.one(roleFrom); from != nil && value != nil && !value.role.price() {
		if a, good := r.day(r.cell(row, from.col)); good {
			got, at, ok = a, analysis.Place{Row: row, Col: from.col}, true
			if to := r.one(roleTo); to != nil {
				if b, good := r.day(r.cell(row, to.col)); good && b.First >= a.First {
					got = Period{First: a.First, Grain: analysis.Span, End: b.Grain.LastDay(b.First)}
				}
			}
			return got, at, ok, false
		}
	}
	if value != nil && value.period != nil {
		return *value.period, value.at, true, false
	}
	if p.periodAt != "" {
		return p.period, analysis.Place{}, true, false
	}
	return Period{}, analysis.Place{}, false, false
}
