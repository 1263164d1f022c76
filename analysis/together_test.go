package analysis

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// stating is a part with one metrics row for each fact: subject, month, value.
func stating(name string, asOf Date, facts ...[3]any) Part {
	b := NewBuilder(Metrics)
	defer b.Release()
	for i, f := range facts {
		b.Text("subject", f[0].(string))
		b.Text("subject_kind", "model")
		b.Text("metric", "mau")
		b.Text("unit", "persons")
		b.Date("period", DateOf(2024, f[1].(int), 1))
		b.Text("period_grain", string(Month))
		b.Float("value", f[2].(float64))
		b.Int("source", 0)
		b.Int("row", i+2)
		b.EndRow()
	}
	t := b.Table()
	t.Sources = []Source{{Sheet: "指标", Cells: map[string]Place{"value": {Col: 3}}}}
	return Part{Name: name, SHA256: name, AsOf: asOf, Tables: Tables{"metrics": t}}
}

// told lists the facts of a metrics table with the file that states them.
func told(t Table) []string {
	var all []string
	for row := range t.Rows() {
		all = append(all, fmt.Sprint(t.Ref(row, "value").File, " ", t.Text("subject").Or(row, ""), " ", FormatDate(t.Date("period").Or(row, 0)), " ", t.Float("value").Or(row, -1)))
	}
	slices.Sort(all)
	return all
}

func TestTogetherCountsAFactOnce(t *testing.T) {
	old := stating("a.xlsx", DateOf(2024, 6, 30), [3]any{"Kimi", 5, 20e6}, [3]any{"豆包", 5, 26e6})
	new := stating("b.xlsx", DateOf(2024, 9, 30), [3]any{"kimi", 5, 20e6}, [3]any{"豆包", 5, 27e6}, [3]any{"豆包", 6, 30e6})
	ts, findings := Together([]Part{old, new})
	got := told(ts["metrics"])
	want := []string{"b.xlsx kimi 2024-05-01 2e+07", "b.xlsx 豆包 2024-05-01 2.7e+07", "b.xlsx 豆包 2024-06-01 3e+07"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if len(findings) != 1 || findings[0].Code != "workbooks-differ" || findings[0].At.File != "a.xlsx" || findings[0].At.Cell() != "C3" ||
		findings[0].Args[0] != "27000000" || findings[0].Args[1] != "b.xlsx · 指标!C3" {
		t.Errorf("findings: %+v", findings)
	}
}

// What one workbook leaves open another may fill in.
func TestTogetherCompletes(t *testing.T) {
	filing := func(name string, asOf Date, dates map[string]Date) Part {
		b := NewBuilder(Filings)
		defer b.Release()
		b.Text("model", "文心一言")
		b.Text("company", "百度")
		for column, d := range dates {
			b.Date(column, d)
		}
		b.Int("source", 0)
		b.Int("row", 2)
		b.EndRow()
		table := b.Table()
		table.Sources = []Source{{Sheet: "备案"}}
		return Part{Name: name, SHA256: name, AsOf: asOf, Tables: Tables{"filings": table}}
	}
	a := filing("a.xlsx", 20000, map[string]Date{"filed": 19600, "launched": 19610})
	b := filing("b.xlsx", 20100, map[string]Date{"filed": 19601, "active": 19700})
	ts, findings := Together([]Part{a, b})
	filings := ts["filings"]
	if filings.Rows() != 2 {
		t.Fatalf("%d rows, want 2: each adds a date", filings.Rows())
	}
	filed := 0
	for row := range 2 {
		if d, ok := filings.Date("filed").At(row); ok {
			filed++
			if d != 19601 {
				t.Errorf("filed %v, want that of the workbook with later data", d)
			}
		}
	}
	if filed != 1 || len(findings) != 1 {
		t.Errorf("%d rows state a filing date, %d findings; want 1 and 1", filed, len(findings))
	}
}

// Neither the order of the workbooks nor what was there before decides.
func TestTogetherInAnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	var parts []Part
	for i := range 12 {
		var facts [][3]any
		for range 40 {
			facts = append(facts, [3]any{fmt.Sprint("m", r.IntN(8)), 1 + r.IntN(6), float64(1 + r.IntN(3))})
		}
		parts = append(parts, stating(fmt.Sprint("w", i, ".xlsx"), Date(20000+r.IntN(4)), facts...))
	}
	say := func(parts []Part) (string, int) {
		ts, findings := Together(parts)
		defer ts.Release()
		return fmt.Sprint(ts["metrics"].Rec, findings), ts["metrics"].Rows()
	}
	want, rows := say(parts)
	if rows == 0 || rows >= 12*40 {
		t.Fatalf("%d rows of %d: nothing was settled", rows, 12*40)
	}
	for range 50 {
		r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		if got, _ := say(parts); got != want {
			t.Fatal("another order gives other tables")
		}
	}
}
