package jobs

import (
	"context"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// priced has three prices in the order of their sheet: D6, D5 and, without a
// cell of its own, row 9.
func priced() analysis.Table {
	b := analysis.NewBuilder(analysis.Prices)
	defer b.Release()
	row := func(model string, day analysis.Date, price float64, free bool, source, sheetRow int) {
		b.Text("model", model)
		b.Date("date", day)
		b.Text("kind", "input")
		b.Float("price", price)
		b.Text("currency", "CNY")
		if free {
			b.Bool("free", true)
		}
		b.Int("source", source)
		b.Int("row", sheetRow)
		b.EndRow()
	}
	row("qwen, \"max\"", analysis.DateOf(2024, 5, 21), 40, false, 0, 6)
	row("ERNIE Speed", analysis.DateOf(2024, 5, 21), 0, true, 0, 5)
	row("ERNIE Speed", analysis.DateOf(2024, 5, 1), 1.2, false, 1, 9)
	t := b.Table()
	t.Sources = []analysis.Source{
		{File: "x.xlsx", Sheet: "价格对比", Cells: map[string]analysis.Place{"price": {Col: 4}, "model": {Col: 1}}},
		{File: "x.xlsx", Sheet: "Q3 cuts", Cells: map[string]analysis.Place{"model": {Col: 1}}},
	}
	return t
}

func TestWriteTable(t *testing.T) {
	var got strings.Builder
	if err := writeTable(&got, priced(), true); err != nil {
		t.Fatal(err)
	}
	want := `model,company,date,date_grain,valid_to,kind,price,price_low,price_high,price_before,currency,free,context,source,row
ERNIE Speed,,2024-05-01,,,input,1.2,,,,CNY,,,Q3 cuts!9:9,9
ERNIE Speed,,2024-05-21,,,input,0,,,,CNY,true,,价格对比!D5,5
"qwen, ""max""",,2024-05-21,,,input,40,,,,CNY,,,价格对比!D6,6
`
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &got, want)
	}
}

// Result tables keep their order, in which the claims come as the story tells
// them and the stages as models pass them; input tables are sorted by all columns,
// nulls first.
func TestWriteTableInOrder(t *testing.T) {
	spec := analysis.TableSpec{Name: "claims", Columns: []analysis.ColumnSpec{{Name: "claim"}, {Name: "n", Type: analysis.Int}}}
	b := analysis.NewBuilder(spec)
	defer b.Release()
	for i, claim := range []string{"one_in_ten", "ninety_nine_percent", "", "three_or_four_remain"} {
		b.Text("claim", claim)
		b.Int("n", i)
		b.EndRow()
	}
	table := b.Table()
	for sorted, want := range map[bool]string{
		false: "claim,n\none_in_ten,0\nninety_nine_percent,1\n,2\nthree_or_four_remain,3\n",
		true:  "claim,n\n,2\nninety_nine_percent,1\none_in_ten,0\nthree_or_four_remain,3\n",
	} {
		var got strings.Builder
		if err := writeTable(&got, table, sorted); err != nil {
			t.Fatal(err)
		}
		if got.String() != want {
			t.Errorf("sorted %v: got\n%s\nwant\n%s", sorted, &got, want)
		}
	}
}

func TestFormatFloat(t *testing.T) {
	tenth := 0.1
	for v, want := range map[float64]string{
		0: "0", 1.2e12: "1200000000000", 0.0008: "0.0008", -13.2: "-13.2", 3 * tenth: "0.30000000000000004", 4.64e26: "4.64e+26", 1e-9: "1e-09", 1e20: "100000000000000000000",
	} {
		got := formatFloat(v)
		if back, err := strconv.ParseFloat(got, 64); got != want || err != nil || back != v {
			t.Errorf("%v: got %s, want %s; reads back as %v", v, got, want, back)
		}
	}
}

// A folder of tables holds those of the last pass, and is made again if it is
// deleted.
func TestTablesFolder(t *testing.T) {
	b := newBench(t, tree{"s/x.xlsx": "one"})
	b.opts.Tables.CSV = true
	tables := func() analysis.Tables { return analysis.Tables{"prices": priced()} }
	read := b.steps.Read
	b.steps.Read = func(ctx context.Context, pkg *ooxml.Package, name string) (*analysis.Workbook, error) {
		wb, err := read(ctx, pkg, name)
		wb.Tables = tables()
		wb.Findings = []analysis.Finding{{Effect: analysis.Dropped, Code: "row-total", At: analysis.Ref{File: name, Sheet: "价格", Row: 9, Col: 2}, Got: "合计"}}
		return wb, err
	}
	b.want("s/x.xlsx enriched")
	there := b.wantFiles("s/x.enriched.xlsx", "tables/s/x/findings.csv", "tables/s/x/prices.csv")
	findings := strings.Split(there["tables/s/x/findings.csv"], "\n")
	if want := "dropped,row-total,x.xlsx,价格,B9,合计,合计或小计行：已略去，其构成各行均已读取。"; findings[1] != want {
		t.Errorf("got finding %s, want %s", findings[1], want)
	}
	b.want("s/x.xlsx unchanged")

	if err := remove(machine{}, filepath.Join(b.out, "tables/s/x/prices.csv")); err != nil {
		t.Fatal(err)
	}
	b.want("s/x.xlsx enriched")
	b.wantFiles("s/x.enriched.xlsx", "tables/s/x/findings.csv", "tables/s/x/prices.csv")

	tables = func() analysis.Tables { return nil }
	tree{"s/x.xlsx": "two"}.write(t, b.in)
	b.want("s/x.xlsx enriched")
	if got := names(b.wantFiles("s/x.enriched.xlsx", "tables/s/x/changes.csv", "tables/s/x/findings.csv", "tables/s/x/moved.csv")); slices.Contains(got, "tables/s/x/prices.csv") {
		t.Error("a table that the workbook no longer has is still there")
	}
}
