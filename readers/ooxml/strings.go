package ooxml

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf16"
)

// readStrings reads the shared strings: runs of rich text joined, phonetic
// readings left out.
func (p *Package) readStrings(ctx context.Context, part string) error {
	x, err := p.scan(ctx, part)
	if err != nil {
		return err
	}
	defer x.close()
	budget := textBudget{limits: p.limits, part: part}
	var text []byte
	for depth := 0; ; {
		kind, err := x.next()
		switch {
		case err != nil:
			return err
		case kind == tokenEOF:
			return nil
		case kind == tokenEnd:
			depth--
		case kind == tokenStart && depth == 0:
			if string(local(x.name)) != "sst" {
				return x.bad("shared strings whose root is %.60s", x.name)
			}
			depth++
		case kind == tokenStart && string(local(x.name)) == "si":
			if text, err = x.richText(text[:0]); err != nil {
				return err
			}
			if err := budget.take(len(text)); err != nil {
				return err
			}
			p.strings = append(p.strings, unescape(string(text)))
		case kind == tokenStart:
			if err := x.skip(); err != nil {
				return err
			}
		}
	}
}

// richText appends the text of the element that has just begun (si or is): its
// t, or those of its runs.
func (x *scanner) richText(to []byte) ([]byte, error) {
	open := len(x.marks)
	for {
		kind, err := x.next()
		switch {
		case err != nil:
			return to, err
		case kind == tokenEnd:
			if len(x.marks) < open {
				return to, nil
			}
		case kind == tokenStart:
			switch string(local(x.name)) {
			case "t":
				if to, err = x.characterData(to); err != nil {
					return to, err
				}
			case "r":
			default:
				if err := x.skip(); err != nil {
					return to, err
				}
			}
		}
	}
}

// textBudget counts the texts that are kept.
type textBudget struct {
	limits Limits
	part   string
	n      int
	bytes  int64
}

func (b *textBudget) take(size int) error {
	b.n++
	b.bytes += int64(size)
	switch {
	case b.n > b.limits.Strings:
		return &Refusal{Code: "too-many-texts", Part: b.part, Args: []any{b.limits.Strings}}
	case b.bytes > b.limits.TextBytes:
		return &Refusal{Code: "too-much-text", Part: b.part, Args: []any{mebibytes(b.limits.TextBytes)}}
	}
	return nil
}

// unescape decodes _xHHHH_, the way a UTF-16 unit is written that XML does not
// allow. Two units that are a pair become their character, half a pair U+FFFD.
func unescape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		unit, ok := escaped(s[i:])
		if !ok {
			b.WriteByte(s[i])
			i++
			continue
		}
		i += 7
		r := rune(unit)
		if utf16.IsSurrogate(r) {
			low, _ := escaped(s[i:])
			if r = utf16.DecodeRune(r, rune(low)); r != '\uFFFD' {
				i += 7
			}
		}
		b.WriteRune(r)
	}
	return b.String()
}

// escaped reads the escape at the front of a text.
func escaped(s string) (uint16, bool) {
	if len(s) < 7 || s[0] != '_' || s[1] != 'x' || s[6] != '_' || strings.ContainsAny(s[2:6], "+-_") {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	return uint16(n), err == nil
}
