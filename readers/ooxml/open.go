package ooxml

import (
	"bytes"
	"context"
	"encoding/xml"
	"io"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
)

// Open checks the package and reads what all sheets share. What it refuses
// comes back as *Refusal.
func Open(ctx context.Context, data []byte, limits Limits) (*Package, error) {
	if int64(len(data)) > limits.PackageBytes {
		return nil, &Refusal{Code: "too-large"}
	}
	if r := sniff(data); r != nil {
		return nil, r
	}
	parts, refusal := directory(data, limits)
	if refusal != nil {
		return nil, refusal
	}
	p := &Package{data: data, parts: parts, byName: map[string]*Part{}, limits: limits}
	for _, part := range parts {
		p.byName[strings.ToLower(part.Name)] = part
	}
	if err := p.load(ctx); err != nil {
		return nil, err
	}
	return p, nil
}

// sniff tells by the first bytes what is no zip package.
func sniff(data []byte) *Refusal {
	switch {
	case len(data) == 0:
		return &Refusal{Code: "empty-file"}
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		name := []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")
		if bytes.Contains(data, name) {
			return &Refusal{Code: "password-protected"}
		}
		return &Refusal{Code: "old-xls"}
	case bytes.HasPrefix(data, []byte("PK")):
		if bytes.Contains(data[:min(len(data), 200)], []byte("mimetypeapplication/vnd.oasis.opendocument")) {
			return &Refusal{Code: "ods"}
		}
		return nil
	}
	head := bytes.TrimLeft(bytes.TrimPrefix(data[:min(len(data), 512)], []byte("\xef\xbb\xbf")), " \t\r\n")
	if bytes.HasPrefix(head, []byte("<")) {
		return &Refusal{Code: "html"}
	}
	for _, b := range head {
		if b < 0x09 || b > 0x0d && b < 0x20 {
			return &Refusal{Code: "not-a-workbook"}
		}
	}
	return &Refusal{Code: "text-file"}
}

// Part finds a part by name, in any letter case.
func (p *Package) Part(name string) *Part {
	return p.byName[strings.ToLower(strings.TrimPrefix(name, "/"))]
}

// Parts lists the parts in package order.
func (p *Package) Parts() []*Part { return p.parts }

// Bytes inflates a part, checked for size and CRC.
func (p *Package) Bytes(name string) ([]byte, error) {
	part := p.Part(name)
	if part == nil {
		return nil, &Refusal{Code: "missing-part", Part: name}
	}
	r, err := part.open()
	if err != nil {
		return nil, &Refusal{Code: "damaged-part", Part: name, Err: err}
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, &Refusal{Code: "damaged-part", Part: name, Err: err}
	}
	return data, nil
}

// decoder reads a part's XML from its start to the end of its root.
func (p *Package) decoder(name string) (*xml.Decoder, error) {
	data, err := p.Bytes(name)
	if err != nil {
		return nil, err
	}
	data, err = UTF8(data)
	if err != nil {
		return nil, &Refusal{Code: "damaged-part", Part: name, Err: err}
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		l := strings.ToLower(label)
		if strings.HasPrefix(l, "utf-16") || l == "us-ascii" || l == "utf-8" || l == "utf8" {
			return in, nil
		}
		e, err := htmlindex.Get(label)
		if err != nil {
			return nil, err
		}
		return e.NewDecoder().Reader(in), nil
	}
	return d, nil
}

// UTF8 gives XML in UTF-8: UTF-16 with a byte order mark, or without one before
// `<`, is decoded; a UTF-8 mark is left out.
func UTF8(data []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("<\x00")):
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(data)
	case bytes.HasPrefix(data, []byte("\xfe\xff")), bytes.HasPrefix(data, []byte("\x00<")):
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder().Bytes(data)
	}
	return bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), nil
}

