package readers

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// normText trims a text and makes runs of white space, line breaks included, one
// space. Its characters stay as typed.
func normText(s string) string { return strings.Join(strings.Fields(s), " ") }

// foldKey is a text for matching: compatibility forms unified (NFKC), lower case,
// simplified characters, no white space.
func foldKey(s string) string {
	return strings.ToLower(simplify(strings.Join(strings.Fields(norm.NFKC.String(s)), "")))
}

// plain is a cell's text for parsing numbers: NFKC, lower case, one kind of minus
// and of range sign, simplified magnitudes.
var plainer = strings.NewReplacer("−", "-", "–", "-", "—", "-", "－", "-", "～", "~", "〜", "~", "億", "亿", "萬", "万", "兩", "两", "點", "点", "圓", "元", "￥", "¥", "，", ",", "。", ".", "（", "(", "）", ")")

func plain(s string) string {
	if strings.ContainsFunc(s, isSmallDigit) {
		s = markSmallDigits(s)
	}
	return normText(strings.ToLower(plainer.Replace(norm.NFKC.String(s))))
}

// isSmallDigit reports digits that NFKC would join to the number before them:
// superscripts, subscripts, fractions and numbers in circles.
func isSmallDigit(c rune) bool {
	return c >= 0xb2 && (c <= 0xb3 || c == 0xb9 || c >= 0xbc && c <= 0xbe || c >= 0x2070 && c <= 0x2089 || c >= 0x2150 && c <= 0x215f || c >= 0x2460 && c <= 0x249b || c == 0x24ea)
}

// markSmallDigits keeps such digits apart: 10²⁶ becomes 10^26; a footnote mark
// such as ① becomes a sign that belongs to no number.
func markSmallDigits(s string) string {
	var b strings.Builder
	raised := false
	for _, c := range s {
		super := c == 0xb2 || c == 0xb3 || c == 0xb9 || c >= 0x2070 && c <= 0x207b
		switch {
		case super:
			if !raised {
				b.WriteByte('^')
			}
			b.WriteString(norm.NFKC.String(string(c)))
		case isSmallDigit(c):
			b.WriteRune('\ufffd')
		default:
			b.WriteRune(c)
		}
		raised = super
	}
	return b.String()
}
