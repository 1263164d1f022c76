package ooxml

import (
	"bytes"
	"fmt"
	"regexp"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
)

var (
	utf8Mark   = []byte("\xef\xbb\xbf")
	littleMark = []byte("\xff\xfe")
	bigMark    = []byte("\xfe\xff")
	declared   = regexp.MustCompile(`^<\?xml[^>]*\sencoding\s*=\s*["']([^"']+)["']`)
)

// decodeXML gives a part's text in UTF-8 without byte order mark, and the way
// back: encode gives the bytes in which the part stores a piece of text, with
// character references for what its encoding lacks. A part whose bytes do not
// come back the same cannot be edited in place and is an error.
func decodeXML(data []byte) (text []byte, encode func([]byte) []byte, err error) {
	var enc encoding.Encoding
	body := data
	switch {
	case bytes.HasPrefix(data, utf8Mark):
		body = data[3:]
	case bytes.HasPrefix(data, littleMark):
		enc, body = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), data[2:]
	case bytes.HasPrefix(data, bigMark):
		enc, body = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), data[2:]
	case bytes.HasPrefix(data, []byte("<\x00")):
		enc = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case bytes.HasPrefix(data, []byte("\x00<")):
		enc = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	default:
		// A label that is unknown, or says UTF-16 of single bytes, is left to the
		// tokenizer, which sees whether the bytes are UTF-8.
		if m := declared.FindSubmatch(data); m != nil && !bytes.HasPrefix(bytes.ToLower(m[1]), []byte("utf")) {
			enc, _ = htmlindex.Get(string(m[1]))
		}
	}
	if enc == nil {
		return body, func(b []byte) []byte { return b }, nil
	}
	if text, err = enc.NewDecoder().Bytes(body); err != nil {
		return nil, nil, err
	}
	encode = func(b []byte) []byte {
		out, err := encoding.HTMLEscapeUnsupported(enc.NewEncoder()).Bytes(b)
		if err != nil {
			return nil
		}
		return out
	}
	if !bytes.Equal(encode(text), body) {
		return nil, nil, fmt.Errorf("text in an encoding that cannot be edited in place")
	}
	return text, encode, nil
}
