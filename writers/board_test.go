package writers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"shakeout/analysis"
	"shakeout/readers"
	"shakeout/readers/ooxml"
	"shakeout/writers"
)

// hostile is what a workbook's texts may try to do to the page.
const hostile = `</script><script>window.hacked=1</script><img src=x onerror="window.hacked=2">"'&` + "\u202e倒"

// sampleBoard is the page of the sample workbook, with all that a folder may
// hold beside it.
func sampleBoard(t *testing.T) writers.Board {
	t.Helper()
	const name = "大模型淘汰赛_2024.xlsx"
	data, err := os.ReadFile("../samples/inbox/" + name)
	if err != nil {
		t.Fatal(err)
	}
	pkg, err := ooxml.Open(context.Background(), data, ooxml.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	wb, err := readers.Read(context.Background(), pkg, name)
	if err != nil {
		t.Fatal(err)
	}
	params := analysis.DefaultParams()
	params.AsOf = analysis.DateOf(2024, 11, 30)
	results := analysis.Run(analysis.All, wb.Tables, params)
	page := writers.Board{Lang: analysis.Zh, Made: "2024-12-01 08:00", Version: "v0.0.0",
		Market: &writers.BoardMarket{Output: "market.enriched.xlsx", AsOf: "2024-11-30", Findings: 31, Figures: writers.Figures(results), Charts: writers.BoardCharts(results)},
		Workbooks: []writers.BoardWorkbook{
			{File: name, Status: "enriched", Output: "sub folder/大模型 #1%.enriched.xlsx", Findings: 31, Tables: 13, AsOf: "2024-11-30", Fresh: true, Figures: writers.Figures(results)},
			{File: "garbage.xlsx", Status: "rejected", Code: "not-a-workbook", Reason: "garbage.rejected.txt", Note: writers.Both{Zh: "不是工作簿", En: "not a workbook"}},
			{File: hostile + ".xlsx", Status: "unchanged", Output: "x.enriched.xlsx", Note: writers.Both{Zh: hostile, En: hostile}},
		}}
	v := 0.25
	page.Changes = []writers.BoardChange{{Measure: writers.Both{Zh: hostile, En: hostile}, Before: nil, After: &v, Format: "0.0%"}}
	return page
}

// TestBoard opens the page in a real browser: it draws, filters, changes its
// language, asks the network for nothing, and no text of a workbook acts.
func TestBoard(t *testing.T) {
	browser := chromium(t)
	var page bytes.Buffer
	board := sampleBoard(t)
	if err := writers.WriteBoard(&page, board); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "index.html")
	if err := os.WriteFile(file, page.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	address := (&url.URL{Scheme: "file", Path: file}).String()
	axe, err := os.ReadFile(filepath.Join(nodeModules(t), "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser), chromedp.NoSandbox, chromedp.DisableGPU)
	alloc, stop := chromedp.NewExecAllocator(context.Background(), options...)
	defer stop()

	for _, wide := range []int64{1280, 390} {
		t.Run(fmt.Sprint(wide), func(t *testing.T) {
			ctx, end := chromedp.NewContext(alloc)
			defer end()
			ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
			defer cancel()
			var said, asked []string
			chromedp.ListenTarget(ctx, func(event any) {
				switch e := event.(type) {
				case *runtime.EventConsoleAPICalled:
					if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
						said = append(said, string(e.Args[0].Value))
					}
				case *runtime.EventExceptionThrown:
					said = append(said, e.ExceptionDetails.Error())
				case *log.EventEntryAdded:
					said = append(said, e.Entry.Text)
				case *network.EventRequestWillBeSent:
					if e.Request.URL != address && !strings.HasPrefix(e.Request.URL, "data:") {
						asked = append(asked, e.Request.URL)
					}
				}
			})
			eval := func(script string, into any) {
				t.Helper()
				if err := chromedp.Run(ctx, chromedp.Evaluate(script, into)); err != nil {
					t.Fatalf("%s: %v", script, err)
				}
			}
			if err := chromedp.Run(ctx, network.Enable(), log.Enable(), chromedp.EmulateViewport(wide, 900), chromedp.Navigate(address), chromedp.WaitReady("#list tbody tr")); err != nil {
				t.Fatal(err)
			}

			// Every chart is drawn: its canvas holds more than one colour.
			var drawn []int
			eval(`[...document.querySelectorAll(".plot canvas")].map(c => { const d = new Uint32Array(c.getContext("2d").getImageData(0, 0, c.width, c.height).data.buffer); return new Set(d).size; })`, &drawn)
			if len(drawn) == 0 || len(drawn) != len(board.Market.Charts) {
				t.Errorf("%d charts drawn of %d", len(drawn), len(board.Market.Charts))
			}
			for i, colours := range drawn {
				if colours < 10 {
					t.Errorf("chart %s is blank: %d colours", board.Market.Charts[i].Name, colours)
				}
			}
			var over int
			eval(`document.documentElement.scrollWidth - innerWidth`, &over)
			if over > 0 {
				t.Errorf("the page is %d pixels wider than the window", over)
			}

			rows := func() int { var n int; eval(`document.querySelectorAll("#list tbody > tr").length`, &n); return n }
			if n := rows(); n != 3 {
				t.Errorf("%d workbooks listed, want 3", n)
			}
			eval(`document.querySelector('[data-status="rejected"]').click()`, nil)
			if n := rows(); n != 1 {
				t.Errorf("%d rejected workbooks listed, want 1", n)
			}
			eval(`document.querySelector('[data-status=""]').click()`, nil)
			if err := chromedp.Run(ctx, chromedp.SendKeys("#search", "garbage")); err != nil {
				t.Fatal(err)
			}
			if n := rows(); n != 1 {
				t.Errorf("%d workbooks found by name, want 1", n)
			}
			eval(`(() => { const s = document.getElementById("search"); s.value = ""; s.dispatchEvent(new Event("input")); })()`, nil)

			var link string
			eval(`document.querySelector("#list tbody a").href`, &link)
			if want := "/sub%20folder/%E5%A4%A7%E6%A8%A1%E5%9E%8B%20%231%25.enriched.xlsx"; !strings.HasSuffix(link, want) {
				t.Errorf("the link to a result is %s, want ...%s", link, want)
			}

			var zh, en, lang string
			eval(`document.body.innerText`, &zh)
			eval(`document.querySelector('[data-lang="en"]').click()`, nil)
			eval(`document.body.innerText`, &en)
			eval(`document.documentElement.lang`, &lang)
			if !strings.Contains(zh, "市场关键数字") || !strings.Contains(en, "Key figures of the market") || strings.Contains(en, "市场关键数字") || lang != "en" {
				t.Error("the language switch does not switch the language")
			}

			// Figures stand as the workbook computed them.
			compared := 0
			for _, f := range board.Market.Figures {
				if f.Value != nil && f.Format == "0.0%" {
					compared++
					if shown := fmt.Sprintf("%.1f%%", 100**f.Value); !strings.Contains(en, shown) && !strings.Contains(en, strings.Replace(shown, "-", "−", 1)) {
						t.Errorf("%s: %s is not on the page", f.Measure.En, shown)
					}
				}
			}
			if compared == 0 {
				t.Error("no figure was compared")
			}

			var hacked bool
			eval(`"hacked" in window || !!document.querySelector("img")`, &hacked)
			if hacked {
				t.Error("a text of a workbook acted in the page")
			}
			if !strings.Contains(en, `<script>window.hacked=1</script>`) {
				t.Error("the hostile text is not shown as text")
			}
			var serious []string
			for _, switched := range []string{"zh", "en"} {
				eval(`document.querySelector('[data-lang="`+switched+`"]').click()`, nil)
				eval(string(axe)+";0", nil)
				var found string
				if err := chromedp.Run(ctx, chromedp.Evaluate(`axe.run().then(r => JSON.stringify(r.violations.filter(v => v.impact === "serious" || v.impact === "critical").map(v => v.id + ": " + v.nodes[0].html)))`, &found,
					func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) })); err != nil {
					t.Fatal(err)
				}
				var list []string
				if err := json.Unmarshal([]byte(found), &list); err != nil {
					t.Fatal(err)
				}
				serious = append(serious, list...)
			}
			if len(serious) > 0 {
				t.Errorf("axe: %s", strings.Join(serious, "\n"))
			}
			if len(said) > 0 {
				t.Errorf("the console says: %s", strings.Join(said, "; "))
			}
			if slices.Sort(asked); len(asked) > 0 {
				t.Errorf("the page asks for %s", strings.Join(asked, ", "))
			}
			if dir := os.Getenv("SHAKEOUT_PICTURES"); dir != "" {
				var shot []byte
				if err := chromedp.Run(ctx, chromedp.FullScreenshot(&shot, 90)); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("board-%d.png", wide)), shot, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			t.Logf("%d charts drawn, %d figures compared", len(drawn), compared)
		})
	}
}

