package writers

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

const shared = "../../shared"

// original is a workbook of the corpus, of the hostile corpus, or a real one.
type original struct {
	name string
	data []byte
}

// originals are the workbooks that must open, from all three sets.
func originals(t *testing.T) []original {
	t.Helper()
	if _, err := os.Stat(shared); err != nil {
		t.Skipf("no workbooks in %s: nothing to graft into", shared)
	}
	var all []original
	add := func(path string) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, original{strings.TrimPrefix(path, shared+"/"), data})
	}
	for _, dir := range []string{"corpus", "corpus/hostile"} {
		list, err := os.ReadFile(filepath.Join(shared, dir, "manifest.csv"))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(bytes.NewReader(list)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		file, expectation := slices.Index(rows[0], "file"), slices.Index(rows[0], "expectation")
		for _, r := range rows[1:] {
			if r[expectation] == "opens" {
				add(filepath.Join(shared, dir, r[file]))
			}
		}
	}
	workbooks, _ := filepath.Glob(filepath.Join(shared, "data/real/*.xlsx"))
	for _, path := range workbooks {
		add(path)
	}
	return all
}

func open(t testing.TB, data []byte) *ooxml.Package {
	t.Helper()
	pkg, err := ooxml.Open(context.Background(), data, ooxml.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return pkg
}

// enriched grafts made-up results into a workbook.
func enriched(t *testing.T, o original, lang analysis.Lang) []byte {
	t.Helper()
	pkg := open(t, o.data)
	wb := &analysis.Workbook{Name: filepath.Base(o.name), SHA256: strings.Repeat("0", 64), Lang: lang}
	for _, s := range pkg.Sheets {
		if !s.Ours {
			wb.Sheets = append(wb.Sheets, s.Name)
		}
	}
	wb.Findings = []analysis.Finding{
		{Effect: analysis.Noted, Code: "row-total", At: analysis.Ref{File: wb.Name, Sheet: wb.Sheets[0], Row: 3, Col: 2}, Got: "=1+1"},
		{Effect: analysis.Blanked, Code: "number-not-understood", At: analysis.Ref{File: wb.Name, Sheet: wb.Sheets[len(wb.Sheets)-1], Row: 1, Col: 1}, Got: "_x0041_\x01\"<&>"},
	}
	wb.Regions = []analysis.Region{{Table: "prices", Sheet: wb.Sheets[0], Range: "A1:B2", HeaderRows: []int{1}, RowsSeen: 1, RowsKept: 1, Columns: []analysis.RegionColumn{{Column: "model", Header: "模型", Cell: "A1"}}}}
	params := analysis.DefaultParams()
	params.AsOf = analysis.DateOf(2024, 11, 30)
	results := fakeResults()
	defer func() {
		for _, r := range results {
			r.Release()
		}
	}()
	var out bytes.Buffer
	if err := Enrich(context.Background(), &out, pkg, wb, results, params, Options{Version: "1.2.3"}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// entries lists what an archive holds: name to checksum and compressed bytes.
func entries(t *testing.T, data []byte) (names []string, raw map[string]string) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	raw = map[string]string{}
	for _, f := range z.File {
		r, err := f.OpenRaw()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, f.Name)
		raw[f.Name] = string(rune(f.Method)) + string(rune(f.CRC32&0xffff)) + string(rune(f.CRC32>>16)) + string(b)
	}
	return names, raw
}

// contentOf reads a part.
func contentOf(t *testing.T, data []byte, name string) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		if f.Name != name {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	t.Fatalf("no part %s", name)
	return ""
}

// Whatever the workbook, every part but the four that must name our sheets is
// in the copy byte for byte, and those four hold all they held.
func TestOriginalIsKept(t *testing.T) {
	same, edited, added, reopened := 0, 0, 0, 0
	files := originals(t)
	for _, o := range files {
		t.Run(o.name, func(t *testing.T) {
			result := enriched(t, o, analysis.Zh)
			pkg := open(t, o.data)
			touched := map[string]bool{}
			for _, part := range []string{pkg.Workbook, pkg.Styles, contentTypes, filepath.Dir(pkg.Workbook) + "/_rels/" + filepath.Base(pkg.Workbook) + ".rels"} {
				touched[strings.ToLower(strings.TrimPrefix(part, "./"))] = true
			}
			names, was := entries(t, o.data)
			now, is := entries(t, result)
			if !slices.Equal(now[:len(names)], names) {
				t.Fatalf("the entries or their order changed: %v", now[:len(names)])
			}
			for _, name := range names {
				switch folded := strings.ToLower(strings.ReplaceAll(name, `\`, "/")); {
				case !touched[folded]:
					if was[name] != is[name] {
						t.Errorf("%s changed", name)
					}
					same++
				default:
					if !holds(contentOf(t, result, name), contentOf(t, o.data, name)) {
						t.Errorf("%s lost something", name)
					}
					edited++
				}
			}
			added += len(now) - len(names)
			checkSheets(t, pkg, open(t, result))
			if f, err := excelize.OpenReader(bytes.NewReader(o.data)); err == nil {
				want := f.GetSheetList()
				g, err := excelize.OpenReader(bytes.NewReader(result))
				if err != nil {
					t.Fatalf("excelize opens the original, but of the copy it says %v", err)
				}
				if got := g.GetSheetList(); len(got) != len(want)+6 || !slices.Equal(got[:len(want)], want) {
					t.Errorf("excelize finds sheets %v", got)
				}
				reopened++
			}
		})
	}
	t.Logf("%d workbooks; %d parts the same, %d inserted into, %d new; %d reopened with excelize", len(files), same, edited, added, reopened)
	if len(files) == 0 || same == 0 || edited == 0 || reopened == 0 {
		t.Error("nothing was compared")
	}
}

// holds reports whether all bytes of a part stand in another in their order,
// but for the slash of a self-closing element that was opened.
func holds(now, was string) bool {
	i := 0
	for j := 0; j < len(now) && i < len(was); j++ {
		if now[j] == was[i] {
			i++
		} else if was[i] == '/' && i+1 < len(was) && was[i+1] == '>' && now[j] == '>' {
			i += 2
		}
	}
	return i == len(was)
}

// checkSheets reads the copy with our own reader: the analyst's sheets first
// and unchanged, then ours, each marked as ours and with cells that read.
func checkSheets(t *testing.T, original, result *ooxml.Package) {
	t.Helper()
	n := len(original.Sheets)
	if len(result.Sheets) != n+6 {
		t.Fatalf("the copy has %d sheets, want %d", len(result.Sheets), n+6)
	}
	for i, s := range result.Sheets {
		switch {
		case i < n && s != original.Sheets[i]:
			t.Errorf("sheet %d is %+v, was %+v", i, s, original.Sheets[i])
		case i >= n && !s.Ours:
			t.Errorf("sheet %s does not count as ours", s.Name)
		}
		if i < n {
			continue
		}
		grid, err := result.Grid(context.Background(), i)
		if err != nil {
			t.Errorf("sheet %s: %v", s.Name, err)
		} else if grid.Rows() < 5 {
			t.Errorf("sheet %s has %d rows", s.Name, grid.Rows())
		}
	}
}

// Enriching an enriched copy replaces our sheets and changes nothing else: it
// gives the same bytes again.
func TestEnrichTwice(t *testing.T) {
	n := 0
	for _, o := range originals(t) {
		t.Run(o.name, func(t *testing.T) {
			once := enriched(t, o, analysis.En)
			twice := enriched(t, original{o.name, once}, analysis.En)
			if !bytes.Equal(once, twice) {
				a, _ := entries(t, once)
				b, _ := entries(t, twice)
				t.Errorf("%d entries became %d: %v", len(a), len(b), b[len(b)-min(len(b), 5):])
			}
			n++
		})
	}
	if n == 0 {
		t.Error("nothing was compared")
	}
}

// The same input gives the same bytes.
func TestSameBytes(t *testing.T) {
	o := sample(t)
	first := enriched(t, o, analysis.Zh)
	for range 5 {
		if !bytes.Equal(first, enriched(t, o, analysis.Zh)) {
			t.Fatal("two runs differ")
		}
	}
}

// sample is a small workbook with a bit of everything that sheets are counted by.
func sample(t *testing.T) original {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for _, name := range []string{"指标", "价格"} {
		if _, err := f.NewSheet(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(
		f.SetCellValue("指标", "A1", 1.5),
		f.SetDefinedName(&excelize.DefinedName{Name: "范围", RefersTo: "指标!$A$1", Scope: "价格"}),
	); err != nil {
		t.Fatal(err)
	}
	f.SetActiveSheet(2)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return original{"sample.xlsx", b.Bytes()}
}
