package main

import (
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"shakeout/analysis"
	"shakeout/jobs"
	"shakeout/writers/text"
)

func submitCommand(lang analysis.Lang, stdout, stderr *os.File) *cobra.Command {
	cmd := &cobra.Command{
		Use: "submit IN OUT", Short: text.Key(lang, "help.submit"), Long: text.Key(lang, "help.submit-about"),
		Args:        takes(2, 2, "usage.args-run"),
		Annotations: map[string]string{"exit": "0 1 3-run 64 66 74-queue 78-queue 130"},
		Example: `  shakeout submit --queue postgres://shakeout@db/shakeout /data/inbox /data/out
  */5 * * * *  shakeout submit --quiet /data/inbox /data/out      # crontab, with SHAKEOUT_QUEUE`,
	}
	set := passFlagsOf(cmd, lang, giveUpOnce)
	force := cmd.Flags().Bool("force", false, text.Key(lang, "flag.force"))
	asJSON := cmd.Flags().Bool("json", false, text.Key(lang, "flag.json-submit"))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		signal.Ignore(syscall.SIGPIPE)
		opts, err := set.options(cmd, lang)
		if err != nil {
			return err
		}
		opts.Force = *force
		if opts.Log, err = set.logTo(&progress{w: stderr, lang: lang}, isTerminal(stderr), lang); err != nil {
			return err
		}
		q, err := openQueue(cmd, opts.Queue, opts.Workers)
		if err != nil {
			return err
		}
		defer q.Close()
		var unsaid error
		say := func(line any) {
			if *asJSON {
				unsaid = errors.Join(unsaid, printJSON(stdout, line))
			}
		}
		sum, err := jobs.Submit(cmd.Context(), q, args[0], args[1], opts, func(o jobs.Outcome) { say(outcomeLine{o, text.Of(lang, o.Note)}) })
		if err == nil {
			say(summaryLine{sum})
			opts.Log.Info().Int("workbooks", sum.Workbooks).Int("queued", sum.Queued).Int("unchanged", sum.Unchanged).Int("waiting", sum.Waiting).
				Int("rejected", sum.Rejected).Int("failed", sum.Failed).Int64("took_ms", sum.TookMS).
				Msg(text.Of(lang, analysis.Say("queue.summary", sum.Workbooks, sum.Queued, sum.Unchanged, sum.Waiting, sum.Rejected, sum.Failed)))
		}
		return ending(sum, errors.Join(err, unsaid), args[0], args[1], set.fails(sum))
	}
	return cmd
}

// openQueue opens the queue that is named by an option, the environment or the file.
func openQueue(cmd *cobra.Command, address string, workers int) (*jobs.Queue, error) {
	if address == "" {
		return nil, mistake(cmd, analysis.Say("queue.none"))
	}
	q, err := jobs.OpenQueue(cmd.Context(), address, jobs.Connections(workers))
	if err != nil {
		return nil, queueEnding(err)
	}
	return q, nil
}

// queueEnding is how a command ends that cannot use its queue; nil: it can.
func queueEnding(err error) error {
	var other *jobs.OtherFolder
	switch {
	case errors.Is(err, jobs.ErrQueueURL):
		return &exit{code: exitConfig, say: analysis.Say("queue.bad-address")}
	case errors.Is(err, jobs.ErrNotMigrated):
		return &exit{code: exitConfig, say: analysis.Say("queue.not-migrated")}
	case errors.As(err, &other):
		return &exit{code: exitConfig, say: analysis.Say("queue.other-folder", other.In, other.Out)}
	case errors.Is(err, jobs.ErrNotFolder):
		return &exit{code: exitUsage, say: analysis.Say("queue.not-folder")}
	case errors.Is(err, jobs.ErrNeedsQueue):
		return &exit{code: exitUsage, say: analysis.Say("queue.needed")}
	case errors.Is(err, jobs.ErrNoS3):
		return &exit{code: exitConfig, say: analysis.Say("queue.no-s3")}
	case errors.Is(err, jobs.ErrNoQueue):
		return &exit{code: exitIO, say: analysis.Say("queue.unreachable", jobs.Fault(err))}
	}
	return nil
}
