package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"shakeout/analysis"
	"shakeout/jobs"
	"shakeout/writers"
)

// Every value that a list of the template offers is understood: a copy of the
// example row with it is read without a finding. Every header has a note.
func TestTemplateLists(t *testing.T) {
	for _, lang := range []analysis.Lang{analysis.Zh, analysis.En} {
		var made bytes.Buffer
		if err := writers.Template(&made, lang); err != nil {
			t.Fatal(err)
		}
		f, err := excelize.OpenReader(bytes.NewReader(made.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		tried, notes := 0, 0
		for _, sheet := range f.GetSheetList() {
			rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
			if err != nil {
				t.Fatal(err)
			}
			comments, err := f.GetComments(sheet)
			if err != nil {
				t.Fatal(err)
			}
			if len(comments) != len(rows[1]) {
				t.Errorf("%s has %d headers and %d notes", sheet, len(rows[1]), len(comments))
			}
			notes += len(comments)
			lists, err := f.GetDataValidations(sheet)
			if err != nil {
				t.Fatal(err)
			}
			for _, list := range lists {
				column := strings.TrimRight(strings.Split(list.Sqref, ":")[0], "0123456789")
				for _, value := range strings.Split(strings.Trim(list.Formula1, `"`), ",") {
					for _, f := range findingsWith(t, made.Bytes(), sheet, column, value) {
						if !slices.Contains(othersFault, f.Code) {
							t.Errorf("%s!%s %q gives %s %q", sheet, column, value, f.Code, f.Got)
						}
					}
					tried++
				}
			}
		}
		t.Logf("%s: %d values tried, %d notes", lang, tried, notes)
		if tried < 40 || notes < 40 {
			t.Error("too few")
		}
	}
}

// othersFault are findings on the rest of the row and sheet beside a value: a
// unit that is not the metric's, a setting that the example's number does not
// fit, the same price as in the next row.
var othersFault = []string{"unit-does-not-fit", "currency-unknown", "shares-over-one", "setting-not-understood", "stated-twice"}

// ownName turns the name of an example into one that an analyst might type.
var ownName = strings.NewReplacer("示例：", "", "示例", "某", "Example: ", "", "Example", "Some")

// The example rows are no data until they are typed over: the template as it is
// gives no row of any table but settings, and says so for each sheet.
func TestTemplateExamplesAreNoData(t *testing.T) {
	for _, lang := range []analysis.Lang{analysis.Zh, analysis.En} {
		var made bytes.Buffer
		if err := writers.Template(&made, lang); err != nil {
			t.Fatal(err)
		}
		pkg, err := jobs.RealSteps.Open(context.Background(), made.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		wb, err := jobs.RealSteps.Read(context.Background(), pkg, "template.xlsx")
		if err != nil {
			t.Fatal(err)
		}
		for name, table := range wb.Tables {
			if n := table.Rows(); n > 0 && name != "settings" {
				t.Errorf("%s: %d rows of examples in %s", lang, n, name)
			}
		}
		said := map[string]int{}
		for _, f := range wb.Findings {
			if f.Code != "row-example" {
				t.Errorf("%s: %s %s!%s", lang, f.Code, f.At.Sheet, f.At.Cell())
			}
			said[f.At.Sheet]++
		}
		if len(said) != 8 {
			t.Errorf("%s: examples named on %d sheets, want 8", lang, len(said))
		}
		wb.Tables.Release()
	}
}

// findingsWith reads the template with another value in the first example row.
func findingsWith(t *testing.T, template []byte, sheet, column, value string) []analysis.Finding {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(template))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	for i, was := range rows[2] { // typed over, it is no example any more
		if name := ownName.Replace(was); name != was {
			if err := f.SetCellValue(sheet, analysis.Ref{Row: 3, Col: i + 1}.Cell(), name); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := f.SetCellValue(sheet, fmt.Sprint(column, 3), value); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	pkg, err := jobs.RealSteps.Open(context.Background(), b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	wb, err := jobs.RealSteps.Read(context.Background(), pkg, "template.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(wb.Findings, func(f analysis.Finding) bool {
		return f.Code == "row-example" && (f.At.Sheet != sheet || f.At.Row != 3)
	})
}
