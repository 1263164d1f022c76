package jobs

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// ErrNoLedger says that nothing is known of a folder.
var ErrNoLedger = errors.New("there is no ledger")

// Standing is how a workbook stands. Times are milliseconds since 1970.
type Standing struct {
	File      string    `json:"file"`
	Status    Status    `json:"status"` // Gone, or what the ledger has
	Code      string    `json:"code"`
	SHA256    string    `json:"sha256"`
	Output    string    `json:"output"` // below OUT
	OutputSHA string    `json:"output_sha256"`
	Reason    string    `json:"reason"` // file that says why it was rejected, below OUT
	Findings  int       `json:"findings"`
	Tables    int       `json:"tables"`
	Since     int64     `json:"since_ms"` // it has this status
	TookMS    int64     `json:"took_ms"`
	Attempts  int       `json:"attempts"` // at this version
	RenamedTo string    `json:"renamed_to,omitempty"`
	Versions  []Version `json:"versions"` // newest first
}

// Version is one thing that was made of a workbook.
type Version struct {
	SHA256    string `json:"sha256"`
	Base      string `json:"base_sha256"`      // of the earlier version that Changes compares with
	Reference string `json:"reference_sha256"` // of the reference workbook
	Params    string `json:"params"`
	Program   string `json:"program"`
	Status    Status `json:"status"`
	Code      string `json:"code"`
	OutputSHA string `json:"output_sha256"`
	Findings  int    `json:"findings"`
	FirstSeen int64  `json:"first_seen_ms"`
	Made      int64  `json:"made_ms"`
	TookMS    int64  `json:"took_ms"`
	Attempts  int    `json:"attempts"`
}

// LastRun is the newest pass.
type LastRun struct {
	Started int64  `json:"started_ms"`
	Ended   int64  `json:"ended_ms"` // 0: it is under way, or was killed
	Ending  string `json:"ending"`   // done, stopped, failed; "" while it is not ended
	Program string `json:"program"`
	Summary
}

// Stand reads the ledger of OUT, or of the state folder if one is named, also
// while a pass is under way. It changes nothing. Workbooks come in name order;
// there may be no run yet.
func Stand(out, state string) ([]Standing, *LastRun, error) {
	if state == "" {
		state = filepath.Join(out, stateFolder)
	}
	path := filepath.Join(state, ledgerName)
	version, err := inspect(path)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	if version == 0 {
		return nil, nil, fmt.Errorf("%s: %w", path, ErrNoLedger)
	}
	db, err := connect(path, "mode=ro", "query_only(1)")
	if err != nil {
		return nil, nil, err
	}
	defer db.Close()
	all, run, err := standOf(sqliteOf(db))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return all, run, nil
}

// standOf reads a ledger.
func standOf(db statements) ([]Standing, *LastRun, error) {
	all, err := standings(db)
	if err != nil {
		return nil, nil, err
	}
	var r LastRun
	err = db.QueryRow("SELECT started, ended, ending, version, workbooks, enriched, unchanged, no_table, rejected, failed, waiting, gone, took_ms FROM runs ORDER BY id DESC LIMIT 1").
		Scan(&r.Started, &r.Ended, &r.Ending, &r.Program, &r.Workbooks, &r.Enriched, &r.Unchanged, &r.Nothing, &r.Rejected, &r.Failed, &r.Waiting, &r.Summary.Gone, &r.TookMS)
	if errors.Is(err, sql.ErrNoRows) {
		return all, nil, nil
	}
	return all, &r, damage(err)
}

func standings(db statements) ([]Standing, error) {
	known, err := entries(db)
	if err != nil {
		return nil, err
	}
	versions := map[string][]Version{}
	rows, err := db.Query("SELECT name, sha256, base, reference, params, version, status, code, output_sha256, findings, first_seen, made, took_ms, attempts FROM versions ORDER BY id DESC")
	if err != nil {
		return nil, damage(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var v Version
		if err := rows.Scan(&name, &v.SHA256, &v.Base, &v.Reference, &v.Params, &v.Program, &v.Status, &v.Code, &v.OutputSHA, &v.Findings, &v.FirstSeen, &v.Made, &v.TookMS, &v.Attempts); err != nil {
			return nil, damage(err)
		}
		versions[name] = append(versions[name], v)
	}
	if err := rows.Err(); err != nil {
		return nil, damage(err)
	}
	all := []Standing{}
	for _, e := range known {
		s := Standing{
			File: e.Name, Status: e.Status, Code: e.Code, SHA256: e.SHA256, Output: e.Output, OutputSHA: e.OutputSHA, Reason: e.Reason,
			Findings: e.Findings, Tables: e.Regions, Since: e.Since, TookMS: e.TookMS, Attempts: e.Attempts, RenamedTo: e.Renamed, Versions: versions[e.Name],
		}
		if e.Gone != 0 {
			s.Status, s.Code, s.Since = Gone, codeDeleted, e.Gone
			if e.Renamed != "" {
				s.Code = codeRenamed
			}
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Standing) int { return strings.Compare(a.File, b.File) })
	return all, nil
}
