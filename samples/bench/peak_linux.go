package main

import (
	"os"
	"syscall"
)

// peakOf is the most memory that a process had, in MB.
func peakOf(s *os.ProcessState) float64 {
	if u, ok := s.SysUsage().(*syscall.Rusage); ok {
		return float64(u.Maxrss) / 1024
	}
	return 0
}
