package writers

import (
	"math"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/array"

	"shakeout/analysis"
)

// tableRows are the rows of a result table on a sheet. They are not held as
// cells but told from the table each time they are asked for: to fit the
// columns, to be looked up, and to be written. A million rows of prices then
// cost no more memory than their table.
type tableRows struct {
	first    int // sheet row of the table's first row
	rows     int
	columns  []*shownColumn
	why      func(row int) string // why numbers of a row are blank; stands behind the columns
	whyLook  int
	formulas [][]string // by column: the formulas of its cells; nil where it has none
	blanks   bool       // whether any row has a blank with a reason
}

// at is a cell by its row and column in the table; the column behind the last
// says why numbers are blank.
func (t *tableRows) at(row, col int) cell {
	switch {
	case col < len(t.columns):
		c := t.columns[col].at(row)
		if col < len(t.formulas) && t.formulas[col] != nil {
			c.formula = t.formulas[col][row]
		}
		return c
	case col == len(t.columns) && t.blanks:
		if why := t.why(row); why != "" {
			return say(why, t.whyLook)
		}
	}
	return cell{}
}

// setFormula gives a cell the formula that its value is the cache of.
func (t *tableRows) setFormula(row, col int, formula string) {
	if t.formulas == nil {
		t.formulas = make([][]string, len(t.columns))
	}
	if t.formulas[col] == nil {
		t.formulas[col] = make([]string, t.rows)
	}
	t.formulas[col][row] = formula
}

// shownColumn tells the cells of one column of a result table as they look.
type shownColumn struct {
	tell    func(row int) (cell, numberLook)
	styles  *stylesheet
	first   bool // the first column stands flush left
	formats []formatLook
	last    int // the format before, which the next is often the same as

	texts    analysis.Column[string] // of a column of texts, which then has no tell
	word     func(value string) string
	words    map[string]cell // by the table's text
	lastText string          // the text before, which the next is often the same as
	lastCell cell
	blank    cell
}

// numberLook is how a number looks: its format, alignment and colour.
type numberLook struct{ format, align, color string }

// formatLook is the cell format of numbers shown in one way.
type formatLook struct {
	numberLook
	id    int
	most  float64 // the largest number shown so, regardless of its sign
	shows bool    // whether any is
}

func (b *book) shownColumn(t analysis.Table, name string, first bool) *shownColumn {
	c := &shownColumn{styles: b.styles, first: first}
	switch t.Rec.Column(t.Rec.Schema().FieldIndices(name)[0]).(type) {
	case *array.String, *array.Dictionary:
		c.texts, c.words = t.Text(name), map[string]cell{}
		c.word = func(value string) string { return b.word(name, value) }
	default:
		c.tell = b.teller(t, name)
	}
	return c
}

// maxWords is how many different texts of a column are remembered as cells.
const maxWords = 1000

func (c *shownColumn) at(row int) cell {
	if c.tell == nil {
		if text, ok := c.texts.At(row); ok {
			return c.textCell(text)
		}
		if c.blank.style == 0 {
			c.blank = styled(c.styles.id(style{under: hairline}))
		}
		return c.blank
	}
	told, look := c.tell(row)
	if told.kind == words { // yes and no
		return c.textCell(told.text)
	}
	told.style = c.format(told.kind, look).id
	return told
}

// format is the cell format of numbers, or blanks, that are shown so.
func (c *shownColumn) format(kind kind, look numberLook) *formatLook {
	if c.last < len(c.formats) && c.formats[c.last].numberLook == look {
		return &c.formats[c.last]
	}
	for i := range c.formats {
		if c.formats[i].numberLook == look {
			c.last = i
			return &c.formats[i]
		}
	}
	shown := style{format: look.format, align: look.align, color: look.color, under: hairline}
	switch {
	case kind == number && look.align == "":
		shown.align, shown.indent = "right", 1
	case kind == number && !c.first:
		shown.indent = 1
	}
	c.last = len(c.formats)
	c.formats = append(c.formats, formatLook{numberLook: look, id: c.styles.id(shown)})
	return &c.formats[c.last]
}

// textCell is a text of the table in the reader's language. One that would
// become a formula, were somebody to edit and confirm its cell, is marked as
// text.
func (c *shownColumn) textCell(text string) cell {
	if text == c.lastText && c.lastCell.kind == words {
		return c.lastCell
	}
	told, ok := c.words[text]
	if !ok {
		told = cell{kind: words, text: text}
		if c.word != nil {
			told.text = c.word(text)
		}
		look := style{under: hairline, asTyped: beginsFormula(told.text)}
		if !c.first {
			look.align, look.indent = "left", 1
		}
		told.style = c.styles.id(look)
		if c.words == nil {
			c.words = map[string]cell{}
		}
		if len(c.words) < maxWords {
			c.words[text] = told
		}
	}
	c.lastText, c.lastCell = text, told
	return told
}

