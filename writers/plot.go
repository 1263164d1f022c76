package writers

import (
	"bytes"
	"cmp"
	"fmt"
	"strconv"

	"shakeout/analysis"
)

// plot is a chart drawn from cells of our sheets.
type plot struct {
	kind                       analysis.ChartKind
	title, xTitle, yTitle, alt string
	lang                       analysis.Lang
	x                          area // categories or x values
	xKind                      axisKind
	xFormat, yFormat           string
	every                      int    // distance of the labels of a date axis
	everyUnit                  string // days or months
	axisLabels                 string // number format of the labels of the x axis, where it is not that of the values
	series                     []plotSeries
	logY                       bool
	floor                      float64 // lowest value of a logarithmic axis
	toOne                      bool    // the y axis ends at 1
	joinGaps                   bool    // draw the line across missing points
	date1904                   bool

	left, top     int // pixels from the sheet's upper left corner
	width, height int
}

// area is a column of cells of one sheet, rows from to to.
type area struct {
	sheet         *sheet
	col, from, to int
}

func (a area) ref() string {
	return quoteSheet(a.sheet.name) + "!" + fixedRange(a.from, a.col, a.to, a.col)
}

// plotSeries is one line, set of bars, or set of markers.
type plotSeries struct {
	name   area // one cell
	values area
	color  string
	marker string // symbol; "" is none
	dash   string // "" is solid
	points bool   // markers without a line
	thin   bool
	labels string // number format of data labels; "" is none
}

// axisKind is what the x axis shows.
type axisKind uint8

const (
	categories axisKind = iota
	dates
	numbers
)

// palette is Okabe and Ito's set of colours that colour-blind readers tell
// apart, without the yellow that is too light for lines on white; the markers
// tell the series apart in print.
// Source: Okabe & Ito, Color Universal Design, 2008.
var (
	palette = []string{"0072B2", "D55E00", "009E73", "CC79A7", "E69F00", "56B4E9", "000000"}
	markers = []string{"circle", "square", "triangle", "diamond", "x", "plus", "star"}
)

const yellow = "F0E442" // in place of black where areas are filled

const (
	restColor = "999999"
	bandColor = "7F7F7F"
)

// The axes of a chart are named by numbers unique within it.
const (
	xAxis = 111111
	yAxis = 222222
)

// xml writes the chart part.
func (p *plot) xml(strict bool) []byte {
	var b bytes.Buffer
	b.WriteString(xmlHead)
	fmt.Fprintf(&b, `<c:chartSpace xmlns:c="%s" xmlns:a="%s" xmlns:r="%s"><c:date1904 val="%d"/><c:roundedCorners val="0"/><c:chart>`,
		space(chartSpace, strict), space(drawSpace, strict), space(relSpace, strict), flag(p.date1904))
	b.WriteString(`<c:title>` + p.rich(p.title, 1100, true, "") + `<c:overlay val="0"/></c:title><c:autoTitleDeleted val="0"/><c:plotArea><c:layout/>`)
	// Strict documents write percentages with their sign; what can be left to
	// the default is.
	gap, offset, overlap := `<c:gapWidth val="60"/>`, `<c:lblOffset val="100"/>`, `<c:overlap val="100"/>`
	if strict {
		gap, offset, overlap = "", "", `<c:overlap val="100%"/>`
	}
	axes := fmt.Sprintf(`<c:axId val="%d"/><c:axId val="%d"/>`, xAxis, yAxis)
	switch p.kind {
	case analysis.BarChart:
		b.WriteString(`<c:barChart><c:barDir val="bar"/><c:grouping val="clustered"/><c:varyColors val="0"/>`)
		p.writeSeries(&b)
		b.WriteString(gap + axes + `</c:barChart>`)
	case analysis.StackedChart:
		b.WriteString(`<c:barChart><c:barDir val="col"/><c:grouping val="stacked"/><c:varyColors val="0"/>`)
		p.writeSeries(&b)
		b.WriteString(gap + overlap + axes + `</c:barChart>`)
	default:
		if p.xKind == numbers {
			b.WriteString(`<c:scatterChart><c:scatterStyle val="lineMarker"/><c:varyColors val="0"/>`)
			p.writeSeries(&b)
			b.WriteString(axes + `</c:scatterChart>`)
		} else {
			b.WriteString(`<c:lineChart><c:grouping val="standard"/><c:varyColors val="0"/>`)
			p.writeSeries(&b)
			b.WriteString(`<c:marker val="1"/>` + axes + `</c:lineChart>`)
		}
	}
	p.writeX(&b, offset)
	p.writeY(&b)
	b.WriteString(`<c:spPr><a:noFill/></c:spPr></c:plotArea>`)
	if len(p.series) > 1 {
		position := "b"
		if len(p.series) > 5 {
			position = "r"
		}
		b.WriteString(`<c:legend><c:legendPos val="` + position + `"/><c:overlay val="0"/>` + textLook(900) + `</c:legend>`)
	}
	gaps := "gap"
	if p.joinGaps {
		gaps = "span"
	}
	// Rows hidden by a filter stay in the chart: its data lie beside the tables.
	b.WriteString(`<c:plotVisOnly val="0"/><c:dispBlanksAs val="` + gaps + `"/></c:chart>`)
	b.WriteString(`<c:spPr><a:solidFill><a:srgbClr val="FFFFFF"/></a:solidFill><a:ln w="6350"><a:solidFill><a:srgbClr val="D9D9D9"/></a:solidFill></a:ln></c:spPr>`)
	b.WriteString(textLook(900) + `</c:chartSpace>`)
	return b.Bytes()
}

