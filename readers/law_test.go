package readers_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"shakeout/analysis"
	"shakeout/readers"
	"shakeout/readers/ooxml"
	"shakeout/samples"
)

// book is a workbook that was read, with the package it was read from.
type book struct {
	name string
	pkg  *ooxml.Package
	wb   *analysis.Workbook
}

// books reads all sample workbooks, all real ones and those of the corpus that
// open, and gives each to check.
func books(t *testing.T, corpus bool, check func(t *testing.T, b book)) (n int) {
	t.Helper()
	read := func(name string, data []byte, must bool) {
		pkg, err := ooxml.Open(context.Background(), data, ooxml.DefaultLimits())
		if err != nil {
			if must {
				t.Fatalf("%s: %v", name, err)
			}
			return
		}
		wb, err := readers.Read(context.Background(), pkg, filepath.Base(name))
		if err != nil {
			if must {
				t.Fatalf("%s: %v", name, err)
			}
			return
		}
		defer wb.Tables.Release()
		n++
		check(t, book{name, pkg, wb})
	}
	cases, err := samples.Cases()
	if err != nil {
		t.Fatal(err)
	}
	stories, err := samples.Stories()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range append(cases, stories...) {
		data, err := c.Workbook()
		if err != nil {
			t.Fatal(err)
		}
		read(c.Name+"/"+c.File, data, true)
	}
	folders := []string{realDir}
	if corpus {
		folders = append(folders, filepath.Join(realDir, "../../corpus"))
	}
	for _, dir := range folders {
		files, _ := filepath.Glob(filepath.Join(dir, "*.xlsx"))
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			read(f, data, dir == realDir)
		}
	}
	return n
}

// extent is a region's place: header rows and columns.
type extent struct{ top, bottom, first, last int }

func extentOf(t *testing.T, r analysis.Region) extent {
	t.Helper()
	m := regexp.MustCompile(`^([A-Z]+)\d+:([A-Z]+)\d+$`).FindStringSubmatch(r.Range)
	if m == nil {
		t.Fatalf("range %q", r.Range)
	}
	number := func(s string) (n int) {
		for _, c := range s {
			n = n*26 + int(c-'A'+1)
		}
		return n
	}
	return extent{r.HeaderRows[0], r.HeaderRows[len(r.HeaderRows)-1], number(m[1]), number(m[2])}
}

// namedBy is the column of each table whose cell says which row it came from.
var namedBy = map[string]string{"filings": "model", "metrics": "value", "prices": "price", "releases": "model", "companies": "company", "aliases": "name", "rates": "currency", "mergers": "name", "settings": "key"}

// TestLaw holds the law of readers for every table of every workbook: the rows
// seen are those that stand there, each is kept or left out, those kept are in the
// tables, and each left out has a finding on it.
func TestLaw(t *testing.T) {
	regions, seen, kept, left := 0, 0, 0, 0
	n := books(t, true, func(t *testing.T, b book) {
		type place struct{ sheet, at string }
		done := map[place]bool{}
		for _, r := range b.wb.Regions {
			at := place{r.Sheet, r.Range}
			if done[at] {
				continue // a second table of the same region
			}
			done[at] = true
			regions++
			s, k, l := checkRegion(t, b, r)
			seen, kept, left = seen+s, kept+k, left+l
		}
	})
	t.Logf("%d workbooks, %d regions: %d rows seen = %d kept + %d left out", n, regions, seen, kept, left)
	if seen != kept+left {
		t.Errorf("%d rows seen, %d kept and %d left out", seen, kept, left)
	}
	if regions == 0 || left == 0 {
		t.Error("nothing was compared")
	}
}

