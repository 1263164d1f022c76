package readers

import (
	"regexp"
	"strconv"
	"strings"
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
var missingWords = map[string]bool{"": true, "-": true, "--": true, "---": true, "n/a": true, "na": true, "n.a.": true, "#n/a": true, "null": true, "none": true, "nil": true, "未知": true, "未披露": true, "未公布": true, "未公开": true, "不详": true, "暂无": true, "无": true, "未见公开报道": true, "unknown": true, "undisclosed": true, "notdisclosed": true, "notavailable": true, "tbd": true, "tba": true, "?": true, "/": true, "…": true, "...": true, "－": true, "未列出": true, "待定": true}

// isMissing reports a text that says there is no value.
func isMissing(s string) bool { return missingWords[strings.ReplaceAll(plain(s), " ", "")] }

// looksLikeCode reports digits that name rather than count: a leading zero.
func looksLikeCode(s string) bool {
	t := plain(s)
	return len(t) > 1 && t[0] == '0' && !strings.ContainsAny(t, ".%/-~ ") && strings.Trim(t, "0123456789") == ""
}

type boundWord struct{ text, bound string }

var boundBefore = []boundWord{{"超过", "lower"}, {"超", "lower"}, {"突破", "lower"}, {"逾", "lower"}, {"大于", "lower"}, {"高于", "lower"}, {"不低于", "lower"}, {"不少于", "lower"}, {"至少", "lower"}, {">=", "lower"}, {"≥", "lower"}, {">", "lower"}, {"over", "lower"}, {"morethan", "lower"}, {"atleast", "lower"}, {"above", "lower"}, {"exceeding", "lower"}, {"exceeds", "lower"},
	{"不足", "upper"}, {"不到", "upper"}, {"低于", "upper"}, {"少于", "upper"}, {"小于", "upper"}, {"不超过", "upper"}, {"至多", "upper"}, {"<=", "upper"}, {"≤", "upper"}, {"<", "upper"}, {"under", "upper"}, {"lessthan", "upper"}, {"below", "upper"}, {"upto", "upper"}, {"fewerthan", "upper"},
	{"大约", "about"}, {"约为", "about"}, {"约", "about"}, {"接近", "about"}, {"将近", "about"}, {"近", "about"}, {"~", "about"}, {"≈", "about"}, {"nearly", "about"}, {"near", "about"}, {"about", "about"}, {"around", "about"}, {"roughly", "about"}, {"approximately", "about"}, {"approx.", "about"}, {"approx", "about"}, {"almost", "about"}, {"circa", "about"}, {"ca.", "about"}, {"c.", "about"}}

var boundAfter = []boundWord{{"以上", "lower"}, {"+", "lower"}, {"以下", "upper"}, {"以内", "upper"}, {"左右", "about"}, {"上下", "about"}}

var numberHead = regexp.MustCompile(`^[+-]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d{1,3})?`)

// parseAmount reads a text that is a number. False: it is none, or one that the
// rules do not cover; never a guess.
func parseAmount(s string) (Amount, bool) {
	a, ok := readAmount(s)
	if !ok || a.Unit.PerTokens > 0 || a.Unit.Per != "" && a.Unit.Of == "" && a.Unit.Currency == "" {
		return Amount{}, false
	}
	return a, true
}

func readAmount(s string) (Amount, bool) {
	if len(s) > maxTitle {
		return Amount{}, false
	}
	t := plain(s)
	if len(t) > 120 {
		return Amount{}, false
	}
	a := Amount{Bound: "exact"}
	if i := strings.IndexByte(t, '('); i > 0 && strings.HasSuffix(t, ")") && strings.IndexByte(t[i+1:], '(') < 0 {
		inner := strings.TrimSpace(t[i+1 : len(t)-1])
		if o, ok := readAmount(inner); ok && o.Unit.Currency != "" {
			a.Other = &o
		} else if _, isUnit := readUnit(strings.ReplaceAll(inner, " ", "")); isUnit {
			return Amount{}, false
		}
		a.Remark = inner
		t = strings.TrimSpace(t[:i])
	}
	spaced := t
	t = strings.ReplaceAll(t, " ", "")
	if twoNumbers.MatchString(spaced) {
		return Amount{}, false
	}
	bounded := false
	for again := true; again; {
		again = false
		for _, w := range boundBefore {
			if strings.HasPrefix(t, w.text) && !bounded {
				longer := false
				for _, v := range boundBefore {
					longer = longer || len(v.text) > len(w.text) && strings.HasPrefix(t, v.text)
				}
				if longer {
					continue
				}
				t, a.Bound, bounded, again = t[len(w.text):], w.bound, true, true
				break
			}
		}
	}
	for _, w := range boundAfter {
		if strings.HasSuffix(t, w.text) && len(t) > len(w.text) && !bounded {
			t, a.Bound, bounded = strings.TrimSuffix(t, w.text), w.bound, true
		}
	}
	for arrow, sign := range map[string]string{"↑": "+", "▲": "+", "↓": "-", "▼": "-"} {
		if rest, ok := strings.CutPrefix(t, arrow); ok && rest != "" && rest[0] >= '0' && rest[0] <= '9' {
			t = sign + rest
		}
	}
	if rest, ok := strings.CutPrefix(t, "百分之"); ok {
		t = rest + "%"
	}
	// A currency before the number.
	lead := ""
	sign := ""
	if strings.HasPrefix(t, "-") || strings.HasPrefix(t, "+") {
		sign, t = t[:1], t[1:]
	}
	for _, w := range unitWords {
		if w.currency != "" && w.exp == 0 && len(w.text) > len(lead) && strings.HasPrefix(t, w.text) {
			lead = w.text
		}
	}
	t = t[len(lead):]
	if sign == "" && lead != "" && strings.HasPrefix(t, "-") {
		sign, t = "-", t[1:]
	}
	first, rest, ok := takeNumber(t)
	if !ok {
		return Amount{}, false
	}
	first = sign + first
	second := ""
	var firstWords string
	if i := rangeSign(rest); i >= 0 && sign == "" {
		after := strings.TrimLeft(rest[i:], "-~至到")
		after = strings.TrimPrefix(after, "to")
		if lead != "" {
			after = strings.TrimPrefix(after, lead)
		}
		if n, r, ok := takeNumber(after); ok {
			second, firstWords, rest = n, rest[:i], r
		} else {
			return Amount{}, false
		}
	}
	for _, w := range boundAfter {
		if strings.HasSuffix(rest, w.text) && !bounded {
			rest, a.Bound, bounded = strings.TrimSuffix(rest, w.text), w.bound, true
		}
	}
	for _, w := range []string{"多", "余"} {
		if i := strings.Index(rest, w); i >= 0 && !bounded {
			rest, a.Bound, bounded = rest[:i]+rest[i+len(w):], "lower", true
		}
	}
	u := parsedUnit{Unit: Unit{Scale: 1}}
	if rest != "" {
		if u, ok = readUnit(rest); !ok {
			return Amount{}, false
		}
	}
	if lead != "" {
		for _, w := range unitWords {
			if w.text == lead {
				if u.Currency != "" && u.Currency != w.currency {
					return Amount{}, false
				}
				u.Currency = w.currency
			}
		}
	}
	exp := u.exp
	if u.Percent {
		if u.scaled || u.Currency != "" {
			return Amount{}, false
		}
		exp -= 2
	}
	a.Percent, a.Scaled, a.Unit = u.Percent, u.scaled, u.Unit
	if u.Unit != (Unit{Scale: 1}) {
		a.Unit.Text = lead + rest
	} else {
		a.Unit = Unit{}
	}
	if a.Value, ok = decimal(first, exp); !ok {
		return Amount{}, false
	}
	if second != "" {
		lowExp := exp
		if firstWords != "" {
			w, ok := readUnit(firstWords)
			if !ok {
				return Amount{}, false
			}
			lowExp = w.exp
			if w.Percent {
				lowExp -= 2
			}
			if !w.scaled && !w.Percent {
				lowExp = exp
			}
		}
		low, ok1 := decimal(first, lowExp)
		high, ok2 := decimal(second, exp)
		if !ok1 || !ok2 || high < low || bounded && a.Bound != "about" || len(first) > 1 && first[0] == '0' && first[1] != '.' || len(second) > 1 && second[0] == '0' && second[1] != '.' {
			return Amount{}, false
		}
		a.Low, a.High, a.Bound = low, high, "range"
		a.Value = middle(low, high)
	}
	return a, true
}

var twoNumbers = regexp.MustCompile(`\d \d`)

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
			if strings.HasPrefix(rest[i:], "to") && !strings.HasPrefix(rest[i:], "token") {
				return i
			}
		}
	}
	return -1
}

