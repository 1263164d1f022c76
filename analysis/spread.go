package analysis

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// spread is one market at one level.
type spread struct {
	market
	level, kind string // kind of the rows it was summed from
	firms       []spreadFirm
	nobody      float64 // value that belongs to no firm: in the total only
	nobodyRows  int
	total       Estimate
	statedTotal Estimate // before it gives way to the sum of those listed
	totalFrom   string
	totalOrigin Origin
	sharesOf    string // of stated shares, the metric whose amounts fit them
	merged      bool   // companies: some are summed from rows of others, which they own
	larger      bool   // models: company rows show that an unlisted one may be larger than those listed
	live        bool   // the facts are few enough to say where each number came from
	missing     int    // rows without a value
	conflict    bool   // a row with two values
	partial     bool   // a firm with a value has rows without one
	inexact     int    // firms whose value is a bound or a range
	listedTotal Estimate
	concentrationResult
}

// spreadFirm is one name at a level.
type spreadFirm struct {
	FirmShare         // Share of the whole, where known
	id        int32   // numbers the names of the level, whatever the period
	listed    float64 // share among those listed
	conflict  bool    // one of its rows has two values
	blank     bool    // none of its rows has a value
	bound     string
	facts     [][]int // the rows that state what was added up
}

// unknown is why the firm has no value, or "".
func (f spreadFirm) unknown() string {
	switch {
	case f.conflict:
		return ConflictingValues
	case f.blank:
		return MissingInput
	}
	return ""
}

// concentrationResult is what a spread gives.
type concentrationResult struct {
	c                       Concentration // complete market; else only reasons
	hhiListed, lower, upper Estimate
	cr                      map[int]Estimate
	unknown                 Estimate
	shareReason             string  // why firms have no share of the whole
	squares                 float64 // sum of the squares of the shares listed, in points
	rescaled                bool
	open                    bool // what is not listed may belong to a listed name
}

// seriesOf cuts spreads, sorted, into series that differ in their period only.
func seriesOf(spreads []spread) [][]spread {
	var all [][]spread
	for i := 0; i < len(spreads); {
		j := i + 1
		for j < len(spreads) && spreads[j].sameSeries(spreads[i]) {
			j++
		}
		all = append(all, spreads[i:j])
		i = j
	}
	return all
}

// spreadsOf are all markets at all their levels, measured: the periods of a
// series stand together, in order.
func spreadsOf(b *basis) []spread {
	ts, names, p := b.tables, b.names(), b.params
	markets, totals := b.markets(), b.totals()
	var spreads []spread
	by := map[string]*naming{}
	live := ts["metrics"].Rows() <= p.MaxLiveRows
	if len(markets) > 0 {
		companies := *markets[0].companies
		by[kindCompany], by["camp"] = namingOf(companies, names.Owner), namingOf(companies, names.Camp)
	}
	for i, m := range markets {
		for _, level := range levels {
			if s, ok := m.spread(level, names, by[level], live); ok {
				t := totals.of(i, s.kind)
				s.total, s.statedTotal, s.totalFrom, s.totalOrigin, s.sharesOf = t.value, t.value, t.from, t.origin, t.shareOf
				spreads = append(spreads, s)
			}
		}
	}
	spreads = append(spreads, listedSpreads(ts["filings"], names, p, b.asOf)...)
	slices.SortStableFunc(spreads, func(a, b spread) int {
		return cmp.Or(strings.Compare(a.metric, b.metric), strings.Compare(a.unit, b.unit),
			cmp.Compare(a.at.Grain.Fineness(), b.at.Grain.Fineness()), strings.Compare(a.region, b.region), strings.Compare(a.kind, b.kind),
			cmp.Compare(slices.Index(levels, a.level), slices.Index(levels, b.level)), cmp.Compare(a.at.First, b.at.First), cmp.Compare(a.end, b.end))
	})
	for i := range spreads {
		spreads[i].measure(p)
	}
	return spreads
}

// naming numbers the names of a level that companies are summed to: of is the
// number of each company's, -1 where it has none.
type naming struct {
	of    []int32
	names []string
	place []int32 // of a name among the firms of the spread at hand + 1; zero between spreads
}

