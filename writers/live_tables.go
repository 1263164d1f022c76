package writers

import (
	"slices"
	"strconv"
	"strings"

	"shakeout/analysis"
)

// liveTable says how the numbers of a result table follow from other cells.
type liveTable struct {
	along   string                                                 // the key column along which rows of one group differ
	columns map[string][]string                                    // templates by column; the first that gives our value is written
	build   map[string]func(b *book, at *placed, row int) []string // where the template depends on the row
}

// wilson are the limits of k of n, exactly 0 and 1 at the ends and never beyond
// the estimate (methods 2.1).
func wilson(k, n string) (lower, upper []string) {
	center, half := "(2*"+k+"+@z^2)", "@z*SQRT(@z^2+4*"+k+"*(1-"+k+"/"+n+"))"
	guard := func(limit string) []string {
		return []string{`IF(OR(` + n + `=0,` + k + `>` + n + `),"",` + limit + `)`}
	}
	lower = guard("IF(" + k + "=0,0,MIN(" + k + "/" + n + ",MAX(0,(" + center + "-" + half + ")/(2*(" + n + "+@z^2)))))")
	upper = guard("IF(" + k + "=" + n + ",1,MAX(" + k + "/" + n + ",MIN(1,(" + center + "+" + half + ")/(2*(" + n + "+@z^2)))))")
	return lower, upper
}

func part(k, n string) []string {
	return []string{`IF(OR(` + n + `=0,` + k + `>` + n + `),"",` + k + `/` + n + `)`}
}

// liveTables are the templates, by table and column. A table or column without
// one holds values. The names in brackets are those of reference; @z and the
// like are parameters; words in braces come from the catalog. Only functions
// that Excel 2007 has, and none that needs an array formula.
//
// A number is a formula only if all that it rests on is: what events there are,
// who is at risk on which day, which cuts make a war are found by the program,
// and a formula over them would look alive and not follow. After a change that
// makes two values equal, RANK's tie is broken by the order of the rows.
var liveTables = map[string]liveTable{
	"funnel":        funnelLive(),
	"funnel_models": {build: map[string]func(*book, *placed, int) []string{"reached": reachedLive, "cohort": cohortLive}},
	"shares":        sharesLive,
	"concentration": concentrationLive,
	"price_paths":   pricePathsLive,
	"price_index":   priceIndexLive,
	"price_relatives": {along: "model", columns: map[string][]string{
		"prior_price": {"[~price]", "[price]"},
		"base_price":  {"[~base_price]", "[price]"},
	}},
	"growth":         growthLive,
	"unit_economics": unitEconomicsLive,
	"price_events":   {columns: map[string][]string{"drop": {`IF([from_price]=0,"",1-[to_price]/[from_price])`}}},
	"price_summary": {columns: map[string][]string{
		"n_models":      {"SUMPRODUCT(([price_paths.kind*]=[kind])*([price_paths.currency*]=[currency]))"},
		"n_with_change": {"SUMPRODUCT(([price_paths.kind*]=[kind])*([price_paths.currency*]=[currency])*ISNUMBER([price_paths.pct_change*]))"},
		"n_free_now":    {"SUMPRODUCT(([price_paths.kind*]=[kind])*([price_paths.currency*]=[currency])*ISNUMBER([price_paths.free_since*]))"},
	}},
}

func funnelLive() liveTable {
	t := liveTable{along: "stage", columns: map[string][]string{
		"n_step":                {"[-count]"},
		"n_cumulative":          {"[-n_cumulative]", "[n_step]"},
		"step_conversion":       part("[count]", "[n_step]"),
		"cumulative_conversion": part("[count]", "[n_cumulative]"),
		"dropoff":               {"[n_step]-[count]"},
		"window_conversion":     part("[n_window]", "[n_mature]"),
	}}
	t.columns["window_lower"], t.columns["window_upper"] = wilson("[n_window]", "[n_mature]")
	t.build = map[string]func(*book, *placed, int) []string{}
	for _, column := range []string{"count", "inferred", "n_mature", "n_immature", "n_window"} {
		t.build[column] = func(b *book, at *placed, row int) []string { return countLive(b, at, row, column) }
	}
	t.columns["step_lower"], t.columns["step_upper"] = wilson("[count]", "[n_step]")
	t.columns["cumulative_lower"], t.columns["cumulative_upper"] = wilson("[count]", "[n_cumulative]")
	return t
}

