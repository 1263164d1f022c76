package jobs

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A process that is killed at any moment, again and again: in the end everything
// is as if nothing had happened, byte for byte, and nothing is left lying about.
// When a pass has come to its end, half of the workbooks get another version.
func TestKilled(t *testing.T) {
	rounds, books := 10, 20
	if full {
		rounds, books = 300, 50
	}
	good, bad := workbooks(t)
	in, out, undisturbed := t.TempDir(), filepath.Join(t.TempDir(), "out"), filepath.Join(t.TempDir(), "out")
	put := func(edition int) {
		for i := range books {
			from := good
			if i%10 == 9 {
				from = bad
			}
			version := i
			if i%2 == 0 {
				version += edition
			}
			name := filepath.Join(in, fmt.Sprintf("%d", i%3), fmt.Sprintf("工作簿 %02d.xlsx", i))
			if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, from[version%len(from)], 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	run := func(out string) time.Duration {
		began := time.Now()
		if err := (childPass{In: in, Out: out}).command(t).Run(); err != nil {
			t.Fatal(err)
		}
		return time.Since(began)
	}
	same := func(when string) {
		t.Helper()
		got, want := files(t, out), files(t, undisturbed)
		for _, there := range []tree{got, want} { // the page shows times
			if page := there["index.html"]; !strings.HasSuffix(strings.TrimSpace(page), "</html>") {
				t.Errorf("%s: the page is not whole", when)
			}
			delete(there, "index.html")
		}
		if !maps.Equal(got, want) {
			for _, name := range slices.Sorted(maps.Keys(want)) {
				if got[name] != want[name] {
					t.Errorf("%s: %s differs from that of an undisturbed run", when, name)
				}
			}
			t.Errorf("%s: OUT holds %d files, undisturbed %d: %q", when, len(got), len(want), names(got))
		}
		if len(want) < books/2 {
			t.Fatalf("only %d results", len(want))
		}
	}
	put(0)
	took := run(undisturbed)
	random := rand.New(rand.NewPCG(1, uint64(rounds)))
	killed, ended, temps, editions := 0, 0, 0, 0
	for range rounds {
		cmd := childPass{In: in, Out: out}.command(t)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(time.Duration(random.Int64N(int64(took))), func() { cmd.Process.Kill() })
		err := cmd.Wait()
		timer.Stop()
		if err != nil {
			if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
				t.Fatalf("a pass ended with %v", err)
			}
			killed++
			temps += len(temporary(t, out))
			continue
		}
		ended++
		same(fmt.Sprintf("edition %d", editions))
		editions++
		put(editions)
		took = run(undisturbed)
	}
	run(out)
	same("at the end")
	if left := temporary(t, out); len(left) > 0 {
		t.Errorf("temporary files are left: %q", left)
	}
	audit(t, in, out)
	t.Logf("%d rounds over %d workbooks, %d killed, %d came to their end, %d editions, %d temporary files found after kills", rounds, books, killed, ended, editions+1, temps)
	if killed == 0 {
		t.Error("no pass was killed")
	}
}

// temporary lists the temporary files below a folder.
func temporary(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && isTemp(d.Name()) {
			names = append(names, p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// Pairs of passes begun at the same moment by two processes: never two writers,
// and the loser is told at once.
func TestPairs(t *testing.T) {
	inMemory(t)
	pairs := 60
	if full {
		pairs = 1000
	}
	b := newBench(t, tree{"a.xlsx": "one", "b.xlsx": "two"})
	type side struct {
		say  *bufio.Writer
		hear *bufio.Scanner
	}
	var sides []side
	for range 2 {
		cmd := childPass{In: b.in, Out: b.out, Loop: true, Hold: 3 * time.Millisecond}.command(t)
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer cmd.Wait()
		defer in.Close()
		sides = append(sides, side{bufio.NewWriter(in), bufio.NewScanner(out)})
	}
	overlaps, busy, both := 0, 0, 0
	for range pairs {
		for _, s := range sides {
			fmt.Fprintln(s.say, "go")
			if err := s.say.Flush(); err != nil {
				t.Fatal(err)
			}
		}
		var began, ended [2]int64
		var said [2]string
		for i, s := range sides {
			if !s.hear.Scan() {
				t.Fatal("a process ended")
			}
			line := strings.SplitN(s.hear.Text(), " ", 3)
			fmt.Sscan(line[0], &began[i])
			fmt.Sscan(line[1], &ended[i])
			said[i] = line[2]
			if said[i] != "done" && said[i] != "busy" {
				t.Fatalf("a pass said %q", said[i])
			}
		}
		switch {
		case said[0] == "busy" && said[1] == "busy":
			t.Error("both lost")
		case said[0] == "done" && said[1] == "done":
			both++ // one after the other
		default:
			busy++
		}
		if began[0] < ended[1] && began[1] < ended[0] {
			overlaps++
		}
	}
	if exists(machine{}, filepath.Join(b.out, "TWO WRITERS")) {
		t.Error("two wrote at once")
	}
	t.Logf("%d pairs, %d overlapped, in %d the loser was told, in %d one came after the other", pairs, overlaps, busy, both)
	if overlaps*2 < pairs || busy == 0 {
		t.Error("too few overlapped to tell anything")
	}
}

// The kernel lets go of a lock when its holder is killed.
func TestLockIsFreeAfterAKill(t *testing.T) {
	inMemory(t)
	rounds := 5
	if full {
		rounds = 100
	}
	held := 0
	for range rounds {
		b := newBench(t, tree{"a.xlsx": "one"})
		cmd := childPass{In: b.in, Out: b.out, Hold: time.Hour}.command(t)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for !exists(machine{}, filepath.Join(b.out, "writing")) {
			time.Sleep(time.Millisecond) // its step is under way soon
		}
		if _, _, err := b.runCtx(context.Background()); errors.Is(err, ErrBusy) {
			held++
		}
		cmd.Process.Kill()
		cmd.Wait()
		os.Remove(filepath.Join(b.out, "writing"))
		if _, _, err := b.runCtx(context.Background()); err != nil {
			t.Errorf("right after the kill: %v", err)
		}
		if left := temporary(t, b.out); len(left) > 0 {
			t.Errorf("left: %q", left)
		}
	}
	t.Logf("%d holders killed, %d held the lock before", rounds, held)
	if held != rounds {
		t.Errorf("the lock was held %d times of %d", held, rounds)
	}
}
