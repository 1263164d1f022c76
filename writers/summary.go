package writers

import (
	"slices"
	"strconv"
	"strings"

	"shakeout/analysis"
)

// The columns of the Summary sheet.
const (
	sumMeasure = iota + 1
	sumValue
	sumUnit
	sumLower
	sumUpper
	sumN
	sumNote
	sumCols = sumNote
)

// The widths of its texts, in digits.
const (
	measureWide = 66.0
	noteWide    = 48.0
)

// summarySheet fills the first of our sheets, one screen: what the workbook
// is, the answers with their intervals, each leading to where its number
// stands, the verdicts of the claims, how many cells could not be read and
// where, and the key charts on the right.
func (b *book) summarySheet(s *sheet, results []analysis.Result, findings []analysis.Finding, issues *sheet) {
	s.tab = accent
	for col, wide := range map[int]float64{sumMeasure: measureWide, sumValue: 12, sumUnit: 11, sumLower: 12, sumUpper: 12, sumN: 9, sumNote: noteWide} {
		s.widen(col, wide)
	}
	s.put(1, 1, say(b.key("summary.title"), b.style(style{bold: true, size: 18, color: accent})))
	s.height(1, 30)
	faint := b.style(style{color: gray})
	asOf := "—"
	if b.params.AsOf != 0 {
		asOf = analysis.FormatDate(b.params.AsOf)
	}
	s.put(2, 1, say(b.sayf("summary.from", b.wb.Name, asOf, b.version), faint))
	s.put(3, 1, say("SHA-256 "+b.wb.SHA256, faint))
	b.notRead(s, 4, findings, issues)
	row := 5
	if b.tooMany > 0 {
		s.put(row, 1, say(b.sayf("summary.too-many", strconv.Itoa(b.tooMany), strconv.Itoa(b.params.MaxLiveRows)), faint))
		row++
	} else if b.facts != nil {
		s.put(row, 1, say(b.key("summary.live"), faint))
		row++
	}

	row++
	head := style{bold: true, fill: headFill, under: accent, color: accent, middle: true, wrap: true}
	left, right := b.style(head), head
	right.align, right.indent = "right", 1
	percent := strconv.FormatFloat(b.params.Conf*100, 'f', -1, 64)
	s.height(row, 44)
	for col, heading := range map[int]cell{
		sumMeasure: say(b.key("summary.measure"), left),
		sumValue:   say(b.key("summary.value"), b.style(right)),
		sumUnit:    say(b.key("summary.unit"), left),
		sumLower:   say(b.sayf("summary.lower", percent), b.style(right)),
		sumUpper:   say(b.sayf("summary.upper", percent), b.style(right)),
		sumN:       say(b.key("summary.n"), b.style(right)),
		sumNote:    say(b.key("summary.note"), left),
	} {
		s.put(row, col, heading)
	}
	row++
	for _, r := range results {
		claims := b.claims(r)
		if len(r.Headlines)+len(claims) == 0 {
			continue
		}
		group := b.style(style{bold: true, color: accent, over: hairline})
		s.put(row, 1, say(b.keyOr("question."+r.Name, b.keyOr("sheet."+r.Name, r.Name)), group))
		for col := 2; col <= sumCols; col++ {
			s.put(row, col, styled(group))
		}
		row++
		for _, h := range r.Headlines {
			b.headline(s, row, h)
			row++
		}
		for i, h := range claims {
			b.headline(s, row, h)
			verdict := b.word("verdict", plainAt(b.placed["claims"].table, "verdict", i))
			s.put(row, sumUnit, say(verdict, b.style(style{under: hairline, middle: true, size: 9})))
			row++
		}
		if len(claims) > 0 {
			b.colorWords(s, rangeOf(row-len(claims), sumUnit, row-1, sumUnit), "verdict")
		}
	}
	b.keyCharts(s, results)
	last, _ := s.columnAt(s.leftOf(sumCols+1) + keyWidth + 12)
	bottom, _ := s.rowAt(s.topOf(2) + len(s.plots)*(keyHeight+8))
	s.printed = rangeOf(1, 1, max(row, bottom+1), last+1)
}

