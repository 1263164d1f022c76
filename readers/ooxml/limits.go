package ooxml

import (
	"context"
	"errors"
	"strconv"
	"time"
)

// Limits bound the memory and the time that one workbook may take. What goes
// beyond is a Refusal that names the limit; nothing is read in part.
type Limits struct {
	PackageBytes int64         // of the file
	PartBytes    int64         // of one part, inflated
	WholeBytes   int64         // of a part that is held whole: the workbook, its relations, the styles
	TotalBytes   int64         // of all parts, as declared
	Parts        int           // of the package, and relations of one part
	Sheets       int           // of the workbook
	Cells        int           // of one sheet, filled ones
	Strings      int           // different texts: shared ones, and those of one sheet
	TextBytes    int64         // of those texts
	Merges       int           // merged ranges of one sheet
	Depth        int           // XML elements inside each other
	TagBytes     int           // of one XML tag, comment or instruction
	Time         time.Duration // for opening, and for reading; who calls sets it as the context's deadline
}

// DefaultLimits admit any workbook that Excel opens with comfort: three times
// the cells of a sheet of a million rows and five columns. At the limits a
// workbook takes less than 512 MiB; one of a million rows takes about 200.
func DefaultLimits() Limits {
	return Limits{
		PackageBytes: 256 << 20,
		PartBytes:    2 << 30,
		WholeBytes:   64 << 20,
		TotalBytes:   4 << 30,
		Parts:        10_000,
		Sheets:       4_000,
		Cells:        16_000_000,
		Strings:      4_000_000,
		TextBytes:    128 << 20,
		Merges:       500_000,
		Depth:        256,
		TagBytes:     4 << 20,
		Time:         10 * time.Minute,
	}
}

// outOfTime makes a refusal of the error that a deadline ends reading with.
func (l Limits) outOfTime(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return &Refusal{Code: "too-slow", Args: []any{l.Time}, Err: err}
	}
	return err
}

// mebibytes is a limit in words.
func mebibytes(n int64) string {
	if n < 1<<20 {
		return strconv.FormatInt(n, 10) + " B"
	}
	return strconv.FormatInt(n>>20, 10) + " MiB"
}
