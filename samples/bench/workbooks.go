package main

import (
	"archive/zip"
	"bufio"
	"compress/flate"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
)

// size is how many rows the sheets of a workbook have.
type size struct{ filings, metrics, prices int }

func (s size) rows() int { return s.filings + s.metrics + s.prices }

// cells is how many cells hold a value, but for the blank dates of filings.
func (s size) cells() int { return 9*s.filings + 5*s.metrics + 6*s.prices }

// sizes are those of the table: S is what an analyst keeps, M a large workbook,
// L nearly what a sheet can hold.
var sizes = map[string]size{
	"S": {300, 6_600, 1_100},
	"M": {2_000, 93_000, 5_000},
	"L": {10_000, 1_000_000, 50_000},
}

// writeAll writes the workbooks that a folder lacks: S, M and L, a folder of n
// of size S, each with other numbers, and a folder with L twice.
func writeAll(dir string, n int) error {
	folder, twice := filepath.Join(dir, fmt.Sprintf("folder%d", n)), filepath.Join(dir, "twice")
	for _, d := range []string{folder, twice} {
		if err := os.MkdirAll(d, 0o777); err != nil {
			return err
		}
	}
	for _, name := range []string{"S", "M", "L"} {
		if err := writeFile(filepath.Join(dir, name+".xlsx"), sizes[name], 1); err != nil {
			return err
		}
	}
	for i := range 2 {
		if err := writeFile(filepath.Join(twice, fmt.Sprintf("L%d.xlsx", i+1)), sizes["L"], uint64(i+1)); err != nil {
			return err
		}
	}
	for i := range n {
		if err := writeFile(filepath.Join(folder, fmt.Sprintf("market%04d.xlsx", i)), sizes["S"], uint64(i+1)); err != nil {
			return err
		}
	}
	return nil
}

// writeFile writes a workbook, unless it is there: the same bytes for the same
// size and seed.
func writeFile(name string, s size, seed uint64) error {
	if _, err := os.Stat(name); err == nil {
		return nil
	}
	f, err := os.Create(name + ".part")
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := writeWorkbook(w, s, rand.New(rand.NewPCG(seed, 7))); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(name+".part", name)
}

// The parts of a workbook beside its sheets, laid out as Excel lays them out.
const (
	declaration = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\r\n"
	mainSpace   = `http://schemas.openxmlformats.org/spreadsheetml/2006/main`
	office      = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	packages    = `http://schemas.openxmlformats.org/package/2006/`
	typeOf      = `application/vnd.openxmlformats-officedocument.spreadsheetml.`
)

// The cell formats: general, day, month, two decimals, heading.
const (
	general = iota
	day
	month
	decimals
	heading
)

const styles = `<styleSheet xmlns="` + mainSpace + `"><numFmts count="1"><numFmt numFmtId="176" formatCode="yyyy&quot;年&quot;m&quot;月&quot;"/></numFmts>` +
	`<fonts count="2"><font><sz val="11"/><name val="等线"/></font><font><b/><sz val="11"/><name val="等线"/></font></fonts>` +
	`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
	`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
	`<cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
	`<xf numFmtId="176" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
	`<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs></styleSheet>`

var sheetNames = []string{"备案", "指标", "价格"}

