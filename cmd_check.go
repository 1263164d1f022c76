package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"shakeout/analysis"
	"shakeout/jobs"
	"shakeout/writers/text"
)

func checkCommand(lang analysis.Lang, stdout, stderr *os.File) *cobra.Command {
	cmd := &cobra.Command{
		Use: "check FILE...", Short: text.Key(lang, "help.check"), Long: text.Key(lang, "help.check-about"),
		Args:        takes(1, 1<<20, "usage.args-check"),
		Annotations: map[string]string{"exit": "0 1 3 64 66 74 130"},
		Example: `  shakeout check inbox/*.xlsx
  shakeout check --json prices.xlsx`,
	}
	spoken := langFlag(cmd, text.Key(lang, "flag.lang"))
	asJSON := cmd.Flags().Bool("json", false, text.Key(lang, "flag.json"))
	quiet := cmd.Flags().Bool("quiet", false, text.Key(lang, "flag.quiet-check"))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if _, err := spoken(); err != nil {
			return err
		}
		show := func(w io.Writer, o jobs.Outcome, wb *analysis.Workbook, lang analysis.Lang) error {
			return showReading(w, o, wb, lang, widthOf(stdout))
		}
		show = exceptMissing(show)
		if *asJSON {
			show = showReadingJSON
		}
		if *quiet {
			show = func(io.Writer, jobs.Outcome, *analysis.Workbook, analysis.Lang) error { return nil }
		}
		files, empty, err := workbooks(args)
		if err != nil {
			return err
		}
		bad, missing, shown := false, false, false
		for _, file := range files {
			if shown && !*asJSON && !*quiet {
				fmt.Fprintln(stdout)
			}
			o, err := checkFile(cmd.Context(), stdout, stderr, file, lang, show)
			if err != nil {
				return err
			}
			if errors.Is(o.Err, fs.ErrNotExist) {
				fmt.Fprintf(stderr, "shakeout: %s\n", text.Of(lang, o.Note))
				missing = true
				continue
			}
			shown = true
			bad = bad || o.Status == jobs.Rejected || o.Status == jobs.Failed
		}
		for _, folder := range empty {
			if !*quiet {
				fmt.Fprintf(stderr, "shakeout: %s\n", text.Of(lang, analysis.Say("command.no-workbooks", folder)))
			}
		}
		switch {
		case missing:
			return &exit{code: exitNoInput}
		case bad:
			return &exit{code: exitBad}
		}
		return nil
	}
	return cmd
}

// exceptMissing leaves out files that do not exist: that is no reading, and is said on
// stderr.
func exceptMissing(show func(io.Writer, jobs.Outcome, *analysis.Workbook, analysis.Lang) error) func(io.Writer, jobs.Outcome, *analysis.Workbook, analysis.Lang) error {
	return func(w io.Writer, o jobs.Outcome, wb *analysis.Workbook, lang analysis.Lang) error {
		if errors.Is(o.Err, fs.ErrNotExist) {
			return nil
		}
		return show(w, o, wb, lang)
	}
}

// workbooks puts the workbooks of a folder in its place; empty are the folders that
// have none. What does not exist stays in the list: the others are checked all the
// same, and it is said of this one.
func workbooks(args []string) (files, empty []string, err error) {
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil || !info.IsDir() {
			files = append(files, arg)
			continue
		}
		tasks, err := jobs.Plan(arg, "")
		if err != nil {
			return nil, nil, &exit{code: exitIO, say: analysis.Say("command.io", jobs.Fault(err))}
		}
		if len(tasks) == 0 {
			empty = append(empty, arg)
		}
		for _, t := range tasks {
			files = append(files, filepath.Join(arg, filepath.FromSlash(t.Name)))
		}
	}
	return files, empty, nil
}

// checkFile shows one file and gives what became of it.
func checkFile(ctx context.Context, stdout io.Writer, stderr *os.File, file string, lang analysis.Lang, show func(io.Writer, jobs.Outcome, *analysis.Workbook, analysis.Lang) error) (jobs.Outcome, error) {
	o, wb := jobs.Check(ctx, file, jobs.RealSteps)
	if wb != nil {
		defer wb.Tables.Release()
	}
	if err := ctx.Err(); err != nil {
		return o, ending(jobs.Summary{}, context.Cause(ctx), "", "", false)
	}
	if o.Stack != "" {
		log := newLog(stderr, isTerminal(stderr), lang)
		log.Error().Str("file", o.File).Str("stack", o.Stack).Msg(text.Of(lang, o.Note))
	}
	if err := show(stdout, o, wb, lang); err != nil {
		return o, &exit{code: exitIO, say: analysis.Say("command.io", jobs.Fault(err))}
	}
	return o, nil
}

