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

// findingsWith reads the template with another value in the first example row.
func findingsWith(t *testing.T, template []byte, sheet, column, value string) []analysis.Finding {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(template))
	if err != nil {
		t.Fatal(err)
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
	return wb.Findings
}
