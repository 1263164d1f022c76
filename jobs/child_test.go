package jobs

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
	"shakeout/samples"
	"shakeout/writers"
)

// The tests that kill need a process of their own: this test program again,
// told by its environment to make a pass instead.
const childEnv = "TEST_PASS"

// childPass is what a child is to do.
type childPass struct {
	In, Out string
	Loop    bool          // a pass for each line of standard input
	Hold    time.Duration // each workbook takes that long at least, with fake steps
}

func TestMain(m *testing.M) {
	if said := os.Getenv(childEnv); said != "" {
		var c childPass
		if err := json.Unmarshal([]byte(said), &c); err != nil {
			panic(err)
		}
		os.Exit(c.run())
	}
	if said := os.Getenv(workerEnv); said != "" {
		os.Exit(runWorker(said))
	}
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_EC2_METADATA_DISABLED"} {
		os.Setenv(name, "true") // of the local bucket
	}
	code := m.Run()
	stopServers()
	os.Exit(code)
}

func (c childPass) run() int {
	opts := DefaultOptions()
	opts.Quiet, opts.GiveUp, opts.Build, opts.Workers = 0, 0, "child", 2
	steps := RealSteps
	if c.Hold > 0 {
		steps = fakeSteps()
		enrich := steps.Enrich
		steps.Enrich = func(ctx context.Context, w io.Writer, pkg *ooxml.Package, wb *analysis.Workbook, r []analysis.Result, p analysis.Params, o writers.Options) error {
			// Whoever else is here at this moment is a second writer.
			mark := filepath.Join(c.Out, "writing")
			f, err := os.OpenFile(mark, os.O_CREATE|os.O_EXCL, 0o666)
			if err != nil {
				os.WriteFile(filepath.Join(c.Out, "TWO WRITERS"), nil, 0o666)
				return err
			}
			f.Close()
			time.Sleep(c.Hold)
			os.Remove(mark)
			return enrich(ctx, w, pkg, wb, r, p, o)
		}
		opts.Workers, opts.Force = 1, true
	}
	pass := func() string {
		_, err := Run(context.Background(), c.In, c.Out, opts, steps, func(Outcome) {})
		switch {
		case errors.Is(err, ErrBusy):
			return "busy"
		case err != nil:
			return err.Error()
		}
		return "done"
	}
	if !c.Loop {
		if said := pass(); said != "done" {
			fmt.Fprintln(os.Stderr, said)
			return 1
		}
		return 0
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		began := time.Now().UnixNano()
		said := pass()
		fmt.Println(began, time.Now().UnixNano(), said)
	}
	return 0
}

func (c childPass) command(t *testing.T) *exec.Cmd {
	t.Helper()
	said, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+string(said))
	cmd.Stderr = os.Stderr
	return cmd
}

// audit runs the script that compares a folder with its ledger.
func audit(t *testing.T, in, out string) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("SHAKEOUT_REQUIRE") == "all" {
			t.Fatal("python3 is required and not installed")
		}
		t.Log("no python3: the audit is left out")
		return
	}
	said, err := exec.Command(python, "testdata/audit.py", in, out).CombinedOutput()
	t.Logf("audit: %s", strings.TrimSpace(string(said)))
	if err != nil {
		t.Errorf("the audit ends with %v", err)
	}
}

// inMemory puts the folders of a test where a sync costs nothing.
func inMemory(t *testing.T) {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		t.Setenv("TMPDIR", "/dev/shm")
	}
}

// workbooks are the samples' cases as files, and what is no workbook.
func workbooks(t *testing.T) (good, bad [][]byte) {
	t.Helper()
	cases, err := samples.Cases()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		data, err := c.Workbook()
		if err != nil {
			t.Fatal(err)
		}
		good = append(good, data)
	}
	files, err := samples.Bad()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasSuffix(f.Name, ".xlsx") {
			bad = append(bad, f.Data)
		}
	}
	return good, bad
}
