package readers

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Unit is what a header's bracket, a unit line or a cell says about its numbers.
type Unit struct {
	Scale     float64 // factor to base units; 0 or 1: none
	Currency  string  // ISO 4217
	Percent   bool
	Per       string  // day, week, month, year, or what is no token: character, call ...
	Of        string  // persons, tokens, count, FLOP ...
	PerTokens float64 // of a price: per so many tokens; 0: not a price per tokens
	Text      string  // as typed
	Sign      string  // ¥, 元, $ or pt: what is short for several things, for the sheet to say
}

// unitWord is a word that a unit is made of. Exp is a power of ten.
type unitWord struct {
	text     string
	exp      int
	currency string
	of       string
	percent  bool
}

// unitWords, longest first within a first letter: the longest match wins.
var unitWords = []unitWord{
	{text: "万亿", exp: 12}, {text: "千亿", exp: 11}, {text: "百亿", exp: 10}, {text: "十亿", exp: 9}, {text: "亿", exp: 8},
	{text: "千万", exp: 7}, {text: "百万", exp: 6}, {text: "十万", exp: 5}, {text: "万", exp: 4}, {text: "千", exp: 3},
	{text: "thousands", exp: 3}, {text: "thousand", exp: 3}, {text: "millions", exp: 6}, {text: "million", exp: 6}, {text: "billions", exp: 9}, {text: "billion", exp: 9}, {text: "trillions", exp: 12}, {text: "trillion", exp: 12},
	{text: "'000s", exp: 3}, {text: "'000", exp: 3}, {text: "’000", exp: 3}, {text: "000s", exp: 3}, {text: "000's", exp: 3},
	{text: "usdollars", currency: "USD"}, {text: "usdollar", currency: "USD"}, {text: "u.s.dollar", currency: "USD"}, {text: "renminbi", currency: "CNY"}, {text: "chineseyuan", currency: "CNY"},
	{text: "mn", exp: 6}, {text: "mm", exp: 6}, {text: "bn", exp: 9}, {text: "tn", exp: 12}, {text: "tr", exp: 12},
	{text: "k", exp: 3}, {text: "m", exp: 6}, {text: "b", exp: 9}, {text: "t", exp: 12},
	{text: "人民币元", currency: "CNY"}, {text: "元人民币", currency: "CNY"}, {text: "人民币", currency: "CNY"}, {text: "rmb", currency: "CNY"}, {text: "cny", currency: "CNY"}, {text: "yuan", currency: "CNY"},
	{text: "美元", currency: "USD"}, {text: "美金", currency: "USD"}, {text: "us$", currency: "USD"}, {text: "usd", currency: "USD"}, {text: "u.s.dollars", currency: "USD"}, {text: "dollars", currency: "USD"},
	{text: "hk$", currency: "HKD"}, {text: "hkd", currency: "HKD"}, {text: "港元", currency: "HKD"}, {text: "港币", currency: "HKD"},
	{text: "欧元", currency: "EUR"}, {text: "eur", currency: "EUR"}, {text: "euros", currency: "EUR"}, {text: "euro", currency: "EUR"}, {text: "€", currency: "EUR"}, {text: "日元", currency: "JPY"}, {text: "日圆", currency: "JPY"}, {text: "円", currency: "JPY"}, {text: "jp¥", currency: "JPY"}, {text: "jpy", currency: "JPY"}, {text: "yen", currency: "JPY"}, {text: "英镑", currency: "GBP"}, {text: "gbp", currency: "GBP"}, {text: "£", currency: "GBP"},
	{text: "新台币", currency: "TWD"}, {text: "台币", currency: "TWD"}, {text: "nt$", currency: "TWD"}, {text: "twd", currency: "TWD"}, {text: "韩元", currency: "KRW"}, {text: "₩", currency: "KRW"}, {text: "krw", currency: "KRW"}, {text: "新加坡元", currency: "SGD"}, {text: "s$", currency: "SGD"}, {text: "sgd", currency: "SGD"}, {text: "澳元", currency: "AUD"}, {text: "a$", currency: "AUD"}, {text: "aud", currency: "AUD"}, {text: "加元", currency: "CAD"}, {text: "c$", currency: "CAD"}, {text: "cad", currency: "CAD"}, {text: "瑞士法郎", currency: "CHF"}, {text: "chf", currency: "CHF"}, {text: "卢比", currency: "INR"}, {text: "₹", currency: "INR"}, {text: "inr", currency: "INR"},
	{text: "cn¥", currency: "CNY"}, {text: "rmb¥", currency: "CNY"}, {text: "usd$", currency: "USD"},
	{text: "元", currency: "CNY"}, {text: "块", currency: "CNY"}, {text: "¥", currency: "CNY"}, {text: "$", currency: "USD"},
	{text: "厘", exp: -3, currency: "CNY"}, {text: "分钱", exp: -2, currency: "CNY"}, {text: "角", exp: -1, currency: "CNY"}, {text: "cents", exp: -2, currency: "USD"},
	{text: "人次", of: "count"}, {text: "人", of: "persons"}, {text: "户", of: "persons"}, {text: "位", of: "persons"}, {text: "名", of: "persons"}, {text: "users", of: "persons"}, {text: "people", of: "persons"}, {text: "persons", of: "persons"}, {text: "person", of: "persons"},
	{text: "tokens", of: "tokens"}, {text: "token", of: "tokens"}, {text: "词元", of: "tokens"},
	{text: "flops", of: "FLOP"}, {text: "flop", of: "FLOP"},
	{text: "个模型", of: "models"}, {text: "款模型", of: "models"}, {text: "个大模型", of: "models"}, {text: "款大模型", of: "models"}, {text: "models", of: "models"}, {text: "个服务", of: "services"}, {text: "款服务", of: "services"}, {text: "项服务", of: "services"}, {text: "services", of: "services"},
	{text: "次", of: "count"}, {text: "个", of: "count"}, {text: "款", of: "count"}, {text: "家", of: "count"}, {text: "项", of: "count"}, {text: "件", of: "count"}, {text: "条", of: "count"}, {text: "种", of: "count"}, {text: "票", of: "count"}, {text: "times", of: "count"}, {text: "visits", of: "count"}, {text: "downloads", of: "count"}, {text: "requests", of: "count"}, {text: "calls", of: "count"},
	{text: "分钟", of: "minutes"}, {text: "minutes", of: "minutes"}, {text: "mins", of: "minutes"}, {text: "min", of: "minutes"}, {text: "小时", of: "hours"}, {text: "hours", of: "hours"}, {text: "hrs", of: "hours"}, {text: "秒", of: "seconds"}, {text: "seconds", of: "seconds"}, {text: "天", of: "days"}, {text: "days", of: "days"},
	{text: "points", of: "points"}, {text: "分", of: "points"},
	{text: "%", percent: true}, {text: "百分比", percent: true}, {text: "percent", percent: true}, {text: "pct", percent: true}, {text: "个百分点", percent: true}, {text: "百分点", percent: true}, {text: "ppts", percent: true}, {text: "pts", percent: true}, {text: "pt", percent: true}, {text: "pp", percent: true},
}

