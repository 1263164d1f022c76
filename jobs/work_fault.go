package jobs

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"shakeout/analysis"
	"shakeout/writers/text"
)

// told is the end of a job whose workbook has its line in the log already.
type told struct{ error }

func (t told) Unwrap() error { return t.error }

// workFaults log the jobs that end with an error before anything was said of them:
// IN is not mounted here, PostgreSQL did not answer, the market cannot be written.
// River itself keeps the reason in its table only.
type workFaults struct{ *worker }

// HandleError logs a job's error; it is tried again as River does.
func (w workFaults) HandleError(_ context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	var done told
	var snooze *rivertype.JobSnoozeError
	var cancel *rivertype.JobCancelError
	if errors.As(err, &done) || errors.As(err, &snooze) || errors.As(err, &cancel) || errors.Is(err, errNotOurs) {
		return nil
	}
	var of struct{ File string }
	_ = json.Unmarshal(job.EncodedArgs, &of) // a market has no file
	key := "queue.undone"
	if errors.Is(err, ErrNoInput) {
		key = "queue.no-share"
	}
	w.opts.Log.Warn().Int64("job", job.ID).Int("attempt", job.Attempt).Str("worker", w.name).Str("kind", job.Kind).Str("file", of.File).AnErr("error", err).
		Msg(text.Of(w.opts.Talk, analysis.Say(key, Fault(err))))
	return nil
}

// HandlePanic leaves the line to River, which has the stack.
func (w workFaults) HandlePanic(context.Context, *rivertype.JobRow, any, string) *river.ErrorHandlerResult {
	return nil
}
