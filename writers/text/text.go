// Package text is the message catalog: every sentence and label that people
// read, in Chinese and English, from the tab-separated files in catalog/ (key,
// English, Chinese). Blanks are written %[1]s, %[2]s and so on, so that the two
// languages may order them differently.
package text

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"shakeout/analysis"
)

//go:embed catalog/*.tsv
var files embed.FS

// Entry is one line of the catalog.
type Entry struct{ Key, En, Zh, File string }

// Entries lists the catalog in file order. A line that is not three fields is
// an error that names it.
func Entries() ([]Entry, error) {
	names, err := fs.Glob(files, "catalog/*.tsv")
	if err != nil {
		return nil, err
	}
	var all []Entry
	for _, name := range names {
		data, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		for i, line := range strings.Split(string(data), "\n") {
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			f := strings.Split(line, "\t")
			if len(f) != 3 {
				return nil, fmt.Errorf("%s line %d: want key, English and Chinese separated by tabs", name, i+1)
			}
			all = append(all, Entry{Key: f[0], En: f[1], Zh: f[2], File: name})
		}
	}
	return all, nil
}

// said is the catalog by language and key.
var said = sync.OnceValue(func() map[analysis.Lang]map[string]string {
	entries, err := Entries()
	if err != nil {
		panic(err)
	}
	en, zh := make(map[string]string, len(entries)), make(map[string]string, len(entries))
	for _, e := range entries {
		en[e.Key], zh[e.Key] = e.En, e.Zh
	}
	return map[analysis.Lang]map[string]string{analysis.En: en, analysis.Zh: zh}
})

// Of says a message in a language. Nested messages are said first. A key that
// the catalog lacks shows as the key itself, which a test forbids.
//
// Note: the catalog was one of golang.org/x/text/message. What that knows
// beyond this, plurals and the writing of numbers, is not used: arguments are
// texts, since a printer would group the digits of years. A label took 1.5 µs
// there, a tenth of all the time a small workbook took.
func Of(lang analysis.Lang, m analysis.Message) string {
	if m.Key == "" {
		return ""
	}
	sentence := entry(lang, m.Key)
	if strings.IndexByte(sentence, '%') < 0 {
		return sentence
	}
	args := make([]any, len(m.Args))
	for i, a := range m.Args {
		if inner, ok := a.(analysis.Message); ok {
			a = Of(lang, inner)
		}
		args[i] = fmt.Sprint(a)
	}
	return fmt.Sprintf(sentence, args...)
}

// Key says a message without blanks.
func Key(lang analysis.Lang, key string) string { return Of(lang, analysis.Message{Key: key}) }

func entry(lang analysis.Lang, key string) string {
	if lang != analysis.Zh {
		lang = analysis.En
	}
	if s, ok := said()[lang][key]; ok {
		return s
	}
	return key
}
