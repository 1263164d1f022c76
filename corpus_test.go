package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestRunOverTheCorpus runs the program once over every workbook of other
// people's making and the hostile ones, all in one folder: no panic, no failure of
// ours, nothing that takes ten seconds, never more than 512 MiB; what must open is
// enriched or holds no table, what must be refused is refused.
func TestRunOverTheCorpus(t *testing.T) {
	const corpus = "../shared/corpus"
	if _, err := os.Stat(corpus); err != nil {
		t.Skipf("no corpus in %s: nothing to run over", corpus)
	}
	in, out, program := filepath.Join(t.TempDir(), "in"), filepath.Join(t.TempDir(), "out"), filepath.Join(t.TempDir(), "shakeout")
	want := map[string]string{} // by name in the folder
	for _, dir := range []string{".", "hostile"} {
		f, err := os.Open(filepath.Join(corpus, dir, "manifest.csv"))
		if err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(f).ReadAll()
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		at := map[string]int{}
		for i, name := range lines[0] {
			at[name] = i
		}
		if err := os.MkdirAll(filepath.Join(in, dir), 0o777); err != nil {
			t.Fatal(err)
		}
		for _, line := range lines[1:] {
			name := filepath.Join(dir, line[at["file"]])
			data, err := os.ReadFile(filepath.Join(corpus, name))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(in, name), data, 0o666); err != nil {
				t.Fatal(err)
			}
			want[filepath.ToSlash(name)] = line[at["expectation"]]
		}
	}
	if built, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, built)
	}
	cmd := exec.Command(program, "run", "--json", "--quiet", "--workers", "1", in, out)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "SHAKEOUT_") { // those of the tests are no options of the program
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "SHAKEOUT_QUIET_PERIOD=0s", "SHAKEOUT_GIVE_UP_AFTER=0s")
	var said bytes.Buffer
	cmd.Stderr = &said
	stdout, err := cmd.Output()
	if code := cmd.ProcessState.ExitCode(); code != exitBad {
		t.Errorf("exit %d (%v), want %d: %s", code, err, exitBad, said.String())
	}
	peak := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss >> 10
	if peak > 512 {
		t.Errorf("%d MiB at the most", peak)
	}
	met := map[string]int{}
	for lines := bufio.NewScanner(bytes.NewReader(stdout)); lines.Scan(); {
		var o struct {
			File, Status, Code string
			TookMS             int64 `json:"took_ms"`
		}
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			t.Fatalf("%v: %s", err, lines.Text())
		}
		if o.File == "" {
			continue // the summary
		}
		expectation, ok := want[o.File]
		if !ok {
			t.Errorf("%s is not in the corpus", o.File)
		}
		met[o.Status]++
		if o.TookMS > 10_000 {
			t.Errorf("%s took %d ms", o.File, o.TookMS)
		}
		opened := o.Status == "enriched" || o.Status == "nothing"
		switch {
		case !opened && o.Status != "rejected",
			expectation == "opens" && !opened,
			strings.Contains("must-be-rejected reject encrypted", expectation) && opened,
			expectation == "encrypted" && o.Code != "password-protected":
			t.Errorf("%s (%s): %s %s", o.File, expectation, o.Status, o.Code)
		}
	}
	t.Logf("%v of %d files; at most %d MiB", met, len(want), peak)
	if met["rejected"] == 0 || met["nothing"]+met["enriched"] < 150 {
		t.Error("too few files were met")
	}
}
