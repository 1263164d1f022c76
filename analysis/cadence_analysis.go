package analysis

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// CadenceAnalysis measures how often model families and companies release.
//
// Input: releases; a month stands for its 15th. Output "cadence": one row per model family (subject_kind
// family) and per owner (company). Several names on one day are one release;
// the gap since the last one counts in the rate and, censored, in
// km_median_gap_days: a family that has stopped looks slow, not fast. One
// release has no gap: too_few_points.
//
// A family is the model where a version stands beside it (family_from version),
// else the model's name up to its first digit, without a v before that and
// without punctuation (family_from name): GPT-4o and GPT-3.5 are GPT. Families
// of one name under several owners are kept apart, with the owner in brackets.
//
// Finding: releases-after-as-of. Source: methods 6.6.
var CadenceAnalysis = Analyzer{
	Name: "cadence", Sheet: "growth", Doc: "How often model families and companies release.",
	Needs: []string{"releases"},
	Specs: []TableSpec{cadenceSpec},
	run:   runCadence,
}

var cadenceSpec = TableSpec{Name: "cadence", Key: 2, Columns: join(
	columns(Text, "subject", "subject_kind"), counts("n_releases"),
	estimates("days", "median_gap_days", "mean_gap_days", "open_gap_days"), estimates("", "rate_per_year"), columns(Day32, "last_release"),
	// Beyond the promise.
	estimates("", "rate_lower", "rate_upper"), estimates("days", "km_median_gap_days", "min_gap_days", "max_gap_days"), estimates("", "cv_gap"),
	counts("n_same_day"), columns(Day32, "first_release"), columns(Text, "first_release_grain", "last_release_grain", "company", "family_from", "caution", "shown"),
)}

// releaser is a family or a company with its releases, in order.
type releaser struct {
	subject, kind, company, from string
	released                     []releaseDate
	Cadence
}

func runCadence(basis *basis) Result {
	ts, p := basis.tables, basis.params
	n := &notes{}
	t := ts["releases"]
	names := basis.names()
	all := releasersOf(t, names, basis.asOf, n)
	b := NewBuilder(cadenceSpec)
	defer b.Release()
	for i := range all {
		slices.SortFunc(all[i].released, compareReleases)
		days := make([]Date, len(all[i].released))
		for k, r := range all[i].released {
			days[k] = r.day
		}
		all[i].Cadence = CadenceOf(days, basis.asOf, p.DaysPerYear, p.Conf)
	}
	shown := busiest(all)
	for i := range all {
		all[i].write(b, slices.Contains(shown, i))
	}
	var r Result
	if b.Rows() > 0 {
		r.Tables = []Table{b.Table()}
		r.Headlines, r.Charts = cadenceStory(all, shown)
	}
	r.Findings = n.findings()
	return r
}

// releasersOf groups the rows of releases by family and by owner, in the order
// of kinds and names.
func releasersOf(t Table, names *Names, asOf Date, n *notes) []releaser {
	rows := t.Rows()
	model := identify(t.Text("model"), rows, names.Name)
	company := identify(t.Text("company"), rows, names.Name)
	version, date, grain := t.Text("version"), t.Date("date"), t.Text("date_grain")
	type group struct{ kind, subject, owner string }
	index := map[group]int{}
	var all []releaser
	add := func(g group, from string, r releaseDate) {
		i, ok := index[g]
		if !ok {
			i = len(all)
			index[g] = i
			all = append(all, releaser{subject: g.subject, kind: g.kind, company: g.owner, from: from})
		}
		if all[i].from > from {
			all[i].from = from // "name" where any member's family is a guess by name
		}
		all[i].released = append(all[i].released, r)
	}
	late := 0
	families := map[string]string{}
	for row := range rows {
		released, ok := releaseAt(date, grain, row)
		if !ok || model.of[row] < 0 {
			continue
		}
		if released.at.After(asOf) {
			late++
			continue
		}
		name := model.name(model.of[row])
		owner := ""
		if c := names.Company(name, company.name(company.of[row])); c != "" {
			owner = names.Owner(c)
			add(group{kindCompany, owner, owner}, "", released)
		}
		family, from := name, "version"
		if _, ok := version.At(row); !ok {
			family, from = FamilyOf(name), "name"
		}
		key := Fold(family)
		if old, ok := families[key]; !ok || family < old {
			families[key] = family
		}
		add(group{"family", key, owner}, from, released)
	}
	if late > 0 {
		n.add(Finding{Effect: Dropped, Code: "releases-after-as-of", At: sheetOf(t, 0), Args: []any{strconv.Itoa(late), FormatDate(asOf)}})
	}
	of := map[string]int{}
	for i := range all {
		if all[i].kind == "family" {
			of[all[i].subject]++
		}
	}
	for i := range all {
		r := &all[i]
		if r.kind != "family" {
			continue
		}
		several := of[r.subject] > 1
		if r.subject = families[r.subject]; several && r.company != "" {
			r.subject += " (" + r.company + ")"
		}
	}
	slices.SortFunc(all, func(a, b releaser) int {
		return cmp.Or(strings.Compare(a.kind, b.kind), strings.Compare(a.subject, b.subject), strings.Compare(a.company, b.company))
	})
	return all
}