// perTokens are the denominators of a price per tokens.
var perTokens = lazily(`^(?:per)?(1|1,000|1000|1k|k|千|千个|1千|一千|1,000,000|1000000|1m|m|mm|million|1million|百万|百万个|1百万|100万|100万个|一百万|万|1万|10k|10万|亿|1亿)?(tokens?|tok|toks|词元|mtoks?)?$`)

var tokenCounts = map[string]float64{
	"": 1, "1": 1, "1,000": 1e3, "1000": 1e3, "1k": 1e3, "k": 1e3, "千": 1e3, "千个": 1e3, "1千": 1e3, "一千": 1e3, "1,000,000": 1e6, "1000000": 1e6, "1m": 1e6, "m": 1e6, "mm": 1e6, "million": 1e6, "1million": 1e6,
	"百万": 1e6, "百万个": 1e6, "1百万": 1e6, "100万": 1e6, "100万个": 1e6, "10万": 1e5, "一百万": 1e6, "万": 1e4, "1万": 1e4, "10k": 1e4, "亿": 1e8, "1亿": 1e8,
}

var timeWords = map[string]string{"day": "day", "d": "day", "日": "day", "天": "day", "week": "week", "周": "week", "月": "month", "month": "month", "mo": "month", "年": "year", "year": "year", "yr": "year", "季": "quarter", "quarter": "quarter"}

