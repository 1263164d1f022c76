//go:build !linux

package jobs

// memoryLimit is not known here.
func memoryLimit() (int64, bool) { return 0, false }
