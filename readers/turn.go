package readers

import (
	"slices"
	"strings"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// Some tables stand on their side: models across and metrics or prices down, or
// months down and products across under a title that says what the numbers are.
// Such a block is turned, rows for columns, and read by the same rules as any other;
// its findings and sources name the cells where they stand. What then reads as no
// table stays refused.

// turnRows and turnColumns bound a block that is turned: those that people make by
// hand are small.
const (
	turnRows    = 400
	turnColumns = 200
)

// understand reads a region's headers and decides what it gives; of a table on its
// side, of the block turned.
func (s *sheet) understand(r *region) (*region, *plan) {
	var held []analysis.Finding
	notes := s.notes
	s.notes = func(f analysis.Finding) { held = append(held, f) }
	r.resolve()
	p := r.classify()
	s.notes = notes
	if p.aside != "" {
		if t, turned := r.turn(p); t != nil {
			return t, turned
		}
		s.find(analysis.Skipped, p.aside, p.asideAt.Row, p.asideAt.Col, s.text(p.asideAt.Row, p.asideAt.Col))
	}
	for _, f := range held {
		notes(f)
	}
	return r, p
}

// turn is the region on its side with rows and columns changed, if that gives a
// table; else nil.
func (r *region) turn(p *plan) (*region, *plan) {
	if r.top != r.bottom || r.last == r.first {
		return nil, nil
	}
	end := r.bottom
	for end < r.end && r.grid.NextCol(end+1, r.first) != 0 && r.grid.NextCol(end+1, r.first) <= r.last {
		end++
	}
	t := r.turned(r.top, end, r.first, r.last)
	if t == nil {
		return nil, nil
	}
	t.captions, t.titles, t.place, t.placeFrom = r.captions, r.titles, r.place, r.placeFrom
	if !t.ofNames() {
		return nil, nil
	}
	turned := t.ownNames(r.one(roleCompany) != nil)
	if turned == nil || turned.metric == "score" { // 月份, MMLU, GSM8K are measures of one model
		return nil, nil
	}
	r.find(analysis.Noted, "table-turned", r.top, r.first, r.text(r.top, r.first))
	for row := end + 1; row <= r.end; row++ {
		if filled, first := r.filled(row); filled > 1 {
			r.find(analysis.Skipped, "block-not-recognised", row, first, r.text(row, first))
			break
		} else if filled == 1 {
			r.find(analysis.Dropped, "row-note", row, first, r.text(row, first))
		}
	}
	return t, turned
}

// turned is a block of the sheet turned, as a region of a sheet of its own, whose
// headers are the block's first column and whose rows are its other columns. Nil
// where it is too large, or a heading is no plain name: a unit or a period beside a
// name would be lost in it.
func (s *sheet) turned(top, bottom, first, last int) *region {
	if s.aside || bottom-top >= turnRows || last-first >= turnColumns || bottom == top {
		return nil
	}
	seen := map[string]bool{}
	for col := first + 1; col <= last; col++ {
		cell := s.cell(top, col)
		name := s.typed(cell)
		if cell.Kind == ooxml.Blank && s.emptyColumn(top, bottom, col) {
			continue
		}
		_, unit := splitHeader(name)
		_, period := s.period(cell)
		if cell.Kind != ooxml.Text || unit != "" || period || isNumeric(name) || isMissing(name) || seen[name] {
			return nil
		}
		seen[name] = true
	}
	grid := s.grid.Turned(ooxml.Range{Row1: top, Col1: first, Row2: bottom, Col2: last})
	on := &sheet{file: s.file, name: s.name, pkg: s.pkg, grid: grid, merge: newMerges(grid.Merges), styles: s.styles, notes: s.notes, aside: true}
	return &region{sheet: on, top: first, bottom: first, first: top, last: bottom, end: last}
}

func (s *sheet) emptyColumn(top, bottom, col int) bool {
	for row := top; row <= bottom; row++ {
		if s.cell(row, col).Kind != ooxml.Blank {
			return false
		}
	}
	return true
}

// ofNames reports that what stood across may be names of models, companies or
// regions: one of them is known, and none is a device (iOS, 安卓), a group of users or
// a channel, which are parts of somebody's number.
func (r *region) ofNames() bool {
	known := false
	for col := r.first; col <= r.last; col++ {
		if k, ok := r.header(r.text(r.top, col)); ok && k.role.price() {
			known = true // what has an input price is a model
		}
	}
	for row := r.bottom + 1; row <= r.end; row++ {
		text := r.text(row, r.first)
		k := foldKey(text)
		if devices.MatchString(k) || partsAcross.MatchString(k) {
			return false
		}
		known = known || makers.MatchString(k) || ofOneMaker.MatchString(k) || placeNames[k] || legalName.MatchString(text) || fieldWords.MatchString(text) || strings.HasSuffix(k, "公司")
	}
	return known
}

// partsAcross are headings of parts: age groups, sexes, channels, classes of cities.
var partsAcross = lazily(`岁|^男|^女|男性|女性|渠道|应用商店|信息流|搜索|官网|^[一二三四五]线|城市|老用户|新用户|付费|免费|自然量|其他端|^male|^female|channel|organic|paid|desktop|mobile`)

// ownNames reads a turned region whose first column holds the names that stood
// across, and gives its plan if it is a table. Nothing is said otherwise.
func (r *region) ownNames(companies bool) *plan {
	var held []analysis.Finding
	notes := r.notes
	r.notes = func(f analysis.Finding) { held = append(held, f) }
	r.resolve()
	c := r.columns[0]
	if c.role != roleModel && c.role != roleCompany && c.role != roleRegion {
		c.role, c.rank, c.metric = roleModel, 1, ""
		legal, places, names := 0, 0, 0
		for row := r.bottom + 1; row <= r.end; row++ {
			if text := r.text(row, c.col); text != "" && !isTotal(text) {
				names++
				if legalName.MatchString(text) {
					legal++
				}
				if placeNames[foldKey(text)] {
					places++
				}
			}
		}
		switch {
		case places == names:
			c.role = roleRegion
		case companies || 2*legal > names:
			c.role = roleCompany
		}
	}
	for _, o := range r.columns[1:] {
		if o.role == roleModel || o.role == roleCompany || o.role == roleRegion {
			o.rank += 10 // the names across speak first
		}
	}
	p := r.classify()
	r.notes = notes
	if len(p.tables) == 0 || p.refused || p.aside != "" || slices.Contains(p.tables, "settings") {
		return nil
	}
	for _, f := range held {
		notes(f)
	}
	return p
}

// onItsSide finds the table of a sheet on which no row is a header: headers down the
// first column, two at least of a price, a measure or a date, and names across.
func (s *sheet) onItsSide() (*region, *plan) {
	top, first, last := 0, 0, 0
	var captions []string
	for row := 1; row <= min(s.grid.Rows(), nearRows) && top == 0; row++ {
		filled := 0
		for col := s.grid.NextCol(row, 1); col != 0 && col <= turnColumns; col = s.grid.NextCol(row, col+1) {
			if s.cell(row, col).Kind != ooxml.Blank {
				if filled++; filled == 1 {
					first = col
				}
				last = col
			}
		}
		switch {
		case filled > 1:
			top = row
		case filled == 1:
			captions = slices.Insert(captions, 0, s.text(row, first))
		}
	}
	if top == 0 {
		return nil, nil
	}
	bottom, known := top, 0
	for bottom < s.grid.Rows() && bottom-top < turnRows && s.text(bottom+1, first) != "" {
		bottom++
		if k, ok := s.header(s.text(bottom, first)); ok && (k.role.price() || k.role == roleMeasure || k.role == roleReleased || k.role.stageDate() || k.role == roleContext) {
			known++
		}
	}
	corner, ok := s.header(s.text(top, first))
	if known < 2 || s.text(top, first) != "" && (!ok || corner.role != roleModel && corner.role != roleCompany && corner.role != roleMetric) {
		return nil, nil
	}
	t := s.turned(top, bottom, first, last)
	if t == nil || !t.ofNames() {
		return nil, nil
	}
	t.captions = captions
	p := t.ownNames(corner.role == roleCompany)
	if p == nil {
		return nil, nil
	}
	s.find(analysis.Noted, "table-turned", top, first, s.text(top, first))
	if row := bottom + 1; row <= s.grid.Rows() {
		for ; row <= s.grid.Rows(); row++ {
			if col := s.grid.NextCol(row, 1); col != 0 {
				s.find(analysis.Skipped, "block-not-recognised", row, col, s.text(row, col))
				break
			}
		}
	}
	return t, p
}

// placesOn are the places of a row's columns as the sheet has them: in a turned block
// the row is a column, and each value stands in a row of its own.
func (r *region) placesOn(row int, cells places) places {
	turned := slices.Clone(cells)
	for i, at := range turned {
		if at.Row == 0 {
			at.Row = row
		}
		turned[i].Place = analysis.Place{Row: at.Col, Col: at.Row}
	}
	return turned
}
