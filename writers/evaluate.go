package writers

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"shakeout/analysis"
)

// evaluate computes a formula from the values that our cells hold, as far as
// the formulas of our own templates go. A formula is only written where this
// gives the number that the analysis gave: so no cell of ours ever says one
// thing when the workbook opens and another when it is recalculated.
//
// What a spreadsheet takes for an error is not ok. at is the sheet that the
// formula stands in.
func (b *book) evaluate(formula string, at *sheet) (result value, ok bool) {
	e := &evaluator{book: b, at: at, rest: formula, room: b.room[:0]}
	defer func() {
		b.room = e.room[:0]
		if r := recover(); r != nil {
			if _, is := r.(notFormula); !is {
				panic(r)
			}
			result, ok = value{}, false
		}
	}()
	v := e.compare()
	if e.rest != "" {
		return value{}, false
	}
	result = v.first()
	return result, result.kind != isError
}

// notFormula is what a parse ends with that meets what no template has.
type notFormula struct{}

// valueKind is what a formula's value is.
type valueKind uint8

const (
	isBlank valueKind = iota
	isNumber
	isText
	isTruth
	isError
)

// value is one value of a formula.
type value struct {
	kind valueKind
	num  float64 // number; truth as 0 or 1
	text string
}

var broken = value{kind: isError}

// block is a value or a rectangle of them, row by row. It is never changed:
// several formulas may read one.
type block struct {
	cols  int
	cells []value
}

// cellRange is a rectangle of cells of a sheet.
type cellRange struct {
	sheet          *sheet
	r1, c1, r2, c2 int
}

func (b block) first() value   { return b.cells[0] }
func (b block) isSingle() bool { return len(b.cells) == 1 }

func numberValue(x float64) value {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return broken
	}
	return value{kind: isNumber, num: x}
}

func truth(t bool) value {
	if t {
		return value{kind: isTruth, num: 1}
	}
	return value{kind: isTruth}
}

// number is a value in arithmetic: blank is zero, text an error.
func (v value) number() value {
	switch v.kind {
	case isText, isError:
		return broken
	}
	return value{kind: isNumber, num: v.num}
}

// evaluator reads a formula from the left and computes as it goes.
type evaluator struct {
	book *book
	at   *sheet
	rest string
	room []value // where what is computed lies until the formula is done
}

// values gives room for n values, all blank.
func (e *evaluator) values(n int) []value {
	if len(e.room)+n > cap(e.room) {
		e.room = make([]value, 0, max(2*cap(e.room), n, 1024)) // what lies in the old room stays there
	}
	from := len(e.room)
	e.room = e.room[:from+n]
	out := e.room[from : from+n : from+n]
	clear(out)
	return out
}

func (e *evaluator) single(v value) block {
	out := e.values(1)
	out[0] = v
	return block{1, out}
}

func (e *evaluator) numeral(x float64) block { return e.single(numberValue(x)) }

func (e *evaluator) take(token string) bool {
	if strings.HasPrefix(e.rest, token) {
		e.rest = e.rest[len(token):]
		return true
	}
	return false
}

// next reports whether the next character is one of some.
func (e *evaluator) next(of string) bool {
	return e.rest != "" && strings.IndexByte(of, e.rest[0]) >= 0
}

func (e *evaluator) want(token string) {
	if !e.take(token) {
		panic(notFormula{})
	}
}

// each applies a function to two blocks, element by element; a single value
// meets every element.
func (e *evaluator) each(x, y block, f func(a, b value) value) block {
	n, cols := len(x.cells), x.cols
	if x.isSingle() {
		n, cols = len(y.cells), y.cols
	} else if !y.isSingle() && len(y.cells) != n {
		return e.single(broken)
	}
	out := block{cols, e.values(n)}
	for i := range out.cells {
		a, b := x.cells[0], y.cells[0]
		if !x.isSingle() {
			a = x.cells[i]
		}
		if !y.isSingle() {
			b = y.cells[i]
		}
		out.cells[i] = f(a, b)
	}
	return out
}

func arithmetic(f func(a, b float64) float64) func(a, b value) value {
	return func(a, b value) value {
		a, b = a.number(), b.number()
		if a.kind == isError || b.kind == isError {
			return broken
		}
		return numberValue(f(a.num, b.num))
	}
}

func (e *evaluator) compare() block {
	x := e.joined()
	for e.next("<>=") {
		switch {
		case e.take("<="):
			x = e.each(x, e.joined(), comparison(func(c int) bool { return c <= 0 }))
		case e.take(">="):
			x = e.each(x, e.joined(), comparison(func(c int) bool { return c >= 0 }))
		case e.take("<>"):
			x = e.each(x, e.joined(), comparison(func(c int) bool { return c != 0 }))
		case e.take("<"):
			x = e.each(x, e.joined(), comparison(func(c int) bool { return c < 0 }))
		case e.take(">"):
			x = e.each(x, e.joined(), comparison(func(c int) bool { return c > 0 }))
		case e.take("="):
			x = e.each(x, e.joined(), comparison(func(c int) bool { return c == 0 }))
		}
	}
	return x
}

