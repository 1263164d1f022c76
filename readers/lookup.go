package readers

import (
	"slices"
	"strings"
	"sync"
)

// known is what the spelling tables say of a header.
type known struct {
	role   role
	rank   int
	unit   string      // implied by the spelling
	side   string      // of an old or new price: input, output, cached_input, or ""
	metric *metricName // for roleMeasure
}

// vocabulary is the spelling tables folded for look-up.
type vocabulary struct {
	headers map[string]known
	metrics map[string]*metricName
}

// words folds the tables on first use, so that a command which reads nothing
// does not pay for it. A spelling that stands for two things is a mistake in
// columns.go, which every test that reads anything would show.
var words = sync.OnceValue(func() vocabulary {
	v := vocabulary{map[string]known{}, map[string]*metricName{}}
	for _, s := range spellings {
		for _, text := range strings.Split(s.text, "|") {
			k := foldKey(text)
			if other, ok := v.headers[k]; ok && other.role != s.role {
				panic("columns.go: header " + text + " is both " + string(other.role) + " and " + string(s.role))
			}
			v.headers[k] = known{role: s.role, rank: s.rank, unit: s.unit}
		}
	}
	for i := range metricNames {
		for _, text := range strings.Split(metricNames[i].spellings, "|") {
			k := foldKey(text)
			if other, ok := v.headers[k]; ok {
				panic("columns.go: header " + text + " is both a metric and " + string(other.role))
			}
			v.metrics[k] = &metricNames[i]
		}
	}
	return v
})

// stageWord is a word that heads a column of dates (when the stage was reached)
// or of counts (how many reached it): the cells below decide.
type stageWord struct {
	role   role
	metric string
}

var stageWords = map[string]stageWord{
	"filed": {roleFiled, "filed"}, "备案": {roleFiled, "filed"},
	"launched": {roleLaunched, "launched_total"}, "上线": {roleLaunched, "launched_total"},
	"active": {roleActive, "active_total"}, "活跃": {roleActive, "active_total"},
	"commercial": {roleCommercial, "commercial_total"}, "商业化": {roleCommercial, "commercial_total"}, "商用": {roleCommercial, "commercial_total"},
	"retired": {roleRetired, ""}, "下线": {roleRetired, ""},
	"finalist": {"", "finalist_total"}, "finalists": {"", "finalist_total"}, "决赛圈": {"", "finalist_total"},
}

// lookUp finds a header without its unit. A trailing footnote mark or a bracket
// that is no unit (`Country (from Organization)`) does not hide it; a bracket
// that says more about a price is read.
func lookUp(name string) (known, bool) {
	k := foldKey(strings.TrimRight(name, raisedMarks))
	if e, ok := find(k); ok {
		return e, true
	}
	if e, ok := priceHeader(k); ok {
		return e, true
	}
	if e, ok := findBare(k); ok {
		return e, true
	}
	for _, p := range patterns {
		if contains(k, p.needs) && p.form.MatchString(k) {
			return known{role: p.role, rank: 5}, true
		}
	}
	return known{}, false
}

func contains(text string, any []string) bool {
	return slices.ContainsFunc(any, func(w string) bool { return strings.Contains(text, w) })
}

// spelled finds a header that is one of the spellings, but for footnote marks and
// brackets.
func spelled(name string) (known, bool) {
	k := foldKey(strings.TrimRight(name, raisedMarks))
	if e, ok := find(k); ok {
		return e, true
	}
	return findBare(k)
}

func findBare(k string) (known, bool) {
	bare := strings.TrimRight(k, footnoteMarks)
	remark := ""
	if i := strings.IndexAny(bare, "([【"); i > 0 {
		bare, remark = strings.TrimRight(bare[:i], footnoteMarks), strings.Trim(bare[i:], "()[]【】")
	}
	if bare == k || bare == "" {
		return known{}, false
	}
	e, ok := find(bare)
	if ok && e.metric != nil && !neutralRemark.MatchString(remark) {
		// MAU (App) is another metric than MAU; MAU（月活跃用户） is the same.
		if same := words().metrics[remark]; same != e.metric {
			return known{}, false
		}
	}
	return e, ok
}

// raisedMarks are numbers of footnotes, which folding would make part of the name.
const raisedMarks = "¹²³⁴⁵⁶⁷⁸⁹⁰①②③④⑤⑥⑦⑧⑨"

const footnoteMarks = "*†‡:："

func find(folded string) (known, bool) {
	if e, ok := words().headers[folded]; ok {
		return e, true
	}
	if m, ok := words().metrics[folded]; ok {
		return known{role: roleMeasure, metric: m}, true
	}
	if w, ok := stageWords[folded]; ok {
		return known{role: w.role, rank: 9}, true
	}
	return known{}, false
}

// metricOf names a metric as the tables do: the canonical name where the whole
// text is a spelling of the list, else the text as typed. unit is the canonical
// unit, "" for a metric that is not on the list.
func metricOf(text string) (name, unit string) {
	k := foldKey(text)
	if m, ok := words().metrics[k]; ok {
		return m.name, m.unit
	}
	if w, ok := stageWords[k]; ok && w.metric != "" {
		return w.metric, "count"
	}
	return text, ""
}

func metricUnit(name string) string {
	for _, m := range metricNames {
		if m.name == name {
			return m.unit
		}
	}
	return ""
}

// subjects are the roles that can say whose a row is, or make it a row at all.
func (r role) subject() bool {
	switch r {
	case roleModel, roleCompany, roleRegion, roleMetric, roleDate, roleWeekEnd, roleFiled, roleKey, roleAlias, roleCanonical, roleCurrency, roleMerger:
		return true
	}
	return false
}

// price reports the roles that hold a price.
func (r role) price() bool {
	switch r {
	case roleInput, roleOutput, roleCached, roleFlat, roleNow:
		return true
	}
	return false
}

// kind is the price kind that a role stands for.
func (r role) kind() string {
	switch r {
	case roleInput:
		return "input"
	case roleOutput:
		return "output"
	case roleCached:
		return "cached_input"
	case roleFlat, roleNow, roleBefore:
		return "flat"
	}
	return ""
}

// stageDate reports the roles that hold a date of a model's life.
func (r role) stageDate() bool {
	switch r {
	case roleFiled, roleLaunched, roleActive, roleCommercial, roleRetired:
		return true
	}
	return false
}
