package jobs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
	"shakeout/writers"
	"shakeout/writers/text"
)

// pass is one run over a folder as its workers see it: nothing in it changes.
type pass struct {
	Options
	steps  Steps
	out    string
	before map[string]entry // what earlier passes made
	params string
}

// process makes what is due of one workbook. It reports false if ctx ended
// before anything came of it.
func (p *pass) process(ctx context.Context, t Task) (finished, bool) {
	start := p.Now()
	f := finished{Outcome: Outcome{File: t.Name}}
	p.attempt(ctx, t, &f)
	if ctx.Err() != nil && f.Status != Enriched {
		return f, false // whatever failed, failed because we were asked to stop
	}
	known, ok := p.before[t.Name]
	if f.Status == Failed && ok && known.Status == Failed && known.Code == f.Code && known.SHA256 == f.SHA256 {
		f.Known = true
	}
	if f.entry.File == "" {
		f.entry = entry{
			File: t.Name, SHA256: f.SHA256, Params: p.params, Build: p.Build, Status: f.Status, Code: f.Code,
			Findings: f.Findings, Regions: f.Tables,
		}
		if f.Status == Enriched {
			f.entry.Output = t.Output
			if p.CSV {
				f.entry.Tables, f.entry.CSVs = tablesOf(t), f.csvs
			}
		}
	}
	f.TookMS = p.Now().Sub(start).Milliseconds()
	return f, true
}

// attempt fills in the outcome. A panic in any step is this workbook's failure.
func (p *pass) attempt(ctx context.Context, t Task, f *finished) {
	defer func() {
		if r := recover(); r != nil {
			f.fail(codePanic, fmt.Errorf("%v", r))
			f.Stack = string(debug.Stack())
		}
	}()
	if t.Err != nil {
		f.fail(codeUnreadable, t.Err)
		return
	}
	data, err := readFile(p.Disk, t.Path)
	if err != nil {
		f.fail(codeUnreadable, err)
		return
	}
	sum := sha256.Sum256(data)
	f.SHA256 = hex.EncodeToString(sum[:])
	if e, ok := p.done(t, f.SHA256); ok {
		f.recall(e, p.outputOf(t), p.reasonOf(t))
		return
	}
	if err := p.enrich(ctx, t, data, f); err != nil {
		f.blame(err)
	}
	if ctx.Err() != nil {
		return // what a step says when it is stopped is no reason to keep
	}
	switch f.Status {
	case Rejected:
		err = p.sayWhy(t, f)
	case Enriched, Nothing:
		err = remove(p.Disk, p.reasonOf(t))
	}
	if err != nil {
		f.blame(err)
	}
}

// enrich takes a workbook through all steps and publishes what they give.
func (p *pass) enrich(ctx context.Context, t Task, data []byte, f *finished) error {
	pkg, err := p.steps.Open(ctx, data)
	if err != nil {
		return err
	}
	wb, err := p.steps.Read(ctx, pkg, path.Base(t.Name))
	if err != nil {
		return err
	}
	defer wb.Tables.Release()
	wb.SHA256 = f.SHA256
	f.Findings, f.Tables = len(wb.Findings), len(wb.Regions)
	if len(wb.Regions) == 0 {
		f.Status, f.Code, f.Note = Nothing, codeNoTable, analysis.Say("command.no-table")
		if exists(p.Disk, p.outputOf(t)) {
			f.Note = analysis.Say("command.no-table-earlier", p.outputOf(t))
		}
		return nil
	}
	params, results := p.steps.Analyse(wb, p.Params)
	defer func() {
		for _, r := range results {
			r.Release()
		}
	}()
	for _, r := range results {
		f.Findings += len(r.Findings)
	}
	lang := p.Lang
	if lang == "" {
		lang = wb.Lang
	}
	_, err = publish(p.Disk, p.outputOf(t), func(w io.Writer) error {
		if err := p.steps.Enrich(ctx, w, pkg, wb, results, params, writers.Options{Lang: lang, Version: p.Version}); err != nil {
			return err
		}
		return ctx.Err()
	}, nil)
	if err != nil {
		return err
	}
	if p.CSV {
		if f.csvs, err = writeTables(p.Disk, p.tablesIn(t), wb, results, lang); err != nil {
			return err
		}
	}
	f.Status, f.Output, f.Note = Enriched, p.outputOf(t), analysis.Say("command.enriched", p.outputOf(t))
	return nil
}