func (p *plot) writeSeries(b *bytes.Buffer) {
	bars := p.kind == analysis.BarChart || p.kind == analysis.StackedChart
	scatter := !bars && p.xKind == numbers
	for i, s := range p.series {
		fmt.Fprintf(b, `<c:ser><c:idx val="%d"/><c:order val="%d"/><c:tx>`, i, i)
		writeText(b, s.name)
		b.WriteString(`</c:tx>`)
		solid := `<a:solidFill><a:srgbClr val="` + s.color + `"/></a:solidFill>`
		switch {
		case bars:
			b.WriteString(`<c:spPr>` + solid + `<a:ln w="6350"><a:solidFill><a:srgbClr val="FFFFFF"/></a:solidFill></a:ln></c:spPr><c:invertIfNegative val="0"/>`)
		case s.points:
			b.WriteString(`<c:spPr><a:ln w="19050"><a:noFill/></a:ln></c:spPr>`)
		default:
			width := 22225
			if s.thin {
				width = 12700
			}
			dash := s.dash
			if dash == "" {
				dash = "solid"
			}
			fmt.Fprintf(b, `<c:spPr><a:ln w="%d" cap="rnd">%s<a:prstDash val="%s"/><a:round/></a:ln></c:spPr>`, width, solid, dash)
		}
		if !bars {
			if s.marker == "" {
				b.WriteString(`<c:marker><c:symbol val="none"/></c:marker>`)
			} else {
				inside := solid
				if s.marker == "x" || s.marker == "plus" || s.marker == "star" {
					inside = `<a:noFill/>`
				}
				fmt.Fprintf(b, `<c:marker><c:symbol val="%s"/><c:size val="6"/><c:spPr>%s<a:ln w="9525">%s</a:ln></c:spPr></c:marker>`, s.marker, inside, solid)
			}
		}
		if s.labels != "" {
			fmt.Fprintf(b, `<c:dLbls><c:numFmt formatCode="%s" sourceLinked="0"/><c:spPr><a:noFill/><a:ln><a:noFill/></a:ln></c:spPr>%s<c:dLblPos val="outEnd"/><c:showLegendKey val="0"/><c:showVal val="1"/><c:showCatName val="0"/><c:showSerName val="0"/><c:showPercent val="0"/><c:showBubbleSize val="0"/></c:dLbls>`, escape(s.labels), textLook(900))
		}
		x, y := "cat", "val"
		if scatter {
			x, y = "xVal", "yVal"
		}
		b.WriteString(`<c:` + x + `>`)
		if p.xKind == categories {
			writeText(b, p.x)
		} else {
			writeNumbers(b, p.x, p.xFormat)
		}
		b.WriteString(`</c:` + x + `><c:` + y + `>`)
		writeNumbers(b, s.values, p.yFormat)
		b.WriteString(`</c:` + y + `>`)
		if !bars {
			b.WriteString(`<c:smooth val="0"/>`)
		}
		b.WriteString(`</c:ser>`)
	}
}

// writeText refers to cells of text, with what they hold, so that viewers that
// do not load the cells can draw the chart.
func writeText(b *bytes.Buffer, a area) {
	fmt.Fprintf(b, `<c:strRef><c:f>%s</c:f><c:strCache><c:ptCount val="%d"/>`, escape(a.ref()), a.to-a.from+1)
	for i := a.from; i <= a.to; i++ {
		if c := a.sheet.at(i, a.col); c.kind == words {
			fmt.Fprintf(b, `<c:pt idx="%d"><c:v>%s</c:v></c:pt>`, i-a.from, escape(c.text))
		}
	}
	b.WriteString(`</c:strCache></c:strRef>`)
}

