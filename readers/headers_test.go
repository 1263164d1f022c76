package readers_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"

	"shakeout/analysis"
	"shakeout/readers"
	"shakeout/readers/ooxml"
	"shakeout/samples"
)

// layout is a realistic table of one kind with a column left open: its header is
// put in and the reader asked what it understood.
type layout struct {
	heads []string // of the other columns
	rows  [][]any
	title string
}

var layouts = map[string]layout{
	"filings": {heads: []string{"序号", "模型名称", "备案单位", "备案时间"}, rows: [][]any{{1.0, "文心一言", "北京百度网讯科技有限公司", "2023-08-31"}, {2.0, "智谱清言", "北京智谱华章科技有限公司", "2023-08-31"}}},
	"counts":  {heads: []string{"截至时间", "备案数量"}, rows: [][]any{{"2024年11月", 309.0}, {"2025年3月", 346.0}}},
	"metrics": {heads: []string{"产品", "公司", "时间", "月活（万）"}, rows: [][]any{{"豆包", "字节跳动", "2024年5月", 2752.0}, {"Kimi", "月之暗面", "2024年5月", 589.0}}},
	"long":    {heads: []string{"产品", "指标", "时间", "数值"}, rows: [][]any{{"豆包", "MAU", "2024年5月", "2752万"}, {"Kimi", "MAU", "2024年5月", "589万"}}},
	"prices":  {heads: []string{"模型", "厂商", "输入价格", "输出价格"}, rows: [][]any{{"glm-4", "智谱", 100.0, 100.0}, {"qwen-max", "阿里云", 40.0, 120.0}}, title: "单位：元/百万tokens，2024年6月"},
}

// role is the headers of one meaning: column is what check says of it, open is
// which of the layout's columns it takes the place of (-1: a further column), and
// cells stand below it.
type role struct {
	layout  string
	open    int
	column  string // "" for what is understood and not used
	headers string
	cells   []any
}

