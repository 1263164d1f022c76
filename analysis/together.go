package analysis

import (
	"cmp"
	"path"
	"slices"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Part is one workbook's share of a market: its input tables, and what decides
// where two workbooks state a fact differently.
type Part struct {
	Name   string // path of the workbook in its folder
	SHA256 string
	AsOf   Date // the last day its data speak of
	Tables Tables
}

// Together joins the input tables of several workbooks as if one workbook held
// them all. Each row leads to the file, sheet and cell that it came from.
//
// A fact that several workbooks state alike is there once. Where they differ
// the workbook with the latest as-of day wins, of equal ones the one with the
// smaller hash: a rule that depends on neither file times nor the order of
// parts. The other value is left out, and the finding workbooks-differ names
// both cells. Names are compared as the aliases of all workbooks resolve them.
// A fact stated twice within one workbook is left for the analyses, which treat
// it as in a workbook of its own. The as-of day in a workbook's settings is its
// own (Part.AsOf) and not the market's: the finding as-of-is-own says so.
//
// The caller owns the tables; the parts stay as they are.
func Together(parts []Part) (Tables, []Finding) {
	parts = slices.Clone(parts)
	slices.SortFunc(parts, func(a, b Part) int {
		return cmp.Or(-cmp.Compare(a.AsOf, b.AsOf), cmp.Compare(a.SHA256, b.SHA256), cmp.Compare(a.Name, b.Name))
	})
	n := &notes{}
	joined := Tables{}
	of := map[string][]int{} // table -> the part of each row
	for _, spec := range InputTables {
		if t, from := concatenate(spec, parts); t.Rows() > 0 { // in order of precedence
			joined[spec.Name], of[spec.Name] = t, from
		}
	}
	joined.leaveAsOf(of, n)
	// Names first: what is one fact depends on them.
	for _, name := range []string{"aliases", "companies", "settings", "rates", "mergers"} {
		joined.settle(name, of[name], &Names{}, n)
	}
	names, _ := NamesOf(joined)
	for _, name := range []string{"filings", "metrics", "prices", "releases"} {
		joined.settle(name, of[name], names, n)
	}
	return joined, n.findings()
}

// leaveAsOf takes the as-of days of single workbooks out of the settings.
func (ts Tables) leaveAsOf(of map[string][]int, n *notes) {
	t, ok := ts["settings"]
	if !ok {
		return
	}
	var rows, from []int
	keys := t.Text("key")
	for row := range t.Rows() {
		if s, known := settingOf(keys.Or(row, "")); known && s.key == "as_of" {
			n.add(Finding{Effect: Noted, Code: "as-of-is-own", At: t.Ref(row, "value"), Got: t.Text("value").Or(row, "")})
			continue
		}
		rows, from = append(rows, row), append(from, of["settings"][row])
	}
	if len(rows) == t.Rows() {
		return
	}
	rec := Take(t.Rec, rows)
	t.Rec.Release()
	t.Rec = rec
	ts["settings"], of["settings"] = t, from
}

// fact says which columns of an input table name a fact and which state it.
type fact struct {
	names  []string // of the key, resolved as names
	words  []string // of the key, as they are; dates too
	states []string
}

var facts = map[string]fact{
	"filings":   {names: []string{"model", "company"}, words: []string{"register", "filing_no"}, states: []string{"camp", "region", "category", "status", "filed", "launched", "active", "commercial", "retired"}},
	"metrics":   {names: []string{"subject", "region"}, words: []string{"subject_kind", "metric", "period", "period_grain", "period_end", "unit"}, states: []string{"value"}},
	"prices":    {names: []string{"model", "company"}, words: []string{"kind", "currency", "date", "date_grain", "valid_to"}, states: []string{"price"}},
	"releases":  {names: []string{"model", "version", "company"}, states: []string{"date"}},
	"companies": {names: []string{"company"}, states: []string{"owner", "camp"}},
	"aliases":   {names: []string{"name"}, states: []string{"canonical"}},
	"rates":     {words: []string{"currency", "date"}, states: []string{"cny_per_unit"}},
	"mergers":   {names: []string{"name", "company"}},
	"settings":  {names: []string{"key"}, states: []string{"value"}},
}

// settle leaves one statement of each fact that several workbooks make. from is
// the part of each row, in order of precedence.
func (ts Tables) settle(name string, from []int, names *Names, n *notes) {
	t, ok := ts[name]
	if !ok {
		return
	}
	f := facts[name]
	var key [][]int32
	for _, column := range f.names {
		resolve := names.Name
		if column == "company" && (name == "filings" || name == "prices" || name == "releases") {
			key = append(key, companyCodes(t, names))
			continue
		}
		key = append(key, identify(t.Text(column), t.Rows(), resolve).of)
	}
	for _, column := range f.words {
		key = append(key, plainCodes(t, column))
	}
	order := inOrder(t.Rows())
	compare := func(a, b int) int {
		for _, codes := range key {
			if d := cmp.Compare(codes[a], codes[b]); d != 0 {
				return d
			}
		}
		return 0
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(compare(a, b), cmp.Compare(from[a], from[b]), cmp.Compare(a, b)) })

	states := make([]arrow.Array, len(f.states))
	for i, column := range f.states {
		states[i] = t.column(column)
	}
	gone := map[int]bool{}
	blank := map[string]map[int]bool{}
	var differ []Finding
	for i := 0; i < len(order); {
		j := i + 1
		for j < len(order) && compare(order[i], order[j]) == 0 {
			j++
		}
		group := order[i:j]
		i = j
		if from[group[0]] == from[group[len(group)-1]] {
			continue
		}
		for g, row := range group {
			adds := false
			for s, column := range f.states {
				value := states[s]
				if value.IsNull(row) {
					continue
				}
				winner, alike := -1, false
				for _, earlier := range group[:g] {
					if from[earlier] < from[row] && !value.IsNull(earlier) && !blank[column][earlier] {
						if winner < 0 {
							winner = earlier
						}
						if from[earlier] == from[winner] {
							alike = alike || sameStatement(value, earlier, row)
						}
					}
				}
				switch {
				case winner < 0:
					adds = true
				case !alike:
					if blank[column] == nil {
						blank[column] = map[int]bool{}
					}
					blank[column][row] = true
					there := t.Ref(winner, column)
					differ = append(differ, Finding{Effect: Dropped, Code: "workbooks-differ", At: t.Ref(row, column), Got: stated(value, row),
						Args: []any{stated(value, winner), there.File + " · " + there.Sheet + "!" + there.Cell()}})
				}
			}
			if from[row] != from[group[0]] && !adds {
				gone[row] = true
			}
		}
	}
	if len(gone) == 0 && len(blank) == 0 {
		return
	}
	SortFindings(differ, nil)
	for _, d := range differ {
		n.add(d)
	}
	rows := slices.DeleteFunc(inOrder(t.Rows()), func(row int) bool { return gone[row] })
	rec := takeRows(t.Rec, rows, blank)
	t.Rec.Release()
	t.Rec = rec
	ts[name] = t
}

