package readers_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"shakeout/analysis"
	"shakeout/readers"
	"shakeout/readers/ooxml"
)

// realDir holds real workbooks and, beside each, the tables that a right
// reading gives.
const realDir = "../../shared/data/real"

// TestRealWorkbooks reads every real workbook and compares its tables, row by
// row, with what a right reading gives. A wrong or extra row is a silent misread
// and fails; so does a missing row, unless the workbook is listed in partial.
func TestRealWorkbooks(t *testing.T) {
	dirs, _ := filepath.Glob(filepath.Join(realDir, "*.tables"))
	if len(dirs) == 0 {
		t.Skipf("no workbooks in %s: nothing to compare", realDir)
	}
	expected, right := 0, 0
	for _, dir := range dirs {
		stem := strings.TrimSuffix(filepath.Base(dir), ".tables")
		t.Run(stem, func(t *testing.T) {
			wb := read(t, filepath.Join(realDir, stem+".xlsx"))
			defer wb.Tables.Release()
			want, good, bad := compare(t, dir, wb.Tables)
			expected += want
			right += good
			t.Logf("%d rows expected, %d matched, %d wrong or extra", want, good, bad)
			if want == 0 {
				t.Error("nothing was compared")
			}
			if bad > 0 {
				t.Errorf("%d rows wrong or extra", bad)
			}
			if good < want {
				t.Errorf("%d rows missing", want-good)
			}
		})
	}
	t.Logf("all workbooks: %d rows expected, %d matched", expected, right)
	if expected == 0 {
		t.Error("nothing was compared")
	}
}

func read(t *testing.T, path string) *analysis.Workbook {
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
	return wb
}

// spec says which columns of a table are its key, which must agree.
type spec struct{ Key, Must []string }

// record is one row for comparing: its key, the values that must agree.
type record struct {
	key, must []string
	optional  bool
	variant   string
}

func (r record) id() string { return strings.Join(r.key, "\x1f") }

// compare counts the rows that a right reading has, those met, and those that
// are wrong (key there, a value differs) or extra (nobody wrote them).
func compare(t *testing.T, dir string, got analysis.Tables) (want, right, bad int) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "must.json"))
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		t.Fatal(err)
	}
	tolerance := 1e-9
	if v, ok := raw["tolerance"]; ok {
		if err := json.Unmarshal(v, &tolerance); err != nil {
			t.Fatal(err)
		}
		delete(raw, "tolerance")
	}
	names := []string{"filings", "metrics", "prices", "releases", "companies", "aliases", "rates", "mergers"}
	for _, name := range names {
		var sp spec
		if v, ok := raw[name]; ok {
			if err := json.Unmarshal(v, &sp); err != nil {
				t.Fatal(err)
			}
		} else if n := got[name].Rows(); n > 0 {
			t.Errorf("%s: not expected, %d rows extra", name, n)
			bad += n
			continue
		}
		if sp.Key == nil {
			continue
		}
		w, r, b := compareTable(t, name, sp, tolerance, wantedRows(t, filepath.Join(dir, name+".csv"), sp), gotRows(got[name], sp))
		want, right, bad = want+w, right+r, bad+b
	}
	return want, right, bad
}

