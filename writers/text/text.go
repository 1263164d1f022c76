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

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"

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

var load = sync.OnceValue(func() catalog.Catalog {
	entries, err := Entries()
	if err != nil {
		panic(err)
	}
	b := catalog.NewBuilder(catalog.Fallback(language.English))
	for _, e := range entries {
		for tag, s := range map[language.Tag]string{language.English: e.En, language.Chinese: e.Zh} {
			if err := b.SetString(tag, e.Key, s); err != nil {
				panic(fmt.Errorf("%s %s: %w", e.File, e.Key, err))
			}
		}
	}
	return b
})

// Of says a message in a language. Nested messages are said first. A key that
// the catalog lacks shows as the key itself, which a test forbids.
func Of(lang analysis.Lang, m analysis.Message) string {
	if m.Key == "" {
		return ""
	}
	tag := language.English
	if lang == analysis.Zh {
		tag = language.Chinese
	}
	args := make([]any, len(m.Args))
	for i, a := range m.Args {
		if inner, ok := a.(analysis.Message); ok {
			a = Of(lang, inner)
		}
		args[i] = fmt.Sprint(a) // strings only: the printer would group the digits of years
	}
	return message.NewPrinter(tag, message.Catalog(load())).Sprintf(message.Key(m.Key, m.Key), args...)
}

// Key says a message without blanks.
func Key(lang analysis.Lang, key string) string { return Of(lang, analysis.Say(key)) }
