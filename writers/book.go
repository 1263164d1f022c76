package writers

import (
	"math"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"shakeout/analysis"
	"shakeout/writers/text"
)

// The colours of our sheets: one dark ink, one accent, greys.
const (
	ink      = "262626"
	inkLink  = "0563C1"
	gray     = "7F7F7F"
	accent   = "1F4E79"
	headFill = "DDE7F0"
	hairline = "E3E3E3"
	bodySize = 10
)

// book is the set of our sheets while they are being filled.
type book struct {
	lang     analysis.Lang
	styles   *stylesheet
	wb       *analysis.Workbook
	params   analysis.Params
	version  string
	date1904 bool
	placed   map[string]*placed // result tables by name
	order    []*placed          // the same, as they stand
	sheets   []*sheet
	facts    *facts // nil where there are none, or too many for a sheet
	tooMany  int    // facts, where they are too many: then all numbers are values

	room    []value             // of formulas that are tried, one after the other
	numbers []float64           // the same, of a function's numbers
	ranges  map[cellRange]block // what ranges hold, while formulas are tried: many read the same

	method       *sheet // where parameters stand
	parameterRow map[string]int
}

// placed is a result table that stands in a sheet.
type placed struct {
	sheet   *sheet
	rows    *tableRows
	first   int            // sheet row of the table's first row
	cols    map[string]int // column -> sheet column
	table   analysis.Table
	columns []string // those shown, in order
	key     []string // columns that name a row
	howRow  int      // sheet row that says how each column is computed

	numbers, live map[string]int    // by column: cells that could be formulas, and that are
	how           map[string]string // the template that most of them follow
	groups        [][2]int
	earlier       []int
	index         map[string]map[string][2]int
	texts         map[string]func(row int) string // what rows hold in a column
	byKey         map[string]func(row int) string // and in several, joined
}

// place notes that a table stands in a sheet.
func (b *book) place(s *sheet, first int, t analysis.Table, columns []string) *placed {
	at := &placed{sheet: s, first: first, cols: map[string]int{}, table: t, columns: columns, key: keyColumns(t),
		numbers: map[string]int{}, live: map[string]int{}, how: map[string]string{}, index: map[string]map[string][2]int{},
		texts: map[string]func(row int) string{}, byKey: map[string]func(row int) string{}}
	for i, name := range columns {
		at.cols[name] = i + 1
	}
	b.placed[t.Name] = at
	b.order = append(b.order, at)
	return at
}

// rowHeight is what a line of body text needs in it, in points.
func rowHeight(lang analysis.Lang) float64 {
	if lang == analysis.Zh {
		return 16.5
	}
	return 15
}

// fontOf is the typeface of a language, one that Excel, WPS and their
// replacements all have or know a substitute for.
func fontOf(lang analysis.Lang) string {
	if lang == analysis.Zh {
		return "Microsoft YaHei"
	}
	return "Calibri"
}

func (b *book) key(key string) string               { return text.Key(b.lang, key) }
func (b *book) say(m analysis.Message) string       { return text.Of(b.lang, m) }
func (b *book) sayf(key string, args ...any) string { return b.say(analysis.Say(key, args...)) }

// keyOr is a label of the catalog, or other where it has none.
func (b *book) keyOr(key, other string) string {
	if s := text.Key(b.lang, key); s != key {
		return s
	}
	return other
}

// codedColumns hold words of the program, not of the analyst; they are shown
// in the reader's language.
var codedColumns = map[string]bool{
	"segment": true, "cohort": true, "stage": true, "from": true, "to": true, "kind": true, "level": true, "event": true, "band": true, "band_upper": true,
	"metric": true, "period_grain": true, "subject_kind": true, "method": true, "what": true, "bound": true, "register": true, "cohort_grain": true,
	"caution": true, "rule": true, "cause": true, "ending": true, "by": true, "scenario": true, "claim": true, "measure": true, "verdict": true, "because": true,
	"pair": true, "source": true, "band_pre": true, "band_post": true, "customers": true, "cac_from": true, "price_kind": true, "weights": true,
	"family_from": true, "doubling_bound": true, "total_from": true, "share_of": true, "spacing": true, "observed_from": true, "step_bound": true, "count_bound": true,
	"also_measure": true, "force": true, "had": true, "growth_metric": true, "resources_from": true, "iteration_from": true, "monetisation_from": true, "exit": true,
}

