package writers

import (
	"slices"
	"strings"
	"testing"

	"shakeout/analysis"
	"shakeout/samples"
)

// story is the founding sample, read and analysed.
func story(t testing.TB, params analysis.Params) *analysed {
	t.Helper()
	return storyNamed(t, "大模型淘汰赛", params)
}

// storyNamed is the story whose name begins so.
func storyNamed(t testing.TB, name string, params analysis.Params) *analysed {
	t.Helper()
	stories, err := samples.Stories()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(stories, func(c samples.Case) bool { return strings.HasPrefix(c.Name, name) })
	data, err := stories[i].Workbook()
	if err != nil {
		t.Fatal(err)
	}
	return analyse(t, stories[i].Name, data, params)
}

// With more facts than may be formulas there is no Data sheet, every number is
// a value, and Summary says so.
func TestTooManyFacts(t *testing.T) {
	params := analysis.DefaultParams()
	a := story(t, params)
	n := countFacts(a.wb.Tables)
	for _, c := range []struct {
		most int
		live bool
	}{{n, true}, {n - 1, false}} {
		params.MaxLiveRows = c.most
		b, _ := story(t, params).enrich(t, nil)
		formulas, said := 0, false
		for _, s := range b.sheets {
			if s.key == "data" && !c.live {
				t.Error("there is a Data sheet")
			}
			rows, cols := s.size()
			for row := 1; row <= rows; row++ {
				for col := 1; col <= cols; col++ {
					c := s.at(row, col)
					if c.formula != "" && (s.key == "concentration" || s.key == "data") && !strings.HasPrefix(c.formula, "'") && len(c.formula) > 6 {
						formulas++
					}
					said = said || s.key == "summary" && strings.Contains(c.text, "max_live_rows")
				}
			}
		}
		if (formulas > 0) != c.live || said == c.live {
			t.Errorf("%d facts, at most %d: %d formulas, said: %v", n, c.most, formulas, said)
		}
	}
}

// A fact's factor is a power of ten where one fits, else what it is to twelve
// digits; a value that is no multiple of its cell has none.
func TestFactor(t *testing.T) {
	for _, c := range []struct {
		value, typed, want float64
		ok                 bool
	}{
		{1.3e12, 1.3, 1e12, true}, {0.464, 46.4, 0.01, true}, {0.8, 0.0008, 1000, true}, {-3, -3, 1, true},
		{2.6666666666666665, 2, 1.33333333333, false}, {0, 5, 0, false}, {5, 0, 0, false}, {8, 3.2, 2.5, true},
	} {
		if by, ok := factor(c.value, c.typed); ok != c.ok || ok && by != c.want {
			t.Errorf("%v from %v: factor %v (%v), want %v (%v)", c.value, c.typed, by, ok, c.want, c.ok)
		}
	}
}

// A date of the Data sheet is a formula where the analyst's cell holds a date.
func TestFactsLeadToTheirCells(t *testing.T) {
	a := story(t, analysis.DefaultParams())
	b, _ := a.enrich(t, nil)
	live, constant := 0, 0
	for _, ft := range factTables {
		table := a.wb.Tables[ft.table]
		for _, column := range ft.facts {
			values, cells := factsOf(table, column), b.facts.cells(table, column)
			for row := range table.Rows() {
				if _, ok := values(row); !ok {
					continue
				}
				ref := b.facts.at(ft.table, column, row)
				at := b.facts.rows[ft.table+"."+column][row]
				if ref == "" || at == 0 {
					t.Fatalf("%s row %d has no fact", ft.table, row)
				}
				c := b.facts.sheet.at(at, dataValue)
				want := cells(row).ref
				if c.formula == "" {
					constant++
				} else if live++; !strings.Contains(c.formula, want) {
					t.Errorf("%s row %d: %s does not lead to %s", ft.table, row, c.formula, want)
				}
			}
		}
	}
	if live < 200 || constant < 20 {
		t.Errorf("%d formulas and %d constants", live, constant)
	}
}
