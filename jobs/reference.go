package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"
	"sync"

	"shakeout/analysis"
)

// referenceName is the workbook of a folder that serves all others in it, and
// those of the folders below that have none of their own.
const referenceName = "reference.xlsx"

func isReference(name string) bool { return strings.EqualFold(path.Base(name), referenceName) }

// servedTables are the tables that a reference workbook gives to others, and
// the columns by which a workbook's own row takes the place of the reference's.
var servedTables = []struct {
	spec analysis.TableSpec
	by   []string
}{
	{analysis.Companies, []string{"company"}},
	{analysis.Aliases, []string{"name"}},
	{analysis.Rates, []string{"currency", "date"}},
	{analysis.Settings, []string{"key"}},
}

// reference is the reference workbook of a folder. Its content is part of the
// key of all results that it serves: when it changes they are made again.
type reference struct {
	task    Task
	hash    string
	waiting bool
	disk    Disk

	once sync.Once
	data []byte // read when its hash was not known; else when first needed
	wb   *analysis.Workbook
	err  error
}

// A nil reference serves nothing.
func (r *reference) sha() string {
	if r == nil {
		return ""
	}
	return r.hash
}

func (r *reference) waits() bool { return r != nil && r.waiting }

// findReferences looks at the reference workbooks of a plan. One that has not
// changed since the last pass is not opened.
func (p *pass) findReferences(tasks []Task) {
	p.references = map[string]*reference{}
	for _, t := range tasks {
		if t.folder || t.Err != nil || !isReference(t.Name) {
			continue
		}
		r := &reference{task: t, disk: p.Disk}
		p.references[path.Dir(t.Name)] = r
		if e := p.before[t.Name]; e.SHA256 != "" && e.stamp == t.stamp && !p.Force {
			r.hash = e.SHA256
			continue
		}
		if r.waiting = !t.restful; r.waiting {
			continue
		}
		data, err := readWhole(p.Disk, t)
		if r.waiting = err != nil || !isZip(data) && p.patient(t); !r.waiting {
			sum := sha256.Sum256(data)
			r.hash, r.data = hex.EncodeToString(sum[:]), data
		}
	}
}

// referenceFor is the nearest reference workbook of a workbook: in its folder,
// or in one above.
func (p *pass) referenceFor(name string) *reference {
	if isReference(name) {
		return nil
	}
	for dir := path.Dir(name); ; dir = path.Dir(dir) {
		if r := p.references[dir]; r != nil {
			return r
		}
		if dir == "." {
			return nil
		}
	}
}

// read reads the reference workbook, once for all that it serves.
func (r *reference) read(ctx context.Context, steps Steps) (*analysis.Workbook, error) {
	r.once.Do(func() {
		if r.data == nil {
			if r.data, r.err = readWhole(r.disk, r.task); r.err != nil {
				return
			}
			if sum := sha256.Sum256(r.data); hex.EncodeToString(sum[:]) != r.hash {
				r.err = errChanged
				return
			}
		}
		pkg, err := steps.open(ctx, r.data, r.task.Name)
		if err == nil {
			r.wb, err = steps.Read(ctx, pkg, path.Base(r.task.Name))
		}
		r.err, r.data = err, nil
	})
	return r.wb, r.err
}

// release gives the memory of all references back.
func (p *pass) releaseReferences() {
	for _, r := range p.references {
		if r.wb != nil {
			r.wb.Tables.Release()
		}
	}
}

// serve adds the reference's rows to a workbook that does not say otherwise
// itself. A reference that cannot be read is a finding of each workbook it was
// to serve: their numbers lack it.
func (r *reference) serve(ctx context.Context, steps Steps, wb *analysis.Workbook) error {
	if r == nil {
		return nil
	}
	ref, err := r.read(ctx, steps)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		wb.Findings = append(wb.Findings, analysis.Finding{Effect: analysis.Skipped, Code: "reference-unread", At: analysis.Ref{File: path.Base(r.task.Name)}})
		return nil
	}
	for _, s := range servedTables {
		theirs, own := ref.Tables[s.spec.Name], wb.Tables[s.spec.Name]
		if theirs.Rows() == 0 {
			continue
		}
		if wb.Tables == nil {
			wb.Tables = analysis.Tables{}
		}
		joined := joinTables(s.spec, own, theirs, s.by)
		if own.Rec != nil {
			own.Rec.Release()
		}
		wb.Tables[s.spec.Name] = joined
	}
	return nil
}

// joinTables is a table with the rows of own and, after them, those of theirs
// that own does not state itself. Each row keeps its source, file and all.
func joinTables(spec analysis.TableSpec, own, theirs analysis.Table, by []string) analysis.Table {
	b := analysis.NewBuilder(spec)
	defer b.Release()
	stated := map[string]bool{}
	for row := range own.Rows() {
		stated[rowKey(own, row, by)] = true
		copyRow(b, spec, own, row, 0)
	}
	for row := range theirs.Rows() {
		if !stated[rowKey(theirs, row, by)] {
			copyRow(b, spec, theirs, row, len(own.Sources))
		}
	}
	t := b.Table()
	t.Sources = append(append(t.Sources, own.Sources...), theirs.Sources...)
	return t
}

func rowKey(t analysis.Table, row int, by []string) string {
	var parts []string
	for _, name := range by {
		if v, ok := t.Text(name).At(row); ok {
			if setting, ok := analysis.SettingName(v); ok && t.Name == analysis.Settings.Name {
				v = setting
			}
			parts = append(parts, analysis.Fold(v))
		} else if d, ok := t.Date(name).At(row); ok {
			parts = append(parts, analysis.FormatDate(d))
		} else {
			parts = append(parts, "")
		}
	}
	return strings.Join(parts, "\x00")
}

func copyRow(b *analysis.Builder, spec analysis.TableSpec, t analysis.Table, row, sources int) {
	for _, c := range spec.Columns {
		switch c.Type {
		case analysis.Text:
			b.Text(c.Name, t.Text(c.Name).Or(row, ""))
		case analysis.Float:
			if v, ok := t.Float(c.Name).At(row); ok {
				b.Float(c.Name, v)
			}
		case analysis.Int:
			if v, ok := t.Int(c.Name).At(row); ok {
				if c.Name == "source" {
					v += int64(sources)
				}
				b.Int(c.Name, int(v))
			}
		case analysis.Bool:
			if v, ok := t.Bool(c.Name).At(row); ok {
				b.Bool(c.Name, v)
			}
		case analysis.Day32:
			if v, ok := t.Date(c.Name).At(row); ok {
				b.Date(c.Name, v)
			}
		}
	}
	b.EndRow()
}
