package writers

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"shakeout/analysis"
)

const axisBegin = "axId scaling delete axPos majorGridlines minorGridlines title numFmt majorTickMark minorTickMark tickLblPos spPr txPr crossAx crosses crossesAt "

// childOrder is the order of children that the schema asks for, of the elements
// that our parts have; Excel takes another order for damage. An element that
// the schema names twice with different children stands with its parent.
// Source: ECMA-376 part 1, 18.3 and 21.2, and the schemas sml.xsd, dml-chart.xsd.
var childOrder = map[string]string{
	"worksheet":             "sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection protectedRanges scenarios autoFilter sortState dataConsolidate customSheetViews mergeCells phoneticPr conditionalFormatting dataValidations hyperlinks printOptions pageMargins pageSetup headerFooter rowBreaks colBreaks customProperties cellWatches ignoredErrors smartTags drawing legacyDrawing legacyDrawingHF picture oleObjects controls webPublishItems tableParts extLst",
	"sheetPr":               "tabColor outlinePr pageSetUpPr",
	"sheetViews":            "sheetView extLst",
	"sheetView":             "pane selection pivotSelection extLst",
	"cols":                  "col",
	"sheetData":             "row",
	"row":                   "c extLst",
	"c":                     "f v is extLst",
	"is":                    "t r rPh phoneticPr",
	"conditionalFormatting": "cfRule extLst",
	"cfRule":                "formula colorScale dataBar iconSet extLst",
	"hyperlinks":            "hyperlink",
	"headerFooter":          "oddHeader oddFooter evenHeader evenFooter firstHeader firstFooter",

	"chartSpace":       "date1904 lang roundedCorners AlternateContent style clrMapOvr pivotSource protection chart spPr txPr externalData printSettings userShapes extLst",
	"chartSpace/chart": "title autoTitleDeleted pivotFmts view3D floor sideWall backWall plotArea legend plotVisOnly dispBlanksAs showDLblsOverMax extLst",
	"title":            "tx layout overlay spPr txPr extLst",
	"plotArea":         "layout barChart lineChart scatterChart catAx dateAx valAx dTable spPr extLst",
	"barChart":         "barDir grouping varyColors ser dLbls gapWidth overlap serLines axId extLst",
	"lineChart":        "grouping varyColors ser dLbls dropLines hiLowLines upDownBars marker smooth axId extLst",
	"scatterChart":     "scatterStyle varyColors ser dLbls axId extLst",
	"barChart/ser":     "idx order tx spPr invertIfNegative pictureOptions dPt dLbls trendline errBars cat val shape extLst",
	"lineChart/ser":    "idx order tx spPr marker dPt dLbls trendline errBars cat val smooth extLst",
	"scatterChart/ser": "idx order tx spPr marker dPt dLbls trendline errBars xVal yVal smooth extLst",
	"ser/marker":       "symbol size spPr extLst",
	"dLbls":            "dLbl delete numFmt spPr txPr dLblPos showLegendKey showVal showCatName showSerName showPercent showBubbleSize separator showLeaderLines leaderLines extLst",
	"catAx":            axisBegin + "auto lblAlgn lblOffset tickLblSkip tickMarkSkip noMultiLvlLbl extLst",
	"dateAx":           axisBegin + "auto lblOffset baseTimeUnit majorUnit majorTimeUnit minorUnit minorTimeUnit extLst",
	"valAx":            axisBegin + "crossBetween majorUnit minorUnit dispUnits extLst",
	"scaling":          "logBase orientation max min extLst",
	"legend":           "legendPos legendEntry layout overlay spPr txPr extLst",
	"numRef":           "f numCache extLst",
	"strRef":           "f strCache extLst",
	"numCache":         "formatCode ptCount pt extLst",
	"strCache":         "ptCount pt extLst",
	"ln":               "noFill solidFill gradFill pattFill prstDash custDash round bevel miter headEnd tailEnd extLst",
	"spPr":             "xfrm custGeom prstGeom noFill solidFill gradFill blipFill pattFill grpFill ln effectLst extLst",

	"wsDr":          "absoluteAnchor oneCellAnchor twoCellAnchor",
	"twoCellAnchor": "from to sp grpSp graphicFrame cxnSp pic contentPart clientData",
	"graphicFrame":  "nvGraphicFramePr xfrm graphic",
}

// Every part of ours has its elements in the order of the schema.
func TestPartsKeepTheOrderOfTheSchema(t *testing.T) {
	elements, parts := 0, 0
	check := func(name string, data []byte) {
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range z.File {
			ours := strings.Contains(f.Name, "/charts/") || strings.Contains(f.Name, "/drawings/drawing") || strings.Contains(f.Name, "/worksheets/sheet")
			if !ours || strings.Contains(f.Name, "_rels") {
				continue
			}
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			parts++
			type level struct {
				name, order string
				last        int
			}
			var path []level
			d := xml.NewDecoder(r)
			for {
				token, err := d.Token()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatalf("%s %s: %v", name, f.Name, err)
				}
				switch e := token.(type) {
				case xml.StartElement:
					parent := ""
					if len(path) > 0 {
						up := &path[len(path)-1]
						parent = up.name
						if up.order != "" {
							elements++
							at := strings.Index(" "+up.order+" ", " "+e.Name.Local+" ")
							if at < 0 || at < up.last {
								t.Errorf("%s %s: <%s> in <%s> stands where the schema has none", name, f.Name, e.Name.Local, up.name)
							}
							if up.name != "plotArea" || at < strings.Index(up.order, "catAx") { // axes go in any order
								up.last = max(up.last, at)
							}
						}
					}
					order, ok := childOrder[parent+"/"+e.Name.Local]
					if !ok {
						order = childOrder[e.Name.Local]
					}
					path = append(path, level{name: e.Name.Local, order: order})
				case xml.EndElement:
					path = path[:len(path)-1]
				}
			}
			r.Close()
		}
	}
	for _, name := range []string{"大模型淘汰赛", "llm_market"} {
		_, data := storyNamed(t, name, analysis.DefaultParams()).enrich(t, nil)
		check(name, data)
	}
	check("made up", enriched(t, sample(t), analysis.Zh))
	t.Logf("%d elements in %d parts", elements, parts)
	if elements < 10000 || parts < 20 {
		t.Error("too little was checked")
	}
}
