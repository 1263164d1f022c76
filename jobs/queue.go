package jobs

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
	"github.com/rs/zerolog"

	"shakeout/analysis"
)

// Several machines work on one OUT by way of a queue: River on PostgreSQL, with
// the ledger in the same database. One of them submits (Submit): it looks through
// IN as a pass does and enqueues what is due. Any number work (Work): each takes
// jobs, does with each workbook what a pass does, and puts down in one
// transaction what became of it and that the job is done.
//
// River hands a job out at least once; the ledger decides what is done. So a job
// that was done already ends without work, and whoever is about to put something
// into OUT holds the lock of that workbook's name, still has the job, and has read
// what lies in IN (claim.go). What can go wrong, and why it is harmless:
//
//	a worker is killed               its connection ends and with it the lock; the job is handed out again when its time
//	                                 is up (RescueStuckJobsAfter), and gives the same bytes
//	a worker hangs, and another has  it may no longer put anything into OUT: the job is not its own
//	its job
//	PostgreSQL is gone               nothing is completed; workers wait and go on, results that were published and not
//	                                 written down are made again with the same bytes
//	the connection is cut            the same
//	a workbook changes meanwhile     the job looks again; the next submit finds the job there or makes one
//	two submits at once              a job is there once for each content, parameters and version
//	another version submits          its jobs go to a queue of their own, and those of the version before that
//	                                 nobody has begun are removed
//	the machine with OUT is full     the workbook has failed and is tried again, later and later
//	the program cannot do a workbook the same; after the last attempt the ledger has it as failed and the next submit
//	                                 tries again
//	a workbook is rejected           its job is cancelled, the reason is in OUT and in the ledger
//	a burst of workbooks             one market after it
//
// Note: the queue serves one IN and one OUT. More of them have more databases or
// schemas (search_path in the address), which keeps the tables those of a ledger on
// one machine.
type Queue struct {
	Name   string // where it is, without the password
	pool   *pgxpool.Pool
	book   *ledger
	schema string // in which the tables are
}

// Why a queue is not used.
var (
	ErrNoQueue     = errors.New("the queue cannot be reached")
	ErrQueueURL    = errors.New("not the address of a PostgreSQL database")
	ErrNotMigrated = errors.New("the queue's tables are not there, or of an earlier version")
	ErrNotFolder   = errors.New("IN is a file")
	ErrOtherFolder = errors.New("the queue works on other folders")
)

// OpenQueue connects to a queue with at most that many connections.
func OpenQueue(ctx context.Context, address string, connections int) (*Queue, error) {
	config, err := pgxpool.ParseConfig(address)
	if err != nil || !strings.Contains(address, "://") {
		return nil, ErrQueueURL // the error may hold the password
	}
	at := config.ConnConfig
	q := &Queue{Name: fmt.Sprintf("%s:%d/%s", at.Host, at.Port, at.Database)}
	if path := at.RuntimeParams["search_path"]; path != "" {
		q.Name += " " + path
	}
	at.ConnectTimeout = cmp.Or(at.ConnectTimeout, 10*time.Second)
	at.RuntimeParams["application_name"] = cmp.Or(at.RuntimeParams["application_name"], "shakeout")
	config.MaxConns = int32(max(connections, 4))
	// A machine that goes without a word is given up after a minute, and what it
	// had locked is free: the server's own limit is two hours.
	config.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3; SET client_min_messages = warning")
		return err
	}
	if q.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, &noQueue{err}
	}
	if err := q.pool.Ping(ctx); err != nil {
		q.Close()
		return nil, &noQueue{err}
	}
	if err := q.findSchema(ctx); err != nil {
		q.Close()
		return nil, &noQueue{err}
	}
	db := postgresOf(q.pool)
	q.book = &ledger{path: q.Name, rows: db, intents: db}
	return q, nil
}

func (q *Queue) findSchema(ctx context.Context) error {
	return q.pool.QueryRow(ctx, "SELECT coalesce(current_schema(), '')").Scan(&q.schema)
}

// Close lets go of the connections.
func (q *Queue) Close() { q.pool.Close() }

// Migrate makes the queue's tables, or brings them to this program's version,
// and gives how many steps that took.
func (q *Queue) Migrate(ctx context.Context) (steps int, err error) {
	if path := q.pool.Config().ConnConfig.RuntimeParams["search_path"]; path != "" {
		first, _, _ := strings.Cut(path, ",")
		if first = strings.TrimSpace(first); !strings.HasPrefix(first, `"`) {
			first = strings.ToLower(first) // as PostgreSQL reads a name without quotes
		}
		if _, err := q.pool.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+pgx.Identifier{strings.Trim(first, `"`)}.Sanitize()); err != nil {
			return 0, err
		}
		if err := q.findSchema(ctx); err != nil {
			return 0, err
		}
	}
	// Held by a connection of its own: some of River's steps are no transactions.
	lock, err := q.lock(ctx, "migrate river", true)
	if err != nil {
		return 0, err
	}
	defer lock.release()
	m, err := q.migrator()
	if err != nil {
		return 0, err
	}
	made, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	if err != nil {
		return 0, err
	}
	before, err := ledgerVersion(ctx, q.pool)
	if err != nil {
		return 0, err
	}
	if err := migrateLedger(ctx, q.pool); err != nil {
		return 0, err
	}
	after, err := ledgerVersion(ctx, q.pool)
	return len(made.Versions) + after - before, err
}

