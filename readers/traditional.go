package readers

import "strings"

// traditional are the traditional characters of the words that headers, titles
// and units are made of, each before its simplified form.
const traditional = "無无暫暂餘余僅仅條条稱称廠厂價价輸输時时間间備备號号類类別别狀状態态標标數数單单據据產产應应發发開开費费匯汇幣币區区環环變变佔占額额場场億亿萬万點点兩两圓元國国業业機机構构屬属參参訓训練练離离線线錄录計计總总約约為为來来說说網网註注鏈链長长過过達达舊旧調调漲涨營营銷销獲获戶户躍跃動动訪访問问載载評评測测級级個个組组織织體体簽签歷历與与報报記记領领雲云術术創创務务軟软電电語语視视頻频圖图緩缓讀读寫写後后現现實实際际項项編编規规聯联絡络權权證证書书廣广東东庫库資资訊讯種种轉转換换專专適适執执復复護护質质優优選选滿满補补課课論论譯译設设識识譜谱財财貨货貿贸賣卖購购貴贵買买貼贴賬账趨趋勢势車车邊边邏逻鍵键鎖锁門门關关陽阳階阶隊队險险隨随雙双雜杂難难靜静頁页頂顶順顺須须預预題题願愿風风飛飞馬马驗验齊齐齡龄龍龙擔担檔档從从於于並并"

var simplifier = func() *strings.Replacer {
	var pairs []string
	runes := []rune(traditional)
	for i := 0; i+1 < len(runes); i += 2 {
		pairs = append(pairs, string(runes[i]), string(runes[i+1]))
	}
	return strings.NewReplacer(pairs...)
}()

// simplify writes traditional characters as simplified ones, for matching only:
// names stay as typed.
func simplify(s string) string {
	if isASCII(s) {
		return s
	}
	return simplifier.Replace(s)
}
