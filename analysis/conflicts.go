package analysis

import (
	"math"
	"slices"
	"strconv"
)

// sameValue reports whether two statements of a number agree: to nine digits,
// since one may have been converted from another unit.
func sameValue(a, b float64) bool {
	return a == b || math.Abs(a-b) <= 1e-9*math.Max(math.Abs(a), math.Abs(b))
}

// trusted keeps of several statements of one fact those of the first trusted
// sheet that has any, if they agree there; else all (methods 0.7).
func trusted[S any](t Table, statements []S, sheets []string, row func(S) int) []S {
	for _, sheet := range sheets {
		var of []S
		for _, s := range statements {
			if Fold(t.Ref(row(s), "").Sheet) == Fold(sheet) {
				of = append(of, s)
			}
		}
		if len(of) == 0 {
			continue
		}
		v := t.Float("value")
		if !slices.ContainsFunc(of, func(s S) bool { return !sameValue(v.Or(row(s), 0), v.Or(row(of[0]), 0)) }) {
			return of[:1]
		}
		break
	}
	return statements
}

// conflict is the finding of one fact with two values, at the second: as typed,
// where that is known.
func conflict(t Table, a, b int) Finding {
	v := t.Float("value")
	text := func(row int) string {
		if typed, ok := t.Typed[t.Ref(row, "value")]; ok {
			return typed
		}
		return strconv.FormatFloat(v.Or(row, 0), 'f', -1, 64)
	}
	first, second := t.Ref(a, "value"), t.Ref(b, "value")
	if second.Sheet == first.Sheet && (second.Row < first.Row || second.Row == first.Row && second.Col < first.Col) {
		a, b, first, second = b, a, second, first
	}
	return Finding{Effect: Blanked, Code: "conflicting-values", At: second, Got: text(b), Args: []any{text(a), first.Sheet + "!" + first.Cell()}}
}

// marketRegion is the region of a market's own row: none if the row only says
// that it is the whole (subject and region 全国).
func marketRegion(subject, region string) string {
	if Fold(subject) == Fold(region) {
		return ""
	}
	return region
}
