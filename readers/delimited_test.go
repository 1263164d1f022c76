package readers_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"shakeout/analysis"
	"shakeout/readers"
	"shakeout/readers/ooxml"
)

func toUTF16(s string, order binary.AppendByteOrder, mark bool) []byte {
	var b []byte
	if mark {
		b = order.AppendUint16(b, 0xfeff)
	}
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return b
}

func toGB(t *testing.T, s string) []byte {
	t.Helper()
	b, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const delimited = "价格对比（2024年5月）\n\n模型名称,厂商,输入价格（元/百万tokens）,备注\nmoonshot-v1,月之暗面,12,\"含税,\n刊例\"\nGLM-4,智谱,0.50,\nQwen-Long,阿里,免费,\n"

// One table in every encoding and with every separator reads alike.
func TestDelimitedReadsAlike(t *testing.T) {
	semicolons := strings.NewReplacer("含税,", "含税，", ",", ";").Replace(delimited)
	tabs := strings.NewReplacer("含税,", "含税，", ",", "\t").Replace(delimited)
	for name, data := range map[string][]byte{
		"utf-8.csv": []byte(delimited), "mark.csv": []byte("\ufeff" + delimited), "gb18030.csv": toGB(t, delimited), "crlf.csv": []byte(strings.ReplaceAll(delimited, "\n", "\r\n")), "cr.csv": []byte(strings.ReplaceAll(delimited, "\n", "\r")),
		"utf-16le.csv": toUTF16(delimited, binary.LittleEndian, true), "utf-16be.csv": toUTF16(delimited, binary.BigEndian, true), "unmarked.csv": toUTF16(delimited, binary.LittleEndian, false),
		"semicolons.csv": []byte(semicolons), "tabs.csv": []byte(tabs), "tabs.tsv": toGB(t, tabs), "sep.csv": []byte("sep=;\r\n" + semicolons),
	} {
		wb := readDelimited(t, data, name)
		prices := wb.Tables["prices"]
		var got []string
		for row := range prices.Rows() {
			got = append(got, strings.Join([]string{show(prices, "model", row), show(prices, "company", row), show(prices, "date", row), show(prices, "kind", row), exact(prices, "price", row), show(prices, "currency", row)}, " "))
		}
		want := []string{"moonshot-v1 月之暗面 2024-05-01 input 12 CNY", "GLM-4 智谱 2024-05-01 input 0.5 CNY", "Qwen-Long 阿里 2024-05-01 input 0 CNY"}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
		if wb.Sheets[0] != strings.TrimSuffix(strings.TrimSuffix(name, ".csv"), ".tsv") {
			t.Errorf("%s: the sheet is called %s", name, wb.Sheets[0])
		}
		wb.Tables.Release()
	}
}

func readDelimited(t *testing.T, data []byte, name string) *analysis.Workbook {
	t.Helper()
	book, how, err := readers.FromDelimited(data, name, ooxml.DefaultLimits())
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	pkg, err := ooxml.Open(context.Background(), book, ooxml.DefaultLimits())
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	pkg.Delimited = how
	wb, err := readers.Read(context.Background(), pkg, name)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return wb
}

// Each field stands in its cell as it was: another reader finds the same texts
// and numbers. Numbers look as typed; codes, long digits and what else is no
// plain number stay text.
func TestDelimitedIsTheDataAsItWas(t *testing.T) {
	text := "代码,名称,数,日期,编号\n" +
		"000063,中兴通讯,1200,2024-05-01,1234567890123456789\n" +
		"600519,\"引\"\"号\"\"\",1.50,2024.10,007\n" +
		"1,=1+1,-3.25,2024,1e5\n" +
		" 前后 ,_x0041_,\"1,200\",5%,-0\n" +
		",\"换\n行\",+5,x,\x01控制\n"
	book, _, err := readers.FromDelimited([]byte(text), "数据.csv", ooxml.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for cell, want := range map[string]struct {
		text   string
		number bool
	}{
		"A2": {"000063", false}, "A3": {"600519", false}, "A4": {"1", false}, "A5": {" 前后 ", false}, "A6": {"", false},
		"B2": {"中兴通讯", false}, "B3": {`引"号"`, false}, "B4": {"=1+1", false}, "B5": {"_x0041_", false}, "B6": {"换\n行", false},
		"C2": {"1200", true}, "C3": {"1.50", true}, "C4": {"-3.25", true}, "C5": {"1,200", false}, "C6": {"+5", false},
		"D2": {"2024-05-01", false}, "D3": {"2024.10", true}, "D4": {"2024", true}, "D5": {"5%", false}, "D6": {"x", false},
		"E2": {"1234567890123456789", false}, "E3": {"007", false}, "E4": {"1e5", false}, "E5": {"-0", false}, "E6": {"\x01控制", false},
	} {
		got, err := f.GetCellValue("数据", cell)
		if err != nil {
			t.Fatal(err)
		}
		kind, err := f.GetCellType("数据", cell)
		if err != nil {
			t.Fatal(err)
		}
		number := kind == excelize.CellTypeUnset && got != ""
		if got != want.text || number != want.number {
			t.Errorf("%s: got %q number %v, want %q number %v", cell, got, number, want.text, want.number)
		}
		n++
	}
	if n == 0 {
		t.Error("nothing was compared")
	}
	again, _, err := readers.FromDelimited([]byte(text), "数据.csv", ooxml.DefaultLimits())
	if err != nil || !bytes.Equal(book, again) {
		t.Errorf("the same text gave other bytes (%v)", err)
	}
}

// What would lose a value or put it into another column is refused, with the
// line; what is no text is given back to be named for what it is.
func TestDelimitedRefusals(t *testing.T) {
	big5, err := traditionalchinese.Big5.NewEncoder().Bytes([]byte("模型名稱,廠商\n通義千問,阿里\n豆包,字節跳動\n"))
	if err != nil {
		t.Fatal(err)
	}
	limits := ooxml.DefaultLimits()
	few := limits
	few.Cells = 5
	small := limits
	small.PackageBytes = 10
	for name, c := range map[string]struct {
		data   []byte
		limits ooxml.Limits
		want   string
	}{
		"latin-1":            {[]byte("mod\xe8le,prix\nKimi,3\n"), limits, "text-encoding []"},
		"big5":               {big5, limits, "text-encoding []"},
		"cut UTF-8":          {[]byte("模型,价格\nKimi,3\n豆\xe5\x8c"), limits, "text-encoding []"},
		"odd UTF-16":         {toUTF16("a,b\n1,2\n", binary.LittleEndian, true)[:9], limits, "text-encoding []"},
		"binary":             {[]byte("a,b\x00\x00\x00\x01\n"), limits, "text-encoding []"},
		"open quote":         {[]byte("模型,备注\nKimi,\"没有闭合\nGLM,好\n"), limits, "text-quote [2]"},
		"text after a quote": {[]byte("模型,备注\nKimi,\"a\"b\n"), limits, "text-quote [2]"},
		"unquoted thousands": {[]byte("模型,日期,月活\nKimi,2024-05,100\nGLM,2024-05,100\n豆包,2024-05,1,200\n"), limits, "text-row-too-long [4 3]"},
		"too many cells":     {[]byte("a,b,c\n1,2,3\n"), few, "too-many-cells []"},
		"too large":          {[]byte("a,b,c\n1,2,3\n"), small, "too-large []"},
		"field for no cell":  {[]byte("a,b\n1," + strings.Repeat("长", 32768) + "\n"), limits, "text-cell-too-long [2]"},
		"an html table":      {[]byte("<html><table><tr><td>模型</td></tr></table></html>"), limits, "html []"},
		"an old workbook":    {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600)), limits, "old-xls []"},
		"a PDF":              {[]byte("%PDF-1.7 x"), limits, "not-a-workbook []"},
		"nothing":            {nil, limits, "empty-file []"},
		"a damaged workbook": {[]byte("PK\x03\x04 and no more"), limits, "damaged-zip []"},
	} {
		book, _, err := readers.FromDelimited(c.data, "x.csv", c.limits)
		if err == nil {
			_, err = ooxml.Open(context.Background(), book, c.limits)
		}
		var refusal *ooxml.Refusal
		got := ""
		if errors.As(err, &refusal) {
			got = refusal.Code + " " + fmt.Sprint(refusal.Args)
		}
		if got != c.want {
			t.Errorf("%s: got %q (%v), want %q", name, got, err, c.want)
		}
	}
}

