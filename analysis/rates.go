package analysis

import "cmp"

// fixedRate is what a unit of a currency is worth in yuan, and on which day.
type fixedRate struct {
	cny float64
	day Date
}

// fixedRates are one rate for each currency: the latest stated up to asOf, used
// for all dates alike, so that a trend measures prices and not currencies. Two
// rates on that day leave the currency without one. The yuan is itself.
func fixedRates(t Table, asOf Date) map[string]fixedRate {
	currency, date, cny := t.Text("currency"), t.Date("date"), t.Float("cny_per_unit")
	rates, disputed := map[string]fixedRate{}, map[string]bool{}
	for row := range t.Rows() {
		c, ok := currency.At(row)
		v, has := cny.At(row)
		d, dated := date.At(row)
		if !ok || !has || !dated || v <= 0 || d > asOf {
			continue
		}
		old, known := rates[c]
		switch {
		case !known || d > old.day:
			rates[c], disputed[c] = fixedRate{v, d}, false
		case d == old.day && !sameValue(v, old.cny):
			disputed[c] = true
		}
	}
	for c, is := range disputed {
		if is {
			delete(rates, c)
		}
	}
	if _, stated := rates["CNY"]; !stated {
		rates["CNY"] = fixedRate{1, NoDate}
	}
	return rates
}

// exchange is what a currency's amounts are multiplied by, and the day of the
// rate: the older of the two where both currencies have one.
type exchange struct {
	to     string
	factor Estimate
	day    Date
}

func convert(rates map[string]fixedRate, from, to string) exchange {
	if from == to {
		return exchange{to, Known(1), NoDate}
	}
	a, ok := rates[from]
	b, has := rates[to]
	if !ok || !has {
		return exchange{to, Unknown(UnknownCurrency), NoDate}
	}
	day := max(a.day, b.day)
	if a.day != NoDate && b.day != NoDate {
		day = min(a.day, b.day)
	}
	return exchange{to, finite(a.cny/b.cny, UnknownCurrency), day}
}

// times converts an amount.
func (c exchange) times(e Estimate) Estimate {
	if !e.Ok() || !c.factor.Ok() {
		return Unknown(cmp.Or(e.Reason, c.factor.Reason))
	}
	return finite(e.Value*c.factor.Value, UnknownCurrency)
}
