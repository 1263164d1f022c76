package jobs

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// server is a PostgreSQL of a test: the machine's own program, in a folder of its
// own, on loopback. It refuses to run as root; then it is the user postgres.
type server struct {
	bin, dir string
	port     int
	as       *syscall.Credential
	cmd      *exec.Cmd
}

// shared is one server for all tests that do not kill it.
var shared struct {
	sync.Mutex
	*server
}

var databases atomic.Int64

// newDatabase gives the address of an empty database.
func newDatabase(t testing.TB) string {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		serverPrograms(t)
		dir, err := os.MkdirTemp("", "shakeout-postgres-")
		if err != nil {
			t.Fatal(err)
		}
		shared.server = newServer(t, dir)
	}
	return shared.database(t)
}

// stopServers ends the shared server and removes what it had.
func stopServers() {
	if shared.server != nil {
		shared.stop(syscall.SIGQUIT)
		os.RemoveAll(shared.dir)
	}
}

// serverPrograms is the folder of PostgreSQL's programs; without one the test is skipped.
func serverPrograms(t testing.TB) string {
	t.Helper()
	if path, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(path)
	}
	if all, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres"); len(all) > 0 {
		return filepath.Dir(all[len(all)-1])
	}
	const want = "needs PostgreSQL (Debian: postgresql)"
	if os.Getenv("SHAKEOUT_REQUIRE") == "all" {
		t.Fatal(want)
	}
	t.Skip(want)
	return ""
}

func newServer(t testing.TB, dir string) *server {
	t.Helper()
	s := &server{bin: serverPrograms(t), dir: dir}
	if os.Geteuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			t.Fatal(err)
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		s.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if said, err := s.command("initdb", "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, said)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.port = l.Addr().(*net.TCPAddr).Port
	l.Close()
	s.start(t)
	return s
}

func (s *server) data() string { return filepath.Join(s.dir, "data") }

func (s *server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Pdeathsig: syscall.SIGQUIT}
	return cmd
}

func (s *server) start(t testing.TB) {
	t.Helper()
	s.cmd = s.command("postgres", "-D", s.data(), "-p", strconv.Itoa(s.port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="+s.dir,
		"-c", "max_connections=200", "-c", "shared_buffers=64MB")
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(5 * time.Minute); ; {
		conn, err := pgx.Connect(context.Background(), s.address("postgres"))
		if err == nil {
			conn.Close(context.Background())
			return
		}
		if time.Now().After(until) {
			said, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			t.Fatalf("PostgreSQL does not answer: %v\n%s", err, said)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// stop ends the server: SIGKILL as when the machine's memory is gone, SIGQUIT at
// once. Its children end when it does.
func (s *server) stop(sig syscall.Signal) {
	s.cmd.Process.Signal(sig)
	s.cmd.Wait()
}

func (s *server) address(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", s.port, database)
}

func (s *server) database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test%d", databases.Add(1))
	conn, err := pgx.Connect(context.Background(), s.address("postgres"))
	if err == nil {
		defer conn.Close(context.Background())
		_, err = conn.Exec(context.Background(), "CREATE DATABASE "+name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s.address(name)
}

// proxy is a connection to a server that can be cut.
type proxy struct {
	l  net.Listener
	to string

	mu    sync.Mutex
	pairs map[net.Conn]net.Conn
	wait  chan struct{} // closed when the connection is whole again
}

func newProxy(t *testing.T, port int) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{l: l, to: fmt.Sprintf("127.0.0.1:%d", port), pairs: map[net.Conn]net.Conn{}}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(c)
		}
	}()
	return p
}

func (p *proxy) address(t *testing.T, of string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(p.l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_, its, _ := net.SplitHostPort(p.to)
	return strings.Replace(of, ":"+its+"/", ":"+port+"/", 1)
}

func (p *proxy) serve(c net.Conn) {
	defer c.Close()
	p.whole()
	s, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer s.Close()
	p.mu.Lock()
	p.pairs[c] = s
	p.mu.Unlock()
	defer func() { p.mu.Lock(); delete(p.pairs, c); p.mu.Unlock() }()
	done := make(chan struct{}, 2)
	pump := func(to, from net.Conn) {
		defer func() { done <- struct{}{} }()
		buf := make([]byte, 1<<15)
		for {
			n, err := from.Read(buf)
			p.whole() // what is said while it is cut does not arrive
			if n > 0 {
				if _, err := to.Write(buf[:n]); err != nil {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}
	go pump(s, c)
	go pump(c, s)
	<-done
}

// whole waits while the connection is cut.
func (p *proxy) whole() {
	p.mu.Lock()
	wait := p.wait
	p.mu.Unlock()
	if wait != nil {
		<-wait
	}
}

// cutFor cuts the connection for a time: first nothing arrives and nobody is told,
// in the end what was open is broken.
func (p *proxy) cutFor(d time.Duration) (broken int) {
	p.mu.Lock()
	p.wait = make(chan struct{})
	p.mu.Unlock()
	time.Sleep(d)
	p.mu.Lock()
	defer p.mu.Unlock()
	for c, s := range p.pairs {
		broken++
		for _, end := range []net.Conn{c, s} {
			end.(*net.TCPConn).SetLinger(0)
			end.Close()
		}
	}
	close(p.wait)
	p.wait = nil
	return broken
}