// namingOf gives companies the names that they are summed under. Names that fold
// alike are one, in the spelling that comes first.
func namingOf(companies []string, name func(string) string) *naming {
	n := &naming{of: make([]int32, len(companies))}
	index := map[string]int32{}
	for i, c := range companies {
		to := name(c)
		if n.of[i] = -1; to == "" {
			continue
		}
		at, ok := index[Fold(to)]
		if !ok {
			at = int32(len(n.names))
			index[Fold(to)], n.names = at, append(n.names, to)
		}
		n.of[i], n.names[at] = at, min(n.names[at], to)
	}
	n.place = make([]int32, len(n.names))
	return n
}

// spread sums a market's facts to a level. It reports false where there is
// nothing to sum.
func (m market) spread(level string, names *Names, by *naming, live bool) (spread, bool) {
	s := spread{market: m, level: level, live: live}
	switch level {
	case kindModel, kindRegion:
		s.kind = level
		s.each(m.facts[s.kind])
	default:
		s.kind = kindModel
		if len(m.facts[kindCompany]) > 0 {
			s.kind = kindCompany
		}
		s.sum(m.facts[s.kind], by)
	}
	switch {
	case level == kindCompany && s.kind == kindCompany:
		s.merged = slices.ContainsFunc(m.facts[kindCompany], func(f marketFact) bool { return Fold(names.Owner(f.company)) != Fold(f.name) })
	case level == kindModel && len(m.facts[kindCompany]) > 0:
		s.larger = m.largerUnlisted(names)
	}
	return s, len(s.firms) > 0
}

// largerUnlisted reports whether the company rows beside a list of models leave
// a company more than the smallest listed model: an unlisted model may then be
// larger than those listed, so that the list caps nobody (methods 3.2).
func (m market) largerUnlisted(names *Names) bool {
	smallest, left := math.Inf(1), map[string]float64{} // by owner, what no listed model has
	for _, f := range m.facts[kindCompany] {
		if !f.missing {
			left[Fold(names.Owner(f.company))] += f.value
		}
	}
	for _, f := range m.facts[kindModel] {
		if !f.missing && f.value > 0 {
			smallest = min(smallest, f.value)
			left[Fold(names.Owner(f.company))] -= f.value
		}
	}
	for _, rest := range left {
		if rest > smallest*(1+1e-9) {
			return true
		}
	}
	return false
}

// each takes facts as they are, each a firm of its own.
func (s *spread) each(facts []marketFact) {
	s.firms = make([]spreadFirm, 0, len(facts))
	for i := range facts {
		s.firms = append(s.firms, spreadFirm{FirmShare: FirmShare{Firm: facts[i].name}, id: facts[i].subject, blank: true})
		var sum accumulator
		s.take(&s.firms[i], &sum, &facts[i])
		s.firms[i].Value = sum.value()
	}
	s.count(nil)
}

// sum adds facts up by the names of their companies, in the order of the facts'
// own names; facts of no name go to nobody.
func (s *spread) sum(facts []marketFact, by *naming) {
	s.firms = make([]spreadFirm, 0, min(len(facts), len(by.names)))
	sums := make([]accumulator, 0, cap(s.firms))
	blanks := make([]int32, 0, cap(s.firms))
	nobody, none := spreadFirm{blank: true}, int32(0)
	var nobodys accumulator
	for i := range facts {
		f, id := &facts[i], int32(-1)
		if f.of >= 0 {
			id = by.of[f.of]
		}
		if id < 0 {
			s.nobodyRows++
			if !s.take(&nobody, &nobodys, f) {
				none++
			}
			continue
		}
		at := by.place[id] - 1
		if at < 0 {
			at = int32(len(s.firms))
			by.place[id] = at + 1
			s.firms = append(s.firms, spreadFirm{FirmShare: FirmShare{Firm: by.names[id]}, id: id, blank: true})
			sums, blanks = append(sums, accumulator{}), append(blanks, 0)
		}
		if !s.take(&s.firms[at], &sums[at], f) {
			blanks[at]++
		}
	}
	for i := range s.firms {
		s.firms[i].Value = sums[i].value()
		by.place[s.firms[i].id] = 0
	}
	s.nobody = nobodys.value()
	s.conflict = nobody.conflict
	s.partial = !nobody.blank && !nobody.conflict && none > 0
	s.count(blanks)
}

// take adds a fact to a firm, and reports whether it has a value.
func (s *spread) take(firm *spreadFirm, sum *accumulator, fact *marketFact) bool {
	firm.conflict = firm.conflict || fact.conflict
	if fact.missing {
		s.missing++
		return false
	}
	firm.blank = false
	sum.add(fact.value)
	if s.live {
		firm.facts = append(firm.facts, fact.rows)
	}
	if firm.bound == "" {
		firm.bound = fact.bound
	} else if firm.bound != fact.bound {
		firm.bound = "about" // a sum of unlike bounds has no direction
	}
	return true
}

