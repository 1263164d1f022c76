package analysis

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// Edition is one version of a workbook: its facts and what the analyses made
// of them.
type Edition struct {
	Tables  Tables
	Results []Result
}

// Changes compares a workbook with an earlier version of it, both read and
// analysed by this program with the same parameters.
//
// Table "changes": one row for each fact that is new or gone, and for each
// column of a fact that says something else; the columns before and after hold
// what was read, in the table's units. What: new, gone, changed (it said
// nothing, or is a word), restated (a number or a date that was stated before).
// Facts are compared by what they say, never by where they stand: sorting rows
// anew changes nothing.
//
// Table "moved": one row for each headline whose number differs, and the cells
// that move it. again runs the analyses on other facts; a cell is a cause if
// the earlier facts with its one change give another number. Where more than
// maxCauses facts changed, or the tables are long, whole tables are tried
// instead of cells.
func Changes(before, now Edition, again func(Tables) []Result) Result {
	found := changesOf(before.Tables, now.Tables)
	facts := NewBuilder(ChangesSpec)
	defer facts.Release()
	for _, c := range found {
		for _, d := range c.columns {
			facts.Text("table", c.table)
			facts.Text("key", c.key)
			facts.Text("column", d.column)
			facts.Text("before", d.before)
			facts.Text("after", d.after)
			if d.ratio.Ok() {
				facts.Float("change", d.ratio.Value)
			}
			facts.Text("what", d.what)
			facts.Text("cells", d.cell)
			facts.EndRow()
		}
	}
	moved := movedHeadlines(before, now, found, again)
	none := Unknown(MissingInput) // counts have no interval
	return Result{
		Name: "changes", Sheet: "changes", Tables: []Table{moved, facts.Table()},
		Headlines: []Headline{
			{Measure: Say("headline.changes-facts"), Value: Known(float64(len(found))), Lower: none, Upper: none, Unit: "count", Row: -1, Table: "changes"},
			{Measure: Say("headline.changes-moved"), Value: Known(float64(moved.Rows())), Lower: none, Upper: none, Unit: "count", Row: -1, Table: "moved"},
		},
	}
}

// The tables of Changes.
var (
	// ChangesAnalysis describes Changes as the analyses describe themselves. It is
	// not one of All: it needs two versions.
	ChangesAnalysis = Analyzer{Name: "changes", Sheet: "changes", Doc: "Changes lists what differs between two versions of a workbook.",
		Specs: []TableSpec{MovedSpec, ChangesSpec}}
	ChangesSpec = TableSpec{Name: "changes", Key: 3, Columns: join(
		columns(Text, "table", "key", "column", "before", "after"),
		one(ColumnSpec{Name: "change", Type: Float, Unit: "fraction"}), columns(Text, "what", "cells"))}
	MovedSpec = TableSpec{Name: "moved", Key: 3, Columns: join(
		columns(Text, "table", "key", "column"),
		[]ColumnSpec{{Name: "before", Type: Float, Reason: true}, {Name: "after", Type: Float, Reason: true}, {Name: "change", Type: Float, Unit: "fraction"}},
		columns(Text, "unit", "earlier_key", "cells"))}
)

// change is a fact that differs between two versions.
type change struct {
	table     string
	key       string
	was, is   int // rows of the two tables set one below the other; -1 where there is none
	columns   []saying
	firstCell string
}

// saying is what one column of a fact said and says.
type saying struct {
	column, before, after, what, cell string
	ratio                             Estimate // after over before, less one
}

// factKey names the columns that make a row the same fact in two versions,
// and the one that states it.
type factKey struct {
	key  []string
	main string
}

var factKeys = map[string]factKey{
	"filings":   {[]string{"model", "company", "register"}, ""},
	"metrics":   {[]string{"subject", "region", "metric", "period", "period_end"}, "value"},
	"prices":    {[]string{"model", "company", "kind", "currency", "date"}, "price"},
	"releases":  {[]string{"model", "version"}, "date"},
	"companies": {[]string{"company"}, ""},
	"aliases":   {[]string{"name"}, "canonical"},
	"rates":     {[]string{"currency", "date"}, "cny_per_unit"},
	"mergers":   {[]string{"name", "company"}, ""},
	"settings":  {[]string{"key"}, "value"},
}

// changesOf lists the facts that differ, by table, key, and what they say.
func changesOf(before, now Tables) []change {
	var all []change
	for _, spec := range InputTables {
		joined, from := concatenate(spec, []Part{{Tables: before}, {Tables: now}})
		if joined.Rows() == 0 {
			continue
		}
		found := compareFacts(joined, from, factKeys[spec.Name])
		joined.Rec.Release()
		slices.SortStableFunc(found, func(a, b change) int { return strings.Compare(a.key, b.key) })
		all = append(all, found...)
	}
	return all
}

