package readers

import (
	"math"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Amount is a number as an analyst wrote it.
type Amount struct {
	Value     float64 // magnitudes resolved, percent as a fraction
	Low, High float64 // of a range
	Bound     string  // exact, lower, upper, about, range
	Unit      Unit    // what the text itself says
	Percent   bool    // a percent sign stood there
	Scaled    bool    // a magnitude stood there
	Other     *Amount // a converted second amount in brackets
	Remark    string  // a bracketed remark that was passed over
}

// missingWords say that there is no value.
var missingWords = map[string]bool{"": true, "-": true, "--": true, "---": true, "n/a": true, "na": true, "n.a.": true, "#n/a": true, "null": true, "none": true, "nil": true, "未知": true, "未披露": true, "未公布": true, "未公开": true, "不详": true, "暂无": true, "无": true, "未见公开报道": true, "unknown": true, "undisclosed": true, "notdisclosed": true, "notavailable": true, "tbd": true, "tba": true, "?": true, "/": true, "…": true, "...": true, "－": true, "未列出": true, "待定": true, "nan": true, "<na>": true, "notapplicable": true, "nodata": true, "不适用": true, "未统计": true, "无数据": true, "暂未披露": true, "暂未公布": true, "未说明": true, "不明": true, "缺失": true}

// isMissing reports a text that says there is no value.
func isMissing(s string) bool { return missingWords[strings.ReplaceAll(plain(s), " ", "")] }

// looksLikeCode reports digits that name rather than count: a leading zero.
func looksLikeCode(s string) bool {
	t := plain(s)
	return len(t) > 1 && t[0] == '0' && !strings.ContainsAny(t, ".%/-~ ") && strings.Trim(t, "0123456789") == ""
}

type boundWord struct{ text, bound string }

// boundBefore and boundAfter are what makes a number a bound. The longest that
// fits speaks: 不超过 is no 超过.
var boundBefore = []boundWord{{"超过", "lower"}, {"已超过", "lower"}, {"已超", "lower"}, {"已突破", "lower"}, {"已逾", "lower"}, {"达到", "exact"}, {"已达到", "exact"}, {"已达", "exact"}, {"达", "exact"}, {"超", "lower"}, {"突破", "lower"}, {"逾", "lower"}, {"大于", "lower"}, {"高于", "lower"}, {"多于", "lower"}, {"不低于", "lower"}, {"不少于", "lower"}, {"不止", "lower"}, {"至少", "lower"}, {">=", "lower"}, {"≥", "lower"}, {">", "lower"}, {"over", "lower"}, {"morethan", "lower"}, {"atleast", "lower"}, {"above", "lower"}, {"exceeding", "lower"}, {"exceeds", "lower"}, {"nolessthan", "lower"}, {"nofewerthan", "lower"}, {"notlessthan", "lower"},
	{"不足", "upper"}, {"不到", "upper"}, {"低于", "upper"}, {"少于", "upper"}, {"小于", "upper"}, {"不超过", "upper"}, {"不多于", "upper"}, {"不高于", "upper"}, {"至多", "upper"}, {"最多", "upper"}, {"<=", "upper"}, {"≤", "upper"}, {"<", "upper"}, {"under", "upper"}, {"lessthan", "upper"}, {"below", "upper"}, {"upto", "upper"}, {"atmost", "upper"}, {"fewerthan", "upper"}, {"nomorethan", "upper"}, {"notmorethan", "upper"},
	{"大约", "about"}, {"约为", "about"}, {"约合", "about"}, {"大概", "about"}, {"约", "about"}, {"接近", "about"}, {"将近", "about"}, {"近", "about"}, {"~", "about"}, {"≈", "about"}, {"nearly", "about"}, {"near", "about"}, {"about", "about"}, {"around", "about"}, {"roughly", "about"}, {"approximately", "about"}, {"approx.", "about"}, {"approx", "about"}, {"almost", "about"}, {"some", "about"}, {"closeto", "about"}, {"circa", "about"}, {"ca.", "about"}, {"c.", "about"}}

var boundAfter = []boundWord{{"以上", "lower"}, {"及以上", "lower"}, {"+", "lower"}, {"ormore", "lower"}, {"plus", "lower"}, {"起", "lower"}, {"以下", "upper"}, {"及以下", "upper"}, {"以内", "upper"}, {"之内", "upper"}, {"orless", "upper"}, {"左右", "about"}, {"上下", "about"}, {"orso", "about"}}

// boundInside stands between a number and its unit: 300多万, 10余家, 100+人.
var boundInside = []string{"多", "余", "+"}

var numberHead = lazily(`^(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d{1,3})?`)

// powerOfTen is the rest of 4.64x10^26.
var powerOfTen = lazily(`^[x×*]10\^([+-]?\d{1,3})`)

// parseAmount reads a text that is a number. False: it is none, or one that the
// rules do not cover; never a guess.
func parseAmount(s string) (Amount, bool) {
	a, ok := readAmount(s)
	if !ok || a.Unit.PerTokens > 0 || a.Unit.Per != "" && a.Unit.Of == "" && a.Unit.Currency == "" {
		return Amount{}, false
	}
	return a, true
}

// readAmount reads sign, bound, currency, number or range, magnitude and unit,
// and a bracketed remark after them.
func readAmount(s string) (Amount, bool) {
	if len(s) > maxTitle {
		return Amount{}, false
	}
	t := plain(s)
	if len(t) > 120 || !strings.ContainsFunc(t, isNumeral) || !mayBeginAmount(t) {
		return Amount{}, false
	}
	a := Amount{Bound: "exact"}
	if i := strings.IndexByte(t, '('); i > 0 && strings.HasSuffix(t, ")") && strings.IndexByte(t[i+1:], '(') < 0 {
		inner := strings.TrimSpace(t[i+1 : len(t)-1])
		head := strings.TrimSpace(t[:i])
		if o, ok := readAmount(inner); ok && o.Unit.Currency != "" {
			a.Other = &o
		} else if _, isUnit := readUnit(strings.ReplaceAll(inner, " ", "")); isUnit {
			// 1200(万元): the bracket is the unit, unless the number has one.
			if h, ok := readAmount(head); !ok || h.Unit != (Unit{}) || h.Remark != "" {
				return Amount{}, false
			}
			head, inner = head+inner, ""
		}
		if forecastRemark.MatchString(inner) {
			return Amount{}, false
		}
		a.Remark, t = inner, head
	}
	if twoNumbers.MatchString(t) {
		return Amount{}, false
	}
	t, a.Bound = takeBound(strings.ReplaceAll(t, " ", ""))
	for _, arrow := range []struct{ text, sign string }{{"↑", "+"}, {"▲", "+"}, {"↓", "-"}, {"▼", "-"}} {
		if rest, ok := strings.CutPrefix(t, arrow.text); ok && rest != "" && rest[0] >= '0' && rest[0] <= '9' {
			t = arrow.sign + rest
		}
	}
	if rest, ok := strings.CutPrefix(t, "百分之"); ok {
		t = rest + "%"
	}
	sign := takeSign(&t)
	lead := leadingCurrency(t)
	t = t[len(lead):]
	if sign == "" && lead != "" {
		sign = takeSign(&t)
	}
	first, ok := takeNumber(t)
	if !ok {
		return Amount{}, false
	}
	second, lowWords := digits{}, ""
	rest := first.rest
	if i := rangeSign(rest); i >= 0 && sign == "" {
		after := strings.TrimLeft(rest[i:], "-~至到")
		after = strings.TrimPrefix(after, "to")
		after = strings.TrimPrefix(after, lead)
		if second, ok = takeNumber(after); !ok {
			return Amount{}, false
		}
		lowWords, rest = rest[:i], second.rest
	}
	for _, w := range boundInside {
		if i := strings.Index(rest, w); i >= 0 && (a.Bound == "exact" || a.Bound == "lower") {
			rest, a.Bound = rest[:i]+rest[i+len(w):], "lower"
			break
		}
	}
	u, ok := amountUnit(lead, rest)
	if !ok || u.Percent && (u.scaled || u.Currency != "" || u.Of != "" || u.Per != "" || u.PerTokens != 0) || (first.scaled || second.scaled) && u.exp > 0 {
		return Amount{}, false
	}
	a.Percent, a.Scaled, a.Unit = u.Percent, u.scaled || first.scaled, u.Unit
	if a.Unit == (Unit{Scale: 1}) {
		a.Unit = Unit{}
	} else {
		a.Unit.Text = lead + rest
	}
	exp := u.exp
	if u.Percent {
		exp -= 2
	}
	if a.Value, ok = decimal(sign+first.text, exp); !ok {
		return Amount{}, false
	}
	if second.text == "" {
		return a, true
	}
	lowExp := exp
	if lowWords != "" {
		// What stands at the lower end says the same as what stands at the upper,
		// a magnitude apart: 5千-1万, 1.2亿元-1.5亿元, and never 5%-8.
		w, ok := amountUnit(lead, lowWords)
		if u.Currency == "" && !w.scaled && !w.Percent {
			a.Unit.Currency, a.Unit.Sign, u.Currency = w.Currency, w.Sign, w.Currency // 12元-13
		}
		if !ok || w.Percent != u.Percent || w.Currency != "" && w.Currency != u.Currency || w.Of != "" && w.Of != u.Of || w.Per != "" || w.PerTokens != 0 || u.scaled && !w.scaled {
			return Amount{}, false
		}
		if lowExp = w.exp; w.Percent {
			lowExp -= 2
		}
	} else if first.scaled != second.scaled {
		return Amount{}, false
	}
	low, ok1 := decimal(first.text, lowExp)
	high, ok2 := decimal(second.text, exp)
	if !ok1 || !ok2 || high < low || a.Bound != "exact" && a.Bound != "about" || yearLike(first.text) && yearLike(second.text) && rest == "" {
		return Amount{}, false
	}
	a.Low, a.High, a.Bound, a.Value = low, high, "range", middle(low, high)
	return a, true
}

// forecastRemark is a remark that makes a number no fact: 3000万(目标).
var forecastRemark = lazily(`目标|预计|预测|预估|预期|计划|规划|指引|forecast|target|expected|projected|guidance|planned`)

// yearLike reports digits that may be a year: 2024-2025 is no range of amounts
// for certain.
func yearLike(s string) bool { return len(s) == 4 && (s[:2] == "19" || s[:2] == "20") }

// takeBound takes the words that make a number a bound off both ends. Words that
// contradict each other stay, and what has them is no number.
// isNumeral reports the characters that numbers begin with: names have none, and are
// asked too.
func isNumeral(c rune) bool {
	if c < utf8.RuneSelf {
		return c >= '0' && c <= '9'
	}
	_, digit := zhDigits[c]
	return digit || zhTens[c] != 0
}

// mayBeginAmount is a quick look at a text's beginning: a letter that is no numeral
// begins an amount only as a bound (about, 超过) or a currency (usd, 人民币).
func mayBeginAmount(t string) bool {
	c, _ := utf8.DecodeRuneInString(t)
	if isNumeral(c) || !unicode.IsLetter(c) {
		return true
	}
	return hasPrefix(strings.ReplaceAll(t, " ", ""), amountStarts()[c])
}

// amountStarts are the words that may stand before a number, by their first letter.
var amountStarts = sync.OnceValue(func() map[rune][]string {
	all := map[rune][]string{}
	add := func(word string) {
		c, _ := utf8.DecodeRuneInString(word)
		all[c] = append(all[c], word)
	}
	for _, w := range boundBefore {
		add(w.text)
	}
	for _, w := range unitWords {
		if w.currency != "" {
			add(w.text)
		}
	}
	return all
})

func takeBound(t string) (rest, bound string) {
	bound = "exact"
	best := boundWord{}
	for _, w := range boundBefore {
		if len(w.text) > len(best.text) && strings.HasPrefix(t, w.text) {
			best = w
		}
	}
	if best.text != "" {
		t, bound = t[len(best.text):], best.bound
	}
	best = boundWord{}
	for _, w := range boundAfter {
		if len(w.text) > len(best.text) && len(w.text) < len(t) && strings.HasSuffix(t, w.text) {
			best = w
		}
	}
	if best.text != "" && (bound == "exact" || bound == best.bound) {
		t, bound = strings.TrimSuffix(t, best.text), best.bound
	}
	return t, bound
}

func takeSign(t *string) string {
	if s := *t; s != "" && (s[0] == '-' || s[0] == '+') {
		*t = s[1:]
		return s[:1]
	}
	return ""
}

// leadingCurrency is the currency that stands before a number, as typed.
func leadingCurrency(t string) string {
	lead := ""
	for _, w := range unitWords {
		if w.currency != "" && w.exp == 0 && len(w.text) > len(lead) && strings.HasPrefix(t, w.text) {
			lead = w.text
		}
	}
	return lead
}

// amountUnit is the unit that a currency before a number and the words after it
// make.
func amountUnit(lead, words string) (parsedUnit, bool) {
	u, ok := parsedUnit{Unit: Unit{Scale: 1}}, true
	if words != "" {
		if u, ok = readUnit(words); !ok {
			return u, false
		}
	}
	if lead != "" {
		l, _ := readUnit(lead)
		if u.Currency != "" && u.Currency != l.Currency {
			return u, false
		}
		if u.Currency == "" {
			u.Currency, u.Sign = l.Currency, l.Sign
		}
	}
	return u, true
}

var twoNumbers = lazily(`\d \d`)

// middle of two decimals, without binary dust: 0.5 and 0.8 give 0.65.
func middle(low, high float64) float64 {
	m := (low + high) / 2
	if s, err := strconv.ParseFloat(strconv.FormatFloat(m, 'g', 15, 64), 64); err == nil {
		return s
	}
	return m
}

// rangeSign is where a range sign stands in what follows a number, or -1.
func rangeSign(rest string) int {
	for i, c := range rest {
		switch c {
		case '-', '~', '至', '到':
			return i
		case 't':
			after, is := strings.CutPrefix(rest[i:], "to") // and no token, no MTok
			if is && after != "" && (after[0] >= '0' && after[0] <= '9' || leadingCurrency(after) != "") {
				return i
			}
		}
	}
	return -1
}

// digits is a number at the start of a text, as decimal digits.
type digits struct {
	text   string
	rest   string // of the text
	scaled bool   // its magnitudes are worked in: 1亿2000万, 一亿二千万
}

// takeNumber takes the digits, or Chinese numerals, at the start of a text. Digits
// with a leading zero are a code.
func takeNumber(t string) (digits, bool) {
	m := numberHead.FindString(t)
	if m == "" {
		return takeChinese(t)
	}
	d := digits{text: strings.ReplaceAll(m, ",", ""), rest: t[len(m):]}
	if d.rest != "" && (d.rest[0] == ',' || d.rest[0] == '.' || d.rest[0] >= '0' && d.rest[0] <= '9') ||
		len(d.text) > 1 && d.text[0] == '0' && d.text[1] >= '0' && d.text[1] <= '9' {
		return digits{}, false
	}
	if p := powerOfTen.FindStringSubmatch(d.rest); p != nil && !strings.Contains(d.text, "e") {
		d.text, d.rest = d.text+"e"+p[1], d.rest[len(p[0]):]
		if d.rest != "" && d.rest[0] >= '0' && d.rest[0] <= '9' {
			return digits{}, false
		}
		return d, true
	}
	return takeChain(d)
}

var (
	chainLink = lazily(`^(万亿|亿|万|千)(\d+)`)
	chainTail = lazily(`^(亿|万|千)`)
	chainExps = map[string]int{"": 0, "千": 3, "万": 4, "亿": 8, "万亿": 12}
)

// takeChain goes on after a number whose parts have each their magnitude:
// 1亿2000万, 3万5千. Every part is smaller than the magnitude before it. Where the
// last one has no magnitude it must fill its places (1万2345): 3万5 is 35,000 to
// one reader and 30,005 to another.
func takeChain(d digits) (digits, bool) {
	m := chainLink.FindStringSubmatch(d.rest)
	if m == nil {
		return d, true
	}
	if strings.ContainsAny(d.text, ".e") {
		return digits{}, false // 1.2亿3000万
	}
	total, last, part := int64(0), 16, d.text
	for m != nil {
		n, err := strconv.ParseInt(part, 10, 64)
		if exp := chainExps[m[1]]; err != nil || exp >= last || len(part) > last-exp || len(part) > 4 {
			return digits{}, false
		} else {
			total, last = total+n*int64(math.Pow10(exp)), exp
		}
		part = m[2]
		d.rest = d.rest[len(m[0]):]
		m = chainLink.FindStringSubmatch(d.rest)
	}
	tail := chainTail.FindString(d.rest)
	n, err := strconv.ParseInt(part, 10, 64)
	exp := chainExps[tail]
	if err != nil || exp >= last || len(part) > last-exp || tail == "" && len(part) != last || strings.HasPrefix(d.rest[len(tail):], ".") {
		return digits{}, false
	}
	total += n * int64(math.Pow10(exp))
	return digits{text: strconv.FormatInt(total, 10), rest: d.rest[len(tail):], scaled: true}, true
}

// decimal is the number that digits times a power of ten mean, correctly rounded
// once.
func decimal(digits string, exp int) (float64, bool) {
	if mantissa, e, has := strings.Cut(digits, "e"); has {
		n, err := strconv.Atoi(e)
		if err != nil {
			return 0, false
		}
		digits, exp = mantissa, exp+n
	}
	v, err := strconv.ParseFloat(digits+"e"+strconv.Itoa(exp), 64)
	return v + 0, err == nil
}
