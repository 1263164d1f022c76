package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"shakeout/analysis"
	"shakeout/readers"
	"shakeout/readers/ooxml"
)

// The founding story's sample, and what R computes from its text alone.
const (
	foundingStory = "大模型淘汰赛_2024.xlsx"
	storyText     = "samples/stories/" + foundingStory + ".txt"
	storyScript   = "analysis/testdata/founding_story.R"
	storyWanted   = "analysis/testdata/founding_story.csv"
)

// results reads and analyses a workbook.
func results(t *testing.T, path string) (map[string]analysis.Table, []analysis.Finding) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	pkg, err := ooxml.Open(context.Background(), data, ooxml.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	wb, err := readers.Read(context.Background(), pkg, filepath.Base(path))
	if err != nil {
		t.Fatal(err)
	}
	params, findings := analysis.ApplySettings(analysis.DefaultParams(), wb.Tables["settings"])
	if params.AsOf == 0 {
		params.AsOf = analysis.AsOf(wb.Tables, wb.Dated)
	}
	tables := map[string]analysis.Table{}
	for _, r := range analysis.Run(analysis.All, wb.Tables, params) {
		findings = append(findings, r.Findings...)
		for _, table := range r.Tables {
			tables[table.Name] = table
		}
	}
	return tables, findings
}

// story looks numbers up in the result tables under the names that R gives them.
type story struct {
	*testing.T
	tables map[string]analysis.Table
}

// cell is a value of the row that the texts select: a number, a text, or the
// reason why there is none.
func (s story) cell(table, column string, where map[string]string) any {
	s.Helper()
	t, ok := s.tables[table]
	if !ok {
		s.Fatalf("no table %s", table)
	}
	rows := 0
	var got any
	for row := range t.Rows() {
		met := true
		for c, want := range where {
			text := t.Text(c).Or(row, "")
			if v, ok := t.Int(c).At(row); ok {
				text = strconv.Itoa(int(v))
			}
			if d, ok := t.Date(c).At(row); ok {
				text = analysis.FormatDate(d)
			}
			met = met && text == want
		}
		if !met {
			continue
		}
		rows++
		got = t.Text(column+"_reason").Or(row, "no value")
		if v, ok := t.Float(column).At(row); ok {
			got = v
		} else if v, ok := t.Int(column).At(row); ok {
			got = float64(v)
		} else if v, ok := t.Text(column).At(row); ok {
			got = v
		}
	}
	if rows != 1 {
		s.Fatalf("%s: %d rows with %v, want one", table, rows, where)
	}
	return got
}

type pick = map[string]string

// lookup is the cell that a measure of R names.
func (s story) lookup(name string) any {
	s.Helper()
	part := strings.Split(name, "|")
	last := part[len(part)-1]
	all := func(stage string) pick { return pick{"segment": "all", "cohort": "all", "stage": stage} }
	limit := func(stem, value string) string { // the column of an estimate or a limit
		if last == "lower" || last == "upper" {
			return stem + "_" + last
		}
		return value
	}
	year := func(scenario string) pick { return pick{"scenario": scenario, "horizon_days": "365"} }
	claim := func(name string) pick { return pick{"claim": name} }
	from, to, isDwell := strings.Cut(part[0], "->")
	switch {
	case name == "finalists":
		return s.cell("funnel", "count", all("finalist"))
	case part[0] == "count":
		return s.cell("funnel", "count", all(part[1]))
	case part[0] == "step":
		return s.cell("funnel", limit("step", "step_conversion"), all(part[1]))
	case part[0] == "cumulative":
		return s.cell("funnel", limit("cumulative", "cumulative_conversion"), all(part[1]))
	case part[0] == "window":
		return s.cell("funnel", limit("window", "window_conversion"), all(part[1]))
	case name == "n_mature":
		return s.cell("funnel", "n_mature", all("filed"))
	case isDwell && part[1] == "survival":
		return s.survivalAt(from, to, part[2])
	case isDwell && strings.HasPrefix(last, "rate_"):
		return s.cell("hazards", last, pick{"segment": "all", "from": from, "to": to})
	case isDwell:
		return s.cell("funnel", last, all(to))
	case part[0] == "log_rank":
		return s.cell("log_rank", last, pick{"group": "巨头"})
	case part[0] == "entries":
		m, _ := analysis.ParseMoment(part[1])
		return s.cell("dynamics", "entries", pick{"period": analysis.FormatDate(m.First)})
	case name == "stock_end":
		return s.cell("dynamics", "stock_end", pick{"period": "2024-10-01"})
	case part[0] == "transition":
		return s.cell("transitions", "n", pick{"from": part[1], "to": part[2]})
	case name == "exposure_days":
		return s.cell("projection", "exposure_days", year("all_time"))
	case name == "firms":
		return s.cell("projection", "n", year("firms_all_time"))
	case name == "hazard_needed", name == "hazard_upper", name == "hazard_factor_lower":
		return s.cell("projection", name, year("all_time"))
	case part[0] == "all_time", part[0] == "last_year", part[0] == "firms_all_time":
		return s.cell("projection", last, year(part[0]))
	case name == "doubao|ratio":
		return s.cell("claims", "value", claim("tokens_tenfold"))
	case name == "doubao|span_days":
		return s.cell("claims", "also_value", claim("tokens_tenfold"))
	case part[0] == "doubao":
		column := map[string]string{"doubling_days": "doubling_days", "doubling_days_min": "doubling_lower", "doubling_days_max": "doubling_upper"}[last]
		return s.cell("models", column, pick{"model": "豆包"})
	case part[0] == "cadence":
		return s.cell("cadence", last, pick{"subject": part[1], "subject_kind": "family"})
	case part[0] == "gibrat":
		return s.cell("claims", map[string]string{"beta": "value", "lower": "lower", "upper": "upper"}[last], claim("strong_stay_strong"))
	case part[0] == "two_camps":
		return s.cell("claims", map[string]string{"share": "value", "upper": "upper"}[last], claim("two_camps"))
	case part[0] == "ninety_nine_percent":
		return s.cell("claims", strings.TrimPrefix(limit("", "value"), "_"), claim("ninety_nine_percent"))
	case name == "cuts":
		cuts := s.tables["price_cuts"]
		return float64(cuts.Int("n_cuts_so_far").Or(cuts.Rows()-1, -1))
	case name == "wars":
		return s.cell("claims", "value", claim("price_war"))
	case name == "free_within_60_days":
		return s.cell("claims", "value", claim("free_war"))
	case part[0] == "verdict":
		return s.cell("claims", "verdict", claim(part[1]))
	case name == "stated|active_of_filed":
		return s.cell("funnel", "cumulative_conversion", pick{"segment": "stated", "stage": "active"})
	}
	s.Fatalf("nothing is known of the measure %q", name)
	return nil
}

