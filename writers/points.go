package writers

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow/array"

	"shakeout/analysis"
)

// points are what a chart draws: a value for some pairs of x and series, and
// for each the cell of the table that it came from.
type points struct {
	xs     []xValue
	names  []string // of the series
	values []map[int]point
	xKind  axisKind
	xForm  string
	yUnit  string
	more   int // series that are not drawn
}

// xValue is a place on the x axis: a number (a date as the workbook counts it)
// or a text.
type xValue struct {
	num  float64
	text string
}

// point is one value. Row and column lead to its cell; col 0 is none.
type point struct {
	value    float64
	row, col int
}

// maxSeries is how many lines or bars one can still tell apart.
const maxSeries = 7

// points gathers a chart's points from its table. Dates and numbers go in
// order, texts as the table has them.
func (b *book) points(c analysis.Chart, t analysis.Table) points {
	at := b.placed[t.Name]
	var p points
	xs := map[xValue]int{}
	series := map[string]int{}
	for _, f := range t.Rec.Schema().Fields() {
		if len(c.Y) > 0 && f.Name == c.Y[0] {
			p.yUnit = unitOf(f)
		}
	}
	passes, xOf, seriesOf := passesOf(c, t), b.xOf(t, c.X), plainOf(t, c.Series)
	ys := map[string]func(row int) (float64, bool){}
	for _, y := range c.Y {
		ys[y] = numbersOf(t, y)
	}
	for row := range t.Rows() {
		if !passes(row) {
			continue
		}
		x, kind, format, ok := xOf(row)
		if !ok {
			continue
		}
		p.xKind, p.xForm = kind, format
		for _, y := range c.Y {
			name := b.column(y)
			if c.Series != "" {
				if name = b.word(c.Series, seriesOf(row)); len(c.Y) > 1 { // as a reader sees it in a legend
					name += " · " + b.column(y)
				}
			}
			if _, ok := series[name]; !ok {
				series[name] = len(p.names)
				p.names, p.values = append(p.names, name), append(p.values, map[int]point{})
			}
			if _, ok := xs[x]; !ok {
				xs[x] = len(p.xs)
				p.xs = append(p.xs, x)
			}
			v, ok := ys[y](row)
			if !ok {
				continue
			}
			if _, ok := p.values[series[name]][xs[x]]; !ok {
				p.values[series[name]][xs[x]] = point{value: v, row: at.first + row, col: at.cols[y]}
			}
		}
	}
	p.drop(func(i int) bool { return len(p.values[i]) == 0 })
	if p.xKind != categories {
		p.sortX()
	}
	return p
}

// passesOf tells which rows of its table a chart draws.
func passesOf(c analysis.Chart, t analysis.Table) func(row int) bool {
	is := map[string]func(row int) string{}
	for column := range c.Where {
		is[column] = plainOf(t, column)
	}
	return func(row int) bool {
		for column, want := range c.Where {
			if is[column](row) != want {
				return false
			}
		}
		return true
	}
}

// xOf tells where a row stands on the x axis; not ok where nothing is known.
func (b *book) xOf(t analysis.Table, column string) func(row int) (x xValue, kind axisKind, format string, ok bool) {
	tell, dated := b.teller(t, column), isDate(t, column)
	return func(row int) (x xValue, kind axisKind, format string, ok bool) {
		c, look := tell(row)
		switch {
		case c.kind == blank:
			return x, 0, "", false
		case c.kind != number:
			return xValue{text: c.text}, categories, "", true
		case dated:
			return xValue{num: c.num}, dates, look.format, true
		}
		return xValue{num: c.num}, numbers, look.format, true
	}
}

// plainAt is a value as text: a code, an ISO date, or "" for null.
func plainAt(t analysis.Table, column string, row int) string { return plainOf(t, column)(row) }

// plainOf tells the values of a column as plainAt does.
func plainOf(t analysis.Table, column string) func(row int) string {
	if t.Rec == nil || !t.Rec.Schema().HasField(column) {
		return func(int) string { return "" }
	}
	texts, dates, truths, numbers := t.Text(column), t.Date(column), t.Bool(column), numbersOf(t, column)
	return func(row int) string {
		if s, ok := texts.At(row); ok {
			return s
		}
		if d, ok := dates.At(row); ok {
			return analysis.FormatDate(d)
		}
		if v, ok := numbers(row); ok {
			return formatNumber(v)
		}
		if v, ok := truths.At(row); ok {
			return strconv.FormatBool(v)
		}
		return ""
	}
}

