// Package readers turns workbook bytes into typed Arrow tables and findings.
//
// Sheets are recognised by their headers, never by their names or positions.
// For each sheet: regions finds the tables (find.go), resolve reads their header
// cells (column.go), classify decides which canonical tables they give
// (classify.go), readRows walks the rows (rows.go), and filings.go, metrics.go,
// prices.go and lookups.go make table rows of them. What a cell's text means is
// in number.go, numeral.go, unit.go, period.go and price.go; how headers are
// spelled in columns.go, which is data. plausible.go, conflicts.go and totals.go
// doubt what was read; nearest.go names what an unknown header comes near to.
// delimited.go makes a workbook of delimited text, to be read by the same rules.
//
// The law: nothing is lost silently. Rows seen = rows kept + rows left out, and
// each left-out row and blanked cell has a finding with the cell and the text as
// typed. A value that is not understood is null, never 0. The package never
// merges names, fills in, repairs or chooses between two statements.
package readers

import (
	"context"
	"runtime"
	"slices"
	"unicode"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// largeSheet is from how many cells on a sheet is worth collecting at once.
const largeSheet = 1 << 20

// Read reads a workbook's tables. name is the file's name, which may state a
// period. An error means that a sheet is damaged; what is merely not understood
// is a finding of the workbook.
func Read(ctx context.Context, pkg *ooxml.Package, name string) (*analysis.Workbook, error) {
	wb := &analysis.Workbook{Name: name}
	notes := func(f analysis.Finding) { wb.Findings = append(wb.Findings, f) }
	t := newTables()
	var kept quoted
	styles := make([]styleSays, styleCount)
	zh, en := 0, 0
	byFile := false // the file's name dates the workbook
	for i, sh := range pkg.Sheets {
		wb.Sheets = append(wb.Sheets, sh.Name)
		if sh.Ours || !sh.Grid {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		grid, err := pkg.Grid(ctx, i)
		if err != nil {
			return nil, err
		}
		s := &sheet{file: name, name: sh.Name, pkg: pkg, grid: grid, merge: newMerges(grid.Merges), styles: styles, notes: notes}
		s.sayCommas()
		recognised := false
		take := func(r *region, p *plan) {
			recognised = recognised || p.refused || len(p.tables) > 0
			if len(p.tables) == 0 {
				return
			}
			r.read(p, t, wb)
			byFile = byFile || p.periodAt == "file"
			for _, c := range r.columns {
				if hasHan(c.header) {
					zh++
				} else if c.header != "" {
					en++
				}
			}
		}
		regions := s.regions()
		for _, r := range regions {
			take(s.understand(r))
		}
		if len(regions) == 0 {
			if r, p := s.onItsSide(); r != nil {
				take(r, p)
			}
		}
		if !recognised && grid.Rows() > 0 {
			row, col := s.firstCell()
			s.find(analysis.Skipped, "sheet-not-recognised", row, col, s.text(row, col), s.nearestRow())
		}
		if recognised {
			s.sayCovered()
			kept.keep(s)
		}
		t.endSheet()
		if grid.Cells() > largeSheet {
			// Its cells are not needed again. A million rows peak at 237 MB with it,
			// at 265 without.
			runtime.GC()
		}
	}
	wb.Lang = analysis.En
	if zh >= en {
		wb.Lang = analysis.Zh
	}
	wb.Tables = t.done()
	if !byFile {
		wb.Dated = notBefore(wb.Dated, wb.Tables)
	}
	plausible(wb.Tables, &kept, notes)
	analysis.SortFindings(wb.Findings, wb.Sheets)
	return wb, nil
}

// read reads a region's rows and keeps the evidence.
func (r *region) read(p *plan, t *tables, wb *analysis.Workbook) {
	for _, c := range p.measures {
		unit := metricUnit(c.metric)
		if unit == "" && c.cells.percents > 0 {
			unit = "fraction"
		}
		var guessed bool
		c.percent, guessed = r.percentPoints(c, unit, nil)
		if guessed && c.percent {
			r.find(analysis.Noted, "percent-by-size", c.at.Row, c.at.Col, c.header)
		}
	}
	r.sayUnread(p)
	if p.subject != "" && slices.Contains(p.tables, "metrics") {
		r.find(analysis.Noted, "subject-from-caption", r.top, r.first, p.subject)
	}
	if line := r.namesMaker(p); line != "" {
		r.find(analysis.Noted, "read-as-market", r.top, r.first, line)
	}
	if p.dated() && r.undated(p) {
		r.find(analysis.Noted, "table-undated", r.bottom, r.first, r.text(r.bottom, r.first))
	}
	seen, kept := r.readRows(p, t)
	for _, table := range p.tables {
		reg := r.label(table, seen, kept)
		for _, c := range r.columns {
			reg.Columns = append(reg.Columns, r.evidence(p, c))
		}
		reg.Columns = append(reg.Columns, r.around(p, table)...)
		wb.Regions = append(wb.Regions, reg)
	}
	if p.periodAt != "" {
		_, end := p.period.First, p.period.Grain.LastDay(p.period.First)
		if p.period.Grain == analysis.Span {
			end = p.period.End
		}
		wb.Dated = max(wb.Dated, end)
	}
}

// namesMaker is the title that names a company or product of the field above a table
// of metrics that says of nobody whose they are, so that they are read as the market's.
func (r *region) namesMaker(p *plan) string {
	if p.subject != "" || !slices.Contains(p.tables, "metrics") || r.has(roleModel, roleCompany, roleRegion) {
		return ""
	}
	for _, l := range p.around.lines {
		if l.from == "title" && makerWords.MatchString(foldKey(l.text)) {
			return l.text
		}
	}
	return ""
}

var makerWords = lazily(`chatgpt|claude|gemini|qwen|deepseek|kimi|mistral|openai|anthropic|文心|通义|豆包|千问|智谱|讯飞|百川|元宝|混元|月之暗面|minimax|字节|百度|阿里|腾讯`)

// notBefore is the date that titles in a workbook state, unless its own metrics
// and prices begin after it: then the date was one table's, not the workbook's. Filings do
// not count: a launch may be planned.
func notBefore(stated analysis.Date, ts analysis.Tables) analysis.Date {
	if stated == 0 {
		return stated
	}
	last := stated
	for _, of := range []struct{ table, first, grain string }{{"metrics", "period", "period_grain"}, {"prices", "date", "date_grain"}} {
		t := ts[of.table]
		dates, grains := t.Date(of.first), t.Text(of.grain)
		for row := range t.Rows() {
			if d, ok := dates.At(row); ok && d > stated {
				last = max(last, analysis.Grain(grains.Or(row, string(analysis.Day))).LastDay(d))
			}
		}
	}
	return last
}

// dated reports whether the plan's tables have periods at all.
func (p *plan) dated() bool {
	for _, t := range p.tables {
		if t == "metrics" || t == "prices" {
			return true
		}
	}
	return false
}

// undated reports a table whose facts no column and no title dates.
func (r *region) undated(p *plan) bool {
	return p.periodAt == "" && r.undatedByColumns()
}

func (r *region) undatedByColumns() bool {
	if r.has(roleDate, roleWeekEnd, roleFrom, roleReleased) {
		return false
	}
	for _, c := range r.columns {
		if c.period != nil {
			return false
		}
	}
	return true
}

// sayUnread names the columns that hold something and are neither used nor
// known: the analyst may have meant them.
func (r *region) sayUnread(p *plan) {
	for _, c := range r.columns {
		n := c.cells
		if c.role != "" || n.numbers+n.dates+n.texts+n.prices == 0 {
			continue
		}
		if c.header == "" {
			r.find(analysis.Noted, "column-without-header", c.at.Row, c.at.Col, "")
			continue
		}
		r.find(analysis.Noted, "column-not-recognised", c.at.Row, c.at.Col, c.header, sayNearest(c.header))
	}
}

// around is what a table takes from the texts around it and not from its columns:
// when, of whom and of what.
func (r *region) around(p *plan, table string) []analysis.RegionColumn {
	var all []analysis.RegionColumn
	if table != "metrics" && table != "prices" {
		return nil
	}
	if p.periodAt != "" && r.undatedByColumns() {
		column := "period"
		if table == "prices" {
			column = "date"
		}
		for _, l := range p.around.lines {
			q, ok := parsePeriod(l.text)
			if !ok {
				q, ok = findPeriod(l.text)
			}
			if ok && q == p.period {
				all = append(all, analysis.RegionColumn{Column: column, Header: l.text, Period: q.String(), From: l.from})
				break
			}
		}
	}
	if table == "metrics" {
		if r.place != "" && !p.regioned {
			all = append(all, analysis.RegionColumn{Column: "region", Header: r.place, From: r.placeFrom})
		}
		if p.metric != "" {
			all = append(all, analysis.RegionColumn{Column: "metric:" + p.metric, Header: p.metric, From: p.from})
		}
		if p.subject != "" {
			all = append(all, analysis.RegionColumn{Column: "subject", Header: p.subject, From: "title"})
		}
	}
	return all
}

// evidence says how a column was understood.
func (r *region) evidence(p *plan, c *column) analysis.RegionColumn {
	e := analysis.RegionColumn{Header: c.header, Cell: r.ref(c.at.Row, c.at.Col).Cell(), Unit: c.unit.Text, From: c.from}
	if c.period != nil && c.role != "" {
		e.Period = c.period.String()
	}
	switch c.role {
	case roleMeasure:
		e.Column = "metric:" + p.stockName(c.metric, c)
		if e.Unit == "" {
			if u, from := p.unitAround(metricUnit(c.metric), c.metric); from != "" {
				e.Unit, e.From = u.Text, from
			}
		}
	case roleInput, roleOutput, roleCached, roleFlat, roleNow:
		if !slices.Contains(p.prices, c) {
			break
		}
		e.Column = "price:" + c.kind()
		if e.Unit == "" {
			switch {
			case p.perTokens.PerTokens > 0:
				e.Unit, e.From = p.perTokens.Text, p.perTokensAt
			case c.weak.PerTokens > 0:
				e.Unit, e.From = c.weak.Text, "header"
			}
		}
	case "":
		e.Unknown = c.header != ""
	case roleUnused, roleNumber, roleCount, roleNotPrice, roleUpdated:
	default:
		e.Column = string(c.role)
	}
	return e
}

// firstCell is the first cell of a sheet that holds anything.
func (s *sheet) firstCell() (row, col int) {
	for row := 1; row <= s.grid.Rows(); row++ {
		for col := 1; col <= s.grid.RowCols(row); col++ {
			if s.cell(row, col).Kind != ooxml.Blank {
				return row, col
			}
		}
	}
	return 0, 0
}

func hasHan(s string) bool {
	for _, c := range s {
		if unicode.Is(unicode.Han, c) {
			return true
		}
	}
	return false
}