var notTokens = lazily(`^(?:1|1k|k|1,000|1000|千|万|百万|1m|m)?(?:字符|字|characters?|chars?|次|request|requests?|call|calls|张|image|images|秒|second|seconds|分钟|minute|minutes|小时|hour|页|page|query|queries|条|个|user|users|seat|人|用户)$`)

// parsedUnit is a Unit before its scale becomes a factor.
type parsedUnit struct {
	Unit
	exp       int
	scaled    bool
	notTokens bool
}

// readUnit reads a folded text that is nothing but a unit.
func readUnit(t string) (parsedUnit, bool) {
	var u parsedUnit
	t = strings.TrimPrefix(t, "单位")
	t = strings.Trim(t, ":：()[]")
	if len(t) > 4 && yearHead.MatchString(t) {
		t = t[4:] // 2023USD: constant dollars
	}
	num, den, has := t, "", false
	for _, cut := range []string{"/", "每", "per"} {
		if i := strings.Index(t, cut); i >= 0 && !strings.HasPrefix(t[i:], "percent") && !strings.HasPrefix(t[i:], "person") {
			num, den, has = t[:i], t[i+len(cut):], true
			break
		}
	}
	if has {
		den = strings.TrimPrefix(den, "per")
		switch {
		case timeWords[den] != "":
			u.Per = timeWords[den]
		case notTokens.MatchString(den):
			u.notTokens, u.Per = true, den
		default:
			m := perTokens.FindStringSubmatch(den)
			if m == nil || m[1] == "" && m[2] == "" {
				return u, false
			}
			u.PerTokens = tokenCounts[m[1]]
			if m[2] == "" && u.PerTokens < 1000 {
				return u, false
			}
			if strings.HasPrefix(m[2], "mtok") {
				u.PerTokens = 1e6
			}
		}
	}
	for num != "" {
		best := unitWord{}
		for _, w := range unitWords {
			if len(w.text) > len(best.text) && strings.HasPrefix(num, w.text) {
				best = w
			}
		}
		switch {
		case best.text == "",
			best.currency != "" && u.Currency != "" && u.Currency != best.currency && best.text != "$",
			best.of != "" && u.Of != "", best.percent && u.Percent:
			return u, false
		}
		if best.exp != 0 {
			if u.scaled && best.currency == "" {
				return u, false
			}
			u.exp += best.exp
			u.scaled = true
		}
		if best.currency != "" && u.Currency == "" {
			u.Currency = best.currency
			switch best.text {
			case "¥", "元", "块", "$":
				u.Sign = best.text
			}
		}
		if best.percent && (best.text == "pt" || best.text == "pts") {
			u.Sign = "pt"
		}
		if best.of != "" {
			u.Of = best.of
		}
		u.Percent = u.Percent || best.percent
		num = num[len(best.text):]
	}
	if u.Of == "points" && u.PerTokens > 0 && u.Currency == "" && strings.HasPrefix(t, "分") {
		u.Of, u.Currency, u.exp, u.scaled = "", "CNY", u.exp-2, true // 分, a hundredth of a yuan
	}
	if u.Of == "tokens" && u.Per == "day" {
		u.Of = "tokens/day"
	}
	if u == (parsedUnit{}) {
		return u, false
	}
	u.Scale = 1
	if u.exp != 0 {
		u.Scale, _ = strconv.ParseFloat("1e"+strconv.Itoa(u.exp), 64)
	}
	return u, true
}

var yearHead = lazily(`^(19|20)\d\d[^0-9]`)

// currencyIn is the currency of an amount beside what the sheet says: a bare ¥
// is the yen of a sheet in yen, 元 what a header such as 港元 or 万美元 is short
// for, and $ the dollar that the sheet names. Else ¥ and 元 are CNY and $ is USD.
func (u Unit) currencyIn(sheet Unit) string {
	switch u.Sign {
	case "¥":
		if sheet.Currency == "JPY" {
			return sheet.Currency
		}
	case "元", "块":
		if sheet.Currency != "" && strings.Contains(sheet.Text, "元") {
			return sheet.Currency
		}
	case "$":
		switch sheet.Currency {
		case "HKD", "TWD", "SGD", "AUD", "CAD":
			return sheet.Currency
		}
	}
	return u.Currency
}

