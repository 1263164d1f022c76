package readers

// role is what a sheet column is understood to hold.
type role string

// The roles. Most name a canonical column; the others say how a column takes
// part in a row.
const (
	roleModel    role = "model"
	roleCompany  role = "company"
	roleRegion   role = "region"
	roleCategory role = "category"
	roleCamp     role = "camp"
	roleRegister role = "register"
	roleFilingNo role = "filing_no"
	roleStatus   role = "status"

	roleFiled      role = "filed"
	roleLaunched   role = "launched"
	roleActive     role = "active"
	roleCommercial role = "commercial"
	roleRetired    role = "retired"

	roleDate     role = "date"        // when the row's facts hold
	roleUpdated  role = "updated"     // when the row was last updated: dates prices only
	roleWeekEnd  role = "week_ending" // last day of the row's week
	roleFrom     role = "from"        // a validity or span begins
	roleTo       role = "to"          // a validity ends
	roleReleased role = "released"    // a model version came out
	roleVersion  role = "version"

	roleMetric   role = "metric"
	roleValue    role = "value"
	roleUnit     role = "unit"
	roleCurrency role = "currency"
	roleMeasure  role = "measure" // a column of numbers whose header names the metric

	roleKind     role = "kind" // input or output, of a price
	roleInput    role = "input_price"
	roleOutput   role = "output_price"
	roleCached   role = "cached_price"
	roleFlat     role = "flat_price"
	roleBefore   role = "price_before"
	roleNow      role = "price_now"
	roleCut      role = "stated_cut"
	roleNotPrice role = "other_price" // fine-tuning, batch, off-peak
	roleContext  role = "context"

	roleOwner     role = "owner"
	roleAlias     role = "name"
	roleCanonical role = "canonical"
	roleKey       role = "key"
	roleRate      role = "cny_per_unit"
	roleMerger    role = "merger"

	roleCount  role = "count_of_names" // how many names a cell holds
	roleNumber role = "row_number"     // rank, running number
	roleUnused role = "unused"         // understood and not used: codes, links, remarks, limits
)

// spelling is one way to write a header. rank orders several columns of one
// role in one table: the lowest speaks, as a full legal name before a short one.
// unit is what the header says about its numbers where its name implies it; after
// a ~ it is what the field of a published price list is kept in, which anything
// the sheet says goes before.
type spelling struct {
	role role
	rank int
	text string // spellings separated by |; case, width and white space are ignored
	unit string
}

