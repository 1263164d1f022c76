package jobs

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program is the command itself.
type program struct {
	path  string
	queue string
}

func newProgram(t *testing.T) program {
	t.Helper()
	p := program{filepath.Join(t.TempDir(), "shakeout"), newDatabase(t)}
	if said, err := exec.Command("go", "build", "-o", p.path, "..").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return p
}

func (p program) command(args ...string) *exec.Cmd {
	cmd := exec.Command(p.path, args...)
	cmd.Env = append(os.Environ(), "SHAKEOUT_QUEUE="+p.queue, "SHAKEOUT_QUIET_PERIOD=0s", "LANG=C", "HOME="+filepath.Dir(p.path))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// run runs the command and gives what it wrote to standard output.
func (p program) run(t *testing.T, code int, args ...string) string {
	t.Helper()
	cmd := p.command(args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	if got != code {
		t.Fatalf("%v ends with %d, want %d\n%s%s", args, got, code, out, said.String())
	}
	return string(out)
}

// lines are the objects of --json.
func linesOf(t *testing.T, said string) (all []map[string]any) {
	t.Helper()
	for line := range strings.Lines(said) {
		var one map[string]any
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		all = append(all, one)
	}
	return all
}

// The commands as somebody uses them: tables, submit, a worker, status, run by way of
// the queue; and what is wrong is said with a code of its own.
func TestQueueCommands(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	in, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	manyBooks(t, in, 20)

	p.run(t, 78, "submit", in, out) // no tables yet
	p.run(t, 78, "work", "--workers", "1")
	p.run(t, 0, "queue", "migrate")
	p.run(t, 0, "queue", "migrate")
	p.run(t, 66, "submit", filepath.Join(in, "none"), out)
	p.run(t, 64, "submit", filepath.Join(in, "0", "工作簿 0000.xlsx"), out)
	p.run(t, 64, "submit", "--queue", "", in, out)
	p.run(t, 64, "run", "--queue", "", "s3://x/in", out)
	p.run(t, 78, "submit", "--queue", "nowhere", in, out)
	p.run(t, 74, "submit", "--queue", "postgres://nobody@127.0.0.1:1/none?connect_timeout=2", in, out)

	said := linesOf(t, p.run(t, 0, "submit", "--json", in, out))
	if len(said) != 21 || said[0]["status"] != "queued" || said[20]["summary"].(map[string]any)["queued"] != 20.0 {
		t.Errorf("submit says %v", said)
	}
	p.run(t, 78, "submit", in, out+"2") // another OUT
	standing := func() map[string]any {
		t.Helper()
		all := linesOf(t, p.run(t, 0, "status", "--json"))
		return all[len(all)-1]["queue"].(map[string]any)
	}
	if s := standing(); s["jobs"].(map[string]any)["available"] != 20.0 || s["in"] == "" {
		t.Errorf("status says %v", s)
	}

	metrics := filepath.Join(t.TempDir(), "shakeout.prom")
	worker := p.command("work", "--workers", "2", "--metrics", metrics)
	var log bytes.Buffer
	worker.Stderr = &log
	if err := worker.Start(); err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(5 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		if s := standing(); s["run"] != nil && s["run"].(map[string]any)["ending"] == "done" {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("the worker does not come to an end\n%s", log.String())
		}
	}
	s := standing()
	if jobs := s["jobs"].(map[string]any); jobs["completed"] != 18.0 || jobs["cancelled"] != 2.0 {
		t.Errorf("jobs are %v", jobs)
	}
	if said, err := os.ReadFile(metrics); err != nil || !strings.Contains(string(said), "shakeout_queue_oldest_running_seconds") {
		t.Errorf("the metrics are %q, %v", said, err)
	}
	text := p.run(t, 0, "status", "--queue", p.queue)
	if zh := p.run(t, 0, "status", "--lang", "zh"); !strings.Contains(text, "cancelled (rejected) 2") || !strings.Contains(zh, "已取消（拒绝）2") {
		t.Errorf("status says\n%s\n%s", text, zh)
	}
	said = linesOf(t, p.run(t, 0, "submit", "--json", in, out))
	for _, o := range said[:20] {
		if o["status"] != "unchanged" && o["status"] != "rejected" && o["status"] != "nothing" {
			t.Errorf("submitted again: %v", o)
		}
	}
	worker.Process.Signal(syscall.SIGTERM)
	if err := worker.Wait(); err != nil {
		t.Errorf("the worker ended with %v", err)
	}
	// The worker's log has a line for each workbook, with fields.
	fields := 0
	for _, line := range linesOf(t, log.String()) {
		if line["file"] != nil {
			fields++
			for _, field := range []string{"sha256", "status", "findings", "took_ms", "job", "attempt", "worker", "waited_ms"} {
				if line[field] == nil {
					t.Errorf("the log lacks %s: %v", field, line)
				}
			}
		}
	}
	if fields != 20 {
		t.Errorf("the log has %d workbooks", fields)
	}

	// run does it all itself, and reports like a pass on one machine.
	manyBooks(t, in, 24)
	said = linesOf(t, p.run(t, 0, "run", "--json", in, out))
	enriched := 0
	for _, o := range said {
		if o["status"] == "enriched" {
			enriched++
		}
	}
	if len(said) != 25 || enriched < 3 {
		t.Errorf("run says %d lines, %d enriched: %v", len(said), enriched, said)
	}

	// watch does so again and again.
	watch := p.command("watch", "--every", "200ms", in, out)
	if err := watch.Start(); err != nil {
		t.Fatal(err)
	}
	manyBooks(t, in, 25)
	for until := time.Now().Add(5 * time.Minute); !exists(machine{}, filepath.Join(out, "3", "工作簿 0024.enriched.xlsx")); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("watch does not see a new workbook")
		}
	}
	watch.Process.Signal(syscall.SIGTERM)
	if err := watch.Wait(); err != nil {
		t.Errorf("watch ended with %v", err)
	}
	shown := p.run(t, 0, "config", "show", "--queue", "postgres://me:secret@db/x")
	if strings.Contains(shown, "secret") || !strings.Contains(shown, "postgres://me:xxxxx@db/x") {
		t.Errorf("config show says %s", shown)
	}
}
