package readers

import "shakeout/analysis"

// codes numbers the texts of a workbook's tables, so that rows are compared by
// small numbers; each column once, whatever asks for it.
type codes map[string][]int32

// of is the number of each row's text in a column; -1 is null.
func (c codes) of(t analysis.Table, column string) []int32 {
	key := t.Name + "." + column
	if all, ok := c[key]; ok {
		return all
	}
	all, _ := t.Words(column)
	c[key] = all
	return all
}

// days is a date column as numbers.
func (c codes) days(t analysis.Table, column string) []int32 {
	key := t.Name + "." + column
	if all, ok := c[key]; ok {
		return all
	}
	dates, all := t.Date(column), make([]int32, t.Rows())
	for row := range all {
		d, ok := dates.At(row)
		if !ok {
			d = -1 << 31
		}
		all[row] = int32(d)
	}
	c[key] = all
	return all
}

// rowKey compares rows by some of their columns.
type rowKey [][]int32

func (c codes) key(t analysis.Table, columns []string) rowKey {
	var k rowKey
	for _, name := range columns {
		switch name {
		case "period", "period_end", "date":
			k = append(k, c.days(t, name))
		default:
			k = append(k, c.of(t, name))
		}
	}
	return k
}

func (k rowKey) hash(row int) uint64 {
	h := uint64(0x9E3779B97F4A7C15)
	for _, c := range k {
		h = (h ^ uint64(uint32(c[row]))) * 0xFF51AFD7ED558CCD
		h ^= h >> 32
	}
	return h
}

func (k rowKey) same(a, b int) bool {
	for _, c := range k {
		if c[a] != c[b] {
			return false
		}
	}
	return true
}

// firsts finds the first row that is the same by a key: a hash table of row
// numbers alone (8 bytes a row; a map of slices took 150).
type firsts struct {
	key   rowKey
	slots []int32 // row + 1
}

func newFirsts(key rowKey, rows int) *firsts {
	size := 16
	for size < 2*rows {
		size *= 2
	}
	return &firsts{key, make([]int32, size)}
}

// of is the first row that is the same as this one: itself where there was none.
func (f *firsts) of(row int) int {
	mask := uint64(len(f.slots) - 1)
	for i := f.key.hash(row) & mask; ; i = (i + 1) & mask {
		other := int(f.slots[i]) - 1
		if other < 0 {
			f.slots[i] = int32(row + 1)
			return row
		}
		if f.key.same(row, other) {
			return other
		}
	}
}
