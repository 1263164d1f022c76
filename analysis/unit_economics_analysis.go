package analysis

import (
	"cmp"
	"slices"
	"strings"
)

// UnitEconomicsAnalysis says what customers cost and bring.
//
// Input: metrics marketing_spend, new_users, paying_users, arpu, gross_margin,
// churn and cac of one subject, period, grain and region. Output
// "unit_economics": for each subject and period with a spend two rows, since the
// two questions differ: customers users counts every new user, customers payers
// the growth of the paying users since the period before (payers who left and
// were replaced are not in it). Where a cost is stated and no spend, the row of
// the users alone.
//
// cac is spend over new customers of the same period (cac_from computed), else
// the cost that the workbook states (stated), which may count other things;
// cac_stated stands beside it. The spend of another quarter is never used.
// arpu, churn and what follows from them need monthly values: a coarser grain
// gives date_too_coarse, undated values undated. Spend and ARPU in different
// currencies are not divided: unit_mismatch.
//
// Finding: cac-differs names a stated cost that is not spend over new users.
// Source: methods 6.7.
var UnitEconomicsAnalysis = Analyzer{
	Name: "unit_economics", Sheet: "growth", Doc: "What users and payers cost to win, and how soon they pay it back.",
	Needs: []string{"metrics"},
	Specs: []TableSpec{unitEconomicsSpec},
	run:   runUnitEconomics,
}

var unitEconomicsSpec = TableSpec{Name: "unit_economics", Key: 9, Columns: join(
	columns(Text, "subject"), columns(Day32, "period"), columns(Text, "customers", "unit", "period_grain", "region", "subject_kind", "cac_from"), columns(Day32, "period_end"),
	estimates("money", "spend"), estimates("persons", "new_users"), estimates("money", "cac", "arpu_month"),
	estimates("", "payback_months"), estimates("factor", "ltv_to_cac"),
	// Beyond the promise.
	estimates("money", "ltv", "cac_stated"), estimates("fraction", "gross_margin", "churn_month"), columns(Text, "bound"),
)}

// customerMetrics are the inputs, in the order of their places.
var customerMetrics = []string{"marketing_spend", "new_users", "paying_users", "arpu", "gross_margin", "churn", "cac"}

// The customers of a row, and where its cost per customer came from.
const (
	allUsers = "users"
	payers   = "payers"
	computed = "computed"
	fromText = "stated"
)

func runUnitEconomics(basis *basis) Result {
	ts := basis.tables
	n := &notes{}
	t := ts["metrics"]
	all := customersOf(basis.metrics(func(m, _ string) bool { return slices.Contains(customerMetrics, m) })) // growth says what is wrong with the facts
	b := NewBuilder(unitEconomicsSpec)
	defer b.Release()
	b.Grow(2 * len(all))
	live := t.Rows() <= basis.params.MaxLiveRows
	var best *customers
	bestRow := 0
	for i := range all {
		c := &all[i]
		if !c.worth() {
			continue
		}
		c.compare(t, n)
		if best == nil || c.cac().Ok() && (!best.cac().Ok() || c.at.First > best.at.First) {
			best, bestRow = c, b.Rows()
		}
		c.write(b, allUsers, c.value(ofNewUsers), live)
		var before *customers
		if i > 0 && all[i-1].sameCourse(c) && all[i-1].at.Next().First == c.at.First {
			before = &all[i-1]
		}
		if c.value(ofSpend).Ok() || c.value(ofSpend).Reason == ConflictingValues {
			c.write(b, payers, c.newPayers(before), live)
		}
	}
	var r Result
	if b.Rows() > 0 {
		r.Tables = []Table{b.Table()}
		if cac := best.cac(); cac.Ok() {
			none := Unknown(MissingInput)
			r.Headlines = []Headline{{Measure: Say("headline.cac", best.subject, best.periodText(), best.currency()), Value: cac, Lower: none, Upper: none, N: 1, Unit: best.currency(),
				Note: Say("note.cac-" + best.from()), Table: "unit_economics", Row: bestRow, Column: "cac"}}
		}
	}
	r.Findings = n.findings()
	return r
}

// customers are what a subject's period states of them, by customerMetrics.
type customers struct {
	subject, kind, region string
	at                    Moment
	end                   Date
	dated                 bool
	facts                 [7]*marketFact
	units                 [7]string
}

