package analysis

import (
	"slices"
	"strconv"
)

// MobilityAnalysis follows the shares of a market from period to period: do the
// strong stay strong?
//
// Input: as for concentration. Output "mobility": one row for each pair of
// neighbouring periods of a series (pair adjacent) and, from three periods on,
// one from its first to its last (pair whole).
//
// Measures of shares (instability, turnover, delta_hhi and its parts) need all
// of both markets: part unknown gives shares_incomplete, no total
// total_unknown; a list is never taken for the market. Ranks, the retention of
// the largest, the leader and Gibrat's regression need the listed alone, and
// then entrants and exits are of the list: market_complete says which.
// Names whose value is unknown in either period count in neither group; they
// are n_unknown.
//
// The leader keeps its place on a tie; leader_tenure counts the periods of the
// series, this one included, in which it led without a break; a missing period
// is one. spacing says whether a pair is of consecutive periods, spans a gap, or
// is of snapshots of days, which have no period to miss. Gibrat's fit sees
// survivors only: n_exits and n_entrants stand beside it, its interval is null
// under three names.
//
// The row of the whole also has the sign test of the changes of the HHI over
// the series (two-sided, changes of zero and those across a gap left out), null
// under four periods.
//
// Sources: methods 4.1-4.4.
var MobilityAnalysis = Analyzer{
	Name: "mobility", Sheet: "concentration", Doc: "Whether the strong stay strong: shares, ranks and leaders from period to period.",
	Needs: []string{"metrics"},
	Specs: []TableSpec{mobilitySpec},
	run:   runMobility,
}

var mobilitySpec = TableSpec{Name: "mobility", Key: 8, Columns: join(
	columns(Text, "metric", "level"), columns(Day32, "from", "to"),
	columns(Text, "unit", "period_grain", "region", "subject_kind"),
	estimates("fraction", "instability", "turnover"), counts("n_common", "n_entrants", "n_exits"),
	estimates("factor", "spearman", "kendall_tau_b"), estimates("fraction", "top_k_retention"),
	[]ColumnSpec{{Name: "leader", Type: Text, Reason: true}, {Name: "leader_changed", Type: Bool, Reason: true}},
	estimates("points", "delta_hhi", "delta_hhi_incumbents", "delta_hhi_entry", "delta_hhi_exit"),
	estimates("factor", "gibrat_beta", "beta_lower", "beta_upper"), estimates("fraction", "p_beta_eq_1"),
	// Beyond the promise.
	columns(Text, "pair"), []ColumnSpec{{Name: "top_k", Type: Int, Unit: "count"}}, counts("n_unknown"),
	estimates("fraction", "leader_share_change"), numbers("leader_tenure"), columns(Day32, "leader_since"),
	estimates("fraction", "cr3_change"), estimates("count", "effective_number_change"),
	numbers("n_hhi_rises", "n_hhi_falls"), estimates("fraction", "p_hhi_trend"),
	columns(Bool, "market_complete"), columns(Text, "spacing", "caution"),
)}

// The pairs of periods that are compared.
const (
	adjacentPair = "adjacent"
	wholePair    = "whole"
)

func runMobility(basis *basis) Result {
	p := basis.params
	b := NewBuilder(mobilitySpec)
	defer b.Release()
	var all []mobilitySeries
	courses := coursesOf(basis.spreads())
	for _, periods := range courses {
		s := newMobilitySeries(periods)
		s.first = b.Rows()
		for i := 1; i < len(periods); i++ {
			s.write(b, p, i-1, i, adjacentPair)
		}
		s.whole = b.Rows() - 1
		if len(periods) > 2 {
			s.write(b, p, 0, len(periods)-1, wholePair)
			s.whole++
		}
		all = append(all, s)
	}
	var r Result
	if b.Rows() == 0 {
		return r
	}
	r.Tables = []Table{b.Table()}
	if best := bestCourse(courses); best >= 0 {
		r.Headlines, r.Charts = all[best].story(r.Tables[0])
	}
	return r
}

// coursesOf are the series of two dated periods or more.
func coursesOf(spreads []spread) [][]spread {
	return slices.DeleteFunc(seriesOf(spreads), func(periods []spread) bool { return len(periods) < 2 || !periods[0].dated })
}

// bestCourse is the series that the headlines speak of, -1 where there is none:
// the one that ranked puts first, of those that end with more than one name.
func bestCourse(courses [][]spread) int {
	var plain []series
	for i, periods := range courses {
		if s := (series{spreads: periods, first: i}); s.last().c.Firms > 1 {
			plain = append(plain, s)
		}
	}
	if len(plain) == 0 {
		return -1
	}
	return ranked(plain)[0].first
}

