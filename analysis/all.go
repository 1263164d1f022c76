package analysis

// All are the analyses, in the order of their sheets.
var All = []Analyzer{
	FunnelAnalysis,
	ConcentrationAnalysis, MobilityAnalysis, MergerAnalysis,
	PriceAnalysis, PriceIndexAnalysis, FrontierAnalysis,
	GrowthAnalysis, CadenceAnalysis, UnitEconomicsAnalysis,
	ClaimsAnalysis, ModelsAnalysis, ForcesAnalysis,
	DynamicsAnalysis, TransitionsAnalysis, ProjectionAnalysis,
}
