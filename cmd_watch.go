package main

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/robfig/cron/v3"
	"github.com/spf13/cobra"

	"shakeout/analysis"
	"shakeout/jobs"
	"shakeout/writers/text"
)

func watchCommand(lang analysis.Lang, stdout, stderr *os.File) *cobra.Command {
	cmd := &cobra.Command{
		Use: "watch IN OUT", Short: text.Key(lang, "help.watch"), Long: text.Key(lang, "help.watch-about"),
		Args:        takes(2, 2, "usage.args-run"),
		Annotations: map[string]string{"exit": "0-watch 1 64 66 74 75-watch 78"},
		Example: `  shakeout watch inbox out
  shakeout watch --schedule "0 7 * * 1-5" --on-change=false inbox out
  shakeout watch --quiet --metrics /var/lib/node_exporter/shakeout.prom inbox out`,
	}
	set := passFlagsOf(cmd, lang, giveUpWatching)
	when := watchFlagsOf(cmd, lang)
	asJSON := cmd.Flags().Bool("json", false, text.Key(lang, "flag.json-watch"))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		signal.Ignore(syscall.SIGPIPE)
		opts, err := set.options(cmd, lang)
		if err != nil {
			return err
		}
		w := jobs.Watching{Every: max(when.every.duration(), 100*time.Millisecond), OnChange: *when.onChange}
		if when.schedule.text != "" {
			if w.Schedule, err = cron.ParseStandard(when.schedule.text); err != nil {
				return mistake(cmd, misfit(when.schedule, when.schedule.text, "--schedule"))
			}
		}
		bar := &progress{w: stderr, lang: lang}
		terminal := isTerminal(stderr)
		if opts.Log, err = set.logTo(bar, terminal, lang); err != nil {
			return err
		}
		var unsaid error
		say := func(line any) {
			if *asJSON {
				unsaid = errors.Join(unsaid, printJSON(stdout, line))
			}
		}
		first := true
		err = jobs.Watch(cmd.Context(), args[0], args[1], opts, w, jobs.RealSteps,
			func(o jobs.Outcome) { say(outcomeLine{o, text.Of(lang, o.Note)}) },
			func(sum jobs.Summary, err error) {
				if err == nil && (first || sum.Enriched+sum.New+sum.Gone+sum.Pruned > 0) {
					say(summaryLine{sum})
					logSummary(opts.Log, sum, args[0], lang)
					first = false
				}
			})
		if errors.Is(err, jobs.ErrBusy) {
			return &exit{code: exitBusy, say: analysis.Say("watch.busy", args[1])}
		}
		if err != nil {
			return ending(jobs.Summary{}, err, args[0], args[1], false)
		}
		opts.Log.Info().Msg(text.Key(lang, "watch.ended"))
		return nil // asked to end, it ends: no failure
	}
	return cmd
}