func (q *Queue) migrator() (*rivermigrate.Migrator[pgx.Tx], error) {
	return rivermigrate.New(riverpgxv5.New(q.pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
}

// migrated says whether the tables are those of this program.
func (q *Queue) migrated(ctx context.Context) error {
	version, err := ledgerVersion(ctx, q.pool)
	switch want := 1 + len(migrations) + len(queueMigrations); {
	case err != nil:
		return err
	case version > want:
		return fmt.Errorf("%s: %w", q.Name, ErrLedgerNewer)
	case version < want:
		return fmt.Errorf("%s: %w", q.Name, ErrNotMigrated)
	}
	m, err := q.migrator()
	if err != nil {
		return err
	}
	if is, err := m.Validate(ctx, nil); err != nil {
		return err
	} else if !is.OK {
		return fmt.Errorf("%s: %w", q.Name, ErrNotMigrated)
	}
	return nil
}

// lockOf is the number of a lock: PostgreSQL's have no names, and all of a
// database's schemas share them. What is the same queue must not depend on how a
// machine calls the server.
func (q *Queue) lockOf(parts ...string) int64 { return lockOf(append(parts, q.schema)...) }

func lockOf(parts ...string) int64 {
	h := fnv.New64a()
	for _, part := range append([]string{"shakeout"}, parts...) {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return int64(h.Sum64())
}

// A lock is held by a connection of its own and ends with it.
type lock struct {
	conn *pgxpool.Conn
	id   int64
}

// lock takes a lock; without waiting it gives nil if another holds it.
func (q *Queue) lock(ctx context.Context, name string, wait bool) (*lock, error) {
	conn, err := q.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	l := &lock{conn, q.lockOf(name)}
	held := true
	if wait {
		_, err = conn.Exec(ctx, "SELECT pg_advisory_lock($1)", l.id)
	} else {
		err = conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", l.id).Scan(&held)
	}
	if err != nil || !held {
		conn.Release()
		return nil, err
	}
	return l, nil
}

func (l *lock) release() {
	ctx, cancel := context.WithTimeout(context.Background(), statementTime)
	defer cancel()
	if _, err := l.conn.Exec(ctx, "SELECT pg_advisory_unlock($1)", l.id); err != nil {
		l.conn.Conn().Close(ctx) // it ends with the connection
	}
	l.conn.Release()
}

// asked is what was asked for when a workbook was submitted: all on which its
// result depends besides bytes and program.
type asked struct {
	AsOf     string        `json:"as_of"`
	Lang     analysis.Lang `json:"lang"`
	Settings []Setting     `json:"settings"`
	Tables   TableFormat   `json:"tables"`
	Market   string        `json:"market"`
	Quiet    time.Duration `json:"quiet"`
	GiveUp   time.Duration `json:"give_up"`
	Buckets  []string      `json:"buckets"` // addresses
}

func askedOf(o Options) asked {
	a := asked{Lang: o.Lang, Settings: o.Settings, Tables: o.Tables, Market: o.Market, Quiet: o.Quiet, GiveUp: o.GiveUp, Buckets: o.buckets}
	if o.Params.AsOf != 0 {
		a.AsOf = analysis.FormatDate(o.Params.AsOf)
	}
	return a
}

// options are those of a worker for what was asked.
func (a asked) options(o Options) Options {
	o.Params = analysis.DefaultParams()
	if day, ok := analysis.ParseDate(a.AsOf); ok {
		o.Params.AsOf = day
	}
	o.Lang, o.Settings, o.Tables, o.Market, o.Quiet, o.GiveUp, o.buckets = a.Lang, a.Settings, a.Tables, a.Market, a.Quiet, a.GiveUp, a.Buckets
	return o
}

// The kinds of jobs.
const (
	kindWorkbook = "workbook"
	kindMarket   = "market"
)

// workbookArgs are one workbook to make. Those marked are what makes a job the
// same as another.
type workbookArgs struct {
	File      string `json:"file" river:"unique"` // below IN
	SHA256    string `json:"sha256" river:"unique"`
	Reference string `json:"reference" river:"unique"` // hash of the reference workbook
	Base      string `json:"base" river:"unique"`      // hash of the version that Changes compares with
	Params    string `json:"params" river:"unique"`
	Build     string `json:"build" river:"unique"`
	Asked     asked  `json:"asked" river:"unique"`
	Force     bool   `json:"force" river:"unique"`
	From      string `json:"reference_file"` // name of the reference workbook, below IN
	Root      string `json:"in"`
	Out       string `json:"out"`
	Output    string `json:"output"`
	Stem      string `json:"stem"`
	Size      int64  `json:"size"`
}

func (workbookArgs) Kind() string { return kindWorkbook }

// marketArgs are all workbooks to take together. There is one such job at a time.
type marketArgs struct {
	Build string `json:"build" river:"unique"`
}

func (marketArgs) Kind() string { return kindMarket }

// unfinishedStates are those in which a job stands in the way of another one like it. A
// job that is done does not: whether there is anything to do is the ledger's to
// say, for a result may be deleted, asked for again, or of a content that was there
// before.
var unfinishedStates = []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled}

// queueOf names the queue of a version of the program: a worker takes only what
// its own version was asked for.
func queueOf(build string) string {
	sum := sha256.Sum256([]byte(build))
	return "build_" + hex.EncodeToString(sum[:6])
}

// attempts is how often a workbook is tried that the machine or the program
// fails on. River waits longer each time: in all about twenty minutes.
const attempts = 6

func (q *Queue) insertOpts(build string) *river.InsertOpts {
	return &river.InsertOpts{
		Queue: queueOf(build), MaxAttempts: attempts, Priority: 2,
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinishedStates},
	}
}

// debounce is how long the market waits for more workbooks. It waits in its own job:
// what is scheduled River would look at every five seconds only.
const debounce = 3 * time.Second

func (q *Queue) marketOpts(build string) *river.InsertOpts {
	o := q.insertOpts(build)
	o.Priority = 1
	return o
}

// submitter is a client that only enqueues.
func (q *Queue) submitter() (*river.Client[pgx.Tx], error) {
	return river.NewClient(riverpgxv5.New(q.pool), &river.Config{Logger: slog.New(slog.DiscardHandler)})
}

// requestMarket sees to it that a market is made that has what tx puts down. The
// job that waits already is only shared, not written to: all workers come by here.
func (q *Queue) requestMarket(ctx context.Context, client *river.Client[pgx.Tx], tx pgx.Tx, build string) error {
	var id int64
	err := tx.QueryRow(ctx, "SELECT id FROM river_job WHERE kind = $1 AND queue = $2 AND state IN ('available', 'pending', 'running', 'retryable', 'scheduled') LIMIT 1 FOR SHARE",
		kindMarket, queueOf(build)).Scan(&id)
	if !errors.Is(err, pgx.ErrNoRows) {
		return err // it waits, or it is under way and looks at its end whether something has come
	}
	_, err = client.InsertTx(ctx, tx, marketArgs{build}, q.marketOpts(build))
	return err
}

// folder is what a queue works on.
type folder struct {
	root, out, params, build string
	asked                    asked
}

// folder reads what the queue works on; false: nothing was submitted yet.
func folderOf(db statements) (f folder, ok bool, err error) {
	var said string
	err = db.QueryRow("SELECT root, out, params, build, asked FROM folder").Scan(&f.root, &f.out, &f.params, &f.build, &said)
	if errors.Is(err, pgx.ErrNoRows) {
		return f, false, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(said), &f.asked)
	}
	return f, err == nil, err
}

// riverLog is a log for River: warnings and errors.
func riverLog(to zerolog.Logger) *slog.Logger {
	return slog.New(zerolog.NewSlogHandler(to.Level(zerolog.WarnLevel)))
}

// Hidden is a text without the password, if it is an address that has one.
func Hidden(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.User == nil {
		return text
	}
	return u.Redacted()
}

// Connections is how many connections a worker needs at most: for each workbook
// under way one to complete it and one beside, and what River uses to fetch, to
// listen, to lead and to tidy up.
func Connections(workers int) int { return 2*workers + 6 }

// AwaitQueue opens a queue and tries again while it cannot be reached; say is told
// why, and once a minute that it is still so. What waiting does not mend, a wrong
// password or the name of no database, is an error at once.
func AwaitQueue(ctx context.Context, address string, connections int, say func(error)) (*Queue, error) {
	said, at := "", time.Time{}
	for {
		q, err := OpenQueue(ctx, address, connections)
		if err == nil || !errors.Is(err, ErrNoQueue) || isMistaken(err) {
			return q, err
		}
		if why := err.Error(); why != said || time.Since(at) >= time.Minute {
			said, at = why, time.Now()
			say(err)
		}
		pause(ctx, time.Second)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
}
