package jobs

import (
	"io/fs"
	"time"
)

// stamp is what a file system says of a file without opening it. A file with
// the same stamp has the same content: each write moves ctime, which nobody can
// set back, and a file put in its place has another inode.
type stamp struct {
	Size  int64
	MTime int64 // nanoseconds
	CTime int64 // nanoseconds; 0 where the system has none
	Inode uint64
}

// changed is when the file last changed in any way.
func (s stamp) changed() time.Time { return time.Unix(0, max(s.MTime, s.CTime)) }

// stampOf reads the stamp of a file.
func stampOf(info fs.FileInfo) stamp {
	s := stamp{Size: info.Size(), MTime: info.ModTime().UnixNano()}
	if o, ok := info.(objectInfo); ok {
		s.Inode = o.mark()
		return s
	}
	s.CTime, s.Inode = changeOf(info)
	return s
}

// coarse is the coarsest step of a clock on file systems that workbooks lie on
// (FAT). A file that changed less than that before it was read may change again
// under the same stamp, so such a stamp is not kept.
const coarse = 2 * time.Second

// A sighting is since when a file is seen with one stamp.
type sighting struct {
	stamp
	since time.Time
}

// Sightings remember from look to look what files looked like. They tell that a
// file rests also where its times are those of a machine whose clock is ahead.
type Sightings map[string]sighting

// rests reports whether a file has not changed for the quiet period: by its own
// times, or because it looks as it did that long ago.
func (seen Sightings) rests(name string, s stamp, quiet time.Duration, now time.Time) bool {
	if quiet <= 0 || now.Sub(s.changed()) >= quiet {
		delete(seen, name)
		return true
	}
	if before, ok := seen[name]; ok && before.stamp == s {
		return now.Sub(before.since) >= quiet
	}
	seen[name] = sighting{s, now}
	return false
}
