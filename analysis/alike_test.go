package analysis

import (
	"fmt"
	"strings"
	"testing"
)

// namesTable puts each name into a metrics row of its own month, so that no two
// stand side by side; names joined by + share a month.
func namesTable(t *testing.T, kind string, names ...string) Table {
	t.Helper()
	b := NewBuilder(inputSpec("metrics"))
	defer b.Release()
	for i, together := range names {
		for _, name := range strings.Split(together, "+") {
			b.Text("subject", name)
			b.Text("subject_kind", kind)
			b.Date("period", DateOf(2000+i/12, 1+i%12, 1))
			b.Text("metric", "mau")
			b.Float("value", 1)
			b.EndRow()
		}
	}
	return b.Table()
}

func inputSpec(name string) TableSpec {
	for _, spec := range InputTables {
		if spec.Name == name {
			return spec
		}
	}
	panic(name)
}

func TestAlikeNames(t *testing.T) {
	for _, c := range []struct {
		kind  string
		names string // spellings separated by |
		want  string // "alias>canonical" separated by |
	}{
		{"model", "ERNIE-4.0-8K|ERNIE-4.0-8K|ERNIE 4.0系列", "ERNIE 4.0系列>ERNIE-4.0-8K"},
		{"model", "gpt-4-turbo|gpt-4-turbo|gpt-4-turbo-2024-04-09", "gpt-4-turbo-2024-04-09>gpt-4-turbo"},
		{"model", "glm-4|glm-4-0520|glm-4", "glm-4-0520>glm-4"},
		{"model", "o1|o1-preview", "o1-preview>o1"},
		{"model", "盘古|盘古大模型|盘古", "盘古大模型>盘古"},
		{"model", "GLM-4V|GLM-4V|GML-4V", "GML-4V>GLM-4V"},
		{"model", "ernie-speed|ernie-speed|ernie-spead", "ernie-spead>ernie-speed"},
		{"model", "Kimi|Kimi（月之暗面）|Kimi", "Kimi（月之暗面）>Kimi"},
		{"company", "北京月之暗面科技有限公司|月之暗面|月之暗面", "北京月之暗面科技有限公司>月之暗面"},
		{"company", "腾讯科技（深圳）有限公司|腾讯|腾讯", "腾讯科技（深圳）有限公司>腾讯"},
		{"company", "OpenAI|OpenAI, Inc.|OpenAI", "OpenAI, Inc.>OpenAI"},
		{"company", "深度求索|DeepSeek|深度求索", "DeepSeek>深度求索"},
		{"model", "豆包|Doubao|豆包|Qwen", "Doubao>豆包"},
		{"company", "北京智谱华章科技有限公司|北京智谱华章科技有限公司|北京智普华章科技有限公司", ""}, // cores of four characters: too short to tell
		{"company", "上海市人工智能实验室|上海人工智能实验室|上海人工智能实验室", "上海市人工智能实验室>上海人工智能实验室"},
		// Not one: another version, size, letter at the end, or side by side.
		{"model", "Qwen-7B|Qwen-72B|Qwen2.5|Qwen2", ""},
		{"model", "GPT-4|GPT-4o|GPT-4o-mini", ""},
		{"model", "abab6.5|abab6.5s|V3.5|Spark3.5 Max", ""},
		{"model", "moonshot-v1-8k|moonshot-v1-32k|moonshot-v1-128k", ""},
		{"model", "claude-3-opus|claude-3-haiku|claude-3-sonnet", ""},
		{"model", "文心一言|文心一格", ""},
		{"model", "gpt-4-0314|gpt-4-0613", ""},
		{"model", "gpt-4-turbo+gpt-4-turbo-2024-04-09", ""},
		{"model", "GLM-3-Turbo|GLM-3 Turbo|ＧＬＭ３Turbo", ""},
		{"company", "腾讯科技（深圳）有限公司|腾讯科技（北京）有限公司", ""},
	} {
		table := namesTable(t, c.kind, strings.Split(c.names, "|")...)
		var got []string
		for _, f := range AlikeNames(Tables{"metrics": table}) {
			got = append(got, f.Got+">"+fmt.Sprint(f.Args[0]))
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%s: got %q, want %q", c.names, strings.Join(got, "|"), c.want)
		}
		table.Rec.Release()
	}
}

