package writers

import (
	"maps"
	"math"
	"slices"
	"strings"

	"shakeout/analysis"
)

// The measures of a result sheet, in pixels and digits.
const (
	chartWidth  = 600
	chartHeight = 320
	chartGap    = 16
	maxWide     = 40.0
	minWide     = 7.0
	widePixels  = 1500 // beyond which a sheet is printed on A3
)

// speaks reports whether a result has anything for a sheet.
func speaks(r analysis.Result) bool {
	return slices.ContainsFunc(r.Tables, func(t analysis.Table) bool { return t.Rows() > 0 })
}

// resultSheet fills the sheet of one analysis: its title and what it answers,
// links to its tables, its charts, and the tables one below the other, those
// that the headlines lead to first. What the charts draw stands to the right of
// the tables, outside of what is printed.
func (b *book) resultSheet(s *sheet, r analysis.Result) {
	s.tab = "0072B2"
	s.put(1, 1, say(s.name, b.style(style{bold: true, size: 16, color: accent})))
	s.height(1, 26)
	s.put(2, 1, say(b.keyOr("analysis."+r.Name, ""), b.style(style{color: gray})))

	tables := inOrder(r)
	charts := slices.DeleteFunc(slices.Clone(r.Charts), func(c analysis.Chart) bool {
		return !slices.ContainsFunc(tables, func(t analysis.Table) bool { return t.Name == c.Table })
	})
	const top = 5
	band := 0
	if len(charts) > 0 {
		band = chartRows(s, len(charts)) + 1
	}
	row := top + band
	var starts []int
	for i, t := range tables {
		if i > 0 {
			row += 2
		}
		starts = append(starts, row)
		row = b.table(s, row, t)
	}
	s.frozenRows = top - 1
	longest := b.placed[tables[0].Name]
	cols, printed := 1, 1
	for _, t := range tables {
		at := b.placed[t.Name]
		if t.Rows() > longest.table.Rows() {
			longest = at
		}
		printed = max(printed, len(at.columns))
		cols = max(cols, len(at.columns)+1) // and why numbers are blank
	}
	s.filter = rangeOf(longest.first-1, 1, longest.first+longest.table.Rows()-1, len(longest.columns))
	if len(tables) == 1 && len(charts) == 0 {
		s.frozenRows, s.repeated = longest.first-1, longest.first-1
	}
	b.contents(s, 3, tables, starts)
	b.colorBands(s)

	for s.leftOf(printed+1) < min(2, len(charts))*(chartWidth+chartGap) {
		printed++
	}
	cols = max(cols, printed)
	s.printed = rangeOf(1, 1, row-1, printed)
	s.wide = s.leftOf(printed+1) > widePixels

	data, col := top, cols+2
	for i, c := range charts {
		t := tables[slices.IndexFunc(tables, func(t analysis.Table) bool { return t.Name == c.Table })]
		var p *plot
		if p, data = b.chart(s, data, col, c, t); p == nil {
			continue
		}
		p.left, p.top = 8+(i%2)*(chartWidth+chartGap), s.topOf(top)+(i/2)*(chartHeight+chartGap)
		p.width, p.height = chartWidth, chartHeight
		s.plots = append(s.plots, p)
	}
}

// inOrder are the tables of a result that have rows, those that its headlines
// lead to first.
func inOrder(r analysis.Result) []analysis.Table {
	led := func(t analysis.Table) int {
		i := slices.IndexFunc(r.Headlines, func(h analysis.Headline) bool { return h.Table == t.Name })
		if i < 0 {
			return len(r.Headlines)
		}
		return i
	}
	tables := slices.DeleteFunc(slices.Clone(r.Tables), func(t analysis.Table) bool { return t.Rows() == 0 })
	slices.SortStableFunc(tables, func(a, b analysis.Table) int { return led(a) - led(b) })
	return tables
}

// banded are the columns whose words are coloured, and the colours of text and
// ground for each word.
var banded = map[string][2]string{
	analysis.HighlyConcentrated:     {"9C0006", "FFC7CE"},
	analysis.ModeratelyConcentrated: {"7F6000", "FFF2CC"},
	analysis.Unconcentrated:         {"006100", "C6EFCE"},
	"supported":                     {"006100", "C6EFCE"},
	"contradicted":                  {"9C0006", "FFC7CE"},
	"undecided":                     {"404040", "EDEDED"},
}

