package jobs

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
)

// Why a ledger is not used. It is left as it is.
var (
	ErrLedgerDamaged = errors.New("the ledger is damaged")
	ErrLedgerNewer   = errors.New("the ledger was written by a newer version of the program")
	ErrLedgerNoWAL   = errors.New("the ledger cannot be kept on this file system")
)

// ledgerName is the ledger's file in the state folder.
const ledgerName = "ledger.db"

// ledger is the memory of all passes over one OUT, a SQLite database, or with
// several machines a PostgreSQL schema with the same tables. It saves
// work and tells what happened; without it everything is made again, with the
// same bytes. Each row is durable when its call returns (write-ahead log,
// synchronous=FULL), except intents, which need to survive a kill only.
//
// Note: until the program kept the ledger here it was a file of JSON lines,
// rewritten whole at the end of each run: a kill lost the run, and there was no
// history. modernc.org/sqlite is SQLite itself translated to Go, so that the
// program stays one file without a C compiler.
type ledger struct {
	path    string
	rows    database // SQLite: one connection, synchronous=FULL
	intents database // SQLite: one connection, synchronous=NORMAL
	created bool     // it was not there before
}

// application marks a database as a ledger of ours ("shko").
const application = 0x73686b6f

// migrations bring a ledger from one version to the next; its version is how
// many of them it has had. What is here once is never changed.
var migrations = []string{`
CREATE TABLE runs (
	id INTEGER PRIMARY KEY,
	started INTEGER NOT NULL,        -- this and other times: milliseconds since 1970
	ended INTEGER NOT NULL DEFAULT 0,
	ending TEXT NOT NULL DEFAULT '', -- done, stopped, failed; '' while it runs, or for ever if it was killed
	clean INTEGER NOT NULL DEFAULT 0,-- nothing half-written can be left
	version TEXT NOT NULL,
	workbooks INTEGER NOT NULL DEFAULT 0,
	enriched INTEGER NOT NULL DEFAULT 0,
	unchanged INTEGER NOT NULL DEFAULT 0,
	no_table INTEGER NOT NULL DEFAULT 0,
	rejected INTEGER NOT NULL DEFAULT 0,
	failed INTEGER NOT NULL DEFAULT 0,
	waiting INTEGER NOT NULL DEFAULT 0,
	gone INTEGER NOT NULL DEFAULT 0,
	took_ms INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE workbooks (             -- each name once in IN, as it is now
	name TEXT PRIMARY KEY,           -- below IN, with slashes
	root TEXT NOT NULL,              -- the IN it was seen in
	size INTEGER NOT NULL, mtime INTEGER NOT NULL, ctime INTEGER NOT NULL, inode INTEGER NOT NULL, -- all 0: look again
	sha256 TEXT NOT NULL,
	base TEXT NOT NULL,              -- sha256 of the earlier version that Changes compares with
	reference TEXT NOT NULL,         -- sha256 of the reference workbook
	params TEXT NOT NULL,            -- hash
	build TEXT NOT NULL,             -- of the program
	status TEXT NOT NULL,
	code TEXT NOT NULL,
	output TEXT NOT NULL, output_sha256 TEXT NOT NULL, output_size INTEGER NOT NULL, -- below OUT
	tables TEXT NOT NULL, csvs INTEGER NOT NULL, -- folder of table files below OUT, and how many
	findings INTEGER NOT NULL, regions INTEGER NOT NULL,
	since INTEGER NOT NULL,          -- when it came to this status
	took_ms INTEGER NOT NULL,
	attempts INTEGER NOT NULL,       -- at this version
	reason TEXT NOT NULL,            -- file that says why it was rejected, below OUT
	gone INTEGER NOT NULL,           -- when it was found to be deleted; 0: it is there
	renamed TEXT NOT NULL            -- the name under which its content was found then
) WITHOUT ROWID;
CREATE TABLE versions (              -- everything ever made of anything; the newest has the highest id
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL, sha256 TEXT NOT NULL, base TEXT NOT NULL, reference TEXT NOT NULL, params TEXT NOT NULL, build TEXT NOT NULL,
	version TEXT NOT NULL,
	status TEXT NOT NULL, code TEXT NOT NULL,
	output TEXT NOT NULL, output_sha256 TEXT NOT NULL, output_size INTEGER NOT NULL,
	findings INTEGER NOT NULL, regions INTEGER NOT NULL,
	first_seen INTEGER NOT NULL, made INTEGER NOT NULL, took_ms INTEGER NOT NULL, attempts INTEGER NOT NULL,
	UNIQUE (name, sha256, base, reference, params, build)
);
CREATE INDEX versions_content ON versions (sha256);
CREATE INDEX versions_output ON versions (output_sha256);
CREATE TABLE intents (               -- what is about to stand under a name
	output TEXT NOT NULL, sha256 TEXT NOT NULL,
	PRIMARY KEY (output, sha256)
) WITHOUT ROWID;
`}

