package analysis

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold is what two spellings of one name have in common: Unicode's NFKC
// (full-width letters, ligatures), lower case, no white space and no hyphens.
// GLM-3-Turbo, GLM-3 Turbo and ＧＬＭ３ｔｕｒｂｏ are one name. It is never fuzzy:
// names that differ in a letter differ.
//
// Note: norm is the one import here beyond arrow, gonum and the standard
// library; NFKC is a table of the Unicode standard that nobody should write
// again.
func Fold(name string) string {
	if folded, ok := foldSimple(name); ok {
		return folded
	}
	folded := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || r == '\u2212' || r == '\u200b' || r == '\ufeff' {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(strings.ToValidUTF8(name, "\ufffd")))
	if folded == "" {
		return strings.TrimSpace(name)
	}
	if !norm.NFKC.IsNormalString(folded) {
		folded = norm.NFKC.String(folded) // what stood apart may join now
	}
	return folded
}

// foldSimple folds a name of ASCII and Han characters, as nearly all are, without
// looking at tables of Unicode; what would fold to nothing it leaves to Fold.
func foldSimple(name string) (string, bool) {
	same := true
	for _, c := range name {
		switch {
		case c >= 0x80:
			if c < 0x4e00 || c > 0x9fa5 {
				return "", false
			}
		case c == '-' || c == ' ' || c >= '\t' && c <= '\r' || c >= 'A' && c <= 'Z':
			same = false
		}
	}
	if same {
		return name, name != ""
	}
	folded := make([]byte, 0, len(name))
	for i := range len(name) {
		switch c := name[i]; {
		case c == '-' || c == ' ' || c >= '\t' && c <= '\r':
		case c >= 'A' && c <= 'Z':
			folded = append(folded, c+'a'-'A')
		default:
			folded = append(folded, c)
		}
	}
	return string(folded), len(folded) > 0
}

// Names resolves names as typed: spellings through the aliases table, companies
// to their owner and camp, models to their company.
type Names struct {
	canonical map[string]string // folded -> the spelling that aliases state
	owner     map[string]string // folded company -> owner as typed
	camp      map[string]string // folded company -> camp
	companies map[string]string // folded model -> its only company; "" where it has several

	owners, camps map[string]string // answers given before, by company as asked
}

// NamesOf reads the aliases and companies tables, and from filings, metrics,
// prices and releases which model has one company only. A spelling with two
// canonical names and a company with two owners or camps are not resolved: each
// is a finding that names both.
func NamesOf(ts Tables) (*Names, []Finding) {
	n, findings := aliasesOf(ts)
	findings = append(findings, stateNames(n.owner, ts["companies"], "company", "owner", "owner-disputed", n.Key)...)
	findings = append(findings, stateNames(n.camp, ts["companies"], "company", "camp", "camp-disputed", n.Key)...)
	n.campsOf(ts["filings"])
	n.onlyCompanies(ts)
	return n, findings
}

// AliasesOf knows the spellings that the aliases table joins and nothing else of
// NamesOf.
func AliasesOf(ts Tables) *Names {
	n, _ := aliasesOf(ts)
	return n
}

func aliasesOf(ts Tables) (*Names, []Finding) {
	n := &Names{canonical: map[string]string{}, owner: map[string]string{}, camp: map[string]string{}, companies: map[string]string{},
		owners: map[string]string{}, camps: map[string]string{}}
	return n, stateNames(n.canonical, ts["aliases"], "name", "canonical", "alias-disputed", Fold)
}

// stateNames reads what a table states of names: of what is stated in two ways
// neither, with a finding.
func stateNames(m map[string]string, t Table, from, to, code string, keyOf func(string) string) (findings []Finding) {
	disputed := map[string]bool{}
	names, values := t.Text(from), t.Text(to)
	for row := range t.Rows() {
		name, ok := names.At(row)
		value, stated := values.At(row)
		if !ok || !stated {
			continue
		}
		key := keyOf(name)
		if old, ok := m[key]; ok && Fold(old) != Fold(value) {
			disputed[key] = true
			findings = append(findings, Finding{Effect: Noted, Code: code, At: t.Ref(row, to), Got: value, Args: []any{name, old}})
		} else if !ok || value < old {
			m[key] = value
		}
	}
	for key := range disputed {
		delete(m, key)
	}
	return findings
}

