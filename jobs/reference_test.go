package jobs

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// sheets makes a workbook: sheet name -> rows.
func sheets(t *testing.T, all map[string][][]any) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for name, rows := range all {
		if _, err := f.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			cell, _ := excelize.CoordinatesToCellName(1, i+1)
			if err := f.SetSheetRow(name, cell, &row); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := f.DeleteSheet("Sheet1"); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The reference workbook of a folder serves the others in it and below: its
// aliases join what was apart, and a workbook's own word is over it.
func TestReferenceServesItsFolder(t *testing.T) {
	shares := [][]any{{"月份", "模型", "月活（万）"}, {"2024-05", "文心", 60}, {"2024-05", "ERNIE", 60}, {"2024-05", "通义", 20}}
	aliases := [][]any{{"别名", "标准名"}, {"ERNIE", "文心"}}
	own := [][]any{{"别名", "标准名"}, {"ernie", "百度文心"}}
	b := newBench(t, tree{
		"team/reference.xlsx": sheets(t, map[string][][]any{"别名": aliases}),
		"team/a.xlsx":         sheets(t, map[string][][]any{"月活": shares}),
		"team/below/b.xlsx":   sheets(t, map[string][][]any{"月活": shares}),
		"team/own.xlsx":       sheets(t, map[string][][]any{"月活": shares, "别名": own}),
		"other/c.xlsx":        sheets(t, map[string][][]any{"月活": shares}),
	})
	b.steps, b.opts.Tables = RealSteps, TableFormat{CSV: true}
	_, sum := b.run()
	if sum.Enriched < 4 {
		t.Fatalf("got %+v\n%s", sum, &b.log)
	}
	top := func(name string) string {
		data, err := os.ReadFile(filepath.Join(b.out, "tables", name, "concentration.csv"))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(data), "\n")
		head := strings.Split(lines[0], ",")
		for _, line := range lines[1:] {
			if cells := strings.Split(line, ","); strings.Contains(line, ",model,") {
				for i, h := range head {
					if h == "n_firms" {
						return cells[i]
					}
				}
			}
		}
		t.Fatalf("%s: no concentration of models in\n%s", name, data)
		return ""
	}
	for name, want := range map[string]string{"team/a": "2", "team/below/b": "2", "team/own": "3", "other/c": "3"} {
		if got := top(name); got != want {
			t.Errorf("%s: %s names in the market, want %s", name, got, want)
		}
	}
	read := func(name string) string {
		data, _ := os.ReadFile(filepath.Join(b.out, "tables", name, "aliases.csv"))
		return string(data)
	}
	if got := read("team/own"); strings.Count(got, "\n") != 2 || !strings.Contains(got, "百度文心") {
		t.Errorf("the workbook's own alias is not over the reference's:\n%s", got)
	}
}

// When the reference changes, all that it serves is made again, and nothing
// else; while it is not whole, they wait with it.
func TestReferenceIsPartOfTheKey(t *testing.T) {
	b := newBench(t, tree{"t/reference.xlsx": "one", "t/a.xlsx": "a", "t/sub/b.xlsx": "b", "c.xlsx": "c"})
	now := time.Now().Add(time.Hour)
	b.opts.Now, b.opts.GiveUp = func() time.Time { return now }, 24*time.Hour
	zipped := func(s string) string { return sheets(t, map[string][][]any{"S": {{s}}}) }
	open := b.steps.Open
	b.steps.Open = func(ctx context.Context, data []byte) (*ooxml.Package, error) {
		if isZip(data) {
			data = []byte("reference")
		}
		return open(ctx, data)
	}
	tree{"t/reference.xlsx": zipped("one")}.write(t, b.in)
	b.want("c.xlsx enriched", "t/a.xlsx enriched", "t/reference.xlsx enriched", "t/sub/b.xlsx enriched")
	opened, _ := counted(b)
	b.want("c.xlsx unchanged", "t/a.xlsx unchanged", "t/reference.xlsx unchanged", "t/sub/b.xlsx unchanged")
	if len(*opened) != 0 {
		t.Errorf("opened %q", *opened)
	}
	tree{"t/reference.xlsx": zipped("two")}.write(t, b.in)
	b.want("c.xlsx unchanged", "t/a.xlsx enriched", "t/reference.xlsx enriched", "t/sub/b.xlsx enriched")
	b.steps.Open = func(ctx context.Context, data []byte) (*ooxml.Package, error) {
		if bytes.HasPrefix(data, []byte("PK")) {
			return nil, &ooxml.Refusal{Code: "damaged-zip"}
		}
		return open(ctx, data)
	}
	tree{"t/reference.xlsx": zipped("three")[:500]}.write(t, b.in)
	tree{"t/a.xlsx": "a2"}.write(t, b.in)
	got, _ := b.run()
	if got[1] != "t/a.xlsx waiting reference" {
		t.Errorf("got %q", got)
	}
	// Its end never comes: the others go on without, and say so.
	b.opts.GiveUp = 0
	b.want("c.xlsx unchanged", "t/a.xlsx enriched", "t/reference.xlsx rejected damaged-zip", "t/sub/b.xlsx enriched")
	os.Remove(filepath.Join(b.in, "t/reference.xlsx"))
	b.want("c.xlsx unchanged", "t/a.xlsx enriched", "t/sub/b.xlsx enriched", "t/reference.xlsx gone deleted")
}

// Rows keep their sources: file, sheet and cell.
func TestJoinTables(t *testing.T) {
	table := func(file string, names ...string) analysis.Table {
		b := analysis.NewBuilder(analysis.Aliases)
		defer b.Release()
		for i, n := range names {
			b.Text("name", n)
			b.Text("canonical", file)
			b.Int("source", 0)
			b.Int("row", i+2)
			b.EndRow()
		}
		tb := b.Table()
		tb.Sources = []analysis.Source{{File: file, Sheet: "S", Cells: map[string]analysis.Place{"name": {Col: 1}}}}
		return tb
	}
	joined := joinTables(analysis.Aliases, table("own", "A", "b"), table("reference", "B", "c"), []string{"name"})
	defer joined.Rec.Release()
	var got []string
	for i := range joined.Rows() {
		ref := joined.Ref(i, "name")
		got = append(got, joined.Text("name").Or(i, "")+" "+ref.File+" "+ref.Sheet+"!"+ref.Cell())
	}
	if want := "A own S!A2, b own S!A3, c reference S!A3"; strings.Join(got, ", ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, ", "), want)
	}
}
