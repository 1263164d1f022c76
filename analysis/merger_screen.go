package analysis

import (
	"cmp"
	"slices"
	"strings"
)

// MergerAnalysis screens mergers: those that the mergers table asks about, and
// every pair of the five largest companies.
//
// Input: mergers (two or more companies per name), and markets as for
// concentration, at the company level: a company is its owner. Output
// "merger_screen": one row per merger, metric and period; mergers of the table
// (source table) in every period in which one of their companies has a share,
// pairs of the largest (source top_five, their names joined by " + ") in the
// last period of a series with known shares of the whole.
//
// delta_hhi is exact as soon as the merging firms' shares of the whole are
// known, null where part of what is not listed may be theirs (companies summed
// from models); hhi_pre and hhi_post are null where part of the market is unknown, and
// hhi_post_lower and hhi_post_upper bound the latter. A presumption that the
// bounds do not decide is null. Presumptions are the screen of the US Merger
// Guidelines 2023, 2.1, no finding of law; presumption_2010 is for reference.
// A count of listed models is no market to screen.
//
// Findings: merger-unknown, a company of the mergers table that is in no
// market; merger-of-one, a merger whose companies are one owner already.
// Source: methods 3.3.
var MergerAnalysis = Analyzer{
	Name: "merger_screen", Sheet: "concentration", Doc: "What mergers would do to concentration: those asked about, and every pair of the five largest.",
	Needs: []string{"metrics", "mergers"},
	Specs: []TableSpec{mergerScreenSpec},
	run:   runMergerScreen,
}

var mergerScreenSpec = TableSpec{Name: "merger_screen", Key: 9, Columns: join(
	columns(Text, "name", "metric"), columns(Day32, "period"),
	columns(Text, "unit", "period_grain", "region", "subject_kind"), columns(Day32, "period_end"), columns(Text, "source"),
	estimates("points", "hhi_pre", "hhi_post", "delta_hhi"), estimates("fraction", "merged_share"),
	decisions("presumption_hhi", "presumption_share", "presumption_2023"),
	// Beyond the promise.
	estimates("points", "hhi_post_lower", "hhi_post_upper"),
	[]ColumnSpec{{Name: "band_pre", Type: Text, Reason: true}, {Name: "band_post", Type: Text, Reason: true}},
	decisions("presumption_2010"), columns(Text, "companies"),
)}

// decisions are yes-or-no columns with a reason beside each.
func decisions(names ...string) []ColumnSpec {
	var cs []ColumnSpec
	for _, n := range names {
		cs = append(cs, ColumnSpec{Name: n, Type: Bool, Reason: true})
	}
	return cs
}

// whatIfFirms is how many of the largest firms are paired.
const whatIfFirms = 5

// statedMerger is a merger of the table: companies as owners, each once, in
// order of their names.
type statedMerger struct {
	name   string
	owners []string
}

func runMergerScreen(basis *basis) Result {
	ts := basis.tables
	n := &notes{}
	names := basis.names()
	spreads := slices.DeleteFunc(slices.Clone(basis.spreads()), func(s spread) bool {
		return s.level != kindCompany || s.metric == modelsListed
	})
	stated := statedMergers(ts["mergers"], names, spreads, n)
	b := NewBuilder(mergerScreenSpec)
	defer b.Release()
	all := seriesOf(spreads)
	for _, m := range stated {
		for i := range spreads {
			if slices.ContainsFunc(m.owners, func(o string) bool { return spreads[i].firm(o) >= 0 }) {
				spreads[i].screen(b, m.name, m.owners, "table")
			}
		}
	}
	matrix := b.Rows()
	for _, periods := range all {
		s := &periods[len(periods)-1]
		if s.shareReason != "" {
			continue // without shares of the whole there is nothing to screen
		}
		top := s.marketShares().Firms
		top = top[:min(whatIfFirms, len(top))]
		for i := range top {
			for j := range i {
				s.screen(b, top[j].Firm+" + "+top[i].Firm, []string{top[j].Firm, top[i].Firm}, "top_five")
			}
		}
	}
	var r Result
	if b.Rows() > 0 {
		r.Tables = []Table{b.Table()}
		r.Headlines = mergerHeadlines(all, r.Tables[0], matrix)
	}
	r.Findings = n.findings()
	return r
}

