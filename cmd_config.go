package main

import (
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"shakeout/analysis"
	"shakeout/jobs"
	"shakeout/writers/text"
)

func configCommand(lang analysis.Lang, stdout, stderr *os.File) *cobra.Command {
	cmd := &cobra.Command{
		Use: "config show", Short: text.Key(lang, "help.config"), Long: text.Key(lang, "help.config-about"),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return misspelt(cmd, analysis.Say("usage.unknown-command", "config "+args[0]), []string{"config show"})
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			cmd.SetOut(stderr)
			cmd.Help()
			return &exit{code: exitUsage}
		},
	}
	show := &cobra.Command{
		Use: "show", Short: text.Key(lang, "help.config-show"), Long: text.Key(lang, "help.config-about"),
		Args:        takes(0, 0, "usage.args-none"),
		Annotations: map[string]string{"exit": "0 1 64 74 78"},
		Example: `  shakeout config show
  SHAKEOUT_WORKERS=1 shakeout config show --config job.yaml --prune`,
	}
	set := passFlagsOf(show, lang, giveUpOnce)
	watchFlagsOf(show, lang)
	jobTimeoutOf(optionFlags{show.Flags(), func(key string) string { return text.Key(lang, key) }})
	asJSON := show.Flags().Bool("json", false, text.Key(lang, "flag.json"))
	show.RunE = func(cmd *cobra.Command, args []string) error {
		_, c, err := resolve(cmd, allOptions(), *set.set)
		if err != nil {
			return err
		}
		type option struct {
			Option string `json:"option"`
			Value  string `json:"value"`
			From   string `json:"from"` // a flag, a variable, file:line; default
		}
		var all []option
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if mayBeSaid(f) {
				from := f.Annotations[origin][0]
				if from == "" {
					from = "default"
				}
				all = append(all, option{f.Name, jobs.Hidden(f.Value.String()), from})
			}
		})
		for _, name := range sorted(c.params) {
			all = append(all, option{"settings." + name, c.params[name].text, c.params[name].where})
		}
		if *asJSON {
			for _, o := range all {
				if err := printJSON(stdout, o); err != nil {
					return &exit{code: exitIO, say: analysis.Say("command.io", jobs.Fault(err))}
				}
			}
			return nil
		}
		lines := [][]string{}
		for _, o := range all {
			if o.From == "default" {
				o.From = text.Key(lang, "config.default")
			}
			lines = append(lines, []string{o.Option, o.Value, o.From})
		}
		if _, err := stdout.WriteString(columns("", lines, 40)); err != nil {
			return &exit{code: exitIO, say: analysis.Say("command.io", jobs.Fault(err))}
		}
		return nil
	}
	cmd.AddCommand(show)
	return cmd
}
