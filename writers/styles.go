package writers

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"shakeout/readers/ooxml"
)

// style is how a cell of ours looks. Equal styles share one cell format.
type style struct {
	bold, italic, link bool
	size               float64 // points; 0 is the size of body text
	color, fill        string  // RRGGBB; "" is automatic, or no fill
	format             string  // number format code; "" is General
	align              string  // left, center, right; "" is by kind of value
	wrap, top, middle  bool
	shrink             bool // smaller letters where the text would not fit
	indent             int
	under, over        string // colour of a thin line below and above
	asTyped            bool   // text that must stay text even when the cell is edited
}

// stylesheet appends formats to the styles part of an analyst's workbook. It
// keeps every format that is there and numbers its own after them, counting
// the children themselves, since the count attributes may be wrong. A format
// that stands there already, as in a workbook enriched before, is used again.
type stylesheet struct {
	root    *ooxml.Element
	text    []byte
	fonts   *formatPool
	fills   *formatPool
	borders *formatPool
	xfs     *formatPool
	dxfs    *formatPool
	codes   map[string]int // number format code -> id
	taken   map[int]bool   // number format ids in use
	newFmts []string
	numFmts *ooxml.Element
	base    bool // cellStyleXfs has an entry that cell formats can refer to
	font    string
	known   map[style]int
}

// formatPool is one container of the styles part.
type formatPool struct {
	local     string
	container *ooxml.Element // nil where the part lacks it
	prefix    string         // of the elements it holds
	index     map[string]int // an entry as written -> its number
	forms     map[string]int // an entry's form -> its number; nil unless asked for
	count     int
	added     []string
}

// emptyStyles is the styles part of a workbook that has none.
const emptyStyles = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n" +
	`<styleSheet xmlns="` + mainSpace + `"></styleSheet>`

const (
	defaultFont   = `<p:font><p:sz val="11"/><p:name val="Calibri"/><p:family val="2"/></p:font>`
	noFill        = `<p:fill><p:patternFill patternType="none"/></p:fill>`
	grayFill      = `<p:fill><p:patternFill patternType="gray125"/></p:fill>`
	noBorder      = `<p:border><p:left/><p:right/><p:top/><p:bottom/><p:diagonal/></p:border>`
	defaultFormat = `<p:xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>`
)

var usedFormat = regexp.MustCompile(`numFmtId\s*=\s*["'](\d+)["']`)

// newStylesheet prepares a styles part for appending. font is the typeface of
// our cells.
func newStylesheet(root *ooxml.Element, text []byte, font string) *stylesheet {
	s := &stylesheet{root: root, text: text, font: font, codes: map[string]int{}, taken: map[int]bool{}, known: map[style]int{}}
	pool := func(local string) *formatPool {
		p := &formatPool{local: local, container: root.Child(local), prefix: root.Prefix, index: map[string]int{}}
		if p.container == nil {
			return p
		}
		p.prefix = p.container.Prefix
		for _, c := range p.container.Children {
			written := string(text[c.Start:c.End])
			if _, ok := p.index[written]; !ok {
				p.index[written] = p.count
			}
			p.count++
		}
		return p
	}
	s.fonts, s.fills, s.borders, s.xfs, s.dxfs = pool("fonts"), pool("fills"), pool("borders"), pool("cellXfs"), pool("dxfs")
	// Entries that every workbook has and that cells without a format mean.
	s.fonts.fill(defaultFont)
	s.fills.fill(noFill, grayFill)
	s.borders.fill(noBorder)
	s.xfs.fill(defaultFormat)
	base := root.Child("cellStyleXfs")
	s.base = base != nil && len(base.Children) > 0
	if s.numFmts = root.Child("numFmts"); s.numFmts != nil {
		for _, c := range s.numFmts.Children {
			if id, err := strconv.Atoi(c.Get("numFmtId")); err == nil {
				s.codes[c.Get("formatCode")] = id
			}
		}
	}
	// Ids also stand in cell formats and conditional formats; one too many
	// counted as used does no harm.
	for _, m := range usedFormat.FindAllSubmatch(text, -1) {
		if id, err := strconv.Atoi(string(m[1])); err == nil {
			s.taken[id] = true
		}
	}
	return s
}