// maxCompared bounds how many cells the counts of a funnel look at: rows of the
// funnel times entities.
const maxCompared = 1_000_000

// countLive counts entities of funnel_models: those of the row's segment and
// cohort that have reached its stage, and so on.
func countLive(b *book, at *placed, row int, column string) []string {
	models := b.placed["funnel_models"]
	if models == nil || models.table.Rows()*at.table.Rows() > maxCompared {
		return nil
	}
	segment, cohort, stage := at.plain("segment")(row), at.plain("cohort")(row), at.plain("stage")(row)
	of := "([funnel_models.unit*]=[unit])"
	if by, label, ok := strings.Cut(segment, "="); ok && (by == "camp" || by == "region") {
		of += "*([funnel_models." + by + `*]="` + doubled(label) + `")`
	}
	if cohort != "all" {
		of += "*([funnel_models.cohort*]=[cohort])"
	}
	first := ""
	for _, s := range b.params.FunnelStages {
		if models.cols[s] > 0 {
			first = "[funnel_models." + s + "*]"
			break
		}
	}
	own := "[funnel_models." + stage + "*]"
	mature := "(" + first + "<=@as_of-@funnel_window_days)"
	number := strconv.Itoa(slices.Index(b.params.FunnelStages, stage) + 1)
	switch {
	case column == "count" && stage == "listed":
		return []string{"SUMPRODUCT(" + of + "*1)"}
	case column == "count":
		return []string{"SUMPRODUCT(([funnel_models.reached*]>=" + number + ")*" + of + ")", "[origin]"}
	case column == "inferred":
		return []string{"[count]-SUMPRODUCT(ISNUMBER(" + own + ")*" + of + ")"}
	case first == "":
		return nil
	case column == "n_mature":
		return []string{"SUMPRODUCT(ISNUMBER(" + first + ")*" + mature + "*" + of + ")"}
	case column == "n_immature":
		return []string{"SUMPRODUCT(ISNUMBER(" + first + ")*(" + first + ">@as_of-@funnel_window_days)*" + of + ")"}
	}
	return []string{"SUMPRODUCT(ISNUMBER(" + first + ")*ISNUMBER(" + own + ")*" + mature + "*(" + own + ">=" + first + ")*(" + own + "<=" + first + "+@funnel_window_days)*" + of + ")"}
}

// reachedLive is the place of the furthest stage with a date up to the as-of day.
func reachedLive(b *book, at *placed, row int) []string {
	said, ends := "", ""
	for i := len(b.params.FunnelStages) - 1; i >= 0; i-- {
		stage := b.params.FunnelStages[i]
		if col := at.cols[stage]; col > 0 && at.sheet.at(at.first+row, col).kind == number {
			said += "IF([" + stage + "]<=@as_of," + strconv.Itoa(i+1) + ","
			ends += ")"
		}
	}
	if said == "" {
		return nil
	}
	return []string{said + "0" + ends}
}

// cohortLive is the calendar period of the first stage's date.
func cohortLive(b *book, at *placed, row int) []string {
	var templates []string
	for _, stage := range b.params.FunnelStages {
		day := "[" + stage + "]"
		switch b.params.CohortGrain {
		case analysis.Month:
			templates = append(templates, "YEAR("+day+`)&"-"&IF(MONTH(`+day+`)<10,"0","")&MONTH(`+day+")")
		case analysis.Quarter:
			templates = append(templates, "YEAR("+day+`)&"Q"&INT((MONTH(`+day+")+2)/3)")
		case analysis.Year:
			templates = append(templates, "YEAR("+day+`)&""`)
		}
	}
	return templates
}

