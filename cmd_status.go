package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"shakeout/analysis"
	"shakeout/jobs"
	"shakeout/writers/text"
)

func statusCommand(lang analysis.Lang, stdout, stderr *os.File) *cobra.Command {
	cmd := &cobra.Command{
		Use: "status [OUT]", Short: text.Key(lang, "help.status"), Long: text.Key(lang, "help.status-about"),
		Args:        takes(0, 1, "usage.args-status-queue"),
		Annotations: map[string]string{"exit": "0 1 64 66 74 78"},
	}
	langFlag(cmd, text.Key(lang, "flag.lang"))
	state := cmd.Flags().String("state", "", text.Key(lang, "flag.state"))
	asJSON := cmd.Flags().Bool("json", false, text.Key(lang, "flag.json-status"))
	queue := cmd.Flags().String("queue", "", text.Key(lang, "flag.queue"))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 || *queue != "" {
			return queueStatus(cmd, lang, *queue, *asJSON, stdout)
		}
		out := args[0]
		if _, err := os.Stat(out); err != nil {
			return &exit{code: exitNoInput, say: analysis.Say("command.in-missing", out)}
		}
		if *state == "" {
			// The folder of the ledger may be set where run finds it too.
			c, err := readConfigured("", os.Environ(), allOptions())
			if err != nil {
				return err
			}
			*state = c.options["state"].text
		}
		all, run, err := jobs.Stand(out, *state)
		if errors.Is(err, jobs.ErrNoLedger) {
			return &exit{code: exitNoInput, say: analysis.Say("status.none", out)}
		}
		if err != nil {
			return ending(jobs.Summary{}, err, "", out, false)
		}
		if *asJSON {
			for _, s := range all {
				if err := printJSON(stdout, s); err != nil {
					return &exit{code: exitIO, say: analysis.Say("command.io", jobs.Fault(err))}
				}
			}
			err = printJSON(stdout, struct {
				Run *jobs.LastRun `json:"run"`
			}{run})
		} else {
			_, err = stdout.WriteString(statusTable(all, run, lang))
		}
		if err != nil {
			return &exit{code: exitIO, say: analysis.Say("command.io", jobs.Fault(err))}
		}
		return nil
	}
	return cmd
}

// queueStatus shows how a queue stands, and its ledger.
func queueStatus(cmd *cobra.Command, lang analysis.Lang, address string, asJSON bool, stdout *os.File) error {
	if address == "" {
		c, err := readConfigured("", os.Environ(), allOptions())
		if err != nil {
			return err
		}
		if address = c.options["queue"].text; address == "" {
			return mistake(cmd, analysis.Say("usage.args", cmd.CommandPath(), analysis.Say("usage.args-status-queue"), 0))
		}
	}
	q, err := openQueue(cmd, address, 1)
	if err != nil {
		return err
	}
	defer q.Close()
	all, standing, err := q.Standing(cmd.Context())
	if err != nil {
		return ending(jobs.Summary{}, err, "", "", false)
	}
	if asJSON {
		for _, s := range all {
			if err = printJSON(stdout, s); err != nil {
				break
			}
		}
		if err == nil {
			err = printJSON(stdout, struct {
				Queue jobs.QueueStanding `json:"queue"`
			}{standing})
		}
	} else {
		_, err = stdout.WriteString(statusTable(all, standing.Run, lang) + queueLines(standing, lang))
	}
	if err != nil {
		return &exit{code: exitIO, say: analysis.Say("command.io", err)}
	}
	return nil
}

// queueLines show a queue to people.
func queueLines(s jobs.QueueStanding, lang analysis.Lang) string {
	var b strings.Builder
	say := func(key string, args ...any) { fmt.Fprintln(&b, text.Of(lang, analysis.Say(key, args...))) }
	ms := func(n int64) string {
		return (time.Duration(n) * time.Millisecond).Round(100 * time.Millisecond).String()
	}
	j := s.Jobs
	if s.In == "" {
		say("status.queue-empty", s.Queue)
		return b.String()
	}
	say("status.queue", s.Queue, s.In, s.Out)
	say("status.queue-jobs", j["available"], j["scheduled"], j["retryable"], j["running"], j["completed"], j["cancelled"], j["discarded"])
	say("status.queue-age", s.Workers, ms(s.OldestRunningMS), ms(s.OldestWaitingMS))
	if s.Other > 0 {
		say("status.queue-other", s.Other)
	}
	if s.Stuck > 0 {
		say("status.queue-stuck", s.Stuck)
	}
	return b.String()
}

// statusTable shows a ledger to people, one line a workbook.
func statusTable(all []jobs.Standing, run *jobs.LastRun, lang analysis.Lang) string {
	say := func(key string, args ...any) string { return text.Of(lang, analysis.Say(key, args...)) }
	at := func(ms int64) string {
		if ms == 0 {
			return ""
		}
		return time.UnixMilli(ms).Format("2006-01-02 15:04")
	}
	lines := [][]string{{say("status.file"), say("status.status"), say("status.since"), say("status.findings"), say("status.versions"), say("status.result")}}
	for _, s := range all {
		result := s.Output
		switch {
		case s.RenamedTo != "":
			result = say("status.renamed", s.RenamedTo)
		case s.Status == jobs.Rejected:
			result = s.Reason
		case s.Status == jobs.Failed, s.Status == jobs.Waiting:
			result = say("status.why-" + s.Code)
		}
		lines = append(lines, []string{s.File, say("state." + string(s.Status)), at(s.Since), fmt.Sprint(s.Findings), fmt.Sprint(len(s.Versions)), filepath.FromSlash(result)})
	}
	var b strings.Builder
	b.WriteString(columns("", lines, 48))
	b.WriteByte('\n')
	if run == nil {
		return b.String()
	}
	how := say("status.run-" + run.Ending)
	if run.Ending == "" {
		how = say("status.run-open")
	}
	fmt.Fprintln(&b, say("status.run", at(run.Started), how, run.Workbooks, run.Enriched, run.Unchanged, run.Rejected, run.Failed, run.Waiting, run.Nothing))
	return b.String()
}