// campsOf takes from filings the camps of companies that the companies table
// does not know, where all filings of a company agree.
func (n *Names) campsOf(filings Table) {
	company, camp := filings.Text("company"), filings.Text("camp")
	stated, disputed := map[string]string{}, map[string]bool{}
	for row := range filings.Rows() {
		c, ok := company.At(row)
		v, has := camp.At(row)
		if !ok || !has {
			continue
		}
		key := n.Key(c)
		if _, known := n.camp[key]; known {
			continue
		}
		if old, ok := stated[key]; ok && Fold(old) != Fold(v) {
			disputed[key] = true
		} else if !ok || v < old {
			stated[key] = v
		}
	}
	for key, v := range stated {
		if !disputed[key] {
			n.camp[key] = v
		}
	}
}

// onlyCompanies finds the models that have one company in the whole workbook.
func (n *Names) onlyCompanies(ts Tables) {
	type pair struct{ model, company string }
	seen := map[pair]bool{}
	take := func(t Table, model, company string, keep func(row int) bool) {
		models, companies := t.Text(model), t.Text(company)
		for row := range t.Rows() {
			m, ok := models.At(row)
			c, has := companies.At(row)
			if !ok || !has || keep != nil && !keep(row) || seen[pair{m, c}] {
				continue
			}
			seen[pair{m, c}] = true
			key, name := n.Key(m), n.Name(c)
			if old, known := n.companies[key]; !known {
				n.companies[key] = name
			} else if old != "" && n.Key(old) != n.Key(name) {
				n.companies[key] = ""
			} else if old != "" && name < old {
				n.companies[key] = name
			}
		}
	}
	kind := ts["metrics"].Text("subject_kind")
	take(ts["filings"], "model", "company", nil)
	take(ts["prices"], "model", "company", nil)
	take(ts["releases"], "model", "company", nil)
	take(ts["metrics"], "subject", "company", func(row int) bool { return kind.Or(row, "model") == "model" })
}

// Name is the canonical spelling of a name: as aliases state it, through
// several steps if need be, else as typed.
func (n *Names) Name(typed string) string {
	name := strings.TrimSpace(typed)
	for range 8 { // a circle of aliases ends somewhere
		next, ok := n.canonical[Fold(name)]
		if !ok || Fold(next) == Fold(name) {
			if ok {
				name = next
			}
			break
		}
		name = next
	}
	return name
}

// Key identifies a name: two spellings are one name if their keys are equal.
func (n *Names) Key(typed string) string { return Fold(n.Name(typed)) }

// Owner is who owns a company, through several steps if need be; a company
// whose owner nobody states is its own.
func (n *Names) Owner(company string) string {
	if known, ok := n.owners[company]; ok {
		return known
	}
	name := n.ownerOf(company)
	n.owners[company] = name
	return name
}

func (n *Names) ownerOf(company string) string {
	name := n.Name(company)
	for range 8 {
		next, ok := n.owner[Fold(name)] // name is canonical
		if next = n.Name(next); !ok || Fold(next) == Fold(name) {
			break
		}
		name = next
	}
	return name
}

// Camp is the camp of a company or of its owner; "" where nobody states one.
func (n *Names) Camp(company string) string {
	if known, ok := n.camps[company]; ok {
		return known
	}
	camp := cmp.Or(n.camp[n.Key(company)], n.camp[Fold(n.Owner(company))])
	n.camps[company] = camp
	return camp
}

// Company is the company of a model's row: the one stated there, else the
// model's only company in the workbook, else "".
func (n *Names) Company(model, stated string) string {
	if stated != "" {
		return n.Name(stated)
	}
	return n.companies[n.Key(model)]
}

