package analysis

import "cmp"

// Analyzer is an analysis as a value. Adding one means one file and one line
// in All.
type Analyzer struct {
	Name  string
	Sheet string   // the sheet that shows it; "": one of its own name. Analyses of one sheet stand below each other, as in All
	Doc   string   // one English sentence; the catalog has analysis.<name> in both languages
	Needs []string // input tables, any of which gives it something to do
	Specs []TableSpec
	run   func(*basis) Result
}

// Run is the analysis of some tables alone.
func (a Analyzer) Run(tables Tables, params Params) Result { return a.run(basisOf(tables, params)) }

// Result is what one analysis gives.
type Result struct {
	Name      string // the analysis
	Sheet     string // that shows it
	Tables    []Table
	Charts    []Chart
	Headlines []Headline
	Findings  []Finding
}

// Release gives the memory of the result tables back.
func (r Result) Release() {
	for _, t := range r.Tables {
		t.Rec.Release()
	}
}

// Headline is one key figure of a result, for the Summary sheet and the board.
type Headline struct {
	Measure Message  // what it is, with market and period
	Value   Estimate // or the reason why there is none
	Lower   Estimate
	Upper   Estimate
	N       int     // observations behind it
	Unit    string  // as in ColumnSpec.Unit
	Note    Message // one sentence of caution or context; may be empty
	Table   string  // where the number stands: result table, row and column
	Row     int
	Column  string
}

// ChartKind is the form of a chart.
type ChartKind string

// The forms of charts.
const (
	BarChart     ChartKind = "bar"     // one bar per X, horizontal
	LineChart    ChartKind = "line"    // points joined over dates
	StepChart    ChartKind = "step"    // a step function over days
	StackedChart ChartKind = "stacked" // columns that add up
)

// Chart is a picture of one result table in terms of its columns: one point
// per row that passes Where, x from X, y from each of Y, one series per
// distinct value of Series (and per Y column). Writers lay the points out in
// cells and draw them natively.
type Chart struct {
	Name   string // stable, unique within a workbook
	Table  string
	Kind   ChartKind
	Where  map[string]string // column -> text it must equal
	X      string
	Y      []string
	Series string // "" : one series per Y column
	LogY   bool   // values at or below zero become gaps and a marker series
	Bands  []Band // horizontal lines with a meaning
	Title  Message
	XTitle Message
	YTitle Message
	Alt    Message // what the chart shows, for those who cannot see it
}

// Band is a horizontal line of a chart.
type Band struct {
	Label Message
	Value float64
}

// Workbook is one analyst's workbook as read.
type Workbook struct {
	Name     string // file name as given
	SHA256   string // of the original bytes, hexadecimal
	Base     string // SHA-256 of the earlier version that Changes compares with; "": none
	Lang     Lang   // of the workbook's headers
	Sheets   []string
	Tables   Tables
	Findings []Finding
	Regions  []Region
	Dated    Date // the date its title or file name states; 0: none. No as-of date is later
}

// Region is one table found in a sheet, and the evidence for it.
type Region struct {
	Table      string
	Sheet      string
	Range      string // A1:H20, header included
	HeaderRows []int  // 1-based
	RowsSeen   int    // rows below the header that are not blank
	RowsKept   int    // rows that gave at least one table row; seen = kept + left out
	Columns    []RegionColumn
}

// RegionColumn says how one sheet column was understood.
type RegionColumn struct {
	Column  string // canonical column, "metric:<name>", or "" when it is not used
	Header  string // as typed; of what no column says, the text around the table that does
	Cell    string // A1 address of the header; "" for a text around the table
	Period  string // that the header states: 2024-05-12, 2024-05, 2024-04-01 quarter
	Unit    string
	From    string // where the unit, or what no column says, came from: header, cell, title, sheet, file, column, ""
	Unknown bool   // not used because its header is not known
}

// Run calls each analysis with the same tables and parameters, in order.
func Run(analyzers []Analyzer, tables Tables, params Params) []Result {
	var results []Result
	b := basisOf(tables, params)
	for _, a := range analyzers {
		r := a.run(b)
		r.Name, r.Sheet = a.Name, cmp.Or(a.Sheet, a.Name)
		results = append(results, r)
	}
	return results
}
