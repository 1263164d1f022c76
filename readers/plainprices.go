package readers

import (
	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// Prices are plain where numbers stand in columns of one side each, in the unit and
// currency that the columns, their own cells or the titles say; plainRows looks at
// their rows as at those of metrics.

// priceColumn is what plainRows knows of a column of prices.
type priceColumn struct {
	kind int32 // code of input, output or cached_input
	in   [8]plainPriceUnit

	// Of the row at hand:
	price    float64
	currency int32

	places placesOfPrice // of the price before, and their source
	source int
}

// plainPriceUnit is the unit that a pair of unit and currency cells gives.
type plainPriceUnit struct {
	known, ok bool
	key       [2]int // their texts, -1 for blank
	unit      Unit
	currency  int32
}

// placesOfPrice are the columns that a price is taken from, but for its own.
type placesOfPrice struct {
	date    analysis.Place
	company int
	known   bool
}

// plainPrices reports a plan whose rows of prices may be plain.
func (r *region) plainPrices(p *plan) bool {
	if r.one(roleModel) == nil || r.has(roleKind, roleBefore, roleNow, roleContext) {
		return false
	}
	for _, c := range p.prices {
		if c.kind() == "flat" {
			return false // the model's name may say a side
		}
	}
	return true
}

// openPrices finds the table's columns.
func (f *plainRows) openPrices() {
	b := f.out
	f.who = plainModel
	f.names[plainModel].cells, f.names[plainCompany].cells = b.Column("model"), b.Column("company")
	f.periods, f.grains, f.kinds = b.Column("date"), b.Column("date_grain"), b.Column("kind")
	f.amounts, f.units, f.free = b.Column("price"), b.Column("currency"), b.Column("free")
	f.sources, f.lines = b.Column("source"), b.Column("row")
	for _, name := range []plainRole{plainModel, plainCompany} {
		if n := &f.names[name]; n.col != 0 {
			n.codes = make([]int32, f.grid.Texts())
		}
	}
	for _, c := range f.p.prices {
		v := plainValue{column: c, priceColumn: priceColumn{kind: f.kinds.Code(c.kind()), source: -1}}
		if f.dated == nil {
			v.when = f.date(c, f.bottom)
		}
		f.use(c).as, f.use(c).value = plainValued, len(f.values)
		f.values = append(f.values, v)
	}
}

// understandsPrice settles a price, and reports whether there is nothing to be said
// of it.
func (f *plainRows) understandsPrice(v *plainValue, row int) bool {
	if v.cell.Kind != ooxml.Number || f.style(v.cell.Style)&styleDate != 0 {
		return false
	}
	key := [2]int{f.names[plainUnit].text, f.names[plainCurrency].text}
	in := &v.in[uint(key[0]+3*key[1])%uint(len(v.in))]
	if !in.known || in.key != key {
		*in = plainPriceUnit{known: true, key: key, unit: f.unitOfPrice(f.p, v.column, row)}
		currency := in.unit.Currency
		if currency == "" {
			currency = f.columnCurrency(v.column)
		}
		if in.ok = currency != ""; in.ok {
			in.currency = f.units.Code(currency)
		}
	}
	price, ok := f.numberPrice(v.cell.Num(), in.unit)
	if !in.ok || !ok || price.NotTokens || !(price.Value >= 0) || price.PerTokens == 0 && !price.Free {
		return false
	}
	v.price, v.currency = price.Value, in.currency
	return true
}

// putPrices adds a row's prices to the table.
func (f *plainRows) putPrices(row int, when *plainDate) {
	model, company := &f.names[plainModel], &f.names[plainCompany]
	for i := range f.values {
		v := &f.values[i]
		if !v.filled {
			continue
		}
		day := when
		if day == nil {
			day = &v.when
		}
		if at := (placesOfPrice{day.at, company.at(), true}); at != v.places {
			v.places, v.source = at, f.t.source("prices", f.region, f.placesOf(v, day, company))
		}
		f.sources.SetInt(v.source)
		f.lines.SetInt(row)
		model.cells.SetCode(f.code(model.codes, model.text, model.cells))
		if company.text >= 0 {
			company.cells.SetCode(f.code(company.codes, company.text, company.cells))
		}
		if day.dated {
			f.periods.SetDate(day.First)
			f.grains.SetCode(day.grain)
		}
		f.kinds.SetCode(v.priceColumn.kind)
		f.amounts.SetFloat(v.price)
		f.units.SetCode(v.currency)
		f.free.SetBool(v.price == 0)
		f.out.EndRow()
	}
}

// placesOf are the places of a price, in the order of emitPrice.
func (f *plainRows) placesOf(v *plainValue, day *plainDate, company *plainName) places {
	cells := places{{"model", analysis.Place{Col: f.names[plainModel].col}}, {"price", analysis.Place{Col: v.col}}}
	if day.dated && day.at != (analysis.Place{}) {
		cells = append(cells, placeOf{"date", day.at})
	}
	if company.text >= 0 {
		cells = append(cells, placeOf{"company", analysis.Place{Col: company.col}})
	}
	return cells
}
