package readers

import (
	"strings"
	"unicode/utf8"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// region is one table of a sheet: header rows, columns, and the rows below.
type region struct {
	*sheet
	top, bottom int      // header rows
	first, last int      // sheet columns
	end         int      // last row that may hold data
	captions    []string // what stands right above it, nearest first
	titles      []string // what stands above the sheet's first table, nearest first
	place       string   // region that the caption names, or ""
	placeFrom   string   // title or sheet
	columns     []*column
	currencies  map[*column]string     // that most prices of a column state, once asked
	lines       map[int]analysis.Place // rows that name the company of those below, once its rows are read
	blankDates  int                    // facts that nothing dates in a table whose rows are dated
	firstBlank  analysis.Place         // the cell that would date the first
	unmerged    map[int]bool           // columns whose group heading stands over a neighbour only
}

// maxHeader is the longest text, in characters, that is taken for a header.
const maxHeader = 80

// regions finds the tables of a sheet by their headers, top to bottom and left
// to right. A table reaches down to the next header that stands under it.
func (s *sheet) regions() []*region {
	var all []*region
	for row := 1; row <= s.grid.Rows(); {
		next := row + 1
		if s.mayBeHeader(row) {
			for _, r := range s.headersAt(row) {
				all = append(all, r)
				next = max(next, r.bottom+1)
				if s.keyed(r) {
					// Keys such as as_of are headers elsewhere, not here.
					for next <= s.grid.Rows() && s.grid.RowCols(next) > 0 {
						next++
					}
				}
			}
		}
		row = next
	}
	for i, r := range all {
		r.end = s.grid.Rows()
		above := 0 // last header row above, of a table in the same columns
		for j, o := range all {
			if o.first > r.last || o.last < r.first {
				continue
			}
			if j > i && o.top > r.bottom && o.top-1 < r.end {
				r.end = o.top - 1
			}
			if j < i && o.bottom < r.top {
				above = max(above, o.bottom)
			}
		}
		r.captions = s.captionsOf(r, above)
	}
	for _, r := range all {
		// The rows that caption the table below are not this table's data.
		for _, o := range all {
			if o.top == r.end+1 && o != r {
				r.end -= s.captionRows(o)
				break
			}
		}
		if r.top > all[0].top {
			r.titles = s.titlesOf(all[0])
		}
	}
	placesOf(all)
	return all
}

// keyed reports a table of keys and values.
func (s *sheet) keyed(r *region) bool {
	key, value := false, false
	for col := r.first; col <= r.last; col++ {
		k, _ := s.header(s.text(r.bottom, col))
		key, value = key || k.role == roleKey, value || k.role == roleValue
	}
	return key && value
}

// mayBeHeader is a cheap look at a row: two texts at least, one of them the
// header of a subject; or two periods, whose subject may stand in a column
// without a header. Rows of data whose only periods are their own dates do not pass
// when two of their texts are no headers: no header without a subject has that.
func (s *sheet) mayBeHeader(row int) bool {
	texts, subjects, periods, words := 0, 0, 0, 0
	category, measure := false, false
	s.cells = s.grid.Stored(s.cells[:0], row)
	for _, c := range s.cells {
		switch c.Kind {
		case ooxml.Text:
			says := s.heading(int(c.Bits))
			if says&headingLong != 0 {
				continue
			}
			texts++
			switch {
			case says&headingSubject != 0:
				subjects++
			case says&headingPeriod != 0:
				periods++
			case says&headingKnown == 0:
				words++
			}
			category = category || says&headingCategory != 0
			measure = measure || says&headingMeasure != 0
		case ooxml.Number:
			if s.numberIsPeriod(c) {
				texts++
				periods++
			}
		}
	}
	if subjects > 0 && texts > 1 || category && measure {
		return true
	}
	if periods < 2 {
		return false
	}
	gaps := len(s.cells) < int(s.cells[len(s.cells)-1].Col-s.cells[0].Col)+1
	return gaps || words < 2
}

// heading is what a text says as a header, one byte for each text of the sheet, so
// that the quick look at every row stays in the cache.
func (s *sheet) heading(text int) heading {
	if s.headings == nil {
		s.headings = make([]heading, s.grid.Texts())
	}
	if s.headings[text] != 0 {
		return s.headings[text]
	}
	says := headingAsked
	if w := s.wordAt(text); len(w.raw) > 3*maxHeader {
		says |= headingLong
	} else if k, ok := w.header(s); ok {
		says |= headingKnown
		if k.role.subject() {
			says |= headingSubject
		}
		if k.role == roleCategory {
			says |= headingCategory
		}
		if k.metric != nil {
			says |= headingMeasure
		}
	} else if _, ok := w.period(s); ok {
		says |= headingPeriod
	}
	s.headings[text] = says
	return says
}

type heading uint8

const (
	headingAsked    heading = 1 << iota
	headingLong             // no header: too long
	headingKnown            // the spelling of a header
	headingSubject          // of a subject
	headingCategory         // of a category
	headingMeasure          // of a metric
	headingPeriod           // a period
)

// numberIsPeriod reports a stored number that is a period.
func (s *sheet) numberIsPeriod(c ooxml.Stored) bool {
	n := c.Num()
	if s.style(c.Style)&styleDate != 0 {
		return isSerial(n)
	}
	if !(n >= 1990 && n <= 21001231) {
		return false
	}
	_, ok := s.period(ooxml.Cell{Kind: ooxml.Number, Num: n, Style: int(c.Style)})
	return ok
}

// exact looks a header up that is one of the spellings, with or without a unit at
// its end: the quick look, which is taken at every text of a sheet.
func (s *sheet) exact(text string) (known, bool) {
	if len(text) > 3*maxHeader {
		return known{}, false
	}
	if k, ok := spelled(text); ok {
		return k, true
	}
	if name, unit := splitHeader(text); unit != "" {
		return spelled(name)
	}
	return known{}, false
}

// header looks a header text up, with or without a unit at its end.
func (s *sheet) header(text string) (known, bool) { return s.headers.ask(text, headerOf) }

func headerOf(text string) (known, bool) {
	text = normText(text)
	if utf8.RuneCountInString(text) > maxHeader {
		return known{}, false
	}
	if k, ok := lookUp(text); ok {
		return k, true
	}
	if name, unit := splitHeader(text); unit != "" {
		return lookUp(name)
	}
	return known{}, false
}

// headersAt gives the tables whose header begins (or, under group headings, has
// its last row) here.
func (s *sheet) headersAt(row int) []*region {
	var found []*region
	var other [][2]int
	for _, span := range s.spans(row) {
		if r := s.headerIn(row, s.corner(row, span), span[1]); r != nil {
			found = append(found, r)
		} else {
			other = append(other, span)
		}
	}
	if len(found) > 0 {
		for _, span := range other {
			if span[1] > span[0] && s.cell(row+1, span[0]).Kind != ooxml.Blank {
				s.find(analysis.Skipped, "block-not-recognised", row, span[0], s.text(row, span[0]))
			}
		}
	}
	return found
}

// spans cuts a row into runs of columns that could each head a table: at a
// column that is blank above and below, and where the first header comes again.
// A run without a subject of its own belongs to the run on its left, unless it
// begins with words of its own: then it is a table of something else.
func (s *sheet) spans(row int) [][2]int {
	last := s.grid.RowCols(row)
	filled := func(col int) bool {
		if m, ok := s.merge.at(row, col); ok && m.Row1 == row && m.Col2 > last {
			last = m.Col2
		}
		return s.text(row, col) != ""
	}
	var runs [][2]int
	for col := 1; col <= last; col++ {
		if !filled(col) {
			continue
		}
		start := col
		for col < last && filled(col+1) || s.columnHasData(row+1, col+1) {
			col++
		}
		runs = append(runs, [2]int{start, col})
	}
	var whole [][2]int
	for _, run := range runs {
		if n := len(whole); n > 0 && !s.hasSubject(row, run) && !s.wordsBelow(row, run) {
			whole[n-1][1] = run[1]
			continue
		}
		whole = append(whole, run)
	}
	var cut [][2]int
	for _, run := range whole {
		start := run[0]
		for col := start + 2; col < run[1]; col++ {
			again := s.text(row, col) == s.text(row, start) && s.text(row, col+1) == s.text(row, start+1)
			if again && s.hasSubject(row, [2]int{start, col - 1}) && s.hasSubject(row, [2]int{col, run[1]}) {
				cut = append(cut, [2]int{start, col - 1})
				start = col
			}
		}
		cut = append(cut, [2]int{start, run[1]})
	}
	return cut
}

func (s *sheet) hasSubject(row int, run [2]int) bool {
	category, measure := false, false
	for col := run[0]; col <= run[1]; col++ {
		if k, ok := s.header(s.text(row, col)); ok {
			if k.role.subject() {
				return true
			}
			category = category || k.role == roleCategory
			measure = measure || k.metric != nil
		}
	}
	return category && measure
}

// wordsBelow reports a run of headers whose first column has an unknown header over
// words.
func (s *sheet) wordsBelow(row int, run [2]int) bool {
	if _, ok := s.header(s.text(row, run[0])); ok || run[1] == run[0] {
		return false
	}
	if _, ok := s.period(s.cell(row, run[0])); ok {
		return false
	}
	words := 0
	for r := row + 1; r <= min(row+4, s.grid.Rows()); r++ {
		switch c := s.cell(r, run[0]); {
		case c.Kind == ooxml.Text && !isNumeric(c.Text) && !isMissing(c.Text):
			words++
		case c.Kind != ooxml.Blank:
			return false
		}
	}
	return words > 0
}

// corner is the first column of a run: one to the left of it where the run has
// no subject of its own, the cell there is blank and words stand below it.
func (s *sheet) corner(row int, run [2]int) int {
	left := run[0] - 1
	if left < 1 || s.hasSubject(row, run) || s.text(row, left) != "" {
		return run[0]
	}
	for r := row + 1; r <= min(row+3, s.grid.Rows()); r++ {
		if c := s.cell(r, left); c.Kind == ooxml.Text && !isNumeric(c.Text) {
			return left
		}
	}
	return run[0]
}

// columnHasData looks a few rows down for a cell under a blank header.
func (s *sheet) columnHasData(row, col int) bool {
	for r := row; r < row+5 && r <= s.grid.Rows(); r++ {
		if s.cell(r, col).Kind != ooxml.Blank {
			return true
		}
	}
	return false
}

// headerIn decides whether a run of cells is a header, and how many rows it has.
func (s *sheet) headerIn(row, first, last int) *region {
	subjects, knowns, periods, dates, others := 0, 0, 0, 0, 0
	category, measure := false, false
	var unknown []int
	for col := first; col <= last; col++ {
		c, at := s.shown(row, col)
		if c.Kind == ooxml.Blank || at.Col != col {
			continue
		}
		if _, ok := s.period(c); ok {
			periods++
			unknown = append(unknown, col)
			if c.Kind == ooxml.Text || s.dated(c) {
				dates++
			}
			continue
		}
		if c.Kind != ooxml.Text || utf8.RuneCountInString(c.Text) > maxHeader {
			return nil
		}
		k, ok := s.header(c.Text)
		switch {
		case ok:
			knowns++
			if k.role.subject() {
				subjects++
			}
			category = category || k.role == roleCategory
			measure = measure || k.metric != nil
		case isNumeric(c.Text):
			return nil
		default:
			others++
			unknown = append(unknown, col)
		}
	}
	if subjects == 0 && category && measure {
		subjects++ // rows of fields: found, so that they are not taken for another table's
	}
	// Without a subject it is a header only when it is nothing but periods over a
	// blank corner; bare numbers (2013, 2045) may be values.
	corner := dates > 1 && knowns == 0 && (others == 0 && s.text(row, first) == "" || others == 1 && s.metricsBelow(row, first))
	if subjects == 0 && !corner {
		return nil
	}
	r := &region{sheet: s, top: row, bottom: row, first: first, last: last}
	r.widen()
	r.subHeader()
	if subjects > 0 && knowns < 2 && periods < 2 {
		// One known header beside unknown ones or one period: a table only where
		// numbers stand below.
		numbers := 0
		for _, col := range unknown {
			if below := s.cell(r.bottom+1, col); below.Kind == ooxml.Number || below.Kind == ooxml.Text && isNumeric(below.Text) {
				numbers++
			}
		}
		if numbers == 0 {
			return nil
		}
	}
	if r.bottom >= s.grid.Rows() {
		return nil
	}
	return r
}

// metricsBelow reports a column whose cells, most of them, are names of metrics.
func (s *sheet) metricsBelow(row, col int) bool {
	metrics, others := 0, 0
	for r := row + 1; r <= min(row+8, s.grid.Rows()); r++ {
		c := s.cell(r, col)
		if c.Kind != ooxml.Text {
			continue
		}
		name, _ := splitHeader(normText(c.Text))
		if _, unit := metricOf(name); unit != "" {
			metrics++
		} else if !isNote(c.Text) && !isTotal(c.Text) {
			others++
		}
	}
	return metrics > others
}

// isNumeric reports a text that says a number.
func isNumeric(text string) bool {
	_, ok := parseAmount(text)
	return ok
}

// widen adds the header rows that merged cells show: those a header cell
// reaches down to, those under a group heading, and group headings above.
func (r *region) widen() {
	for grown := true; grown && r.bottom < r.top+2; {
		grown = false
		for col := r.first; col <= r.last; col++ {
			m, ok := r.merge.at(r.bottom, col)
			if !ok || m.Row1 < r.top {
				continue
			}
			if m.Row2 > r.bottom && m.Row2 <= r.top+2 {
				r.bottom, grown = m.Row2, true
			} else if m.Row2 == r.bottom && m.Col2 > m.Col1 && m.Col2 <= r.last && r.headsBelow(m) {
				r.bottom, grown = r.bottom+1, true
			}
		}
	}
	for above := r.top - 1; above >= 1 && above >= r.bottom-2; above-- {
		if !r.groupsAt(above) {
			break
		}
		r.top = above
	}
}

// subHeader adds the row below the header where it is one without a merge to show
// it: nothing but units (万人, 元/千tokens), or nothing but headers of prices and
// measures under headings. A column whose heading stands over its neighbour alone
// is not read: what the heading says of it the sheet does not show.
func (r *region) subHeader() {
	row := r.bottom + 1
	if r.bottom > r.top+1 || row > r.grid.Rows() {
		return
	}
	units, heads, filled := 0, 0, 0
	for col := r.first; col <= r.last; col++ {
		c := r.cell(row, col)
		if c.Kind == ooxml.Blank {
			continue
		}
		filled++
		if c.Kind != ooxml.Text || len(c.Text) > maxHeader || isMissing(c.Text) || isNumeric(c.Text) {
			return
		}
		text := normText(c.Text)
		if k, ok := r.header(text); ok && (k.role.price() || k.role == roleMeasure || k.role == roleBefore || k.role == roleCut || k.role == roleContext) {
			heads++
		} else if _, ok := parseUnit(strings.Trim(text, "()（）[]【】 ")); ok {
			units++
		} else {
			return
		}
	}
	switch {
	case filled == 0 || heads == 0 && units == 0:
		return
	case r.cell(row, r.first).Kind != ooxml.Blank && heads > 0:
		return
	}
	if heads > 0 {
		if heads+units < 2 {
			return
		}
		for col := r.first + 1; col <= r.last; col++ {
			if r.text(row, col) == "" || r.text(r.bottom, col) != "" {
				continue
			}
			left := col - 1
			for left > r.first && r.text(r.bottom, left) == "" {
				left--
			}
			cell, _ := r.shown(r.bottom, left)
			_, dated := r.period(cell)
			k, known := r.header(r.typed(cell))
			if dated || known && !k.role.subject() {
				if r.unmerged == nil {
					r.unmerged = map[int]bool{}
				}
				r.unmerged[col] = true
			}
		}
	}
	r.bottom = row
}

// headsBelow reports whether the row under a group heading is a header row:
// each cell under it is a text that is no number, or a period.
func (r *region) headsBelow(m ooxml.Range) bool {
	heads := 0
	for col := m.Col1; col <= m.Col2; col++ {
		c := r.cell(m.Row2+1, col)
		if _, ok := r.period(c); ok {
			heads++
			continue
		}
		if c.Kind != ooxml.Text || isNumeric(c.Text) || isMissing(c.Text) {
			return false
		}
		if _, ok := r.header(c.Text); ok {
			heads++
		}
	}
	return heads > 0
}

// groupsAt reports whether a row above the header holds group headings: texts or
// periods, one of them merged over some but not all of the columns.
func (r *region) groupsAt(row int) bool {
	groups := false
	for col := r.first; col <= r.last; col++ {
		c, at := r.shown(row, col)
		if c.Kind == ooxml.Blank {
			continue
		}
		if at.Row != row || at.Col < r.first {
			return false
		}
		if _, ok := r.period(c); !ok && (c.Kind != ooxml.Text || isNumeric(c.Text)) {
			return false
		}
		if c.Kind == ooxml.Text {
			if _, unit := unitLine(c.Text); unit {
				return false // a title, and the unit of all at its right
			}
		}
		if m, ok := r.merge.at(row, col); ok && m.Col2 > m.Col1 {
			if m.Row2 > row || m.Col2 > r.last || m.Col2-m.Col1 == r.last-r.first {
				return false
			}
			groups = true
		}
	}
	// One line that begins with the table is its title, however wide it was merged.
	if filled, first := r.filled(row); filled == 1 && first == r.first {
		return false
	}
	return groups
}

// captionsOf gives the lines above a table, nearest first, down from the last
// row of the table above it. A line beside other lines belongs to the table
// whose columns it stands over.
func (s *sheet) captionsOf(r *region, above int) []string {
	var lines []string
	if r.top < r.bottom {
		// A title over all but the first column is a heading of these, and a title.
		if filled, first := r.filled(r.top); filled == 1 && first > r.first {
			if _, head := s.header(s.text(r.top, first)); !head {
				lines = append(lines, s.text(r.top, first))
			}
		}
	}
	for row := r.top - 1; row > above && len(lines) < 6; row-- {
		over, beside := "", "" // what stands over the table, and beside it
		mine, filled := 0, 0
		for col, last := 1, s.grid.RowCols(row); col <= last; col++ {
			c := s.cell(row, col)
			if c.Kind == ooxml.Blank {
				continue
			}
			filled++
			end := col
			if m, ok := s.merge.at(row, col); ok {
				end = m.Col2
			}
			if col <= r.last && end >= r.first {
				mine++
				over = strings.TrimSpace(over + " " + s.typed(c))
			} else {
				beside = s.typed(c)
			}
		}
		switch {
		case filled == 0:
			if above > 0 && len(lines) > 0 {
				return lines
			}
			continue
		case filled > 1 && mine == 0:
			continue // over another table
		case mine > 1 && row == r.top-1 && r.rowOfUnits(row) != nil:
			continue
		case mine > 2 || mine == 0 && filled > 1:
			return lines // a row of data
		case mine == 0 && above > 0:
			continue
		}
		if over == "" {
			over = beside // a line of its own speaks for the whole sheet
		}
		if isNote(over) && above > 0 {
			return lines
		}
		lines = append(lines, over)
	}
	return lines
}

// captionRows counts the rows between the data above and a table's header that
// hold nothing but its captions.
func (s *sheet) captionRows(r *region) int {
	rows, filled := 0, 0
	for row := r.top - 1; row > 0; row-- {
		n, noted := 0, false
		for col := r.first; col <= r.last; col++ {
			if c := s.cell(row, col); c.Kind != ooxml.Blank {
				n++
				noted = noted || isNote(s.typed(c))
			}
		}
		if n == 0 {
			if filled > 0 {
				return rows
			}
			rows++
			continue
		}
		if n > 1 || noted || filled == 3 {
			break
		}
		filled++
		rows++
	}
	return rows
}

// titlesOf gives the lines that stand for the whole sheet: those above its first
// table, without the first table's own caption when there are several.
func (s *sheet) titlesOf(first *region) []string {
	lines := first.captions
	if len(lines) > 1 {
		if _, unit := unitLine(lines[0]); !unit {
			return lines[1:]
		}
	}
	return lines
}

// notePrefixes begin a note or source line.
var notePrefixes = []string{"注:", "注：", "注1", "注2", "注3", "备注", "说明", "数据来源", "资料来源", "来源:", "来源：", "source:", "sources:", "note:", "notes:", "n/a =", "* ", "＊", "※", "†"}

// isNote reports a note or source line.
func isNote(text string) bool {
	t := lowerSimplified(normText(text))
	for _, p := range notePrefixes {
		if strings.HasPrefix(t, p) {
			return true
		}
	}
	return false
}

// label is the evidence of a region for `check`.
func (r *region) label(table string, seen, kept int) analysis.Region {
	reg := analysis.Region{
		Table: table, Sheet: r.name, RowsSeen: seen, RowsKept: kept,
		Range: r.ref(r.top, r.first).Cell() + ":" + r.ref(max(r.end, r.bottom), r.last).Cell(),
	}
	if r.aside {
		reg.HeaderRows = []int{r.first} // where the names stand
		return reg
	}
	for row := r.top; row <= r.bottom; row++ {
		reg.HeaderRows = append(reg.HeaderRows, row)
	}
	return reg
}
