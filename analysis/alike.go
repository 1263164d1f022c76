package analysis

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxAlike is how many pairs of names are shown; a last finding says how many
// more there are.
const maxAlike = 30

// AlikeNames names pairs of names that probably mean one model or one company
// and that nothing joins: a series and its members (ERNIE 4.0系列), a snapshot or
// preview (gpt-4-turbo-2024-04-09), a legal name and its short form, a slip of
// one letter (GML-4V). Each is a finding "names-alike" that proposes the row of
// the aliases table which would join them. Nothing is joined here.
//
// Names that stand side by side, in one list or with a price or value of one
// period, are taken for different ones: a rename is seen over time. Digits
// never differ by a slip (7B and 72B), nor does the last letter (4 and 4o).
// Names that the aliases table lists are settled.
//
// The cost grows with the number of names times their length: candidates meet in
// the buckets of what they have in common, and a bucket of many names is a
// system of naming and no slip.
func AlikeNames(ts Tables) []Finding { return alikeNames(ts, false) }

// AlikeAcross is AlikeNames for the workbooks of a market: only pairs that no one
// workbook holds, since a workbook's own pairs are among its own findings. Here one
// list is one workbook's: 深度求索 of one and DeepSeek of another stand side by side
// nowhere.
func AlikeAcross(ts Tables) []Finding { return alikeNames(ts, true) }

func alikeNames(ts Tables, across bool) []Finding {
	names := AliasesOf(ts)
	settled := map[string]bool{}
	for _, column := range []string{"name", "canonical"} {
		texts := ts["aliases"].Text(column)
		for row := range ts["aliases"].Rows() {
			settled[Fold(texts.Or(row, ""))] = true
		}
	}
	var pairs []alikePair
	for _, company := range []bool{false, true} {
		all, columns := named(ts, company)
		near := candidates(all, company)
		for _, p := range near {
			for _, i := range p {
				all[i].places, all[i].files = map[string]bool{}, map[string]bool{}
			}
		}
		if len(near) > 0 {
			findPlaces(columns)
		}
		for _, p := range near {
			a, b := all[p[0]], all[p[1]]
			if names.Key(a.text) == names.Key(b.text) || settled[a.key] && settled[b.key] || a.beside(b) {
				continue
			}
			if across && a.inOneFile(b) {
				continue
			}
			// The rarer name is proposed as the spelling of the other.
			if cmp.Or(cmp.Compare(a.rows, b.rows), -cmp.Compare(len(a.text), len(b.text)), strings.Compare(b.text, a.text)) > 0 {
				a, b = b, a
			}
			pairs = append(pairs, alikePair{a, b})
		}
	}
	slices.SortFunc(pairs, func(p, q alikePair) int {
		return cmp.Or(strings.Compare(p.of.key, q.of.key), strings.Compare(p.name.key, q.name.key))
	})
	var findings []Finding
	for _, p := range pairs[:min(len(pairs), maxAlike)] {
		where := p.of.at.Sheet + "!" + p.of.at.Cell()
		if p.of.at.File != p.name.at.File {
			where = p.of.at.File + " · " + where
		}
		findings = append(findings, Finding{Effect: Noted, Code: "names-alike", At: p.name.at, Got: p.name.text, Args: []any{p.of.text, where, p.name.text}})
	}
	if more := len(pairs) - len(findings); more > 0 {
		findings = append(findings, Finding{Effect: Noted, Code: "names-alike-more", At: Ref{File: findings[0].At.File}, Args: []any{more}})
	}
	return findings
}

type alikePair struct{ name, of *oneName }

// oneName is a name of a workbook with all its spellings that fold alike.
type oneName struct {
	text   string // as typed where it stands first
	key    string // folded
	rows   int
	at     Ref
	places map[string]bool // lists, and periods of a metric or price, that it stands in; nil: of no interest
	files  map[string]bool // likewise, workbooks
}

// inOneFile reports two names that one workbook holds both.
func (n *oneName) inOneFile(o *oneName) bool {
	for f := range n.files {
		if o.files[f] {
			return true
		}
	}
	return false
}

// beside reports two names that stand in one list or under one date.
func (n *oneName) beside(o *oneName) bool {
	for p := range n.places {
		if o.places[p] {
			return true
		}
	}
	return false
}

// nameColumn is a column of models or companies.
type nameColumn struct {
	table Table
	lists bool       // its names stand side by side, as subjects and models do
	codes []int32    // of the rows' names
	names []*oneName // by code
	kinds []int32    // where the rows are of several kinds: only those of kind count
	kind  int32
}

// name is the code of a row's name, -1 where it has none of that kind.
func (c *nameColumn) name(row int) int32 {
	if c.kinds != nil && c.kinds[row] != c.kind {
		return -1
	}
	return c.codes[row]
}

