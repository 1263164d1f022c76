package ooxml

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
)

// Kept counts what Verify compared.
type Kept struct {
	Same    int // entries whose name, CRC and compressed bytes are those of the original
	Edited  int // parts that hold the original's bytes around what was put in
	Removed int // parts left out
	Added   int // parts the original does not have
}

// Verify reopens a patched copy and compares it with its original, entry by
// entry and in order. It does not trust Apply: each entry that the patch does
// not name must be the original's down to its compressed bytes, each edited
// part must be well-formed and consist of the original's bytes and what the
// patch puts between them, each new part must be there as given. The first
// difference is an error.
func (p Patch) Verify(original, result []byte) (Kept, error) {
	var kept Kept
	from, err := zip.NewReader(bytes.NewReader(original), int64(len(original)))
	if err != nil {
		return kept, fmt.Errorf("reopen the original: %w", err)
	}
	to, err := zip.NewReader(bytes.NewReader(result), int64(len(result)))
	if err != nil {
		return kept, fmt.Errorf("reopen the copy: %w", err)
	}
	edits := p.byFoldedName()
	rest := to.File
	for _, f := range from.File {
		name := foldedPart(f.Name)
		if p.Remove[name] {
			kept.Removed++
			continue
		}
		if len(rest) == 0 || rest[0].Name != f.Name {
			return kept, fmt.Errorf("the copy lacks %s where the original has it", f.Name)
		}
		copied := rest[0]
		rest = rest[1:]
		if edits[name] != nil {
			if err := sameAround(f, copied, edits[name]); err != nil {
				return kept, fmt.Errorf("the copy's %s: %w", f.Name, err)
			}
			kept.Edited++
			continue
		}
		if err := sameEntry(f, copied); err != nil {
			return kept, fmt.Errorf("the copy's %s: %w", f.Name, err)
		}
		kept.Same++
	}
	if len(rest) != len(p.Add) {
		return kept, fmt.Errorf("the copy has %d new parts, want %d", len(rest), len(p.Add))
	}
	for i, a := range p.Add {
		data, err := inflate(rest[i])
		if err != nil {
			return kept, fmt.Errorf("the copy's %s: %w", a.Name, err)
		}
		if rest[i].Name != a.Name || !bytes.Equal(data, a.Data) {
			return kept, fmt.Errorf("the copy's new part %s is not as written", a.Name)
		}
		kept.Added++
	}
	return kept, nil
}

// sameEntry compares two entries as stored.
func sameEntry(a, b *zip.File) error {
	if a.CRC32 != b.CRC32 || a.Method != b.Method || a.UncompressedSize64 != b.UncompressedSize64 {
		return fmt.Errorf("checksum, method or size differ from the original's")
	}
	read := func(f *zip.File) ([]byte, error) {
		r, err := f.OpenRaw()
		if err != nil {
			return nil, err
		}
		return io.ReadAll(r)
	}
	x, err := read(a)
	if err != nil {
		return err
	}
	y, err := read(b)
	if err != nil {
		return err
	}
	if !bytes.Equal(x, y) {
		return fmt.Errorf("compressed bytes differ from the original's")
	}
	return nil
}

// sameAround checks that an edited part is the original with only the edits
// made, and still a whole document.
func sameAround(original, copied *zip.File, edits []Edit) error {
	was, err := inflate(original)
	if err != nil {
		return err
	}
	is, err := inflate(copied)
	if err != nil {
		return err
	}
	raw, err := rawEdits(was, edits)
	if err != nil {
		return err
	}
	left, at := is, 0
	for _, e := range append(raw, rawEdit{at: len(was)}) {
		for _, want := range [][]byte{was[at:e.at], e.put} {
			if !bytes.HasPrefix(left, want) {
				return fmt.Errorf("bytes of the original are changed near offset %d", at)
			}
			left = left[len(want):]
		}
		at = e.at + e.cut
	}
	if len(left) != 0 {
		return fmt.Errorf("%d bytes more than were put in", len(left))
	}
	_, _, err = OutlineOf(is)
	return err
}