var roles = []role{
	{"filings", 1, "model", "模型名称|模型|大模型|产品|算法名称|应用|应用产品|模型/服务商|大模型/算法名称|Model|Model Name|model_id|name|Model ID|Display name|App|Product|System", nil},
	{"prices", 0, "model", "模型名称|模型|大模型|模型/服务商|Model|Model Name|model_id|name|Model ID", nil},
	{"metrics", 0, "model", "产品|应用|应用产品|App|Product|Model|大模型|AI产品", nil},
	{"filings", 2, "company", "备案单位|公司|厂商|服务商|主体名称|开发者|企业|证券简称|公司简称|公司全称|公司/机构|Organization|Organizations|vendor|vendor_name|Provider|litellm_provider|developer|author|Company|Filing entity|Owner", nil},
	{"metrics", 1, "company", "公司|厂商|企业|公司/机构|Organization|vendor|Provider|developer|author|Company", nil},
	{"filings", -1, "region", "属地|省市|市场|地区|范围|Jurisdiction|Country (from Organization)|Country (of organization)|country|Location", []any{"北京", "上海"}},
	{"filings", 3, "filed", "备案时间|公告日期|备案日期|备案月份|登记时间|Filing date|filing_date|notice_create_time|batch_public_date", nil},
	{"filings", -1, "filing_no", "备案编号|备案号|大模型备案号|生成式AI备案号|上线编号|Filing number|filing_no|Reg. No.", []any{"Beijing-WenXin-20230821", "Beijing-ChatGLM-20230821"}},
	{"filings", -1, "", "算法备案号|官网|Model accessibility|license|License|Has site|证券代码|代码|来源|数据来源|说明|备注|典型企业|Source|Reference|Link|url|notes|批次|附件", []any{"甲", "乙"}},
	{"filings", -1, "status", "状态|registry_status|status", []any{"已备案", "已登记"}},
	{"filings", -1, "register", "备案类别", []any{"生成式人工智能服务", "深度合成算法"}},
	{"filings", -1, "retired", "retired", []any{"2024-01-01", "-"}},
	{"filings", -1, "category", "类别|分类|领域|标签|Domain|category|categories|model_type|Segment", []any{"通用", "医疗"}},
	{"counts", 1, "metric:filed_total", "备案数量|Filed|累计备案数量", nil},
	{"counts", 1, "metric:registered_total", "登记数量|Registered", nil},
	{"counts", 0, "date", "截至时间|时间|期间|日期|备案时间|公告日期|Date|snapshot_date|As of", nil},
	{"metrics", 3, "metric:mau", "月活|MAU|月活跃用户|Monthly active users", nil},
	{"metrics", 3, "metric:mrr", "MRR", nil},
	{"metrics", 3, "metric:arr", "ARR", nil},
	{"metrics", 3, "metric:arpu", "ARPU", nil},
	{"metrics", 3, "metric:score", "Arena Score|Score|得分", nil},
	{"metrics", 3, "metric:votes", "Votes", nil},
	{"metrics", 3, "metric:tokens", "Tokens|Token调用量", nil},
	{"metrics", 3, "metric:api_calls", "Requests|API calls|调用次数", nil},
	{"metrics", 3, "metric:下载占比", "下载占比", nil},
	{"metrics", 3, "metric:MMLU", "MMLU", nil},
	{"metrics", -1, "metric:change", "环比变化|WoW|Change|环比", []any{"12%", "-3%"}},
	{"metrics", -1, "metric:share", "Share|占比|份额|市场份额", []any{"12%", "3%"}},
	{"metrics", 2, "date", "时间|期间|日期|截至时间|更新于|Date|snapshot_date", nil},
	{"metrics", 2, "week_ending", "Week ending", []any{"2024-05-12", "2024-05-12"}},
	{"metrics", 2, "released", "Publication date|Release Date|发布日期", []any{"2024-05-12", "2024-05-12"}},
	{"metrics", -1, "", "Knowledge Cutoff|last_verified|排名|#|Rank*|Rank (UB)|95% CI|网址|序号|排名变化", []any{"2023/10", "2023/11"}},
	{"long", 1, "metric", "指标|项目|Metric|Item", nil},
	{"long", 3, "value", "数值|金额|Value|Figure", nil},
	{"long", -1, "unit", "单位|Unit", []any{"人", "人"}},
	{"prices", 2, "price:input", "输入价格|输入|输入价格（元/M Tokens）|文本模态输入价格（元/M Tokens）|输入 元/千tokens|输入 元/百万tokens|Input Price (USD/1M tokens)|Input 美元/1M tokens|input|input_price|input_cost_per_token|input_mtok|input_price_cny_per_m|input_price_orig_per_m|Input ($/1M tokens)|输入单价|百万tokens输入价格（缓存未命中）|输入（缓存未命中）|Base input tokens", nil},
	{"prices", 3, "price:output", "输出价格|输出|输出价格（元/M Tokens）|输出 元/千tokens|输出 元/百万tokens|Output Price (USD/1M tokens)|Output 美元/1M tokens|output|output_price|output_cost_per_token|output_mtok|输出单价|Output tokens|百万tokens输出价格", nil},
	{"prices", 3, "price:flat", "1:1 元/千tokens|1:1 元/百万tokens|单价|价格|费率|price|USD per 1M Tokens|Weighted Avg Price (USD/1M tokens)|price_per_m_tokens|Blended price|元/百万tokens|API价格", nil},
	{"prices", -1, "price:cached_input", "缓存输入 (Cached)|缓存命中|input_cached|Cached input|cache_read_input_token_cost|cache_read_mtok|输入（缓存命中）|输入价格（缓存命中）|Cache Hits & Refreshes", []any{1.0, 2.0}},
	{"prices", -1, "", "微调训练语料输入价格（元/M Tokens）|input_cost_per_token_batches|Batch输入价格|缓存写入|输入价格（音频）|最大输出 Token|max_output|max_output_tokens|最大输出长度|官方定价页面|last_verified", []any{1.0, 2.0}},
	{"prices", -1, "context", "上下文长度|上下文|上下文 Token 长度|上下文窗口大小（K）|最大输入 Token|context_window|context_length|contextLength|max_input_tokens|max_tokens|Max input tokens|Context Window (tokens)", []any{"128K", "32K"}},
	{"prices", -1, "currency", "billing_currency|currency|币种", []any{"CNY", "CNY"}},
	{"prices", -1, "unit", "价格单位|pricing_unit", []any{"元/百万tokens", "元/百万tokens"}},
	{"prices", -1, "price_before", "原价|Old price", []any{200.0, 200.0}},
	{"prices", -1, "stated_cut", "降幅", []any{"50%", "20%"}},
	{"prices", -1, "date", "日期|更新于|prices_checked|价格日期|snapshot_date|最后更新日期|last_updated", []any{"2024-06-01", "2024-06-02"}},
	{"prices", -1, "from", "from_date", []any{"2024-06-01", "2024-06-02"}},
	{"prices", -1, "to", "to_date", []any{"2024-07-01", ""}},
}

