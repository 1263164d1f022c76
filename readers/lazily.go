package readers

import (
	"regexp"
	"sync"
)

// lazy is a regular expression that is compiled when it is first asked. The package
// has over a hundred; a command that reads no workbook would wait 9 ms for them.
type lazy struct {
	text string
	once sync.Once
	re   *regexp.Regexp
}

// lazily is regexp.MustCompile for later.
func lazily(text string) *lazy { return &lazy{text: text} }

func (l *lazy) get() *regexp.Regexp {
	l.once.Do(func() { l.re = regexp.MustCompile(l.text) })
	return l.re
}

func (l *lazy) MatchString(s string) bool                  { return l.get().MatchString(s) }
func (l *lazy) FindString(s string) string                 { return l.get().FindString(s) }
func (l *lazy) FindStringIndex(s string) []int             { return l.get().FindStringIndex(s) }
func (l *lazy) FindStringSubmatch(s string) []string       { return l.get().FindStringSubmatch(s) }
func (l *lazy) FindAllString(s string, n int) []string     { return l.get().FindAllString(s, n) }
func (l *lazy) FindAllStringIndex(s string, n int) [][]int { return l.get().FindAllStringIndex(s, n) }
func (l *lazy) FindAllStringSubmatch(s string, n int) [][]string {
	return l.get().FindAllStringSubmatch(s, n)
}
func (l *lazy) ReplaceAllString(s, by string) string { return l.get().ReplaceAllString(s, by) }
func (l *lazy) String() string                       { return l.text }
func (l *lazy) ReplaceAllStringFunc(s string, by func(string) string) string {
	return l.get().ReplaceAllStringFunc(s, by)
}
func (l *lazy) Split(s string, n int) []string { return l.get().Split(s, n) }
