package samples

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"shakeout/readers/ooxml"
)

// Unsound lists what in our parts of a result Excel would refuse or offer to
// repair: elements out of the schema's order, references to nothing, names and
// ids used twice, texts and formulas longer than Excel takes. The analyst's own
// parts are looked at only where ours lean on them: what was wrong before may
// stay wrong.
//
// Sources: ISO/IEC 29500-1, 18.2 to 18.8 and 21.2; Excel's published limits.
func Unsound(data []byte) (wrong []string, err error) {
	pkg, err := ooxml.Open(context.Background(), data, ooxml.DefaultLimits())
	if err != nil {
		return nil, err
	}
	s := &soundness{pkg: pkg}
	for _, look := range []func() error{s.types, s.book, s.styles, s.sheets} {
		if err := look(); err != nil {
			return nil, err
		}
	}
	return s.wrong, nil
}

type soundness struct {
	pkg   *ooxml.Package
	wrong []string

	formats, conditional int // cell formats and differential formats there are
}

func (s *soundness) say(format string, args ...any) {
	s.wrong = append(s.wrong, fmt.Sprintf(format, args...))
}

// node is an element with what matters of it.
type node struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Children []node     `xml:",any"`
	Text     string     `xml:",chardata"`
}

func (n node) get(name string) (string, bool) {
	for _, a := range n.Attrs {
		if a.Name.Local == name {
			return a.Value, true
		}
	}
	return "", false
}

func (n node) child(local string) *node {
	for i := range n.Children {
		if n.Children[i].XMLName.Local == local {
			return &n.Children[i]
		}
	}
	return nil
}

func (n node) walk(do func(node)) {
	do(n)
	for _, c := range n.Children {
		c.walk(do)
	}
}