// mobilitySeries is a series of markets with the leader of each period; first
// and whole are rows of the table.
type mobilitySeries struct {
	spreads []spread
	shares  []numberedShares // of each period
	at      []int32          // by id, for pairing names: zero between pairs
	leaders []leader
	first   int
	whole   int
}

func newMobilitySeries(periods []spread) mobilitySeries {
	s := mobilitySeries{spreads: periods, shares: make([]numberedShares, len(periods))}
	ids := int32(0)
	for i := range periods {
		s.shares[i] = periods[i].marketShares()
		for _, id := range s.shares[i].ids {
			ids = max(ids, id+1)
		}
		for _, id := range s.shares[i].unknown {
			ids = max(ids, id+1)
		}
	}
	s.at = make([]int32, ids)
	s.leaders = s.findLeaders()
	return s
}

// leader is who led a period, and for how many periods without a break.
type leader struct {
	name   string
	tenure int
	since  Date
}

// follows reports whether a market is that of the very next period: after a
// missing one nobody knows what happened in between. Days are snapshots, between
// which no period is missing.
func follows(before, now market) bool {
	return before.at.Grain == Day || before.at.Grain == "" || before.at.Next().First == now.at.First
}

// spacing says how the periods of a stretch of a series follow each other.
func spacing(periods []spread) string {
	if g := periods[0].at.Grain; g == Day || g == "" {
		return "snapshots"
	}
	for i := 1; i < len(periods); i++ {
		if !follows(periods[i-1].market, periods[i].market) {
			return "gap"
		}
	}
	return "consecutive"
}

// findLeaders finds the largest name of each period; on a tie the one that led
// before keeps its place (methods 4.4). A tenure does not reach across a missing
// period.
func (s mobilitySeries) findLeaders() []leader {
	periods := s.spreads
	leaders := make([]leader, len(periods))
	for i := range periods {
		firms := s.shares[i].Firms
		if len(firms) == 0 {
			continue
		}
		l := leader{name: firms[0].Firm, tenure: 1, since: periods[i].at.First}
		if i > 0 {
			before := leaders[i-1]
			for _, f := range firms {
				if f.Value != firms[0].Value {
					break
				}
				if f.Firm != before.name {
					continue
				}
				if l.name = before.name; follows(periods[i-1].market, periods[i].market) {
					l.tenure, l.since = before.tenure+1, before.since
				}
			}
		}
		leaders[i] = l
	}
	return leaders
}

// numberedShares are shares with the numbers of their names, and the numbers of
// those whose value is not known.
type numberedShares struct {
	MarketShares
	ids, unknown []int32
}

// marketShares are the names in the market with their share of the whole, or
// among those listed where the whole is not known, largest first. Names whose
// value is unknown are not among them; a market with a value below zero, or of
// more than its total, is none.
func (s *spread) marketShares() numberedShares {
	var m numberedShares
	none := ""
	switch s.shareReason {
	case NegativeValue, ZeroTotal, SharesExceedOne, Empty:
		none = s.shareReason
	}
	if none == "" {
		m.Firms, m.ids = make([]FirmShare, 0, len(s.firms)), make([]int32, 0, len(s.firms))
	}
	for i := range s.firms {
		switch f := &s.firms[i]; {
		case f.unknown() != "":
			m.unknown = append(m.unknown, f.id)
		case none == "" && f.Value != 0:
			share := f.FirmShare
			if s.shareReason != "" {
				share.Share = f.listed
			}
			m.Firms, m.ids = append(m.Firms, share), append(m.ids, f.id)
		}
	}
	if m.Reason = none; none == "" && len(m.Firms) == 0 {
		m.Reason = Empty
	}
	return m
}

// shareOf is a name's share of the whole; a name that is not there has none.
func (s *spread) shareOf(name string) Estimate {
	for _, f := range s.firms {
		if f.Firm == name {
			if why := f.unknown(); why != "" {
				return Unknown(why)
			}
			return Known(f.Share)
		}
	}
	if why := s.incomplete(); why != "" {
		return Unknown(why)
	}
	return Known(0)
}

// incomplete is why measures of shares cannot be computed, or "".
func (s *spread) incomplete() string { return s.c.HHI.Reason }