// claims are the verdicts of a result as key figures.
func (b *book) claims(r analysis.Result) []analysis.Headline {
	i := slices.IndexFunc(r.Tables, func(t analysis.Table) bool { return t.Name == "claims" })
	if i < 0 || b.placed["claims"] == nil {
		return nil
	}
	t := r.Tables[i]
	var lines []analysis.Headline
	for row := range t.Rows() {
		estimate := func(column string) analysis.Estimate {
			if v, ok := t.Float(column).At(row); ok {
				return analysis.Known(v)
			}
			return analysis.Unknown(t.Text(column+"_reason").Or(row, analysis.MissingInput))
		}
		h := analysis.Headline{
			Measure: analysis.Say("claim." + t.Text("claim").Or(row, "")), Value: estimate("value"), Lower: estimate("lower"), Upper: estimate("upper"),
			N: int(t.Int("n").Or(row, 0)), Unit: t.Text("unit").Or(row, ""), Table: "claims", Row: row, Column: "value",
		}
		if because, ok := t.Text("because").At(row); ok {
			h.Note = analysis.Say("because." + because)
		}
		if cautions, ok := t.Text("caution").At(row); ok {
			for _, caution := range strings.Split(cautions, ", ") {
				h.Note = analysis.Say("because.and", h.Note, analysis.Say("caution."+caution))
			}
		}
		lines = append(lines, h)
	}
	return lines
}

// notRead says how many cells and rows could not be used, and leads to them.
func (b *book) notRead(s *sheet, row int, findings []analysis.Finding, issues *sheet) {
	if len(findings) == 0 {
		s.put(row, 1, say(b.key("summary.no-findings"), b.style(style{color: gray})))
		return
	}
	count := map[analysis.Effect]int{}
	for _, f := range findings {
		count[f.Effect]++
	}
	var said []string
	for _, effect := range gravest {
		if n := count[effect]; n > 0 {
			said = append(said, b.sayf("summary."+string(effect), strconv.Itoa(n)))
		}
	}
	text := b.sayf("summary.findings", strings.Join(said, b.key("sheet.comma")))
	if where := b.whereNotRead(findings); where != "" {
		text += b.sayf("summary.where", where)
	}
	s.put(row, 1, say(text, b.style(style{link: true})))
	s.links = append(s.links, linkTo(row, 1, issues, 1, 1))
}

// whereNotRead names the sheets with the most cells and rows that were left out.
func (b *book) whereNotRead(findings []analysis.Finding) string {
	count := map[string]int{}
	for _, f := range findings {
		if f.Effect != analysis.Noted && f.At.Sheet != "" {
			count[f.At.Sheet]++
		}
	}
	sheets := slices.Clone(b.wb.Sheets)
	slices.SortStableFunc(sheets, func(x, y string) int { return count[y] - count[x] })
	var said []string
	for _, name := range sheets[:min(4, len(sheets))] {
		if count[name] > 0 {
			said = append(said, name+" "+strconv.Itoa(count[name]))
		}
	}
	return strings.Join(said, b.key("sheet.comma"))
}

