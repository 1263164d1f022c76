package readers

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// normText trims a text and makes runs of white space, line breaks included, one
// space. Its characters stay as typed.
func normText(s string) string { return strings.Join(strings.Fields(s), " ") }

// foldKey is a text for matching: compatibility forms unified (NFKC), lower case,
// no white space.
func foldKey(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(norm.NFKC.String(s)), ""))
}

// plain is a cell's text for parsing numbers: NFKC, lower case, one kind of minus
// and of range sign, simplified magnitudes.
var plainer = strings.NewReplacer("−", "-", "–", "-", "—", "-", "－", "-", "～", "~", "〜", "~", "億", "亿", "萬", "万", "兩", "两", "點", "点", "圓", "元", "￥", "¥", "，", ",", "。", ".", "（", "(", "）", ")")

func plain(s string) string {
	return normText(strings.ToLower(plainer.Replace(norm.NFKC.String(s))))
}
