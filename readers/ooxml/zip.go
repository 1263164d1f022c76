package ooxml

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"hash/crc32"
	"io"
	"slices"
	"strings"

	"github.com/klauspost/compress/flate"
)

// Part is one entry of the package as its central directory lists it.
type Part struct {
	Name   string // as stored, backslashes as slashes, no leading slash
	file   *zip.File
	Size   uint64
	Method uint16
}

// Raw is an entry's compressed bytes and header, for copying it unchanged.
func (p *Part) Raw() (*zip.FileHeader, io.Reader, error) {
	r, err := p.file.OpenRaw()
	return &p.file.FileHeader, r, err
}

// directory reads the central directory and checks it before anything is
// inflated: names, flags, methods, sizes, overlap.
func directory(data []byte, limits Limits) ([]*Part, *Refusal) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, &Refusal{Code: "damaged-zip", Err: err}
	}
	if len(z.File) > limits.Parts {
		return nil, &Refusal{Code: "too-many-parts"}
	}
	seen := map[string]bool{}
	var total uint64
	var parts []*Part
	for _, f := range z.File {
		name := strings.ReplaceAll(f.Name, `\`, "/")
		if strings.HasSuffix(name, "/") && f.UncompressedSize64 == 0 {
			continue
		}
		folded := strings.ToLower(name)
		switch {
		case strings.HasPrefix(name, "/") || len(name) > 1 && name[1] == ':' || hasDotDot(name):
			return nil, &Refusal{Code: "unsafe-name", Part: name}
		case seen[folded]:
			return nil, &Refusal{Code: "duplicate-part", Part: name}
		case f.Flags&1 != 0:
			return nil, &Refusal{Code: "password-protected", Part: name}
		case f.Method != zip.Store && f.Method != zip.Deflate:
			return nil, &Refusal{Code: "unknown-compression", Part: name}
		case f.UncompressedSize64 > uint64(limits.PartBytes):
			return nil, &Refusal{Code: "too-large", Part: name}
		}
		seen[folded] = true
		total += f.UncompressedSize64
		if total > uint64(limits.TotalBytes) {
			return nil, &Refusal{Code: "too-large"}
		}
		parts = append(parts, &Part{Name: name, file: f, Size: f.UncompressedSize64, Method: f.Method})
	}
	if overlapping(parts) {
		return nil, &Refusal{Code: "damaged-zip", Err: errors.New("entries overlap")}
	}
	return parts, nil
}

// overlapping reports entries that share bytes: a way to make a small file
// inflate to a huge one.
func overlapping(parts []*Part) bool {
	type extent struct{ from, to int64 }
	var extents []extent
	for _, p := range parts {
		from, err := p.file.DataOffset()
		if err != nil {
			return true
		}
		extents = append(extents, extent{from, from + int64(p.file.CompressedSize64)})
	}
	slices.SortFunc(extents, func(a, b extent) int { return cmp.Compare(a.from, b.from) })
	for i := 1; i < len(extents); i++ {
		if extents[i].from < extents[i-1].to {
			return true
		}
	}
	return false
}

func hasDotDot(name string) bool {
	for _, s := range strings.Split(name, "/") {
		if s == ".." {
			return true
		}
	}
	return false
}

// open inflates a part; the reader fails at the end when size or CRC differ.
func (p *Part) open() (io.Reader, error) {
	raw, err := p.file.OpenRaw()
	if err != nil {
		return nil, err
	}
	r := raw
	if p.Method == zip.Deflate {
		r = flate.NewReader(raw)
	}
	return &checked{r: r, want: p.file.CRC32, size: p.Size}, nil
}

// checked counts and sums what it reads.
type checked struct {
	r    io.Reader
	n    uint64
	sum  uint32
	want uint32
	size uint64
}

func (c *checked) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += uint64(n)
	c.sum = crc32.Update(c.sum, crc32.IEEETable, b[:n])
	if c.n > c.size {
		return n, io.ErrUnexpectedEOF
	}
	if err == io.EOF && (c.n != c.size || c.sum != c.want) {
		return n, io.ErrUnexpectedEOF
	}
	return n, err
}
