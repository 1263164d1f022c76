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
	"time"

	"golang.org/x/sync/singleflight"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
	"shakeout/writers"
	"shakeout/writers/text"
)

// pass is one run over a folder as its workers see it: nothing in it changes.
type pass struct {
	news []Outcome // new in this pass, for the notice; written by the collector alone
	Options
	steps      Steps
	out        string
	state      string // folder of the ledger
	root       string // IN, without links
	whole      bool   // IN is a folder, all of which was seen
	ledger     *ledger
	before     map[string]entry // what earlier passes made
	references map[string]*reference
	params     string
	keeping    singleflight.Group // versions being kept, by hash: two names may have one content
	claim      func() error       // asks whether what OUT is about to get may still be put there; nil: it may
}

// finished is a workbook that was come to, and what the ledger will say of it.
type finished struct {
	Outcome
	index    int
	key      key
	entry    entry
	recalled bool   // nothing was made: the ledger knew
	kept     string // where a result that its reader had changed was moved
}

// process makes what is due of one workbook. It reports false if ctx ended
// before anything came of it.
func (p *pass) process(ctx context.Context, t Task) (finished, bool) {
	start := p.Now()
	f := p.begun(t)
	p.attempt(ctx, t, &f)
	if ctx.Err() != nil && f.Status != Enriched {
		return f, false // whatever failed, failed because we were asked to stop
	}
	p.conclude(&f, start)
	return f, true
}

// begun is a workbook of which nothing is known yet but what the ledger has.
func (p *pass) begun(t Task) finished {
	f := finished{Outcome: Outcome{File: t.Name}, entry: p.before[t.Name]}
	f.entry.Name, f.entry.Root, f.entry.Gone, f.entry.Renamed = t.Name, p.root, 0, ""
	return f
}

// conclude makes of what became of a workbook what the ledger will say of it.
func (p *pass) conclude(f *finished, start time.Time) {
	before := p.before[f.File]
	e := &f.entry
	switch {
	case f.recalled: // the entry stands
	case f.Status == Waiting:
		// What was made of the version before stands too; only the waiting is new.
		f.Known = before.Status == Waiting && before.Code == f.Code
		e.stamp, e.Status, e.Code = stamp{}, f.Status, f.Code
	default:
		if f.Status == Failed && before.Status == Failed && before.Code == f.Code && before.SHA256 == f.SHA256 {
			f.Known = true
		}
		if f.key.SHA256 == "" { // not read: what is known of the version before stands
			f.key = before.key
		} else {
			e.tried = true
		}
		e.Status, e.Code, e.Findings, e.Regions = f.Status, f.Code, f.Findings, f.Tables
		if e.Attempts++; f.key != before.key {
			e.Attempts = 1
		}
		e.key = f.key
		e.TookMS = p.Now().Sub(start).Milliseconds()
		if f.Status == Failed {
			e.stamp = stamp{} // tried again each pass
		}
	}
	if e.Status != before.Status || e.Code != before.Code || e.SHA256 != before.SHA256 {
		e.Since = start.UnixMilli()
	}
	f.TookMS = p.Now().Sub(start).Milliseconds()
}

// attempt fills in the outcome. A panic in any step is this workbook's failure.
func (p *pass) attempt(ctx context.Context, t Task, f *finished) {
	defer func() {
		if r := recover(); r != nil {
			f.fail(codePanic, fmt.Errorf("%v", r))
			f.Stack = string(debug.Stack())
		}
	}()
	data, ref, due := p.due(t, f)
	if !due {
		return
	}
	if err := p.enrich(ctx, t, data, ref, f); err != nil {
		f.blame(err)
		if f.Status == Rejected && unfinished(f.Code, data) && p.patient(t) {
			f.wait(codeIncomplete)
			return
		}
	}
	if ctx.Err() != nil {
		return // what a step says when it is stopped is no reason to keep
	}
	var err error
	switch f.Status {
	case Rejected:
		err = p.sayWhy(t, f)
	case Enriched, Nothing:
		err = p.unsay(t, f)
	}
	if err != nil {
		f.blame(err)
	}
}

// due looks whether there is anything to do for a workbook. If so it gives the
// bytes and the reference workbook, and the outcome has the key; if not the
// outcome is filled in.
func (p *pass) due(t Task, f *finished) (data []byte, ref *reference, due bool) {
	if t.Err != nil {
		f.fail(codeUnreadable, t.Err)
		return
	}
	ref = p.referenceFor(t.Name)
	f.key = key{Reference: ref.sha(), Params: p.params, Build: p.Build}
	if p.unopened(t) {
		e := p.before[t.Name]
		if f.key.SHA256, f.key.Base = e.SHA256, e.Base; e.stamp == t.stamp && p.done(t, f.key) {
			f.recall(e, p, t)
			return
		}
		f.key.SHA256, f.key.Base = "", ""
	}
	if !t.restful {
		f.wait(codeChanging)
		return
	}
	if ref.waits() {
		f.wait(codeReferenceWaits)
		return
	}
	start := p.Now()
	data, err := readWhole(p.Disk, t)
	switch {
	case errors.Is(err, errChanged):
		f.wait(codeChanging)
		return
	case err != nil:
		f.fail(codeUnreadable, err)
		return
	}
	sum := sha256.Sum256(data)
	f.SHA256 = hex.EncodeToString(sum[:])
	f.key.SHA256 = f.SHA256
	f.entry.stamp = stamp{}
	if start.Sub(t.stamp.changed()) >= coarse {
		f.entry.stamp = t.stamp
	}
	if f.key.Base, err = p.baseOf(t.Name, f.SHA256); err != nil {
		f.key = key{} // without its base it is no version
		f.blame(err)
		return
	}
	if p.done(t, f.key) {
		f.recall(p.before[t.Name], p, t)
		return
	}
	return data, ref, true
}

