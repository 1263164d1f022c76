package writers

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/template"

	"shakeout/analysis"
	"shakeout/writers/text"
)

// Board is the page that shows a whole folder: every workbook with its state,
// the key figures of the market, what changed, and the charts.
type Board struct {
	Lang      analysis.Lang   `json:"lang"` // shown first; the page holds both
	Made      string          `json:"made"` // when, as text; "" is not said
	Version   string          `json:"version"`
	Workbooks []BoardWorkbook `json:"workbooks"`
	Market    *BoardMarket    `json:"market"` // nil where there is none
	Changes   []BoardChange   `json:"changes"`
}

// BoardWorkbook is a workbook of the folder. Paths lead from the page.
type BoardWorkbook struct {
	File     string   `json:"file"`
	Status   string   `json:"status"`
	Code     string   `json:"code"`
	Note     Both     `json:"note"`
	Output   string   `json:"output"`
	Reason   string   `json:"reason"` // the file that says why it was rejected
	Findings int      `json:"findings"`
	Tables   int      `json:"tables"`
	AsOf     string   `json:"asOf"`
	Fresh    bool     `json:"fresh"` // its state is of this run
	Figures  []Figure `json:"figures"`
}

// BoardMarket is the roll-up of all workbooks.
type BoardMarket struct {
	Output   string       `json:"output"`
	AsOf     string       `json:"asOf"`
	Findings int          `json:"findings"`
	Figures  []Figure     `json:"figures"`
	Charts   []BoardChart `json:"charts"`
}

// BoardChange is a figure that differs from the run before.
type BoardChange struct {
	File    string   `json:"file"` // "" is the market
	Measure Both     `json:"measure"`
	Before  *float64 `json:"before"` // null: was not computed
	After   *float64 `json:"after"`
	Format  string   `json:"format"`
	Unit    string   `json:"unit"`
}

// Both is a sentence in both languages.
type Both struct {
	Zh string `json:"zh"`
	En string `json:"en"`
}

// SayBoth says a message in both languages.
func SayBoth(m analysis.Message) Both { return Both{text.Of(analysis.Zh, m), text.Of(analysis.En, m)} }

// Figure is a headline in a form that can be kept and shown: numbers as they
// are, sentences in both languages.
type Figure struct {
	Group   string   `json:"group"` // the analysis
	Measure Both     `json:"measure"`
	Value   *float64 `json:"value"` // null: Note says why
	Lower   *float64 `json:"lower"`
	Upper   *float64 `json:"upper"`
	N       int      `json:"n"`
	Unit    string   `json:"unit"`
	Format  string   `json:"format"` // number format, as in the workbook
	Note    Both     `json:"note"`
}

// Figures are the headlines of results.
func Figures(results []analysis.Result) []Figure {
	known := func(e analysis.Estimate) *float64 {
		if !e.Ok() {
			return nil
		}
		return &e.Value
	}
	var all []Figure
	for _, r := range results {
		for _, h := range r.Headlines {
			f := Figure{Group: r.Name, Measure: SayBoth(h.Measure), Value: known(h.Value), Lower: known(h.Lower), Upper: known(h.Upper), N: h.N, Unit: h.Unit, Note: SayBoth(h.Note)}
			for _, v := range []*float64{f.Value, f.Lower, f.Upper} {
				if v != nil && f.Format == "" {
					f.Format = numberFormat(h.Unit, *v)
				}
			}
			if f.Value == nil {
				why := SayBoth(analysis.Say("reason." + h.Value.Reason))
				f.Note = Both{strings.TrimSpace(why.Zh + " " + f.Note.Zh), strings.TrimSpace(why.En + " " + f.Note.En)}
			}
			all = append(all, f)
		}
	}
	return all
}

// BoardChart is a chart with its points, ready to be drawn.
type BoardChart struct {
	Name   string        `json:"name"`
	Kind   string        `json:"kind"` // bar line step stacked
	X      string        `json:"x"`    // category date number
	LogY   bool          `json:"log"`
	Format string        `json:"format"` // of y
	Title  Both          `json:"title"`
	XTitle Both          `json:"xTitle"`
	YTitle Both          `json:"yTitle"`
	Alt    Both          `json:"alt"`
	Bands  []boardBand   `json:"bands"`
	Series []boardSeries `json:"series"`
	Xs     []boardX      `json:"xs"`
	More   int           `json:"more"` // series that are not drawn
}

type boardBand struct {
	Label Both    `json:"label"`
	Value float64 `json:"value"`
}

type boardSeries struct {
	Name   Both       `json:"name"`
	Color  string     `json:"color"`
	Dashed bool       `json:"dashed"`
	Values []*float64 `json:"values"` // one per x; null is a gap
}

// boardX is a place on the x axis: a category, an ISO date or a number.
type boardX struct {
	Both
	Num *float64 `json:"num,omitempty"`
}

// BoardCharts gives the charts of results with their points.
func BoardCharts(results []analysis.Result) []BoardChart {
	var all []BoardChart
	for _, r := range results {
		for _, c := range r.Charts {
			i := slices.IndexFunc(r.Tables, func(t analysis.Table) bool { return t.Name == c.Table })
			if i < 0 || r.Tables[i].Rows() == 0 {
				continue
			}
			if drawn, ok := boardChart(c, r.Tables[i]); ok {
				all = append(all, drawn)
			}
		}
	}
	return all
}

