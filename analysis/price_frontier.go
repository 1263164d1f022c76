package analysis

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// ScoredPrice is what a model of a quality cost on a day.
type ScoredPrice struct {
	Day   Date
	Model string
	Score float64
	Price float64
}

// Frontier is the cheapest price of a quality over time.
type Frontier struct {
	Points []ScoredPrice // strict new minima, in date order
	Free   int           // qualifying rows at price zero: counted, in no logarithm
	Trend  Trend
}

// PriceFrontier keeps the rows with minScore <= score < belowScore and a price
// above zero, per day the cheapest (ties by name), in date order the strict new
// minima, and fits a log-linear trend to those. It is the quality-adjusted
// minimum, not an index: see PriceIndex for the prices of the same products.
// Fewer than two points: trend null too_few_points; Epoch AI asks for four.
// The points are chosen because they fell, so the interval is nominal.
// Sources: Epoch AI, LLM inference price trends, 12 Mar 2025; a16z, LLMflation,
// 12 Nov 2024.
func PriceFrontier(rows []ScoredPrice, minScore, belowScore, daysPerYear, conf float64) Frontier {
	var f Frontier
	var kept []ScoredPrice
	for _, r := range rows {
		if r.Score < minScore || r.Score >= belowScore {
			continue
		}
		if r.Price == 0 {
			f.Free++
		}
		if r.Price > 0 {
			kept = append(kept, r)
		}
	}
	slices.SortFunc(kept, func(a, b ScoredPrice) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Price, b.Price), strings.Compare(a.Model, b.Model))
	})
	lowest := math.Inf(1)
	var points []PricePoint
	for _, r := range kept {
		if r.Price < lowest { // of one day the cheapest comes first
			lowest = r.Price
			f.Points = append(f.Points, r)
			points = append(points, PricePoint{r.Day, r.Price})
		}
	}
	f.Trend = LoglinearTrend(points, daysPerYear, conf)
	return f
}
