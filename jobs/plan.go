package jobs

import (
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/text/unicode/norm"

	"shakeout/readers"
)

// Task is a workbook to process and where what it gives belongs. Names are
// relative, with slashes.
type Task struct {
	Name   string // below IN
	Path   string // to open
	Output string // below OUT: sub/x.enriched.xlsx
	Stem   string // below OUT: sub/x, of its reason and its tables
	Err    error  // it, or the folder of that name, cannot be looked at

	stamp   stamp
	restful bool // it has not changed for the quiet period
	folder  bool // Name is a folder, of which nothing is known but Err
}

// Plan lists the workbooks of a folder in walk order, or the one file that in
// is. Results go below out, which is not searched should it lie inside in.
//
// Passed over: other extensions, hidden files and folders, and what Excel, WPS,
// LibreOffice, macOS and sync clients put beside a workbook. Formats that are
// not read (.xls, .xlsb, .ods) are tasks nevertheless: somebody waits for their
// result and must be told. Delimited text (.csv, .tsv) gives a workbook.
func Plan(in, out string) ([]Task, error) { return plan(machine{}, in, out) }

func plan(disk Disk, in, out string) ([]Task, error) {
	root, err := disk.Resolve(in)
	if err != nil {
		return nil, err
	}
	info, err := disk.Stat(root)
	if err != nil {
		return nil, err
	}
	target, _ := disk.Stat(out) // absent: nothing of it can lie inside in
	taken := map[string]bool{}
	if !info.IsDir() {
		// Its result may lie beside it, but never in its place.
		if beside, err := disk.Stat(filepath.Dir(root)); err == nil && sameFile(beside, target) {
			taken[fold(filepath.Base(root))] = true
		}
		return place([]Task{{Name: filepath.Base(in), Path: root, stamp: stampOf(info)}}, taken), nil
	}
	w := walk{disk: disk, root: root, target: target}
	if err := w.folder(root, ""); err != nil {
		return nil, err
	}
	return place(w.tasks, taken), nil
}

// walk collects the workbooks of a folder tree, in name order.
type walk struct {
	disk   Disk
	root   string
	target fs.FileInfo // OUT; nil if absent
	tasks  []Task
}

// folder looks through one folder, name as seen from the root. A folder below
// that cannot be read is a task that fails, and the others go on.
func (w *walk) folder(dir, name string) error {
	entries, err := w.disk.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, d := range entries {
		p, n := filepath.Join(dir, d.Name()), path.Join(name, d.Name())
		switch {
		case d.IsDir():
			if w.skips(d) {
				continue
			}
			if err := w.folder(p, n); err != nil {
				w.tasks = append(w.tasks, Task{Name: n, Path: p, Err: err, folder: true})
			}
		case isWorkbook(d.Name()):
			if info, err := w.look(p, d); err != nil {
				w.tasks = append(w.tasks, Task{Name: n, Path: p, Err: err})
			} else if info != nil {
				w.tasks = append(w.tasks, Task{Name: n, Path: p, stamp: stampOf(info)})
			}
		}
	}
	return nil
}

// skips reports whether a folder is not searched.
func (w *walk) skips(d fs.DirEntry) bool {
	if passedOver(d.Name()) {
		return true
	}
	here, err := d.Info()
	return err == nil && sameFile(here, w.target)
}

// eachFolder goes through the folders that are searched, dir first.
func (w *walk) eachFolder(dir string, do func(dir string)) {
	do(dir)
	entries, _ := w.disk.ReadDir(dir) // one that cannot be read is a task that fails
	for _, d := range entries {
		if d.IsDir() && !w.skips(d) {
			w.eachFolder(filepath.Join(dir, d.Name()), do)
		}
	}
}

// look gives what is known of a file, or of what a link leads to if that is a
// file inside the root: what lies elsewhere was not handed to this folder's job.
// Anything else is nil, and so is what has gone since the folder was read.
func (w *walk) look(p string, d fs.DirEntry) (fs.FileInfo, error) {
	info, err := d.Info()
	if err == nil && d.Type()&fs.ModeSymlink != 0 {
		var real string
		real, err = w.disk.Resolve(p)
		if err != nil || !strings.HasPrefix(real, strings.TrimSuffix(w.root, string(filepath.Separator))+string(filepath.Separator)) {
			return nil, nil
		}
		info, err = w.disk.Stat(real)
	}
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return nil, nil
	}
	return info, err
}

func isWorkbook(name string) bool {
	if passedOver(name) {
		return false
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".xlsb", ".ods", ".csv", ".tsv":
		return true
	}
	return false
}

// passedOver reports whether a file or folder is not the analyst's: hidden
// (which covers .~lock.x.ods#, ._x.xlsx and our own folder), an owner file of
// Excel or WPS, a file of a sync client under way, a bin.
func passedOver(name string) bool {
	for _, prefix := range []string{".", "~$", "~syncthing~"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	switch strings.ToLower(name) {
	case "@eadir", "#recycle", "@recycle", "$recycle.bin", "system volume information", "lost+found", "__macosx":
		return true
	}
	return false
}

// mark stands between the name and the extension of a result.
const mark = ".enriched"

// fold is a name as a file system sees it that ignores letter case and how an
// accent is written (é as one character or as two).
func fold(name string) string { return norm.NFC.String(strings.ToLower(name)) }

// place gives each task its output and stem. A result has the extension of its
// workbook, since Excel opens a macro workbook or a template under no other.
// Names differ also when folded, since OUT may lie on a file system that does so.
func place(tasks []Task, outputs map[string]bool) []Task {
	stems, texts := map[string]int{}, map[string]int{} // texts: those of delimited text
	for _, t := range tasks {
		stem := fold(strings.TrimSuffix(t.Name, path.Ext(t.Name)))
		if stems[stem]++; readers.IsDelimited(t.Name) {
			texts[stem]++
		}
	}
	// A workbook that is itself a result keeps its name, unless the result of
	// another one is called so: those come first.
	for _, results := range []bool{false, true} {
		for i := range tasks {
			t := &tasks[i]
			ext := path.Ext(t.Name)
			stem := strings.TrimSuffix(t.Name, ext)
			if strings.HasSuffix(strings.ToLower(stem), mark) != results {
				continue
			}
			t.Stem = stem
			// A workbook gives way to another workbook, and not to the text file
			// that lies beside it as a copy.
			clash := stems[fold(stem)]
			if !readers.IsDelimited(t.Name) {
				clash -= texts[fold(stem)]
			}
			if clash > 1 {
				t.Stem = t.Name
			}
			named := stem
			switch strings.ToLower(ext) {
			case ".xls", ".xlsb", ".ods":
				named, ext = t.Name, ".xlsx" // should one be readable, it is an .xlsx under a wrong name
			case ".csv", ".tsv":
				named, ext = t.Stem, ".xlsx" // x.enriched.xlsx, or x.csv.enriched.xlsx beside an x.xlsx
			}
			if !results {
				named += mark
			}
			for outputs[fold(named+ext)] {
				named += mark
			}
			t.Output = named + ext
			outputs[fold(t.Output)] = true
		}
	}
	return tasks
}
