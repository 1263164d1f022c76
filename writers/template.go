package writers

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"shakeout/analysis"
	"shakeout/writers/text"
)

// form is one sheet of the template: an input table to be filled in.
type form struct {
	table    string
	examples int // rows that show how
	columns  []formColumn
}

// formColumn is a column of a form. Its header, note and examples stand in the
// catalog under form.<table>.<column>: "header | note | example | example".
type formColumn struct {
	name   string
	needed bool
	wide   float64
	format string   // of its cells; "" is General
	list   []string // catalog keys of what may be chosen; nil where anything may be typed
	strict bool     // nothing but the list is understood
}

const (
	formRows   = 2000 // rows that are prepared
	dayFormat  = "yyyy-mm-dd"
	textFormat = "@"
	listLimit  = 255 // UTF-16 units that Excel takes in a list
)

// choices makes catalog keys of what a list offers.
func choices(group string, names ...string) []string {
	var keys []string
	for _, n := range names {
		keys = append(keys, "form."+group+"."+n)
	}
	return keys
}

// forms are the sheets of the template, in their order. Only headers that the
// readers know stand in them.
var forms = []form{
	{"filings", 1, []formColumn{
		{"model", true, 24, textFormat, nil, false}, {"company", false, 24, textFormat, nil, false}, {"camp", false, 12, textFormat, nil, false},
		{"region", false, 10, textFormat, nil, false}, {"category", false, 12, textFormat, nil, false},
		{"register", false, 20, "", choices("register", "generative_ai", "registered_app", "algorithm"), true},
		{"filing_no", false, 30, textFormat, nil, false},
		{"status", false, 12, "", choices("status", "filed", "registered", "launched", "retired"), false},
		{"filed", false, 13, dayFormat, nil, false}, {"launched", false, 13, dayFormat, nil, false}, {"active", false, 13, dayFormat, nil, false},
		{"commercial", false, 17, dayFormat, nil, false}, {"retired", false, 13, dayFormat, nil, false}}},
	{"metrics", 2, []formColumn{
		{"subject", true, 24, textFormat, nil, false}, {"company", false, 24, textFormat, nil, false}, {"period", true, 13, textFormat, nil, false},
		{"metric", true, 22, "", choices("metric", "mau", "dau", "new_users", "paying_users", "tokens", "tokens_per_day", "downloads", "revenue", "arr", "marketing_spend", "share", "gross_margin", "churn"), false},
		{"value", true, 16, "", nil, false},
		{"unit", false, 14, "", choices("unit", "persons", "ten-thousand-persons", "hundred-million-persons", "tokens", "hundred-million-tokens", "trillion-tokens", "yuan", "hundred-million-yuan", "dollars", "percent"), false}}},
	{"prices", 2, []formColumn{
		{"model", true, 24, textFormat, nil, false}, {"company", false, 24, textFormat, nil, false}, {"date", true, 13, dayFormat, nil, false},
		{"kind", true, 14, "", choices("kind", "input", "output", "cached_input", "flat"), true},
		{"price", true, 12, "", nil, false},
		{"currency", true, 10, "", choices("currency", "CNY", "USD", "HKD", "EUR"), true},
		{"unit", true, 18, "", choices("price-unit", "million", "thousand"), true},
		{"context", false, 14, "", nil, false}}},
	{"releases", 1, []formColumn{
		{"model", true, 24, textFormat, nil, false}, {"version", false, 14, textFormat, nil, false}, {"company", false, 24, textFormat, nil, false},
		{"region", false, 12, textFormat, nil, false}, {"date", true, 13, dayFormat, nil, false}}},
	{"companies", 1, []formColumn{{"company", true, 26, textFormat, nil, false}, {"owner", false, 26, textFormat, nil, false}, {"camp", false, 14, textFormat, nil, false}}},
	{"aliases", 1, []formColumn{{"name", true, 28, textFormat, nil, false}, {"canonical", true, 28, textFormat, nil, false}}},
	{"rates", 1, []formColumn{{"currency", true, 16, "", choices("currency", "USD", "HKD", "EUR"), false}, {"date", true, 13, dayFormat, nil, false}, {"cny_per_unit", true, 14, "", nil, false}}},
	{"mergers", 2, []formColumn{{"name", true, 28, textFormat, nil, false}, {"company", true, 28, textFormat, nil, false}}},
	{"settings", 1, []formColumn{{"key", true, 26, "", nil, false}, {"value", true, 26, textFormat, nil, false}}},
}

