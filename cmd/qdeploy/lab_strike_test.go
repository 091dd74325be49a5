package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// A watch stands in front of a lab's cloud: it holds one request so that a
// script can strike at that moment, and it hears every secret that is sent.
type watch struct {
	mu     sync.Mutex
	held   *held
	parrot string // what is repeated: on, off or writes
	heard  map[string]bool
}

// held is the request that a script waits for.
type held struct {
	method, prefix string
	left           int  // requests to let through before it
	after          bool // the work is done before it is held
	reached        chan struct{}
	release        chan bool // false or closed: the one who asked is dead, forget the request
}

func (w *watch) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		h, parrot := w.meet(r)
		switch {
		case parrot:
			repeat(rw, r)
		case h == nil:
			next.ServeHTTP(rw, r)
		default:
			h.serve(rw, r, next)
		}
	})
}

// meet listens to a request and returns what holds it, if anything does.
func (w *watch) meet(r *http.Request) (*held, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if secret := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "); secret != "" {
		w.hear(secret)
	}
	h := w.held
	if h == nil || r.Method != h.method || !strings.HasPrefix(r.URL.Path, h.prefix) {
		return nil, w.repeats(r)
	}
	if h.left--; h.left > 0 {
		return nil, w.repeats(r)
	}
	w.held = nil
	return h, false
}

func (w *watch) hear(secret string) {
	if w.heard == nil {
		w.heard = map[string]bool{}
	}
	w.heard[secret] = true
}

func (h *held) serve(rw http.ResponseWriter, r *http.Request, next http.Handler) {
	answer := httptest.NewRecorder()
	if h.after {
		next.ServeHTTP(answer, r)
	}
	close(h.reached)
	if alive := <-h.release; !alive {
		panic(http.ErrAbortHandler)
	}
	if !h.after {
		next.ServeHTTP(rw, r)
		return
	}
	for name, values := range answer.Header() {
		rw.Header()[name] = values
	}
	rw.WriteHeader(answer.Code)
	_, _ = rw.Write(answer.Body.Bytes()) // whoever asked may have gone away
}

// repeat refuses a request with all that was said in it, as a careless gateway
// would: what it repeats must go no further.
func repeat(rw http.ResponseWriter, r *http.Request) {
	var said bytes.Buffer
	if strings.HasPrefix(r.URL.Path, "/api/") && r.Method != http.MethodGet {
		_, _ = said.ReadFrom(r.Body) // the head would leave no room for it
	} else {
		_ = r.Write(&said)
	}
	http.Error(rw, "cannot understand: "+strings.Join(strings.Fields(said.String()), " "), http.StatusBadRequest)
}

// repeats reports whether a request is refused with what it says.
func (w *watch) repeats(r *http.Request) bool {
	writes := r.Method != http.MethodGet && strings.HasPrefix(r.URL.Path, "/api/")
	return w.parrot == "on" || w.parrot == "writes" && writes
}

// parrot on|off|writes makes the cloud repeat what it is sent, secrets too; or only
// the bodies of what changes something.
func cmdParrot(ts *testscript.TestScript, neg bool, args []string) {
	w := &labOf(ts).watch
	w.mu.Lock()
	defer w.mu.Unlock()
	w.parrot = args[0]
}

// strike SIGNAL[,SIGNAL] before|after METHOD PATH[:N] PROGRAM ARG... runs a
// program, and signals it at its Nth request of that method whose path begins
// so, before or after the request's work is done. What it printed is then there
// to compare, its exit status on the last line of stderr.
func cmdStrike(ts *testscript.TestScript, neg bool, args []string) {
	prefix, n, _ := strings.Cut(args[3], ":")
	h := &held{method: args[2], prefix: prefix, left: 1, after: args[1] == "after", reached: make(chan struct{}), release: make(chan bool)}
	if n != "" {
		left, err := strconv.Atoi(n)
		ts.Check(err)
		h.left = left
	}
	w := &labOf(ts).watch
	w.mu.Lock()
	w.held = h
	w.mu.Unlock()

	ts.Check(ts.Exec("env"))
	self, err := os.Executable()
	ts.Check(err)
	var out, errs screen
	c := &exec.Cmd{Path: self, Args: args[4:], Dir: ts.MkAbs("."), Stdout: &out, Stderr: &errs}
	c.Env = strings.Split(strings.TrimSpace(ts.ReadFile("stdout")), "\n")
	ts.Check(c.Start())
	defer func() { _ = c.Process.Kill() }() // it has ended, or the script has failed
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	select {
	case <-h.reached:
	case err := <-ended:
		ts.Fatalf("it ended before it could be struck: %v\n%s", err, errs.String())
	}
	defer close(h.release) // when it is too late to strike, nobody waits for ever
	h.release <- signalled(ts, c.Process, args[0], &errs)
	err = <-ended
	var status *exec.ExitError
	if err != nil && !errors.As(err, &status) {
		ts.Fatalf("%v", err)
	}
	fmt.Fprint(ts.Stdout(), out.String())
	fmt.Fprintf(ts.Stderr(), "%s%s\n", errs.String(), c.ProcessState)
}

// signalled sends signals, and waits until each was noticed. It reports whether
// the process lives on to hear an answer.
func signalled(ts *testscript.TestScript, p *os.Process, names string, said *screen) bool {
	for i, name := range strings.Split(names, ",") {
		switch name {
		case "KILL":
			ts.Check(p.Kill())
			return false
		case "INT":
			ts.Check(p.Signal(syscall.SIGINT))
			said.waitFor(ts, []string{"stopping", "breaking off"}[i])
		}
	}
	return true
}

// A screen is what a running program has printed so far.
type screen struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func (s *screen) waitFor(ts *testscript.TestScript, what string) {
	for range 1000 {
		if strings.Contains(s.String(), what) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	ts.Fatalf("it did not say %q but %q", what, s.String())
}
