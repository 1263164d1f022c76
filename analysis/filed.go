package analysis

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
)

// filedEntity is one model or service of the filings table: a model of a
// company. A name with two companies is two entities unless aliases say
// otherwise.
type filedEntity struct {
	model   string // canonical
	company string // canonical; "" where nobody states it
	own     Passage
	stated  []Moment // own as the analyst states it, by Params.FunnelStages
	dated   bool     // has a date of a stage, though perhaps after the as-of day
	camp    label
	region  label
	exit    exit
	lastRow int32 // of filings; filedGroup.before leads to the others
}

// label is a category as the row that dates the earliest stage states it; of
// equally early rows the smallest text, so that the order of rows does not
// matter. A later row's label is not taken: it would be immortal time.
type label struct {
	text string
	told int64 // how early in the funnel that row stands
	seen bool
}

func (l *label) see(text string, told int64) {
	switch {
	case !l.seen || told < l.told:
		*l = label{text, told, true}
	case told == l.told && text != "" && (l.text == "" || text < l.text):
		l.text = text
	}
}

// filedGroup are the entities of one kind of register.
type filedGroup struct {
	register string // "" for models and services filed, or listed without saying where
	stages   []string
	inferred []string // those of stages that a rule dates, because nobody does
	entities []filedEntity
	before   []int32 // of each row of filings the row of the same entity before it, or -1
}

// filedEntities merges the rows of filings into entities, in groups by register.
// Groups hold every stage of stages; dropUnsaidStages leaves out what nobody
// dates.
func filedEntities(t Table, names *Names, stages []string, asOf Date, n *notes) []filedGroup {
	rows := t.Rows()
	if rows == 0 {
		return nil
	}
	model := identify(t.Text("model"), rows, names.Name)
	stated := identify(t.Text("company"), rows, names.Name)
	register, camp, region := codes(t.Text("register"), rows), t.Text("camp"), t.Text("region")
	typed, _ := number(t.Text("model"), rows)
	of := companiesOf(model, stated, names)
	campOf := make([]string, len(of.names))
	for i, c := range of.names {
		campOf[i] = names.Camp(c)
	}
	genAI := int32(slices.Index(register.names, "generative_ai"))

	type key struct{ register, model, company int32 }
	index := map[key]int32{}
	var keys []key
	var entities []filedEntity
	var exits []exitRows
	late, coarse := 0, 0
	before := make([]int32, rows)
	var dates []Column[Date]
	var grains []Column[string]
	for _, s := range stages {
		dates, grains = append(dates, t.Date(s)), append(grains, t.Text(s+"_grain"))
	}
	retired, retiredGrain, status := t.Date("retired"), t.Text("retired_grain"), t.Text("status")
	causes := map[string]string{} // of a status, read once
	for row := range rows {
		if model.of[row] < 0 {
			continue
		}
		k := key{register.of[row], model.of[row], of.company(row)}
		if k.register == genAI {
			k.register = -1
		}
		i, ok := index[k]
		if !ok {
			i = int32(len(entities))
			index[k], keys = i, append(keys, k)
			company := ""
			if k.company >= 0 {
				company = of.names[k.company]
			}
			entities = append(entities, filedEntity{model: model.name(k.model), company: company, own: slices.Repeat(Passage{NoDate}, len(stages)), stated: make([]Moment, len(stages)), lastRow: -1})
			exits = append(exits, exitRows{})
		}
		e := &entities[i]
		before[row], e.lastRow = e.lastRow, int32(row)
		told := int64(math.MaxInt64)
		for s := range stages {
			m, ok := momentAt(dates[s], grains[s], row)
			if !ok {
				continue
			}
			day, fine := m.Day()
			if !fine {
				coarse++
				continue
			}
			e.dated = true
			if m.After(asOf) {
				late++
				continue
			}
			if old := e.own[s]; old == NoDate || day < old || day == old && m.Grain.Fineness() < e.stated[s].Grain.Fineness() {
				e.own[s], e.stated[s] = day, m
			}
			told = min(told, int64(s)<<32+int64(day))
		}
		c := ""
		if k.company >= 0 {
			c = campOf[k.company]
		}
		e.camp.see(cmp.Or(camp.Or(row, ""), c), told)
		e.region.see(region.Or(row, ""), told)

		cause, text := "", status.Or(row, "")
		if text != "" {
			if cause, ok = causes[text]; !ok {
				cause = exitCause(text)
				causes[text] = cause
			}
		}
		day := NoDate
		if m, ok := momentAt(retired, retiredGrain, row); ok {
			d, fine := m.Day()
			switch {
			case !fine:
				coarse++
				cause = cmp.Or(cause, withdrawn)
			case m.After(asOf):
				late++
				cause = "" // has not happened yet
			default:
				day, cause = d, cmp.Or(cause, withdrawn)
			}
		}
		exits[i].see(typed[row], cause, day)
	}
	for i := range entities {
		entities[i].exit = exits[i].result()
	}
	companies := map[int32]int{} // of a model, over all registers
	type pair struct{ model, company int32 }
	seen := map[pair]bool{}
	for _, k := range keys {
		if p := (pair{k.model, k.company}); k.company >= 0 && !seen[p] {
			seen[p] = true
			companies[k.model]++
		}
	}
	several := 0
	for _, c := range companies {
		if c > 1 {
			several++
		}
	}
	at := sheetOf(t, 0)
	if late > 0 {
		n.add(Finding{Effect: Dropped, Code: "stages-after-as-of", At: at, Args: []any{strconv.Itoa(late), FormatDate(asOf)}})
	}
	if coarse > 0 {
		n.add(Finding{Effect: Blanked, Code: "stages-too-coarse", At: at, Args: []any{strconv.Itoa(coarse)}})
	}
	if several > 0 {
		n.add(Finding{Effect: Noted, Code: "model-with-several-companies", At: at, Args: []any{strconv.Itoa(several)}})
	}
	var groups []filedGroup
	for i, k := range keys {
		name := register.name(k.register)
		g := slices.IndexFunc(groups, func(g filedGroup) bool { return g.register == name })
		if g < 0 {
			g, groups = len(groups), append(groups, filedGroup{register: name, stages: stages, before: before})
		}
		groups[g].entities = append(groups[g].entities, entities[i])
	}
	slices.SortFunc(groups, func(a, b filedGroup) int { return strings.Compare(a.register, b.register) })
	for i := range groups {
		slices.SortFunc(groups[i].entities, func(a, b filedEntity) int {
			return cmp.Or(strings.Compare(a.model, b.model), strings.Compare(a.company, b.company))
		})
	}
	return groups
}

