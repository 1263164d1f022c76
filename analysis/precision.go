package analysis

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Moment is a date as precisely as it was stated: the first day of a day,
// month, quarter and so on.
type Moment struct {
	First Date
	Grain Grain
}

// Last is the last day that the moment may be.
func (m Moment) Last() Date { return m.Grain.LastDay(m.First) }

// Day is the day a moment stands for in distances: itself, or the 15th of a
// month (methods 0.3). A quarter, a year or a span alone is not a date.
func (m Moment) Day() (Date, bool) {
	switch m.Grain {
	case Day, "":
		return m.First, true
	case Month:
		return m.First + 14, true
	}
	return 0, false
}

// Label names the period, 2024-05-21, 2024-05, 2024Q2, 2024H1 or 2024; a week
// and a span by their first day.
func (m Moment) Label() string {
	y, month, _ := YearMonthDay(m.First)
	switch m.Grain {
	case Month:
		return fmt.Sprintf("%04d-%02d", y, month)
	case Quarter:
		return fmt.Sprintf("%04dQ%d", y, (month+2)/3)
	case Half:
		return fmt.Sprintf("%04dH%d", y, (month+5)/6)
	case Year:
		return fmt.Sprintf("%04d", y)
	}
	return FormatDate(m.First)
}

// ParseMoment reads what Label writes.
func ParseMoment(s string) (Moment, bool) {
	s = strings.TrimSpace(s)
	if d, ok := ParseDate(s); ok {
		return Moment{d, Day}, true
	}
	if t, err := time.Parse("2006-01", s); err == nil {
		return Moment{Date(t.Unix() / 86400), Month}, true
	}
	if len(s) == 6 && (s[4] == 'Q' || s[4] == 'H') {
		y, err := strconv.Atoi(s[:4])
		n := int(s[5] - '0')
		switch {
		case err != nil:
		case s[4] == 'Q' && n >= 1 && n <= 4:
			return Moment{DateOf(y, 3*n-2, 1), Quarter}, true
		case s[4] == 'H' && n >= 1 && n <= 2:
			return Moment{DateOf(y, 6*n-5, 1), Half}, true
		}
	}
	if y, err := strconv.Atoi(s); err == nil && len(s) == 4 {
		return Moment{DateOf(y, 1, 1), Year}, true
	}
	return Moment{}, false
}

// PeriodOf is the period of a grain in which a day lies. Weeks begin on Monday.
func PeriodOf(d Date, g Grain) Moment {
	y, m, _ := YearMonthDay(d)
	switch g {
	case Week:
		// 1970-01-01 was a Thursday, three days after a Monday.
		return Moment{d - ((d+3)%7+7)%7, Week}
	case Month:
		return Moment{DateOf(y, m, 1), Month}
	case Quarter:
		return Moment{DateOf(y, (m-1)/3*3+1, 1), Quarter}
	case Half:
		return Moment{DateOf(y, (m-1)/6*6+1, 1), Half}
	case Year:
		return Moment{DateOf(y, 1, 1), Year}
	}
	return Moment{d, Day}
}

// Next is the period after m of the same grain.
func (m Moment) Next() Moment { return Moment{m.Last() + 1, m.Grain} }

// ComparePeriods orders period labels: periods by their first day, whole
// numbers by value, anything else by its bytes.
func ComparePeriods(a, b string) int {
	if ma, ok := ParseMoment(a); ok {
		if mb, ok := ParseMoment(b); ok {
			return cmp.Or(cmp.Compare(ma.First, mb.First), strings.Compare(a, b))
		}
	}
	if na, err := strconv.Atoi(a); err == nil {
		if nb, err := strconv.Atoi(b); err == nil {
			return cmp.Or(cmp.Compare(na, nb), strings.Compare(a, b))
		}
	}
	return strings.Compare(a, b)
}
