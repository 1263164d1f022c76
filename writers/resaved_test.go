package writers

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

const saveAgain = `
import sys, warnings, openpyxl
warnings.simplefilter("ignore")
for file in sys.stdin.read().split("\n"):
    if file:
        openpyxl.load_workbook(file, keep_vba=file.endswith("m")).save(file)
`

// The programs that write a workbook anew when they save it.
var savers = map[string]func(t *testing.T, books [][]byte) [][]byte{
	"LibreOffice": func(t *testing.T, books [][]byte) [][]byte {
		var files []string
		dir := t.TempDir()
		for i, b := range books {
			files = append(files, save(t, dir, i, "x.xlsx", b))
		}
		to := convert(t, "xlsx:Calc MS Excel 2007 XML", files...)
		return load(t, to, files)
	},
	"openpyxl": func(t *testing.T, books [][]byte) [][]byte {
		python := pythonWithOpenpyxl(t)
		var files []string
		dir := t.TempDir()
		for i, b := range books {
			files = append(files, save(t, dir, i, "x.xlsx", b))
		}
		run := exec.Command(python, "-c", saveAgain)
		run.Stdin = strings.NewReader(strings.Join(files, "\n"))
		if said, err := run.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
		return load(t, dir, files)
	},
	"excelize": func(t *testing.T, books [][]byte) [][]byte {
		var saved [][]byte
		for _, b := range books {
			f, err := excelize.OpenReader(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if err := f.Write(&out); err != nil {
				t.Fatal(err)
			}
			saved = append(saved, out.Bytes())
		}
		return saved
	},
}

func load(t *testing.T, dir string, files []string) [][]byte {
	t.Helper()
	var all [][]byte
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, filepath.Base(f)))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, data)
	}
	return all
}

// An enriched copy that another program saved, enriched again, has our sheets
// once, and nothing of them is left over: no name, no part, no format more than
// before, however often it goes round.
func TestEnrichWhatAnotherProgramSaved(t *testing.T) {
	var files []original
	for _, o := range originals(t) {
		if strings.Contains(o.name, "data/real") {
			files = append(files, o)
		}
	}
	if !long {
		files = nil
	}
	files = append(files, sample(t))
	for program, saveAgain := range savers {
		t.Run(program, func(t *testing.T) {
			var books [][]byte
			var settled []counts // by the second time, once the program has put its own styles in
			for _, o := range files {
				books = append(books, enriched(t, o, analysis.Zh))
			}
			rounds := 3
			if long {
				rounds = 4
			}
			for round := range rounds {
				for i, saved := range saveAgain(t, books) {
					pkg := open(t, saved)
					if n := ours(pkg); n != 6 {
						t.Fatalf("%s: %d sheets count as ours once saved", files[i].name, n)
					}
					books[i] = enriched(t, original{files[i].name, saved}, analysis.Zh)
					now := count(t, books[i])
					if round == 1 {
						settled = append(settled, now)
					} else if round > 1 && !now.within(settled[i]) {
						t.Errorf("%s, round %d: %v, before %v", files[i].name, round+1, now, settled[i])
					}
					sameSheets(t, enriched(t, files[i], analysis.Zh), books[i])
				}
			}
			t.Logf("%d workbooks, %d rounds, each with %v", len(files), rounds, settled[0])
		})
	}
}

func ours(pkg *ooxml.Package) int {
	n := 0
	for _, s := range pkg.Sheets {
		if s.Ours {
			n++
		}
	}
	return n
}

// counts is how much there is of what must not grow.
type counts struct {
	sheets, names, parts, charts     int
	fonts, fills, borders, xfs, dxfs int
	formats, types, links            int
}

func (c counts) within(most counts) bool {
	return c.sheets == most.sheets && c.names <= most.names && c.parts <= most.parts && c.charts <= most.charts &&
		c.fonts <= most.fonts && c.fills <= most.fills && c.borders <= most.borders && c.xfs <= most.xfs && c.dxfs <= most.dxfs &&
		c.formats <= most.formats && c.types <= most.types && c.links <= most.links
}

func (c counts) String() string {
	return fmt.Sprintf("%d sheets, %d names, %d parts, %d charts; %d fonts, %d fills, %d borders, %d formats, %d conditional, %d number formats; %d types, %d relations",
		c.sheets, c.names, c.parts, c.charts, c.fonts, c.fills, c.borders, c.xfs, c.dxfs, c.formats, c.types, c.links)
}

func count(t *testing.T, data []byte) counts {
	t.Helper()
	pkg := open(t, data)
	c := counts{sheets: len(pkg.Sheets), names: len(pkg.Names), parts: len(pkg.Parts())}
	for _, p := range pkg.Parts() {
		if strings.Contains(p.Name, "charts/chart") {
			c.charts++
		}
	}
	children := func(part, container string) int {
		root, _, err := pkg.Outline(part)
		if err != nil {
			t.Fatal(err)
		}
		if container != "" {
			root = root.Child(container)
		}
		if root == nil {
			return 0
		}
		return len(root.Children)
	}
	for container, n := range map[string]*int{"fonts": &c.fonts, "fills": &c.fills, "borders": &c.borders, "cellXfs": &c.xfs, "dxfs": &c.dxfs, "numFmts": &c.formats} {
		*n = children(pkg.Styles, container)
	}
	c.types = children(contentTypes, "")
	dir, file := filepath.Split(pkg.Workbook)
	c.links = children(dir+"_rels/"+file+".rels", "")
	return c
}