// writeNumbers refers to cells of numbers, with what they hold; blank cells
// have no point.
func writeNumbers(b *bytes.Buffer, a area, format string) {
	if format == "" {
		format = "General"
	}
	fmt.Fprintf(b, `<c:numRef><c:f>%s</c:f><c:numCache><c:formatCode>%s</c:formatCode><c:ptCount val="%d"/>`, escape(a.ref()), escape(format), a.to-a.from+1)
	for i := a.from; i <= a.to; i++ {
		if c := a.sheet.at(i, a.col); c.kind == number {
			fmt.Fprintf(b, `<c:pt idx="%d"><c:v>%s</c:v></c:pt>`, i-a.from, formatNumber(c.num))
		}
	}
	b.WriteString(`</c:numCache></c:numRef>`)
}

func (p *plot) writeX(b *bytes.Buffer, offset string) {
	element, position := "catAx", "b"
	switch {
	case p.kind == analysis.BarChart:
		position = "l"
	case p.kind == analysis.StackedChart:
	case p.xKind == dates:
		element = "dateAx"
	case p.xKind == numbers:
		element = "valAx"
	}
	orientation := "minMax"
	if p.kind == analysis.BarChart {
		orientation = "maxMin" // the first row on top
	}
	fmt.Fprintf(b, `<c:%s><c:axId val="%d"/><c:scaling><c:orientation val="%s"/></c:scaling><c:delete val="0"/><c:axPos val="%s"/>`, element, xAxis, orientation, position)
	p.axisTitle(b, p.xTitle, p.kind == analysis.BarChart)
	format := cmp.Or(p.axisLabels, p.xFormat, "General")
	fmt.Fprintf(b, `<c:numFmt formatCode="%s" sourceLinked="0"/><c:majorTickMark val="out"/><c:minorTickMark val="none"/><c:tickLblPos val="low"/>%s<c:crossAx val="%d"/>`, escape(format), axisLine, yAxis)
	if p.logY {
		b.WriteString(`<c:crosses val="min"/>`)
	} else {
		b.WriteString(`<c:crosses val="autoZero"/>`)
	}
	switch element {
	case "catAx":
		b.WriteString(`<c:auto val="0"/><c:lblAlgn val="ctr"/>` + offset + `<c:noMultiLvlLbl val="1"/>`)
	case "dateAx":
		b.WriteString(`<c:auto val="0"/>` + offset + `<c:baseTimeUnit val="` + p.timeUnit() + `"/>`)
		if p.every > 0 {
			fmt.Fprintf(b, `<c:majorUnit val="%d"/><c:majorTimeUnit val="%s"/>`, p.every, p.everyUnit)
		}
	case "valAx":
		b.WriteString(`<c:crossBetween val="midCat"/>`)
	}
	b.WriteString(`</c:` + element + `>`)
}

// timeUnit is the distance of two neighbours on a date axis.
func (p *plot) timeUnit() string {
	switch p.xFormat {
	case dateFormat(analysis.Month):
		return "months"
	case dateFormat(analysis.Year):
		return "years"
	}
	return "days"
}

func (p *plot) writeY(b *bytes.Buffer) {
	fmt.Fprintf(b, `<c:valAx><c:axId val="%d"/><c:scaling>`, yAxis)
	if p.logY {
		b.WriteString(`<c:logBase val="10"/>`)
	}
	b.WriteString(`<c:orientation val="minMax"/>`)
	if p.toOne {
		b.WriteString(`<c:max val="1"/>`)
	}
	switch {
	case p.logY:
		fmt.Fprintf(b, `<c:min val="%s"/>`, formatNumber(p.floor))
	case p.kind == analysis.BarChart, p.kind == analysis.StackedChart:
		b.WriteString(`<c:min val="0"/>`)
	}
	position, between := "l", "between"
	if p.kind == analysis.BarChart {
		position = "b"
	} else if p.kind != analysis.StackedChart {
		between = "midCat"
	}
	format := p.yFormat
	if format == "" {
		format = "General"
	}
	fmt.Fprintf(b, `</c:scaling><c:delete val="0"/><c:axPos val="%s"/><c:majorGridlines><c:spPr><a:ln w="6350"><a:solidFill><a:srgbClr val="E3E3E3"/></a:solidFill></a:ln></c:spPr></c:majorGridlines>`, position)
	p.axisTitle(b, p.yTitle, p.kind != analysis.BarChart)
	crosses := "autoZero"
	if p.kind == analysis.BarChart {
		crosses = "max" // at the bottom, since the first row is on top
	}
	fmt.Fprintf(b, `<c:numFmt formatCode="%s" sourceLinked="0"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/>%s<c:crossAx val="%d"/><c:crosses val="%s"/><c:crossBetween val="%s"/></c:valAx>`, escape(format), axisLine, xAxis, crosses, between)
}

