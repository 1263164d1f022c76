package jobs

import (
	"database/sql"
	"errors"
	"strings"
	"time"
)

// entry is a row of workbooks: a name in IN, what was there when it was last
// looked at, and what was made of it.
type entry struct {
	Name, Root string
	stamp      // zero: to be looked at again
	key
	Status    Status // of this version; a deleted workbook keeps that of its last
	Code      string
	Output    string // below OUT
	OutputSHA string
	OutputLen int64
	Tables    string // folder of table files, below OUT
	CSVs      int    // how many there are
	Findings  int
	Regions   int // tables recognised
	Since     int64
	TookMS    int64
	Attempts  int
	Reason    string // file that says why it was rejected, below OUT
	Gone      int64
	Renamed   string

	tried bool // something was made of it in this pass: a row of versions too
}

// key is all that a result depends on, besides the name of its workbook.
type key struct {
	SHA256    string // of the input
	Base      string // of the earlier version that Changes compares with
	Reference string // of the reference workbook
	Params    string // hash of parameters and options that change results
	Build     string // of the program
}

// The columns of entry, in the order of fields.
const entryColumns = "name, root, size, mtime, ctime, inode, sha256, base, reference, params, build, status, code, " +
	"output, output_sha256, output_size, tables, csvs, findings, regions, since, took_ms, attempts, reason, gone, renamed"

// entryUpdates sets all columns of a row that is there already.
var entryUpdates = func() string {
	var sets []string
	for _, column := range strings.Split(entryColumns, ", ")[1:] {
		sets = append(sets, column+" = excluded."+column)
	}
	return strings.Join(sets, ", ")
}()

func (e *entry) fields() []any {
	return []any{&e.Name, &e.Root, &e.Size, &e.MTime, &e.CTime, &e.Inode, &e.SHA256, &e.Base, &e.Reference, &e.Params, &e.Build, &e.Status, &e.Code,
		&e.Output, &e.OutputSHA, &e.OutputLen, &e.Tables, &e.CSVs, &e.Findings, &e.Regions, &e.Since, &e.TookMS, &e.Attempts, &e.Reason, &e.Gone, &e.Renamed}
}

func marks(n int) string { return "(?" + strings.Repeat(",?", n-1) + ")" }

// entries reads what is known of all names.
func entries(db statements) (map[string]entry, error) {
	return readEntries(db.Query("SELECT " + entryColumns + " FROM workbooks"))
}

// entriesOf reads what is known of some names.
func entriesOf(db statements, names ...string) (map[string]entry, error) {
	values := make([]any, len(names))
	for i, name := range names {
		values[i] = name
	}
	return readEntries(db.Query("SELECT "+entryColumns+" FROM workbooks WHERE name IN "+marks(len(names)), values...))
}

func readEntries(rows answer, err error) (map[string]entry, error) {
	if err != nil {
		return nil, damage(err)
	}
	defer rows.Close()
	all := map[string]entry{}
	for rows.Next() {
		var e entry
		if err := rows.Scan(e.fields()...); err != nil {
			return nil, damage(err)
		}
		all[e.Name] = e
	}
	return all, damage(rows.Err())
}

