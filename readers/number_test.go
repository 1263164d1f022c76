package readers

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// amounts are spellings seen in real sheets and what they mean. want is value,
// bound and unit; "" refuses.
var amounts = []struct{ text, want string }{
	{"1200亿", "1.2e+11 exact"}, {"超1.3万亿", "1.3e+12 lower"}, {"突破30万亿", "3e+13 lower"}, {"超过50万亿", "5e+13 lower"}, {"63萬億", "6.3e+13 exact"},
	{"近1.87亿", "1.87e+08 about"}, {"3600万以上", "3.6e+07 lower"}, {"992.6万", "9.926e+06 exact"}, {"15520万", "1.552e+08 exact"}, {"约３０００万", "3e+07 about"},
	{"1,100.9亿", "1.1009e+11 exact"}, {"一千八百万", "1.8e+07 exact"}, {"三千五百万", "3.5e+07 exact"}, {"两亿", "2e+08 exact"}, {"十二", "12 exact"}, {"一百二十亿", "1.2e+10 exact"}, {"一亿二千万", "1.2e+08 exact"},
	{"2.2亿元", "2.2e+08 exact CNY"}, {"超10亿元", "1e+09 lower CNY"}, {"12-13元", "12.5 range 12 13 CNY"}, {"120-130万", "1.25e+06 range 1.2e+06 1.3e+06"}, {"100万至120万", "1.1e+06 range 1e+06 1.2e+06"}, {"2-3 million", "2.5e+06 range 2e+06 3e+06"},
	{"309个", "309 exact count"}, {"302款", "302 exact count"}, {"over 309", "309 lower"}, {"more than 190", "190 lower"}, {"<1%", "0.01 upper %"}, {"不足800万", "8e+06 upper"}, {"低于50万", "500000 upper"}, {"200万左右", "2e+06 about"},
	{"167.91 million", "1.6791e+08 exact"}, {"roughly 15 billion RMB", "1.5e+10 about CNY"}, {"US$79,038k", "7.9038e+07 exact USD"}, {"RMB4.72bn", "4.72e+09 exact CNY"}, {"4.25T", "4.25e+12 exact"}, {"886B", "8.86e+11 exact"}, {"4.64e+26", "4.64e+26 exact"},
	{"20M+", "2e+07 lower"}, {"~16.5M", "1.65e+07 about"}, {"+5.33%", "0.0533 exact %"}, {"−40.3%", "-0.403 exact %"}, {"+13.2pt", "0.132 exact %"}, {"46.4％", "0.464 exact %"}, {"百分之九十七", "0.97 exact %"}, {"30元", "30 exact CNY"}, {"$20", "20 exact USD"}, {"¥1.5亿", "1.5e+08 exact CNY"}, {"-3.5", "-3.5 exact"},
	{"0.1", "0.1 exact"}, {"000063", ""}, {"1.3万亿tokens", "1.3e+12 exact tokens"},
	// Refused: two readings, or none.
	{"1.2.3", ""}, {"$3.5.00", ""}, {"12/13", ""}, {"0.105 * 0.6", ""}, {"1,23,4", ""}, {"2 3", ""}, {"GPT-4", ""}, {"1.000,5", ""}, {"2024-05", ""}, {"new", ""}, {"???", ""}, {"+3/-4", ""}, {"待补", ""}, {"1:1", ""}, {"v3.5", ""}, {"13-12元", ""}, {"3元 4元", ""}, {"100 apples", ""}, {"1e999", ""}, {"", ""},
}

func describe(a Amount) string {
	s := strconv.FormatFloat(a.Value, 'g', -1, 64) + " " + a.Bound
	if a.Bound == "range" {
		s += fmt.Sprintf(" %v %v", a.Low, a.High)
	}
	if a.Percent {
		s += " %"
	}
	return strings.TrimSpace(s + " " + a.Unit.Currency + a.Unit.Of)
}

func TestAmounts(t *testing.T) {
	for _, c := range amounts {
		a, ok := parseAmount(c.text)
		got := ""
		if ok {
			got = describe(a)
		}
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}
