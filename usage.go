package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"shakeout/analysis"
)

// mistake is a mistake on the command line, with a hint where to read more.
func mistake(cmd *cobra.Command, say analysis.Message) error {
	return &exit{code: exitUsage, say: analysis.Say("usage.see-help", say, cmd.CommandPath())}
}

// misspelt is a mistake that may be a misspelling of something.
func misspelt(cmd *cobra.Command, say analysis.Message, near []string) error {
	if len(near) > 0 {
		say = analysis.Say("usage.did-you-mean", say, near[0])
	}
	return mistake(cmd, say)
}

// flagMistake explains what is wrong with a flag.
func flagMistake(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var empty *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		typed := "--" + unknown.GetSpecifiedName()
		if unknown.GetSpecifiedShortnames() != "" {
			typed = "-" + unknown.GetSpecifiedName()
		}
		return misspelt(cmd, analysis.Say("usage.unknown-flag", typed), nearFlags(cmd, unknown.GetSpecifiedName()))
	case errors.As(err, &empty):
		return mistake(cmd, analysis.Say("usage.needs-value", "--"+empty.GetFlag().Name))
	case errors.As(err, &invalid):
		return mistake(cmd, misfit(invalid.GetFlag().Value, invalid.GetValue(), "--"+invalid.GetFlag().Name))
	}
	return &exit{code: exitUsage, err: err}
}

// nearFlags are flags that a misspelt one may mean: at most two letters apart,
// or begun alike.
func nearFlags(cmd *cobra.Command, typed string) []string {
	var near []string
	best := 3
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		d := distance(strings.ToLower(typed), f.Name)
		if len(typed) > 1 && strings.HasPrefix(f.Name, strings.ToLower(typed)) {
			d = 1
		}
		if d < best {
			best, near = d, []string{"--" + f.Name}
		}
	})
	return near
}

// distance is the number of letters to insert, delete, replace or swap with the
// next one between two words (optimal string alignment).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1) // the one for each beginning of a
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}

// takes checks the number of arguments; what names them for people.
func takes(atLeast, atMost int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < atLeast || len(args) > atMost {
			return mistake(cmd, analysis.Say("usage.args", cmd.CommandPath(), analysis.Say(what), len(args)))
		}
		return nil
	}
}

// langFlag adds --lang; the language it gives is "" where it is not used.
func langFlag(cmd *cobra.Command, usage string) func() (analysis.Lang, error) {
	v := &value{kind: kindChoice, possible: []string{"zh", "en"}}
	cmd.Flags().Var(v, "lang", usage)
	return func() (analysis.Lang, error) { return v.lang(), nil }
}