// save puts down what became of some workbooks, all of them or none.
func (l *ledger) save(version string, now time.Time, some []entry) error {
	if len(some) == 0 {
		return nil
	}
	return l.rows.transact(func(tx statements) error {
		for _, e := range some {
			if err := saveEntry(tx, e, version, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// saveEntry puts down what became of one workbook.
func saveEntry(tx statements, e entry, version string, now time.Time) error {
	fields := e.fields()
	if err := tx.Exec("INSERT INTO workbooks ("+entryColumns+") VALUES "+marks(len(fields))+" ON CONFLICT (name) DO UPDATE SET "+entryUpdates, fields...); err != nil {
		return err
	}
	if !e.tried {
		return nil
	}
	if err := saveVersion(tx, e, version, now.UnixMilli()); err != nil {
		return err
	}
	return tx.Exec("DELETE FROM intents WHERE output = ?", e.Output)
}

// saveVersion puts a version down as the newest; one that was made before is
// moved up, with the time when it was first seen.
func saveVersion(tx statements, e entry, version string, now int64) error {
	first, attempts := now, 0
	same := []any{e.Name, e.SHA256, e.Base, e.Reference, e.Params, e.Build}
	const where = " WHERE (name, sha256, base, reference, params, build) = (?, ?, ?, ?, ?, ?)"
	err := tx.QueryRow("SELECT first_seen, attempts FROM versions"+where, same...).Scan(&first, &attempts)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if err := tx.Exec("DELETE FROM versions"+where, same...); err != nil {
		return err
	}
	if e.Status != Enriched {
		e.Output, e.OutputSHA, e.OutputLen = "", "", 0 // those of an earlier version
	}
	values := append(same, version, e.Status, e.Code, e.Output, e.OutputSHA, e.OutputLen, e.Findings, e.Regions, first, now, e.TookMS, attempts+1)
	return tx.Exec("INSERT INTO versions (name, sha256, base, reference, params, build, version, status, code, output, output_sha256, "+
		"output_size, findings, regions, first_seen, made, took_ms, attempts) VALUES "+marks(len(values)), values...)
}

// forget removes names; their versions stay.
func (l *ledger) forget(names []string) error {
	return l.rows.transact(func(tx statements) error {
		for _, name := range names {
			if err := tx.Exec("DELETE FROM workbooks WHERE name = ?", name); err != nil {
				return err
			}
		}
		return nil
	})
}

// base is the newest enriched version of a workbook with other content; "" if
// there is none. It does not depend on how often a version was made: the same
// work done twice has the same base.
func (l *ledger) base(name, sha string) (string, error) {
	var base string
	err := l.rows.QueryRow("SELECT sha256 FROM versions WHERE name = ? AND sha256 <> ? AND status = ? ORDER BY id DESC LIMIT 1", name, sha, Enriched).Scan(&base)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return base, damage(err)
}

// intend says what is about to stand under a name, so that a later run knows it
// for ours should this one be killed before the row is written.
func (l *ledger) intend(output, sha string) error {
	return damage(l.intents.Exec("INSERT INTO intents (output, sha256) VALUES (?, ?) ON CONFLICT DO NOTHING", output, sha))
}

// ours reports whether a content was, or was about to be, put under a name by a
// run of the program.
func (l *ledger) ours(output, sha string) (bool, error) {
	var n int
	err := l.rows.QueryRow("SELECT (SELECT count(*) FROM intents WHERE output = ?1 AND sha256 = ?2) + (SELECT count(*) FROM versions WHERE output = ?1 AND output_sha256 = ?2)", output, sha).Scan(&n)
	return n > 0, damage(err)
}

// begin opens the row of a run and gives its number, and whether the run before
// ended in order.
func (l *ledger) begin(version string, now time.Time) (id int64, clean bool, err error) {
	err = l.rows.transact(func(tx statements) error {
		var ended int
		err := tx.QueryRow("SELECT clean FROM runs ORDER BY id DESC LIMIT 1").Scan(&ended)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		clean = ended != 0
		if err := tx.QueryRow("INSERT INTO runs (started, version) VALUES (?, ?) RETURNING id", now.UnixMilli(), version).Scan(&id); err != nil {
			return err
		}
		const kept = 1000 // rows of runs: a day of watching by the minute
		return tx.Exec("DELETE FROM runs WHERE id <= ?", id-kept)
	})
	return id, clean, err
}

// end closes the row of a run.
func (l *ledger) end(id int64, ending string, clean bool, s Summary, now time.Time) error {
	return damage(l.rows.Exec("UPDATE runs SET ended=?, ending=?, clean=?, workbooks=?, enriched=?, unchanged=?, no_table=?, rejected=?, failed=?, waiting=?, gone=?, took_ms=? WHERE id=?",
		now.UnixMilli(), ending, count(clean), s.Workbooks, s.Enriched, s.Unchanged, s.Nothing, s.Rejected, s.Failed, s.Waiting, s.Gone, s.TookMS, id))
}

// stand is how the folder stands, in numbers. Times are milliseconds since 1970.
type stand struct {
	count         map[Status]int
	lastRun       int64 // end of the last pass
	lastDone      int64 // end of the last pass that came to its end
	oldestWaiting int64
	slowest       int64
}

func (l *ledger) stand() (s stand, err error) {
	s.count = map[Status]int{}
	rows, err := l.rows.Query("SELECT CASE WHEN gone > 0 THEN 'gone' ELSE status END AS state, count(*), min(since), max(took_ms) FROM workbooks GROUP BY state")
	if err != nil {
		return s, damage(err)
	}
	defer rows.Close()
	for rows.Next() {
		var status Status
		var n int
		var since, took int64
		if err := rows.Scan(&status, &n, &since, &took); err != nil {
			return s, damage(err)
		}
		s.count[status] = n
		if status == Waiting {
			s.oldestWaiting = since
		}
		s.slowest = max(s.slowest, took)
	}
	if err := rows.Err(); err != nil {
		return s, damage(err)
	}
	err = l.rows.QueryRow("SELECT coalesce(max(ended), 0), coalesce(max(CASE WHEN ending = 'done' THEN ended END), 0) FROM runs").Scan(&s.lastRun, &s.lastDone)
	return s, damage(err)
}
