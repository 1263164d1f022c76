package readers_test

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"shakeout/analysis"
	"shakeout/readers"
	"shakeout/readers/ooxml"
	"shakeout/samples"
)

// TestCells reads each labelled cell through a whole workbook. A value where
// none is wanted, or another one, is a silent misread: there are none. Nor is
// any value lost that the rules give.
func TestCells(t *testing.T) {
	cells, err := samples.Labels()
	if err != nil {
		t.Fatal(err)
	}
	if len(cells) < 400 {
		t.Fatalf("%d cells are labelled, at least 400 are wanted", len(cells))
	}
	type count struct{ cells, right, misread, lost int }
	counts := map[string]*count{}
	for _, c := range cells {
		n := counts[c.Kind]
		if n == nil {
			n = &count{}
			counts[c.Kind] = n
		}
		n.cells++
		got := readingOf(t, c)
		switch {
		case sameReading(got, c.Reading):
			n.right++
		case got == "finding":
			n.lost++
			t.Errorf("cells.tsv:%d: %s %q under %q: got a finding, want %s", c.Line, c.Kind, c.Text, c.Beside, c.Reading)
		default:
			n.misread++
			t.Errorf("cells.tsv:%d: %s %q under %q: got %s, want %s", c.Line, c.Kind, c.Text, c.Beside, got, c.Reading)
		}
	}
	total := count{}
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		n := counts[kind]
		t.Logf("%-6s %3d cells: %3d right, %d silent misreads, %d values lost", kind, n.cells, n.right, n.misread, n.lost)
		total.cells, total.right, total.misread, total.lost = total.cells+n.cells, total.right+n.right, total.misread+n.misread, total.lost+n.lost
	}
	t.Logf("%d cells: %d right, %d silent misreads, %d values lost", total.cells, total.right, total.misread, total.lost)
}

// readingOf is what the reader makes of a cell, as cells.tsv writes it.
func readingOf(t *testing.T, c samples.Labelled) string {
	t.Helper()
	if c.Kind == "same" {
		if analysis.Fold(c.Text) == analysis.Fold(c.Beside) {
			return "same"
		}
		return "different"
	}
	book, err := c.Case()
	if err != nil {
		t.Fatal(err)
	}
	data, err := book.Workbook()
	if err != nil {
		t.Fatal(err)
	}
	pkg, err := ooxml.Open(context.Background(), data, ooxml.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	wb, err := readers.Read(context.Background(), pkg, book.File)
	if err != nil {
		t.Fatal(err)
	}
	defer wb.Tables.Release()
	checkLaw(t, wb)
	said := map[string]bool{}
	for _, f := range wb.Findings {
		if f.Effect != analysis.Noted {
			said[f.Code] = true
		}
	}
	var readings []string
	switch metrics, prices, filings := wb.Tables["metrics"], wb.Tables["prices"], wb.Tables["filings"]; c.Kind {
	case "number", "unit":
		for row := range metrics.Rows() {
			words := []string{exact(metrics, "value", row), show(metrics, "unit", row)}
			if c.Kind == "unit" {
				words = slices.Insert(words, 0, show(metrics, "metric", row))
			}
			readings = append(readings, strings.Join(append(words, bounds(metrics, "value", show(metrics, "bound", row), row)...), " "))
		}
	case "price":
		for row := range prices.Rows() {
			words := []string{show(prices, "kind", row), exact(prices, "price", row), show(prices, "currency", row)}
			if show(prices, "price_low", row) != "" {
				words = append(words, bounds(prices, "price", "range", row)...)
			}
			if show(prices, "free", row) == "true" {
				words = append(words, "free")
			}
			readings = append(readings, strings.Join(words, " "))
		}
	case "period":
		for row := range metrics.Rows() {
			readings = append(readings, strings.Join([]string{show(metrics, "period", row), show(metrics, "period_grain", row), show(metrics, "period_end", row)}, " "))
		}
	case "date":
		for row := range filings.Rows() {
			if filed := show(filings, "filed", row); filed != "" {
				readings = append(readings, filed+" "+show(filings, "filed_grain", row))
			}
		}
	case "name":
		for row := range metrics.Rows() {
			readings = append(readings, show(metrics, "subject_kind", row)+" "+show(metrics, "subject", row))
		}
		switch {
		case said["row-total"]:
			readings = append(readings, "total")
		case said["row-note"]:
			readings = append(readings, "note")
		}
	}
	delete(said, "row-no-value") // says of the row, not of the cell, that it gives nothing
	switch {
	case len(readings) > 0:
		return strings.Join(readings, "; ")
	case len(said) > 0:
		return "finding"
	}
	return "nothing"
}

func bounds(t analysis.Table, column, bound string, row int) []string {
	switch bound {
	case "exact":
		return nil
	case "range":
		return []string{bound, exact(t, column+"_low", row), exact(t, column+"_high", row)}
	}
	return []string{bound}
}

// exact shows a number with all its digits.
func exact(t analysis.Table, column string, row int) string {
	v, ok := t.Float(column).At(row)
	if !ok {
		return "null"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// sameReading compares readings word by word, numbers as numbers.
func sameReading(got, want string) bool {
	return slices.EqualFunc(strings.Fields(got), strings.Fields(want), func(a, b string) bool {
		x, err1 := strconv.ParseFloat(strings.TrimSuffix(a, ";"), 64)
		y, err2 := strconv.ParseFloat(strings.TrimSuffix(b, ";"), 64)
		return a == b || err1 == nil && err2 == nil && x == y
	})
}
