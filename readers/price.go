package readers

import (
	"strconv"
	"strings"
)

// Price is a price as a cell states it.
type Price struct {
	Value, Low, High float64 // per 1,000,000 tokens when PerTokens is known
	Bound            string
	Free             bool
	Currency         string
	PerTokens        float64  // 0: neither the text nor the unit says
	Cached           *float64 // price on a cache hit, named in the same cell
	Remark           string
	NotTokens        bool // per character, call, image ...
}

var (
	freeText    = lazily(`^(?:限时|永久|完全|官方|全面|全部|目前|现|已|暂时|暂|公测期|长期)?(?:免费|free)(?:开放|使用)?$`)
	firstOf     = lazily(`^([^(]*?)\s*\(([^()]*)\)\s*/.*\(.*\)$`)
	innerRemark = lazily(`^([^()]*\d[^()]*)\(([^()]*)\)\s*((?:元|美元|¥|\$|usd|cny|rmb|厘|分)?\s*/[^()]+)$`)
	cachedIs    = lazily(`(?:缓存|cache).*?(?:为|价|:|=|is|at)\s*[¥$]?(\d+(?:\.\d+)?)`)
	cachedFold  = lazily(`(?:缓存|cache).*?打\s*(\d+(?:\.\d+)?)\s*折`)
)

// parsePrice reads a price. unit is what header, unit column or title say, for
// what the text leaves open. False: no price, or one that the rules do not cover.
func parsePrice(s string, unit Unit) (Price, bool) {
	if len(s) > maxTitle {
		return Price{}, false
	}
	t := plain(s)
	p := Price{Bound: "exact", Currency: unit.Currency, PerTokens: unit.PerTokens}
	if strings.Contains(t, "模态") {
		if m := firstOf.FindStringSubmatch(t); m != nil {
			p.Remark = t[len(m[1]):]
			t = m[1]
		}
	}
	if strings.Contains(t, "(") {
		if m := innerRemark.FindStringSubmatch(t); m != nil {
			t = m[1] + m[3] + "(" + m[2] + ")" // 40(缓存命中为10)元/百万tokens
		}
	}
	main := t
	if i := strings.IndexByte(t, '('); i > 0 {
		main = strings.TrimSpace(t[:i])
	}
	if (strings.Contains(main, "免费") || strings.Contains(main, "fr")) && freeText.MatchString(strings.ReplaceAll(main, " ", "")) {
		p.Free = true
		return p, true
	}
	a, ok := readAmount(t)
	if !ok || a.Percent || a.Unit.Of != "" {
		if strings.Contains(main, "/") && notPerToken.MatchString(strings.ReplaceAll(main, " ", "")) {
			p.NotTokens = true
			return p, true
		}
		return Price{}, false
	}
	return priceOf(a, p, unit)
}

// priceOf completes a price by the amount that a cell states.
func priceOf(a Amount, p Price, unit Unit) (Price, bool) {
	if a.Scaled && a.Unit.Currency == "" {
		return Price{}, false
	}
	if a.Unit.Per != "" {
		p.NotTokens = true
		return p, true
	}
	if a.Unit.Currency != "" {
		p.Currency = a.Unit.currencyIn(unit)
	}
	if a.Unit.PerTokens > 0 {
		p.PerTokens = a.Unit.PerTokens
	} else if unit.Per != "" && unit.PerTokens == 0 {
		p.NotTokens = true
		return p, true
	}
	if a.Unit.Currency == "" && unit.Scale != 0 && unit.Scale != 1 {
		a = a.scaled(unit.Scale)
	}
	if p.PerTokens > 0 {
		a = a.perMillion(p.PerTokens)
	}
	p.Value, p.Low, p.High, p.Bound = a.Value, a.Low, a.High, a.Bound
	p.Free = p.Value == 0
	if p.Remark == "" {
		p.Remark = a.Remark
	}
	if p.Remark == "" {
		return p, true
	}
	if m := cachedFold.FindStringSubmatch(p.Remark); m != nil {
		if v, err := strconv.ParseFloat(m[1], 64); err == nil {
			part := v / 10
			if v >= 10 {
				part = v / 100
			}
			c := middle(p.Value*part, p.Value*part)
			p.Cached = &c
		}
	} else if m := cachedIs.FindStringSubmatch(p.Remark); m != nil {
		if v, err := strconv.ParseFloat(m[1], 64); err == nil {
			c := Amount{Value: v}
			if a.Unit.Currency == "" && unit.Scale != 0 && unit.Scale != 1 {
				c = c.scaled(unit.Scale)
			}
			if p.PerTokens > 0 {
				c = c.perMillion(p.PerTokens)
			}
			p.Cached = &c.Value
		}
	}
	return p, true
}

var notPerToken = lazily(`/(?:1|1k|k|千|万|百万)?(?:字符|字|character|char|次|request|call|张|image|秒|second|分钟|minute|小时|页)`)

// perMillion turns a price per so many tokens into one per million.
func (a Amount) perMillion(per float64) Amount {
	if per == 1e6 {
		return a
	}
	return a.scaled(1e6 / per)
}

var bothSides = lazily(`(?i)^\s*(?:输入|input)\s*(?:价格?)?\s*[:：]?\s*(.+?)\s*(?:<br\s*/?>|[/,，;；、\n]|\s)\s*(?:输出|output)\s*(?:价格?)?\s*[:：]?\s*(.+?)\s*$`)

// splitSides takes a cell apart that states both sides: 输入2元，输出8元.
func splitSides(s string) (input, output string, ok bool) {
	if len(s) > maxTitle {
		return "", "", false
	}
	m := bothSides.FindStringSubmatch(s)
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}

var contextText = lazily(`^(?:最大|最高|up to |max )?(\d+(?:\.\d+)?)\s*(k|m|千|万|百万)?(?:\s*(?:tokens?|个?字))?$`)

// parseContext reads a context window in tokens: 128K is 128,000. thousands says
// that bare numbers are thousands.
func parseContext(s string, thousands bool) (float64, bool) {
	m := contextText.FindStringSubmatch(strings.ReplaceAll(plain(s), ",", ""))
	if m == nil {
		return 0, false
	}
	exp := map[string]int{"": 0, "k": 3, "千": 3, "m": 6, "百万": 6, "万": 4}[m[2]]
	if m[2] == "" && thousands {
		exp = 3
	}
	return decimal(m[1], exp)
}