// spelling chooses how a name with several spellings is written: as most rows
// write it, ties by the bytes.
type spelling struct{ counts map[string]int }

func (s *spelling) add(name string, rows int) {
	if s.counts == nil {
		s.counts = map[string]int{}
	}
	s.counts[name] += rows
}

func (s spelling) best() string {
	names := make([]string, 0, len(s.counts))
	for name := range s.counts {
		names = append(names, name)
	}
	slices.Sort(names)
	best := ""
	for _, name := range names {
		if best == "" || s.counts[name] > s.counts[best] {
			best = name
		}
	}
	return best
}

// identities numbers the names of a column by what they resolve to: rows of
// one name share a number, numbers ascend with the name, -1 is null.
type identities struct {
	of    []int32
	names []string
}

// identify resolves each distinct text of a column once. resolve gives the name
// to show; names that fold alike are one, written as most rows write it.
func identify(column Column[string], rows int, resolve func(string) string) identities {
	typed, texts := number(column, rows)
	counts := make([]int, len(texts))
	for _, t := range typed {
		if t >= 0 {
			counts[t]++
		}
	}
	group, spellings := map[string]int{}, []spelling(nil)
	groupOf := make([]int, len(texts))
	for i, text := range texts {
		name := resolve(text)
		if name == "" {
			groupOf[i] = -1
			continue
		}
		key := Fold(name)
		g, ok := group[key]
		if !ok {
			g = len(spellings)
			group[key], spellings = g, append(spellings, spelling{})
		}
		groupOf[i] = g
		spellings[g].add(name, counts[i])
	}
	names := make([]string, len(spellings))
	order := make([]int, len(spellings))
	for g, s := range spellings {
		names[g], order[g] = s.best(), g
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(names[a], names[b]) })
	id := identities{of: make([]int32, rows), names: make([]string, len(names))}
	rank := make([]int32, len(names))
	for i, g := range order {
		rank[g], id.names[i] = int32(i), names[g]
	}
	for row, t := range typed {
		id.of[row] = -1
		if t >= 0 && groupOf[t] >= 0 {
			id.of[row] = rank[groupOf[t]]
		}
	}
	return id
}

// number gives the distinct texts of a column numbers in order of appearance;
// -1 is null.
func number(column Column[string], rows int) (of []int32, texts []string) {
	of = make([]int32, rows)
	if column.codes != nil {
		// A dictionary: only its codes are looked at.
		ids := make([]int32, len(column.values)) // +1, of the codes that came
		for row := range of {
			if column.valid != nil && !column.has(row) {
				of[row] = -1
				continue
			}
			code := column.codes[row]
			if ids[code] == 0 {
				texts = append(texts, column.values[code])
				ids[code] = int32(len(texts))
			}
			of[row] = ids[code] - 1
		}
		return of, texts
	}
	index := map[string]int32{}
	last, lastID := "", int32(-1) // neighbours are often alike
	for row := range of {
		text, ok := column.At(row)
		if !ok {
			of[row] = -1
			continue
		}
		if lastID >= 0 && text == last {
			of[row] = lastID
			continue
		}
		id, known := index[text]
		if !known {
			id = int32(len(texts))
			index[text], texts = id, append(texts, text)
		}
		of[row], last, lastID = id, text, id
	}
	return of, texts
}

// codes numbers a column's texts as they are, in byte order; "" and null are -1.
func codes(column Column[string], rows int) identities {
	of, texts := number(column, rows)
	order := make([]int, len(texts))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(texts[a], texts[b]) })
	id := identities{of: of, names: make([]string, len(texts))}
	rank := make([]int32, len(texts))
	for i, t := range order {
		rank[t], id.names[i] = int32(i), texts[t]
	}
	for row, t := range of {
		if t >= 0 {
			id.of[row] = rank[t]
		}
	}
	return id
}

// name is the text of a number; -1 is "".
func (id identities) name(code int32) string {
	if code < 0 {
		return ""
	}
	return id.names[code]
}
