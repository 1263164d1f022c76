package jobs

import (
	"github.com/rs/zerolog"

	"shakeout/analysis"
)

// Status is what became of a workbook in a pass.
type Status string

// The statuses.
const (
	Enriched  Status = "enriched"  // a result was published
	Unchanged Status = "unchanged" // its result is there already, made from the same bytes, parameters and version
	Nothing   Status = "nothing"   // no table was recognised: nothing to add, no copy
	Waiting   Status = "waiting"   // still being copied, it seems: looked at again each pass
	Rejected  Status = "rejected"  // the file's fault: its reason lies where its result would be
	Failed    Status = "failed"    // ours, or the machine's
	Gone      Status = "gone"      // deleted from IN, or renamed; its result is kept
)

// The codes that jobs itself gives. Others are those of ooxml.Refusal.
const (
	codeNoTable        = "no-table"
	codeMissing        = "missing"    // check: there is no such file
	codeUnreadable     = "unreadable" // the input cannot be opened
	codeUnwritable     = "unwritable" // the result cannot be written
	codeChanging       = "changing"   // written to within the quiet period
	codeIncomplete     = "incomplete" // its end is not there yet
	codeReferenceWaits = "reference"  // the reference workbook of its folder is waiting
	codeDeleted        = "deleted"
	codeRenamed        = "renamed"
	codePanic          = "panic"
	codeInternal       = "internal"
)

// Outcome is what became of one workbook.
type Outcome struct {
	File     string `json:"file"` // path relative to IN, with slashes
	SHA256   string `json:"sha256"`
	Status   Status `json:"status"`
	Code     string `json:"code"`     // why, where the status is not enriched or unchanged
	Output   string `json:"output"`   // path of the result
	Findings int    `json:"findings"` // of reading and analysing
	Tables   int    `json:"tables"`   // tables recognised in its sheets
	TookMS   int64  `json:"took_ms"`
	SameAs   string `json:"same_as,omitempty"`    // another file with the same content
	Renamed  string `json:"renamed_to,omitempty"` // of one that is gone: where its content is now

	rows    int              // rows seen in its tables
	effects Effects          // findings, if it was made in this pass
	Known   bool             `json:"-"` // an earlier pass said the same of the same bytes
	Note    analysis.Message `json:"-"` // the sentence for Code, with what to do
	Err     error            `json:"-"` // the cause, for the log
	Stack   string           `json:"-"` // of a panic, for the log
}

// log writes the workbook's line.
func (o Outcome) log(l zerolog.Logger, say func(analysis.Message) string) {
	level := zerolog.InfoLevel
	if !o.Known {
		switch o.Status {
		case Rejected:
			level = zerolog.WarnLevel
		case Failed:
			level = zerolog.ErrorLevel
		}
	}
	e := l.WithLevel(level).Str("file", o.File)
	if o.SHA256 != "" {
		e.Str("sha256", o.SHA256)
	}
	e.Str("status", string(o.Status))
	if o.Code != "" {
		e.Str("code", o.Code)
	}
	if o.Output != "" {
		e.Str("output", o.Output)
	}
	if o.SameAs != "" {
		e.Str("same_as", o.SameAs)
	}
	if o.Renamed != "" {
		e.Str("renamed_to", o.Renamed)
	}
	e.Int("findings", o.Findings).Int("tables", o.Tables).Int64("took_ms", o.TookMS)
	if o.Known {
		e.Bool("known", true)
	}
	if o.Err != nil {
		e.AnErr("error", o.Err)
	}
	if o.Stack != "" {
		e.Str("stack", o.Stack)
	}
	e.Msg(say(o.Note))
}

// Summary counts the outcomes of a pass.
type Summary struct {
	Workbooks int   `json:"workbooks"` // found
	Enriched  int   `json:"enriched"`
	Unchanged int   `json:"unchanged"`
	Nothing   int   `json:"nothing"`
	Rejected  int   `json:"rejected"`
	Failed    int   `json:"failed"`
	New       int   `json:"new"`  // rejected or failed now, and not before
	Left      int   `json:"left"` // not come to, because the pass was stopped
	TookMS    int64 `json:"took_ms"`
	Waiting   int   `json:"waiting"`
	Gone      int   `json:"gone"`             // found to be deleted or renamed in this pass
	Pruned    int   `json:"pruned"`           // of those and earlier ones, results removed
	Queued    int   `json:"queued,omitempty"` // put into the queue, or there already

	Markets []MarketOutcome `json:"markets,omitempty"` // workbooks taken together

	changing  int     // waiting because it has not rested yet
	Unwritten int     `json:"-"` // failed because OUT could not be written
	Effects   Effects `json:"-"` // findings of what was made in this pass
}

func (s *Summary) count(o Outcome) {
	switch o.Status {
	case Enriched:
		s.Enriched++
	case Unchanged:
		s.Unchanged++
	case Nothing:
		s.Nothing++
	case Rejected:
		s.Rejected++
	case Failed:
		s.Failed++
	case Waiting:
		s.Waiting++
		if o.Code != codeIncomplete {
			s.changing++
		}
	case Gone:
		s.Gone++
	case Queued:
		s.Queued++
	}
	s.Effects.Noted += o.effects.Noted
	s.Effects.Blanked += o.effects.Blanked
	s.Effects.Dropped += o.effects.Dropped
	s.Effects.Skipped += o.effects.Skipped
	if (o.Status == Rejected || o.Status == Failed) && !o.Known {
		s.New++
	}
	if o.Code == codeUnwritable {
		s.Unwritten++
	}
}

// Effects counts findings by what they did to the numbers.
type Effects struct{ Noted, Blanked, Dropped, Skipped int }

func (e *Effects) count(findings []analysis.Finding) {
	for _, f := range findings {
		switch f.Effect {
		case analysis.Noted:
			e.Noted++
		case analysis.Blanked:
			e.Blanked++
		case analysis.Dropped:
			e.Dropped++
		case analysis.Skipped:
			e.Skipped++
		}
	}
}
