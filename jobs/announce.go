package jobs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"shakeout/analysis"
	"shakeout/writers/text"
)

// announce tells others how a pass went: the metrics file, and the notice if
// something new happened. The work is done and in the ledger by then. Metrics
// that cannot be written are an error all the same: whoever watches them would
// see the last good pass for ever. A notice that cannot be sent is a warning.
func (p *pass) announce(ctx context.Context, d Disk, sum Summary, state, ending string) error {
	err := p.writeMetrics(d, state, sum)
	if err != nil {
		err = fmt.Errorf("write the metrics: %w", err)
	}
	if p.Notify == "" || sum.Enriched+sum.New+sum.Gone == 0 || ctx.Err() != nil {
		return err
	}
	if err := post(ctx, p.Notify, p.notice(sum, ending)); err != nil {
		p.Log.Warn().AnErr("error", err).Msg(text.Of(p.Talk, analysis.Say("command.notify", Fault(err))))
	}
	return err
}

// notice is what is posted: names, states and codes, and no value of any cell.
type notice struct {
	Text      string         `json:"text"` // for chat programs that show one sentence
	Program   string         `json:"program"`
	Version   string         `json:"version"`
	Out       string         `json:"out"`
	Ending    string         `json:"ending"`
	Summary   Summary        `json:"summary"`
	Workbooks []noticeOfFile `json:"workbooks"` // those with news, at most noticed
	More      int            `json:"more"`      // of them, how many are not listed
}

type noticeOfFile struct {
	File   string `json:"file"`
	Status Status `json:"status"`
	Code   string `json:"code"`
}

// noticed is how many workbooks a notice lists.
const noticed = 50

func (p *pass) notice(sum Summary, ending string) notice {
	n := notice{Program: "shakeout", Version: p.Version, Out: p.out, Ending: ending, Summary: sum, Workbooks: []noticeOfFile{}}
	n.Text = text.Of(p.Talk, analysis.Say("command.summary", sum.Workbooks, sum.Enriched, sum.Unchanged, sum.Nothing, sum.Rejected, sum.Failed))
	for _, o := range p.news {
		if len(n.Workbooks) == noticed {
			n.More = len(p.news) - noticed
			break
		}
		n.Workbooks = append(n.Workbooks, noticeOfFile{o.File, o.Status, o.Code})
	}
	return n
}

// post sends a notice. Once: a receiver that is away reads the next one.
func post(ctx context.Context, url string, n notice) error {
	said, err := json.Marshal(n)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(said))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<16))
	if answer.StatusCode >= 300 {
		return fmt.Errorf("%s answered %s", url, answer.Status)
	}
	return nil
}

// metricsName is the metrics file in the state folder.
const metricsName = "metrics.prom"

// writeMetrics writes how the folder stands, for Prometheus by way of a folder
// of text files. It is written whole or not at all.
//
// Note: it is twenty lines of a format that will not change. The client library
// for it is made for programs that answer requests, and brings five modules.
func (p *pass) writeMetrics(d Disk, state string, sum Summary) error {
	name := p.Metrics
	if name == "" {
		name = filepath.Join(state, metricsName)
	}
	stand, err := p.ledger.stand()
	if err != nil {
		return err
	}
	_, err = publish(d, name, func(w io.Writer) error { return printMetrics(w, stand, sum, p.Version) }, nil)
	return err
}

func printMetrics(w io.Writer, s stand, sum Summary, version string) error {
	var b bytes.Buffer
	gauge := func(name, about string) {
		fmt.Fprintf(&b, "# HELP shakeout_%s %s\n# TYPE shakeout_%s gauge\n", name, about, name)
	}
	seconds := func(ms int64) float64 { return float64(ms) / 1000 }
	gauge("build_info", "The program's version.")
	fmt.Fprintf(&b, "shakeout_build_info{version=%q} 1\n", version)
	gauge("last_run_timestamp_seconds", "When the last pass ended.")
	fmt.Fprintf(&b, "shakeout_last_run_timestamp_seconds %.3f\n", seconds(s.lastRun))
	gauge("last_success_timestamp_seconds", "When a pass last came to its end; 0: never.")
	fmt.Fprintf(&b, "shakeout_last_success_timestamp_seconds %.3f\n", seconds(s.lastDone))
	gauge("run_duration_seconds", "How long the last pass took.")
	fmt.Fprintf(&b, "shakeout_run_duration_seconds %.3f\n", seconds(sum.TookMS))
	gauge("workbooks", "Workbooks by state.")
	for _, status := range []Status{Enriched, Nothing, Waiting, Rejected, Failed, Gone} {
		fmt.Fprintf(&b, "shakeout_workbooks{state=%q} %d\n", status, s.count[status])
	}
	gauge("run_workbooks", "Workbooks of the last pass by what became of them.")
	for _, of := range []struct {
		status Status
		n      int
	}{{Enriched, sum.Enriched}, {Unchanged, sum.Unchanged}, {Nothing, sum.Nothing}, {Waiting, sum.Waiting}, {Rejected, sum.Rejected}, {Failed, sum.Failed}} {
		fmt.Fprintf(&b, "shakeout_run_workbooks{status=%q} %d\n", of.status, of.n)
	}
	gauge("oldest_waiting_timestamp_seconds", "Since when the workbook waits that has waited longest; 0: none waits.")
	fmt.Fprintf(&b, "shakeout_oldest_waiting_timestamp_seconds %.3f\n", seconds(s.oldestWaiting))
	gauge("workbook_duration_seconds_max", "How long the slowest workbook took when it was last made.")
	fmt.Fprintf(&b, "shakeout_workbook_duration_seconds_max %.3f\n", seconds(s.slowest))
	_, err := w.Write(b.Bytes())
	return err
}