func writeWorkbook(w io.Writer, s size, r *rand.Rand) error {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	b := &book{ids: map[string]int{}, random: r}
	types, links, sheets := "", "", ""
	for i, name := range sheetNames {
		types += fmt.Sprintf(`<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%sworksheet+xml"/>`, i+1, typeOf)
		links += fmt.Sprintf(`<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, i+1, office, i+1)
		sheets += fmt.Sprintf(`<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, name, i+1, i+1)
	}
	parts := []struct {
		name  string
		write func()
	}{
		{"[Content_Types].xml", func() {
			b.say(`<Types xmlns="`, packages, `content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>`,
				`<Override PartName="/xl/workbook.xml" ContentType="`, typeOf, `sheet.main+xml"/>`, types, `<Override PartName="/xl/styles.xml" ContentType="`, typeOf, `styles+xml"/>`,
				`<Override PartName="/xl/sharedStrings.xml" ContentType="`, typeOf, `sharedStrings+xml"/></Types>`)
		}},
		{"_rels/.rels", func() {
			b.say(`<Relationships xmlns="`, packages, `relationships"><Relationship Id="rId1" Type="`, office, `/officeDocument" Target="xl/workbook.xml"/></Relationships>`)
		}},
		{"xl/workbook.xml", func() {
			b.say(`<workbook xmlns="`, mainSpace, `" xmlns:r="`, office, `"><sheets>`, sheets, `</sheets></workbook>`)
		}},
		{"xl/_rels/workbook.xml.rels", func() {
			b.say(`<Relationships xmlns="`, packages, `relationships">`, links, `<Relationship Id="rId8" Type="`, office, `/styles" Target="styles.xml"/><Relationship Id="rId9" Type="`, office, `/sharedStrings" Target="sharedStrings.xml"/></Relationships>`)
		}},
		{"xl/styles.xml", func() { b.say(styles) }},
		{"xl/worksheets/sheet1.xml", func() { b.filings(s) }},
		{"xl/worksheets/sheet2.xml", func() { b.metrics(s) }},
		{"xl/worksheets/sheet3.xml", func() { b.prices(s) }},
		{"xl/sharedStrings.xml", func() {
			b.say(`<sst xmlns="`, mainSpace, `" count="`, strconv.Itoa(b.used), `" uniqueCount="`, strconv.Itoa(len(b.texts)), `">`)
			for _, t := range b.texts {
				b.say(`<si><t>`, t, `</t><phoneticPr fontId="1" type="noConversion"/></si>`)
			}
			b.say(`</sst>`)
		}},
	}
	for _, p := range parts {
		part, err := z.Create(p.name)
		if err != nil {
			return err
		}
		b.w = bufio.NewWriterSize(part, 64<<10)
		b.say(declaration)
		p.write()
		if err := b.w.Flush(); err != nil {
			return err
		}
	}
	return z.Close()
}

// book is a workbook being written: a made-up market whose few large companies
// hold most models.
type book struct {
	w         *bufio.Writer
	random    *rand.Rand
	ids       map[string]int // of shared strings
	texts     []string
	used      int
	row, col  int
	models    []model
	companies []string
}

type model struct {
	name, company string
	filed         int // as Excel counts days
	size          float64
}

func (b *book) say(pieces ...string) {
	for _, p := range pieces {
		b.w.WriteString(p) // an error comes back from Flush
	}
}

func (b *book) sheet(widths string, headings ...string) {
	b.say(`<worksheet xmlns="`, mainSpace, `" xmlns:r="`, office, `"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>`, widths, `<sheetData>`)
	b.row = 0
	b.line(len(headings), func() {
		for _, h := range headings {
			b.text(heading, h)
		}
	})
}

func (b *book) end() {
	b.say(`</sheetData><pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75" header="0.3" footer="0.3"/></worksheet>`)
}

func (b *book) line(cols int, fill func()) {
	b.row++
	b.col = 0
	b.say(`<row r="`, strconv.Itoa(b.row), `" spans="1:`, strconv.Itoa(cols), `">`)
	fill()
	b.say(`</row>`)
}

func (b *book) cell(style int, kind, value string) {
	b.say(`<c r="`, string(rune('A'+b.col)), strconv.Itoa(b.row), `"`)
	if style > 0 {
		b.say(` s="`, strconv.Itoa(style), `"`)
	}
	b.say(kind, `><v>`, value, `</v></c>`)
	b.col++
}

func (b *book) text(style int, s string) {
	id, ok := b.ids[s]
	if !ok {
		id = len(b.texts)
		b.ids[s] = id
		b.texts = append(b.texts, s)
	}
	b.used++
	b.cell(style, ` t="s"`, strconv.Itoa(id))
}

func (b *book) number(style int, v float64) { b.cell(style, "", strconv.FormatFloat(v, 'f', -1, 64)) }

func (b *book) blank() { b.col++ }

var (
	camps     = []string{"闭源", "开源", "混合"}
	regions   = []string{"北京", "上海", "浙江", "广东", "江苏", "四川", "安徽", "湖北", "福建"}
	syllables = []string{"智", "星", "云", "深", "通", "启", "文", "言", "慧", "元", "天", "海"}
	brands    = []string{"Nova", "Orion", "Atlas", "Lumen", "Vega", "Mira", "Argo", "Sable"}
)

