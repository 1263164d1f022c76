package analysis

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// FunnelAnalysis measures how many models get from stage to stage.
//
// Input: filings with stage dates (a month stands for its 15th, dates after the
// as-of day are left out and counted); of the market's stated totals in metrics
// (filed_total and so on) those of one period. Output "funnel": one row per
// segment, cohort and stage; "survival": one row per segment, step of the
// funnel and day.
//
// An entity is a model of a company: a name with two companies is two models
// unless aliases say otherwise. Algorithm filings and registered apps are other
// units than filed models and form segments of their own. Camp and region are
// those of the row that dates the entity's first stage; a later label would be
// immortal time. Models without any date are counted as listed.
//
// A stage after filing that no model has a date for is inferred from metrics and
// prices: launched by the first value or price, active by monthly users of
// Params.ActiveMAU, commercial by revenue or a paid price. Finalists are the
// smallest set of models that holds Params.FinalistShare of the latest market.
// Such rows say which rule, and count as inferred. A stage that rules do not
// reach either is left out, since nothing is known of it.
//
// Stated totals of one period make a funnel of their own, segment "stated";
// services over models is no ratio: null unit_mismatch and a finding, unless the
// aliases call the one unit by the other's name.
//
// Those who left (retired) stay at risk of the next stage until the as-of day:
// so that the share who get through is not overstated, as censoring them would.
// Their leaving is "survival" from the first stage to exit, observed from the
// day they were filed (left truncation); "exits" splits it by cause
// (Aalen-Johansen): a merger or a new name is no death. "hazards" are constant
// rates per step; "log_rank" compares the categories of Params.CompareBy, as of
// the first stage, once.
// Source: methods 2.1-2.9.
var FunnelAnalysis = Analyzer{
	Name: "funnel", Doc: "How many models get from filing to launch, use and business, and how long it takes.",
	Needs: []string{"filings", "metrics"},
	Specs: []TableSpec{funnelSpec, survivalSpec, exitsSpec, hazardsSpec, logRankSpec, funnelModelsSpec},
	run:   runFunnel,
}

var funnelSpec = TableSpec{Name: "funnel", Key: 3, Columns: join(
	columns(Text, "segment", "cohort", "stage"),
	[]ColumnSpec{
		{Name: "count", Type: Int, Unit: "count", Reason: true},
		{Name: "inferred", Type: Int, Unit: "count", Reason: true},
	},
	estimates("fraction", "step_conversion", "step_lower", "step_upper", "cumulative_conversion", "cumulative_lower", "cumulative_upper"),
	[]ColumnSpec{{Name: "dropoff", Type: Int, Unit: "count", Reason: true}},
	estimates("fraction", "window_conversion", "window_lower", "window_upper"),
	numbers("n_mature", "n_immature"),
	estimates("days", "median_days", "median_lower", "median_upper"),
	numbers("n_at_risk", "n_completed"),
	// Beyond the promise: the denominators, what was left out, the biased median.
	numbers("n_step", "n_cumulative", "n_window", "n_order_violations", "n_unknown_date", "n_inferred_dates"),
	estimates("days", "median_completed_days"),
	// bound is that of the cumulative conversion, and of the count where there is
	// none; rule: how an inferred stage was found.
	columns(Text, "unit", "bound", "step_bound", "count_bound", "caution", "rule"),
)}

var survivalSpec = TableSpec{Name: "survival", Key: 4, Columns: join(
	columns(Text, "segment", "from", "to"),
	[]ColumnSpec{{Name: "day", Type: Int, Unit: "days"}},
	counts("n_risk", "n_event", "n_censor"),
	[]ColumnSpec{{Name: "survival", Type: Float, Unit: "fraction"}},
	estimates("fraction", "lower", "upper"),
	// Beyond the promise: ending is stage or exit; observed_from says whether
	// lives were under observation from their birth, which is assumed where
	// nothing says so, or from the day they were filed (left truncation).
	columns(Text, "ending", "unit", "observed_from", "caution"),
)}