// Template writes a workbook to be filled in: one sheet for each input table,
// headers with notes that say what belongs there and in which unit, lists to
// choose from, and example rows in italics, to be overwritten: the readers know them
// by their names (示例模型, Example company) and leave them out. As it is, the readers
// understand every cell of it.
func Template(w io.Writer, lang analysis.Lang) error {
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetDefaultFont(fontOf(lang)); err != nil {
		return err
	}
	if err := f.SetDocProps(&excelize.DocProperties{Creator: "shakeout", Created: "1980-01-01T00:00:00Z", Modified: "1980-01-01T00:00:00Z"}); err != nil {
		return err
	}
	for i, form := range forms {
		name := text.Key(lang, "form."+form.table)
		var err error
		if i == 0 {
			err = f.SetSheetName("Sheet1", name)
		} else {
			_, err = f.NewSheet(name)
		}
		if err == nil {
			err = form.fill(f, name, lang)
		}
		if err != nil {
			return fmt.Errorf("sheet %s: %w", name, err)
		}
	}
	return f.Write(w)
}

// The rows of a form.
const (
	formTitle = iota + 1
	formHead
	formFirst
)

func (fm form) fill(f *excelize.File, sheet string, lang analysis.Lang) error {
	do := &steps{}
	family := fontOf(lang)
	title := do.style(f, &excelize.Style{Font: &excelize.Font{Family: family, Italic: true, Color: gray, Size: bodySize}, Alignment: &excelize.Alignment{Vertical: "center"}})
	for i, c := range fm.columns {
		col := address(1, i+1)
		do.try(f.SetColStyle(sheet, col[:len(col)-1], do.style(f, &excelize.Style{Font: &excelize.Font{Family: family, Size: bodySize}, CustomNumFmt: formatOf(c.format), Alignment: c.align()})))
	}
	do.try(f.SetCellValue(sheet, "A1", text.Key(lang, "form."+fm.table+".about")))
	do.try(f.SetCellStyle(sheet, "A1", "A1", title))
	do.try(f.SetRowHeight(sheet, formTitle, 22))
	do.try(f.SetRowHeight(sheet, formHead, 26))
	for i, c := range fm.columns {
		col := address(1, i+1)
		col = col[:len(col)-1]
		header, note, examples := formText(lang, fm.table, c.name)
		do.try(f.SetColWidth(sheet, col, col, c.wide))
		fill := "F2F2F2"
		if c.needed {
			fill = headFill
		}
		head := do.style(f, &excelize.Style{Font: &excelize.Font{Family: family, Bold: true, Color: accent, Size: bodySize}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{fill}},
			Border: []excelize.Border{{Type: "bottom", Style: 1, Color: accent}}, Alignment: c.align()})
		at := address(formHead, i+1)
		do.try(f.SetCellValue(sheet, at, header))
		do.try(f.SetCellStyle(sheet, at, at, head))
		if c.needed {
			note += "\n" + text.Key(lang, "form.needed")
		}
		do.try(f.AddComment(sheet, excelize.Comment{Cell: at, Author: "shakeout", Width: 260, Height: 120, Paragraph: []excelize.RichTextRun{{Text: note, Font: &excelize.Font{Size: 9, Family: family}}}}))

		shown := do.style(f, &excelize.Style{Font: &excelize.Font{Family: family, Size: bodySize, Italic: true, Color: gray}, CustomNumFmt: formatOf(c.format), Alignment: c.align()})
		for n, example := range examples {
			at := address(formFirst+n, i+1)
			do.try(f.SetCellValue(sheet, at, exampleValue(example, c.format)))
			do.try(f.SetCellStyle(sheet, at, at, shown))
		}
		do.try(fm.offer(f, sheet, c, fmt.Sprintf("%s:%s", address(formFirst, i+1), address(formRows, i+1)), lang))
	}
	do.try(f.SetPanes(sheet, &excelize.Panes{Freeze: true, YSplit: formHead, TopLeftCell: "A3", ActivePane: "bottomLeft", Selection: []excelize.Selection{{SQRef: "A3", ActiveCell: "A3", Pane: "bottomLeft"}}}))
	fit, landscape, a4, wide, tall := true, "landscape", 9, 1, 0
	high, set := 18.0, true // CJK letters need more than the default
	do.try(f.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &fit, DefaultRowHeight: &high, CustomHeight: &set}))
	do.try(f.SetPageLayout(sheet, &excelize.PageLayoutOptions{Orientation: &landscape, Size: &a4, FitToWidth: &wide, FitToHeight: &tall}))
	return do.err
}