func (s mobilitySeries) write(b *Builder, p Params, from, to int, pair string) {
	start, end := &s.spreads[from], &s.spreads[to]
	b.Text("metric", end.metric)
	b.Text("level", end.level)
	b.Date("from", start.at.First)
	b.Date("to", end.at.First)
	b.Text("unit", end.unit)
	b.Text("period_grain", string(end.at.Grain))
	b.Text("region", end.region)
	b.Text("subject_kind", end.kind)
	b.Text("pair", pair)
	b.Text("spacing", spacing(s.spreads[from:to+1]))
	before, after, unknown := s.commonlyKnown(from, to)
	b.Int("n_unknown", unknown)
	top := max(1, min(p.TopK, len(before.Firms))) // all of a market with fewer names
	b.Int("top_k", top)
	m := shareMobility(before, after, s.at, top)
	reason := firstReason(start.incomplete(), end.incomplete())
	b.Bool("market_complete", reason == "")
	shares := func(e Estimate) Estimate {
		if reason != "" {
			return Unknown(reason)
		}
		return e
	}
	b.Maybe("instability", shares(m.Instability))
	b.Maybe("turnover", shares(m.Turnover))
	b.Int("n_common", m.Common)
	b.Int("n_entrants", m.Entrants)
	b.Int("n_exits", m.Exits)
	b.Maybe("spearman", m.Spearman)
	b.Maybe("kendall_tau_b", m.KendallTauB)
	b.Maybe("top_k_retention", m.TopRetention)
	b.Maybe("delta_hhi", shares(m.DeltaHHI))
	b.Maybe("delta_hhi_incumbents", shares(m.DeltaIncumbents))
	b.Maybe("delta_hhi_entry", shares(m.DeltaEntry))
	b.Maybe("delta_hhi_exit", shares(m.DeltaExit))
	b.Maybe("cr3_change", minus(end.cr[3], start.cr[3]))
	b.Maybe("effective_number_change", minus(end.c.EffectiveNumber, start.c.EffectiveNumber))
	s.writeLeader(b, from, to)

	g := GibratOf(firmGrowth(before, after, s.at), p.Conf)
	b.Maybe("gibrat_beta", g.Slope)
	b.Maybe("beta_lower", g.Lower)
	b.Maybe("beta_upper", g.Upper)
	b.Maybe("p_beta_eq_1", g.P)
	if m.Common < smallSample {
		b.Text("caution", "small_n")
	}
	b.Maybe("p_hhi_trend", s.trend(b, pair))
	b.EndRow()
}

// writeLeader says who leads at the end of a pair.
func (s mobilitySeries) writeLeader(b *Builder, from, to int) {
	old, now := s.leaders[from], s.leaders[to]
	if now.name != "" {
		b.Text("leader", now.name)
		b.Int("leader_tenure", now.tenure)
		b.Date("leader_since", now.since)
	} else {
		nullAll(b, firstReason(s.spreads[to].shareReason, MissingInput), "leader", "leader_tenure")
	}
	if old.name == "" || now.name == "" {
		b.Null("leader_changed", MissingInput)
		b.Null("leader_share_change", MissingInput)
		return
	}
	b.Bool("leader_changed", old.name != now.name)
	start, end := &s.spreads[from], &s.spreads[to]
	switch {
	case start.shareReason != "" || end.shareReason != "":
		b.Null("leader_share_change", firstReason(start.shareReason, end.shareReason))
	default:
		b.Maybe("leader_share_change", minus(end.shareOf(now.name), start.shareOf(now.name)))
	}
}

// trend is the sign test of the changes of the HHI, for the row of the whole.
func (s mobilitySeries) trend(b *Builder, pair string) Estimate {
	rises, falls := 0, 0
	reason := ""
	for i := range s.spreads {
		reason = firstReason(reason, s.spreads[i].incomplete())
		if i == 0 || reason != "" || !follows(s.spreads[i-1].market, s.spreads[i].market) {
			continue
		}
		switch was, is := s.spreads[i-1].c.HHI.Value, s.spreads[i].c.HHI.Value; {
		case sameValue(was, is):
		case is > was:
			rises++
		default:
			falls++
		}
	}
	if pair != wholePair {
		reason = TooFewPoints
	}
	if reason != "" {
		nullAll(b, reason, "n_hhi_rises", "n_hhi_falls")
		return Unknown(reason)
	}
	b.Int("n_hhi_rises", rises)
	b.Int("n_hhi_falls", falls)
	if len(s.spreads) < 4 {
		return Unknown(TooFewPoints)
	}
	return SignTest(rises, falls)
}

// firstReason is the first reason that is one.
func firstReason(reasons ...string) string {
	for _, r := range reasons {
		if r != "" {
			return r
		}
	}
	return ""
}

// minus is a - b, or the reason why there is none.
func minus(a, b Estimate) Estimate {
	if !a.Ok() {
		return a
	}
	if !b.Ok() {
		return b
	}
	return Known(a.Value - b.Value)
}

// commonlyKnown are the markets at both ends without the names whose value is
// unknown at either: they neither stayed nor came nor went, nobody knows.
func (s mobilitySeries) commonlyKnown(from, to int) (before, after numberedShares, unknown int) {
	before, after = s.shares[from], s.shares[to]
	for _, ids := range [][]int32{before.unknown, after.unknown} {
		for _, id := range ids {
			if s.at[id] == 0 {
				s.at[id] = 1
				unknown++
			}
		}
	}
	if unknown > 0 {
		before, after = before.without(s.at), after.without(s.at)
		for _, ids := range [][]int32{s.shares[from].unknown, s.shares[to].unknown} {
			for _, id := range ids {
				s.at[id] = 0
			}
		}
	}
	return before, after, unknown
}

