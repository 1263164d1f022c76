package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/rivertype"
)

// Why a worker may not put down what it made.
var (
	errMoved      = errors.New("the workbook or what the ledger has of it has changed meanwhile")
	errNotOurs    = errors.New("the job was given to another worker meanwhile")
	errSuperseded = errors.New("something else was asked for meanwhile")
)

// claim is a worker's right to say what OUT has of one workbook. It is taken just
// before the first file gets its name, and it is the transaction in which ledger
// and job are completed. While it is held no other worker may say anything of the
// name, and what is said is true: the job is this worker's, the bytes are those
// that lie in IN, and the ledger is as it was when the work began.
//
// Note: a lock held from the start would do without the second look, but it would
// take a connection for every workbook under way, and would be lost unnoticed
// when the connection is. Here whoever has lost it can publish nothing.
type claim struct {
	queue   *Queue
	pass    *pass
	task    Task
	job     *rivertype.JobRow
	tx      pgx.Tx
	refused error // why it was not given
}

// claimTime is how long a claim may be held without a statement: the time to
// rename the result and to write the tables.
const claimTime = 5 * time.Minute

// take takes the claim, unless it is held already.
func (c *claim) take() error {
	if c.tx != nil || c.refused != nil {
		return c.refused
	}
	ctx, cancel := context.WithTimeout(context.Background(), statementTime)
	defer cancel()
	tx, err := c.queue.pool.Begin(ctx)
	if err == nil {
		if err = c.check(ctx, tx); err == nil {
			c.tx = tx
			return nil
		}
		rollback(tx)
	}
	c.refused = err
	return err
}

func (c *claim) check(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL idle_in_transaction_session_timeout = %d", claimTime.Milliseconds())); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", c.queue.lockOf("workbook", c.task.Name)); err != nil {
		return err
	}
	if err := holdsJob(ctx, tx, c.job); err != nil {
		return err
	}
	known, err := entriesOf(pgStatements{tx}, c.task.Name)
	if err != nil {
		return err
	}
	if known[c.task.Name] != c.pass.before[c.task.Name] {
		return errMoved
	}
	f, ok, err := folderOf(pgStatements{tx})
	if err != nil {
		return err
	}
	if !ok || f.params != c.pass.params || f.build != c.pass.Build || f.asked.said() != askedOf(c.pass.Options).said() {
		return errSuperseded
	}
	if info, err := c.pass.Disk.Stat(c.task.Path); err != nil || stampOf(info) != c.task.stamp {
		return errMoved
	}
	return nil
}

// give lets go of a claim without having said anything.
func (c *claim) give() {
	if c.tx != nil {
		rollback(c.tx)
	}
}

func rollback(tx pgx.Tx) {
	ctx, cancel := context.WithTimeout(context.Background(), statementTime)
	defer cancel()
	tx.Rollback(ctx)
}

// holdsJob looks whether a job is still the one that was handed out, and holds on
// to it until tx ends.
func holdsJob(ctx context.Context, tx pgx.Tx, job *rivertype.JobRow) error {
	var ours bool
	err := tx.QueryRow(ctx, "SELECT state = 'running' AND attempt = $2 AND attempted_at = $3 FROM river_job WHERE id = $1 FOR UPDATE", job.ID, job.Attempt, job.AttemptedAt).Scan(&ours)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && !ours {
		return errNotOurs
	}
	return err
}

// said is what was asked as it is compared.
func (a asked) said() string {
	if len(a.Settings) == 0 {
		a.Settings = nil
	}
	if len(a.Buckets) == 0 {
		a.Buckets = nil
	}
	a.Quiet, a.GiveUp = 0, 0 // when, not what
	return a.json()
}

func (a asked) json() string {
	said, err := json.Marshal(a)
	if err != nil {
		panic(err) // texts and switches only
	}
	return string(said)
}
