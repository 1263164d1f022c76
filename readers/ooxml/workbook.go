package ooxml

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Relation is one relationship of a part.
type Relation struct {
	ID, Type, Target string
	External         bool // Target is an address outside the package
}

// Relations lists a part's relationships with targets resolved to part names.
// A part without any has none. "" asks for those of the package.
func (p *Package) Relations(part string) ([]Relation, error) {
	return p.relations(context.Background(), part)
}

func (p *Package) relations(ctx context.Context, part string) ([]Relation, error) {
	dir, file := path.Split(part)
	name := dir + "_rels/" + file + ".rels"
	if p.Part(name) == nil {
		return nil, nil
	}
	x, err := p.scan(ctx, name)
	if err != nil {
		return nil, err
	}
	defer x.close()
	var all []Relation
	err = x.walk(func(at []string) error {
		if at[len(at)-1] != "Relationship" {
			return nil
		}
		r := Relation{ID: x.attr("Id"), Type: x.attr("Type"), Target: strings.ReplaceAll(x.attr("Target"), `\`, "/"), External: x.attr("TargetMode") == "External"}
		if !r.External {
			if strings.HasPrefix(r.Target, "/") {
				r.Target = path.Clean(r.Target)[1:]
			} else {
				r.Target = path.Join(dir, r.Target)
			}
		}
		if all = append(all, r); len(all) > p.limits.Parts {
			return &Refusal{Code: "too-many-parts", Part: name, Args: []any{p.limits.Parts}}
		}
		return nil
	}, nil)
	return all, err
}

// kind is the last word of a relationship type.
func (r Relation) kind() string { return path.Base(r.Type) }

// load finds the workbook part and reads what all sheets share.
func (p *Package) load(ctx context.Context) error {
	top, err := p.relations(ctx, "")
	if err != nil {
		return err
	}
	i := slices.IndexFunc(top, func(r Relation) bool { return r.kind() == "officeDocument" && !r.External })
	if i < 0 || p.Part(top[i].Target) == nil {
		return p.whatElse()
	}
	p.Workbook = p.Part(top[i].Target).Name
	if strings.HasSuffix(strings.ToLower(p.Workbook), ".bin") {
		return &Refusal{Code: "xlsb"}
	}
	rels, err := p.relations(ctx, p.Workbook)
	if err != nil {
		return err
	}
	byID := map[string]Relation{}
	shared := ""
	for _, r := range rels {
		if _, twice := byID[r.ID]; twice {
			return &Refusal{Code: "damaged-part", Part: p.Workbook, Err: fmt.Errorf("relation %q is there twice", r.ID)}
		}
		byID[r.ID] = r
		if r.External || r.kind() != "styles" && r.kind() != "sharedStrings" {
			continue
		}
		part := p.Part(r.Target)
		switch {
		case part == nil && r.kind() == "styles":
		case part == nil:
			return &Refusal{Code: "missing-part", Part: r.Target}
		case r.kind() == "styles" && p.Styles == "":
			p.Styles = part.Name
		case r.kind() == "sharedStrings" && shared == "":
			shared = part.Name
		default:
			return &Refusal{Code: "damaged-part", Part: p.Workbook, Err: fmt.Errorf("two parts of kind %s", r.kind())}
		}
	}
	for _, name := range []string{p.Workbook, p.Styles, "[Content_Types].xml"} {
		if part := p.Part(name); part != nil && part.Size > uint64(p.limits.WholeBytes) {
			return &Refusal{Code: "part-too-large", Part: name, Args: []any{name, mebibytes(p.limits.WholeBytes)}}
		}
	}
	if err := p.readWorkbook(ctx, byID); err != nil {
		return err
	}
	if p.Styles != "" {
		if err := p.readStyles(ctx); err != nil {
			return err
		}
	}
	if shared != "" {
		return p.readStrings(ctx, shared)
	}
	return nil
}

// whatElse says what a package is that holds no workbook part.
func (p *Package) whatElse() *Refusal {
	switch {
	case p.Part("xl/workbook.bin") != nil:
		return &Refusal{Code: "xlsb"}
	case p.Part("mimetype") != nil && p.Part("content.xml") != nil:
		return &Refusal{Code: "ods"}
	}
	return &Refusal{Code: "not-a-workbook"}
}

// readWorkbook reads the list of sheets, the defined names and the date system.
func (p *Package) readWorkbook(ctx context.Context, relations map[string]Relation) error {
	x, err := p.scan(ctx, p.Workbook)
	if err != nil {
		return err
	}
	defer x.close()
	err = x.walk(func(path []string) error {
		switch {
		case len(path) == 1 && path[0] != "workbook":
			return &Refusal{Code: "not-a-workbook", Part: p.Workbook}
		case at(path, "workbook", "workbookPr"):
			p.Date1904 = x.on("date1904")
		case at(path, "workbook", "sheets", "sheet"):
			return p.addSheet(x, relations)
		case at(path, "workbook", "definedNames", "definedName"):
			if len(p.Names) >= p.limits.Strings {
				return &Refusal{Code: "too-many-texts", Part: p.Workbook, Args: []any{p.limits.Strings}}
			}
			p.Names = append(p.Names, DefinedName{Name: x.attr("name"), Hidden: x.on("hidden")})
		}
		return nil
	}, func(path []string, text []byte) {
		if at(path, "workbook", "definedNames", "definedName") {
			p.Names[len(p.Names)-1].Refers += string(text)
		}
	})
	if err != nil {
		return err
	}
	if len(p.Sheets) == 0 {
		return &Refusal{Code: "no-sheets"}
	}
	ours := map[string]bool{}
	for _, n := range p.Names {
		if strings.HasPrefix(n.Name, OwnPrefix) {
			ours[sheetOf(n.Refers)] = true
		}
	}
	for i := range p.Sheets {
		p.Sheets[i].Ours = ours[p.Sheets[i].Name]
	}
	return nil
}

// addSheet takes a sheet of the list. One whose cells are nowhere, or are those
// of another sheet too, makes the whole file refused: to leave it out would lose
// its rows, to read it twice would count them twice.
func (p *Package) addSheet(x *scanner, relations map[string]Relation) error {
	if len(p.Sheets) >= p.limits.Sheets {
		return &Refusal{Code: "too-many-sheets", Args: []any{p.limits.Sheets}}
	}
	state := x.attr("state")
	s := Sheet{Name: x.attr("name"), Hidden: state == "hidden" || state == "veryHidden"}
	id := x.attr("id")
	r, ok := relations[id]
	switch {
	case id == "":
		p.Sheets = append(p.Sheets, s) // a module of macros, as Excel 5 had them
		return nil
	case ok && r.External:
		return &Refusal{Code: "external-sheet", Part: s.Name}
	case !ok, p.Part(r.Target) == nil:
		return &Refusal{Code: "missing-part", Part: cmp.Or(r.Target, s.Name)}
	}
	s.Part, s.Grid = p.Part(r.Target).Name, r.kind() == "worksheet"
	for _, o := range p.Sheets {
		switch {
		case o.Part == s.Part:
			return &Refusal{Code: "sheets-share-part", Args: []any{o.Name, s.Name}}
		case strings.EqualFold(o.Name, s.Name):
			return &Refusal{Code: "sheet-names", Args: []any{s.Name}}
		}
	}
	p.Sheets = append(p.Sheets, s)
	return nil
}

// sheetOf is the sheet that a reference such as 'A sheet'!$A$1 leads to.
func sheetOf(refers string) string {
	i := strings.LastIndexByte(refers, '!')
	if i < 0 {
		return ""
	}
	name := refers[:i]
	if len(name) > 1 && name[0] == '\'' && name[len(name)-1] == '\'' {
		return strings.ReplaceAll(name[1:len(name)-1], "''", "'")
	}
	return name
}