// without are the shares without the names that are marked.
func (m numberedShares) without(marked []int32) numberedShares {
	left := numberedShares{MarketShares: MarketShares{Missing: m.Missing, Total: m.Total, Reason: m.Reason}}
	for i, id := range m.ids {
		if marked[id] == 0 {
			left.Firms, left.ids = append(left.Firms, m.Firms[i]), append(left.ids, id)
		}
	}
	if left.Reason == "" && len(left.Firms) == 0 {
		left.Reason = Empty
	}
	return left
}

// firmGrowth pairs the sizes of the names of two markets. at has a place for
// each name, zero, and is left so.
func firmGrowth(before, after numberedShares, at []int32) []FirmGrowth {
	for i, id := range after.ids {
		at[id] = int32(i) + 1
	}
	all := make([]FirmGrowth, 0, max(len(before.ids), len(after.ids)))
	for i, id := range before.ids {
		end := 0.0
		if k := at[id]; k > 0 {
			end, at[id] = after.Firms[k-1].Value, 0
		}
		all = append(all, FirmGrowth{before.Firms[i].Value, end})
	}
	for i, id := range after.ids {
		if at[id] > 0 {
			all, at[id] = append(all, FirmGrowth{0, after.Firms[i].Value}), 0
		}
	}
	return all
}

// story says who leads and since when, how many of the largest stayed, and
// whether the large grew faster; and draws how much the shares moved.
func (best mobilitySeries) story(t Table) ([]Headline, []Chart) {
	last := best.spreads[len(best.spreads)-1]
	row, n := best.whole, len(best.spreads)
	market := []any{last.metricText(), Say("level." + last.level), best.spreads[0].periodText(), last.periodText()}
	none := Unknown(MissingInput)
	var headlines []Headline
	led := "note.leader"
	if spacing(best.spreads) == "gap" {
		led = "note.leader-gap"
	}
	if now := best.leaders[n-1]; now.name != "" {
		headlines = append(headlines, Headline{Measure: Say("headline.leader-tenure", market...), Value: Known(float64(now.tenure)), Lower: none, Upper: none, N: n, Unit: "count",
			Note: Say(led, now.name, Moment{now.since, last.at.Grain}.Label()), Table: "mobility", Row: row, Column: "leader_tenure"})
	}
	if v, ok := t.Float("top_k_retention").At(row); ok {
		var note Message
		if k := int(t.Int("top_k").Or(row, 0)); k < smallSample {
			note = Say("note.small-names", strconv.Itoa(k))
		}
		headlines = append(headlines, Headline{Note: note, Measure: Say("headline.retention", append(market, strconv.FormatInt(t.Int("top_k").Or(row, 0), 10))...),
			Value: Known(v), Lower: none, Upper: none, N: int(t.Int("top_k").Or(row, 0)), Unit: "fraction", Table: "mobility", Row: row, Column: "top_k_retention"})
	}
	if v, ok := t.Float("gibrat_beta").At(row); ok {
		estimate := func(column string) Estimate {
			if v, ok := t.Float(column).At(row); ok {
				return Known(v)
			}
			return none
		}
		count := func(column string) string { return strconv.FormatInt(t.Int(column).Or(row, 0), 10) }
		headlines = append(headlines, Headline{Measure: Say("headline.gibrat", market...), Value: Known(v), Lower: estimate("beta_lower"), Upper: estimate("beta_upper"),
			N: int(t.Int("n_common").Or(row, 0)), Note: Say("note.gibrat", count("n_exits"), count("n_entrants")), Table: "mobility", Row: row, Column: "gibrat_beta"})
	}
	if n < 3 {
		return headlines, nil
	}
	where := last.where()
	where["pair"] = adjacentPair
	c := Chart{Name: "mobility", Table: "mobility", Kind: LineChart, Where: where, X: "to", Y: []string{"top_k_retention"},
		Title: Say("chart.mobility", market[:2]...), XTitle: Say("axis.period"), YTitle: Say("axis.fraction"),
		Alt: Say("chart.mobility.alt", append(slices.Clone(market[:2]), strconv.Itoa(n))...)}
	if last.incomplete() != "" { // one line, so the title says which
		c.Title, c.YTitle, c.Alt = Say("chart.retention", market[:2]...), Say("axis.retention"), Say("chart.retention.alt", append(slices.Clone(market[:2]), strconv.Itoa(n))...)
	} else {
		c.Y = []string{"turnover", "top_k_retention"}
	}
	return headlines, []Chart{c}
}
