package analysis

// All are the analyses, in the order of their sheets.
var All = []Analyzer{
	FunnelAnalysis, ConcentrationAnalysis, PriceAnalysis,
	DynamicsAnalysis, TransitionsAnalysis, ProjectionAnalysis,
}