// estimates are number columns with a reason beside each.
func estimates(unit string, names ...string) []ColumnSpec {
	var cs []ColumnSpec
	for _, n := range names {
		cs = append(cs, ColumnSpec{Name: n, Type: Float, Unit: unit, Reason: true})
	}
	return cs
}

// counts are whole-number columns.
func counts(names ...string) []ColumnSpec {
	var cs []ColumnSpec
	for _, n := range names {
		cs = append(cs, ColumnSpec{Name: n, Type: Int, Unit: "count"})
	}
	return cs
}

// numbers are whole-number columns that may be null, with a reason beside each.
func numbers(names ...string) []ColumnSpec {
	cs := counts(names...)
	for i := range cs {
		cs[i].Reason = true
	}
	return cs
}

// everyone is the segment and the cohort of all.
const everyone = "all"

// listed is the row of models without any stage date.
const listed = "listed"

// smallSample is the number under which a rate is flagged.
const smallSample = 5

// smallN is the caution of a rate over fewer than smallSample; smallWindow that
// of a rate within the window, over fewer that are old enough.
const (
	smallN      = "small_n"
	smallWindow = "small_window"
)

// fewer is a caution if a rate is over fewer than smallSample. Over none there
// is no rate.
func fewer(caution string, n int) string {
	if n > 0 && n < smallSample {
		return caution
	}
	return ""
}

// cautions joins those that there are; each is a word of its own.
func cautions(of ...string) string {
	var said []string
	for _, c := range of {
		if c != "" && !slices.Contains(said, c) {
			said = append(said, c)
		}
	}
	return strings.Join(said, ", ")
}

func runFunnel(basis *basis) Result {
	ts, p := basis.tables, basis.params
	var r Result
	names := basis.names()
	n := &notes{}
	asOf := basis.asOf
	w := newFunnelWriter(p, asOf, names)
	defer w.release()

	groups := filedEntities(ts["filings"], names, p.FunnelStages, asOf, n)
	if len(groups) > 0 {
		w.last, w.usage = finalistsOf(basis.spreads(), p), basis.usage()
	}
	for i := range groups {
		groups[i].infer(w.usage, w.last, names)
		groups[i].dropUnsaidStages(sheetOf(ts["filings"], 0), n)
		w.group(groups[i], n)
		if ts["filings"].Rows() <= p.MaxLiveRows {
			w.modelsOf(groups[i], ts["filings"])
		}
	}
	w.stated(ts["metrics"], n)

	if w.funnel.Rows() > 0 {
		r.Tables = append(r.Tables, w.funnel.Table())
		r.Headlines, r.Charts = w.headlines, w.charts
	}
	for _, b := range []*Builder{w.survival, w.exits, w.hazards, w.logRank, w.models} {
		if b.Rows() > 0 {
			r.Tables = append(r.Tables, b.Table())
		}
	}
	r.Findings = n.findings()
	return r
}

// segment is a part of a group.
type segment struct {
	name     string
	entities []filedEntity // that reached a stage
	passages []Passage     // theirs
	listed   int           // entities without a date of any stage
}

// segments are all entities of a group, then those of each camp and region.
func (g filedGroup) segments() []segment {
	name := everyone
	if g.register != "" {
		name = "register=" + g.register
	}
	all := []segment{{name: name}}
	all[0].take(g.entities)
	if g.register != "" {
		return all
	}
	for _, by := range []struct {
		prefix string
		of     func(filedEntity) string
	}{
		{"camp=", func(e filedEntity) string { return e.camp.text }},
		{"region=", func(e filedEntity) string { return e.region.text }},
	} {
		parts := map[string][]filedEntity{}
		for _, e := range g.entities {
			if label := by.of(e); label != "" {
				parts[label] = append(parts[label], e)
			}
		}
		for _, label := range sortedKeys(parts) {
			s := segment{name: by.prefix + label}
			s.take(parts[label])
			all = append(all, s)
		}
	}
	return all
}

