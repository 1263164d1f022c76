package readers_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"shakeout/analysis"
	"shakeout/readers"
	"shakeout/readers/ooxml"
	"shakeout/samples"
)

// TestSamples reads every sample case and compares its tables with the wanted
// ones, and the findings that blank, drop or skip something.
func TestSamples(t *testing.T) {
	cases, err := samples.Cases()
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		t.Fatal("there are no cases")
	}
	rows := 0
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			data, err := c.Workbook()
			if err != nil {
				t.Fatal(err)
			}
			pkg, err := ooxml.Open(context.Background(), data, ooxml.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			wb, err := readers.Read(context.Background(), pkg, c.File)
			if err != nil {
				t.Fatal(err)
			}
			defer wb.Tables.Release()
			for _, spec := range analysis.InputTables {
				wanted := samples.Table{Name: spec.Name}
				for _, w := range c.Want {
					if w.Name == spec.Name {
						wanted = w
					}
				}
				rows += len(wanted.Rows)
				compareSample(t, wanted, wb.Tables[spec.Name])
			}
			compareFindings(t, "findings", c.Findings, wb, func(e analysis.Effect) bool { return e != analysis.Noted })
			compareFindings(t, "notes", c.Noted, wb, func(e analysis.Effect) bool { return e == analysis.Noted })
			checkLaw(t, wb)
		})
	}
	t.Logf("%d cases, %d rows wanted", len(cases), rows)
	if rows == 0 {
		t.Error("nothing was compared")
	}
}

// compareSample compares the rows of one table in the wanted columns.
func compareSample(t *testing.T, wanted samples.Table, got analysis.Table) {
	t.Helper()
	columns := slices.DeleteFunc(slices.Clone(wanted.Columns), func(c string) bool { return c == "optional" })
	if len(columns) == 0 {
		if n := got.Rows(); n > 0 {
			t.Errorf("%s: wanted no rows, got %d", wanted.Name, n)
		}
		return
	}
	var have [][]string
	for i := range got.Rows() {
		var row []string
		for _, c := range columns {
			row = append(row, show(got, c, i))
		}
		have = append(have, row)
	}
	for _, optional := range []bool{false, true} {
		for _, w := range wanted.Rows {
			var row []string
			is := false
			for k, c := range wanted.Columns {
				if c == "optional" {
					is = w[k] != ""
				} else {
					row = append(row, tidy(c, w[k]))
				}
			}
			if is != optional {
				continue
			}
			i := slices.IndexFunc(have, func(h []string) bool {
				return slices.EqualFunc(row, h, func(a, b string) bool { return same(a, b, 1e-12) })
			})
			if i >= 0 {
				have = slices.Delete(have, i, i+1)
			} else if !optional {
				t.Errorf("%s: missing %s", wanted.Name, strings.Join(row, ","))
			}
		}
	}
	for _, h := range have {
		t.Errorf("%s: not wanted %s", wanted.Name, strings.Join(h, ","))
	}
}

// compareFindings compares the findings of some effects with all that a case
// wants; a case that says nothing of them wants anything.
func compareFindings(t *testing.T, what string, wanted []samples.Finding, wb *analysis.Workbook, of func(analysis.Effect) bool) {
	t.Helper()
	if wanted == nil {
		return
	}
	var want, got []string
	for _, f := range wanted {
		sheet := f.Sheet
		if sheet == "" {
			sheet = wb.Sheets[0]
		}
		want = append(want, f.Code+" "+sheet+"!"+f.Cell)
	}
	for _, f := range wb.Findings {
		if of(f.Effect) {
			got = append(got, f.Code+" "+f.At.Sheet+"!"+f.At.Cell())
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		t.Errorf("%s:\n got  %s\n want %s", what, strings.Join(got, "\n      "), strings.Join(want, "\n      "))
	}
}

// checkLaw holds the law of readers: rows seen = rows kept + rows left out, and
// each left-out row has its finding.
func checkLaw(t *testing.T, wb *analysis.Workbook) {
	t.Helper()
	left := map[string]int{}
	for _, f := range wb.Findings {
		if f.Effect == analysis.Dropped || f.Effect == analysis.Blanked {
			left[f.At.Sheet]++
		}
	}
	out := map[string]map[string]int{}
	for _, r := range wb.Regions {
		if out[r.Sheet] == nil {
			out[r.Sheet] = map[string]int{}
		}
		out[r.Sheet][r.Range] = r.RowsSeen - r.RowsKept
	}
	for sheet, ranges := range out {
		n := 0
		for _, k := range ranges {
			n += k
		}
		if n > left[sheet] {
			t.Errorf("%s: %d rows left out, %d findings", sheet, n, left[sheet])
		}
	}
}
