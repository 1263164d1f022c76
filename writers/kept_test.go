package writers

import (
	"bytes"
	"context"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
	"shakeout/samples"
)

// Taking out of a copy what names our sheets, and nothing else, gives the
// analyst's four parts back byte for byte. What is ours is found by looking at
// the copy, not by asking what was put in.
func TestTakingOursOutGivesTheOriginal(t *testing.T) {
	files := originals(t)
	parts, cut, cells := 0, 0, 0
	for _, o := range files {
		t.Run(o.name, func(t *testing.T) {
			was := open(t, o.data)
			result := enriched(t, o, analysis.Zh)
			is := open(t, result)
			dir, file := path.Split(was.Workbook)
			for part, take := range map[string]func(t *testing.T, is *ooxml.Package, now, was *ooxml.Element) []span{
				was.Workbook: oursInWorkbook, dir + "_rels/" + file + ".rels": oursInRelations, contentTypes: oursInTypes, was.Styles: oursInStyles,
			} {
				if part == "" {
					continue
				}
				before, text, err := was.Outline(part)
				if err != nil {
					t.Fatal(err)
				}
				now, got, err := is.Outline(part)
				if err != nil {
					t.Fatal(err)
				}
				spans := take(t, is, now, before)
				if len(spans) == 0 {
					t.Errorf("%s: nothing in it is ours", part)
				}
				cut += len(spans)
				if left := without(got, spans); closeEmpty(left) != closeEmpty(string(text)) {
					t.Errorf("%s without ours is\n%.3000s\nwas\n%.3000s", part, left, text)
				}
				// The byte order mark, or its absence, stays.
				a, _ := was.Bytes(part)
				b, _ := is.Bytes(part)
				if string(a[:2]) != string(b[:2]) {
					t.Errorf("%s begins with % x, began with % x", part, b[:2], a[:2])
				}
				parts++
			}
			cells += sameCells(t, was, is)
		})
	}
	t.Logf("%d workbooks: %d parts, %d insertions taken out, %d cells equal", len(files), parts, cut, cells)
	if parts < 3*len(files) || cut == 0 || cells == 0 {
		t.Error("nothing was compared")
	}
}

// span is a stretch of a part's text.
type span struct{ from, to int }

func without(text []byte, spans []span) string {
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	var left strings.Builder
	at := 0
	for _, s := range spans {
		left.Write(text[at:s.from])
		at = s.to
	}
	left.Write(text[at:])
	return left.String()
}

// closeEmpty writes elements without content in one way: a self-closing element
// had to be opened to put something in.
func closeEmpty(text string) string {
	var b strings.Builder
	for {
		i := strings.Index(text, "></")
		if i < 0 {
			return b.String() + text
		}
		open := strings.LastIndexByte(text[:i], '<')
		end := i + 1 + strings.IndexByte(text[i+1:], '>')
		name := strings.TrimSpace(text[i+3 : end])
		if open >= 0 && strings.HasPrefix(text[open+1:i+1], name) && strings.ContainsAny(text[open+1+len(name):open+2+len(name)], " \t\r\n>") && text[i-1] != '/' {
			b.WriteString(text[:i] + "/>")
			text = text[end+1:]
			continue
		}
		b.WriteString(text[:i+1])
		text = text[i+1:]
	}
}

func oursInWorkbook(t *testing.T, is *ooxml.Package, now, was *ooxml.Element) []span {
	ours := map[string]bool{}
	for _, s := range is.Sheets {
		ours[s.Name] = s.Ours
	}
	var spans []span
	position := map[string]bool{}
	for i, s := range is.Sheets {
		position[strconv.Itoa(i)] = s.Ours
	}
	ids := map[string]bool{}
	for _, e := range now.Child("sheets").Children {
		if id := e.Get("sheetId"); ids[id] {
			t.Errorf("sheet id %s twice", id)
		} else {
			ids[id] = true
		}
		if ours[e.Get("name")] {
			spans = append(spans, span{e.Start, e.End})
		}
	}
	names := now.Child("definedNames")
	if was.Child("definedNames") == nil {
		return append(spans, span{names.Start, names.End})
	}
	for _, e := range names.Children {
		if strings.HasPrefix(e.Get("name"), ooxml.OwnPrefix) || position[e.Get("localSheetId")] {
			spans = append(spans, span{e.Start, e.End})
		}
	}
	return spans
}

func oursInRelations(t *testing.T, _ *ooxml.Package, now, was *ooxml.Element) []span {
	known := map[string]bool{}
	for _, e := range was.Children {
		known[e.Get("Id")] = true
	}
	var spans []span
	for _, e := range now.Children {
		if id := e.Get("Id"); !known[id] {
			spans = append(spans, span{e.Start, e.End})
		}
	}
	if len(now.Children)-len(spans) != len(was.Children) {
		t.Error("a relation id is used twice")
	}
	return spans
}

func oursInTypes(t *testing.T, _ *ooxml.Package, now, was *ooxml.Element) []span {
	known := map[string]bool{}
	for _, e := range was.Children {
		known[strings.ToLower(e.Get("PartName"))] = true
	}
	var spans []span
	for _, e := range now.Children {
		if e.Name.Local == "Override" && !known[strings.ToLower(e.Get("PartName"))] {
			spans = append(spans, span{e.Start, e.End})
		}
	}
	return spans
}

