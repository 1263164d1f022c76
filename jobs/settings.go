package jobs

import (
	"shakeout/analysis"
)

// Setting is a parameter said by whoever runs the program: it has the place of
// what a workbook's settings table says of it.
type Setting struct{ Key, Value string }

// CheckSetting reports whether a parameter of that name exists and may have that
// value; near is the name that a wrong one may mean.
func CheckSetting(s Setting) (known bool, near string, ok bool) {
	t := settingsTable([]Setting{s})
	defer t.Rec.Release()
	_, wrong := analysis.ApplySettings(analysis.DefaultParams(), t)
	for _, f := range wrong {
		if f.Code == "setting-unknown" {
			if len(f.Args) > 0 {
				near, _ = f.Args[0].(string)
			}
			return false, near, false
		}
	}
	return true, "", len(wrong) == 0
}

func settingsTable(all []Setting) analysis.Table {
	b := analysis.NewBuilder(analysis.Settings)
	defer b.Release()
	for _, s := range all {
		b.Text("key", s.Key)
		b.Text("value", s.Value)
		b.EndRow()
	}
	return b.Table()
}

// override puts settings over those of a workbook.
func override(wb *analysis.Workbook, all []Setting) {
	if len(all) == 0 {
		return
	}
	said := settingsTable(all)
	defer said.Rec.Release()
	own := wb.Tables["settings"]
	joined := joinTables(analysis.Settings, said, own, []string{"key"})
	if own.Rec != nil {
		own.Rec.Release()
	}
	if wb.Tables == nil {
		wb.Tables = analysis.Tables{}
	}
	wb.Tables["settings"] = joined
}
