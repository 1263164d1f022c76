package jobs

import (
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"shakeout/analysis"
)

// gone finds the workbooks that were in IN and are there no more. Their results
// are kept: a file that was moved away by mistake comes back, and its result is
// still right. Where the content is found under a new name it was renamed.
// Below a folder that cannot be read nothing is known to be gone. Names of which
// nothing was ever read are forgotten.
func (p *pass) gone(tasks []Task, now map[string]entry) (all []finished, forgotten []string) {
	there, unread, holder := map[string]bool{}, []string{}, map[string]string{}
	for _, t := range tasks {
		there[t.Name] = true
		if t.folder {
			unread = append(unread, t.Name+"/")
		}
		if _, old := p.before[t.Name]; !old {
			if sha := now[t.Name].SHA256; sha != "" && holder[sha] == "" {
				holder[sha] = t.Name
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.before)) {
		e := p.before[name]
		if there[name] || e.Gone != 0 || e.Root != p.root || slices.ContainsFunc(unread, func(dir string) bool { return strings.HasPrefix(name, dir) }) {
			continue
		}
		if e.SHA256 == "" && e.Output == "" {
			forgotten = append(forgotten, name)
			continue
		}
		f := finished{Outcome: Outcome{File: name, SHA256: e.SHA256, Status: Gone, Code: codeDeleted, Findings: e.Findings, Tables: e.Regions}, entry: e}
		f.Note = analysis.Say("gone.deleted")
		if f.Renamed = holder[e.SHA256]; f.Renamed != "" {
			f.Code, f.Note = codeRenamed, analysis.Say("gone.renamed", f.Renamed)
		}
		f.entry.Gone, f.entry.Renamed = p.Now().UnixMilli(), f.Renamed
		all = append(all, f)
	}
	return all, forgotten
}

// prune removes what was made of workbooks that are gone, and the folders that
// are empty then. A result that its reader has changed is kept under its name
// for such.
func (p *pass) prune(now map[string]entry) (n int, err error) {
	inUse := map[string]bool{}
	for _, e := range now {
		if e.Gone == 0 {
			inUse[e.Output] = true
		}
	}
	var forgotten []string
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(now)) {
		e := now[name]
		if e.Gone == 0 || e.Root != p.root {
			continue
		}
		if err := p.pruneOne(e, inUse[e.Output]); err != nil {
			errs = append(errs, err)
			continue
		}
		forgotten = append(forgotten, name)
	}
	if len(forgotten) > 0 {
		errs = append(errs, p.ledger.forget(forgotten))
	}
	return len(forgotten), errors.Join(errs...)
}

func (p *pass) pruneOne(e entry, replaced bool) error {
	var files []string
	if e.Output != "" && !replaced {
		if _, err := p.keepEdited(e.Output, "", e.OutputSHA); err != nil {
			return err
		}
		files = append(files, e.Output)
	}
	if e.Reason != "" {
		files = append(files, e.Reason)
	}
	if e.Tables != "" {
		tables, err := filesIn(p.Disk, p.below(e.Tables))
		if err != nil {
			return err
		}
		for _, t := range tables {
			files = append(files, e.Tables+"/"+t)
		}
	}
	for _, f := range files {
		name := p.below(f)
		if err := remove(p.Disk, name); err != nil {
			return err
		}
		p.removeEmpty(filepath.Dir(name))
	}
	return nil
}

// removeEmpty removes a folder below OUT, and those above it, while they are
// empty. It is tidying: what cannot be removed stays.
func (p *pass) removeEmpty(dir string) {
	for len(dir) > len(filepath.Clean(p.out)) {
		if entries, err := p.Disk.ReadDir(dir); err != nil || len(entries) > 0 || p.Disk.Remove(dir) != nil {
			return
		}
		dir = filepath.Dir(dir)
	}
}

// sweep removes the temporary files that runs which were killed have left in
// OUT.
func sweep(d Disk, dir string) error {
	entries, err := d.ReadDir(dir)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	var errs []error
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		switch {
		case e.IsDir():
			errs = append(errs, sweep(d, name))
		case isTemp(e.Name()):
			errs = append(errs, remove(d, name))
		}
	}
	return errors.Join(errs...)
}
