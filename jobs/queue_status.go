package jobs

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// QueueStanding is how a queue stands. Workbooks counts those of the ledger by
// state; Jobs are those of the queue, which keeps what is done for a day.
type QueueStanding struct {
	Queue     string         `json:"queue"`
	In        string         `json:"in"`
	Out       string         `json:"out"`
	Jobs      map[string]int `json:"jobs"`      // workbooks by state of their job
	Market    string         `json:"market"`    // state of the newest market job
	Workers   int            `json:"workers"`   // with a job under way
	Other     int            `json:"other"`     // jobs for another version of the program than submitted last
	Stuck     int            `json:"stuck"`     // under way for longer than any workbook may take
	Workbooks map[Status]int `json:"workbooks"` // in the ledger
	Run       *LastRun       `json:"run"`       // the last market

	OldestRunningMS int64 `json:"oldest_running_ms"` // for how long the job runs that has run longest
	OldestWaitingMS int64 `json:"oldest_waiting_ms"` // for how long the job waits that has waited longest
}

// jobStates are the states of jobs in the order of their lives.
var jobStates = []string{"available", "scheduled", "retryable", "running", "completed", "cancelled", "discarded"}

// Standing reads how the queue stands, and its ledger in name order.
func (q *Queue) Standing(ctx context.Context) (all []Standing, s QueueStanding, err error) {
	if err := q.migrated(ctx); err != nil {
		return nil, s, err
	}
	if s, err = q.standing(ctx); err == nil {
		all, s.Run, err = standOf(q.book.rows)
	}
	return all, s, err
}

// standing is how the queue stands, without the last run.
func (q *Queue) standing(ctx context.Context) (s QueueStanding, err error) {
	s = QueueStanding{Queue: q.Name, Jobs: map[string]int{}}
	for _, state := range jobStates {
		s.Jobs[state] = 0
	}
	f, _, err := folderOf(q.book.rows)
	if err != nil {
		return s, err
	}
	s.In, s.Out = shown(f.root), shown(f.out)
	rows, err := q.pool.Query(ctx, `SELECT kind, queue = $1, state::text, count(*),
		coalesce(extract(epoch FROM now() - min(attempted_at)) * 1000, 0)::bigint, coalesce(extract(epoch FROM now() - min(scheduled_at)) * 1000, 0)::bigint
		FROM river_job WHERE kind IN ($2, $3) GROUP BY 1, 2, 3`, queueOf(f.build), kindWorkbook, kindMarket)
	if err != nil {
		return s, err
	}
	defer rows.Close()
	for rows.Next() {
		var kind, state string
		var ours bool
		var n int
		var running, waiting int64
		if err := rows.Scan(&kind, &ours, &state, &n, &running, &waiting); err != nil {
			return s, err
		}
		if state == "running" { // the market too
			s.OldestRunningMS = max(s.OldestRunningMS, running)
		}
		if kind == kindMarket {
			continue
		}
		if s.Jobs[state] += n; state == "available" {
			s.OldestWaitingMS = max(s.OldestWaitingMS, waiting)
		}
		if !ours && slices.Contains([]string{"available", "scheduled", "retryable"}, state) {
			s.Other += n
		}
	}
	if err := rows.Err(); err != nil {
		return s, err
	}
	longest := timeoutOf(DefaultWorking().JobTimeout, 1<<62)
	err = q.pool.QueryRow(ctx, `SELECT coalesce((SELECT state::text FROM river_job WHERE kind = $1 ORDER BY id DESC LIMIT 1), ''),
		(SELECT count(DISTINCT attempted_by[array_length(attempted_by, 1)]) FROM river_job WHERE state = 'running'),
		(SELECT count(*) FROM river_job WHERE state = 'running' AND attempted_at < now() - make_interval(secs => $2))`,
		kindMarket, longest.Seconds()).Scan(&s.Market, &s.Workers, &s.Stuck)
	if err != nil {
		return s, err
	}
	stand, err := q.book.stand()
	if err != nil {
		return s, err
	}
	s.Workbooks = stand.count
	return s, nil
}

// writeMetrics writes how the queue stands, for Prometheus by way of a folder of
// text files. It is written whole or not at all.
func (q *Queue) writeMetrics(ctx context.Context, d Disk, name, version string) error {
	ctx, cancel := context.WithTimeout(ctx, statementTime)
	defer cancel()
	s, err := q.standing(ctx)
	if err != nil {
		return err
	}
	_, err = publish(d, name, func(w io.Writer) error { return printQueueMetrics(w, s, version, time.Now()) }, nil)
	return err
}

func printQueueMetrics(w io.Writer, s QueueStanding, version string, now time.Time) error {
	var b bytes.Buffer
	gauge := func(name, about string) {
		fmt.Fprintf(&b, "# HELP shakeout_%s %s\n# TYPE shakeout_%s gauge\n", name, about, name)
	}
	gauge("build_info", "The program's version.")
	fmt.Fprintf(&b, "shakeout_build_info{version=%q} 1\n", version)
	gauge("queue_seen_timestamp_seconds", "When the queue was last reached.")
	fmt.Fprintf(&b, "shakeout_queue_seen_timestamp_seconds %.3f\n", float64(now.UnixMilli())/1000)
	gauge("queue_jobs", "Workbooks by the state of their job; what is done is kept for a day.")
	for _, state := range slices.Sorted(maps.Keys(s.Jobs)) {
		fmt.Fprintf(&b, "shakeout_queue_jobs{state=%q} %d\n", state, s.Jobs[state])
	}
	gauge("queue_oldest_running_seconds", "For how long the job runs that has run longest.")
	fmt.Fprintf(&b, "shakeout_queue_oldest_running_seconds %.3f\n", float64(s.OldestRunningMS)/1000)
	gauge("queue_oldest_waiting_seconds", "For how long the job waits for a worker that has waited longest.")
	fmt.Fprintf(&b, "shakeout_queue_oldest_waiting_seconds %.3f\n", float64(s.OldestWaitingMS)/1000)
	gauge("queue_workers", "Workers with a job under way.")
	fmt.Fprintf(&b, "shakeout_queue_workers %d\n", s.Workers)
	gauge("queue_other_version_jobs", "Jobs that wait for another version of the program.")
	fmt.Fprintf(&b, "shakeout_queue_other_version_jobs %d\n", s.Other)
	gauge("workbooks", "Workbooks by state.")
	for _, status := range []Status{Enriched, Nothing, Waiting, Rejected, Failed, Gone} {
		fmt.Fprintf(&b, "shakeout_workbooks{state=%q} %d\n", status, s.Workbooks[status])
	}
	_, err := w.Write(b.Bytes())
	return err
}
