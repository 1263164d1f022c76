package analysis

import (
	"slices"
	"testing"
)

// A fact with two values is said once: by the analysis that leaves it out.
func TestOneFactIsSaidOnce(t *testing.T) {
	at, other := Ref{Sheet: "一", Row: 3, Col: 2}, Ref{Sheet: "一", Row: 9, Col: 2}
	read := []Finding{{Code: "stated-twice", At: at}, {Code: "stated-twice", At: other}, {Code: "jump", At: at}}
	var codes []string
	for _, f := range JoinFindings(read, []Result{{Findings: []Finding{{Code: "conflicting-values", At: at}}}, {}}) {
		codes = append(codes, f.Code+" "+f.At.Cell())
	}
	if want := []string{"stated-twice B9", "jump B3", "conflicting-values B3"}; !slices.Equal(codes, want) {
		t.Errorf("got %q, want %q", codes, want)
	}
	if len(read) != 3 || read[0].At != at || read[0].Code != "stated-twice" {
		t.Error("the reading's own list was changed")
	}
}
