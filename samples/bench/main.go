// Bench writes workbooks of three sizes and a folder of small ones, runs the
// program over them in turn with the peer and the floor, and prints what share
// of either it takes:
//
//	go run ./samples/bench                 # S, M, L and a folder of 100: twenty minutes
//	go run ./samples/bench -pairs 1 -rows check,run
//	go run ./samples/bench -against HEAD~1 # this tree's program against a commit's
//	go run ./samples/bench -write DIR      # only writes the workbooks
//
// The peer is excelize, read row by row and written as a stream. The floor only
// inflates every part of the workbook. Both are programs of their own in here,
// run as processes as the program is: CPU is user and system time of the whole
// process with its start, memory its peak. Runs are paired (A B A B ...), and a
// ratio is the median of the pairs' ratios, so that a machine whose speed
// drifts moves both sides.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("bench: ")
	if len(os.Args) > 1 { // as the peer or the floor
		switch os.Args[1] {
		case "floor":
			fail(floor(os.Args[2]))
			return
		case "peer-read":
			fail(peerRead(os.Args[2:]))
			return
		case "peer-full":
			fail(peerFull(os.Args[2], os.Args[3]))
			return
		}
	}
	dir := flag.String("dir", filepath.Join(os.TempDir(), "shakeout-bench"), "where workbooks and results go")
	pairs := flag.Int("pairs", 5, "pairs of runs of each row; of the peer on L a third of them")
	folder := flag.Int("folder", 100, "workbooks of the folder")
	rows := flag.String("rows", "", "only the rows of these names, separated by commas; none: all")
	against := flag.String("against", "", "compare with the program of a commit instead of peer and floor")
	write := flag.String("write", "", "only write the workbooks, into this folder")
	flag.Parse()
	if *write != "" {
		fail(writeAll(*write, *folder))
		return
	}
	fail(writeAll(*dir, *folder))
	self, err := os.Executable()
	fail(err)
	b := &bench{dir: *dir, pairs: *pairs, folder: *folder, self: self, program: filepath.Join(*dir, "shakeout")}
	fail(build(b.program, "."))
	if *against != "" {
		fail(b.compare(*against))
		return
	}
	fail(b.sound())
	only := strings.FieldsFunc(*rows, func(r rune) bool { return r == ',' })
	fmt.Printf("%s, %d cores, %s; %d pairs\n\n", machine(), runtime.NumCPU(), runtime.Version(), b.pairs)
	fmt.Print("| row | name | measured | at least | aim for |\n|---|---|---|---|---|\n")
	for _, r := range table {
		if len(only) > 0 && !slices.Contains(only, r.name) {
			continue
		}
		measured, err := r.measure(b)
		fail(err)
		fmt.Printf("| %s | %s | %s | %s | %s |\n", strings.ReplaceAll(r.says, "{n}", fmt.Sprint(b.folder)), r.name, measured, r.least, r.aim)
	}
}

func fail(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// build builds the program of a source tree.
func build(to, tree string) error {
	cmd := exec.Command("go", "build", "-o", to, ".")
	cmd.Dir = tree
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the program (run this in the folder of go.mod): %w\n%s", err, out)
	}
	return nil
}

// machine names the processor, where the system says.
func machine() string {
	data, _ := os.ReadFile("/proc/cpuinfo")
	for line := range bytes.Lines(data) {
		if name, ok := bytes.CutPrefix(line, []byte("model name")); ok {
			return string(bytes.TrimSpace(bytes.TrimLeft(name, "\t :")))
		}
	}
	return runtime.GOOS + "/" + runtime.GOARCH
}