// colorBands gives the classes of concentration and the verdicts of a sheet
// their colours, by conditional formats that follow the words.
func (b *book) colorBands(s *sheet) {
	for _, at := range b.order {
		if at.sheet != s {
			continue
		}
		for _, column := range at.columns {
			if column != "verdict" && !strings.HasPrefix(column, "band") {
				continue
			}
			col := at.cols[column]
			b.colorWords(s, rangeOf(at.first, col, at.first+at.table.Rows()-1, col), column)
		}
	}
}

// colorWords colours the cells of a range by what they say.
func (b *book) colorWords(s *sheet, cells, column string) {
	for _, word := range slices.Sorted(maps.Keys(banded)) {
		if b.keyOr("word."+word, b.keyOr(column+"."+word, "")) != "" {
			said := b.word(column, word)
			s.bands = append(s.bands, condition{cells: cells, equal: said, format: b.styles.differential(banded[word][0], banded[word][1])})
		}
	}
}

// contents writes a row of links: back to Summary, and to each table.
func (b *book) contents(s *sheet, row int, tables []analysis.Table, starts []int) {
	look := b.style(style{link: true})
	col := 1
	add := func(text string, to *sheet, toRow int) {
		s.put(row, col, say(text, look))
		s.links = append(s.links, linkTo(row, col, to, toRow, 1))
		for end := s.leftOf(col) + int(digitsWide(text)+3)*7; s.leftOf(col) < end; {
			col++
		}
	}
	add("← "+b.sheets[0].name, b.sheets[0], 1)
	if len(tables) > 1 {
		for i, t := range tables {
			add("↓ "+b.keyOr("table."+t.Name, t.Name), s, starts[i])
		}
	}
}

// chartRows is how many rows of usual height charts take, two beside each other.
func chartRows(s *sheet, n int) int {
	high := s.rowPixels(len(s.rows) + 1)
	return ((n+1)/2*(chartHeight+chartGap) + high - 1) / high
}

// topOf and leftOf are where a row and a column begin, in pixels.
func (s *sheet) topOf(row int) int {
	y := 0
	for r := 1; r < row; r++ {
		y += s.rowPixels(r)
	}
	return y
}

func (s *sheet) leftOf(col int) int {
	x := 0
	for c := 1; c < col; c++ {
		x += s.columnPixels(c)
	}
	return x
}

// hidden are columns that serve charts.
var hidden = map[string]bool{"shown": true, "label": true}

// shownColumns are the columns of a table that its sheet shows: all but the
// reasons, and those in which nothing stands. Of these, the ones that have
// reasons are given apart.
func shownColumns(t analysis.Table) (columns, empty []string) {
	schema := t.Rec.Schema()
	for i, f := range schema.Fields() {
		if measure, ok := strings.CutSuffix(f.Name, "_reason"); ok && schema.HasField(measure) || hidden[f.Name] {
			continue
		}
		switch {
		case t.Rec.Column(i).NullN() < t.Rows():
			columns = append(columns, f.Name)
		case schema.HasField(f.Name + "_reason"):
			empty = append(empty, f.Name)
		}
	}
	return columns, empty
}

func linkTo(row, col int, to *sheet, toRow, toCol int) link {
	return link{cell: address(row, col), to: quoteSheet(to.name) + "!" + address(toRow, toCol)}
}

// table writes a result table at a row: its caption, how it is computed, which
// measures are blank throughout and why, the canonical column names and how
// each is computed small and gray for those who look them up, the headings, the
// rows. Why numbers of a row are blank stands behind it. It returns the row
// below.
func (b *book) table(s *sheet, row int, t analysis.Table) int {
	s.put(row, 1, say(b.keyOr("table."+t.Name, t.Name), b.style(style{bold: true, size: 12, color: accent})))
	s.height(row, 20)
	row++
	remark := b.style(style{color: gray, size: 9})
	if how := b.keyOr("method."+t.Name, ""); how != "" {
		s.put(row, 1, say(how, remark))
		row++
	}
	columns, empty := shownColumns(t)
	if blank := b.blankThroughout(t, empty); blank != "" {
		s.put(row, 1, say(b.sayf("sheet.all-blank", blank), remark))
		row++
	}
	at := b.place(s, row+3, t, columns)
	at.howRow = row + 1
	small := b.style(style{size: 8, color: "A6A6A6", shrink: true})
	head := style{bold: true, fill: headFill, under: accent, wrap: true, middle: true, color: accent}
	headText, headNumber := head, head
	headNumber.align, headNumber.indent = "right", 1
	lines := 1
	told := &tableRows{first: at.first, rows: t.Rows(), why: b.reasonsOf(t, columns)}
	for i, name := range columns {
		col := i + 1
		s.put(row, col, say(name, small))
		heading := b.keyOr("column."+t.Name+"."+name, b.column(name))
		column := b.shownColumn(t, name, i == 0)
		told.columns = append(told.columns, column)
		look := headText
		if i > 0 {
			look.align, look.indent = "left", 1
		}
		wide, numbers := column.fit(t.Rows())
		if numbers {
			look = headNumber
		}
		wide = max(wide, headWide(heading))
		s.put(row+2, col, say(heading, b.style(look)))
		s.widen(col, min(max(wide+2.5, minWide), maxWide))
		lines = max(lines, linesOf(heading, s.widths[col-1]-2))
	}
	s.height(row+2, float64(lines)*s.rowHeight+4)
	why := len(columns) + 1
	for r := range t.Rows() {
		if told.why(r) != "" {
			told.blanks = true
			told.whyLook = b.style(style{color: gray, size: 9, indent: 1})
			s.put(row+2, why, say(b.key("sheet.why-blank"), b.style(headText)))
			s.widen(why, 12)
			break
		}
	}
	at.rows = told
	s.tables = append(s.tables, told)
	return at.first + t.Rows()
}

