package analysis

import (
	"cmp"
	"slices"
	"strings"
)

// ListPrice is a provider's price of a model on a day.
type ListPrice struct {
	Day             Date
	Provider, Model string
	Price           float64
}

// PriceCut is a fall of a price.
type PriceCut struct {
	Day             Date
	Provider, Model string
	Drop            float64 // 0..1, 1 is to free
}

// PriceWar is a stretch of cuts by several providers.
type PriceWar struct {
	Start, End Date
	Cuts       int
	Providers  int
	MedianDrop float64
	MaxDrop    float64
	FirstMover string
	ToFree     int
}

// PriceMoves are the cuts, rises and wars of a set of price series.
type PriceMoves struct {
	Cuts      []PriceCut // by date, provider, model
	Increases int
	ToFree    int
	Wars      []PriceWar
}

// dropSlack keeps a cut of exactly the threshold a cut.
const dropSlack = 1e-12

// isCut reports whether a move from before to after is a cut.
func isCut(before, after, minDrop float64) bool {
	return before > 0 && after < before && 1-after/before >= minDrop-dropSlack
}

// PriceMovesOf finds the cuts of each provider's models: previous price above
// zero and 1 - p/previous >= minDrop. Of two prices on a day the lowest counts.
// Negative prices are left out. Cuts make wars as in PriceWars.
// Our definition (methods 5.6); defaults 10 %, 30 days, 3 providers.
func PriceMovesOf(prices []ListPrice, minDrop float64, windowDays, minProviders int) PriceMoves {
	sorted := slices.DeleteFunc(slices.Clone(prices), func(p ListPrice) bool { return p.Price < 0 })
	slices.SortFunc(sorted, func(a, b ListPrice) int {
		return cmp.Or(strings.Compare(a.Provider, b.Provider), strings.Compare(a.Model, b.Model),
			cmp.Compare(a.Day, b.Day), cmp.Compare(a.Price, b.Price))
	})
	sorted = slices.CompactFunc(sorted, func(a, b ListPrice) bool {
		return a.Provider == b.Provider && a.Model == b.Model && a.Day == b.Day
	})
	var m PriceMoves
	for i := 1; i < len(sorted); i++ {
		a, b := sorted[i-1], sorted[i]
		if a.Provider != b.Provider || a.Model != b.Model {
			continue
		}
		if b.Price > a.Price {
			m.Increases++
		}
		if a.Price > 0 && b.Price == 0 {
			m.ToFree++
		}
		if isCut(a.Price, b.Price, minDrop) {
			m.Cuts = append(m.Cuts, PriceCut{b.Day, b.Provider, b.Model, 1 - b.Price/a.Price})
		}
	}
	slices.SortFunc(m.Cuts, comparePriceCuts)
	m.Wars = PriceWars(m.Cuts, windowDays, minProviders)
	return m
}

func comparePriceCuts(a, b PriceCut) int {
	return cmp.Or(cmp.Compare(a.Day, b.Day), strings.Compare(a.Provider, b.Provider),
		strings.Compare(a.Model, b.Model), cmp.Compare(a.Drop, b.Drop))
}

// PriceWars merges cuts, sorted by date, into wars. A window [d, d+windowDays)
// from each cut's date with at least minProviders distinct providers is a war
// window from d to the last cut in it; windows that overlap merge. A cut whose
// provider is not known ("") is in the war but is nobody's move.
func PriceWars(cuts []PriceCut, windowDays, minProviders int) []PriceWar {
	var spans [][2]Date
	for i, first := range cuts {
		if i > 0 && cuts[i-1].Day == first.Day {
			continue
		}
		providers, end := map[string]bool{}, first.Day
		for _, c := range cuts[i:] {
			if int(c.Day)-int(first.Day) >= windowDays {
				break
			}
			end = c.Day
			if c.Provider != "" {
				providers[c.Provider] = true
			}
		}
		if len(providers) < minProviders {
			continue
		}
		if n := len(spans); n > 0 && first.Day <= spans[n-1][1] {
			spans[n-1][1] = max(spans[n-1][1], end)
		} else {
			spans = append(spans, [2]Date{first.Day, end})
		}
	}
	var wars []PriceWar
	for _, s := range spans {
		w := PriceWar{Start: s[0], End: s[1]}
		providers, drops := map[string]bool{}, []float64(nil)
		for _, c := range cuts {
			if c.Day < s[0] || c.Day > s[1] {
				continue
			}
			w.Cuts++
			drops = append(drops, c.Drop)
			w.MaxDrop = max(w.MaxDrop, c.Drop)
			if c.Drop == 1 {
				w.ToFree++
			}
			if c.Provider != "" {
				providers[c.Provider] = true
				w.FirstMover = cmp.Or(w.FirstMover, c.Provider)
			}
		}
		w.Providers, w.MedianDrop = len(providers), Median(drops).Value
		wars = append(wars, w)
	}
	return wars
}
