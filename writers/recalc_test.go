package writers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"shakeout/analysis"
	"shakeout/readers"
	"shakeout/readers/ooxml"
	"shakeout/samples"
)

// alwaysRecalculate is a LibreOffice profile that computes every formula anew
// on loading. Without it the values that a file brings along are kept.
const alwaysRecalculate = `<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
`

// recalculate has LibreOffice compute workbooks anew and gives them as it saved
// them, nil for one that it did not open.
func recalculate(t *testing.T, books [][]byte) []*ooxml.Package {
	t.Helper()
	profile := t.TempDir()
	if err := os.MkdirAll(filepath.Join(profile, "user"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(profile, "user", "registrymodifications.xcu"), []byte(alwaysRecalculate), 0o666); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var paths []string
	for i, data := range books {
		paths = append(paths, save(t, dir, i, "x.xlsx", data))
	}
	to := convertIn(t, profile, "xlsx:Calc MS Excel 2007 XML", paths...)
	var opened []*ooxml.Package
	for _, p := range paths {
		data, err := os.ReadFile(filepath.Join(to, filepath.Base(p)))
		if err != nil {
			opened = append(opened, nil)
			continue
		}
		opened = append(opened, open(t, data))
	}
	return opened
}

// analysed is a workbook read and analysed as the program does it.
type analysed struct {
	name    string
	pkg     *ooxml.Package
	wb      *analysis.Workbook
	params  analysis.Params
	results []analysis.Result
}

func analyse(t testing.TB, name string, data []byte, params analysis.Params) *analysed {
	t.Helper()
	a := &analysed{name: name, pkg: open(t, data)}
	var err error
	if a.wb, err = readers.Read(context.Background(), a.pkg, filepath.Base(name)); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	a.params, _ = analysis.ApplySettings(params, a.wb.Tables["settings"])
	if a.params.AsOf == 0 {
		a.params.AsOf = analysis.AsOf(a.wb.Tables, a.wb.Dated)
	}
	a.results = analysis.Run(analysis.All, a.wb.Tables, a.params)
	return a
}

// enrich makes the copy, and gives the book it was made from.
func (a *analysed) enrich(t testing.TB, change func(*book)) (*book, []byte) {
	t.Helper()
	g, b, err := build(context.Background(), a.pkg, a.wb, a.results, a.params, Options{Version: "1"})
	if err != nil {
		t.Fatalf("%s: %v", a.name, err)
	}
	if change != nil {
		change(b)
	}
	var out bytes.Buffer
	if err := g.write(context.Background(), &out, b.sheets); err != nil {
		t.Fatalf("%s: %v", a.name, err)
	}
	return b, out.Bytes()
}

// livingWorkbooks are the stories, the cases of samples (by default some of
// them) and the real workbooks, those in which a table is recognised.
func livingWorkbooks(t *testing.T) []*analysed {
	t.Helper()
	var all []*analysed
	add := func(name string, data []byte) {
		if a := analyse(t, name, data, analysis.DefaultParams()); len(a.wb.Regions) > 0 {
			all = append(all, a)
		}
	}
	cases, err := samples.Cases()
	if err != nil {
		t.Fatal(err)
	}
	stories, err := samples.Stories()
	if err != nil {
		t.Fatal(err)
	}
	if !long {
		cases = slices.DeleteFunc(cases, func(c samples.Case) bool { return crc32.ChecksumIEEE([]byte(c.Name))%8 != 0 })
	}
	for _, c := range append(stories, cases...) {
		data, err := c.Workbook()
		if err != nil {
			t.Fatal(err)
		}
		add(c.Name+".xlsx", data)
	}
	real, _ := filepath.Glob(filepath.Join(shared, "data/real/*.xlsx"))
	for _, path := range real {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		add(filepath.Base(path), data)
	}
	if len(real) == 0 {
		t.Logf("no workbooks in %s/data/real: samples only", shared)
	}
	return all
}

// tableAt names what a cell of ours belongs to: a result table, else its sheet.
func (b *book) tableAt(s *sheet, row, col int) string {
	for _, at := range b.order {
		if at.sheet == s && row >= at.first && row < at.first+at.table.Rows() && col <= len(at.columns) {
			return at.table.Name
		}
	}
	if _, isResult := analysisOf(s.key); isResult {
		return "chart data"
	}
	return s.key
}

func analysisOf(key string) (analysis.Analyzer, bool) {
	for _, a := range analysis.All {
		if a.Name == key || a.Sheet == key {
			return a, true
		}
	}
	return analysis.Analyzer{}, false
}

// same reports whether a recalculated cell is what ours holds: numbers but for
// a billionth, an empty text for nothing.
func same(want cell, got ooxml.Cell) bool {
	switch want.kind {
	case number:
		return got.Kind == ooxml.Number && math.Abs(got.Num-want.num) <= 1e-9*math.Max(math.Abs(want.num), 1e-300)
	case words:
		return got.Kind == ooxml.Text && got.Text == want.text || want.text == "" && got.Kind == ooxml.Blank
	}
	return got.Kind == ooxml.Blank || got.Kind == ooxml.Text && got.Text == ""
}

// Every formula of ours, computed by LibreOffice from the analyst's cells, gives
// the value that we wrote beside it. A formula with a wrong value beside it
// changes: so the others were computed, too.
func TestFormulasGiveOurNumbers(t *testing.T) {
	all := livingWorkbooks(t)
	var made []*book
	var data [][]byte
	for _, a := range all {
		b, out := a.enrich(t, nil)
		made, data = append(made, b), append(data, out)
	}
	var canary link
	var right cell
	spoil := func(b *book) {
		at := b.placed["concentration"]
		for row := range at.table.Rows() {
			if c := at.sheet.at(at.first+row, at.cols["hhi_listed"]); c.formula != "" {
				canary, right = link{cell: address(at.first+row, at.cols["hhi_listed"]), to: at.sheet.name}, c
				c.num++
				at.sheet.put(at.first+row, at.cols["hhi_listed"], c)
				return
			}
		}
		t.Fatal("no formula to spoil")
	}
	_, spoiled := all[0].enrich(t, spoil)
	again := recalculate(t, append(data, spoiled))

	counts, sheets := map[string]int{}, 0
	wrong := 0
	for i, b := range made {
		if again[i] == nil {
			t.Errorf("%s: LibreOffice does not open the copy", all[i].name)
			continue
		}
		for _, s := range b.sheets {
			grid := gridNamed(t, again[i], s.name)
			sheets++
			rows, cols := s.size()
			for r := range rows {
				for c := range cols {
					want := s.at(r+1, c+1)
					if want.formula == "" {
						continue
					}
					counts[b.tableAt(s, r+1, c+1)]++
					if got := grid.At(r+1, c+1); !same(want, got) {
						if wrong++; wrong <= 20 {
							t.Errorf("%s, %s!%s: ours %s, recalculated %s\n=%s", all[i].name, s.name, address(r+1, c+1), wantText(want), gotText(got), want.formula)
						}
					}
				}
			}
		}
	}
	total := 0
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%-14s %6d formulas", name, counts[name])
		total += counts[name]
	}
	t.Logf("%d workbooks, %d sheets, %d formulas compared, %d differ", len(made), sheets, total, wrong)
	for name := range liveTables {
		if counts[name] == 0 && slices.ContainsFunc(made, func(b *book) bool { return b.placed[name] != nil }) {
			t.Errorf("no formula of table %s was compared", name)
		}
	}
	if total < 5000 || counts["data"] < 1000 {
		t.Errorf("only %d formulas were compared, %d of the facts", total, counts["data"])
	}

	if last := again[len(again)-1]; last == nil {
		t.Error("LibreOffice does not open the copy with the spoiled value")
	} else {
		e := evaluator{rest: canary.cell}
		row, col := e.address()
		if got := gridNamed(t, last, canary.to).At(row, col); !same(right, got) {
			t.Errorf("a value spoiled on purpose, %s!%s, is %s after recalculation, want %s: nothing is recalculated", canary.to, canary.cell, gotText(got), wantText(right))
		}
	}
}

