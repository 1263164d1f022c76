package samples

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
	"strings"

	"github.com/klauspost/compress/flate"
)

// repack writes a package again so that its bytes depend on its parts alone:
// the parts in one order, without times, compressed by a library whose version
// go.mod states, so that another Go release gives the same file.
func repack(data []byte) ([]byte, error) {
	in, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	files := slices.Clone(in.File)
	slices.SortFunc(files, func(a, b *zip.File) int {
		return strings.Compare(order(a.Name)+a.Name, order(b.Name)+b.Name)
	})
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	w.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 6) })
	for _, f := range files {
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		// 1 January 1980 is the zip format's first day, and what Excel writes.
		part, err := w.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate, ModifiedDate: 1<<5 | 1})
		if err != nil {
			return nil, err
		}
		if _, err := io.Copy(part, r); err != nil {
			return nil, err
		}
		if err := r.Close(); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// order puts the content types first, as programs that look at the first entry
// to tell an .xlsx expect, then the package's own relations.
func order(name string) string {
	switch {
	case name == "[Content_Types].xml":
		return "0"
	case strings.HasPrefix(name, "_rels/"):
		return "1"
	}
	return "2"
}
