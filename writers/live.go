package writers

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"shakeout/analysis"
)

// liven turns the numbers of the result tables into formulas, by the templates
// of liveTables, wherever a template gives our value. It comes after all tables
// have been placed, since formulas lead from table to table.
func (b *book) liven(method *sheet) {
	b.parameterCells(method)
	b.ranges = map[cellRange]block{}
	defer func() { b.ranges = nil }()
	for _, at := range b.order {
		b.livenTable(at)
	}
}

// sayHow says above the headings of each table how its columns are computed.
func (b *book) sayHow() {
	look := b.style(style{size: 8, color: "A6A6A6"})
	for _, at := range b.order {
		for _, column := range at.columns {
			if key := at.computed(column); key != "" {
				at.sheet.put(at.howRow, at.cols[column], say(b.key(key), look))
			}
		}
	}
}

// computed is the catalog key of how a column is computed: by formulas, partly,
// or as values; "" for the names of rows and for words.
func (at *placed) computed(column string) string {
	switch n := at.live[column]; {
	case n > 0 && n == at.numbers[column]:
		return "how.formula"
	case n > 0:
		return "how.partly"
	case !slices.Contains(at.key, column) && isMeasure(at.table, column):
		return "how.value"
	}
	return ""
}

// isMeasure reports whether a column holds numbers, any.
func isMeasure(t analysis.Table, column string) bool {
	number := numbersOf(t, column)
	for row := range t.Rows() {
		if _, ok := number(row); ok {
			return true
		}
	}
	return false
}

// maxFormula is how long a formula may be, in characters; Excel takes 8,192.
const maxFormula = 8000

// maxBlock is the number of rows beyond which formulas that compare each row
// with all others of its market are left out: their work grows with the square.
const maxBlock = 2000

func (b *book) livenTable(at *placed) {
	rules := liveTables[at.table.Name]
	for _, column := range at.columns {
		templates, build := rules.columns[column], rules.build[column]
		if len(templates) == 0 && at.table.Origins[column] != nil {
			templates = []string{"[origin]"}
		}
		if len(templates) == 0 && build == nil {
			continue
		}
		col := at.cols[column]
		for row := range at.table.Rows() {
			c := at.sheet.at(at.first+row, col)
			if c.kind == blank {
				continue
			}
			at.numbers[column]++
			if build != nil {
				templates = build(b, at, row)
			}
			for _, template := range templates {
				formula, ok := b.formula(at, row, column, template)
				if !ok || len(formula) > maxFormula || !b.gives(formula, at.sheet, c) {
					continue
				}
				at.rows.setFormula(row, col-1, formula)
				at.live[column]++
				if at.how[column] == "" {
					at.how[column] = template
				}
				break
			}
		}
	}
}

// gives reports whether a formula gives what a cell holds, zero exactly and
// other numbers but for rounding.
func (b *book) gives(formula string, s *sheet, want cell) bool {
	got, ok := b.evaluate(formula, s)
	if !ok {
		return false
	}
	if want.kind == words {
		return got.kind == isText && got.text == want.text
	}
	return got.kind == isNumber && (got.num == want.num || want.num != 0 && math.Abs(got.num-want.num) <= 1e-11*math.Abs(want.num))
}

