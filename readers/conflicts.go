package readers

import (
	"fmt"
	"hash/maphash"
	"strconv"

	"shakeout/analysis"
)

// conflicts names facts that are stated twice with different values: both stay
// as rows, and the reader does not choose.
func conflicts(t analysis.Table, key []string, value string, notes func(analysis.Finding)) {
	seen := map[uint64][]int{}
	seed := maphash.MakeSeed()
	values := t.Float(value)
	at := make([]func(int) string, len(key))
	for k, column := range key {
		text, date := t.Text(column), t.Date(column)
		at[k] = func(row int) string {
			if d, ok := date.At(row); ok {
				return strconv.Itoa(int(d))
			}
			return text.Or(row, "")
		}
	}
	for row := range t.Rows() {
		var h maphash.Hash
		h.SetSeed(seed)
		for _, f := range at {
			h.WriteString(f(row))
			h.WriteByte(0)
		}
		sum := h.Sum64()
		for _, other := range seen[sum] {
			same := true
			for _, f := range at {
				same = same && f(row) == f(other)
			}
			a, _ := values.At(other)
			b, _ := values.At(row)
			if same && a != b {
				first := t.Ref(other, value)
				notes(analysis.Finding{
					Effect: analysis.Noted, Code: "stated-twice", At: t.Ref(row, value),
					Got: fmt.Sprint(b), Args: []any{fmt.Sprint(a), first.Sheet + "!" + first.Cell()},
				})
				break
			}
		}
		seen[sum] = append(seen[sum], row)
	}
}
