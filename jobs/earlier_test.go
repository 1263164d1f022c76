package jobs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// sharesBook is a workbook with one row for each company and month.
func sharesBook(t *testing.T, rows ...[3]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range append([][3]any{{"公司", "月份", "Token调用量"}}, rows...) {
		cells := row[:]
		if err := f.SetSheetRow("Sheet1", fmt.Sprint("A", i+1), &cells); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// sheetTexts are the texts of a sheet of a result, nil if it has no such sheet.
func sheetTexts(t *testing.T, result []byte, sheet string) []string {
	t.Helper()
	pkg, err := ooxml.Open(context.Background(), result, ooxml.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range pkg.Sheets {
		if s.Name != sheet {
			continue
		}
		grid, err := pkg.Grid(context.Background(), i)
		if err != nil {
			t.Fatal(err)
		}
		texts := []string{}
		for row := 1; row <= grid.Rows(); row++ {
			var cells []string
			for col := 1; col <= grid.RowCols(row); col++ {
				c := grid.At(row, col)
				if c.Kind == ooxml.Number {
					c.Text = fmt.Sprint(c.Num)
				}
				cells = append(cells, c.Text)
			}
			texts = append(texts, strings.Join(cells, "|"))
		}
		return texts
	}
	return nil
}

// A workbook is compared with the version before it. Doing the same work again,
// here or elsewhere, gives the same bytes; sorting its rows anew is no change.
func TestChangesAgainstTheVersionBefore(t *testing.T) {
	v1 := sharesBook(t, [3]any{"甲", "2024-05", 50}, [3]any{"乙", "2024-05", 30}, [3]any{"丙", "2024-05", 20})
	v2 := sharesBook(t, [3]any{"甲", "2024-05", 50}, [3]any{"乙", "2024-05", 30}, [3]any{"丙", "2024-05", 40}, [3]any{"丁", "2024-05", 5})
	v3 := sharesBook(t, [3]any{"丁", "2024-05", 5}, [3]any{"丙", "2024-05", 40}, [3]any{"乙", "2024-05", 30}, [3]any{"甲", "2024-05", 50})
	type place struct{ in, out string }
	newPlace := func() place { dir := t.TempDir(); return place{filepath.Join(dir, "in"), filepath.Join(dir, "out")} }
	run := func(p place, data []byte, force bool) []byte {
		t.Helper()
		tree{"x.xlsx": string(data)}.write(t, p.in)
		opts := DefaultOptions()
		opts.Force, opts.Lang, opts.Quiet = force, analysis.Zh, 0
		opts.Build, opts.Version = "test", "test"
		var last Outcome
		if _, err := Run(context.Background(), p.in, p.out, opts, RealSteps, func(o Outcome) { last = o }); err != nil {
			t.Fatal(err)
		}
		result, err := os.ReadFile(filepath.Join(p.out, "x.enriched.xlsx"))
		if err != nil {
			t.Fatalf("%v; outcome %+v", err, last)
		}
		return result
	}
	has := func(texts []string, want ...string) bool {
		for _, text := range texts {
			all := true
			for _, w := range want {
				all = all && strings.Contains(text, w)
			}
			if all {
				return true
			}
		}
		return false
	}

	here := newPlace()
	if got := sheetTexts(t, run(here, v1, false), "变化"); got != nil {
		t.Errorf("a first version has changes: %q", got)
	}
	second := run(here, v2, false)
	changes := sheetTexts(t, second, "变化")
	for _, want := range [][]string{
		{"指标", "丙 · Token 调用量 · 2024-05", "20|40", "修订", "Sheet1!C4"},
		{"指标", "丁 · Token 调用量 · 2024-05", "5", "新增", "Sheet1!C5"},
	} {
		if !has(changes, want...) {
			t.Errorf("no row with %q in\n%s", want, strings.Join(changes, "\n"))
		}
	}
	if !has(sheetTexts(t, second, "方法"), hashOf(v1)) {
		t.Error("Method does not name the version compared with")
	}
	if again := run(here, v2, true); !bytes.Equal(again, second) {
		t.Error("the same work done twice gives other bytes")
	}
	there := newPlace()
	run(there, v1, false)
	if again := run(there, v2, false); !bytes.Equal(again, second) {
		t.Error("the same work done elsewhere gives other bytes")
	}

	third := run(here, v3, false)
	if got := sheetTexts(t, third, "变化"); got != nil {
		t.Errorf("rows sorted anew are changes: %q", got)
	}
	if !has(sheetTexts(t, third, "方法"), hashOf(v2)) {
		t.Error("Method does not name the version compared with")
	}
	kept, err := os.ReadDir(filepath.Join(here.out, stateFolder, earlierFolder))
	if err != nil || len(kept) != 2 {
		t.Errorf("%d versions are kept, %v", len(kept), err)
	}

	// Without its bytes there is no version to compare with, and no failure.
	if err := os.RemoveAll(filepath.Join(here.out, stateFolder, earlierFolder)); err != nil {
		t.Fatal(err)
	}
	if got := sheetTexts(t, run(here, v1, false), "变化"); got != nil {
		t.Errorf("changes against nothing: %q", got)
	}
}
