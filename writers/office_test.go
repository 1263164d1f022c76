package writers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// missing skips a test for want of a program, or fails where none may be missing.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("SHAKEOUT_REQUIRE") == "all" {
		t.Fatalf("%s is not installed", what)
	}
	t.Skipf("%s is not installed", what)
}

// pythonWithOpenpyxl is a Python that has the library, the system's own perhaps
// behind another one in the path.
func pythonWithOpenpyxl(t *testing.T) string {
	t.Helper()
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(python, "-c", "import openpyxl").Run() == nil {
			return python
		}
	}
	missing(t, "openpyxl")
	return ""
}

// convert has LibreOffice write files anew, all in one go, and gives the folder
// of what it wrote: nothing of a file that it does not open. Where a file makes
// it crash it goes on with those behind. Its profile is of this test alone.
func convert(t *testing.T, format string, files ...string) string {
	t.Helper()
	return convertIn(t, t.TempDir(), format, files...)
}

// convertIn does so with the profile in a folder.
func convertIn(t *testing.T, profile, format string, files ...string) string {
	t.Helper()
	program, err := exec.LookPath("soffice")
	if err != nil {
		missing(t, "LibreOffice")
	}
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	for len(files) > 0 {
		args := append([]string{"-env:UserInstallation=file://" + profile, "--headless", "--norestore", "--convert-to", format, "--outdir", dir}, files...)
		said, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			t.Fatalf("LibreOffice: %v\n%s", err, said)
		}
		extension, _, _ := strings.Cut(format, ":")
		done := func(file string) bool {
			_, err := os.Stat(filepath.Join(dir, strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))+"."+extension))
			return err == nil
		}
		last := len(files) - 1
		for last >= 0 && !done(files[last]) {
			last--
		}
		files = files[min(last+2, len(files)):] // past the one that it crashed on
	}
	return dir
}

