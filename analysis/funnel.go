package analysis

import (
	"cmp"
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
// immortal time. A stage that no model has a date for is left out, since
// nothing is known of it; models without any date are counted as listed.
//
// Stated totals of one period make a funnel of their own, segment "stated";
// services over models is no ratio: null unit_mismatch and a finding.
//
// Those who left (retired) stay at risk until the as-of day: so that the share
// who get through is not overstated, as censoring them would.
// Source: methods 2.1-2.6.
var FunnelAnalysis = Analyzer{
	Name: "funnel", Doc: "How many models get from filing to launch, use and business, and how long it takes.",
	Needs: []string{"filings", "metrics"},
	Specs: []TableSpec{funnelSpec, survivalSpec},
	Run:   runFunnel,
}

var funnelSpec = TableSpec{Name: "funnel", Key: 3, Columns: join(
	columns(Text, "segment", "cohort", "stage"),
	[]ColumnSpec{
		{Name: "count", Type: Int, Unit: "count", Reason: true},
		{Name: "inferred", Type: Int, Unit: "count"},
	},
	estimates("fraction", "step_conversion", "step_lower", "step_upper", "cumulative_conversion", "cumulative_lower", "cumulative_upper"),
	[]ColumnSpec{{Name: "dropoff", Type: Int, Unit: "count", Reason: true}},
	estimates("fraction", "window_conversion", "window_lower", "window_upper"),
	counts("n_mature", "n_immature"),
	estimates("days", "median_days", "median_lower", "median_upper"),
	counts("n_at_risk", "n_completed"),
	// Beyond the promise: the denominators, what was left out, the biased median.
	counts("n_step", "n_cumulative", "n_order_violations", "n_unknown_date"),
	estimates("days", "median_completed_days"),
	columns(Text, "unit", "bound", "caution"),
)}

var survivalSpec = TableSpec{Name: "survival", Key: 4, Columns: join(
	columns(Text, "segment", "from", "to"),
	[]ColumnSpec{{Name: "day", Type: Int, Unit: "days"}},
	counts("n_risk", "n_event", "n_censor"),
	[]ColumnSpec{{Name: "survival", Type: Float, Unit: "fraction"}},
	estimates("fraction", "lower", "upper"),
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

// everyone is the segment and the cohort of all.
const everyone = "all"

// listed is the row of models without any stage date.
const listed = "listed"

// smallSample is the number under which a rate is flagged.
const smallSample = 5

// smallN is the caution of a rate over fewer than smallSample.
const smallN = "small_n"

func runFunnel(ts Tables, p Params) Result {
	var r Result
	names, _ := NamesOf(ts) // concentration says which names are disputed
	n := &notes{}
	asOf := asOf(ts, p)
	w := newFunnelWriter(p, asOf)
	defer w.release()

	groups := filedEntities(ts["filings"], names, p.FunnelStages, asOf, n)
	for _, g := range groups {
		w.group(g, n)
	}
	w.stated(ts["metrics"], n)

	if w.funnel.Rows() > 0 {
		r.Tables = append(r.Tables, w.funnel.Table())
		r.Headlines, r.Charts = w.headlines, w.charts
	}
	if w.survival.Rows() > 0 {
		r.Tables = append(r.Tables, w.survival.Table())
	}
	r.Findings = n.findings()
	return r
}

// filedEntity is one model or service of the filings table.
type filedEntity struct {
	company string  // canonical; "" where nobody states it
	own     Passage // by Params.FunnelStages
	dated   bool    // has a date of a stage, though perhaps after the as-of day
	camp    label
	region  label
}

// label is a category as the row that dates the earliest stage states it; of
// equally early rows the smallest text, so that the order of rows does not
// matter. A blank states nothing.
type label struct {
	text string
	told int64 // how early in the funnel that row stands
}

func (l *label) see(text string, told int64) {
	if text != "" && (l.text == "" || told < l.told || told == l.told && text < l.text) {
		l.text, l.told = text, told
	}
}

// filedGroup are the entities of one kind of register.
type filedGroup struct {
	register string // "" for models and services filed, or listed without saying where
	stages   []string
	entities []filedEntity
}

// filedEntities merges the rows of filings into entities.
func filedEntities(t Table, names *Names, stages []string, asOf Date, n *notes) []filedGroup {
	rows := t.Rows()
	if rows == 0 {
		return nil
	}
	model := identify(t.Text("model"), rows, names.Name)
	stated := identify(t.Text("company"), rows, names.Name)
	register, camp, region := t.Text("register"), t.Text("camp"), t.Text("region")

	type key struct {
		register, model, company string
	}
	index := map[key]int{}
	var keys []key
	var entities []filedEntity
	companies := map[string]map[string]bool{} // of a model
	late, coarse := 0, 0
	var dates []Column[Date]
	var grains []Column[string]
	for _, s := range stages {
		dates, grains = append(dates, t.Date(s)), append(grains, t.Text(s+"_grain"))
	}
	for row := range rows {
		if model.of[row] < 0 {
			continue
		}
		k := key{register.Or(row, ""), model.name(model.of[row]), names.Company(model.name(model.of[row]), stated.name(stated.of[row]))}
		if k.register == "generative_ai" {
			k.register = ""
		}
		if companies[k.model] == nil {
			companies[k.model] = map[string]bool{}
		}
		if k.company != "" {
			companies[k.model][k.company] = true
		}
		i, ok := index[k]
		if !ok {
			i = len(entities)
			index[k], keys = i, append(keys, k)
			entities = append(entities, filedEntity{company: k.company, own: slices.Repeat(Passage{NoDate}, len(stages))})
		}
		e := &entities[i]
		told := int64(math.MaxInt64)
		for s := range stages {
			m, ok := momentAt(dates[s], grains[s], row)
			if !ok {
				continue
			}
			day, fine := m.Day()
			if !fine {
				coarse++
				continue
			}
			e.dated = true
			if day > asOf {
				late++
				continue
			}
			if e.own[s] == NoDate || day < e.own[s] {
				e.own[s] = day
			}
			told = min(told, int64(s)<<32+int64(day))
		}
		e.camp.see(cmp.Or(camp.Or(row, ""), names.Camp(k.company)), told)
		e.region.see(region.Or(row, ""), told)
	}
	several := 0
	for _, c := range companies {
		if len(c) > 1 {
			several++
		}
	}
	at := sheetOf(t, 0)
	if late > 0 {
		n.add(Finding{Effect: Dropped, Code: "stages-after-as-of", At: at, Args: []any{strconv.Itoa(late), FormatDate(asOf)}})
	}
	if coarse > 0 {
		n.add(Finding{Effect: Blanked, Code: "stages-too-coarse", At: at, Args: []any{strconv.Itoa(coarse)}})
	}
	if several > 0 {
		n.add(Finding{Effect: Noted, Code: "model-with-several-companies", At: at, Args: []any{strconv.Itoa(several)}})
	}
	var groups []filedGroup
	for i, k := range keys {
		g := slices.IndexFunc(groups, func(g filedGroup) bool { return g.register == k.register })
		if g < 0 {
			g, groups = len(groups), append(groups, filedGroup{register: k.register, stages: stages})
		}
		groups[g].entities = append(groups[g].entities, entities[i])
	}
	slices.SortFunc(groups, func(a, b filedGroup) int { return strings.Compare(a.register, b.register) })
	for i := range groups {
		groups[i].dropUnsaidStages(at, n)
	}
	return groups
}

// unit is what the group's counts count.
func (g filedGroup) unit() string {
	switch g.register {
	case "":
		return "models"
	case "algorithm":
		return "algorithms"
	case "registered_app":
		return "apps"
	}
	return g.register
}

// dropUnsaidStages leaves out the stages that no entity of the group has a date
// for: nothing is known of them, and a count of zero would be a claim.
func (g *filedGroup) dropUnsaidStages(at Ref, n *notes) {
	var said []int
	var stages []string
	var unsaid []any
	for s, stage := range g.stages {
		if slices.ContainsFunc(g.entities, func(e filedEntity) bool { return e.own[s] != NoDate }) {
			said, stages = append(said, s), append(stages, stage)
		} else {
			unsaid = append(unsaid, Say("stage."+stage))
		}
	}
	if len(unsaid) > 0 && g.register == "" {
		n.add(Finding{Effect: Noted, Code: "stages-without-dates", At: at, Args: []any{Say("join."+strconv.Itoa(len(unsaid)), unsaid...)}})
	}
	for i := range g.entities {
		var own Passage
		for _, s := range said {
			own = append(own, g.entities[i].own[s])
		}
		g.entities[i].own = own
	}
	g.stages = stages
}

// segment is a part of a group.
type segment struct {
	name     string
	passages []Passage
	listed   int // entities without a date of any stage
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
			s.passages = append(s.passages, e.own)
		case !e.dated:
			s.listed++
		}
	}
}

// reached reports whether the entity has a stage date up to the as-of day.
func (e filedEntity) reached() bool {
	return slices.ContainsFunc(e.own, func(d Date) bool { return d != NoDate })
}

// exists reports whether the entity is there on the as-of day: reached a stage,
// or listed without any date.
func (e filedEntity) exists() bool { return e.reached() || !e.dated }

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
	funnel    *Builder
	survival  *Builder
	headlines []Headline
	charts    []Chart
}

