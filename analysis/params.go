package analysis

// Params are the thresholds and conventions of all analyses. The zero value is
// not usable; begin with DefaultParams.
type Params struct {
	AsOf        Date    // last day that counts; 0: derived from the data by AsOf
	Conf        float64 // confidence level of intervals, two-sided
	DaysPerYear float64 // 365.25; Epoch AI uses 365

	FunnelWindowDays int      // days after the first stage within which a conversion counts (2.3)
	FunnelStages     []string // ordered stages; each is a subset of the one before
	CohortGrain      Grain    // month, quarter or year of the first stage (2.4)

	OthersMaxShare float64 // largest share an unlisted firm may have; 0: the smallest listed share (3.2)
	OthersCount    int     // how many unlisted firms there are; 0: not known (3.2)
	ListComplete   bool    // the listed firms are the whole market: amounts need no stated total (3.2)

	TrustedSheets []string // where a fact is stated with two values, the sheets that win, first named first (0.7)

	MinDrop         float64 // smallest relative fall that is a cut (5.6)
	WarWindowDays   int     // length of the window in which cuts make a war
	WarMinProviders int     // distinct providers that make a war

	MaxLiveRows int // facts above which result sheets hold values instead of formulas
}

// DefaultParams are the defaults of methods.md.
func DefaultParams() Params {
	return Params{
		Conf: 0.95, DaysPerYear: 365.25,
		FunnelWindowDays: 365, FunnelStages: []string{"filed", "launched", "active", "commercial"}, CohortGrain: Quarter,
		MinDrop: 0.10, WarWindowDays: 30, WarMinProviders: 3,
		MaxLiveRows: 20000,
	}
}
