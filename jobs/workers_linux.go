package jobs

import (
	"bytes"
	"os"
	"path"
	"strconv"
	"strings"
)

// memoryLimit is the memory that this process may use, in bytes: the machine's,
// or less where a control group (a container, a systemd unit) says so.
func memoryLimit() (int64, bool) { return memoryLimitIn("/proc", "/sys/fs/cgroup") }

func memoryLimitIn(proc, groups string) (limit int64, known bool) {
	lower := func(n int64) {
		if !known || n < limit {
			limit, known = n, true
		}
	}
	info, _ := os.ReadFile(path.Join(proc, "meminfo"))
	for line := range bytes.Lines(info) {
		if f := strings.Fields(string(line)); len(f) > 1 && f[0] == "MemTotal:" {
			if kib, err := strconv.ParseInt(f[1], 10, 64); err == nil {
				lower(kib << 10)
			}
		}
	}
	// A group is bound by its own limit and by those of all groups above it.
	own, _ := os.ReadFile(path.Join(proc, "self", "cgroup"))
	for line := range bytes.Lines(own) {
		_, group, ok := strings.Cut(strings.TrimSpace(string(line)), "::")
		for ok {
			said, _ := os.ReadFile(path.Join(groups, group, "memory.max"))
			if n, err := strconv.ParseInt(strings.TrimSpace(string(said)), 10, 64); err == nil {
				lower(n)
			}
			if group == "/" || group == "." || group == "" {
				break
			}
			group = path.Dir(group)
		}
	}
	return limit, known
}
