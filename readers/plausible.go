package readers

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"shakeout/analysis"
)

// plausible looks at the tables as a doubtful colleague would. What it says
// changes nothing: doubtful values stay as they are, with a finding.
func plausible(ts analysis.Tables, notes func(analysis.Finding)) {
	swapped(ts["filings"], notes)
	outOfOrder(ts["filings"], notes)
	numberDates(ts["filings"], notes)
	jumps(ts["prices"], []string{"model", "company", "kind", "currency", "date_grain"}, "date", "price", nil, notes)
	metrics := ts["metrics"]
	unit := metrics.Text("unit")
	jumps(metrics, []string{"subject", "subject_kind", "metric", "region", "unit", "period_grain"}, "period", "value",
		func(row int) bool { return unit.Or(row, "") != "fraction" }, notes)
	overOne(metrics, notes)
}

func noted(code string, at analysis.Ref, got string, args ...any) analysis.Finding {
	return analysis.Finding{Effect: analysis.Noted, Code: code, At: at, Got: got, Args: args}
}

var legalName = regexp.MustCompile(`(?i)(有限公司|有限责任公司|股份公司|集团公司|研究院|研究所|\b(inc|ltd|llc|corp|gmbh)\.?)$`)

// swapped names rows whose model reads as a company and whose company does not.
func swapped(t analysis.Table, notes func(analysis.Finding)) {
	model, company := t.Text("model"), t.Text("company")
	for row := range t.Rows() {
		m, c := model.Or(row, ""), company.Or(row, "")
		if c != "" && legalName.MatchString(m) && !legalName.MatchString(c) {
			notes(noted("columns-swapped", t.Ref(row, "model"), m, c))
		}
	}
}

// outOfOrder names models whose stages come in another order than the funnel's.
func outOfOrder(t analysis.Table, notes func(analysis.Finding)) {
	stages := []string{"filed", "launched", "active", "commercial", "retired"}
	for row := range t.Rows() {
		before, has := "", false
		var last analysis.Date
		for _, s := range stages {
			d, ok := t.Date(s).At(row)
			if !ok {
				continue
			}
			if has && d < last {
				notes(noted("dates-out-of-order", t.Ref(row, s), analysis.FormatDate(d), analysis.Say("stage."+s), analysis.Say("stage."+before), analysis.FormatDate(last)))
				break
			}
			before, last, has = s, d, true
		}
	}
}

var dateInNumber = regexp.MustCompile(`(?:^|[^0-9])(20[0-9]{2})([01][0-9])([0-3][0-9])`)

// numberDays is how far a filing date may follow the date in its filing number:
// the number is given when the filing is accepted, the list appears weeks later.
const numberDays = 62

// numberDates names filings whose number holds a date that their own date
// cannot have.
func numberDates(t analysis.Table, notes func(analysis.Finding)) {
	number, filed, grain := t.Text("filing_no"), t.Date("filed"), t.Text("filed_grain")
	for row := range t.Rows() {
		d, ok := filed.At(row)
		m := dateInNumber.FindStringSubmatch(number.Or(row, ""))
		if !ok || m == nil {
			continue
		}
		y, _ := strconv.Atoi(m[1])
		mo, _ := strconv.Atoi(m[2])
		day, _ := strconv.Atoi(m[3])
		if !analysis.ValidDate(y, mo, day) {
			continue
		}
		in := analysis.DateOf(y, mo, day)
		if last := analysis.Grain(grain.Or(row, "day")).LastDay(d); last < in || d > in+numberDays {
			notes(noted("number-date-differs", t.Ref(row, "filed"), analysis.FormatDate(d), number.Or(row, ""), analysis.FormatDate(in)))
		}
	}
}

// jumpFactor is the change between two neighbours of a series that is flagged.
const jumpFactor = 10

// jumps names values that are more than ten times, or less than a tenth of, the
// one before in the same series. A price that becomes free is no jump.
func jumps(t analysis.Table, key []string, date, value string, keep func(row int) bool, notes func(analysis.Finding)) {
	texts := make([]analysis.Column[string], len(key))
	for i, k := range key {
		texts[i] = t.Text(k)
	}
	when, v := t.Date(date), t.Float(value)
	var rows []int
	for row := range t.Rows() {
		if _, ok := when.At(row); ok && v.Or(row, 0) > 0 && (keep == nil || keep(row)) {
			rows = append(rows, row)
		}
	}
	series := func(a, b int) int {
		for _, c := range texts {
			if d := strings.Compare(c.Or(a, ""), c.Or(b, "")); d != 0 {
				return d
			}
		}
		return 0
	}
	slices.SortStableFunc(rows, func(a, b int) int {
		return cmp.Or(series(a, b), cmp.Compare(when.Or(a, 0), when.Or(b, 0)))
	})
	for i := 1; i < len(rows); i++ {
		a, b := rows[i-1], rows[i]
		if series(a, b) != 0 || when.Or(a, 0) == when.Or(b, 0) {
			continue
		}
		x, y := v.Or(a, 0), v.Or(b, 0)
		if y > jumpFactor*x || x > jumpFactor*y {
			before := t.Ref(a, value)
			notes(noted("jump", t.Ref(b, value), fmt.Sprint(y), fmt.Sprint(x), analysis.FormatDate(when.Or(a, 0)), before.Sheet+"!"+before.Cell()))
		}
	}
}

// overOne names groups of stated shares that add to more than one.
func overOne(t analysis.Table, notes func(analysis.Finding)) {
	metric, kind, v := t.Text("metric"), t.Text("subject_kind"), t.Float("value")
	region, grain, period := t.Text("region"), t.Text("period_grain"), t.Date("period")
	type group struct {
		sheet, kind, region, grain string
		period                     analysis.Date
	}
	sum, first := map[group]float64{}, map[group]int{}
	var order []group
	for row := range t.Rows() {
		k := kind.Or(row, "")
		if metric.Or(row, "") != "share" || k == "market" {
			continue
		}
		g := group{t.Ref(row, "value").Sheet, k, "", grain.Or(row, ""), period.Or(row, 0)}
		if k != "region" {
			g.region = region.Or(row, "")
		}
		if _, ok := sum[g]; !ok {
			first[g] = row
			order = append(order, g)
		}
		sum[g] += v.Or(row, 0)
	}
	for _, g := range order {
		if sum[g] > 1.005+1e-9 {
			notes(noted("shares-over-one", t.Ref(first[g], "value"), strconv.FormatFloat(sum[g], 'g', 6, 64)))
		}
	}
}
