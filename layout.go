package main

import (
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"
)

// cells measures text in terminal cells: a Chinese character takes two. Signs
// such as “ and — are counted as one, as modern terminals draw them.
var cells = &runewidth.Condition{StrictEmojiNeutral: true}

// pad fills text up to a width in cells.
func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-cells.StringWidth(s)))
}

// columns lays out lines of fields so that each field begins in one place. No
// field but the last is wider than most cells; longer ones push the rest aside.
func columns(indent string, lines [][]string, most int) string {
	var widths []int
	for _, line := range lines {
		for i, field := range line {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], min(most, cells.StringWidth(field)))
		}
	}
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(indent)
		var row strings.Builder
		for i, field := range line {
			if i > 0 {
				row.WriteString("  ")
			}
			row.WriteString(pad(field, widths[i]))
		}
		b.WriteString(strings.TrimRight(row.String(), " "))
		b.WriteByte('\n')
	}
	return b.String()
}

// wrap breaks text into lines of at most width cells, each after indent: at
// spaces, and between Chinese characters, but not before a closing sign.
func wrap(s string, width int, indent string) string {
	var lines []string
	line, used := "", 0
	for _, word := range words(s) {
		w := cells.StringWidth(word)
		if used > 0 && used+cells.StringWidth(strings.TrimRight(word, " ")) > width-len(indent) {
			lines = append(lines, strings.TrimRight(line, " "))
			line, used = "", 0
		}
		line, used = line+word, used+w
	}
	lines = append(lines, strings.TrimRight(line, " "))
	return indent + strings.Join(lines, "\n"+indent)
}

// words splits text where a line may break; a word keeps the spaces after it.
func words(s string) []string {
	var all []string
	runes := []rune(s)
	start := 0
	for i := 1; i < len(runes); i++ {
		before, after := runes[i-1], runes[i]
		breaks := before == ' ' && after != ' ' ||
			(unicode.Is(unicode.Han, before) || unicode.Is(unicode.Han, after) || closing(before)) && after != ' ' && !closing(after) && !opening(before)
		if breaks {
			all = append(all, string(runes[start:i]))
			start = i
		}
	}
	return append(all, string(runes[start:]))
}

func closing(r rune) bool {
	return strings.ContainsRune("，。；：、！？）」』】》”’…", r)
}
func opening(r rune) bool { return strings.ContainsRune("（「『【《“‘", r) }