func (s *soundness) part(name string) (n node, err error) {
	data, err := s.pkg.Bytes(name)
	if err != nil {
		return n, err
	}
	if data, err = ooxml.UTF8(data); err != nil {
		return n, err
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	return n, d.Decode(&n)
}

// types checks that every part of ours is typed once and that nothing is typed
// that is not there.
func (s *soundness) types() error {
	root, err := s.part("[Content_Types].xml")
	if err != nil {
		return err
	}
	overrides, defaults := map[string]bool{}, map[string]bool{}
	for _, c := range root.Children {
		if extension, ok := c.get("Extension"); ok {
			defaults[strings.ToLower(extension)] = true
		}
		name, ok := c.get("PartName")
		if !ok {
			continue
		}
		folded := strings.ToLower(strings.TrimPrefix(name, "/"))
		if overrides[folded] {
			s.say("part %s is typed twice", name)
		}
		overrides[folded] = true
	}
	for _, p := range s.pkg.Parts() {
		name := strings.ToLower(p.Name)
		if !overrides[name] && !defaults[strings.TrimPrefix(path.Ext(name), ".")] && name != "[content_types].xml" && strings.HasPrefix(name, "xl/") && !strings.HasSuffix(name, "/") {
			s.say("part %s has no type", p.Name)
		}
	}
	return nil
}

var bookOrder = []string{"fileVersion", "fileSharing", "workbookPr", "workbookProtection", "bookViews", "sheets", "functionGroups", "externalReferences",
	"definedNames", "calcPr", "oleSize", "customWorkbookViews", "pivotCaches", "smartTagPr", "smartTagTypes", "webPublishing", "fileRecoveryPr", "webPublishObjects", "extLst"}

var definedName = regexp.MustCompile(`^[\pL_\\][\pL\pN_.\\?]*$`)

// book checks the workbook part: sheets and names.
func (s *soundness) book() error {
	root, err := s.part(s.pkg.Workbook)
	if err != nil {
		return err
	}
	s.inOrder("the workbook", root, bookOrder)
	names, ids := map[string]bool{}, map[string]bool{}
	sheets := 0
	for _, e := range root.child("sheets").Children {
		if e.XMLName.Local != "sheet" {
			continue
		}
		name, _ := e.get("name")
		ours := slices.ContainsFunc(s.pkg.Sheets, func(x ooxml.Sheet) bool { return x.Name == name && x.Ours })
		folded := strings.ToUpper(name)
		if ours && (names[folded] || len(utf16.Encode([]rune(name))) > 31 || strings.ContainsAny(name, `:\/?*[]`) || strings.HasPrefix(name, "'") || strings.HasSuffix(name, "'") || name == "") {
			s.say("a sheet of ours is called %q", name)
		}
		names[folded] = true
		id, _ := e.get("sheetId")
		if n, err := strconv.Atoi(id); ours && (ids[id] || err != nil || n < 1 || n > 65534) {
			s.say("sheet %s has the id %s", name, id)
		}
		ids[id] = true
		sheets++
	}
	if defined := root.child("definedNames"); defined != nil {
		seen := map[string]bool{}
		for _, e := range defined.Children {
			name, _ := e.get("name")
			local, isLocal := e.get("localSheetId")
			if n, err := strconv.Atoi(local); isLocal && (err != nil || n >= sheets) {
				s.say("name %s belongs to sheet %s of %d", name, local, sheets)
			}
			if key := strings.ToLower(name) + "\x00" + local; seen[key] {
				s.say("name %s is defined twice", name)
			} else {
				seen[key] = true
			}
			if strings.HasPrefix(name, ooxml.OwnPrefix) && (!definedName.MatchString(name) || len(name) > 255) {
				s.say("%q is no name", name)
			}
		}
	}
	return nil
}

// inOrder checks that the children of an element stand in the schema's order;
// those it does not know are passed over.
func (s *soundness) inOrder(what string, n node, order []string) {
	last := -1
	for _, c := range n.Children {
		at := slices.Index(order, c.XMLName.Local)
		if at < 0 {
			continue
		}
		if at < last {
			s.say("%s: %s stands behind %s", what, c.XMLName.Local, order[last])
		}
		last = max(last, at)
	}
}

var stylesOrder = []string{"numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles", "colors", "extLst"}

// Excel's limits.
const (
	maxFormats  = 65490
	maxFormula  = 8192
	maxLiteral  = 255
	maxCellText = 32767
	maxRows     = 1048576
	maxColumns  = 16384
)

// styles checks that each cell format names entries that there are.
func (s *soundness) styles() error {
	if s.pkg.Styles == "" {
		s.say("there is no styles part")
		return nil
	}
	root, err := s.part(s.pkg.Styles)
	if err != nil {
		return err
	}
	s.inOrder("the styles", root, stylesOrder)
	count := func(local string) int {
		if c := root.child(local); c != nil {
			return len(c.Children)
		}
		return 0
	}
	s.formats, s.conditional = count("cellXfs"), count("dxfs")
	if s.formats > maxFormats {
		s.say("there are %d cell formats", s.formats)
	}
	codes := map[string]bool{}
	if fmts := root.child("numFmts"); fmts != nil {
		for _, f := range fmts.Children {
			id, _ := f.get("numFmtId")
			codes[id] = true
		}
	}
	xfs := root.child("cellXfs")
	if xfs == nil {
		s.say("there are no cell formats")
		return nil
	}
	for i, xf := range xfs.Children {
		for attribute, local := range map[string]string{"fontId": "fonts", "fillId": "fills", "borderId": "borders", "xfId": "cellStyleXfs"} {
			id, ok := xf.get(attribute)
			if n, err := strconv.Atoi(id); ok && (err != nil || n >= count(local)) && i > 0 {
				s.say("cell format %d: %s %s of %d", i, attribute, id, count(local))
			}
		}
		if id, ok := xf.get("numFmtId"); ok {
			if n, err := strconv.Atoi(id); err != nil || n >= 164 && !codes[id] {
				s.say("cell format %d: there is no number format %s", i, id)
			}
		}
	}
	return nil
}

var sheetOrder = []string{"sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection", "protectedRanges", "scenarios",
	"autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells", "phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions",
	"pageMargins", "pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags", "drawing", "legacyDrawing", "picture",
	"oleObjects", "controls", "webPublishItems", "tableParts", "extLst"}

func (s *soundness) sheets() error {
	for _, sheet := range s.pkg.Sheets {
		if !sheet.Ours {
			continue
		}
		if err := s.sheet(sheet); err != nil {
			return err
		}
	}
	return nil
}

func (s *soundness) sheet(sheet ooxml.Sheet) error {
	root, err := s.part(sheet.Part)
	if err != nil {
		return err
	}
	s.inOrder(sheet.Name, root, sheetOrder)
	lastRow := 0
	for _, row := range root.child("sheetData").Children {
		n := s.number(sheet.Name, row, "r")
		if n <= lastRow || n > maxRows {
			s.say("%s: row %d behind row %d", sheet.Name, n, lastRow)
		}
		lastRow = n
		lastCol := 0
		for _, c := range row.Children {
			at, _ := c.get("r")
			col, r := split(at)
			if col <= lastCol || col > maxColumns || r != n {
				s.say("%s: cell %s in row %d behind column %d", sheet.Name, at, n, lastCol)
			}
			lastCol = col
			if style := s.number(sheet.Name, c, "s"); style >= s.formats {
				s.say("%s!%s has format %d of %d", sheet.Name, at, style, s.formats)
			}
			s.cell(sheet.Name+"!"+at, c)
		}
	}
	priorities := map[string]bool{}
	root.walk(func(n node) {
		switch n.XMLName.Local {
		case "cfRule":
			p, _ := n.get("priority")
			if priorities[p] {
				s.say("%s: two rules of priority %s", sheet.Name, p)
			}
			priorities[p] = true
			if _, ok := n.get("dxfId"); ok && s.number(sheet.Name, n, "dxfId") >= s.conditional {
				s.say("%s: a rule without its format", sheet.Name)
			}
		case "hyperlink":
			if to, _ := n.get("location"); !s.leads(to) {
				s.say("%s: a link to %q", sheet.Name, to)
			}
		case "pane":
			if x, ok := n.get("topLeftCell"); ok && x == "A1" {
				s.say("%s: frozen at A1", sheet.Name)
			}
		}
	})
	return s.drawings(sheet.Name, sheet.Part)
}

// number is a whole-number attribute, 0 where it is absent.
func (s *soundness) number(where string, n node, attribute string) int {
	text, ok := n.get(attribute)
	v, err := strconv.Atoi(text)
	if ok && err != nil {
		s.say("%s: %s is %q", where, attribute, text)
	}
	return v
}

var cellName = regexp.MustCompile(`^([A-Z]{1,3})([0-9]+)$`)

func split(cell string) (col, row int) {
	m := cellName.FindStringSubmatch(cell)
	if m == nil {
		return 0, 0
	}
	for _, c := range m[1] {
		col = col*26 + int(c-'A'+1)
	}
	row, _ = strconv.Atoi(m[2])
	return col, row
}

var literal = regexp.MustCompile(`"((?:[^"]|"")*)"`)

// cell checks type, text and formula of a cell.
func (s *soundness) cell(where string, c node) {
	kind, _ := c.get("t")
	if f := c.child("f"); f != nil {
		if len(utf16.Encode([]rune(f.Text))) > maxFormula || strings.HasPrefix(f.Text, "=") || f.Text == "" {
			s.say("%s: the formula %.40q", where, f.Text)
		}
		for _, m := range literal.FindAllStringSubmatch(f.Text, -1) {
			if len(utf16.Encode([]rune(strings.ReplaceAll(m[1], `""`, `"`)))) > maxLiteral {
				s.say("%s: a text of %d letters in a formula", where, len(m[1]))
			}
		}
	}
	v := c.child("v")
	switch kind {
	case "", "n":
		if v != nil {
			if _, err := strconv.ParseFloat(v.Text, 64); err != nil || strings.ContainsAny(v.Text, "nNiI") {
				s.say("%s: the number %q", where, v.Text)
			}
		}
	case "inlineStr":
		if v != nil || c.child("is") == nil {
			s.say("%s: an inline text without text", where)
			return
		}
		text := ""
		c.child("is").walk(func(n node) { text += n.Text })
		if n := len(utf16.Encode([]rune(strings.NewReplacer("_x005F_", "_").Replace(text)))); n > maxCellText {
			s.say("%s: a text of %d letters", where, n)
		}
	case "str", "b", "e":
	default:
		s.say("%s: the type %q", where, kind)
	}
}

// leads reports whether a link goes to a cell of a sheet that there is.
func (s *soundness) leads(to string) bool {
	i := strings.LastIndexByte(to, '!')
	if i < 0 {
		return false
	}
	name := to[:i]
	if strings.HasPrefix(name, "'") && strings.HasSuffix(name, "'") && len(name) > 1 {
		name = strings.ReplaceAll(name[1:len(name)-1], "''", "'")
	}
	first, _, _ := strings.Cut(to[i+1:], ":")
	col, row := split(strings.ReplaceAll(first, "$", ""))
	return col > 0 && row > 0 && slices.ContainsFunc(s.pkg.Sheets, func(x ooxml.Sheet) bool { return x.Name == name })
}

// The orders of chart elements.
var chartOrders = map[string][]string{
	"chartSpace":   {"date1904", "lang", "roundedCorners", "AlternateContent", "style", "clrMapOvr", "pivotSource", "protection", "chart", "spPr", "txPr", "externalData", "printSettings", "userShapes", "extLst"},
	"chart":        {"title", "autoTitleDeleted", "pivotFmts", "view3D", "floor", "sideWall", "backWall", "plotArea", "legend", "plotVisOnly", "dispBlanksAs", "extLst"},
	"plotArea":     {"layout", "barChart", "lineChart", "scatterChart", "catAx", "dateAx", "valAx", "dTable", "spPr", "extLst"},
	"barChart":     {"barDir", "grouping", "varyColors", "ser", "dLbls", "gapWidth", "overlap", "serLines", "axId"},
	"lineChart":    {"grouping", "varyColors", "ser", "dLbls", "dropLines", "hiLowLines", "upDownBars", "marker", "smooth", "axId"},
	"scatterChart": {"scatterStyle", "varyColors", "ser", "dLbls", "axId"},
	"ser":          {"idx", "order", "tx", "spPr", "invertIfNegative", "pictureOptions", "marker", "explosion", "dPt", "dLbls", "trendline", "errBars", "cat", "xVal", "val", "yVal", "smooth", "shape", "extLst"},
	"dLbls":        {"dLbl", "delete", "numFmt", "spPr", "txPr", "dLblPos", "showLegendKey", "showVal", "showCatName", "showSerName", "showPercent", "showBubbleSize", "separator", "showLeaderLines"},
	"catAx":        {"axId", "scaling", "delete", "axPos", "majorGridlines", "minorGridlines", "title", "numFmt", "majorTickMark", "minorTickMark", "tickLblPos", "spPr", "txPr", "crossAx", "crosses", "crossesAt", "auto", "lblAlgn", "lblOffset", "tickLblSkip", "tickMarkSkip", "noMultiLvlLbl"},
	"dateAx":       {"axId", "scaling", "delete", "axPos", "majorGridlines", "minorGridlines", "title", "numFmt", "majorTickMark", "minorTickMark", "tickLblPos", "spPr", "txPr", "crossAx", "crosses", "crossesAt", "auto", "lblOffset", "baseTimeUnit", "majorUnit", "majorTimeUnit", "minorUnit", "minorTimeUnit"},
	"valAx":        {"axId", "scaling", "delete", "axPos", "majorGridlines", "minorGridlines", "title", "numFmt", "majorTickMark", "minorTickMark", "tickLblPos", "spPr", "txPr", "crossAx", "crosses", "crossesAt", "crossBetween", "majorUnit", "minorUnit", "dispUnits"},
	"scaling":      {"logBase", "orientation", "max", "min"},
	"title":        {"tx", "layout", "overlay", "spPr", "txPr"},
	"legend":       {"legendPos", "legendEntry", "layout", "overlay", "spPr", "txPr"},
}

// drawings checks what a sheet of ours leads to: drawing and charts, down to
// the cells they are drawn from.
func (s *soundness) drawings(where, part string) error {
	links, err := s.pkg.Relations(part)
	if err != nil {
		return err
	}
	for _, l := range links {
		if s.pkg.Part(l.Target) == nil {
			s.say("%s leads to %s, which is not there", where, l.Target)
			continue
		}
		switch path.Base(l.Type) {
		case "drawing":
			if err := s.drawings(where, l.Target); err != nil {
				return err
			}
		case "chart":
			root, err := s.part(l.Target)
			if err != nil {
				return err
			}
			axes, crossed := map[string]int{}, map[string]bool{}
			root.walk(func(n node) {
				local := n.XMLName.Local
				if order, ok := chartOrders[local]; ok {
					s.inOrder(where+", "+path.Base(l.Target)+", "+local, n, order)
				}
				switch local {
				case "axId":
					id, _ := n.get("val")
					axes[id]++
				case "crossAx":
					id, _ := n.get("val")
					crossed[id] = true
				case "f":
					if !s.leads(n.Text) {
						s.say("%s: a chart is drawn from %q", where, n.Text)
					}
				case "ptCount":
					if v, _ := n.get("val"); v == "0" {
						s.say("%s: a chart is drawn from nothing", where)
					}
				}
			})
			for id, n := range axes {
				if n < 2 || !crossed[id] {
					s.say("%s: axis %s of %s hangs in the air", where, id, l.Target)
				}
			}
		}
	}
	return nil
}