// sameStatement reports whether two cells of a column say the same.
func sameStatement(arr arrow.Array, a, b int) bool {
	switch v := arr.(type) {
	case *array.Float64:
		return sameValue(v.Value(a), v.Value(b))
	case *array.String:
		return Fold(v.Value(a)) == Fold(v.Value(b))
	case *array.Date32:
		return v.Value(a) == v.Value(b)
	}
	return stated(arr, a) == stated(arr, b)
}

// stated is a cell as text, for a finding.
func stated(arr arrow.Array, row int) string {
	switch v := arr.(type) {
	case *array.Float64:
		return strconv.FormatFloat(v.Value(row), 'f', -1, 64)
	case *array.Date32:
		return FormatDate(v.Value(row))
	}
	return arr.ValueStr(row)
}

// companyCodes numbers the companies of rows, each completed from its model's
// only company.
func companyCodes(t Table, names *Names) []int32 {
	models, companies := t.Text("model"), t.Text("company")
	codes := make([]int32, t.Rows())
	index := map[string]int32{}
	for row := range codes {
		key := names.Key(names.Company(models.Or(row, ""), companies.Or(row, "")))
		code, ok := index[key]
		if !ok {
			code = int32(len(index))
			index[key] = code
		}
		codes[row] = code
	}
	return codes
}

