package analysis_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"shakeout/analysis"
)

// goldenDir holds cases computed by independent programs, one folder each:
// input.csv, case.json (method, parameters, tolerance), expected.json.
const goldenDir = "../../shared/golden"

// golden is one case.
type golden struct {
	t          *testing.T
	Method     string
	Parameters map[string]any
	Tolerance  struct{ Rel, Abs float64 }
	rows       []map[string]string
	got        map[string]any
}

// methods is how each method is asked. A method that is not here fails.
var methods = map[string]func(*golden){
	"proportion_ci":      proportionCI,
	"proportion_diff":    proportionDiff,
	"funnel_counts":      funnelCounts,
	"funnel_events":      funnelEvents,
	"km":                 kaplanMeier,
	"nelson_aalen":       nelsonAalen,
	"logrank":            logRank,
	"competing_risks":    competingRisks,
	"exponential_hazard": exponentialHazard,
	"concentration":      concentration,
	"hhi_bounds":         hhiBounds,
	"merger":             merger,
	"share_mobility":     shareMobility,
	"gibrat":             gibrat,
	"price_normalise":    priceNormalise,
	"loglinear_trend":    loglinearTrend,
	"price_frontier":     priceFrontier,
	"price_index":        priceIndex,
	"price_events":       priceEvents,
	"markov":             markov,
	"survivors":          survivors,
	"industry_dynamics":  industryDynamics,
	"growth":             growth,
	"cadence":            cadence,
	"unit_economics":     unitEconomics,
}

func TestGolden(t *testing.T) {
	dir, set := os.LookupEnv("SHAKEOUT_GOLDEN")
	if !set || dir == "" {
		dir, set = goldenDir, false
	}
	folders, err := os.ReadDir(dir)
	if err != nil {
		if set {
			t.Fatalf("SHAKEOUT_GOLDEN: %v", err)
		}
		t.Skipf("no golden cases in %s; SHAKEOUT_GOLDEN names another folder", dir)
	}
	cases, measures := 0, 0
	for _, f := range folders {
		if !f.IsDir() {
			continue
		}
		t.Run(f.Name(), func(t *testing.T) {
			n := runGolden(t, filepath.Join(dir, f.Name()))
			cases, measures = cases+1, measures+n
			if n == 0 {
				t.Error("nothing was compared")
			}
		})
	}
	fmt.Printf("%d cases, %d measures\n", cases, measures)
	if measures == 0 {
		t.Error("nothing was compared")
	}
}

// runGolden runs one case and reports how many measures it compared.
func runGolden(t *testing.T, dir string) int {
	g := &golden{t: t, got: map[string]any{}}
	readJSON(t, filepath.Join(dir, "case.json"), g)
	var want map[string]any
	readJSON(t, filepath.Join(dir, "expected.json"), &want)
	g.rows = readCSV(t, filepath.Join(dir, "input.csv"))
	run, ok := methods[g.Method]
	if !ok {
		t.Fatalf("unknown method %q", g.Method)
	}
	run(g)
	compared := 0
	keys := make([]string, 0, len(want))
	for key := range want {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		if strings.HasSuffix(key, ".reason") {
			if got := g.got[key]; got != want[key] {
				t.Errorf("%s: got %v, want %v", key, got, want[key])
			}
			continue
		}
		compared++
		got, known := g.got[key]
		if !known {
			t.Errorf("%s: not computed, want %v", key, want[key])
		} else if !g.equal(got, want[key]) {
			t.Errorf("%s: got %v, want %v", key, got, want[key])
		}
	}
	for key, v := range g.got {
		if f, ok := v.(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
			t.Errorf("%s is not a finite number: %v", key, f)
		}
		if v == nil && g.got[key+".reason"] == nil {
			t.Errorf("%s is null without a reason", key)
		}
	}
	return compared
}

// equal compares numbers within the case's tolerance, all else exactly.
func (g *golden) equal(got, want any) bool {
	w, isNumber := want.(float64)
	if !isNumber {
		return got == want
	}
	v, ok := got.(float64)
	return ok && math.Abs(v-w) <= math.Max(g.Tolerance.Abs, g.Tolerance.Rel*math.Abs(w))
}

