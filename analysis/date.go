package analysis

import (
	"fmt"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
)

// Date is a calendar date without time zone: whole days since 1970-01-01.
type Date = arrow.Date32

// DateOf returns the date of a proleptic Gregorian year, month (1-12) and day.
// Days beyond the month's end run into the next month, as in time.Date.
func DateOf(year, month, day int) Date {
	return Date(time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// YearMonthDay splits a date.
func YearMonthDay(d Date) (year, month, day int) {
	y, m, dd := time.Unix(int64(d)*86400, 0).UTC().Date()
	return y, int(m), dd
}

// ValidDate reports whether year, month and day name a day that exists.
func ValidDate(year, month, day int) bool {
	if month < 1 || month > 12 || day < 1 || year < 1 {
		return false
	}
	y, m, d := YearMonthDay(DateOf(year, month, day))
	return y == year && m == month && d == day
}

// FormatDate writes a date as ISO 8601, 2024-05-21.
func FormatDate(d Date) string {
	y, m, day := YearMonthDay(d)
	return fmt.Sprintf("%04d-%02d-%02d", y, m, day)
}

// ParseDate reads an ISO 8601 date, 2024-05-21.
func ParseDate(s string) (Date, bool) {
	t, err := time.Parse("2006-01-02", s)
	if err != nil {
		return 0, false
	}
	return Date(t.Unix() / 86400), true
}

// Grain is how finely a period or date is stated.
type Grain string

// The grains of a period. A span has a stated first and last day that are no
// calendar unit.
const (
	Day     Grain = "day"
	Week    Grain = "week"
	Month   Grain = "month"
	Quarter Grain = "quarter"
	Half    Grain = "half"
	Year    Grain = "year"
	Span    Grain = "span"
)

// Fineness orders grains from day (0) upwards; an unknown grain comes last.
func (g Grain) Fineness() int {
	for i, k := range []Grain{Day, Week, Month, Quarter, Half, Year, Span} {
		if g == k {
			return i
		}
	}
	return 7
}

// LastDay returns the last day of the period that begins on first.
// A span has no last day of its own; first is returned.
func (g Grain) LastDay(first Date) Date {
	y, m, _ := YearMonthDay(first)
	switch g {
	case Week:
		return first + 6
	case Month:
		return DateOf(y, m+1, 1) - 1
	case Quarter:
		return DateOf(y, m+3, 1) - 1
	case Half:
		return DateOf(y, m+6, 1) - 1
	case Year:
		return DateOf(y+1, m, 1) - 1
	}
	return first
}