// boardChart lays out one chart. Points are the same as in the workbook; what a
// log axis cannot show (free) is said by a value of zero, which the page marks.
func boardChart(c analysis.Chart, t analysis.Table) (BoardChart, bool) {
	var of [2]points
	var looks [2][]plotSeries
	langs := [2]analysis.Lang{analysis.Zh, analysis.En}
	for i, lang := range langs {
		b := &book{lang: lang, placed: map[string]*placed{t.Name: {cols: map[string]int{}}}}
		of[i] = b.points(c, t)
		of[i].thin(c.Kind == analysis.StackedChart, b.key("chart.others"))
		for s, name := range of[i].names {
			looks[i] = append(looks[i], b.look(c, s, name))
		}
	}
	zh, en := of[0], of[1]
	if len(zh.xs) == 0 || len(zh.names) == 0 || len(zh.names) != len(en.names) {
		return BoardChart{}, false
	}
	d := BoardChart{Name: c.Name, Kind: string(c.Kind), LogY: c.LogY, Format: axisFormat(zh.yUnit), More: zh.more,
		Title: SayBoth(c.Title), XTitle: SayBoth(c.XTitle), YTitle: SayBoth(c.YTitle), Alt: SayBoth(c.Alt),
		X: map[axisKind]string{categories: "category", dates: "date", numbers: "number"}[zh.xKind]}
	for _, band := range c.Bands {
		d.Bands = append(d.Bands, boardBand{SayBoth(band.Label), band.Value})
	}
	for i, x := range zh.xs {
		switch zh.xKind {
		case categories:
			d.Xs = append(d.Xs, boardX{Both: Both{x.text, en.xs[i].text}})
		case dates:
			day := analysis.FormatDate(analysis.Date(x.num - 25569))
			d.Xs = append(d.Xs, boardX{Both: Both{day, day}})
		default:
			num := x.num
			d.Xs = append(d.Xs, boardX{Num: &num})
		}
	}
	for s := range zh.names {
		look := looks[0][s]
		series := boardSeries{Name: Both{zh.names[s], en.names[s]}, Color: "#" + look.color, Dashed: look.dash != ""}
		for x := range zh.xs {
			if v, ok := zh.values[s][x]; ok && !math.IsNaN(v.value) {
				series.Values = append(series.Values, &v.value)
			} else {
				series.Values = append(series.Values, nil)
			}
		}
		d.Series = append(d.Series, series)
	}
	return d, true
}

//go:embed board/page.html board/page.css board/page.js board/echarts.common.min.js
var boardFiles embed.FS

// boardTexts are the catalog keys that the page says by itself.
var boardTexts = []string{"board.", "status.", "effect.", "question.", "sheet.", "analysis.", "unit."}

// WriteBoard writes the page: one file that needs no other and no network. What
// comes from workbooks stands in it as data and is only ever shown as text.
func WriteBoard(w io.Writer, page Board) error {
	entries, err := text.Entries()
	if err != nil {
		return err
	}
	words := map[string]Both{}
	for _, e := range entries {
		if slices.ContainsFunc(boardTexts, func(p string) bool { return strings.HasPrefix(e.Key, p) }) {
			words[e.Key] = Both{e.Zh, e.En}
		}
	}
	if page.Lang == "" {
		page.Lang = analysis.En
	}
	// A list without entries is a list.
	page.Changes = append([]BoardChange{}, page.Changes...)
	page.Workbooks = append([]BoardWorkbook{}, page.Workbooks...)
	if page.Market != nil {
		market := *page.Market
		market.Figures, market.Charts = append([]Figure{}, market.Figures...), append([]BoardChart{}, market.Charts...)
		page.Market = &market
	}
	var data bytes.Buffer
	enc := json.NewEncoder(&data) // escapes <, > and &, so that no text can end the script element
	if err := enc.Encode(struct {
		Board
		Words map[string]Both `json:"words"`
	}{page, words}); err != nil {
		return fmt.Errorf("write the board: %w", err)
	}
	part := map[string]string{"Data": data.String(), "Lang": string(page.Lang)}
	for key, name := range map[string]string{"CSS": "page.css", "JS": "page.js", "ECharts": "echarts.common.min.js"} {
		b, err := boardFiles.ReadFile("board/" + name)
		if err != nil {
			return err
		}
		part[key] = string(b)
	}
	layout, err := template.ParseFS(boardFiles, "board/page.html")
	if err != nil {
		return err
	}
	return layout.Execute(w, part)
}

// FigureChanges are the figures that differ from those of the run before.
func FigureChanges(before, after []Figure) []BoardChange {
	key := func(f Figure) string { return f.Group + "\x00" + f.Measure.En + "\x00" + f.Measure.Zh }
	old := map[string]Figure{}
	for _, f := range before {
		old[key(f)] = f
	}
	differs := func(a, b *float64) bool { return (a == nil) != (b == nil) || a != nil && *a != *b }
	var all []BoardChange
	for _, f := range after {
		was, known := old[key(f)]
		delete(old, key(f))
		if !known || differs(was.Value, f.Value) {
			all = append(all, BoardChange{Measure: f.Measure, Before: was.Value, After: f.Value, Format: cmp.Or(f.Format, was.Format), Unit: f.Unit})
		}
	}
	for _, f := range before { // what is no longer said
		if _, ok := old[key(f)]; ok {
			all = append(all, BoardChange{Measure: f.Measure, Before: f.Value, Format: f.Format, Unit: f.Unit})
		}
	}
	return all
}
