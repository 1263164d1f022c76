package jobs

import (
	"context"
	"database/sql"
)

// statements are what the ledger asks of a database, or of a transaction in it.
// Values have a ? where they stand, in SQLite as in PostgreSQL.
type statements interface {
	Exec(query string, args ...any) error
	Query(query string, args ...any) (answer, error)
	QueryRow(query string, args ...any) interface{ Scan(...any) error }
}

// answer is the rows of a query.
type answer interface {
	Next() bool
	Scan(...any) error
	Err() error
	Close()
}

// database is a database in which something can be done whole or not at all.
type database interface {
	statements
	transact(func(statements) error) error
	close() error
}

// sqliteDB is the database of a ledger on one machine.
type sqliteDB struct {
	sqlStatements
	db *sql.DB
}

func sqliteOf(db *sql.DB) sqliteDB { return sqliteDB{sqlStatements{db}, db} }

func (s sqliteDB) transact(do func(statements) error) error {
	tx, err := s.db.BeginTx(context.Background(), nil)
	if err != nil {
		return damage(err)
	}
	if err := do(sqlStatements{tx}); err != nil {
		tx.Rollback()
		return damage(err)
	}
	return damage(tx.Commit())
}

func (s sqliteDB) close() error { return s.db.Close() }

// sqlStatements are those of database/sql.
type sqlStatements struct {
	in interface {
		Exec(string, ...any) (sql.Result, error)
		Query(string, ...any) (*sql.Rows, error)
		QueryRow(string, ...any) *sql.Row
	}
}

func (s sqlStatements) Exec(query string, args ...any) error {
	_, err := s.in.Exec(query, args...)
	return err
}

func (s sqlStatements) Query(query string, args ...any) (answer, error) {
	rows, err := s.in.Query(query, args...)
	if err != nil {
		return nil, err
	}
	return sqlRows{rows}, nil
}

func (s sqlStatements) QueryRow(query string, args ...any) interface{ Scan(...any) error } {
	return s.in.QueryRow(query, args...)
}

type sqlRows struct{ *sql.Rows }

func (r sqlRows) Close() { r.Rows.Close() }
