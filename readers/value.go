package readers

import (
	"math"
	"strconv"
	"strings"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// fact is the value of a measure in its canonical unit.
type fact struct {
	Amount
	unit string // canonical: persons, tokens, fraction, CNY ...; "" when nothing says it
	bare bool   // a plain number that says no unit itself
}

// state is what became of a cell.
type state int

const (
	missing state = iota // nothing there
	understood
	refused // said by a finding
)

// amount reads the cell of a measure. unit is what the column, the unit column
// or the title says of bare numbers; want the metric's canonical unit; points
// that bare numbers are percent points.
func (r *region) amount(row int, c *column, unit Unit, want string, points bool) (fact, state) {
	cell := r.cell(row, c.col)
	if m, ok := r.merge.at(row, c.col); ok {
		if m.Row2 > m.Row1 {
			// One value over several rows: whose it is the sheet does not say.
			if m.Row1 == row && m.Col1 == c.col && cell.Kind != ooxml.Blank {
				r.find(analysis.Blanked, "value-merged", row, c.col, r.typed(cell))
				return fact{}, refused
			}
			return fact{}, missing
		}
	}
	if r.pkg.Delimited != nil && r.commaOpen(row, c.col) {
		r.find(analysis.Blanked, "comma-unclear", row, c.col, r.typed(cell))
		return fact{}, refused
	}
	a := Amount{Bound: "exact"}
	bare := false
	switch cell.Kind {
	case ooxml.Blank:
		return fact{}, missing
	case ooxml.Number:
		f := r.pkg.Format(cell.Style)
		if f.Date {
			r.find(analysis.Blanked, "date-among-numbers", row, c.col, r.typed(cell))
			return fact{}, refused
		}
		a.Value, a.Percent, bare = cell.Num, f.Percent, true
	case ooxml.NoCache:
		r.find(analysis.Blanked, "formula-without-value", row, c.col, "")
		return fact{}, refused
	case ooxml.Error:
		r.find(analysis.Blanked, "error-value", row, c.col, cell.Text)
		return fact{}, refused
	case ooxml.Bool:
		r.find(analysis.Blanked, "number-not-understood", row, c.col, r.typed(cell))
		return fact{}, refused
	case ooxml.Text:
		text := normText(cell.Text)
		if text == "" || isMissing(text) {
			return fact{}, missing
		}
		var ok bool
		if a, ok = parseAmount(cell.Text); !ok {
			if saysNew(text) {
				// Counted, and said once for the column.
				if c.marks++; c.marks == 1 {
					c.mark = analysis.Place{Row: row, Col: c.col}
				}
				return fact{}, refused
			}
			r.find(analysis.Blanked, "number-not-understood", row, c.col, text)
			return fact{}, refused
		}
		bare = !a.Scaled && !a.Percent && a.Unit == (Unit{})
	}
	if bare && !a.Percent {
		by, percent := bareFactor(unit, want, points)
		if by != 1 {
			a = a.scaled(by)
		}
		a.Percent = percent
	}
	if want == "points" && a.Unit.Sign == "pt" {
		a = a.scaled(100) // of a score, 1350 pts are 1,350 points
		a.Percent = false
	}
	f := fact{Amount: a, bare: bare && !a.Percent}
	if !r.fits(&f, unit, want) {
		r.find(analysis.Blanked, "unit-does-not-fit", row, c.col, r.typed(cell), want)
		return fact{}, refused
	}
	if math.IsNaN(f.Value) || math.IsInf(f.Value, 0) {
		r.find(analysis.Blanked, "number-not-understood", row, c.col, r.typed(cell))
		return fact{}, refused
	}
	return f, understood
}

// bareFactor is what a number that states no unit is multiplied by, and whether it
// is a percentage then.
func bareFactor(unit Unit, want string, points bool) (by float64, percent bool) {
	switch {
	case points && want != "points":
		return 0.01, true
	case unit.Scale != 0 && unit.Scale != 1:
		return unit.Scale, false
	}
	return 1, false
}

// saysNew reports a text that says in place of a number that there is nothing to
// compare with: new in a column of changes.
func saysNew(text string) bool {
	switch foldKey(text) {
	case "new", "new!", "newentry", "新", "新增", "新进", "新上榜", "新入榜", "首次上榜", "新品", "re", "re-entry", "重新上榜", "重返榜单":
		return true
	}
	return false
}

// fits settles the unit of a fact and reports whether it is one that the metric
// can have: a count of users is no share and no money.
func (r *region) fits(f *fact, column Unit, want string) bool {
	of, currency := f.Unit.Of, f.Unit.currencyIn(column)
	if of == "" && f.Unit.Text == "" {
		of = column.Of
	}
	if currency == "" {
		currency = column.Currency
	}
	switch want {
	case "fraction":
		f.unit = "fraction"
		return f.Unit.Currency == "" && f.Unit.Of == "" && !f.Scaled
	case "money":
		f.unit = currency
		return !f.Percent && f.Unit.Of == ""
	case "":
		switch {
		case f.Percent:
			f.unit = "fraction"
		case currency != "":
			f.unit = currency
		default:
			f.unit = of
		}
		return true
	case "points":
		f.unit = "points"
		return currency == "" && !f.Percent && (f.Unit.Of == "" || f.Unit.Of == "points")
	}
	f.unit = want
	return !f.Percent && currency == "" && counts(f.Unit, want) && (!f.bare || counts(column, want))
}

// counts reports whether what a unit counts can be what a metric counts: 次 and 款
// are no persons, minutes are no visits, tokens a day are no amount of tokens.
func counts(u Unit, want string) bool {
	if u.Percent || u.Currency != "" {
		return false
	}
	switch u.Of {
	case "", want:
		return true
	case "count":
		return want != "FLOP" && (want == "count" || strings.HasSuffix(u.Text, "个"))
	case "models", "services":
		return want == "count"
	case "tokens":
		return want == "tokens/day"
	}
	return false
}

// scaled multiplies an amount, its bounds included, by a power of ten or another
// factor, without leaving the decimal that the sheet means: 0.8 thousandths
// times 1,000 is 0.8 and not 0.8000000000000002.
func (a Amount) scaled(by float64) Amount {
	a.Value, a.Low, a.High = times(a.Value, by), times(a.Low, by), times(a.High, by)
	return a
}

// times is x*by in decimal where by is a power of ten.
func times(x, by float64) float64 {
	// A product of whole numbers below 2^53 is exact, and most are.
	if p := x * by; by >= 1 && math.Abs(p) < 1<<53 && x == math.Trunc(x) && by == math.Trunc(by) {
		return p
	}
	if y, ok := timesPower(x, by); ok {
		return y
	}
	return timesDigits(x, by)
}

// timesDigits is times by way of x's digits.
func timesDigits(x, by float64) float64 {
	e := math.Round(math.Log10(math.Abs(by)))
	if by <= 0 || math.Abs(e) > 30 || math.Pow(10, e) != by || x == 0 {
		return x * by
	}
	s := strconv.FormatFloat(x, 'e', -1, 64)
	mantissa, exponent, _ := strings.Cut(s, "e")
	have, err := strconv.Atoi(exponent)
	if err != nil {
		return x * by
	}
	y, err := strconv.ParseFloat(mantissa+"e"+strconv.Itoa(have+int(e)), 64)
	if err != nil {
		return x * by
	}
	return y
}

// timesPower is times where by is a power of ten from 1e-12 to 1e12 and x has few
// digits after the point. Then x is a whole number over a power of ten, both exact,
// and so is the product; one division rounds it as reading its digits would.
func timesPower(x, by float64) (float64, bool) {
	up, down := by, 1.0
	if by < 1 {
		up, down = 1, math.Round(1/by)
	}
	if !isPower(up) || !isPower(down) || up/down != by {
		return 0, false
	}
	for over := 1.0; over <= 1e6; over *= 10 {
		whole := math.Round(x * over)
		if math.Abs(whole) >= 1e15 {
			return 0, false
		}
		if whole/over != x {
			continue
		}
		if low := over * down; low > up {
			return whole / (low / up), true
		} else if p := whole * (up / low); math.Abs(p) < 1<<53 {
			return p, true
		}
		return 0, false
	}
	return 0, false
}

func isPower(x float64) bool {
	for power := 1.0; power <= 1e12; power *= 10 {
		if power == x {
			return true
		}
	}
	return false
}

// percentPoints decides, for a whole column, whether bare numbers are percent
// points (46.4) or fractions (0.464): by the number format, the header, and the
// largest of them.
func (r *region) percentPoints(c *column, want string, only func(row int) bool) (points, guessed bool) {
	if want != "fraction" && !(want == "" && c.unit.Percent) {
		return false, false
	}
	largest, sum, bare := 0.0, 0.0, 0
	for row := r.bottom + 1; row <= r.end; row++ {
		cell := r.cell(row, c.col)
		v := 0.0
		switch cell.Kind {
		case ooxml.Number:
			if f := r.pkg.Format(cell.Style); f.Percent || f.Date {
				continue
			}
			v = cell.Num
		case ooxml.Text:
			a, ok := parseAmount(cell.Text)
			if !ok || a.Percent || a.Scaled {
				continue
			}
			v = a.Value
		default:
			continue
		}
		if only != nil && !only(row) || isTotal(r.text(row, r.first)) {
			continue
		}
		bare++
		largest = math.Max(largest, math.Abs(v))
		sum += v
	}
	switch {
	case bare == 0:
		return false, false
	case c.cells.percents > bare:
		return false, true
	case c.unit.Percent:
		return !(largest <= 1 && sum > 0.9 && sum < 1.1), largest <= 1
	case c.metric == "change":
		return largest > 3, true
	}
	return largest > 1, true
}
