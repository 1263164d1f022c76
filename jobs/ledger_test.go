package jobs

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"shakeout/analysis"
)

func (b *bench) ledger() string { return filepath.Join(b.out, stateFolder, ledgerName) }

// A step of a later version brings an old ledger up to date with its rows kept,
// or leaves it as it was if the step fails.
func TestLedgerMigrates(t *testing.T) {
	b := newBench(t, tree{"a.xlsx": "one"})
	b.want("a.xlsx enriched")
	later := append(slices.Clone(migrations), "ALTER TABLE workbooks ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'")
	broken := append(slices.Clone(later), "UPDATE workbooks SET colour = 'blue'; this is not SQL")
	l, err := openLedger(filepath.Dir(b.ledger()))
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	if err := l.prepare(broken); err == nil {
		t.Error("a broken step went well")
	}
	var colour string
	var version int
	if err := l.rows.QueryRow("SELECT colour FROM workbooks WHERE name = 'a.xlsx'").Scan(&colour); err != nil || colour != "red" {
		t.Errorf("got colour %q, %v", colour, err)
	}
	if err := l.rows.QueryRow("PRAGMA user_version").Scan(&version); err != nil || version != len(later) {
		t.Errorf("version %d after the step that went well and the one that did not, want %d", version, len(later))
	}
}

// A ledger of a newer version is said and left as it is.
func TestLedgerNewer(t *testing.T) {
	b := newBench(t, tree{"a.xlsx": "one"})
	b.want("a.xlsx enriched")
	l, err := openLedger(filepath.Dir(b.ledger()))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.prepare(append(slices.Clone(migrations), "CREATE TABLE later (x)")); err != nil {
		t.Fatal(err)
	}
	l.close()
	before, _ := os.ReadFile(b.ledger())
	tree{"a.xlsx": "two"}.write(t, b.in)
	if _, _, err := b.runCtx(context.Background()); !errors.Is(err, ErrLedgerNewer) {
		t.Errorf("got %v", err)
	}
	if _, _, err := Stand(b.out, ""); !errors.Is(err, ErrLedgerNewer) {
		t.Errorf("status: got %v", err)
	}
	if after, _ := os.ReadFile(b.ledger()); !bytes.Equal(before, after) {
		t.Error("it was changed")
	}
	if got := files(t, b.out); got["a.enriched.xlsx"] != "one|a.xlsx|0|zh|" {
		t.Errorf("a result was made: %q", got)
	}
}