// formula fills in a template for a row of a table. It reports false where
// something that the template names is not there.
func (b *book) formula(at *placed, row int, column, template string) (string, bool) {
	if when, rest, ok := strings.Cut(template, " ? "); ok {
		name, want, _ := strings.Cut(when, "=")
		if at.plain(name)(row) != want {
			return "", false
		}
		template = rest
	}
	var out strings.Builder
	for template != "" {
		i := strings.IndexAny(template, "[@{")
		if i < 0 {
			out.WriteString(template)
			break
		}
		out.WriteString(template[:i])
		sign := template[i]
		template = template[i+1:]
		var said string
		var ok bool
		switch sign {
		case '@': // a parameter, in its cell of the Method sheet
			end := strings.IndexFunc(template, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') })
			if end < 0 {
				end = len(template)
			}
			said, ok = b.parameterCell(template[:end])
			template = template[end:]
		case '{':
			if !strings.HasPrefix(template, "word.") { // a list of numbers
				out.WriteByte('{')
				continue
			}
			end := strings.IndexByte(template, '}')
			said, ok = `"`+doubled(b.key(template[:end]))+`"`, true
			template = template[end+1:]
		default:
			end := strings.IndexByte(template, ']')
			said, ok = b.reference(at, row, column, template[:end])
			template = template[end+1:]
		}
		if !ok {
			return "", false
		}
		out.WriteString(said)
	}
	return out.String(), true
}

// reference turns one name of a template into cells:
//
//	[count]         this row's cell of column count
//	[-count]        the cell above, of the same group
//	[%value]        the cells of the row's whole group
//	[<value]        those of the group above this row
//	[~rank]         the cell of the row with the same key in the period before
//	[shares.value]  the rows of table shares that agree with this row's key
//	[shares.value<] and without the last, [shares.value>] without the first
//	[events.kind*]  a whole column of a table
//	[origin]        the facts that the number was taken from
//	[fits]          whether amounts over the stated total are the stated shares
//
// A group are the neighbouring rows that agree in the key but for one column.
func (b *book) reference(at *placed, row int, column, name string) (string, bool) {
	if name == "origin" {
		o, ok := at.table.Origin(row, column)
		if !ok || b.facts == nil {
			return "", false
		}
		return b.origin(o)
	}
	if name == "fits" {
		o, ok := at.table.Origin(row, column)
		if !ok || b.facts == nil {
			return "", false
		}
		return b.fits(o)
	}
	if table, col, ok := strings.Cut(name, "."); ok {
		other := b.placed[table]
		if other == nil {
			return "", false
		}
		end := col[len(col)-1]
		col = strings.TrimRight(col, "*<>")
		first, last := 0, other.table.Rows()-1
		if end != '*' {
			if first, last, ok = b.matching(at, row, other); !ok {
				return "", false
			}
		}
		switch end {
		case '<':
			last--
		case '>':
			first++
		}
		return at.span(other, col, first, last)
	}
	switch name[0] {
	case '-':
		first, _ := at.group(row)
		if row == first {
			return "", false
		}
		return at.span(at, name[1:], row-1, row-1)
	case '<':
		first, last := at.group(row)
		if row == first || last-first >= maxBlock {
			return "", false
		}
		return at.span(at, name[1:], first, row-1)
	case '%':
		first, last := at.group(row)
		if last-first >= maxBlock {
			return "", false
		}
		return at.span(at, name[1:], first, last)
	case '~':
		before, ok := at.before(row)
		if !ok {
			return "", false
		}
		return at.span(at, name[1:], before, before)
	}
	if col := at.cols[name]; col == 0 || at.sheet.at(at.first+row, col).kind == blank {
		return "", false
	}
	return at.span(at, name, row, row)
}

// span refers to rows of a table's column, from a cell of another.
func (at *placed) span(of *placed, column string, first, last int) (string, bool) {
	col := of.cols[column]
	if col == 0 || last < first {
		return "", false
	}
	where := ""
	if of.sheet != at.sheet {
		where = quoteSheet(of.sheet.name) + "!"
	}
	if first == last {
		return where + address(of.first+first, col), true
	}
	return where + fixedRange(of.first+first, col, of.first+last, col), true
}

// plain tells a column's values as text.
func (at *placed) plain(column string) func(row int) string {
	if at.texts[column] == nil {
		at.texts[column] = plainOf(at.table, column)
	}
	return at.texts[column]
}

// keys joins what a row holds in some columns.
func (at *placed) keys(columns []string) func(row int) string {
	var told []func(row int) string
	for _, c := range columns {
		told = append(told, at.plain(c))
	}
	return func(row int) string {
		var b []byte
		for _, tell := range told {
			b = append(append(b, tell(row)...), 0)
		}
		return string(b)
	}
}

// keyColumns are the columns that name a row of a result table.
func keyColumns(t analysis.Table) []string {
	for _, a := range analysis.All {
		for _, s := range a.Specs {
			if s.Name != t.Name {
				continue
			}
			var key []string
			for _, c := range s.Columns[:s.Key] {
				if t.Rec.Schema().HasField(c.Name) {
					key = append(key, c.Name)
				}
			}
			return key
		}
	}
	return nil
}

// group is the first and last row of a row's group.
func (at *placed) group(row int) (first, last int) {
	if at.groups == nil {
		key := slices.DeleteFunc(slices.Clone(at.key), func(c string) bool { return c == liveTables[at.table.Name].along })
		at.groups = make([][2]int, at.table.Rows())
		keyOf := at.keys(key)
		for r := 0; r < len(at.groups); {
			end, begins := r+1, keyOf(r)
			for end < len(at.groups) && keyOf(end) == begins {
				end++
			}
			for i := r; i < end; i++ {
				at.groups[i] = [2]int{r, end - 1}
			}
			r = end
		}
	}
	return at.groups[row][0], at.groups[row][1]
}

// before is the row with the same key in the period before.
func (at *placed) before(row int) (int, bool) {
	if at.earlier == nil {
		key := slices.DeleteFunc(slices.Clone(at.key), func(c string) bool { return strings.HasPrefix(c, "period") && c != "period_grain" })
		latest := map[string]int{}
		at.earlier = make([]int, at.table.Rows())
		keyOf := at.keys(key)
		for r := range at.earlier { // periods come in order
			k := keyOf(r)
			at.earlier[r] = -1
			if p, ok := latest[k]; ok {
				at.earlier[r] = p
			}
			latest[k] = r
		}
	}
	return at.earlier[row], at.earlier[row] >= 0
}

// matching are the rows of another table that agree with a row in the key
// columns that both have, if they stand together.
func (b *book) matching(at *placed, row int, other *placed) (first, last int, ok bool) {
	var common []string
	for _, c := range at.key {
		if slices.Contains(other.key, c) {
			common = append(common, c)
		}
	}
	if len(common) == 0 {
		return 0, 0, false
	}
	by := strings.Join(common, ",")
	index, made := other.index[by]
	if !made {
		index = map[string][2]int{}
		keyOf := other.keys(common)
		for r := range other.table.Rows() {
			k := keyOf(r)
			was, seen := index[k]
			switch {
			case !seen:
				index[k] = [2]int{r, r}
			case was[1] == r-1:
				index[k] = [2]int{was[0], r}
			default:
				index[k] = [2]int{was[0], -1} // scattered
			}
		}
		other.index[by] = index
	}
	keyOf := at.byKey[by]
	if keyOf == nil {
		keyOf = at.keys(common)
		at.byKey[by] = keyOf
	}
	span, ok := index[keyOf(row)]
	return span[0], span[1], ok && span[1] >= span[0]
}

// origin is the sum of facts that a number was taken from, as cells of Data. A
// fact that several rows state must agree in all of them, or the lowest counts.
func (b *book) origin(o analysis.Origin) (string, bool) {
	var terms, agree []string
	for _, rows := range o.Facts {
		var cells []string
		for _, row := range rows {
			ref := b.facts.at(o.Table, o.Column, row)
			if ref == "" {
				ref = b.facts.dateOfFact(o, row)
			}
			if ref == "" {
				return "", false
			}
			cells = append(cells, ref)
		}
		slices.Sort(cells)
		cells = slices.Compact(cells)
		switch {
		case len(cells) == 0:
			return "", false
		case len(cells) == 1:
			terms = append(terms, cells[0])
		case o.Lowest:
			terms = append(terms, "MIN("+strings.Join(cells, ",")+")")
		default:
			all := strings.Join(cells, ",")
			agree = append(agree, fmt.Sprintf("MAX(%s)-MIN(%s)<=1E-9*ABS(%s)", all, all, cells[0]))
			terms = append(terms, cells[0])
		}
	}
	sum := ""
	switch {
	case len(terms) == 0 || len(terms) > 250 || len(agree) > 250:
		return "", false
	case len(terms) == 1:
		sum = terms[0]
	case o.Mean:
		sum = "AVERAGE(" + strings.Join(runs(terms), ",") + ")"
	default:
		sum = "SUM(" + strings.Join(runs(terms), ",") + ")"
	}
	if o.Plus != 0 {
		sum += "+" + formulaNumber(o.Plus)
	}
	if o.Per != nil {
		per, ok := b.origin(*o.Per)
		if !ok {
			return "", false
		}
		sum += "/" + per
	}
	if len(agree) == 1 {
		sum = "IF(" + agree[0] + "," + sum + `,"")`
	} else if len(agree) > 1 {
		sum = "IF(AND(" + strings.Join(agree, ",") + ")," + sum + `,"")`
	}
	return sum, true
}

// fits is the condition under which amounts and stated shares give a total:
// each amount is its share of it, but for half a point.
func (b *book) fits(o analysis.Origin) (string, bool) {
	if o.Per == nil || len(o.Facts) != len(o.Per.Facts) {
		return "", false
	}
	shares := *o.Per
	o.Per = nil
	amountSum, ok := b.origin(o)
	shareSum, also := b.origin(shares)
	if !ok || !also {
		return "", false
	}
	var all []string
	for i := range o.Facts {
		amount := b.facts.at(o.Table, o.Column, o.Facts[i][0])
		share := b.facts.at(shares.Table, shares.Column, shares.Facts[i][0])
		if amount == "" || share == "" {
			return "", false
		}
		all = append(all, "ABS("+amount+"*"+shareSum+"-"+share+"*"+amountSum+")<=0.005000001*"+amountSum)
	}
	return "AND(" + strings.Join(all, ",") + ")", true
}

// dateOfFact refers to the day of a fact where that is what an origin names.
func (f *facts) dateOfFact(o analysis.Origin, row int) string {
	for _, ft := range factTables {
		if ft.table == o.Table && ft.date == o.Column {
			return f.dateAt(o.Table, row)
		}
	}
	return ""
}

// runs joins neighbouring cells of one column into ranges.
func runs(cells []string) []string {
	type at struct {
		sheet    string
		row, col int
	}
	parse := func(ref string) (p at, ok bool) {
		i := strings.LastIndexByte(ref, '!')
		p.sheet = ref[:i+1]
		e := evaluator{rest: ref[i+1:]}
		defer func() {
			if recover() != nil {
				ok = false
			}
		}()
		p.row, p.col = e.address()
		return p, e.rest == ""
	}
	var out []string
	for i := 0; i < len(cells); {
		first, ok := parse(cells[i])
		j := i + 1
		for ok && j < len(cells) {
			next, is := parse(cells[j])
			if !is || next.sheet != first.sheet || next.col != first.col || next.row != first.row+j-i {
				break
			}
			j++
		}
		if j > i+1 {
			out = append(out, cells[i]+":"+address(first.row+j-i-1, first.col))
		} else {
			out = append(out, cells[i])
		}
		i = j
	}
	return out
}