func gridNamed(t *testing.T, pkg *ooxml.Package, name string) *ooxml.Grid {
	t.Helper()
	for i, s := range pkg.Sheets {
		if s.Name == name {
			grid, err := pkg.Grid(context.Background(), i)
			if err != nil {
				t.Fatal(err)
			}
			return grid
		}
	}
	t.Fatalf("no sheet %s", name)
	return nil
}

func wantText(c cell) string {
	if c.kind == number {
		return formatNumber(c.num)
	}
	return fmt.Sprintf("%q", c.text)
}

func gotText(c ooxml.Cell) string {
	if c.Kind == ooxml.Number {
		return formatNumber(c.Num)
	}
	return fmt.Sprintf("%q", strings.TrimSpace(c.Text))
}

const readCaches = `
import datetime, json, sys, warnings
import openpyxl
warnings.simplefilter("ignore")
def kind(v):
    if isinstance(v, bool):
        return "truth"
    if isinstance(v, (int, float)):
        return "number"
    if isinstance(v, (datetime.date, datetime.time, datetime.timedelta)):
        return "date"
    return "none" if v is None else "text"
for file in sys.stdin.read().split("\n"):
    if not file:
        continue
    values, formulas = openpyxl.load_workbook(file, data_only=True), openpyxl.load_workbook(file)
    out = {}
    for sheet in formulas.worksheets:
        cells = {}
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    v = values[sheet.title][cell.coordinate].value
                    cells[cell.coordinate] = [kind(v), v if kind(v) == "number" else 0, str(v)]
        out[sheet.title] = cells
    print(json.dumps(out))
`

