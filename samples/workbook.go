package samples

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/width"
)

// Workbook makes the .xlsx file of a case: the stated cells, merges and hidden
// rows, dressed as analysts do. The same case gives the same bytes every time.
func (c Case) Workbook() ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	b := builder{f: f, styles: map[string]int{}}
	if err := b.workbook(c); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	buf, err := f.WriteToBuffer()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	return repack(buf.Bytes())
}

// stamp is when all samples say they were made. A workbook keeps the time it
// was saved; ours must not depend on it.
const stamp = "2024-12-02T09:00:00Z"

type builder struct {
	f      *excelize.File
	styles map[string]int // excelize style by row style and number format
}

func (b *builder) workbook(c Case) error {
	if err := b.f.SetDefaultFont(c.Font); err != nil {
		return err
	}
	if err := b.f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &c.Date1904}); err != nil {
		return err
	}
	if err := b.f.SetDocProps(&excelize.DocProperties{Creator: "shakeout samples", Created: stamp, Modified: stamp}); err != nil {
		return err
	}
	for i, s := range c.Sheets {
		var err error
		if i == 0 {
			err = b.f.SetSheetName("Sheet1", s.Name)
		} else {
			_, err = b.f.NewSheet(s.Name)
		}
		if err != nil {
			return err
		}
		if err := b.page(s.Name); err != nil {
			return err
		}
		if s.formulas() {
			err = b.streamed(c, s)
		} else {
			err = b.plain(c, s)
		}
		if err != nil {
			return fmt.Errorf("sheet %s: %w", s.Name, err)
		}
	}
	return nil
}

// page sets a sheet to print in landscape, as wide as the paper.
func (b *builder) page(sheet string) error {
	fit, landscape, a4, wide, tall := true, "landscape", 9, 1, 0
	if err := b.f.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &fit}); err != nil {
		return err
	}
	return b.f.SetPageLayout(sheet, &excelize.PageLayoutOptions{Orientation: &landscape, Size: &a4, FitToWidth: &wide, FitToHeight: &tall})
}

func (s Sheet) formulas() bool {
	for _, row := range s.Rows {
		for _, c := range row.Cells {
			if c.Formula != "" {
				return true
			}
		}
	}
	return false
}

// plain writes a sheet without formulas: its texts go to the shared strings, as
// in a workbook that Excel saved.
func (b *builder) plain(c Case, s Sheet) error {
	if panes := s.panes(); panes != nil {
		if err := b.f.SetPanes(s.Name, panes); err != nil {
			return err
		}
	}
	for col := 1; col <= s.cols(); col++ {
		name, err := excelize.ColumnNumberToName(col)
		if err != nil {
			return err
		}
		if err := b.f.SetColWidth(s.Name, name, name, s.width(col)); err != nil {
			return err
		}
	}
	for r := range s.Rows {
		row, cells := s.dressed(r)
		for i, cell := range cells {
			at, err := excelize.CoordinatesToCellName(i+1, r+1)
			if err != nil {
				return err
			}
			id, err := b.style(c, row, cell)
			if err != nil {
				return err
			}
			if !cell.blank() {
				if err := b.f.SetCellValue(s.Name, at, cell.Value); err != nil {
					return err
				}
			}
			if id > 0 {
				if err := b.f.SetCellStyle(s.Name, at, at, id); err != nil {
					return err
				}
			}
		}
		if height := row.height(); height > 0 {
			if err := b.f.SetRowHeight(s.Name, r+1, height); err != nil {
				return err
			}
		}
		if row.Hidden {
			if err := b.f.SetRowVisible(s.Name, r+1, false); err != nil {
				return err
			}
		}
	}
	for _, m := range s.Merges {
		from, to, err := m.corners()
		if err != nil {
			return err
		}
		if err := b.f.MergeCell(s.Name, from, to); err != nil {
			return err
		}
	}
	return nil
}