func compareTable(t *testing.T, name string, sp spec, tolerance float64, wanted, got []record) (want, right, bad int) {
	t.Helper()
	wanted, got = distinct(wanted), distinct(got)
	used := make([]bool, len(got))
	byKey := map[string][]int{}
	for i, g := range got {
		byKey[g.id()] = append(byKey[g.id()], i)
	}
	agrees := func(w, g record) bool {
		return slices.EqualFunc(w.must, g.must, func(a, b string) bool { return same(a, b, tolerance) })
	}
	met := func(w record) bool {
		return slices.ContainsFunc(byKey[w.id()], func(i int) bool { return agrees(w, got[i]) })
	}
	// Of two accepted readings of one thing the one met best counts.
	share := map[string][2]int{}
	for _, w := range wanted {
		if w.variant != "" {
			n := share[w.variant]
			n[1]++
			if met(w) {
				n[0]++
			}
			share[w.variant] = n
		}
	}
	best := map[string]string{}
	variants := make([]string, 0, len(share))
	for v := range share {
		variants = append(variants, v)
	}
	slices.Sort(variants)
	for _, v := range variants {
		group, _, _ := strings.Cut(v, "/")
		ratio := func(v string) float64 { return float64(share[v][0]) / float64(share[v][1]) }
		if b, ok := best[group]; !ok || ratio(v) > ratio(b) {
			best[group] = v
		}
	}
	chosen := func(w record) bool {
		group, _, _ := strings.Cut(w.variant, "/")
		return w.variant == "" || best[group] == w.variant
	}
	take := func(w record) bool {
		for _, i := range byKey[w.id()] {
			if !used[i] && agrees(w, got[i]) {
				used[i] = true
				return true
			}
		}
		return false
	}
	var left, spare []record
	for _, w := range wanted {
		switch {
		case !chosen(w):
		case w.optional:
			spare = append(spare, w)
		default:
			want++
			if take(w) {
				right++
			} else {
				left = append(left, w)
			}
		}
	}
	for _, w := range wanted {
		if !chosen(w) {
			take(w)
		}
	}
	shown := 0
	say := func(what string, r record) {
		if shown++; shown <= 8 {
			t.Logf("%s %s: %v | %v", name, what, r.key, r.must)
		}
	}
	spare = slices.DeleteFunc(spare, take)
	for _, w := range append(left, spare...) {
		misread := false
		for _, i := range byKey[w.id()] {
			if !used[i] {
				used[i], misread = true, true
				bad++
				say("wanted", w)
				say("  wrong", got[i])
				break
			}
		}
		if !misread && !w.optional {
			say("missing", w)
		}
	}
	for i, g := range got {
		if used[i] {
			continue
		}
		free := slices.IndexFunc(spare, func(w record) bool {
			return slices.EqualFunc(append(slices.Clone(w.key), w.must...), append(slices.Clone(g.key), g.must...), func(a, b string) bool { return same(a, b, tolerance) })
		})
		if free >= 0 {
			spare = slices.Delete(spare, free, free+1)
			continue
		}
		bad++
		say("extra", g)
	}
	return want, right, bad
}

func distinct(rows []record) []record {
	seen := map[string]bool{}
	var kept []record
	for _, r := range rows {
		id := fmt.Sprint(r.key, "\x1e", r.must, r.optional, r.variant)
		if !seen[id] {
			seen[id] = true
			kept = append(kept, r)
		}
	}
	return kept
}

var (
	spaces = regexp.MustCompile(`\s+`)
)

// tidy is a cell as it is compared: NFKC, white space trimmed and runs made one.
func tidy(column, s string) string {
	s = strings.TrimSpace(spaces.ReplaceAllString(norm.NFKC.String(s), " "))
	switch {
	case s == "NULL":
		return ""
	case column == "free" && (s == "false" || s == "0"):
		return ""
	}
	return s
}

func same(a, b string, tolerance float64) bool {
	if a == b || a == "*" || b == "*" {
		return true
	}
	x, err1 := strconv.ParseFloat(a, 64)
	y, err2 := strconv.ParseFloat(b, 64)
	return err1 == nil && err2 == nil && math.Abs(x-y) <= tolerance*math.Max(math.Abs(x), math.Abs(y))
}

func wantedRows(t *testing.T, path string, sp spec) []record {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []record
	for _, line := range lines[1:] {
		cell := func(column string) string {
			if i := slices.Index(lines[0], column); i >= 0 {
				return tidy(column, line[i])
			}
			return ""
		}
		r := record{optional: cell("optional") != "", variant: cell("variant")}
		for _, c := range sp.Key {
			r.key = append(r.key, cell(c))
		}
		for _, c := range sp.Must {
			r.must = append(r.must, cell(c))
		}
		rows = append(rows, r)
	}
	return rows
}

func gotRows(table analysis.Table, sp spec) []record {
	var rows []record
	for i := range table.Rows() {
		var r record
		for _, c := range sp.Key {
			r.key = append(r.key, show(table, c, i))
		}
		for _, c := range sp.Must {
			r.must = append(r.must, show(table, c, i))
		}
		rows = append(rows, r)
	}
	return rows
}

// show is a table cell as the expected files write it.
func show(table analysis.Table, column string, row int) string {
	if v, ok := table.Text(column).At(row); ok {
		return tidy(column, v)
	}
	if v, ok := table.Date(column).At(row); ok {
		return analysis.FormatDate(v)
	}
	if v, ok := table.Float(column).At(row); ok {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	if v, ok := table.Bool(column).At(row); ok && v {
		return "true"
	}
	return ""
}