// count says what the firms have of conflicts, rows without a value, and bounds.
func (s *spread) count(blanks []int32) {
	for i := range s.firms {
		f := &s.firms[i]
		s.conflict = s.conflict || f.conflict
		s.partial = s.partial || blanks != nil && !f.blank && !f.conflict && blanks[i] > 0
		if f.bound != "" && f.bound != "exact" {
			s.inexact++
		}
	}
}

// values are the firms as rows for the measures.
func (s *spread) values() []FirmValue {
	rows := make([]FirmValue, 0, len(s.firms))
	for _, f := range s.firms {
		rows = append(rows, FirmValue{Firm: f.Firm, Value: f.Value, Missing: f.unknown() != ""})
	}
	return rows
}

// listedShares are the shares among those listed, of the firms as sorted.
func (s *spread) listedShares() MarketShares {
	m := MarketShares{Firms: make([]FirmShare, 0, len(s.firms))}
	var total accumulator
	for _, f := range s.firms {
		if f.unknown() != "" {
			m.Missing++
			continue
		}
		if f.Value < 0 {
			m.Reason = NegativeValue
		}
		if f.Value != 0 {
			m.Firms = append(m.Firms, FirmShare{Firm: f.Firm, Value: f.Value})
			total.add(f.Value)
		}
	}
	m.Total = total.value()
	switch {
	case m.Missing == len(s.firms):
		m.Reason = Empty
	case m.Reason == "" && m.Total == 0:
		m.Reason = ZeroTotal
	}
	if m.Reason != "" {
		return m
	}
	at := 0
	for i := range s.firms {
		if f := &s.firms[i]; f.unknown() == "" && f.Value != 0 {
			f.listed = f.Value / m.Total
			m.Firms[at].Share = f.listed
			at++
		}
	}
	return m
}

// measure computes what the spread gives: exact measures where the firms are
// the whole market, bounds where part is unknown.
func (s *spread) measure(p Params) {
	kind := Amount
	if s.metric == shareMetric {
		kind = ShareFraction
	}
	s.sort()
	listed := s.listedShares()
	s.hhiListed, s.listedTotal = ConcentrationOf(listed).HHI, Known(listed.Total)
	if listed.Reason != "" {
		s.listedTotal = Unknown(listed.Reason)
	}
	if s.conflict {
		s.hhiListed, s.listedTotal = Unknown(ConflictingValues), Unknown(ConflictingValues)
	}

	reason := listed.Reason
	var whole accumulator
	whole.add(listed.Total)
	whole.add(s.nobody)
	stated := whole.value()
	switch {
	case reason == Empty && s.conflict:
		reason = ConflictingValues
	case reason != "":
	case s.nobody < 0:
		reason = NegativeValue
	case !s.total.Ok():
		reason = s.total.Reason
	case s.total.Value <= 0:
		reason = ZeroTotal
	case stated/s.total.Value > 1+shareSlack:
		reason = SharesExceedOne
	}
	if reason != "" {
		s.setReason(reason, len(listed.Firms))
		if kind == ShareFraction {
			s.hhiListed = Unknown(reason)
		}
		return
	}
	if math.Abs(stated/s.total.Value-1) <= shareSlack && !s.conflict && (s.missing == 0 || s.nobodyRows == 0) {
		s.rescaled = kind == ShareFraction && math.Abs(stated-1) > 1e-9
		s.total = Known(stated)
	}
	total := s.total.Value
	for i := range s.firms {
		s.firms[i].Share = s.firms[i].Value / total
	}
	if stated == total && s.nobodyRows == 0 && !s.conflict {
		s.c = ConcentrationOf(listed)
		s.cr, s.lower, s.upper, s.unknown, s.squares = s.c.CR, s.c.HHI, s.c.HHI, Known(0), s.c.HHI.Value
		return
	}
	why := SharesIncomplete
	if s.conflict {
		why = ConflictingValues
	}
	if kind == ShareFraction {
		s.hhiListed = Unknown(why)
	}
	s.setReason(why, len(listed.Firms))
	s.shareReason = ""
	b := HHIBoundsOf(s.values(), s.total, UnlistedFirms{MaxShare: p.OthersMaxShare, Count: p.OthersCount})
	s.lower, s.upper, s.unknown = b.Lower, b.Upper, b.OthersShare
	rest := b.OthersShare.Value
	s.squares = lowerAtomistic(b)
	switch {
	case s.nobodyRows > 0 || s.partial || s.coarser(): // it may all belong to the largest
		s.open = true
		s.lower = Known(s.squares)
		s.upper = Known(s.lower.Value + 1e4*(2*b.Listed[0].Share*rest+rest*rest))
	case s.conflict || s.missing > 0 || s.larger && p.OthersMaxShare <= 0: // an unlisted firm may be larger than those listed
		s.upper = b.UpperSingleOther
		s.lower = Known(s.squares)
	default:
		for k, e := range b.CR {
			if k <= len(b.Listed) && p.OthersMaxShare > b.Listed[k-1].Share && rest > 0 {
				e = Unknown(why) // an unlisted firm may be among the k largest
			}
			s.cr[k] = e
		}
	}
}