const axisLine = `<c:spPr><a:ln w="6350"><a:solidFill><a:srgbClr val="A6A6A6"/></a:solidFill></a:ln></c:spPr>`

func (p *plot) axisTitle(b *bytes.Buffer, title string, upright bool) {
	if title == "" {
		return
	}
	turn := ""
	if upright {
		turn = ` rot="-5400000" vert="horz"`
	}
	b.WriteString(`<c:title>` + p.rich(title, 900, false, turn) + `<c:overlay val="0"/></c:title>`)
}

// rich is a text of the chart's own; size in hundredths of a point.
func (p *plot) rich(text string, size int, bold bool, turn string) string {
	look := fmt.Sprintf(`sz="%d" b="%d"`, size, flag(bold))
	fill := `<a:solidFill><a:srgbClr val="` + ink + `"/></a:solidFill>`
	tongue := "en-US"
	if p.lang == analysis.Zh {
		tongue = "zh-CN"
	}
	return `<c:tx><c:rich><a:bodyPr` + turn + `/><a:lstStyle/><a:p><a:pPr><a:defRPr ` + look + `>` + fill + `</a:defRPr></a:pPr><a:r><a:rPr lang="` + tongue + `" ` + look + `>` + fill + `</a:rPr><a:t>` + escape(text) + `</a:t></a:r></a:p></c:rich></c:tx>`
}

func textLook(size int) string {
	return `<c:txPr><a:bodyPr/><a:lstStyle/><a:p><a:pPr><a:defRPr sz="` + strconv.Itoa(size) + `"><a:solidFill><a:srgbClr val="404040"/></a:solidFill></a:defRPr></a:pPr><a:endParaRPr lang="en-US"/></a:p></c:txPr>`
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// emu is the length of a pixel in drawings.
const emu = 9525

// drawing writes the drawing part of a sheet: its charts, each with its name
// and its text for those who cannot see it. The i-th chart is relation rId<i+1>.
func (s *sheet) drawing(strict bool) []byte {
	var b bytes.Buffer
	b.WriteString(xmlHead)
	fmt.Fprintf(&b, `<xdr:wsDr xmlns:xdr="%s" xmlns:a="%s">`, space(anchorSpace, strict), space(drawSpace, strict))
	corner := func(name string, x, y int) {
		col, dx := s.columnAt(x)
		row, dy := s.rowAt(y)
		fmt.Fprintf(&b, `<xdr:%s><xdr:col>%d</xdr:col><xdr:colOff>%d</xdr:colOff><xdr:row>%d</xdr:row><xdr:rowOff>%d</xdr:rowOff></xdr:%s>`, name, col, dx*emu, row, dy*emu, name)
	}
	for i, p := range s.plots {
		// Both corners hang on cells: columns are as wide as the default font of
		// the analyst's workbook makes them, and charts must not cover tables.
		b.WriteString(`<xdr:twoCellAnchor>`)
		corner("from", p.left, p.top)
		corner("to", p.left+p.width, p.top+p.height)
		fmt.Fprintf(&b, `<xdr:graphicFrame macro=""><xdr:nvGraphicFramePr><xdr:cNvPr id="%d" name="%s" descr="%s"/><xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr><xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm>`, i+2, escape(p.title), escape(p.alt))
		fmt.Fprintf(&b, `<a:graphic><a:graphicData uri="%s"><c:chart xmlns:c="%s" xmlns:r="%s" r:id="rId%d"/></a:graphicData></a:graphic></xdr:graphicFrame><xdr:clientData/></xdr:twoCellAnchor>`, space(chartSpace, strict), space(chartSpace, strict), space(relSpace, strict), i+1)
	}
	b.WriteString(`</xdr:wsDr>`)
	return b.Bytes()
}

// columnAt is the 0-based column at so many pixels from the left, and how far
// into it that is.
func (s *sheet) columnAt(x int) (col, rest int) {
	for {
		w := s.columnPixels(col + 1)
		if x < w {
			return col, x
		}
		x -= w
		col++
	}
}

// columnPixels is a column's width on screen with the usual 7 pixels a digit.
func (s *sheet) columnPixels(col int) int {
	w := defaultWide
	if col <= len(s.widths) && s.widths[col-1] > 0 {
		w = s.widths[col-1]
	}
	return int(w*7 + 0.5)
}

// rowAt is the 0-based row at so many pixels from the top.
func (s *sheet) rowAt(y int) (row, rest int) {
	for {
		h := s.rowPixels(row + 1)
		if y < h {
			return row, y
		}
		y -= h
		row++
	}
}

func (s *sheet) rowPixels(row int) int {
	if points, ok := s.high[row]; ok {
		return int(points*4/3 + 0.5)
	}
	return int(s.rowHeight*4/3 + 0.5)
}
