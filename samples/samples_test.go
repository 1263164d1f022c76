package samples

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/xuri/excelize/v2"

	"shakeout/analysis"
)

var update = flag.Bool("update", false, "rewrite inbox from stories")

func all(t *testing.T) []Case {
	t.Helper()
	cases, err := Cases()
	if err != nil {
		t.Fatal(err)
	}
	stories, err := Stories()
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 || len(stories) == 0 {
		t.Fatalf("%d cases, %d stories", len(cases), len(stories))
	}
	return append(cases, stories...)
}

// Each archive makes a workbook that excelize opens again with the cells, number
// formats, merges and hidden rows that the text states.
func TestWorkbooksHoldWhatTheTextStates(t *testing.T) {
	cells := 0
	for _, c := range all(t) {
		t.Run(c.Name, func(t *testing.T) {
			data, err := c.Workbook()
			if err != nil {
				t.Fatal(err)
			}
			f, err := excelize.OpenReader(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			var names []string
			for _, s := range c.Sheets {
				names = append(names, s.Name)
				cells += checkSheet(t, f, c, s)
			}
			if got := f.GetSheetList(); !slices.Equal(got, names) {
				t.Errorf("sheets %q, want %q", got, names)
			}
		})
	}
	t.Logf("%d cells compared", cells)
	if cells < 1000 {
		t.Errorf("only %d cells compared", cells)
	}
}

func checkSheet(t *testing.T, f *excelize.File, c Case, s Sheet) (compared int) {
	t.Helper()
	for r, row := range s.Rows {
		visible, err := f.GetRowVisible(s.Name, r+1)
		if err != nil || visible == row.Hidden {
			t.Errorf("%s row %d: visible %v, %v", s.Name, r+1, visible, err)
		}
		for i, want := range row.Cells {
			at, err := excelize.CoordinatesToCellName(i+1, r+1)
			if err != nil {
				t.Fatal(err)
			}
			got, err := f.GetCellValue(s.Name, at, excelize.Options{RawCellValue: true})
			if err != nil {
				t.Fatal(err)
			}
			if covered(s, r+1, i+1) {
				continue // shows the merge's first cell
			}
			compared++
			if text := raw(want.Value, c.Date1904); got != text {
				t.Errorf("%s %s is %q, want %q", s.Name, at, got, text)
			}
			if formula, err := f.GetCellFormula(s.Name, at); err != nil || formula != want.Formula {
				t.Errorf("%s %s has formula %q, %v, want %q", s.Name, at, formula, err, want.Formula)
			}
			if want.blank() {
				continue
			}
			kind, err := f.GetCellType(s.Name, at)
			if err != nil {
				t.Fatal(err)
			}
			_, text := want.Value.(string)
			isText := kind == excelize.CellTypeSharedString || kind == excelize.CellTypeInlineString || kind == excelize.CellTypeFormula
			if want.Value != nil && text != isText {
				t.Errorf("%s %s: value %v has cell type %d", s.Name, at, want.Value, kind)
			}
			if format := numberFormat(t, f, s.Name, at); format != want.Format {
				t.Errorf("%s %s has number format %q, want %q", s.Name, at, format, want.Format)
			}
		}
	}
	merges, err := f.GetMergeCells(s.Name)
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, m := range merges {
		got = append(got, m.GetStartAxis()+":"+m.GetEndAxis())
	}
	for _, m := range s.Merges {
		from, to, err := m.corners()
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, from+":"+to)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s has merges %v, want %v", s.Name, got, want)
	}
	return compared
}

func covered(s Sheet, row, col int) bool {
	for _, m := range s.Merges {
		if m.Row1 <= row && row <= m.Row2 && m.Col1 <= col && col <= m.Col2 && (row != m.Row1 || col != m.Col1) {
			return true
		}
	}
	return false
}

// raw is a value as the file stores it: a date is a serial number that counts
// from 30 December 1899, or from 1 January 1904.
func raw(v any, date1904 bool) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case time.Time:
		epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
		if date1904 {
			epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
		}
		return strconv.Itoa(int(v.Sub(epoch).Hours() / 24))
	}
	return ""
}

func numberFormat(t *testing.T, f *excelize.File, sheet, cell string) string {
	t.Helper()
	id, err := f.GetCellStyle(sheet, cell)
	if err != nil {
		t.Fatal(err)
	}
	style, err := f.GetStyle(id)
	if err != nil {
		t.Fatal(err)
	}
	if style.CustomNumFmt != nil {
		return *style.CustomNumFmt
	}
	return map[int]string{1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 14: "mm-dd-yy", 17: "mmm-yy"}[style.NumFmt]
}

// A cached value is what the formula beside it gives, unless the case is about a
// cache that is not there: a wrong cache would be a wrong fact.
func TestCachesAreWhatTheFormulasGive(t *testing.T) {
	compared := 0
	for _, c := range all(t) {
		data, err := c.Workbook()
		if err != nil {
			t.Fatal(err)
		}
		f, err := excelize.OpenReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range c.Sheets {
			for r, row := range s.Rows {
				for i, cell := range row.Cells {
					if cell.Formula == "" || cell.Value == nil {
						continue
					}
					at, err := excelize.CoordinatesToCellName(i+1, r+1)
					if err != nil {
						t.Fatal(err)
					}
					got, err := f.CalcCellValue(s.Name, at, excelize.Options{RawCellValue: true})
					if err != nil {
						t.Errorf("%s %s!%s: %v", c.Name, s.Name, at, err)
					}
					compared++
					want := raw(cell.Value, c.Date1904)
					a, errA := strconv.ParseFloat(got, 64)
					b, errB := strconv.ParseFloat(want, 64)
					// 1e-9: the texts are rounded to sixteen digits at most.
					if errA == nil && errB == nil && math.Abs(a-b) <= 1e-9*max(1, math.Abs(b)) {
						continue
					}
					if got != want {
						t.Errorf("%s %s!%s: =%s gives %s, the text says %s", c.Name, s.Name, at, cell.Formula, got, want)
					}
				}
			}
		}
		f.Close()
	}
	t.Logf("%d formulas compared", compared)
	if compared < 40 {
		t.Errorf("only %d formulas compared", compared)
	}
}

