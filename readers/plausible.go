package readers

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"shakeout/analysis"
)

// doubtsPerCode is how many findings of one code are said one by one; the rest
// are counted. A systematic fault is then one that can be read.
const doubtsPerCode = 100

// plausible looks at the tables as a doubtful colleague would. What it says
// changes nothing: doubtful values stay as they are, with a finding.
func plausible(ts analysis.Tables, typed *quoted, notes func(analysis.Finding)) {
	said, last := map[string]int{}, map[string]analysis.Finding{}
	say := func(f analysis.Finding) {
		if said[f.Code]++; said[f.Code] <= doubtsPerCode {
			notes(f)
		}
		last[f.Code] = f
	}
	texts := newCodes()
	conflicts(ts, texts, typed, say)
	swapped(ts, texts, say)
	outOfOrder(ts["filings"], say)
	afterRetirement(ts, say)
	validity(ts["prices"], say)
	numberDates(ts["filings"], say)
	numberTwice(ts, say)
	jumps(ts["prices"], []string{"model", "company", "kind", "currency", "date_grain"}, "date", "price", texts, typed, nil, say)
	metrics := ts["metrics"]
	jumps(metrics, []string{"subject", "subject_kind", "metric", "region", "unit", "period_grain"}, "period", "value", texts, typed, noFractions(metrics), say)
	falls(metrics, texts, typed, say)
	overOne(metrics, say)
	for _, f := range analysis.AlikeNames(ts) {
		notes(f)
	}
	for _, code := range slices.Sorted(maps.Keys(said)) {
		if more := said[code] - doubtsPerCode; more > 0 {
			notes(noted("more-like-this", analysis.Ref{File: last[code].At.File}, code, more))
		}
	}
}

func noted(code string, at analysis.Ref, got string, args ...any) analysis.Finding {
	return analysis.Finding{Effect: analysis.Noted, Code: code, At: at, Got: got, Args: args}
}

var legalName = lazily(`(?i)(有限公司|有限责任公司|股份公司|集团公司|研究院|研究所|\b(inc|ltd|llc|corp|gmbh)\.?)$`)

// swapped names rows whose model and company seem to have changed places: the
// model reads as a company's legal name and the company does not, or the model
// is a company in other rows while the company is none, or is a model there.
func swapped(ts analysis.Tables, texts *codes, notes func(analysis.Finding)) {
	type pair struct{ model, company string }
	pairs, companies, models := map[pair]int{}, map[string]int{}, map[string]int{}
	// said is what each group of rows that name the same says.
	said := func(name string) (t analysis.Table, g *groups, all []pair) {
		t = ts[name]
		g = texts.in(t, []string{modelColumn(name), "company", "subject_kind"})
		model, company, kind := t.Text(modelColumn(name)), t.Text("company"), t.Text("subject_kind")
		for _, row := range g.first {
			p := pair{company: company.Or(int(row), "")}
			switch kind.Or(int(row), "model") {
			case "model":
				p.model = model.Or(int(row), "")
			case "company":
				p.company = model.Or(int(row), "")
			}
			all = append(all, p)
		}
		return t, g, all
	}
	tables := []string{"filings", "prices", "releases", "metrics"}
	for _, name := range tables {
		_, g, all := said(name)
		rows := make([]int, len(all))
		for _, id := range g.of {
			rows[id]++
		}
		for id, p := range all {
			pairs[p] += rows[id]
		}
	}
	for p, n := range pairs {
		models[p.model] += n
		companies[p.company] += n
	}
	suspect := map[pair]bool{}
	for p, n := range pairs {
		m, c := p.model, p.company
		if m == "" || c == "" || m == c || legalName.MatchString(c) {
			continue
		}
		// Elsewhere the model is a company, and the company is none or a model.
		elsewhere := companies[m] > 0 && models[m] <= companies[m] && (companies[c] == n && models[c] == 0 && n == 1 || models[c] > companies[c])
		if elsewhere || legalName.MatchString(m) {
			suspect[p] = true
		}
	}
	if len(suspect) == 0 {
		return
	}
	lastRow, lastSheet := 0, ""
	for _, name := range tables {
		t, g, all := said(name)
		for row, id := range g.of {
			p := all[id]
			if !suspect[p] {
				continue
			}
			at := t.Ref(row, modelColumn(name))
			if at.Row != lastRow || at.Sheet != lastSheet { // a row that gives several facts is said once
				notes(noted("columns-swapped", at, p.model, p.company))
			}
			lastRow, lastSheet = at.Row, at.Sheet
		}
	}
}