// rowCompanies are the companies of rows, by number.
type rowCompanies struct {
	names  []string
	stated []int32
	only   []int32 // of a model that has one company in the whole workbook
	model  []int32
	byKey  map[string]int32 // by folded name
}

func companiesOf(model, stated identities, names *Names) rowCompanies {
	r := rowCompanies{names: slices.Clone(stated.names), stated: stated.of, only: make([]int32, len(model.names)), model: model.of}
	r.byKey = map[string]int32{}
	for i, c := range r.names {
		r.byKey[Fold(c)] = int32(i)
	}
	for i, m := range model.names {
		r.only[i] = -1
		if c := names.Company(m, ""); c != "" {
			r.only[i] = r.number(c)
		}
	}
	return r
}

// number is the number of a company, a new one for a new name.
func (r *rowCompanies) number(company string) int32 {
	key := Fold(company)
	at, ok := r.byKey[key]
	if !ok {
		at = int32(len(r.names))
		r.byKey[key], r.names = at, append(r.names, company)
	}
	return at
}

// company is the one stated in a row, else the model's only one, else -1.
func (r rowCompanies) company(row int) int32 {
	if c := r.stated[row]; c >= 0 {
		return c
	}
	return r.only[r.model[row]]
}

// unit is what the group's counts count.
func (g filedGroup) unit() string {
	switch g.register {
	case "":
		return "models"
	case "algorithm":
		return "algorithms"
	case "registered_app":
		return "apps"
	}
	return g.register
}

// said reports whether the analyst dates a stage for any entity.
func (g filedGroup) said(stage int) bool {
	return slices.ContainsFunc(g.entities, func(e filedEntity) bool { return e.own[stage] != NoDate })
}

// undated are the stages that no entity has a day for.
func (g filedGroup) undated() []string {
	var stages []string
	for s, stage := range g.stages {
		if !slices.ContainsFunc(g.entities, func(e filedEntity) bool { return isDay(e.own[s]) }) {
			stages = append(stages, stage)
		}
	}
	return stages
}

// dropUnsaidStages leaves out the stages that no entity of the group has
// reached by date or by rule: nothing is known of them, and a count of zero
// would be a claim.
func (g *filedGroup) dropUnsaidStages(at Ref, n *notes) {
	var said []int
	var stages []string
	var unsaid []any
	for s, stage := range g.stages {
		switch {
		case g.said(s):
			said, stages = append(said, s), append(stages, stage)
		case stage != finalist: // which filings cannot date
			unsaid = append(unsaid, Say("stage."+stage))
		}
	}
	if len(unsaid) > 0 && g.register == "" {
		n.add(Finding{Effect: Noted, Code: "stages-without-dates", At: at, Args: []any{Say("join."+strconv.Itoa(len(unsaid)), unsaid...)}})
	}
	for i := range g.entities {
		var own Passage
		for _, s := range said {
			own = append(own, g.entities[i].own[s])
		}
		g.entities[i].own = own
	}
	g.stages = stages
}

// reached reports whether the entity has reached a stage up to the as-of day.
func (e filedEntity) reached() bool {
	return slices.ContainsFunc(e.own, func(d Date) bool { return d != NoDate })
}

// exists reports whether the entity is there on the as-of day: reached a stage,
// or listed without any date.
func (e filedEntity) exists() bool { return e.reached() || !e.dated }

// entry is the earliest date that the entity has, NoDate where it has none.
func (e filedEntity) entry() Date {
	first := NoDate
	for _, d := range e.own {
		if isDay(d) && (first == NoDate || d < first) {
			first = d
		}
	}
	return first
}
