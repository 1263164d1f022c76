package analysis

// Origin says which facts a number of a result table was taken from: numbers
// of one column of an input table, added up. Writers turn it into references
// to the analyst's own cells, so that the number follows when a cell changes.
type Origin struct {
	Table  string  // input table: metrics, prices, filings ...
	Column string  // value, price, price_before, filed ...
	Facts  [][]int // each fact by the rows that state it; facts are added up
	Lowest bool    // of the rows that state a fact the lowest counts; else they agree
	Mean   bool    // the mean of the facts, not their sum
	Plus   float64 // added: days from the first of a month to the day it stands for
	Per    *Origin // divided by these; nil: not divided
}

// OriginOf is the origin of a number that stands in one row.
func OriginOf(table, column string, rows ...int) Origin {
	return Origin{Table: table, Column: column, Facts: [][]int{rows}}
}

// From notes where the number just set in a column of the row under
// construction came from.
func (b *Builder) From(name string, o Origin) {
	if len(o.Facts) == 0 {
		return
	}
	if b.origins == nil {
		b.origins = map[string]map[int]Origin{}
	}
	if b.origins[name] == nil {
		b.origins[name] = map[int]Origin{}
	}
	b.origins[name][b.rows] = o
}

// Origin is where a number came from, if the analysis noted it.
func (t Table) Origin(row int, column string) (Origin, bool) {
	o, ok := t.Origins[column][row]
	return o, ok
}