// compareFacts pairs the rows of two versions that stand one below the other;
// from says which version a row is of, 0 or 1.
func compareFacts(t Table, from []int, id factKey) []change {
	said := make([]string, t.Rows()) // all that a row says
	index := map[string]*[2][]int{}  // folded key -> rows of each version
	var keys []string
	var states []int // columns that say something about the fact
	schema := t.Rec.Schema()
	for i, f := range schema.Fields() {
		if f.Name != "source" && f.Name != "row" {
			states = append(states, i)
		}
	}
	for row := range said {
		var all, key strings.Builder
		for _, i := range states {
			all.WriteString(saidIn(t.Rec.Column(i), row))
			all.WriteByte(0)
		}
		said[row] = all.String()
		for _, column := range id.key {
			key.WriteString(Fold(saidIn(t.column(column), row)))
			key.WriteByte(0)
		}
		rows := index[key.String()]
		if rows == nil {
			rows = &[2][]int{}
			index[key.String()] = rows
			keys = append(keys, key.String())
		}
		rows[from[row]] = append(rows[from[row]], row)
	}
	slices.Sort(keys)
	var found []change
	for _, key := range keys {
		was, is := leaveEqual(index[key], said)
		for i := range max(len(was), len(is)) {
			c := change{table: t.Name, was: -1, is: -1}
			if i < len(was) {
				c.was = was[i]
			}
			if i < len(is) {
				c.is = is[i]
			}
			row := c.is
			if row < 0 {
				row = c.was
			}
			c.key, c.firstCell = keyOf(t, row, id), cellOf(t, row, cmp.Or(id.main, id.key[0]))
			c.columns = differences(t, c, states, id)
			found = append(found, c)
		}
	}
	return found
}

// leaveEqual takes rows that say the same out of both versions, as often as
// both have them, and puts the others in order of what they say.
func leaveEqual(rows *[2][]int, said []string) (was, is []int) {
	left := map[string]int{}
	for _, row := range rows[1] {
		left[said[row]]++
	}
	for _, row := range rows[0] {
		if left[said[row]] > 0 {
			left[said[row]]--
		} else {
			was = append(was, row)
		}
	}
	for _, row := range rows[1] {
		if left[said[row]] > 0 {
			left[said[row]]--
			is = append(is, row)
		}
	}
	bySaid := func(a, b int) int { return strings.Compare(said[a], said[b]) }
	slices.SortFunc(was, bySaid)
	slices.SortFunc(is, bySaid)
	return was, is
}

// differences lists what a fact said and says.
func differences(t Table, c change, states []int, id factKey) []saying {
	if c.was < 0 || c.is < 0 {
		d := saying{column: id.main, what: "new", cell: c.firstCell, ratio: Unknown(FirstPeriod)}
		into, row := &d.after, c.is
		if c.is < 0 {
			d.what, into, row = "gone", &d.before, c.was
		}
		if id.main != "" {
			*into = saidIn(t.column(id.main), row)
		}
		return []saying{d}
	}
	var all []saying
	for _, i := range states {
		column, arr := t.Rec.Schema().Field(i).Name, t.Rec.Column(i)
		d := saying{column: column, before: saidIn(arr, c.was), after: saidIn(arr, c.is), what: "changed", ratio: Unknown(MissingInput)}
		if d.before == d.after {
			continue
		}
		if id := arr.DataType().ID(); (id == arrow.FLOAT64 || id == arrow.DATE32) && d.before != "" && d.after != "" {
			d.what = "restated"
			if id == arrow.FLOAT64 {
				v := t.Float(column)
				d.ratio = ratio(v.Or(c.is, 0)-v.Or(c.was, 0), v.Or(c.was, 0))
			}
		}
		d.cell = cellOf(t, c.is, column)
		all = append(all, d)
	}
	return all
}

// saidIn is a cell of a table as text, "" where it is null: numbers with the
// fewest digits that read back the same, dates as ISO 8601.
func saidIn(arr arrow.Array, row int) string {
	if arr == nil || arr.IsNull(row) {
		return ""
	}
	if v, ok := arr.(*array.Float64); ok {
		if size := math.Abs(v.Value(row)); size == 0 || size >= 1e-7 && size < 1e21 {
			return strconv.FormatFloat(v.Value(row), 'f', -1, 64)
		}
	}
	return stated(arr, row)
}

// keyOf names a fact: the parts of its key that say something, periods as they
// are called.
func keyOf(t Table, row int, id factKey) string {
	var parts []string
	for _, column := range id.key {
		if column == "period_end" {
			continue
		}
		part := saidIn(t.column(column), row)
		if d, ok := t.Date(column).At(row); ok {
			part = Moment{d, Grain(t.Text(column+"_grain").Or(row, ""))}.Label()
		}
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, " · ")
}

// cellOf is where a fact stands, as 指标!C5.
func cellOf(t Table, row int, column string) string {
	ref := t.Ref(row, column)
	if ref.Sheet == "" {
		return ""
	}
	if cell := ref.Cell(); cell != "" {
		return ref.Sheet + "!" + cell
	}
	return ref.Sheet + "!" + strconv.Itoa(ref.Row)
}