// plainly writes a number for people: with all its digits while these can be
// taken in, and no exponent.
func plainly(x float64) string {
	if math.Abs(x) < 1e15 && (x == 0 || math.Abs(x) >= 1e-6) {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

func modelColumn(table string) string {
	if table == "metrics" {
		return "subject"
	}
	return "model"
}

// outOfOrder names models whose stages come in another order than the funnel's.
// A month that holds the earlier stage's day may hold it in order.
func outOfOrder(t analysis.Table, notes func(analysis.Finding)) {
	stages := []string{"filed", "launched", "active", "commercial", "retired"}
	dates, grains := make([]analysis.Column[analysis.Date], len(stages)), make([]analysis.Column[string], len(stages))
	for i, s := range stages {
		dates[i], grains[i] = t.Date(s), t.Text(s+"_grain")
	}
	for row := range t.Rows() {
		before := -1
		var last analysis.Date
		for i, s := range stages {
			d, ok := dates[i].At(row)
			if !ok {
				continue
			}
			if before >= 0 && analysis.Grain(grains[i].Or(row, "day")).LastDay(d) < last {
				notes(noted("dates-out-of-order", t.Ref(row, s), analysis.FormatDate(d), analysis.Say("stage."+s), analysis.Say("stage."+stages[before]), analysis.FormatDate(last)))
				break
			}
			before, last = i, d
		}
	}
}

// afterRetirement names releases of models that had been retired before.
func afterRetirement(ts analysis.Tables, notes func(analysis.Finding)) {
	filings, releases := ts["filings"], ts["releases"]
	model, retired, grain := filings.Text("model"), filings.Date("retired"), filings.Text("retired_grain")
	ended := map[string]int{} // folded model -> row
	for row := range filings.Rows() {
		if _, ok := retired.At(row); ok {
			ended[analysis.Fold(model.Or(row, ""))] = row
		}
	}
	if len(ended) == 0 {
		return
	}
	released, date := releases.Text("model"), releases.Date("date")
	for row := range releases.Rows() {
		end, ok := ended[analysis.Fold(released.Or(row, ""))]
		if !ok {
			continue
		}
		day, _ := retired.At(end)
		if d, ok := date.At(row); ok && d > analysis.Grain(grain.Or(end, "day")).LastDay(day) {
			at := filings.Ref(end, "retired")
			notes(noted("released-after-retirement", releases.Ref(row, "date"), analysis.FormatDate(d), analysis.FormatDate(day), at.Sheet+"!"+at.Cell()))
		}
	}
}

// validity names prices that end before they begin.
func validity(t analysis.Table, notes func(analysis.Finding)) {
	from, to := t.Date("date"), t.Date("valid_to")
	for row := range t.Rows() {
		a, ok := from.At(row)
		if b, has := to.At(row); ok && has && b < a {
			notes(noted("validity-backwards", t.Ref(row, "date"), analysis.FormatDate(a), analysis.FormatDate(b)))
		}
	}
}

var dateInNumber = lazily(`(?:^|[^0-9])(20[0-9]{2})([01][0-9])([0-3][0-9])`)

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

// numberTwice names filing numbers that stand with two models which no alias
// joins: either the number is wrong or the two are one.
func numberTwice(ts analysis.Tables, notes func(analysis.Finding)) {
	t := ts["filings"]
	names := analysis.AliasesOf(ts)
	number, model := t.Text("filing_no"), t.Text("model")
	first := map[string]int{}
	for row := range t.Rows() {
		no := number.Or(row, "")
		if no == "" {
			continue
		}
		other, ok := first[no]
		if !ok {
			first[no] = row
			continue
		}
		here, there := t.Ref(row, "filing_no"), t.Ref(other, "filing_no")
		// The models of one cell share its number.
		if names.Key(model.Or(row, "")) != names.Key(model.Or(other, "")) && here != there {
			notes(noted("number-twice", here, no, model.Or(row, ""), model.Or(other, ""), there.Sheet+"!"+there.Cell()))
		}
	}
}

// jumpFactor is the change between two neighbours of a series that is flagged.
const jumpFactor = 10

// jumps names values that are more than ten times, or less than a tenth of, the
// one before in the same series. A price that becomes free is no jump.
func jumps(t analysis.Table, key []string, date, value string, texts *codes, typed *quoted, keep func(row int) bool, notes func(analysis.Finding)) {
	if t.Rows() == 0 {
		return
	}
	when, v := t.Date(date), t.Float(value)
	positive := func(row int) bool { return v.Or(row, 0) > 0 && (keep == nil || keep(row)) }
	far := func(a, b int) bool {
		x, y := v.Or(a, 0), v.Or(b, 0)
		return y > jumpFactor*x || x > jumpFactor*y
	}
	for _, p := range series(t, texts.in(t, key), texts.of(t, date), positive, far) {
		before, at := t.Ref(p[0], value), t.Ref(p[1], value)
		notes(noted("jump", at, typed.number(at, v.Or(p[1], 0)), typed.number(before, v.Or(p[0], 0)), analysis.FormatDate(when.Or(p[0], 0)), before.Sheet+"!"+before.Cell()))
	}
}

// noFractions are the rows whose value is no fraction: a share may well be ten times
// the one before. All rows are where no unit is a fraction: nil.
func noFractions(t analysis.Table) func(row int) bool {
	units, words := t.Words("unit")
	fraction := int32(slices.Index(words, "fraction"))
	if fraction < 0 {
		return nil
	}
	return func(row int) bool { return units[row] != fraction }
}

// falls names cumulative counts that are smaller than before. Bounds say too
// little for that.
func falls(t analysis.Table, texts *codes, typed *quoted, notes func(analysis.Finding)) {
	metrics, names := t.Words("metric")
	cumulative := make([]bool, len(names)+1) // by code + 1
	for code, name := range names {
		cumulative[code+1] = strings.HasSuffix(name, "_total") || strings.Contains(name, "累计") || strings.Contains(strings.ToLower(name), "cumulative")
	}
	if !slices.Contains(cumulative, true) {
		return
	}
	when, v, bound := t.Date("period"), t.Float("value"), t.Text("bound")
	g := texts.in(t, []string{"subject", "subject_kind", "metric", "region", "category", "unit", "period_grain"})
	keep := func(row int) bool { return cumulative[metrics[row]+1] && bound.Or(row, "exact") == "exact" }
	falls := func(a, b int) bool { return v.Or(b, 0) < v.Or(a, 0) }
	for _, p := range series(t, g, texts.of(t, "period"), keep, falls) {
		before, at := t.Ref(p[0], "value"), t.Ref(p[1], "value")
		notes(noted("total-falls", at, typed.number(at, v.Or(p[1], 0)), typed.number(before, v.Or(p[0], 0)), analysis.FormatDate(when.Or(p[0], 0)), before.Sheet+"!"+before.Cell()))
	}
}

// shareName are metrics that are shares of one whole by their name.
var shareName = lazily(`(?i)^share$|份额|市占率|\bshare of\b|market share`)

// overOne names groups of stated shares that add to more than one.
func overOne(t analysis.Table, notes func(analysis.Finding)) {
	metric, kind, v := t.Text("metric"), t.Text("subject_kind"), t.Float("value")
	region, grain, period := t.Text("region"), t.Text("period_grain"), t.Date("period")
	units, words := t.Words("unit")
	fraction := int32(slices.Index(words, "fraction"))
	if fraction < 0 {
		return
	}
	type group struct {
		sheet, metric, kind, region, grain string
		period                             analysis.Date
	}
	sum, first := map[group]float64{}, map[group]int{}
	var order []group
	for row := range t.Rows() {
		k := kind.Or(row, "")
		if units[row] != fraction || k == "market" || v.Or(row, 0) <= 0 || !shareName.MatchString(metric.Or(row, "")) {
			continue
		}
		g := group{sheetOf(t, row), metric.Or(row, ""), k, "", grain.Or(row, ""), period.Or(row, 0)}
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
			notes(noted("shares-over-one", t.Ref(first[g], "value"), plainly(math.Round(sum[g]*1e6)/1e6)))
		}
	}
}
