package samples

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed cells.tsv
var cellLines string

// Labelled is the text of one cell and what a right reading of it gives.
type Labelled struct {
	Line    int    // of cells.tsv
	Kind    string // number, price, period, date, unit, name, same
	Text    string
	Beside  string // the header over it, or the number below it
	Reading string
}

// Labels are the labelled texts of cells, in the order of cells.tsv, which says
// how a reading is written. They are labelled from the rules of reading, never
// from what a reader made of them.
func Labels() ([]Labelled, error) {
	var cells []Labelled
	n := 0
	for line := range strings.Lines(cellLines) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 4 || f[0] == "" || f[3] == "" {
			return nil, fmt.Errorf("cells.tsv:%d: want kind, text, beside and reading", n)
		}
		cells = append(cells, Labelled{n, f[0], strings.ReplaceAll(f[1], `\n`, "\n"), strings.ReplaceAll(f[2], `\n`, "\n"), f[3]})
	}
	return cells, nil
}

// Case is the smallest workbook that has the cell: one header, one row.
func (c Labelled) Case() (Case, error) {
	text := func(s string) string { return "'" + strings.ReplaceAll(s, "\n", `\n`) }
	header, row := "", ""
	switch c.Kind {
	case "number":
		header, row = "产品\t月份\t"+text(c.Beside), "Kimi\t2024-10\t"+text(c.Text)
	case "price":
		header, row = "模型\t日期\t"+text(c.Beside), "moonshot-v1\t2024-05-21\t"+text(c.Text)
	case "period":
		header, row = "产品\t日期\t月活", "Kimi\t"+text(c.Text)+"\t100"
	case "date":
		header, row = "模型名称\t备案单位\t备案时间", "远航\t某某信息技术股份有限公司\t"+text(c.Text)
	case "unit":
		header, row = "产品\t月份\t"+text(c.Text), "Kimi\t2024-10\t"+c.Beside
	case "name":
		header, row = "产品\t月份\t月活", text(c.Text)
		if c.Beside != "alone" {
			row += "\t2024-10\t100"
		}
	default:
		return Case{}, fmt.Errorf("cells.tsv:%d: a %s is in no workbook", c.Line, c.Kind)
	}
	s, err := parseSheet("数据", "[head]\t"+header+"\n"+row+"\n")
	return Case{Name: fmt.Sprintf("cells.tsv:%d", c.Line), Why: c.Text, File: "cells.xlsx", Font: "等线", Sheets: []Sheet{s}}, err
}