// save writes a workbook under a number, since names may be alike.
func save(t *testing.T, dir string, n int, name string, data []byte) string {
	t.Helper()
	file := filepath.Join(dir, fmt.Sprintf("%03d%s", n, strings.ToLower(filepath.Ext(name))))
	if err := os.WriteFile(file, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return file
}

const listSheets = `
import json, sys, warnings
import openpyxl
warnings.simplefilter("ignore")
def sheets(file):
    try:
        book = openpyxl.load_workbook(file, keep_vba=file.endswith("m"))
    except Exception as e:
        return {"Error": repr(e)}
    charts = sum(len(s._charts) for s in book.worksheets)
    return {"Sheets": book.sheetnames, "Charts": charts, "Names": len(book.defined_names.definedName)}
for file in sys.stdin.read().split("\n"):
    if file:
        print(json.dumps(sheets(file)))
`

// openpyxl opens what it could open before, with the analyst's sheets first and
// ours and their charts behind.
func TestOpenpyxlOpensCopies(t *testing.T) {
	python := pythonWithOpenpyxl(t)
	files := originals(t)
	if !long {
		files = slices.DeleteFunc(files, func(o original) bool { return len(o.data) > 300_000 })
		for i := range len(files) / 10 {
			files[i] = files[10*i]
		}
		files = files[:len(files)/10]
	}
	dir := t.TempDir()
	var list strings.Builder
	for i, o := range files {
		fmt.Fprintln(&list, save(t, dir, 2*i, o.name, o.data))
		fmt.Fprintln(&list, save(t, dir, 2*i+1, o.name, enriched(t, o, analysis.Zh)))
	}
	run := exec.Command(python, "-c", listSheets)
	run.Stdin = strings.NewReader(list.String())
	var said bytes.Buffer
	run.Stderr = &said
	out, err := run.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	type opened struct {
		Sheets        []string
		Charts, Names int
		Error         string
	}
	lines := json.NewDecoder(bytes.NewReader(out))
	before, after := 0, 0
	for _, o := range files {
		var was, is opened
		if err := lines.Decode(&was); err != nil {
			t.Fatal(err)
		}
		if err := lines.Decode(&is); err != nil {
			t.Fatal(err)
		}
		if was.Error != "" || len(was.Sheets) == 0 { // strict workbooks open, but without a sheet
			continue
		}
		before++
		switch {
		case is.Error != "":
			t.Errorf("%s: opens, but of the copy it says %s", o.name, is.Error)
		case len(is.Sheets) != len(was.Sheets)+6 || !slices.Equal(is.Sheets[:len(was.Sheets)], was.Sheets):
			t.Errorf("%s: sheets %q became %q", o.name, was.Sheets, is.Sheets)
		case is.Charts < was.Charts+5 || is.Names < was.Names+6:
			t.Errorf("%s: %d charts and %d names became %d and %d", o.name, was.Charts, was.Names, is.Charts, is.Names)
		default:
			after++
		}
	}
	t.Logf("openpyxl opens %d of %d originals, and the copies of %d of them", before, len(files), after)
	if before == 0 {
		t.Error("nothing was opened")
	}
}

// long asks for the whole of what is otherwise tried on a part.
var long = os.Getenv("SHAKEOUT_LONG") != ""

// sampled is how many copies LibreOffice must open.
func sampled() int {
	if long {
		return 40
	}
	return 4
}

// spare is how many more are tried, for those whose originals it does not open.
const spare = 1

// LibreOffice opens copies of workbooks of all makers, with every sheet. Files
// with macros stay out of it.
func TestLibreOfficeOpensCopies(t *testing.T) {
	var files []original
	for _, o := range originals(t) {
		if strings.HasSuffix(o.name, "x") && !strings.Contains(o.name, "hostile") {
			files = append(files, o)
		}
	}
	dir := t.TempDir()
	var sample []original
	var paths []string
	var want []int
	n := sampled() + spare
	for i := range n {
		o := files[i*len(files)/n]
		copied := enriched(t, o, analysis.Zh)
		sample = append(sample, o)
		paths = append(paths, save(t, dir, i, "copy.xlsx", copied))
		want = append(want, len(open(t, copied).Sheets))
	}
	to := convert(t, "xlsx:Calc MS Excel 2007 XML", paths...)
	opened, cells := 0, 0
	var not []int
	for i, o := range sample {
		data, err := os.ReadFile(filepath.Join(to, filepath.Base(paths[i])))
		if err != nil {
			not = append(not, i)
			continue
		}
		pkg := open(t, data)
		if len(pkg.Sheets) != want[i] {
			t.Errorf("%s: %d sheets, want %d", o.name, len(pkg.Sheets), want[i])
		}
		ours := 0
		for k, s := range pkg.Sheets {
			if s.Ours {
				ours++
				cells += filled(t, pkg, k)
			}
		}
		if ours != 6 {
			t.Errorf("%s: %d sheets count as ours", o.name, ours)
		}
		opened++
	}
	if len(not) > 0 {
		var originals []string
		for _, i := range not {
			originals = append(originals, save(t, dir, 100+i, "original.xlsx", sample[i].data))
		}
		to := convert(t, "xlsx:Calc MS Excel 2007 XML", originals...)
		for k, i := range not {
			if _, err := os.Stat(filepath.Join(to, filepath.Base(originals[k]))); err == nil {
				t.Errorf("%s: opens, but not its copy", sample[i].name)
			}
		}
	}
	t.Logf("LibreOffice opened %d of %d copies, %d cells in our sheets; it does not open the originals of the others", opened, len(sample), cells)
	if opened < sampled() || cells < opened*500 {
		t.Errorf("only %d copies opened", opened)
	}
}

// filled counts the cells of a sheet that hold something.
func filled(t *testing.T, pkg *ooxml.Package, sheet int) int {
	t.Helper()
	g := grid(t, pkg, sheet)
	n := 0
	for row := 1; row <= g.Rows(); row++ {
		for col := 1; col <= g.RowCols(row); col++ {
			if g.At(row, col).Kind != ooxml.Blank {
				n++
			}
		}
	}
	return n
}

func grid(t *testing.T, pkg *ooxml.Package, sheet int) *ooxml.Grid {
	t.Helper()
	g, err := pkg.Grid(context.Background(), sheet)
	if err != nil {
		t.Fatal(err)
	}
	return g
}
