// Package jobs finds workbooks in a folder, runs the steps on each and
// publishes what they give. It is the only package that knows folders, a clock
// and a log.
//
// One pass (Run):
//
//	lock      one run at a time for each OUT
//	plan      which files are workbooks, and where what each gives belongs
//	process   one workbook: bytes -> tables -> results -> bytes; several at once
//	publish   temporary file in the target folder, fsync, rename, fsync the folder
//	record    what was made of which bytes, so that it is not made again
//
// In that order, so that any crash only means doing the same work again. The
// originals are only ever opened for reading.
//
// What can go wrong, and why it is harmless:
//
//	an input is half copied              refused with a reason beside where its result would be; the next pass reads it
//	                                     again, publishes the result and removes the reason
//	an input cannot be opened            that workbook has failed, the others go on; tried again each pass
//	a step panics                        that workbook has failed, the stack goes to the log, the others go on
//	OUT cannot be written                the workbook has failed and keeps its earlier result; tried again each pass
//	killed while writing                 a temporary file is left, never a short result; the next pass overwrites and renames it
//	killed before the record is saved    the same work is done again and gives the same bytes
//	asked to stop (signal)               no further workbook is begun, those under way are finished or dropped, what is done is recorded
//	a result was deleted                 made again
//	the record is damaged or lost        said once, everything is made again
//	two runs at once                     the second ends at once with ErrBusy and has touched nothing
//	the same content under two names     each name gets its result
//	two files want the same result name  the second gets a name of its own
//	OUT lies inside IN                   it is not searched for workbooks
package jobs
