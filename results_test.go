package main

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"shakeout/analysis"
	"shakeout/readers"
	"shakeout/readers/ooxml"
)

// realDir holds real workbooks and, beside each, facts computed by another
// program from the figures they were laid out from.
const realDir = "../shared/data/real"

// analysed is a real workbook read and analysed.
type analysed struct {
	*analysis.Workbook
	results map[string]analysis.Table
	facts   []sheetFacts
}

// sheetFacts are the stated facts of one table of a sheet.
type sheetFacts struct {
	Sheet string
	Facts map[string]json.RawMessage
}

func analyse(t *testing.T, stem string) analysed {
	t.Helper()
	if _, err := os.Stat(realDir); err != nil {
		t.Skipf("no workbooks in %s: nothing to compare", realDir)
	}
	data, err := os.ReadFile(filepath.Join(realDir, stem+".xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	pkg, err := ooxml.Open(context.Background(), data, ooxml.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	wb, err := readers.Read(context.Background(), pkg, stem+".xlsx")
	if err != nil {
		t.Fatal(err)
	}
	params := analysis.DefaultParams()
	params.AsOf = analysis.AsOf(wb.Tables, wb.Dated)
	a := analysed{Workbook: wb, results: map[string]analysis.Table{}}
	for _, r := range analysis.Run(analysis.All, wb.Tables, params) {
		for _, table := range r.Tables {
			a.results[table.Name] = table
		}
	}
	var stated struct{ Tables []sheetFacts }
	data, err = os.ReadFile(filepath.Join(realDir, stem+".expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &stated); err != nil {
		t.Fatal(err)
	}
	a.facts = stated.Tables
	return a
}

// fact decodes one stated fact of a sheet's n-th table.
func (a analysed) fact(t *testing.T, sheet, name string, into any) {
	t.Helper()
	for _, f := range a.facts {
		if raw, ok := f.Facts[name]; ok && f.Sheet == sheet {
			if err := json.Unmarshal(raw, into); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("sheet %s states no fact %s", sheet, name)
}

// rows lists the rows of an input table that came from a sheet.
func (a analysed) rows(table, sheet string, keep func(t analysis.Table, row int) bool) []int {
	var rows []int
	in := a.Tables[table]
	for i := range in.Rows() {
		if in.Ref(i, "").Sheet == sheet && (keep == nil || keep(in, i)) {
			rows = append(rows, i)
		}
	}
	return rows
}

// checks counts comparisons, so that a test which compared nothing fails.
type checks struct {
	*testing.T
	n int
}

func (c *checks) number(what string, got, want float64) {
	c.Helper()
	c.n++
	if math.Abs(got-want) > 1e-6*math.Max(1e-6, math.Abs(want)) {
		c.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func (c *checks) equal(what string, got, want any) {
	c.Helper()
	c.n++
	g, _ := json.Marshal(got)
	w, _ := json.Marshal(want)
	if string(g) != string(w) {
		c.Errorf("%s: got %s, want %s", what, g, w)
	}
}

func (c *checks) done() {
	c.Helper()
	c.Logf("%d facts compared", c.n)
	if c.n == 0 {
		c.Error("nothing was compared")
	}
}

// find gives the first row of a result table whose text columns say this.
func find(table analysis.Table, where map[string]string) int {
	for i := range table.Rows() {
		met := true
		for column, want := range where {
			got := table.Text(column).Or(i, "")
			if d, ok := table.Date(column).At(i); ok {
				got = analysis.FormatDate(d)
			}
			met = met && got == want
		}
		if met {
			return i
		}
	}
	return -1
}

func TestModelList(t *testing.T) {
	a, c := analyse(t, "01_国产大模型名录"), &checks{T: t}
	const sheet = "大模型列表"
	filings := a.Tables["filings"]
	var n float64
	a.fact(t, sheet, "data_rows", &n)
	c.number("rows of the list", float64(len(a.rows("filings", sheet, nil))), n)
	a.fact(t, "按地区", "data_rows", &n)
	c.number("rows by region", float64(len(a.rows("filings", "按地区", nil))), n)
	for column, fact := range map[string]string{"region": "rows_by_region_top8", "category": "rows_by_category", "company": "companies_with_most_rows"} {
		var counts map[string]float64
		a.fact(t, sheet, fact, &counts)
		for name, want := range counts {
			got := a.rows("filings", sheet, func(_ analysis.Table, i int) bool { return filings.Text(column).Or(i, "") == name })
			c.number(name, float64(len(got)), want)
		}
	}
	c.done()
}

func TestPriceWar(t *testing.T) {
	a, c := analyse(t, "03_API价格战_2024年5月"), &checks{T: t}
	const sheet = "价格对比"
	prices := a.Tables["prices"]
	for fact, kind := range map[string]string{"input_CNY_per_1M": "input", "output_CNY_per_1M": "output"} {
		var dates map[string]struct{ Count, Sum, Min, Max float64 }
		a.fact(t, sheet, fact, &dates)
		for date, want := range dates {
			rows := a.rows("prices", sheet, func(p analysis.Table, i int) bool {
				d, ok := p.Date("date").At(i)
				return ok && analysis.FormatDate(d) == date && p.Text("kind").Or(i, "") == kind
			})
			sum, low, high := 0.0, math.Inf(1), math.Inf(-1)
			for _, i := range rows {
				v := prices.Float("price").Or(i, math.NaN())
				sum, low, high = sum+v, math.Min(low, v), math.Max(high, v)
			}
			c.number(date+" "+kind+" count", float64(len(rows)), want.Count)
			c.number(date+" "+kind+" sum", sum, want.Sum)
			c.number(date+" "+kind+" min", low, want.Min)
			c.number(date+" "+kind+" max", high, want.Max)
		}
	}
	var free map[string][]string
	a.fact(t, sheet, "free_models", &free)
	for date, want := range free {
		got := []string{}
		for _, i := range a.rows("prices", sheet, func(p analysis.Table, i int) bool {
			d, ok := p.Date("date").At(i)
			return ok && analysis.FormatDate(d) == date && p.Bool("free").Or(i, false)
		}) {
			got = append(got, prices.Text("model").Or(i, ""))
		}
		slices.Sort(got)
		c.equal("free on "+date, slices.Compact(got), want)
	}
	comparePaths(t, c, a, sheet)
	// A model's cut may show on one side only; the announcements name others.
	var cut []string
	a.fact(t, sheet, "models_with_a_cut", &cut)
	listed := map[string]bool{}
	for _, i := range a.rows("prices", sheet, nil) {
		listed[prices.Text("model").Or(i, "")] = true
	}
	got := []string{}
	paths := a.results["price_paths"]
	for i := range paths.Rows() {
		if m := paths.Text("model").Or(i, ""); listed[m] && paths.Int("cuts").Or(i, 0) > 0 {
			got = append(got, m)
		}
	}
	slices.Sort(got)
	c.equal("models with a cut", slices.Compact(got), cut)
	c.done()
}

// comparePaths holds the stated price paths of a sheet against price_paths.
func comparePaths(t *testing.T, c *checks, a analysed, sheet string) {
	t.Helper()
	type point struct {
		Date  string
		Price float64
	}
	var paths []struct {
		Model, Side, Currency string
		Observations          float64
		First, Last           point
		PctChange             *float64 `json:"pct_change"`
		Cuts, Raises          float64
	}
	a.fact(t, sheet, "price_paths", &paths)
	got := a.results["price_paths"]
	for _, want := range paths {
		i := find(got, map[string]string{"model": want.Model, "kind": want.Side, "currency": want.Currency})
		if i < 0 {
			t.Errorf("no price path of %s %s %s", want.Model, want.Side, want.Currency)
			continue
		}
		name := want.Model + " " + want.Side
		c.number(name+" n", float64(got.Int("n").Or(i, -1)), want.Observations)
		c.number(name+" first", got.Float("first_price").Or(i, math.NaN()), want.First.Price)
		c.number(name+" last", got.Float("last_price").Or(i, math.NaN()), want.Last.Price)
		c.equal(name+" first date", analysis.FormatDate(got.Date("first_date").Or(i, 0)), want.First.Date)
		c.equal(name+" last date", analysis.FormatDate(got.Date("last_date").Or(i, 0)), want.Last.Date)
		c.number(name+" cuts", float64(got.Int("cuts").Or(i, -1)), want.Cuts)
		c.number(name+" raises", float64(got.Int("raises").Or(i, -1)), want.Raises)
		if change, ok := got.Float("pct_change").At(i); want.PctChange != nil {
			c.equal(name+" has a change", ok, true)
			c.number(name+" change", change, *want.PctChange)
		} else {
			c.equal(name+" has no change", ok, false)
		}
	}
}

func TestArenaScores(t *testing.T) {
	a, c := analyse(t, "05_lmarena_top20"), &checks{T: t}
	metrics := a.Tables["metrics"]
	for _, f := range a.facts {
		for fact, metric := range map[string]string{"arena_score": "score", "votes": "votes"} {
			var want struct{ Count, Sum, Min, Max float64 }
			a.fact(t, f.Sheet, fact, &want)
			rows := a.rows("metrics", f.Sheet, func(m analysis.Table, i int) bool { return m.Text("metric").Or(i, "") == metric })
			sum, low, high, best := 0.0, math.Inf(1), math.Inf(-1), ""
			for _, i := range rows {
				v := metrics.Float("value").Or(i, math.NaN())
				if v > high {
					high, best = v, metrics.Text("subject").Or(i, "")
				}
				sum, low = sum+v, math.Min(low, v)
			}
			c.number(f.Sheet+" "+metric+" count", float64(len(rows)), want.Count)
			c.number(f.Sheet+" "+metric+" sum", sum, want.Sum)
			c.number(f.Sheet+" "+metric+" min", low, want.Min)
			c.number(f.Sheet+" "+metric+" max", high, want.Max)
			if metric == "score" {
				var top string
				a.fact(t, f.Sheet, "best_model", &top)
				c.equal(f.Sheet+" best", best, top)
			}
		}
	}
	// A score is not additive: it has no market and no HHI.
	if i := find(a.results["concentration"], map[string]string{"metric": "score"}); i >= 0 {
		t.Error("an HHI of scores was computed")
	}
	c.done()
}

func TestTokenShares(t *testing.T) {
	a, c := analyse(t, "06_openrouter_token_share"), &checks{T: t}
	metrics := a.Tables["metrics"]
	concentration := a.results["concentration"]
	const sheet = "Market share"
	var tokens map[string]struct{ Count, Sum, Min, Max float64 }
	a.fact(t, sheet, "tokens_from_text", &tokens)
	var largest map[string]string
	a.fact(t, sheet, "largest", &largest)
	var hhi map[string]struct{ Reported, Listed float64 }
	a.fact(t, sheet, "hhi_of_share", &hhi)
	for end, want := range tokens {
		last, _ := analysis.ParseDate(end)
		first := last - 6
		rows := a.rows("metrics", sheet, func(m analysis.Table, i int) bool {
			d, ok := m.Date("period").At(i)
			return ok && d == first && m.Text("metric").Or(i, "") == "tokens"
		})
		sum, low, high, top := 0.0, math.Inf(1), math.Inf(-1), ""
		for _, i := range rows {
			v := metrics.Float("value").Or(i, math.NaN())
			if v > high {
				high, top = v, metrics.Text("subject").Or(i, "")
			}
			sum, low = sum+v, math.Min(low, v)
		}
		c.number(end+" count", float64(len(rows)), want.Count)
		c.number(end+" sum", sum, want.Sum)
		c.number(end+" min", low, want.Min)
		c.number(end+" max", high, want.Max)
		c.equal(end+" largest", top, largest[end])
		// Shares that add to less than one are never rescaled: the sum of their
		// squares is the lower bound of the HHI.
		i := find(concentration, map[string]string{"metric": "share", "level": "company", "period": analysis.FormatDate(first)})
		if i < 0 {
			t.Errorf("no concentration of shares for %s", end)
			continue
		}
		c.number(end+" hhi_lower", concentration.Float("hhi_lower").Or(i, math.NaN()), hhi[end].Reported)
		c.number(end+" n_firms", float64(concentration.Int("n_firms").Or(i, -1)), hhi[end].Listed)
		if _, ok := concentration.Float("hhi").At(i); ok {
			t.Errorf("%s: incomplete shares have an HHI", end)
		}
	}
	c.done()
}

func TestFilingExtract(t *testing.T) {
	a, c := analyse(t, "10_生成式人工智能服务已备案信息_节选"), &checks{T: t}
	const sheet = "已备案信息"
	filings := a.Tables["filings"]
	var n float64
	var first, last string
	a.fact(t, sheet, "data_rows", &n)
	c.number("rows", float64(len(a.rows("filings", sheet, nil))), n)
	a.fact(t, sheet, "dated_rows", &n)
	dated := a.rows("filings", sheet, func(f analysis.Table, i int) bool { _, ok := f.Date("filed").At(i); return ok })
	c.number("dated rows", float64(len(dated)), n)
	a.fact(t, sheet, "first_date", &first)
	a.fact(t, sheet, "last_date", &last)
	low, high, byNovember := analysis.Date(math.MaxInt32), analysis.Date(0), 0
	for _, i := range dated {
		d := filings.Date("filed").Or(i, 0)
		low, high = min(low, d), max(high, d)
		if d <= analysis.DateOf(2024, 11, 30) {
			byNovember++
		}
	}
	c.equal("first filing", analysis.FormatDate(low), first)
	c.equal("last filing", analysis.FormatDate(high), last)
	a.fact(t, sheet, "filed_by_end_of_Nov_2024", &n)
	c.number("filed by the end of November 2024", float64(byNovember), n)
	a.fact(t, sheet, "distinct_companies", &n)
	companies := map[string]bool{}
	for _, i := range a.rows("filings", sheet, nil) {
		companies[filings.Text("company").Or(i, "")] = true
	}
	c.number("companies", float64(len(companies)), n)
	var numbers map[string]string
	a.fact(t, sheet, "filing_numbers", &numbers)
	stated := map[string]bool{}
	for i := range filings.Rows() {
		stated[filings.Text("filing_no").Or(i, "")] = true
	}
	for _, no := range numbers {
		c.equal("filing number "+no, stated[no], true)
	}
	a.fact(t, "属地分布", "hhi_by_region", &n)
	i := find(a.results["concentration"], map[string]string{"metric": "share", "subject_kind": "region"})
	if i < 0 {
		t.Fatalf("no concentration of the regions' shares; there is %s", strings.Join(markets(a.results["concentration"]), ", "))
	}
	c.number("HHI by region", a.results["concentration"].Float("hhi").Or(i, math.NaN()), n)
	c.done()
}

func markets(table analysis.Table) []string {
	var all []string
	for i := range table.Rows() {
		all = append(all, table.Text("metric").Or(i, "")+"/"+table.Text("level").Or(i, ""))
	}
	return all
}
