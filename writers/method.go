package writers

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"shakeout/analysis"
)

// methodCols is how many columns the Method sheet has.
const methodCols = 7

// methodSheet fills the sheet that lets someone check the work: the input, the
// parameters, what was computed and how, what could not be and why, and how
// each table and column of the workbook was understood.
func (b *book) methodSheet(s *sheet, results []analysis.Result) {
	s.tab = gray
	for col, wide := range []float64{24, 24, 26, 16, 16, 16, 40} {
		s.widen(col+1, wide)
	}
	s.put(1, 1, say(s.name, b.style(style{bold: true, size: 16, color: accent})))
	s.height(1, 26)
	row := 3
	input := [][]cell{
		{b.plain(b.key("summary.file")), b.plain(b.wb.Name)},
		{b.plain(b.key("summary.sha256")), b.plain(b.wb.SHA256)},
		{b.plain(b.key("summary.as-of")), b.asOf()},
		{b.plain(b.key("summary.version")), b.plain("shakeout " + b.version)},
	}
	if b.wb.Base != "" {
		input = append(input, []cell{b.plain(b.key("method.base")), b.plain(b.wb.Base)})
	}
	row = b.section(s, row, "method.input", nil, input)
	row = b.section(s, row, "method.parameters", []string{"method.parameter", "method.value", "method.meaning"}, b.parameters())
	computed := b.computed(results)
	for i, cells := range computed {
		at := row + sectionRows + i
		cells[2].style = b.style(style{under: hairline, wrap: true, top: true})
		s.merged = append(s.merged, rangeOf(at, 3, at, methodCols))
		s.height(at, float64(linesOf(cells[2].text, 104))*s.rowHeight+2)
	}
	row = b.section(s, row, "method.computed", []string{"method.sheet", "method.table", "method.how"}, computed)
	row = b.section(s, row, "method.blank", []string{"method.table", "method.measure", "method.rows", "method.why"}, b.notComputed(results))
	row = b.section(s, row, "method.regions", []string{"method.table", "method.from-sheet", "method.range", "method.header-rows", "method.seen", "method.kept"}, b.regions(s, row))
	b.section(s, row, "method.columns", []string{"method.table", "method.from-sheet", "method.header", "method.cell", "method.unit", "method.unit-from", "method.read-as"}, b.columns(s, row))
}

// asOf is the last day that counts, or a dash where nothing is dated.
func (b *book) asOf() cell {
	if b.params.AsOf == 0 {
		return say("—", b.style(style{under: hairline}))
	}
	return num(b.serial(b.params.AsOf), b.style(style{under: hairline, format: "yyyy-mm-dd", align: "left"}))
}

func (b *book) plain(text string) cell { return say(text, b.style(style{under: hairline})) }

func (b *book) count(n int) cell {
	return num(float64(n), b.style(style{under: hairline, format: "#,##0", align: "right", indent: 1}))
}

// sectionRows is where the rows of a section with headings begin below its title.
const sectionRows = 2

// section writes a titled block, if it has rows, and gives the row after it.
func (b *book) section(s *sheet, row int, title string, heads []string, rows [][]cell) int {
	if len(rows) == 0 {
		return row
	}
	s.put(row, 1, say(b.key(title), b.style(style{bold: true, size: 12, color: accent})))
	s.height(row, 20)
	row++
	for i, key := range heads {
		s.put(row, i+1, say(b.key(key), b.style(style{bold: true, fill: headFill, under: accent, color: accent})))
	}
	if len(heads) > 0 {
		row++
	}
	for _, cells := range rows {
		for i, c := range cells {
			s.put(row, i+1, c)
		}
		row++
	}
	return row + 1
}

// parameters lists every parameter with its value and meaning, under the names
// that a settings table uses.
func (b *book) parameters() [][]cell {
	var rows [][]cell
	conf := 0
	p := reflect.ValueOf(b.params)
	for i := range p.NumField() {
		name := snake(p.Type().Field(i).Name)
		var value cell
		switch v := p.Field(i).Interface().(type) {
		case analysis.Date:
			if v == 0 {
				value = b.plain("—")
			} else {
				value = num(b.serial(v), b.style(style{under: hairline, format: "yyyy-mm-dd", align: "left"}))
			}
		case float64:
			value = num(v, b.style(style{under: hairline, align: "left"}))
		case int:
			value = num(float64(v), b.style(style{under: hairline, align: "left"}))
		case bool:
			value = b.plain(b.yes(v))
		case []float64:
			var said []string
			for _, f := range v {
				said = append(said, strconv.FormatFloat(f, 'f', -1, 64))
			}
			value = b.plain(cmp.Or(strings.Join(said, ", "), "—"))
		case []string:
			var said []string
			for _, s := range v {
				said = append(said, b.word("stage", s))
			}
			value = b.plain(strings.Join(said, ", "))
		default:
			value = b.plain(b.word("period_grain", fmt.Sprint(v)))
		}
		rows = append(rows, []cell{b.plain(name), value, b.plain(b.keyOr("param."+name, ""))})
		if name == "conf" {
			conf = len(rows) - 1
		}
	}
	z := num(analysis.NormalQuantile(b.params.Conf), b.style(style{under: hairline, align: "left"}))
	z.formula = fmt.Sprintf("NORMSINV(1-(1-B%d)/2)", firstParameter+conf)
	return append(rows, []cell{b.plain("z"), z, b.plain(b.key("param.z"))})
}

