package readers

import (
	"math"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// Period is when a fact holds: the first day, how finely it is stated, and of a
// span the last day.
type Period struct {
	First analysis.Date
	Grain analysis.Grain
	End   analysis.Date
}

// String is the period in short: 2024-05-21, 2024-05, 2024, or the first day with
// the grain.
func (p Period) String() string {
	day := analysis.FormatDate(p.First)
	switch p.Grain {
	case analysis.Day:
		return day
	case analysis.Month:
		return day[:7]
	case analysis.Year:
		return day[:4]
	case analysis.Span:
		return day + " – " + analysis.FormatDate(p.End)
	}
	return day + " " + string(p.Grain)
}

var months = map[string]int{
	"jan": 1, "january": 1, "feb": 2, "february": 2, "mar": 3, "march": 3, "apr": 4, "april": 4, "may": 5, "jun": 6, "june": 6,
	"jul": 7, "july": 7, "aug": 8, "august": 8, "sep": 9, "sept": 9, "september": 9, "oct": 10, "october": 10, "nov": 11, "november": 11, "dec": 12, "december": 12,
}

// periodForm is one way to write a period. make gets the submatches.
type periodForm struct {
	form *lazy
	make func(m []string) (Period, bool)
}

func form(s string) *lazy { return lazily("^(?:" + s + ")$") }

func num(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

func fullYear(s string) int {
	n := num(s)
	if len(s) == 2 {
		n += 2000
	}
	return n
}

func dayOf(y, m, d int) (Period, bool) {
	if y < 1990 || y > 2100 || !analysis.ValidDate(y, m, d) {
		return Period{}, false
	}
	return Period{First: analysis.DateOf(y, m, d), Grain: analysis.Day}, true
}

func unitOf(y, m int, grain analysis.Grain) (Period, bool) {
	if y < 1990 || y > 2100 || m < 1 || m > 12 {
		return Period{}, false
	}
	return Period{First: analysis.DateOf(y, m, 1), Grain: grain}, true
}

var quarters = map[string]int{"1": 1, "2": 2, "3": 3, "4": 4, "一": 1, "二": 2, "三": 3, "四": 4}

const monthNames = `(january|february|march|april|june|july|august|september|october|november|december|jan|feb|mar|apr|may|jun|jul|aug|sept|sep|oct|nov|dec)\.?`

var periodForms = []periodForm{
	{form(`(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?(?:[t ](?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:z|[+-]\d{2}:?\d{2})?)?`), func(m []string) (Period, bool) { return dayOf(num(m[1]), num(m[2]), num(m[3])) }},
	{form(`(\d{1,2})[-./](\d{1,2})[-./](\d{4})`), slashed},
	{form(`(\d{1,2})/(\d{4})`), func(m []string) (Period, bool) { return unitOf(num(m[2]), num(m[1]), analysis.Month) }},
	{form(`(\d{4})(\d{2})(\d{2})`), func(m []string) (Period, bool) { return dayOf(num(m[1]), num(m[2]), num(m[3])) }},
	{form(`(\d{1,2})(?:st|nd|rd|th)?[- ]` + monthNames + `[-, ]+(\d{4}|\d{2})`), func(m []string) (Period, bool) { return dayOf(fullYear(m[3]), months[m[2]], num(m[1])) }},
	{form(monthNames + `[- ](\d{1,2})(?:st|nd|rd|th)?,? (\d{4})`), func(m []string) (Period, bool) { return dayOf(num(m[3]), months[m[1]], num(m[2])) }},
	{form(`(\d{4})[-./年](\d{1,2})月?(?:份)?`), func(m []string) (Period, bool) { return unitOf(num(m[1]), num(m[2]), analysis.Month) }},
	{form(`(\d{4})(\d{2})`), func(m []string) (Period, bool) { return unitOf(num(m[1]), num(m[2]), analysis.Month) }},
	{form(monthNames + `[-,' ]*(\d{4})`), func(m []string) (Period, bool) { return unitOf(num(m[2]), months[m[1]], analysis.Month) }},
	{form(monthNames + `[-' ]+(\d{2})`), func(m []string) (Period, bool) { return unitOf(fullYear(m[2]), months[m[1]], analysis.Month) }},
	{form(`(\d{4})[- ]` + monthNames), func(m []string) (Period, bool) { return unitOf(num(m[1]), months[m[2]], analysis.Month) }},
	{form(`(\d{4})年?[- ]?q([1-4])`), quarterForm(1, 2)},
	{form(`(\d{2})q([1-4])`), quarterForm(1, 2)},
	{form(`q([1-4])[- ']*(\d{4}|\d{2})`), quarterForm(2, 1)},
	{form(`([1-4])q[- ']*(\d{4}|\d{2})`), quarterForm(2, 1)},
	{form(`(\d{4})年?第?([一二三四1-4])季度?`), quarterForm(1, 2)},
	{form(`(\d{4})年?(上|下)半年`), func(m []string) (Period, bool) {
		return unitOf(num(m[1]), map[string]int{"上": 1, "下": 7}[m[2]], analysis.Half)
	}},
	{form(`(\d{4})年?[- ]?h([12])`), halfForm(1, 2)},
	{form(`h([12])[- ']*(\d{4}|\d{2})`), halfForm(2, 1)},
	{form(`([12])h[- ']*(\d{4}|\d{2})`), halfForm(2, 1)},
	{form(`(?:end of|end|year-?end|ye)[- ]?(\d{4})`), func(m []string) (Period, bool) { return unitOf(num(m[1]), 12, analysis.Month) }},
	{form(`(\d{4})[- ]?(?:year-?end|ye)`), func(m []string) (Period, bool) { return unitOf(num(m[1]), 12, analysis.Month) }},
	{form(`(\d{4})年(?:底|末|年底|年末)`), func(m []string) (Period, bool) { return unitOf(num(m[1]), 12, analysis.Month) }},
	{form(`(\d{4})年(?:初|年初)`), func(m []string) (Period, bool) { return unitOf(num(m[1]), 1, analysis.Month) }},
	{form(`(\d{4})年?(?:度|全年|a|\(a\))?`), func(m []string) (Period, bool) { return unitOf(num(m[1]), 1, analysis.Year) }},
	{form(`fy ?'?(\d{4}|\d{2})`), func(m []string) (Period, bool) { return unitOf(fullYear(m[1]), 1, analysis.Year) }},
	{form(`(\d{4})年?前三季度`), func(m []string) (Period, bool) { return span(num(m[1]), 1, 1, num(m[1]), 9, 30) }},
	{form(`(\d{4})年?[- ]?w(\d{1,2})`), weekForm}, {form(`(\d{4})年第?(\d{1,2})周`), weekForm},
	{form(`(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?[-~至到](\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?`), func(m []string) (Period, bool) {
		return span(num(m[1]), num(m[2]), num(m[3]), num(m[4]), num(m[5]), num(m[6]))
	}},
	{form(`(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?[-~至到](\d{1,2})[-./月](\d{1,2})日?`), func(m []string) (Period, bool) {
		return span(num(m[1]), num(m[2]), num(m[3]), num(m[1]), num(m[4]), num(m[5]))
	}},
	{form(`(\d{4})年(\d{1,2})月?[-~至到](\d{1,2})月`), func(m []string) (Period, bool) {
		last := analysis.Month.LastDay(analysis.DateOf(num(m[1]), num(m[3]), 1))
		y, mo, d := analysis.YearMonthDay(last)
		if num(m[3]) > 12 {
			return Period{}, false
		}
		return span(num(m[1]), num(m[2]), 1, y, mo, d)
	}},
}

// slashed is 31/08/2023 or 08/31/2023, where one of the two can be no month. Where
// both can it is not said which is the day.
func slashed(m []string) (Period, bool) {
	a, b := num(m[1]), num(m[2])
	switch {
	case a > 12:
		return dayOf(num(m[3]), b, a)
	case b > 12 || a == b:
		return dayOf(num(m[3]), a, b)
	}
	return Period{}, false
}

func quarterForm(y, q int) func(m []string) (Period, bool) {
	return func(m []string) (Period, bool) { return unitOf(fullYear(m[y]), quarters[m[q]]*3-2, analysis.Quarter) }
}

func halfForm(y, h int) func(m []string) (Period, bool) {
	return func(m []string) (Period, bool) { return unitOf(fullYear(m[y]), num(m[h])*6-5, analysis.Half) }
}

// weekForm is an ISO 8601 week, which begins on Monday.
func weekForm(m []string) (Period, bool) {
	y, w := num(m[1]), num(m[2])
	if y < 1990 || y > 2100 || w < 1 || w > 53 {
		return Period{}, false
	}
	fourth := analysis.DateOf(y, 1, 4) // always in week 1
	monday := fourth - (fourth+3)%7    // 1970-01-01 was a Thursday
	first := monday + analysis.Date(7*(w-1))
	if yy, _, _ := analysis.YearMonthDay(first + 3); yy != y {
		return Period{}, false
	}
	return Period{First: first, Grain: analysis.Week}, true
}

// span is a period with stated ends; seven days are a week.
func span(y1, m1, d1, y2, m2, d2 int) (Period, bool) {
	a, ok1 := dayOf(y1, m1, d1)
	b, ok2 := dayOf(y2, m2, d2)
	if !ok1 || !ok2 || b.First < a.First {
		return Period{}, false
	}
	if b.First == a.First+6 {
		return Period{First: a.First, Grain: analysis.Week}, true
	}
	return Period{First: a.First, Grain: analysis.Span, End: b.First}, true
}

var (
	asOfLead = lazily(`^(?:截至|截止至?|截止到|as of|as at|until)(?: the| at)?\s*`)
	endLead  = lazily(`^(?:at )?(?:the )?end of\s*`)
	weekday  = lazily(`\((?:周|星期)[一二三四五六日天]\)$`)
	weekLead = lazily(`^(?:week (?:to|ending|ended)|w/e|周截至)\s*`)
	asOfTail = lazily(`\s*(?:底|末)$`)
)

// parsePeriod reads a text that is a period and nothing else.
func parsePeriod(s string) (Period, bool) {
	if !mayStatePeriod(s) {
		return Period{}, false
	}
	return parsePeriodAny(s)
}

// mayStatePeriod is a quick look at a text as typed: one without a digit, and one
// with a Han character that no form of a period has, is none. Names are asked too,
// tens of thousands of them.
func mayStatePeriod(s string) bool {
	digit := false
	for _, c := range s {
		switch {
		case c >= '0' && c <= '9':
			digit = true
		case c < utf8.RuneSelf:
		case c >= 0x4e00 && c <= 0x9fa5:
			if !periodRunes()[c] {
				return false
			}
		default:
			digit = true // a form of one, perhaps
		}
	}
	return digit
}

func parsePeriodAny(s string) (Period, bool) {
	t := plain(s)
	if strings.HasSuffix(t, ")") {
		t = weekday.ReplaceAllString(t, "")
	}
	t = strings.Trim(t, "()[] ")
	if len(t) < 4 || len(t) > 60 || !statesYear(t) {
		return Period{}, false
	}
	if hasPrefix(t, weekStarts) {
		if lead := weekLead.FindString(t); lead != "" {
			p, ok := parsePeriod(t[len(lead):])
			if !ok || p.Grain != analysis.Day {
				return Period{}, false
			}
			return Period{First: p.First - 6, Grain: analysis.Week}, true
		}
	}
	if hasPrefix(t, asOfStarts) {
		t = t[len(asOfLead.FindString(t)):]
	}
	if p, ok := matchPeriod(t); ok || !hasPrefix(t, endStarts) {
		return p, ok // end of 2024 is December, where end of May is May
	}
	return matchPeriod(t[len(endLead.FindString(t)):])
}

// What weekLead, asOfLead and endLead begin with.
var (
	weekStarts = []string{"week", "w/e", "周"}
	asOfStarts = []string{"截", "as", "until"}
	endStarts  = []string{"at", "the", "end"}
)

// statesYear is a quick look before the forms are tried one by one: each has a year
// of four digits, or digits beside a month's name, a q, an h or an fy.
func statesYear(t string) bool {
	run, digit, mark := 0, false, false
	for i := range len(t) {
		c := t[i]
		if c >= '0' && c <= '9' {
			if run++; run == 4 {
				return true
			}
			digit = true
			continue
		}
		run = 0
		switch {
		case c == 'q', c == 'h':
			mark = mark || i > 0 && isDigit(t[i-1]) || i+1 < len(t) && isDigit(t[i+1])
		case c == 'y':
			mark = mark || i > 0 && t[i-1] == 'f'
		}
		mark = mark || i+3 <= len(t) && months[t[i:i+3]] != 0
	}
	return digit && mark
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// periodRunes are the characters beyond ASCII that any form of a period has.
var periodRunes = sync.OnceValue(func() map[rune]bool {
	runes := map[rune]bool{}
	forms := []*lazy{asOfTail, asOfLead, endLead, weekday, weekLead}
	for _, f := range periodForms {
		forms = append(forms, f.form)
	}
	for _, f := range forms {
		for _, c := range f.String() {
			runes[c] = c >= utf8.RuneSelf || runes[c]
		}
	}
	return runes
})

// Forms that begin with a digit, and the others: a text is held against those
// only that it can match.
var digitForms, wordForms = func() (digit, word []periodForm) {
	for _, f := range periodForms {
		if s := f.form.String(); strings.HasPrefix(s, `^(?:(\d`) || strings.HasPrefix(s, `^(?:([1`) {
			digit = append(digit, f)
		} else {
			word = append(word, f)
		}
	}
	return digit, word
}()

// formStarts are what wordForms begin with, and the digits that may stand before
// words.
var formStarts = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "q", "fy", "h", "end", "year", "ye"}

func matchPeriod(t string) (Period, bool) {
	known := periodRunes()
	for _, c := range t {
		if c >= utf8.RuneSelf && !known[c] {
			return Period{}, false // a filing number, say: 备案-20240312
		}
	}
	if !strings.ContainsAny(t, "0123456789") {
		return Period{}, false
	}
	forms := wordForms
	if isDigit(t[0]) {
		forms = digitForms
	} else if !hasPrefix(t, formStarts) {
		return Period{}, false // Qwen-2024
	}
	for _, candidate := range []string{t, strings.ReplaceAll(t, " ", "")} {
		for _, f := range forms {
			if m := f.form.FindStringSubmatch(candidate); m != nil {
				if p, ok := f.make(m); ok {
					return p, true
				}
			}
		}
		if len(candidate) == len(t) && !strings.Contains(t, " ") || !hasHan(t) {
			break
		}
	}
	if asOfTail.MatchString(t) {
		return matchPeriod(asOfTail.ReplaceAllString(t, ""))
	}
	return Period{}, false
}

var inText = lazily(`(?i)\d{4}\s*年\s*\d{1,2}\s*月?\s*[-~–—－～至到]\s*\d{1,2}\s*月(?:份)?|\d{4}[-./年]\d{1,2}[-./月]\d{1,2}日?\s*[-~–—－～至到]\s*(?:\d{4}[-./年])?\d{1,2}[./月]\d{1,2}日?|\d{4}年?前三季度|week (?:to|ending|ended) \d{1,2} [a-z]+\.? \d{4}|\d{4}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日|\d{4}\s*年\s*\d{1,2}\s*月|\d{4}[-./]\d{1,2}[-./]\d{1,2}|\b20\d{2}[01]\d[0-3]\d\b|\d{1,2}[- ](?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?[-, ]+\d{4}|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d{1,2},? \d{4}|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?[-' ]+\d{4}|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[-']\d{2}\b|\d{4}\s*年?第?[一二三四1-4]季度?|\d{4}\s*年?[ -]?q[1-4]|q[1-4][ ']*\d{4}|\d{4}\s*年?[上下]半年|\d{4}\s*年?[ -]?h[12]\b|h[12][ ']*\d{4}|\d{4}[-./]\d{1,2}|\d{4}\s*年(?:底|末|初)?|\bfy ?\d{4}`)

// locatePeriod is where in a text its one period stands.
func locatePeriod(s string) (at [2]int, p Period, ok bool) {
	p, ok = findPeriod(s)
	if !ok {
		return at, p, false
	}
	for _, i := range inText.FindAllStringIndex(s, -1) {
		if q, good := parsePeriod(s[i[0]:i[1]]); good && q == p {
			return [2]int{i[0], i[1]}, p, true
		}
	}
	return at, p, false
}

var spanBefore = lazily(`(?:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?|\d月|[qh][1-4])\s*(?:[-~–—－～至到]|to)\s*$`)

var spanSign = lazily(`^\s*(?:[-~–—－～至到]|to\b)`)

// maxTitle bounds the texts that are searched, in bytes: longer ones are prose.
const maxTitle = 1000

// findPeriod reads the one period that a longer text states: a title, a sheet's or
// a file's name. Two periods, or the ends of a span, are no single statement.
func findPeriod(s string) (Period, bool) {
	if len(s) > maxTitle {
		return Period{}, false
	}
	t := strings.ToLower(normText(s))
	var found []Period
	for _, at := range inText.FindAllStringIndex(t, -1) {
		if at[0] > 0 && isWordPart(t[at[0]-1]) && !(t[at[0]-1] == '-' && strings.Contains(t[at[0]:at[1]], "年")) || at[1] < len(t) && t[at[1]] >= '0' && t[at[1]] <= '9' {
			continue
		}
		if spanSign.MatchString(t[at[1]:]) && len(inText.FindString(t[at[1]:])) > 0 {
			return Period{}, false
		}
		if spanBefore.MatchString(t[:at[0]]) {
			return Period{}, false // January–June 2024
		}
		p, ok := parsePeriod(t[at[0]:at[1]])
		if !ok {
			continue
		}
		found = append(found, p)
	}
	if len(found) == 0 {
		return Period{}, false
	}
	for _, p := range found[1:] {
		if p != found[0] {
			return Period{}, false
		}
	}
	return found[0], true
}

func isWordPart(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '-' || b == '.'
}

// isSerial reports a number that a date format shows as a day up to the year 9999.
func isSerial(n float64) bool { return n >= 1 && n <= 2958465 }

// serialPeriod is a real date cell: its day, or its month where the format shows
// no day.
func serialPeriod(serial float64, f ooxml.Format, date1904 bool) (Period, bool) {
	if !f.Date || !isSerial(serial) {
		return Period{}, false
	}
	d := analysis.Date(math.Floor(serial))
	switch {
	case date1904:
		d += 1462
	case d < 60:
		d++ // Excel's 29 February 1900 never was
	}
	d -= 25569
	if f.Day {
		return Period{First: d, Grain: analysis.Day}, true
	}
	y, m, _ := analysis.YearMonthDay(d)
	if f.Month {
		return Period{First: analysis.DateOf(y, m, 1), Grain: analysis.Month}, true
	}
	return Period{First: analysis.DateOf(y, 1, 1), Grain: analysis.Year}, true
}

// numberPeriod is a plain number that reads as a period: 2025, 202405, 20240612,
// and 2024.05. 2024.1 may be January or October and is none.
func numberPeriod(n float64) (Period, bool) {
	if n < 1990 || n > 21001231 {
		return Period{}, false
	}
	if n != math.Floor(n) {
		month := math.Round((n - math.Floor(n)) * 100)
		if n >= 2101 || month < 1 || month > 12 {
			return Period{}, false
		}
		if s := strconv.FormatFloat(n, 'f', -1, 64); len(s) == 7 {
			return unitOf(int(n), int(month), analysis.Month)
		}
		return Period{}, false
	}
	switch i := int(n); {
	case i < 1e4:
		return unitOf(i, 1, analysis.Year)
	case i >= 1e5 && i < 1e6:
		return unitOf(i/100, i%100, analysis.Month)
	case i >= 1e7:
		return dayOf(i/1e4, i/100%100, i%100)
	}
	return Period{}, false
}