// What is no ledger is never overwritten; what was killed before it was one is.
func TestLedgerOfSomethingElse(t *testing.T) {
	for what, content := range map[string]string{
		"text": "a diary", "long text": strings.Repeat("a diary ", 2000), "half a database": "SQLite format 3\x00" + strings.Repeat("\x00", 60),
	} {
		b := newBench(t, tree{"a.xlsx": "one"})
		tree{".shakeout/ledger.db": content}.write(t, b.out)
		if _, _, err := b.runCtx(context.Background()); !errors.Is(err, ErrLedgerDamaged) {
			t.Errorf("%s: got %v", what, err)
		}
		if after, _ := os.ReadFile(b.ledger()); string(after) != content {
			t.Errorf("%s: it was overwritten", what)
		}
	}
	b := newBench(t, tree{"a.xlsx": "one"})
	tree{".shakeout/ledger.db": ""}.write(t, b.out)
	b.want("a.xlsx enriched")

	// The header alone, as a kill right after the first write leaves it.
	b = newBench(t, tree{"a.xlsx": "one"})
	tree{".shakeout/x": ""}.write(t, b.out)
	db, err := connect(b.ledger(), "mode=rwc", "synchronous(FULL)")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("PRAGMA journal_mode=WAL"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	if info, err := os.Stat(b.ledger()); err != nil || info.Size() == 0 {
		t.Fatalf("no header was written: %v", err)
	}
	b.want("a.xlsx enriched")
}

// Copies of a ledger with bytes turned, zeroed or cut off: either it is said
// that it is damaged and nothing of it is changed, or the pass comes to the
// right end. Never is something taken for done that is missing or short.
func TestLedgerDamagedCopies(t *testing.T) {
	inMemory(t)
	rounds := 60
	if full {
		rounds = 2000
	}
	b := newBench(t, tree{"a.xlsx": "one", "b.xlsx": "half", "c/c.xlsx": "three", "d.xlsx": "nothing", "e.xlsx": "five"})
	b.opts.Now = func() time.Time { return time.Now().Add(time.Hour) } // stamps are trusted
	b.run()
	want := files(t, b.out)
	sound, err := os.ReadFile(b.ledger())
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(7, 7))
	refused, survived := 0, 0
	for range rounds {
		again := newBench(t, nil)
		again.in, again.opts = b.in, b.opts
		tree(want).write(t, again.out)
		// Two results are missing or short: a sound ledger would notice too.
		os.Remove(filepath.Join(again.out, "a.enriched.xlsx"))
		tree{"e.enriched.xlsx": want["e.enriched.xlsx"][:4]}.write(t, again.out)
		damaged := slices.Clone(sound)
		switch random.IntN(3) {
		case 0:
			for range 1 + random.IntN(20) {
				damaged[random.IntN(len(damaged))] ^= 1 << random.IntN(8)
			}
		case 1:
			from := random.IntN(len(damaged))
			clear(damaged[from:min(len(damaged), from+random.IntN(5000))])
		case 2:
			damaged = damaged[:random.IntN(len(damaged))]
		}
		tree{".shakeout/ledger.db": string(damaged)}.write(t, again.out)
		_, _, err := again.runCtx(context.Background())
		switch {
		case errors.Is(err, ErrLedgerDamaged), errors.Is(err, ErrLedgerNewer):
			refused++
			if after, _ := os.ReadFile(again.ledger()); len(after) < len(damaged)/2 {
				t.Error("a damaged ledger was overwritten")
			}
		case err != nil:
			refused++ // SQLite found it only when it came to the damage
		default:
			survived++
			got := files(t, again.out)
			for name, content := range want {
				if got[name] != content && got[strings.Replace(name, ".xlsx", ".edited-"+sumOf(content[:4])[:8]+".xlsx", 1)] == "" {
					t.Errorf("%s is %q, want %q", name, got[name], content)
				}
			}
		}
	}
	t.Logf("%d damaged copies: %d refused, with %d the pass came to the right end", rounds, refused, survived)
	if refused == 0 || survived == 0 {
		t.Error("one of the two never happened")
	}
}

// A -> B -> A: each version is processed, compared with the one before, and
// doing it twice has the same base.
func TestVersions(t *testing.T) {
	b := newBench(t, nil)
	var results []string
	for _, content := range []string{"A", "B", "A"} {
		tree{"x.xlsx": content}.write(t, b.in)
		b.want("x.xlsx enriched")
		b.want("x.xlsx unchanged")
		results = append(results, files(t, b.out)["x.enriched.xlsx"])
	}
	if results[0] == results[1] || results[0] != results[2] {
		t.Errorf("got results %q", results)
	}
	bases := func() (got []string) {
		all, run, err := Stand(b.out, "")
		if err != nil || len(all) != 1 || run == nil || run.Ending != "done" {
			t.Fatalf("got %v, %v, %v", all, run, err)
		}
		for _, v := range all[0].Versions {
			got = append(got, v.SHA256[:4]+"<"+v.Base[:min(4, len(v.Base))])
		}
		return got
	}
	a, bb := sumOf("A")[:4], sumOf("B")[:4]
	if want := []string{a + "<" + bb, bb + "<" + a, a + "<"}; !slices.Equal(bases(), want) {
		t.Errorf("got versions %q, want %q", bases(), want)
	}
	b.opts.Force = true
	b.want("x.xlsx enriched")
	b.opts.Force, b.opts.Build = false, "build 2"
	b.want("x.xlsx enriched")
	if got := bases()[0]; got != a+"<"+bb {
		t.Errorf("made again, the base is %s", got)
	}
}

