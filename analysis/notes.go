package analysis

import "strconv"

// notes collects the findings of one analysis. Of one code it keeps the first
// hundred, then says how many more there were, so that a workbook with one
// systematic fault stays readable.
type notes struct {
	list  []Finding
	count map[string]int
	last  map[string]Finding
}

const notesPerCode = 100

func (n *notes) add(f Finding) {
	if n.count == nil {
		n.count, n.last = map[string]int{}, map[string]Finding{}
	}
	n.count[f.Code]++
	if n.count[f.Code] <= notesPerCode {
		n.list = append(n.list, f)
		return
	}
	if n.count[f.Code] == notesPerCode+1 {
		n.last[f.Code] = Finding{Effect: f.Effect, Code: "more-like-this", At: Ref{File: f.At.File, Sheet: f.At.Sheet}, Got: f.Code}
		n.list = append(n.list, Finding{Code: f.Code, Effect: overflow})
	}
}

// overflow marks where a "more-like-this" goes once its number is known.
const overflow Effect = "overflow"

// findings ends the collection.
func (n *notes) findings() []Finding {
	for i, f := range n.list {
		if f.Effect == overflow {
			more := n.last[f.Code]
			more.Args = []any{strconv.Itoa(n.count[f.Code] - notesPerCode)}
			n.list[i] = more
		}
	}
	return n.list
}

// sheetOf is the sheet that gave a row, without the cell.
func sheetOf(t Table, row int) Ref {
	r := t.Ref(row, "")
	return Ref{File: r.File, Sheet: r.Sheet}
}
