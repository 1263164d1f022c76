package writers

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"shakeout/analysis"
)

// edit is a new number for a cell of the analyst's.
type edit struct {
	sheet, part, cell string
	was, now          float64
	whole             bool // a count of filings
}

// editable are the numbers that facts were read from as formulas, without those
// that a formula of the analyst's gives: a spreadsheet would compute it anew,
// and our reader sees what is saved.
func (b *book) editable() []edit {
	var all []edit
	seen := map[string]bool{}
	for _, ft := range factTables {
		t := b.wb.Tables[ft.table]
		for _, column := range ft.facts {
			rows, cells := b.facts.rows[ft.table+"."+column], b.facts.cells(t, column)
			for row := range t.Rows() {
				if row >= len(rows) || rows[row] == 0 || b.facts.sheet.at(rows[row], dataValue).formula == "" {
					continue
				}
				c := cells(row)
				at, ref := c.at, c.ref
				if c.Formula || seen[ref] || c.Num == 0 {
					continue
				}
				seen[ref] = true
				e := edit{sheet: at.Sheet, cell: at.Cell(), was: c.Num, whole: strings.HasSuffix(t.Text("metric").Or(row, ""), "_total")}
				for _, s := range b.facts.pkg.Sheets {
					if s.Name == at.Sheet {
						e.part = s.Part
					}
				}
				all = append(all, e)
			}
		}
	}
	return all
}

// change picks cells at random and gives each another number: amounts up to a
// third more or less (whole where they count filings, else such that no two are
// equal), days up to three weeks earlier.
func change(cells []edit, n int, seed uint64) []edit {
	random := rand.New(rand.NewPCG(seed, 1))
	picked := slices.Clone(cells)
	random.Shuffle(len(picked), func(i, j int) { picked[i], picked[j] = picked[j], picked[i] })
	picked = picked[:min(n, len(picked))]
	for i := range picked {
		e := &picked[i]
		if e.was > 40000 && e.was < 50000 && e.was == math.Trunc(e.was) {
			e.now = e.was - float64(1+random.IntN(20))
			continue
		}
		e.now = e.was * (0.7 + 0.6*random.Float64())
		if e.whole {
			e.now = math.Round(e.now)
		}
	}
	return picked
}

// edited puts new numbers into a workbook's cells; nothing else changes.
func edited(t *testing.T, data []byte, edits []edit) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range edits {
			if e.part != f.Name {
				continue
			}
			cell := regexp.MustCompile(`(<c r="` + e.cell + `"[^>]*><v>)[^<]*(</v>)`)
			if !cell.Match(text) {
				t.Fatalf("%s!%s is not in %s", e.sheet, e.cell, f.Name)
			}
			text = cell.ReplaceAll(text, []byte("${1}"+formatNumber(e.now)+"${2}"))
		}
		to, err := w.Create(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := to.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Cells that someone changes in an enriched copy run through to our numbers: a
// recalculated copy says what a run on the changed workbook says.
func TestEditsRunThrough(t *testing.T) {
	names := []string{"大模型淘汰赛", "llm_market"}
	seeds := []uint64{1, 2}
	if long {
		seeds = []uint64{1, 2, 3, 4, 5, 6, 7, 8}
	}
	var all []*analysed
	for _, name := range names {
		all = append(all, storyNamed(t, name, analysis.DefaultParams()))
	}
	if path := filepath.Join(shared, "data/real/06_openrouter_token_share.xlsx"); fileExists(path) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, analyse(t, path, data, analysis.DefaultParams()))
	}
	type trial struct {
		of    *analysed
		was   *book
		edits []edit
	}
	var trials []trial
	var copies [][]byte
	for _, a := range all {
		b, copied := a.enrich(t, nil)
		for _, seed := range seeds {
			edits := change(b.editable(), 20, seed)
			if len(edits) < 20 {
				t.Errorf("%s has only %d cells to change", a.name, len(edits))
			}
			trials = append(trials, trial{a, b, edits})
			copies = append(copies, edited(t, copied, edits))
		}
	}
	again := recalculate(t, copies)
	compared, moved, wrong := map[string]int{}, map[string]int{}, 0
	told := map[int]bool{}
	for i, c := range trials {
		if again[i] == nil {
			t.Errorf("%s: LibreOffice does not open the changed copy", c.of.name)
			continue
		}
		now := analyse(t, c.of.name, edited(t, c.of.pkg.Original(), c.edits), c.of.params)
		is, _ := now.enrich(t, nil)
		for _, was := range c.was.order {
			then := is.placed[was.table.Name]
			if then == nil {
				continue
			}
			grid := gridNamed(t, again[i], was.sheet.name)
			rowOf := map[string]int{}
			for row := range then.table.Rows() {
				rowOf[then.keys(was.key)(row)] = row
			}
			for row := range was.table.Rows() {
				other, ok := rowOf[was.keys(was.key)(row)]
				if !ok {
					continue // another row now: cohorts, events
				}
				for _, column := range was.columns {
					before := was.sheet.at(was.first+row, was.cols[column])
					if before.formula == "" {
						continue
					}
					want := cell{}
					if col := then.cols[column]; col > 0 {
						want = then.sheet.at(then.first+other, col)
					}
					compared[was.table.Name]++
					if want.kind != before.kind || want.num != before.num || want.text != before.text {
						moved[was.table.Name]++
					}
					if got := grid.At(was.first+row, was.cols[column]); !same(want, got) {
						if wrong++; wrong <= 12 {
							t.Errorf("%s, %s.%s of %s: was %s, our run says %s, the copy %s\n=%.200s", c.of.name, was.table.Name, column,
								strings.ReplaceAll(was.keys(was.key)(row), "\x00", " "), wantText(before), wantText(want), gotText(got), before.formula)
							if !told[i] {
								told[i] = true
								t.Logf("changed: %s", said(c.edits))
							}
						}
					}
				}
			}
		}
	}
	total, changed := 0, 0
	for _, name := range slices.Sorted(maps.Keys(compared)) {
		t.Logf("%-14s %6d compared, %5d of them changed", name, compared[name], moved[name])
		total, changed = total+compared[name], changed+moved[name]
	}
	t.Logf("%d changed copies of %d workbooks, 20 cells each: %d formulas compared, %d changed, %d differ", len(trials), len(all), total, changed, wrong)
	if total < 3000 || changed < 300 {
		t.Error("too little was compared")
	}
}

func said(edits []edit) string {
	var all []string
	for _, e := range edits {
		all = append(all, fmt.Sprintf("%s!%s %v→%v", e.sheet, e.cell, e.was, e.now))
	}
	return strings.Join(all, ", ")
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
