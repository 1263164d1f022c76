package analysis

import (
	"math"
	"testing"
)

// Three models in three months. May to June: A halves, B stays, C goes free.
// June to July: A halves again, B is gone, D is new.
//
//	Jevons over A and B: sqrt(1/2·1); direct to July A alone: 1/4; chained sqrt(1/2)·1/2
//	Dutot May to June (5+8+0)/(10+8+4); Carli (1/2+1+0)/3
const threeModels = `
model | company | date       | date_grain | kind  | price | currency
A     | X       | 2024-05-01 | month      | input | 10    | CNY
B     | X       | 2024-05-01 | month      | input | 8     | CNY
C     | Y       | 2024-05-01 | month      | input | 4     | CNY
A     | X       | 2024-06-01 | month      | input | 5     | CNY
B     |         | 2024-06-01 | month      | input | 8     | CNY
C     | Y       | 2024-06-01 | month      | input | 0     | CNY
A     | X       | 2024-07-01 | month      | input | 2.5   | CNY
C     | Y       | 2024-07-01 | month      | input | 0     | CNY
D     | Y       | 2024-07-01 | month      | input | 1     | CNY`

func TestPriceIndexOfModels(t *testing.T) {
	r := sound(t, PriceIndexAnalysis, Tables{"prices": given(t, "prices", threeModels)}, DefaultParams())
	x := from(r, "price_index")
	holds(t, x, "method=jevons,period=2024-05-01", "index_direct", 1., "index_chained", 1., "n_matched", 3, "n_free", 0, "n_models", 3)
	holds(t, x, "method=jevons,period=2024-06-01", "index_direct", math.Sqrt(0.5), "n_matched", 3, "n_zero_dropped", 1, "n_free", 1, "free_share", 1./3, "caution", "small_n")
	holds(t, x, "method=jevons,period=2024-07-01", "index_direct", 0.25, "index_chained", math.Sqrt(0.5)/2, "drift", math.Sqrt(2)-1, "n_matched", 2, "n_linked", 2, "n_free", 1)
	holds(t, x, "method=dutot,period=2024-06-01", "index_direct", 13./22)
	holds(t, x, "method=carli,period=2024-06-01", "index_direct", 0.5)
	// GEKS over May (1·1/4), June (sqrt(1/2)·1/2) and July (1/4·1).
	holds(t, x, "method=geks_jevons,period=2024-07-01", "index_direct", math.Cbrt(0.25*0.25*math.Sqrt(0.5)/2), "drift", 0.)
	if x.Rows() != 4*3 {
		t.Errorf("%d rows, want four methods over three months: there are no volumes", x.Rows())
	}
}

// Volumes make the weighted methods; a blank company is the model's only one.
func TestPriceIndexWithVolumes(t *testing.T) {
	prices := `
model | company | date       | date_grain | kind  | price | currency
A     | X       | 2024-05-01 | month      | input | 10    | CNY
B     | X       | 2024-05-01 | month      | input | 8     | CNY
A     | X       | 2024-06-01 | month      | input | 5     | CNY
B     |         | 2024-06-01 | month      | input | 8     | CNY`
	metrics := `
subject | subject_kind | period     | period_grain | metric | value | unit
A       | model        | 2024-05-01 | month        | tokens | 2     | tokens
B       | model        | 2024-05-01 | month        | tokens | 5     | tokens
a       | model        | 2024-06-01 | month        | tokens | 8     | tokens
B       | model        | 2024-06-01 | month        | tokens | 5     | tokens`
	r := sound(t, PriceIndexAnalysis, Tables{"prices": given(t, "prices", prices), "metrics": given(t, "metrics", metrics)}, DefaultParams())
	x := from(r, "price_index")
	l, p := (5*2+8*5)/(10.*2+8*5), (5*8+8*5)/(10.*8+8*5)
	s0, st := 20./60, 40./80
	holds(t, x, "method=laspeyres,period=2024-06-01", "index_direct", l, "weights", "tokens")
	holds(t, x, "method=paasche,period=2024-06-01", "index_direct", p)
	holds(t, x, "method=fisher,period=2024-06-01", "index_direct", math.Sqrt(l*p))
	holds(t, x, "method=tornqvist,period=2024-06-01", "index_chained", math.Exp((s0+st)/2*math.Log(0.5)))
	holds(t, x, "method=geks_tornqvist,period=2024-06-01", "index_chained", math.Exp((s0+st)/2*math.Log(0.5)))
	if h := r.Headlines[0]; h.N != 2 || math.Abs(h.Value.Value-math.Exp((s0+st)/2*math.Log(0.5))) > 1e-12 {
		t.Errorf("the headline is %+v, want the GEKS-Törnqvist", h)
	}
}

// A price holds between two dates as long as the workbook says, no longer; days
// within a quarter of a year are periods of their own.
func TestPriceIndexCarriesStatedValidity(t *testing.T) {
	prices := `
model | date       | date_grain | valid_to   | kind  | price | currency
A     | 2024-05-01 | day        | 2024-05-15 | input | 10    | USD
B     | 2024-05-01 | day        |            | input | 10    | USD
B     | 2024-05-10 | day        |            | input | 5     | USD
A     | 2024-05-20 | day        |            | input | 5     | USD
B     | 2024-05-20 | day        |            | input | 5     | USD`
	x := from(sound(t, PriceIndexAnalysis, Tables{"prices": given(t, "prices", prices)}, DefaultParams()), "price_index")
	// On the 10th A still holds at 10: sqrt(1·1/2).
	holds(t, x, "method=jevons,period=2024-05-10", "n_matched", 2, "index_direct", math.Sqrt(0.5), "period_grain", "day")
	holds(t, x, "method=jevons,period=2024-05-20", "index_direct", 0.5, "index_chained", 0.5)
}