// comparison orders values as spreadsheets do: numbers, then texts regardless
// of case, then truths; blank is zero or the empty text.
func comparison(f func(int) bool) func(a, b value) value {
	return func(a, b value) value {
		if a.kind == isError || b.kind == isError {
			return broken
		}
		like := func(v, other value) value {
			if v.kind == isBlank && other.kind != isText {
				return value{kind: other.kind}
			}
			if v.kind == isBlank {
				return value{kind: isText}
			}
			return v
		}
		a, b = like(a, b), like(b, a)
		c := cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.num, b.num))
		if c == 0 && a.text != b.text {
			c = strings.Compare(strings.ToLower(a.text), strings.ToLower(b.text))
		}
		return truth(f(c))
	}
}

func (e *evaluator) joined() block {
	x := e.sum()
	for e.take("&") {
		x = e.each(x, e.sum(), func(a, b value) value {
			if a.kind == isError || b.kind == isError {
				return broken
			}
			return value{kind: isText, text: a.said() + b.said()}
		})
	}
	return x
}

func (v value) said() string {
	if v.kind == isNumber {
		return formatNumber(v.num)
	}
	return v.text
}

func (e *evaluator) sum() block {
	x := e.product()
	for e.next("+-") {
		switch {
		case e.take("+"):
			x = e.each(x, e.product(), arithmetic(func(a, b float64) float64 { return a + b }))
		case e.take("-"):
			x = e.each(x, e.product(), arithmetic(func(a, b float64) float64 { return a - b }))
		}
	}
	return x
}

func (e *evaluator) product() block {
	x := e.power()
	for e.next("*/") {
		switch {
		case e.take("*"):
			x = e.each(x, e.power(), arithmetic(func(a, b float64) float64 { return a * b }))
		case e.take("/"):
			x = e.each(x, e.power(), arithmetic(func(a, b float64) float64 { return a / b })) // x/0 is no number
		}
	}
	return x
}

func (e *evaluator) power() block {
	x := e.signed()
	for e.take("^") {
		x = e.each(x, e.signed(), arithmetic(math.Pow))
	}
	return x
}

// signed binds a minus tighter than a power, as spreadsheets do.
func (e *evaluator) signed() block {
	if e.take("-") {
		return e.each(e.numeral(0), e.signed(), arithmetic(func(a, b float64) float64 { return a - b }))
	}
	return e.primary()
}

func (e *evaluator) primary() block {
	switch c := e.peek(); {
	case c == '(':
		e.want("(")
		x := e.compare()
		e.want(")")
		return x
	case c == '"':
		return e.single(value{kind: isText, text: e.quoted('"')})
	case c == '{':
		e.want("{")
		var list block
		for {
			list.cells = append(list.cells, e.primary().first())
			if !e.take(",") {
				break
			}
		}
		e.want("}")
		list.cols = len(list.cells)
		return list
	case c == '\'':
		name := e.quoted('\'')
		e.want("!")
		return e.cells(name)
	case c >= '0' && c <= '9' || c == '.':
		return e.digits()
	case c >= 'A' && c <= 'Z':
		end := 0
		for end < len(e.rest) && (e.rest[end] >= 'A' && e.rest[end] <= 'Z') {
			end++
		}
		if end < len(e.rest) && e.rest[end] == '(' {
			name := e.rest[:end]
			e.rest = e.rest[end+1:]
			return e.call(name)
		}
		return e.cells("")
	case c == '$':
		return e.cells("")
	}
	panic(notFormula{})
}

func (e *evaluator) peek() byte {
	if e.rest == "" {
		panic(notFormula{})
	}
	return e.rest[0]
}

// quoted reads text between quotes, in which a quote stands twice.
func (e *evaluator) quoted(quote byte) string {
	if end := strings.IndexByte(e.rest[1:], quote) + 1; end > 0 && (end+1 == len(e.rest) || e.rest[end+1] != quote) {
		said := e.rest[1:end]
		e.rest = e.rest[end+1:]
		return said
	}
	var b strings.Builder
	for i := 1; i < len(e.rest); i++ {
		if e.rest[i] != quote {
			b.WriteByte(e.rest[i])
			continue
		}
		if i+1 < len(e.rest) && e.rest[i+1] == quote {
			b.WriteByte(quote)
			i++
			continue
		}
		e.rest = e.rest[i+1:]
		return b.String()
	}
	panic(notFormula{})
}

