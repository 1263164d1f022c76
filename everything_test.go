package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"shakeout/analysis"
	"shakeout/readers"
	"shakeout/readers/ooxml"
	"shakeout/samples"
	"shakeout/writers/text"
)

// everyWorkbook reads the sample cases, the sample workbooks and, where they
// are at hand, the real ones.
func everyWorkbook(t *testing.T) []*analysis.Workbook {
	t.Helper()
	var all []*analysis.Workbook
	read := func(name string, data []byte) {
		pkg, err := ooxml.Open(context.Background(), data, ooxml.DefaultLimits())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		wb, err := readers.Read(context.Background(), pkg, name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, wb)
	}
	cases, err := samples.Cases()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		data, err := c.Workbook()
		if err != nil {
			t.Fatal(err)
		}
		read(c.File, data)
	}
	for _, dir := range []string{"samples/inbox", realDir} {
		paths, err := filepath.Glob(filepath.Join(dir, "*.xlsx"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			read(filepath.Base(path), data)
		}
	}
	return all
}

// analyseAll runs every analysis as the program does.
func analyseAll(wb *analysis.Workbook, tables analysis.Tables) []analysis.Result {
	params, _ := analysis.ApplySettings(analysis.DefaultParams(), tables["settings"])
	if params.AsOf == 0 {
		params.AsOf = analysis.AsOf(tables, wb.Dated)
	}
	return analysis.Run(analysis.All, tables, params)
}

// No result table holds NaN, an infinity or a negative zero; whatever is null,
// keys and attributes apart, has a reason beside it that the catalog explains, and
// what has a reason is null; the key of
// a row is its own; the rows do not depend on the order of the input's rows.
func TestEveryResultTable(t *testing.T) {
	books := everyWorkbook(t)
	specs := map[string]analysis.TableSpec{}
	for _, a := range analysis.All {
		for _, s := range a.Specs {
			specs[s.Name] = s
			for _, key := range []string{"table." + s.Name, "method." + s.Name} {
				for _, lang := range []analysis.Lang{analysis.Zh, analysis.En} {
					if text.Key(lang, key) == key && !internalTables[s.Name] {
						t.Errorf("the catalog lacks %s in %s", key, lang)
					}
				}
			}
		}
	}
	numbers, nulls, rows, permuted := map[string]int{}, 0, 0, 0
	for _, wb := range books {
		results := analyseAll(wb, wb.Tables)
		again := analyseAll(wb, shuffled(wb.Tables))
		for i, r := range results {
			for k, table := range r.Tables {
				spec, ok := specs[table.Name]
				if !ok {
					t.Errorf("%s: %s makes a table %s that it does not describe", wb.Name, r.Name, table.Name)
					continue
				}
				rows += table.Rows()
				n, empty := checkTable(t, wb.Name, spec, table)
				numbers[table.Name] += n
				nulls += empty
				if k >= len(again[i].Tables) || dump(again[i].Tables[k]) != dump(table) {
					t.Errorf("%s: table %s depends on the order of rows", wb.Name, table.Name)
				}
				permuted++
			}
			if fmt.Sprint(again[i].Headlines) != fmt.Sprint(r.Headlines) {
				t.Errorf("%s: headlines of %s depend on the order of rows:\n%v\n%v", wb.Name, r.Name, r.Headlines, again[i].Headlines)
			}
		}
	}
	total := 0
	for name := range specs {
		total += numbers[name]
		if numbers[name] == 0 && !rareTables[name] {
			t.Errorf("no workbook gives table %s a number: nothing was checked", name)
		}
	}
	t.Logf("%d workbooks, %d tables compared with rows shuffled, %d rows, %d numbers, %d nulls with a reason", len(books), permuted, rows, total, nulls)
	if total == 0 || nulls == 0 || permuted == 0 {
		t.Error("nothing was checked")
	}
}

// internalTables hold what charts draw and have no description of their own.
var internalTables = map[string]bool{"price_series": true, "price_cuts": true, "price_summary": true}

