package main

import (
	"fmt"
	"io"
	"strings"
)

// progress keeps one line at the bottom of a terminal that says how far a pass
// is; what is written meanwhile scrolls by above it. It is used from one
// goroutine.
type progress struct {
	w    io.Writer
	line string
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

// show says that some of the workbooks are done. All done removes the line.
func (p *progress) show(done, total int, rows int64) {
	if p.line != "" {
		fmt.Fprint(p.w, clearLine)
	}
	p.line = ""
	if done < total {
		const width = 30
		full := width * done / total
		p.line = fmt.Sprintf("%s%s %d/%d", strings.Repeat("█", full), strings.Repeat("░", width-full), done, total)
		fmt.Fprint(p.w, p.line)
	}
}

// clear takes the line away.
func (p *progress) clear() { p.show(0, 0, 0) }