func (e *evaluator) digits() block {
	end := 0
	for end < len(e.rest) && (strings.IndexByte("0123456789.E", e.rest[end]) >= 0 || (e.rest[end] == '-' || e.rest[end] == '+') && e.rest[end-1] == 'E') {
		end++
	}
	x, err := strconv.ParseFloat(e.rest[:end], 64)
	if err != nil {
		panic(notFormula{})
	}
	e.rest = e.rest[end:]
	return e.numeral(x)
}

// value is what a cell holds.
func (c cell) value() value {
	switch c.kind {
	case number:
		return value{kind: isNumber, num: c.num}
	case words:
		return value{kind: isText, text: c.text}
	}
	return value{}
}

// cells reads a reference and what the cells hold.
func (e *evaluator) cells(name string) block {
	s := e.at
	if name != "" {
		i := slices.IndexFunc(e.book.sheets, func(s *sheet) bool { return s.name == name })
		if i < 0 {
			panic(notFormula{})
		}
		s = e.book.sheets[i]
	}
	r1, c1 := e.address()
	r2, c2 := r1, c1
	if e.take(":") {
		r2, c2 = e.address()
	}
	if r1 == r2 && c1 == c2 {
		return e.single(s.at(r1, c1).value())
	}
	where := cellRange{s, r1, c1, r2, c2}
	if known, ok := e.book.ranges[where]; ok {
		return known
	}
	out := block{cols: c2 - c1 + 1, cells: make([]value, 0, max(0, (r2-r1+1)*(c2-c1+1)))}
	for r := r1; r <= r2; r++ {
		for c := c1; c <= c2; c++ {
			out.cells = append(out.cells, s.at(r, c).value())
		}
	}
	if len(out.cells) == 0 {
		panic(notFormula{})
	}
	if e.book.ranges != nil {
		e.book.ranges[where] = out
	}
	return out
}

func (e *evaluator) address() (row, col int) {
	e.take("$")
	for e.rest != "" && e.rest[0] >= 'A' && e.rest[0] <= 'Z' {
		col = col*26 + int(e.rest[0]-'A') + 1
		e.rest = e.rest[1:]
	}
	e.take("$")
	for e.rest != "" && e.rest[0] >= '0' && e.rest[0] <= '9' {
		row = row*10 + int(e.rest[0]-'0')
		e.rest = e.rest[1:]
	}
	if row == 0 || col == 0 {
		panic(notFormula{})
	}
	return row, col
}

// numbersIn are the numbers among cells, as SUM and its like see them, until the
// next call.
func (e *evaluator) numbersIn(args []block) (xs []float64, bad bool) {
	xs = e.book.numbers[:0]
	defer func() { e.book.numbers = xs[:0] }()
	for _, a := range args {
		for _, v := range a.cells {
			switch v.kind {
			case isNumber:
				xs = append(xs, v.num)
			case isError:
				return nil, true
			}
		}
	}
	return xs, false
}

// call computes a function of the arguments that follow.
func (e *evaluator) call(name string) block {
	var args []block
	for !e.take(")") {
		if len(args) > 0 {
			e.want(",")
		}
		args = append(args, e.compare())
	}
	switch name {
	case "IF":
		return e.either(args)
	case "SUMPRODUCT":
		return e.sumProduct(args)
	case "ABS", "SQRT", "LN", "EXP", "INT", "YEAR", "MONTH", "ISNUMBER", "N":
		return e.mapped(name, args[0], e.book)
	case "EXACT":
		return e.each(args[0], args[1], func(a, b value) value { return truth(a.said() == b.said()) })
	case "AND", "OR":
		all, any := true, false
		for _, a := range args {
			for _, v := range a.cells {
				if v.kind == isError {
					return e.single(broken)
				}
				all, any = all && v.num != 0, any || v.num != 0
			}
		}
		if name == "AND" {
			return e.single(truth(all))
		}
		return e.single(truth(any))
	case "ROWS":
		return e.numeral(float64(len(args[0].cells) / args[0].cols))
	case "INDEX":
		i := int(args[1].first().num)
		if args[1].first().kind != isNumber || i < 1 || i > len(args[0].cells) {
			return e.single(broken)
		}
		return e.single(args[0].cells[i-1])
	case "MATCH":
		want := args[0].first()
		for i, v := range args[1].cells {
			if v.kind == want.kind && v.num == want.num && strings.EqualFold(v.text, want.text) {
				return e.numeral(float64(i + 1))
			}
		}
		return e.single(broken)
	case "COUNTIF":
		return e.countIf(args[0], args[1].first())
	}
	xs, bad := e.numbersIn(args[:1])
	if name != "RANK" && name != "LARGE" && name != "SMALL" {
		xs, bad = e.numbersIn(args)
	}
	if bad {
		return e.single(broken)
	}
	return e.reduced(name, xs, args)
}

