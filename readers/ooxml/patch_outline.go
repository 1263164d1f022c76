package ooxml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
)

// Element is one element of a part's outline and where its tags lie in the
// part's text (byte offsets as for Edit).
type Element struct {
	Name     xml.Name // Space is the namespace, whatever the prefix
	Prefix   string   // as written, with its colon; "" for the default namespace
	Attr     []xml.Attr
	Children []*Element

	Start, Open int // begin and end of the start tag
	Close, End  int // begin and end of the end tag; all of a self-closing element ends at Open
	Empty       bool
	Prefixes    map[string]string // namespace -> prefix in scope, without colon; default namespaces are not listed
}

// outlineDepth is as deep as the insertion points of a package lie: the root,
// its containers, and what they contain.
const outlineDepth = 3

// Outline reads a part to its end and outlines its first three levels. The
// offsets count bytes of the text that comes with it: the part in UTF-8.
func (p *Package) Outline(part string) (*Element, []byte, error) {
	data, err := p.Bytes(part)
	if err != nil {
		return nil, nil, err
	}
	root, text, err := OutlineOf(data)
	if err != nil {
		return nil, nil, &Refusal{Code: "damaged-part", Part: part, Err: err}
	}
	return root, text, nil
}

// OutlineOf outlines a part that is in no package yet. Offsets come from the
// tokenizer, so that comments, CDATA sections and prefixes do not deceive it.
func OutlineOf(data []byte) (*Element, []byte, error) {
	text, _, err := decodeXML(data)
	if err != nil {
		return nil, nil, err
	}
	d := xml.NewDecoder(bytes.NewReader(text))
	d.CharsetReader = func(label string, in io.Reader) (io.Reader, error) { return in, nil }
	var root *Element
	var open []*Element
	depth := 0
	for {
		start := int(d.InputOffset())
		token, err := d.Token()
		if err == io.EOF {
			if root == nil || depth > 0 {
				return nil, nil, io.ErrUnexpectedEOF
			}
			return root, text, nil
		}
		if err != nil {
			return nil, nil, err
		}
		end := int(d.InputOffset())
		switch t := token.(type) {
		case xml.Directive:
			return nil, nil, errors.New("a document type declaration")
		case xml.StartElement:
			depth++
			if depth > outlineDepth {
				continue
			}
			e := &Element{Name: t.Name, Attr: t.Copy().Attr, Start: start, Open: end, Empty: text[end-2] == '/'}
			if name := text[start+1 : end]; bytes.IndexByte(name, ':') > 0 {
				if colon := bytes.IndexByte(name, ':'); bytes.IndexAny(name, " \t\r\n=/>") > colon {
					e.Prefix = string(name[:colon+1])
				}
			}
			if len(open) > 0 {
				parent := open[len(open)-1]
				parent.Children = append(parent.Children, e)
				e.Prefixes = parent.Prefixes
			} else if root == nil {
				root = e
			} else {
				return nil, nil, errors.New("two root elements")
			}
			e.declare()
			open = append(open, e)
		case xml.EndElement:
			if depth <= outlineDepth {
				e := open[len(open)-1]
				open = open[:len(open)-1]
				if e.Close, e.End = start, end; e.Empty {
					e.Close, e.End = e.Open, e.Open
				}
			}
			depth--
		}
	}
}

// declare notes the prefixes that an element binds or rebinds.
func (e *Element) declare() {
	for i, a := range e.Attr {
		if a.Name.Space != "xmlns" {
			continue
		}
		if i == 0 || !slices.ContainsFunc(e.Attr[:i], isPrefix) {
			e.Prefixes = maps.Clone(e.Prefixes)
			if e.Prefixes == nil {
				e.Prefixes = map[string]string{}
			}
		}
		maps.DeleteFunc(e.Prefixes, func(_, prefix string) bool { return prefix == a.Name.Local })
		e.Prefixes[a.Value] = a.Name.Local
	}
}

func isPrefix(a xml.Attr) bool { return a.Name.Space == "xmlns" }

// Child is the first child of that local name in the element's own namespace,
// or nil.
func (e *Element) Child(local string) *Element {
	if e == nil {
		return nil
	}
	for _, c := range e.Children {
		if c.Name.Local == local && c.Name.Space == e.Name.Space {
			return c
		}
	}
	return nil
}

// Get is the value of an attribute without namespace, "" where it is absent.
func (e *Element) Get(name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// Append gives the edits that put text at the end of an element's content. A
// self-closing element is opened for it.
func (e *Element) Append(put string) []Edit {
	if !e.Empty {
		return []Edit{{At: e.Close, Put: put}}
	}
	name := e.Prefix + e.Name.Local
	return []Edit{{At: e.Open - 2, Cut: 1}, {At: e.Open, Put: put + "</" + name + ">"}}
}

// SetAttr gives the edit that changes the value of an attribute without
// namespace. The attribute must be there, and value must need no escaping.
func (e *Element) SetAttr(text []byte, name, value string) (Edit, bool) {
	tag := string(text[e.Start:e.Open])
	at := strings.IndexAny(tag, " \t\r\n")
	for at >= 0 && at < len(tag) {
		equals := strings.IndexByte(tag[at:], '=')
		if equals < 0 {
			break
		}
		key := strings.TrimSpace(tag[at : at+equals])
		quote := at + equals + strings.IndexAny(tag[at+equals:], `"'`)
		length := strings.IndexByte(tag[quote+1:], tag[quote])
		if key == name {
			return Edit{At: e.Start + quote + 1, Cut: length, Put: value}, true
		}
		at = quote + 1 + length + 1
	}
	return Edit{}, false
}