// An alias settles a pair: joined, or each listed as its own.
func TestAliasesSettleNames(t *testing.T) {
	table := namesTable(t, "model", "GLM-4V", "GML-4V")
	defer table.Rec.Release()
	if n := len(AlikeNames(Tables{"metrics": table})); n != 1 {
		t.Fatalf("without aliases: %d findings, want 1", n)
	}
	for _, rows := range [][][2]string{{{"GML-4V", "GLM-4V"}}, {{"GML-4V", "GML-4V"}, {"GLM-4V", "GLM-4V"}}} {
		b := NewBuilder(inputSpec("aliases"))
		for _, r := range rows {
			b.Text("name", r[0])
			b.Text("canonical", r[1])
			b.EndRow()
		}
		aliases := b.Table()
		if f := AlikeNames(Tables{"metrics": table, "aliases": aliases}); len(f) != 0 {
			t.Errorf("%v: got %v", rows, f)
		}
		aliases.Rec.Release()
		b.Release()
	}
}

// Ten thousand names give the same findings each time: the first of them, and how
// many more there are.
func TestAlikeNamesOfMany(t *testing.T) {
	var names []string
	for i := range 10_000 {
		letters := ""
		for k := i; len(letters) < 8; k = k*31 + 7 {
			letters += string(rune('a' + k%26))
		}
		names = append(names, fmt.Sprintf("%s-%d", letters, i))
	}
	for i := range 50 {
		names = append(names, names[i*7]+"-preview")
	}
	table := namesTable(t, "model", names...)
	defer table.Rec.Release()
	first := AlikeNames(Tables{"metrics": table})
	if len(first) != maxAlike+1 || first[maxAlike].Code != "names-alike-more" {
		t.Fatalf("got %d findings, want %d and a count", len(first), maxAlike)
	}
	if again := AlikeNames(Tables{"metrics": table}); fmt.Sprint(again) != fmt.Sprint(first) {
		t.Error("the same names gave other findings")
	}
}

func BenchmarkAlikeNames(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			build := NewBuilder(inputSpec("metrics"))
			defer build.Release()
			for i := range n {
				build.Text("subject", fmt.Sprintf("model-%c%c%c-%d", 'a'+i%26, 'a'+i/26%26, 'a'+i/676%26, i))
				build.Text("subject_kind", "model")
				build.EndRow()
			}
			table := build.Table()
			defer table.Rec.Release()
			for b.Loop() {
				AlikeNames(Tables{"metrics": table})
			}
		})
	}
}

// Of a market's workbooks, pairs that no one of them holds are named, with both
// files; what one workbook holds is its own finding.
func TestAlikeAcross(t *testing.T) {
	zh := stating("zh.xlsx", DateOf(2024, 6, 30), [3]any{"豆包", 5, 26e6}, [3]any{"豆包", 6, 27e6}, [3]any{"ernie-speed", 5, 1e6}, [3]any{"ernie-spead", 6, 1e6})
	en := stating("en.xlsx", DateOf(2024, 6, 30), [3]any{"Doubao", 5, 26e6}, [3]any{"Kimi", 5, 20e6})
	for _, p := range []*Part{&zh, &en} {
		m := p.Tables["metrics"]
		m.Sources[0].Cells["subject"] = Place{Col: 1}
		p.Tables["metrics"] = m
	}
	ts, _ := Together([]Part{zh, en})
	defer ts.Release()
	var got []string
	for _, f := range AlikeAcross(ts) {
		got = append(got, fmt.Sprint(f.At.File, " ", f.At.Cell(), " ", f.Got, " ", f.Args[0], " ", f.Args[1]))
	}
	if want := "en.xlsx A2 Doubao 豆包 zh.xlsx · 指标!A2"; strings.Join(got, "; ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
