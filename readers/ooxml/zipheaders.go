package ooxml

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// A zip file says everything twice: in the directory at its end, and in a header
// in front of each entry. Programs differ in which they believe, so that a file
// whose two sides differ holds two workbooks, and a check of the one says nothing
// of the other. headersAgree refuses it. It also refuses entries that share
// bytes, the way to make a small file inflate to a huge one.

const (
	localSignature     = 0x04034b50
	directorySignature = 0x02014b50
	endSignature       = 0x06054b50
	end64Signature     = 0x06064b50
	locator64Signature = 0x07064b50
	descriptorFlag     = 8 // sizes and sum stand behind the data

	directoryHeader = 46
	localHeader     = 30
	endRecord       = 22
	locator64       = 20
)

// entry is what the directory says of one file of the archive.
type entry struct {
	name         []byte
	flags        uint16
	method       uint16
	sum          uint32
	packed, size uint64
	at           int64 // of its local header
}

// headersAgree compares the directory with the headers in front of the entries.
// files is the directory as archive/zip read it.
func headersAgree(data []byte, files []*zip.File) error {
	entries, base, start, err := readDirectory(data)
	if err != nil {
		return err
	}
	if len(entries) != len(files) {
		return fmt.Errorf("the directory has %d entries, and %d when read otherwise", len(entries), len(files))
	}
	type extent struct{ from, to int64 }
	var extents []extent
	for i, e := range entries {
		f := files[i]
		if string(e.name) != f.Name || e.packed != f.CompressedSize64 || e.size != f.UncompressedSize64 || e.sum != f.CRC32 {
			return fmt.Errorf("entry %d of the directory reads in two ways", i+1)
		}
		at := base + e.at
		if at < 0 || at+localHeader > start || binary.LittleEndian.Uint32(data[at:]) != localSignature {
			return fmt.Errorf("%.60q has no header", e.name)
		}
		h := data[at:]
		names, extra := int64(binary.LittleEndian.Uint16(h[26:])), int64(binary.LittleEndian.Uint16(h[28:]))
		from := at + localHeader + names + extra
		if e.packed > uint64(len(data)) || from+int64(e.packed) > start {
			return fmt.Errorf("%.60q reaches into the directory", e.name)
		}
		if err := e.agrees(h[:localHeader], h[localHeader:localHeader+names], h[localHeader+names:localHeader+names+extra]); err != nil {
			return err
		}
		extents = append(extents, extent{at, from + int64(e.packed)})
	}
	slices.SortFunc(extents, func(a, b extent) int { return cmp.Compare(a.from, b.from) })
	for i := 1; i < len(extents); i++ {
		if extents[i].from < extents[i-1].to {
			return errors.New("entries overlap")
		}
	}
	return nil
}

// agrees compares an entry with its local header. Sizes and sum of a header may
// be left open where a descriptor behind the data has them.
func (e *entry) agrees(h, name, extra []byte) error {
	flags, method := binary.LittleEndian.Uint16(h[6:]), binary.LittleEndian.Uint16(h[8:])
	sum := binary.LittleEndian.Uint32(h[14:])
	packed, size := uint64(binary.LittleEndian.Uint32(h[18:])), uint64(binary.LittleEndian.Uint32(h[22:]))
	zip64(extra, &size, &packed, nil)
	open := (flags|e.flags)&descriptorFlag != 0
	switch {
	case !bytes.Equal(name, e.name):
		return fmt.Errorf("%.60q is %.60q in its own header", e.name, name)
	case method != e.method:
		return fmt.Errorf("%.60q: two methods", e.name)
	case (flags^e.flags)&1 != 0:
		return fmt.Errorf("%.60q: encrypted or not", e.name)
	case sum != e.sum && !(open && sum == 0),
		packed != e.packed && !(open && (packed == 0 || packed == 0xffffffff)),
		size != e.size && !(open && (size == 0 || size == 0xffffffff)):
		return fmt.Errorf("%.60q: two sizes or sums", e.name)
	}
	return nil
}