// unopened reports whether a workbook may be known without opening it.
func (p *pass) unopened(t Task) bool { return !p.Force && t.stamp != stamp{} }

// patient reports whether the end of a file may still arrive: it has looked as
// it does for less than GiveUp, by its own times or, where these lie in the
// future, since it was found waiting.
func (p *pass) patient(t Task) bool {
	age := p.Now().Sub(t.stamp.changed())
	if e := p.before[t.Name]; age < 0 && e.Status == Waiting {
		age = p.Now().Sub(time.UnixMilli(e.Since))
	}
	return age < p.GiveUp && p.GiveUp > 0
}

// unfinished reports whether a refusal may only mean that the end of the file
// has not arrived yet: the directory of a zip file comes last, and some programs
// make room for a file, as zeros, before they fill it.
func unfinished(code string, data []byte) bool {
	switch code {
	case "damaged-zip", "empty-file":
		return true
	}
	return len(data) >= 4 && bytes.Equal(data[:4], make([]byte, 4))
}

// baseOf is the earlier version that Changes of this content compares with.
func (p *pass) baseOf(name, sha string) (string, error) {
	e, ok := p.before[name]
	switch {
	case !ok:
		return "", nil
	case e.SHA256 == sha && e.Status != Waiting && e.Status != Failed:
		return p.kept(e.Base)
	}
	base, err := p.ledger.base(name, sha)
	if err != nil {
		return "", err
	}
	return p.kept(base)
}

// enrich takes a workbook through all steps and publishes what they give.
func (p *pass) enrich(ctx context.Context, t Task, data []byte, ref *reference, f *finished) error {
	pkg, err := p.steps.open(ctx, data, t.Name)
	if err != nil {
		return err
	}
	wb, err := p.steps.Read(ctx, pkg, path.Base(t.Name))
	if err != nil {
		return err
	}
	defer wb.Tables.Release()
	wb.SHA256 = f.SHA256
	if err := ref.serve(ctx, p.steps, wb); err != nil {
		return err
	}
	override(wb, p.Settings)
	f.Findings, f.Tables = len(wb.Findings), len(wb.Regions)
	for _, r := range wb.Regions {
		f.rows += r.RowsSeen
	}
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
	if f.key.Base != "" {
		changes, err := p.changes(ctx, t, ref, f.key.Base, analysis.Edition{Tables: wb.Tables, Results: results})
		if err != nil {
			return err
		}
		if len(changes) > 0 {
			wb.Base, results = f.key.Base, append(results, changes...)
		}
	}
	if err := p.keep(f.SHA256, data); err != nil {
		return err
	}
	findings := analysis.JoinFindings(wb.Findings, results)
	f.Findings = len(findings)
	f.effects.count(findings)
	lang := p.Lang
	if lang == "" {
		lang = wb.Lang
	}
	result, err := publish(p.Disk, p.outputOf(t), func(w io.Writer) error {
		if err := p.steps.Enrich(ctx, w, pkg, wb, results, params, writers.Options{Lang: lang, Version: p.Version}); err != nil {
			return err
		}
		return ctx.Err()
	}, func(m made) (err error) {
		f.kept, err = p.makeWay(t.Output, m.SHA256, p.before[t.Name].OutputSHA)
		return err
	})
	if err != nil {
		return err
	}
	f.entry.Output, f.entry.OutputSHA, f.entry.OutputLen = t.Output, result.SHA256, result.Size
	if p.Tables.any() {
		if f.entry.CSVs, err = writeTables(p.Disk, p.tablesIn(t), wb, results, lang, p.Tables); err != nil {
			return err
		}
		f.entry.Tables = tablesOf(t)
	}
	if p.Market != MarketOff && p.whole { // of one workbook there is no market
		about := aboutOf(t.Name, f.SHA256, wb, params, results)
		if err := p.memory().keep(idOf(t.Name, f.key), about, wb.Tables); err != nil {
			p.Log.Warn().Str("file", t.Name).AnErr("error", err).Msg(text.Of(p.Talk, analysis.Say("command.not-kept", Fault(err))))
		}
	}
	f.Status, f.Output, f.Note = Enriched, p.outputOf(t), analysis.Say("command.enriched", shown(p.outputOf(t)))
	if f.kept != "" {
		f.Note = analysis.Say("command.enriched-kept", f.Note, f.kept)
	}
	return nil
}