// What another run does meanwhile can be seen; the ledger of a killed run too.
func TestStandWhileARunIsUnderWay(t *testing.T) {
	b := newBench(t, tree{"a.xlsx": "one", "b.xlsx": "two"})
	b.opts.Workers = 1
	seen := 0
	var states []string
	b.opts.Progress = func(done, _ int, _ int64) {
		if done == 1 {
			all, run, err := Stand(b.out, "")
			if err != nil || run.Ended != 0 {
				t.Errorf("got %v, %v", run, err)
			}
			for _, s := range all {
				states = append(states, s.File+" "+string(s.Status))
			}
			seen++
		}
	}
	b.run()
	if seen != 1 || len(states) == 0 || states[0] != "a.xlsx enriched" {
		t.Errorf("looked %d times, saw %q", seen, states)
	}
}

// The row of a run that was killed stays open, and the next sweeps up.
func TestSweepsAfterAKill(t *testing.T) {
	b := newBench(t, tree{"a.xlsx": "one"})
	b.want("a.xlsx enriched")
	l, err := openLedger(filepath.Dir(b.ledger()))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := l.begin("v1", b.opts.Now()); err != nil { // and never ended
		t.Fatal(err)
	}
	l.close()
	tree{"deep/down/.shakeout-0123456789abcdef.tmp": "half", ".shakeout-0123456789abcdef.tmp": "half"}.write(t, b.out)
	b.want("a.xlsx unchanged")
	if left := temporary(t, b.out); len(left) > 0 {
		t.Errorf("left %q", left)
	}
}

// Memory of a version that was published by a run which was killed before it
// could write the row: it is ours, not its reader's.
func TestKilledBeforeTheRow(t *testing.T) {
	b := newBench(t, tree{"a.xlsx": "one"})
	l := func(do func(*ledger)) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(b.ledger()), 0o777); err != nil {
			t.Fatal(err)
		}
		l, err := openLedger(filepath.Dir(b.ledger()))
		if err != nil {
			t.Fatal(err)
		}
		do(l)
		l.close()
	}
	l(func(l *ledger) {
		if err := l.intend("a.enriched.xlsx", sumOf("ours")); err != nil {
			t.Fatal(err)
		}
	})
	tree{"a.enriched.xlsx": "ours"}.write(t, b.out)
	b.want("a.xlsx enriched")
	b.wantFiles("a.enriched.xlsx")
	l(func(l *ledger) {
		var n int
		if err := l.rows.QueryRow("SELECT count(*) FROM intents").Scan(&n); err != nil || n != 0 {
			t.Errorf("%d intents are left, %v", n, err)
		}
	})
}

func TestSettingsAreOverThoseOfWorkbooks(t *testing.T) {
	own := settingsTable([]Setting{{"置信水平", "0.8"}, {"min_drop", "0.3"}})
	defer own.Rec.Release()
	wb := &analysis.Workbook{Tables: analysis.Tables{"settings": own}}
	own.Rec.Retain()
	override(wb, []Setting{{"conf", "0.99"}})
	got, wrong := analysis.ApplySettings(analysis.DefaultParams(), wb.Tables["settings"])
	if got.Conf != 0.99 || got.MinDrop != 0.3 || len(wrong) != 0 {
		t.Errorf("got conf %v, min_drop %v, %v", got.Conf, got.MinDrop, wrong)
	}
	for s, want := range map[Setting]string{{"conf", "0.9"}: "fits", {"conf", "9"}: "wrong", {"confidense", "0.9"}: "unknown conf"} {
		known, near, ok := CheckSetting(s)
		said := map[bool]string{true: "fits", false: "wrong"}[ok]
		if !known {
			said = "unknown " + near
		}
		if said != want {
			t.Errorf("%v: %s, want %s", s, said, want)
		}
	}
}
