package writers

import (
	"bytes"
	"context"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// Market is what many workbooks of a folder are together.
type Market struct {
	Name     string       // of the result, as its sheets state it
	SHA256   string       // of the parts: it changes when any of them does
	Parts    []MarketPart // in name order
	Tables   analysis.Tables
	Findings []analysis.Finding // of joining them
	Lang     analysis.Lang
}

// MarketPart is one workbook of a market.
type MarketPart struct {
	File   string
	SHA256 string
	AsOf   analysis.Date
	Rows   int // of its input tables
}

// WriteMarket writes the workbook of a market: a sheet that lists the
// workbooks, and behind it our sheets as in any enriched workbook. The same
// parts, results and parameters give the same bytes.
func WriteMarket(ctx context.Context, w io.Writer, m Market, results []analysis.Result, params analysis.Params, opts Options) error {
	lang := opts.Lang
	if lang == "" {
		lang = m.Lang
	}
	opts.Lang = lang
	base, sheet, err := marketBase(m, lang)
	if err != nil {
		return err
	}
	pkg, err := ooxml.Open(ctx, base, ooxml.DefaultLimits())
	if err != nil {
		return err
	}
	wb := &analysis.Workbook{Name: m.Name, SHA256: m.SHA256, Lang: lang, Sheets: []string{sheet}, Tables: m.Tables, Findings: m.Findings}
	return Enrich(ctx, w, pkg, wb, results, params, opts)
}

// marketBase makes the workbook that our sheets are grafted on.
func marketBase(m Market, lang analysis.Lang) (data []byte, sheet string, err error) {
	b := &book{lang: lang}
	sheet = b.key("market.sheet")
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetSheetName("Sheet1", sheet); err != nil {
		return nil, "", err
	}
	if err := f.SetDefaultFont(fontOf(lang)); err != nil {
		return nil, "", err
	}
	font := func(f excelize.Font) *excelize.Font { f.Family = fontOf(lang); return &f }
	title, err1 := f.NewStyle(&excelize.Style{Font: font(excelize.Font{Bold: true, Size: 16, Color: accent})})
	about, err2 := f.NewStyle(&excelize.Style{Font: font(excelize.Font{Size: bodySize, Color: gray})})
	head, err3 := f.NewStyle(&excelize.Style{Font: font(excelize.Font{Bold: true, Size: bodySize, Color: accent}), Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{headFill}}})
	day, err4 := f.NewStyle(&excelize.Style{Font: font(excelize.Font{Size: bodySize}), CustomNumFmt: pointer("yyyy-mm-dd"), Alignment: &excelize.Alignment{Horizontal: "left"}})
	body, err5 := f.NewStyle(&excelize.Style{Font: font(excelize.Font{Size: bodySize})})
	count, err6 := f.NewStyle(&excelize.Style{Font: font(excelize.Font{Size: bodySize}), CustomNumFmt: pointer("#,##0")})
	for _, err := range []error{err1, err2, err3, err4, err5, err6} {
		if err != nil {
			return nil, "", err
		}
	}
	type put struct {
		cell  string
		value any
		style int
	}
	cells := []put{{"A1", b.key("market.title"), title}, {"A2", b.key("market.about"), about},
		{"A4", b.key("market.file"), head}, {"B4", b.key("market.as-of"), head}, {"C4", b.key("market.rows"), head}, {"D4", "SHA-256", head}}
	wide := 24.0
	for i, p := range m.Parts {
		row := 5 + i
		cells = append(cells, put{address(row, 1), strings.TrimSpace(p.File), body}, put{address(row, 3), p.Rows, count}, put{address(row, 4), p.SHA256, body})
		if p.AsOf != 0 {
			cells = append(cells, put{address(row, 2), float64(p.AsOf) + 25569, day})
		}
		wide = max(wide, min(digitsWide(p.File)+2, 60))
	}
	for _, c := range cells {
		if s, ok := c.value.(string); ok {
			err = f.SetCellStr(sheet, c.cell, s)
		} else {
			err = f.SetCellValue(sheet, c.cell, c.value)
		}
		if err == nil {
			err = f.SetCellStyle(sheet, c.cell, c.cell, c.style)
		}
		if err != nil {
			return nil, "", err
		}
	}
	for col, width := range map[string]float64{"A": wide, "B": 14, "C": 12, "D": 68} {
		if err := f.SetColWidth(sheet, col, col, width); err != nil {
			return nil, "", err
		}
	}
	if err := f.SetPanes(sheet, &excelize.Panes{Freeze: true, YSplit: 4, TopLeftCell: "A5", ActivePane: "bottomLeft"}); err != nil {
		return nil, "", err
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		return nil, "", err
	}
	return out.Bytes(), sheet, nil
}

func pointer[T any](v T) *T { return &v }
