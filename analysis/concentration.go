package analysis

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
)

// ConcentrationAnalysis measures how unevenly additive metrics, stated shares
// and listed models are spread over models, companies (owners) and camps.
//
// Input: metrics; filings (distinct models per company and per region, metric
// models_listed); companies and aliases for owners, camps and spellings.
// Output "shares": one row per market, level and name, largest first;
// "concentration": one row per market and level. A market is one metric, unit,
// period, grain, region and kind of subject; unlike things never meet.
//
// The company level sums a firm's rows by owner, from company rows where the
// metric has any in that market, else from its models. A model without a
// company, or a company without a camp, is in the total and in nobody's share.
//
// The total of amounts is the market's own row, or follows from the stated
// shares of the same subjects; settings may say that the list is complete. Else
// only hhi_listed is given and the rest is null total_unknown. Where part of
// the market is not listed the HHI has bounds: null shares_incomplete, with
// hhi_lower and hhi_upper; a level summed from finer rows has the widest, since
// what is not listed may belong to a listed name. Stated shares are rescaled only if they miss 1 by no
// more than half a point. A fact stated with two values is used nowhere: null
// conflicting_values.
//
// Sources: methods 3.1, 3.2; bands of the US Merger Guidelines 2023, 2.1; limbs
// of China's Anti-Monopoly Law, article 24.
var ConcentrationAnalysis = Analyzer{
	Name: "concentration", Doc: "How unevenly usage, revenue and listed models are spread over models, companies and camps.",
	Needs: []string{"metrics", "filings"},
	Specs: []TableSpec{sharesSpec, concentrationSpec},
	run:   runConcentration,
}

// marketKey are the columns that name a market and a level.
var marketKey = join(
	columns(Text, "metric"), columns(Day32, "period"), columns(Text, "level"))

// marketKeyMore are the rest of the key.
var marketKeyMore = join(
	columns(Text, "unit", "period_grain", "region", "subject_kind"), columns(Day32, "period_end"))

var sharesSpec = TableSpec{Name: "shares", Key: 9, Columns: join(
	marketKey, columns(Text, "name"), marketKeyMore,
	estimates("", "value"), estimates("fraction", "share"),
	[]ColumnSpec{{Name: "rank", Type: Int, Unit: "count", Reason: true}, {Name: "rank_change", Type: Int, Unit: "count", Reason: true}},
	// Beyond the promise: the share among those listed, the bound of the value
	// as typed, and whether the name is among those that charts show.
	estimates("fraction", "share_listed"), columns(Text, "bound", "share_of", "shown"),
)}

var concentrationSpec = TableSpec{Name: "concentration", Key: 8, Columns: join(
	marketKey, marketKeyMore,
	estimates("", "total"), counts("n_firms"),
	estimates("points", "hhi_listed", "hhi", "hhi_lower", "hhi_upper"),
	estimates("count", "effective_number"),
	estimates("fraction", "cr1", "cr3", "cr4", "cr5"),
	estimates("", "entropy_nats"), estimates("fraction", "gini", "rosenbluth"),
	[]ColumnSpec{{Name: "top", Type: Text, Reason: true}, {Name: "band", Type: Text, Reason: true}, {Name: "band_upper", Type: Text, Reason: true}},
	estimates("fraction", "unknown_share"),
	// Beyond the promise: CR2, the sum of those listed, the total as
	// stated (total is the sum of those listed where both agree but for rounding), China's presumption (1, 2
	// or 3 firms; 0 none) with the firms it names, rows without a value, values
	// that are bounds, where the total came from, and of stated shares the metric
	// whose amounts beside them fit them.
	estimates("fraction", "cr2"), estimates("", "listed", "stated_total"),
	numbers("aml_firms"), columns(Text, "aml_names"),
	counts("n_missing", "n_inexact"), columns(Text, "total_from", "share_of"),
	// What the others would make as one firm (a warning, never the HHI), the
	// reciprocals of the HHI's bounds, and what is partial or inexact.
	estimates("points", "hhi_upper_single_other"), estimates("count", "effective_number_lower", "effective_number_upper"), columns(Text, "caution"),
)}

// levels are the levels of a market, in the order of the sheet.
var levels = []string{kindCompany, "camp", kindModel, kindRegion}