// walk hands each start element to start and each end to end, and insists on a
// whole document without a DOCTYPE.
func walk(d *xml.Decoder, part string, start func(xml.StartElement) error, text func([]byte), end func(string)) error {
	depth, roots := 0, 0
	for {
		token, err := d.Token()
		if err == io.EOF {
			if depth != 0 || roots != 1 {
				return &Refusal{Code: "damaged-part", Part: part, Err: io.ErrUnexpectedEOF}
			}
			return nil
		}
		if err != nil {
			return &Refusal{Code: "damaged-part", Part: part, Err: err}
		}
		switch t := token.(type) {
		case xml.Directive:
			return &Refusal{Code: "doctype", Part: part}
		case xml.StartElement:
			if depth == 0 {
				roots++
			}
			depth++
			if err := start(t); err != nil {
				return err
			}
		case xml.EndElement:
			depth--
			if end != nil {
				end(t.Name.Local)
			}
		case xml.CharData:
			if text != nil {
				text(t)
			}
		}
	}
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// Relation is one relationship of a part.
type Relation struct{ ID, Type, Target string }

// Relations lists a part's relationships with targets resolved to part names.
// A part without any has none. "" asks for those of the package.
func (p *Package) Relations(part string) ([]Relation, error) {
	dir, file := path.Split(part)
	name := dir + "_rels/" + file + ".rels"
	if p.Part(name) == nil {
		return nil, nil
	}
	d, err := p.decoder(name)
	if err != nil {
		return nil, err
	}
	var all []Relation
	err = walk(d, name, func(e xml.StartElement) error {
		if e.Name.Local != "Relationship" {
			return nil
		}
		r := Relation{ID: attr(e, "Id"), Type: attr(e, "Type"), Target: strings.ReplaceAll(attr(e, "Target"), `\`, "/")}
		if attr(e, "TargetMode") != "External" {
			if strings.HasPrefix(r.Target, "/") {
				r.Target = path.Clean(r.Target)[1:]
			} else {
				r.Target = path.Join(dir, r.Target)
			}
		}
		all = append(all, r)
		return nil
	}, nil, nil)
	return all, err
}

// kind is the last word of a relationship type.
func (r Relation) kind() string { return path.Base(r.Type) }

func (p *Package) load(ctx context.Context) error {
	top, err := p.Relations("")
	if err != nil {
		return err
	}
	i := slices.IndexFunc(top, func(r Relation) bool { return r.kind() == "officeDocument" })
	if i < 0 || p.Part(top[i].Target) == nil {
		if p.Part("xl/workbook.bin") != nil {
			return &Refusal{Code: "xlsb"}
		}
		return &Refusal{Code: "not-a-workbook"}
	}
	p.Workbook = p.Part(top[i].Target).Name
	if strings.HasSuffix(p.Workbook, ".bin") {
		return &Refusal{Code: "xlsb"}
	}
	rels, err := p.Relations(p.Workbook)
	if err != nil {
		return err
	}
	byID := map[string]Relation{}
	shared := ""
	for _, r := range rels {
		byID[r.ID] = r
		if p.Part(r.Target) == nil {
			continue
		}
		switch r.kind() {
		case "styles":
			p.Styles = p.Part(r.Target).Name
		case "sharedStrings":
			shared = p.Part(r.Target).Name
		}
	}
	d, err := p.decoder(p.Workbook)
	if err != nil {
		return err
	}
	var name *DefinedName
	root := ""
	err = walk(d, p.Workbook, func(e xml.StartElement) error {
		if root == "" {
			root = e.Name.Local
		}
		switch e.Name.Local {
		case "workbookPr":
			v := attr(e, "date1904")
			p.Date1904 = v == "1" || v == "true"
		case "sheet":
			r := byID[attr(e, "id")]
			s := Sheet{Name: attr(e, "name"), Hidden: attr(e, "state") == "hidden" || attr(e, "state") == "veryHidden"}
			if part := p.Part(r.Target); part != nil {
				s.Part, s.Grid = part.Name, r.kind() == "worksheet"
			}
			p.Sheets = append(p.Sheets, s)
		case "definedName":
			p.Names = append(p.Names, DefinedName{Name: attr(e, "name"), Hidden: attr(e, "hidden") == "1"})
			name = &p.Names[len(p.Names)-1]
		}
		return nil
	}, func(t []byte) {
		if name != nil {
			name.Refers += string(t)
		}
	}, func(local string) {
		if local == "definedName" {
			name = nil
		}
	})
	if err != nil {
		return err
	}
	if root != "workbook" {
		return &Refusal{Code: "not-a-workbook", Part: p.Workbook}
	}
	for i := range p.Sheets {
		s := &p.Sheets[i]
		quoted := "'" + strings.ReplaceAll(s.Name, "'", "''") + "'!"
		for _, n := range p.Names {
			if strings.HasPrefix(n.Name, OwnPrefix) && (strings.HasPrefix(n.Refers, quoted) || strings.HasPrefix(n.Refers, s.Name+"!")) {
				s.Ours = true
			}
		}
	}
	if p.Styles != "" {
		if err := p.readStyles(); err != nil {
			return err
		}
	}
	if shared != "" {
		return p.readStrings(shared)
	}
	return nil
}
