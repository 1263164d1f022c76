package analysis

import (
	"cmp"
	"slices"
	"strconv"
)

// series is one market over its periods at one level; first is the row of its
// first period in the concentration table.
type series struct {
	spreads []spread
	first   int
}

func (s series) last() spread { return s.spreads[len(s.spreads)-1] }

// metricsByWeight orders metrics by how directly they say who is used.
var metricsByWeight = []string{"tokens_per_day", "tokens", shareMetric, "api_calls", "mau", "wau", "dau", "users",
	"revenue", "arr", "mrr", "visits", "downloads", "marketing_spend", modelsListed}

// concentrationStory picks the series that answer the question, says the last
// period's figures as headlines, and draws them.
func concentrationStory(all []series) ([]Headline, []Chart) {
	ranked := slices.DeleteFunc(ranked(all), func(s series) bool { return s.last().c.Firms < 2 }) // one firm spreads nothing
	if len(ranked) == 0 {
		return nil, nil
	}
	best := ranked[0]
	var headlines []Headline
	var charts []Chart
	last := best.last()
	row := best.first + len(best.spreads) - 1
	market := []any{last.metricText(), Say("level." + last.level), last.periodText()}
	hhi := Headline{Measure: Say("headline.hhi", market...), Value: last.c.HHI, Lower: last.lower, Upper: last.upper,
		N: last.c.Firms, Unit: "points", Table: "concentration", Row: row, Column: "hhi"}
	switch {
	case last.c.HHI.Ok():
		hhi.Note = Say("note.band", Say("band."+ConcentrationBand(last.c.HHI.Value)))
	case last.lower.Ok():
		low, high := ConcentrationBand(last.lower.Value), ConcentrationBand(last.upper.Value)
		if hhi.Note = Say("note.bands", percentText(last.unknown.Value), Say("band."+low), Say("band."+high)); low == high {
			hhi.Note = Say("note.bands-same", percentText(last.unknown.Value), Say("band."+low))
		}
	case last.hhiListed.Ok():
		hhi.Measure, hhi.Value, hhi.Column = Say("headline.hhi-listed", market...), last.hhiListed, "hhi_listed"
		hhi.Note = Say("note.total-unknown")
	}
	headlines = append(headlines, hhi)
	if last.cr[1].Ok() {
		headlines = append(headlines, Headline{Measure: Say("headline.cr1", market...), Value: last.cr[1], Lower: last.cr[1], Upper: last.cr[1],
			N: last.c.Firms, Unit: "fraction", Note: Say("note.top", last.firms[0].Firm), Table: "concentration", Row: row, Column: "cr1"})
	}
	if last.cr[3].Ok() && last.c.Firms > 3 {
		headlines = append(headlines, Headline{Measure: Say("headline.cr3", market...), Value: last.cr[3], Lower: last.cr[3], Upper: last.cr[3],
			N: last.c.Firms, Unit: "fraction", Table: "concentration", Row: row, Column: "cr3"})
	}
	seen := map[string]bool{}
	for _, s := range ranked {
		l := s.last()
		if seen[l.metric] || len(seen) == 2 || l.quality() > 3 || l.metric == shareMetric && last.totalFrom == fromShares {
			continue // the last: the shares are drawn already, with their amounts
		}
		seen[l.metric] = true
		charts = append(charts, s.charts(len(seen))...)
	}
	return headlines, charts
}

// ranked puts the series first that answer the question best: by what is known
// of them, by metric, level, number of periods. Regions come last: how filings
// or users are spread over provinces is no market of firms.
func ranked(all []series) []series {
	best := slices.Clone(all)
	slices.SortStableFunc(best, func(a, b series) int {
		return cmp.Or(boolFirst(a.last().kind != kindRegion, b.last().kind != kindRegion), cmp.Compare(a.last().quality(), b.last().quality()),
			cmp.Compare(slices.Index(metricsByWeight, a.last().metric), slices.Index(metricsByWeight, b.last().metric)),
			cmp.Compare(slices.Index(levels, a.last().level), slices.Index(levels, b.last().level)),
			-cmp.Compare(len(a.spreads), len(b.spreads)), -cmp.Compare(a.last().at.First, b.last().at.First),
			-cmp.Compare(a.last().c.Firms, b.last().c.Firms))
	})
	return best
}

// quality is 0 for an exact HHI, 1 for bounds, 2 for those listed only, 3 for
// a count of listed models, which says nothing of their use, 4 for nothing.
func (s spread) quality() int {
	switch {
	case s.metric == modelsListed && s.lower.Ok():
		return 3
	case s.c.HHI.Ok():
		return 0
	case s.lower.Ok():
		return 1
	case s.hhiListed.Ok():
		return 2
	}
	return 4
}

// periodText names a spread's period.
func (s spread) periodText() any {
	if !s.dated {
		return Say("period.undated")
	}
	return s.at.Label()
}

// where selects a series in both tables.
func (s spread) where() map[string]string {
	return map[string]string{"metric": s.metric, "level": s.level, "unit": s.unit, "period_grain": grainText(s), "region": s.region, "subject_kind": s.kind}
}

func grainText(s spread) string {
	if !s.dated {
		return ""
	}
	return string(s.at.Grain)
}

// charts draws a series: the HHI over its periods with the bands of 2023, and
// the shares of its largest names.
func (s series) charts(number int) []Chart {
	last := s.last()
	market := []any{last.metricText(), Say("level." + last.level)}
	suffix := ""
	if number > 1 {
		suffix = strconv.Itoa(number)
	}
	var charts []Chart
	if len(s.spreads) > 1 {
		c := Chart{Name: "hhi" + suffix, Table: "concentration", Kind: LineChart, Where: last.where(), X: "period",
			Bands: []Band{{Say("band.moderate"), ModerateHHI}, {Say("band.high"), HighHHI}},
			Title: Say("chart.hhi", market...), XTitle: Say("axis.period"), YTitle: Say("axis.hhi"),
			Alt: Say("chart.hhi.alt", append(slices.Clone(market), strconv.Itoa(len(s.spreads)))...)}
		switch {
		case last.c.HHI.Ok():
			c.Y = []string{"hhi"}
		case last.lower.Ok():
			c.Y = []string{"hhi_lower", "hhi_upper"}
		default:
			c.Y, c.Bands, c.Title = []string{"hhi_listed"}, nil, Say("chart.hhi-listed", market...)
		}
		charts = append(charts, c)
	}
	y, title := "share", "chart.shares"
	if last.shareReason != "" {
		y, title = "share_listed", "chart.shares-listed"
	}
	says := Say(title, market...)
	if last.metric == shareMetric && y == "share" {
		if says = Say("chart.stated-shares", market[1]); slices.Contains(filingMetrics, last.sharesOf) {
			says = Say("chart.share-of", market...)
		}
	}
	c := Chart{Name: "shares" + suffix, Table: "shares", Kind: StackedChart, Where: last.where(), X: "period", Y: []string{y}, Series: "name",
		Title: says, XTitle: Say("axis.period"), YTitle: Say("axis.share"),
		Alt: Say("chart.shares.alt", append(slices.Clone(market), strconv.Itoa(min(chartNames, len(last.firms))))...)}
	c.Where["shown"] = "yes"
	if len(s.spreads) == 1 {
		c.Kind, c.X, c.Series, c.XTitle = BarChart, "name", "", Say("axis.name")
	}
	return append(charts, c)
}
