package readers

import (
	"strings"

	"shakeout/analysis"
)

// Headings over measures may say whose or which they are: 豆包 and Kimi each over MAU and
// DAU, App端 and Web端 over 月活 of one product, 国内 and 海外. Where one metric of one
// period stands under several such headings, the headings tell the columns apart: they
// are subjects where no column names any, regions where they are regions, and else
// qualifiers, which make other metrics.
func (r *region) groupedMeasures(p *plan) {
	type fact struct {
		metric string
		period Period
	}
	of := func(c *column) fact {
		f := fact{metric: c.metric}
		if c.period != nil {
			f.period = *c.period
		}
		return f
	}
	under := map[fact]string{}
	apart := map[fact]bool{}
	for _, c := range p.measures {
		f := of(c)
		if before, seen := under[f]; seen && before != c.over && before != "" && c.over != "" {
			apart[f] = true
		}
		under[f] = c.over
	}
	if len(apart) == 0 {
		return
	}
	p.grouped = true
	subjects := !r.has(roleModel, roleCompany, roleRegion, roleMetric) && p.subject == ""
	for _, c := range p.measures {
		if c.over == "" || !subjects && !apart[of(c)] {
			continue
		}
		switch place, alone := placeIn(c.over); {
		case alone && !p.regioned:
			c.place = place
		case subjects:
			c.whose = c.over
		default:
			c.metric = strings.TrimSpace(c.over + " " + c.metricText())
		}
		r.find(analysis.Noted, "heading-tells", c.at.Row, c.at.Col, c.over)
	}
}

// of is the subject of a column's facts: the row's, but for what the column's heading
// says.
func (s subject) of(c *column) subject {
	if c.place != "" {
		s.region = c.place
	}
	if c.whose == "" {
		return s
	}
	s.name, s.kind = c.whose, "model"
	switch {
	case isMarket(c.whose):
		s.kind = "market"
	case legalName.MatchString(c.whose):
		s.kind, s.company = "company", c.whose
	}
	return s
}