// statedMergers reads the mergers table.
func statedMergers(t Table, names *Names, spreads []spread, n *notes) []statedMerger {
	rows := t.Rows()
	merger := identify(t.Text("name"), rows, strings.TrimSpace)
	company := t.Text("company")
	if rows == 0 {
		return nil
	}
	known := map[string]bool{}
	for i := range spreads {
		for _, f := range spreads[i].firms {
			known[Fold(f.Firm)] = true
		}
	}
	all := make([]statedMerger, len(merger.names))
	first := make([]int, len(merger.names))
	for i, name := range merger.names {
		all[i].name, first[i] = name, -1
	}
	for row := range rows {
		c, ok := company.At(row)
		id := merger.of[row]
		if !ok || id < 0 {
			continue
		}
		if first[id] < 0 {
			first[id] = row
		}
		owner := names.Owner(c)
		if !known[Fold(owner)] {
			n.add(Finding{Effect: Noted, Code: "merger-unknown", At: t.Ref(row, "company"), Got: c, Args: []any{merger.name(id)}})
		}
		if !slices.ContainsFunc(all[id].owners, func(o string) bool { return Fold(o) == Fold(owner) }) {
			all[id].owners = append(all[id].owners, owner)
		}
	}
	for i := range all {
		slices.Sort(all[i].owners)
		if len(all[i].owners) == 1 {
			n.add(Finding{Effect: Noted, Code: "merger-of-one", At: t.Ref(first[i], "name"), Got: all[i].name, Args: []any{all[i].owners[0]}})
		}
	}
	return all
}

// firm finds a name among those of a spread; -1: it is not there.
func (s *spread) firm(name string) int {
	return slices.IndexFunc(s.firms, func(f spreadFirm) bool { return Fold(f.Firm) == Fold(name) })
}

// screen writes what a merger of some owners would do.
func (s *spread) screen(b *Builder, name string, owners []string, source string) {
	b.Text("name", name)
	b.Text("metric", s.metric)
	b.Text("unit", s.unit)
	b.Text("region", s.region)
	b.Text("subject_kind", s.kind)
	if s.dated {
		b.Date("period", s.at.First)
		b.Text("period_grain", string(s.at.Grain))
		if s.end != NoDate {
			b.Date("period_end", s.end)
		}
	}
	b.Text("companies", strings.Join(owners, " + "))
	b.Text("source", source)

	var shares []float64
	reason := s.shareReason
	for _, o := range owners {
		switch i := s.firm(o); {
		case i < 0:
			reason = cmp.Or(reason, MissingInput)
		case s.firms[i].unknown() != "":
			reason = cmp.Or(reason, s.firms[i].unknown())
		default:
			shares = append(shares, s.firms[i].Share)
		}
	}
	if len(owners) < 2 {
		reason = cmp.Or(reason, SingleFirm)
	}
	b.Maybe("hhi_pre", s.c.HHI)
	if s.c.HHI.Ok() {
		b.Text("band_pre", ConcentrationBand(s.c.HHI.Value))
	} else {
		b.Null("band_pre", s.c.HHI.Reason)
	}
	if reason != "" {
		nullAll(b, reason, "hhi_post", "delta_hhi", "merged_share", "hhi_post_lower", "hhi_post_upper", "band_post",
			"presumption_hhi", "presumption_share", "presumption_2023", "presumption_2010")
		b.EndRow()
		return
	}
	delta, merged := MergerDelta(shares)
	rest := 0.0 // what may belong to the merging firms beside what is listed
	if s.open {
		rest = s.unknown.Value
		nullAll(b, s.c.HHI.Reason, "delta_hhi", "merged_share")
	} else {
		b.Float("delta_hhi", delta)
		b.Float("merged_share", merged)
	}
	post := func(e Estimate) Estimate {
		if e.Ok() {
			e.Value += delta
		}
		return e
	}
	exact, lower, upper := post(s.c.HHI), post(s.lower), post(s.upper)
	if s.open { // the largest after the merger may be the merged firm
		upper = Known(lower.Value + 1e4*(2*max(merged, s.firms[0].Share)*rest+rest*rest))
	}
	b.Maybe("hhi_post", exact)
	b.Maybe("hhi_post_lower", lower)
	b.Maybe("hhi_post_upper", upper)
	if exact.Ok() {
		b.Text("band_post", ConcentrationBand(exact.Value))
	} else {
		b.Null("band_post", exact.Reason)
	}
	largest := delta
	if s.open { // the rest is theirs, and they are then of one size
		largest = 1e4 * (merged + rest) * (merged + rest) * (1 - 1/float64(len(shares)))
	}
	change := func(limit float64) decision { return above(Known(delta), Known(largest), limit, exact.Reason) }
	byHHI := above(lower, upper, HighHHI, exact.Reason).and(change(100))
	byShare := above(Known(merged), Known(merged+rest), 0.30, exact.Reason).and(change(100))
	byHHI.write(b, "presumption_hhi")
	byShare.write(b, "presumption_share")
	byHHI.or(byShare).write(b, "presumption_2023")
	above(lower, upper, 2500, exact.Reason).and(change(200)).write(b, "presumption_2010")
	b.EndRow()
}