func checkRegion(t *testing.T, b book, r analysis.Region) (seen, kept, left int) {
	t.Helper()
	where := b.name + " " + r.Sheet + "!" + r.Range
	in := extentOf(t, r)
	sheet := slices.IndexFunc(b.pkg.Sheets, func(s ooxml.Sheet) bool { return s.Name == r.Sheet })
	grid, err := b.pkg.Grid(context.Background(), sheet)
	if err != nil {
		t.Fatal(err)
	}
	corner, _, _ := strings.Cut(r.Range, ":")
	if slices.ContainsFunc(b.wb.Findings, func(f analysis.Finding) bool {
		return f.Code == "table-turned" && f.At.Sheet == r.Sheet && f.At.Cell() == corner
	}) {
		return checkTurned(t, b, r, in, grid)
	}
	end := grid.Rows()
	for _, o := range b.wb.Regions {
		if o.Sheet != r.Sheet {
			continue
		}
		if at := extentOf(t, o); at.top > in.bottom && at.first <= in.last && at.last >= in.first {
			end = min(end, at.top-1)
		}
	}
	covered := func(row, col int) bool {
		return slices.ContainsFunc(grid.Merges, func(m ooxml.Range) bool {
			return m.Row1 <= row && row <= m.Row2 && m.Col1 <= col && col <= m.Col2 && (m.Row1 != row || m.Col1 != col)
		})
	}
	var rows []int
	for row := in.bottom + 1; row <= end; row++ {
		for col := in.first; col <= in.last; col++ {
			c := grid.At(row, col)
			if c.Kind != ooxml.Blank && !covered(row, col) && (c.Kind != ooxml.Text || strings.TrimSpace(c.Text) != "") {
				rows = append(rows, row)
				break
			}
		}
	}
	if len(rows) < r.RowsSeen {
		t.Errorf("%s: %d rows seen, %d stand there", where, r.RowsSeen, len(rows))
		return 0, 0, 0
	}
	rest := rows[r.RowsSeen:]
	rows = rows[:r.RowsSeen]

	inTables := map[int]bool{}
	for name, table := range b.wb.Tables {
		for i := range table.Rows() {
			source := table.Sources[table.Int("source").Or(i, 0)]
			c := source.Cells[namedBy[name]]
			row := int(table.Int("row").Or(i, 0))
			if source.Sheet == r.Sheet && c.Col >= in.first && c.Col <= in.last && row > in.bottom && row <= end {
				inTables[row] = true
			}
		}
	}
	finding := func(row int) bool {
		return slices.ContainsFunc(b.wb.Findings, func(f analysis.Finding) bool {
			if f.At.Sheet != r.Sheet || f.Effect == analysis.Noted || f.At.Col != 0 && (f.At.Col < in.first || f.At.Col > in.last) {
				return false
			}
			if f.At.Row == row {
				return true
			}
			return slices.ContainsFunc(grid.Merges, func(m ooxml.Range) bool {
				return m.Row1 == f.At.Row && m.Col1 == f.At.Col && m.Row1 <= row && row <= m.Row2
			})
		})
	}
	for _, row := range rows {
		switch {
		case inTables[row]:
			kept++
		case finding(row):
			left++
		default:
			t.Errorf("%s: row %d is in no table and no finding names it", where, row)
		}
	}
	if kept != r.RowsKept {
		t.Errorf("%s: %d rows said to be kept, %d are in the tables", where, r.RowsKept, kept)
	}
	// What stands below and was not seen captions the next table, or is a block of
	// its own that was said.
	if len(rest) > 6 && !slices.ContainsFunc(b.wb.Findings, func(f analysis.Finding) bool {
		return f.Code == "block-not-recognised" && f.At.Sheet == r.Sheet && f.At.Row > in.bottom && f.At.Row <= rest[0]
	}) {
		t.Errorf("%s: %d rows from row %d on are neither seen nor said", where, len(rest), rest[0])
	}
	return r.RowsSeen, kept, left
}

// checkTurned holds the law for a table on its side: what it sees, keeps and leaves
// out are columns.
func checkTurned(t *testing.T, b book, r analysis.Region, in extent, grid *ooxml.Grid) (seen, kept, left int) {
	t.Helper()
	inTables := map[int]bool{}
	for name, table := range b.wb.Tables {
		for i := range table.Rows() {
			if at := table.Ref(i, namedBy[name]); at.Sheet == r.Sheet && at.Row >= in.top && at.Col > in.first && at.Col <= in.last {
				inTables[at.Col] = true
			}
		}
	}
	for col := in.first + 1; col <= in.last; col++ {
		filled := false
		for row := in.top; row <= grid.Rows() && !filled; row++ {
			filled = grid.At(row, col).Kind != ooxml.Blank
		}
		if !filled {
			continue
		}
		seen++
		switch {
		case inTables[col]:
			kept++
		case slices.ContainsFunc(b.wb.Findings, func(f analysis.Finding) bool {
			return f.At.Sheet == r.Sheet && f.At.Col == col && f.Effect != analysis.Noted
		}):
			left++
		default:
			t.Errorf("%s %s!%s: column %d is in no table and no finding names it", b.name, r.Sheet, r.Range, col)
		}
	}
	if seen != r.RowsSeen || kept != r.RowsKept {
		t.Errorf("%s %s!%s: %d columns seen and %d kept, said are %d and %d", b.name, r.Sheet, r.Range, seen, kept, r.RowsSeen, r.RowsKept)
	}
	return seen, kept, left
}

