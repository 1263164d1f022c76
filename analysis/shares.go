package analysis

import (
	"cmp"
	"slices"
	"strings"
)

// sharesWriter writes the table of shares by its columns, each looked up once: it
// is the longest of all result tables.
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