// firstParameter is the row of the first parameter on the Method sheet.
const firstParameter = 11

// parameterCells notes where the parameters stand that formulas refer to, and
// puts their values there already, so that formulas can be tried out.
func (b *book) parameterCells(s *sheet) {
	b.method = s
	b.parameterRow = map[string]int{}
	for i, cells := range b.parameters() {
		b.parameterRow[cells[0].text] = firstParameter + i
		s.put(firstParameter+i, 2, cells[1])
	}
}

// parameterCell is a reference to a parameter that is a number.
func (b *book) parameterCell(name string) (string, bool) {
	row := b.parameterRow[name]
	if row == 0 || b.method.at(row, 2).kind != number {
		return "", false
	}
	return b.method.ref(row, 2), true
}

// snake is a Go field name as settings spell it: MinDrop is min_drop, ActiveMAU
// active_mau.
func snake(name string) string {
	var b strings.Builder
	last := ' '
	for i, r := range name {
		before := last
		if last = r; i > 0 && unicode.IsUpper(r) && !unicode.IsUpper(before) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// computed lists the result tables with the formula and source of each.
func (b *book) computed(results []analysis.Result) [][]cell {
	var rows [][]cell
	for _, r := range results {
		for _, t := range r.Tables {
			if t.Rows() > 0 {
				rows = append(rows, []cell{b.plain(b.keyOr("sheet."+r.Name, r.Name)), b.plain(b.keyOr("table."+t.Name, t.Name)), b.plain(b.keyOr("method."+t.Name, ""))})
			}
		}
	}
	return rows
}

// notComputed counts for each measure the rows in which it is blank, by reason.
func (b *book) notComputed(results []analysis.Result) [][]cell {
	var rows [][]cell
	for _, r := range results {
		for _, t := range r.Tables {
			for _, f := range t.Rec.Schema().Fields() {
				measure, ok := strings.CutSuffix(f.Name, "_reason")
				if !ok {
					continue
				}
				count := map[string]int{}
				for row := range t.Rows() {
					if code, ok := t.Text(f.Name).At(row); ok && code != analysis.NotApplicable {
						count[code]++
					}
				}
				var codes []string
				for code := range count {
					codes = append(codes, code)
				}
				slices.SortFunc(codes, func(x, y string) int { return cmp.Or(cmp.Compare(count[y], count[x]), cmp.Compare(x, y)) })
				for _, code := range codes {
					rows = append(rows, []cell{b.plain(b.keyOr("table."+t.Name, t.Name)), b.plain(b.column(measure)), b.count(count[code]), b.plain(b.reason(code))})
				}
			}
		}
	}
	return rows
}

// regions lists the tables recognised in the workbook, each range a link.
func (b *book) regions(s *sheet, row int) [][]cell {
	var rows [][]cell
	for i, r := range b.wb.Regions {
		var heads []string
		for _, h := range r.HeaderRows {
			heads = append(heads, strconv.Itoa(h))
		}
		rows = append(rows, []cell{b.plain(b.input(r.Table)), b.plain(r.Sheet), b.jump(s, row+sectionRows+i, 3, r.Sheet, r.Range),
			b.plain(strings.Join(heads, ", ")), b.count(r.RowsSeen), b.count(r.RowsKept)})
	}
	return rows
}

// columns lists how each column of the workbook's tables was read.
func (b *book) columns(s *sheet, row int) [][]cell {
	var rows [][]cell
	for _, r := range b.wb.Regions {
		for _, c := range r.Columns {
			readAs := b.key("method.not-used")
			if metric, ok := strings.CutPrefix(c.Column, "metric:"); ok {
				readAs = b.sayf("method.as-metric", b.word("metric", metric))
			} else if c.Column != "" {
				readAs = b.column(c.Column)
			}
			from := c.From
			if from != "" {
				from = b.keyOr("from."+from, from)
			}
			rows = append(rows, []cell{b.plain(b.input(r.Table)), b.plain(r.Sheet), say(c.Header, b.style(style{under: hairline, asTyped: true})),
				b.jump(s, row+sectionRows+len(rows), 4, r.Sheet, c.Cell), b.plain(c.Unit), b.plain(from), b.plain(readAs)})
		}
	}
	return rows
}

func (b *book) input(table string) string { return b.keyOr("input."+table, table) }

// jump is an address that leads to the analyst's cells.
func (b *book) jump(s *sheet, row, col int, sheet, cells string) cell {
	if cells == "" || len(s.links) >= maxLinks {
		return b.plain(cells)
	}
	s.links = append(s.links, link{cell: address(row, col), to: quoteSheet(sheet) + "!" + cells})
	return say(cells, b.style(style{under: hairline, link: true}))
}