var sharesLive = liveTable{along: "name", columns: map[string][]string{
	"share":        {`IF(ISNUMBER([concentration.unknown_share]),IF(ISNUMBER([value]),[value]/[concentration.total],""),"")`},
	"share_listed": {`IF(N([concentration.listed])>0,IF(ISNUMBER([value]),[value]/[concentration.listed],""),"")`},
	"rank": {
		`IF(ISNUMBER([value]),RANK([value],[%value])+SUMPRODUCT(([<value]=[value])*1),"")`,
		`IF(ISNUMBER([value]),RANK([value],[%value]),"")`,
	},
	"rank_change": {`IF(AND(ISNUMBER([~rank]),ISNUMBER([rank])),[~rank]-[rank],"")`},
}}

// The cap on an unlisted share, and how many firms of that size fit into the
// part that is not listed (methods 3.2).
const (
	unlistedCap = `IF(@others_max_share>0,@others_max_share,SMALL([shares.share],COUNTIF([shares.share],"<=0")+1))`
	unlistedFit = `INT([unknown_share]/` + unlistedCap + `+1E-9)`
)

// where is a formula for markets whose known part is known, blank elsewhere.
func where(formula string) string { return "IF(ISNUMBER([unknown_share])," + formula + `,"")` }

// complete is a formula for markets of which nothing is unknown.
func complete(formula string) []string { return []string{"IF([unknown_share]=0," + formula + `,"")`} }

// The sum of those listed is the total where it misses the stated one by no
// more than half a point; the same slack lets shares exceed 1.
const (
	orListed = "IF(ABS([listed]/[stated_total]-1)<=0.005000001,[listed],[stated_total])"
	unlisted = `IF(N([total])>0,IF([listed]/[total]<=1.005000001,MAX(0,1-[listed]/[total]),""),"")`
)

var concentrationLive = liveTable{along: "period", columns: map[string][]string{
	"listed": {"SUM([shares.value])"},
	"total": {
		"total_from=stated ? IF(ABS([listed]-1)<=0.005000001,[listed],1)",
		"total_from=list ? [listed]",
		`IF(ISNUMBER([stated_total]),` + orListed + `,"")`,
		"[stated_total]",
	},
	"stated_total": {
		`total_from=shares ? IF([fits],[origin],"")`,
		"total_from=market_row ? [origin]",
	},
	"n_firms":          {"SUMPRODUCT(ISNUMBER([shares.value])*([shares.value]<>0))"},
	"unknown_share":    {unlisted},
	"hhi_listed":       {`IF(N([listed])>0,10000*SUMSQ([shares.share_listed]),"")`},
	"hhi":              complete("10000*SUMSQ([shares.share])"),
	"effective_number": {`IF(ISNUMBER([hhi]),10000/[hhi],"")`},
	"hhi_lower": {
		where("10000*(SUMSQ([shares.share])+IF(@others_count>0,[unknown_share]^2/@others_count,0))"),
		where("10000*SUMSQ([shares.share])"),
	},
	"hhi_upper": {
		where("10000*(SUMSQ([shares.share])+" + unlistedFit + "*" + unlistedCap + "^2+MAX(0,[unknown_share]-" + unlistedFit + "*" + unlistedCap + ")^2)"),
		where("[hhi_lower]+10000*(2*MAX([shares.share])*[unknown_share]+[unknown_share]^2)"),
		where("10000*(SUMSQ([shares.share])+[unknown_share]^2)"),
	},
	"cr1":          {where("MIN(1,MAX([shares.share]))")},
	"cr2":          largest("{1,2}", "2"),
	"cr3":          largest("{1,2,3}", "3"),
	"cr4":          largest("{1,2,3,4}", "4"),
	"cr5":          largest("{1,2,3,4,5}", "5"),
	"entropy_nats": complete("MAX(0,-SUMPRODUCT([shares.share]*LN([shares.share]+([shares.share]<=0))))"),
	"gini":         complete("MAX(0,SUMPRODUCT(([n_firms]+1-2*[shares.rank])*[shares.share])/[n_firms])"),
	"rosenbluth":   complete("1/(2*SUMPRODUCT([shares.rank]*[shares.share])-1)"),
	"top":          {"INDEX([shares.name],MATCH(MAX([shares.value]),[shares.value],0))"},
	"band":         {band("[hhi_lower]")},
	"band_upper":   {band("[hhi_upper]")},
	"aml_firms": {
		where("MIN(IF([cr3]>=0.749999999,3,IF([cr2]>=2/3-0.000000001,2,IF([cr1]>=0.499999999,1,0))),COUNTIF([shares.share],\">=0.099999999\"))"),
	},
}}