// plainCodes numbers a column of texts or dates; -1 is null.
func plainCodes(t Table, column string) []int32 {
	if _, is := t.column(column).(*array.Date32); is {
		d, codes := t.Date(column), make([]int32, t.Rows())
		for row := range codes {
			codes[row] = int32(d.Or(row, -1<<31))
		}
		return codes
	}
	of, _ := number(t.Text(column), t.Rows())
	return of
}

// Concatenate joins one input table of all parts, row for row, part after part.
// The caller owns its record; without rows it has none.
func Concatenate(spec TableSpec, parts []Part) Table {
	t, _ := concatenate(spec, parts)
	return t
}

// Slice is a table of some of the rows, from from to before to. The caller owns
// its record.
func (t Table) Slice(from, to int) Table {
	return Table{Name: t.Name, Rec: t.Rec.NewSlice(int64(from), int64(to)), Sources: t.Sources}
}

// concatenate joins one input table of all parts, and says which part each row
// is of.
func concatenate(spec TableSpec, parts []Part) (Table, []int) {
	out := Table{Name: spec.Name}
	var from []int
	schema := spec.Schema()
	chunks := make([][]arrow.Array, schema.NumFields())
	for i, p := range parts {
		t, ok := p.Tables[spec.Name]
		if !ok || t.Rows() == 0 {
			continue
		}
		rec := Take(t.Rec, inOrder(t.Rows()))
		defer rec.Release()
		for c, f := range schema.Fields() {
			at := rec.Schema().FieldIndices(f.Name)
			switch {
			case f.Name == "source":
				moved := out.adopt(p, t, rec.Column(at[0]).(*array.Int64))
				defer moved.Release()
				chunks[c] = append(chunks[c], moved)
			case len(at) == 0: // kept by an older version
				none := array.MakeArrayOfNull(memory.DefaultAllocator, f.Type, t.Rows())
				defer none.Release()
				chunks[c] = append(chunks[c], none)
			default:
				chunks[c] = append(chunks[c], rec.Column(at[0]))
			}
		}
		for range t.Rows() {
			from = append(from, i)
		}
	}
	if len(from) == 0 {
		return Table{Name: spec.Name}, nil
	}
	cols := make([]arrow.Array, len(chunks))
	for c := range cols {
		col, err := array.Concatenate(chunks[c], memory.DefaultAllocator)
		if err != nil {
			panic(err) // all chunks have the type of the schema
		}
		defer col.Release()
		cols[c] = col
	}
	out.Rec = array.NewRecord(schema, cols, int64(len(from)))
	return out, from
}

// adopt takes over the sources that a part's rows have, the workbook's own under
// its path, and gives the rows' indexes among those of out.
func (out *Table) adopt(p Part, t Table, sources *array.Int64) arrow.Array {
	b := array.NewInt64Builder(memory.DefaultAllocator)
	defer b.Release()
	b.Reserve(sources.Len())
	index := map[int64]int64{}
	for row := range sources.Len() {
		if sources.IsNull(row) || int(sources.Value(row)) >= len(t.Sources) {
			b.AppendNull()
			continue
		}
		at, ok := index[sources.Value(row)]
		if !ok {
			s := t.Sources[sources.Value(row)]
			if s.File == path.Base(p.Name) || s.File == "" {
				s.File = p.Name // others are of a reference workbook
			}
			at = int64(len(out.Sources))
			index[sources.Value(row)], out.Sources = at, append(out.Sources, s)
		}
		b.Append(at)
	}
	return b.NewArray()
}

func inOrder(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}