func (s *segment) take(entities []filedEntity) {
	for _, e := range entities {
		switch {
		case e.reached():
			s.entities, s.passages = append(s.entities, e), append(s.passages, e.own)
		case !e.dated:
			s.listed++
		}
	}
}

// sortedKeys are the keys of a map in byte order.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// funnelWriter fills the result tables.
type funnelWriter struct {
	params    Params
	asOf      Date
	names     *Names
	usage     usage
	last      finalists
	funnel    *Builder
	survival  *Builder
	exits     *Builder
	hazards   *Builder
	logRank   *Builder
	models    *Builder
	headlines []Headline
	charts    []Chart
}

func newFunnelWriter(p Params, asOf Date, names *Names) *funnelWriter {
	return &funnelWriter{params: p, asOf: asOf, names: names, funnel: NewBuilder(funnelSpec), survival: NewBuilder(survivalSpec),
		exits: NewBuilder(exitsSpec), hazards: NewBuilder(hazardsSpec), logRank: NewBuilder(logRankSpec), models: NewBuilder(funnelModelsSpec)}
}

func (w *funnelWriter) release() {
	for _, b := range []*Builder{w.funnel, w.survival, w.exits, w.hazards, w.logRank, w.models} {
		b.Release()
	}
}

// group writes the funnel of one kind of register.
func (w *funnelWriter) group(g filedGroup, n *notes) {
	o := FunnelOptions{Stages: g.stages, AsOf: w.asOf, Conf: w.params.Conf, WindowDays: w.params.FunnelWindowDays, Undated: g.undated()}
	for i, s := range g.segments() {
		f := FunnelFromEvents(s.passages, o)
		first := w.rows(g, s.name, everyone, s, f)
		w.steps(s.name, g.unit(), f)
		w.life(s, g)
		if s.name == everyone {
			w.compare(g, s)
			w.say(g, s, f, first)
		}
		if i > 0 || len(g.stages) == 0 {
			continue
		}
		cohorts := map[string][]Passage{}
		for _, p := range s.passages {
			c := Cohort(p, w.params.CohortGrain)
			cohorts[c] = append(cohorts[c], p)
		}
		for _, c := range sortedKeys(cohorts) { // digits before "unknown"
			w.rows(g, s.name, c, segment{}, FunnelFromEvents(cohorts[c], o))
		}
	}
}

// rows writes one funnel, and before it how many are only listed. It gives the
// table row of the funnel's first stage.
func (w *funnelWriter) rows(g filedGroup, name, cohort string, s segment, f Funnel) int {
	b, unit := w.funnel, g.unit()
	if s.listed > 0 {
		b.Text("segment", name)
		b.Text("cohort", cohort)
		b.Text("stage", listed)
		b.Int("count", s.listed+len(s.passages))
		b.Text("unit", unit)
		nullAll(b, FirstStage, "step_conversion", "step_lower", "step_upper", "cumulative_conversion", "cumulative_lower", "cumulative_upper",
			"dropoff", "window_conversion", "window_lower", "window_upper", "median_days", "median_lower", "median_upper", "median_completed_days",
			"inferred", "n_mature", "n_immature", "n_step", "n_cumulative", "n_window", "n_inferred_dates")
		nullAll(b, FirstStage, dwellCounts...)
		b.EndRow()
	}
	first := b.Rows()
	for i, stage := range f.Stages {
		b.Text("segment", name)
		b.Text("cohort", cohort)
		b.Text("unit", unit)
		w.conversion(stage.StageConversion)
		b.Int("inferred", stage.Inferred)
		byRule := 0
		if slices.Contains(g.inferred, stage.Stage) {
			b.Text("rule", w.rule(stage.Stage))
			byRule = int(stage.Count.Value) - stage.Inferred
		}
		b.Int("n_inferred_dates", byRule)
		w.proportion("window_conversion", "window_lower", "window_upper", stage.Window)
		b.Int("n_mature", f.Mature)
		b.Int("n_immature", f.Immature)
		within := stage.Window.Estimate
		if within.Ok() {
			within.Value = math.Round(within.Value * float64(f.Mature))
		}
		maybeInt(b, "n_window", within)
		if i == 0 {
			nullAll(b, FirstStage, "median_days", "median_lower", "median_upper", "median_completed_days", "n_step", "n_cumulative")
			nullAll(b, FirstStage, dwellCounts...)
			b.EndRow()
			continue
		}
		step, total := int(f.Stages[i-1].Count.Value), int(f.Stages[0].Count.Value)
		b.Int("n_step", step)
		b.Int("n_cumulative", total)
		said := fewer(smallN, min(step, total))
		if within.Ok() {
			said = cautions(said, fewer(smallWindow, f.Mature))
		}
		b.Text("caution", said)
		d := f.Dwell[i-1]
		b.Maybe("median_days", d.Survival.Median)
		b.Maybe("median_lower", d.Survival.Lower)
		b.Maybe("median_upper", d.Survival.Upper)
		b.Maybe("median_completed_days", d.MedianCompleted)
		b.Int("n_at_risk", d.AtRisk)
		b.Int("n_completed", d.Completed)
		b.Int("n_order_violations", d.OrderViolations)
		b.Int("n_unknown_date", d.UnknownDate)
		b.EndRow()
	}
	return first
}

