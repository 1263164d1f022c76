package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"path"
	"path/filepath"

	"shakeout/analysis"
)

// earlierFolder holds, below OUT's state folder and named by hash, the bytes of
// each workbook as it was last enriched and of the version that its Changes
// compare with.
//
// Note: the facts alone would take less room. But facts that another build of
// the program read would show as changes of the workbook what is a change of
// the program, and Changes would depend on which build had come first. So the
// earlier version is read again, by the reader that reads the new one.
const earlierFolder = "earlier"

func (p *pass) earlier(sha string) string {
	return filepath.Join(p.out, stateFolder, earlierFolder, sha)
}

// keep keeps a version, so that the next one can be compared with it.
func (p *pass) keep(sha string, data []byte) error {
	_, err, _ := p.keeping.Do(sha, func() (any, error) {
		if info, err := p.Disk.Stat(p.earlier(sha)); err == nil && info.Size() == int64(len(data)) && p.claim == nil {
			return nil, nil // with several machines it is made younger: see tidy
		}
		return publish(p.Disk, p.earlier(sha), func(w io.Writer) error {
			_, err := w.Write(data)
			return err
		}, nil)
	})
	return err
}

// kept is a base if its bytes are still there, else "": then there is nothing to
// compare with.
func (p *pass) kept(base string) (string, error) {
	if base == "" {
		return "", nil
	}
	if _, err := p.Disk.Stat(p.earlier(base)); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	} else if err != nil {
		return "", err
	}
	return base, nil
}

// changes compares a workbook with its base, both read and analysed by this
// program with the same parameters. A base that this program does not read says
// nothing, and neither does one whose bytes are no longer those of its name.
func (p *pass) changes(ctx context.Context, t Task, ref *reference, base string, now analysis.Edition) ([]analysis.Result, error) {
	data, err := readFile(p.Disk, p.earlier(base))
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != base {
		return nil, nil
	}
	pkg, err := p.steps.open(ctx, data, t.Name)
	if err != nil {
		return nil, ctx.Err()
	}
	wb, err := p.steps.Read(ctx, pkg, path.Base(t.Name))
	if err != nil {
		return nil, ctx.Err()
	}
	defer func() { wb.Tables.Release() }()
	if err := ref.serve(ctx, p.steps, wb); err != nil {
		return nil, err
	}
	override(wb, p.Settings)
	analyse := func(tables analysis.Tables) []analysis.Result {
		of := *wb
		of.Tables = tables
		_, results := p.steps.Analyse(&of, p.Params)
		return results
	}
	before := analysis.Edition{Tables: wb.Tables, Results: analyse(wb.Tables)}
	defer func() {
		for _, r := range before.Results {
			r.Release()
		}
	}()
	return []analysis.Result{analysis.Changes(before, now, analyse)}, nil
}

// forgetEarlier removes the versions that no workbook's result is of or is
// compared with.
func (p *pass) forgetEarlier(now map[string]entry) error {
	wanted := map[string]bool{}
	for _, e := range now {
		wanted[e.SHA256], wanted[e.Base] = true, true
	}
	folder := filepath.Dir(p.earlier("x"))
	if !exists(p.Disk, folder) {
		return nil
	}
	there, err := p.Disk.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, f := range there {
		if !wanted[f.Name()] {
			if err := remove(p.Disk, filepath.Join(folder, f.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
