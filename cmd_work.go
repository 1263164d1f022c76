package main

import (
	"os"
	"time"

	"github.com/spf13/cobra"

	"shakeout/analysis"
	"shakeout/jobs"
	"shakeout/writers/text"
)

func workCommand(lang analysis.Lang, stdout, stderr *os.File) *cobra.Command {
	cmd := &cobra.Command{
		Use: "work", Short: text.Key(lang, "help.work"), Long: text.Key(lang, "help.work-about"),
		Args:        takes(0, 0, "usage.args-none"),
		Annotations: map[string]string{"exit": "0-work 1 64 74-queue 78-queue"},
		Example: `  shakeout work --queue postgres://shakeout@db/shakeout
  SHAKEOUT_QUEUE=postgres://shakeout@db/shakeout shakeout work --workers 4 --metrics /var/lib/node_exporter/shakeout.prom`,
	}
	o := optionsOf(cmd, lang)
	queue := o.value("queue", "", kindText, "flag.queue")
	workers := o.value("workers", "", kindNumber, "flag.workers-work")
	timeout := jobTimeoutOf(o)
	talk := &passFlags{
		log:   o.value("log", "", kindText, "flag.log"),
		quiet: o.bool("quiet", false, "flag.quiet"),
	}
	metrics := o.value("metrics", "", kindText, "flag.metrics-work")
	langFlag(cmd, text.Key(lang, "flag.lang"))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if _, _, err := resolve(cmd, allOptions(), nil); err != nil {
			return err
		}
		opts := jobs.DefaultOptions()
		opts.Version, opts.Build, opts.Talk = version(), build(), lang
		if workers.text != "" {
			opts.Workers = workers.number()
		}
		var err error
		if opts.Log, err = talk.logTo(&progress{w: stderr, lang: lang}, isTerminal(stderr), lang); err != nil {
			return err
		}
		if queue.text == "" {
			return mistake(cmd, analysis.Say("queue.none"))
		}
		ctx := cmd.Context()
		q, err := jobs.AwaitQueue(ctx, queue.text, jobs.Connections(opts.Workers), func(err error) {
			opts.Log.Warn().AnErr("error", err).Msg(text.Of(lang, analysis.Say("queue.waits", jobs.Fault(err))))
		})
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return queueEnding(err)
		}
		defer q.Close()
		opts.Log.Info().Msg(text.Of(lang, analysis.Say("queue.works", q.Name)))
		w := jobs.Working{JobTimeout: max(timeout.duration(), time.Second), Metrics: metrics.text}
		if err := jobs.Work(ctx, q, opts, w, jobs.RealSteps, func(jobs.Outcome) {}); err != nil {
			return ending(jobs.Summary{}, err, "", "", false)
		}
		opts.Log.Info().Msg(text.Key(lang, "queue.ended"))
		return nil
	}
	return cmd
}

// queueCommand is the parent of what prepares a queue.
func queueCommand(lang analysis.Lang, stdout, stderr *os.File) *cobra.Command {
	cmd := &cobra.Command{
		Use: "queue migrate", Short: text.Key(lang, "help.queue"), Long: text.Key(lang, "help.queue-about"),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return misspelt(cmd, analysis.Say("usage.unknown-command", "queue "+args[0]), []string{"queue migrate"})
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			cmd.SetOut(stderr)
			cmd.Help()
			return &exit{code: exitUsage}
		},
	}
	migrate := &cobra.Command{
		Use: "migrate", Short: text.Key(lang, "help.queue-migrate"), Long: text.Key(lang, "help.queue-about"),
		Args:        takes(0, 0, "usage.args-none"),
		Annotations: map[string]string{"exit": "0 1 64 74-queue 78-queue"},
		Example:     "  shakeout queue migrate --queue postgres://shakeout@db/shakeout",
	}
	o := optionsOf(migrate, lang)
	queue := o.value("queue", "", kindText, "flag.queue")
	langFlag(migrate, text.Key(lang, "flag.lang"))
	migrate.RunE = func(cmd *cobra.Command, args []string) error {
		if _, _, err := resolve(cmd, allOptions(), nil); err != nil {
			return err
		}
		q, err := openQueue(cmd, queue.text, 1)
		if err != nil {
			return err
		}
		defer q.Close()
		steps, err := q.Migrate(cmd.Context())
		if err != nil {
			return ending(jobs.Summary{}, err, "", "", false)
		}
		log := newLog(stderr, isTerminal(stderr), lang)
		log.Info().Int("steps", steps).Msg(text.Of(lang, analysis.Say("queue.migrated", q.Name, steps)))
		return nil
	}
	cmd.AddCommand(migrate)
	return cmd
}
