package ooxml

import (
	"bytes"
	"context"
	"math"
	"strconv"
	"strings"
	"time"
)

func floatOf(bits uint64) float64 { return math.Float64frombits(bits) }

// Grid reads a sheet whole: cells.go says what its elements mean, fastcells.go
// reads the plain ones.
func (p *Package) Grid(ctx context.Context, sheet int) (*Grid, error) {
	x, err := p.scan(ctx, p.Sheets[sheet].Part)
	if err != nil {
		return nil, err
	}
	defer x.close()
	s := sheetReader{scanner: x, pkg: p}
	s.g.texts = p.strings[:len(p.strings):len(p.strings)]
	if err := s.read(); err != nil {
		return nil, p.limits.outOfTime(err)
	}
	if row, col, twice := s.g.order(); twice {
		return nil, x.bad("row %d holds column %d twice", row, col)
	}
	if m, found, tooMany := overlap(s.g.Merges); found {
		return nil, &Refusal{Code: "merges-overlap", Part: x.part, Args: []any{p.Sheets[sheet].Name, refOf(m.Row1, m.Col1) + ":" + refOf(m.Row2, m.Col2)}}
	} else if tooMany {
		return nil, &Refusal{Code: "too-many-merges", Part: x.part, Args: []any{p.limits.Merges}}
	}
	g := s.g.Grid
	return &g, nil
}

// sheetReader reads the cells of one sheet.
type sheetReader struct {
	*scanner
	pkg *Package
	g   gridBuilder

	row, col int
	rowRef   []byte // the row's number as written, for the fast path
	rowTail  []byte // what followed it in the last row's tag
	rowNamed bool

	value, inline []byte
	own           map[string]int // texts that are not shared, by their place in the grid's texts
	budget        textBudget
}

func (s *sheetReader) read() error {
	for depth := 0; ; {
		kind, err := s.next()
		if err != nil {
			return err
		}
		switch kind {
		case tokenEOF:
			return nil
		case tokenEnd:
			depth--
		case tokenStart:
			depth++
			switch name := local(s.name); {
			case depth == 1 && string(name) != "worksheet":
				return s.bad("a sheet whose root is %.60s", name)
			case depth == 2 && string(name) == "sheetData":
				if err := s.data(); err != nil {
					return err
				}
				depth--
			case depth == 3 && string(name) == "mergeCell":
				if err := s.merge(); err != nil {
					return err
				}
			}
		}
	}
}

func (s *sheetReader) merge() error {
	ref := s.attr("ref")
	a, b, found := strings.Cut(ref, ":")
	if !found {
		b = a
	}
	r1, c1, ok1 := parseRef(a)
	r2, c2, ok2 := parseRef(b)
	if !ok1 || !ok2 {
		return s.bad("merge %.60s", ref)
	}
	if len(s.g.Merges) >= s.pkg.limits.Merges {
		return &Refusal{Code: "too-many-merges", Part: s.part, Args: []any{s.pkg.limits.Merges}}
	}
	s.g.Merges = append(s.g.Merges, Range{min(r1, r2), min(c1, c2), max(r1, r2), max(c1, c2)})
	return nil
}

// data reads the rows, up to the end of sheetData.
func (s *sheetReader) data() error {
	for {
		if s.fastRow() {
			if err := s.cells(); err != nil {
				return err
			}
			continue
		}
		kind, err := s.next()
		switch {
		case err != nil:
			return err
		case kind == tokenEnd:
			return nil
		case kind == tokenText:
		case string(local(s.name)) != "row":
			if err := s.skip(); err != nil {
				return err
			}
		default:
			if err := s.startRow(); err != nil {
				return err
			}
			if err := s.cells(); err != nil {
				return err
			}
		}
	}
}