// dwellCounts are the counts behind the time from the stage before.
var dwellCounts = []string{"n_at_risk", "n_completed", "n_order_violations", "n_unknown_date"}

// conversion sets what counts alone give.
func (w *funnelWriter) conversion(s StageConversion) {
	b := w.funnel
	b.Text("stage", s.Stage)
	maybeInt(b, "count", s.Count)
	w.proportion("step_conversion", "step_lower", "step_upper", s.Step)
	w.proportion("cumulative_conversion", "cumulative_lower", "cumulative_upper", s.Cumulative)
	maybeInt(b, "dropoff", s.Dropoff)
}

func (w *funnelWriter) proportion(estimate, lower, upper string, p Proportion) {
	w.funnel.Maybe(estimate, p.Estimate)
	w.funnel.Maybe(lower, p.Lower)
	w.funnel.Maybe(upper, p.Upper)
}

// maybeInt sets a whole-number column or its reason.
func maybeInt(b *Builder, name string, e Estimate) {
	if !e.Ok() {
		b.Null(name, e.Reason)
		return
	}
	b.Int(name, int(e.Value))
}

func nullAll(b *Builder, reason string, names ...string) {
	for _, name := range names {
		b.Null(name, reason)
	}
}

// steps writes the survival function of each step of a funnel, from day 0.
func (w *funnelWriter) steps(name, unit string, f Funnel) {
	for _, d := range f.Dwell {
		if d.AtRisk > 0 {
			w.curve(name, d.From, d.To, "stage", unit, fromBirthOn, "", d.Survival)
			w.hazard(name, d.From, d.To, unit, fromBirthOn, "", d.Completed, d.ExposureDays, d.AtRisk)
		}
	}
}

// curve writes one survival function.
func (w *funnelWriter) curve(name, from, to, end, unit, observed, caution string, km KaplanMeier) {
	b := w.survival
	row := func(s SurvivalStep) {
		b.Text("segment", name)
		b.Text("from", from)
		b.Text("to", to)
		b.Text("ending", end)
		b.Text("unit", unit)
		b.Text("observed_from", observed)
		b.Text("caution", cautions(caution, fewer(smallN, km.N)))
		b.Int("day", int(s.Time))
		b.Int("n_risk", s.AtRisk)
		b.Int("n_event", s.Events)
		b.Int("n_censor", s.Censored)
		b.Float("survival", s.Survival)
		b.Maybe("lower", s.Lower)
		b.Maybe("upper", s.Upper)
		b.EndRow()
	}
	if km.Steps[0].Time > 0 {
		row(km.At(0))
	}
	for _, s := range km.Steps {
		row(s)
	}
}

