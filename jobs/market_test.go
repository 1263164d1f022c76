package jobs

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"shakeout/analysis"
	"shakeout/samples"
	"shakeout/writers"
)

// marketBench is a bench with the real steps and the market on.
func marketBench(t *testing.T) *bench {
	t.Helper()
	b := newBench(t, nil)
	b.steps, b.opts.Market, b.opts.Tables.CSV = RealSteps, MarketAll, true
	return b
}

func (b *bench) put(name string, c samples.Case) {
	b.Helper()
	data, err := c.Workbook()
	if err != nil {
		b.Fatal(err)
	}
	tree{name: string(data)}.write(b, b.in)
}

func storyCase(t *testing.T) samples.Case {
	t.Helper()
	all, err := samples.Stories()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(c samples.Case) bool { return strings.HasPrefix(c.Name, "大模型") })
	if i < 0 {
		t.Fatal("no story")
	}
	return all[i]
}

// One workbook taken apart and put together again gives the same numbers: a
// filings workbook, one of metrics and one of prices are the market.
func TestMarketIsOneWorkbook(t *testing.T) {
	whole := storyCase(t)
	one, three := marketBench(t), marketBench(t)
	// A workbook's own as-of day is not the market's, so both are told one.
	one.opts.Params.AsOf = analysis.DateOf(2024, 11, 30)
	three.opts.Params.AsOf = one.opts.Params.AsOf
	one.put("whole.xlsx", whole)
	for i := range 3 {
		part := whole
		part.Sheets = nil
		for s, sheet := range whole.Sheets {
			if s%3 == i {
				part.Sheets = append(part.Sheets, sheet)
			}
		}
		three.put(fmt.Sprintf("part %d.xlsx", i), part)
	}
	one.run()
	_, sum := three.run()
	if len(sum.Markets) != 1 || sum.Markets[0].Workbooks != 3 || sum.Markets[0].Read != 3 {
		t.Fatalf("markets: %+v", sum.Markets)
	}
	values := 0
	for _, a := range analysis.All {
		for _, spec := range a.Specs {
			want := table(t, filepath.Join(one.out, "tables", "whole", spec.Name+".csv"))
			got := table(t, filepath.Join(three.out, "tables", "market", spec.Name+".csv"))
			if fmt.Sprint(want) != fmt.Sprint(got) {
				t.Errorf("%s: the market has\n%v\none workbook has\n%v", spec.Name, got, want)
			}
			for _, line := range want {
				values += len(line)
			}
		}
	}
	t.Logf("%d values compared", values)
	if values == 0 {
		t.Error("nothing was compared")
	}
}

