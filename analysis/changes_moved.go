package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

// Finding the cells behind a headline means running the analyses once for each
// changed fact; beyond these sizes each changed table is tried as a whole.
const (
	maxCauses    = 16
	maxCauseRows = 1500
)

// shownCauses is how many cells are named behind one headline.
const shownCauses = 8

// standing is a headline of one version: where its number stands, and which
// headline of another version it corresponds to.
type standing struct {
	identity string // all of its place but dates
	key      string
	at       Date // the last date of its key
	Headline
}

// standings lists the headlines of results, those of one place by date.
func standings(results []Result) []standing {
	keys := map[string]int{}
	for _, a := range All {
		for _, s := range a.Specs {
			keys[s.Name] = s.Key
		}
	}
	var all []standing
	for _, r := range results {
		for _, h := range r.Headlines {
			s := standing{Headline: h, identity: r.Name + "\x00" + h.Table + "\x00" + h.Column + "\x00" + h.Measure.Key}
			if i := slices.IndexFunc(r.Tables, func(t Table) bool { return t.Name == h.Table }); i >= 0 && h.Row >= 0 && h.Row < r.Tables[i].Rows() {
				var parts []string
				t := r.Tables[i]
				for c := range min(keys[t.Name], int(t.Rec.NumCols())) {
					name := t.Rec.Schema().Field(c).Name
					part := saidIn(t.Rec.Column(c), h.Row)
					if d, ok := t.Date(name).At(h.Row); ok {
						s.at = max(s.at, d)
						part = Moment{d, Grain(t.Text(name+"_grain").Or(h.Row, ""))}.Label()
					} else if t.Rec.Column(c).DataType().ID() != arrow.DATE32 {
						s.identity += "\x00" + part
					}
					if part != "" && !strings.HasSuffix(name, "_grain") && name != "unit" && name != "subject_kind" {
						parts = append(parts, part)
					}
				}
				s.key = strings.Join(parts, " · ")
			}
			all = append(all, s)
		}
	}
	slices.SortStableFunc(all, func(a, b standing) int {
		return cmp.Or(strings.Compare(a.identity, b.identity), -cmp.Compare(a.at, b.at))
	})
	return all
}

// pairs sets the headlines of two versions side by side; one that the other
// version lacks stands alone.
func pairs(before, now []standing) [][2]*standing {
	var all [][2]*standing
	for i, k := 0, 0; i < len(before) || k < len(now); {
		switch {
		case k == len(now) || i < len(before) && before[i].identity < now[k].identity:
			all = append(all, [2]*standing{&before[i], nil})
			i++
		case i == len(before) || now[k].identity < before[i].identity:
			all = append(all, [2]*standing{nil, &now[k]})
			k++
		default:
			all = append(all, [2]*standing{&before[i], &now[k]})
			i, k = i+1, k+1
		}
	}
	return all
}

// sameStanding reports whether two headlines give the same number.
func sameStanding(a, b *standing) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Value.Ok() != b.Value.Ok() {
		return false
	}
	return !a.Value.Ok() || sameValue(a.Value.Value, b.Value.Value)
}

// movedHeadlines makes the table "moved".
func movedHeadlines(before, now Edition, found []change, again func(Tables) []Result) Table {
	was := standings(before.Results)
	var moved [][2]*standing
	for _, p := range pairs(was, standings(now.Results)) {
		if !sameStanding(p[0], p[1]) {
			moved = append(moved, p)
		}
	}
	because := causes(before.Tables, now.Tables, found, was, moved, again)
	b := NewBuilder(MovedSpec)
	defer b.Release()
	for i, p := range moved {
		h := p[1]
		if h == nil {
			h = p[0]
		}
		b.Text("table", h.Table)
		b.Text("key", h.key)
		b.Text("column", h.Column)
		value := func(column string, s *standing) Estimate {
			e := Unknown(Empty)
			if s != nil {
				e = s.Value
			}
			b.Maybe(column, e)
			return e
		}
		x, y := value("before", p[0]), value("after", p[1])
		if x.Ok() && y.Ok() {
			if change := ratio(y.Value-x.Value, x.Value); change.Ok() {
				b.Float("change", change.Value)
			}
		}
		b.Text("unit", h.Unit)
		if p[0] != nil && p[0].key != h.key {
			b.Text("earlier_key", p[0].key)
		}
		b.Text("cells", because[i])
		b.EndRow()
	}
	return b.Table()
}

// trial is a set of changes that is made to the earlier facts by itself.
type trial struct {
	name    string
	changes []change
}

// causes says for each moved headline what moves it.
func causes(before, now Tables, found []change, was []standing, moved [][2]*standing, again func(Tables) []Result) []string {
	names := make([][]string, len(moved))
	if len(moved) > 0 {
		rows := 0
		for _, t := range before {
			rows += t.Rows()
		}
		var trials []trial
		for _, c := range found {
			n := len(trials) - 1
			if single := len(found) <= maxCauses && rows <= maxCauseRows; single {
				trials = append(trials, trial{c.firstCell, []change{c}})
			} else if n >= 0 && trials[n].changes[0].table == c.table {
				trials[n].changes = append(trials[n].changes, c)
			} else {
				trials = append(trials, trial{c.table, []change{c}})
			}
		}
		for _, tr := range trials {
			tables, made := withChanges(before, now, tr.changes)
			results := again(tables)
			differs := map[string]bool{}
			for _, p := range pairs(was, standings(results)) {
				if !sameStanding(p[0], p[1]) {
					differs[place(p)] = true
				}
			}
			for i, p := range moved {
				if differs[place(p)] {
					names[i] = append(names[i], tr.name)
				}
			}
			for _, r := range results {
				r.Release()
			}
			made.Rec.Release()
		}
	}
	said := make([]string, len(moved))
	for i, n := range names {
		if len(n) > shownCauses {
			n = append(n[:shownCauses:shownCauses], fmt.Sprintf("… +%d", len(n)-shownCauses))
		}
		said[i] = strings.Join(n, ", ")
	}
	return said
}

// place tells the headlines of one version apart.
func place(p [2]*standing) string {
	if p[0] != nil {
		return p[0].identity + "\x00" + p[0].key
	}
	return p[1].identity
}

// withChanges are the earlier tables with changes of one table made. The table
// that was made new is the caller's.
func withChanges(before, now Tables, changes []change) (Tables, Table) {
	name := changes[0].table
	var spec TableSpec
	for _, s := range InputTables {
		if s.Name == name {
			spec = s
		}
	}
	joined, from := concatenate(spec, []Part{{Tables: before}, {Tables: now}})
	defer joined.Rec.Release()
	drop, add := map[int]bool{}, map[int]bool{}
	for _, c := range changes {
		drop[c.was], add[c.is] = true, true
	}
	var rows []int
	for row, version := range from {
		if version == 0 && !drop[row] || version == 1 && add[row] {
			rows = append(rows, row)
		}
	}
	made := Table{Name: name, Rec: Take(joined.Rec, rows), Sources: joined.Sources}
	tables := Tables{}
	for n, t := range before {
		tables[n] = t
	}
	tables[name] = made
	return tables, made
}
