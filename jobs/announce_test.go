package jobs

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// The metrics file is what Prometheus reads, and says how the folder stands.
func TestMetrics(t *testing.T) {
	b := newBench(t, tree{"a.xlsx": "one", "b.xlsx": "half", "c.xlsx": "nothing", "d.xlsx": "four", "e.xlsx": "panic"})
	var c clock
	c.on(b)
	b.opts.GiveUp = 0
	c.now = c.now.Add(time.Minute)
	b.opts.Metrics = filepath.Join(t.TempDir(), "shakeout.prom")
	b.run()
	os.Remove(filepath.Join(b.in, "d.xlsx"))
	tree{"w.xlsx": "half"}.write(t, b.in)
	b.opts.GiveUp = time.Hour
	c.now = c.now.Add(time.Minute)
	waiting := c.now
	b.run()
	c.now = c.now.Add(time.Minute)
	b.run()
	f, err := os.Open(b.opts.Metrics)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(f)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for name, family := range families {
		for _, m := range family.Metric {
			key := name
			for _, l := range m.Label {
				key += " " + l.GetValue()
			}
			got[key] = m.GetGauge().GetValue()
		}
	}
	ms := func(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }
	for key, want := range map[string]float64{
		"shakeout_workbooks enriched": 1, "shakeout_workbooks nothing": 1, "shakeout_workbooks rejected": 1, "shakeout_workbooks failed": 1,
		"shakeout_workbooks waiting": 1, "shakeout_workbooks gone": 1, "shakeout_run_workbooks unchanged": 1,
		"shakeout_oldest_waiting_timestamp_seconds": ms(waiting), "shakeout_last_run_timestamp_seconds": ms(c.now), "shakeout_last_success_timestamp_seconds": ms(c.now),
		"shakeout_build_info " + b.opts.Version: 1,
	} {
		if v, ok := got[key]; !ok || v != want {
			t.Errorf("%s is %v, want %v", key, v, want)
		}
	}
}

// A notice is posted when something is new, with names and codes, and nothing
// that any cell holds. One that cannot be delivered is a warning.
func TestNotice(t *testing.T) {
	const secret = "机密数字 12345.678"
	b := newBench(t, tree{"a.xlsx": secret, "b.xlsx": "half " + secret, "sub/市场.xlsx": "panic"})
	var posted []string
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		posted = append(posted, string(body))
		w.WriteHeader(status)
	}))
	defer server.Close()
	b.opts.Notify = server.URL
	b.run()
	b.run()
	if len(posted) != 1 {
		t.Fatalf("posted %d times, want once", len(posted))
	}
	var n notice
	if err := json.Unmarshal([]byte(posted[0]), &n); err != nil {
		t.Fatal(err)
	}
	if n.Summary.Enriched != 1 || n.Summary.New != 2 || len(n.Workbooks) != 3 || n.Workbooks[1] != (noticeOfFile{"b.xlsx", Rejected, "damaged-zip"}) || !strings.Contains(n.Text, "enriched 1") {
		t.Errorf("got %s", posted[0])
	}
	if strings.Contains(posted[0], "12345") || strings.Contains(posted[0], "机密") {
		t.Errorf("it holds what a cell holds: %s", posted[0])
	}
	status = http.StatusBadGateway
	tree{"c.xlsx": "three"}.write(t, b.in)
	b.log.Reset()
	b.run()
	if !strings.Contains(b.log.String(), "notice could not be sent") || !strings.Contains(b.log.String(), "502") {
		t.Errorf("nothing was said:\n%s", &b.log)
	}
}
