package readers

import (
	"fmt"
	"math"
	"math/rand"
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
	{"0.1", "0.1 exact"}, {"000063", "63 exact"}, {"1.3万亿tokens", "1.3e+12 exact tokens"},
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

// What is written in any magnitude, currency and bound reads back as itself.
func TestAmountRoundTrip(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	magnitudes := map[string]int{"": 0, "千": 3, "万": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8, "十亿": 9, "百亿": 10, "千亿": 11, "万亿": 12, "萬": 4, "億": 8, "k": 3, "K": 3, "M": 6, " million": 6, "mn": 6, "B": 9, " billion": 9, "bn": 9, "T": 12, " trillion": 12, "tn": 12}
	before := map[string]string{"": "exact", "超": "lower", "近": "about", "约": "about", "over ": "lower", "under ": "upper", "不足": "upper", ">": "lower", "~": "about"}
	currencies := map[string]string{"": "", "元": "CNY", "美元": "USD", "港元": "HKD", "人民币": "CNY"}
	n := 0
	for range 3000 {
		digits := strconv.FormatFloat(math.Trunc(random.Float64()*1e6)/math.Pow10(random.Intn(6)), 'f', -1, 64)
		for m, exp := range magnitudes {
			for b, bound := range before {
				for c, currency := range currencies {
					if random.Intn(40) > 0 {
						continue
					}
					text := b + digits + m + c
					want, _ := strconv.ParseFloat(digits+"e"+strconv.Itoa(exp), 64)
					a, ok := parseAmount(text)
					n++
					if !ok || a.Value != want || a.Bound != bound || a.Unit.Currency != currency {
						t.Fatalf("%q: got %v %s, want %v %s %s", text, ok, describe(a), want, bound, currency)
					}
				}
			}
		}
	}
	if n == 0 {
		t.Fatal("nothing was compared")
	}
	t.Logf("%d spellings", n)
}

// No text makes the parsers panic or gives a number that is none.
func FuzzAmount(f *testing.F) {
	for _, c := range amounts {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if a, ok := parseAmount(s); ok && (math.IsNaN(a.Value) || math.IsInf(a.Value, 0)) {
			t.Errorf("%q gives %v", s, a.Value)
		}
		if p, ok := parsePrice(s, Unit{PerTokens: 1000, Currency: "CNY", Scale: 1}); ok && (math.IsNaN(p.Value) || math.IsInf(p.Value, 0)) {
			t.Errorf("%q gives the price %v", s, p.Value)
		}
		parsePeriod(s)
		findPeriod(s)
		locatePeriod(s)
		splitHeader(s)
		unitLine(s)
		parseContext(s, false)
	})
}
