package analysis

// CustomerCosts is what customers cost and bring. The lifetime and payback are
// those of the customers counted: say whether they are users or payers.
type CustomerCosts struct {
	Spend        Estimate // in the window in which the customers came
	NewCustomers Estimate
	ARPUMonth    Estimate
	GrossMargin  Estimate // fraction
	ChurnMonth   Estimate // fraction
}

// UnitEconomics are the ratios of customer costs.
type UnitEconomics struct {
	CAC           Estimate // money per new customer
	PaybackMonths Estimate
	LTV           Estimate // money
	LTVToCAC      Estimate
}

// UnitEconomicsOf computes cac = spend/new, payback = cac/(arpu·margin),
// ltv = arpu·margin/churn and ltv/cac. The reason of a null is the first that
// applies: zero_denominator (no new customers), missing_input,
// nonpositive_margin, zero_churn. Source: methods 6.7.
func UnitEconomicsOf(c CustomerCosts) UnitEconomics {
	var u UnitEconomics
	margin := Unknown(MissingInput)
	if c.ARPUMonth.Ok() && c.GrossMargin.Ok() {
		margin = Known(c.ARPUMonth.Value * c.GrossMargin.Value)
		if margin.Value <= 0 {
			margin = Unknown(NonpositiveMargin)
		}
	}
	switch {
	case c.NewCustomers.Ok() && c.NewCustomers.Value == 0:
		u.CAC = Unknown(ZeroDenominator)
	case !c.NewCustomers.Ok() || !c.Spend.Ok():
		u.CAC = Unknown(MissingInput)
	default:
		u.CAC = ratio(c.Spend.Value, c.NewCustomers.Value)
	}
	u.LTV = margin
	switch {
	case margin.Reason == MissingInput || !c.ChurnMonth.Ok():
		u.LTV = Unknown(MissingInput)
	case !margin.Ok():
	case c.ChurnMonth.Value == 0:
		u.LTV = Unknown(ZeroChurn)
	default:
		u.LTV = ratio(margin.Value, c.ChurnMonth.Value)
	}
	u.PaybackMonths, u.LTVToCAC = u.CAC, u.CAC
	if u.CAC.Ok() {
		u.PaybackMonths, u.LTVToCAC = margin, u.LTV
		if margin.Ok() {
			u.PaybackMonths = ratio(u.CAC.Value, margin.Value)
		}
		if u.LTV.Ok() {
			u.LTVToCAC = ratio(u.LTV.Value, u.CAC.Value)
		}
	}
	return u
}
