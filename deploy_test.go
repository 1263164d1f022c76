package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/robfig/cron/v3"
	"go.yaml.in/yaml/v3"

	"shakeout/analysis"
)

func deployed(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("jobs/deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// What the samples of operation run is understood by the program.
func TestDeployedCommands(t *testing.T) {
	commands := 0
	understood := func(where, line string) {
		t.Helper()
		args := strings.Fields(line)[1:]
		root := rootCommand(analysis.En, os.Stdout, os.Stderr)
		cmd, rest, err := root.Find(args)
		if err == nil {
			if err = cmd.ParseFlags(rest); err == nil {
				err = cmd.Args(cmd, cmd.Flags().Args())
			}
		}
		if err != nil || cmd == root {
			t.Errorf("%s: %s: %v", where, line, err)
		}
		commands++
	}
	for _, name := range []string{"shakeout.service", "shakeout-watch.service", "shakeout-work.service"} {
		for line := range strings.Lines(deployed(t, name)) {
			if command, ok := strings.CutPrefix(strings.TrimSpace(line), "ExecStart="); ok {
				understood(name, command)
			}
		}
	}
	for line := range strings.Lines(deployed(t, "crontab")) {
		if at := strings.Index(line, "/usr/local/bin/shakeout"); at > 0 {
			if _, err := cron.ParseStandard(strings.TrimSpace(line[:at])); err != nil {
				t.Errorf("crontab: %v", err)
			}
			understood("crontab", line[at:])
		} else if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && strings.HasPrefix(name, envPrefix) {
			if _, err := readConfigured("", []string{name + "=" + value}, allOptions()); err != nil {
				t.Errorf("crontab: %s", err.(*exit).sentence(analysis.En))
			}
		}
	}
	docker := deployed(t, "Dockerfile")
	entry, cmd := regexp.MustCompile(`ENTRYPOINT \["/(.*)"\]`).FindStringSubmatch(docker), regexp.MustCompile(`CMD \[(.*)\]`).FindStringSubmatch(docker)
	if entry == nil || cmd == nil {
		t.Fatal("the Dockerfile runs nothing")
	}
	understood("Dockerfile", entry[1]+" "+strings.NewReplacer(`"`, "", ",", "").Replace(cmd[1]))
	var compose struct {
		Services map[string]struct{ Command []string }
	}
	if err := yaml.Unmarshal([]byte(deployed(t, "compose.yaml")), &compose); err != nil {
		t.Fatal(err)
	}
	for name, service := range compose.Services {
		if name != "postgres" {
			understood("compose.yaml", "shakeout "+strings.Join(service.Command, " "))
		}
	}
	for line := range strings.Lines(deployed(t, "machines.md")) {
		if line, _, _ = strings.Cut(line, " #"); strings.HasPrefix(line, "    shakeout ") {
			understood("machines.md", strings.TrimSpace(line))
		}
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(string(mod))[1]; !strings.Contains(docker, "golang:"+version+" ") {
		t.Errorf("the Dockerfile does not build with Go %s", version)
	}
	if commands != 14 {
		t.Errorf("found %d commands, want 14", commands)
	}
	if _, err := readConfigured("jobs/deploy/config.yaml", nil, allOptions()); err != nil {
		t.Errorf("config.yaml: %s", err.(*exit).sentence(analysis.En))
	}
}

// systemd finds nothing wrong with the units, and little left to take from them.
func TestDeployedUnits(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		if os.Getenv("SHAKEOUT_REQUIRE") == "all" {
			t.Fatal("systemd-analyze is required and not installed")
		}
		t.Skip("no systemd-analyze")
	}
	dir := t.TempDir()
	var units []string
	for _, name := range []string{"shakeout.service", "shakeout-watch.service", "shakeout-work.service", "shakeout.timer"} {
		unit := strings.ReplaceAll(deployed(t, name), "/usr/local/bin/shakeout", "/bin/true") // it must exist
		units = append(units, filepath.Join(dir, name))
		if err := os.WriteFile(units[len(units)-1], []byte(unit), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if said, err := exec.Command(analyze, append([]string{"verify", "--man=no"}, units...)...).CombinedOutput(); err != nil || len(said) > 0 {
		t.Errorf("verify: %v\n%s", err, said)
	}
	for _, unit := range units[:3] {
		said, err := exec.Command(analyze, "security", "--offline=true", "--no-pager", unit).CombinedOutput()
		level := regexp.MustCompile(`exposure level for .*: ([0-9.]+)`).FindSubmatch(said)
		if err != nil || level == nil {
			t.Fatalf("security: %v\n%s", err, said)
		}
		exposure, _ := strconv.ParseFloat(string(level[1]), 64)
		t.Logf("%s: exposure %v of 10", filepath.Base(unit), exposure)
		if exposure > 2 {
			t.Errorf("%s: exposure %v, want at most 2", filepath.Base(unit), exposure)
		}
	}
}
