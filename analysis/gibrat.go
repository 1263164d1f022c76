package analysis

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// FirmGrowth is a firm's size at the start and end of a span; zero, or NaN for
// a blank, means it was not there.
type FirmGrowth struct{ Start, End float64 }

// Gibrat is the regression of log final on log initial size.
type Gibrat struct {
	Regression          // Slope is beta, Intercept alpha
	Exits      int      // there at the start, not at the end
	Entrants   int      // the other way round
	P          Estimate // two-sided t test of beta = 1
}

// GibratOf fits ln end = alpha + beta·ln start over the firms that are there at
// both ends. beta > 1: the large grow faster (Matthew effect); = 1: growth does
// not depend on size (Gibrat 1931); < 1: reversion. The fit sees survivors
// only, so exits and entrants are stated beside it (Mansfield, AER 52 (1962)).
// Fewer than three firms: null too_few_points.
func GibratOf(firms []FirmGrowth, conf float64) Gibrat {
	var g Gibrat
	var x, y []float64
	for _, f := range firms {
		switch start, end := f.Start > 0, f.End > 0; {
		case start && end:
			x, y = append(x, math.Log(f.Start)), append(y, math.Log(f.End))
		case start:
			g.Exits++
		case end:
			g.Entrants++
		}
	}
	g.Regression = RegressionOf(x, y, conf)
	if len(x) < 3 {
		few := Unknown(TooFewPoints)
		g.Intercept, g.Slope = few, few
	}
	switch {
	case !g.SlopeSE.Ok():
		g.P = g.SlopeSE
	case g.SlopeSE.Value == 0 && g.Slope.Value == 1:
		g.P = Known(1)
	case g.SlopeSE.Value == 0:
		g.P = Known(0)
	default:
		t := math.Abs(g.Slope.Value-1) / g.SlopeSE.Value
		g.P = Known(2 * distuv.StudentsT{Sigma: 1, Nu: float64(len(x) - 2)}.Survival(t))
	}
	return g
}
