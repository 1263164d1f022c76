package readers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
	"shakeout/samples"
)

// readSample reads a workbook written in the notation of the samples.
func readSample(t *testing.T, sheets string) *analysis.Workbook {
	t.Helper()
	cases, err := samples.Load(fstest.MapFS{"x.txt": {Data: []byte("why\n" + sheets)}})
	if err != nil {
		t.Fatal(err)
	}
	data, err := cases[0].Workbook()
	if err != nil {
		t.Fatal(err)
	}
	pkg, err := ooxml.Open(context.Background(), data, ooxml.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	wb, err := Read(context.Background(), pkg, cases[0].File)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(wb.Tables.Release)
	return wb
}

// A doubt quotes the cell as its analyst sees it, not the number that it was
// read as.
func TestDoubtsQuoteWhatWasTyped(t *testing.T) {
	wb := readSample(t, `-- sheet/一 --
[head]	时间	产品	指标	数值
2024年5月	豆包	Token调用量	1200亿
2025年5月	豆包	Token调用量	16.4万亿
2024年5月	Kimi	月活	'1,260万
2024年5月	Kimi	月活	'3600万
2024年1月	全国	累计备案	'117款
2024年2月	全国	累计备案	'40款
`)
	var got []string
	for _, f := range wb.Findings {
		switch f.Code {
		case "jump", "stated-twice", "total-falls":
			got = append(got, f.Code+" "+f.Got+" "+fmt.Sprint(f.Args[0]))
		}
	}
	slices.Sort(got)
	want := []string{"jump 16.4万亿 1200亿", "stated-twice 3600万 1,260万", "total-falls 40款 117款"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "; "), strings.Join(want, "; "))
	}
	m := wb.Tables["metrics"]
	if n := len(m.Typed); n == 0 {
		t.Error("the analyses do not know what was typed in the doubtful cells")
	}
}