// Shorter rows, titles, two tables of different width and quotes inside a field
// are no damage.
func TestDelimitedTakesWhatPeopleWrite(t *testing.T) {
	text := "标题\n\n模型,日期,月活\nKimi,2024-05,100\n5\" 屏,2024-05\n\n模型,日期,月活,下载量,访问量\n豆包,2024-05,1,2,3\n"
	wb := readDelimited(t, []byte(text), "x.csv")
	defer wb.Tables.Release()
	if n := wb.Tables["metrics"].Rows(); n != 4 {
		t.Errorf("got %d facts, want 4", n)
	}
	checkLaw(t, wb)
}

// FuzzDelimited takes any bytes for delimited text. Nothing panics, and what is
// taken opens as a workbook and reads within the law.
func FuzzDelimited(f *testing.F) {
	f.Add([]byte(delimited))
	f.Add(toUTF16(delimited, binary.LittleEndian, true))
	f.Add([]byte("a;\"b\"\"c\"\r\n1;2\r\n"))
	gb, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(delimited))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(gb)
	limits := ooxml.DefaultLimits()
	limits.Cells = 10000
	f.Fuzz(func(t *testing.T, data []byte) {
		book, _, err := readers.FromDelimited(data, "x.csv", limits)
		if err != nil || bytes.Equal(book, data) {
			return
		}
		pkg, err := ooxml.Open(context.Background(), book, limits)
		if err != nil {
			t.Fatal(err)
		}
		wb, err := readers.Read(context.Background(), pkg, "x.csv")
		if err != nil {
			t.Fatal(err)
		}
		defer wb.Tables.Release()
		checkLaw(t, wb)
	})
}
