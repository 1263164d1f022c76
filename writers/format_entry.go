package writers

import (
	"encoding/xml"
	"slices"
	"strings"
)

// formatForm is one form for all ways in which programs write the same entry of
// a styles part: attributes and children in order of their names, without
// prefixes, and without what says no more than its absence does. Entries of the
// same form look the same in every cell.
func formatForm(entry string) string {
	d := xml.NewDecoder(strings.NewReader(entry))
	forms := [][]string{nil} // of the children of each open element
	var open []string
	for {
		token, err := d.RawToken()
		if err != nil { // the end, since entries are cut from a well-formed part
			return strings.Join(forms[0], "")
		}
		switch t := token.(type) {
		case xml.StartElement:
			tag := t.Name.Local
			var said []string
			for _, a := range t.Attr {
				if s := attributeForm(t.Name.Local, a); s != "" {
					said = append(said, s)
				}
			}
			slices.Sort(said)
			open = append(open, tag+strings.Join(said, ""))
			forms = append(forms, nil)
		case xml.EndElement:
			last := len(open) - 1
			tag, children := open[last], forms[last+1]
			open, forms = open[:last], forms[:last+1]
			slices.SortStableFunc(children, func(a, b string) int { return strings.Compare(nameOf(a), nameOf(b)) })
			if len(children) == 0 && saysNothing[tag] {
				continue
			}
			forms[last] = append(forms[last], "<"+tag+">"+strings.Join(children, "")+"</>")
		}
	}
}

func nameOf(form string) string { return form[:strings.IndexAny(form, " >")] }

// saysNothing are elements that mean no more than if they were not there.
var saysNothing = map[string]bool{
	"left": true, "right": true, "top": true, "bottom": true, "diagonal": true, "start": true, "end": true, "vertical": true, "horizontal": true,
	"alignment": true, "protection": true, "fgColor": true, "bgColor": true, "color": true, "numFmt": true,
}

// attributeForm is an attribute of an entry, "" where its absence says the same.
func attributeForm(element string, a xml.Attr) string {
	name, value := a.Name.Local, a.Value
	switch value {
	case "true":
		value = "1"
	case "false":
		value = "0"
	}
	value = strings.TrimSuffix(value, ".0")
	nothing := a.Name.Space != "" || name == "xmlns" || value == ""
	switch element {
	case "xf":
		// What a cell format names is applied unless it says not to.
		nothing = nothing || strings.HasPrefix(name, "apply") && value == "1" || value == "0" && (name == "xfId" || name == "quotePrefix" || name == "pivotButton")
	case "alignment":
		nothing = nothing || value == "0" || name == "horizontal" && value == "general" || name == "vertical" && value == "bottom"
	case "protection":
		nothing = nothing || name == "locked" && value == "1" || name == "hidden" && value == "0"
	case "b", "i":
		nothing = nothing || name == "val" && value == "1"
	case "u":
		nothing = nothing || name == "val" && value == "single"
	case "border":
		nothing = nothing || value == "0"
	case "left", "right", "top", "bottom", "diagonal":
		nothing = nothing || name == "style" && value == "none"
	}
	if nothing {
		return ""
	}
	return " " + name + "=" + value
}
