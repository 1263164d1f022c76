package main

import (
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"shakeout/analysis"
	"shakeout/jobs"
	"shakeout/writers/text"
)

var shells = []string{"bash", "zsh", "fish", "powershell"}

func completionCommand(lang analysis.Lang, stdout *os.File) *cobra.Command {
	return &cobra.Command{
		Use: "completion SHELL", Short: text.Key(lang, "help.completion"), Long: text.Key(lang, "help.completion-about"),
		Args: takes(1, 1, "usage.args-completion"), ValidArgs: shells,
		Annotations: map[string]string{"exit": "0 1 64 74"},
		Example: `  shakeout completion bash > /etc/bash_completion.d/shakeout
  shakeout completion zsh > "${fpath[1]}/_shakeout"`,
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			var err error
			switch args[0] {
			case "bash":
				err = root.GenBashCompletionV2(stdout, true)
			case "zsh":
				err = root.GenZshCompletion(stdout)
			case "fish":
				err = root.GenFishCompletion(stdout, true)
			case "powershell":
				err = root.GenPowerShellCompletionWithDesc(stdout)
			default:
				return mistake(cmd, analysis.Say("usage.bad-value", args[0], "SHELL", "bash, zsh, fish, powershell"))
			}
			if err != nil {
				return &exit{code: exitIO, say: analysis.Say("command.io", jobs.Fault(err))}
			}
			return nil
		},
	}
}

// completeChoices lets shells offer what an option may be.
func completeChoices(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if v, ok := f.Value.(*value); ok && len(v.possible) > 0 {
			cmd.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(v.possible, cobra.ShellCompDirectiveNoFileComp))
		}
	})
}
