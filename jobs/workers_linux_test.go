package jobs

import (
	"os"
	"path/filepath"
	"testing"
)

// The lowest of the machine's memory and of the limits of all groups that a
// process is in counts.
func TestMemoryLimit(t *testing.T) {
	write := func(root, name, content string) {
		p := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	proc, groups := t.TempDir(), t.TempDir()
	if _, known := memoryLimitIn(proc, groups); known {
		t.Error("a limit out of nothing")
	}
	write(proc, "meminfo", "MemFree: 1 kB\nMemTotal:       8388608 kB\n")
	if got, known := memoryLimitIn(proc, groups); !known || got != 8<<30 {
		t.Errorf("the machine's: %d, %v", got, known)
	}
	write(proc, "self/cgroup", "0::/a/b\n")
	write(groups, "a/b/memory.max", "max\n")
	if got, _ := memoryLimitIn(proc, groups); got != 8<<30 {
		t.Errorf("a group without a limit: %d", got)
	}
	write(groups, "a/memory.max", "2147483648\n")
	if got, _ := memoryLimitIn(proc, groups); got != 2<<30 {
		t.Errorf("the group above: %d", got)
	}
}
