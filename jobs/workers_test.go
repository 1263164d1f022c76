package jobs

import "testing"

func TestWorkersFor(t *testing.T) {
	for _, c := range []struct {
		cores  int
		memory int64
		known  bool
		want   int
	}{
		{8, 0, false, 8},        // a system that does not say
		{8, 16 << 30, true, 8},  // memory for all cores
		{8, 3<<30 + 1, true, 3}, // for three
		{8, 512 << 20, true, 1}, // for none: one has to do
		{1, 64 << 30, true, 1},
	} {
		if got := workersFor(c.cores, c.memory, c.known); got != c.want {
			t.Errorf("%d cores, %d bytes (%v): %d workers, want %d", c.cores, c.memory, c.known, got, c.want)
		}
	}
}