func (s *sheetReader) startRow() error {
	row := s.row + 1
	r := s.raw("r")
	s.rowNamed = r != nil
	if r != nil {
		n, ok := atoi(r)
		if !ok || n < 1 || n > maxRow {
			return s.bad("row %.20q", r)
		}
		row = n
	} else if row > maxRow {
		return s.bad("more than %d rows", maxRow)
	}
	s.row, s.col = row, 0
	s.rowRef = strconv.AppendInt(s.rowRef[:0], int64(row), 10)
	s.rememberRow()
	s.g.startRow(row, s.on("hidden"))
	return nil
}

// cells reads the cells of a row, up to its end.
func (s *sheetReader) cells() error {
	for {
		s.fastCells()
		if s.fastRowEnd() {
			return s.countCells()
		}
		kind, err := s.next()
		switch {
		case err != nil:
			return err
		case kind == tokenEnd:
			return s.countCells()
		case kind == tokenText:
		case string(local(s.name)) == "c":
			if err := s.cell(); err != nil {
				return err
			}
		default:
			if err := s.skip(); err != nil {
				return err
			}
		}
	}
}

func (s *sheetReader) countCells() error {
	if s.g.cells > s.pkg.limits.Cells {
		return &Refusal{Code: "too-many-cells", Part: s.part, Args: []any{s.pkg.limits.Cells}}
	}
	return nil
}

// place is where the cell stands that has just begun.
func (s *sheetReader) place() error {
	r := s.raw("r")
	if r == nil {
		if s.col++; s.col > maxCol {
			return s.bad("row %d has more than %d cells", s.row, maxCol)
		}
		return nil
	}
	row, col, ok := parseRef(string(r))
	if !ok {
		return s.bad("cell %.20q", r)
	}
	if row != s.row {
		if s.rowNamed {
			return s.bad("cell %s in row %d", r, s.row)
		}
		s.row = row
		s.g.startRow(row, s.g.hide)
	}
	s.col = col
	return nil
}

// cell reads a cell of any kind.
func (s *sheetReader) cell() error {
	if err := s.place(); err != nil {
		return err
	}
	style := 0
	if st := s.raw("s"); st != nil {
		n, ok := atoi(st)
		if !ok {
			return s.bad("style %.20q", st)
		}
		style = min(n, isoStyle-1) // beyond all that a workbook can have
	}
	kind := string(s.raw("t"))
	s.value, s.inline = s.value[:0], s.inline[:0]
	hasV, hasF, hasIs := false, false, false
	for {
		token, err := s.next()
		if err != nil {
			return err
		}
		if token == tokenEnd {
			break
		}
		if token == tokenText {
			continue
		}
		switch string(local(s.name)) {
		case "v":
			if hasV {
				return s.bad("%s has two values", s.at())
			}
			hasV = true
			if s.value, err = s.characterData(s.value); err != nil {
				return err
			}
		case "is":
			if hasIs {
				return s.bad("%s has two texts", s.at())
			}
			hasIs = true
			if s.inline, err = s.richText(s.inline); err != nil {
				return err
			}
		case "f":
			hasF = true
			if err := s.skip(); err != nil {
				return err
			}
		default:
			if err := s.skip(); err != nil {
				return err
			}
		}
	}
	k, bits := Blank, uint64(0)
	var err error
	switch {
	case hasIs && (kind == "inlineStr" || !hasV):
		k, bits, err = s.text(s.inline)
	case hasV && kind == "inlineStr":
		k, bits, err = s.text(s.value)
	case !hasV || len(s.value) == 0 && kind != "str":
		if hasF {
			k = NoCache
		}
	default:
		k, bits, err = s.decode(kind, s.value, &style)
	}
	if err != nil {
		return err
	}
	if k == Blank {
		return nil
	}
	if hasF {
		k |= formulaBit
	}
	s.g.put(s.col, k, bits, uint16(style))
	return nil
}

func (s *sheetReader) at() string { return refOf(s.row, s.col) }

