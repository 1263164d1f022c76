package samples

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// Sheet is one sheet of a case.
type Sheet struct {
	Name    string
	Rows    []Row
	Merges  []Merge
	widths  map[int]float64 // by column, where the text states them
	formats map[int]string  // number formats by column, likewise
}

// Row is one row of a sheet.
type Row struct {
	Style  string // title, unit, head, total, note, or "" for data
	Hidden bool
	Cells  []Cell
}

// Cell is one cell. A blank cell has a nil value and no formula.
type Cell struct {
	Value   any    // string, float64 or time.Time (a date); of a formula its cache, nil if it has none
	Formula string // without the equals sign
	Format  string // number format, "" for General
}

// Merge is a merged rectangle, 1-based and inclusive.
type Merge struct{ Row1, Col1, Row2, Col2 int }

// blank reports a cell that is not in the sheet at all.
func (c Cell) blank() bool { return c.Value == nil && c.Formula == "" }

var styles = []string{"title", "unit", "head", "total", "note"}

// parseSheet reads rows of tab-separated cells. Lines that begin with % say
// something about the sheet, a first field in square brackets something about
// its row.
func parseSheet(name, text string) (Sheet, error) {
	s := Sheet{Name: name, widths: map[int]float64{}, formats: map[int]string{}}
	joins := map[[2]int]string{} // cells that are merged into a neighbour
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "%") {
			if err := s.directive(line); err != nil {
				return s, err
			}
			continue
		}
		var row Row
		if mark, rest, _ := strings.Cut(line, "\t"); strings.HasPrefix(mark, "[") && strings.HasSuffix(mark, "]") {
			for _, word := range strings.Fields(mark[1 : len(mark)-1]) {
				switch {
				case word == "hidden":
					row.Hidden = true
				case slices.Contains(styles, word):
					row.Style = word
				default:
					return s, fmt.Errorf("row %d: unknown mark %s", len(s.Rows)+1, mark)
				}
			}
			line = rest
		}
		if line != "" {
			for i, text := range strings.Split(line, "\t") {
				var c Cell
				if text == "<" || text == "^" {
					joins[[2]int{len(s.Rows) + 1, i + 1}] = text
				} else {
					var err error
					if c, err = parseCell(text); err != nil {
						return s, fmt.Errorf("row %d column %d: %w", len(s.Rows)+1, i+1, err)
					}
				}
				row.Cells = append(row.Cells, c)
			}
		}
		s.Rows = append(s.Rows, row)
	}
	for len(s.Rows) > 0 && len(s.Rows[len(s.Rows)-1].Cells) == 0 {
		s.Rows = s.Rows[:len(s.Rows)-1] // the blank line before the next section
	}
	s.fillFormats()
	return s, s.merge(joins)
}

// directive reads a line such as `%width A:C 12` or `%format D:F #,##0`.
func (s *Sheet) directive(line string) error {
	f := strings.SplitN(line, " ", 3)
	if len(f) < 3 || f[0] != "%width" && f[0] != "%format" {
		return fmt.Errorf("want %%width COLUMNS NUMBER or %%format COLUMNS FORMAT, not %q", line)
	}
	from, to, ok := strings.Cut(f[1], ":")
	if !ok {
		to = from
	}
	first, err := excelize.ColumnNameToNumber(from)
	if err != nil {
		return err
	}
	last, err := excelize.ColumnNameToNumber(to)
	if err != nil {
		return err
	}
	for col := first; col <= last; col++ {
		if f[0] == "%format" {
			s.formats[col] = f[2]
			continue
		}
		if s.widths[col], err = strconv.ParseFloat(f[2], 64); err != nil {
			return err
		}
	}
	return nil
}

// fillFormats gives numbers and dates without a format of their own the format
// of their column. Header cells keep theirs.
func (s *Sheet) fillFormats() {
	for r := range s.Rows {
		if s.Rows[r].Style == "head" {
			continue
		}
		for i := range s.Rows[r].Cells {
			c := &s.Rows[r].Cells[i]
			_, text := c.Value.(string)
			if format, ok := s.formats[i+1]; ok && c.Format == "" && !c.blank() && !text {
				c.Format = format
			}
		}
	}
	for r := range s.Rows {
		for i := range s.Rows[r].Cells {
			if c := &s.Rows[r].Cells[i]; c.Format == "" {
				if _, date := c.Value.(time.Time); date {
					c.Format = "yyyy-mm-dd"
				}
			}
		}
	}
}

// merge joins the cells that point left or up with what they point to. What
// comes out must be rectangles.
func (s *Sheet) merge(joins map[[2]int]string) error {
	root := func(at [2]int) [2]int {
		for joins[at] != "" {
			if joins[at] == "<" {
				at[1]--
			} else {
				at[0]--
			}
		}
		return at
	}
	area := map[[2]int]*Merge{}
	cells := map[[2]int]int{}
	var roots [][2]int
	for at := range joins {
		top := root(at)
		if top[0] < 1 || top[1] < 1 {
			return fmt.Errorf("row %d column %d: nothing to merge with", at[0], at[1])
		}
		m := area[top]
		if m == nil {
			m = &Merge{top[0], top[1], top[0], top[1]}
			area[top] = m
			roots = append(roots, top)
		}
		m.Row2, m.Col2 = max(m.Row2, at[0]), max(m.Col2, at[1])
		cells[top]++
	}
	slices.SortFunc(roots, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	for _, top := range roots {
		m := area[top]
		if (m.Row2-m.Row1+1)*(m.Col2-m.Col1+1) != cells[top]+1 {
			return fmt.Errorf("row %d column %d: the merged cells are no rectangle", top[0], top[1])
		}
		s.Merges = append(s.Merges, *m)
	}
	return nil
}

var (
	numberText = regexp.MustCompile(`^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$`)
	valueText  = regexp.MustCompile(`^(@?-?\d[^|]*)\|(.+)$`)
)

// parseCell reads one cell of the notation.
func parseCell(text string) (Cell, error) {
	text = strings.ReplaceAll(text, `\n`, "\n")
	if formula, ok := strings.CutPrefix(text, "="); ok {
		formula, cache, cached := strings.Cut(formula, " => ")
		if !cached {
			return Cell{Formula: formula}, nil
		}
		c, err := parseCell(cache)
		c.Formula = formula
		return c, err
	}
	if verbatim, ok := strings.CutPrefix(text, "'"); ok {
		return Cell{Value: verbatim}, nil
	}
	var format string
	if m := valueText.FindStringSubmatch(text); m != nil {
		text, format = m[1], m[2]
	}
	switch {
	case text == "":
		return Cell{}, nil
	case strings.HasPrefix(text, "@"):
		day, err := time.Parse("2006-01-02", text[1:])
		if err != nil {
			return Cell{}, fmt.Errorf("want a date such as @2024-05-21, not %q", text)
		}
		return Cell{Value: day, Format: format}, nil
	case numberText.MatchString(text):
		n, err := strconv.ParseFloat(text, 64)
		return Cell{Value: n, Format: format}, err
	case format != "":
		return Cell{}, fmt.Errorf("only a number or a date has a format: %q", text)
	}
	return Cell{Value: text}, nil
}