// sameSheets compares our sheets in two copies, cell by cell.
func sameSheets(t *testing.T, a, b []byte) {
	t.Helper()
	x, y := open(t, a), open(t, b)
	from := len(x.Sheets) - ours(x)
	var names []string
	for _, s := range x.Sheets {
		names = append(names, s.Name)
	}
	n := 0
	for i, s := range y.Sheets {
		if i >= len(names) || s.Name != names[i] || s.Ours != x.Sheets[i].Ours {
			t.Fatalf("sheet %d is %s", i, s.Name)
		}
		if i < from {
			continue
		}
		g, h := grid(t, x, i), grid(t, y, i)
		for row := 1; row <= max(g.Rows(), h.Rows()); row++ {
			for col := 1; col <= max(g.RowCols(row), h.RowCols(row)); col++ {
				p, q := g.At(row, col), h.At(row, col)
				p.Style, q.Style = 0, 0
				if p != q {
					t.Fatalf("%s row %d column %d: %+v, at first %+v", s.Name, row, col, q, p)
				}
				n++
			}
		}
	}
	if n < 1000 {
		t.Errorf("%d cells compared", n)
	}
}

// Our sheets may have been moved before the analyst's, another of them brought
// to the front, and a calculation chain may name their cells.
func TestOursAmongTheAnalysts(t *testing.T) {
	o := sample(t)
	f, err := excelize.OpenReader(bytes.NewReader(enriched(t, o, analysis.Zh)))
	if err != nil {
		t.Fatal(err)
	}
	for _, move := range [][2]string{{"摘要", "Sheet1"}, {"问题", "指标"}} {
		if err := f.MoveSheet(move[0], move[1]); err != nil {
			t.Fatal(err)
		}
	}
	index, err := f.GetSheetIndex("价格")
	if err != nil {
		t.Fatal(err)
	}
	f.SetActiveSheet(index)
	var moved bytes.Buffer
	if err := f.Write(&moved); err != nil {
		t.Fatal(err)
	}
	pkg := open(t, moved.Bytes())
	if got := pkg.Sheets[0].Name; got != "摘要" {
		t.Fatalf("the first sheet is %s", got)
	}
	rels, _, err := pkg.Outline("xl/_rels/workbook.xml.rels")
	if err != nil {
		t.Fatal(err)
	}
	types, _, err := pkg.Outline(contentTypes)
	if err != nil {
		t.Fatal(err)
	}
	book, _, err := pkg.Outline(pkg.Workbook)
	if err != nil {
		t.Fatal(err)
	}
	chain := `<calcChain xmlns="` + mainSpace + `"><c r="B2" i="` + book.Child("sheets").Children[0].Get("sheetId") + `"/><c r="B3"/></calcChain>`
	views := ooxml.Edit{At: book.Child("sheets").End}
	for _, e := range book.Children { // custom views stand behind names and calculation
		if e.Name.Local != "extLst" && e.Name.Local != "pivotCaches" {
			views.At = max(views.At, e.End)
		}
	}
	views.Put = `<customWorkbookViews><customWorkbookView name="v" guid="{00000000-0000-0000-0000-000000000001}" windowWidth="1" windowHeight="1" activeSheetId="` + book.Child("sheets").Children[0].Get("sheetId") + `"/></customWorkbookViews>`
	var chained bytes.Buffer
	if err := (ooxml.Patch{
		Add: []ooxml.NewPart{{Name: "xl/calcChain.xml", Data: []byte(chain)}},
		Edits: map[string][]ooxml.Edit{
			pkg.Workbook:                 {views},
			"xl/_rels/workbook.xml.rels": rels.Append(`<Relationship Id="rId9000" Type="` + relSpace + `/calcChain" Target="calcChain.xml"/>`),
			contentTypes:                 types.Append(`<Override PartName="/xl/calcChain.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"/>`),
		},
	}).Apply(&chained, moved.Bytes()); err != nil {
		t.Fatal(err)
	}
	again := enriched(t, original{o.name, chained.Bytes()}, analysis.Zh)
	sameSheets(t, enriched(t, o, analysis.Zh), again)
	if root, _, err := open(t, again).Outline("xl/workbook.xml"); err != nil || root.Child("customWorkbookViews").Children[0].Get("activeSheetId") != "1" {
		t.Errorf("a saved view begins with a sheet that is gone: %v", err)
	}
	is := open(t, again)
	if is.Part("xl/calcChain.xml") != nil || strings.Contains(contentOf(t, again, contentTypes), "calcChain") || strings.Contains(contentOf(t, again, "xl/_rels/workbook.xml.rels"), "calcChain") {
		t.Error("a calculation chain of cells that are gone is left")
	}
	g, err := excelize.OpenReader(bytes.NewReader(again))
	if err != nil {
		t.Fatal(err)
	}
	if got := g.GetSheetName(g.GetActiveSheetIndex()); got != "价格" {
		t.Errorf("%s is in front", got)
	}
	for _, n := range g.GetDefinedName() {
		if n.Name == "范围" && n.Scope != "价格" {
			t.Errorf("the analyst's name belongs to %s", n.Scope)
		}
	}
}
