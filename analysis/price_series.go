package analysis

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// priceSeries is what one model of one company cost in one currency, for one
// kind of price. Kinds and currencies are never mixed.
type priceSeries struct {
	model, company, kind, currency string
	provider                       string // the company's owner
	points                         []pricePoint
	undated                        int
}

// pricePoint is one observation of a series.
type pricePoint struct {
	at     Moment
	day    Date // that stands for it in distances
	price  float64
	until  Date     // the first day on which it no longer holds, as stated; else NoDate
	before Estimate // as an announcement states it
	row    int
	rows   []int // all rows that state a price for the day, this one the lowest
}

// priceSeriesOf groups the rows of prices into series, each in date order with
// one price a date:
//
//   - a blank company is completed from the model's only company; with several
//     the series are separate (methods 5.5);
//   - a month stands for its 15th, but where the series has a day within that
//     month the day counts and the month does not; a quarter or a year is a date
//     only in a series of that grain alone;
//   - of two prices on one date the lowest counts, with a finding;
//   - rows without a date enter no series and are counted, rows after asOf are
//     left out and counted, prices below zero are left out.
func priceSeriesOf(t Table, names *Names, asOf Date, n *notes) []priceSeries {
	rows := t.Rows()
	model := identify(t.Text("model"), rows, names.Name)
	stated := identify(t.Text("company"), rows, names.Name)
	kind, currency := codes(t.Text("kind"), rows), codes(t.Text("currency"), rows)
	dates, grains := t.Date("date"), t.Text("date_grain")
	price, before, until := t.Float("price"), t.Float("price_before"), t.Date("valid_to")
	typed, texts := number(t.Text("model"), rows)

	of := companiesOf(model, stated, names)
	companies, companyOf := of.names, func(row int32) int32 { return of.company(int(row)) }
	order := make([]int32, 0, rows)
	for row := range int32(rows) {
		if model.of[row] >= 0 && kind.of[row] >= 0 {
			order = append(order, row)
		}
	}
	compare := func(a, b int32) int {
		return cmp.Or(cmp.Compare(model.of[a], model.of[b]), cmp.Compare(companyOf(a), companyOf(b)),
			cmp.Compare(kind.of[a], kind.of[b]), cmp.Compare(currency.of[a], currency.of[b]))
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Or(compare(a, b), cmp.Compare(a, b)) })

	late, undated, coarse := 0, 0, 0
	var all []priceSeries
	for i := 0; i < len(order); {
		first := order[i]
		s := priceSeries{kind: kind.name(kind.of[first]), currency: currency.name(currency.of[first])}
		if c := companyOf(first); c >= 0 {
			s.company = companies[c]
			s.provider = names.Owner(s.company)
		}
		var written spelling
		for ; i < len(order) && compare(order[i], first) == 0; i++ {
			row := int(order[i])
			p, ok := price.At(row)
			if !ok || p < 0 {
				continue
			}
			written.add(names.Name(texts[typed[row]]), 1)
			m, dated := momentAt(dates, grains, row)
			if !dated {
				s.undated++
				undated++
				continue
			}
			if m.After(asOf) {
				late++
				continue
			}
			point := pricePoint{at: m, price: p, until: until.Or(row, NoDate), row: row, before: Unknown(MissingPrice)}
			if b, ok := before.At(row); ok && b >= 0 {
				point.before = Known(b)
			}
			s.points = append(s.points, point)
		}
		if s.model = written.best(); s.model == "" {
			continue
		}
		coarse += s.settle(t, n)
		if len(s.points)+s.undated > 0 {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b priceSeries) int {
		return cmp.Or(strings.Compare(a.model, b.model), strings.Compare(a.company, b.company), strings.Compare(a.kind, b.kind), strings.Compare(a.currency, b.currency))
	})
	for _, c := range []struct {
		count  int
		code   string
		effect Effect
	}{{undated, "prices-undated", Dropped}, {late, "prices-after-as-of", Dropped}, {coarse, "prices-too-coarse", Dropped}} {
		if c.count > 0 {
			n.add(Finding{Effect: c.effect, Code: c.code, At: sheetOf(t, 0), Args: []any{strconv.Itoa(c.count), FormatDate(asOf)}})
		}
	}
	return all
}