// headWide is how many digits wide a column must be for its heading to wrap
// onto three lines, whole words.
func headWide(heading string) float64 {
	wide := digitsWide(heading)/3 + 1
	for _, word := range strings.Fields(heading) {
		if len(word) == int(digitsWide(word)) { // Chinese breaks anywhere
			wide = max(wide, float64(len(word)))
		}
	}
	return wide
}

// blankThroughout names measures that no row has, with their reasons.
func (b *book) blankThroughout(t analysis.Table, empty []string) string {
	var whys []string
	measures := map[string][]string{}
	for _, name := range empty {
		var codes []string
		for r := range t.Rows() {
			if code, ok := t.Text(name + "_reason").At(r); ok && code != analysis.NotApplicable && !slices.Contains(codes, code) {
				codes = append(codes, code)
			}
		}
		if len(codes) == 0 {
			continue // there is nothing to compute
		}
		slices.Sort(codes)
		var said []string
		for _, code := range codes {
			said = append(said, strings.TrimRight(b.reason(code), ".。"))
		}
		why := strings.Join(said, b.key("sheet.semicolon"))
		if measures[why] == nil {
			whys = append(whys, why)
		}
		measures[why] = append(measures[why], b.column(name))
	}
	var all []string
	for _, why := range whys {
		all = append(all, b.sayf("sheet.why", why, strings.Join(measures[why], b.key("sheet.comma"))))
	}
	return strings.Join(all, b.key("sheet.semicolon"))
}

func (b *book) reason(code string) string { return b.keyOr("reason."+code, code) }