// steps does one thing after another until one fails.
type steps struct{ err error }

func (s *steps) try(err error) {
	if s.err == nil {
		s.err = err
	}
}

func (s *steps) style(f *excelize.File, look *excelize.Style) int {
	id, err := f.NewStyle(look)
	s.try(err)
	return id
}

// offer gives a column its list. What is not in it may be typed all the same,
// unless nothing else is understood.
func (fm form) offer(f *excelize.File, sheet string, c formColumn, cells string, lang analysis.Lang) error {
	var offered []string
	for _, key := range c.list {
		offered = append(offered, text.Key(lang, key))
	}
	if fm.table == "settings" && c.name == "key" {
		offered = analysis.SettingKeys()
	}
	if len(offered) == 0 {
		return nil
	}
	d := excelize.NewDataValidation(true)
	d.Sqref = cells
	if err := d.SetDropList(upTo(listLimit, offered)); err != nil {
		return err
	}
	if c.strict {
		d.SetError(excelize.DataValidationErrorStyleStop, text.Key(lang, "form.pick"), text.Key(lang, "form.pick-one"))
	} else {
		d.ShowErrorMessage = false
	}
	return f.AddDataValidation(sheet, d)
}

// align puts numbers to the right and all else, dates too, to the left.
func (c formColumn) align() *excelize.Alignment {
	if c.format == "" && c.list == nil && c.name != "key" {
		return &excelize.Alignment{Horizontal: "right", Indent: 1, Vertical: "center"}
	}
	return &excelize.Alignment{Horizontal: "left", Vertical: "center"}
}

// upTo are as many words as fit into a list.
func upTo(limit int, words []string) []string {
	units := 0
	for i, w := range words {
		if units += len(utf16.Encode([]rune(w))) + 1; units > limit {
			return words[:i]
		}
	}
	return words
}

// formText is what the catalog says of a column: header, note and examples.
func formText(lang analysis.Lang, table, column string) (header, note string, examples []string) {
	parts := strings.Split(text.Key(lang, "form."+table+"."+column), "|")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts[0], parts[1], parts[2:]
}

func formatOf(format string) *string {
	if format == "" {
		return nil
	}
	return &format
}

// exampleValue is an example as Excel would hold it had it been typed.
func exampleValue(example, format string) any {
	if example == "" {
		return nil
	}
	if d, ok := analysis.ParseDate(example); ok && format == dayFormat {
		return float64(d) + 25569
	}
	var v float64
	if _, err := fmt.Sscanf(example, "%g", &v); err == nil && format == "" && fmt.Sprint(v) == example {
		return v
	}
	return example
}
