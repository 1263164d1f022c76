package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"shakeout/analysis"
	"shakeout/jobs"
	"shakeout/writers/text"
)

func listCommand(lang analysis.Lang, stdout *os.File) *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Short: text.Key(lang, "help.list"), Long: text.Key(lang, "help.list-about"),
		Args:        takes(0, 0, "usage.args-none"),
		Annotations: map[string]string{"exit": "0 1 64 74"},
	}
	spoken := langFlag(cmd, text.Key(lang, "flag.lang"))
	cmd.RunE = func(*cobra.Command, []string) error {
		if _, err := spoken(); err != nil {
			return err
		}
		said, err := listAll(lang)
		if err != nil {
			return err
		}
		if _, err := stdout.WriteString(said); err != nil {
			return &exit{code: exitIO, say: analysis.Say("command.io", jobs.Fault(err))}
		}
		return nil
	}
	return cmd
}

// blanks are what a sentence of the catalog leaves to be filled in.
var blanks = regexp.MustCompile(`%\[\d+\]s`)

// listAll is the list as text.
func listAll(lang analysis.Lang) (string, error) {
	entries, err := text.Entries()
	if err != nil {
		return "", err
	}
	slices.SortStableFunc(entries, func(a, b text.Entry) int { return strings.Compare(a.Key, b.Key) })
	var b strings.Builder
	b.WriteString(text.Key(lang, "list.analyses") + "\n")
	for _, a := range append(slices.Clone(analysis.All), analysis.ChangesAnalysis) {
		fmt.Fprintf(&b, "\n  %s\n", a.Name)
		fmt.Fprintln(&b, wrap(text.Key(lang, "analysis."+a.Name), lineWidth, "    "))
		if len(a.Needs) > 0 {
			fmt.Fprintf(&b, "    %s\n", text.Of(lang, analysis.Say("list.needs", strings.Join(a.Needs, ", "))))
		}
		for _, s := range a.Specs {
			fmt.Fprintf(&b, "    %s\n", text.Of(lang, analysis.Say("list.table", s.Name)))
			fmt.Fprintln(&b, wrap(columnNames(s), lineWidth, "      "))
		}
	}
	b.WriteString("\n" + text.Key(lang, "list.inputs") + "\n")
	for _, s := range analysis.InputTables {
		fmt.Fprintf(&b, "\n  %s\n%s\n", s.Name, wrap(columnNames(s), lineWidth, "    "))
	}
	for _, kind := range []struct{ title, prefix string }{
		{"list.findings", "finding."}, {"list.reasons", "reason."}, {"list.refusals", "refusal."}, {"list.failures", "failed."},
	} {
		b.WriteString("\n" + text.Key(lang, kind.title) + "\n\n")
		for _, e := range entries {
			code, ok := strings.CutPrefix(e.Key, kind.prefix)
			if !ok {
				continue
			}
			sentence := e.En
			if lang == analysis.Zh {
				sentence = e.Zh
			}
			fmt.Fprintf(&b, "  %s\n%s\n", code, wrap(blanks.ReplaceAllString(sentence, "…"), lineWidth, "    "))
		}
	}
	return b.String(), nil
}

// columnNames lists a table's columns; those by which an input table is
// recognised have a star.
func columnNames(s analysis.TableSpec) string {
	var names []string
	for _, c := range s.Columns {
		name := c.Name
		if c.Needed {
			name += "*"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}
