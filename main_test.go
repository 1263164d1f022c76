package main

import (
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"shakeout/analysis"
	"shakeout/jobs"
	"shakeout/samples"
)

var update = flag.Bool("update", false, "rewrite what the stories expect")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"shakeout": main})
}

// The stories in testdata run the real program. Besides the commands of
// testscript they know
//
//	exits CODE program args...   runs a program that must end with this code
//	workbook CASE FILE           makes the workbook of a case of samples/cases
//	badfiles FOLDER              makes the files of samples.Bad
func TestStories(t *testing.T) {
	inbox, err := filepath.Abs("samples/inbox")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:           "testdata",
		UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("SAMPLES", inbox)
			env.Setenv("LANG", "en_US.UTF-8")
			env.Setenv("SHAKEOUT_QUIET_PERIOD", "0s") // stories do not wait for files to rest
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "workbook": workbook, "badfiles": badFiles,
		},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE program args...")
	}
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if want, err := strconv.Atoi(args[0]); err != nil || code != want {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

func workbook(ts *testscript.TestScript, _ bool, args []string) {
	cases, err := samples.Cases()
	ts.Check(err)
	for _, c := range cases {
		if c.Name == args[0] {
			data, err := c.Workbook()
			ts.Check(err)
			ts.Check(os.MkdirAll(filepath.Dir(ts.MkAbs(args[1])), 0o777))
			ts.Check(os.WriteFile(ts.MkAbs(args[1]), data, 0o666))
			return
		}
	}
	ts.Fatalf("no case %s", args[0])
}

func badFiles(ts *testscript.TestScript, _ bool, args []string) {
	files, err := samples.Bad()
	ts.Check(err)
	ts.Check(os.MkdirAll(ts.MkAbs(args[0]), 0o777))
	for _, f := range files {
		ts.Check(os.WriteFile(filepath.Join(ts.MkAbs(args[0]), f.Name), f.Data, 0o666))
	}
}

// How a pass ends decides the exit code; a signal before a full disk, a full
// disk before a bad workbook.
func TestEnding(t *testing.T) {
	for _, c := range []struct {
		what string
		sum  jobs.Summary
		err  error
		want int
	}{
		{"all well", jobs.Summary{Enriched: 3}, nil, 0},
		{"rejected before", jobs.Summary{Rejected: 1}, nil, 0},
		{"newly rejected", jobs.Summary{Rejected: 1, New: 1}, nil, 3},
		{"newly failed", jobs.Summary{Failed: 1, New: 1}, nil, 3},
		{"not writable", jobs.Summary{Failed: 1, Unwritten: 1}, nil, 74},
		{"disk", jobs.Summary{}, &os.PathError{Op: "open", Path: "out", Err: syscall.ENOSPC}, 74},
		{"no input", jobs.Summary{}, jobs.ErrNoInput, 66},
		{"same folder", jobs.Summary{}, jobs.ErrSameFolder, 64},
		{"busy", jobs.Summary{}, jobs.ErrBusy, 75},
		{"interrupt", jobs.Summary{New: 1}, &stopped{syscall.SIGINT}, 130},
		{"terminate", jobs.Summary{}, errors.Join(&stopped{syscall.SIGTERM}, syscall.EPIPE), 143},
	} {
		got := 0
		if err := ending(c.sum, c.err, "in", "out", c.sum.New > 0); err != nil {
			got = err.(*exit).code
			for _, lang := range []analysis.Lang{analysis.Zh, analysis.En} {
				said := err.(*exit).sentence(lang)
				if strings.Contains(said, "command.") || got != exitBad && said == "" {
					t.Errorf("%s says %q", c.what, said)
				}
			}
		}
		if got != c.want {
			t.Errorf("%s: exit code %d, want %d", c.what, got, c.want)
		}
	}
}

func TestUntilSignal(t *testing.T) {
	ctx, stop := untilSignal()
	defer stop()
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	var s *stopped
	if err := context.Cause(ctx); !errors.As(err, &s) || s.signal != syscall.SIGTERM {
		t.Errorf("ended by %v, want SIGTERM", err)
	}
}

func TestLanguageOf(t *testing.T) {
	for _, c := range []struct {
		args string
		env  map[string]string
		want analysis.Lang
	}{
		{"", nil, analysis.En},
		{"", map[string]string{"LANG": "zh_CN.UTF-8"}, analysis.Zh},
		{"", map[string]string{"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, analysis.En},
		{"", map[string]string{"LC_MESSAGES": "zh_TW", "LANG": "en_US"}, analysis.Zh},
		{"run --lang zh a b", nil, analysis.Zh},
		{"run a b --lang=en", map[string]string{"LANG": "zh_CN"}, analysis.En},
		{"run --lang fr", map[string]string{"LANG": "zh_CN"}, analysis.Zh},
		{"run --lang", map[string]string{"LANG": "zh_CN"}, analysis.Zh},
	} {
		if got := languageOf(strings.Fields(c.args), func(name string) string { return c.env[name] }); got != c.want {
			t.Errorf("%s %v: got %s, want %s", c.args, c.env, got, c.want)
		}
	}
}
