package ooxml

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// readStrings reads the shared strings: runs of rich text joined, phonetic
// readings left out.
func (p *Package) readStrings(part string) error {
	d, err := p.decoder(part)
	if err != nil {
		return err
	}
	var b strings.Builder
	in, phonetic := false, 0
	return walk(d, part, func(e xml.StartElement) error {
		switch e.Name.Local {
		case "si":
			b.Reset()
		case "rPh":
			phonetic++
		case "t":
			in = true
		}
		return nil
	}, func(t []byte) {
		if in && phonetic == 0 {
			b.Write(t)
		}
	}, func(local string) {
		switch local {
		case "si":
			p.strings = append(p.strings, unescape(b.String()))
		case "rPh":
			phonetic--
		case "t":
			in = false
		}
	})
}

// unescape decodes _xHHHH_, the way a control character is written.
func unescape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] == '_' && i+7 <= len(s) && s[i+1] == 'x' && s[i+6] == '_' {
			if n, err := strconv.ParseUint(s[i+2:i+6], 16, 16); err == nil {
				b.WriteRune(rune(n))
				i += 7
				continue
			}
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}
