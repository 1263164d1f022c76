package jobs

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"

	"shakeout/analysis"
	"shakeout/writers/text"
)

// What a queue refuses is said in the reader's language, without the driver's words.
func TestQueueFaults(t *testing.T) {
	t.Parallel()
	address := newDatabase(t)
	ctx := context.Background()
	c, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, "DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN"); err != nil {
		t.Fatal(err)
	}
	changed := func(change func(u *url.URL)) string {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		change(u)
		return u.String()
	}
	for _, one := range []struct{ address, zh string }{
		{changed(func(u *url.URL) { u.Path = "/nowhere" }), "没有该名称的数据库，请先用 createdb 创建"},
		{"postgres://nobody@127.0.0.1:1/none", "该地址没有服务应答"},
		{changed(func(u *url.URL) { u.User = url.User("guest") }), "该用户须为数据库及其中各表的所有者（permission denied for schema public）"},
	} {
		q, err := OpenQueue(ctx, one.address, 4)
		if err == nil {
			_, err = q.Migrate(ctx)
			q.Close()
		}
		if err == nil {
			t.Errorf("%s: no error", one.address)
			continue
		}
		if got := text.Of(analysis.Zh, analysis.Say("command.io", Fault(err))); !strings.Contains(got, one.zh) {
			t.Errorf("%s: got %s, want %s", one.address, got, one.zh)
		}
	}
	// Waiting would not make the database; a server that is not there may come.
	if _, err := AwaitQueue(ctx, changed(func(u *url.URL) { u.Path = "/nowhere" }), 4, func(error) {}); !isMistaken(err) {
		t.Errorf("no such database: %v", err)
	}
	waits, stop := context.WithTimeout(ctx, 3*time.Second)
	defer stop()
	told := 0
	if _, err := AwaitQueue(waits, "postgres://nobody@127.0.0.1:1/none", 4, func(error) { told++ }); !errors.Is(err, context.DeadlineExceeded) || told != 1 {
		t.Errorf("no server: %v, said %d times", err, told)
	}
}

// A schema may be written as people write it, a folder that is a bucket need not be
// there for results, and must be for workbooks; what is shown can be typed again.
func TestQueueAddresses(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	address := newDatabase(t) + "&search_path=TEAM"
	q, err := OpenQueue(ctx, address, 4)
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	if _, err := q.Migrate(ctx); err != nil || q.schema != "team" {
		t.Fatalf("schema %q, %v", q.schema, err)
	}
	dir := t.TempDir()
	in, out := "file://"+filepath.Join(dir, "in"), "file://"+filepath.Join(dir, "out")
	if _, err := Submit(ctx, q, in, out, queueOptions(), func(Outcome) {}); !errors.Is(err, ErrNoInput) {
		t.Errorf("without IN: %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "in"), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := Submit(ctx, q, in, out, queueOptions(), func(Outcome) {}); err != nil {
		t.Fatal(err)
	}
	// A worker that does not see IN says so, with the workbook's name.
	if err := os.WriteFile(filepath.Join(dir, "in", "a.xlsx"), []byte("a"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Submit(ctx, q, in, out, queueOptions(), func(Outcome) {}); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "in"), filepath.Join(dir, "gone")); err != nil {
		t.Fatal(err)
	}
	said := make(chan string, 100)
	opts := queueOptions()
	opts.Talk, opts.Log = analysis.Zh, zerolog.New(lineTo(said))
	working, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- Work(working, q, opts, DefaultWorking(), RealSteps, func(Outcome) {}) }()
	for seen := false; !seen; {
		select {
		case line := <-said:
			seen = strings.Contains(line, `"file":"a.xlsx"`) && strings.Contains(line, "未完成：") && strings.Contains(line, "文件或目录不存在")
		case <-working.Done():
			t.Fatal("the worker does not say why nothing is done")
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, s, err := q.Standing(ctx); err != nil || s.In != in || s.Out != out {
		t.Errorf("the queue says %s, %s, %v", s.In, s.Out, err)
	}
}

// lineTo passes on what is written, as far as there is room.
type lineTo chan string

func (c lineTo) Write(line []byte) (int, error) {
	select {
	case c <- string(line):
	default:
	}
	return len(line), nil
}