// survivalAt is the survival function in force on a day.
func (s story) survivalAt(from, to, day string) any {
	t, at := s.tables["survival"], -1
	until, _ := strconv.Atoi(day)
	for row := range t.Rows() {
		if t.Text("segment").Or(row, "") == "all" && t.Text("from").Or(row, "") == from && t.Text("to").Or(row, "") == to && int(t.Int("day").Or(row, 0)) <= until {
			at = row
		}
	}
	if at < 0 {
		return "no value"
	}
	return t.Float("survival").Or(at, math.NaN())
}

// Every number that R computes from the text of the founding story is the
// program's number for the workbook made from that text.
func TestFoundingStoryEqualsR(t *testing.T) {
	tables, findings := results(t, filepath.Join("samples/inbox", foundingStory))
	s := story{t, tables}
	f, err := os.Open(storyWanted)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, row := range rows[1:] {
		name, want := row[0], row[1]
		got := s.lookup(name)
		compared++
		if w, err := strconv.ParseFloat(want, 64); err == nil {
			// R integrates and prints 15 digits; a probability of 1e-15 keeps six.
			if v, ok := got.(float64); !ok || math.Abs(v-w) > 1e-6*math.Abs(w) {
				t.Errorf("%s: got %v, R says %v", name, got, want)
			}
		} else if got != want {
			t.Errorf("%s: got %v, R says %v", name, got, want)
		}
	}
	t.Logf("%d measures compared with R", compared)
	if compared < 100 {
		t.Errorf("only %d measures were compared", compared)
	}
	refused := false
	for _, f := range findings {
		refused = refused || f.Code == "funnel-unit-mismatch"
	}
	if !refused {
		t.Error("services over models were not refused")
	}
}

// The kept numbers are what the script gives.
func TestFoundingStoryOfR(t *testing.T) {
	rscript, err := exec.LookPath("Rscript")
	if err == nil {
		err = exec.Command(rscript, "-e", "library(survival)").Run()
	}
	if err != nil {
		if os.Getenv("SHAKEOUT_REQUIRE") == "all" {
			t.Fatalf("R with its package survival is needed (Debian: r-base-core, r-cran-survival): %v", err)
		}
		t.Skip("no R with its package survival (Debian: r-base-core, r-cran-survival): the kept numbers are not computed again")
	}
	cmd := exec.Command(rscript, storyScript, storyText)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	kept, err := os.ReadFile(storyWanted)
	if err != nil {
		t.Fatal(err)
	}
	got, want := strings.Split(strings.TrimSpace(out.String()), "\n"), strings.Split(strings.TrimSpace(string(kept)), "\n")
	if len(got) != len(want) {
		t.Fatalf("the script gives %d lines, %s keeps %d", len(got), storyWanted, len(want))
	}
	for i := range got {
		a, x, _ := strings.Cut(got[i], ",")
		b, y, _ := strings.Cut(want[i], ",")
		v, err1 := strconv.ParseFloat(x, 64)
		w, err2 := strconv.ParseFloat(y, 64)
		if a != b || x != y && (err1 != nil || err2 != nil || math.Abs(v-w) > 1e-9*math.Abs(w)) {
			t.Errorf("the script gives %s, %s keeps %s", got[i], storyWanted, want[i])
		}
	}
}
