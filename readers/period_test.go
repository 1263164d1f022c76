package readers

import (
	"testing"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

func periodText(p Period, ok bool) string {
	if !ok {
		return ""
	}
	s := analysis.FormatDate(p.First) + " " + string(p.Grain)
	if p.Grain == analysis.Span {
		s += " " + analysis.FormatDate(p.End)
	}
	return s
}

func TestPeriods(t *testing.T) {
	for text, want := range map[string]string{
		"2024.05.23": "2024-05-23 day", "2024年5月12日": "2024-05-12 day", "2023/8/31": "2023-08-31 day", "20240612": "2024-06-12 day", "2024-07-31": "2024-07-31 day", "2024-05-21T00:00:00": "2024-05-21 day",
		"20-Nov-2021": "2021-11-20 day", "Nov 20, 2021": "2021-11-20 day", "21 May 2024": "2024-05-21 day", "Aug 31, 2023": "2023-08-31 day", "31/08/2023": "2023-08-31 day", "08/31/2023": "2023-08-31 day",
		"2024年5月": "2024-05-01 month", "Feb-24": "2024-02-01 month", "2024.01": "2024-01-01 month", "Nov 2025": "2025-11-01 month", "202405": "2024-05-01 month", "2024/05": "2024-05-01 month", "May 2024": "2024-05-01 month", "September 2025": "2025-09-01 month", "2024年5月份": "2024-05-01 month",
		"2025Q3": "2025-07-01 quarter", "Q3 2025": "2025-07-01 quarter", "2024 Q3": "2024-07-01 quarter", "Q3'24": "2024-07-01 quarter", "24Q3": "2024-07-01 quarter", "2024年第三季度": "2024-07-01 quarter", "2024年三季度": "2024-07-01 quarter",
		"2025年上半年": "2025-01-01 half", "2025年下半年": "2025-07-01 half", "H1 2025": "2025-01-01 half", "1H25": "2025-01-01 half", "2025H1": "2025-01-01 half",
		"2024年": "2024-01-01 year", "2025": "2025-01-01 year", "FY2025": "2025-01-01 year",
		"2025年底": "2025-12-01 month", "2025年末": "2025-12-01 month", "2024年初": "2024-01-01 month",
		"Week to 28 Mar 2026": "2026-03-22 week", "Week ending 2026-03-28": "2026-03-22 week", "2025.12.08-12.14": "2025-12-08 week", "2024W18": "2024-04-29 week",
		"2024年1月1日-11月15日": "2024-01-01 span 2024-11-15", "2025年前三季度": "2025-01-01 span 2025-09-30",
		"截至2024年11月": "2024-11-01 month", "（截至2024年11月30日）": "2024-11-30 day", "as of 30 Nov 2024": "2024-11-30 day",
		// Refused: no calendar period, or not certain which.
		"2026年春节": "", "2024年13月": "", "2024-02-30": "", "5月": "", "W18": "", "03/04/2024": "", "1200亿": "", "GPT-4": "", "12-13": "", "3.5": "", "": "", "豆包": "", "2024年5月中旬": "",
	} {
		if got := periodText(parsePeriod(text)); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestPeriodsInText(t *testing.T) {
	for text, want := range map[string]string{
		"中国大模型列表（截至2024年11月30日）": "2024-11-30 day", "国内大模型API刊例价对比（2024年5月）": "2024-05-01 month", "03_API价格战_2024年5月": "2024-05-01 month", "Jun-24": "2024-06-01 month",
		"全球 AI App 苹果端下载份额（2024年10月）": "2024-10-01 month", "表2  属地分布（截至2025年3月）": "2025-03-01 month", "Source: Epoch AI, as of 24 Feb 2025; published": "2025-02-24 day",
		// Two periods, or a span's ends, are no single statement.
		"（2023年9月—2024年11月，按备案时间排序）": "", "Beijing-YunQue-20230821": "", "gpt-4-turbo-2024-04-09": "", "第189—611号备案属地分布": "", "07_100aiapps-ranking": "", "2024年5月与2024年6月": "",
	} {
		if got := periodText(findPeriod(text)); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestPeriodsOfNumbers(t *testing.T) {
	for n, want := range map[float64]string{2025: "2025-01-01 year", 20240612: "2024-06-12 day", 202405: "2024-05-01 month", 2024.05: "2024-05-01 month", 2024.1: "", 1286: "", 20241301: "", 0: "", -2024: ""} {
		if got := periodText(numberPeriod(n)); got != want {
			t.Errorf("%v: got %q, want %q", n, got, want)
		}
	}
	day := ooxml.Format{Date: true, Day: true, Month: true}
	for _, c := range []struct {
		serial float64
		format ooxml.Format
		d1904  bool
		want   string
	}{
		{45433, day, false, "2024-05-21 day"}, {45433.75, day, false, "2024-05-21 day"}, {43971, day, true, "2024-05-21 day"},
		{45413, ooxml.Format{Date: true, Month: true}, false, "2024-05-01 month"}, {45433, ooxml.Format{}, false, ""}, {1, day, false, "1900-01-01 day"}, {-1, day, false, ""},
	} {
		if got := periodText(serialPeriod(c.serial, c.format, c.d1904)); got != c.want {
			t.Errorf("%v: got %q, want %q", c.serial, got, c.want)
		}
	}
}
