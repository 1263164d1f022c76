package text

import (
	"testing"

	"shakeout/analysis"
)

// Every result table has a title, a line on how it is computed, and a heading
// for each of its columns; every analysis says what it answers and stands on a
// sheet with a name.
func TestTitles(t *testing.T) {
	entries, err := Entries()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, e := range entries {
		known[e.Key] = true
	}
	n := 0
	want := func(key string) {
		t.Helper()
		if n++; !known[key] {
			t.Errorf("the catalog has no %s", key)
		}
	}
	for _, a := range analysis.All {
		want("analysis." + a.Name)
		sheet := a.Sheet
		if sheet == "" {
			sheet = a.Name
		}
		want("sheet." + sheet)
		want("question." + sheet)
		for _, s := range a.Specs {
			want("table." + s.Name)
			want("method." + s.Name)
			for _, c := range s.Columns {
				want("column." + c.Name)
			}
		}
	}
	for _, key := range analysis.SettingKeys() {
		want("param." + key)
	}
	t.Logf("%d titles looked up", n)
	if n == 0 {
		t.Error("nothing was looked up")
	}
}
