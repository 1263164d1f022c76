package analysis

import (
	"cmp"
	"slices"
	"strings"
)

// priceRelativesSpec has one row per model and period of an index: the price
// that enters it (the mean of several in one period), the model's price in the
// index's period before, in its first period, and the last of the period, which
// says whether the model was free at its end. The links of the formulas
// without volumes follow from these; a model's volume is one for the period, so
// that its unit value is the mean, too.
var priceRelativesSpec = TableSpec{Name: "price_relatives", Key: 5, Columns: join(
	columns(Text, "kind", "currency"), columns(Day32, "period"), columns(Text, "model", "company"),
	estimates("money_per_mtok", "price", "prior_price", "base_price", "last_price"),
	columns(Text, "period_grain"),
)}

// periodPrice is a model's prices in one period of an index.
type periodPrice struct {
	period         Date
	model, company string
	prices         []pricePoint
}

// mean is the price that enters the index.
func (p periodPrice) mean() float64 {
	var sum accumulator
	for _, pt := range p.prices {
		sum.add(pt.price)
	}
	return sum.value() / float64(len(p.prices))
}

// last is the price at the end of the period.
func (p periodPrice) last() float64 { return p.prices[len(p.prices)-1].price }

// priceRelatives writes the prices of an index, periods in order.
func (x indexed) priceRelatives(b *Builder) {
	slices.SortStableFunc(x.prices, func(a, b periodPrice) int {
		return cmp.Or(cmp.Compare(a.period, b.period), strings.Compare(a.model, b.model), strings.Compare(a.company, b.company))
	})
	type key struct {
		period         Date
		model, company string
	}
	price := map[key]float64{}
	for _, p := range x.prices {
		price[key{p.period, p.model, p.company}] = p.mean()
	}
	for _, p := range x.prices {
		b.Text("kind", x.kind)
		b.Text("currency", x.currency)
		b.Date("period", p.period)
		b.Text("period_grain", string(x.grain))
		b.Text("model", p.model)
		b.Text("company", p.company)
		b.Float("price", p.mean())
		b.Float("last_price", p.last())
		o := Origin{Table: "prices", Column: "price", Lowest: true, Mean: true}
		for _, pt := range p.prices {
			o.Facts = append(o.Facts, pt.rows)
		}
		b.From("price", o)
		b.From("last_price", p.prices[len(p.prices)-1].origin())
		at := slices.IndexFunc(x.periods, func(m Moment) bool { return m.First == p.period })
		then := func(period Date) Estimate {
			if v, ok := price[key{period, p.model, p.company}]; ok {
				return Known(v)
			}
			return Unknown(MissingPrice)
		}
		b.Maybe("prior_price", then(x.periods[max(at-1, 0)].First))
		b.Maybe("base_price", then(x.periods[0].First))
		b.EndRow()
	}
}

// gather notes a price of a model in a period.
func (x *indexed) gather(s *priceSeries, period Date, pt pricePoint) {
	if i := len(x.prices) - 1; i >= 0 {
		if last := &x.prices[i]; last.period == period && last.model == s.model && last.company == s.company {
			last.prices = append(last.prices, pt)
			return
		}
	}
	x.prices = append(x.prices, periodPrice{period, s.model, s.company, []pricePoint{pt}})
}
