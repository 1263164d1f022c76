package analysis

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Effect is what a finding did to the numbers.
type Effect string

// The effects, from harmless to grave.
const (
	Noted   Effect = "noted"   // the data stand as they are; a reader should know this
	Blanked Effect = "blanked" // one cell was not understood and is null
	Dropped Effect = "dropped" // one row (or column) was left out
	Skipped Effect = "skipped" // a table or an analysis was left out
)

// Finding is something true about the data that a reader must be told: what it
// did to the numbers, a stable code, the cell, the text as the analyst typed
// it, and what fills the blanks of the code's sentence. The sentence itself is
// in the message catalog under "finding.<code>": one sentence that says what is
// the matter and what to do, in Chinese and English.
type Finding struct {
	Effect Effect
	Code   string
	At     Ref
	Got    string
	Args   []any
}

// Message is the finding's sentence.
func (f Finding) Message() Message { return Message{Key: "finding." + f.Code, Args: f.Args} }

// Ref is a cell of a workbook. Row and Col are 1-based; zero means the whole
// sheet (or, without a sheet, the whole workbook).
type Ref struct {
	File  string
	Sheet string
	Row   int
	Col   int
}

// Cell is the A1 address, "C5"; a whole column "C:C", a whole row "5:5", or "".
func (r Ref) Cell() string {
	switch {
	case r.Row > 0 && r.Col > 0:
		return ColumnName(r.Col) + strconv.Itoa(r.Row)
	case r.Col > 0:
		return ColumnName(r.Col) + ":" + ColumnName(r.Col)
	case r.Row > 0:
		return strconv.Itoa(r.Row) + ":" + strconv.Itoa(r.Row)
	}
	return ""
}

// ColumnName is the letters of a 1-based column number: 1 is A, 28 is AB.
func ColumnName(col int) string {
	var b [4]byte
	i := len(b)
	for col > 0 {
		i--
		b[i] = byte('A' + (col-1)%26)
		col = (col - 1) / 26
	}
	return string(b[i:])
}

// SortFindings puts findings into reading order: file, sheet, row, column, code.
// Sheets keep the order given, which is the workbook's.
func SortFindings(findings []Finding, sheets []string) {
	rank := map[string]int{"": -1}
	for i, s := range sheets {
		rank[s] = i
	}
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(
			strings.Compare(a.At.File, b.At.File),
			cmp.Compare(rank[a.At.Sheet], rank[b.At.Sheet]),
			cmp.Compare(a.At.Row, b.At.Row),
			cmp.Compare(a.At.Col, b.At.Col),
			strings.Compare(a.Code, b.Code),
			strings.Compare(a.Got, b.Got),
		)
	})
}

// JoinFindings puts what the reading and the analyses found together, each fact
// once: where an analysis leaves out a fact that has two values, that is said, and
// not also that the reader saw two.
func JoinFindings(read []Finding, results []Result) []Finding {
	all := slices.Clone(read)
	disputed := map[Ref]bool{}
	for _, r := range results {
		for _, f := range r.Findings {
			if f.Code == "conflicting-values" {
				disputed[f.At] = true
			}
		}
	}
	if len(disputed) > 0 {
		all = slices.DeleteFunc(all, func(f Finding) bool { return f.Code == "stated-twice" && disputed[f.At] })
	}
	for _, r := range results {
		all = append(all, r.Findings...)
	}
	return all
}
