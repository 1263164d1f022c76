package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"shakeout/analysis"
	"shakeout/jobs"
	"shakeout/writers/text"
)

func templateCommand(lang analysis.Lang, stderr *os.File) *cobra.Command {
	cmd := &cobra.Command{
		Use: "template FILE", Short: text.Key(lang, "help.template"), Long: text.Key(lang, "help.template-about"),
		Args:        takes(1, 1, "usage.args-template"),
		Annotations: map[string]string{"exit": "0 1 64 73 74"},
		Example:     "  shakeout template --lang en market.xlsx",
	}
	spoken := langFlag(cmd, text.Key(lang, "flag.lang-template"))
	force := cmd.Flags().Bool("force", false, text.Key(lang, "flag.force-template"))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		of, err := spoken()
		if err != nil {
			return err
		}
		if of == "" {
			of = lang
		}
		file := args[0]
		if !strings.EqualFold(filepath.Ext(file), ".xlsx") {
			return mistake(cmd, analysis.Say("template.not-xlsx", filepath.Base(file)))
		}
		err = jobs.Template(file, of, *force)
		switch {
		case errors.Is(err, fs.ErrExist):
			return &exit{code: exitExists, say: analysis.Say("template.exists", file)}
		case err != nil:
			return &exit{code: exitIO, say: analysis.Say("command.io", jobs.Fault(err))}
		}
		fmt.Fprintln(stderr, text.Of(lang, analysis.Say("template.made", file)))
		return nil
	}
	return cmd
}