// oursInStyles are the entries behind those that were counted before, and the
// containers that were not there. Their order must be the schema's, and every
// number that our formats name must exist.
func oursInStyles(t *testing.T, _ *ooxml.Package, now, was *ooxml.Element) []span {
	var spans []span
	last := -1
	for _, c := range now.Children {
		before := was.Child(c.Name.Local)
		if at := slices.Index(stylesOrder, c.Name.Local); c.Name.Space == now.Name.Space && at >= 0 {
			if at < last && was.Child(c.Name.Local) == nil {
				t.Errorf("%s stands behind what must follow it", c.Name.Local)
			}
			last = max(last, at)
		}
		switch {
		case c.Name.Space != now.Name.Space:
		case before == nil:
			spans = append(spans, span{c.Start, c.End})
		default:
			for _, e := range c.Children[min(len(before.Children), len(c.Children)):] {
				spans = append(spans, span{e.Start, e.End})
			}
		}
	}
	return spans
}

// sameCells compares every cell of the analyst's sheets, and gives how many.
func sameCells(t *testing.T, was, is *ooxml.Package) int {
	t.Helper()
	n := 0
	for i, s := range was.Sheets {
		if !s.Grid {
			continue
		}
		a, err := was.Grid(context.Background(), i)
		b, err2 := is.Grid(context.Background(), i)
		if err != nil || err2 != nil {
			t.Errorf("sheet %s: %v, %v", s.Name, err, err2)
			continue
		}
		if a.Rows() != b.Rows() || !slices.Equal(a.Merges, b.Merges) {
			t.Errorf("sheet %s has %d rows, had %d", s.Name, b.Rows(), a.Rows())
			continue
		}
		for row := 1; row <= a.Rows(); row++ {
			for col := 1; col <= max(a.RowCols(row), b.RowCols(row)); col++ {
				x, y := a.At(row, col), b.At(row, col)
				if x != y || shownAs(was, x) != shownAs(is, y) {
					t.Errorf("sheet %s, row %d, column %d: %+v, was %+v", s.Name, row, col, y, x)
				}
				n++
			}
		}
	}
	return n
}

// shownAs is a cell's number format; without a styles part all are General.
func shownAs(pkg *ooxml.Package, c ooxml.Cell) ooxml.Format {
	f := pkg.Format(c.Style)
	if f.Code == "" {
		f.Code = "General"
	}
	return f
}

// A conditional format of ours is numbered behind the analyst's.
func TestConditionalFormatsInEveryWorkbook(t *testing.T) {
	n := 0
	for _, o := range originals(t) {
		t.Run(o.name, func(t *testing.T) {
			pkg := open(t, o.data)
			g, err := newGraft(pkg, fontOf(analysis.En))
			if err != nil {
				t.Fatal(err)
			}
			s := &sheet{key: "probe", name: g.sheetName("Probe"), rowHeight: 15, tab: accent}
			s.put(1, 1, say("high", g.styles.id(style{bold: true})))
			s.bands = []condition{{cells: "A1:A9", equal: "high", format: g.styles.differential("123456", "654321")}}
			g.add(s)
			patch, err := g.finish()
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if err := patch.Apply(&out, o.data); err != nil {
				t.Fatal(err)
			}
			is := open(t, out.Bytes())
			root, text, err := is.Outline(is.Styles)
			if err != nil {
				t.Fatal(err)
			}
			had := 0
			if pkg.Styles != "" {
				before, _, err := pkg.Outline(pkg.Styles)
				if err != nil {
					t.Fatal(err)
				}
				if dxfs := before.Child("dxfs"); dxfs != nil {
					had = len(dxfs.Children)
				}
			}
			at := s.bands[0].format
			dxfs := root.Child("dxfs")
			if dxfs == nil || at != had || at >= len(dxfs.Children) || !strings.Contains(string(text[dxfs.Children[at].Start:dxfs.Children[at].End]), "FF123456") {
				t.Errorf("conditional format %d of ours, the analyst has %d", at, had)
			}
			n++
		})
	}
	t.Logf("%d workbooks", n)
	if n == 0 {
		t.Error("nothing was compared")
	}
}

// A signature does not survive, and the Issues say so.
func TestSignedWorkbook(t *testing.T) {
	signed := 0
	for i, o := range originals(t) {
		pkg := open(t, o.data)
		is, err := isSigned(pkg)
		if err != nil {
			t.Fatal(err)
		}
		if !is && i%20 > 0 {
			continue
		}
		result := open(t, enriched(t, o, analysis.En))
		said := false
		for i, s := range result.Sheets {
			if !s.Ours || !strings.HasPrefix(s.Name, "Issues") {
				continue
			}
			g := grid(t, result, i)
			for row := 1; row <= g.Rows(); row++ {
				said = said || g.At(row, 6).Text == "signature-ends"
			}
		}
		if said != is {
			t.Errorf("%s: signed %v, said %v", o.name, is, said)
		}
		if is {
			signed++
		}
	}
	t.Logf("%d signed workbooks", signed)
	if signed == 0 {
		t.Error("none is signed")
	}
}

// A workbook with as many cell formats as Excel takes gets plain sheets.
func TestFormatsAtTheLimit(t *testing.T) {
	o := sample(t)
	pkg := open(t, o.data)
	root, _, err := pkg.Outline(pkg.Styles)
	if err != nil {
		t.Fatal(err)
	}
	var full bytes.Buffer
	more := strings.Repeat(`<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>`, maxFormats-3)
	if err := (ooxml.Patch{Edits: map[string][]ooxml.Edit{pkg.Styles: root.Child("cellXfs").Append(more)}}).Apply(&full, o.data); err != nil {
		t.Fatal(err)
	}
	wrong, err := samples.Unsound(enriched(t, original{o.name, full.Bytes()}, analysis.En))
	if err != nil || len(wrong) > 0 {
		t.Errorf("%v %v", wrong, err)
	}
}
