package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// row is a line of the table: what is measured, and what is wanted.
type row struct {
	name, says, least, aim string
	measure                func(b *bench) (string, error)
}

var table = []row{
	{"check", "`check` of L / floor, CPU", "<= 2.0", "<= 1.5", func(b *bench) (string, error) {
		return ratio(b.pair(b.pairs, b.check("L"), b.floor("L")))
	}},
	{"check-peer", "excelize Rows / `check` of L, CPU", ">= 15", ">= 20", func(b *bench) (string, error) {
		return ratio(b.pair(b.slow(), b.peerRead("L"), b.check("L")))
	}},
	{"run", "`run` of L, all analyses / floor, CPU", "<= 4.0", "<= 2.5", func(b *bench) (string, error) {
		return ratio(b.pair(b.pairs, b.full("L"), b.floor("L")))
	}},
	{"run-peer", "excelize Rows + StreamWriter / `run` of L, CPU", ">= 10", ">= 16", func(b *bench) (string, error) {
		return ratio(b.pair(b.slow(), b.peerFull("L"), b.full("L")))
	}},
	{"memory", "peak memory of `check` / `run` of L", "<= 250 / 400 MB", "<= 160 / 250 MB", func(b *bench) (string, error) {
		read, err := b.repeat(b.pairs, b.check("L"))
		if err != nil {
			return "", err
		}
		full, err := b.repeat(b.pairs, b.full("L"))
		return fmt.Sprintf("%.0f / %.0f MB", read.peak, full.peak), err
	}},
	{"two-workers", "peak memory of `run`, two of L at once / one", "<= 2", "", func(b *bench) (string, error) {
		one, err := b.repeat(1, b.full("L"))
		if err != nil {
			return "", err
		}
		two, err := b.repeat(1, command{args: []string{b.program, "run", "--quiet", "--market", "off", "--workers", "2", filepath.Join(b.dir, "twice"), "{out}"}})
		return fmt.Sprintf("%.1f (%.0f / %.0f MB)", two.peak/one.peak, two.peak, one.peak), err
	}},
	{"cores", "`check` of L, wall on one core / on two", ">= 1.3", ">= 1.6", func(b *bench) (string, error) {
		p, err := b.pair(b.pairs, b.check("L").with("GOMAXPROCS=1"), b.check("L").with("GOMAXPROCS=2"))
		return fmt.Sprintf("%.2f", p.wall), err
	}},
	{"small", "one workbook of 8,000 rows, excelize / `check`, CPU", ">= 8", ">= 14", func(b *bench) (string, error) {
		return ratio(b.pair(2*b.pairs, b.peerRead("S"), b.check("S")))
	}},
	{"folder-check", "folder of {n} such, excelize / `check`, CPU", ">= 15", ">= 25", func(b *bench) (string, error) {
		return ratio(b.pair(b.slow(), b.peerRead("folder"), b.check("folder")))
	}},
	{"folder-run", "folder of {n} such, excelize / `run`, CPU", ">= 8", ">= 15", func(b *bench) (string, error) {
		return ratio(b.pair(b.slow(), b.peerFull("folder"), b.full("folder")))
	}},
	{"growth", "CPU of `check` for each cell, L / M", "<= 1.1", "<= 1.05", func(b *bench) (string, error) {
		p, err := b.pair(b.pairs, b.check("L"), b.check("M"))
		return fmt.Sprintf("%.2f", p.cpu*float64(sizes["M"].cells())/float64(sizes["L"].cells())), err
	}},
	{"start", "start to first work (`--version` / `status`), wall", "<= 30 ms", "<= 10 ms", func(b *bench) (string, error) {
		version, err := b.repeat(20, command{args: []string{b.program, "--version"}})
		if err != nil {
			return "", err
		}
		known := filepath.Join(b.dir, "known")
		if _, err := b.run(command{args: []string{b.program, "run", "--quiet", b.path("S"), known}}); err != nil {
			return "", err
		}
		status, err := b.repeat(20, command{args: []string{b.program, "status", known}})
		return fmt.Sprintf("%.0f / %.0f ms", version.wall*1000, status.wall*1000), err
	}},
}

// slow is how many pairs a row gets in which the peer takes ten seconds.
func (b *bench) slow() int { return (b.pairs + 2) / 3 }

func ratio(p paired, err error) (string, error) {
	return fmt.Sprintf("%.2f (%s / %s, %d pairs)", p.cpu, seconds(p.a), seconds(p.b), p.n), err
}

func seconds(s sample) string { return fmt.Sprintf("%.2f s, %.0f MB", s.cpu, s.peak) }

