package readers

import (
	"strings"
)

// Captions such as 全球 and 大陆市场 above tables that stand side by side say which
// region the numbers of each are of. Without it a product that stands in both would
// look like one fact with two values.

// placeAfter is what may follow the name of a region in a caption that says
// nothing else: 海外市场, 国内总榜, Global market.
var placeAfter = lazily(`(?i)^(?:市场|地区|区域|部分|范围|总榜|榜单?|用户|数据|market|only|list|ranking|chart)*$`)

// placeGoesOn is how a caption goes on after the name of a region, folded, where it is
// not the name of a company that begins with one.
var placeGoesOn = lazily(`^(?:[\s\-–—:：·,，|/(]|市场|地区|区域|部分|范围|的|ai|app|智能|生成|大模型|模型|产品|应用|平台|主要|头部|主流|各|用户|下载|月活|日活|流量|访问|调用|备案|份额|占比|价格|总榜|榜|top|\d)`)

// captionPlaces are the regions that captions name, folded, the longest first, and
// how the tables write them: as typed but for 大陆, which is short for 中国大陆.
var captionPlaces = func() (places []struct{ folded, name string }) {
	for _, n := range strings.Split("中国大陆|大陆=中国大陆|内地|全球|海外|境外|国内|出海|全国|中国|北美|东南亚|亚太|欧美|中东|拉美|美国|欧洲|欧盟|日本|韩国|印度|英国|香港|台湾|"+
		"Mainland China|China|Global|Worldwide|Overseas|Domestic|International|Rest of world|United States|USA|US|U.S.|Europe|EU|Japan|India|UK|North America|Asia Pacific|APAC|Southeast Asia", "|") {
		text, name, renamed := strings.Cut(n, "=")
		if !renamed {
			name = text
		}
		places = append(places, struct{ folded, name string }{simplify(strings.ToLower(text)), name})
	}
	return places
}()

// placeIn is the region that a caption begins with, as the caption writes it, and
// whether the caption says nothing else but when.
func placeIn(caption string) (name string, alone bool) {
	t := numbering.ReplaceAllString(normText(caption), "")
	if len(t) > maxTitle {
		return "", false
	}
	t = normText(brackets.ReplaceAllString(t, " "))
	if at, _, ok := locatePeriod(t); ok {
		t = strings.Trim(normText(t[:at[0]]+" "+t[at[1]:]), " -–—:：·,，|/")
	}
	folded := simplify(strings.ToLower(t))
	if len(folded) != len(t) {
		return "", false // a character whose simplified form has another length
	}
	best := -1
	for i, p := range captionPlaces {
		if !strings.HasPrefix(folded, p.folded) || best >= 0 && len(captionPlaces[best].folded) >= len(p.folded) {
			continue
		}
		if rest := folded[len(p.folded):]; rest != "" && (isASCII(p.folded) && (wordByte(rest[0]) || rest[0] == '$') || !isASCII(p.folded) && !placeGoesOn.MatchString(rest)) {
			continue // Indiana, US$ million, 中国移动
		}
		best = i
	}
	if best < 0 {
		return "", false
	}
	p := captionPlaces[best]
	if name = p.name; len(name) == len(p.folded) {
		name = t[:len(p.folded)]
	}
	return name, placeAfter.MatchString(strings.ReplaceAll(folded[len(p.folded):], " ", ""))
}

// placesOf gives each table of a sheet the region that its caption names: where the
// caption says nothing else, or where it begins with one and another table of the
// sheet stands under another (全球 AI App 下载 beside 大陆市场 AI App 下载). One title that
// begins with 中国 says what its sheet is about, not where each number is from.
func placesOf(all []*region) {
	names := make([]string, len(all))
	alone := make([]bool, len(all))
	distinct := map[string]bool{}
	for i, r := range all {
		for _, line := range r.captions {
			if _, unit := unitLine(line); unit || isNote(line) {
				continue
			}
			if names[i], alone[i] = placeIn(line); names[i] != "" {
				distinct[names[i]] = true
				break
			}
		}
	}
	for i, r := range all {
		switch {
		case names[i] != "" && (alone[i] || len(distinct) > 1):
			r.place, r.placeFrom = names[i], "title"
		case names[i] == "":
			if name, only := placeIn(r.name); only {
				r.place, r.placeFrom = name, "sheet"
			}
		}
	}
}
