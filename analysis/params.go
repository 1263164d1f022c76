package analysis

// Params are the thresholds and conventions of all analyses. The zero value is
// not usable; begin with DefaultParams.
type Params struct {
	AsOf        Date    // last day that counts; 0: derived from the data by AsOf
	Conf        float64 // confidence level of intervals, two-sided
	DaysPerYear float64 // 365.25; Epoch AI uses 365

	FunnelWindowDays int      // days after the first stage within which a conversion counts (2.3)
	FunnelStages     []string // ordered stages; each is a subset of the one before
	CohortGrain      Grain    // month, quarter or year of the first stage (2.4); also the period of entry and exit (6.4)
	ActiveMAU        float64  // monthly users from which a model counts as active where nobody dates it
	FinalistShare    float64  // finalists are the smallest set of models that holds this share of the latest market
	CompareBy        string   // category whose groups one log-rank test compares: camp, region; "": none (2.7)

	HorizonDays     int     // how far ahead survivors are projected; also twice and three times as far (6.2)
	ShakeoutDecline float64 // decline of the stock from its peak that is a shakeout (6.4)
	LandmarkDays    int     // days after the first stage in which a force is measured before its clock starts (8.1)

	OthersMaxShare float64 // largest share an unlisted firm may have; 0: the smallest listed share (3.2)
	OthersCount    int     // how many unlisted firms there are; 0: not known (3.2)
	ListComplete   bool    // the listed firms are the whole market: amounts need no stated total (3.2)

	TrustedSheets []string // where a fact is stated with two values, the sheets that win, first named first (0.7)

	TopK             int       // how many of the largest firms are followed from period to period (4.1)
	BlendInput       float64   // weight of the input price in a blended price (5.1)
	BlendOutput      float64   // weight of the output price
	TargetCurrency   string    // that prices are converted to, where the rates table allows (5.1)
	ReasoningInTrend bool      // reasoning models enter the trend of blended prices (5.4)
	FrontierTiers    []float64 // scores from which a quality tier begins; none: the median and the upper quartile of the priced models (5.4)

	MinDrop         float64 // smallest relative fall that is a cut (5.6)
	WarWindowDays   int     // length of the window in which cuts make a war
	WarMinProviders int     // distinct providers that make a war

	MaxLiveRows int // facts above which result sheets hold values instead of formulas
}

// DefaultParams are the defaults of methods.md.
func DefaultParams() Params {
	return Params{
		Conf: 0.95, DaysPerYear: 365.25,
		FunnelWindowDays: 365, FunnelStages: []string{"filed", "launched", "active", "commercial", finalist}, CohortGrain: Quarter,
		ActiveMAU: 3e6, FinalistShare: 0.8, CompareBy: "camp",
		HorizonDays: 365, ShakeoutDecline: 0.5, LandmarkDays: 180,
		TopK: 5, BlendInput: 3, BlendOutput: 1, TargetCurrency: "CNY",
		MinDrop: 0.10, WarWindowDays: 30, WarMinProviders: 3,
		MaxLiveRows: 20000,
	}
}