// The page of a first run, of a folder without a market, and of one without
// workbooks are drawn too.
func TestBoardOfLittle(t *testing.T) {
	browser := chromium(t)
	whole := sampleBoard(t)
	whole.Changes = nil
	bare := writers.Board{Lang: analysis.Zh, Workbooks: whole.Workbooks[1:2]}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser), chromedp.NoSandbox, chromedp.DisableGPU)
	alloc, stop := chromedp.NewExecAllocator(context.Background(), options...)
	defer stop()
	for name, page := range map[string]writers.Board{"first run": whole, "no market": bare, "nothing": {Lang: analysis.En}} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := writers.WriteBoard(&b, page); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "index.html")
			if err := os.WriteFile(file, b.Bytes(), 0o666); err != nil {
				t.Fatal(err)
			}
			ctx, end := chromedp.NewContext(alloc)
			defer end()
			ctx, cancel := context.WithTimeout(ctx, time.Minute)
			defer cancel()
			var wrong []string
			chromedp.ListenTarget(ctx, func(event any) {
				if e, ok := event.(*runtime.EventExceptionThrown); ok {
					wrong = append(wrong, e.ExceptionDetails.Error())
				}
			})
			var said string
			var rows, plots int
			if err := chromedp.Run(ctx, chromedp.Navigate((&url.URL{Scheme: "file", Path: file}).String()), chromedp.WaitReady("#list"),
				chromedp.Evaluate(`document.getElementById("count").textContent`, &said),
				chromedp.Evaluate(`document.querySelectorAll("#list tbody > tr").length`, &rows),
				chromedp.Evaluate(`document.querySelectorAll(".plot canvas").length`, &plots)); err != nil {
				t.Fatal(err)
			}
			charts := 0
			if page.Market != nil {
				charts = len(page.Market.Charts)
			}
			if len(wrong) > 0 || said == "" || rows != len(page.Workbooks) || plots != charts {
				t.Errorf("%d of %d workbooks and %d of %d charts shown; errors %v", rows, len(page.Workbooks), plots, charts, wrong)
			}
		})
	}
}

// chromium is a browser, or the end of the test.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	lacking(t, "Chromium")
	return ""
}

// nodeModules is where packages of npm are: SHAKEOUT_NODE_MODULES, else where
// .ci/run puts them.
func nodeModules(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("SHAKEOUT_NODE_MODULES")
	if dir == "" {
		dir = "../.npm/node_modules"
	}
	if _, err := os.Stat(dir); err != nil {
		lacking(t, "axe-core (npm install --prefix .npm axe-core)")
	}
	return dir
}

func lacking(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("SHAKEOUT_REQUIRE") == "all" {
		t.Fatalf("needs %s", what)
	}
	t.Skipf("needs %s", what)
}
