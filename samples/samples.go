// Package samples holds workbooks as text: small cases of the layouts that
// analysts use, each with the tables and findings that a right reading gives,
// and the stories from which the workbooks in inbox are made.
//
// Everything about a workbook stands in one text archive (golang.org/x/tools/txtar):
// a comment that says why it exists, one section for each sheet, and what is
// wanted of a reader. README.md explains the notation. Workbook turns a case
// into the bytes of an .xlsx file, the same bytes every time.
//
// The wanted tables say what the rules of reading ask for. They are written from
// the sheet, never from what a reader made of it.
package samples

import (
	"embed"
	"encoding/csv"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

//go:generate go test -run TestInbox -update

//go:embed cases/*.txt
var caseFiles embed.FS

//go:embed stories/*.xlsx.txt
var storyFiles embed.FS

// Cases are the small cases, one idea each.
func Cases() ([]Case, error) {
	sub, err := fs.Sub(caseFiles, "cases")
	if err != nil {
		return nil, err
	}
	return Load(sub)
}

// Stories are the large workbooks of inbox. They want nothing of a reader but
// to be read.
func Stories() ([]Case, error) {
	sub, err := fs.Sub(storyFiles, "stories")
	if err != nil {
		return nil, err
	}
	return Load(sub)
}

// Case is one workbook and what a right reading of it gives.
type Case struct {
	Name     string // of the archive, without .txt
	Why      string
	File     string // name of the workbook; its period may stand in it
	Date1904 bool
	Font     string // of the cells
	Sheets   []Sheet
	Want     []Table
	Findings []Finding // nil where the case says nothing about them
	Noted    []Finding // likewise
}

// Table is a wanted input table. A reader's table of that name has exactly these
// rows, in any order, looked at in these columns only. An empty text is null, *
// is anything. A table that a case does not want is absent or has no rows.
type Table struct {
	Name    string
	Columns []string
	Rows    [][]string
}

// Finding is a wanted finding about a cell. The wanted findings are all that
// blank, drop or skip something, and the wanted notes all that are merely noted.
type Finding struct{ Code, Sheet, Cell string }

// Load reads the archives *.txt of a folder, in name order.
func Load(fsys fs.FS) ([]Case, error) {
	names, err := fs.Glob(fsys, "*.txt")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var cases []Case
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		c, err := parse(name, data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		cases = append(cases, c)
	}
	return cases, nil
}

func parse(name string, data []byte) (Case, error) {
	stem := strings.TrimSuffix(path.Base(name), ".txt")
	c := Case{Name: stem, File: strings.TrimSuffix(stem, ".xlsx") + ".xlsx", Font: "等线"}
	archive := txtar.Parse(data)
	c.Why = strings.TrimSpace(string(archive.Comment))
	if c.Why == "" {
		return c, fmt.Errorf("a case begins with why it exists")
	}
	for _, f := range archive.Files {
		kind, rest, _ := strings.Cut(f.Name, "/")
		var err error
		switch {
		case f.Name == "workbook":
			err = c.options(string(f.Data))
		case kind == "sheet":
			var s Sheet
			s, err = parseSheet(rest, string(f.Data))
			c.Sheets = append(c.Sheets, s)
		case f.Name == "want/findings":
			c.Findings, err = c.wantFindings(string(f.Data))
		case f.Name == "want/noted":
			c.Noted, err = c.wantFindings(string(f.Data))
		case kind == "want" && strings.HasSuffix(rest, ".csv"):
			var t Table
			t, err = parseTable(strings.TrimSuffix(rest, ".csv"), string(f.Data))
			c.Want = append(c.Want, t)
		default:
			err = fmt.Errorf("want sheet/NAME, want/TABLE.csv, want/findings, want/noted or workbook")
		}
		if err != nil {
			return c, fmt.Errorf("section %s: %w", f.Name, err)
		}
	}
	if len(c.Sheets) == 0 {
		return c, fmt.Errorf("no sheet")
	}
	return c, nil
}

// options reads the workbook section: a word and its value on each line.
func (c *Case) options(text string) error {
	for line := range strings.Lines(text) {
		word, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "":
		case "file":
			c.File = value
		case "font":
			c.Font = value
		case "date1904":
			c.Date1904 = true
		default:
			return fmt.Errorf("unknown option %s", word)
		}
	}
	return nil
}

func parseTable(name, text string) (Table, error) {
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return Table{}, err
	}
	if len(records) < 2 {
		return Table{}, fmt.Errorf("want a header and a row at least")
	}
	return Table{Name: name, Columns: records[0], Rows: records[1:]}, nil
}

var findingLine = regexp.MustCompile(`^([a-z0-9-]+) (?:(.+)!)?([A-Z]*\d*(?::[A-Z]*\d*)?)$`)

// wantFindings reads lines of a code and a cell, with the sheet's name and an
// exclamation mark before it where the workbook has several sheets.
func (c *Case) wantFindings(text string) ([]Finding, error) {
	list := []Finding{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		m := findingLine.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("want `code cell` or `code sheet!cell`, not %q", line)
		}
		f := Finding{Code: m[1], Sheet: m[2], Cell: m[3]}
		if f.Sheet == "" {
			if len(c.Sheets) != 1 {
				return nil, fmt.Errorf("%q: say which sheet", line)
			}
			f.Sheet = c.Sheets[0].Name
		}
		if !slices.ContainsFunc(c.Sheets, func(s Sheet) bool { return s.Name == f.Sheet }) {
			return nil, fmt.Errorf("%q: no sheet %s above", line, f.Sheet)
		}
		list = append(list, f)
	}
	return list, nil
}