// traditionalHeads are headers in traditional characters and what they stand for.
var traditionalHeads = []role{
	{"filings", 1, "model", "模型名稱|產品|應用", nil},
	{"filings", 2, "company", "廠商|備案單位|開發者|企業|服務商", nil},
	{"filings", 3, "filed", "備案時間", nil},
	{"filings", -1, "filing_no", "備案編號|備案號", []any{"Beijing-WenXin-20230821", "x"}},
	{"filings", -1, "category", "類別|領域", []any{"通用", "醫療"}},
	{"prices", 2, "price:input", "輸入價格|輸入|輸入價格（元/M Tokens）", nil},
	{"prices", 3, "price:output", "輸出價格|輸出", nil},
	{"prices", 3, "price:flat", "價格|單價", nil},
	{"prices", -1, "context", "上下文長度", []any{"128K", "32K"}},
	{"counts", 1, "metric:filed_total", "備案數量", nil},
	{"metrics", 2, "date", "時間|期間|截至時間", nil},
	{"metrics", -1, "metric:change", "環比變化", []any{"12%", "-3%"}},
	{"long", 1, "metric", "指標|項目", nil},
	{"long", 3, "value", "數值|金額", nil},
}

// TestHeaders puts every known spelling of a header, and the ways in which sheets
// vary it, into a table of its kind and asks what the column was understood to be.
func TestHeaders(t *testing.T) {
	asked, wrong := 0, 0
	for _, r := range append(slices.Clone(roles), traditionalHeads...) {
		var typed []string
		for header := range strings.SplitSeq(r.headers, "|") {
			typed = append(typed, variants(header)...)
		}
		for i, got := range understood(t, r, typed) {
			asked++
			if got != r.column {
				wrong++
				t.Errorf("%s: header %q is %q, want %q", r.layout, typed[i], got, r.column)
			}
		}
	}
	t.Logf("%d headers asked, %d not understood", asked, wrong)
	if asked < 1000 {
		t.Errorf("%d headers asked, want 1000 at least", asked)
	}
}

// variants are ways to write a header that mean the same.
func variants(header string) []string {
	all := []string{header, " " + header + " ", header + "\n"}
	if up := strings.ToUpper(header); up != header && !strings.Contains(header, "MMLU") {
		all = append(all, up)
	}
	if low := strings.ToLower(header); low != header && !strings.Contains(header, "MMLU") {
		all = append(all, low)
	}
	wide := strings.NewReplacer("(", "（", ")", "）", "/", "／")
	if w := wide.Replace(header); w != header {
		all = append(all, w)
	}
	narrow := strings.NewReplacer("（", "(", "）", ")")
	if n := narrow.Replace(header); n != header {
		all = append(all, n)
	}
	if i := strings.IndexAny(header, "(（"); i > 0 {
		all = append(all, header[:i]+"\n"+header[i:])
	}
	return all
}

// understood reads a workbook with a sheet for each header, which stands in the
// place that the role leaves open, and gives what each column was taken for.
func understood(t *testing.T, r role, headers []string) []string {
	t.Helper()
	l := layouts[r.layout]
	c := samples.Case{Name: "header", File: "header.xlsx", Font: "Arial"}
	for i, header := range headers {
		c.Sheets = append(c.Sheets, r.sheet("表"+strconv.Itoa(i+1), header))
	}
	data, err := c.Workbook()
	if err != nil {
		t.Fatal(err)
	}
	pkg, err := ooxml.Open(context.Background(), data, ooxml.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	wb, err := readers.Read(context.Background(), pkg, c.File)
	if err != nil {
		t.Fatal(err)
	}
	defer wb.Tables.Release()
	open := r.open
	if open < 0 {
		open = len(l.heads)
	}
	var got []string
	for _, sheet := range c.Sheets {
		cell := analysis.Ref{Row: len(sheet.Rows) - len(l.rows), Col: open + 1}.Cell()
		is := "no table"
		for _, reg := range wb.Regions {
			for _, col := range reg.Columns {
				if reg.Sheet == sheet.Name && col.Cell == cell {
					is = col.Column
				}
			}
		}
		for _, f := range wb.Findings {
			if f.Code == "column-not-recognised" && f.At.Sheet == sheet.Name && f.At.Cell() == cell {
				is = "not recognised"
			}
		}
		got = append(got, is)
	}
	return got
}

// sheet is the layout's table with a header in the open place.
func (r role) sheet(name, header string) samples.Sheet {
	l := layouts[r.layout]
	sheet := samples.Sheet{Name: name}
	line := func(cells ...any) {
		var row samples.Row
		for _, v := range cells {
			if v == "" {
				v = nil
			}
			row.Cells = append(row.Cells, samples.Cell{Value: v})
		}
		sheet.Rows = append(sheet.Rows, row)
	}
	if l.title != "" {
		line(l.title)
	}
	var head []any
	for i, h := range l.heads {
		if i == r.open {
			h = header
		}
		head = append(head, h)
	}
	if r.open < 0 {
		head = append(head, header)
	}
	line(head...)
	for i, values := range l.rows {
		values = slices.Clone(values)
		if r.open < 0 {
			values = append(values, r.cells[i])
		} else if r.cells != nil {
			values[r.open] = r.cells[i]
		}
		line(values...)
	}
	return sheet
}
