package analysis

import (
	"math"
	"slices"
)

// ForcesAnalysis measures the three forces of the founding story: sustained
// resources, iteration speed, a way to monetise.
//
// Output "forces": one row per model that has any measure, or is filed. Each
// force is a percentile rank, (r-0.5)/n with average ranks, among the models
// that have the measure:
//
//	resources     log-linear growth of tokens per day, else tokens, else MAU; and marketing
//	              spend per month; the mean of the two ranks where a model has both; amounts of
//	              several regions are not added up, and count only where one region is all there is
//	iteration     releases per year, two releases or more
//	monetisation  revenue per month, else whether the last list price is above zero, else MAU
//
// A model has a force when its rank is at least 0.5; passed says whether it is
// a finalist. Ranks say who does more, not whether it is enough.
//
// Output "force_tests": does a force go with survival? One log-rank test per
// force, between filed models that had it and those that had not, where the
// force is measured in the first Params.LandmarkDays of the model alone and the
// clock starts when they are over: a force measured later would be immortal time.
// Sources: methods 8.1, 2.7.
var ForcesAnalysis = Analyzer{
	Name: "forces", Sheet: "models", Doc: "Resources, iteration and monetisation of each model, and whether they go with survival.",
	Needs: []string{"metrics", "releases", "prices"}, Specs: []TableSpec{forcesSpec, forceTestsSpec}, run: runForces,
}

var forcesSpec = TableSpec{Name: "forces", Key: 2, Columns: join(
	columns(Text, "model", "company"), estimates("fraction", "resources", "iteration", "monetisation"),
	[]ColumnSpec{{Name: "passed", Type: Bool, Reason: true}},
	// Beyond the promise: the measures behind the ranks.
	columns(Text, "resources_from", "iteration_from", "monetisation_from"), counts("n_resources", "n_iteration", "n_monetisation", "n_forces"),
	estimates("", "growth_slope", "spend_per_month", "releases_per_year", "monetisation_value"),
)}

var forceTestsSpec = TableSpec{Name: "force_tests", Key: 2, Columns: join(
	columns(Text, "force", "had"), []ColumnSpec{{Name: "landmark_days", Type: Int, Unit: "days"}}, counts("n", "observed"),
	[]ColumnSpec{{Name: "expected", Type: Float, Unit: "count"}},
	estimates("", "chi_square"), counts("df"), estimates("fraction", "p_value"), columns(Text, "caution"),
)}

// monthDays is the length of a month in days (methods 0.2).
func monthDays(p Params) float64 { return p.DaysPerYear / 12 }

// measure is a number of some models, by folded name, comparable among them.
type measure struct {
	name string // of the metric, with its unit where that is not the metric's own
	of   map[string]float64
}

// ranks are the percentile ranks of a measure, (r-0.5)/n with average ranks.
func (m measure) ranks() map[string]float64 {
	keys := sortedKeys(m.of)
	values := make([]float64, len(keys))
	for i, k := range keys {
		values[i] = m.of[k]
	}
	ranks := map[string]float64{}
	for i, r := range averageRanks(values) {
		ranks[keys[i]] = (r - 0.5) / float64(len(keys))
	}
	return ranks
}

// forceRank is a model's rank in the first measure that it has.
type forceRank struct {
	rank, value float64
	from        string
	n           int // models that have the measure
}

// firstOf ranks models in the first of some measures that each has.
func firstOf(measures []measure) map[string]forceRank {
	all := map[string]forceRank{}
	for _, m := range measures {
		for key, rank := range m.ranks() {
			if _, ok := all[key]; !ok {
				all[key] = forceRank{rank, m.of[key], m.name, len(m.of)}
			}
		}
	}
	return all
}

// window limits measures to the first days of a model; nil takes all.
type window func(key string) (from, to Date, ok bool)

func (w window) holds(key string, d Date) bool {
	if w == nil {
		return true
	}
	from, to, ok := w(key)
	return ok && d >= from && d <= to
}

// growthMeasures are the slopes of the metrics of use, in order of preference.
func (e evidence) growthMeasures(p Params, w window) []measure {
	var all []measure
	for _, metric := range growthMetrics {
		m := measure{"growth_" + metric, map[string]float64{}}
		for key, of := range seriesOfModels(e.markets, metric) {
			if s, ok := longest(of); ok {
				if slope := s.slope(p, func(d Date) bool { return w.holds(key, d) }); slope.Ok() {
					m.of[key] = slope.Value
				}
			}
		}
		all = append(all, m)
	}
	return all
}

