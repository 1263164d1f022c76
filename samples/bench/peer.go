package main

import (
	"cmp"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// peerRead reads every cell of workbooks, or of a folder's, into typed columns
// the way that excelize is fastest at: row by row.
func peerRead(names []string) error {
	for _, name := range names {
		all := []string{name}
		if st, err := os.Stat(name); err == nil && st.IsDir() {
			all, _ = filepath.Glob(filepath.Join(name, "*.xlsx"))
		}
		for _, name := range all {
			f, err := excelize.OpenFile(name)
			if err != nil {
				return err
			}
			if _, err := readRows(f); err != nil {
				return err
			}
			if err := f.Close(); err != nil {
				return err
			}
		}
	}
	return nil
}

// peerFull reads a workbook, or each of a folder, computes shares by month and
// company, the funnel and a price index, adds a sheet with them as a stream, and
// saves the whole.
func peerFull(in, out string) error {
	all := []string{in}
	if st, err := os.Stat(in); err == nil && st.IsDir() {
		all, _ = filepath.Glob(filepath.Join(in, "*.xlsx"))
	}
	for _, name := range all {
		f, err := excelize.OpenFile(name)
		if err != nil {
			return err
		}
		columns, err := readRows(f)
		if err != nil {
			return err
		}
		if _, err := f.NewSheet("结果"); err != nil {
			return err
		}
		w, err := f.NewStreamWriter("结果")
		if err != nil {
			return err
		}
		for i, line := range columns.results() {
			cell, err := excelize.CoordinatesToCellName(1, i+1)
			if err != nil {
				return err
			}
			if err := w.SetRow(cell, line); err != nil {
				return err
			}
		}
		if err := w.Flush(); err != nil {
			return err
		}
		if err := f.SaveAs(filepath.Join(out, filepath.Base(name))); err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

// columns are the cells of the three sheets by column: texts, and numbers with
// NaN for what is none.
type columns struct {
	texts   [3][9][]string
	numbers [3][9][]float64
}

// textual are the columns of each sheet that hold texts.
var textual = [3]string{"ABCDE", "ACE", "AEF"}

func readRows(f *excelize.File) (*columns, error) {
	c := &columns{}
	for s, name := range sheetNames {
		rows, err := f.Rows(name)
		if err != nil {
			return nil, err
		}
		width := []int{9, 5, 6}[s]
		for first := true; rows.Next(); first = false {
			line, err := rows.Columns(excelize.Options{RawCellValue: true})
			if err != nil {
				return nil, err
			}
			for i := range width {
				text := ""
				if i < len(line) {
					text = line[i]
				}
				switch {
				case first:
				case strings.IndexByte(textual[s], byte('A'+i)) >= 0:
					c.texts[s][i] = append(c.texts[s][i], text)
				default:
					c.numbers[s][i] = append(c.numbers[s][i], numberOf(text))
				}
			}
		}
		if err := rows.Close(); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func numberOf(text string) float64 {
	by := 1.0
	if rest, ok := strings.CutSuffix(text, "万"); ok {
		text, by = rest, 1e4
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return math.NaN()
	}
	return v * by
}

// results are the lines of the result sheet.
func (c *columns) results() (lines [][]any) {
	company := map[string]string{}
	for i, model := range c.texts[0][0] {
		company[model] = c.texts[0][1][i]
	}
	type cell struct {
		month float64
		firm  string
	}
	sums, totals := map[cell]float64{}, map[float64]float64{}
	for i, metric := range c.texts[1][2] {
		if v := c.numbers[1][3][i]; metric == "Token量" && v == v {
			sums[cell{c.numbers[1][1][i], company[c.texts[1][0][i]]}] += v
			totals[c.numbers[1][1][i]] += v
		}
	}
	order := slices.SortedFunc(maps.Keys(sums), func(a, b cell) int { return cmp.Or(cmp.Compare(a.month, b.month), cmp.Compare(a.firm, b.firm)) })
	hhi := map[float64]float64{}
	for _, k := range order {
		share := sums[k] / totals[k.month]
		hhi[k.month] += share * share * 1e4
		lines = append(lines, []any{k.month, k.firm, sums[k], share})
	}
	for _, m := range slices.Sorted(maps.Keys(hhi)) {
		lines = append(lines, []any{m, hhi[m]})
	}
	funnel := map[string]*[4]int{}
	for i, camp := range c.texts[0][2] {
		if funnel[camp] == nil {
			funnel[camp] = &[4]int{}
		}
		for k := range 4 {
			if v := c.numbers[0][5+k][i]; v == v {
				funnel[camp][k]++
			}
		}
	}
	for _, camp := range slices.Sorted(maps.Keys(funnel)) {
		n := funnel[camp]
		lines = append(lines, []any{camp, n[0], n[1], n[2], n[3]})
	}
	// A chained index of the models priced in two neighbouring quarters.
	means := map[int]map[string][2]float64{}
	for i, model := range c.texts[2][0] {
		q := int(c.numbers[2][1][i] / 91.3)
		if means[q] == nil {
			means[q] = map[string][2]float64{}
		}
		m := means[q][model]
		means[q][model] = [2]float64{m[0] + (3*c.numbers[2][2][i]+c.numbers[2][3][i])/4, m[1] + 1}
	}
	index := 100.0
	for _, q := range slices.Sorted(maps.Keys(means)) {
		sum, n := 0.0, 0.0
		for model, m := range means[q] {
			if before, ok := means[q-1][model]; ok {
				sum += math.Log(m[0] / m[1] / (before[0] / before[1]))
				n++
			}
		}
		if n > 0 {
			index *= math.Exp(sum / n)
		}
		lines = append(lines, []any{q, index})
	}
	return lines
}
