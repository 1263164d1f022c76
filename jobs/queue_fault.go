package jobs

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"

	"shakeout/analysis"
)

// noQueue is why a queue cannot be reached: all that was tried, in one line.
type noQueue struct{ err error }

func (e *noQueue) Error() string {
	return ErrNoQueue.Error() + ": " + strings.Join(strings.Fields(e.err.Error()), " ")
}

func (e *noQueue) Unwrap() []error { return []error{ErrNoQueue, e.err} }

// OtherFolder is ErrOtherFolder with the folders that the queue works on.
type OtherFolder struct{ In, Out string }

func (e *OtherFolder) Error() string { return ErrOtherFolder.Error() + ": " + e.In + ", " + e.Out }
func (e *OtherFolder) Unwrap() error { return ErrOtherFolder }

// postgresWords are what PostgreSQL refuses and a person can do something about, by
// SQLSTATE (PostgreSQL manual, appendix A).
var postgresWords = map[string]string{
	"28P01": "queue.why-password", "28000": "queue.why-refused", "3D000": "queue.why-database", "42501": "queue.why-denied",
	"53100": "system.full", "53300": "queue.why-crowded", "57P03": "queue.why-starting",
}

// isMistaken reports that the address of a queue is wrong: the user, the password
// (class 28), or the database.
func isMistaken(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && (strings.HasPrefix(server.Code, "28") || server.Code == "3D000")
}

// queueFault says why a queue cannot be used, for Fault; false: err is no such fault.
func queueFault(err error) (why any, ok bool) {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		if key := postgresWords[server.Code]; key != "" {
			return analysis.Say(key, server.Message), true
		}
		return server.Message + " (SQLSTATE " + server.Code + ")", true
	}
	if !errors.Is(err, ErrNoQueue) {
		return nil, false
	}
	var dns *net.DNSError
	var silent net.Error
	var all *noQueue
	switch {
	case errors.As(err, &dns):
		return analysis.Say("queue.why-name", dns.Name), true
	case errors.Is(err, syscall.ECONNREFUSED):
		return analysis.Say("queue.why-silent"), true
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &silent) && silent.Timeout():
		return analysis.Say("system.late"), true
	case errors.As(err, &all):
		return strings.Join(strings.Fields(all.err.Error()), " "), true
	}
	return err, true
}
