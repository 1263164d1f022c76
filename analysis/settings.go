package analysis

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// setting is one parameter that a workbook's settings table may override.
type setting struct {
	key   string   // canonical, as Params has it
	also  []string // other spellings
	value string   // what is wanted, for the finding: a catalog key
	set   func(*Params, string) bool
}

// settings are the overridable parameters, by key.
var settings = []setting{
	{"active_mau", []string{"活跃月活门槛", "活跃门槛"}, "setting.number", func(p *Params, s string) bool {
		return setFloat(&p.ActiveMAU, s, func(v float64) bool { return v > 0 && !math.IsInf(v, 0) })
	}},
	{"as_of", []string{"截至日期", "截止日", "截止日期", "基准日", "as of date"}, "setting.date", func(p *Params, s string) bool {
		d, ok := dateText(s)
		if ok {
			p.AsOf = d
		}
		return ok
	}},
	{"blend_input", []string{"输入权重"}, "setting.number", func(p *Params, s string) bool {
		return setFloat(&p.BlendInput, s, func(v float64) bool { return v >= 0 && v+p.BlendOutput > 0 })
	}},
	{"blend_output", []string{"输出权重"}, "setting.number", func(p *Params, s string) bool {
		return setFloat(&p.BlendOutput, s, func(v float64) bool { return v >= 0 && v+p.BlendInput > 0 })
	}},
	{"cohort_grain", []string{"批次粒度", "cohort"}, "setting.grain", func(p *Params, s string) bool {
		g, ok := map[string]Grain{"month": Month, "quarter": Quarter, "year": Year, "月": Month, "季度": Quarter, "季": Quarter, "年": Year}[Fold(s)]
		if ok {
			p.CohortGrain = g
		}
		return ok
	}},
	{"compare_by", []string{"分组比较", "log_rank_by"}, "setting.compare", func(p *Params, s string) bool {
		by, ok := map[string]string{"camp": "camp", "阵营": "camp", "region": "region", "地区": "region", "属地": "region", "none": "", "无": ""}[Fold(s)]
		if ok {
			p.CompareBy = by
		}
		return ok
	}},
	{"conf", []string{"置信水平", "置信度", "confidence", "confidence_level"}, "setting.fraction", func(p *Params, s string) bool {
		return setFloat(&p.Conf, s, func(v float64) bool { return v > 0 && v < 1 })
	}},
	{"days_per_year", []string{"每年天数"}, "setting.number", func(p *Params, s string) bool {
		return setFloat(&p.DaysPerYear, s, func(v float64) bool { return v >= 360 && v <= 366 })
	}},
	{"finalist_share", []string{"决赛圈份额"}, "setting.fraction", func(p *Params, s string) bool {
		return setFloat(&p.FinalistShare, s, func(v float64) bool { return v > 0 && v <= 1 })
	}},
	{"frontier_tiers", []string{"质量档次", "tiers"}, "setting.numbers", func(p *Params, s string) bool {
		var tiers []float64
		for _, part := range list(s) {
			var v float64
			if !setFloat(&v, part, func(float64) bool { return true }) {
				return false
			}
			tiers = append(tiers, v)
		}
		if len(tiers) > 0 {
			p.FrontierTiers = tiers
		}
		return len(tiers) > 0
	}},
	{"funnel_stages", []string{"漏斗阶段", "stages"}, "setting.stages", func(p *Params, s string) bool {
		stages := list(s)
		for i, stage := range stages {
			if !slices.Contains(knownStages, stage) || slices.Contains(stages[:i], stage) {
				return false
			}
		}
		if len(stages) < 2 {
			return false
		}
		p.FunnelStages = stages
		return true
	}},
	{"funnel_window_days", []string{"漏斗窗口天数"}, "setting.whole", func(p *Params, s string) bool {
		return setInt(&p.FunnelWindowDays, s, 0)
	}},
	{"horizon_days", []string{"推演天数", "horizon"}, "setting.whole", func(p *Params, s string) bool { return setInt(&p.HorizonDays, s, 1) }},
	{"landmark_days", []string{"观察期天数", "landmark"}, "setting.whole", func(p *Params, s string) bool { return setInt(&p.LandmarkDays, s, 1) }},
	{"list_complete", []string{"名单完整", "complete"}, "setting.yes", func(p *Params, s string) bool {
		return setYes(&p.ListComplete, s)
	}},
	{"max_live_rows", nil, "setting.whole", func(p *Params, s string) bool { return setInt(&p.MaxLiveRows, s, 0) }},
	{"min_drop", []string{"最小降幅"}, "setting.fraction", func(p *Params, s string) bool {
		return setFloat(&p.MinDrop, s, func(v float64) bool { return v > 0 && v <= 1 })
	}},
	{"others_count", []string{"其他厂商数"}, "setting.whole", func(p *Params, s string) bool { return setInt(&p.OthersCount, s, 0) }},
	{"others_max_share", []string{"其他厂商最大份额"}, "setting.fraction", func(p *Params, s string) bool {
		return setFloat(&p.OthersMaxShare, s, func(v float64) bool { return v > 0 && v <= 1 })
	}},
	{"reasoning_in_trend", []string{"推理模型计入趋势"}, "setting.yes", func(p *Params, s string) bool {
		return setYes(&p.ReasoningInTrend, s)
	}},
	{"shakeout_decline", []string{"洗牌降幅"}, "setting.fraction", func(p *Params, s string) bool {
		return setFloat(&p.ShakeoutDecline, s, func(v float64) bool { return v > 0 && v <= 1 })
	}},
	{"target_currency", []string{"目标货币", "折算币种"}, "setting.currency", func(p *Params, s string) bool {
		s = strings.ToUpper(strings.TrimSpace(s))
		if isCurrency(s) {
			p.TargetCurrency = s
		}
		return isCurrency(s)
	}},
	{"top_k", []string{"跟踪名次", "前几名"}, "setting.whole", func(p *Params, s string) bool { return setInt(&p.TopK, s, 1) }},
	{"trusted_sheets", []string{"优先工作表", "winning_sheet", "trusted_sheet"}, "setting.sheets", func(p *Params, s string) bool {
		sheets := list(s)
		if len(sheets) > 0 {
			p.TrustedSheets = sheets
		}
		return len(sheets) > 0
	}},
	{"war_min_providers", []string{"价格战最少厂商数", "min_providers"}, "setting.whole", func(p *Params, s string) bool {
		return setInt(&p.WarMinProviders, s, 1)
	}},
	{"war_window_days", []string{"价格战窗口天数"}, "setting.whole", func(p *Params, s string) bool {
		return setInt(&p.WarWindowDays, s, 1)
	}},
}

