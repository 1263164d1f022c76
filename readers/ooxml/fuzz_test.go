package ooxml

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// smallLimits keep one try of a fuzzer short.
func smallLimits() Limits {
	l := DefaultLimits()
	l.PackageBytes, l.PartBytes, l.TotalBytes, l.WholeBytes = 1<<20, 4<<20, 16<<20, 1<<20
	l.Cells, l.Strings, l.TextBytes, l.TagBytes = 100_000, 20_000, 4<<20, 1<<20
	return l
}

// FuzzPackage opens bytes as a workbook. Nothing may panic; what is not read is a
// Refusal; what is read can be looked up.
func FuzzPackage(f *testing.F) {
	f.Add(pack(f, workbook()))
	for _, dir := range []string{corpusDir, filepath.Join(corpusDir, "hostile")} {
		files, _ := filepath.Glob(filepath.Join(dir, "*"))
		for _, file := range files {
			if data, err := os.ReadFile(file); err == nil && len(data) < 32<<10 {
				f.Add(data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		pkg, err := Open(context.Background(), data, smallLimits())
		for i := 0; err == nil && i < len(pkg.Sheets); i++ {
			if !pkg.Sheets[i].Grid {
				continue
			}
			var g *Grid
			if g, err = pkg.Grid(context.Background(), i); err == nil {
				look(t, pkg, g)
			}
		}
		var refusal *Refusal
		if err != nil && !errors.As(err, &refusal) {
			t.Errorf("%v is no Refusal", err)
		}
	})
}

// look asks a grid for all it has: as many cells as it says it has, in rising
// columns of rising rows.
func look(t *testing.T, pkg *Package, g *Grid) {
	t.Helper()
	found := 0
	for row := 1; row <= g.Rows(); row++ {
		n := 0
		if g.RowCells(row) > 0 {
			for col := 1; col <= g.RowCols(row); col++ {
				c, text := g.Look(row, col)
				if c.Kind == Blank {
					continue
				}
				n++
				if (text >= 0) != (c.Kind == Text || c.Kind == Error) || text >= g.Texts() || c.Kind == Text && c.Text == "" {
					t.Errorf("row %d column %d: %+v, text %d of %d", row, col, c, text, g.Texts())
				}
				pkg.Format(c.Style)
			}
		}
		if n != g.RowCells(row) {
			t.Errorf("row %d: %d cells found, %d stored", row, n, g.RowCells(row))
		}
		found += n
	}
	if found != g.Cells() {
		t.Errorf("%d cells found, %d stored", found, g.Cells())
	}
}

// FuzzXML holds the scanner against encoding/xml: what the scanner takes for XML,
// encoding/xml must too, and both must see the same tags and text. The other way
// round does not hold: the scanner is the stricter of the two.
func FuzzXML(f *testing.F) {
	for _, s := range workbook() {
		f.Add([]byte(s))
	}
	for _, s := range []string{
		`<a b='1' c="&lt;&#65;"><!-- c --><?p i?><b/>x&amp;y<![CDATA[<z>]]></a>`, "<a>\r\n\r</a>\r\n", `<x:a xmlns:x="u"><x:b x:c=""/></x:a>`,
		"<a>中文</a>", "<a>]]></a>", "<a>\x00</a>", "<a b='<'/>", "<a b='1' b='2'/>", "<a/>x", "<!DOCTYPE a><a/>", "<?xml version='1.0'?><a/>", "<a><b></a></b>",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.Contains(data, []byte("<?xml")) {
			return // encodings are charset.go's
		}
		got, err := scanned(data)
		if err != nil {
			return
		}
		want, err := decoded(data)
		if err != nil {
			t.Fatalf("the scanner takes what encoding/xml does not: %v\n%q", err, data)
		}
		if got != want {
			t.Fatalf("read as\n%q\nand by encoding/xml as\n%q", got, want)
		}
	})
}

// scanned writes down what the scanner sees, one byte at a time where blocks end.
func scanned(data []byte) (string, error) {
	x := &scanner{part: "x", stream: newStream(context.Background(), bytes.NewReader(data), blockBytes), depth: 256, token: 1 << 20}
	var b strings.Builder
	for {
		kind, err := x.next()
		if err != nil {
			return "", err
		}
		switch kind {
		case tokenEOF:
			return b.String(), nil
		case tokenStart:
			b.WriteString("<" + string(local(x.name)))
			for _, a := range x.attrs {
				value, _ := unreference(nil, x.lines(a.value))
				b.WriteString(" " + string(local(a.name)) + "=" + string(value))
			}
			b.WriteString(">")
		case tokenEnd:
			b.WriteString("</>")
		case tokenText:
			b.Write(x.text)
		}
	}
}

func decoded(data []byte) (string, error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	var b strings.Builder
	depth := 0
	for {
		token, err := d.Token()
		if err == io.EOF {
			return b.String(), nil
		}
		if err != nil {
			return "", err
		}
		switch e := token.(type) {
		case xml.StartElement:
			depth++
			b.WriteString("<" + e.Name.Local)
			for _, a := range e.Attr {
				b.WriteString(" " + a.Name.Local + "=" + a.Value)
			}
			b.WriteString(">")
		case xml.EndElement:
			depth--
			b.WriteString("</>")
		case xml.CharData:
			if depth > 0 {
				b.Write(e)
			}
		}
	}
}
