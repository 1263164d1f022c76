package jobs

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// planned gives "name -> output stem" of each task.
func planned(t *testing.T, in, out string) []string {
	t.Helper()
	tasks, err := Plan(in, out)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, task := range tasks {
		got = append(got, fmt.Sprintf("%s -> %s %s", task.Name, task.Output, task.Stem))
	}
	return got
}

func TestPlanPassesOver(t *testing.T) {
	in := t.TempDir()
	tree{
		"a.xlsx": "", "b.XLSM": "", "c.xltx": "", "d.xltm": "", "sub/e f.xlsx": "", "模型/市场.xlsx": "", "old.xls": "", "b.xlsb": "", "o.ods": "",
		"notes.txt": "", "data.csv": "", "x.xlsx.bak": "", "xlsx": "", "~$a.xlsx": "", ".~lock.a.xlsx#": "", "._a.xlsx": "", ".hidden.xlsx": "",
		".sync/a.xlsx": "", "~syncthing~a.xlsx.tmp": "", "~syncthing~a.xlsx": "", "@eaDir/a.xlsx": "", "$RECYCLE.BIN/a.xlsx": "",
		"a.xlsx.crdownload": "", ".a.xlsx.Xy3z": "", "folder.xlsx/inside.xlsx": "",
	}.write(t, in)
	want := []string{
		"a.xlsx -> a.enriched.xlsx a",
		"b.XLSM -> b.enriched.XLSM b.XLSM",
		"b.xlsb -> b.xlsb.enriched.xlsx b.xlsb",
		"c.xltx -> c.enriched.xltx c",
		"d.xltm -> d.enriched.xltm d",
		"data.csv -> data.enriched.xlsx data",
		"folder.xlsx/inside.xlsx -> folder.xlsx/inside.enriched.xlsx folder.xlsx/inside",
		"o.ods -> o.ods.enriched.xlsx o",
		"old.xls -> old.xls.enriched.xlsx old",
		"sub/e f.xlsx -> sub/e f.enriched.xlsx sub/e f",
		"模型/市场.xlsx -> 模型/市场.enriched.xlsx 模型/市场",
	}
	if got := planned(t, in, filepath.Join(in, "out")); !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

// Every workbook has a result of its own, whatever the names.
func TestPlanNames(t *testing.T) {
	for _, c := range []struct {
		what     string
		in, want []string
	}{
		{"a result handed in keeps its name", []string{"x.enriched.xlsx"}, []string{"x.enriched.xlsx -> x.enriched.xlsx x.enriched"}},
		{"delimited text gives a workbook", []string{"x.csv", "y.TSV"}, []string{"x.csv -> x.enriched.xlsx x", "y.TSV -> y.enriched.xlsx y"}},
		{"but not in the place of another's", []string{"x.csv", "x.xlsx"}, []string{"x.csv -> x.csv.enriched.xlsx x.csv", "x.xlsx -> x.enriched.xlsx x"}},
		{"but not beside its original", []string{"x.enriched.xlsx", "x.xlsx"}, []string{
			"x.enriched.xlsx -> x.enriched.enriched.xlsx x.enriched", "x.xlsx -> x.enriched.xlsx x"}},
		{"not even a result of a result", []string{"x.enriched.enriched.xlsx", "x.enriched.xlsx", "x.xlsx"}, []string{
			"x.enriched.enriched.xlsx -> x.enriched.enriched.xlsx x.enriched.enriched",
			"x.enriched.xlsx -> x.enriched.enriched.enriched.xlsx x.enriched", "x.xlsx -> x.enriched.xlsx x"}},
		{"names that differ by extension", []string{"x.xlsm", "x.xlsx"}, []string{
			"x.xlsm -> x.enriched.xlsm x.xlsm", "x.xlsx -> x.enriched.xlsx x.xlsx"}},
		{"an old format beside a new one", []string{"x.xls", "x.xlsx"}, []string{
			"x.xls -> x.xls.enriched.xlsx x.xls", "x.xlsx -> x.enriched.xlsx x.xlsx"}},
	} {
		in := t.TempDir()
		for _, name := range c.in {
			tree{name: ""}.write(t, in)
		}
		if got := planned(t, in, t.TempDir()); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
	}
}

func TestPlanOutInsideIn(t *testing.T) {
	in := t.TempDir()
	tree{"a.xlsx": "", "out/a.enriched.xlsx": "", "outer/b.xlsx": ""}.write(t, in)
	want := []string{"a.xlsx -> a.enriched.xlsx a", "outer/b.xlsx -> outer/b.enriched.xlsx outer/b"}
	if got := planned(t, in, filepath.Join(in, "out")); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPlanOneFile(t *testing.T) {
	in := t.TempDir()
	tree{"a.xlsx": "", "b.xlsx": "", "a.enriched.xlsx": ""}.write(t, in)
	for file, want := range map[string]string{
		"a.xlsx":          "a.xlsx -> a.enriched.xlsx a",
		"a.enriched.xlsx": "a.enriched.xlsx -> a.enriched.enriched.xlsx a.enriched", // never over the original
	} {
		if got := planned(t, filepath.Join(in, file), in); !slices.Equal(got, []string{want}) {
			t.Errorf("%s beside itself: got %q, want %q", file, got, want)
		}
	}
	if got := planned(t, filepath.Join(in, "a.enriched.xlsx"), t.TempDir()); got[0] != "a.enriched.xlsx -> a.enriched.xlsx a.enriched" {
		t.Errorf("elsewhere it keeps its name: got %q", got)
	}
}

// A link counts where it leads inside IN; IN itself may be one.
func TestPlanLinks(t *testing.T) {
	in, elsewhere := t.TempDir(), t.TempDir()
	tree{"sub/a.xlsx": ""}.write(t, in)
	tree{"b.xlsx": ""}.write(t, elsewhere)
	for name, target := range map[string]string{
		"in.xlsx": filepath.Join(in, "sub/a.xlsx"), "out.xlsx": filepath.Join(elsewhere, "b.xlsx"), "gone.xlsx": "nowhere", "folder": elsewhere,
	} {
		if err := os.Symlink(target, filepath.Join(in, name)); err != nil {
			t.Skip("no symbolic links here")
		}
	}
	link := filepath.Join(t.TempDir(), "inbox")
	if err := os.Symlink(in, link); err != nil {
		t.Fatal(err)
	}
	want := []string{"in.xlsx -> in.enriched.xlsx in", "sub/a.xlsx -> sub/a.enriched.xlsx sub/a"}
	for _, root := range []string{in, link} {
		if got := planned(t, root, t.TempDir()); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
