package analysis

// Quote is a price list's line: what Per units cost in a currency.
type Quote struct {
	Input, Output Estimate // null missing_price where blank
	Per           float64  // 1,000 or 1,000,000
	Unit          string   // token; anything else is not converted
	Currency      string
}

// TokenPrices are prices per 1,000,000 tokens in one currency.
type TokenPrices struct{ Input, Output, Blended Estimate }

// Blend is the weight of input and output tokens in a blended price. 3:1 is
// usual (Artificial Analysis, Epoch AI); a16z uses 1:1.
type Blend struct{ Input, Output float64 }

// NormalisePrice is p·10⁶/per·fx[currency]/fx[target]: 1 li (0.001 yuan) per
// 1,000 tokens is 1 yuan per million. rates are units of any one currency per
// unit of each; target "" leaves the currency as it is.
//
// A unit other than token gives null unit_not_tokens (characters need a stated
// ratio); a currency without a rate unknown_currency; a blank price
// missing_price; a negative one negative_value. The blend
// (w_in·in + w_out·out)/(w_in + w_out) is null with the reason of its missing
// side. One fixed rate for a trend, so that it measures prices, not currencies.
// Cached, batch and off-peak prices are other products. Source: methods 5.1.
func NormalisePrice(q Quote, rates map[string]float64, target string, w Blend) TokenPrices {
	rate, known := 1.0, true
	if target != "" && q.Currency != target {
		from, ok := rates[q.Currency]
		to, okTarget := rates[target]
		if known = ok && okTarget && from > 0 && to > 0; known {
			rate = from / to
		}
	}
	side := func(p Estimate) Estimate {
		switch {
		case q.Unit != "token" && q.Unit != "tokens":
			return Unknown(UnitNotTokens)
		case !known:
			return Unknown(UnknownCurrency)
		case !p.Ok():
			return Unknown(MissingPrice)
		case p.Value < 0:
			return Unknown(NegativeValue)
		case q.Per <= 0:
			return Unknown(ZeroDenominator)
		}
		return finite(p.Value*1e6/q.Per*rate, MissingPrice)
	}
	t := TokenPrices{Input: side(q.Input), Output: side(q.Output)}
	switch {
	case !t.Input.Ok():
		t.Blended = t.Input
	case !t.Output.Ok():
		t.Blended = t.Output
	default:
		t.Blended = ratio(w.Input*t.Input.Value+w.Output*t.Output.Value, w.Input+w.Output)
	}
	return t
}