// The same text makes the same bytes, though excelize keeps its parts in maps.
func TestWorkbookIsDeterministic(t *testing.T) {
	for _, c := range all(t) {
		first, err := c.Workbook()
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			again, err := c.Workbook()
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(first, again) {
				t.Fatalf("%s: the second workbook differs from the first", c.Name)
			}
		}
	}
}

// The workbooks in inbox are what stories say, byte for byte, and nothing else
// lies there: everything in inbox can be enriched.
func TestInbox(t *testing.T) {
	stories, err := Stories()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, c := range stories {
		want = append(want, c.File)
		made, err := c.Workbook()
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("inbox", c.File)
		if *update {
			if err := os.WriteFile(file, made, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		kept, err := os.ReadFile(file)
		if err != nil {
			t.Errorf("%v: run go generate ./samples", err)
		} else if !bytes.Equal(kept, made) {
			t.Errorf("%s is not what stories/%s.txt says: run go generate ./samples", file, c.Name)
		}
	}
	entries, err := os.ReadDir("inbox")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("inbox holds %q, stories make %q", got, want)
	}
}

// The wanted tables use the canonical names, so that a slip of the pen in a case
// is not taken for a reader's fault.
func TestWantedTablesAreCanonical(t *testing.T) {
	for _, c := range all(t) {
		for _, w := range c.Want {
			i := slices.IndexFunc(analysis.InputTables, func(s analysis.TableSpec) bool { return s.Name == w.Name })
			if i < 0 {
				t.Errorf("%s: no input table %s", c.Name, w.Name)
				continue
			}
			spec := analysis.InputTables[i]
			for _, column := range w.Columns {
				if _, ok := spec.Column(column); !ok && column != "optional" {
					t.Errorf("%s: %s has no column %s", c.Name, w.Name, column)
				}
			}
		}
	}
}

func TestNotation(t *testing.T) {
	day := time.Date(2024, 5, 21, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]Cell{
		"":                                {},
		"1200":                            {Value: 1200.0},
		"-0.35":                           {Value: -0.35},
		"4.64e+26":                        {Value: 4.64e26},
		"0.464|0.0%":                      {Value: 0.464, Format: "0.0%"},
		"@2024-05-21":                     {Value: day},
		`@2024-05-21|yyyy"年"m"月"`:         {Value: day, Format: `yyyy"年"m"月"`},
		"'000063":                         {Value: "000063"},
		"000063":                          {Value: "000063"},
		"2024-05-21":                      {Value: "2024-05-21"},
		"1,200":                           {Value: "1,200"},
		"'<":                              {Value: "<"},
		`MRR\n(万美金)`:                      {Value: "MRR\n(万美金)"},
		"a|b":                             {Value: "a|b"},
		"=SUM(A1:A2)":                     {Formula: "SUM(A1:A2)"},
		"=SUM(A1:A2) => 3|0.0":            {Formula: "SUM(A1:A2)", Value: 3.0, Format: "0.0"},
		"=A1 => 北京":                       {Formula: "A1", Value: "北京"},
		"=IF(A1>=2,1,0) => '1":            {Formula: "IF(A1>=2,1,0)", Value: "1"},
		"=DATE(2024,5,21) => @2024-05-21": {Formula: "DATE(2024,5,21)", Value: day},
	} {
		if got, err := parseCell(text); err != nil || got != want {
			t.Errorf("%q reads as %+v, %v, want %+v", text, got, err, want)
		}
	}
}

func TestMistakesAreNamed(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"no reason":      {"-- sheet/A --\nx\n", "begins with why"},
		"no sheet":       {"why\n-- workbook --\ndate1904\n", "no sheet"},
		"section":        {"why\n-- shet/A --\nx\n", "section shet/A"},
		"option":         {"why\n-- workbook --\ncolour red\n", "unknown option colour"},
		"mark":           {"why\n-- sheet/A --\n[haed]\tx\n", "unknown mark [haed]"},
		"date":           {"why\n-- sheet/A --\n@2024-13-01\n", "row 1 column 1: want a date"},
		"merge":          {"why\n-- sheet/A --\n<\tx\n", "nothing to merge with"},
		"rectangle":      {"why\n-- sheet/A --\nx\t<\n^\ty\n", "no rectangle"},
		"finding":        {"why\n-- sheet/A --\nx\n-- want/findings --\nrow total A1\n", "want `code cell`"},
		"finding sheet":  {"why\n-- sheet/A --\nx\n-- want/findings --\nrow-total B!A1\n", "no sheet B"},
		"wanted nothing": {"why\n-- sheet/A --\nx\n-- want/filings.csv --\nmodel\n", "a row at least"},
	} {
		_, err := Load(fstest.MapFS{"case.txt": {Data: []byte(test.text)}})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got error %v, want one that says %q", name, err, test.want)
		}
	}
}
