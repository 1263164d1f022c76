// Package writers turns an analyst's workbook and the results of its analysis
// into an enriched copy: the original package with sheets of ours behind the
// analyst's own.
//
// A sheet is cells, links, and plots; a plot is a chart drawn from cells. The
// book fills sheets from results: one for each analysis that has something to
// say, and Summary, Issues and Method around them. A stylesheet appends formats
// to the workbook's own. The graft gives the package the new parts, inserts
// into the four parts that must mention them, and takes out the sheets of an
// earlier run. The copy is then compared with its original, entry by entry,
// before anything is handed on.
//
// Nothing of the original is ever written anew, and nothing is read but what
// grafting needs.
//
// Note: our sheets were first to be built in a scratch workbook of excelize
// and its parts then renumbered. But its stream writer cuts numbers to 15
// digits, its charts have no cached points, no date axis and content types in
// random order, its styles must be renumbered: each part had to be taken apart
// and written again, and 14,000 cells took 58 ms. Writing the parts with their
// final names and numbers is less code and takes a tenth of that; excelize
// reopens every result in the tests.
package writers

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"path"
	"slices"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// Options are what a copy depends on beside its workbook and results.
type Options struct {
	Lang    analysis.Lang // of our sheets; "" is that of the workbook's headers
	Version string        // of the program, as Summary and Method state it
}

// Enrich writes the enriched copy of a workbook. The same workbook, results,
// parameters and options give the same bytes. A copy that differs from its
// original elsewhere than in the parts that must name our sheets is an error:
// then nothing is written, or, where w is a Draft, what was must not be used.
func Enrich(ctx context.Context, w io.Writer, pkg *ooxml.Package, wb *analysis.Workbook, results []analysis.Result, params analysis.Params, opts Options) error {
	g, b, err := build(ctx, pkg, wb, results, params, opts)
	if err != nil {
		return err
	}
	return g.write(ctx, w, b.sheets)
}

// build makes our sheets for a workbook, and the graft that is to carry them.
func build(ctx context.Context, pkg *ooxml.Package, wb *analysis.Workbook, results []analysis.Result, params analysis.Params, opts Options) (*graft, *book, error) {
	lang := opts.Lang
	if lang == "" {
		lang = wb.Lang
	}
	g, err := newGraft(pkg, fontOf(lang))
	if err != nil {
		return nil, nil, err
	}
	b := &book{lang: lang, styles: g.styles, wb: wb, params: params, version: opts.Version, date1904: pkg.Date1904, placed: map[string]*placed{}}
	findings := analysis.JoinFindings(wb.Findings, results)
	signed, err := isSigned(pkg)
	if err != nil {
		return nil, nil, err
	}
	if signed {
		findings = append(findings, analysis.Finding{Effect: analysis.Noted, Code: "signature-ends", At: analysis.Ref{File: wb.Name}})
	}
	switch n := countFacts(wb.Tables); {
	case n > params.MaxLiveRows:
		b.tooMany = n
	case n > 0:
		b.facts = &facts{pkg: pkg, file: wb.Name}
		if err := b.facts.loadGrids(ctx, wb.Tables); err != nil {
			return nil, nil, fmt.Errorf("read the cells that facts came from: %w", err)
		}
	}
	b.fill(g, bySheet(results), byGravity(findings, wb.Sheets))
	return g, b, nil
}

// write adds the sheets and writes the copy, once it has been compared with its
// original.
func (g *graft) write(ctx context.Context, w io.Writer, sheets []*sheet) error {
	for _, s := range sheets {
		if err := ctx.Err(); err != nil {
			return err
		}
		g.add(s)
	}
	patch, err := g.finish()
	if err != nil {
		return err
	}
	draft, ok := w.(Draft)
	if !ok {
		draft = &heldDraft{}
	}
	if err := patch.Apply(draft, g.pkg.Original()); err != nil {
		return fmt.Errorf("graft our sheets: %w", err)
	}
	if _, err := patch.Verify(g.pkg.Original(), draft, draft.Len()); err != nil {
		return fmt.Errorf("compare the copy with its original: %w", err)
	}
	if held, ok := draft.(*heldDraft); ok {
		_, err = w.Write(held.data)
	}
	return err
}

// Draft is a place that a copy can be read back from after it was written, and
// that nobody else sees until it has been compared with its original: a
// temporary file.
type Draft interface {
	io.Writer
	io.ReaderAt
	Len() int64
}

// heldDraft holds a copy for a writer that cannot be read back.
type heldDraft struct{ data []byte }

func (d *heldDraft) Write(b []byte) (int, error) { d.data = append(d.data, b...); return len(b), nil }
func (d *heldDraft) Len() int64                  { return int64(len(d.data)) }
func (d *heldDraft) ReadAt(b []byte, at int64) (int, error) {
	return bytes.NewReader(d.data).ReadAt(b, at)
}

// bySheet puts the results of one sheet together under its name, in the order
// of the first of them.
func bySheet(results []analysis.Result) []analysis.Result {
	var sheets []analysis.Result
	for _, r := range results {
		r.Name = cmp.Or(r.Sheet, r.Name)
		i := slices.IndexFunc(sheets, func(s analysis.Result) bool { return s.Name == r.Name })
		if i < 0 {
			sheets = append(sheets, r)
			continue
		}
		s := &sheets[i]
		s.Tables = append(slices.Clone(s.Tables), r.Tables...)
		s.Charts = append(slices.Clone(s.Charts), r.Charts...)
		s.Headlines = append(slices.Clone(s.Headlines), r.Headlines...)
		s.Findings = append(slices.Clone(s.Findings), r.Findings...)
	}
	return sheets
}

// fill makes our sheets, in their order. Names are given first, since sheets
// link to each other.
func (b *book) fill(g *graft, results []analysis.Result, findings []analysis.Finding) {
	make := func(key string) *sheet {
		s := &sheet{key: key, rowHeight: rowHeight(b.lang), name: g.sheetName(b.keyOr("sheet."+key, key))}
		b.sheets = append(b.sheets, s)
		return s
	}
	summary := make("summary")
	for _, r := range results {
		if speaks(r) {
			make(r.Name)
		}
	}
	var data, issues *sheet
	if b.facts != nil {
		data = make("data")
	}
	if len(findings) > 0 {
		issues = make("issues")
	}
	method := make("method")

	for _, r := range results {
		if i := slices.IndexFunc(b.sheets, func(s *sheet) bool { return s.key == r.Name }); speaks(r) {
			b.resultSheet(b.sheets[i], r)
		}
	}
	if data != nil {
		b.dataSheet(data, b.facts)
	}
	if issues != nil {
		b.issuesSheet(issues, findings)
	}
	if b.facts != nil {
		b.liven(method)
	}
	b.sayHow()
	b.methodSheet(method, results)
	b.summarySheet(summary, results, findings, issues)
}

// isSigned reports whether a digital signature covers the package; grafting
// ends it.
func isSigned(pkg *ooxml.Package) (bool, error) {
	links, err := pkg.Relations("")
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(links, func(r ooxml.Relation) bool {
		return path.Base(path.Dir(r.Type)) == "digital-signature" && pkg.Part(r.Target) != nil
	}), nil
}
