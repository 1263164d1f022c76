package jobs

import (
	"context"
	"errors"
	"io"

	"shakeout/analysis"
	"shakeout/readers"
	"shakeout/readers/ooxml"
)

// Steps are what happens to one workbook, from bytes to bytes. Tests put others
// in their place.
type Steps struct {
	Open    func(ctx context.Context, data []byte) (*ooxml.Package, error)
	Read    func(ctx context.Context, pkg *ooxml.Package, name string) (*analysis.Workbook, error)
	Analyse func(wb *analysis.Workbook, params analysis.Params) (analysis.Params, []analysis.Result)
	Enrich  func(ctx context.Context, w io.Writer, pkg *ooxml.Package, wb *analysis.Workbook, results []analysis.Result,
		params analysis.Params, lang analysis.Lang, version string) error
}

// RealSteps are the program's.
var RealSteps = Steps{
	Open: func(ctx context.Context, data []byte) (*ooxml.Package, error) {
		return ooxml.Open(ctx, data, ooxml.DefaultLimits())
	},
	Read: readers.Read,
	Analyse: func(wb *analysis.Workbook, params analysis.Params) (analysis.Params, []analysis.Result) {
		return params, analysis.Run(analysis.All, wb.Tables, params)
	},
	Enrich: func(context.Context, io.Writer, *ooxml.Package, *analysis.Workbook, []analysis.Result, analysis.Params, analysis.Lang, string) error {
		return errors.New("writing results is not built yet")
	},
}
