package ooxml

import (
	"slices"
	"sort"
)

// Grid is one sheet's cells with random access. Cells lie in the order of rows
// and columns in blocks of parallel arrays without pointers: 13 bytes a cell, and
// nothing for the garbage collector to walk. A million rows of five cells take 80
// MB (as values of type Cell they took 240), and a row whose only cell is XFD1
// takes one cell.
type Grid struct {
	Merges []Range
	rows   []gridRow
	cols   int
	blocks []*cellBlock
	cells  int
	texts  []string // of the package, and the sheet's own
}

// gridRow says where the cells of a row lie.
type gridRow struct {
	at     uint32 // index of its first cell
	n      uint16
	hidden bool
}

const (
	blockShift = 12
	blockCells = 1 << blockShift
)

// cellBlock holds cells. bits is a number, or the index of a text.
type cellBlock struct {
	bits  [blockCells]uint64
	style [blockCells]uint16
	col   [blockCells]uint16
	kind  [blockCells]Kind // with formulaBit
}

const formulaBit = Kind(1 << 7)

const (
	maxRow = 1 << 20
	maxCol = 1 << 14
)

// At is the cell at a 1-based row and column; outside the used range it is Blank.
func (g *Grid) At(row, col int) Cell {
	c, _ := g.Look(row, col)
	return c
}

// Look is At, with a number for its text: the same text of a sheet has the same
// number, below Texts. What has no text has -1.
func (g *Grid) Look(row, col int) (Cell, int) {
	b, i := g.find(row, col)
	if b == nil {
		return Cell{}, -1
	}
	kind := b.kind[i]
	c := Cell{Kind: kind &^ formulaBit, Formula: kind&formulaBit != 0, Style: int(b.style[i])}
	switch c.Kind {
	case Text, Error:
		id := int(b.bits[i])
		c.Text = g.texts[id]
		return c, id
	case Number, Bool:
		c.Num = floatOf(b.bits[i])
	}
	return c, -1
}

// Stored is a cell as the grid stores it: the bits of a number, or the number of a
// text as Look gives it.
type Stored struct {
	Bits       uint64
	Col, Style uint16
	Kind       Kind
}

// Num is a number's value.
func (c Stored) Num() float64 { return floatOf(c.Bits) }

// Stored appends the cells of a row, in the order of their columns, to dst: for
// those who go through long sheets row by row.
func (g *Grid) Stored(dst []Stored, row int) []Stored {
	if row < 1 || row > len(g.rows) {
		return dst
	}
	r := &g.rows[row-1]
	for at := r.at; at < r.at+uint32(r.n); at++ {
		b, i := g.blocks[at>>blockShift], at&(blockCells-1)
		dst = append(dst, Stored{Bits: b.bits[i], Col: b.col[i], Style: b.style[i], Kind: b.kind[i] &^ formulaBit})
	}
	return dst
}

// Text is a text by its number.
func (g *Grid) Text(id int) string { return g.texts[id] }

// Texts is how many texts the sheet's cells can have: the workbook's shared ones
// first, in every sheet with the same numbers, then its own.
func (g *Grid) Texts() int { return len(g.texts) }

// Kind is the kind of the cell at a row and column.
func (g *Grid) Kind(row, col int) Kind {
	b, i := g.find(row, col)
	if b == nil {
		return Blank
	}
	return b.kind[i] &^ formulaBit
}

// find is where a cell lies, or nil.
func (g *Grid) find(row, col int) (*cellBlock, int) {
	if row < 1 || row > len(g.rows) {
		return nil, 0
	}
	r := &g.rows[row-1]
	if r.n == 0 {
		return nil, 0
	}
	// Most rows have no gaps: the cell is as far from the first as its column.
	first := int(g.col(r.at))
	if i := col - first; i >= 0 && i < int(r.n) {
		at := r.at + uint32(i)
		b := g.blocks[at>>blockShift]
		if at &= blockCells - 1; int(b.col[at]) == col {
			return b, int(at)
		}
	} else if i < 0 {
		return nil, 0
	}
	n := sort.Search(int(r.n), func(i int) bool { return int(g.col(r.at+uint32(i))) >= col })
	if n == int(r.n) {
		return nil, 0
	}
	at := r.at + uint32(n)
	b := g.blocks[at>>blockShift]
	if at &= blockCells - 1; int(b.col[at]) == col {
		return b, int(at)
	}
	return nil, 0
}

func (g *Grid) col(at uint32) uint16 { return g.blocks[at>>blockShift].col[at&(blockCells-1)] }

// Rows is the last used row.
func (g *Grid) Rows() int { return len(g.rows) }

// Cols is the last used column.
func (g *Grid) Cols() int { return g.cols }

// Cells is the number of cells that hold something.
func (g *Grid) Cells() int { return g.cells }

// RowCols is the last used column of one row, 0 for an empty row.
func (g *Grid) RowCols(row int) int {
	if row < 1 || row > len(g.rows) || g.rows[row-1].n == 0 {
		return 0
	}
	r := &g.rows[row-1]
	return int(g.col(r.at + uint32(r.n) - 1))
}

// RowCells is how many cells of a row hold something.
func (g *Grid) RowCells(row int) int {
	if row < 1 || row > len(g.rows) {
		return 0
	}
	return int(g.rows[row-1].n)
}

// NextCol is the first column of a row from col on whose cell holds something, 0
// where there is none.
func (g *Grid) NextCol(row, col int) int {
	if row < 1 || row > len(g.rows) {
		return 0
	}
	r := &g.rows[row-1]
	i := sort.Search(int(r.n), func(i int) bool { return int(g.col(r.at+uint32(i))) >= col })
	if i == int(r.n) {
		return 0
	}
	return int(g.col(r.at + uint32(i)))
}

