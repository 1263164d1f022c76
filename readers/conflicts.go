package readers

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"shakeout/analysis"
)

// fact that may be stated twice: the columns that name it, and what a row says of
// it as the least and the greatest number that it can mean.
type statement struct {
	key   []string
	value string
	means func(t analysis.Table) func(row int) (low, high float64, ok bool)
}

// statements are what each table states. A filing or release is a fact of its
// own, with or without a date.
var statements = []struct {
	table string
	statement
}{
	{"metrics", statement{[]string{"subject", "metric", "period", "period_grain", "period_end", "region", "unit", "subject_kind"}, "value", boundedValue}},
	{"prices", statement{[]string{"model", "company", "date", "date_grain", "kind", "currency"}, "price", priceValue}},
	{"filings", statement{[]string{"model", "company", "register", "filing_no"}, "filed", dayOfStage("filed")}},
	{"filings", statement{[]string{"model", "company", "register", "filing_no"}, "launched", dayOfStage("launched")}},
	{"filings", statement{[]string{"model", "company", "register", "filing_no"}, "retired", dayOfStage("retired")}},
	{"releases", statement{[]string{"model", "version", "company"}, "date", dayOfStage("date")}},
}

// about is how far a number called 约 or nearly may be off.
const about = 0.1

// boundedValue is what a metric's value can mean: 超50万亿 and 63万亿 do not
// contradict each other.
func boundedValue(t analysis.Table) func(row int) (low, high float64, ok bool) {
	value, bound, lows, highs := t.Float("value"), t.Text("bound"), t.Float("value_low"), t.Float("value_high")
	return func(row int) (low, high float64, ok bool) {
		v, ok := value.At(row)
		switch bound.Or(row, "") {
		case "lower":
			return v, math.Inf(1), ok
		case "upper":
			return math.Inf(-1), v, ok
		case "about":
			return v - about*math.Abs(v), v + about*math.Abs(v), ok
		case "range":
			return lows.Or(row, v), highs.Or(row, v), ok
		}
		return v, v, ok
	}
}

func priceValue(t analysis.Table) func(row int) (low, high float64, ok bool) {
	price, lows, highs := t.Float("price"), t.Float("price_low"), t.Float("price_high")
	return func(row int) (low, high float64, ok bool) {
		v, ok := price.At(row)
		return lows.Or(row, v), highs.Or(row, v), ok
	}
}

func dayOfStage(column string) func(t analysis.Table) func(row int) (low, high float64, ok bool) {
	return func(t analysis.Table) func(row int) (low, high float64, ok bool) {
		day, grain := t.Date(column), t.Text(column+"_grain")
		return func(row int) (low, high float64, ok bool) {
			d, ok := day.At(row)
			return float64(d), float64(analysis.Grain(grain.Or(row, "day")).LastDay(d)), ok
		}
	}
}

// conflicts names facts that are stated twice with values that cannot both be
// right, and rows that stand twice: all stay as rows, and the reader does not
// choose. Each row is held against the first that states its fact.
//
// Where most of the facts that two sheets share differ, the sheets speak of
// different things (an app and its web site): that is said once and not for each
// of them.
func conflicts(ts analysis.Tables, texts *codes, typed *quoted, notes func(analysis.Finding)) {
	for i, s := range statements {
		first := i == 0 || statements[i-1].table != s.table
		s.conflicts(ts, s.table, first, texts, typed, notes)
	}
}

func (s statement) conflicts(ts analysis.Tables, table string, repeats bool, texts *codes, typed *quoted, notes func(analysis.Finding)) {
	t := ts[table]
	rows := texts.twice(t, s.key)
	if len(rows) == 0 {
		return
	}
	means, same := s.means(t), sameRows(t)
	firsts := newFirsts(texts.key(t, s.key), len(rows))
	type sheets struct{ here, there string }
	type pair struct{ row, other int }
	var differ []pair
	shared, apart := map[sheets]int{}, map[sheets]int{}
	sheetsOf := func(p pair) sheets { return sheets{sheetOf(t, p.row), sheetOf(t, p.other)} }
	repeated := map[int]int{} // row -> the row that says the same
	for _, row := range rows {
		first := firsts.of(row)
		if first == row {
			continue
		}
		p := pair{row, first}
		low, high, ok := means(row)
		otherLow, otherHigh, has := means(p.other)
		if ok && has {
			shared[sheetsOf(p)]++
			if low > otherHigh || otherLow > high {
				apart[sheetsOf(p)]++
				differ = append(differ, p)
				continue
			}
		}
		if repeats && same(row, p.other) {
			repeated[row] = p.other
		}
	}
	s.repeats(t, repeated, notes)
	if len(differ) == 0 {
		return
	}
	said := map[sheets]bool{}
	for _, p := range differ {
		here, there := t.Ref(p.row, s.value), t.Ref(p.other, s.value)
		pages := sheetsOf(p)
		if n := apart[pages]; pages.here != pages.there && n >= 5 && 2*n > shared[pages] {
			if !said[pages] {
				said[pages] = true
				notes(noted("sheets-disagree", here, typed.stated(t, s.value, p.row), n, pages.there, there.Sheet+"!"+there.Cell()))
			}
			continue
		}
		notes(noted("stated-twice", here, typed.stated(t, s.value, p.row), typed.stated(t, s.value, p.other), there.Sheet+"!"+there.Cell()))
	}
	t.Typed = typed.said
	ts[table] = t
}

// repeats names the sheet rows all of whose facts an earlier row of the sheet
// states alike.
func (s statement) repeats(t analysis.Table, repeated map[int]int, notes func(analysis.Finding)) {
	line := t.Int("row")
	for _, row := range slices.Sorted(maps.Keys(repeated)) {
		here, there := t.Ref(row, s.key[0]), t.Ref(repeated[row], s.key[0])
		if here.Sheet != there.Sheet || here.Row == there.Row || row > 0 && line.Or(row, 0) == line.Or(row-1, 0) && sheetOf(t, row-1) == here.Sheet {
			continue // another sheet, one row that says it twice, not the row's first fact
		}
		all := true
		for next := row; all && next < t.Rows() && line.Or(next, 0) == line.Or(row, 0) && sheetOf(t, next) == here.Sheet; next++ {
			_, all = repeated[next]
		}
		if all {
			notes(noted("row-repeated", here, t.Text(s.key[0]).Or(row, ""), there.Sheet+"!"+there.Cell()))
		}
	}
}

func sheetOf(t analysis.Table, row int) string { return t.Ref(row, "").Sheet }

// sameRows compares whole rows, but for where they stand.
func sameRows(t analysis.Table) func(a, b int) bool {
	if t.Rec == nil {
		return nil
	}
	var same []func(a, b int) bool
	for i, f := range t.Rec.Schema().Fields() {
		if f.Name == "source" || f.Name == "row" {
			continue
		}
		column := t.Rec.Column(i)
		same = append(same, func(a, b int) bool {
			return column.IsNull(a) == column.IsNull(b) && (column.IsNull(a) || cmp.Compare(column.ValueStr(a), column.ValueStr(b)) == 0)
		})
	}
	return func(a, b int) bool {
		for _, f := range same {
			if !f(a, b) {
				return false
			}
		}
		return true
	}
}