// decode turns a value into what the cell's type says it is.
func (s *sheetReader) decode(kind string, v []byte, style *int) (Kind, uint64, error) {
	switch kind {
	case "s":
		i, ok := atoi(bytes.TrimSpace(v))
		if !ok || i >= len(s.pkg.strings) {
			return 0, 0, s.bad("%s has shared string %.20q of %d", s.at(), v, len(s.pkg.strings))
		}
		if s.pkg.strings[i] == "" {
			return Blank, 0, nil
		}
		return Text, uint64(i), nil
	case "str":
		return s.text(v)
	case "b":
		switch string(bytes.TrimSpace(v)) {
		case "1", "true":
			return Bool, math.Float64bits(1), nil
		case "0", "false":
			return Bool, 0, nil
		}
		return 0, 0, s.bad("%s has the truth value %.20q", s.at(), v)
	case "e":
		_, bits, err := s.text(v)
		return Error, bits, err
	case "d":
		if n, ok := isoSerial(string(bytes.TrimSpace(v)), s.pkg.Date1904); ok {
			if !s.pkg.Format(*style).Date {
				*style = isoStyle
			}
			return Number, math.Float64bits(n), nil
		}
		return s.text(v)
	case "", "n":
		t := bytes.TrimSpace(v)
		if n, ok := parseNumber(t); ok {
			return Number, math.Float64bits(n), nil
		}
		if isNoNumber(t) {
			_, bits, err := s.text(t) // NaN and infinity: some programs write them
			return Error, bits, err
		}
		return 0, 0, s.bad("%s has the number %.40q", s.at(), v)
	}
	return 0, 0, s.bad("%s is of the type %.20q", s.at(), kind)
}

// text keeps a text of the sheet's own, each once.
func (s *sheetReader) text(b []byte) (Kind, uint64, error) {
	if len(b) == 0 {
		return Blank, 0, nil
	}
	if i, ok := s.own[string(b)]; ok {
		return Text, uint64(i), nil
	}
	if s.own == nil {
		s.own = map[string]int{}
		s.budget = textBudget{limits: s.pkg.limits, part: s.part}
	}
	text := unescape(string(b))
	if err := s.budget.take(len(text)); err != nil {
		return 0, 0, err
	}
	i := len(s.g.texts)
	s.g.texts = append(s.g.texts, text)
	s.own[string(b)] = i
	return Text, uint64(i), nil
}

// characterData appends the text of an element without children.
func (s *scanner) characterData(to []byte) ([]byte, error) {
	for {
		kind, err := s.next()
		switch {
		case err != nil:
			return to, err
		case kind == tokenStart:
			return to, s.bad("an element <%.40s> inside a value", s.name)
		case kind == tokenEnd:
			return to, nil
		}
		to = append(to, s.text...)
	}
}

// parseRef reads a reference such as A1; dollar signs do not matter.
func parseRef(s string) (row, col int, ok bool) {
	s = strings.ReplaceAll(s, "$", "")
	i := 0
	for ; i < len(s) && (s[i]|0x20) >= 'a' && (s[i]|0x20) <= 'z'; i++ {
		col = col*26 + int(s[i]|0x20-'a') + 1
		if col > maxCol {
			return 0, 0, false
		}
	}
	row, ok = atoi([]byte(s[i:]))
	return row, col, ok && i > 0 && row >= 1 && row <= maxRow
}

func refOf(row, col int) string {
	name := ""
	for ; col > 0; col = (col - 1) / 26 {
		name = string(rune('A'+(col-1)%26)) + name
	}
	return name + strconv.Itoa(row)
}

// atoi reads up to nine digits and nothing else.
func atoi(b []byte) (int, bool) {
	if len(b) == 0 || len(b) > 9 {
		return 0, false
	}
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// isoSerial is the serial number of a date in ISO 8601, in the workbook's own
// date system.
func isoSerial(s string, date1904 bool) (float64, bool) {
	for _, layout := range []string{"2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05Z07:00", "2006-01-02", "2006-01-02T15:04", "2006-01-02 15:04:05"} {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		_, offset := t.Zone()
		n := float64(t.Unix()+int64(offset))/86400 + float64(t.Nanosecond())/86400e9 + 25569
		switch {
		case date1904:
			n -= 1462
		case n < 61:
			n-- // Excel counts a 29 February 1900
		}
		return n, n >= 0
	}
	return 0, false
}