// headline writes one key figure. Where the number stands in a result table
// its cell is a formula on that cell, with the value as cache.
func (b *book) headline(s *sheet, row int, h analysis.Headline) {
	look := style{under: hairline, middle: true}
	note := style{under: hairline, middle: true, wrap: true, color: gray, size: 9, align: "left", indent: 1}
	measure := look
	measure.wrap, measure.indent = true, 1
	at := b.placed[h.Table]
	if at != nil && h.Row >= 0 {
		measure.link = true
		col := at.cols[h.Column]
		if col == 0 {
			col = 1
		}
		s.links = append(s.links, linkTo(row, sumMeasure, at.sheet, at.first+h.Row, col))
	}
	s.put(row, sumMeasure, say(b.say(h.Measure), b.style(measure)))

	said := b.say(h.Note)
	put := func(col int, e analysis.Estimate, column string) {
		st := look
		st.align, st.indent = "right", 1
		if !e.Ok() {
			s.put(row, col, styled(b.style(st)))
			return
		}
		st.format = numberFormat(h.Unit, e.Value)
		if like := numberFormat(h.Unit, h.Value.Value); h.Value.Ok() && !strings.Contains(st.format, "E") {
			st.format = like // limits with as many digits as what they limit
		}
		st.bold = col == sumValue
		c := num(e.Value, b.style(st))
		if at != nil && at.cols[column] > 0 {
			if there := at.sheet.at(at.first+h.Row, at.cols[column]); there.kind == number && there.num == e.Value {
				c.formula = quoteSheet(at.sheet.name) + "!" + address(at.first+h.Row, at.cols[column])
			}
		}
		s.put(row, col, c)
	}
	put(sumValue, h.Value, h.Column)
	if !h.Value.Ok() {
		st := look
		st.align, st.indent, st.color = "right", 1, gray
		s.put(row, sumValue, say("—", b.style(st)))
		switch why := b.reason(h.Value.Reason); {
		case said == "":
			said = why
		case strings.HasPrefix(h.Note.Key, "note.bands"), strings.HasPrefix(h.Note.Key, "because."): // the note says why
		case b.lang == analysis.Zh:
			said = why + said
		default:
			said = why + " " + said
		}
	}
	unit := note
	unit.indent = 0
	s.put(row, sumUnit, say(b.unit(h.Unit), b.style(unit)))
	lower, upper := b.limitsOf(at, h.Column)
	if h.Value.Ok() && h.Lower == h.Value && h.Upper == h.Value { // exact: no limits to speak of
		h.Lower, h.Upper = analysis.Unknown(analysis.MissingInput), analysis.Unknown(analysis.MissingInput)
	}
	put(sumLower, h.Lower, lower)
	put(sumUpper, h.Upper, upper)
	count := look
	count.format, count.align, count.indent = "#,##0", "right", 1
	if h.N > 0 {
		s.put(row, sumN, num(float64(h.N), b.style(count)))
	} else {
		s.put(row, sumN, styled(b.style(count)))
	}
	s.put(row, sumNote, say(said, b.style(note)))
	lines := max(linesOf(said, noteWide*1.05), linesOf(b.say(h.Measure), measureWide-2))
	s.height(row, max(18, 13*float64(lines)+5))
}

// linesOf is how many lines a text takes in a column so many digits wide.
func linesOf(s string, wide float64) int {
	return max(1, int((digitsWide(s)+wide-1)/wide))
}

// limitsOf are the columns that hold the interval of an estimate.
func (b *book) limitsOf(at *placed, column string) (lower, upper string) {
	if at == nil {
		return "", ""
	}
	for name := range at.cols {
		if !limits(name, column) {
			continue
		}
		if strings.HasSuffix(name, "lower") {
			lower = name
		} else {
			upper = name
		}
	}
	return lower, upper
}

// unit is the name of a unit, "" for those that the number itself shows.
func (b *book) unit(unit string) string {
	if unit == "" || unit == "fraction" || unit == "count" {
		return ""
	}
	return b.keyOr("unit."+unit, unit)
}

// The size of a chart on the Summary sheet, in pixels.
const (
	keyWidth  = 500
	keyHeight = 258
)

// keyCharts shows the first chart of each of the first three analyses that
// have one.
func (b *book) keyCharts(s *sheet, results []analysis.Result) {
	left, top := s.leftOf(sumCols+1)+12, s.topOf(2)
	shown := 0
	for _, r := range results {
		i := slices.IndexFunc(b.sheets, func(o *sheet) bool { return o.key == r.Name && len(o.plots) > 0 })
		if i < 0 || shown == 3 {
			continue
		}
		p := *b.sheets[i].plots[0]
		p.left, p.top, p.width, p.height = left, top+shown*(keyHeight+8), keyWidth, keyHeight
		s.plots = append(s.plots, &p)
		shown++
	}
}
