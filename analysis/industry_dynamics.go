package analysis

// Tenure is an entity's time in the industry; Exit NoDate while it is in.
type Tenure struct{ Entry, Exit Date }

// IndustryPeriod is one period of an industry's life.
type IndustryPeriod struct {
	Period    Moment
	Entries   int
	Exits     int
	NetEntry  int
	Stock     int      // at the period's end
	EntryRate Estimate // over the stock at its start; null zero_denominator
	ExitRate  Estimate
}

// IndustryDynamics is entry, exit and the shakeout of an industry.
type IndustryDynamics struct {
	Periods    []IndustryPeriod // from the first entry's to the as-of day's
	PeakStock  int
	PeakPeriod Moment   // the first at the peak
	Decline    Estimate // from the peak, 1 - last/peak
	Shakeout   bool     // Decline at least the threshold
	Rejected   int      // exits before entry
}

// IndustryDynamicsOf counts entries and exits by period up to asOf. Later
// entries do not exist, later exits have not happened. Without entries Decline
// is null empty.
// Sources: Gort & Klepper, Econ. J. 92 (1982) 630-653; Klepper & Miller, IJIO
// 13 (1995): a shakeout is a decline by half or more.
func IndustryDynamicsOf(tenures []Tenure, grain Grain, asOf Date, threshold float64) IndustryDynamics {
	d := IndustryDynamics{Decline: Unknown(Empty)}
	entries, exits := map[Date]int{}, map[Date]int{}
	var first Date
	found := false
	for _, t := range tenures {
		switch {
		case t.Entry == NoDate || t.Entry > asOf:
			continue
		case t.Exit != NoDate && t.Exit < t.Entry:
			d.Rejected++
			continue
		}
		p := PeriodOf(t.Entry, grain).First
		if !found || p < first {
			first, found = p, true
		}
		entries[p]++
		if t.Exit != NoDate && t.Exit <= asOf {
			exits[PeriodOf(t.Exit, grain).First]++
		}
	}
	if !found {
		return d
	}
	stock := 0
	for m := PeriodOf(first, grain); m.First <= asOf; m = m.Next() {
		p := IndustryPeriod{Period: m, Entries: entries[m.First], Exits: exits[m.First]}
		p.EntryRate = ratio(float64(p.Entries), float64(stock))
		p.ExitRate = ratio(float64(p.Exits), float64(stock))
		p.NetEntry = p.Entries - p.Exits
		stock += p.NetEntry
		p.Stock = stock
		d.Periods = append(d.Periods, p)
		if stock > d.PeakStock {
			d.PeakStock, d.PeakPeriod = stock, m
		}
	}
	d.Decline = ratio(float64(d.PeakStock-stock), float64(d.PeakStock))
	d.Shakeout = d.Decline.Ok() && atLeast(d.Decline.Value, threshold)
	return d
}
