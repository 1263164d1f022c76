package ooxml

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/flate"
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
func (p Patch) Verify(original []byte, result io.ReaderAt, size int64) (Kept, error) {
	var kept Kept
	from, err := zip.NewReader(bytes.NewReader(original), int64(len(original)))
	if err != nil {
		return kept, fmt.Errorf("reopen the original: %w", err)
	}
	to, err := zip.NewReader(result, size)
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
	u := unpacker{buffer: bufio.NewReaderSize(nil, 64<<10), piece: make([]byte, 64<<10)}
	for i, a := range p.Add {
		if err := u.compare(a, rest[i]); err != nil {
			return kept, fmt.Errorf("the copy's %s: %w", a.Name, err)
		}
		kept.Added++
	}
	return kept, nil
}

// unpacker inflates the new parts of a copy, one after the other.
type unpacker struct {
	buffer  *bufio.Reader
	inflate io.ReadCloser // nil before the first
	piece   []byte
}

// compare checks that an entry holds a new part as given: byte for byte, or,
// where the bytes are not held, by their number and checksum.
func (u *unpacker) compare(a NewPart, f *zip.File) error {
	if f.Name != a.Name {
		return fmt.Errorf("its name is %s", f.Name)
	}
	if f.Method != zip.Deflate {
		return errors.New("it is not deflated")
	}
	packed, err := f.OpenRaw()
	if err != nil {
		return err
	}
	u.buffer.Reset(packed)
	if u.inflate == nil {
		u.inflate = flate.NewReader(u.buffer)
	} else if err := u.inflate.(flate.Resetter).Reset(u.buffer, nil); err != nil {
		return err
	}
	want, size, left := a.sum, a.size, a.Data
	if a.Write == nil {
		want, size = f.CRC32, uint64(len(a.Data))
	}
	r := &checked{r: u.inflate, want: want, size: size}
	for {
		n, err := r.Read(u.piece)
		if a.Write == nil {
			if n > len(left) || !bytes.Equal(u.piece[:n], left[:n]) {
				return errors.New("it is not as written")
			}
			left = left[n:]
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// sameEntry compares two entries as stored.
func sameEntry(a, b *zip.File) error {
	if a.CRC32 != b.CRC32 || a.Method != b.Method || a.UncompressedSize64 != b.UncompressedSize64 {
		return fmt.Errorf("checksum, method or size differ from the original's")
	}
	x, err := a.OpenRaw()
	if err != nil {
		return err
	}
	y, err := b.OpenRaw()
	if err != nil {
		return err
	}
	return sameBytes(x, y)
}

// sameBytes reads two streams to their ends.
func sameBytes(x, y io.Reader) error {
	var pieces [2][32 << 10]byte
	for {
		n, err := io.ReadFull(x, pieces[0][:])
		m, also := io.ReadFull(y, pieces[1][:])
		switch {
		case !bytes.Equal(pieces[0][:n], pieces[1][:m]):
			return errors.New("compressed bytes differ from the original's")
		case err == io.EOF || err == io.ErrUnexpectedEOF:
			if also == io.EOF || also == io.ErrUnexpectedEOF {
				return nil
			}
			return also
		case err != nil || also != nil:
			return errors.Join(err, also)
		}
	}
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