// rule is how a stage that nobody dates was found.
func (w *funnelWriter) rule(stage string) string {
	switch {
	case stage == "launched":
		return "first_seen"
	case stage == "active":
		return "active_mau"
	case stage == "commercial":
		return "first_paid"
	case w.last.ofListed:
		return "finalist_share_of_listed"
	}
	return "finalist_share"
}

// say adds the headlines and charts of all filed models.
func (w *funnelWriter) say(g filedGroup, s segment, f Funnel, first int) {
	if len(f.Stages) > 1 || s.listed > 0 { // a single bar compares nothing
		w.charts = append(w.charts, Chart{
			Name: "funnel", Table: "funnel", Kind: BarChart, Where: map[string]string{"segment": everyone, "cohort": everyone},
			X: "stage", Y: []string{"count"},
			Title: Say("chart.funnel"), XTitle: Say("axis.stage"), YTitle: Say("axis.models"), Alt: Say("chart.funnel.alt", strconv.Itoa(len(s.passages)+s.listed)),
		})
	}
	if s.listed > 0 {
		w.headlines = append(w.headlines, Headline{
			Measure: Say("headline.models-listed"), Value: Known(float64(s.listed + len(s.passages))), Lower: Unknown(MissingInput), Upper: Unknown(MissingInput),
			N: s.listed + len(s.passages), Unit: "count", Note: Say("note.listed-not-filed", strconv.Itoa(s.listed)), Table: "funnel", Row: first - 1, Column: "count",
		})
	}
	for i := 1; i < len(f.Stages); i++ {
		stage := f.Stages[i]
		if stage.Stage != "active" && i != len(f.Stages)-1 {
			continue
		}
		n := int(f.Stages[0].Count.Value)
		h := Headline{
			Measure: Say("headline.conversion", Say("stage."+f.Stages[0].Stage), Say("stage."+stage.Stage)),
			Value:   stage.Cumulative.Estimate, Lower: stage.Cumulative.Lower, Upper: stage.Cumulative.Upper,
			N: n, Unit: "fraction", Note: Say("note.conversion", stage.Count.text(), strconv.Itoa(n)), Table: "funnel", Row: first + i, Column: "cumulative_conversion",
		}
		switch {
		case n < smallSample:
			h.Note = Say("note.small-n", strconv.Itoa(n))
		case stage.Stage == finalist:
			h.Note = w.finalistNote(g, stage.Count.text(), n)
		case slices.Contains(g.inferred, stage.Stage):
			h.Note = Say("note.conversion-inferred", stage.Count.text(), strconv.Itoa(n))
		}
		w.headlines = append(w.headlines, h)
	}
	w.sayExits(s)
	if len(f.Dwell) == 0 || f.Dwell[0].AtRisk == 0 {
		return
	}
	d := f.Dwell[0]
	w.headlines = append(w.headlines, Headline{
		Measure: Say("headline.median-days", Say("stage."+d.From), Say("stage."+d.To)),
		Value:   d.Survival.Median, Lower: d.Survival.Lower, Upper: d.Survival.Upper, N: d.AtRisk, Unit: "days",
		Note: Say("note.censored", strconv.Itoa(d.AtRisk-d.Completed)), Table: "funnel", Row: first + 1, Column: "median_days",
	})
	w.charts = append(w.charts, Chart{
		Name: "survival", Table: "survival", Kind: StepChart, Where: map[string]string{"segment": everyone, "ending": "stage"}, X: "day", Y: []string{"survival"}, Series: "to",
		Title: Say("chart.survival"), XTitle: Say("axis.days"), YTitle: Say("axis.not-yet"), Alt: Say("chart.survival.alt", strconv.Itoa(d.AtRisk)),
	})
}

// text is an estimate as it stands in a sentence.
func (e Estimate) text() string { return strconv.FormatFloat(e.Value, 'f', -1, 64) }
