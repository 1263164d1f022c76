package analysis

import (
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
