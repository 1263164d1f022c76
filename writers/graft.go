package writers

import (
	"fmt"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"

	"shakeout/readers/ooxml"
)

// The namespaces of our parts, as most workbooks have them.
const (
	mainSpace   = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	relSpace    = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	drawSpace   = "http://schemas.openxmlformats.org/drawingml/2006/main"
	chartSpace  = "http://schemas.openxmlformats.org/drawingml/2006/chart"
	anchorSpace = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
	linkSpace   = "http://schemas.openxmlformats.org/package/2006/relationships" // the same in both
)

// strictSpaces are their names in workbooks saved as "Strict Open XML".
// Source: ISO/IEC 29500-1, annex A.
var strictSpaces = map[string]string{
	mainSpace:   "http://purl.oclc.org/ooxml/spreadsheetml/main",
	relSpace:    "http://purl.oclc.org/ooxml/officeDocument/relationships",
	drawSpace:   "http://purl.oclc.org/ooxml/drawingml/main",
	chartSpace:  "http://purl.oclc.org/ooxml/drawingml/chart",
	anchorSpace: "http://purl.oclc.org/ooxml/drawingml/spreadsheetDrawing",
}

func space(transitional string, strict bool) string {
	if strict {
		return strictSpaces[transitional]
	}
	return transitional
}

const xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

// The content types of our parts.
const (
	sheetType   = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
	drawingType = "application/vnd.openxmlformats-officedocument.drawing+xml"
	chartType   = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
	stylesType  = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
	relsType    = "application/vnd.openxmlformats-package.relationships+xml"
)

const (
	contentTypes = "[Content_Types].xml"
	maxSheetID   = 65534
	maxSheetName = 31 // UTF-16 units
)

// graft is an analyst's workbook being given our sheets. Nothing in it is
// written anew: the four parts that must mention our sheets are inserted into.
type graft struct {
	pkg      *ooxml.Package
	workbook *ooxml.Element
	rels     *ooxml.Element
	types    *ooxml.Element
	relsPart string
	book     []byte // text of the workbook part
	strict   bool
	styles   *stylesheet

	patch     ooxml.Patch
	names     map[string]bool // sheet names in use, folded
	parts     map[string]bool // part names in use, folded
	sheetIDs  map[int]bool
	ids       map[string]bool // relation ids of the workbook part
	remaining int             // sheets of the analyst's that stay
	again     bool            // sheets of an earlier run were taken out
	overrides []string
	links     []string
	entries   []string
	defined   []string
}

// newGraft reads what must be known before sheets can be added, and takes out
// the sheets of an earlier run. font is the typeface of our cells.
func newGraft(pkg *ooxml.Package, font string) (*graft, error) {
	g := &graft{pkg: pkg, names: map[string]bool{}, parts: map[string]bool{}, sheetIDs: map[int]bool{}, ids: map[string]bool{},
		patch: ooxml.Patch{Edits: map[string][]ooxml.Edit{}, Remove: map[string]bool{}}}
	dir, file := path.Split(pkg.Workbook)
	g.relsPart = dir + "_rels/" + file + ".rels"
	var err error
	if g.workbook, g.book, err = pkg.Outline(pkg.Workbook); err != nil {
		return nil, err
	}
	if g.rels, _, err = pkg.Outline(g.relsPart); err != nil {
		return nil, err
	}
	if g.types, _, err = pkg.Outline(contentTypes); err != nil {
		return nil, err
	}
	g.strict = g.workbook.Name.Space == strictSpaces[mainSpace]
	for _, p := range pkg.Parts() {
		g.parts[strings.ToLower(p.Name)] = true
	}
	for _, r := range g.rels.Children {
		g.ids[r.Get("Id")] = true
	}
	if err := g.removeOurs(); err != nil {
		return nil, err
	}
	return g, g.openStyles(font)
}

// openStyles prepares the styles part. Where there is none, a new one is the
// first part added, so that enriching the copy again finds all at its place.
func (g *graft) openStyles(font string) error {
	if g.pkg.Styles != "" {
		root, text, err := g.pkg.Outline(g.pkg.Styles)
		if err != nil {
			return err
		}
		g.styles = newStylesheet(root, text, font)
		if g.again {
			g.styles.wasOurs()
		}
		return nil
	}
	root, text, err := ooxml.OutlineOf([]byte(strings.Replace(emptyStyles, mainSpace, space(mainSpace, g.strict), 1)))
	if err != nil {
		return err
	}
	g.styles = newStylesheet(root, text, font)
	name := path.Join(path.Dir(g.pkg.Workbook), "styles.xml")
	if g.parts[strings.ToLower(name)] {
		name = g.partName("", "styles")
	}
	g.newPart(name, stylesType, nil)
	g.link("styles", name)
	return nil
}