// TestProvenance re-reads the cell that each row of each table names for its value:
// it holds the text, or the number, that the row has.
func TestProvenance(t *testing.T) {
	texts, numbers, odd := 0, 0, 0
	books(t, false, func(t *testing.T, b book) {
		grids := map[string]*ooxml.Grid{}
		for name, table := range b.wb.Tables {
			for i := range table.Rows() {
				source := table.Sources[table.Int("source").Or(i, 0)]
				for column := range source.Cells {
					ref := table.Ref(i, column)
					if ref.Col == 0 {
						continue // taken from a title, a sheet name or the file's
					}
					if grids[ref.Sheet] == nil {
						at := slices.IndexFunc(b.pkg.Sheets, func(s ooxml.Sheet) bool { return s.Name == ref.Sheet })
						grid, err := b.pkg.Grid(context.Background(), at)
						if err != nil {
							t.Fatal(err)
						}
						grids[ref.Sheet] = grid
					}
					cell := seen(grids[ref.Sheet], ref.Row, ref.Col)
					if cell.Kind == ooxml.Blank {
						t.Errorf("%s: %s row %d: %s leads to %s!%s, which is blank", b.name, name, i, column, ref.Sheet, ref.Cell())
						continue
					}
					switch column {
					case "value", "price", "price_before", "cny_per_unit":
						v, is := table.Float(column).At(i)
						switch {
						case !is: // a setting's value is a text
						case holdsNumber(cell, v):
							numbers++
						case table.Text("bound").Or(i, "") == "range" || strings.ContainsAny(cell.Text, "~-至折") || strings.ContainsAny(cell.Text, "一二三四五六七八九十百千"):
							odd++ // the middle of a range, a share of the price before it, numerals
						default:
							t.Errorf("%s: %s row %d: %s is %v, %s!%s holds %q %v", b.name, name, i, column, v, ref.Sheet, ref.Cell(), cell.Text, cell.Num)
						}
					case "model", "subject", "company", "region", "category", "status", "filing_no", "owner", "camp", "name", "canonical":
						v, ok := table.Text(column).At(i)
						if !ok || cell.Kind != ooxml.Text {
							continue
						}
						texts++
						if got := strings.Join(strings.Fields(cell.Text), " "); got != v && !strings.Contains(got, v) {
							t.Errorf("%s: %s row %d: %s is %q, %s!%s holds %q", b.name, name, i, column, v, ref.Sheet, ref.Cell(), got)
						}
					}
				}
			}
		}
	})
	t.Logf("%d texts and %d numbers re-read, %d numbers that their cell does not show as digits", texts, numbers, odd)
	if texts == 0 || numbers == 0 {
		t.Error("nothing was compared")
	}
	if odd*50 > numbers {
		t.Errorf("%d of %d numbers could not be held against their cells", odd, numbers+odd)
	}
}

// seen is a cell as an analyst sees it, within merges.
func seen(g *ooxml.Grid, row, col int) ooxml.Cell {
	for _, m := range g.Merges {
		if m.Row1 <= row && row <= m.Row2 && m.Col1 <= col && col <= m.Col2 {
			return g.At(m.Row1, m.Col1)
		}
	}
	return g.At(row, col)
}

var digits = regexp.MustCompile(`[\d０-９][\d０-９,，]*(?:\.\d+)?(?:[eE][+-]?\d+)?`)

// holdsNumber reports a cell that holds a number, up to a power of ten for units.
func holdsNumber(cell ooxml.Cell, v float64) bool {
	same := func(x float64) bool {
		if x == 0 || v == 0 {
			return x == v
		}
		e := math.Log10(math.Abs(v / x))
		return math.Abs(e-math.Round(e)) < 1e-9
	}
	if cell.Kind == ooxml.Number {
		return same(cell.Num)
	}
	text := strings.Map(func(c rune) rune {
		if c >= '０' && c <= '９' {
			return c - '０' + '0'
		}
		return c
	}, cell.Text)
	if v == 0 && (strings.ContainsAny(text, "费費") || strings.Contains(strings.ToLower(text), "free")) {
		return true
	}
	for _, m := range digits.FindAllString(text, -1) {
		x, err := strconv.ParseFloat(strings.NewReplacer(",", "", "，", "").Replace(m), 64)
		if err == nil && same(x) {
			return true
		}
	}
	return false
}
