package jobs

import (
	"context"
	"io"

	"shakeout/analysis"
	"shakeout/readers"
	"shakeout/readers/ooxml"
	"shakeout/writers"
)

// Steps are what happens to one workbook, from bytes to bytes. Tests put others
// in their place.
type Steps struct {
	Open    func(ctx context.Context, data []byte) (*ooxml.Package, error)
	Read    func(ctx context.Context, pkg *ooxml.Package, name string) (*analysis.Workbook, error)
	Analyse func(wb *analysis.Workbook, params analysis.Params) (analysis.Params, []analysis.Result)
	Enrich  func(ctx context.Context, w io.Writer, pkg *ooxml.Package, wb *analysis.Workbook, results []analysis.Result, params analysis.Params, opts writers.Options) error
}

// RealSteps are the program's.
var RealSteps = Steps{
	Open: func(ctx context.Context, data []byte) (*ooxml.Package, error) {
		limits := ooxml.DefaultLimits()
		ctx, cancel := context.WithTimeout(ctx, limits.Time)
		defer cancel()
		return ooxml.Open(ctx, data, limits)
	},
	Read:    read,
	Analyse: analyse,
	Enrich:  writers.Enrich,
}

// open opens a file's bytes; delimited text as the workbook it stands for.
func (s Steps) open(ctx context.Context, data []byte, name string) (*ooxml.Package, error) {
	if !readers.IsDelimited(name) {
		return s.Open(ctx, data)
	}
	data, how, err := readers.FromDelimited(data, name, ooxml.DefaultLimits())
	if err != nil {
		return nil, err
	}
	pkg, err := s.Open(ctx, data)
	if pkg != nil {
		pkg.Delimited = how
	}
	return pkg, err
}

// read reads a workbook. What is wrong with its settings table is a finding of
// reading, so that check shows it too.
func read(ctx context.Context, pkg *ooxml.Package, name string) (*analysis.Workbook, error) {
	ctx, cancel := context.WithTimeout(ctx, ooxml.DefaultLimits().Time)
	defer cancel()
	wb, err := readers.Read(ctx, pkg, name)
	if err != nil {
		return nil, err
	}
	if _, wrong := analysis.ApplySettings(analysis.DefaultParams(), wb.Tables["settings"]); len(wrong) > 0 {
		wb.Findings = append(wb.Findings, wrong...)
		analysis.SortFindings(wb.Findings, wb.Sheets)
	}
	return wb, nil
}

// analyse runs all analyses. The workbook's settings override the defaults, what
// was asked for on the command line overrides both, and the as-of day is the
// workbook's own if neither says one. The parameters used are given back.
func analyse(wb *analysis.Workbook, asked analysis.Params) (analysis.Params, []analysis.Result) {
	params, _ := analysis.ApplySettings(asked, wb.Tables["settings"])
	if asked.AsOf != 0 {
		params.AsOf = asked.AsOf
	}
	if params.AsOf == 0 {
		params.AsOf = analysis.AsOf(wb.Tables, wb.Dated)
	}
	return params, analysis.Run(analysis.All, wb.Tables, params)
}