func one[T any](b *book, list []T) T { return list[b.random.IntN(len(list))] }

const firstDay = 45170 // 2023-09-01

func (b *book) filings(s size) {
	firms := s.filings/8 + 5
	for i := range firms {
		b.companies = append(b.companies, fmt.Sprintf("%s%s%d科技有限公司", one(b, syllables), one(b, syllables), i))
	}
	b.sheet(`<cols><col min="1" max="2" width="24" customWidth="1"/></cols>`, "模型名称", "公司", "阵营", "地区", "备案号", "备案日期", "上线日期", "活跃日期", "商用日期")
	for i := range s.filings {
		m := model{name: fmt.Sprintf("%s-%s%s%d", one(b, brands), one(b, syllables), one(b, syllables), i), filed: firstDay + b.random.IntN(900), size: math.Exp(2 * b.random.NormFloat64())}
		m.company = b.companies[int(float64(firms)*math.Pow(b.random.Float64(), 2.2))]
		b.models = append(b.models, m)
		b.line(9, func() {
			b.text(general, m.name)
			b.text(general, m.company)
			b.text(general, one(b, camps))
			b.text(general, one(b, regions))
			b.text(general, fmt.Sprintf("Beijing-%d-%05d", 2023+(m.filed-firstDay)/365, i))
			at := m.filed
			for _, likely := range []float64{1, 0.85, 0.7, 0.45} { // each stage of those that reached the one before
				if at < 0 || b.random.Float64() > likely {
					at = -1
					b.blank()
					continue
				}
				b.number(day, float64(at))
				at += 5 + b.random.IntN(200)
			}
		})
	}
	b.end()
}

// months are the first days of the months from firstDay.
func months(n int) []int {
	long := []int{30, 31, 30, 31, 31, 29, 31, 30, 31, 30, 31, 31} // from September 2023; 2024 has a 29th of February
	at, all := firstDay, []int{}
	for i := range n {
		all = append(all, at)
		at += long[i%12]
		if i == 17 || i == 29 { // February of 2025 and 2026
			at--
		}
	}
	return all
}

func (b *book) metrics(s size) {
	metrics, units := []string{"月活用户", "调用量", "Token量", "收入"}, []string{"人", "次", "token", "万元"}
	b.sheet(`<cols><col min="1" max="1" width="24" customWidth="1"/></cols>`, "模型", "月份", "指标", "数值", "单位")
	each := (s.metrics + len(b.models)*4 - 1) / (len(b.models) * 4)
	starts := months(each)
	left := s.metrics
	for _, m := range b.models {
		for k, first := range starts {
			for i := range metrics {
				if left--; left < 0 {
					break
				}
				b.line(5, func() {
					b.text(general, m.name)
					b.number(month, float64(first))
					b.text(general, metrics[i])
					v := math.Round(m.size * 1e5 * math.Pow(10, float64(i)/2) * math.Exp(0.05*float64(k)+0.2*b.random.NormFloat64()))
					if i == 2 && b.random.Float64() < 0.08 { // as analysts type large numbers
						b.text(general, strconv.FormatFloat(v/1e4, 'f', 1, 64)+"万")
					} else {
						b.number(decimals, v)
					}
					b.text(general, units[i])
				})
			}
		}
	}
	b.end()
}

func (b *book) prices(s size) {
	b.sheet(``, "模型", "日期", "输入价格", "输出价格", "单位", "币种")
	last, change := -1, 0
	for i := range s.prices {
		at := i * len(b.models) / s.prices
		if change++; at != last {
			last, change = at, 0
		}
		m := b.models[at]
		b.line(6, func() {
			b.text(general, m.name)
			b.number(day, float64(m.filed+change*90+b.random.IntN(30)))
			in := math.Round(100*40*math.Pow(0.7, float64(change))*(0.5+b.random.Float64())) / 100
			b.number(decimals, in)
			b.number(decimals, math.Round(300*in)/100)
			b.text(general, "元/百万tokens")
			b.text(general, "CNY")
		})
	}
	b.end()
}