// settle leaves one price a date, in date order, and reports how many rows were
// too coarse to be dated.
func (s *priceSeries) settle(t Table, n *notes) (coarse int) {
	oneGrain := !slices.ContainsFunc(s.points, func(p pricePoint) bool { return p.at.Grain != s.points[0].at.Grain })
	var days []Date // observations that state their day
	var kept []pricePoint
	for _, p := range s.points {
		day, fine := p.at.Day()
		if !fine {
			if !oneGrain {
				coarse++
				continue
			}
			day = p.at.First
		}
		if p.at.Grain == Day {
			days = append(days, day)
		}
		p.day = day
		kept = append(kept, p)
	}
	slices.Sort(days)
	kept = slices.DeleteFunc(kept, func(p pricePoint) bool {
		if p.at.Grain == Day || len(days) == 0 {
			return false
		}
		i, _ := slices.BinarySearch(days, p.at.First)
		return i < len(days) && days[i] <= p.at.Last()
	})
	slices.SortFunc(kept, func(a, b pricePoint) int {
		return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.price, b.price), boolFirst(a.before.Ok(), b.before.Ok()),
			cmp.Compare(b.before.Value, a.before.Value), cmp.Compare(b.until, a.until), cmp.Compare(a.row, b.row))
	})
	s.points = nil
	for _, p := range kept {
		last := len(s.points) - 1
		if last < 0 || s.points[last].day != p.day {
			p.rows = []int{p.row}
			s.points = append(s.points, p)
			continue
		}
		lowest := &s.points[last]
		lowest.rows = append(lowest.rows, p.row)
		if !sameValue(lowest.price, p.price) {
			first := t.Ref(lowest.row, "price")
			n.add(Finding{Effect: Dropped, Code: "price-not-lowest", At: t.Ref(p.row, "price"), Got: Known(p.price).text(),
				Args: []any{s.model, FormatDate(p.day), Known(lowest.price).text(), first.Sheet + "!" + first.Cell()}})
		}
	}
	return coarse
}

// origin is where the price came from.
func (p pricePoint) origin() Origin {
	return Origin{Table: "prices", Column: "price", Facts: [][]int{p.rows}, Lowest: true}
}

// boolFirst orders true before false.
func boolFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// The events of a price series.
const (
	eventCut   = "cut"   // a fall of at least Params.MinDrop
	eventFree  = "free"  // a fall to zero
	eventRaise = "raise" // a rise
	eventPaid  = "paid"  // a rise from zero
	eventJump  = "jump"  // a rise of more than tenfold: a new price, or a slip of unit or digits
)

// jumpFactor is the rise that is named a jump.
const jumpFactor = 10

// priceEvent is one change of a series.
type priceEvent struct {
	series    *priceSeries
	point     pricePoint
	from      float64
	origin    Origin // of from
	kind      string
	war       int  // 1-based; 0: none
	announced bool // from is what an announcement states, no observation
	caution   string
}

// besideJump is the caution of a fall right before or after a rise of more than
// tenfold: one of the two prices may be a slip of unit or digits, and the return
// from it no cut.
const besideJump = "beside_jump"

// jumps reports whether a point is more than tenfold the one before it.
func (s *priceSeries) jumps(i int) bool {
	if i < 0 || i >= len(s.points) {
		return false
	}
	from, _, ok := s.before(i)
	return ok && from > 0 && s.points[i].price > jumpFactor*from
}

// falls reports whether the event is a cut in the sense of methods 5.6.
func (e priceEvent) falls() bool { return e.kind == eventCut || e.kind == eventFree }

// before is the price that a point is compared with: the observation before it,
// else the old price of its announcement.
func (s *priceSeries) before(i int) (from float64, announced, ok bool) {
	if i > 0 {
		return s.points[i-1].price, false, true
	}
	return s.points[0].before.Value, true, s.points[0].before.Ok()
}

// moves counts the falls and rises of a series, however small.
func (s *priceSeries) moves() (falls, rises int) {
	for i, p := range s.points {
		from, _, ok := s.before(i)
		switch {
		case !ok || sameValue(from, p.price):
		case p.price < from:
			falls++
		default:
			rises++
		}
	}
	return falls, rises
}

// events are the changes of a series. The old price of an announcement counts
// where the series has no earlier observation: the cut is dated, its old price
// is stated, only the day of the old price is not known, so it makes an event
// and no observation. Later the series' own last price counts, and an
// announcement that differs from it is a finding.
func (s *priceSeries) events(minDrop float64, t Table, n *notes) []priceEvent {
	var events []priceEvent
	for i, p := range s.points {
		from, announced, ok := s.before(i)
		if !ok {
			continue
		}
		e := priceEvent{series: s, point: p, from: from, announced: announced, origin: OriginOf("prices", "price_before", p.row)}
		if !announced {
			e.origin = s.points[i-1].origin()
		}
		if i > 0 && p.before.Ok() && !sameValue(p.before.Value, from) && !sameValue(p.before.Value, p.price) {
			n.add(Finding{Effect: Noted, Code: "price-before-differs", At: t.Ref(p.row, "price_before"), Got: p.before.text(),
				Args: []any{s.model, Known(from).text(), FormatDate(s.points[i-1].at.First)}})
		}
		switch {
		case sameValue(p.price, e.from):
			continue
		case p.price > e.from && e.from == 0:
			e.kind = eventPaid
		case p.price > jumpFactor*e.from:
			e.kind = eventJump
		case p.price > e.from:
			e.kind = eventRaise
		case p.price == 0 && e.from > 0:
			e.kind = eventFree
		case isCut(e.from, p.price, minDrop):
			e.kind = eventCut
		default:
			continue
		}
		if e.falls() && (s.jumps(i-1) || s.jumps(i+1)) {
			e.caution = besideJump
		}
		events = append(events, e)
	}
	return events
}

// freeSince is the first day of the free stretch that the series ends in.
func (s *priceSeries) freeSince() (Date, bool) {
	free := -1
	for i := len(s.points) - 1; i >= 0 && s.points[i].price == 0; i-- {
		free = i
	}
	if free < 0 {
		return 0, false
	}
	return s.points[free].at.First, true
}