// reading is what check --json says about a file. Its fields are a promise.
type reading struct {
	File     string         `json:"file"`
	Status   jobs.Status    `json:"status"`
	Code     string         `json:"code"`
	Note     string         `json:"note"`
	Tables   []tableRead    `json:"tables"`
	Findings []findingShown `json:"findings"`
}

type tableRead struct {
	Table      string       `json:"table"`
	Sheet      string       `json:"sheet"`
	Range      string       `json:"range"`
	HeaderRows []int        `json:"header_rows"`
	RowsSeen   int          `json:"rows_seen"`
	RowsKept   int          `json:"rows_kept"`
	Columns    []columnRead `json:"columns"`
}

type columnRead struct {
	Column string `json:"column"`
	Header string `json:"header"`
	Cell   string `json:"cell"`
	Unit   string `json:"unit"`
	From   string `json:"from"`
}

type findingShown struct {
	Effect  analysis.Effect `json:"effect"`
	Code    string          `json:"code"`
	Sheet   string          `json:"sheet"`
	Cell    string          `json:"cell"`
	Got     string          `json:"got"`
	Message string          `json:"message"`
}

func showReadingJSON(w io.Writer, o jobs.Outcome, wb *analysis.Workbook, lang analysis.Lang) error {
	r := reading{File: o.File, Status: o.Status, Code: o.Code, Note: text.Of(lang, o.Note), Tables: []tableRead{}, Findings: []findingShown{}}
	if wb != nil {
		for _, reg := range wb.Regions {
			t := tableRead{
				Table: reg.Table, Sheet: reg.Sheet, Range: reg.Range, HeaderRows: append([]int{}, reg.HeaderRows...),
				RowsSeen: reg.RowsSeen, RowsKept: reg.RowsKept, Columns: []columnRead{},
			}
			for _, c := range reg.Columns {
				t.Columns = append(t.Columns, columnRead{c.Column, c.Header, c.Cell, c.Unit, c.From})
			}
			r.Tables = append(r.Tables, t)
		}
		for _, f := range wb.Findings {
			r.Findings = append(r.Findings, findingShown{f.Effect, f.Code, f.At.Sheet, f.At.Cell(), f.Got, text.Of(lang, f.Message())})
		}
	}
	return printJSON(w, r)
}

// showReading shows a file for people: its tables with the evidence for each
// column, then the findings by code.
func showReading(w io.Writer, o jobs.Outcome, wb *analysis.Workbook, lang analysis.Lang, width int) error {
	var b strings.Builder
	fmt.Fprintln(&b, o.File)
	say := func(key string, args ...any) string { return text.Of(lang, analysis.Say(key, args...)) }
	if wb == nil {
		fmt.Fprintln(&b, wrap(text.Of(lang, o.Note), width, "  "))
		_, err := io.WriteString(w, b.String())
		return err
	}
	regions := gather(wb.Regions)
	if len(regions) == 0 {
		fmt.Fprintf(&b, "  %s\n", say("check.nothing"))
	} else {
		seen, kept := 0, 0
		for _, r := range regions {
			seen, kept = seen+r.RowsSeen, kept+r.RowsKept
		}
		fmt.Fprintf(&b, "  %s\n", say("check.counts", len(regions), seen, kept, seen-kept))
	}
	if wb.Dated != 0 {
		fmt.Fprintf(&b, "  %s\n", say("check.dated", analysis.FormatDate(wb.Dated)))
	}
	if params, _ := analysis.ApplySettings(analysis.DefaultParams(), wb.Tables["settings"]); params.AsOf != 0 {
		fmt.Fprintf(&b, "  %s\n", say("check.as-of", analysis.FormatDate(params.AsOf)))
	}
	most := 36 // cells of a column name or header
	if width < lineWidth {
		most = 24
	}
	for _, r := range regions {
		rows := strings.Trim(strings.ReplaceAll(fmt.Sprint(r.HeaderRows), " ", ", "), "[]")
		fmt.Fprintf(&b, "\n  %s  %s!%s\n    %s\n", r.Table, r.Sheet, r.Range, say("check.region", rows, r.RowsSeen, r.RowsKept))
		var used [][]string
		var unused, unknown []string
		for _, c := range r.Columns {
			switch {
			case c.Unknown:
				unknown = append(unknown, strings.TrimSpace(c.Cell+" "+oneLine(c.Header)))
				continue
			case c.Column == "":
				unused = append(unused, strings.TrimSpace(c.Cell+" "+oneLine(c.Header)))
				continue
			case c.Cell == "":
				used = append(used, []string{"·", strings.TrimSpace(c.Column + " " + c.Period), cells.Truncate(oneLine(c.Header), most, "…"), say("check.from-" + c.From)})
				continue
			}
			unit := c.Unit
			if c.From != "" {
				unit = strings.TrimSpace(say("check.unit-from", unit, say("check.from-"+c.From)))
			}
			used = append(used, []string{c.Cell, strings.TrimSpace(c.Column + " " + c.Period), cells.Truncate(oneLine(c.Header), most, "…"), unit})
		}
		b.WriteString(columns("    ", used, most))
		if len(unused) > 0 {
			fmt.Fprintln(&b, wrap(say("check.not-used", strings.Join(unused, ", ")), width, "    "))
		}
		if len(unknown) > 0 {
			fmt.Fprintln(&b, wrap(say("check.unknown", strings.Join(unknown, ", ")), width, "    "))
		}
	}
	b.WriteByte('\n')
	showFindings(&b, wb.Findings, width, say)
	_, err := io.WriteString(w, b.String())
	return err
}

