package analysis

// AsOf is the last day that the tables speak of: the latest of filing, stage,
// release and price dates (a month is its 15th, as everywhere) and of the ends
// of metric periods. A price's valid_to is a promise, no observation, and does
// not count. dated is the last day that the workbook's title or file name
// states, 0 for none: no as-of day is later, so that a launch planned for next
// year is not taken for the present. 0 where nothing is dated.
func AsOf(ts Tables, dated Date) Date {
	latest := NoDate
	see := func(d Date) { latest = max(latest, d) }
	stages := ts["filings"]
	for _, column := range stageColumns {
		dates, grains := stages.Date(column), stages.Text(column+"_grain")
		for row := range stages.Rows() {
			if m, ok := momentAt(dates, grains, row); ok {
				if d, ok := m.Day(); ok {
					see(d)
				}
			}
		}
	}
	for _, t := range []Table{ts["releases"], ts["prices"]} {
		dates, grains := t.Date("date"), t.Text("date_grain")
		for row := range t.Rows() {
			if m, ok := momentAt(dates, grains, row); ok {
				if d, ok := m.Day(); ok {
					see(d)
				}
			}
		}
	}
	metrics := ts["metrics"]
	first, grain, end := metrics.Date("period"), metrics.Text("period_grain"), metrics.Date("period_end")
	for row := range metrics.Rows() {
		if m, ok := momentAt(first, grain, row); ok {
			see(end.Or(row, m.Last()))
		}
	}
	if latest == NoDate {
		return dated
	}
	if dated != 0 {
		return min(latest, dated)
	}
	return latest
}

// After reports whether a moment is dated after the as-of day, and so left out
// and counted (methods 0.8): whether the day that it stands for is. A month is
// its 15th, for a stage, a release, a price and the period of a metric alike; a
// period that stands for no day (a week, a quarter) counts from its first. One
// rule for all, and the one by which AsOf derives the day.
func (m Moment) After(asOf Date) bool {
	if day, ok := m.Day(); ok {
		return day > asOf
	}
	return m.First > asOf
}

// stageColumns are the date columns of filings: the funnel's stages and the end.
var stageColumns = []string{"filed", "launched", "active", "commercial", "retired"}

// momentAt reads a date with its grain beside it; no grain means a day.
func momentAt(dates Column[Date], grains Column[string], row int) (Moment, bool) {
	d, ok := dates.At(row)
	return Moment{d, Grain(grains.Or(row, string(Day)))}, ok
}

// asOf is the as-of day of an analysis: the one given, else the data's.
func asOf(ts Tables, p Params) Date {
	if p.AsOf != 0 {
		return p.AsOf
	}
	return AsOf(ts, 0)
}
