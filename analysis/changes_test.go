package analysis

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// monthly is a workbook with one row of tokens for each fact: company, month,
// amount; row numbers count from 2.
func monthly(facts ...[3]any) Tables {
	b := NewBuilder(Metrics)
	defer b.Release()
	for i, f := range facts {
		b.Text("subject", f[0].(string))
		b.Text("subject_kind", "company")
		b.Text("metric", "tokens")
		b.Text("unit", "tokens")
		b.Date("period", DateOf(2024, f[1].(int), 1))
		b.Text("period_grain", string(Month))
		b.Float("value", f[2].(float64))
		b.Int("source", 0)
		b.Int("row", i+2)
		b.EndRow()
	}
	t := b.Table()
	t.Sources = []Source{{Sheet: "指标", Cells: map[string]Place{"value": {Col: 3}, "subject": {Col: 1}}}}
	return Tables{"metrics": t}
}

func analysed(ts Tables) Edition {
	params := DefaultParams()
	params.AsOf, params.ListComplete = DateOf(2024, 12, 31), true
	return Edition{Tables: ts, Results: Run(All, ts, params)}
}

func again(ts Tables) []Result { return analysed(ts).Results }

// lines are the rows of a table as text, the columns joined by bars.
func lines(t Table) []string {
	var all []string
	for row := range t.Rows() {
		var cells []string
		for _, col := range t.Rec.Columns() {
			cells = append(cells, saidIn(col, row))
		}
		all = append(all, strings.Join(cells, "|"))
	}
	return all
}

