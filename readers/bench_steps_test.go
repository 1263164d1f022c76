package readers

import (
	"context"
	"testing"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
	"shakeout/samples"
)

// sheetsOf are the sheets of a sample workbook, as Read has them before it looks
// for tables.
func sheetsOf(b *testing.B) []*sheet {
	b.Helper()
	stories, err := samples.Stories()
	if err != nil {
		b.Fatal(err)
	}
	var all []*sheet
	for _, story := range stories {
		data, err := story.Workbook()
		if err != nil {
			b.Fatal(err)
		}
		pkg, err := ooxml.Open(context.Background(), data, ooxml.DefaultLimits())
		if err != nil {
			b.Fatal(err)
		}
		for i, sh := range pkg.Sheets {
			grid, err := pkg.Grid(context.Background(), i)
			if err != nil {
				b.Fatal(err)
			}
			all = append(all, &sheet{file: story.Name, name: sh.Name, pkg: pkg, grid: grid, merge: newMerges(grid.Merges), notes: func(analysis.Finding) {}})
		}
	}
	return all
}

// BenchmarkHeaderFinding looks for the tables in the sheets of the three sample
// workbooks.
func BenchmarkHeaderFinding(b *testing.B) {
	sheets := sheetsOf(b)
	b.ReportAllocs()
	for b.Loop() {
		found := 0
		for _, s := range sheets {
			fresh := *s // nothing remembered of the round before
			found += len(fresh.regions())
		}
		if found < 10 {
			b.Fatalf("%d tables found", found)
		}
	}
}

// BenchmarkNumberParsing reads amounts as analysts type them.
func BenchmarkNumberParsing(b *testing.B) {
	typed := []string{"1234.5", "1.3万亿", "1,200亿", "约3000万", "超10亿元", "12-13", "３.５万", "+13.2%", "1.2e9", "n/a"}
	b.ReportAllocs()
	for b.Loop() {
		read := 0
		for _, s := range typed {
			if _, ok := readAmount(s); ok {
				read++
			}
		}
		if read < 8 {
			b.Fatalf("%d read", read)
		}
	}
}

// BenchmarkPriceParsing reads prices as vendors write them.
func BenchmarkPriceParsing(b *testing.B) {
	typed := []string{"0.8元/千tokens", "5厘/千tokens", "$2.50/1M", "免费", "¥4 / 1M tokens", "0.0008"}
	b.ReportAllocs()
	for b.Loop() {
		read := 0
		for _, s := range typed {
			if _, ok := parsePrice(s, Unit{}); ok {
				read++
			}
		}
		if read < 4 {
			b.Fatalf("%d read", read)
		}
	}
}