// sheetName gives a sheet name that the workbook does not have yet, in any
// letter case: the wanted one, or the wanted one with a number.
func (g *graft) sheetName(want string) string {
	want = strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]`, r) {
			return ' '
		}
		return r
	}, want), "' ")
	name := cutUnits(want, maxSheetName)
	for n := 2; g.names[foldName(name)]; n++ {
		suffix := fmt.Sprintf(" (%d)", n)
		name = cutUnits(want, maxSheetName-len(suffix)) + suffix
	}
	g.names[foldName(name)] = true
	return name
}

func foldName(name string) string { return strings.ToUpper(strings.ToLower(name)) }

// cutUnits shortens text to so many UTF-16 units.
func cutUnits(s string, limit int) string {
	units := 0
	for i, r := range s {
		if units += utf16.RuneLen(r); units > limit {
			return s[:i]
		}
	}
	return s
}

// partName takes a free part name of the form dir/kind<n>.xml beside the
// workbook part.
func (g *graft) partName(dir, kind string) string {
	for n := 1; ; n++ {
		name := path.Join(path.Dir(g.pkg.Workbook), dir, fmt.Sprintf("%s%d.xml", kind, n))
		if dir, file := path.Split(name); !g.parts[strings.ToLower(name)] && !g.parts[strings.ToLower(dir+"_rels/"+file+".rels")] {
			g.parts[strings.ToLower(name)] = true
			return name
		}
	}
}

var numbered = regexp.MustCompile(`^rId(\d{1,9})$`)

// relationID takes a free relation id of the workbook part.
func (g *graft) relationID() string {
	n := 1
	for id := range g.ids {
		if m := numbered.FindStringSubmatch(id); m != nil {
			k, _ := strconv.Atoi(m[1])
			n = max(n, k+1)
		}
	}
	id := "rId" + strconv.Itoa(n)
	g.ids[id] = true
	return id
}

// sheetID takes a free sheet id: one above the highest, or the lowest free one
// where the highest is the last there is.
func (g *graft) sheetID() int {
	id := 1
	for used := range g.sheetIDs {
		id = max(id, used+1)
	}
	if id > maxSheetID {
		for id = 1; g.sheetIDs[id]; id++ {
		}
	}
	g.sheetIDs[id] = true
	return id
}

// add gives the workbook a sheet: its part, drawing and charts, and the entries
// that lead to them.
func (g *graft) add(s *sheet) {
	g.styles.keepTyped(s)
	position := g.remaining + len(g.entries)
	name := g.partName("worksheets", "sheet")
	drawing := ""
	if len(s.plots) > 0 {
		drawing = "rId1"
		drawingName := g.partName("drawings", "drawing")
		var charts []string
		for _, p := range s.plots {
			chart := g.partName("charts", "chart")
			g.newPart(chart, chartType, p.xml(g.strict))
			charts = append(charts, chart)
		}
		g.newPart(drawingName, drawingType, s.drawing(g.strict))
		g.newRels(drawingName, "chart", charts)
		g.newRels(name, "drawing", []string{drawingName})
	}
	g.newPart(name, sheetType, nil)
	g.patch.Add[len(g.patch.Add)-1].Write = func(w io.Writer) error { return s.write(w, g.strict, drawing) }

	id := g.link("worksheet", name)
	prefix, declare := g.relationPrefix()
	g.entries = append(g.entries, fmt.Sprintf(`<%ssheet name="%s" sheetId="%d"%s %s:id="%s"/>`, g.sheetsPrefix(), escape(s.name), g.sheetID(), declare, prefix, id))

	g.define(fmt.Sprintf(`name="%s" hidden="1"`, ooxml.OwnPrefix+s.key), s.ref(1, 1))
	local := fmt.Sprintf(` localSheetId="%d"`, position)
	if s.filter != "" {
		g.define(`name="_xlnm._FilterDatabase"`+local+` hidden="1"`, quoteSheet(s.name)+"!"+dollars(s.filter))
	}
	if s.printed != "" {
		g.define(`name="_xlnm.Print_Area"`+local, quoteSheet(s.name)+"!"+dollars(s.printed))
	}
	if s.repeated > 0 {
		g.define(`name="_xlnm.Print_Titles"`+local, fmt.Sprintf("%s!$1:$%d", quoteSheet(s.name), s.repeated))
	}
}

var a1 = regexp.MustCompile(`([A-Z]+)(\d+)`)

func dollars(ref string) string { return a1.ReplaceAllString(ref, `$$$1$$$2`) }

func (g *graft) define(attributes, refers string) {
	g.defined = append(g.defined, `<p:definedName `+attributes+`>`+escape(refers)+`</p:definedName>`)
}

func (g *graft) newPart(name, contentType string, data []byte) {
	g.patch.Add = append(g.patch.Add, ooxml.NewPart{Name: name, Data: data})
	g.overrides = append(g.overrides, fmt.Sprintf(`<%sOverride PartName="/%s" ContentType="%s"/>`, g.types.Prefix, escape(name), contentType))
}

// newRels writes the relations of a new part of ours: rId1 and on.
func (g *graft) newRels(part, kind string, targets []string) {
	var b strings.Builder
	b.WriteString(xmlHead + `<Relationships xmlns="` + linkSpace + `">`)
	for i, t := range targets {
		fmt.Fprintf(&b, `<Relationship Id="rId%d" Type="%s/%s" Target="%s"/>`, i+1, space(relSpace, g.strict), kind, escape(relative(part, t)))
	}
	b.WriteString(`</Relationships>`)
	dir, file := path.Split(part)
	name := dir + "_rels/" + file + ".rels"
	g.patch.Add = append(g.patch.Add, ooxml.NewPart{Name: name, Data: []byte(b.String())})
	if !g.knowsRels() {
		g.overrides = append(g.overrides, fmt.Sprintf(`<%sOverride PartName="/%s" ContentType="%s"/>`, g.types.Prefix, escape(name), relsType))
	}
}

// knowsRels reports whether the package types .rels parts by their extension.
func (g *graft) knowsRels() bool {
	for _, c := range g.types.Children {
		if c.Name.Local == "Default" && strings.EqualFold(c.Get("Extension"), "rels") {
			return true
		}
	}
	return false
}

// link relates the workbook part to a part.
func (g *graft) link(kind, target string) string {
	id := g.relationID()
	g.links = append(g.links, fmt.Sprintf(`<%sRelationship Id="%s" Type="%s/%s" Target="%s"/>`, g.rels.Prefix, id, space(relSpace, g.strict), kind, escape(relative(g.pkg.Workbook, target))))
	return id
}

// relative is a target as seen from the folder of the part that names it.
func relative(from, to string) string {
	dir := path.Dir(from)
	up := ""
	for dir != "." && !strings.HasPrefix(to, dir+"/") {
		dir, up = path.Dir(dir), up+"../"
	}
	if dir == "." {
		return up + to
	}
	return up + strings.TrimPrefix(to, dir+"/")
}

func (g *graft) sheetsPrefix() string { return g.workbook.Child("sheets").Prefix }

// relationPrefix is the prefix of relation ids in scope of the sheet list, or
// one to be declared with each entry.
func (g *graft) relationPrefix() (prefix, declare string) {
	namespace := space(relSpace, g.strict)
	if p, ok := g.workbook.Child("sheets").Prefixes[namespace]; ok {
		return p, ""
	}
	return "r", ` xmlns:r="` + namespace + `"`
}

// beforeNames are the children of a workbook element that stand before its
// defined names.
var beforeNames = []string{"sheets", "functionGroups", "externalReferences"}

// finish makes the patch whole.
func (g *graft) finish() (ooxml.Patch, error) {
	sheets := g.workbook.Child("sheets")
	g.edit(g.pkg.Workbook, sheets.Append(strings.Join(g.entries, ""))...)
	if names := g.workbook.Child("definedNames"); names != nil {
		g.edit(g.pkg.Workbook, names.Append(withPrefix(strings.Join(g.defined, ""), names.Prefix))...)
	} else {
		at := sheets.End
		for _, local := range beforeNames {
			if c := g.workbook.Child(local); c != nil {
				at = max(at, c.End)
			}
		}
		g.edit(g.pkg.Workbook, ooxml.Edit{At: at, Put: withPrefix("<p:definedNames>"+strings.Join(g.defined, "")+"</p:definedNames>", g.workbook.Prefix)})
	}
	edits := g.styles.edits()
	if g.pkg.Styles == "" {
		styles, err := ooxml.Splice(g.styles.text, edits)
		if err != nil {
			return ooxml.Patch{}, err
		}
		g.patch.Add[0].Data = styles
	} else {
		g.edit(g.pkg.Styles, edits...)
	}
	g.edit(g.relsPart, g.rels.Append(strings.Join(g.links, ""))...)
	g.edit(contentTypes, g.types.Append(strings.Join(g.overrides, ""))...)
	return g.patch, nil
}

func (g *graft) edit(part string, edits ...ooxml.Edit) {
	g.patch.Edits[part] = append(g.patch.Edits[part], edits...)
}