// sort puts the firms in order: largest first, ties by name, those whose value is
// unknown last. Their values are sorted, each with its place, and the firms moved
// once.
func (s *spread) sort() {
	type valued struct {
		value float64
		at    int32
	}
	order := make([]valued, 0, len(s.firms))
	var unknown []valued
	for i := range s.firms {
		if f := &s.firms[i]; f.conflict || f.blank {
			unknown = append(unknown, valued{f.Value, int32(i)})
		} else {
			order = append(order, valued{f.Value, int32(i)})
		}
	}
	compare := func(a, b valued) int {
		switch {
		case a.value > b.value:
			return -1
		case a.value < b.value:
			return 1
		}
		return strings.Compare(s.firms[a.at].Firm, s.firms[b.at].Firm)
	}
	slices.SortFunc(order, compare)
	slices.SortFunc(unknown, compare)
	sorted := make([]spreadFirm, 0, len(s.firms))
	for _, list := range [][]valued{order, unknown} {
		for _, v := range list {
			sorted = append(sorted, s.firms[v.at])
		}
	}
	s.firms = sorted
}

// coarser reports whether the names were summed from finer rows, models or
// companies of one owner: what is not listed may then belong to a name that is,
// and no name's share is more than a lower limit.
func (s *spread) coarser() bool { return s.level != s.kind || s.merged }

// lowerAtomistic is the sum of squares of the listed shares alone.
func lowerAtomistic(b HHIBounds) float64 {
	var squares accumulator
	for _, f := range b.Listed {
		squares.add(f.Share * f.Share)
	}
	return 1e4 * squares.value()
}

// setReason makes everything null for a reason.
func (s *spread) setReason(reason string, firms int) {
	s.c = ConcentrationOf(MarketShares{Reason: reason})
	s.c.Firms = firms
	s.cr = s.c.CR
	s.lower, s.upper, s.unknown, s.shareReason = Unknown(reason), Unknown(reason), Unknown(reason), reason
}

// sameSeries reports whether two spreads differ in their period only.
func (s spread) sameSeries(o spread) bool {
	return s.metric == o.metric && s.unit == o.unit && s.region == o.region && s.kind == o.kind && s.level == o.level &&
		s.at.Grain == o.at.Grain && s.at.Grain != Span
}

// listedSpreads derive models_listed from filings: distinct models per company
// and per region. The list is the market.
func listedSpreads(t Table, names *Names, p Params, asOf Date) []spread {
	var spreads []spread
	for _, g := range filedEntities(t, names, p.FunnelStages, asOf, &notes{}) {
		for _, by := range []struct {
			level string
			of    func(filedEntity) string
		}{
			{kindCompany, func(e filedEntity) string { return names.Owner(e.company) }},
			{kindRegion, func(e filedEntity) string { return e.region.text }},
		} {
			s := spread{market: market{metric: modelsListed, unit: g.unit(), end: NoDate}, level: by.level, kind: by.level}
			var facts []marketFact
			var of []string
			for _, e := range g.entities {
				if e.exists() {
					facts = append(facts, marketFact{of: int32(len(of)), value: 1, bound: "exact"})
					of = append(of, by.of(e))
				}
			}
			s.sum(facts, namingOf(of, func(name string) string { return name }))
			s.total, s.totalFrom = Known(float64(len(facts))), fromList
			s.statedTotal = s.total
			if len(s.firms) > 0 {
				spreads = append(spreads, s)
			}
		}
	}
	return spreads
}
