package readers

import (
	"strings"
)

// Some sheets state the unit of their numbers in a note below the table: 注：单位为万人,
// 注：MAU单位为万人，收入单位为亿元, Note: MAU in millions. It speaks where neither header nor
// title nor unit line does.

var (
	unitOfZh = lazily(`([\p{Han}A-Za-z/]*?)\s*(?:的)?(?:计量)?单位\s*(?:均|都)?(?:为|是|:|：)\s*([^，,；;。、\s]+)`)
	unitOfEn = lazily(`(?i)(?:^|[,;.:]\s*)([A-Za-z /]*?)\s*\b(?:is |are )?(?:stated |shown |given )?in ((?:rmb |cny |usd |us\$|\$)?(?:thousands?|millions?|billions?|trillions?|mn|bn|percent|%)(?: (?:rmb|cny|usd|yuan|users|people|tokens))?)\b`)
)

// noteUnits gives the columns the units that the notes below the table state: of one
// metric, or of all.
func (r *region) noteUnits(p *plan) {
	if r.end-r.bottom > turnRows {
		return // what people write by hand; a long list has no note to be searched for
	}
	for row := r.bottom + 1; row <= min(r.end, r.grid.Rows()); row++ {
		filled, first := r.filled(row)
		if filled == 0 || filled > 2 {
			continue
		}
		text := r.text(row, first)
		if len(text) > maxTitle || !isNote(text) && !strings.HasPrefix(simplify(text), "单位") {
			continue
		}
		text = noteLead.ReplaceAllString(text, "")
		for _, form := range []*lazy{unitOfZh, unitOfEn} {
			for _, m := range form.FindAllStringSubmatch(text, -1) {
				r.takeNoteUnit(p, strings.TrimSpace(m[1]), m[2])
			}
		}
	}
}

var noteLead = lazily(`(?i)^\s*(?:备注|说明|注\d*|notes?)\s*[:：]\s*`)

// takeNoteUnit gives a unit to the column of one metric, or to all.
func (r *region) takeNoteUnit(p *plan, metric, unitText string) {
	u, ok := parseUnit(unitText)
	if !ok {
		return
	}
	if metric == "" || allNumbers.MatchString(foldKey(metric)) {
		p.around.lines = append(p.around.lines, said{"单位：" + unitText, "note"})
		return
	}
	name, _ := metricOf(metric)
	for _, c := range r.columns {
		if c.from == "" && (c.metric != "" && c.metric == name || foldKey(c.metricText()) == foldKey(metric)) {
			c.unit, c.from = u, "note"
		}
	}
}

var allNumbers = lazily(`^(?:表中|本表|上表|以上|各项|所有|全部)?(?:数据|数值|数字|金额|figures|values|numbers|all figures|allfigures|data)?$`)