// Where a total comes from.
const (
	fromMarketRow = "market_row" // the market's own row
	fromShares    = "shares"     // stated shares of the same subjects
	fromStated    = "stated"     // the values are shares
	fromList      = "list"       // the list is the market
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

func runConcentration(basis *basis) Result {
	ts := basis.tables
	n := &notes{}
	spreads := basis.spreads()
	var r Result
	if len(spreads) == 0 {
		r.Findings = slices.Concat(basis.nameNotes.findings(), basis.marketNotes.findings(), n.findings())
		return r
	}
	sayTotals(spreads, ts["metrics"], n)
	shares, concentration := NewBuilder(sharesSpec), NewBuilder(concentrationSpec)
	defer shares.Release()
	defer concentration.Release()
	var all []series
	rows := 0
	for i := range spreads {
		rows += len(spreads[i].firms)
	}
	shares.Grow(rows)
	w := newSharesWriter(shares)
	for _, periods := range seriesOf(spreads) {
		all = append(all, series{spreads: periods, first: concentration.Rows()})
		shown := shownNames(periods)
		ranks := make([]int32, len(shown)) // of the period before, by id; 0: none
		for k := range periods {
			var before *spread
			if k > 0 {
				before = &periods[k-1]
			}
			w.write(&periods[k], before, shown, ranks)
			periods[k].writeConcentration(concentration)
		}
	}
	r.Tables = []Table{shares.Table(), concentration.Table()}
	r.Headlines, r.Charts = concentrationStory(all)
	r.Findings = slices.Concat(basis.nameNotes.findings(), basis.marketNotes.findings(), n.findings())
	return r
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

func (s spread) writeKey(b *Builder) {
	b.Text("metric", s.metric)
	b.Text("level", s.level)
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
}

// sharesWriter writes the table of shares, column by column cell: a million rows
// are many, and their key is the same for all names of a market.
type sharesWriter struct {
	b                                                 *Builder
	name, bound, sharesOf, shown                      *Cells
	value, share, listed                              *Cells
	rank, change                                      *Cells
	noValue, noShare, noListed, noRank, noChange      *Cells
	metric, level, unit, region, kind, grain, at, end *Cells
}

func newSharesWriter(b *Builder) *sharesWriter {
	c := b.Column
	return &sharesWriter{b: b, name: c("name"), bound: c("bound"), sharesOf: c("share_of"), shown: c("shown"),
		value: c("value"), share: c("share"), listed: c("share_listed"), rank: c("rank"), change: c("rank_change"),
		noValue: c("value_reason"), noShare: c("share_reason"), noListed: c("share_listed_reason"), noRank: c("rank_reason"), noChange: c("rank_change_reason"),
		metric: c("metric"), level: c("level"), unit: c("unit"), region: c("region"), kind: c("subject_kind"), grain: c("period_grain"), at: c("period"), end: c("period_end")}
}

// text sets a text that may be missing.
func (c *Cells) text(v string) {
	if v != "" {
		c.SetCode(c.Code(v))
	}
}

// write writes the names of a spread, largest first. ranks are those of the
// period before, and become those of this one.
func (w *sharesWriter) write(s, before *spread, shown []bool, ranks []int32) {
	b := w.b
	var noChange string // for all names alike
	switch {
	case before == nil || before.at == s.at:
		noChange = FirstPeriod
	case !follows(before.market, s.market):
		noChange = ChainBroken // the period before is missing
	}
	noListed := s.hhiListed.Reason
	if s.metric != shareMetric && noListed == ConflictingValues {
		noListed = ""
	}
	for i := range s.firms {
		f := &s.firms[i]
		w.key(s)
		w.name.text(f.Firm)
		w.bound.text(f.bound)
		w.sharesOf.text(s.sharesOf)
		if shown[f.id] {
			w.shown.text("yes")
		}
		if why := f.unknown(); why != "" {
			for _, c := range []*Cells{w.noValue, w.noShare, w.noListed, w.noRank, w.noChange} {
				c.text(why)
			}
			b.EndRow()
			continue
		}
		w.value.SetFloat(f.Value)
		if s.live {
			b.From("value", Origin{Table: "metrics", Column: "value", Facts: f.facts})
		}
		if s.shareReason != "" {
			w.noShare.text(s.shareReason)
		} else {
			w.share.SetFloat(f.Share)
		}
		if noListed != "" {
			w.noListed.text(noListed)
		} else {
			w.listed.SetFloat(f.listed)
		}
		w.rank.SetInt(i + 1)
		switch {
		case noChange != "":
			w.noChange.text(noChange)
		case ranks[f.id] == 0:
			w.noChange.text(MissingInput)
		default:
			w.change.SetInt(int(ranks[f.id]) - (i + 1))
		}
		b.EndRow()
	}
	if before != nil {
		for i := range before.firms {
			ranks[before.firms[i].id] = 0
		}
	}
	for i := range s.firms {
		if f := &s.firms[i]; f.unknown() == "" {
			ranks[f.id] = int32(i + 1)
		}
	}
}

// key sets the columns that name a market and its level.
func (w *sharesWriter) key(s *spread) {
	w.metric.text(s.metric)
	w.level.text(s.level)
	w.unit.text(s.unit)
	w.region.text(s.region)
	w.kind.text(s.kind)
	if s.dated {
		w.at.SetDate(s.at.First)
		w.grain.text(string(s.at.Grain))
		if s.end != NoDate {
			w.end.SetDate(s.end)
		}
	}
}

func (s spread) writeConcentration(b *Builder) {
	s.writeKey(b)
	b.Maybe("total", s.total)
	switch {
	case !s.statedTotal.Ok():
		b.Null("stated_total", s.statedTotal.Reason)
	case s.totalFrom == fromMarketRow || s.totalFrom == fromShares:
		b.Float("stated_total", s.statedTotal.Value)
		if s.live {
			b.From("stated_total", s.totalOrigin)
		}
	default: // shares, or the list itself: nobody states a total
		b.Null("stated_total", NotApplicable)
	}
	b.Maybe("listed", s.listedTotal)
	b.Text("total_from", s.totalFrom)
	b.Text("share_of", s.sharesOf)
	b.Int("n_firms", s.c.Firms)
	b.Int("n_missing", s.missing)
	b.Int("n_inexact", s.inexact)
	b.Maybe("hhi_listed", s.hhiListed)
	b.Maybe("hhi", s.c.HHI)
	b.Maybe("hhi_lower", s.lower)
	b.Maybe("hhi_upper", s.upper)
	b.Maybe("effective_number", s.c.EffectiveNumber)
	for _, k := range []int{1, 2, 3, 4, 5} {
		b.Maybe("cr"+strconv.Itoa(k), s.cr[k])
	}
	b.Maybe("entropy_nats", s.c.Entropy)
	b.Maybe("gini", s.c.Gini)
	b.Maybe("rosenbluth", s.c.Rosenbluth)
	b.Maybe("unknown_share", s.unknown)
	if why := s.firms[0].unknown(); why == "" {
		b.Text("top", s.firms[0].Firm)
	} else {
		b.Null("top", why)
	}
	for column, e := range map[string]Estimate{"band": s.lower, "band_upper": s.upper} {
		if e.Ok() {
			b.Text(column, ConcentrationBand(e.Value))
		} else {
			b.Null(column, e.Reason)
		}
	}
	single := s.c.HHI
	if s.lower.Ok() && s.unknown.Ok() {
		rest := s.unknown.Value
		single = Known(s.squares + 1e4*rest*rest)
	}
	b.Maybe("hhi_upper_single_other", single)
	reciprocal := func(e Estimate) Estimate {
		if e.Ok() {
			return ratio(1e4, e.Value)
		}
		return e
	}
	b.Maybe("effective_number_lower", reciprocal(s.upper))
	b.Maybe("effective_number_upper", reciprocal(s.lower))
	partial, inexact := "", ""
	if s.missing > 0 {
		partial = "partial"
	}
	if s.inexact > 0 {
		inexact = "inexact_values"
	}
	b.Text("caution", cautions(partial, inexact))
	presumed, why := s.presumed()
	if why != "" {
		b.Null("aml_firms", why)
	} else {
		b.Int("aml_firms", len(presumed))
		b.Text("aml_names", strings.Join(presumed, ", "))
	}
	b.EndRow()
}

// presumed are the firms that China's Anti-Monopoly Law, article 24, presumes
// dominant by share: those of the largest limb that applies, without firms under
// a tenth. It speaks of companies, and needs CR1 to CR3; why says what is missing.
func (s spread) presumed() (firms []string, why string) {
	if s.level != kindCompany {
		return nil, NotApplicable
	}
	if why := firstReason(s.cr[1].Reason, s.cr[2].Reason, s.cr[3].Reason); why != "" {
		return nil, why
	}
	limb := DominancePresumption(s.cr[1].Value, s.cr[2].Value, s.cr[3].Value)
	for _, f := range s.firms[:min(limb, len(s.firms))] {
		if atLeast(f.Share, 0.10) {
			firms = append(firms, f.Firm)
		}
	}
	return firms, ""
}

// chartNames is how many names a chart of shares shows.
const chartNames = 8

// shownNames are the names that are largest over the periods of a series, by
// the sum of their shares among those listed: by id, whether it is one.
func shownNames(periods []spread) []bool {
	ids := int32(0)
	for i := range periods {
		for j := range periods[i].firms {
			ids = max(ids, periods[i].firms[j].id+1)
		}
	}
	weight, names := make([]accumulator, ids), make([]string, ids)
	var there []int32
	for i := range periods {
		for j := range periods[i].firms {
			f := &periods[i].firms[j]
			if names[f.id] == "" {
				there, names[f.id] = append(there, f.id), f.Firm
			}
			weight[f.id].add(f.listed)
		}
	}
	slices.SortFunc(there, func(a, b int32) int {
		return cmp.Or(cmp.Compare(weight[b].value(), weight[a].value()), strings.Compare(names[a], names[b]))
	})
	shown := make([]bool, ids)
	for _, id := range there[:min(chartNames, len(there))] {
		shown[id] = true
	}
	return shown
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
