package readers

import (
	"strings"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// Delimited text is also written where a comma is the decimal sign: 0,35 and
// 1.234,56. Then 1,234 is 1.234, elsewhere it is 1234, and only the other numbers
// of the column or the file tell.
//
// A column is of decimal commas where one of its numbers can be nothing else (12,5;
// 0,125; 1.234,5) and none has a decimal point or two groups of thousands set off by
// commas. A column whose numbers all can be both (1,234) follows the others of the
// file where these agree. What then is still open is left empty with a finding if
// the fields are separated by semicolons, which is how programs of those countries
// write; with commas and tabs it is thousands.
var (
	surelyDecimal = lazily(`^-?(?:\d{1,3}(?:\.\d{3})+,\d+|\d+,\d{1,2}|\d+,\d{4,}|(?:0|\d{4,}),\d+)$`)
	surelyGroups  = lazily(`^-?(?:\d{1,3}(?:,\d{3}){2,}(?:\.\d+)?|\d{1,3},\d{3}\.\d+)$`)
	decimalPoint  = lazily(`^-?(?:\d+\.\d{1,2}|\d+\.\d{4,}|(?:0|\d{4,})\.\d+)$`)
	commaEither   = lazily(`^-?[1-9]\d{0,2},\d{3}$`)
	pointEither   = lazily(`^-?[1-9]\d{0,2}\.\d{3}$`)
	pointGroups   = lazily(`^-?[1-9]\d{0,2}(?:\.\d{3}){2,}$`)
	yearDotMonth  = lazily(`^(?:19|20)\d\d\.\d{1,2}$`)
	commaInText   = lazily(`\d,\d`)
)

// commaColumn is what the numbers of a column say of its commas and points.
type commaColumn struct{ decimal, point, either, pointGroups int }

// takeCommas writes the numbers of columns with decimal commas with a point and
// without groups, and says which fields stay open.
func takeCommas(rows [][]string, separator byte) *ooxml.Delimited {
	var columns []commaColumn
	for _, row := range rows {
		for k, f := range row {
			if len(columns) <= k {
				columns = append(columns, make([]commaColumn, k+1-len(columns))...)
			}
			if f = numeral(f); f == "" {
				continue
			}
			switch c := &columns[k]; {
			case surelyDecimal.MatchString(f):
				c.decimal++
			case surelyGroups.MatchString(f), decimalPoint.MatchString(f) && !yearDotMonth.MatchString(f):
				c.point++
			case commaEither.MatchString(f):
				c.either++
			case pointGroups.MatchString(f):
				c.pointGroups++
			}
		}
	}
	decimal, point := false, false
	for _, c := range columns {
		decimal, point = decimal || c.decimal > 0 && c.point == 0, point || c.point > 0
	}
	if !decimal && separator != ';' {
		return nil
	}
	how := &ooxml.Delimited{Unclear: map[[2]int]bool{}}
	for i, row := range rows {
		for k, f := range row {
			c, number := columns[k], numeral(f)
			at := [2]int{i + 1, k + 1}
			switch {
			case number == "":
				// 1,234 Mio. €: a number in a text is not taken apart.
				if commaInText.MatchString(f) && isNumeric(f) && !surelyGroups.MatchString(f) {
					how.Unclear[at] = true
				}
			case c.point > 0 && c.decimal > 0:
				if commaEither.MatchString(number) || pointEither.MatchString(number) {
					how.Unclear[at] = true
				}
			case c.point > 0:
			case c.decimal > 0, c.either > 0 && decimal && !point:
				if !strings.Contains(number, ",") && !pointEither.MatchString(number) && !pointGroups.MatchString(number) {
					continue
				}
				tail := f[strings.LastIndexAny(f, "0123456789")+1:]
				row[k] = strings.ReplaceAll(strings.ReplaceAll(number, ".", ""), ",", ".") + strings.TrimSpace(tail)
				if how.Commas++; how.Commas == 1 {
					how.First, how.FirstTyped = at, f
				}
			case commaEither.MatchString(number), pointEither.MatchString(number) && decimal:
				how.Unclear[at] = true
			}
		}
	}
	if how.Commas == 0 && len(how.Unclear) == 0 {
		return nil
	}
	return how
}

// numeral is a field without space around it and without a percent sign at its end,
// if what is left is made of digits, points and commas.
func numeral(f string) string {
	f = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(f), "%"))
	if f == "" || strings.Trim(f, "-0123456789.,") != "" || !strings.ContainsAny(f, ".,") {
		return ""
	}
	return f
}

// sayCommas says that numbers of delimited text were read with decimal commas.
func (s *sheet) sayCommas() {
	if d := s.pkg.Delimited; d != nil && d.Commas > 0 {
		s.find(analysis.Noted, "decimal-commas", d.First[0], d.First[1], d.FirstTyped, d.Commas)
	}
}

// commaOpen reports a cell of delimited text whose comma or point may set off
// decimals or thousands.
func (s *sheet) commaOpen(row, col int) bool {
	if s.aside {
		row, col = col, row
	}
	return s.pkg.Delimited.Unclear[[2]int{row, col}]
}
