package ooxml

import (
	"bytes"
	"encoding/binary"
	"math"
)

// The fast path of reading a sheet. Nearly all cells of nearly all workbooks are
// written as Excel writes them:
//
//	<row r="2" spans="1:5" x14ac:dyDescent="0.25"><c r="A2" s="1" t="s"><v>9</v></c>
//
// fastRow and fastCells take exactly this, byte for byte, and touch nothing else:
// at anything they do not expect (a prefix, a formula, a reference, another
// quote, the end of a block) they stop in front of it, and the scanner reads it
// as XML. So the fast path is never more lenient than the slow one. It is worth a
// factor of four of the parsing.

// cellWindow is more than the longest cell that the fast path takes: r, s and t
// once each, a value of maxDigits.
const (
	cellWindow = 112
	maxDigits  = 32
	rowWindow  = 256
)

const endOfCell = uint64('<') | uint64('/')<<8 | uint64('v')<<16 | uint64('>')<<24 | uint64('<')<<32 | uint64('/')<<40 | uint64('c')<<48 | uint64('>')<<56

var rowStart = []byte(`<row r="`)

// rememberRow keeps what followed the number in a row's tag, if the tag is of the
// plain form. Rows repeat it, so that one comparison stands for reading the
// attributes again.
func (s *sheetReader) rememberRow() {
	s.rowTail = s.rowTail[:0]
	if s.empty || string(s.name) != "row" || len(s.attrs) == 0 || string(s.attrs[0].name) != "r" {
		return
	}
	// The tag has just been read: it ends at pos.
	b := s.buf[max(0, s.pos-rowWindow):s.pos]
	at := bytes.LastIndex(b, rowStart)
	if at < 0 || !bytes.HasPrefix(b[at+len(rowStart):], s.rowRef) {
		return
	}
	tail := b[at+len(rowStart)+len(s.rowRef):]
	if tail[0] == '"' && bytes.IndexByte(tail, '<') < 0 {
		s.rowTail = append(s.rowTail, tail...)
	}
}

// fastRow reads the tag of a row that is the last one's but for the number.
func (s *sheetReader) fastRow() bool {
	if len(s.buf)-s.pos < rowWindow || len(s.rowTail) == 0 || len(s.rowTail) > rowWindow-32 || s.row >= maxRow {
		return false
	}
	b := s.buf[s.pos : s.pos+rowWindow]
	if !bytes.HasPrefix(b, rowStart) {
		return false
	}
	i, row := len(rowStart), 0
	for b[i]-'0' <= 9 && i < len(rowStart)+7 {
		row = row*10 + int(b[i]-'0')
		i++
	}
	if row <= s.row || row > maxRow || b[len(rowStart)] == '0' || !bytes.HasPrefix(b[i:], s.rowTail) {
		return false
	}
	s.rowRef = append(s.rowRef[:0], b[len(rowStart):i]...)
	s.pos += i + len(s.rowTail)
	s.marks = append(s.marks, len(s.names))
	s.names = append(s.names, "row"...)
	s.row, s.col, s.rowNamed = row, 0, true
	s.g.startRow(row, s.g.hide)
	return true
}

var rowEnd = []byte("</row>")

// fastRowEnd reads the end of a row whose tag is the one last opened.
func (s *sheetReader) fastRowEnd() bool {
	n := len(s.marks) - 1
	if n < 0 || s.empty || !bytes.HasPrefix(s.buf[s.pos:], rowEnd) || string(s.names[s.marks[n]:]) != "row" {
		return false
	}
	s.names, s.marks = s.names[:s.marks[n]], s.marks[:n]
	s.pos += len(rowEnd)
	return true
}

// fastCells reads plain cells as long as they come.
func (s *sheetReader) fastCells() {
	if !s.rowNamed {
		return
	}
	ref := s.rowRef
	strings := uint64(len(s.pkg.strings))
	for len(s.buf)-s.pos >= cellWindow {
		w := (*[cellWindow]byte)(s.buf[s.pos:])
		if w[0] != '<' || w[1] != 'c' || w[2] != ' ' {
			return
		}
		i, col, style := 3, 0, 0
		shared := false
		for seen := byte(0); ; i++ {
			if w[i+1] != '=' || w[i+2] != '"' {
				return
			}
			name := w[i]
			i += 3
			switch name {
			case 'r':
				if seen&1 != 0 {
					return
				}
				seen |= 1
				from := i
				for w[i]-'A' < 26 && i < from+3 {
					col = col*26 + int(w[i]-'A') + 1
					i++
				}
				if len(ref) > 7 || string(w[i:i+len(ref)]) != string(ref) {
					return
				}
				i += len(ref)
			case 's':
				if seen&2 != 0 {
					return
				}
				seen |= 2
				from := i
				for w[i]-'0' <= 9 && i < from+5 {
					style = style*10 + int(w[i]-'0')
					i++
				}
				if i == from {
					return
				}
			case 't':
				if seen&4 != 0 || w[i] != 's' {
					return
				}
				seen |= 4
				shared = true
				i++
			default:
				return
			}
			if w[i] != '"' {
				return
			}
			if i++; w[i] != ' ' {
				break
			}
		}
		if col <= s.col || col > maxCol || style > math.MaxUint16 {
			return
		}
		if w[i] == '/' && w[i+1] == '>' {
			s.col = col // only a style
			s.pos += i + 2
			continue
		}
		if w[i] != '>' || w[i+1] != '<' || w[i+2] != 'v' || w[i+3] != '>' {
			return
		}
		i += 4
		from := i
		if shared {
			n := uint64(0)
			for w[i]-'0' <= 9 && i < from+9 {
				n = n*10 + uint64(w[i]-'0')
				i++
			}
			if i == from || n >= strings || binary.LittleEndian.Uint64(w[i:]) != endOfCell {
				return
			}
			if s.pkg.strings[n] != "" {
				s.g.put(col, Text, n, uint16(style))
			}
		} else {
			for w[i] != '<' {
				if i++; i == from+maxDigits {
					return
				}
			}
			if binary.LittleEndian.Uint64(w[i:]) != endOfCell {
				return
			}
			n, ok := parseNumber(w[from:i])
			if !ok {
				return
			}
			s.g.put(col, Number, math.Float64bits(n), uint16(style))
		}
		s.col = col
		s.pos += i + 8
	}
}