// named gathers the models, or the companies, of all tables in order of
// appearance.
func named(ts Tables, company bool) (all []*oneName, columns []nameColumn) {
	index := map[string]*oneName{}
	take := func(t Table, column string, lists bool, kind string) {
		c := nameColumn{table: t, lists: lists}
		var texts, kinds []string
		if kind != "" {
			c.kinds, kinds = t.Words("subject_kind")
			if c.kind = int32(slices.Index(kinds, kind)); c.kind < 0 {
				return
			}
		}
		c.codes, texts = t.Words(column)
		c.names = make([]*oneName, len(texts))
		rows := make([]int, len(texts))
		for row := range c.codes {
			id := c.name(row)
			if id < 0 {
				continue
			}
			if rows[id]++; rows[id] > 1 {
				continue
			}
			key := Fold(texts[id])
			n := index[key]
			if n == nil {
				n = &oneName{text: texts[id], key: key, at: t.Ref(row, column)}
				index[key] = n
				all = append(all, n)
			}
			c.names[id] = n
		}
		for id, n := range c.names {
			if n != nil {
				n.rows += rows[id]
			}
		}
		columns = append(columns, c)
	}
	for _, name := range []string{"filings", "metrics", "prices", "releases"} {
		t := ts[name]
		switch {
		case company && name == "metrics":
			take(t, "subject", true, "company")
			take(t, "company", false, "")
		case company:
			take(t, "company", false, "")
		case name == "metrics":
			take(t, "subject", true, "model")
		default:
			take(t, "model", true, "")
		}
	}
	return all, columns
}

// findPlaces notes for the names of interest where they stand.
func findPlaces(columns []nameColumn) {
	for _, c := range columns {
		t := c.table
		period, date, metric, kind := t.Date("period"), t.Date("date"), t.Text("metric"), t.Text("kind")
		region, register := t.Text("region"), t.Text("register")
		for row := range c.codes {
			id := c.name(row)
			if id < 0 || c.names[id].places == nil {
				continue
			}
			file := t.Ref(row, "").File
			c.names[id].files[file] = true
			if !c.lists {
				continue
			}
			place := file + " " + t.Name
			if t.Name == "metrics" || t.Name == "prices" {
				p, _ := period.At(row)
				d, _ := date.At(row)
				place = fmt.Sprint(place, int(p), int(d), metric.Or(row, ""), kind.Or(row, ""), region.Or(row, ""))
			} else {
				place += register.Or(row, "")
			}
			c.names[id].places[place] = true
		}
	}
}

// crowd is the number of names in one bucket from which they are a system of
// naming rather than slips.
const crowd = 12

// candidates pairs names whose bare forms agree, and names one slip apart.
func candidates(all []*oneName, company bool) [][2]int {
	var pairs [][2]int
	seen := map[[2]int]bool{}
	add := func(i, j int) {
		if p := [2]int{min(i, j), max(i, j)}; i != j && !seen[p] {
			seen[p] = true
			pairs = append(pairs, p)
		}
	}
	bare := map[string][]int{}
	slips := map[string][]int{}
	cores := make([]string, len(all))
	digits := map[string]int{} // names, by their digits
	for i, n := range all {
		var forms []string
		if company {
			cores[i], forms = companyForms(n.text)
		} else {
			cores[i], forms = n.key, modelForms(n.text)
		}
		if known := knownAs[Fold(n.text)]; known != "" {
			forms = append(forms, "known "+known)
		}
		for _, f := range forms {
			bare[f] = append(bare[f], i)
		}
		digits[digitsOf(cores[i])]++
	}
	for i, core := range cores {
		if digits[digitsOf(core)] < 2 {
			continue // a slip leaves the digits: a numbered name has none beside it
		}
		for _, s := range shorter(core) {
			slips[s] = append(slips[s], i)
		}
	}
	for _, bucket := range []map[string][]int{bare, slips} {
		for _, ids := range bucket {
			ids = slices.Compact(ids)
			if len(ids) < 2 || len(ids) > crowd {
				continue
			}
			for k, i := range ids {
				for _, j := range ids[k+1:] {
					switch a, b := all[i], all[j]; {
					case a.key == b.key:
					case knownAs[a.key] != "" && knownAs[a.key] == knownAs[b.key],
						company && legal(a.text) != legal(b.text) && cores[i] == cores[j],
						!company && sameBare(a.text, b.text),
						oneSlip([]rune(cores[i]), []rune(cores[j])):
						add(i, j)
					}
				}
			}
		}
	}
	return pairs
}

var (
	snapshotTail = regexp.MustCompile(`[-_@ ](?:20\d\d[-.]?(?:0[1-9]|1[0-2])[-.]?(?:[0-2]\d|3[01])|(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])|\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01]))$`)
	wordTail     = regexp.MustCompile(`(?:[-_ ](?:preview|latest|experimental|exp|beta|stable|series)|系列|大模型|模型|预览版|正式版|测试版|内测版|最新版|\s*\([^()]*\))$`)
	seriesTail   = regexp.MustCompile(`(?:系列|[-_ ]series)$`)
	contextTail  = regexp.MustCompile(`[-_ ]\d+[km]$`)
)

