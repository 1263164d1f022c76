// Package jobs finds workbooks in a folder, runs the steps on each and
// publishes what they give. It is the only package that knows folders, a clock
// and a log.
//
// One pass (Run):
//
//	lock      one run at a time for each OUT
//	plan      which files are workbooks, which have rested long enough, and where what each gives belongs
//	process   one workbook: bytes -> tables -> results -> bytes; several at once
//	publish   temporary file in the target folder, fsync, rename, fsync the folder
//	ledger    what was made of which bytes, so that it is not made again
//	market    all current workbooks together, from tables kept as Parquet; the page that shows the folder
//	announce  the log's line, the metrics file, the notice
//
// Several machines do the same by way of a queue (queue.go): Submit enqueues, Work
// processes.
//
// In that order, so that any crash only means doing the same work again. The
// originals are only ever opened for reading. Watch makes passes when something
// changes and at times.
//
// What can go wrong, and why it is harmless:
//
//	an input is being copied             it waits: until it has not changed for the quiet period and the directory at its end
//	                                     can be read; without an end after GiveUp it is rejected
//	an input changes while it is read    it waits; what was read is thrown away
//	an input cannot be opened            that workbook has failed, the others go on; tried again each pass
//	a folder in IN cannot be read        it has failed; nothing below it counts as deleted
//	an input is deleted or renamed       its result is kept and marked in the ledger, or removed on request
//	IN is empty, perhaps not mounted     nothing is removed even on request
//	a step panics                        that workbook has failed, the stack goes to the log, the others go on
//	OUT cannot be written                the workbook has failed and keeps its earlier result; tried again each pass
//	a result is open in Excel on Windows the same
//	a result was changed by its reader   kept as <name>.edited-<hash> when a new one takes its place
//	a result was deleted                 made again
//	killed while writing                 a temporary file is left, never a short result; the next pass removes it
//	killed before the ledger's row       the same work is done again and gives the same bytes; what was published is known for ours
//	the power fails                      the same: nothing is in the ledger before it is on the disk
//	asked to stop (signal)               no further workbook is begun, those under way are finished or dropped within Grace
//	an earlier version was deleted       the next one says nothing of changes
//	the ledger is lost                   everything is made again
//	the ledger is damaged or newer       nothing is done and nothing of it is changed; the message says what to do
//	the ledger would lie on a share      nothing is done; the message says where to put it
//	two runs at once                     the second ends at once with ErrBusy and has touched nothing
//	the reference workbook is not whole  the workbooks that it serves wait with it, or say that they lack it
//	the same content under two names     each name gets its result
//	two files want the same result name  the second gets a name of its own
//	OUT lies inside IN                   it is not searched for workbooks: a result is no original
//	the metrics file cannot be written  an error at the end; the work is done and in the ledger
//	the notice cannot be sent            a warning; the work is done
package jobs
