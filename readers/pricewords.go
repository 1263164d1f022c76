package readers

import (
	"strings"
)

// priceWord is a word that headers of price columns are composed of.
type priceWord struct {
	means string // what it adds to the header; "" for words that add nothing
	text  string // spellings separated by |, folded
}

// priceWords are data: a header that is made of nothing but these words, and of
// a unit, is a price column. What no list of whole headers can hold, it reads:
// 百万tokens输入价格（缓存未命中）, Base input tokens, 输入现价, Price per 1M tokens.
var priceWords = []priceWord{
	{"other", "缓存写入|写入缓存|缓存创建|缓存存储|显式缓存创建|cachewrites|cachewrite|cachecreation|cachestorage|批量推理|批量|批处理|batchapi|batch|微调训练语料|微调训练|微调|精调|训练语料|训练|fine-tuning|finetuning|training|夜间|错峰|闲时|低峰|低谷|非高峰|优惠时段|折扣时段|off-peak|offpeak"},
	{"miss", "缓存未命中|未命中缓存|未命中|非缓存|cachemiss|uncached|non-cached"},
	{"cached", "缓存命中|命中缓存|缓存输入|缓存读取|隐式缓存|缓存|cachehits&refreshes|cachehits|cachehit|cachereads|cacheread|cachedinput|cached|cachedprompt"},
	{"input", "输入|提问|input|prompt"},
	{"output", "输出|回答|补全|output|completion"},
	{"before", "原价|原|调价前|降价前|调整前|旧|old|previous|before|original"},
	{"now", "现价|现|调价后|降价后|调整后|新|最新|new|current|after|now"},
	{"price", "刊例价|目录价|价格|单价|定价|报价|标价|价|费用|prices|price|pricing"},
	{"", "收费|计费|cost|costs|rate|tokens|token|texts|text|文本模态|文本|标准时段|标准|推理|standard|base|list|api|模型|每|的|of|for|from|per|and|5m|1h|with|5min|内容"},
}

// perTokensIn is a price's denominator inside a longer text, with a currency
// right before it or without.
var perTokensIn = lazily(`(?i)(?:(?:元|美元|美金|人民币|usd|us\$|\$|rmb|cny|¥|￥|eur|€)\s*)?(?:/|每|per\s*|以每)\s*(?:1,000,000|1000000|1,000|1000|1\s*million|million|1k|k|1m|m|千|百万|100万|10万|一百万|1千|一千)?\s*(?:个)?\s*(?:mtoks?|tokens?|toks?|词元)`)

var perTokensFirst = lazily(`^(?:1,000,000|1000000|1,000|1000|1k|k|1m|m|千|百万|一百万|一千|1million|million)(?:个)?(?:tokens?|词元)`)

// priceHeader reads a folded header that is made of price words only.
func priceHeader(k string) (known, bool) {
	if len(k) < 3 || len(k) > 120 {
		return known{}, false
	}
	var unit string
	if !strings.Contains(k, "tok") && !strings.Contains(k, "词元") {
		// no unit inside
	} else if at := perTokensIn.FindStringIndex(k); at != nil {
		if u, ok := parseUnit(k[at[0]:at[1]]); ok && u.PerTokens > 0 {
			unit = k[at[0]:at[1]]
			k = k[:at[0]] + k[at[1]:]
		}
	} else if head := perTokensFirst.FindString(k); head != "" {
		if _, ok := parseUnit("/" + head); ok {
			unit, k = "/"+head, k[len(head):]
		}
	}
	says := map[string]bool{}
	for k != "" {
		if i := strings.IndexAny(k, "()[]（）【】/-_:：·,，、&+. "); i == 0 {
			k = k[1:]
			continue
		}
		trimmed := strings.TrimLeft(k, "（）【】：，、·")
		if trimmed != k {
			k = trimmed
			continue
		}
		best, means := 0, ""
		for _, w := range priceWords {
			for rest := w.text; rest != ""; {
				word := rest
				if i := strings.IndexByte(rest, '|'); i >= 0 {
					word, rest = rest[:i], rest[i+1:]
				} else {
					rest = ""
				}
				if len(word) > best && strings.HasPrefix(k, word) {
					best, means = len(word), w.means
				}
			}
		}
		if best == 0 {
			return known{}, false
		}
		says[means] = true
		k = k[best:]
	}
	e := known{rank: 2, unit: unit}
	side := says["input"] || says["output"] || says["cached"] || says["miss"]
	switch {
	case !side && !says["price"] && !says["other"]:
		return known{}, false
	case says["other"] && (side || says["price"]):
		e.role = roleNotPrice
		return e, true
	case says["other"], says["before"] && says["now"]:
		return known{}, false
	case says["cached"] && says["output"], says["cached"] && says["miss"], says["miss"] && says["output"]:
		return known{}, false
	case says["cached"]:
		e.role = roleCached
	case says["input"] && says["output"]:
		if !says["price"] {
			return known{}, false
		}
		e.role = roleFlat
	case says["input"], says["miss"]:
		e.role = roleInput
	case says["output"]:
		e.role = roleOutput
	default:
		e.role = roleFlat
	}
	switch {
	case says["before"]:
		e.side, e.role = sideOf(e.role), roleBefore
	case says["now"]:
		e.side, e.role = sideOf(e.role), roleNow
	}
	return e, true
}

// sideOf is the price kind of a column of one side, "" for one of neither.
func sideOf(r role) string {
	switch r {
	case roleInput, roleOutput, roleCached:
		return r.kind()
	}
	return ""
}