// largest is the sum of the k largest shares; of fewer, their sum where they
// are the whole market.
func largest(ks, k string) []string {
	return []string{where("IF(COUNT([shares.share])<" + k + `,IF([unknown_share]=0,1,""),MIN(1,SUMPRODUCT(LARGE([shares.share],` + ks + "))))")}
}

// band is the class of an HHI in words (US Merger Guidelines 2023, 2.1).
func band(hhi string) string {
	return "IF(ISNUMBER(" + hhi + "),IF(" + hhi + ">1800.000000001,{word.highly_concentrated},IF(" + hhi + `>=999.999999999,{word.moderately_concentrated},{word.unconcentrated})),"")`
}

// The trend of a price path: least squares of ln price on days since the first,
// over the prices above zero (methods 5.3), with sums over them.
const (
	pathPaid = "([price_series.price]>0)"
	pathDays = "([price_series.date]-[first_date])"
	pathLog  = "LN([price_series.price]+([price_series.price]<=0))"
	pathN    = "SUMPRODUCT(" + pathPaid + "*1)"
	pathX    = "SUMPRODUCT(" + pathPaid + "*" + pathDays + ")"
	pathXX   = "SUMPRODUCT(" + pathPaid + "*" + pathDays + "^2)"
	pathY    = "SUMPRODUCT(" + pathPaid + "*" + pathLog + ")"
	pathXY   = "SUMPRODUCT(" + pathPaid + "*" + pathDays + "*" + pathLog + ")"
)

var pricePathsLive = liveTable{columns: map[string][]string{
	"n":           {"COUNT([price_series.price])"},
	"n_free":      {`COUNTIF([price_series.price],"<=0")`},
	"first_date":  {"MIN([price_series.date])"},
	"last_date":   {"MAX([price_series.date])"},
	"first_price": {"INDEX([price_series.price],MATCH([first_date],[price_series.date],0))"},
	"last_price":  {"INDEX([price_series.price],MATCH([last_date],[price_series.date],0))"},
	"pct_change":  {`IF([first_price]=0,"",[last_price]/[first_price]-1)`},
	"cuts":        {"SUMPRODUCT(([price_series.price>]<[price_series.price<]*0.999999999)*1)"},
	"raises":      {"SUMPRODUCT(([price_series.price>]*0.999999999>[price_series.price<])*1)"},
	"decline_factor_per_year": {
		"EXP(-@days_per_year*(" + pathN + "*" + pathXY + "-" + pathX + "*" + pathY + ")/(" + pathN + "*" + pathXX + "-" + pathX + "^2))",
	},
	"half_life_days": {`IF([decline_factor_per_year]>1,LN(2)/LN([decline_factor_per_year])*@days_per_year,"")`},
}}