// done finds what an earlier pass made of the same bytes in the same way, if
// all of it is still there.
func (p *pass) done(t Task, sum string) (entry, bool) {
	e, ok := p.before[t.Name]
	if !ok || p.Force || e.SHA256 != sum || e.Params != p.params || e.Build != p.Build {
		return e, false
	}
	switch e.Status {
	case Enriched:
		whole := e.Output == t.Output && exists(p.Disk, p.outputOf(t))
		if p.CSV {
			there, err := filesIn(p.Disk, p.tablesIn(t))
			whole = whole && e.Tables == tablesOf(t) && err == nil && len(there) == e.CSVs
		}
		return e, whole
	case Rejected:
		return e, exists(p.Disk, p.reasonOf(t))
	case Nothing:
		return e, true
	}
	return e, false
}

// recall makes the outcome of what is recorded.
func (f *finished) recall(e entry, output, reason string) {
	f.entry = e
	f.Status, f.Code, f.Findings, f.Tables, f.Known = e.Status, e.Code, e.Findings, e.Regions, true
	switch e.Status {
	case Enriched:
		f.Status, f.Output, f.Note = Unchanged, output, analysis.Say("command.unchanged")
	case Nothing:
		f.Note = analysis.Say("command.no-table")
	case Rejected:
		f.Note = analysis.Say("command.still-rejected", reason)
	}
}

// blame says whose fault an error of a step is.
func (o *Outcome) blame(err error) {
	var refusal *ooxml.Refusal
	var file *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &refusal):
		o.Status, o.Code, o.Note, o.Err = Rejected, refusal.Code, refusal.Message(), refusal.Err
	case errors.As(err, &file), errors.As(err, &link):
		o.fail(codeUnwritable, err)
	default:
		o.fail(codeInternal, err)
	}
}

func (o *Outcome) fail(code string, err error) {
	o.Status, o.Code, o.Err, o.Output = Failed, code, err, ""
	o.Note = analysis.Say("failed."+code, err)
}

// sayWhy puts the reason of a rejection, in both languages, where the result
// would be.
func (p *pass) sayWhy(t Task, f *finished) error {
	lines := []analysis.Message{
		analysis.Say("rejection.title", path.Base(t.Name)), f.Note,
		analysis.Say("rejection.code", f.Code), analysis.Say("rejection.sha256", f.SHA256),
	}
	if exists(p.Disk, p.outputOf(t)) {
		lines = append(lines, analysis.Say("rejection.earlier", path.Base(t.Output)))
	}
	lines = append(lines, analysis.Say("rejection.next"))
	f.Note = analysis.Say("command.rejected", f.Note, p.reasonOf(t))
	_, err := publish(p.Disk, p.reasonOf(t), func(w io.Writer) error {
		for i, lang := range []analysis.Lang{analysis.Zh, analysis.En} {
			if i > 0 {
				fmt.Fprintln(w)
			}
			for _, line := range lines {
				if _, err := fmt.Fprintln(w, text.Of(lang, line)); err != nil {
					return err
				}
			}
		}
		return nil
	}, nil)
	return err
}

func (p *pass) outputOf(t Task) string { return filepath.Join(p.out, filepath.FromSlash(t.Output)) }

func (p *pass) reasonOf(t Task) string {
	return filepath.Join(p.out, filepath.FromSlash(t.Stem)+".rejected.txt")
}

// tablesOf is the folder of a workbook's CSV files, below OUT.
func tablesOf(t Task) string { return path.Join("tables", t.Stem) }

func (p *pass) tablesIn(t Task) string { return filepath.Join(p.out, filepath.FromSlash(tablesOf(t))) }

// readFile reads a whole file, but no more than Open would take.
func readFile(d Disk, name string) ([]byte, error) {
	f, err := d.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	most := ooxml.DefaultLimits().PackageBytes + 1
	buf := bytes.NewBuffer(make([]byte, 0, min(info.Size(), most)+bytes.MinRead))
	_, err = buf.ReadFrom(io.LimitReader(f, most))
	return buf.Bytes(), err
}
