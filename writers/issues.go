package writers

import (
	"slices"
	"strconv"

	"shakeout/analysis"
)

// gravest are the effects of findings, the gravest first.
var gravest = []analysis.Effect{analysis.Skipped, analysis.Dropped, analysis.Blanked, analysis.Noted}

// maxIssues keeps the sheet one that can be read; the command lists the rest.
const maxIssues = 100_000

// byGravity puts findings into the order of the Issues sheet: the gravest
// first, then as they stand in the workbook.
func byGravity(findings []analysis.Finding, sheets []string) []analysis.Finding {
	sorted := slices.Clone(findings)
	analysis.SortFindings(sorted, sheets)
	slices.SortStableFunc(sorted, func(a, b analysis.Finding) int {
		return slices.Index(gravest, a.Effect) - slices.Index(gravest, b.Effect)
	})
	return sorted
}

var effectFills = map[analysis.Effect][2]string{
	analysis.Skipped: {"9C0006", "FFC7CE"},
	analysis.Dropped: {"9C5700", "FFE0B3"},
	analysis.Blanked: {"7F6000", "FFF2CC"},
	analysis.Noted:   {"404040", "EDEDED"},
}

// issuesSheet fills one row per finding: what it did to the numbers, what is
// the matter and what to do, and a cell that jumps to the analyst's.
func (b *book) issuesSheet(s *sheet, findings []analysis.Finding) {
	s.tab = "D55E00"
	for col, wide := range []float64{11, 78, 22, 12, 36, 26} {
		s.widen(col+1, wide)
	}
	s.put(1, 1, say(s.name, b.style(style{bold: true, size: 16, color: accent})))
	s.height(1, 26)
	s.put(2, 1, say(b.sayf("issues.about", strconv.Itoa(len(findings))), b.style(style{color: gray})))
	head := b.style(style{bold: true, fill: headFill, under: accent, color: accent, middle: true})
	for i, key := range []string{"issues.effect", "issues.what", "issues.sheet", "issues.cell", "issues.got", "issues.code"} {
		s.put(4, i+1, say(b.key(key), head))
	}
	s.height(4, 22)
	s.frozenRows, s.repeated = 4, 4

	known := map[string]bool{}
	for _, name := range b.wb.Sheets {
		known[name] = true
	}
	body := b.style(style{under: hairline, top: true})
	wrapped := b.style(style{under: hairline, top: true, wrap: true})
	typed := b.style(style{under: hairline, top: true, wrap: true, asTyped: true})
	jump := b.style(style{under: hairline, top: true, link: true})
	faint := b.style(style{under: hairline, top: true, color: gray, size: 9})
	shown := findings[:min(len(findings), maxIssues)]
	// Colours follow the words, so that they stay right when rows are sorted.
	for _, effect := range gravest {
		colors := effectFills[effect]
		s.bands = append(s.bands, condition{cells: rangeOf(5, 1, 4+max(1, len(shown)), 1), equal: b.key("effect." + string(effect)), format: b.styles.differential(colors[0], colors[1])})
	}
	for i, f := range shown {
		row := 5 + i
		sentence := b.say(f.Message())
		s.put(row, 1, say(b.key("effect."+string(f.Effect)), body))
		s.put(row, 2, say(sentence, wrapped))
		where := f.At.Sheet
		if f.At.File != "" && f.At.File != b.wb.Name {
			where = f.At.File + " · " + where
		}
		s.put(row, 3, say(where, body))
		switch cell := f.At.Cell(); {
		case !known[f.At.Sheet] || f.At.File != "" && f.At.File != b.wb.Name:
			s.put(row, 4, say(cell, body))
		default:
			to := quoteSheet(f.At.Sheet) + "!" + cell
			at, shown := 4, cell
			if cell == "" { // the whole sheet
				to += "A1"
				at, shown = 3, where
			}
			c := say(shown, jump)
			if len(s.links) < maxLinks {
				s.links = append(s.links, link{cell: address(row, at), to: to})
			} else {
				c = c.from(`HYPERLINK("#` + doubled(to) + `","` + doubled(shown) + `")`)
			}
			s.put(row, at, c)
			if at == 3 {
				s.put(row, 4, styled(body))
			}
		}
		s.put(row, 5, say(f.Got, typed))
		s.put(row, 6, say(f.Code, faint))
		lines := max(linesOf(sentence, 76*1.1), linesOf(f.Got, 35*1.1))
		s.height(row, 15*float64(min(lines, 6))+3)
	}
	last := 4 + len(shown)
	s.filter = rangeOf(4, 1, last, 6)
	if len(shown) < len(findings) {
		s.put(last+1, 2, say(b.sayf("issues.more", strconv.Itoa(len(findings)-len(shown))), wrapped))
	}
}

// doubled is text inside a string of a formula.
func doubled(s string) string {
	var out []rune
	for _, r := range s {
		if out = append(out, r); r == '"' {
			out = append(out, r)
		}
	}
	return string(out)
}
