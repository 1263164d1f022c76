package main

import (
	"os"
	"strings"

	"github.com/spf13/cobra"

	"shakeout/analysis"
	"shakeout/jobs"
	"shakeout/writers/text"
)

func doctorCommand(lang analysis.Lang, stdout, stderr *os.File) *cobra.Command {
	cmd := &cobra.Command{
		Use: "doctor IN OUT", Short: text.Key(lang, "help.doctor"), Long: text.Key(lang, "help.doctor-about"),
		Args:        takes(2, 2, "usage.args-run"),
		Annotations: map[string]string{"exit": "0 1 64 66 74 78-doctor"},
	}
	langFlag(cmd, text.Key(lang, "flag.lang"))
	state := cmd.Flags().String("state", "", text.Key(lang, "flag.state"))
	asJSON := cmd.Flags().Bool("json", false, text.Key(lang, "flag.json"))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if _, err := os.Stat(args[0]); err != nil {
			return &exit{code: exitNoInput, say: analysis.Say("command.in-missing", args[0])}
		}
		opts := jobs.DefaultOptions()
		if opts.State = *state; *state == "" {
			c, err := readConfigured("", os.Environ(), allOptions())
			if err != nil {
				return err
			}
			opts.State = c.options["state"].text
		}
		bad := false
		var b strings.Builder
		for _, s := range jobs.Doctor(args[0], args[1], opts) {
			bad = bad || s.Health == jobs.Unwell
			if *asJSON {
				if err := printJSON(&b, struct {
					Check   string      `json:"check"`
					Health  jobs.Health `json:"health"`
					Message string      `json:"message"`
				}{s.Check, s.Health, text.Of(lang, s.Say)}); err != nil {
					return err
				}
				continue
			}
			head := pad(text.Key(lang, "doctor.health-"+string(s.Health)), 8) + pad(text.Key(lang, "doctor.check-"+s.Check), 14)
			b.WriteString(head + strings.TrimLeft(wrap(text.Of(lang, s.Say), lineWidth, strings.Repeat(" ", 22)), " ") + "\n")
		}
		if _, err := stdout.WriteString(b.String()); err != nil {
			return &exit{code: exitIO, say: analysis.Say("command.io", jobs.Fault(err))}
		}
		if bad {
			return &exit{code: exitConfig}
		}
		return nil
	}
	return cmd
}
