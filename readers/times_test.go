package readers

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestTimesKeepsTheDigits: a number times a power of ten is the number that the
// shifted digits say, whichever way it was found.
func TestTimesKeepsTheDigits(t *testing.T) {
	quick := 0
	rapid.Check(t, func(t *rapid.T) {
		x := float64(rapid.Int64Range(-1e15, 1e15).Draw(t, "digits")) / math.Pow(10, float64(rapid.IntRange(0, 9).Draw(t, "places")))
		if rapid.Bool().Draw(t, "any") {
			x = rapid.Float64Range(-1e12, 1e12).Draw(t, "x")
		}
		by := math.Pow(10, float64(rapid.IntRange(-6, 12).Draw(t, "power")))
		y, ok := timesPower(x, by)
		if !ok {
			return
		}
		quick++
		if want := timesDigits(x, by); y != want {
			t.Fatalf("%v times %v: %v, by its digits %v", x, by, y, want)
		}
	})
	if quick == 0 {
		t.Error("nothing was compared")
	}
}
