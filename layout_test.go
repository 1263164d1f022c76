package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"shakeout/analysis"
)

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		in    string
		width int
		want  string
	}{
		{"short", 20, "> short"},
		{"words are kept whole here", 12, "> words are\n> kept whole\n> here"},
		{"中文可以在任何字之间换行", 12, "> 中文可以在\n> 任何字之间\n> 换行"},
		{"中文中文，标点不在行首", 10, "> 中文中\n> 文，标点\n> 不在行首"},
		{"共 12 个 model-name 在此", 14, "> 共 12 个\n> model-name\n> 在此"},
		{"waytoolongforthiswidth a", 8, "> waytoolongforthiswidth\n> a"},
		{"", 8, "> "},
	} {
		got := wrap(c.in, c.width, "> ")
		if got != c.want {
			t.Errorf("%s\ngot\n%s\nwant\n%s", c.in, got, c.want)
		}
		// Nothing but spaces is lost.
		bare := strings.NewReplacer("> ", "", "\n", "", " ", "")
		if bare.Replace(got) != strings.ReplaceAll(c.in, " ", "") {
			t.Errorf("%s: text was lost: %s", c.in, got)
		}
	}
}

// Chinese characters take two cells.
func TestColumns(t *testing.T) {
	got := columns("  ", [][]string{{"A3", "模型", "x"}, {"AB12", "model", "y"}, {"C", "", ""}, {"D", "an overlong field", "z"}}, 8)
	want := "  A3    模型      x\n" +
		"  AB12  model     y\n" +
		"  C\n" +
		"  D     an overlong field  z\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestProgress(t *testing.T) {
	var b bytes.Buffer
	p := &progress{w: &b}
	p.show(0, 2, 0)
	p.Write([]byte("line\n"))
	p.show(1, 2, 0)
	p.show(2, 2, 0)
	p.Write([]byte("last\n"))
	p.clear()
	screen := ""
	for _, part := range strings.SplitAfter(b.String(), clearLine) {
		shown, cleared := strings.CutSuffix(part, clearLine)
		if cleared { // the line without an end is gone
			shown = shown[:strings.LastIndexByte(shown, '\n')+1]
		}
		screen += shown
	}
	if want := "line\nlast\n"; screen != want {
		t.Errorf("left on the terminal: %q, want %q", screen, want)
	}
	if !strings.Contains(b.String(), " 1/2") {
		t.Errorf("progress was never shown: %q", b.String())
	}
}

// From the third second on the line says how long the rest will take.
func TestProgressTimeLeft(t *testing.T) {
	var b bytes.Buffer
	now := time.Unix(0, 0)
	p := &progress{w: &b, lang: analysis.En, now: func() time.Time { return now }}
	p.show(0, 10, 0)
	now = now.Add(2 * time.Second)
	p.show(1, 10, 1000)
	if strings.Contains(b.String(), "left") {
		t.Errorf("too early to tell: %q", b.String())
	}
	now = now.Add(2 * time.Second)
	p.show(2, 10, 2500)
	if got := b.String(); !strings.Contains(got, "2/10 workbooks, 2500 rows, 16s left") {
		t.Errorf("got %q", got)
	}
}