// rareTables need input that none of these workbooks has: prices and scores of the
// same models.
var rareTables = map[string]bool{"price_frontier": true, "price_frontier_trend": true}

// checkTable checks the cells of one table and counts its numbers and nulls.
func checkTable(t *testing.T, file string, spec analysis.TableSpec, table analysis.Table) (numbers, nulls int) {
	t.Helper()
	keys := map[string]bool{}
	for row := range table.Rows() {
		var key []string
		for _, c := range spec.Columns[:spec.Key] {
			key = append(key, valueText(table, c.Name, row))
		}
		at := fmt.Sprintf("%s: %s %s", file, table.Name, strings.Join(key, " | "))
		if k := strings.Join(key, "\x00"); keys[k] {
			t.Errorf("%s stands twice", at)
		} else {
			keys[k] = true
		}
		for i, c := range spec.Columns {
			value := valueText(table, c.Name, row)
			if v, ok := table.Float(c.Name).At(row); ok {
				numbers++
				if math.IsNaN(v) || math.IsInf(v, 0) || v == 0 && math.Signbit(v) {
					t.Errorf("%s: %s is %v", at, c.Name, v)
				}
			} else if _, ok := table.Int(c.Name).At(row); ok {
				numbers++
			}
			if !c.Reason {
				if value == "" && !spec.MayLack(i) {
					t.Errorf("%s: %s is null and has no reason", at, c.Name)
				}
				continue
			}
			reason, said := table.Text(c.Name + "_reason").At(row)
			switch {
			case value == "" && !said:
				t.Errorf("%s: %s is null without a reason", at, c.Name)
			case value != "" && said:
				t.Errorf("%s: %s is %s and has the reason %s", at, c.Name, value, reason)
			case said && text.Key(analysis.Zh, "reason."+reason) == "reason."+reason:
				t.Errorf("%s: the catalog does not explain the reason %s of %s", at, reason, c.Name)
			case said:
				nulls++
			}
		}
	}
	return numbers, nulls
}

func valueText(t analysis.Table, column string, row int) string {
	i := t.Rec.Schema().FieldIndices(column)
	if len(i) == 0 || t.Rec.Column(i[0]).IsNull(row) {
		return ""
	}
	if v, ok := t.Rec.Column(i[0]).(*array.Float64); ok {
		return fmt.Sprintf("%x", math.Float64bits(v.Value(row))) // to the bit
	}
	return t.Rec.Column(i[0]).ValueStr(row)
}

// dump is a table as text, numbers to the bit.
func dump(t analysis.Table) string {
	var b strings.Builder
	for row := range t.Rows() {
		for _, f := range t.Rec.Schema().Fields() {
			b.WriteString(valueText(t, f.Name, row))
			b.WriteByte('|')
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// shuffled are the same tables with their rows in another order.
func shuffled(ts analysis.Tables) analysis.Tables {
	random := rand.New(rand.NewPCG(1, 2))
	out := analysis.Tables{}
	for _, name := range ts.Names() {
		t := ts[name]
		rows := make([]int, t.Rows())
		for i := range rows {
			rows[i] = i
		}
		random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		t.Rec = analysis.Take(t.Rec, rows)
		out[name] = t
	}
	return out
}

// A shuffle that changed nothing would prove nothing.
func TestShuffledChangesOrder(t *testing.T) {
	b := analysis.NewBuilder(analysis.Releases)
	defer b.Release()
	for i := range 50 {
		b.Text("model", fmt.Sprint(i))
		b.EndRow()
	}
	table := b.Table()
	got := shuffled(analysis.Tables{"releases": table})["releases"]
	if dump(got) == dump(table) {
		t.Error("the rows are in the same order")
	}
	names := func(rec arrow.Record) []string {
		var all []string
		for i := range int(rec.NumRows()) {
			all = append(all, rec.Column(0).ValueStr(i))
		}
		slices.Sort(all)
		return all
	}
	if !slices.Equal(names(got.Rec), names(table.Rec)) {
		t.Error("rows were lost or made up")
	}
}
