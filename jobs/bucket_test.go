package jobs

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"gocloud.dev/blob"
)

// bucketServer is a local S3 that keeps objects in memory. It breaks off the first
// uploads of results half-way, and tells lies about ETags.
type bucketServer struct {
	http.Handler
	breaks  atomic.Int32 // uploads still to be broken off
	broken  atomic.Int32
	lies    atomic.Bool // every object has the same ETag
	uploads atomic.Int32
	bytes   atomic.Int64
	calls   sync.Map // method -> *atomic.Int32
}

func (s *bucketServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n, _ := s.calls.LoadOrStore(r.Method, new(atomic.Int32))
	n.(*atomic.Int32).Add(1)
	if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "enriched") {
		if s.breaks.Add(-1) >= 0 {
			io.CopyN(io.Discard, r.Body, r.ContentLength/2)
			s.broken.Add(1)
			panic(http.ErrAbortHandler)
		}
		s.uploads.Add(1)
		s.bytes.Add(r.ContentLength)
	}
	if !s.lies.Load() {
		s.Handler.ServeHTTP(w, r)
		return
	}
	answer := httptest.NewRecorder()
	s.Handler.ServeHTTP(answer, r)
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	if w.Header().Get("ETag") != "" {
		w.Header().Set("ETag", oneETag)
	}
	body := answer.Body.Bytes()
	if strings.Contains(w.Header().Get("Content-Type"), "xml") {
		w.Header().Del("Content-Length")
		body = listedETag.ReplaceAll(body, []byte("<ETag>"+oneETag+"</ETag>"))
	}
	w.WriteHeader(answer.Code)
	w.Write(body)
}

// oneETag is that of an empty object.
const oneETag = `"d41d8cd98f00b204e9800998ecf8427e"`

var listedETag = regexp.MustCompile(`<ETag>[^<]*</ETag>`)

// newBucket serves a bucket and gives the address of a folder in it.
func newBucket(t *testing.T) (*bucketServer, func(folder string) string) {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("books"); err != nil {
		t.Fatal(err)
	}
	s := &bucketServer{Handler: gofakes3.New(backend).Server()}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, func(folder string) string {
		return "s3://books/" + folder + "?use_path_style=true&region=us-east-1&endpoint=" + server.URL
	}
}