// numbersOf tells the numbers of a column, whole or not.
func numbersOf(t analysis.Table, column string) func(row int) (float64, bool) {
	floats, whole := t.Float(column), t.Int(column)
	return func(row int) (float64, bool) {
		if v, ok := floats.At(row); ok {
			return v, true
		}
		v, ok := whole.At(row)
		return float64(v), ok
	}
}

// fillsOne reports whether the values are shares of which some are large: an
// axis to 1 then neither cuts a value off nor flattens the lines.
func (p *points) fillsOne() bool {
	highest := 0.0
	for _, values := range p.values {
		for _, v := range values {
			highest = max(highest, v.value)
		}
	}
	return highest > 0.5 && highest <= 1
}

// drop takes out series.
func (p *points) drop(out func(series int) bool) {
	var names []string
	var values []map[int]point
	for i := range p.names {
		if !out(i) {
			names, values = append(names, p.names[i]), append(values, p.values[i])
		}
	}
	p.names, p.values = names, values
}

func (p *points) sortX() {
	order := make([]int, len(p.xs))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool { return p.xs[order[i]].num < p.xs[order[j]].num })
	to := make([]int, len(order))
	xs := make([]xValue, len(order))
	for i, from := range order {
		to[from], xs[i] = i, p.xs[from]
	}
	p.xs = xs
	for s, values := range p.values {
		moved := map[int]point{}
		for x, v := range values {
			moved[to[x]] = v
		}
		p.values[s] = moved
	}
}

// thin keeps the series with the most points (of equals the largest, then by
// name) and, in a stack, adds up the rest under the name others.
func (p *points) thin(stacked bool, others string) {
	if len(p.names) <= maxSeries+flag(stacked) {
		return
	}
	sum := func(i int) float64 {
		total := 0.0
		for x := range p.xs {
			total += math.Abs(p.values[i][x].value)
		}
		return total
	}
	order := make([]int, len(p.names))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		most := cmp.Compare(len(p.values[j]), len(p.values[i]))
		if stacked {
			most = 0
		}
		return cmp.Or(most, cmp.Compare(sum(j), sum(i)), cmp.Compare(p.names[i], p.names[j]))
	})
	kept := map[int]bool{}
	for _, i := range order[:maxSeries] {
		kept[i] = true
	}
	rest := map[int]point{}
	for x := range p.xs {
		for _, i := range order[maxSeries:] {
			if v, ok := p.values[i][x]; ok {
				rest[x] = point{value: rest[x].value + v.value}
			}
		}
	}
	p.more = len(p.names) - maxSeries
	p.drop(func(i int) bool { return !kept[i] })
	if stacked {
		p.names, p.values, p.more = append(p.names, others), append(p.values, rest), 0
	}
}

// steps makes a line that holds each value until the next: x values stand
// twice, with the value before and the value from there on.
func (p *points) steps() {
	var xs []xValue
	values := make([]map[int]point, len(p.names))
	last := make([]int, len(p.names))
	for s := range values {
		values[s] = map[int]point{}
		for x := range p.values[s] {
			last[s] = max(last[s], x)
		}
	}
	now := make([]*point, len(p.names))
	for x, at := range p.xs {
		xs = append(xs, at)
		for s := range now {
			if now[s] != nil && x <= last[s] {
				values[s][len(xs)-1] = *now[s]
			}
		}
		if x > 0 {
			xs = append(xs, at)
		}
		for s := range now {
			if v, ok := p.values[s][x]; ok {
				now[s] = &v
			}
			if now[s] != nil && x <= last[s] {
				values[s][len(xs)-1] = *now[s]
			}
		}
	}
	p.xs, p.values = xs, values
}

// free takes values at or below zero out of a logarithmic chart. It gives the
// power of ten at which the axis begins and the x values where one was taken
// out; they are marked there.
func (p *points) free() (floor float64, marked map[int]bool) {
	lowest, marked := math.Inf(1), map[int]bool{}
	for s := range p.values {
		for x, v := range p.values[s] {
			if v.value <= 0 {
				marked[x] = true
				delete(p.values[s], x)
			} else {
				lowest = min(lowest, v.value)
			}
		}
	}
	if math.IsInf(lowest, 1) {
		return 1, marked
	}
	floor = math.Pow(10, math.Floor(math.Log10(lowest)))
	if len(marked) > 0 && lowest < floor*1.5 {
		floor /= 10
	}
	return floor, marked
}

// isDate reports whether a column holds dates.
func isDate(t analysis.Table, column string) bool {
	found := t.Rec.Schema().FieldIndices(column)
	if len(found) == 0 {
		return false
	}
	_, ok := t.Rec.Column(found[0]).(*array.Date32)
	return ok
}