// The places of customerMetrics.
const (
	ofSpend = iota
	ofNewUsers
	ofPayingUsers
	ofARPU
	ofMargin
	ofChurn
	ofCAC
)

// customersOf joins the metrics of one subject, place and time; the periods of
// a subject stand together, in order.
func customersOf(markets []market) []customers {
	type where struct {
		region string
		at     Moment
		end    Date
	}
	type joined struct{ kind, place, subject int32 }
	places, index := map[where]int32{}, map[joined]int32{}
	var all []customers
	for i := range markets {
		m := &markets[i]
		metric := slices.Index(customerMetrics, m.metric)
		place, ok := places[where{m.region, m.at, m.end}]
		if !ok {
			place = int32(len(places))
			places[where{m.region, m.at, m.end}] = place
		}
		for k, kind := range []string{kindModel, kindCompany} {
			facts := m.facts[kind]
			for j := range facts {
				f := &facts[j]
				key := joined{int32(k), place, f.subject}
				at, ok := index[key]
				if !ok {
					at = int32(len(all))
					index[key] = at
					all = append(all, customers{subject: f.name, kind: kind, region: m.region, at: m.at, end: m.end, dated: m.dated})
				}
				c := &all[at]
				if old := c.facts[metric]; old != nil && !old.missing { // two units of one metric
					both := *old
					both.conflict = true
					c.facts[metric] = &both
					continue
				}
				c.facts[metric], c.units[metric] = f, m.unit
			}
		}
	}
	slices.SortFunc(all, func(a, b customers) int {
		if c := strings.Compare(a.kind, b.kind); c != 0 {
			return c
		}
		if c := strings.Compare(a.subject, b.subject); c != 0 {
			return c
		}
		return cmp.Or(strings.Compare(a.region, b.region),
			cmp.Compare(a.at.Grain.Fineness(), b.at.Grain.Fineness()), strings.Compare(string(a.at.Grain), string(b.at.Grain)),
			cmp.Compare(a.at.First, b.at.First), cmp.Compare(a.end, b.end))
	})
	return all
}

func (c *customers) sameCourse(o *customers) bool {
	return c.subject == o.subject && c.kind == o.kind && c.region == o.region && c.at.Grain == o.at.Grain && c.dated && o.dated
}

// value is one of the inputs, or why it is not there.
func (c *customers) value(metric int) Estimate {
	f := c.facts[metric]
	switch {
	case f == nil || f.missing && !f.conflict:
		return Unknown(MissingInput)
	case f.conflict:
		return Unknown(ConflictingValues)
	}
	return Known(f.value)
}

// bound is the bound of one of the inputs.
func (c *customers) bound(metric int) string {
	if f := c.facts[metric]; f != nil {
		return f.bound
	}
	return ""
}

// monthly is an input that means something per month only.
func (c *customers) monthly(metric int) Estimate {
	e := c.value(metric)
	switch {
	case !e.Ok() || c.at.Grain == Month:
	case !c.dated:
		return Unknown(Undated)
	default:
		return Unknown(DateTooCoarse)
	}
	return e
}

// worth reports whether anything is stated of what customers cost.
func (c *customers) worth() bool {
	return c.value(ofSpend).Ok() || c.value(ofCAC).Ok()
}

// newPayers is the growth of the paying users since the period before.
func (c *customers) newPayers(before *customers) Estimate {
	if before == nil {
		if now := c.value(ofPayingUsers); now.Ok() {
			return Unknown(FirstPeriod)
		}
		return c.value(ofPayingUsers)
	}
	d := minus(c.value(ofPayingUsers), before.value(ofPayingUsers))
	if d.Ok() && d.Value < 0 {
		return Unknown(NotIncreasing)
	}
	return d
}

// spent is the spend over new users, where the workbook has both.
func (c *customers) spent() Estimate {
	return UnitEconomicsOf(CustomerCosts{Spend: c.value(ofSpend), NewCustomers: c.value(ofNewUsers)}).CAC
}

// cac is the cost of a new user: computed, else stated.
func (c *customers) cac() Estimate {
	if e := c.spent(); e.Ok() {
		return e
	}
	return c.value(ofCAC)
}

func (c *customers) from() string {
	if c.spent().Ok() {
		return computed
	}
	return fromText
}

// currency is that of the spend, else of the stated cost.
func (c *customers) currency() string { return cmp.Or(c.units[ofSpend], c.units[ofCAC]) }