// bucketOf opens what an address leads to, and gives the path within the program.
func bucketOf(t *testing.T, address string) (*places, string) {
	t.Helper()
	p := newPlaces(machine{})
	place, open, err := at(address)
	if err == nil {
		err = p.open(context.Background(), open)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p, place
}

// put uploads a folder.
func putAll(t *testing.T, address string, from tree) {
	t.Helper()
	p, place := bucketOf(t, address)
	for name, data := range from {
		b, key := p.find(place + "/" + name)
		if err := b.WriteAll(context.Background(), key, []byte(data), &blob.WriterOptions{ContentType: "application/octet-stream"}); err != nil {
			t.Fatal(err)
		}
	}
}

// objects reads a folder of a bucket, without our own state.
func objects(t *testing.T, address string) tree {
	t.Helper()
	p, place := bucketOf(t, address)
	all := tree{}
	var read func(dir, name string)
	read = func(dir, name string) {
		there, err := p.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range there {
			switch {
			case e.Name() == stateFolder:
			case e.IsDir():
				read(dir+"/"+e.Name(), name+e.Name()+"/")
			default:
				data, _, err := readHashed(p, dir+"/"+e.Name())
				if err != nil {
					t.Fatal(err)
				}
				all[name+e.Name()] = string(data)
			}
		}
	}
	read(place, "")
	return all
}

// From a bucket to a bucket, by two worker processes: what one machine makes in
// folders, byte for byte, with uploads that broke off half-way.
func TestBuckets(t *testing.T) {
	t.Parallel()
	s, s3 := newBucket(t)
	s.breaks.Store(3)
	dir := t.TempDir()
	for what, address := range map[string]func(string) string{"s3": s3, "file": func(folder string) string { return "file://" + filepath.Join(dir, folder) }} {
		t.Run(what, func(t *testing.T) {
			in := t.TempDir()
			manyBooks(t, in, 20)
			want := alone(t, in)
			if what == "file" {
				for _, folder := range []string{"in", "out"} {
					if err := os.Mkdir(filepath.Join(dir, folder), 0o777); err != nil {
						t.Fatal(err)
					}
				}
			}
			putAll(t, address("in"), files(t, in))
			q := openQueue(t, newDatabase(t))
			opts := queueOptions()
			opts.Quiet = time.Hour // objects are whole: nothing waits for it
			if sum, all := submitAll(t, q, address("in"), address("out"), opts); sum.Queued != 20 {
				t.Fatalf("queued %d of 20: %v", sum.Queued, all)
			}
			for range 2 {
				cmd := childWorker{Queue: q.pool.Config().ConnString(), Workers: 1, JobTimeout: time.Minute}.start(t)
				defer func() { cmd.Process.Signal(syscall.SIGTERM); cmd.Wait() }()
			}
			drained(t, q, 5*time.Minute)
			got := objects(t, address("out"))
			if page := got["index.html"]; !strings.HasSuffix(strings.TrimSpace(page), "</html>") {
				t.Error("the page is not whole")
			}
			delete(got, "index.html")
			compared := 0
			for name := range want {
				if compared++; got[name] != want[name] {
					t.Errorf("%s differs from that of one machine (%d bytes, %d)", name, len(got[name]), len(want[name]))
				}
			}
			if len(got) != len(want) || compared < 18 {
				t.Errorf("the bucket has %q, want %q", names(got), names(want))
			}
			if sum, all := submitAll(t, q, address("in"), address("out"), opts); sum.Queued != 0 || sum.Workbooks != 20 {
				t.Errorf("submitted again: %v", all)
			}
		})
	}
	s.calls.Range(func(method, n any) bool { t.Logf("%s: %d calls", method, n.(*atomic.Int32).Load()); return true })
	t.Logf("%d uploads of results, %d bytes, %d broken off", s.uploads.Load(), s.bytes.Load(), s.broken.Load())
	if s.broken.Load() != 3 {
		t.Errorf("%d uploads were broken off", s.broken.Load())
	}
}

// An object that was overwritten with as many bytes and has the same ETag is another
// content all the same; one that was uploaded again with the same bytes is not made
// again.
func TestBucketETag(t *testing.T) {
	s, address := newBucket(t)
	s.lies.Store(true)
	b := newQueueBench(t, nil)
	b.opts.Now = time.Now
	b.in, b.out = address("deep/in"), address("deep/in/out") // OUT in IN is not searched
	putAll(t, b.in, tree{"x.xlsx": "one", "子/y.xlsx": "same"})
	p, place := bucketOf(t, b.in)
	there, err := p.ReadDir(place)
	if err != nil || len(there) != 2 {
		t.Fatalf("%v, %v", there, err)
	}
	listed, _ := there[0].Info()
	asked, err := p.Stat(place + "/子/y.xlsx")
	if err != nil || stampOf(listed).Inode == 0 || stampOf(listed).Inode != stampOf(asked).Inode {
		t.Fatalf("the ETags differ: %v, %v, %v", listed, asked, err)
	}
	b.submit("x.xlsx queued", "子/y.xlsx queued")
	b.works("x.xlsx enriched", "子/y.xlsx enriched")
	putAll(t, b.in, tree{"x.xlsx": "two", "子/y.xlsx": "same"})
	b.submit("x.xlsx queued", "子/y.xlsx unchanged")
	b.works("x.xlsx enriched")
	got := objects(t, b.out)
	if want := "two|x.xlsx|0|zh|"; got["x.enriched.xlsx"] != want || len(got) != 2 {
		t.Errorf("got %q", got)
	}
	p, place = bucketOf(t, b.out)
	if err := p.Remove(place + "/x.enriched.xlsx"); err != nil {
		t.Fatal(err)
	}
	b.submit("x.xlsx queued", "子/y.xlsx unchanged")
	b.works("x.xlsx enriched")
	in, root := bucketOf(t, b.in)
	if err := in.Remove(root + "/x.xlsx"); err != nil {
		t.Fatal(err)
	}
	b.opts.Prune = true
	b.submit("子/y.xlsx unchanged", "x.xlsx gone deleted")
	if got := objects(t, b.out); len(got) != 1 {
		t.Errorf("after pruning: %q", names(got))
	}
	for _, wrong := range []string{"s3://none/in?use_path_style=true&region=us-east-1&endpoint=" + strings.Split(b.in, "endpoint=")[1], "ftp://x/y"} {
		if _, err := Submit(context.Background(), b.q, wrong, b.out, b.opts, func(Outcome) {}); err == nil {
			t.Errorf("%s: nothing is wrong", wrong)
		}
	}
	if _, err := Run(context.Background(), b.in, b.out, b.opts, b.steps, func(Outcome) {}); err != ErrNeedsQueue {
		t.Errorf("without a queue: %v", err)
	}
}
