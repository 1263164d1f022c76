package writers

import (
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
)

// speaks reports whether a result has anything for a sheet.
func speaks(r analysis.Result) bool {
	return slices.ContainsFunc(r.Tables, func(t analysis.Table) bool { return t.Rows() > 0 })
}

// resultSheet fills the sheet of one analysis: its title and what it answers,
// links to its tables, its charts, and the tables one below the other. What
// the charts draw stands to the right of the tables.
func (b *book) resultSheet(s *sheet, r analysis.Result) {
	s.tab = "0072B2"
	s.put(1, 1, say(s.name, b.style(style{bold: true, size: 16, color: accent})))
	s.height(1, 26)
	s.put(2, 1, say(b.keyOr("analysis."+r.Name, ""), b.style(style{color: gray})))

	tables := slices.DeleteFunc(slices.Clone(r.Tables), func(t analysis.Table) bool { return t.Rows() == 0 })
	charts := slices.DeleteFunc(slices.Clone(r.Charts), func(c analysis.Chart) bool {
		return !slices.ContainsFunc(tables, func(t analysis.Table) bool { return t.Name == c.Table })
	})
	const top = 5
	band := 0
	if len(charts) > 0 {
		band = chartRows(s, len(charts)) + 1
	}
	why := 1
	for _, t := range tables {
		why = max(why, len(measures(t))+1)
	}
	row := top + band
	var starts []int
	for i, t := range tables {
		if i > 0 {
			row += 2
		}
		starts = append(starts, row)
		row = b.table(s, row, why, t)
	}
	s.frozenRows = top - 1
	if at := b.placed[tables[0].Name]; len(tables) == 1 {
		s.filter = rangeOf(at.first-1, 1, at.first+tables[0].Rows()-1, len(at.cols))
		if len(charts) == 0 {
			s.frozenRows, s.repeated = at.first-1, at.first-1
		}
	}
	b.contents(s, 3, tables, starts)

	cols := why
	for s.leftOf(cols+1) < min(2, len(charts))*(chartWidth+chartGap) {
		cols++
	}
	s.printed = rangeOf(1, 1, row-1, cols)

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

// measures are the columns of a table that are shown: all but the reasons.
func measures(t analysis.Table) []string {
	var names []string
	for _, f := range t.Rec.Schema().Fields() {
		if measure, ok := strings.CutSuffix(f.Name, "_reason"); !ok || len(t.Rec.Schema().FieldIndices(measure)) == 0 {
			names = append(names, f.Name)
		}
	}
	return names
}

func linkTo(row, col int, to *sheet, toRow, toCol int) link {
	return link{cell: address(row, col), to: quoteSheet(to.name) + "!" + address(toRow, toCol)}
}

// table writes a result table at a row: its caption, how it is computed, the
// canonical column names small and gray for those who look them up, the
// headings, the rows. The reasons of blank numbers are gathered in column why.
// It returns the row below.
func (b *book) table(s *sheet, row, why int, t analysis.Table) int {
	s.put(row, 1, say(b.keyOr("table."+t.Name, t.Name), b.style(style{bold: true, size: 12, color: accent})))
	s.height(row, 20)
	row++
	if how := b.keyOr("method."+t.Name, ""); how != "" {
		s.put(row, 1, say(how, b.style(style{color: gray, size: 9})))
		row++
	}
	columns := measures(t)
	at := b.place(s, row+3, t, columns)
	at.howRow = row + 1
	small := b.style(style{size: 8, color: "A6A6A6"})
	head := style{bold: true, fill: headFill, under: accent, wrap: true, middle: true, color: accent}
	var headText int
	headNumber := head
	headText, headNumber.align, headNumber.indent = b.style(head), "right", 1
	s.height(row+2, 30)
	for i, name := range columns {
		col := i + 1
		s.put(row, col, say(name, small))
		heading := b.column(name)
		look := headText
		wide := digitsWide(heading)
		if wide > 10 {
			wide = max(10, wide/2+2) // headings wrap onto a second line
		}
		for r := range t.Rows() {
			c, st := b.tableCell(t, name, r)
			switch c.kind {
			case words:
				wide = max(wide, digitsWide(c.text))
			case number:
				wide = max(wide, float64(len(shown(c.num, st.format))))
				if st.align == "" {
					st.align, st.indent = "right", 1
					look = b.style(headNumber)
				}
			}
			st.under = hairline
			c.style = b.style(st)
			s.put(at.first+r, col, c)
		}
		s.put(row+2, col, say(heading, look))
		if look != headText {
			wide++ // room for the indent
		}
		s.widen(col, min(max(wide+2, minWide), maxWide))
	}
	for r := range t.Rows() {
		if w := b.reasons(t, columns, r); w != "" {
			s.put(at.first+r, why, say(w, b.style(style{color: gray, size: 9, indent: 1})))
			s.put(row+2, why, say(b.key("sheet.why-blank"), headText))
			s.widen(why, min(digitsWide(w)+3, 80))
		}
	}
	return at.first + t.Rows()
}

// reasons says why numbers of a row are blank: each reason once, with the
// measures it holds for.
func (b *book) reasons(t analysis.Table, columns []string, row int) string {
	var codes []string
	measures := map[string][]string{}
	for _, c := range columns {
		code, ok := t.Text(c + "_reason").At(row)
		if !ok {
			continue
		}
		if !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
		measures[code] = append(measures[code], b.column(c))
	}
	var all []string
	for _, code := range codes {
		all = append(all, b.sayf("sheet.why", b.reason(code), strings.Join(measures[code], b.key("sheet.comma"))))
	}
	return strings.Join(all, b.key("sheet.semicolon"))
}

func (b *book) reason(code string) string { return b.keyOr("reason."+code, code) }

// chart lays out what a chart draws beside the tables, x values downwards and
// one column for each series, each number a formula on the table's cell. It
// gives nil where there is nothing to draw, and the row below the data.
func (b *book) chart(s *sheet, row, col int, c analysis.Chart, t analysis.Table) (*plot, int) {
	p := b.points(c, t)
	p.thin(c.Kind == analysis.StackedChart, b.key("chart.others"))
	if c.Kind == analysis.StepChart {
		p.steps()
	}
	drawn := &plot{kind: c.Kind, lang: b.lang, date1904: b.date1904, xKind: p.xKind, xFormat: p.xForm,
		title: b.say(c.Title), xTitle: b.say(c.XTitle), yTitle: b.say(c.YTitle), alt: b.say(c.Alt), logY: c.LogY, joinGaps: c.LogY}
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
			look.labels = drawn.yFormat
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

func axisFormat(unit string) string {
	switch unit {
	case "fraction":
		return "0%"
	case "points", "count", "days", "tokens":
		return "#,##0"
	}
	return "General"
}