func (c *customers) periodText() any {
	if !c.dated {
		return Say("period.undated")
	}
	return c.at.Label()
}

// compare says where the stated cost is another than spend over new users.
func (c *customers) compare(t Table, n *notes) {
	stated, spent := c.value(ofCAC), c.spent()
	if !stated.Ok() || !spent.Ok() || c.units[ofCAC] != c.units[ofSpend] {
		return
	}
	if r := ratio(stated.Value, spent.Value); !r.Ok() || r.Value < 0.95 || r.Value > 1.05 {
		n.add(Finding{Effect: Noted, Code: "cac-differs", At: t.Ref(c.facts[ofCAC].row, "value"), Got: stated.text(),
			Args: []any{c.subject, rounded(spent.Value)}})
	}
}

// write adds the row of one kind of customers.
func (c *customers) write(b *Builder, of string, customers Estimate, live bool) {
	costs := CustomerCosts{Spend: c.value(ofSpend), NewCustomers: customers,
		ARPUMonth: c.monthly(ofARPU), GrossMargin: c.value(ofMargin), ChurnMonth: c.monthly(ofChurn)}
	if u := c.units[ofARPU]; costs.ARPUMonth.Ok() && u != c.currency() {
		costs.ARPUMonth = Unknown(UnitMismatch)
	}
	from := computed
	u := UnitEconomicsOf(costs)
	if of == allUsers && !u.CAC.Ok() && c.value(ofCAC).Ok() {
		from = fromText
		u = UnitEconomicsOf(CustomerCosts{Spend: c.value(ofCAC), NewCustomers: Known(1), ARPUMonth: costs.ARPUMonth, GrossMargin: costs.GrossMargin, ChurnMonth: costs.ChurnMonth})
	}
	b.Text("subject", c.subject)
	b.Text("customers", of)
	b.Text("unit", c.currency())
	b.Text("region", c.region)
	b.Text("subject_kind", c.kind)
	if u.CAC.Ok() {
		b.Text("cac_from", from)
	}
	if c.dated {
		b.Date("period", c.at.First)
		b.Text("period_grain", string(c.at.Grain))
		if c.end != NoDate {
			b.Date("period_end", c.end)
		}
	}
	b.Maybe("spend", costs.Spend)
	b.Maybe("new_users", costs.NewCustomers)
	b.Maybe("cac", sharpen(u.CAC, costs.Spend, costs.NewCustomers))
	b.Maybe("arpu_month", costs.ARPUMonth)
	b.Maybe("gross_margin", costs.GrossMargin)
	b.Maybe("churn_month", costs.ChurnMonth)
	b.Maybe("payback_months", sharpen(u.PaybackMonths, costs.Spend, costs.NewCustomers, costs.ARPUMonth, costs.GrossMargin))
	b.Maybe("ltv", sharpen(u.LTV, costs.ARPUMonth, costs.GrossMargin, costs.ChurnMonth))
	b.Maybe("ltv_to_cac", sharpen(u.LTVToCAC, costs.Spend, costs.NewCustomers, costs.ARPUMonth, costs.GrossMargin, costs.ChurnMonth))
	b.Maybe("cac_stated", c.value(ofCAC))
	if live {
		for _, o := range []struct {
			column string
			metric int
		}{{"spend", ofSpend}, {"arpu_month", ofARPU}, {"gross_margin", ofMargin}, {"churn_month", ofChurn}, {"cac_stated", ofCAC}, {"new_users", ofNewUsers}} {
			if f := c.facts[o.metric]; f != nil && !f.missing && !f.conflict && (o.metric != ofNewUsers || of == allUsers) {
				b.From(o.column, OriginOf("metrics", "value", f.rows...))
			}
		}
	}
	spend, users := c.bound(ofSpend), c.bound(ofNewUsers)
	switch {
	case from == fromText:
		b.Text("bound", c.bound(ofCAC))
	case u.CAC.Ok() && of == allUsers:
		b.Text("bound", ratioBound(users, spend))
	}
	b.EndRow()
}

// sharpen gives missing_input its first reason that says more.
func sharpen(e Estimate, inputs ...Estimate) Estimate {
	if e.Reason != MissingInput {
		return e
	}
	for _, i := range inputs {
		if !i.Ok() && i.Reason != MissingInput {
			return i
		}
	}
	return e
}
