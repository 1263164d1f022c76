//go:build !linux

package jobs

// remote cannot tell here; SQLite itself refuses where it notices.
func remote(string) bool { return false }

func freeSpace(string) (int64, bool) { return 0, false }
