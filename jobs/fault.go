package jobs

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"shakeout/analysis"
)

// systemWords are the faults of a system that a person can do something about, in
// the order in which they are asked for.
var systemWords = []struct {
	is  error
	key string
}{
	{fs.ErrNotExist, "system.missing"}, {fs.ErrPermission, "system.denied"}, {fs.ErrExist, "system.exists"},
	{syscall.ENOSPC, "system.full"}, {syscall.EROFS, "system.read-only"}, {syscall.EISDIR, "system.folder"},
	{syscall.ENOTDIR, "system.no-folder"}, {syscall.EIO, "system.device"}, {syscall.ENAMETOOLONG, "system.long-name"},
	{syscall.EMFILE, "system.too-many"}, {syscall.EPIPE, "system.pipe"}, {os.ErrDeadlineExceeded, "system.late"},
}

// Fault is an error of the system as a sentence can say it in either language: the
// path and what is the matter. What is not known is said as it came.
func Fault(err error) any {
	if why, ok := queueFault(err); ok {
		return why
	}
	for _, w := range systemWords {
		if !errors.Is(err, w.is) {
			continue
		}
		var file *fs.PathError
		var link *os.LinkError
		switch {
		case errors.As(err, &link):
			return analysis.Say("system.at", link.New, analysis.Say(w.key))
		case errors.As(err, &file):
			return analysis.Say("system.at", file.Path, analysis.Say(w.key))
		}
		return analysis.Say(w.key)
	}
	return err
}