// knownStages are the stages that a funnel may have, in their natural order.
var knownStages = []string{"filed", "launched", "active", "commercial", "finalist"}

// ApplySettings lets a workbook's settings table override parameters. Keys are
// matched like names (case, space, hyphen and underscore do not matter).
//
// Findings: setting-unknown names an unknown key with the nearest known one,
// setting-not-understood a value that does not fit its key, setting-twice a key
// stated with two values. None of these changes a parameter.
func ApplySettings(p Params, t Table) (Params, []Finding) {
	var findings []Finding
	keys, values := t.Text("key"), t.Text("value")
	stated := map[string]string{}
	twice := map[string]bool{}
	for row := range t.Rows() {
		key, ok := keys.At(row)
		value, has := values.At(row)
		if !ok || !has {
			continue
		}
		s, known := settingOf(key)
		if !known {
			findings = append(findings, Finding{Effect: Dropped, Code: "setting-unknown", At: t.Ref(row, "key"), Got: key, Args: []any{nearestSetting(key)}})
			continue
		}
		if old, ok := stated[s.key]; ok && old != value {
			twice[s.key] = true
			findings = append(findings, Finding{Effect: Dropped, Code: "setting-twice", At: t.Ref(row, "value"), Got: value, Args: []any{s.key, old}})
		}
		stated[s.key] = value
		trial := p
		if !s.set(&trial, value) {
			delete(stated, s.key)
			findings = append(findings, Finding{Effect: Dropped, Code: "setting-not-understood", At: t.Ref(row, "value"), Got: value, Args: []any{s.key, Say(s.value)}})
		}
	}
	for _, s := range settings {
		if value, ok := stated[s.key]; ok && !twice[s.key] {
			s.set(&p, value)
		}
	}
	return p, findings
}

