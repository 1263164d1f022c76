package analysis

import "math"

// StageCount is how many reached a stage, and what was counted.
type StageCount struct {
	Stage string
	Count Estimate // a whole number, or why there is none
	Unit  string   // models, services, ...
}

// StageConversion is one stage of a funnel.
type StageConversion struct {
	Stage      string
	Count      Estimate
	Step       Proportion // of the stage before
	Cumulative Proportion // of the first stage
	Dropoff    Estimate   // the stage before minus this one; negative where counts rise
}

// FunnelFromCounts is the funnel of stated counts, stages in order.
//
// The first stage has no conversion: null first_stage. Conversions carry Wilson
// intervals. A denominator of zero gives null zero_denominator. Stages are
// subsets: a count above the denominator gives null count_increases for that
// conversion and its limits (the drop-off stays, negative). Counts of different
// units make no ratio: null unit_mismatch, also for the drop-off.
// Source: methods 2.2; the picture is Chesbrough, Open Innovation, 2003.
func FunnelFromCounts(stages []StageCount, conf float64) []StageConversion {
	funnel := make([]StageConversion, len(stages))
	for i, s := range stages {
		f := StageConversion{Stage: s.Stage, Count: wholeCount(s.Count)}
		if i == 0 {
			f.Step, f.Cumulative, f.Dropoff = unknownProportion(FirstStage), unknownProportion(FirstStage), Unknown(FirstStage)
		} else {
			f.Step = conversion(s, stages[i-1], conf)
			f.Cumulative = conversion(s, stages[0], conf)
			f.Dropoff = dropoff(s, stages[i-1])
		}
		funnel[i] = f
	}
	return funnel
}

// wholeCount refuses what cannot be a number of things.
func wholeCount(e Estimate) Estimate {
	switch {
	case !e.Ok():
		return e
	case e.Value < 0:
		return Unknown(NegativeValue)
	case e.Value != math.Trunc(e.Value) || e.Value > 1<<53:
		return Unknown(MissingInput)
	}
	return e
}

// comparable gives the reason why no ratio of two counts can be formed, or "".
func comparable(part, whole StageCount) string {
	for _, e := range []Estimate{wholeCount(part.Count), wholeCount(whole.Count)} {
		if !e.Ok() {
			return e.Reason
		}
	}
	if part.Unit != whole.Unit {
		return UnitMismatch
	}
	return ""
}

func conversion(part, whole StageCount, conf float64) Proportion {
	if reason := comparable(part, whole); reason != "" {
		return unknownProportion(reason)
	}
	return ProportionOf(int(part.Count.Value), int(whole.Count.Value), Wilson, conf)
}

func dropoff(part, whole StageCount) Estimate {
	if reason := comparable(part, whole); reason != "" {
		return Unknown(reason)
	}
	return Known(whole.Count.Value - part.Count.Value)
}