// spellings are the headers that are known. Units in brackets, after a line
// break or after a space are taken off before a header is looked up here.
var spellings = []spelling{
	{roleModel, 1, "Model ID|model_id|模型ID|模型标识|API name", ""},
	{roleModel, 2, "模型名称|模型名|模型|大模型|大模型名称|算法名称|模型版本名称|模型/服务商|大模型/算法名称|模型或服务名称|模型/产品|Model|Model Name|model_name|Models|System|LLM|备案模型|服务名称", ""},
	{roleModel, 3, "产品|产品名|产品名称|AI产品|应用|应用名|应用产品|应用名称|应用/功能名称|应用或功能名称|App|App name|Product|Product name|AI product|APP名称|Service|Application", ""},
	{roleModel, 4, "name|Display name|名称|显示名称", ""},

	{roleCompany, 1, "备案单位|主体名称|公司全称|企业全称|单位名称|Filing entity|Legal entity|Legal name|备案主体|登记主体|登记单位|运营主体|运营单位|备案企业|公司名称|公司名", ""},
	{roleCompany, 2, "Creator|Model creator|Model developer|开发者|开发商|研发单位|研发机构|Organization|Organisation|Organizations|Organisations|Developer|Author|Lab|Maker|所属公司", ""},
	{roleCompany, 3, "主体|公司|公司/机构|厂商|企业|企业名称|机构|机构名称|Company|Company name|Entity|Entity name|Firm|Publisher|出品方|模型厂商|研发公司", ""},
	{roleCompany, 4, "服务商|供应商|平台|Provider|Vendor|vendor_name|litellm_provider|Host|云厂商", ""},
	{roleCompany, 5, "证券简称|公司简称|企业简称|简称", ""},

	{roleRegion, 1, "属地|省市|省份|地区|区域|范围|市场|国家|国家/地区|城市|所在地|Jurisdiction|Country|Country (from Organization)|Country (of organization)|Region|Location|Province|Geography|Market", ""},
	{roleCategory, 1, "类别|分类|类型|领域|标签|赛道|行业|Domain|Category|Categories|model_type|Segment|Sector|Tags", ""},
	{roleCamp, 1, "阵营|派系|梯队|Camp|Group|Tier", ""},
	{roleRegister, 1, "备案类别|备案类型|登记类别|Register|Registry|Filing type|备案/登记", ""},
	{roleFilingNo, 1, "大模型备案号|生成式AI备案号|备案编号|备案号|模型备案号|上线编号|Filing number|Filing no|filing_no|Filing No.|Reg. No.|Reg No|Registration number", ""},
	{roleUnused, 1, "算法备案时间|算法备案日期|算法备案号|算法备案编号|深度合成备案号|Algorithm filing number", ""},
	{roleStatus, 1, "状态|备案状态|当前状态|Status|registry_status|Filing status", ""},

	{roleFiled, 2, "登记时间|登记日期|Registration date|Registered on", ""},
	{roleFiled, 3, "公告日期|公告时间|公示日期|notice_create_time|batch_public_date", ""},
	{roleFiled, 1, "大模型备案时间|大模型备案日期|生成式AI备案时间|模型备案时间|模型备案日期|备案时间|备案日期|备案月份|通过备案日期|备案通过时间|Filing date|filing_date|Date filed|Filed on|Filed date", ""},
	{roleLaunched, 1, "上线时间|上线日期|上线月份|开放日期|公测日期|开放时间|Launch date|Launched|Date launched|Launched on|Public launch", ""},
	{roleActive, 1, "活跃时间|活跃日期|达到活跃日期|活跃月份|Active date|Active since|Became active|Active from", ""},
	{roleCommercial, 1, "商业化时间|商业化日期|商用日期|商用时间|收费日期|商业化月份|Commercial date|Commercial since|Commercialised|Commercialized|Commercial launch|Monetised", ""},
	{roleRetired, 1, "下线时间|下线日期|停服日期|停止服务日期|关停日期|退出日期|注销日期|Retired|Retired on|Retirement date|Shut down|Withdrawn|Discontinued|Exit date", ""},

	{roleDate, 1, "日期|Date|snapshot_date|snapshot|快照日期|采集日期|统计日期|截至日期|As of|as_of|Day", ""},
	{roleDate, 2, "年|月|季|时间|期间|截至时间|截止时间|统计时间|时点|月份|月度|季度|年份|年度|年月|统计期|报告期|周|周次|统计周期|时间段|时间区间|统计区间|统计时段|财年|财季|会计年度|Period|Month|Quarter|Year|Time|Week|Weeks|Week range|Fiscal year|FY|Fiscal quarter|Reporting period", ""},
	{roleDate, 3, "调整时间|调整日期|调价时间|调价日期|降价时间|降价日期|变动时间|变动日期|宣布时间|宣布日期|价格日期|生效日期|Price date|prices_checked|Effective date|Effective", ""},
	{roleUpdated, 1, "更新日期|更新时间|更新于|最后更新日期|最后更新时间|最近更新|last_updated|Last updated", ""},
	{roleWeekEnd, 1, "Week ending|Week ended|Week to|周末日期|截至周|周截止日", ""},
	{roleFrom, 1, "from_date|From|Valid from|起始日期|开始日期|生效起|Start date|Start", ""},
	{roleTo, 1, "to_date|To|Valid to|Valid until|结束日期|截止日期|失效日期|End date|End|Until", ""},
	{roleReleased, 1, "Released|Release date|Publication date|发布日期|发布时间|发布月份|Published|Announced", ""},
	{roleVersion, 1, "版本|版本号|Version|Model version", ""},

	{roleMetric, 2, "阶段|环节|Stage", ""},
	{roleMetric, 1, "指标|指标名称|项目|科目|Metric|Metrics|Item|Indicator|Measure|KPI", ""},
	{roleValue, 1, "数值|数据|金额|Value|Figure|Amount|指标值|值", ""},
	{roleUnit, 1, "计量单位|价格单位|单位|Unit|Units|pricing_unit|计价单位", ""},
	{roleCurrency, 1, "币种|货币|currency|billing_currency|Ccy", ""},

	{roleKind, 1, "计费方向|计费项|方向|计费类型|价格类型|Side|Token type|Price type|Direction|Kind|输入/输出|Input/Output", ""},
	{roleInput, 1, "输入价格|输入|输入单价|输入价|文本模态输入价格|问题Token|Input|Input price|input_price|input_price_usd|Prompt|Prompt price|Input cost|Text input|Input token price|输入tokens|Input tokens price", ""},
	{roleInput, 1, "input_cost_per_token|pricing.prompt|pricing_prompt", "~USD/token"},
	{roleInput, 1, "input_mtok", "~USD/1M tokens"},
	{roleInput, 1, "Input MTok|input_price_per_m|input_price_orig_per_m|input_per_m|Input per 1M", "/1M tokens"},
	{roleInput, 1, "Input $/M", "USD/1M tokens"},
	{roleInput, 1, "input_price_cny_per_m", "元/百万tokens"},
	{roleInput, 1, "input_price_usd_per_m", "USD/1M tokens"},
	{roleOutput, 1, "输出价格|输出|输出单价|输出价|文本模态输出价格|回答Token|Output|Output price|output_price|output_price_usd|Completion|Completion price|Output cost|Text output|Output token price|输出tokens|Output tokens price", ""},
	{roleOutput, 1, "output_cost_per_token|pricing.completion|pricing_completion", "~USD/token"},
	{roleOutput, 1, "output_mtok", "~USD/1M tokens"},
	{roleOutput, 1, "Output MTok|output_price_per_m|output_price_orig_per_m|output_per_m|Output per 1M", "/1M tokens"},
	{roleOutput, 1, "Output $/M", "USD/1M tokens"},
	{roleOutput, 1, "output_price_cny_per_m", "元/百万tokens"},
	{roleOutput, 1, "output_price_usd_per_m", "USD/1M tokens"},
	{roleCached, 1, "缓存输入|缓存命中|缓存命中输入|缓存命中价格|缓存输入价格|缓存输入(Cached)|输入（缓存命中）|Cached input|input_cached|Cached|Cache read|Cache hit|Cached input price|Cache hit price", ""},
	{roleCached, 1, "cache_read_input_token_cost|pricing.input_cache_read|pricing_input_cache_read", "~USD/token"},
	{roleCached, 1, "cache_read_mtok", "~USD/1M tokens"},
	{roleFlat, 1, "1:1|单价|价格|费率|统一单价|统一价|售价|刊例价|Price|Blended price|Weighted Avg Price|Weighted average price|Unit price|List price|Blended", ""},
	{roleFlat, 1, "USD per 1M Tokens|USD/1M Tokens", "USD/1M tokens"},
	{roleFlat, 1, "price_per_m_tokens", "/1M tokens"},
	{roleBefore, 1, "原价|调价前|降价前|旧价|原价格|Old price|Previous price|Price before|Before|Was|Original price", ""},
	{roleNow, 1, "现价|调价后|降价后|新价|现价格|最新价格|New price|Current price|Price after|After|Now", ""},
	{roleCut, 1, "降幅|降价幅度|调整幅度|跌幅|Cut|Price cut|Drop|Discount|Reduction", ""},
	{roleNotPrice, 1, "微调训练语料输入价格|微调价格|训练价格|批量价格|Batch输入价格|Batch input|Batch output|Fine-tuning|Fine-tuning price|Training price|input_cost_per_token_batches|output_cost_per_token_batches|夜间价格|错峰价格|闲时价格|Off-peak|Off-peak price|cache_write|缓存写入|缓存创建|Cache write|cache_creation_input_token_cost|缓存存储", ""},
	{roleContext, 1, "上下文长度|上下文|上下文Token长度|上下文窗口|上下文窗口大小|最大输入Token|context_window|context_length|contextLength|Context|Context window|Context length|max_input_tokens|Max input tokens|最大输入", ""},

	{roleContext, 3, "max_tokens", ""},

	{roleOwner, 1, "母公司|控股方|控制方|所有者|所属集团|集团|实际控制人|Owner|Ultimate owner|Parent|Parent company|Group owner", ""},
	{roleAlias, 1, "别名|别称|原名|曾用名|又名|写法|Alias|Spelling|Also known as|AKA|Variant", ""},
	{roleCanonical, 1, "标准名称|统一名称|规范名称|标准名|统一名|正式名称|Canonical|Canonical name|Standard name", ""},
	{roleKey, 1, "参数名|设置|设置项|配置项|键|Key|Setting|Parameter|Option", ""},
	{roleRate, 1, "汇率|人民币汇率|兑人民币|对人民币汇率|cny_per_unit|CNY per unit|Exchange rate|FX rate|Rate", ""},
	{roleMerger, 1, "合并方案|合并情景|并购方案|并购情景|Merger|Deal|Merger name|What-if", ""},

	{roleCount, 1, "数量|个数|模型数量|服务数量|款数|Number|Count|模型数|算法数|Number of models|Count of names", ""},
	{roleNumber, 1, "日|序号|编号|排名|名次|#|No|No.|Nr|Rank|Ranking|Index|ID|位次|行号", ""},
	{roleUnused, 1, "代码|证券代码|股票代码|公司代码|Ticker|Stock code|Code|Security code", ""},
	{roleUnused, 1, "来源|数据来源|来源链接|信息来源|官方定价页面|官网|网址|链接|网站|说明|备注|描述|简介|典型企业|代表企业|性质|数据性质|口径|统计口径|定义|含义|解释|计算方式|Source|Sources|Reference|References|Link|Links|url|URLs|Website|Site|Has site|Notes|Note|Description|Remark|Remarks|Comment|Comments|Nature|Basis|commit", ""},
	{roleUnused, 1, "95% CI|CI|置信区间|Confidence interval|License|Licence|许可|许可证|开源协议|协议|Knowledge Cutoff|Cutoff|知识截止|知识截止日期|训练数据截止|Model accessibility|Accessibility|Confidence|last_verified|Last verified|核验日期", ""},
	{roleUnused, 1, "成立年份|成立时间|成立日期|上市日期|Founded|Year founded|Founding year|IPO date|电话|手机|手机号|联系方式|邮箱|邮编|工号|统一社会信用代码|Email|Phone", ""},
	{roleUnused, 1, "最大输出Token|最大输出|输出长度|max_output|max_output_tokens|Max output tokens|Max output|Output limit|RPM|TPM|限流|Rate limit", ""},
}

