package readers

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// knownHeader is a known header in the form that is shown, and folded.
type knownHeader struct {
	text   string
	folded []rune
}

var allSpellings = sync.OnceValue(func() []knownHeader {
	var all []knownHeader
	add := func(texts string) {
		for _, text := range strings.Split(texts, "|") {
			all = append(all, knownHeader{text, []rune(foldKey(text))})
		}
	}
	for _, s := range spellings {
		add(s.text)
	}
	for _, m := range metricNames {
		add(m.spellings)
	}
	return all
})

// likeness is how much alike two headers are, from 0 to 1: the part of the longer
// one that stays when letters are changed, added or left out; at least the part
// that the shorter one is of it where it stands inside.
func likeness(a, b []rune) float64 {
	longer, shorter := float64(max(len(a), len(b))), float64(min(len(a), len(b)))
	if longer == 0 || shorter/longer < 0.4 {
		return 0
	}
	before := make([]int, len(b)+1)
	for j := range before {
		before[j] = j
	}
	for i := range a {
		last := before[0]
		before[0] = i + 1
		for j := range b {
			cost := last
			if a[i] != b[j] {
				cost = 1 + min(last, before[j], before[j+1])
			}
			last, before[j+1] = before[j+1], cost
		}
	}
	return 1 - float64(before[len(b)])/longer
}

// alike is the likeness from which a known header is worth showing.
const alike = 0.5

// nearest are the known headers most like a text, the most alike first.
func nearest(text string, most int) []string {
	name, _ := splitHeader(text)
	key := []rune(foldKey(name))
	if len(key) < 2 || len(key) > 40 {
		return nil
	}
	type near struct {
		text string
		how  float64
	}
	var found []near
	for _, s := range allSpellings() {
		if how := likeness(key, s.folded); how >= alike {
			found = append(found, near{s.text, how})
		}
	}
	slices.SortFunc(found, func(a, b near) int { return cmp.Or(cmp.Compare(b.how, a.how), strings.Compare(a.text, b.text)) })
	var texts []string
	for _, n := range found[:min(most, len(found))] {
		texts = append(texts, n.text)
	}
	return texts
}

// sayNearest is what a finding says of the known headers most like a text:
// nothing where none is.
func sayNearest(text string) analysis.Message {
	near := nearest(text, 3)
	if len(near) == 0 {
		return analysis.Message{}
	}
	return analysis.Say("nearest.headers", strings.Join(near, ", "))
}

// What is looked at of a sheet on which no table was recognised.
const (
	nearRows  = 12
	nearCells = 60
)

// nearestRow is what a finding says of a sheet without a table: which of its first
// rows is most like a row of headers, and what its texts are near to.
func (s *sheet) nearestRow() analysis.Message {
	var best []string
	where, looked := 0, 0
	for row := 1; row <= min(s.grid.Rows(), nearRows); row++ {
		var pairs []string
		for col := 1; col <= s.grid.RowCols(row) && looked < nearCells; col++ {
			c := s.cell(row, col)
			if c.Kind != ooxml.Text {
				continue
			}
			looked++
			text := normText(c.Text)
			if _, known := lookUp(text); known {
				pairs = append(pairs, text)
			} else if near := nearest(text, 1); len(near) > 0 {
				pairs = append(pairs, text+" → "+near[0])
			}
		}
		if len(pairs) > len(best) {
			best, where = pairs, row
		}
	}
	if len(best) == 0 {
		return analysis.Message{}
	}
	return analysis.Say("nearest.row", where, strings.Join(best[:min(4, len(best))], "; "))
}
