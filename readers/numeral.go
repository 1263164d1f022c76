package readers

import (
	"strconv"
	"strings"
)

var zhDigits = map[rune]int{'零': 0, '〇': 0, '一': 1, '二': 2, '两': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9}

var zhTens = map[rune]int64{'十': 10, '百': 100, '千': 1000, '万': 10000, '亿': 100000000}

// takeChinese takes the Chinese numerals at the start of a text: 一亿二千万,
// 三点五 (亿 after it is a unit), 一百二 (120), 一百零二.
//
// A numeral is read only if it is how its number is written: what is read is
// written again and compared, so that 一百一千 or 十百 are no numbers.
func takeChinese(t string) (digits, bool) {
	end := 0
	for i, c := range t {
		_, digit := zhDigits[c]
		if zhTens[c] == 0 && !digit {
			break
		}
		end = i + len(string(c))
	}
	numeral, rest := t[:end], t[end:]
	if numeral == "" {
		return digits{}, false
	}
	if decimals, ok := strings.CutPrefix(rest, "点"); ok {
		return takeChineseDecimals(numeral, decimals)
	}
	if head := strings.TrimRight(numeral, "万亿"); head != "" && !strings.ContainsAny(head, "万亿") {
		numeral, rest = head, t[len(head):] // 三百万: as 300万
	}
	n, ok := chineseNumber(numeral)
	if !ok {
		return digits{}, false
	}
	return digits{text: strconv.FormatInt(n, 10), rest: rest, scaled: strings.ContainsAny(numeral, "万亿")}, true
}

// takeChineseDecimals reads what follows 点: one digit for each place.
func takeChineseDecimals(numeral, t string) (digits, bool) {
	if strings.ContainsAny(numeral, "万亿") {
		return digits{}, false // 一万点五
	}
	n, ok := chineseNumber(numeral)
	places := ""
	for _, c := range t {
		d, is := zhDigits[c]
		if !is || c == '两' {
			break
		}
		places += strconv.Itoa(d)
		t = t[len(string(c)):]
	}
	if !ok || places == "" {
		return digits{}, false
	}
	return digits{text: strconv.FormatInt(n, 10) + "." + places, rest: t}, true
}

// chineseNumber is the number that a numeral spells.
func chineseNumber(numeral string) (int64, bool) {
	var total, section, part, digit int64 // finished 亿s, 万s, tens, and the last digit
	var unit int64 = 1                    // of the character before
	pending := false
	if len(numeral) > 120 {
		return 0, false
	}
	for _, c := range numeral {
		if d, is := zhDigits[c]; is {
			if pending && digit > 0 {
				return 0, false
			}
			if digit, pending = int64(d), true; d == 0 {
				unit = 1
			}
			continue
		}
		w := zhTens[c]
		switch {
		case w < 10000:
			if !pending || digit == 0 {
				digit = 1 // 十二
			}
			part += digit * w
		case w == 10000:
			if part+digit == 0 {
				return 0, false
			}
			section += (part + digit) * w
			part = 0
		default:
			if section+part+digit == 0 {
				return 0, false
			}
			total += (section + part + digit) * w
			section, part = 0, 0
		}
		digit, pending, unit = 0, false, w
		if total > 1e16 || section > 1e12 {
			return 0, false
		}
	}
	n := total + section + part
	spelled := numeral
	if pending && digit > 0 && unit > 10 {
		// 一百二 is 120, 三万五 is 35,000; 一百零二 says otherwise.
		n += digit * unit / 10
		spelled += map[int64]string{100: "十", 1000: "百", 10000: "千", 100000000: "千万"}[unit]
	} else {
		n += digit
	}
	if numeral != "零" && tidyNumeral(spelled) != tidyNumeral(spellChinese(n)) {
		return 0, false
	}
	return n, true
}

// tidyNumeral is a numeral without what may be written in several ways.
func tidyNumeral(s string) string {
	return strings.NewReplacer("零", "", "〇", "", "两", "二", "一十", "十").Replace(s)
}

// spellChinese writes a number from 0 below 10^16 in Chinese numerals.
func spellChinese(n int64) string {
	if n == 0 {
		return "零"
	}
	for _, u := range []struct {
		size int64
		word string
	}{{1e8, "亿"}, {1e4, "万"}, {1000, "千"}, {100, "百"}, {10, "十"}} {
		if n < u.size {
			continue
		}
		k, rest := n/u.size, n%u.size
		s := spellChinese(k) + u.word
		switch {
		case rest == 0:
		case rest < u.size/10:
			s += "零" + spellPart(rest)
		default:
			s += spellPart(rest)
		}
		if u.size == 10 {
			s = strings.TrimPrefix(s, "一")
		}
		return s
	}
	return string([]rune("零一二三四五六七八九")[n])
}

// spellPart writes what follows a magnitude, where ten is 一十.
func spellPart(n int64) string {
	s := spellChinese(n)
	if strings.HasPrefix(s, "十") {
		return "一" + s
	}
	return s
}