// Growth from the first to the last value (methods 6.5). Spans follow from the
// periods, which are no numbers of the analyst's to change but names.
var growthLive = liveTable{columns: map[string][]string{
	"ratio":          {`IF(N([first_value])>0,IF(N([last_value])>0,[last_value]/[first_value],""),"")`},
	"cagr":           {`IF(ISNUMBER([ratio]),[ratio]^(@days_per_year/[span_days])-1,"")`},
	"cmgr":           {`IF(ISNUMBER([ratio]),[ratio]^(@days_per_year/12/[span_days])-1,"")`},
	"doubling_days":  {`IF(N([ratio])>1,[span_days]*LN(2)/LN([ratio]),"")`},
	"doubling_lower": {`IF(N([ratio])>1,[span_days_min]*LN(2)/LN([ratio]),"")`},
	"doubling_upper": {`IF(N([ratio])>1,[span_days_max]*LN(2)/LN([ratio]),"")`},
	"half_life_days": {`IF(AND(N([ratio])>0,N([ratio])<1),-[span_days]*LN(2)/LN([ratio]),"")`},
	"annual_factor":  {`IF(N([cagr])>10,[cagr]+1,"")`},
}}

// What customers cost and bring (methods 6.7).
var unitEconomicsLive = liveTable{columns: map[string][]string{
	"cac":            {`cac_from=computed ? IF(N([new_users])>0,[spend]/[new_users],"")`, "cac_from=stated ? [cac_stated]"},
	"payback_months": {`IF(N([arpu_month])*N([gross_margin])>0,[cac]/([arpu_month]*[gross_margin]),"")`},
	"ltv":            {`IF(N([churn_month])>0,[arpu_month]*[gross_margin]/[churn_month],"")`},
	"ltv_to_cac":     {`IF(N([cac])>0,IF(ISNUMBER([ltv]),[ltv]/[cac],""),"")`},
}}

// The links of a price index without volumes, over the models priced in both
// periods (methods 5.5): jevons leaves out free ones, carli those free at first.
const (
	relPrice = "[price_relatives.price]"
	relPrior = "[price_relatives.prior_price]"
	relBase  = "[price_relatives.base_price]"
)

func paidInBoth(then string) string { return "(" + relPrice + ">0)*(" + then + ">0)" }

func jevonsLink(then string) string {
	n := "SUMPRODUCT(" + paidInBoth(then) + ")"
	ln := func(x string) string { return "LN(" + x + "+(" + x + "<=0))" }
	return "EXP(SUMPRODUCT(" + paidInBoth(then) + "*(" + ln(relPrice) + "-" + ln(then) + "))/" + n + ")"
}

func dutotLink(then string) string {
	return "SUMPRODUCT(ISNUMBER(" + then + ")*" + relPrice + ")/SUM(" + then + ")"
}

func carliLink(then string) string {
	return "SUMPRODUCT((" + then + ">0)*" + relPrice + "/(" + then + "+(" + then + "<=0)))/SUMPRODUCT((" + then + ">0)*1)"
}

var priceIndexLive = liveTable{along: "period", columns: map[string][]string{
	"index_direct": {
		"method=jevons ? " + jevonsLink(relBase), "method=dutot ? " + dutotLink(relBase), "method=carli ? " + carliLink(relBase),
	},
	"index_chained": {
		"method=jevons ? [-index_chained]*" + jevonsLink(relPrior), "method=dutot ? [-index_chained]*" + dutotLink(relPrior),
		"method=carli ? [-index_chained]*" + carliLink(relPrior),
	},
	"drift":      {`method=jevons ? IF(N([index_direct])>0,[index_chained]/[index_direct]-1,"")`},
	"n_matched":  {"COUNT(" + relBase + ")"},
	"n_models":   {"COUNT(" + relPrice + ")"},
	"n_free":     {`COUNTIF([price_relatives.last_price],"<=0")`},
	"free_share": {"[n_free]/[n_models]"},
}}
