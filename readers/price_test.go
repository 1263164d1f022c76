package readers

import (
	"fmt"
	"strings"
	"testing"
)

func TestPrices(t *testing.T) {
	none, thousand := Unit{}, Unit{Scale: 1, Currency: "CNY", PerTokens: 1000}
	li := Unit{Scale: 0.001, Currency: "CNY", PerTokens: 1000}
	for _, c := range []struct {
		text string
		unit Unit
		want string // value currency per, free, cached
	}{
		{"0.0005元/千tokens", none, "0.5 CNY"}, {"5厘/千tokens", none, "5 CNY"}, {"0.8厘/千tokens", none, "0.8 CNY"}, {"2分/千tokens", none, "20 CNY"}, {"1元/百万tokens", none, "1 CNY"}, {"15元/百万tokens", none, "15 CNY"}, {"0.0008元/千tokens", none, "0.8 CNY"},
		{"$2.50/1M", none, "2.5 USD"}, {"$60.0 / 1M", none, "60 USD"}, {"$0.03 / 1K tokens", none, "30 USD"}, {"￥0.008/ 1K tokens", none, "8 CNY"}, {"US$0.015/1K tokens", none, "15 USD"},
		{"免费", thousand, "0 CNY free"}, {"Free", thousand, "0 CNY free"}, {"限时免费", thousand, "0 CNY free"}, {"0", thousand, "0 CNY free"},
		{"0.012", thousand, "12 CNY"}, {"0.1", thousand, "100 CNY"}, {"0.8", li, "0.8 CNY"}, {"0.5元", li, "500 CNY"},
		{"35元 ($5)", Unit{PerTokens: 1e6}, "35 CNY"}, {"12.25 元 ($1.75)", Unit{PerTokens: 1e6}, "12.25 CNY"}, {"0.5-0.8", Unit{PerTokens: 1e6, Currency: "CNY"}, "0.65 CNY range 0.5 0.8"},
		{"14.4(缓存击中则打2.5折)", Unit{PerTokens: 1e6, Currency: "CNY"}, "14.4 CNY cached 3.6"}, {"2（缓存命中为0.5）", Unit{PerTokens: 1e6, Currency: "CNY"}, "2 CNY cached 0.5"}, {"40（缓存命中为10）元/百万tokens", none, "40 CNY cached 10"},
		{"0.72（除音频模态外） / 3.6（音频模态）", Unit{PerTokens: 1e6, Currency: "CNY"}, "0.72 CNY"},
		{"8元/百万字符", none, "not per token"}, {"0.1元/次", none, "not per token"},
		// Refused, never a guess.
		{"$3.5.00", none, ""}, {"0.105 * 0.6", none, ""}, {"0:00~8:00 ￥0.01 / 1K tokens", none, ""}, {"面议", none, ""}, {"46%", thousand, ""}, {"128K", thousand, ""}, {"2024年5月", thousand, ""},
	} {
		p, ok := parsePrice(c.text, c.unit)
		got := ""
		switch {
		case ok && p.NotTokens:
			got = "not per token"
		case ok:
			got = fmt.Sprintf("%v %s", p.Value, p.Currency)
			if p.Bound == "range" {
				got += fmt.Sprintf(" range %v %v", p.Low, p.High)
			}
			if p.Free {
				got += " free"
			}
			if p.Cached != nil {
				got += fmt.Sprintf(" cached %v", *p.Cached)
			}
		}
		if strings.TrimSpace(got) != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}

func TestUnits(t *testing.T) {
	for text, want := range map[string]string{
		"元/千tokens": "1 CNY per 1000", "USD/1M tokens": "1 USD per 1e+06", "$/1M tokens": "1 USD per 1e+06", "元/M Tokens": "1 CNY per 1e+06", "美元/1M tokens": "1 USD per 1e+06", "per 1K tokens": "1 per 1000", "厘/千tokens": "0.001 CNY per 1000", "USD per 1M tokens": "1 USD per 1e+06",
		"万人": "10000 persons", "万美金": "10000 USD", "万元": "10000 CNY", "mn": "1e+06", "B": "1e+09", "亿次": "1e+08 count", "US$ bn": "1e+09 USD", "%": "1 %", "亿tokens/日": "1e+08 tokens/day", "billion tokens per day": "1e+09 tokens/day", "2023 USD": "1 USD", "FLOP": "1 FLOP", "个": "1 count", "人民币亿元": "1e+08 CNY", "RMB mn": "1e+06 CNY",
		"from Organization": "", "产品": "", "": "", "K线": "",
	} {
		u, ok := parseUnit(text)
		got := ""
		if ok {
			got = fmt.Sprint(u.Scale)
			for _, s := range []string{u.Currency, u.Of} {
				if s != "" {
					got += " " + s
				}
			}
			if u.Percent {
				got += " %"
			}
			if u.PerTokens > 0 {
				got += fmt.Sprintf(" per %v", u.PerTokens)
			}
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestHeadersAndUnitLines(t *testing.T) {
	for text, want := range map[string][2]string{
		"MRR\n(万美金)": {"MRR", "万美金"}, "月活\n（万人）": {"月活", "万人"}, "Requests (mn)": {"Requests", "mn"}, "Tokens (B)": {"Tokens", "B"}, "输入 元/千tokens": {"输入", "元/千tokens"}, "Input 美元/1M tokens": {"Input", "美元/1M tokens"}, "输入价格（元/M Tokens）": {"输入价格", "元/M Tokens"},
		"下载占比": {"下载占比", ""}, "Country (from Organization)": {"Country (from Organization)", ""}, "95% CI": {"95% CI", ""}, "Arena Score": {"Arena Score", ""},
	} {
		name, unit := splitHeader(text)
		if name != want[0] || unit != want[1] {
			t.Errorf("%q: got %q %q, want %q", text, name, unit, want)
		}
	}
	for text, want := range map[string]float64{"单位：元/千tokens；“免费”指官方不收费；“-”为当期未列出": 1000, "Unit: USD per 1M tokens": 1e6, "Prices in USD per 1M tokens": 1e6, "数据来源：某某    单位：个": 0, "(单位: 元/百万tokens)": 1e6} {
		if u, ok := unitLine(text); !ok || u.PerTokens != want {
			t.Errorf("%q: got %v %v, want per %v", text, u, ok, want)
		}
	}
}

func TestContexts(t *testing.T) {
	for text, want := range map[string]float64{"128K": 128000, "128k": 128000, "1M": 1e6, "1000 万": 1e7, "最大128": 128, "8192": 8192, "128,000": 128000} {
		if got, ok := parseContext(text, false); !ok || got != want {
			t.Errorf("%q: got %v %v, want %v", text, got, ok, want)
		}
	}
	if got, _ := parseContext("10000", true); got != 1e7 {
		t.Errorf("10000 thousands: got %v", got)
	}
	if _, ok := parseContext("32-256", false); ok {
		t.Error("32-256 is no one window")
	}
}