// path is a workbook, or the folder.
func (b *bench) path(size string) string {
	if size == "folder" {
		return filepath.Join(b.dir, fmt.Sprintf("folder%d", b.folder))
	}
	return filepath.Join(b.dir, size+".xlsx")
}

func (b *bench) floor(size string) command {
	return command{args: []string{b.self, "floor", b.path(size)}}
}
func (b *bench) check(size string) command {
	return command{args: []string{b.program, "check", "--quiet", b.path(size)}}
}
func (b *bench) full(size string) command {
	return command{args: []string{b.program, "run", "--quiet", "--market", "off", b.path(size), "{out}"}}
}
func (b *bench) peerRead(size string) command {
	return command{args: []string{b.self, "peer-read", b.path(size)}}
}
func (b *bench) peerFull(size string) command {
	return command{args: []string{b.self, "peer-full", b.path(size), "{out}"}}
}

// sound makes sure that what is measured is the work: the program keeps every
// row of the workbooks.
func (b *bench) sound() error {
	for _, size := range []string{"S", "M"} {
		s, err := b.run(command{args: []string{b.program, "check", "--json", b.path(size)}})
		if err != nil {
			return err
		}
		kept := 0
		lines := bufio.NewScanner(bytes.NewReader(s.out))
		lines.Buffer(nil, 64<<20)
		for lines.Scan() {
			var said struct {
				Tables []struct {
					Kept int `json:"rows_kept"`
				} `json:"tables"`
			}
			if err := json.Unmarshal(lines.Bytes(), &said); err != nil {
				return err
			}
			for _, t := range said.Tables {
				kept += t.Kept
			}
		}
		if want := sizes[size].rows(); kept != want {
			return fmt.Errorf("%s: the program keeps %d rows of %d", b.path(size), kept, want)
		}
	}
	return nil
}

// compare measures this tree's program against that of a commit.
func (b *bench) compare(commit string) error {
	tree := filepath.Join(b.dir, "tree")
	os.RemoveAll(tree)
	if err := os.Mkdir(tree, 0o777); err != nil {
		return err
	}
	pack := exec.Command("git", "archive", commit)
	unpack := exec.Command("tar", "-x", "-C", tree)
	var err error
	if unpack.Stdin, err = pack.StdoutPipe(); err != nil {
		return err
	}
	var complaints strings.Builder
	pack.Stderr, unpack.Stderr = &complaints, &complaints
	if err := pack.Start(); err != nil {
		return err
	}
	if err := unpack.Run(); err != nil {
		return fmt.Errorf("unpack commit %s: %w\n%s", commit, err, complaints.String())
	}
	if err := pack.Wait(); err != nil {
		return fmt.Errorf("commit %s: %w\n%s", commit, err, complaints.String())
	}
	before := *b
	before.program = filepath.Join(b.dir, "shakeout-before")
	if err := build(before.program, tree); err != nil {
		return err
	}
	fmt.Printf("| command | CPU now / %s | now | before |\n|---|---|---|---|\n", commit)
	for _, size := range []string{"S", "M", "L", "folder"} {
		for i, c := range []func(*bench, string) command{(*bench).check, (*bench).full} {
			name := []string{"check", "run"}[i]
			p, err := b.pair(b.pairs, c(b, size), c(&before, size))
			if err != nil {
				return err
			}
			fmt.Printf("| %s %s | %.2f | %s | %s |\n", name, size, p.cpu, seconds(p.a), seconds(p.b))
			b.instructions(name+" "+size, c(b, size), c(&before, size))
		}
	}
	return nil
}

// instructions counts what both programs execute, where perf can: a figure that
// does not depend on what else the machine does.
func (b *bench) instructions(what string, now, before command) {
	count := func(c command) (n float64) {
		s, err := b.run(command{args: append([]string{"perf", "stat", "-x", ",", "-e", "instructions:u", "--output", "/dev/stdout"}, c.args...)})
		if err != nil {
			return 0
		}
		for line := range strings.Lines(string(s.out)) {
			if f := strings.Split(line, ","); len(f) > 2 && strings.HasPrefix(f[2], "instructions") {
				fmt.Sscan(f[0], &n)
			}
		}
		return n
	}
	a, z := count(now), count(before)
	if a == 0 || z == 0 {
		fmt.Printf("| %s, instructions | not counted: perf is missing or may not count here | | |\n", what)
		return
	}
	fmt.Printf("| %s, instructions | %.3f | %.0f M | %.0f M |\n", what, a/z, a/1e6, z/1e6)
}