// teller gives the cells of a column without their style: what kind each is, and
// how its number is shown.
func (b *book) teller(t analysis.Table, column string) func(row int) (cell, numberLook) {
	index := t.Rec.Schema().FieldIndices(column)[0]
	values := t.Rec.Column(index)
	var tell func(row int) (cell, numberLook)
	switch v := values.(type) {
	case *array.Float64:
		unit := func(int) string { return "" }
		switch known := unitOf(t.Rec.Schema().Field(index)); {
		case known != "":
			unit = func(int) string { return known }
		case strings.HasPrefix(column, "also_"):
			measure := t.Text("also_measure")
			unit = func(row int) string { return alsoUnit[measure.Or(row, "")] }
		case inRowUnit[column]:
			units := t.Text("unit")
			unit = func(row int) string { return units.Or(row, "") }
		}
		tell = func(row int) (cell, numberLook) {
			x := v.Value(row)
			return cell{kind: number, num: x}, numberLook{format: numberFormat(unit(row), x)}
		}
	case *array.Int64:
		format := "#,##0"
		if column == "seed" { // a name, not a quantity
			format = "0"
		}
		tell = func(row int) (cell, numberLook) {
			return cell{kind: number, num: float64(v.Value(row))}, numberLook{format: format}
		}
	case *array.Boolean:
		yes, no := b.yes(true), b.yes(false)
		tell = func(row int) (cell, numberLook) {
			if v.Value(row) {
				return cell{kind: words, text: yes}, numberLook{}
			}
			return cell{kind: words, text: no}, numberLook{}
		}
	case *array.Date32:
		grains, of := t.Text(column+"_grain"), t.Text("period_grain")
		tell = func(row int) (cell, numberLook) {
			grain := grains.Or(row, "")
			if column == "month" {
				grain = string(analysis.Month)
			}
			if grain == "" && column != "period_end" {
				grain = of.Or(row, "")
			}
			return cell{kind: number, num: b.serial(v.Value(row))}, numberLook{format: dateFormat(analysis.Grain(grain)), align: "left"}
		}
	default:
		texts := t.Text(column)
		word := b.wordsOf(column)
		tell = func(row int) (cell, numberLook) {
			return cell{kind: words, text: word(texts.Or(row, ""))}, numberLook{}
		}
	}
	young := immature(t)
	return func(row int) (cell, numberLook) {
		if values.IsNull(row) {
			return cell{}, numberLook{}
		}
		c, look := tell(row)
		if young != nil && c.kind == number && young(row) {
			look.color = gray
		}
		return c, look
	}
}

// immature tells the rows of a funnel of a cohort that is too young to be
// compared: nobody in it is old enough for the window. Its numbers are gray.
func immature(t analysis.Table) func(row int) bool {
	if t.Name != "funnel" {
		return nil
	}
	cohort, old, young := t.Text("cohort"), t.Int("n_mature"), t.Int("n_immature")
	return func(row int) bool {
		return cohort.Or(row, "all") != "all" && old.Or(row, 1) == 0 && young.Or(row, 0) > 0
	}
}

// wordsOf tells the texts of a column in the reader's language, each word
// looked up once.
func (b *book) wordsOf(column string) func(value string) string {
	known := map[string]string{}
	return func(value string) string {
		said, ok := known[value]
		if !ok {
			said = b.word(column, value)
			if len(known) < maxWords {
				known[value] = said
			}
		}
		return said
	}
}

// reasonsOf says why numbers of a row are blank: each reason once, with the
// measures it holds for. Of an estimate and its limits the estimate is named, and
// the counts behind it are not.
func (b *book) reasonsOf(t analysis.Table, columns []string) func(row int) string {
	type reasoned struct {
		column string
		codes  analysis.Column[string]
	}
	var asked []reasoned
	for _, c := range columns {
		if t.Rec.Schema().HasField(c + "_reason") {
			asked = append(asked, reasoned{c, t.Text(c + "_reason")})
		}
	}
	known := map[string]string{"": ""} // what the codes of a row, joined, say
	var joined []byte
	return func(row int) string {
		joined = joined[:0]
		for i, a := range asked {
			if code, ok := a.codes.At(row); ok {
				joined = append(append(append(joined, byte(i)), code...), 0)
			}
		}
		said, ok := known[string(joined)]
		if ok {
			return said
		}
		var codes []string
		of := map[string][]string{}
		for _, a := range asked {
			code, ok := a.codes.At(row)
			if !ok || code == analysis.NotApplicable || strings.HasPrefix(a.column, "n_") && len(of[code]) > 0 || slices.ContainsFunc(of[code], func(estimate string) bool { return limits(a.column, estimate) }) {
				continue
			}
			if !slices.Contains(codes, code) {
				codes = append(codes, code)
			}
			of[code] = append(of[code], a.column)
		}
		var all []string
		for _, code := range codes {
			var named []string
			for _, c := range of[code] {
				named = append(named, b.column(c))
			}
			all = append(all, b.sayf("sheet.why", strings.TrimRight(b.reason(code), ".。"), strings.Join(named, b.key("sheet.comma"))))
		}
		said = strings.Join(all, b.key("sheet.semicolon"))
		known[string(joined)] = said
		return said
	}
}

// fit is how many digits wide the cells of a column are, as far as it matters,
// and whether any is a quantity. It sees every cell, so that all cell formats of
// the column are known after it.
func (c *shownColumn) fit(rows int) (wide float64, numbers bool) {
	for r := range rows {
		if c.tell == nil {
			known := len(c.words)
			told := c.at(r)
			if told.kind == words && wide < maxWide && (len(c.words) > known || known >= maxWords) {
				wide = max(wide, digitsWide(told.text))
			}
			continue
		}
		told, look := c.tell(r)
		if told.kind == words {
			wide = max(wide, digitsWide(c.textCell(told.text).text))
			continue
		}
		f := c.format(told.kind, look)
		f.most, f.shows = max(f.most, math.Abs(told.num)), f.shows || told.kind == number
	}
	for _, f := range c.formats {
		if f.shows {
			wide = max(wide, shownWide(f.most, f.numberLook.format))
			numbers = numbers || f.align == ""
		}
	}
	return wide, numbers
}