// HiddenRow reports whether a row is hidden.
func (g *Grid) HiddenRow(row int) bool {
	return row >= 1 && row <= len(g.rows) && g.rows[row-1].hidden
}

// Turned is part of a grid with rows and columns changed: the cell at row 2 and
// column 5 stands at row 5 and column 2. Merged ranges that lie in the part turn
// with it.
func (g *Grid) Turned(part Range) *Grid {
	var t gridBuilder
	for col := part.Col1; col <= part.Col2; col++ {
		t.startRow(col, false)
		for row := part.Row1; row <= part.Row2; row++ {
			if b, i := g.find(row, col); b != nil {
				t.put(row, b.kind[i], b.bits[i], b.style[i])
			}
		}
	}
	for _, m := range g.Merges {
		if m.Row1 >= part.Row1 && m.Row2 <= part.Row2 && m.Col1 >= part.Col1 && m.Col2 <= part.Col2 {
			t.Merges = append(t.Merges, Range{Row1: m.Col1, Col1: m.Row1, Row2: m.Col2, Col2: m.Row2})
		}
	}
	t.texts = g.texts
	return &t.Grid
}

// gridBuilder fills a grid with cells as they come. Nearly always they come in
// order; else order puts them right at the end.
type gridBuilder struct {
	Grid
	row, col int        // of the last cell
	open     *gridRow   // the row's, once it has a cell; nil when mixed
	block    *cellBlock // that the next cell goes to, unless it begins one
	hide     bool
	mixed    bool
	runs     []run // of cells, one for each row that came, when mixed
}

type run struct {
	row int
	at  uint32
	n   uint16
}

// startRow begins a row.
func (g *gridBuilder) startRow(row int, hidden bool) {
	g.cols = max(g.cols, g.col)
	if row <= g.row && !g.mixed {
		g.mix()
	}
	g.row, g.col, g.open, g.hide = row, 0, nil, hidden
	if hidden {
		g.grow(row)
		g.rows[row-1].hidden = true
	}
	if g.mixed {
		g.runs = append(g.runs, run{row: row, at: uint32(g.cells)})
	}
}

// mix keeps runs from here on: rows or cells come out of order.
func (g *gridBuilder) mix() {
	g.mixed, g.open = true, nil
	for i, r := range g.rows {
		if r.n > 0 {
			g.runs = append(g.runs, run{i + 1, r.at, r.n})
		}
	}
}

func (g *gridBuilder) grow(row int) {
	if row > len(g.rows) {
		if row > cap(g.rows) {
			g.rows = slices.Grow(g.rows, max(row, min(2*len(g.rows), maxRow))-len(g.rows))
		}
		g.rows = g.rows[:row]
	}
}

// put adds a cell to the row. It is called for each cell of a workbook, and does
// the least where cells come in order.
func (g *gridBuilder) put(col int, kind Kind, bits uint64, style uint16) {
	at := g.cells & (blockCells - 1)
	if at == 0 || g.open == nil || col <= g.col {
		g.prepare(at, col)
	}
	b := g.block
	b.bits[at], b.style[at], b.col[at], b.kind[at] = bits, style, uint16(col), kind
	g.col = col
	g.cells++
	if g.open != nil {
		g.open.n++
	}
}

// prepare makes ready for a cell that begins a block or a row, or comes out of
// order.
func (g *gridBuilder) prepare(at, col int) {
	if at == 0 {
		g.block = new(cellBlock)
		g.blocks = append(g.blocks, g.block)
	}
	if col <= g.col {
		g.cols = max(g.cols, g.col)
		if !g.mixed {
			g.mix()
			if n := len(g.runs); n == 0 || g.runs[n-1].row != g.row {
				g.runs = append(g.runs, run{row: g.row, at: uint32(g.cells)})
			}
		}
	}
	if g.mixed {
		g.runs[len(g.runs)-1].n++
		return
	}
	if g.open == nil {
		g.grow(g.row)
		g.open = &g.rows[g.row-1]
		g.open.at = uint32(g.cells)
	}
}

// order sorts cells that came out of order. Two cells in one place are an error:
// which of them counts nobody can tell.
func (g *gridBuilder) order() (row, col int, twice bool) {
	g.cols = max(g.cols, g.col)
	if !g.mixed {
		return 0, 0, false
	}
	type place struct {
		key uint64 // row and column
		at  uint32
	}
	places := make([]place, 0, g.cells)
	for _, r := range g.runs {
		for i := range uint32(r.n) {
			places = append(places, place{uint64(r.row)<<16 | uint64(g.Grid.col(r.at+i)), r.at + i})
		}
	}
	slices.SortFunc(places, func(a, b place) int {
		if a.key < b.key {
			return -1
		} else if a.key > b.key {
			return 1
		}
		return 0
	})
	sorted := gridBuilder{}
	for i, p := range places {
		row, col := int(p.key>>16), int(p.key&0xffff)
		if i > 0 && places[i-1].key == p.key {
			return row, col, true
		}
		if row != sorted.row {
			sorted.startRow(row, false)
		}
		b, at := g.blocks[p.at>>blockShift], p.at&(blockCells-1)
		sorted.put(col, b.kind[at], b.bits[at], b.style[at])
	}
	sorted.grow(len(g.rows))
	for i, r := range g.rows {
		sorted.rows[i].hidden = r.hidden
	}
	sorted.Merges, sorted.texts, sorted.cols = g.Merges, g.texts, g.cols
	g.Grid = sorted.Grid
	return 0, 0, false
}
