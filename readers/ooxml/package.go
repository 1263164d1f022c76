// Package ooxml is the package layer under readers and writers: preflight,
// parts and relations, shared strings, styles as far as dates and percent need,
// and strict reading of cells. It never re-serialises a part and never repairs:
// a truncated, damaged or wrong-CRC part is an error, never a shorter sheet.
//
// From bytes to cells: open.go says by the first bytes what a file is; zip.go and
// zipheaders.go check the package's directory before anything is inflated;
// workbook.go reads what all sheets share; stream.go inflates a part in blocks,
// scanner.go reads its XML, cells.go makes cells of a sheet's elements and
// fastcells.go of those that are written as Excel writes them; grid.go keeps
// them. The patch files write a package with parts added and little changed.
package ooxml

import "shakeout/analysis"

// Refusal says why a file is not read: a stable code whose sentence is in the
// message catalog under "refusal.<code>", in both languages, with advice.
type Refusal struct {
	Code string
	Part string // the part at fault, or ""
	Args []any
	Err  error // the cause, for the log
}

func (r *Refusal) Error() string {
	s := r.Code
	if r.Part != "" {
		s += " " + r.Part
	}
	if r.Err != nil {
		s += ": " + r.Err.Error()
	}
	return s
}

func (r *Refusal) Unwrap() error { return r.Err }

// Message is the sentence for people.
func (r *Refusal) Message() analysis.Message {
	args := r.Args
	switch r.Code {
	case "damaged-part", "missing-part", "unsafe-name", "duplicate-part", "unknown-compression", "doctype", "too-complex", "external-sheet":
		args = []any{r.Part}
	}
	return analysis.Say("refusal."+r.Code, args...)
}

// Package is an opened workbook.
type Package struct {
	Sheets   []Sheet // in workbook order
	Names    []DefinedName
	Date1904 bool

	Workbook string // part name of the workbook
	Styles   string // part name, or ""

	Delimited *Delimited // of a package made from delimited text with doubtful commas; else nil

	data    []byte
	parts   []*Part
	byName  map[string]*Part
	strings []string // shared, in the order of the file
	formats []Format
	limits  Limits
}

// Delimited is what was decided about the commas in the numbers of delimited text.
// Places are row and column, 1-based.
type Delimited struct {
	Commas     int // fields that were written with a decimal comma, and now stand with a point
	First      [2]int
	FirstTyped string
	Unclear    map[[2]int]bool // fields whose comma or point may set off decimals or thousands
}

// Sheet is one sheet of the workbook as the workbook part lists it.
type Sheet struct {
	Name   string
	Part   string // resolved part name without leading slash
	Hidden bool   // hidden or very hidden
	Ours   bool   // written by this program: a defined name with OwnPrefix leads to it
	Grid   bool   // a worksheet with cells; false for chart and dialog sheets
}

// OwnPrefix begins the hidden defined names that mark our own sheets.
const OwnPrefix = "_shakeout."

// DefinedName is a defined name and what it refers to.
type DefinedName struct {
	Name, Refers string
	Hidden       bool
}

// Kind is what a cell holds.
type Kind uint8

// The kinds of cells. NoCache is a formula that was saved without a value.
const (
	Blank Kind = iota
	Number
	Text
	Bool
	Error // #N/A and the like, in Text
	NoCache
)

// Cell is one cell.
type Cell struct {
	Kind    Kind
	Num     float64 // Number; Bool as 0 or 1
	Text    string  // Text (rich text joined, phonetics left out), Error
	Style   int     // index for Package.Format
	Formula bool
}

// Format is what a cell's number format says about its number.
type Format struct {
	Code    string // as in the file or of the built-in number
	Date    bool   // shows a date (or date and time)
	Day     bool   // a date whose day of the month shows
	Month   bool   // a date whose month shows
	Percent bool
}

// Range is a rectangle of cells, 1-based and inclusive.
type Range struct{ Row1, Col1, Row2, Col2 int }
