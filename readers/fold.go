package readers

import (
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// normText trims a text and makes runs of white space, line breaks included, one
// space. Its characters stay as typed.
func normText(s string) string {
	if isTidy(s) {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}

// isTidy reports a text without white space but for single spaces between words, as
// nearly all are.
func isTidy(s string) bool {
	space := true
	for i := range len(s) {
		switch c := s[i]; {
		case c == ' ':
			if space {
				return false
			}
			space = true
			continue
		case c < ' ', c == 0xc2, c >= 0xe1 && c <= 0xe3:
			// A control character, or the first byte of one that may be a space:
			// U+0085, U+00A0, U+1680, U+2000 to 205F, U+3000.
			return false
		}
		space = false
	}
	return !space || s == ""
}

// isSimple reports a text of ASCII and of Han characters that folding leaves as
// they are: most names, and their compatibility forms need not be asked for.
func isSimple(s string) bool {
	for _, c := range s {
		if c >= utf8.RuneSelf && (c < 0x4e00 || c > 0x9fa5 || rewritten()[c]) {
			return false
		}
	}
	return true
}

// rewritten are the Han characters that plain or simplify writes as others.
var rewritten = sync.OnceValue(func() map[rune]bool {
	all := map[rune]bool{}
	for i, c := range []rune(traditional) {
		if i%2 == 0 {
			all[c] = true
		}
	}
	for _, c := range plainHan {
		all[c] = true
	}
	return all
})

// foldKey is a text for matching: compatibility forms unified (NFKC), lower case,
// simplified characters, no white space.
func foldKey(s string) string {
	if isSimple(s) {
		return lowerASCII(strings.Join(strings.Fields(s), ""))
	}
	return foldAny(s)
}

func foldAny(s string) string {
	return strings.ToLower(simplify(strings.Join(strings.Fields(norm.NFKC.String(s)), "")))
}

// lowerASCII is a simple text in lower case.
func lowerASCII(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= 'A' && c <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if c := b[i]; c >= 'A' && c <= 'Z' {
					b[i] = c + 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// lowerSimplified is a text in lower case and simplified characters, for words to be
// looked for in it.
func lowerSimplified(s string) string {
	if isSimple(s) {
		return lowerASCII(s)
	}
	return simplify(strings.ToLower(s))
}

// plain is a cell's text for parsing numbers: NFKC, lower case, one kind of minus
// and of range sign, simplified characters.
var plainer = strings.NewReplacer("−", "-", "–", "-", "—", "-", "－", "-", "～", "~", "〜", "~", "億", "亿", "萬", "万", "兩", "两", "點", "点", "圓", "元", "￥", "¥", "，", ",", "。", ".", "（", "(", "）", ")")

// plainHan are the Han characters among what plainer replaces.
const plainHan = "億萬兩點圓"

func plain(s string) string {
	if isSimple(s) {
		return normText(lowerASCII(s))
	}
	return plainAny(s)
}

func plainAny(s string) string {
	if strings.ContainsFunc(s, isSmallDigit) {
		s = markSmallDigits(s)
	}
	return normText(strings.ToLower(simplify(plainer.Replace(norm.NFKC.String(s)))))
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