func table(t *testing.T, name string) [][]string {
	t.Helper()
	f, err := os.Open(name)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// The ten real workbooks together give what their tables in one workbook give: no
// fact is stated differently by two of them.
func TestMarketOfRealWorkbooks(t *testing.T) {
	const dir = "../../shared/data/real"
	found, err := filepath.Glob(filepath.Join(dir, "*.xlsx"))
	if err != nil || len(found) == 0 {
		t.Skipf("no workbooks in %s", dir)
	}
	b := marketBench(t)
	var parts []analysis.Part
	asOf := analysis.NoDate
	for _, name := range found {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		tree{filepath.Base(name): string(data)}.write(t, b.in)
		pkg, err := RealSteps.Open(context.Background(), data)
		if err != nil {
			t.Fatal(err)
		}
		wb, err := RealSteps.Read(context.Background(), pkg, filepath.Base(name))
		if err != nil {
			t.Fatal(err)
		}
		params, _ := RealSteps.Analyse(wb, analysis.DefaultParams())
		asOf = max(asOf, params.AsOf)
		parts = append(parts, analysis.Part{Name: filepath.Base(name), AsOf: params.AsOf, Tables: wb.Tables})
	}
	_, sum := b.run()
	if len(sum.Markets) != 1 || sum.Markets[0].Workbooks != len(found) {
		t.Fatalf("markets: %+v", sum.Markets)
	}
	differ := 0
	for _, line := range table(t, filepath.Join(b.out, "tables", "market", "findings.csv")) {
		if line[1] == "workbooks-differ" {
			differ++
		}
	}
	joined := analysis.Tables{}
	for _, spec := range analysis.InputTables {
		if t := analysis.Concatenate(spec, parts); t.Rows() > 0 {
			joined[spec.Name] = t
		}
	}
	params := analysis.DefaultParams()
	params.AsOf = asOf
	_, results := RealSteps.Analyse(&analysis.Workbook{Tables: joined}, params)
	want := t.TempDir()
	if _, err := writeTables(machine{}, want, &analysis.Workbook{Tables: joined}, results, analysis.Zh, TableFormat{CSV: true}); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, a := range analysis.All {
		for _, spec := range a.Specs {
			w, g := table(t, filepath.Join(want, spec.Name+".csv")), table(t, filepath.Join(b.out, "tables", "market", spec.Name+".csv"))
			compared += len(w)
			if fmt.Sprint(w) != fmt.Sprint(g) {
				t.Errorf("%s differs from that of one workbook", spec.Name)
			}
		}
	}
	t.Logf("%d workbooks, %d rows compared, %d facts stated differently", len(found), compared, differ)
	if compared == 0 {
		t.Error("nothing was compared")
	}
	if differ != 0 {
		t.Errorf("%d facts are stated differently: then one workbook has conflicts where the market has winners, and the tables may differ", differ)
	}
}

// Adding, changing and removing workbooks in any order ends in the same bytes.
func TestMarketHasNoHistory(t *testing.T) {
	all, err := samples.Cases()
	if err != nil {
		t.Fatal(err)
	}
	var cases []samples.Case
	for _, c := range all {
		if len(c.Want) > 0 && len(cases) < 6 {
			cases = append(cases, c)
		}
	}
	final := func(b *bench) string {
		data, err := os.ReadFile(filepath.Join(b.out, marketName))
		if err != nil {
			b.Fatal(err)
		}
		return string(data)
	}
	straight := marketBench(t)
	for i, c := range cases {
		straight.put(fmt.Sprintf("w%d.xlsx", i), c)
	}
	straight.run()
	want := final(straight)
	orders := 3
	if os.Getenv("SHAKEOUT_LONG") != "" {
		orders = 100
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range orders {
		b := marketBench(t)
		for _, i := range r.Perm(len(cases)) {
			switch r.IntN(3) {
			case 0: // another content first
				b.put(fmt.Sprintf("w%d.xlsx", i), cases[(i+1)%len(cases)])
				b.run()
			case 1: // a workbook that goes again
				b.put("extra.xlsx", cases[i])
				b.run()
				os.Remove(filepath.Join(b.in, "extra.xlsx"))
			}
			b.put(fmt.Sprintf("w%d.xlsx", i), cases[i])
			if r.IntN(2) == 0 {
				b.run()
			}
		}
		b.run()
		if final(b) != want {
			t.Fatal("another history gives another market")
		}
	}
	t.Logf("%d orders", orders)
}

// After one changed workbook the market reads that one's tables; without a
// change it reads nothing; with a lost memory it reads the workbooks again.
func TestMarketReadsWhatChanged(t *testing.T) {
	all, err := samples.Cases()
	if err != nil {
		t.Fatal(err)
	}
	b := marketBench(t)
	var cases []samples.Case
	for _, c := range all {
		if len(c.Want) > 0 {
			cases = append(cases, c)
		}
	}
	for i, c := range cases[:5] {
		b.put(fmt.Sprintf("w%d.xlsx", i), c)
	}
	read := func() MarketOutcome {
		t.Helper()
		_, sum := b.run()
		if len(sum.Markets) != 1 {
			t.Fatalf("markets: %+v", sum.Markets)
		}
		return sum.Markets[0]
	}
	if o := read(); o.Read != 5 || o.Unchanged {
		t.Errorf("first: %+v", o)
	}
	first, _ := os.ReadFile(filepath.Join(b.out, marketName))
	if o := read(); !o.Unchanged {
		t.Errorf("again: %+v", o)
	}
	b.put("w2.xlsx", cases[5])
	if o := read(); o.Read != 1 || o.Unchanged {
		t.Errorf("one changed: %+v", o)
	}
	b.put("w2.xlsx", cases[2])
	os.RemoveAll(filepath.Join(b.out, stateFolder, "tables"))
	os.RemoveAll(filepath.Join(b.out, stateFolder, "market"))
	if o := read(); o.Read != 5 {
		t.Errorf("memory lost: %+v", o)
	}
	if again, _ := os.ReadFile(filepath.Join(b.out, marketName)); string(again) != string(first) || len(first) == 0 {
		t.Error("the market made from the workbooks differs from that of their tables")
	}
	if got := slices.Sorted(maps.Keys(files(t, b.out))); !slices.Contains(got, boardName) {
		t.Errorf("no page in %v", got)
	}
}

// A market for each folder, and an analyst's own market.xlsx keeps its name.
func TestMarketFolders(t *testing.T) {
	all, err := samples.Cases()
	if err != nil {
		t.Fatal(err)
	}
	b := marketBench(t)
	b.opts.Market = MarketFolder
	var cases []samples.Case
	for _, c := range all {
		if len(c.Want) > 0 {
			cases = append(cases, c)
		}
	}
	for i, name := range []string{"market.xlsx", "a/one.xlsx", "a/two.xlsx", "b/deep/three.xlsx"} {
		b.put(name, cases[i])
	}
	_, sum := b.run()
	var got []string
	for _, o := range sum.Markets {
		rel, _ := filepath.Rel(b.out, o.Output)
		got = append(got, fmt.Sprintf("%s %d", filepath.ToSlash(rel), o.Workbooks))
	}
	want := []string{"market-2.enriched.xlsx 4", "a/market.enriched.xlsx 2", "b/deep/market.enriched.xlsx 1"}
	if !slices.Equal(got, want) {
		t.Errorf("markets %v, want %v", got, want)
	}
	// Every link of the page leads to a file.
	data, err := os.ReadFile(filepath.Join(b.out, boardName))
	if err != nil {
		t.Fatal(err)
	}
	_, said, _ := strings.Cut(string(data), `id="data">`)
	said, _, _ = strings.Cut(said, "</script>")
	var page writers.Board
	if err := json.Unmarshal([]byte(said), &page); err != nil || page.Market == nil {
		t.Fatalf("the page's data: %v", err)
	}
	links := []string{page.Market.Output}
	for _, w := range page.Workbooks {
		links = append(links, w.Output)
	}
	for _, link := range links {
		if _, err := os.Stat(filepath.Join(b.out, filepath.FromSlash(link))); link == "" || err != nil {
			t.Errorf("the page's link %q leads nowhere: %v", link, err)
		}
	}
	if len(links) != 5 {
		t.Errorf("%d links, want 5", len(links))
	}
	// The tables of the analyst's market.xlsx stay its own.
	read := func(folder string) int { return len(table(t, filepath.Join(b.out, "tables", folder, "findings.csv"))) }
	if own, joined := read("market"), read("market-2"); own == 0 || joined == 0 {
		t.Errorf("findings.csv of market.xlsx has %d lines, that of the market %d", own, joined)
	}
	for _, line := range table(t, filepath.Join(b.out, "tables", "market", "findings.csv"))[1:] {
		if line[2] != "market.xlsx" {
			t.Errorf("a finding about %s stands among those of market.xlsx", line[2])
		}
	}
}

// Delimited text is a workbook like others: it has changes, and the market reads
// it again when its tables are lost.
func TestTextIsAWorkbook(t *testing.T) {
	b := marketBench(t)
	const head = "模型名称,公司,日期,输入价格（元/百万tokens）\n"
	tree{"p.csv": head + "A,甲,2024-05-01,0.5\nB,乙,2024-05-01,1\n"}.write(t, b.in)
	b.run()
	tree{"p.csv": head + "A,甲,2024-05-01,0.6\nB,乙,2024-05-01,1\n"}.write(t, b.in)
	b.run()
	if changes := table(t, filepath.Join(b.out, "tables", "p", "changes.csv")); len(changes) != 2 {
		t.Errorf("changes: %v, want one", changes)
	}
	os.RemoveAll(filepath.Join(b.out, stateFolder, "tables"))
	os.RemoveAll(filepath.Join(b.out, stateFolder, "market"))
	if _, sum := b.run(); len(sum.Markets) != 1 || sum.Markets[0].Read != 1 {
		t.Errorf("markets: %+v", sum.Markets)
	}
}