func newFunnelWriter(p Params, asOf Date) *funnelWriter {
	return &funnelWriter{params: p, asOf: asOf, funnel: NewBuilder(funnelSpec), survival: NewBuilder(survivalSpec)}
}

func (w *funnelWriter) release() {
	w.funnel.Release()
	w.survival.Release()
}

// group writes the funnel of one kind of register.
func (w *funnelWriter) group(g filedGroup, n *notes) {
	o := FunnelOptions{Stages: g.stages, AsOf: w.asOf, Conf: w.params.Conf, WindowDays: w.params.FunnelWindowDays}
	for i, s := range g.segments() {
		f := FunnelFromEvents(s.passages, o)
		first := w.rows(s.name, everyone, g.unit(), s, f)
		w.steps(s.name, f)
		if s.name == everyone {
			w.say(s, f, first)
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
			w.rows(s.name, c, g.unit(), segment{}, FunnelFromEvents(cohorts[c], o))
		}
	}
}

// rows writes one funnel, and before it how many are only listed. It gives the
// table row of the funnel's first stage.
func (w *funnelWriter) rows(name, cohort, unit string, s segment, f Funnel) int {
	b := w.funnel
	if s.listed > 0 {
		b.Text("segment", name)
		b.Text("cohort", cohort)
		b.Text("stage", listed)
		b.Int("count", s.listed+len(s.passages))
		b.Text("unit", unit)
		nullAll(b, FirstStage, "step_conversion", "step_lower", "step_upper", "cumulative_conversion", "cumulative_lower", "cumulative_upper",
			"dropoff", "window_conversion", "window_lower", "window_upper", "median_days", "median_lower", "median_upper", "median_completed_days")
		b.EndRow()
	}
	first := b.Rows()
	for i, stage := range f.Stages {
		b.Text("segment", name)
		b.Text("cohort", cohort)
		b.Text("unit", unit)
		w.conversion(stage.StageConversion)
		b.Int("inferred", stage.Inferred)
		w.proportion("window_conversion", "window_lower", "window_upper", stage.Window)
		b.Int("n_mature", f.Mature)
		b.Int("n_immature", f.Immature)
		if i == 0 {
			nullAll(b, FirstStage, "median_days", "median_lower", "median_upper", "median_completed_days")
			b.EndRow()
			continue
		}
		step, total := int(f.Stages[i-1].Count.Value), int(f.Stages[0].Count.Value)
		b.Int("n_step", step)
		b.Int("n_cumulative", total)
		if min(step, total) < smallSample {
			b.Text("caution", smallN)
		}
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
func (w *funnelWriter) steps(name string, f Funnel) {
	b := w.survival
	for _, d := range f.Dwell {
		if d.AtRisk == 0 {
			continue
		}
		row := func(s SurvivalStep) {
			b.Text("segment", name)
			b.Text("from", d.From)
			b.Text("to", d.To)
			b.Int("day", int(s.Time))
			b.Int("n_risk", s.AtRisk)
			b.Int("n_event", s.Events)
			b.Int("n_censor", s.Censored)
			b.Float("survival", s.Survival)
			b.Maybe("lower", s.Lower)
			b.Maybe("upper", s.Upper)
			b.EndRow()
		}
		if d.Survival.Steps[0].Time > 0 {
			row(d.Survival.At(0))
		}
		for _, s := range d.Survival.Steps {
			row(s)
		}
	}
}

// say adds the headlines and charts of all filed models.
func (w *funnelWriter) say(s segment, f Funnel, first int) {
	w.charts = append(w.charts, Chart{
		Name: "funnel", Table: "funnel", Kind: BarChart, Where: map[string]string{"segment": everyone, "cohort": everyone},
		X: "stage", Y: []string{"count"},
		Title: Say("chart.funnel"), XTitle: Say("axis.stage"), YTitle: Say("axis.models"), Alt: Say("chart.funnel.alt", strconv.Itoa(len(s.passages)+s.listed)),
	})
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
		if n < smallSample {
			h.Note = Say("note.small-n", strconv.Itoa(n))
		}
		w.headlines = append(w.headlines, h)
	}
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
		Name: "survival", Table: "survival", Kind: StepChart, Where: map[string]string{"segment": everyone}, X: "day", Y: []string{"survival"}, Series: "to",
		Title: Say("chart.survival"), XTitle: Say("axis.days"), YTitle: Say("axis.not-yet"), Alt: Say("chart.survival.alt", strconv.Itoa(d.AtRisk)),
	})
}

// text is an estimate as it stands in a sentence.
func (e Estimate) text() string { return strconv.FormatFloat(e.Value, 'f', -1, 64) }