// One rate for all dates, the latest: 7.2 yuan to the dollar. The tier that the
// better half reaches (scores 1300 and 1200) begins at 1200.
func TestFrontierAndBlend(t *testing.T) {
	prices := `
model | company | date       | date_grain | kind   | price | currency
Old   | X       | 2024-01-01 | day        | input  | 10    | USD
Old   | X       | 2024-01-01 | day        | output | 30    | USD
New   | Y       | 2024-07-01 | day        | flat   | 7.2   | CNY
Free  | Y       | 2024-08-01 | day        | flat   | 0     | CNY
Weak  | Y       | 2024-01-01 | day        | flat   | 0.1   | CNY
Half  | Y       | 2024-01-01 | day        | input  | 3     | CNY
Euro  | Z       | 2024-01-01 | day        | flat   | 4     | EUR`
	metrics := `
subject | subject_kind | period     | period_grain | metric | value | unit
Old     | model        | 2024-01-01 | day          | score  | 1250  | points
Old     | model        | 2024-06-01 | day          | score  | 1200  | points
New     | model        | 2024-06-01 | day          | score  | 1300  | points
Free    | model        | 2024-06-01 | day          | score  | 1190  | points
Weak    | model        | 2024-06-01 | day          | score  | 900   | points`
	rates := "currency | date | cny_per_unit\nUSD | 2024-01-01 | 7.0\nUSD | 2024-06-30 | 7.2\nUSD | 2025-06-30 | 9.9"
	ts := Tables{"prices": given(t, "prices", prices), "metrics": given(t, "metrics", metrics), "rates": given(t, "rates", rates)}
	p := DefaultParams()
	p.AsOf = DateOf(2024, 12, 31)
	r := sound(t, FrontierAnalysis, ts, p)
	b := from(r, "price_blended")
	holds(t, b, "model=Old", "blended", 15., "blended_1_1", 20., "blended_1_3", 25., "weight_input", 3., "to_currency", "CNY", "rate", 7.2, "rate_date", "2024-06-30", "blended_converted", 108.)
	holds(t, b, "model=Half", "input_price", 3., "output_price_reason", MissingPrice, "blended_reason", MissingPrice, "rate", 1.)
	holds(t, b, "model=Euro", "blended", 4., "rate_reason", UnknownCurrency, "blended_converted_reason", UnknownCurrency)
	f := from(r, "price_frontier")
	holds(t, f, "tier=score ≥ 1200,date=2024-01-01", "model", "Old", "price", 108., "currency", "CNY", "score", 1200., "price_kind", "blended",
		"from_currency", "USD", "rate", 7.2, "rate_date", "2024-06-30")
	holds(t, f, "tier=score ≥ 1200,date=2024-07-01", "model", "New", "price", 7.2)
	// 15 times cheaper in 182 days.
	holds(t, from(r, "price_frontier_trend"), "tier=score ≥ 1200", "n_points", 2, "n_free", 0, "n_models", 2, "endpoint_factor", 15.,
		"decline_factor_per_year", math.Pow(15, 365.25/182), "factor_lower_reason", TooFewPoints, "caution", "few_points", "annualised_from_days", 182)
	// The best quarter of four is one model.
	holds(t, f, "tier=score ≥ 1300", "model", "New")

	p.FrontierTiers = []float64{1150}
	f = from(sound(t, FrontierAnalysis, ts, p), "price_frontier_trend")
	holds(t, f, "tier=score ≥ 1150", "n_free", 1, "n_models", 3)

	// Without rates each currency has its own tiers.
	delete(ts, "rates")
	f = from(sound(t, FrontierAnalysis, ts, p), "price_frontier")
	holds(t, f, "tier=score ≥ 1150 (USD)", "price", 15., "currency", "USD")
	holds(t, f, "tier=score ≥ 1150 (CNY)", "price", 7.2, "currency", "CNY")
}

// Several prices of a model in a month are one price, their mean, and its volume
// counts once; it is free where the month ends at zero.
func TestPriceIndexCountsAVolumeOnce(t *testing.T) {
	prices := `
model | company | date       | date_grain | kind  | price | currency
A     | X       | 2024-05-01 | day        | input | 12    | CNY
A     | X       | 2024-05-20 | day        | input | 8     | CNY
B     | X       | 2024-05-01 | day        | input | 8     | CNY
A     | X       | 2024-09-01 | day        | input | 5     | CNY
B     | X       | 2024-09-01 | day        | input | 8     | CNY
B     | X       | 2024-09-20 | day        | input | 0     | CNY`
	metrics := `
subject | subject_kind | period     | period_grain | metric | value | unit
A       | model        | 2024-05-01 | month        | tokens | 2     | tokens
B       | model        | 2024-05-01 | month        | tokens | 5     | tokens
A       | model        | 2024-09-01 | month        | tokens | 8     | tokens
B       | model        | 2024-09-01 | month        | tokens | 5     | tokens`
	r := sound(t, PriceIndexAnalysis, Tables{"prices": given(t, "prices", prices), "metrics": given(t, "metrics", metrics)}, DefaultParams())
	x := from(r, "price_index")
	holds(t, x, "method=laspeyres,period=2024-09-01", "index_direct", (5*2+4*5)/(10.*2+8*5), "n_free", 1, "free_share", 0.5)
	holds(t, x, "method=paasche,period=2024-09-01", "index_direct", (5*8+4*5)/(10.*8+8*5))
	for _, f := range r.Findings {
		if f.Code == "index-prices-averaged" && f.Args[0] == "2" {
			return
		}
	}
	t.Errorf("no finding says that two prices are means: %v", r.Findings)
}