// everywhere are the markets that speak of the whole: those of no region, or of
// the one region that a metric is stated for. Regions are never added up, since
// nobody says that they are all.
func everywhere(markets []market) []market {
	regions := map[string]map[string]bool{}
	for _, m := range markets {
		if regions[m.metric] == nil {
			regions[m.metric] = map[string]bool{}
		}
		regions[m.metric][m.region] = true
	}
	return slices.DeleteFunc(slices.Clone(markets), func(m market) bool {
		return m.region != "" && (regions[m.metric][""] || len(regions[m.metric]) > 1)
	})
}

// perMonth is an amount of money per month from a metric, everywhere: of each
// model the latest period, in the currency that most models state.
func (e evidence) perMonth(metric string, p Params, w window) measure {
	type amount struct {
		value float64
		last  Date
		grain Grain
	}
	byUnit := map[string]map[string]amount{}
	for _, m := range everywhere(slices.DeleteFunc(slices.Clone(e.markets), func(m market) bool { return m.metric != metric || !m.dated })) {
		last := m.at.Last()
		if m.end != NoDate {
			last = m.end
		}
		days := float64(last-m.at.First) + 1
		if m.at.Grain == Day && m.end == NoDate {
			continue // an amount on a day, over what time nobody says
		}
		for _, f := range m.facts[kindModel] {
			key := Fold(f.name)
			if f.missing || f.value < 0 || !w.holds(key, last) {
				continue
			}
			of := byUnit[m.unit]
			if of == nil {
				of = map[string]amount{}
				byUnit[m.unit] = of
			}
			if old, ok := of[key]; !ok || last > old.last || last == old.last && m.at.Grain.Fineness() < old.grain.Fineness() {
				of[key] = amount{f.value / days * monthDays(p), last, m.at.Grain}
			}
		}
	}
	best := ""
	for _, unit := range sortedKeys(byUnit) {
		if best == "" || len(byUnit[unit]) > len(byUnit[best]) {
			best = unit
		}
	}
	m := measure{metric, map[string]float64{}}
	for key, a := range byUnit[best] {
		m.of[key] = a.value
	}
	return m
}

// level is the latest value of a metric of each model.
func (e evidence) level(metric string, w window) measure {
	m := measure{metric, map[string]float64{}}
	for key, of := range seriesOfModels(e.markets, metric) {
		s, _ := longest(of)
		for _, f := range s.facts {
			if d, ok := f.at.Day(); w == nil || ok && w.holds(key, d) {
				m.of[key] = f.value
			}
		}
	}
	return m
}

// paid is 1 for models whose last list price of any kind is above zero, else 0.
func (e evidence) paid(w window) measure {
	m := measure{"paid_price", map[string]float64{}}
	last := map[string]Date{}
	for _, s := range e.prices {
		key := Fold(s.model)
		for _, o := range s.points {
			old, known := m.of[key]
			if !w.holds(key, o.day) || known && o.day < last[key] {
				continue
			}
			v := 0.0
			if o.price > 0 || known && o.day == last[key] && old > 0 {
				v = 1
			}
			m.of[key], last[key] = v, o.day
		}
	}
	return m
}

// monetising are the measures of a way to monetise, in order of preference.
func (e evidence) monetising(p Params, w window) []measure {
	return []measure{e.perMonth("revenue", p, w), e.paid(w), e.level("mau", w)}
}

// releaseRates are releases per year, of models with two or more.
func releaseRates(releases map[string][]releaseDate, asOf Date, p Params) measure {
	m := measure{"releases_per_year", map[string]float64{}}
	for key, of := range releases {
		if rate := CadenceOf(daysOf(of), asOf, p.DaysPerYear, p.Conf).Rate.Estimate; rate.Ok() {
			m.of[key] = rate.Value
		}
	}
	return m
}

// hasForce is the rank from which a model has a force.
const hasForce = 0.5

