package analysis

import (
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// The short way of names in ASCII gives what the long one gives.
func TestFoldOfASCII(t *testing.T) {
	long := func(name string) string {
		folded := strings.Map(func(r rune) rune {
			if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) {
				return -1
			}
			return unicode.ToLower(r)
		}, norm.NFKC.String(name))
		if folded == "" {
			return strings.TrimSpace(name)
		}
		return folded
	}
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		for _, c := range rapid.SliceOf(rapid.ByteRange(0, 0x7f)).Draw(t, "bytes") {
			b.WriteByte(c)
		}
		if name := b.String(); Fold(name) != long(name) {
			t.Fatalf("%q: got %q, want %q", name, Fold(name), long(name))
		}
	})
}