// wasOurs makes formats of an earlier run that another program has saved since,
// and written its own way, be found and used again.
func (s *stylesheet) wasOurs() {
	for _, p := range []*formatPool{s.fonts, s.fills, s.borders, s.xfs, s.dxfs} {
		p.forms = map[string]int{}
		for written, i := range p.index {
			if at, ok := p.forms[formatForm(written)]; !ok || i < at {
				p.forms[formatForm(written)] = i
			}
		}
	}
}

// fill makes sure that the first entries exist.
func (p *formatPool) fill(entries ...string) {
	for p.count < len(entries) {
		p.add(withPrefix(entries[p.count], p.prefix))
	}
}

// of is the number of an entry, appended where it is new.
func (p *formatPool) of(entry string) int {
	written := withPrefix(entry, p.prefix)
	if i, ok := p.index[written]; ok {
		return i
	}
	if p.forms != nil {
		if i, ok := p.forms[formatForm(written)]; ok {
			return i
		}
	}
	return p.add(written)
}

func (p *formatPool) add(written string) int {
	i := p.count
	p.index[written] = i
	p.added = append(p.added, written)
	p.count++
	return i
}

// maxFormats is how many cell formats Excel takes.
const maxFormats = 65490

// id is the cell format of a style. In a workbook that has almost all formats
// that Excel takes, ours are plain.
func (s *stylesheet) id(st style) int {
	if id, ok := s.known[st]; ok {
		return id
	}
	if s.xfs.count >= maxFormats {
		return 0
	}
	apply := ""
	var numFmt, fill, border int
	if st.format != "" {
		numFmt = s.formatID(st.format)
		apply += ` applyNumberFormat="1"`
	}
	font := s.fonts.of(s.fontOf(st))
	apply += ` applyFont="1"`
	if st.fill != "" {
		fill = s.fills.of(`<p:fill><p:patternFill patternType="solid"><p:fgColor rgb="FF` + st.fill + `"/><p:bgColor indexed="64"/></p:patternFill></p:fill>`)
		apply += ` applyFill="1"`
	}
	if st.under != "" || st.over != "" {
		side := func(name, color string) string {
			if color == "" {
				return `<p:` + name + `/>`
			}
			return `<p:` + name + ` style="thin"><p:color rgb="FF` + color + `"/></p:` + name + `>`
		}
		border = s.borders.of(`<p:border><p:left/><p:right/>` + side("top", st.over) + side("bottom", st.under) + `<p:diagonal/></p:border>`)
		apply += ` applyBorder="1"`
	}
	alignment := ""
	if st.align != "" {
		alignment += ` horizontal="` + st.align + `"`
	}
	switch {
	case st.top:
		alignment += ` vertical="top"`
	case st.middle:
		alignment += ` vertical="center"`
	}
	if st.wrap {
		alignment += ` wrapText="1"`
	}
	if st.shrink {
		alignment += ` shrinkToFit="1"`
	}
	if st.indent > 0 {
		alignment += fmt.Sprintf(` indent="%d"`, st.indent)
	}
	if alignment != "" {
		apply += ` applyAlignment="1"`
	}
	xf := fmt.Sprintf(`<p:xf numFmtId="%d" fontId="%d" fillId="%d" borderId="%d"`, numFmt, font, fill, border)
	if s.base {
		xf += ` xfId="0"`
	}
	if st.asTyped {
		xf += ` quotePrefix="1"`
	}
	if xf += apply; alignment != "" {
		xf += `><p:alignment` + alignment + `/></p:xf>`
	} else {
		xf += `/>`
	}
	id := s.xfs.of(xf)
	s.known[st] = id
	return id
}