// pattern is a header that is known by its form: what it says more than the
// pattern does not change what the column holds.
type pattern struct {
	role  role
	form  *lazy    // of the folded header
	needs []string // one of which every text of the form holds: a quick look before it
}

// patterns are tried last.
var patterns = []pattern{
	{roleNumber, lazily(`^(?:.*(?:排名|名次|位次)(?:变化|变动|升降)?|.*rank(?:ing)?(?:change)?)(?:[(*].*)?$`), []string{"排名", "名次", "位次", "rank"}},
	{roleUnused, lazily(`^(?:最大|最长|单次|max\.?|maximum).*(?:输出|生成|回复|思维链|output|completion|response)`), []string{"输出", "生成", "回复", "思维链", "output", "completion", "response"}},
	{roleContext, lazily(`^(?:最大|最长|支持|max\.?|maximum)?(?:输入长度|输入token数?|上下文(?:窗口|长度|大小|tokens?|数|支持|限制|k|[(].*)*|context(?:window|length|size)?(?:tokens|\(tokens\))?|input(?:length|limit))$`), []string{"输入", "上下文", "context", "input"}},
	{roleUnused, lazily(`^(?:底层|基座|所用|使用|调用|调用的|接入|依托)(?:的)?(?:已备案)?(?:大)?模型(?:名称)?$`), []string{"模型"}},
	{roleUnused, lazily(`知识截止|训练数据截止|cutoff|更新频率|^是否|^(?:备案|公告|公示)?(?:批次|期次|批号|附件|文号)$|^(?:编号|序号|备案)(?:区间|范围)$|^(?:batch|tranche)(?:no\.?)?$`), []string{"知识截止", "训练数据截止", "cutoff", "更新频率", "是否", "批次", "期次", "批号", "附件", "文号", "区间", "范围", "batch", "tranche"}},
}

