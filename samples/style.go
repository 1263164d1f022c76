package samples

import (
	"strings"

	"github.com/xuri/excelize/v2"
)

// style is the excelize style of a cell: its row's look and its number format.
func (b *builder) style(c Case, row Row, cell Cell) (int, error) {
	text, _ := cell.Value.(string)
	wrapped := strings.Contains(text, "\n")
	key := row.Style + "|" + cell.Format
	if wrapped {
		key += "|wrapped"
	}
	if id, ok := b.styles[key]; ok {
		return id, nil
	}
	thin := []excelize.Border{}
	for _, side := range []string{"left", "right", "top", "bottom"} {
		thin = append(thin, excelize.Border{Type: side, Style: 1, Color: "BFBFBF"})
	}
	font := excelize.Font{Family: c.Font, Size: 10.5}
	s := excelize.Style{Font: &font, Border: thin, Alignment: &excelize.Alignment{Vertical: "center", WrapText: wrapped}}
	switch row.Style {
	case "title":
		font.Bold, font.Size, s.Border = true, 14, nil
	case "unit":
		font.Color, s.Border = "595959", nil
	case "head":
		font.Bold = true
		s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"D9E2F3"}}
		s.Alignment = &excelize.Alignment{Horizontal: "center", Vertical: "center", WrapText: true}
	case "text":
		s.Border = nil
	case "total":
		font.Bold = true
		s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"F2F2F2"}}
	case "note":
		font.Size, font.Color, s.Border = 9, "7F7F7F", nil
	}
	if cell.Format != "" {
		s.CustomNumFmt = &cell.Format
	}
	id, err := b.f.NewStyle(&s)
	b.styles[key] = id
	return id, err
}
