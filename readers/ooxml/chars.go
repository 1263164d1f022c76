package ooxml

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strconv"
	"unicode/utf8"
)

// nameByte are the bytes that names are made of; all beyond ASCII are let pass.
var nameByte = func() (t [256]bool) {
	for b := range t {
		t[b] = b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_' || b == ':' || b == '-' || b == '.' || b >= utf8.RuneSelf
	}
	return t
}()

// validName reports a name, with or without a prefix.
func validName(name []byte) bool {
	if len(name) == 0 || name[0] >= '0' && name[0] <= '9' || name[0] == '-' || name[0] == '.' {
		return false
	}
	if i := bytes.IndexByte(name, ':'); i >= 0 && (i == 0 || i == len(name)-1 || bytes.IndexByte(name[i+1:], ':') >= 0) {
		return false
	}
	return isPlain(name) || validChars(name)
}

func isSpace(b byte) bool { return b == ' ' || b == '\n' || b == '\t' || b == '\r' }

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// isPlain reports text of printable ASCII without & and <, eight bytes at a
// time: what needs no further look. Line ends are looked at.
func isPlain(b []byte) bool {
	for ; len(b) >= 8; b = b[8:] {
		w := binary.LittleEndian.Uint64(b)
		amp, less := w^(ones*'&'), w^(ones*'<')
		// A byte below 0x20, or one that is & or <, borrows into its high bit; the
		// test may also fire for a byte above such a one, never miss one.
		if (w|(w-ones*0x20)|(amp-ones)|(less-ones))&highs != 0 {
			return plainBytes(b)
		}
	}
	return plainBytes(b)
}

func plainBytes(b []byte) bool {
	for _, c := range b {
		if c < 0x20 || c >= utf8.RuneSelf || c == '&' || c == '<' {
			return false
		}
	}
	return true
}

// validChars reports UTF-8 of nothing but characters that XML allows.
func validChars(b []byte) bool {
	for i := 0; i < len(b); {
		c := b[i]
		if c < utf8.RuneSelf {
			if c < 0x20 && c != '\t' && c != '\n' && c != '\r' {
				return false
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 || r == 0xFFFE || r == 0xFFFF {
			return false
		}
		i += n
	}
	return true
}

var errReference = errors.New("a reference that XML does not know")

// unreference appends text with its references resolved.
func unreference(to, b []byte) ([]byte, error) {
	for {
		i := bytes.IndexByte(b, '&')
		if i < 0 {
			return append(to, b...), nil
		}
		to, b = append(to, b[:i]...), b[i+1:]
		end := bytes.IndexByte(b, ';')
		if end < 0 {
			return nil, errReference
		}
		name := string(b[:end])
		b = b[end+1:]
		switch name {
		case "lt":
			to = append(to, '<')
		case "gt":
			to = append(to, '>')
		case "amp":
			to = append(to, '&')
		case "quot":
			to = append(to, '"')
		case "apos":
			to = append(to, '\'')
		default:
			if len(name) < 2 || name[0] != '#' {
				return nil, errReference
			}
			digits, base := name[1:], 10
			if digits[0] == 'x' {
				digits, base = digits[1:], 16
			}
			n, err := strconv.ParseUint(digits, base, 32)
			r := rune(n)
			if err != nil || n > utf8.MaxRune || !utf8.ValidRune(r) || r == 0xFFFE || r == 0xFFFF || r < 0x20 && r != '\t' && r != '\n' && r != '\r' {
				return nil, errReference
			}
			to = utf8.AppendRune(to, r)
		}
	}
}