// openLedger opens the ledger of a state folder, which exists. One that is
// damaged or newer than the program is an error and not touched.
func openLedger(folder string) (*ledger, error) {
	l := &ledger{path: filepath.Join(folder, ledgerName)}
	version, err := inspect(l.path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.path, err)
	}
	l.created = version == 0
	if remote(folder) {
		return nil, fmt.Errorf("%s: %w", l.path, ErrLedgerNoWAL)
	}
	rows, err := connect(l.path, "mode=rwc", "synchronous(FULL)")
	if err == nil {
		l.rows = sqliteOf(rows)
		err = l.prepare(migrations)
	}
	if err == nil {
		var intents *sql.DB
		if intents, err = connect(l.path, "mode=rw", "synchronous(NORMAL)"); err == nil {
			l.intents = sqliteOf(intents)
		}
	}
	if err != nil {
		l.close()
		return nil, fmt.Errorf("%s: %w", l.path, err)
	}
	return l, nil
}

// connect opens one connection to a database.
func connect(path, mode, pragma string) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	name := (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
	db, err := sql.Open("sqlite", name+"?"+mode+"&_txlock=immediate&_pragma=busy_timeout(10000)&_pragma="+pragma)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// inspect looks at a ledger without changing it and gives its version; one that
// is not there, or empty, has version 0.
func inspect(path string) (version int, err error) {
	if info, err := os.Stat(path); errors.Is(err, os.ErrNotExist) || err == nil && info.Size() == 0 {
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	db, err := connect(path, "mode=ro", "query_only(1)")
	if err != nil {
		return 0, err
	}
	defer db.Close()
	version, err = versionOf(db)
	if err != nil {
		return 0, err
	}
	if version > len(migrations) {
		return version, ErrLedgerNewer
	}
	var verdict string
	if err := db.QueryRow("PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return 0, damage(err)
	}
	if verdict != "ok" {
		return 0, fmt.Errorf("%w: %s", ErrLedgerDamaged, verdict)
	}
	return version, nil
}

// versionOf is the version of an open database that is a ledger.
func versionOf(db *sql.DB) (version int, err error) {
	var app int
	if err := db.QueryRow("PRAGMA application_id").Scan(&app); err != nil {
		return 0, damage(err)
	}
	if err := db.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		return 0, damage(err)
	}
	if app == application && version > 0 {
		return version, nil
	}
	var things int
	if err := db.QueryRow("SELECT count(*) FROM sqlite_master").Scan(&things); err != nil {
		return 0, damage(err)
	}
	if app != 0 || version != 0 || things != 0 {
		return 0, fmt.Errorf("%w: it is a database of something else", ErrLedgerDamaged)
	}
	return 0, nil // killed before its first table was made
}

// damage marks what SQLite says of a file that is not, or no longer, a database.
func damage(err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) {
		const corrupt, notADatabase = 11, 26
		if code := e.Code() & 0xff; code == corrupt || code == notADatabase {
			return fmt.Errorf("%w: %w", ErrLedgerDamaged, err)
		}
	}
	return err
}

// prepare turns the write-ahead log on and brings the ledger to the newest
// version, each step whole or not at all.
func (l *ledger) prepare(migrations []string) error {
	var mode string
	if err := l.rows.QueryRow("PRAGMA journal_mode=WAL").Scan(&mode); err != nil {
		return damage(err)
	}
	if mode != "wal" {
		return ErrLedgerNoWAL
	}
	var version int
	if err := l.rows.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		return damage(err)
	}
	for ; version < len(migrations); version++ {
		step := fmt.Sprintf("%s; PRAGMA user_version=%d; PRAGMA application_id=%d", migrations[version], version+1, application)
		if err := l.rows.transact(func(tx statements) error { return tx.Exec(step) }); err != nil {
			return fmt.Errorf("bring the ledger from version %d to %d: %w", version, version+1, err)
		}
	}
	return nil
}

func (l *ledger) close() error {
	var errs []error
	for _, db := range []database{l.intents, l.rows} {
		if db != nil {
			errs = append(errs, db.close())
		}
	}
	return errors.Join(errs...)
}