func (s *stylesheet) fontOf(st style) string {
	f := `<p:font>`
	if st.bold {
		f += `<p:b/>`
	}
	if st.italic {
		f += `<p:i/>`
	}
	color := st.color
	if st.link {
		f += `<p:u/>`
		color = inkLink
	}
	size := st.size
	if size == 0 {
		size = bodySize
	}
	f += `<p:sz val="` + strconv.FormatFloat(size, 'f', -1, 64) + `"/>`
	if color == "" {
		color = ink
	}
	return f + `<p:color rgb="FF` + color + `"/><p:name val="` + s.font + `"/><p:family val="2"/></p:font>`
}

// builtIn are the numbers of codes that every workbook has and that mean the
// same in every language. Source: ISO/IEC 29500-1, 18.8.30.
var builtIn = map[string]int{"0": 1, "0.00": 2, "#,##0": 3, "#,##0.00": 4, "0%": 9, "0.00%": 10, "@": 49}

// formatID is the number of a number format code: a built-in one, one that the
// workbook has, or a new one above all that are used.
func (s *stylesheet) formatID(code string) int {
	if id, ok := builtIn[code]; ok {
		return id
	}
	if id, ok := s.codes[code]; ok {
		return id
	}
	id := 164
	if highest := slices.Max(append(slices.Collect(maps.Keys(s.taken)), 0)); highest >= id && highest < 60000 {
		id = highest + 1
	}
	for s.taken[id] {
		id++
	}
	s.taken[id], s.codes[code] = true, id
	prefix := s.root.Prefix
	if s.numFmts != nil {
		prefix = s.numFmts.Prefix
	}
	s.newFmts = append(s.newFmts, fmt.Sprintf(`<%snumFmt numFmtId="%d" formatCode="%s"/>`, prefix, id, escape(code)))
	return id
}

// differential is the number of a conditional format: text and fill colours.
func (s *stylesheet) differential(color, fill string) int {
	return s.dxfs.of(`<p:dxf><p:font><p:color rgb="FF` + color + `"/></p:font><p:fill><p:patternFill><p:bgColor rgb="FF` + fill + `"/></p:patternFill></p:fill></p:dxf>`)
}

// stylesOrder is the order of the containers that the schema asks for.
var stylesOrder = []string{"numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles", "colors", "extLst"}

// edits put what was appended into the styles part.
func (s *stylesheet) edits() []ooxml.Edit {
	added := map[string][]string{"numFmts": s.newFmts}
	containers := map[string]*ooxml.Element{"numFmts": s.numFmts}
	for _, p := range []*formatPool{s.fonts, s.fills, s.borders, s.xfs, s.dxfs} {
		added[p.local], containers[p.local] = p.added, p.container
	}
	var edits []ooxml.Edit
	whole := "" // for a styleSheet without any content
	at := s.root.Open
	for _, local := range stylesOrder {
		container := containers[local]
		if container == nil {
			container = s.root.Child(local)
		}
		if container != nil {
			at = max(at, container.End)
		}
		entries := strings.Join(added[local], "")
		switch {
		case entries == "":
		case container != nil:
			edits = append(edits, container.Append(entries)...)
		default:
			name := s.root.Prefix + local
			made := fmt.Sprintf(`<%s count="%d">%s</%s>`, name, len(added[local]), entries, name)
			if s.root.Empty {
				whole += made
			} else {
				edits = append(edits, ooxml.Edit{At: at, Put: made})
			}
		}
	}
	if whole != "" {
		edits = s.root.Append(whole)
	}
	return edits
}

// withPrefix gives elements written with "p:" the prefix of where they go.
func withPrefix(entries, prefix string) string {
	return strings.ReplaceAll(strings.ReplaceAll(entries, "<p:", "<"+prefix), "</p:", "</"+prefix)
}