// FamilyOf is the family that a model's name belongs to: the name up to its
// first digit, without a v that announces a version, without punctuation at its
// end. A name that begins with a digit, and one without any, is its own family.
func FamilyOf(model string) string {
	at := strings.IndexFunc(model, unicode.IsDigit)
	if at < 0 {
		return model
	}
	trim := func(s string) string {
		return strings.TrimRightFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) })
	}
	family := model[:at]
	if short := strings.TrimRight(family, "vV"); short != trim(short) { // a v of its own, as in DeepSeek-V3
		family = short
	}
	if family = trim(family); family == "" {
		return model
	}
	return family
}

func (r *releaser) write(b *Builder, shown bool) {
	b.Text("subject", r.subject)
	b.Text("subject_kind", r.kind)
	b.Int("n_releases", r.Releases)
	b.Maybe("median_gap_days", r.Median)
	b.Maybe("mean_gap_days", r.Mean)
	b.Maybe("open_gap_days", r.OpenGap)
	b.Maybe("rate_per_year", r.Rate.Estimate)
	b.Maybe("rate_lower", r.Rate.Lower)
	b.Maybe("rate_upper", r.Rate.Upper)
	first, last := r.released[0].at, r.released[len(r.released)-1].at
	b.Date("last_release", last.First)
	b.Text("last_release_grain", string(last.Grain))
	b.Date("first_release", first.First)
	b.Text("first_release_grain", string(first.Grain))
	b.Maybe("km_median_gap_days", r.KMMedian)
	b.Maybe("min_gap_days", r.Min)
	b.Maybe("max_gap_days", r.Max)
	b.Maybe("cv_gap", r.CV)
	b.Int("n_same_day", r.SameDay)
	b.Text("company", r.company)
	b.Text("family_from", r.from)
	if r.Releases < smallSample {
		b.Text("caution", "small_n")
	}
	if shown {
		b.Text("shown", "yes")
	}
	b.EndRow()
}

// busiest are the releasers that the chart shows: companies, or families where
// no company is stated, with a rate, those with the most releases first.
func busiest(all []releaser) []int {
	kind := "family"
	if slices.ContainsFunc(all, func(r releaser) bool { return r.kind == kindCompany && r.Rate.Estimate.Ok() }) {
		kind = kindCompany
	}
	var order []int
	for i, r := range all {
		if r.kind == kind && r.Rate.Estimate.Ok() {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(all[b].Releases, all[a].Releases) })
	return order[:min(chartNames, len(order))]
}

// cadenceStory says how often the one with the most releases releases, and
// draws the rates of the busiest.
func cadenceStory(all []releaser, shown []int) ([]Headline, []Chart) {
	if len(shown) == 0 {
		return nil, nil
	}
	best := shown[0]
	r := all[best]
	headlines := []Headline{{Measure: Say("headline.cadence", r.subject), Value: r.Rate.Estimate, Lower: r.Rate.Lower, Upper: r.Rate.Upper, N: r.Releases,
		Note: Say("note.cadence", r.Median.text(), r.OpenGap.text()), Table: "cadence", Row: best, Column: "rate_per_year"}}
	return headlines, []Chart{{Name: "cadence", Table: "cadence", Kind: BarChart, Where: map[string]string{"subject_kind": r.kind, "shown": "yes"}, X: "subject", Y: []string{"rate_per_year"},
		Title: Say("chart.cadence", Say("level."+r.kind)), XTitle: Say("axis.name"), YTitle: Say("axis.releases"), Alt: Say("chart.cadence.alt", strconv.Itoa(len(shown)))}}
}
