package analysis

import (
	"slices"
	"strconv"
)

// DynamicsAnalysis counts who enters and who leaves: entries, exits, the stock
// and its decline from the peak, by period of Params.CohortGrain.
//
// Input: filings with dates. Output "dynamics": one row per period from the
// first entry to the as-of day. A model enters on its earliest date and leaves
// on its retired date; mergers and new names leave the stock and are counted
// apart. Of several registers only the first with dates counts, since their
// units differ. Where nobody is said to have left the stock cannot fall: caution
// exits_not_recorded.
// Sources: methods 6.4; Gort & Klepper 1982; Klepper & Miller 1995.
var DynamicsAnalysis = Analyzer{
	Name: "dynamics", Sheet: projectionSheet, Doc: "Who enters and who leaves, and whether it is a shakeout.",
	Needs: []string{"filings"}, Specs: []TableSpec{dynamicsSpec}, run: runDynamics,
}

// projectionSheet is the sheet of entry, exit, transitions and what remains.
const projectionSheet = "projection"

var dynamicsSpec = TableSpec{Name: "dynamics", Key: 1, Columns: join(
	columns(Day32, "period"), counts("entries", "exits", "net_entry", "stock_end", "peak_stock"),
	estimates("fraction", "decline_from_peak"), columns(Bool, "shakeout"),
	// Beyond the promise: exits that are no deaths, rates over the stock at the
	// period's start, what is counted.
	counts("n_merged", "n_renamed"), estimates("fraction", "entry_rate", "exit_rate"),
	columns(Text, "period_grain", "unit", "caution"),
)}

// exitsNotRecorded is the caution where nobody is said to have left.
const exitsNotRecorded = "exits_not_recorded"

// datedGroup is the first group of filings with dates of its own, without the
// stages that nobody dates, and reports whether there is one.
func datedGroup(ts Tables, names *Names, p Params, asOf Date) (filedGroup, bool) {
	for _, g := range filedEntities(ts["filings"], names, p.FunnelStages, asOf, &notes{}) {
		g.dropUnsaidStages(Ref{}, &notes{})
		if len(g.stages) > 0 {
			return g, true
		}
	}
	return filedGroup{}, false
}

func runDynamics(basis *basis) Result {
	ts, p := basis.tables, basis.params
	var r Result
	n := &notes{}
	names := basis.names()
	asOf := basis.asOf
	g, ok := datedGroup(ts, names, p, asOf)
	if !ok {
		return r
	}
	var tenures []Tenure
	leavers := map[string]map[Date]int{merged: {}, renamed: {}}
	undated := 0
	for _, e := range g.entities {
		born := e.entry()
		switch {
		case !isDay(born):
			continue
		case e.exit.cause != "" && e.exit.day == NoDate:
			undated++ // it left, nobody says when: in no period
			continue
		}
		tenures = append(tenures, Tenure{born, e.exit.day})
		if of := leavers[e.exit.cause]; of != nil && e.exit.day >= born {
			of[PeriodOf(e.exit.day, p.CohortGrain).First]++
		}
	}
	d := IndustryDynamicsOf(tenures, p.CohortGrain, asOf, p.ShakeoutDecline)
	at := sheetOf(ts["filings"], 0)
	if undated > 0 {
		n.add(Finding{Effect: Dropped, Code: "exits-undated", At: at, Args: []any{strconv.Itoa(undated)}})
	}
	if d.Rejected > 0 {
		n.add(Finding{Effect: Dropped, Code: "exits-before-entry", At: at, Args: []any{strconv.Itoa(d.Rejected)}})
	}
	recorded := g.recordsExits()
	if !recorded {
		n.add(Finding{Effect: Noted, Code: "exits-not-recorded", At: at})
	}
	b := NewBuilder(dynamicsSpec)
	defer b.Release()
	peak, peakRow, shakeout := 0, 0, false
	for i, period := range d.Periods {
		if period.Stock > peak {
			peak, peakRow = period.Stock, i
		}
		decline := ratio(float64(peak-period.Stock), float64(peak))
		shakeout = decline.Ok() && atLeast(decline.Value, p.ShakeoutDecline)
		b.Date("period", period.Period.First)
		b.Text("period_grain", string(p.CohortGrain))
		b.Text("unit", g.unit())
		b.Int("entries", period.Entries)
		b.Int("exits", period.Exits)
		b.Int("net_entry", period.NetEntry)
		b.Int("stock_end", period.Stock)
		b.Int("peak_stock", peak)
		b.Maybe("decline_from_peak", decline)
		b.Bool("shakeout", shakeout)
		b.Int("n_merged", leavers[merged][period.Period.First])
		b.Int("n_renamed", leavers[renamed][period.Period.First])
		b.Maybe("entry_rate", period.EntryRate)
		b.Maybe("exit_rate", period.ExitRate)
		said := ""
		if !recorded {
			said = exitsNotRecorded
		}
		b.Text("caution", cautions(said, fewer(smallN, period.Stock-period.NetEntry))) // the stock that the rates are over
		b.EndRow()
	}
	r.Findings = n.findings()
	if b.Rows() == 0 {
		return r
	}
	last := b.Rows() - 1
	r.Tables = []Table{b.Table()}
	none := Unknown(MissingInput)
	note := Say("note.no-shakeout", percentText(p.ShakeoutDecline))
	switch {
	case !recorded:
		note = Say("note.exits-not-recorded")
	case shakeout:
		note = Say("note.shakeout", percentText(p.ShakeoutDecline))
	}
	r.Headlines = []Headline{
		{Measure: Say("headline.stock", FormatDate(asOf)), Value: Known(float64(d.Periods[last].Stock)), Lower: none, Upper: none,
			N: len(tenures), Unit: "count", Note: Say("note.peak", strconv.Itoa(peak), d.Periods[peakRow].Period.Label()), Table: "dynamics", Row: last, Column: "stock_end"},
		{Measure: Say("headline.decline"), Value: d.Decline, Lower: none, Upper: none,
			N: len(tenures), Unit: "fraction", Note: note, Table: "dynamics", Row: last, Column: "decline_from_peak"},
	}
	if len(d.Periods) > 1 {
		r.Charts = []Chart{{Name: "dynamics", Table: "dynamics", Kind: LineChart, X: "period", Y: []string{"stock_end", "entries", "exits"},
			Title: Say("chart.dynamics"), XTitle: Say("axis.period"), YTitle: Say("axis.models"), Alt: Say("chart.dynamics.alt", strconv.Itoa(len(d.Periods)))}}
	}
	return r
}

