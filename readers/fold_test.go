package readers

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestQuickFoldIsTheFold: what folding does quickly to simple texts, it does to
// them in full.
func TestQuickFoldIsTheFold(t *testing.T) {
	simple := 0
	letters := rapid.SampledFrom([]rune("aZ09 .-_/()\t\n模型备案億亿萬年月－，。（）①²½ｋＫ％\u00a0\u0085\u3000\u2003\u1680éßİςアﾊﾟ台灣體"))
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOfN(letters, 0, 12).Draw(t, "text"))
		if isSimple(s) {
			simple++
		}
		if got, want := foldKey(s), foldAny(s); got != want {
			t.Fatalf("foldKey(%q) = %q, in full %q", s, got, want)
		}
		if got, want := plain(s), plainAny(s); got != want {
			t.Fatalf("plain(%q) = %q, in full %q", s, got, want)
		}
		if got, want := normText(s), strings.Join(strings.Fields(s), " "); got != want {
			t.Fatalf("normText(%q) = %q, in full %q", s, got, want)
		}
		if _, ok := parsePeriodAny(s); ok && !mayStatePeriod(s) {
			t.Fatalf("%q is a period and does not seem to be one", s)
		}
	})
	if simple == 0 {
		t.Error("no text was simple")
	}
}
