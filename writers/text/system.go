package text

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

// ofError says an error inside a Chinese sentence: the system's own words for it are
// English. What is not known is said as it came.
func ofError(lang analysis.Lang, err error) string {
	if lang != analysis.Zh {
		return err.Error()
	}
	for _, w := range systemWords {
		if !errors.Is(err, w.is) {
			continue
		}
		var file *fs.PathError
		var link *os.LinkError
		switch {
		case errors.As(err, &link):
			return Of(lang, analysis.Say("system.at", link.New, analysis.Say(w.key)))
		case errors.As(err, &file):
			return Of(lang, analysis.Say("system.at", file.Path, analysis.Say(w.key)))
		}
		return Key(lang, w.key)
	}
	return err.Error()
}