// parseUnit reads a text that is a unit and nothing else: 元/千tokens, 万人,
// USD/1M tokens, mn, %.
func parseUnit(s string) (Unit, bool) {
	t := plain(s)
	if strings.Contains(t, " of ") || strings.HasPrefix(t, "in ") || strings.Contains(t, " in ") {
		t = unitPhrase.ReplaceAllString(" "+t+" ", " ") // in thousands of US dollars
	}
	t = strings.ReplaceAll(t, " ", "")
	if t == "" {
		return Unit{}, false
	}
	u, ok := readUnit(t)
	if !ok {
		return Unit{}, false
	}
	u.Text = normText(s)
	return u.Unit, true
}

// unitPhrase are the words between the parts of a unit that is written out.
var unitPhrase = lazily(` (?:in|of)(?: the)? `)

var (
	tailBracket = lazily(`^(.*?)\s*[(（\[【]([^()（）\[\]【】]*)[)）\]】]\s*$`)
	tailWord    = lazily(`^(.+?)[\s,，:：]+(\S+(?:\s+\S+)?)$`)
)

// splitHeader takes the unit off a header: a trailing bracket, or after a space or
// line break, if what stands there is a unit. Otherwise unit is "".
func splitHeader(s string) (name, unit string) {
	if len(s) > maxTitle {
		return s, ""
	}
	t := normText(s)
	// Names are asked too, tens of thousands of them: most have neither.
	if last, _ := utf8.DecodeLastRuneInString(t); strings.ContainsRune(")）]】", last) {
		if m := tailBracket.FindStringSubmatch(t); m != nil && m[1] != "" {
			if _, ok := parseUnit(m[2]); ok {
				return m[1], m[2]
			}
			if unit, rest := unitAmong(m[2]); unit != "" {
				if rest == "" {
					return m[1], unit
				}
				inner := strings.Index(t[len(m[1]):], m[2]) + len(m[1])
				return t[:inner] + rest + t[inner+len(m[2]):], unit // brackets and spaces as typed
			}
			return s, ""
		}
	}
	if !strings.ContainsAny(t, " ,，:：") {
		return s, ""
	}
	if m := tailWord.FindStringSubmatch(t); m != nil {
		// One word alone is a unit after a space only when it cannot be a name.
		if u, ok := parseUnit(m[2]); ok && (u.PerTokens > 0 || u.Currency != "" || hasHan(m[2]) || u.Percent) {
			return m[1], m[2]
		}
	}
	return s, ""
}

// unitAmong is the one unit in a bracket of several pieces, and the other pieces: 万 and
// App端 of App端，万. Pieces that say no more of the number than how sure it is (估算) are
// left out. Of two units neither is known to be meant.
func unitAmong(bracket string) (unit, rest string) {
	if !strings.ContainsAny(bracket, ",，;；") {
		return "", ""
	}
	var others []string
	for _, piece := range strings.FieldsFunc(bracket, func(c rune) bool { return strings.ContainsRune(",，;；", c) }) {
		piece = strings.TrimSpace(piece)
		switch _, ok := parseUnit(piece); {
		case ok && unit != "":
			return "", ""
		case ok:
			unit = piece
		case !neutralRemark.MatchString(foldKey(piece)):
			others = append(others, piece)
		}
	}
	return unit, strings.Join(others, ", ")
}

// neutralRemark is a remark on a metric that makes it no other metric, folded.
var neutralRemark = lazily(`^(?:估算值?|估计值?|预估|估|约|约数|未经审计|经审计|含税|不含税|单位|数据来源.*|来源.*|注\d*|见注.*|est\.?|estimated|estimates?|approx\.?|unaudited|audited|source.*|note.*)?$`)

var unitLead = lazily(`(?i)(?:单位|计量单位|价格单位|unit|units|prices? in|in)\s*[:：]?\s*([^;；。,，]*)`)

// unitLine reads a line such as 单位：元/千tokens；… or Unit: USD per 1M tokens.
func unitLine(s string) (Unit, bool) {
	if len(s) > maxTitle {
		return Unit{}, false
	}
	for _, m := range unitLead.FindAllStringSubmatch(s, -1) {
		text := strings.Trim(m[1], " ()（）")
		if u, ok := parseUnit(text); ok {
			return u, true
		}
		if first, _, cut := strings.Cut(text, " "); cut {
			if u, ok := parseUnit(first); ok {
				return u, true
			}
		}
	}
	return Unit{}, false
}
