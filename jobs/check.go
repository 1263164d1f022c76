package jobs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime/debug"

	"shakeout/analysis"
)

// Readable is the status of a file that check could read. Whether tables were
// recognised in it, its workbook says.
const Readable Status = "read"

// Check reads one file as Run would and writes nothing. The workbook is nil if
// the outcome is not Readable or Nothing; its tables belong to the caller.
func Check(ctx context.Context, name string, steps Steps) (o Outcome, wb *analysis.Workbook) {
	o.File = name
	defer func() {
		if r := recover(); r != nil {
			o.fail(codePanic, fmt.Errorf("%v", r))
			o.Stack, wb = string(debug.Stack()), nil
		}
	}()
	data, err := readFile(machine{}, name)
	if errors.Is(err, fs.ErrNotExist) {
		o.Status, o.Code, o.Err, o.Note = Rejected, codeMissing, err, analysis.Say("command.in-missing", name)
		return o, nil
	}
	if err != nil {
		o.fail(codeUnreadable, err)
		return o, nil
	}
	pkg, err := steps.open(ctx, data, name)
	if err == nil {
		wb, err = steps.Read(ctx, pkg, filepath.Base(name))
	}
	if err != nil {
		o.blame(err)
		return o, nil
	}
	o.Status, o.Findings, o.Tables = Readable, len(wb.Findings), len(wb.Regions)
	if len(wb.Regions) == 0 {
		o.Status, o.Code, o.Note = Nothing, codeNoTable, analysis.Say("command.no-table")
	}
	return o, wb
}