// TransitionsAnalysis follows models from stage to stage, period by period.
//
// Input: filings with dates. Output "transitions": one row per pair of states,
// the share of those in one state at the end of a period who are in the other at
// the end of the next; "outlook": expected numbers in each state after one, two
// and three horizons. A state is the furthest stage with a date of its own; who
// is withdrawn is in the state exit and stays there, who merged or was renamed
// leaves the panel. A period that the as-of day cuts short gives no transition.
// A Markov chain forgets how long a model has waited: read it beside survival.
// Source: methods 6.1; Anderson & Goodman 1957.
var TransitionsAnalysis = Analyzer{
	Name: "transitions", Sheet: projectionSheet, Doc: "Which stage models are in one period later.",
	Needs: []string{"filings"}, Specs: []TableSpec{transitionsSpec, outlookSpec}, run: runTransitions,
}

var transitionsSpec = TableSpec{Name: "transitions", Key: 2, Columns: join(
	columns(Text, "from", "to"), counts("n", "n_from"), estimates("fraction", "p", "lower", "upper"), columns(Text, "period_grain", "unit", "caution"),
)}

var outlookSpec = TableSpec{Name: "outlook", Key: 2, Columns: join(
	columns(Int, "horizon_periods"), columns(Text, "stage"), counts("count"), estimates("count", "expected"), columns(Text, "period_grain", "unit", "caution"),
)}

func runTransitions(basis *basis) Result {
	ts, p := basis.tables, basis.params
	var r Result
	names := basis.names()
	asOf := basis.asOf
	g, ok := datedGroup(ts, names, p, asOf)
	if !ok {
		return r
	}
	states := append(slices.Clone(g.stages), exitStage)
	left := len(states) - 1
	counts, now := make([][]int, len(states)), make([]float64, len(states))
	for i := range counts {
		counts[i] = make([]int, len(states))
	}
	for _, e := range g.entities {
		born := e.entry()
		if !isDay(born) || e.exit.cause != "" && (e.exit.day == NoDate || e.exit.day < born) {
			continue
		}
		gone := e.exit.cause != ""
		before := -1
		for m := PeriodOf(born, p.CohortGrain); m.Last() <= asOf; m = m.Next() {
			state := stateAt(e, m.Last(), left)
			if state == left && e.exit.cause != withdrawn {
				break
			}
			if before >= 0 {
				counts[before][state]++
			}
			if before = state; state == left {
				break
			}
		}
		if !gone {
			now[stateAt(e, asOf, left)]++
		}
	}
	m := transitionMatrix(counts, states, []string{exitStage}, p.Conf)
	b, o := NewBuilder(transitionsSpec), NewBuilder(outlookSpec)
	defer b.Release()
	defer o.Release()
	for _, row := range m.Cells[:left] {
		from := 0
		for _, t := range row {
			from += t.N
		}
		for _, t := range row {
			b.Text("from", t.From)
			b.Text("to", t.To)
			b.Int("n", t.N)
			b.Int("n_from", from)
			b.Maybe("p", t.P.Estimate)
			b.Maybe("lower", t.P.Lower)
			b.Maybe("upper", t.P.Upper)
			b.Text("period_grain", string(p.CohortGrain))
			b.Text("unit", g.unit())
			if from < smallSample {
				b.Text("caution", smallN)
			}
			b.EndRow()
		}
	}
	for k := 1; k <= 3; k++ {
		periods := max(1, int(float64(k*p.HorizonDays)*periodsPerYear(p.CohortGrain)/p.DaysPerYear+0.5))
		for i, e := range m.Expected(now, periods) {
			o.Int("horizon_periods", periods)
			o.Text("stage", states[i])
			o.Int("count", int(now[i]))
			o.Maybe("expected", e)
			o.Text("period_grain", string(p.CohortGrain))
			o.Text("unit", g.unit())
			if !g.recordsExits() {
				o.Text("caution", exitsNotRecorded)
			}
			o.EndRow()
		}
	}
	r.Tables = []Table{b.Table(), o.Table()}
	return r
}

// stateAt is the furthest stage that an entity has a date of its own for on a
// day, or left if it is gone by then.
func stateAt(e filedEntity, day Date, left int) int {
	if e.exit.cause != "" && e.exit.day <= day {
		return left
	}
	for i := len(e.own) - 1; i > 0; i-- {
		if isDay(e.own[i]) && e.own[i] <= day {
			return i
		}
	}
	return 0
}

func periodsPerYear(g Grain) float64 {
	switch g {
	case Month:
		return 12
	case Year:
		return 1
	}
	return 4
}