// chart lays out what a chart draws beside the tables, x values downwards and
// one column for each series, each number a formula on the table's cell. It
// gives nil where there is nothing to draw, and the row below the data.
func (b *book) chart(s *sheet, row, col int, c analysis.Chart, t analysis.Table) (*plot, int) {
	p := b.points(c, t)
	if c.Kind == analysis.LineChart && c.Series == "" {
		p.drop(func(i int) bool { return len(p.values[i]) < 2 }) // a line takes two points
	}
	p.thin(c.Kind == analysis.StackedChart, b.key("chart.others"))
	if c.Kind == analysis.StepChart {
		p.steps()
	}
	drawn := &plot{kind: c.Kind, lang: b.lang, date1904: b.date1904, xKind: p.xKind, xFormat: p.xForm,
		title: b.say(c.Title), xTitle: b.say(c.XTitle), yTitle: b.say(c.YTitle), alt: b.say(c.Alt), logY: c.LogY, joinGaps: c.LogY || c.Table == "price_index"}
	if p.more > 0 {
		drawn.title = b.sayf("chart.of", drawn.title, maxSeries, maxSeries+p.more)
	}
	var marked map[int]bool
	if c.LogY {
		drawn.floor, marked = p.free()
	}
	if len(p.xs) == 0 || len(p.names) == 0 {
		return nil, row
	}
	drawn.yFormat = axisFormat(p.yUnit)
	drawn.toOne = p.yUnit == "fraction" && (c.Kind == analysis.StackedChart || c.Kind == analysis.StepChart || c.Kind == analysis.LineChart && p.fillsOne())
	if drawn.yFormat == "General" && c.LogY {
		drawn.yFormat = "[>=1000000]0E+0;General" // else a one and many noughts
	}
	if p.xKind == dates {
		drawn.spread(p.xs[len(p.xs)-1].num - p.xs[0].num)
	}

	faint := style{color: gray, size: 9}
	s.put(row, col, say(b.sayf("chart.data", drawn.title), b.style(style{color: gray, size: 9, bold: true})))
	first := row + 2
	last := first + len(p.xs) - 1
	s.put(row+1, col, say(b.column(c.X), b.style(faint)))
	for i, x := range p.xs {
		look := faint
		if p.xKind == categories {
			s.put(first+i, col, say(x.text, b.style(look)))
			s.widen(col, min(digitsWide(x.text)+2, 20))
			continue
		}
		look.format, look.align = p.xForm, "left"
		s.put(first+i, col, num(x.num, b.style(look)))
	}
	s.widen(col, 11)
	drawn.x = area{s, col, first, last}
	add := func(name string, look plotSeries, value func(x int) (cell, bool)) {
		at := col + 1 + len(drawn.series)
		s.put(row+1, at, say(name, b.style(faint)))
		for i := range p.xs {
			if v, ok := value(i); ok {
				st := faint
				st.format = numberFormat(p.yUnit, v.num)
				v.style = b.style(st)
				s.put(first+i, at, v)
			}
		}
		s.widen(at, 9)
		look.name, look.values = area{s, at, row + 1, row + 1}, area{s, at, first, last}
		drawn.series = append(drawn.series, look)
	}
	for i, name := range p.names {
		look := b.look(c, i, name)
		if c.Kind == analysis.BarChart {
			switch look.labels = drawn.yFormat; look.labels {
			case "General":
				look.labels = "#,##0.00" // all digits would not fit
			case "0%":
				look.labels = "0.0%"
			}
		}
		add(name, look, func(x int) (cell, bool) {
			v, ok := p.values[i][x]
			c := num(v.value, 0)
			if v.col > 0 {
				c.formula = address(v.row, v.col)
			}
			return c, ok
		})
	}
	if len(marked) > 0 {
		add(b.key("chart.free"), plotSeries{color: "000000", marker: "x", points: true}, func(x int) (cell, bool) {
			return num(drawn.floor, 0), marked[x]
		})
	}
	for _, band := range c.Bands {
		add(b.say(band.Label), plotSeries{color: bandColor, dash: "dash", thin: true}, func(int) (cell, bool) {
			return num(band.Value, 0), true
		})
	}
	return drawn, last + 2
}

// look is how the i-th series is drawn. Limits of an interval take the colour
// of what they limit, thinner and dashed.
func (b *book) look(c analysis.Chart, i int, name string) plotSeries {
	if c.Series == "" && len(c.Y) > 1 {
		for k, y := range c.Y {
			if b.column(y) != name {
				continue
			}
			for main, other := range c.Y {
				if limits(y, other) {
					return plotSeries{color: palette[main%len(palette)], dash: "sysDash", thin: true}
				}
			}
			i = k
		}
	}
	if name == b.key("chart.others") {
		return plotSeries{color: restColor}
	}
	look := plotSeries{color: palette[i%len(palette)], marker: markers[i%len(markers)]}
	if c.Kind == analysis.StackedChart && look.color == "000000" {
		look.color = yellow
	}
	if c.Kind == analysis.StepChart {
		look.marker = ""
	}
	return look
}

// limits reports whether a column is a limit of an estimate's interval: lower
// of survival, hhi_lower of hhi, step_lower of step_conversion.
func limits(column, estimate string) bool {
	stem, ok := limitOf(column)
	if _, other := limitOf(estimate); !ok || other {
		return false
	}
	return stem == "" || estimate == stem || strings.HasPrefix(estimate, stem+"_")
}

func limitOf(column string) (stem string, ok bool) {
	for _, end := range []string{"lower", "upper"} {
		if column == end {
			return "", true
		}
		if stem, ok = strings.CutSuffix(column, "_"+end); ok {
			return stem, true
		}
	}
	return "", false
}

// spread sets the labels of a date axis so far apart that they can be read, for
// so many days from the first to the last.
func (p *plot) spread(days float64) {
	const labels = 6
	months := dateFormat(analysis.Month)
	switch {
	case p.xFormat == dateFormat(analysis.Year):
	case p.xFormat == months || days > 150:
		p.every, p.everyUnit = int(math.Ceil(days/30.4/labels)), "months"
		if p.xFormat != months {
			p.axisLabels = months
		}
	default:
		p.every, p.everyUnit = int(math.Ceil(days/labels)), "days"
	}
}

func axisFormat(unit string) string {
	switch unit {
	case "fraction":
		return "0%"
	case "points", "count", "days", "tokens":
		return "#,##0"
	}
	return "General"
}
