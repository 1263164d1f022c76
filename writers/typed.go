package writers

import "strings"

// keepTyped has text that would become a formula, were somebody to edit and
// confirm its cell, marked as text. It is none already: text goes into cells as
// text, whatever it begins with.
func (s *stylesheet) keepTyped(sh *sheet) {
	looks := map[int]style{}
	for look, id := range s.known {
		looks[id] = look
	}
	for _, row := range sh.rows {
		for i, c := range row {
			if c.kind == words && c.formula == "" && beginsFormula(c.text) {
				look := looks[c.style]
				look.asTyped = true
				row[i].style = s.id(look)
			}
		}
	}
}

// beginsFormula reports whether Excel would take text for a formula if it were
// typed. Full-width signs count: Chinese input methods give them, and Excel
// takes them for their narrow forms.
func beginsFormula(text string) bool {
	text = strings.TrimLeftFunc(text, func(r rune) bool { return r <= ' ' || r == 0xA0 || r == 0x3000 || r == 0xFEFF })
	for _, sign := range []string{"=", "+", "-", "@", "＝", "＋", "－", "＠"} {
		if strings.HasPrefix(text, sign) {
			return true
		}
	}
	return false
}
