package ooxml

import (
	"bytes"
	"context"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/unicode"
)

// Open checks the package and reads what all sheets share. What it refuses
// comes back as *Refusal.
func Open(ctx context.Context, data []byte, limits Limits) (*Package, error) {
	if int64(len(data)) > limits.PackageBytes {
		return nil, &Refusal{Code: "too-large", Args: []any{mebibytes(limits.PackageBytes)}}
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
		return nil, limits.outOfTime(err)
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
	case len(data) > 4 && data[0] == 9 && data[1]&^14 == 0 && data[2] < 33 && data[3] == 0:
		return &Refusal{Code: "old-xls"} // a bare BOF record, without the OLE2 file around it
	case bytes.HasPrefix(data, []byte("PK")):
		if isODS(data) {
			return &Refusal{Code: "ods"}
		}
		return nil
	case bytes.HasPrefix(data, []byte("%PDF")):
		return &Refusal{Code: "not-a-workbook"}
	}
	head, err := UTF8(data[:min(len(data), 512)&^1])
	if err != nil {
		return &Refusal{Code: "not-a-workbook"}
	}
	head = bytes.TrimLeft(head, " \t\r\n")
	if bytes.HasPrefix(head, []byte("<")) {
		return &Refusal{Code: "html"}
	}
	for _, b := range head {
		if b < 0x09 || b > 0x0d && b < 0x20 {
			return &Refusal{Code: "not-a-workbook"}
		}
	}
	if len(head) == 0 || len(data) < 2 {
		return &Refusal{Code: "not-a-workbook"}
	}
	return &Refusal{Code: "text-file"}
}

// isODS reports an OpenDocument package: its first entry says what it is.
func isODS(data []byte) bool {
	return bytes.Contains(data[:min(len(data), 200)], []byte("mimetypeapplication/vnd.oasis.opendocument"))
}

// Part finds a part by name, in any letter case.
func (p *Package) Part(name string) *Part {
	name = strings.ToLower(strings.TrimPrefix(name, "/"))
	if part := p.byName[name]; part != nil {
		return part
	}
	return p.byName[unpercent(name)]
}

// unpercent resolves %20 and the like: the target of a relation is a URI.
func unpercent(name string) string {
	var b []byte
	for i := 0; i < len(name); i++ {
		if name[i] == '%' && i+3 <= len(name) {
			if c, err := strconv.ParseUint(name[i+1:i+3], 16, 8); err == nil {
				b = append(b, byte(c))
				i += 2
				continue
			}
		}
		b = append(b, name[i])
	}
	return string(b)
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
	if part.Size > uint64(p.limits.WholeBytes) {
		return nil, &Refusal{Code: "part-too-large", Part: name, Args: []any{name, mebibytes(p.limits.WholeBytes)}}
	}
	data := bytes.NewBuffer(make([]byte, 0, part.Size+bytes.MinRead))
	if _, err := data.ReadFrom(r); err != nil {
		return nil, &Refusal{Code: "damaged-part", Part: name, Err: err}
	}
	return data.Bytes(), nil
}

// UTF8 gives XML in UTF-8: UTF-16 with a byte order mark, or without one before
// `<`, is decoded; a UTF-8 mark is left out.
func UTF8(data []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(data, littleMark), bytes.HasPrefix(data, []byte("<\x00")):
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(data)
	case bytes.HasPrefix(data, bigMark), bytes.HasPrefix(data, []byte("\x00<")):
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder().Bytes(data)
	}
	return bytes.TrimPrefix(data, utf8Mark), nil
}
