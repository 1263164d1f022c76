package ooxml

import (
	"context"
	"strconv"
	"strings"
)

// maxStyles is more than Excel writes: it stops at 65,490 cell formats.
const maxStyles = 1 << 16

// isoStyle is the style of a cell that is a date by its type (t="d") while its own
// format is none of a date.
const isoStyle = 1<<16 - 1

// readStyles reads what cell formats say about numbers.
func (p *Package) readStyles(ctx context.Context) error {
	x, err := p.scan(ctx, p.Styles)
	if err != nil {
		return err
	}
	defer x.close()
	codes := map[int]string{}
	var ids []int
	err = x.walk(func(path []string) error {
		switch {
		case at(path, "styleSheet", "numFmts", "numFmt"):
			if id, err := strconv.Atoi(x.attr("numFmtId")); err == nil {
				if _, ok := codes[id]; !ok {
					codes[id] = x.attr("formatCode")
				}
			}
		case at(path, "styleSheet", "cellXfs", "xf"):
			id, _ := strconv.Atoi(x.attr("numFmtId"))
			ids = append(ids, id)
		}
		if len(ids) > maxStyles || len(codes) > maxStyles {
			return &Refusal{Code: "too-complex", Part: p.Styles}
		}
		return nil
	}, nil)
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
	if style == isoStyle {
		return Format{Code: "yyyy-mm-dd", Date: true, Day: true, Month: true}
	}
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