// reduced computes the functions that look at numbers only.
func (e *evaluator) reduced(name string, xs []float64, args []block) block {
	total := 0.0
	for _, x := range xs {
		total += x
	}
	switch name {
	case "SUM":
		return e.numeral(total)
	case "COUNT":
		return e.numeral(float64(len(xs)))
	case "SUMSQ":
		total = 0
		for _, x := range xs {
			total += x * x
		}
		return e.numeral(total)
	case "AVERAGE":
		return e.numeral(total / float64(len(xs)))
	case "MIN", "MAX":
		if len(xs) == 0 {
			return e.numeral(0)
		}
		if name == "MIN" {
			return e.numeral(slices.Min(xs))
		}
		return e.numeral(slices.Max(xs))
	case "MEDIAN":
		if len(xs) == 0 {
			return e.single(broken)
		}
		slices.Sort(xs)
		n := len(xs)
		return e.numeral((xs[(n-1)/2] + xs[n/2]) / 2)
	case "LARGE", "SMALL":
		slices.Sort(xs)
		if name == "LARGE" {
			slices.Reverse(xs)
		}
		return e.each(args[1], args[1], func(k, _ value) value {
			if i := int(k.num); i >= 1 && i <= len(xs) {
				return numberValue(xs[i-1])
			}
			return broken
		})
	case "RANK":
		rank, of := 1, args[0].first()
		there, bad := e.numbersIn(args[1:2])
		if bad || of.kind != isNumber || !slices.Contains(there, of.num) {
			return e.single(broken)
		}
		for _, x := range there {
			if x > of.num {
				rank++
			}
		}
		return e.numeral(float64(rank))
	}
	panic(notFormula{})
}

// either is IF: of a single condition the branch, of several each its own.
func (e *evaluator) either(args []block) block {
	otherwise := e.single(truth(false))
	if len(args) > 2 {
		otherwise = args[2]
	}
	if args[0].isSingle() {
		switch c := args[0].first(); {
		case c.kind == isError || c.kind == isText:
			return e.single(broken)
		case c.num != 0:
			return args[1]
		}
		return otherwise
	}
	picked := e.each(args[0], args[1], func(c, v value) value {
		if c.num != 0 {
			return v
		}
		return value{kind: isBlank, text: "else"}
	})
	return e.each(picked, otherwise, func(p, o value) value {
		if p.text == "else" && p.kind == isBlank {
			return o
		}
		return p
	})
}

func (e *evaluator) sumProduct(args []block) block {
	x := args[0]
	for _, y := range args[1:] {
		x = e.each(x, y, arithmetic(func(a, b float64) float64 { return a * b }))
	}
	total := 0.0
	for _, v := range x.cells {
		switch v.kind {
		case isError:
			return e.single(broken)
		case isNumber:
			total += v.num
		}
	}
	return e.numeral(total)
}

// countIf knows criteria of a comparison and a number, and equal numbers.
func (e *evaluator) countIf(cells block, criterion value) block {
	test, than := "=", criterion.num
	if criterion.kind == isText {
		rest := criterion.text
		for _, sign := range []string{"<=", ">=", "<>", "<", ">", "="} {
			if strings.HasPrefix(rest, sign) {
				test, rest = sign, rest[len(sign):]
				break
			}
		}
		var err error
		if than, err = strconv.ParseFloat(rest, 64); err != nil {
			panic(notFormula{})
		}
	}
	n := 0
	for _, v := range cells.cells {
		if v.kind == isNumber && (test == "<" && v.num < than || test == "<=" && v.num <= than || test == ">" && v.num > than ||
			test == ">=" && v.num >= than || test == "=" && v.num == than) || test == "<>" && (v.kind != isNumber || v.num != than) {
			n++
		}
	}
	return e.numeral(float64(n))
}

// mapped applies a function of one number to each element.
func (e *evaluator) mapped(name string, x block, b *book) block {
	return e.each(x, x, func(v, _ value) value {
		if name == "ISNUMBER" {
			return truth(v.kind == isNumber)
		}
		if name == "N" && v.kind == isText {
			return numberValue(0)
		}
		n := v.number()
		if n.kind == isError {
			return broken
		}
		switch name {
		case "N":
			return n
		case "ABS":
			return numberValue(math.Abs(n.num))
		case "SQRT":
			return numberValue(math.Sqrt(n.num))
		case "LN":
			return numberValue(math.Log(n.num))
		case "EXP":
			return numberValue(math.Exp(n.num))
		case "INT":
			return numberValue(math.Floor(n.num))
		}
		y, m, _ := analysis.YearMonthDay(b.dateOf(n.num))
		if name == "YEAR" {
			return numberValue(float64(y))
		}
		return numberValue(float64(m))
	})
}

// dateOf is the day of a serial number as the workbook counts days.
func (b *book) dateOf(serial float64) analysis.Date {
	return analysis.Date(math.Floor(serial) - b.serial(0))
}