// metricName is a metric of the canonical list, its spellings and the unit its
// values are told in. A currency unit is written "money": the sheet says which.
type metricName struct {
	name      string
	unit      string
	spellings string
	inTitles  string // further spellings, by which a title says what its table's cells are
}

// metricNames: if the whole header (or the whole cell of a metric column) is one
// of these spellings the canonical name is used, else the text as typed. The list
// is short on purpose: a word more makes it another metric (日均调用次数 is not 调用次数,
// Elo need not be the Arena's), and two metrics under one name would be compared.
var metricNames = []metricName{
	{"mau", "persons", "MAU|月活|月活跃用户|Monthly active users", "月活跃用户数|月活跃用户规模|月活用户|月活用户数|月活跃|Monthly actives|月度活跃用户"},
	{"wau", "persons", "WAU|周活|周活跃用户|Weekly active users", "周活跃用户数|周活用户|周活用户数|周活跃"},
	{"dau", "persons", "DAU|日活|日活跃用户|Daily active users", "日活跃用户数|日活用户|日活用户数|日活跃"},
	{"users", "persons", "Users|用户数", "用户规模|用户量"},
	{"new_users", "persons", "New users|新增用户", "新增用户数"},
	{"headcount", "persons", "Employees|Headcount|员工数", "员工人数"},
	{"paying_users", "persons", "付费用户|Paying users", "付费用户数"},
	{"tokens", "tokens", "Tokens|Token消耗量|月Token消耗量|Token调用量", "Token用量|Tokens用量|Tokens调用量|Tokens消耗量|Token使用量|Tokens使用量|token volume|token usage"},
	{"tokens_per_day", "tokens/day", "Daily tokens|Tokens per day|日均Tokens使用量|日均Token调用量|tokens_per_day", "日均Tokens调用量|日均Token使用量|日均Token消耗量|日均Tokens消耗量|日均Tokens|日均Token|每日Tokens|Daily token usage"},
	{"api_calls", "count", "API calls|Requests|调用次数", "API调用次数|API调用量"},
	{"downloads", "count", "Downloads|下载量", "下载次数|下载数"},
	{"visits", "count", "Visits|访问量|月访问量", "网站访问量|Web visits"},
	{"votes", "count", "Votes", ""},
	{"revenue", "money", "Revenue|收入|营收", "营业收入"},
	{"mrr", "money", "MRR", ""},
	{"arr", "money", "ARR", ""},
	{"arpu", "money", "ARPU", ""},
	{"marketing_spend", "money", "广告投放金额|投放金额|营销费用|推广费用|Ad spend|Marketing spend", "营销支出|投放费用|广告投放"},
	{"cac", "money", "CAC|CPA|获客成本|单用户获客成本|单用户综合获客成本", ""},
	{"share", "fraction", "Share|Market share|份额|市场份额|占比", "市占率"},
	{"change", "fraction", "Change|WoW|MoM|YoY|环比|同比|环比变化|同比变化", ""},
	{"score", "points", "Score|Arena Score|Arena Elo|得分", "Elo|评分"},
	{"filed", "count", "备案数量|Filed", "备案数|备案量|已备案|Filings"},
	{"registered", "count", "登记数量|Registered", "登记数|登记量|Registrations"},
	{"filed_total", "count", "累计备案数量|累计备案|filed_total|Filed to date|Cumulative filed", ""},
	{"registered_total", "count", "累计登记数量|累计登记|registered_total|Registered to date|Cumulative registered", ""},
	{"launched_total", "count", "累计上线|累计上线数量|上线数量|launched_total|Launched to date", ""},
	{"active_total", "count", "活跃数量|累计活跃|累计活跃数量|active_total|Active to date", ""},
	{"commercial_total", "count", "商业化数量|累计商业化|累计商业化数量|commercial_total|Commercial to date", ""},
	{"finalist_total", "count", "决赛圈数量|决赛圈|finalist_total|Finalists", ""},
	{"gross_margin", "fraction", "毛利率|Gross margin", ""},
	{"churn", "fraction", "流失率|Churn", ""},
	{"parameters", "count", "Parameters|参数量", "参数规模"},
	{"training_compute", "FLOP", "Training compute|训练算力", ""},
	{"training_cost", "money", "Training cost|训练成本", ""},
}

// additiveStock metrics become <name>_total where title or header says that the
// number is a stock up to a date: never to be summed.
var additiveStock = map[string]string{"filed": "filed_total", "registered": "registered_total"}
