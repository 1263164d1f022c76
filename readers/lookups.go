package readers

import (
	"shakeout/analysis"
)

// lookUpRow gives a row to one of the small tables: companies, aliases, rates,
// mergers, settings.
func (r *region) lookUpRow(table string, t *tables, row int) bool {
	type field struct {
		column string
		text   string
		col    *column
	}
	var fields []field
	need := func(column string, roles ...role) bool {
		for _, role := range roles {
			if text, c := r.says(role, row); c != nil {
				fields = append(fields, field{column, text, c})
				return true
			}
		}
		_, first := r.filled(row)
		r.find(analysis.Dropped, "row-incomplete", row, first, r.text(row, first), column)
		return false
	}
	may := func(column string, role role) {
		if text, c := r.says(role, row); c != nil {
			fields = append(fields, field{column, text, c})
		}
	}
	var date Period
	var rate float64
	switch table {
	case "companies":
		if !need("company", roleCompany) {
			return false
		}
		may("owner", roleOwner)
		may("camp", roleCamp)
	case "aliases":
		if !need("name", roleAlias, roleModel, roleCompany) || !need("canonical", roleCanonical) {
			return false
		}
	case "mergers":
		if !need("name", roleMerger) || !need("company", roleCompany) {
			return false
		}
	case "settings":
		if !need("key", roleKey) || !need("value", roleValue) {
			return false
		}
	case "rates":
		c := r.one(roleRate)
		f, st := r.amount(row, c, Unit{}, "", false)
		if !need("currency", roleCurrency) || st != understood {
			return false
		}
		d, _, ok, bad := r.rowPeriod(&plan{}, nil, row)
		if !ok || bad {
			r.find(analysis.Dropped, "row-incomplete", row, c.col, r.text(row, c.col), "date")
			return false
		}
		if u, ok := parseUnit(fields[0].text); ok && u.Currency != "" {
			fields[0].text = u.Currency
		}
		rate, date = f.Value, d
	}
	var cells places
	for _, f := range fields {
		cells = append(cells, placeOf{f.column, analysis.Place{Col: f.col.col}})
	}
	b := t.begin(table, r, row, cells)
	for _, f := range fields {
		b.Text(f.column, f.text)
	}
	if table == "rates" {
		b.Date("date", date.First)
		b.Float("cny_per_unit", rate)
	}
	b.EndRow()
	return true
}
