package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"shakeout/analysis"
	"shakeout/writers/text"
)

// progress keeps one line at the bottom of a terminal that says how far a pass
// is; what is written meanwhile scrolls by above it. It is used from one
// goroutine.
type progress struct {
	w     io.Writer
	lang  analysis.Lang
	now   func() time.Time // nil: no time left is shown
	began time.Time
	line  string
}

const clearLine = "\r\x1b[K"

func (p *progress) Write(b []byte) (int, error) {
	if p.line == "" {
		return p.w.Write(b)
	}
	fmt.Fprint(p.w, clearLine)
	n, err := p.w.Write(b)
	fmt.Fprint(p.w, p.line)
	return n, err
}

// show says how many of the workbooks are done, and how many rows these have.
// All done removes the line.
func (p *progress) show(done, total int, rows int64) {
	if p.line != "" {
		fmt.Fprint(p.w, clearLine)
	}
	p.line = ""
	if done < total {
		const width = 30
		full := width * done / total
		bar := strings.Repeat("█", full) + strings.Repeat("░", width-full)
		p.line = text.Of(p.lang, analysis.Say("command.progress", bar, done, total, rows)) + p.left(done, total)
		fmt.Fprint(p.w, p.line)
	}
}

// left is the time that the rest will take if it goes on like this, from the
// third second on.
func (p *progress) left(done, total int) string {
	if p.now == nil {
		return ""
	}
	if done == 0 {
		p.began = p.now()
		return ""
	}
	gone := p.now().Sub(p.began)
	if gone < 3*time.Second {
		return ""
	}
	rest := time.Duration(float64(gone) / float64(done) * float64(total-done)).Round(time.Second)
	return text.Of(p.lang, analysis.Say("command.time-left", rest))
}

// clear takes the line away.
func (p *progress) clear() { p.show(0, 0, 0) }