// word is a text cell of a table in the reader's language.
func (b *book) word(column, value string) string {
	by, label, parted := strings.Cut(value, "=")
	switch {
	case column == "unit":
		return b.keyOr("unit."+value, value)
	case column == "segment" && parted && b.keyOr("segment."+by, "") != "":
		return b.sayf("segment."+by, b.keyOr("word."+label, label))
	case column == "caution" && strings.Contains(value, ", "):
		parts := strings.Split(value, ", ")
		for i, part := range parts {
			parts[i] = b.word(column, part)
		}
		return strings.Join(parts, b.key("sheet.semicolon"))
	case codedColumns[column], strings.HasSuffix(column, "_grain"):
		return b.keyOr("word."+value, b.keyOr(strings.TrimPrefix(column, "also_")+"."+value, value))
	case column == "table":
		return b.keyOr("input."+value, b.keyOr("table."+value, value))
	case column == "column":
		return b.column(value)
	case column == "key" || column == "earlier_key": // of Changes: names and words of ours, joined
		parts := strings.Split(value, " · ")
		for i, part := range parts {
			parts[i] = b.keyOr("word."+part, part)
		}
		return strings.Join(parts, " · ")
	}
	return value
}

func (b *book) yes(v bool) string {
	if v {
		return b.key("word.yes")
	}
	return b.key("word.no")
}

// column is the heading of a table's column.
func (b *book) column(name string) string { return b.keyOr("column."+name, name) }

func (b *book) style(s style) int { return b.styles.id(s) }

// serial is a date as the workbook counts days.
func (b *book) serial(d analysis.Date) float64 {
	if b.date1904 {
		return float64(d) + 25569 - 1462
	}
	return float64(d) + 25569
}

// dateFormat shows as much of a period's first day as its grain states.
func dateFormat(grain analysis.Grain) string {
	switch grain {
	case analysis.Month, analysis.Quarter, analysis.Half:
		return "yyyy-mm"
	case analysis.Year:
		return "yyyy"
	}
	return "yyyy-mm-dd"
}

// numberFormat shows a number of a unit with as many digits as it can bear.
func numberFormat(unit string, v float64) string {
	size := math.Abs(v)
	switch unit {
	case "fraction":
		switch {
		case size >= 100:
			return "0.0E+0%"
		case size > 0 && size < 0.01:
			return "0.00%"
		}
		return "0.0%"
	case "points", "tokens":
		return "#,##0"
	case "days", "count":
		if v == math.Trunc(v) {
			return "#,##0"
		}
		return "#,##0.0"
	case "money_per_mtok":
		return "#,##0.00##"
	}
	switch {
	case v == math.Trunc(v) && unit != "factor":
		return "#,##0"
	case unit == "factor" && size >= 1e7:
		return "0.0E+0"
	case size >= 1000:
		return "#,##0"
	case size >= 1:
		return "#,##0.00"
	case size >= 0.001:
		return "0.000"
	}
	return "0.00E+0"
}

// unitOf is the unit of a column of a result table.
func unitOf(f arrow.Field) string {
	unit, _ := f.Metadata.GetValue("unit")
	return unit
}

// inRowUnit are the columns whose unit stands in the row; any other without a
// unit of its own is a plain number.
var inRowUnit = map[string]bool{
	"value": true, "lower": true, "upper": true, "value_low": true, "value_high": true, "total": true, "stated_total": true,
	"listed": true, "first_value": true, "last_value": true, "before": true, "after": true,
}

// alsoUnit is the unit of the second measure of a claim.
var alsoUnit = map[string]string{"hazard_factor": "factor", "top_5_retention": "fraction", "span_days": "days"}

// shownWide is roughly how many digits wide a number is as it looks, to find how
// wide a column must be.
func shownWide(v float64, format string) float64 {
	switch {
	case strings.HasPrefix(format, "yyyy"):
		return float64(len(format))
	case strings.HasSuffix(format, "%"):
		return float64(len("100.00%"))
	case strings.Contains(format, "E"):
		return float64(len("1.23E-10"))
	}
	whole := 1
	if v = math.Trunc(math.Abs(v)); v < 1e15 {
		for n := uint64(v); n >= 10; n /= 10 {
			whole++
		}
	} else {
		whole = len(formatNumber(v))
	}
	decimals := 0
	if dot := strings.IndexByte(format, '.'); dot >= 0 {
		decimals = len(format) - dot
	}
	return float64(whole + (whole-1)/3 + decimals + 1)
}