func TestChanges(t *testing.T) {
	before := analysed(monthly([3]any{"甲", 5, 50.0}, [3]any{"乙", 5, 30.0}, [3]any{"丙", 5, 20.0}, [3]any{"丁", 4, 7.0}))
	now := analysed(monthly([3]any{"丙", 5, 25.0}, [3]any{"甲", 5, 50.0}, [3]any{"乙", 5, 30.0}, [3]any{"戊", 5, 10.0}))
	r := Changes(before, now, again)
	want := []string{
		"metrics|丁 · tokens · 2024-04|value|7|||gone|指标!C5",
		"metrics|丙 · tokens · 2024-05|value|20|25|0.25|restated|指标!C2",
		"metrics|戊 · tokens · 2024-05|value||10||new|指标!C5",
	}
	if got := lines(r.Tables[1]); !slices.Equal(got, want) {
		t.Errorf("changes:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	// HHI before: 50, 30 and 20 of 100: 2500+900+400 = 3800. Now 50, 30, 25 and
	// 10 of 115: (2500+900+625+100)/115² x 10,000 = 3119.09.
	moved := r.Tables[0]
	found := false
	for row := range moved.Rows() {
		if moved.Text("table").Or(row, "") == "concentration" && moved.Text("column").Or(row, "") == "hhi" && strings.Contains(moved.Text("key").Or(row, ""), "2024-05") {
			found = true
			if x, y := moved.Float("before").Or(row, 0), moved.Float("after").Or(row, 0); fmt.Sprintf("%.2f %.2f", x, y) != "3800.00 3119.09" {
				t.Errorf("the HHI moved from %v to %v", x, y)
			}
			if got := moved.Text("cells").Or(row, ""); got != "指标!C2, 指标!C5" {
				t.Errorf("the HHI moved because of %s", got)
			}
		}
	}
	if !found {
		t.Errorf("the HHI did not move: %v", lines(moved))
	}
	if n := r.Headlines[0].Value.Value; n != 3 {
		t.Errorf("%v facts changed, want 3", n)
	}
}

// Rows in another order, duplicates among them, change nothing, and a fact that
// changes is the same change wherever its row stands.
func TestChangesDoNotDependOnOrder(t *testing.T) {
	facts := [][3]any{{"甲", 5, 50.0}, {"乙", 5, 30.0}, {"丙", 5, 20.0}, {"甲", 6, 55.0}, {"甲", 6, 55.0}, {"乙", 6, 31.0}, {"乙", 6, 32.0}}
	changed := slices.Clone(facts)
	changed[5][2], changed[6][2] = 33.0, 34.0 // two statements of one fact, both restated
	random := rand.New(rand.NewPCG(1, 2))
	var first []string
	for range 30 {
		before := analysed(monthly(facts...))
		random.Shuffle(len(facts), func(i, k int) { facts[i], facts[k] = facts[k], facts[i] })
		random.Shuffle(len(changed), func(i, k int) { changed[i], changed[k] = changed[k], changed[i] })
		if r := Changes(before, analysed(monthly(facts...)), again); r.Tables[0].Rows()+r.Tables[1].Rows() > 0 {
			t.Fatalf("sorted anew: %v %v", lines(r.Tables[0]), lines(r.Tables[1]))
		}
		r := Changes(before, analysed(monthly(changed...)), again)
		var got []string
		for _, l := range lines(r.Tables[1]) {
			got = append(got, l[:strings.LastIndexByte(l, '|')])
		}
		if first == nil {
			first = got
		}
		if !slices.Equal(got, first) || len(got) != 2 {
			t.Fatalf("got %v, first %v", got, first)
		}
	}
}

// A headline of a later period stands against the same one of the period before.
func TestHeadlineOfALaterPeriod(t *testing.T) {
	before := analysed(monthly([3]any{"甲", 5, 50.0}, [3]any{"乙", 5, 50.0}))
	now := analysed(monthly([3]any{"甲", 5, 50.0}, [3]any{"乙", 5, 50.0}, [3]any{"甲", 6, 75.0}, [3]any{"乙", 6, 25.0}))
	moved := Changes(before, now, again).Tables[0]
	for row := range moved.Rows() {
		if moved.Text("column").Or(row, "") == "hhi" {
			if moved.Float("before").Or(row, 0) != 5000 || moved.Float("after").Or(row, 0) != 6250 || !strings.Contains(moved.Text("earlier_key").Or(row, ""), "2024-05") {
				t.Errorf("got %s", lines(moved)[row])
			}
			return
		}
	}
	t.Errorf("no HHI in %v", lines(moved))
}

// Many changes are tried by table, not each by itself.
func TestManyChanges(t *testing.T) {
	var was, is [][3]any
	for i := range 40 {
		was = append(was, [3]any{fmt.Sprint("公司", i), 5, float64(10 + i)})
		is = append(is, [3]any{fmt.Sprint("公司", i), 5, float64(10 + i*i)})
	}
	runs := 0
	moved := Changes(analysed(monthly(was...)), analysed(monthly(is...)), func(ts Tables) []Result { runs++; return again(ts) }).Tables[0]
	if runs != 1 || moved.Rows() == 0 || moved.Text("cells").Or(0, "") != "metrics" {
		t.Errorf("%d runs, %v", runs, lines(moved))
	}
}

// The analyses run once for each change that may have moved a headline.
func BenchmarkCauses(b *testing.B) {
	var was, is [][3]any
	for i := range maxCauseRows {
		v := float64(i%97 + 1)
		was = append(was, [3]any{fmt.Sprint("公司", i%50), 12 - i/50, v})
		if i < maxCauses { // the latest month, which headlines speak of
			v *= 1.5
		}
		is = append(is, [3]any{fmt.Sprint("公司", i%50), 12 - i/50, v})
	}
	before, now := analysed(monthly(was...)), analysed(monthly(is...))
	for b.Loop() {
		Changes(before, now, again).Release()
	}
}

func BenchmarkChanges(b *testing.B) {
	var was, is [][3]any
	for i := range 20000 {
		was = append(was, [3]any{fmt.Sprint("公司", i), 1 + i%12, float64(i)})
		is = append(is, [3]any{fmt.Sprint("公司", i), 1 + i%12, float64(i + i%2)})
	}
	before, now := Edition{Tables: monthly(was...)}, Edition{Tables: monthly(is...)}
	for b.Loop() {
		Changes(before, now, func(Tables) []Result { return nil }).Release()
	}
}
