package main

import (
	"errors"
	"os"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"shakeout/analysis"
	"shakeout/jobs"
	"shakeout/writers/text"
)

// passFlags are the options of a pass over a folder, which run, watch and
// config show have.
type passFlags struct {
	lang, asOf, tables, workers, quietPeriod, giveUpAfter, state, failOn, log, metrics, notify, market, queue *value
	quiet, prune, bom                                                                                         *bool
	set                                                                                                       *[]string
}

// The words of --fail-on.
const (
	failNew      = "new"      // newly rejected or failed
	failStanding = "standing" // rejected or failed, also if known before
	failNever    = "never"
)

// A single pass says of a file without its end that it cannot be read: whoever
// runs it waits for an answer, and the whole file is read by the next pass. One
// who watches will look again soon, so there such a file may still be arriving.
const (
	giveUpOnce     = "0s"
	giveUpWatching = "1h"
)

// passFlagsOf defines the options of a pass for a command.
func passFlagsOf(cmd *cobra.Command, lang analysis.Lang, giveUp string) *passFlags {
	o := optionsOf(cmd, lang)
	f := &passFlags{
		lang:        o.value("lang", "", kindChoice, "flag.lang-run", "zh", "en"),
		asOf:        o.value("as-of", "", kindDate, "flag.as-of"),
		tables:      o.value("tables", "", kindChoice, "flag.tables", "csv", "parquet"),
		bom:         o.bool("bom", false, "flag.bom"),
		market:      o.value("market", jobs.MarketAll, kindChoice, "flag.market", jobs.MarketAll, jobs.MarketFolder, jobs.MarketOff),
		workers:     o.value("workers", "", kindNumber, "flag.workers"),
		quietPeriod: o.value("quiet-period", "2s", kindDuration, "flag.quiet-period"),
		giveUpAfter: o.value("give-up-after", giveUp, kindDuration, "flag.give-up-after"),
		state:       o.value("state", "", kindText, "flag.state"),
		prune:       o.bool("prune", false, "flag.prune"),
		failOn:      o.value("fail-on", failNew, kindChoice, "flag.fail-on", failNew, failStanding, "skipped", "blanked", "dropped", "noted", failNever),
		log:         o.value("log", "", kindText, "flag.log"),
		metrics:     o.value("metrics", "", kindText, "flag.metrics"),
		notify:      o.value("notify", "", kindText, "flag.notify"),
		queue:       o.value("queue", "", kindText, "flag.queue"),
		quiet:       o.bool("quiet", false, "flag.quiet"),
	}
	f.failOn.many, f.tables.many = true, true
	f.set = o.flags.StringArray("set", nil, o.say("flag.set"))
	return f
}

// watchFlags are the options of watch alone.
type watchFlags struct {
	every, schedule *value
	onChange        *bool
}

func watchFlagsOf(cmd *cobra.Command, lang analysis.Lang) *watchFlags {
	o := optionFlags{cmd.Flags(), func(key string) string { return text.Key(lang, key) }}
	return &watchFlags{
		every:    o.value("every", "1m", kindDuration, "flag.every"),
		schedule: o.value("schedule", "", kindCron, "flag.schedule"),
		onChange: o.bool("on-change", true, "flag.on-change"),
	}
}

// jobTimeoutOf defines the option of work alone.
func jobTimeoutOf(o optionFlags) *value {
	return o.value("job-timeout", jobs.DefaultWorking().JobTimeout.String(), kindDuration, "flag.job-timeout")
}

// allOptions are the options of every command.
func allOptions() *pflag.FlagSet {
	cmd := &cobra.Command{}
	passFlagsOf(cmd, analysis.En, giveUpOnce)
	watchFlagsOf(cmd, analysis.En)
	jobTimeoutOf(optionFlags{cmd.Flags(), func(key string) string { return text.Key(analysis.En, key) }})
	return cmd.Flags()
}

// options are the choices of a pass as all places together say them.
func (f *passFlags) options(cmd *cobra.Command, lang analysis.Lang) (jobs.Options, error) {
	opts := jobs.DefaultOptions()
	params, _, err := resolve(cmd, allOptions(), *f.set)
	if err != nil {
		return opts, err
	}
	opts.Version, opts.Build, opts.Talk, opts.Settings = version(), build(), lang, params
	opts.Lang, opts.Market = f.lang.lang(), f.market.text
	opts.Tables = jobs.TableFormat{CSV: f.tables.includes("csv"), Parquet: f.tables.includes("parquet"), BOM: *f.bom}
	if f.workers.text != "" {
		opts.Workers = f.workers.number()
	}
	if f.asOf.text != "" {
		opts.Params.AsOf = f.asOf.date()
	}
	opts.Quiet, opts.GiveUp, opts.Prune = f.quietPeriod.duration(), f.giveUpAfter.duration(), *f.prune
	opts.State, opts.Metrics, opts.Notify, opts.Queue = f.state.text, f.metrics.text, f.notify.text, f.queue.text
	return opts, nil
}

// logTo writes the log to standard error and, as JSON, to the file of --log.
func (f *passFlags) logTo(stderr *progress, terminal bool, lang analysis.Lang) (zerolog.Logger, error) {
	log := newLog(stderr, terminal, lang)
	if *f.quiet {
		log = log.Level(zerolog.WarnLevel)
	}
	if f.log.text == "" {
		return log, nil
	}
	file := logFile(f.log.text)
	if _, err := file.Write(nil); err != nil {
		return log, &exit{code: exitIO, say: analysis.Say("command.io", jobs.Fault(err))}
	}
	talk := writerOf(stderr, terminal, lang)
	least := zerolog.InfoLevel
	if *f.quiet {
		least = zerolog.WarnLevel
	}
	return zerolog.New(zerolog.MultiLevelWriter(
		&zerolog.FilteredLevelWriter{Writer: zerolog.LevelWriterAdapter{Writer: talk}, Level: least}, file)).With().Timestamp().Logger(), nil
}

// logFile is a file that is opened anew for each line, so that whoever moves it
// away to keep it small need not tell the program.
type logFile string

func (name logFile) Write(line []byte) (n int, err error) {
	f, err := os.OpenFile(string(name), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return 0, err
	}
	n, err = f.Write(line)
	return n, errors.Join(err, f.Close())
}

// fails reports whether a pass that came to its end is a failure by --fail-on.
func (f *passFlags) fails(sum jobs.Summary) bool {
	for word, bad := range map[string]bool{
		failNew: sum.New > 0, failStanding: sum.Rejected+sum.Failed > 0,
		"skipped": sum.Effects.Skipped > 0, "blanked": sum.Effects.Blanked > 0, "dropped": sum.Effects.Dropped > 0, "noted": sum.Effects.Noted > 0,
	} {
		if bad && f.failOn.includes(word) {
			return true
		}
	}
	return false
}