func runForces(basis *basis) Result {
	ts, p := basis.tables, basis.params
	var r Result
	e := basis.evidence()
	releases, spelled := releasesOf(ts["releases"], e.names, e.asOf)
	growth := firstOf(e.growthMeasures(p, nil))
	spend := e.perMonth("marketing_spend", p, nil)
	spendRanks := spend.ranks()
	rates := releaseRates(releases, e.asOf, p)
	rateRanks := rates.ranks()
	money := firstOf(e.monetising(p, nil))
	if len(growth)+len(spend.of)+len(rates.of)+len(money) == 0 {
		return r
	}
	finalists := map[string]bool{}
	for _, name := range e.last.names {
		finalists[Fold(name)] = true
	}
	b := NewBuilder(forcesSpec)
	defer b.Release()
	for _, l := range e.lines(releases, spelled) {
		key := Fold(l.name)
		g, grows := growth[key]
		m, earns := money[key]
		spent, spends := spend.of[key]
		rate, released := rates.of[key]
		if !grows && !earns && !spends && !released && l.filed == nil {
			continue
		}
		b.Text("model", l.name)
		b.Text("company", l.company)
		forces := 0
		rank := func(column string, ok bool, rank float64, n int, from, reason string) {
			if !ok {
				b.Null(column, reason)
				b.Int("n_"+column, n)
				return
			}
			b.Float(column, rank)
			b.Text(column+"_from", from)
			b.Int("n_"+column, n)
			if rank >= hasForce {
				forces++
			}
		}
		resources, from, n := g.rank, g.from, g.n
		switch {
		case grows && spends:
			resources, from, n = (g.rank+spendRanks[key])/2, g.from+"_and_spend", g.n+len(spend.of)
		case spends:
			resources, from, n = spendRanks[key], spend.name, len(spend.of)
		}
		rank("resources", grows || spends, resources, n, from, MissingInput)
		rank("iteration", released, rateRanks[key], len(rates.of), rates.name, TooFewPoints)
		rank("monetisation", earns, m.rank, m.n, m.from, MissingInput)
		b.Int("n_forces", forces)
		number := func(column string, ok bool, v float64, reason string) {
			if ok {
				b.Float(column, v)
			} else {
				b.Null(column, reason)
			}
		}
		number("growth_slope", grows, g.value, TooFewPoints)
		number("spend_per_month", spends, spent, MissingInput)
		number("releases_per_year", released, rate, TooFewPoints)
		number("monetisation_value", earns, m.value, MissingInput)
		if e.last.found {
			b.Bool("passed", finalists[key])
		} else {
			b.Null("passed", MissingInput)
		}
		b.EndRow()
	}
	r.Tables = []Table{b.Table()}
	if tests := e.forceTests(releases, p); tests.Rows() > 0 {
		r.Tables = append(r.Tables, tests)
	}
	return r
}

// forceTests compares survival after the landmark between the models that had a
// force before it and those that had not.
func (e evidence) forceTests(releases map[string][]releaseDate, p Params) Table {
	b := NewBuilder(forceTestsSpec)
	defer b.Release()
	landmark := Date(p.LandmarkDays)
	born, count := map[string]Date{}, map[string]int{}
	for _, f := range e.stated.entities {
		key := Fold(f.model)
		if count[key]++; isDay(f.entry()) {
			born[key] = f.entry()
		}
	}
	w := window(func(key string) (Date, Date, bool) {
		d, ok := born[key]
		return d, d + landmark, ok && count[key] == 1
	})
	early := measure{"releases_per_year", map[string]float64{}}
	for key, of := range releases {
		n := 0
		for _, d := range daysOf(of) {
			if w.holds(key, d) {
				n++
			}
		}
		if _, _, ok := w(key); ok {
			early.of[key] = float64(n) / float64(p.LandmarkDays) * p.DaysPerYear
		}
	}
	resources := firstOf(append(e.growthMeasures(p, w), e.perMonth("marketing_spend", p, w)))
	for _, force := range []struct {
		name string
		of   map[string]forceRank
	}{{"resources", resources}, {"iteration", firstOf([]measure{early})}, {"monetisation", firstOf(e.monetising(p, w))}} {
		var lives []Lifetime
		var group []int
		n := [2]int{}
		for _, f := range e.stated.entities {
			l, ok := e.stated.life(f, e.asOf)
			r, has := force.of[Fold(f.model)]
			if !ok || !has || l.Time <= float64(landmark) || !l.observed() {
				continue // gone, or not yet so old, at the landmark
			}
			g := 0
			if r.rank >= hasForce {
				g = 1
			}
			n[g]++
			entry := math.Max(0, l.Entry-float64(landmark))
			lives = append(lives, Lifetime{Entry: entry, Delayed: entry > 0, Time: l.Time - float64(landmark), Event: l.Cause == 1})
			group = append(group, g)
		}
		if len(lives) == 0 {
			continue
		}
		test := LogRankTest(lives, group, 2)
		if n[0] == 0 || n[1] == 0 {
			test.ChiSquare, test.P = Unknown(TooFewPoints), Unknown(TooFewPoints)
		}
		for g, label := range []string{"without", "with"} {
			b.Text("force", force.name)
			b.Text("had", label)
			b.Int("landmark_days", p.LandmarkDays)
			b.Int("n", n[g])
			b.Int("observed", int(test.Observed[g]))
			b.Float("expected", test.Expected[g])
			b.Maybe("chi_square", test.ChiSquare)
			b.Int("df", test.Freedom)
			b.Maybe("p_value", test.P)
			switch {
			case !e.exits:
				b.Text("caution", exitsNotRecorded)
			case n[g] < smallSample:
				b.Text("caution", smallN)
			}
			b.EndRow()
		}
	}
	return b.Table()
}