// A reader that does not calculate sees our values beside the formulas: numbers
// as numbers, days as days, words as words.
func TestValuesBesideFormulasAreTyped(t *testing.T) {
	python := pythonWithOpenpyxl(t)
	dir := t.TempDir()
	var list strings.Builder
	var made []*book
	for i, name := range []string{"大模型淘汰赛", "llm_market", "杂乱"} {
		b, out := storyNamed(t, name, analysis.DefaultParams()).enrich(t, nil)
		made = append(made, b)
		fmt.Fprintln(&list, save(t, dir, i, "x.xlsx", out))
	}
	run := exec.Command(python, "-c", readCaches)
	run.Stdin = strings.NewReader(list.String())
	var complaints bytes.Buffer
	run.Stderr = &complaints
	out, err := run.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, complaints.String())
	}
	lines := json.NewDecoder(bytes.NewReader(out))
	counts := map[string]int{}
	for _, b := range made {
		var read map[string]map[string][3]any
		if err := lines.Decode(&read); err != nil {
			t.Fatal(err)
		}
		for _, s := range b.sheets {
			rows, cols := s.size()
			for r := range rows {
				for c := range cols {
					want := s.at(r+1, c+1)
					if want.formula == "" {
						continue
					}
					got, ok := read[s.name][address(r+1, c+1)]
					if !ok {
						t.Errorf("%s!%s is no formula", s.name, address(r+1, c+1))
						continue
					}
					kind, _ := got[0].(string)
					counts[kind]++
					switch {
					case want.kind == words && (kind != "text" || got[2] != want.text),
						want.kind == number && kind != "number" && kind != "date",
						want.kind == number && kind == "number" && got[1] != want.num:
						t.Errorf("%s!%s is %v, ours is %s", s.name, address(r+1, c+1), got, wantText(want))
					}
				}
			}
		}
	}
	t.Logf("values beside formulas: %v", counts)
	if counts["number"] < 3000 || counts["date"] < 100 || counts["text"] < 50 {
		t.Error("too little was compared")
	}
}
