package readers

import (
	"strings"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// filing gives a row of a list of models to the filings table.
func (r *region) filing(p *plan, t *tables, row int) bool {
	model, at := r.says(roleModel, row)
	if model == "" {
		_, first := r.filled(row)
		r.find(analysis.Dropped, "row-unnamed", row, first, r.text(row, first))
		return false
	}
	cells := places{{"model", analysis.Place{Col: at.col}}}
	texts := map[string]string{}
	for _, role := range []role{roleCompany, roleCamp, roleRegion, roleCategory, roleFilingNo, roleStatus, roleRegister} {
		text, c := r.says(role, row)
		if c == nil && role == roleCompany && len(r.lines) > 0 {
			if name, at := r.companyAbove(row); name != "" {
				texts["company"] = name
				cells = append(cells, placeOf{"company", at})
			}
		}
		if c == nil || role == roleStatus && isPresence(text) {
			continue
		}
		texts[string(role)] = text
		cells = append(cells, placeOf{string(role), analysis.Place{Col: c.col}})
	}
	texts["register"] = r.register(p, texts["register"])

	type stage struct {
		name string
		date Period
	}
	var stages []stage
	for _, c := range p.stages {
		if c.role == roleDate && texts["register"] == "" {
			continue
		}
		name := string(c.role)
		if c.role == roleDate {
			name = "filed"
		}
		cell, place := r.shown(row, c.col)
		if cells.has(name) {
			continue // 备案时间 goes before 公告日期
		}
		d, ok := r.day(cell)
		if !ok || d.Grain != analysis.Day && d.Grain != analysis.Month {
			text := r.typed(cell)
			switch {
			case text == "" || isMissing(text) || isPresence(text):
			case !ok:
				r.find(analysis.Blanked, "date-not-understood", place.Row, place.Col, text)
			default:
				r.find(analysis.Blanked, "date-too-coarse", place.Row, place.Col, text)
			}
			continue
		}
		stages = append(stages, stage{name, d})
		if place.Row == row {
			place.Row = 0
		}
		cells = append(cells, placeOf{name, place})
	}

	names := r.splitNames(model, row, at)
	for _, name := range names {
		b := t.begin("filings", r, row, cells)
		b.Text("model", name)
		for _, role := range []string{"company", "camp", "region", "category", "register", "filing_no", "status"} {
			b.Text(role, texts[role])
		}
		for _, s := range stages {
			b.Date(s.name, s.date.First)
			b.Text(s.name+"_grain", string(s.date.Grain))
		}
		b.EndRow()
	}
	return true
}

// register is the canonical register of a row: its own column, else what the
// headers, titles and the sheet's name say.
func (r *region) register(p *plan, typed string) string {
	if typed != "" {
		if k := register(typed); k != "" {
			return k
		}
		switch {
		case strings.Contains(typed, "备案"):
			return "generative_ai"
		case strings.Contains(typed, "登记"):
			return "registered_app"
		}
		return typed
	}
	if !p.registerAsked {
		p.registerAsked, p.register = true, r.registerAround(p)
	}
	return p.register
}

// registerAround is the register that the headers, titles and the sheet's name say.
func (r *region) registerAround(p *plan) string {
	for _, l := range p.around.lines {
		if k := register(l.text); k != "" {
			return k
		}
	}
	if c := r.one(roleFilingNo); c != nil {
		return register(c.header)
	}
	return ""
}

var nameBreaks = lazily(`\s*[、,，;；\n]\s*`)

// splitNames splits a cell that names several models, only where the sheet gives
// the cell its count and the count is the number of names. Otherwise the cell
// stays one row, with a finding.
func (r *region) splitNames(model string, row int, at *column) []string {
	cell, _ := r.shown(row, at.col)
	raw := strings.TrimSpace(cell.Text)
	if cell.Kind != ooxml.Text || !strings.ContainsAny(raw, "、,，;；\n") || !nameBreaks.MatchString(raw) {
		return []string{model}
	}
	var names []string
	for _, n := range nameBreaks.Split(raw, -1) {
		if n = normText(n); n != "" {
			names = append(names, n)
		}
	}
	if len(names) < 2 {
		return []string{model}
	}
	if c := r.one(roleCount); c != nil {
		switch n := r.cell(row, c.col); n.Kind {
		case ooxml.Number:
			if n.Num == float64(len(names)) {
				return names
			}
		case ooxml.Text:
			if a, ok := parseAmount(n.Text); ok && a.Bound == "exact" && a.Value == float64(len(names)) {
				return names
			}
		}
	}
	r.find(analysis.Noted, "several-names", row, at.col, model, len(names))
	return []string{model}
}

// release gives a row of a list of model versions to the releases table.
func (r *region) release(p *plan, t *tables, row int) bool {
	model, at := r.says(roleModel, row)
	c := r.one(roleReleased)
	cell, place := r.shown(row, c.col)
	text := r.typed(cell)
	if model == "" || text == "" || isMissing(text) {
		return false
	}
	d, ok := r.day(cell)
	if !ok {
		r.find(analysis.Blanked, "date-not-understood", place.Row, place.Col, text)
		return false
	}
	if d.Grain != analysis.Day && d.Grain != analysis.Month {
		r.find(analysis.Blanked, "date-too-coarse", place.Row, place.Col, text)
		return false
	}
	cells := places{{"model", analysis.Place{Col: at.col}}, {"date", analysis.Place{Col: c.col}}}
	texts := map[string]string{}
	if name, at := r.companyAbove(row); name != "" {
		texts["company"] = name
		cells = append(cells, placeOf{"company", at})
	}
	for _, role := range []role{roleVersion, roleCompany, roleRegion} {
		if v, vc := r.says(role, row); vc != nil {
			texts[string(role)] = v
			cells = append(cells, placeOf{string(role), analysis.Place{Col: vc.col}})
		}
	}
	b := t.begin("releases", r, row, cells)
	b.Text("model", model)
	b.Text("version", texts["version"])
	b.Text("company", texts["company"])
	b.Text("region", texts["region"])
	b.Date("date", d.First)
	b.Text("date_grain", string(d.Grain))
	b.EndRow()
	return true
}