// SettingKeys lists the keys that a settings table may hold.
func SettingKeys() []string {
	var keys []string
	for _, s := range settings {
		keys = append(keys, s.key)
	}
	return keys
}

// SettingName is the name of a setting as Params has it, whatever its spelling.
func SettingName(key string) (string, bool) {
	s, ok := settingOf(key)
	return s.key, ok
}

func foldKey(key string) string { return strings.ReplaceAll(Fold(key), "_", "") }

func settingOf(key string) (setting, bool) {
	folded := foldKey(key)
	for _, s := range settings {
		if foldKey(s.key) == folded || slices.ContainsFunc(s.also, func(a string) bool { return foldKey(a) == folded }) {
			return s, true
		}
	}
	return setting{}, false
}

// nearestSetting is the known key with the smallest edit distance.
func nearestSetting(key string) string {
	best, least := "", math.MaxInt
	for _, s := range settings {
		for _, spelling := range append([]string{s.key}, s.also...) {
			if d := editDistance([]rune(foldKey(key)), []rune(foldKey(spelling))); d < least {
				best, least = s.key, d
			}
		}
	}
	return best
}

// editDistance counts the insertions, deletions and substitutions between two
// words (Levenshtein 1965).
func editDistance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// dateText reads a day as people type it: year, month and day with anything
// that is no digit between.
func dateText(s string) (Date, bool) {
	parts := strings.FieldsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if len(parts) == 1 && len(parts[0]) == 8 {
		parts = []string{parts[0][:4], parts[0][4:6], parts[0][6:]}
	}
	if len(parts) < 3 {
		return 0, false
	}
	var n [3]int
	for i := range n {
		n[i], _ = strconv.Atoi(parts[i])
	}
	if n[0] < 1000 || !ValidDate(n[0], n[1], n[2]) {
		return 0, false
	}
	return DateOf(n[0], n[1], n[2]), true
}

// setYes reads a yes or a no.
func setYes(into *bool, s string) bool {
	v, ok := map[string]bool{"yes": true, "true": true, "1": true, "y": true, "是": true, "完整": true,
		"no": false, "false": false, "0": false, "n": false, "否": false}[Fold(s)]
	if ok {
		*into = v
	}
	return ok
}

// setFloat reads a number or a percentage that fits.
func setFloat(into *float64, s string, fits func(float64) bool) bool {
	s = strings.TrimSpace(s)
	percent := strings.HasSuffix(s, "%") || strings.HasSuffix(s, "％")
	v, err := strconv.ParseFloat(strings.TrimRight(s, "%％ "), 64)
	if percent {
		v /= 100
	}
	if err != nil || math.IsNaN(v) || !fits(v) {
		return false
	}
	*into = v
	return true
}

// setInt reads a whole number of at least least.
func setInt(into *int, s string, least int) bool {
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 64) // Excel may say 30.0
	if err != nil || v != math.Trunc(v) || v < float64(least) || v > math.MaxInt32 {
		return false
	}
	*into = int(v)
	return true
}

// list splits a cell at commas, semicolons and line breaks.
func list(s string) []string {
	var all []string
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(",;，；、\n", r) }) {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}