// lineWidth is where lines of sentences break, in terminal cells, when no
// terminal says how wide it is.
const lineWidth = 100

// widthOf is the width to write to: the terminal's own within reason.
func widthOf(f *os.File) int {
	if width, _, err := term.GetSize(int(f.Fd())); err == nil {
		return max(60, min(width, 120))
	}
	return lineWidth
}

// gather joins the regions that are one table of a sheet and give several of
// ours: "filings, metrics".
func gather(regions []analysis.Region) []analysis.Region {
	var all []analysis.Region
	for _, r := range regions {
		if n := len(all) - 1; n >= 0 && all[n].Sheet == r.Sheet && all[n].Range == r.Range {
			all[n].Table += ", " + r.Table
			continue
		}
		all = append(all, r)
	}
	return all
}

// showFindings lists findings by code, the gravest effect first. Under each
// code stand its sentences, each with the first cells it was said of.
func showFindings(b *strings.Builder, findings []analysis.Finding, width int, say func(string, ...any) string) {
	if len(findings) == 0 {
		fmt.Fprintf(b, "  %s\n", say("check.no-findings"))
		return
	}
	const shown = 4 // sentences of a code, cells of a sentence
	type sentence struct {
		text  string
		cells []string
	}
	type kind struct {
		effect    analysis.Effect
		code      string
		sentences []*sentence
		n         int
	}
	var kinds []*kind
	for _, f := range findings {
		k := findOrAdd(&kinds, func(k *kind) bool { return k.code == f.Code && k.effect == f.Effect })
		k.effect, k.code, k.n = f.Effect, f.Code, k.n+1
		said := say("finding."+f.Code, f.Args...)
		s := findOrAdd(&k.sentences, func(s *sentence) bool { return s.text == said })
		s.text, s.cells = said, append(s.cells, where(f))
	}
	effects := []analysis.Effect{analysis.Skipped, analysis.Dropped, analysis.Blanked, analysis.Noted}
	slices.SortStableFunc(kinds, func(a, b *kind) int {
		return slices.Index(effects, a.effect) - slices.Index(effects, b.effect)
	})
	fmt.Fprintf(b, "  %s\n", say("check.findings", len(findings)))
	for _, k := range kinds {
		fmt.Fprintf(b, "\n    %s × %d · %s\n", k.code, k.n, say("check.effect-"+string(k.effect)))
		left := k.n
		for _, s := range k.sentences[:min(shown, len(k.sentences))] {
			first := s.cells[:min(shown, len(s.cells))]
			left -= len(first)
			fmt.Fprintln(b, wrap(s.text, width, "      "))
			fmt.Fprintln(b, wrap(strings.Join(first, "; "), width, "        "))
		}
		if left > 0 {
			fmt.Fprintf(b, "      %s\n", say("check.more", left))
		}
	}
}

// findOrAdd gives the first element that fits, or a new one at the end.
func findOrAdd[T any](all *[]*T, fits func(*T) bool) *T {
	i := slices.IndexFunc(*all, fits)
	if i < 0 {
		i = len(*all)
		*all = append(*all, new(T))
	}
	return (*all)[i]
}

// where is a finding's cell and what it holds.
func where(f analysis.Finding) string {
	cell := f.At.Sheet
	if c := f.At.Cell(); c != "" {
		cell += "!" + c
	}
	if got := oneLine(f.Got); got != "" {
		cell += " “" + got + "”"
	}
	return cell
}

// oneLine shows what a cell holds on one line, cut where it is long.
func oneLine(s string) string {
	return cells.Truncate(strings.Join(strings.Fields(s), " "), 40, "…")
}
