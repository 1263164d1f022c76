package ooxml

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"unicode"

	"github.com/klauspost/compress/flate"
)

// Part is one entry of the package as its central directory lists it.
type Part struct {
	Name   string // as stored, backslashes as slashes, no leading slash
	file   *zip.File
	data   []byte // of the whole package
	Size   uint64
	Method uint16
}

// Raw is an entry's compressed bytes and header, for copying it unchanged.
func (p *Part) Raw() (*zip.FileHeader, io.Reader, error) {
	r, err := p.file.OpenRaw()
	return &p.file.FileHeader, r, err
}

// directory reads the central directory and checks it before anything is
// inflated: names, flags, methods, sizes, and that the headers agree with it.
func directory(data []byte, limits Limits) ([]*Part, *Refusal) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, &Refusal{Code: "damaged-zip", Err: err}
	}
	if len(z.File) > limits.Parts {
		return nil, &Refusal{Code: "too-many-parts", Args: []any{limits.Parts}}
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
		case name == "", strings.HasPrefix(name, "/"), len(name) > 1 && name[1] == ':', hasDotDot(name), strings.ContainsFunc(name, unicode.IsControl):
			return nil, &Refusal{Code: "unsafe-name", Part: name}
		case seen[folded]:
			return nil, &Refusal{Code: "duplicate-part", Part: name}
		case f.Flags&1 != 0:
			return nil, &Refusal{Code: "password-protected", Part: name}
		case f.Method != zip.Store && f.Method != zip.Deflate:
			return nil, &Refusal{Code: "unknown-compression", Part: name}
		case f.Method == zip.Store && f.UncompressedSize64 != f.CompressedSize64, f.UncompressedSize64/maxRatio > f.CompressedSize64+1:
			return nil, &Refusal{Code: "damaged-zip", Part: name, Err: errors.New("a size that it cannot have")}
		case f.UncompressedSize64 > uint64(limits.PartBytes):
			return nil, &Refusal{Code: "part-too-large", Part: name, Args: []any{name, mebibytes(limits.PartBytes)}}
		}
		seen[folded] = true
		total += f.UncompressedSize64
		if total > uint64(limits.TotalBytes) {
			return nil, &Refusal{Code: "too-large", Args: []any{mebibytes(limits.TotalBytes)}}
		}
		parts = append(parts, &Part{Name: name, file: f, data: data, Size: f.UncompressedSize64, Method: f.Method})
	}
	if err := headersAgree(data, z.File); err != nil {
		return nil, &Refusal{Code: "damaged-zip", Err: err}
	}
	return parts, nil
}

// maxRatio is more than deflate can do: 258 bytes of text cost two bits at least.
const maxRatio = 1032

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
	at, err := p.file.DataOffset()
	if err != nil {
		return nil, err
	}
	// A bytes.Reader, for which the inflater has a way without a buffer between.
	var r io.Reader = bytes.NewReader(p.data[at : at+int64(p.file.CompressedSize64)])
	if p.Method == zip.Deflate {
		r = flate.NewReader(r)
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

var errSum = errors.New("size or checksum is not the one that the package states")

func (c *checked) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += uint64(n)
	c.sum = crc32.Update(c.sum, crc32.IEEETable, b[:n])
	switch {
	case c.n > c.size, err == io.EOF && (c.n != c.size || c.sum != c.want):
		return n, errSum
	case err != nil && err != io.EOF:
		// Wrapped, so that a stream cut short is not taken for a short last block.
		return n, fmt.Errorf("inflate: %w", err)
	}
	return n, err
}