// takeNumber takes the digits, or Chinese numerals, at the start of a text.
func takeNumber(t string) (number, rest string, ok bool) {
	if m := numberHead.FindString(t); m != "" {
		rest = t[len(m):]
		if rest != "" && (rest[0] == ',' || rest[0] == '.' || rest[0] >= '0' && rest[0] <= '9') {
			return "", "", false
		}
		return strings.ReplaceAll(m, ",", ""), rest, true
	}
	return takeChinese(t)
}

var zhDigits = map[rune]int{'零': 0, '〇': 0, '一': 1, '二': 2, '两': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9}
var zhTens = map[rune]int{'十': 10, '百': 100, '千': 1000}

// takeChinese reads Chinese numerals up to 9,999; 万 and 亿 after them are units,
// except within a number such as 一亿二千万.
func takeChinese(t string) (number, rest string, ok bool) {
	total, section, digit, used := 0, 0, -1, 0
	for i, c := range t {
		if d, is := zhDigits[c]; is {
			if digit > 0 {
				return "", "", false
			}
			digit = d
		} else if w, is := zhTens[c]; is {
			if digit < 0 {
				if c != '十' || section != 0 || used > 0 {
					break
				}
				digit = 1
			}
			section += digit * w
			digit = -1
		} else if (c == '万' || c == '亿') && (total > 0 || moreDigits(t[i+len(string(c)):])) {
			w := map[rune]int{'万': 10000, '亿': 100000000}[c]
			if digit > 0 {
				section += digit
			}
			total += section * w
			section, digit = 0, -1
		} else {
			break
		}
		used = i + len(string(c))
	}
	if used == 0 {
		return "", "", false
	}
	if digit > 0 {
		section += digit
	}
	return strconv.Itoa(total + section), t[used:], true
}

func moreDigits(t string) bool {
	for _, c := range t {
		_, is := zhDigits[c]
		return is
	}
	return false
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