// done reports whether an earlier pass made the same of the same, and all of it
// is still there. A result that its reader has saved again is there.
func (p *pass) done(t Task, k key) bool {
	e, ok := p.before[t.Name]
	if !ok || p.Force || e.key != k {
		return false
	}
	switch e.Status {
	case Enriched:
		whole := e.Output == t.Output && p.isWhole(e)
		if p.Tables.any() {
			whole = whole && e.Tables == tablesOf(t) && p.Tables.areThere(p.Disk, p.tablesIn(t), e.CSVs)
		}
		return whole
	case Rejected:
		return e.Reason == t.Stem+rejectedSuffix && exists(p.Disk, p.reasonOf(t))
	case Nothing:
		return true
	}
	return false
}

// recall makes the outcome of what the ledger knows.
func (f *finished) recall(e entry, p *pass, t Task) {
	f.recalled, f.Known = true, true
	f.SHA256, f.Status, f.Code, f.Findings, f.Tables = e.SHA256, e.Status, e.Code, e.Findings, e.Regions
	switch e.Status {
	case Enriched:
		f.Status, f.Output, f.Note = Unchanged, p.outputOf(t), analysis.Say("command.unchanged")
	case Nothing:
		f.Note = analysis.Say("command.no-table")
	case Rejected:
		f.Note = analysis.Say("command.still-rejected", p.reasonOf(t))
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
		if refusal.Code == "text-file" && !isWorkbook(path.Base(filepath.ToSlash(o.File))) {
			o.Note = analysis.Say("refusal.text-by-name") // notes.txt does not claim to be a workbook
		}
	case errors.As(err, &file), errors.As(err, &link):
		o.fail(codeUnwritable, err)
	default:
		o.fail(codeInternal, err)
	}
}

func (o *Outcome) fail(code string, err error) {
	o.Status, o.Code, o.Err, o.Output = Failed, code, err, ""
	o.Note = analysis.Say("failed."+code, Fault(err))
}

func (o *Outcome) wait(code string) {
	o.Status, o.Code, o.Err, o.Output = Waiting, code, nil, ""
	o.Note = analysis.Say("waiting." + code)
}

// sayWhy puts the reason of a rejection, in both languages, where the result
// would be.
func (p *pass) sayWhy(t Task, f *finished) error {
	if err := p.claims(); err != nil {
		return err
	}
	lines := []analysis.Message{
		analysis.Say("rejection.title", path.Base(t.Name)), f.Note,
		analysis.Say("rejection.code", f.Code), analysis.Say("rejection.sha256", f.SHA256),
	}
	if _, err := p.Disk.Stat(p.outputOf(t)); err == nil {
		lines = append(lines, analysis.Say("rejection.earlier", path.Base(t.Output)))
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	lines = append(lines, analysis.Say("rejection.next"))
	f.Note = analysis.Say("command.rejected", f.Note, p.reasonOf(t))
	if old := f.entry.Reason; old != "" && old != t.Stem+rejectedSuffix {
		if err := remove(p.Disk, p.below(old)); err != nil {
			return err
		}
	}
	f.entry.Reason = t.Stem + rejectedSuffix
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

// unsay removes the reason of a rejection, also where it went by another name.
func (p *pass) unsay(t Task, f *finished) error {
	if err := p.claims(); err != nil {
		return err
	}
	err := remove(p.Disk, p.reasonOf(t))
	if old := f.entry.Reason; old != "" && old != t.Stem+rejectedSuffix {
		err = errors.Join(err, remove(p.Disk, p.below(old)))
	}
	f.entry.Reason = ""
	return err
}

// claims asks whether OUT may still be written to for this workbook.
func (p *pass) claims() error {
	if p.claim == nil {
		return nil
	}
	return p.claim()
}

const rejectedSuffix = ".rejected.txt"

func (p *pass) below(name string) string { return filepath.Join(p.out, filepath.FromSlash(name)) }

func (p *pass) outputOf(t Task) string { return p.below(t.Output) }

func (p *pass) reasonOf(t Task) string { return p.below(t.Stem + rejectedSuffix) }

// tablesOf is the folder of a workbook's table files, below OUT.
func tablesOf(t Task) string { return path.Join("tables", t.Stem) }

func (p *pass) tablesIn(t Task) string { return p.below(tablesOf(t)) }

// errChanged says that a file was written to, or replaced, while it was read.
var errChanged = errors.New("the file changed while it was read")

// readWhole reads a file that looks the same before and after.
func readWhole(d Disk, t Task) ([]byte, error) {
	data, err := readFile(d, t.Path)
	if err != nil {
		return nil, err
	}
	info, err := d.Stat(t.Path)
	if err != nil {
		return nil, err
	}
	if stampOf(info) != t.stamp || int64(len(data)) < min(info.Size(), ooxml.DefaultLimits().PackageBytes) {
		return nil, errChanged
	}
	return data, nil
}

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