// The equality of a comparison that cannot fail proves nothing.
func TestGoldenComparisonCanFail(t *testing.T) {
	g := &golden{}
	g.Tolerance.Rel, g.Tolerance.Abs = 1e-9, 1e-12
	for _, c := range []struct {
		got, want any
		equal     bool
	}{
		{1.0, 1.0, true}, {1.0 + 1e-10, 1.0, true}, {1.0 + 1e-8, 1.0, false}, {nil, 1.0, false},
		{1.0, nil, false}, {nil, nil, true}, {"a", "b", false}, {true, false, false}, {0.0, 1e-13, true},
	} {
		if g.equal(c.got, c.want) != c.equal {
			t.Errorf("equal(%v, %v) is %v", c.got, c.want, !c.equal)
		}
	}
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func readCSV(t *testing.T, path string) []map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	records, err := r.ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, name := range records[0] {
			if i < len(record) {
				row[strings.TrimPrefix(name, "\ufeff")] = strings.TrimSpace(record[i])
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// Parameters: a list or a scalar; absent or null means none.

func (g *golden) number(name string, other float64) float64 {
	switch v := g.Parameters[name].(type) {
	case float64:
		return v
	case string:
		return g.parse(v)
	}
	return other
}

func (g *golden) text(name, other string) string {
	switch v := g.Parameters[name].(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return other
}

func (g *golden) list(name string) []any {
	switch v := g.Parameters[name].(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

func (g *golden) numbers(name string) []float64 {
	var all []float64
	for _, v := range g.list(name) {
		all = append(all, v.(float64))
	}
	return all
}

func (g *golden) texts(name string) []string {
	var all []string
	for _, v := range g.list(name) {
		all = append(all, fmt.Sprint(v))
	}
	return all
}

func (g *golden) conf() float64        { return g.number("conf", 0.95) }
func (g *golden) daysPerYear() float64 { return g.number("days_per_year", 365.25) }

func (g *golden) has(column string) bool {
	if len(g.rows) == 0 {
		return false
	}
	_, ok := g.rows[0][column]
	return ok
}

func (g *golden) parse(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		g.t.Fatal(err)
	}
	return v
}

// cell is a number, or missing where it is blank.
func (g *golden) cell(row map[string]string, column string) analysis.Estimate {
	if row[column] == "" {
		return analysis.Unknown(analysis.MissingInput)
	}
	return analysis.Known(g.parse(row[column]))
}

func (g *golden) float(row map[string]string, column string) float64 { return g.parse(row[column]) }
func (g *golden) int(row map[string]string, column string) int {
	return int(math.Round(g.parse(row[column])))
}

func (g *golden) moment(s string) analysis.Moment {
	m, ok := analysis.ParseMoment(s)
	if !ok {
		g.t.Fatalf("%q is not a date", s)
	}
	return m
}

// day is the day a date stands for; a blank or too coarse date is not one.
func (g *golden) day(s string) (analysis.Date, bool) {
	if s == "" {
		return 0, false
	}
	return g.moment(s).Day()
}

// asOf is the stated day, else the latest of the given date columns.
func (g *golden) asOf(columns ...string) analysis.Date {
	if s := g.text("as_of", ""); s != "" {
		return g.moment(s).Last()
	}
	latest := analysis.NoDate
	for _, r := range g.rows {
		for _, c := range columns {
			if d, ok := g.day(r[c]); ok {
				latest = max(latest, d)
			}
		}
	}
	return latest
}

// Results.

func (g *golden) put(key string, v any) {
	switch v := v.(type) {
	case analysis.Estimate:
		if !v.Ok() {
			g.got[key], g.got[key+".reason"] = nil, v.Reason
			return
		}
		g.got[key] = v.Value
	case int:
		g.got[key] = float64(v)
	case analysis.Date:
		g.got[key] = analysis.FormatDate(v)
	default:
		g.got[key] = v
	}
}

func (g *golden) proportion(key, estimate, lower, upper string, p analysis.Proportion) {
	g.put(key+estimate, p.Estimate)
	g.put(key+lower, p.Lower)
	g.put(key+upper, p.Upper)
}

func label(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func proportionCI(g *golden) {
	for _, r := range g.rows {
		g.proportion(r["label"]+"|", "estimate", "lower", "upper",
			analysis.ProportionOf(g.int(r, "k"), g.int(r, "n"), analysis.Interval(g.text("method", "wilson")), g.conf()))
	}
}

func proportionDiff(g *golden) {
	a, b := g.rows[0], g.rows[1]
	g.proportion("", "difference", "lower", "upper",
		analysis.ProportionDifference(g.int(a, "k"), g.int(a, "n"), g.int(b, "k"), g.int(b, "n"), g.conf()))
}

func (g *golden) stage(key string, s analysis.StageConversion) {
	g.put(key+"count", s.Count)
	g.proportion(key, "step_conversion", "step_lower", "step_upper", s.Step)
	g.proportion(key, "cumulative_conversion", "cumulative_lower", "cumulative_upper", s.Cumulative)
}

func funnelCounts(g *golden) {
	var stages []analysis.StageCount
	for _, r := range g.rows {
		stages = append(stages, analysis.StageCount{Stage: r["stage"], Count: g.cell(r, "count"), Unit: r["unit"]})
	}
	for _, s := range analysis.FunnelFromCounts(stages, g.conf()) {
		g.stage(s.Stage+"|", s)
		g.put(s.Stage+"|dropoff", s.Dropoff)
	}
}

func funnelEvents(g *golden) {
	o := analysis.FunnelOptions{Stages: g.texts("stages"), AsOf: g.asOf("date"), Conf: g.conf(), WindowDays: int(g.number("window_days", 0))}
	byEntity := map[string]analysis.Passage{}
	var names []string
	for _, r := range g.rows {
		stage := slices.Index(o.Stages, r["stage"])
		day, ok := g.day(r["date"])
		if stage < 0 || !ok || day > o.AsOf {
			continue
		}
		p := byEntity[r["entity"]]
		if p == nil {
			p = slices.Repeat(analysis.Passage{analysis.NoDate}, len(o.Stages))
			byEntity[r["entity"]], names = p, append(names, r["entity"])
		}
		if p[stage] == analysis.NoDate || day < p[stage] {
			p[stage] = day
		}
	}
	var all []analysis.Passage
	cohorts := map[string][]analysis.Passage{}
	grain := map[string]analysis.Grain{"month": analysis.Month, "quarter": analysis.Quarter, "year": analysis.Year}[g.text("cohort", "none")]
	for _, n := range names {
		all = append(all, byEntity[n])
		c := analysis.Cohort(byEntity[n], grain)
		cohorts[c] = append(cohorts[c], byEntity[n])
	}
	f := analysis.FunnelFromEvents(all, o)
	for _, s := range f.Stages {
		g.stage(s.Stage+"|", s.StageConversion)
		g.put(s.Stage+"|inferred", s.Inferred)
		g.proportion(s.Stage+"|", "window_conversion", "window_lower", "window_upper", s.Window)
	}
	for _, d := range f.Dwell {
		key := d.From + "->" + d.To + "|"
		g.put(key+"n_at_risk", d.AtRisk)
		g.put(key+"n_completed", d.Completed)
		g.put(key+"n_order_violations", d.OrderViolations)
		g.put(key+"n_unknown_date", d.UnknownDate)
		g.put(key+"median_days", d.Survival.Median)
		g.put(key+"median_lower", d.Survival.Lower)
		g.put(key+"median_upper", d.Survival.Upper)
		g.put(key+"median_completed_days", d.MedianCompleted)
	}
	if o.WindowDays > 0 {
		g.put("n_mature", f.Mature)
		g.put("n_immature", f.Immature)
	}
	if grain == "" {
		return
	}
	for c, passages := range cohorts {
		for _, s := range analysis.FunnelFromEvents(passages, o).Stages {
			key := "cohort=" + c + "|" + s.Stage + "|"
			g.put(key+"count", s.Count)
			g.put(key+"cumulative_conversion", s.Cumulative.Estimate)
		}
	}
}

func (g *golden) lifetimes() []analysis.Lifetime {
	var lives []analysis.Lifetime
	delayed := g.has("entry")
	for _, r := range g.rows {
		l := analysis.Lifetime{Time: g.float(r, "time"), Event: g.float(r, "event") != 0}
		if delayed && r["entry"] != "" {
			l.Entry, l.Delayed = g.float(r, "entry"), true
		}
		lives = append(lives, l)
	}
	return lives
}

func kaplanMeier(g *golden) {
	if c := g.text("conf_type", "log-log"); c != "log-log" {
		g.t.Fatalf("no interval is called %q", c)
	}
	km := analysis.KaplanMeierOf(g.lifetimes(), g.conf())
	for _, t := range g.numbers("times") {
		s, key := km.At(t), "t="+label(t)+"|"
		g.put(key+"survival", s.Survival)
		g.put(key+"std_err", s.StdErr)
		g.put(key+"lower", s.Lower)
		g.put(key+"upper", s.Upper)
		g.put(key+"n_risk", s.AtRisk)
	}
	g.put("n", km.N)
	g.put("events", km.Events)
	g.put("median", km.Median)
	g.put("median_lower", km.Lower)
	g.put("median_upper", km.Upper)
	if tau := g.number("rmst_tau", -1); tau >= 0 {
		mean, se := km.RestrictedMean(tau)
		g.put("rmst", mean)
		g.put("rmst_se", se)
	}
}

func nelsonAalen(g *golden) {
	steps := analysis.NelsonAalen(g.lifetimes())
	for _, t := range g.numbers("times") {
		h := analysis.HazardAt(steps, t)
		g.put("t="+label(t)+"|cumhaz", h.CumHazard)
		g.put("t="+label(t)+"|std_err", h.StdErr)
	}
}

func logRank(g *golden) {
	var names []string
	for _, r := range g.rows {
		names = append(names, r["group"])
	}
	slices.Sort(names)
	names = slices.Compact(names)
	var group []int
	for _, r := range g.rows {
		group = append(group, slices.Index(names, r["group"]))
	}
	l := analysis.LogRankTest(g.lifetimes(), group, len(names))
	g.put("chisq", l.ChiSquare)
	g.put("df", l.Freedom)
	g.put("p_value", l.P)
	for i, name := range names {
		g.put(name+"|observed", l.Observed[i])
		g.put(name+"|expected", l.Expected[i])
	}
}

func competingRisks(g *golden) {
	var ends []analysis.Ending
	causes := 0
	for _, r := range g.rows {
		e := analysis.Ending{Time: g.float(r, "time"), Cause: g.int(r, "cause")}
		ends, causes = append(ends, e), max(causes, e.Cause)
	}
	steps := analysis.CompetingRisks(ends, causes)
	for _, t := range g.numbers("times") {
		at := analysis.IncidenceAt(steps, causes, t)
		g.put("t="+label(t)+"|event_free", at.EventFree)
		for k := range causes {
			key := fmt.Sprintf("cause=%d|t=%s|", k+1, label(t))
			g.put(key+"cif", at.Incidence[k])
			g.put(key+"std_err", at.StdErr[k])
		}
	}
}

func exponentialHazard(g *golden) {
	events, exposure := 0, 0.0
	for _, l := range g.lifetimes() {
		exposure += l.Time - l.Entry
		if l.Event {
			events++
		}
	}
	h := analysis.ConstantHazardOf(events, exposure, g.number("horizon_days", 365.25), g.daysPerYear(), g.conf())
	g.put("events", h.Events)
	g.put("exposure_days", h.ExposureDays)
	g.proportion("", "rate_per_year", "rate_lower", "rate_upper", h.Rate)
	g.proportion("", "survival_at_horizon", "survival_lower", "survival_upper", h.Survival)
	g.put("median_life_days", h.MedianLife)
}

func (g *golden) firms() []analysis.FirmValue {
	var rows []analysis.FirmValue
	for _, r := range g.rows {
		v := g.cell(r, "value")
		rows = append(rows, analysis.FirmValue{Firm: r["firm"], Value: v.Value, Missing: !v.Ok()})
	}
	return rows
}

func (g *golden) valueKind() analysis.ValueKind {
	return analysis.ValueKind(g.text("value_kind", string(analysis.Amount)))
}

func concentration(g *golden) {
	m := analysis.SharesOf(g.firms(), g.valueKind())
	c := analysis.ConcentrationOf(m)
	g.put("n_firms", c.Firms)
	g.put("n_missing", m.Missing)
	g.put("share_total", m.Total)
	for key, e := range map[string]analysis.Estimate{
		"hhi": c.HHI, "hhi_normalized": c.HHINormalized, "effective_number": c.EffectiveNumber,
		"entropy_nats": c.Entropy, "entropy_bits": c.EntropyBits, "entropy_normalized": c.EntropyRelative,
		"hill_0": c.Hill0, "hill_1": c.Hill1, "hill_2": c.Hill2, "hill_inf": c.HillInf,
		"gini": c.Gini, "gini_corrected": c.GiniCorrected, "theil_t": c.TheilT, "theil_l": c.TheilL,
		"rosenbluth": c.Rosenbluth, "dominance_index": c.DominanceIndex,
	} {
		g.put(key, e)
	}
	for k, e := range c.CR {
		g.put(fmt.Sprintf("cr%d", k), e)
	}
}

func hhiBounds(g *golden) {
	total := analysis.Unknown(analysis.TotalUnknown)
	if v := g.number("total", math.NaN()); !math.IsNaN(v) {
		total = analysis.Known(v)
	} else if kind := g.valueKind(); kind == analysis.SharePercent {
		total = analysis.Known(100)
	} else if kind == analysis.ShareFraction {
		total = analysis.Known(1)
	}
	b := analysis.HHIBoundsOf(g.firms(), total, analysis.UnlistedFirms{MaxShare: g.number("others_max_share", 0), Count: int(g.number("others_count", 0))})
	g.put("others_share", b.OthersShare)
	g.put("hhi_lower", b.Lower)
	g.put("hhi_upper", b.Upper)
	g.put("hhi_upper_single_other", b.UpperSingleOther)
	g.put("effective_number_lower", b.EffectiveLower)
	g.put("effective_number_upper", b.EffectiveUpper)
	for k, e := range b.CR {
		g.put(fmt.Sprintf("cr%d", k), e)
	}
}

func merger(g *golden) {
	m := analysis.MergerOf(analysis.SharesOf(g.firms(), g.valueKind()), g.texts("merging"))
	g.put("hhi_pre", m.HHIPre)
	g.put("hhi_post", m.HHIPost)
	g.put("delta_hhi", m.Delta)
	g.put("merged_share", m.MergedShare)
	if !m.HHIPre.Ok() {
		return
	}
	g.put("presumption_hhi", m.ByHHI)
	g.put("presumption_share", m.ByShare)
	g.put("presumption_2023", m.Presumed)
	g.put("band_pre", m.BandPre)
	g.put("band_post", m.BandPost)
	g.put("hmg2010_presumed", m.Presumed2010)
}

func shareMobility(g *golden) {
	var periods []string
	for _, r := range g.rows {
		periods = append(periods, r["period"])
	}
	slices.SortFunc(periods, analysis.ComparePeriods)
	market := func(period string) analysis.MarketShares {
		var rows []analysis.FirmValue
		for i, f := range g.firms() {
			if g.rows[i]["period"] == period {
				rows = append(rows, f)
			}
		}
		return analysis.SharesOf(rows, g.valueKind())
	}
	m := analysis.ShareMobilityOf(market(periods[0]), market(periods[len(periods)-1]), int(g.number("top_k", 5)))
	for key, v := range map[string]any{
		"instability": m.Instability, "turnover": m.Turnover, "n_common": m.Common, "n_entrants": m.Entrants, "n_exits": m.Exits,
		"spearman": m.Spearman, "kendall_tau_b": m.KendallTauB, "top_k_retention": m.TopRetention, "leader_changed": m.LeaderChanged,
		"leader_share_change": m.LeaderShareChange, "delta_hhi": m.DeltaHHI, "delta_hhi_incumbents": m.DeltaIncumbents,
		"delta_hhi_entry": m.DeltaEntry, "delta_hhi_exit": m.DeltaExit,
	} {
		g.put(key, v)
	}
}

func gibrat(g *golden) {
	var firms []analysis.FirmGrowth
	for _, r := range g.rows {
		firms = append(firms, analysis.FirmGrowth{Start: g.cell(r, "start").Value, End: g.cell(r, "end").Value})
	}
	b := analysis.GibratOf(firms, g.conf())
	for key, v := range map[string]any{
		"n": b.N, "n_exits": b.Exits, "n_entrants": b.Entrants, "alpha": b.Intercept, "beta": b.Slope, "beta_se": b.SlopeSE,
		"beta_lower": b.Lower, "beta_upper": b.Upper, "r_squared": b.RSquared, "p_beta_eq_1": b.P,
	} {
		g.put(key, v)
	}
}

func priceNormalise(g *golden) {
	rates := map[string]float64{}
	if fx, ok := g.Parameters["fx"].(map[string]any); ok {
		for c, v := range fx {
			rates[c] = v.(float64)
		}
	}
	w := analysis.Blend{Input: g.number("weight_input", 3), Output: g.number("weight_output", 1)}
	if list := g.numbers("weights"); len(list) == 2 {
		w = analysis.Blend{Input: list[0], Output: list[1]}
	}
	for _, r := range g.rows {
		p := analysis.NormalisePrice(analysis.Quote{Input: g.cell(r, "input_price"), Output: g.cell(r, "output_price"),
			Per: g.float(r, "per"), Unit: r["unit"], Currency: r["currency"]}, rates, g.text("target", ""), w)
		g.put(r["item"]+"|input_per_mtok", p.Input)
		g.put(r["item"]+"|output_per_mtok", p.Output)
		g.put(r["item"]+"|blended_per_mtok", p.Blended)
	}
}

func loglinearTrend(g *golden) {
	var points []analysis.PricePoint
	for _, r := range g.rows {
		if day, ok := g.day(r["date"]); ok && r["price"] != "" {
			points = append(points, analysis.PricePoint{Day: day, Price: g.float(r, "price")})
		}
	}
	g.trend(analysis.LoglinearTrend(points, g.daysPerYear(), g.conf()))
}

func (g *golden) trend(t analysis.Trend) {
	for key, v := range map[string]any{
		"n": t.N, "n_excluded_nonpositive": t.Nonpositive, "slope_ln_per_year": t.Slope.Slope, "slope_se": t.Slope.SlopeSE,
		"slope_lower": t.Slope.Lower, "slope_upper": t.Slope.Upper, "r_squared": t.Slope.RSquared, "factor_per_year": t.Factor,
		"decline_factor_per_year": t.Decline, "decline_factor_lower": t.DeclineLower, "decline_factor_upper": t.DeclineUpper,
		"half_life_days": t.HalfLife, "half_life_lower": t.HalfLifeLower, "half_life_upper": t.HalfLifeUpper, "doubling_days": t.Doubling,
	} {
		g.put(key, v)
	}
}

func priceFrontier(g *golden) {
	var rows []analysis.ScoredPrice
	for _, r := range g.rows {
		if day, ok := g.day(r["date"]); ok && r["score"] != "" && r["price"] != "" {
			rows = append(rows, analysis.ScoredPrice{Day: day, Model: r["model"], Score: g.float(r, "score"), Price: g.float(r, "price")})
		}
	}
	f := analysis.PriceFrontier(rows, g.number("min_score", math.Inf(-1)), g.number("max_score_exclusive", math.Inf(1)), g.daysPerYear(), g.conf())
	g.trend(f.Trend)
	g.put("n_points", len(f.Points))
	g.put("n_free", f.Free)
	for i, p := range f.Points {
		rank := strconv.Itoa(i+1) + "|"
		g.put(rank+"date", p.Day)
		g.put(rank+"model", p.Model)
		g.put(rank+"price", p.Price)
		if i == 0 {
			g.put("first_date", p.Day)
		}
		g.put("last_date", p.Day)
	}
}

func priceIndex(g *golden) {
	var rows []analysis.ProductPrice
	for _, r := range g.rows {
		if r["price"] != "" {
			rows = append(rows, analysis.ProductPrice{Period: r["period"], Product: r["product"], Price: g.float(r, "price"), Quantity: g.cell(r, "quantity")})
		}
	}
	for _, p := range analysis.PriceIndex(rows, g.text("base", "")) {
		for f, e := range p.Direct {
			g.put(p.Period+"|"+string(f)+"_direct", e)
		}
		for f, e := range p.Chained {
			g.put(p.Period+"|"+string(f)+"_chained", e)
		}
		for f, e := range p.GEKS {
			g.put(p.Period+"|geks_"+string(f), e)
		}
		g.put(p.Period+"|n_matched", p.Matched)
		g.put(p.Period+"|n_zero_dropped", p.ZeroDropped)
	}
}

func priceEvents(g *golden) {
	var prices []analysis.ListPrice
	for _, r := range g.rows {
		if day, ok := g.day(r["date"]); ok && r["price"] != "" {
			prices = append(prices, analysis.ListPrice{Day: day, Provider: r["provider"], Model: r["model"], Price: g.float(r, "price")})
		}
	}
	m := analysis.PriceMovesOf(prices, g.number("min_drop", 0.1), int(g.number("window_days", 30)), int(g.number("min_providers", 3)))
	g.put("n_cuts", len(m.Cuts))
	g.put("n_increases", m.Increases)
	g.put("n_to_free", m.ToFree)
	g.put("n_wars", len(m.Wars))
	for i, c := range m.Cuts {
		key := fmt.Sprintf("cut%d|", i+1)
		g.put(key+"date", c.Day)
		g.put(key+"provider", c.Provider)
		g.put(key+"model", c.Model)
		g.put(key+"drop", c.Drop)
	}
	for i, w := range m.Wars {
		key := fmt.Sprintf("war%d|", i+1)
		g.put(key+"start", w.Start)
		g.put(key+"end", w.End)
		g.put(key+"n_cuts", w.Cuts)
		g.put(key+"n_providers", w.Providers)
		g.put(key+"median_drop", w.MedianDrop)
		g.put(key+"max_drop", w.MaxDrop)
		g.put(key+"first_mover", w.FirstMover)
		g.put(key+"n_to_free", w.ToFree)
	}
}

// periodNumber makes consecutive periods consecutive numbers.
func (g *golden) periodNumber(s string) int {
	if m, ok := analysis.ParseMoment(s); ok && m.Grain != analysis.Year {
		y, month, _ := analysis.YearMonthDay(m.First)
		switch m.Grain {
		case analysis.Month:
			return 12*y + month
		case analysis.Quarter:
			return 4*y + (month+2)/3
		case analysis.Half:
			return 2*y + (month+5)/6
		}
		return int(m.First)
	}
	return int(g.parse(s))
}

func markov(g *golden) {
	var panel []analysis.StateObservation
	states := g.texts("states")
	declared := len(states) > 0
	for _, r := range g.rows {
		panel = append(panel, analysis.StateObservation{Entity: r["entity"], Period: g.periodNumber(r["period"]), State: r["state"]})
		if !declared {
			states = append(states, r["state"])
		}
	}
	if !declared {
		slices.Sort(states)
		states = slices.Compact(states)
	}
	m := analysis.TransitionMatrixOf(panel, states, g.texts("absorbing"), g.conf())
	for _, row := range m.Cells {
		for _, c := range row {
			key := c.From + "->" + c.To + "|"
			g.put(key+"n", c.N)
			g.proportion(key, "p", "lower", "upper", c.P)
		}
	}
	start := make([]float64, len(states))
	if initial, ok := g.Parameters["initial"].(map[string]any); ok {
		for i, s := range states {
			start[i], _ = initial[s].(float64)
		}
	}
	for _, h := range g.numbers("horizons") {
		for i, e := range m.Expected(start, int(h)) {
			g.put("h="+label(h)+"|"+states[i]+"|expected", e)
		}
	}
}

func survivors(g *golden) {
	var s analysis.Survivors
	model := g.text("model", "gamma_binomial")
	if model == "poisson_binomial" {
		var p []float64
		for _, r := range g.rows {
			p = append(p, g.float(r, "p"))
		}
		s = analysis.PoissonBinomialSurvivors(p)
	} else {
		events, alive, exposure := 0, 0, 0.0
		for _, l := range g.lifetimes() {
			exposure += l.Time
			if l.Event {
				events++
			} else {
				alive++
			}
		}
		n, horizon := int(g.number("n_alive", float64(alive))), g.number("horizon_days", 365.25)
		switch model {
		case "binomial":
			s = analysis.BinomialSurvivors(n, events, exposure, horizon)
		case "gamma_binomial":
			s = analysis.GammaBinomialSurvivors(n, events, exposure, horizon)
		default:
			g.t.Fatalf("no model is called %q", model)
		}
	}
	g.put("expected", s.Mean())
	g.put("q05", s.Quantile(0.05))
	g.put("q50", s.Quantile(0.50))
	g.put("q95", s.Quantile(0.95))
	for _, k := range g.numbers("at_most") {
		g.put("p_at_most_"+label(k), s.Between(0, int(k)))
	}
	if b := g.numbers("between"); len(b) == 2 {
		g.put("p_between", s.Between(int(b[0]), int(b[1])))
	}
}

func industryDynamics(g *golden) {
	var tenures []analysis.Tenure
	for _, r := range g.rows {
		t := analysis.Tenure{Entry: analysis.NoDate, Exit: analysis.NoDate}
		if d, ok := g.day(r["entry_date"]); ok {
			t.Entry = d
		}
		if d, ok := g.day(r["exit_date"]); ok {
			t.Exit = d
		}
		tenures = append(tenures, t)
	}
	d := analysis.IndustryDynamicsOf(tenures, analysis.Grain(g.text("freq", "quarter")), g.asOf("entry_date", "exit_date"), g.number("shakeout_decline", 0.5))
	for _, p := range d.Periods {
		key := p.Period.Label() + "|"
		g.put(key+"entries", p.Entries)
		g.put(key+"exits", p.Exits)
		g.put(key+"net_entry", p.NetEntry)
		g.put(key+"stock_end", p.Stock)
		g.put(key+"entry_rate", p.EntryRate)
		g.put(key+"exit_rate", p.ExitRate)
	}
	g.put("peak_stock", d.PeakStock)
	g.put("peak_period", d.PeakPeriod.Label())
	g.put("decline_from_peak", d.Decline)
	g.put("shakeout", d.Shakeout)
}

func growth(g *golden) {
	var series []analysis.Observed
	for _, r := range g.rows {
		if r["value"] != "" && r["date"] != "" {
			series = append(series, analysis.Observed{At: g.moment(r["date"]), Value: g.float(r, "value")})
		}
	}
	w := analysis.GrowthOf(series, g.daysPerYear())
	for key, e := range map[string]analysis.Estimate{
		"ratio": w.Ratio, "cagr": w.CAGR, "cmgr": w.CMGR, "doubling_days": w.Doubling, "half_life_days": w.HalfLife,
		"span_days": w.SpanDays, "span_days_min": w.SpanMin, "span_days_max": w.SpanMax,
		"doubling_days_min": w.DoublingMin, "doubling_days_max": w.DoublingMax,
	} {
		g.put(key, e)
	}
}

func cadence(g *golden) {
	var dates []analysis.Date
	for _, r := range g.rows {
		if d, ok := g.day(r["date"]); ok {
			dates = append(dates, d)
		}
	}
	c := analysis.CadenceOf(dates, g.asOf("date"), g.daysPerYear(), g.conf())
	for key, v := range map[string]any{
		"n_releases": c.Releases, "n_same_day": c.SameDay, "open_gap_days": c.OpenGap, "median_gap_days": c.Median, "mean_gap_days": c.Mean,
		"min_gap_days": c.Min, "max_gap_days": c.Max, "cv_gap": c.CV, "rate_per_year": c.Rate.Estimate, "rate_lower": c.Rate.Lower,
		"rate_upper": c.Rate.Upper, "km_median_gap_days": c.KMMedian,
	} {
		g.put(key, v)
	}
}

func unitEconomics(g *golden) {
	for _, r := range g.rows {
		u := analysis.UnitEconomicsOf(analysis.CustomerCosts{Spend: g.cell(r, "spend"), NewCustomers: g.cell(r, "new_customers"),
			ARPUMonth: g.cell(r, "arpu_month"), GrossMargin: g.cell(r, "gross_margin"), ChurnMonth: g.cell(r, "churn_month")})
		g.put(r["item"]+"|cac", u.CAC)
		g.put(r["item"]+"|payback_months", u.PaybackMonths)
		g.put(r["item"]+"|ltv", u.LTV)
		g.put(r["item"]+"|ltv_to_cac", u.LTVToCAC)
	}
}
