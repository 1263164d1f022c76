package ooxml

import (
	"context"
	"encoding/xml"
	"errors"
	"strconv"
	"strings"
	"time"
)

type gridRow struct {
	cells  []Cell
	first  int
	hidden bool
}

// At is the cell at a 1-based row and column; outside the used range it is Blank.
func (g *Grid) At(row, col int) Cell {
	if row < 1 || row > len(g.rows) {
		return Cell{}
	}
	r := &g.rows[row-1]
	if col < r.first || col >= r.first+len(r.cells) {
		return Cell{}
	}
	return r.cells[col-r.first]
}

// Rows is the last used row.
func (g *Grid) Rows() int { return len(g.rows) }

// Cols is the last used column.
func (g *Grid) Cols() int { return g.cols }

// RowCols is the last used column of one row, 0 for an empty row.
func (g *Grid) RowCols(row int) int {
	if row < 1 || row > len(g.rows) || len(g.rows[row-1].cells) == 0 {
		return 0
	}
	return g.rows[row-1].first + len(g.rows[row-1].cells) - 1
}

// HiddenRow reports whether a row is hidden.
func (g *Grid) HiddenRow(row int) bool {
	return row >= 1 && row <= len(g.rows) && g.rows[row-1].hidden
}

const (
	maxRow = 1 << 20
	maxCol = 1 << 14
)

// Grid reads a sheet whole.
func (p *Package) Grid(ctx context.Context, sheet int) (*Grid, error) {
	s := p.Sheets[sheet]
	d, err := p.decoder(s.Part)
	if err != nil {
		return nil, err
	}
	g := &Grid{}
	bad := func(what string) error {
		return &Refusal{Code: "damaged-part", Part: s.Part, Err: errors.New(what)}
	}
	row, col, cells := 0, 0, 0
	var c Cell
	var kind string
	var failed error // of a cell, found at its end tag
	var v, is strings.Builder
	hasV, inV, inT, hasF, phonetic, inCell, inData, hidden := false, false, false, false, 0, false, false, false
	err = walk(d, s.Part, func(e xml.StartElement) error {
		if failed != nil {
			return failed
		}
		switch e.Name.Local {
		case "sheetData":
			inData = true
		case "row":
			if !inData {
				return nil
			}
			row++
			if r := attr(e, "r"); r != "" {
				n, err := strconv.Atoi(r)
				if err != nil || n < 1 || n > maxRow {
					return bad("row " + r)
				}
				row = n
			}
			col = 0
			h := attr(e, "hidden")
			hidden = h == "1" || h == "true"
			if hidden {
				g.grow(row)
				g.rows[row-1].hidden = true
			}
		case "c":
			if !inData {
				return nil
			}
			inCell = true
			col++
			if r := attr(e, "r"); r != "" {
				rr, cc, ok := parseRef(r)
				if !ok {
					return bad("cell " + r)
				}
				row, col = rr, cc
			}
			c, kind, hasV, hasF = Cell{}, attr(e, "t"), false, false
			if st := attr(e, "s"); st != "" {
				n, err := strconv.Atoi(st)
				if err != nil {
					return bad("style " + st)
				}
				c.Style = n
			}
			v.Reset()
			is.Reset()
		case "v":
			inV, hasV = inCell, true
		case "f":
			hasF = inCell
		case "t":
			inT = inCell
		case "rPh":
			phonetic++
		case "mergeCell":
			a, b, found := strings.Cut(attr(e, "ref"), ":")
			if !found {
				b = a
			}
			r1, c1, ok1 := parseRef(a)
			r2, c2, ok2 := parseRef(b)
			if !ok1 || !ok2 {
				return bad("merge " + attr(e, "ref"))
			}
			g.Merges = append(g.Merges, Range{min(r1, r2), min(c1, c2), max(r1, r2), max(c1, c2)})
		}
		return nil
	}, func(t []byte) {
		switch {
		case inV:
			v.Write(t)
		case inT && phonetic == 0:
			is.Write(t)
		}
	}, func(local string) {
		switch local {
		case "v":
			inV = false
		case "t":
			inT = false
		case "rPh":
			phonetic--
		case "sheetData":
			inData = false
		case "c":
			if !inCell {
				return
			}
			inCell = false
			c.Formula = hasF
			text := v.String()
			switch {
			case kind == "inlineStr":
				if is.Len() > 0 {
					c.Kind, c.Text = Text, unescape(is.String())
				}
			case !hasV || text == "" && kind != "str":
				if hasF {
					c.Kind = NoCache
				}
			case kind == "s":
				i, e := strconv.Atoi(strings.TrimSpace(text))
				if e != nil || i < 0 || i >= len(p.strings) {
					failed = bad("shared string " + text)
					return
				}
				if p.strings[i] != "" {
					c.Kind, c.Text = Text, p.strings[i]
				}
			case kind == "str":
				if text != "" {
					c.Kind, c.Text = Text, unescape(text)
				}
			case kind == "b":
				c.Kind = Bool
				if text == "1" || text == "true" {
					c.Num = 1
				}
			case kind == "e":
				c.Kind, c.Text = Error, text
			case kind == "d":
				if n, ok := isoSerial(text); ok {
					c.Kind, c.Num = Number, n
				} else {
					c.Kind, c.Text = Text, text
				}
			default:
				n, e := strconv.ParseFloat(strings.TrimSpace(text), 64)
				if e != nil {
					failed = bad("number " + text)
					return
				}
				c.Kind, c.Num = Number, n
			}
			if c.Kind == Blank {
				return
			}
			cells++
			g.set(row, col, c)
		}
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return nil, err
	}
	if cells > p.limits.Cells {
		return nil, &Refusal{Code: "too-many-cells", Part: s.Part}
	}
	return g, nil
}

func (g *Grid) grow(row int) {
	for len(g.rows) < row {
		g.rows = append(g.rows, gridRow{})
	}
}

func (g *Grid) set(row, col int, c Cell) {
	g.grow(row)
	r := &g.rows[row-1]
	if len(r.cells) == 0 {
		r.first = col
	}
	if col < r.first {
		r.cells = append(make([]Cell, r.first-col), r.cells...)
		r.first = col
	}
	for len(r.cells) <= col-r.first {
		r.cells = append(r.cells, Cell{})
	}
	r.cells[col-r.first] = c
	g.cols = max(g.cols, col)
}

func parseRef(s string) (row, col int, ok bool) {
	s = strings.ReplaceAll(s, "$", "")
	i := 0
	for ; i < len(s) && (s[i]|0x20) >= 'a' && (s[i]|0x20) <= 'z'; i++ {
		col = col*26 + int(s[i]|0x20-'a') + 1
		if col > maxCol {
			return 0, 0, false
		}
	}
	row, err := strconv.Atoi(s[i:])
	return row, col, err == nil && i > 0 && row >= 1 && row <= maxRow
}

func isoSerial(s string) (float64, bool) {
	for _, layout := range []string{"2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05Z07:00", "2006-01-02", "2006-01-02T15:04"} {
		if t, err := time.Parse(layout, s); err == nil {
			return float64(t.Unix())/86400 + 25569, true
		}
	}
	return 0, false
}
