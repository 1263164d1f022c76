package ooxml

import (
	"bufio"
	"bytes"
	"io"
	"regexp"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
)

// declares is an XML declaration that names an encoding.
var declares = regexp.MustCompile(`^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']`)

// asUTF8 gives a part's text in UTF-8 without byte order mark. UTF-16, with a
// mark or without one before `<`, is decoded whatever the declaration says;
// other encodings by their declaration. One that is unknown is an error.
func asUTF8(r io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(r, 4096)
	head, err := b.Peek(256)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, littleMark), bytes.HasPrefix(head, []byte("<\x00")):
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(b), nil
	case bytes.HasPrefix(head, bigMark), bytes.HasPrefix(head, []byte("\x00<")):
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder().Reader(b), nil
	case bytes.HasPrefix(head, utf8Mark):
		_, err := b.Discard(len(utf8Mark))
		return b, err
	}
	if m := declares.FindSubmatch(head); m != nil {
		switch label := strings.ToLower(string(m[1])); {
		case label == "utf-8", label == "utf8", label == "us-ascii", strings.HasPrefix(label, "utf-16"):
			// Single bytes that claim to be UTF-16 are UTF-8, or the scanner says no.
		default:
			e, err := htmlindex.Get(label)
			if err != nil {
				return nil, err
			}
			return e.NewDecoder().Reader(b), nil
		}
	}
	return b, nil
}
