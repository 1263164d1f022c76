package readers

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"shakeout/analysis"
	"shakeout/samples"
)

// FuzzCell reads any text in every way that a cell is read. Nothing panics, no
// number is infinite or none, and whatever is understood means the same when it
// is written out plainly and read again.
func FuzzCell(f *testing.F) {
	labels, err := samples.Labels()
	if err != nil {
		f.Fatal(err)
	}
	for _, c := range labels {
		f.Add(c.Text)
	}
	for _, c := range amounts {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if a, ok := parseAmount(s); ok {
			checkFinite(t, s, a.Value, a.Low, a.High)
			again, ok := parseAmount(writeAmount(a))
			if !ok || !sameAmount(a, again) {
				t.Errorf("%q is %s, written %q and read again %v %s", s, describe(a), writeAmount(a), ok, describe(again))
			}
			if a.Bound == "range" && !(a.Low <= a.Value && a.Value <= a.High) {
				t.Errorf("%q: %v is not between %v and %v", s, a.Value, a.Low, a.High)
			}
		}
		for _, unit := range []Unit{{}, {Scale: 1, Currency: "CNY", PerTokens: 1000}, {Scale: 0.001, Currency: "CNY", PerTokens: 1000}} {
			p, ok := parsePrice(s, unit)
			if !ok || p.NotTokens {
				continue
			}
			checkFinite(t, s, p.Value, p.Low, p.High)
			if p.PerTokens == 0 || p.Currency == "" || p.Bound == "range" {
				continue
			}
			text := strings.ToLower(p.Currency) + strconv.FormatFloat(p.Value, 'g', -1, 64) + "/1M tokens"
			if again, ok := parsePrice(text, Unit{}); !ok || again.Value != p.Value || again.Currency != p.Currency || again.Free != p.Free {
				t.Errorf("%q is %v %s per million, written %q and read again %v %v", s, p.Value, p.Currency, text, ok, again)
			}
		}
		if p, ok := parsePeriod(s); ok {
			if again, ok := parsePeriod(writePeriod(p)); !ok || again != p {
				t.Errorf("%q is %v, written %q and read again %v %v", s, p, writePeriod(p), ok, again)
			}
		}
		if u, ok := parseUnit(s); ok {
			checkFinite(t, s, u.Scale, u.PerTokens)
		}
		if name, unit := splitHeader(s); unit != "" {
			if _, ok := parseUnit(unit); !ok || name == "" {
				t.Errorf("%q: header %q with unit %q", s, name, unit)
			}
		}
		findPeriod(s)
		locatePeriod(s)
		unitLine(s)
		parseContext(s, false)
		splitSides(s)
		lookUp(s)
		subjectIn(s)
		isTotal(s)
		isNote(s)
		isMissing(s)
		if k := analysis.Fold(s); analysis.Fold(k) != k {
			t.Errorf("%q folds to %q and that to %q", s, k, analysis.Fold(k))
		}
	})
}

func checkFinite(t *testing.T, s string, numbers ...float64) {
	t.Helper()
	for _, n := range numbers {
		if math.IsNaN(n) || math.IsInf(n, 0) {
			t.Errorf("%q gives %v", s, n)
		}
	}
}

// writeAmount writes an amount plainly: its bound, currency, number and unit.
func writeAmount(a Amount) string {
	digits := func(x float64) string {
		s := strconv.FormatFloat(math.Abs(x), 'e', -1, 64)
		if a.Percent {
			mantissa, e, _ := strings.Cut(s, "e")
			n, _ := strconv.Atoi(e)
			s = mantissa + "e" + strconv.Itoa(n+2)
		}
		return s
	}
	sign := ""
	if math.Signbit(a.Value) {
		sign = "-"
	}
	s := map[string]string{"lower": ">", "upper": "<", "about": "~"}[a.Bound] + sign + strings.ToLower(a.Unit.Currency)
	if a.Bound == "range" {
		s += digits(a.Low) + "~" + digits(a.High)
	} else {
		s += digits(a.Value)
	}
	switch {
	case a.Percent:
		return s + "%"
	case a.Unit.Of == "tokens/day":
		return s + "tokens/day"
	case a.Unit.Of == "count":
		s += "次"
	default:
		s += strings.ToLower(a.Unit.Of)
	}
	if a.Unit.Per != "" {
		s += "/" + a.Unit.Per
	}
	return s
}

func sameAmount(a, b Amount) bool {
	return a.Value == b.Value && a.Low == b.Low && a.High == b.High && a.Bound == b.Bound && a.Percent == b.Percent &&
		a.Unit.Currency == b.Unit.Currency && a.Unit.Of == b.Unit.Of && a.Unit.Per == b.Unit.Per
}

// writePeriod writes a period plainly.
func writePeriod(p Period) string {
	first := analysis.FormatDate(p.First)
	y, m, _ := analysis.YearMonthDay(p.First)
	switch p.Grain {
	case analysis.Week:
		return "week ending " + analysis.FormatDate(p.First+6)
	case analysis.Month:
		return first[:7]
	case analysis.Quarter:
		return strconv.Itoa(y) + "Q" + strconv.Itoa((m+2)/3)
	case analysis.Half:
		return strconv.Itoa(y) + "H" + strconv.Itoa((m+5)/6)
	case analysis.Year:
		return strconv.Itoa(y)
	case analysis.Span:
		return first + "~" + analysis.FormatDate(p.End)
	}
	return first
}