// readDirectory reads the directory. Offsets count from base, which is not 0
// where something stands before the archive; start is where the directory lies.
func readDirectory(data []byte) (entries []entry, base, start int64, err error) {
	errNone := errors.New("no end of the directory")
	end := -1
	for i := len(data) - endRecord; i >= max(0, len(data)-endRecord-0xffff); i-- {
		if binary.LittleEndian.Uint32(data[i:]) == endSignature && i+endRecord+int(binary.LittleEndian.Uint16(data[i+20:])) <= len(data) {
			end = i
			break
		}
	}
	if end < 0 {
		return nil, 0, 0, errNone
	}
	e := data[end:]
	count, size, at := uint64(binary.LittleEndian.Uint16(e[10:])), uint64(binary.LittleEndian.Uint32(e[12:])), uint64(binary.LittleEndian.Uint32(e[16:]))
	if binary.LittleEndian.Uint16(e[4:]) != 0 && binary.LittleEndian.Uint16(e[4:]) != 0xffff {
		return nil, 0, 0, errors.New("one of several disks")
	}
	after := int64(end) // what the directory ends at
	if count == 0xffff || size == 0xffffffff || at == 0xffffffff {
		if l := end - locator64; l >= 0 && binary.LittleEndian.Uint32(data[l:]) == locator64Signature {
			r := binary.LittleEndian.Uint64(data[l+8:])
			if r > uint64(l) || int(r)+56 > l || binary.LittleEndian.Uint32(data[r:]) != end64Signature {
				return nil, 0, 0, errNone
			}
			count, size, at = binary.LittleEndian.Uint64(data[r+32:]), binary.LittleEndian.Uint64(data[r+40:]), binary.LittleEndian.Uint64(data[r+48:])
			after = int64(r)
		}
	}
	if size > uint64(after) || at > uint64(after)-size {
		return nil, 0, 0, errors.New("the directory lies nowhere")
	}
	start = after - int64(size)
	base = start - int64(at)
	rest := data[start:after]
	for range count {
		if len(rest) < directoryHeader || binary.LittleEndian.Uint32(rest) != directorySignature {
			return nil, 0, 0, errors.New("the directory ends early")
		}
		names, extra, comment := int(binary.LittleEndian.Uint16(rest[28:])), int(binary.LittleEndian.Uint16(rest[30:])), int(binary.LittleEndian.Uint16(rest[32:]))
		whole := directoryHeader + names + extra + comment
		if len(rest) < whole {
			return nil, 0, 0, errors.New("the directory ends early")
		}
		offset := uint64(binary.LittleEndian.Uint32(rest[42:]))
		e := entry{
			name: rest[directoryHeader : directoryHeader+names], flags: binary.LittleEndian.Uint16(rest[8:]), method: binary.LittleEndian.Uint16(rest[10:]),
			sum: binary.LittleEndian.Uint32(rest[16:]), packed: uint64(binary.LittleEndian.Uint32(rest[20:])), size: uint64(binary.LittleEndian.Uint32(rest[24:])),
		}
		zip64(rest[directoryHeader+names:directoryHeader+names+extra], &e.size, &e.packed, &offset)
		if offset > uint64(start) {
			return nil, 0, 0, errors.New("an entry lies nowhere")
		}
		e.at = int64(offset)
		entries = append(entries, e)
		rest = rest[whole:]
	}
	return entries, base, start, nil
}

// zip64 takes the long form of what did not fit 32 bits out of the extra field.
func zip64(extra []byte, values ...*uint64) {
	for len(extra) >= 4 {
		id, n := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if n > len(extra)-4 {
			return
		}
		field := extra[4 : 4+n]
		extra = extra[4+n:]
		if id != 1 {
			continue
		}
		for _, v := range values {
			if v != nil && *v == 0xffffffff && len(field) >= 8 {
				*v, field = binary.LittleEndian.Uint64(field), field[8:]
			}
		}
		return
	}
}
