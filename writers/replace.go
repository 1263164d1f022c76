package writers

import (
	"path"
	"strconv"
	"strings"

	"shakeout/readers/ooxml"
)

// removeOurs takes the sheets of an earlier run out of the workbook, with the
// parts that nobody else uses and every mention of them, and puts right what
// counts sheets by position. Everything else stays.
func (g *graft) removeOurs() error {
	var gone []bool // by position in the workbook
	ours := map[string]bool{}
	for _, s := range g.pkg.Sheets {
		ours[s.Name] = s.Ours
	}
	goneIDs := map[string]bool{}
	relations := map[string]bool{}
	for _, e := range g.workbook.Child("sheets").Children {
		if e.Name.Local != "sheet" {
			continue
		}
		gone = append(gone, ours[e.Get("name")])
		if !ours[e.Get("name")] {
			g.remaining++
			g.names[foldName(e.Get("name"))] = true
			if id, err := strconv.Atoi(e.Get("sheetId")); err == nil {
				g.sheetIDs[id] = true
			}
			continue
		}
		goneIDs[e.Get("sheetId")] = true
		for _, a := range e.Attr {
			if a.Name.Local == "id" && a.Name.Space == space(relSpace, g.strict) {
				relations[a.Value] = true
			}
		}
		g.cut(g.pkg.Workbook, e)
	}
	g.removeNames(gone)
	if g.remaining == len(gone) {
		return nil
	}
	g.again = true
	g.moveViews(gone)
	g.moveCustomViews(goneIDs)
	for _, r := range g.rels.Children {
		if relations[r.Get("Id")] {
			delete(g.ids, r.Get("Id"))
			g.cut(g.relsPart, r)
		}
	}
	return g.removeParts(relations, goneIDs)
}

func (g *graft) cut(part string, e *ooxml.Element) {
	g.edit(part, ooxml.Edit{At: e.Start, Cut: e.End - e.Start})
}

// removeNames takes out the names that mark our sheets and those that belong
// to them, and moves the names of sheets behind them up.
func (g *graft) removeNames(gone []bool) {
	names := g.workbook.Child("definedNames")
	if names == nil {
		return
	}
	for _, n := range names.Children {
		local, err := strconv.Atoi(n.Get("localSheetId"))
		isLocal := err == nil && local >= 0 && local < len(gone)
		switch {
		case strings.HasPrefix(n.Get("name"), ooxml.OwnPrefix), isLocal && gone[local]:
			g.cut(g.pkg.Workbook, n)
		case isLocal:
			g.move(n, "localSheetId", local, gone)
		}
	}
}

// moveViews keeps the same sheet in front; where that was ours, the first.
func (g *graft) moveViews(gone []bool) {
	views := g.workbook.Child("bookViews")
	if views == nil {
		return
	}
	for _, v := range views.Children {
		for _, attribute := range []string{"activeTab", "firstSheet"} {
			if at, err := strconv.Atoi(v.Get(attribute)); err == nil {
				g.move(v, attribute, at, gone)
			}
		}
	}
}

// moveCustomViews lets views that somebody saved with one of our sheets in front
// begin with the first sheet that stays.
func (g *graft) moveCustomViews(goneIDs map[string]bool) {
	views := g.workbook.Child("customWorkbookViews")
	first := ""
	for _, e := range g.workbook.Child("sheets").Children {
		if id := e.Get("sheetId"); first == "" && !goneIDs[id] {
			first = id
		}
	}
	if views == nil || first == "" {
		return
	}
	for _, v := range views.Children {
		if goneIDs[v.Get("activeSheetId")] {
			if edit, ok := v.SetAttr(g.book, "activeSheetId", first); ok {
				g.edit(g.pkg.Workbook, edit)
			}
		}
	}
}

// move changes a sheet position to what it is without the sheets that are gone.
func (g *graft) move(e *ooxml.Element, attribute string, at int, gone []bool) {
	to := 0
	for i := 0; i < at && i < len(gone); i++ {
		if !gone[i] {
			to++
		}
	}
	if at < len(gone) && gone[at] {
		to = 0
	}
	if to == at {
		return
	}
	if edit, ok := e.SetAttr(g.book, attribute, strconv.Itoa(to)); ok {
		g.edit(g.pkg.Workbook, edit)
	}
}

// removeParts takes out the parts that only our sheets lead to, and the
// calculation chain where it names cells of theirs: Excel makes it anew, but
// takes a chain that leads nowhere for damage.
func (g *graft) removeParts(relations, goneIDs map[string]bool) error {
	kept, ours := map[string]bool{}, map[string]bool{}
	top, err := g.pkg.Relations("")
	if err != nil {
		return err
	}
	for _, r := range top {
		if err := g.reach(r.Target, kept, relations); err != nil {
			return err
		}
	}
	links, err := g.pkg.Relations(g.pkg.Workbook)
	if err != nil {
		return err
	}
	for _, r := range links {
		if relations[r.ID] {
			if err := g.reach(r.Target, ours, nil); err != nil {
				return err
			}
		}
		if path.Base(r.Type) == "calcChain" && g.pkg.Part(r.Target) != nil {
			names, err := g.chainNames(r.Target, goneIDs)
			if err != nil {
				return err
			}
			if names {
				ours[strings.ToLower(r.Target)] = true
				delete(kept, strings.ToLower(r.Target))
				for _, e := range g.rels.Children {
					if e.Get("Id") == r.ID {
						g.cut(g.relsPart, e)
					}
				}
			}
		}
	}
	for part := range ours {
		if kept[part] {
			continue
		}
		g.remove(part)
		dir, file := path.Split(part)
		g.remove(dir + "_rels/" + file + ".rels")
	}
	for _, e := range g.types.Children {
		if part := strings.ToLower(strings.TrimPrefix(e.Get("PartName"), "/")); e.Name.Local == "Override" && g.patch.Remove[part] {
			g.cut(contentTypes, e)
		}
	}
	return nil
}

func (g *graft) remove(part string) {
	if g.pkg.Part(part) != nil {
		g.patch.Remove[part] = true
		delete(g.parts, part)
	}
}

// reach notes all parts that a part leads to, in lower case. From the workbook
// part, relations of sheets that are gone lead nowhere.
func (g *graft) reach(part string, seen, gone map[string]bool) error {
	found := g.pkg.Part(part)
	if found == nil || seen[strings.ToLower(found.Name)] {
		return nil
	}
	seen[strings.ToLower(found.Name)] = true
	links, err := g.pkg.Relations(found.Name)
	if err != nil {
		return err
	}
	for _, r := range links {
		if found.Name == g.pkg.Workbook && gone[r.ID] {
			continue
		}
		if err := g.reach(r.Target, seen, gone); err != nil {
			return err
		}
	}
	return nil
}

// chainNames reports whether a calculation chain names a cell of the sheets
// with these ids. An entry without an id belongs to the sheet of the one before.
func (g *graft) chainNames(part string, sheetIDs map[string]bool) (bool, error) {
	chain, _, err := g.pkg.Outline(part)
	if err != nil {
		return false, err
	}
	for _, c := range chain.Children {
		if sheetIDs[c.Get("i")] {
			return true, nil
		}
	}
	return false, nil
}
