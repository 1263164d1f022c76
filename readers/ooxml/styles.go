package ooxml

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// readStyles reads what cell formats say about numbers.
func (p *Package) readStyles() error {
	d, err := p.decoder(p.Styles)
	if err != nil {
		return err
	}
	codes := map[int]string{}
	var ids []int
	in := 0
	err = walk(d, p.Styles, func(e xml.StartElement) error {
		switch e.Name.Local {
		case "numFmt":
			if id, err := strconv.Atoi(attr(e, "numFmtId")); err == nil {
				if _, ok := codes[id]; !ok {
					codes[id] = attr(e, "formatCode")
				}
			}
		case "cellXfs":
			in++
		case "xf":
			if in > 0 {
				id, _ := strconv.Atoi(attr(e, "numFmtId"))
				ids = append(ids, id)
			}
		}
		return nil
	}, nil, func(local string) {
		if local == "cellXfs" {
			in--
		}
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		code, ok := codes[id]
		if !ok {
			code = builtIn(id)
		}
		p.formats = append(p.formats, parseFormat(code))
	}
	return nil
}

// Format tells what a style says about numbers.
func (p *Package) Format(style int) Format {
	if style < 0 || style >= len(p.formats) {
		return Format{}
	}
	return p.formats[style]
}

// builtIn is the code of a number format that files refer to by number only.
func builtIn(id int) string {
	switch {
	case id == 9:
		return "0%"
	case id == 10:
		return "0.00%"
	case id == 14:
		return "mm-dd-yy"
	case id == 15:
		return "d-mmm-yy"
	case id == 16:
		return "d-mmm"
	case id == 17:
		return "mmm-yy"
	case id == 22:
		return "m/d/yy h:mm"
	case id >= 18 && id <= 21, id >= 45 && id <= 47, id >= 32 && id <= 35:
		return "h:mm"
	case id == 55, id == 27 && false, id == 57:
		return "yyyy/m"
	case id >= 27 && id <= 31, id == 36, id >= 50 && id <= 58:
		return "yyyy/m/d"
	}
	return "General"
}

// parseFormat looks at the first section of a number format, without literals,
// colours and locales.
func parseFormat(code string) Format {
	f := Format{Code: code}
	var b strings.Builder
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case '"':
			j := strings.IndexByte(code[i+1:], '"')
			if j < 0 {
				i = len(code)
				break
			}
			i += j + 1
		case '\\', '_', '*':
			i++
		case '[':
			j := strings.IndexByte(code[i:], ']')
			if j < 0 {
				i = len(code)
				break
			}
			i += j
		case ';':
			i = len(code)
		default:
			b.WriteByte(c)
		}
	}
	s := strings.ToLower(b.String())
	if strings.Contains(s, "general") {
		return f
	}
	f.Percent = strings.Contains(s, "%")
	f.Day = strings.Contains(s, "d")
	year := strings.ContainsAny(s, "ye")
	f.Month = strings.Contains(s, "m") && (f.Day || strings.Contains(s, "y"))
	f.Date = f.Day && !strings.ContainsAny(s, "0#?") || strings.Contains(s, "y") && year
	if strings.ContainsAny(s, "h") && !f.Date {
		f.Date, f.Month, f.Day = false, false, false
	}
	return f
}
