package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"shakeout/analysis"
	"shakeout/jobs"
	"shakeout/writers/text"
)

func runCommand(lang analysis.Lang, stdout, stderr *os.File) *cobra.Command {
	cmd := &cobra.Command{
		Use: "run IN OUT", Short: text.Key(lang, "help.run"), Long: text.Key(lang, "help.run-about"),
		Args:        takes(2, 2, "usage.args-run"),
		Annotations: map[string]string{"exit": "0 1 3-run 64 66 74 75 78 130"},
		Example: `  shakeout run inbox out
  shakeout run --tables csv --as-of 2024-11-30 inbox out
  0 * * * *  shakeout run --quiet /data/inbox /data/out      # crontab`,
	}
	set := passFlagsOf(cmd, lang, giveUpOnce)
	force := cmd.Flags().Bool("force", false, text.Key(lang, "flag.force"))
	asJSON := cmd.Flags().Bool("json", false, text.Key(lang, "flag.json-run"))

	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		signal.Ignore(syscall.SIGPIPE) // a reader of --json that goes away does not stop the work
		opts, err := set.options(cmd, lang)
		if err != nil {
			return err
		}
		opts.Force = *force
		bar := &progress{w: stderr, lang: lang, now: time.Now}
		terminal := isTerminal(stderr)
		if terminal && !*set.quiet && !*asJSON {
			opts.Progress = bar.show
		}
		if opts.Log, err = set.logTo(bar, terminal, lang); err != nil {
			return err
		}
		var unsaid error // standard output may be closed; the work goes on
		say := func(line any) {
			if *asJSON {
				unsaid = errors.Join(unsaid, printJSON(stdout, line))
			}
		}
		sum, err := jobs.Run(cmd.Context(), args[0], args[1], opts, jobs.RealSteps, func(o jobs.Outcome) {
			say(outcomeLine{o, text.Of(lang, o.Note)})
		})
		bar.clear()
		var stop *stopped
		if err == nil || errors.As(err, &stop) {
			say(summaryLine{sum})
			logSummary(opts.Log, sum, args[0], lang)
		}
		return ending(sum, errors.Join(err, unsaid), args[0], args[1], set.fails(sum))
	}
	return cmd
}

// outcomeLine and summaryLine are the lines of --json.
type outcomeLine struct {
	jobs.Outcome
	Note string `json:"note"`
}

type summaryLine struct {
	jobs.Summary `json:"summary"`
}

// ending is how the command ends after a pass.
func ending(sum jobs.Summary, err error, in, out string, bad bool) error {
	var stop *stopped
	switch {
	case errors.As(err, &stop):
		return &exit{code: exitSignal + int(stop.signal), say: analysis.Say("command.interrupted")}
	case errors.Is(err, jobs.ErrNoInput):
		return &exit{code: exitNoInput, say: analysis.Say("command.in-missing", in)}
	case errors.Is(err, jobs.ErrSameFolder):
		return &exit{code: exitUsage, say: analysis.Say("command.same-folder", out)}
	case errors.Is(err, jobs.ErrOutIsFile):
		return &exit{code: exitUsage, say: analysis.Say("command.out-is-file", out)}
	case errors.Is(err, jobs.ErrBusy):
		return &exit{code: exitBusy, say: analysis.Say("command.busy", out)}
	case errors.Is(err, jobs.ErrLedgerDamaged):
		return &exit{code: exitIO, say: analysis.Say("command.ledger-damaged", err)}
	case errors.Is(err, jobs.ErrLedgerNewer):
		return &exit{code: exitConfig, say: analysis.Say("command.ledger-newer", err)}
	case errors.Is(err, jobs.ErrLedgerNoWAL):
		return &exit{code: exitConfig, say: analysis.Say("command.ledger-no-wal", err)}
	case queueEnding(err) != nil:
		return queueEnding(err)
	case err != nil:
		return &exit{code: exitIO, say: analysis.Say("command.io", jobs.Fault(err))}
	case sum.Unwritten > 0:
		return &exit{code: exitIO, say: analysis.Say("command.unwritten", sum.Unwritten, out)}
	case bad:
		return &exit{code: exitBad} // each has its own line already
	}
	return nil
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// newLog writes one line per workbook: for people on a terminal, else as JSON
// with everything that is known, the stack of a panic too.
func newLog(w io.Writer, terminal bool, lang analysis.Lang) zerolog.Logger {
	log := zerolog.New(writerOf(w, terminal, lang))
	if !terminal {
		log = log.With().Timestamp().Logger()
	}
	return log
}

// writerOf turns lines of the log into what is shown.
func writerOf(w io.Writer, terminal bool, lang analysis.Lang) io.Writer {
	if !terminal {
		return w
	}
	marks := map[string]string{"warn": "!", "error": "✗"}
	return zerolog.ConsoleWriter{
		Out: w, NoColor: os.Getenv("NO_COLOR") != "",
		PartsOrder:    []string{zerolog.LevelFieldName, "file", zerolog.MessageFieldName},
		FieldsExclude: []string{"file"}, // it is a part
		FormatMessage: func(message any) string { return fmt.Sprint(message) },
		FormatLevel: func(level any) string {
			if mark := marks[fmt.Sprint(level)]; mark != "" {
				return mark
			}
			return " "
		},
		FormatPartValueByName: func(value any, _ string) string {
			if value == nil {
				return ""
			}
			return fmt.Sprint(value)
		},
		FormatPrepare: func(line map[string]any) error {
			if line["status"] == string(jobs.Enriched) {
				line[zerolog.MessageFieldName] = text.Of(lang, analysis.Say("command.with-findings", line[zerolog.MessageFieldName], line["findings"]))
			}
			for field := range line {
				switch field {
				case zerolog.LevelFieldName, zerolog.MessageFieldName, "file":
				default:
					delete(line, field)
				}
			}
			return nil
		},
	}
}

func logSummary(log zerolog.Logger, sum jobs.Summary, in string, lang analysis.Lang) {
	say := analysis.Say("command.summary", sum.Workbooks, sum.Enriched, sum.Unchanged, sum.Nothing, sum.Rejected, sum.Failed)
	if sum.Waiting > 0 {
		say = analysis.Say("command.summary-waiting", say, sum.Waiting)
	}
	if sum.Gone > 0 {
		say = analysis.Say("command.summary-gone", say, sum.Gone)
	}
	if sum.Left > 0 {
		say = analysis.Say("command.summary-left", say, sum.Left)
	}
	if sum.Workbooks == 0 {
		say = analysis.Say("command.no-workbooks", in)
	}
	log.Info().Int("workbooks", sum.Workbooks).Int("enriched", sum.Enriched).Int("unchanged", sum.Unchanged).Int("nothing", sum.Nothing).
		Int("rejected", sum.Rejected).Int("failed", sum.Failed).Int("waiting", sum.Waiting).Int("left", sum.Left).Int64("took_ms", sum.TookMS).Msg(text.Of(lang, say))
}

// printJSON writes a value on a line of its own.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