// decision is yes, no, or why neither can be said.
type decision struct {
	yes    bool
	reason string
}

func decided(yes bool) decision { return decision{yes: yes} }

// above decides whether a number between two bounds is above a legal
// threshold; undecided, it has the reason why the number is not exact.
func above(lower, upper Estimate, threshold float64, why string) decision {
	switch {
	case lower.Ok() && moreThan(lower.Value, threshold):
		return decided(true)
	case upper.Ok() && !moreThan(upper.Value, threshold):
		return decided(false)
	}
	return decision{reason: cmp.Or(why, lower.Reason, upper.Reason)}
}

// and is no if either is no, whatever the other.
func (d decision) and(o decision) decision {
	switch {
	case d.reason == "" && !d.yes:
		return d
	case o.reason == "" && !o.yes, d.reason == "":
		return o
	}
	return d
}

// or is yes if either is yes, whatever the other.
func (d decision) or(o decision) decision {
	switch {
	case d.reason == "" && d.yes, o.reason == "" && o.yes:
		return decided(true)
	case d.reason != "":
		return d
	}
	return o
}

func (d decision) write(b *Builder, column string) {
	if d.reason != "" {
		b.Null(column, d.reason)
		return
	}
	b.Bool(column, d.yes)
}

// mergerHeadlines says how many pairs of the five largest the screen presumes
// to lessen competition, in the series that answers best.
func mergerHeadlines(all [][]spread, t Table, matrix int) []Headline {
	var plain []series
	for _, periods := range all {
		plain = append(plain, series{spreads: periods})
	}
	if len(plain) == 0 {
		return nil
	}
	best := ranked(plain)[0].last()
	presumed, decidedPairs, last := 0, 0, -1
	for row := matrix; row < t.Rows(); row++ {
		period, dated := t.Date("period").At(row)
		if t.Text("metric").Or(row, "") != best.metric || t.Text("unit").Or(row, "") != best.unit || t.Text("region").Or(row, "") != best.region ||
			t.Text("subject_kind").Or(row, "") != best.kind || dated != best.dated || dated && period != best.at.First {
			continue
		}
		if yes, ok := t.Bool("presumption_2023").At(row); ok {
			decidedPairs++
			if yes {
				presumed++
			}
			last = row
		}
	}
	if last < 0 {
		return nil
	}
	none := Unknown(MissingInput)
	return []Headline{{Measure: Say("headline.mergers", best.metricText(), best.periodText()), Value: Known(float64(presumed)), Lower: none, Upper: none,
		N: decidedPairs, Unit: "count", Note: Say("note.mergers"), Table: "merger_screen", Row: last, Column: "presumption_2023"}}
}