// bareModel is a model's name without the words, dates and remarks that follow
// it. told is what of these tells versions apart: the date of a snapshot and the
// remark in brackets.
func bareModel(text string) (bare, told string) {
	t := lowered(text)
	for {
		short := t
		if last := t[max(len(t)-1, 0):]; last >= "0" && last <= "9" {
			short = snapshotTail.ReplaceAllString(t, "")
		} else {
			short = wordTail.ReplaceAllString(t, "")
		}
		if short == t || len([]rune(Fold(short))) < 2 {
			return Fold(t), told
		}
		if tail := t[len(short):]; strings.ContainsAny(tail, "0123456789(") {
			told = Fold(tail) + told
		}
		t = short
	}
}

// modelForms are the buckets in which a model may meet its other spellings: its
// bare name and, since a series stands for its windows, that without the window.
func modelForms(text string) []string {
	t := lowered(text)
	bare, _ := bareModel(text)
	forms := []string{bare}
	if c := contextTail.ReplaceAllString(t, ""); c != t {
		forms = append(forms, "series "+Fold(c))
	} else if seriesTail.MatchString(t) {
		forms = append(forms, "series "+forms[0])
	}
	return forms
}

// sameBare reports two names whose bare forms agree, or of which one is the
// series of the other. Two snapshots are two versions.
func sameBare(a, b string) bool {
	bareA, toldA := bareModel(a)
	bareB, toldB := bareModel(b)
	if bareA == bareB {
		return toldA == toldB || toldA == "" || toldB == ""
	}
	if seriesTail.MatchString(lowered(b)) {
		a, b, bareA = b, a, bareB
	}
	return seriesTail.MatchString(lowered(a)) && bareA == Fold(contextTail.ReplaceAllString(lowered(b), ""))
}

// digitsOf are the digits of a name, in order.
func digitsOf(name string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsDigit(c) {
			return c
		}
		return -1
	}, name)
}

func lowered(s string) string {
	return strings.Join(strings.Fields(strings.ToLower(norm.NFKC.String(s))), " ")
}

var (
	legalTail  = regexp.MustCompile(`(?:股份有限公司|有限责任公司|有限公司|集团公司|公司|[, ]+(?:inc|ltd|llc|corp|corporation|limited|gmbh|plc|co)\.?)$`)
	tradeTail  = regexp.MustCompile(`(?:信息技术|网络技术|智能科技|信息科技|网络科技|人工智能科技|科技|技术|集团)$`)
	placeHead  = regexp.MustCompile(`^(?:北京|上海|天津|重庆|深圳|广州|杭州|南京|苏州|成都|武汉|西安|合肥|厦门|广东|浙江|江苏|安徽|四川|湖北|福建|山东)(?:市|省)?`)
	anyBracket = regexp.MustCompile(`\([^()]*\)`)
)

func legal(text string) bool { return legalTail.MatchString(lowered(text)) }

// companyForms are a company's core, its name without place and legal form, and
// the bucket of that core.
func companyForms(text string) (core string, forms []string) {
	t := lowered(text)
	if legalTail.MatchString(t) {
		t = anyBracket.ReplaceAllString(t, "")
		for {
			short := legalTail.ReplaceAllString(t, "")
			if short == t {
				break
			}
			t = short
		}
		t = placeHead.ReplaceAllString(t, "")
		if short := tradeTail.ReplaceAllString(t, ""); len([]rune(short)) >= 2 {
			t = short
		}
	}
	core = Fold(t)
	return core, []string{core}
}

// minSlip is the shortest name, in characters, in which one other letter is more
// likely a slip than another name.
const minSlip = 5

// shorter are a name's forms without one of its letters: names one slip apart
// share one. Digits stay, since they never differ by a slip.
func shorter(key string) []string {
	r := []rune(key)
	if len(r) < minSlip || len(r) > 60 {
		return nil
	}
	forms := []string{key}
	for i := range r {
		if !unicode.IsDigit(r[i]) {
			forms = append(forms, string(r[:i])+string(r[i+1:]))
		}
	}
	return forms
}

// oneSlip reports two names that differ by one letter changed, missing or
// swapped with its neighbour. At the end of a name and beside a digit another
// letter is another model: 4 and 4o, 8b and 8k.
func oneSlip(a, b []rune) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) < minSlip || len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	j := 0
	for j < len(a)-i && a[len(a)-1-j] == b[len(b)-1-j] {
		j++
	}
	restA, restB := a[i:len(a)-j], b[i:len(b)-j]
	letters := !slices.ContainsFunc(restA, unicode.IsDigit) && !slices.ContainsFunc(restB, unicode.IsDigit)
	if !letters {
		return false
	}
	if len(restA) == 2 && len(restB) == 2 {
		return restA[0] == restB[1] && restA[1] == restB[0]
	}
	if len(restB) != 1 || len(restA) > 1 || j == 0 || i == 0 {
		return false
	}
	return !unicode.IsDigit(b[i-1]) && !unicode.IsDigit(b[i+1])
}
