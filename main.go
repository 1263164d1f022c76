// Shakeout turns a folder of analysts' Excel workbooks about the large-model
// market into enriched workbooks whose numbers can be checked.
//
//	shakeout run IN OUT       enrich the workbooks of a folder
//	shakeout watch IN OUT     enrich them whenever something changes
//	shakeout status OUT       show what became of each workbook
//	shakeout check FILE...    show how workbooks are understood
//	shakeout list             list analyses, columns and codes
//	shakeout template FILE    write a workbook to fill in
//	shakeout config show      show every option and where it was said
//	shakeout doctor IN OUT    see whether this machine can do the job
//	shakeout submit IN OUT    enqueue what is new, for several machines
//	shakeout work             process workbooks from a queue
//	shakeout queue migrate    make the tables of a queue
//
// Results are data and go to OUT or standard output; everything said to people
// goes to standard error. Messages say what happened, where, and what to try,
// in Chinese or English, and never show a stack.
package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"shakeout/analysis"
	"shakeout/writers/text"
)

// Exit codes. Each command's help says which of them it gives; most are those
// of sysexits.h.
const (
	exitInternal = 1
	exitBad      = 3  // some workbooks were rejected or failed
	exitUsage    = 64 // EX_USAGE
	exitNoInput  = 66 // EX_NOINPUT
	exitExists   = 73 // EX_CANTCREAT
	exitIO       = 74 // EX_IOERR
	exitBusy     = 75 // EX_TEMPFAIL
	exitConfig   = 78 // EX_CONFIG
	exitSignal   = 128
)

func main() {
	// Cells and tables are large and nearly free of pointers: to collect earlier
	// costs no time that can be measured and takes a fifth off the peak (450 to 370
	// MB for a million rows).
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
	// But a small workbook would be collected every few megabytes: a sixth of its
	// time. So the heap begins with room that is counted and never touched, which
	// costs addresses and no memory.
	room := make([]byte, 32<<20)
	defer runtime.KeepAlive(room)
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr, os.Getenv))
}

// run is the whole program.
func run(args []string, stdout, stderr *os.File, getenv func(string) string) int {
	ctx, stop := untilSignal()
	defer stop()
	lang := languageOf(args, getenv)
	root := rootCommand(lang, stdout, stderr)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	var end *exit
	if !errors.As(err, &end) {
		end = &exit{code: exitInternal, err: err}
	}
	if said := end.sentence(lang); said != "" {
		fmt.Fprintf(stderr, "shakeout: %s\n", said)
	}
	return end.code
}

// rootCommand is the command tree, speaking one language.
func rootCommand(lang analysis.Lang, stdout, stderr *os.File) *cobra.Command {
	cobra.EnableCommandSorting = false // help lists them in the order of use
	root := &cobra.Command{
		Use: "shakeout COMMAND", Long: text.Key(lang, "help.root"), Version: version(),
		SilenceErrors: true, SilenceUsage: true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return misspelt(cmd, analysis.Say("usage.unknown-command", args[0]), cmd.SuggestionsFor(args[0]))
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			cmd.SetOut(stderr)
			cmd.Help()
			return &exit{code: exitUsage}
		},
	}
	root.SuggestionsMinimumDistance = 2
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetHelpCommand(&cobra.Command{Use: "help [COMMAND]", Hidden: true, Run: func(cmd *cobra.Command, args []string) {
		if about, _, err := root.Find(args); err == nil {
			about.Help()
		}
	}})
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { help(cmd.OutOrStdout(), cmd, lang) })
	root.SetFlagErrorFunc(flagMistake)
	root.AddCommand(
		runCommand(lang, stdout, stderr), watchCommand(lang, stdout, stderr), statusCommand(lang, stdout, stderr),
		checkCommand(lang, stdout, stderr), listCommand(lang, stdout), templateCommand(lang, stderr),
		configCommand(lang, stdout, stderr), doctorCommand(lang, stdout, stderr),
		submitCommand(lang, stdout, stderr), workCommand(lang, stdout, stderr), queueCommand(lang, stdout, stderr), completionCommand(lang, stdout))
	finish(root, lang)
	root.InitDefaultVersionFlag()
	root.Flags().Lookup("version").Usage = text.Key(lang, "help.flag-version")
	return root
}

