package writers

import (
	"context"
	"math"
	"strconv"
	"strings"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// The columns of the Data sheet.
const (
	dataTable = iota + 1
	dataName
	dataCompany
	dataWhat
	dataRegion
	dataDate
	dataGrain
	dataValue
	dataUnit
	dataBound
	dataTyped
	dataFactor
	dataSheet
	dataCell
	dataHow
	dataCols = dataHow
)

// dataFirst is the row of the first fact, below title, remark and heading.
const dataFirst = 5

// factTable says which columns of an input table are facts, and where the rest
// of a fact's row comes from.
type factTable struct {
	table  string
	facts  []string // one fact for each that is there
	name   string   // column of whose fact it is
	what   string   // column that says what it is; "": the fact's own column
	date   string   // column of the day or period it is of; "": the fact is the date
	grain  string
	unit   string
	region string
	bound  string
}

// factTables are the input tables with facts, in the order of the Data sheet.
var factTables = []factTable{
	{table: "filings", facts: []string{"filed", "launched", "active", "commercial", "retired"}, name: "model", region: "region"},
	{table: "metrics", facts: []string{"value"}, name: "subject", what: "metric", date: "period", grain: "period_grain", unit: "unit", region: "region", bound: "bound"},
	{table: "prices", facts: []string{"price", "price_before"}, name: "model", what: "kind", date: "date", grain: "date_grain", unit: "currency"},
	{table: "releases", facts: []string{"date"}, name: "model", region: "region"},
	{table: "rates", facts: []string{"cny_per_unit"}, name: "currency", date: "date"},
}

// facts knows where each fact stands in the Data sheet.
type facts struct {
	sheet *sheet
	rows  map[string][]int // by table.column: sheet row of each table row, 0 for none
	grids map[string]*ooxml.Grid
	pkg   *ooxml.Package
	file  string // the workbook: cells of other files are not to be referred to
}

// countFacts is how many facts a workbook's tables hold.
func countFacts(tables analysis.Tables) int {
	n := 0
	for _, f := range factTables {
		t := tables[f.table]
		for _, column := range f.facts {
			at := factsOf(t, column)
			for row := range t.Rows() {
				if _, ok := at(row); ok {
					n++
				}
			}
		}
	}
	return n
}

// factsOf tells the numbers of a column of facts: a date by its day.
func factsOf(t analysis.Table, column string) func(row int) (float64, bool) {
	dates, floats := t.Date(column), t.Float(column)
	return func(row int) (float64, bool) {
		if d, ok := dates.At(row); ok {
			return float64(d), true
		}
		return floats.At(row)
	}
}

// typed is the analyst's cell that gave a fact.
type typed struct {
	ooxml.Cell
	at  analysis.Ref
	ref string // to the cell, from any sheet; "" where it is not to be referred to
}

// cells tells the analyst's cell behind each row of a column.
func (f *facts) cells(t analysis.Table, column string) func(row int) typed {
	type place struct {
		at    analysis.Ref
		grid  *ooxml.Grid
		sheet string // quoted, with its exclamation mark
	}
	places := make([]place, len(t.Sources))
	for i, s := range t.Sources {
		cell := s.Cells[column]
		at := analysis.Ref{File: s.File, Sheet: s.Sheet, Row: cell.Row, Col: cell.Col}
		places[i] = place{at: at, sheet: quoteSheet(s.Sheet) + "!"}
		if !f.elsewhere(at) {
			places[i].grid = f.grids[s.Sheet]
		}
	}
	sources, rows := t.Int("source"), t.Int("row")
	return func(row int) (c typed) {
		source, ok := sources.At(row)
		if !ok || int(source) >= len(places) {
			return c
		}
		p := &places[source]
		if c.at = p.at; c.at.Row == 0 {
			r, _ := rows.At(row)
			c.at.Row = int(r)
		}
		if c.at.Row > 0 && c.at.Col > 0 && p.grid != nil {
			c.Cell, c.ref = p.grid.At(c.at.Row, c.at.Col), p.sheet+address(c.at.Row, c.at.Col)
		}
		return c
	}
}

// elsewhere reports whether a cell stands in another workbook, as in a market.
func (f *facts) elsewhere(at analysis.Ref) bool { return at.File != "" && at.File != f.file }

// loadGrids reads the analyst's sheets that facts came from.
func (f *facts) loadGrids(ctx context.Context, tables analysis.Tables) error {
	f.grids = map[string]*ooxml.Grid{}
	for _, ft := range factTables {
		for _, s := range tables[ft.table].Sources {
			f.grids[s.Sheet] = nil
		}
	}
	for i, s := range f.pkg.Sheets {
		if _, wanted := f.grids[s.Name]; !wanted || !s.Grid || s.Ours {
			continue
		}
		g, err := f.pkg.Grid(ctx, i)
		if err != nil {
			return err
		}
		f.grids[s.Name] = g
	}
	return nil
}

// factor is what a cell's number is multiplied by to give a value, found from
// the two: a power of ten where one fits. Not ok: no plain multiple.
func factor(value, typed float64) (by float64, ok bool) {
	if typed == 0 || value == 0 {
		return 0, false
	}
	by = value / typed
	if e := math.Round(math.Log10(math.Abs(by))); math.Abs(by-math.Pow(10, e)) <= 1e-9*math.Abs(by) {
		by = math.Pow(10, e)
	} else if r, err := strconv.ParseFloat(strconv.FormatFloat(by, 'g', 12, 64), 64); err == nil {
		by = r // 1000/750 and its like
	}
	return by, math.Abs(typed*by-value) <= 1e-12*math.Abs(value)
}

// factors are the factors of the cells of each source and column: what a cell
// that holds zero cannot say itself, its neighbours do.
func factors(t analysis.Table, column string, cells func(row int) typed) map[int64]float64 {
	common := map[int64]float64{}
	values, sources := t.Float(column), t.Int("source")
	for row := range t.Rows() {
		v, ok := values.At(row)
		if !ok {
			continue
		}
		c := cells(row)
		if c.Kind != ooxml.Number {
			continue
		}
		by, ok := factor(v, c.Num)
		source := sources.Or(row, -1)
		switch known, seen := common[source]; {
		case !ok:
		case !seen:
			common[source] = by
		case known != by:
			common[source] = math.NaN()
		}
	}
	return common
}

// ofNumber makes the cell of a fact: a formula on the analyst's cell where that
// holds a number, else the value as read. The factor is 0 where there is none;
// common is that of the cell's neighbours.
func (t typed) ofNumber(value, common float64) (c cell, by float64, how string) {
	c = cell{kind: number, num: value}
	if t.Kind != ooxml.Number {
		return c, 0, "data.from-text"
	}
	by, ok := factor(value, t.Num)
	if !ok && t.Num == 0 && value == 0 {
		by = common
		ok = by != 0 && !math.IsNaN(by)
	}
	if !ok {
		return c, 0, "data.no-multiple"
	}
	if by == 1 {
		c.formula = `IF(ISNUMBER(` + t.ref + `),` + t.ref + `,"")`
	} else {
		c.formula = `IF(ISNUMBER(` + t.ref + `),` + t.ref + `*` + formulaNumber(by) + `,"")`
	}
	return c, by, "data.live"
}

// formulaNumber is a number as it stands in a formula.
func formulaNumber(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strings.ToUpper(strconv.FormatFloat(v, 'g', -1, 64))
}

// ofDate makes the cell of a date: a formula on the analyst's cell where that
// holds a real date, of a month its first day.
func (t typed) ofDate(b *book, d analysis.Date) (c cell, how string) {
	serial := b.serial(d)
	c = cell{kind: number, num: serial}
	switch {
	case t.Kind != ooxml.Number || !b.facts.pkg.Format(t.Style).Date:
		return c, "data.from-text"
	case t.Num == serial:
		c.formula = `IF(ISNUMBER(` + t.ref + `),` + t.ref + `,"")`
	case math.Floor(t.Num) == serial:
		c.formula = `IF(ISNUMBER(` + t.ref + `),INT(` + t.ref + `),"")`
	case firstOfMonth(b.dateOf(t.Num)) == d:
		c.formula = `IF(ISNUMBER(` + t.ref + `),DATE(YEAR(` + t.ref + `),MONTH(` + t.ref + `),1),"")`
	default:
		return c, "data.no-multiple"
	}
	return c, "data.live"
}

func firstOfMonth(d analysis.Date) analysis.Date {
	return analysis.PeriodOf(d, analysis.Month).First
}

// dataSheet fills one row for each fact of the workbook: whose it is and of
// when, its value as a formula on the analyst's own cell, the factor between
// the two, the text as typed where it is no number, and a link to the cell.
func (b *book) dataSheet(s *sheet, f *facts) {
	f.sheet, f.rows = s, map[string][]int{}
	s.tab = "009E73"
	for col, wide := range []float64{8, 24, 18, 18, 10, 12, 8, 16, 10, 9, 24, 11, 20, 9, 22} {
		s.widen(col+1, wide)
	}
	s.put(1, 1, say(s.name, b.style(style{bold: true, size: 16, color: accent})))
	s.height(1, 26)
	s.put(2, 1, say(b.key("data.about"), b.style(style{color: gray})))
	head := style{bold: true, fill: headFill, under: accent, color: accent, middle: true, wrap: true}
	right := head
	right.align, right.indent = "right", 1
	for col, key := range map[int]string{dataTable: "method.table", dataName: "column.name", dataCompany: "column.company", dataWhat: "data.what", dataRegion: "column.region",
		dataDate: "data.date", dataGrain: "column.period_grain", dataUnit: "column.unit", dataBound: "column.bound", dataTyped: "issues.got",
		dataSheet: "issues.sheet", dataCell: "issues.cell", dataHow: "data.how"} {
		s.put(dataFirst-1, col, say(b.key(key), b.style(head)))
	}
	s.put(dataFirst-1, dataValue, say(b.key("column.value"), b.style(right)))
	s.put(dataFirst-1, dataFactor, say(b.key("data.factor"), b.style(right)))
	s.height(dataFirst-1, 30)
	s.frozenRows, s.frozenCols, s.repeated = dataFirst-1, dataName, dataFirst-1

	look := dataLooks(b)
	row := dataFirst
	for _, ft := range factTables {
		t := b.wb.Tables[ft.table]
		label := say(b.input(ft.table), look.plain)
		names, companies, regions := t.Text(ft.name), t.Text("company"), t.Text(ft.region)
		days, grains, units, bounds, whats := t.Date(ft.date), t.Text(ft.grain), t.Text(ft.unit), t.Text(ft.bound), t.Text(ft.what)
		grainWord, boundWord, whatWord := b.wordsOf("period_grain"), b.wordsOf("bound"), b.wordsOf(ft.what)
		dayCells, sources := f.cells(t, ft.date), t.Int("source")
		for _, column := range ft.facts {
			at := make([]int, t.Rows())
			f.rows[ft.table+"."+column] = at
			cells := f.cells(t, column)
			common, values, dates, ownGrains := factors(t, column, cells), factsOf(t, column), t.Date(column), t.Text(column+"_grain")
			for r := range t.Rows() {
				v, ok := values(r)
				if !ok {
					continue
				}
				at[r] = row
				s.put(row, dataCols, cell{}) // the whole row at once
				line := s.rows[row-1]
				line[dataTable-1] = label
				line[dataName-1] = say(names.Or(r, ""), look.plain)
				line[dataCompany-1] = say(companies.Or(r, ""), look.plain)
				what := whatWord(whats.Or(r, ""))
				if ft.what == "" || column == "price_before" {
					what = b.column(column)
				}
				line[dataWhat-1] = say(what, look.plain)
				line[dataRegion-1] = say(regions.Or(r, ""), look.plain)
				grain := grains.Or(r, "")
				if ft.date != "" {
					if d, ok := days.At(r); ok {
						c, _ := dayCells(r).ofDate(b, d)
						c.style = look.day(dateFormat(analysis.Grain(grain)))
						line[dataDate-1] = c
						line[dataGrain-1] = say(grainWord(grain), look.plain)
					}
				}
				from := cells(r)
				var c cell
				var how string
				if d, ok := dates.At(r); ok {
					c, how = from.ofDate(b, d)
					grain := ownGrains.Or(r, "")
					c.style = look.value(dateFormat(analysis.Grain(grain)))
					line[dataGrain-1] = say(grainWord(grain), look.plain)
				} else {
					var by float64
					c, by, how = from.ofNumber(v, common[sources.Or(r, -1)])
					c.style = look.value(numberFormat(units.Or(r, ""), v))
					if by != 0 {
						line[dataFactor-1] = num(by, look.number)
					}
				}
				line[dataValue-1] = c
				line[dataUnit-1] = say(units.Or(r, ""), look.plain)
				if ft.bound != "" {
					line[dataBound-1] = say(boundWord(bounds.Or(r, "")), look.plain)
				}
				if from.Kind == ooxml.Text {
					line[dataTyped-1] = say(from.Text, look.typed)
				}
				line[dataSheet-1] = say(from.at.Sheet, look.plain)
				if f.elsewhere(from.at) {
					line[dataSheet-1] = say(from.at.File+" · "+from.at.Sheet, look.plain)
					line[dataCell-1] = say(from.at.Cell(), look.plain)
					how = "data.elsewhere"
				}
				if from.ref != "" {
					line[dataCell-1] = say(from.at.Cell(), look.link)
					s.links = append(s.links, link{cell: address(row, dataCell), to: from.ref})
				}
				line[dataHow-1] = say(b.key(how), look.faint)
				for i := range line {
					if line[i].kind == words && line[i].text == "" || line[i].kind == blank {
						line[i] = styled(look.plain)
					}
				}
				row++
			}
		}
	}
	s.filter = rangeOf(dataFirst-1, 1, max(row-1, dataFirst), dataCols)
}

// factLooks are the formats of the Data sheet; day and value give that of a
// number format.
type factLooks struct {
	plain, number, typed, link, faint int
	day, value                        func(format string) int
}

func dataLooks(b *book) factLooks {
	by := func(look style) func(format string) int {
		known := map[string]int{}
		return func(format string) int {
			id, ok := known[format]
			if !ok {
				look.format = format
				id = b.style(look)
				known[format] = id
			}
			return id
		}
	}
	return factLooks{
		plain:  b.style(style{under: hairline}),
		number: b.style(style{under: hairline, align: "right", indent: 1}),
		typed:  b.style(style{under: hairline, asTyped: true}),
		link:   b.style(style{under: hairline, link: true}),
		faint:  b.style(style{under: hairline, color: gray, size: 9}),
		day:    by(style{under: hairline, align: "left"}),
		value:  by(style{under: hairline, align: "right", indent: 1}),
	}
}

// at is the reference to a fact's value, "" where it has no row.
func (f *facts) at(table, column string, row int) string {
	rows := f.rows[table+"."+column]
	if row >= len(rows) || rows[row] == 0 {
		return ""
	}
	return quoteSheet(f.sheet.name) + "!" + address(rows[row], dataValue)
}

// dateAt is the reference to the day or period of a fact.
func (f *facts) dateAt(table string, row int) string {
	for _, ft := range factTables {
		if ft.table != table || ft.date == "" {
			continue
		}
		if rows := f.rows[table+"."+ft.facts[0]]; row < len(rows) && rows[row] > 0 {
			return quoteSheet(f.sheet.name) + "!" + address(rows[row], dataDate)
		}
	}
	return ""
}
