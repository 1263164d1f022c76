package analysis

import "math"

// The reasons why a measure is null, as they stand in its _reason column
// (methods 0.4). The catalog explains each under "reason.<code>".
const (
	Empty             = "empty"                  // there are no rows
	ZeroTotal         = "zero_total"             // everything adds up to zero
	NegativeValue     = "negative_value"         // a value below zero where none can be
	SingleFirm        = "single_firm"            // a spread needs two firms
	ZeroDenominator   = "zero_denominator"       // division by zero
	TooFewPoints      = "too_few_points"         // too few observations, or too close together, for this measure
	ZeroVarianceX     = "zero_variance_x"        // all observations have the same date or size
	TooFewCommon      = "too_few_common"         // fewer than three names in both periods
	NonpositiveValue  = "nonpositive_value"      // a logarithm of zero or less
	ZeroSpan          = "zero_span"              // first and last date are the same
	NotIncreasing     = "not_increasing"         // no doubling time: it does not grow
	NotDecreasing     = "not_decreasing"         // no half-life: it does not fall
	SlopeIncludesZero = "slope_ci_includes_zero" // the trend may as well be none
	NotReached        = "not_reached"            // fewer than half have got there yet
	SurvivalZero      = "survival_zero"          // nobody is left, so no standard error
	NoEventsYet       = "no_events_yet"          // before the first event there is no interval
	ZeroEvents        = "zero_events"            // a rate of zero has no median life
	NoExitRecorded    = "no_exit_recorded"       // none has left yet: nothing to resample, nothing to compare
	NoPriceWar        = "no_price_war"           // no war, so none became free in one
	NoMatched         = "no_matched_products"    // no product has a price in both periods
	ChainBroken       = "chain_broken"           // a link of the chain is missing
	MissingPrice      = "missing_price"          // the price is blank
	MissingInput      = "missing_input"          // a number it needs is blank
	UnitNotTokens     = "unit_not_tokens"        // priced per character, call or image
	UnknownCurrency   = "unknown_currency"       // no exchange rate for the currency
	NonpositiveMargin = "nonpositive_margin"     // no margin, no payback
	ZeroChurn         = "zero_churn"             // nobody leaves: the lifetime value has no limit
	SharesExceedOne   = "shares_exceed_one"      // the shares add to more than the market
	SharesIncomplete  = "shares_incomplete"      // part of the market is not listed
	CountIncreases    = "count_increases"        // a later stage counts more than an earlier one
	NoTransitions     = "no_transitions"         // nothing was seen to leave this state
	DateTooCoarse     = "date_too_coarse"        // a quarter or a year is no date
	FirstStage        = "first_stage"            // the first stage has nothing before it
	FirstPeriod       = "first_period"           // the first period has nothing before it
	UnitMismatch      = "unit_mismatch"          // services over models is no ratio
	ConflictingValues = "conflicting_values"     // the same fact is stated with two values
	TotalUnknown      = "total_unknown"          // nothing says how large the market is
	NotAdditive       = "not_additive"           // values of this metric do not add up to a market
	Undated           = "undated"                // nothing says when
	NotApplicable     = "not_applicable"         // the row is of another kind: there is nothing to compute
)

// finite is an Estimate of v, or of why a number beyond all range says nothing.
func finite(v float64, reason string) Estimate {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return Unknown(reason)
	}
	return Known(v)
}

// ratio is a over b, null zero_denominator where b is zero.
func ratio(a, b float64) Estimate {
	if b == 0 {
		return Unknown(ZeroDenominator)
	}
	return finite(a/b, ZeroDenominator)
}
