package analysis

import "strings"

// knownAs is what names of the field that are written in two scripts have in common,
// by their folded spelling. It proposes aliases and joins nothing: an analyst may mean
// the model by DeepSeek and the company by 深度求索.
var knownAs = func() map[string]string {
	known := map[string]string{}
	for _, line := range []string{
		"深度求索|DeepSeek|DeepSeek AI", "月之暗面|Moonshot|Moonshot AI", "智谱|智谱AI|智谱华章|Zhipu|Zhipu AI|Z.ai", "稀宇科技|MiniMax", "阶跃星辰|StepFun",
		"零一万物|01.AI|01-ai", "百川智能|Baichuan|Baichuan AI", "百度|Baidu", "阿里巴巴|阿里|Alibaba", "阿里云|Alibaba Cloud|Aliyun", "字节跳动|字节|ByteDance",
		"火山引擎|Volcengine|Volcano Engine", "腾讯|Tencent", "华为|Huawei", "科大讯飞|讯飞|iFLYTEK", "商汤|商汤科技|SenseTime", "昆仑万维|Kunlun Tech|Kunlun",
		"面壁智能|ModelBest", "快手|Kuaishou", "京东|JD.com", "小米|Xiaomi", "谷歌|Google", "微软|Microsoft", "亚马逊|Amazon", "英伟达|NVIDIA", "苹果|Apple",
		"豆包|Doubao", "通义千问|Qwen|Tongyi Qianwen", "文心一言|ERNIE Bot|Wenxin Yiyan", "腾讯元宝|元宝|Yuanbao|Tencent Yuanbao", "混元|Hunyuan|腾讯混元",
		"讯飞星火|星火|Spark|iFLYTEK Spark", "智谱清言|ChatGLM", "盘古|Pangu", "即梦|Jimeng", "可灵|Kling", "夸克|Quark", "海螺AI|Hailuo AI|Hailuo",
	} {
		spellings := strings.Split(line, "|")
		for _, s := range spellings {
			known[Fold(s)] = Fold(spellings[0])
		}
	}
	return known
}()