// streamed writes a sheet with formulas through the StreamWriter, which writes
// a formula and its cached value together, each with its type.
//
// Note: SetCellValue followed by SetCellFormula marks every cached number as
// text, and a cached text as the index of a shared string.
func (b *builder) streamed(c Case, s Sheet) error {
	sw, err := b.f.NewStreamWriter(s.Name)
	if err != nil {
		return err
	}
	if panes := s.panes(); panes != nil {
		if err := sw.SetPanes(panes); err != nil {
			return err
		}
	}
	for col := 1; col <= s.cols(); col++ {
		if err := sw.SetColWidth(col, col, s.width(col)); err != nil {
			return err
		}
	}
	for r := range s.Rows {
		row, dressed := s.dressed(r)
		var cells []any
		for _, cell := range dressed {
			id, err := b.style(c, row, cell)
			if err != nil {
				return err
			}
			if cell.blank() && id == 0 {
				cells = append(cells, nil)
				continue
			}
			cells = append(cells, excelize.Cell{StyleID: id, Formula: cell.Formula, Value: cell.Value})
		}
		if len(cells) == 0 && !row.Hidden {
			continue
		}
		options := excelize.RowOpts{Hidden: row.Hidden, Height: row.height()}
		if err := sw.SetRow("A"+strconv.Itoa(r+1), cells, options); err != nil {
			return err
		}
	}
	for _, m := range s.Merges {
		from, to, err := m.corners()
		if err != nil {
			return err
		}
		if err := sw.MergeCell(from, to); err != nil {
			return err
		}
	}
	return sw.Flush()
}

func (m Merge) corners() (from, to string, err error) {
	if from, err = excelize.CoordinatesToCellName(m.Col1, m.Row1); err != nil {
		return
	}
	to, err = excelize.CoordinatesToCellName(m.Col2, m.Row2)
	return
}

// dressed is a row as it looks: its cells, with blank ones up to the width of
// the header above, so that the borders of a table have no holes. Above the first
// header there is no table to have borders.
func (s Sheet) dressed(r int) (Row, []Cell) {
	row := s.Rows[r]
	if len(row.Cells) == 0 || row.Style == "title" || row.Style == "unit" || row.Style == "note" {
		return row, row.Cells
	}
	for h := r; h >= 0; h-- {
		if s.Rows[h].Style == "head" {
			cells := slices.Clone(row.Cells)
			for len(cells) < len(s.Rows[h].Cells) {
				cells = append(cells, Cell{})
			}
			return row, cells
		}
	}
	row.Style = "text"
	return row, row.Cells
}

// panes freezes the sheet under its first header, if one is marked.
func (s Sheet) panes() *excelize.Panes {
	for r, row := range s.Rows {
		next := r + 1
		if row.Style == "head" && next < len(s.Rows) && s.Rows[next].Style != "head" {
			at := "A" + strconv.Itoa(next+1)
			return &excelize.Panes{Freeze: true, YSplit: next, TopLeftCell: at, ActivePane: "bottomLeft"}
		}
	}
	return nil
}

func (s Sheet) cols() int {
	n := 0
	for _, row := range s.Rows {
		n = max(n, len(row.Cells))
	}
	return n
}

// width is a column's width in digits: stated, or wide enough for its cells.
// Titles and notes run over their neighbours.
func (s Sheet) width(col int) float64 {
	if w, ok := s.widths[col]; ok {
		return w
	}
	widest := 8.0
	for _, row := range s.Rows {
		if col > len(row.Cells) || row.Style == "title" || row.Style == "unit" || row.Style == "note" {
			continue
		}
		widest = max(widest, row.Cells[col-1].width()+2)
	}
	return min(widest, 36)
}

// width is the room that a cell's longest line takes, wide characters counting
// twice.
func (c Cell) width() float64 {
	switch v := c.Value.(type) {
	case string:
		widest := 0.0
		for line := range strings.Lines(v) {
			n := 0.0
			for _, r := range strings.TrimSuffix(line, "\n") {
				n++
				if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
					n++
				}
			}
			widest = max(widest, n)
		}
		return widest
	case float64:
		return float64(len(strconv.FormatFloat(v, 'f', -1, 64))) * 1.2
	case time.Time:
		return 12 // room for 2024年12月31日
	}
	return 0
}

// height is a row's height in points, or 0 for the default.
func (r Row) height() float64 {
	lines := 1
	for _, c := range r.Cells {
		if t, ok := c.Value.(string); ok {
			lines = max(lines, 1+strings.Count(t, "\n"))
		}
	}
	switch {
	case r.Style == "title":
		return 24
	case lines > 1:
		return 16 * float64(lines)
	}
	return 0
}