// finish gives a command and those below it what all have.
func finish(cmd *cobra.Command, lang analysis.Lang) {
	cmd.InitDefaultHelpFlag()
	cmd.Flags().Lookup("help").Usage = text.Key(lang, "help.flag-help")
	cmd.Flags().SortFlags = false
	completeChoices(cmd)
	for _, c := range cmd.Commands() {
		finish(c, lang)
	}
}

// exit ends the program with a code and, unless everything has been said, a
// sentence or the error of something unforeseen.
type exit struct {
	code int
	say  analysis.Message
	err  error
}

func (e *exit) Error() string {
	if e.err != nil {
		return e.err.Error()
	}
	return e.sentence(analysis.En)
}

func (e *exit) sentence(lang analysis.Lang) string {
	if e.say.Key == "" && e.err != nil {
		return e.err.Error()
	}
	return text.Of(lang, e.say)
}

// stopped is the end of a context because of a signal.
type stopped struct{ signal syscall.Signal }

func (s *stopped) Error() string { return s.signal.String() }

// untilSignal is a context that ends at the first signal to stop. A second one
// ends the program as if it had not been caught.
func untilSignal() (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		select {
		case s := <-signals:
			signal.Stop(signals)
			cancel(&stopped{s.(syscall.Signal)})
		case <-ctx.Done():
		}
	}()
	return ctx, func() { signal.Stop(signals); cancel(nil) }
}

// languageOf is the language to speak: that of --lang wherever it stands, so
// that help and mistakes are in it too, else that of the environment.
func languageOf(args []string, getenv func(string) string) analysis.Lang {
	for i, a := range args {
		value, ok := strings.CutPrefix(a, "--lang=")
		if a == "--lang" && i+1 < len(args) {
			value, ok = args[i+1], true
		}
		if lang := analysis.Lang(value); ok && (lang == analysis.Zh || lang == analysis.En) {
			return lang
		}
	}
	if lang := analysis.Lang(getenv("SHAKEOUT_LANG")); lang == analysis.Zh || lang == analysis.En {
		return lang
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := getenv(name); v != "" {
			if strings.HasPrefix(strings.ToLower(v), "zh") {
				return analysis.Zh
			}
			return analysis.En
		}
	}
	return analysis.En
}

// unreleased is the version of a program that was built outside a repository.
const unreleased = "v0.1.0-devel"

// version names the program's source: the module version, which holds commit
// and date where the program was built in a repository.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return unreleased
}

// build tells programs apart that would make different results. The version
// does, except while somebody changes the program: then it is the program's own
// bytes.
func build() string {
	v := version()
	if v != unreleased && !strings.Contains(v, "+dirty") {
		return v
	}
	name, err := os.Executable()
	if err != nil {
		return v
	}
	f, err := os.Open(name)
	if err != nil {
		return v
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return v
	}
	return fmt.Sprintf("%s %x", v, h.Sum(nil)[:8])
}

// help explains a command: what it does, how it is called, its options,
// examples and exit codes.
func help(w io.Writer, cmd *cobra.Command, lang analysis.Lang) {
	title := func(key string) { fmt.Fprintf(w, "\n%s\n", text.Key(lang, key)) }
	fmt.Fprintln(w, wrap(cmd.Long, 100, ""))
	title("help.usage")
	fmt.Fprintf(w, "  %s\n", strings.TrimSuffix(cmd.UseLine(), " [flags]"))
	if cmd.HasAvailableSubCommands() {
		title("help.commands")
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() {
				fmt.Fprintf(w, "  %s  %s\n", pad(c.Use, 16), c.Short)
			}
		}
	}
	title("help.flags")
	usages := cmd.Flags().FlagUsages()
	if lang == analysis.Zh {
		usages = defaultOf.ReplaceAllString(usages, "（默认：$1）")
	}
	fmt.Fprint(w, usages)
	if cmd.Example != "" {
		title("help.examples")
		fmt.Fprintln(w, cmd.Example)
	}
	if codes := cmd.Annotations["exit"]; codes != "" {
		title("help.exit")
		for _, code := range strings.Fields(codes) {
			number, _, _ := strings.Cut(code, "-")
			fmt.Fprintf(w, "  %s  %s\n", pad(number, 3), text.Key(lang, "exit."+code))
		}
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(w, "\n%s\n", text.Of(lang, analysis.Say("help.more", cmd.CommandPath())))
	}
}

// defaultOf is how the flag package ends a line: it knows English only.
var defaultOf = regexp.MustCompile(`(?m) \(default (.*)\)$`)
