package main

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/qdeploy/qdeploy/pkg/qlik"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// theatre is where a rehearsal plays: an emulated cloud that is reached without a
// network, and a clock that nobody waits for.
//
// Each tenant has a time of its own, since tenants do not wait for one another: a
// request adds the latency to it, and a pause adds itself. So the requests of one
// tenant take their time one after another, although some run at once, and what is
// counted is the most that a tenant takes.
type theatre struct {
	cloud   *qliktest.Cloud
	copies  int // of tenants, besides those of the estate
	latency time.Duration
	faults  float64   // share of requests that are answered with 503
	broken  *breakage // nil: nothing
	seed    int64
	base    time.Time // when the present phase began; changed between phases only
	lanes   sync.Map  // *lane by host
	told    tally
}

// lane is the time of one host in the present phase, and what was asked there.
type lane struct {
	mu    sync.Mutex
	took  time.Duration
	calls int
	seen  map[string]int // requests by method and path, in all phases
}

// tally is what a rehearsal counts.
type tally struct {
	mu                              sync.Mutex
	tiers                           map[string]int
	writes, retries, limited, fault atomic.Int64
	uploaded                        atomic.Int64
}

func (s *theatre) lane(host string) *lane {
	l, ok := s.lanes.Load(host)
	if !ok {
		l, _ = s.lanes.LoadOrStore(host, &lane{seen: map[string]int{}})
	}
	return l.(*lane)
}

func (s *theatre) at(host string) time.Time {
	l := s.lane(host)
	l.mu.Lock()
	defer l.mu.Unlock()
	return s.base.Add(l.took)
}

func (s *theatre) pass(host string, d time.Duration) {
	l := s.lane(host)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.took += d
}

// leave returns how long a host was busy in the phase, and with how many requests, and
// ends that.
func (s *theatre) leave(host string) (took time.Duration, calls int) {
	l := s.lane(host)
	l.mu.Lock()
	defer l.mu.Unlock()
	took, calls = l.took, l.calls
	l.took, l.calls = 0, 0
	return took, calls
}

// play makes a client of this theatre.
func (s *theatre) play(o *qlik.Options) {
	host, log := o.Host, o.Log
	o.Endpoint, o.Transport = nil, s
	o.Clock = &qlik.Clock{Steady: true, Now: func() time.Time { return s.at(host) }, Sleep: func(ctx context.Context, d time.Duration) error {
		s.pass(host, d)
		return ctx.Err()
	}}
	o.Log = func(c qlik.Call) {
		if c.Attempt > 1 {
			s.told.retries.Add(1)
		}
		log(c)
	}
}

// RoundTrip asks the emulator, without a network.
func (s *theatre) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		body, err = io.ReadAll(req.Body)
		_ = req.Body.Close() // it was read
		if err != nil {
			return nil, err
		}
	}
	host := req.URL.Host
	s.pass(host, s.latency)
	s.told.uploaded.Add(int64(len(body)))
	s.told.mu.Lock()
	s.told.tiers[qlik.Operation{Method: req.Method, Path: req.URL.Path}.Tier()]++
	s.told.mu.Unlock()
	if req.Method != http.MethodGet && req.Method != http.MethodHead && !strings.HasPrefix(req.URL.Path, "/oauth/") {
		s.told.writes.Add(1)
	}
	w := newReply()
	again := req.Clone(req.Context())
	again.Host, again.Body = host, io.NopCloser(bytes.NewReader(body))
	switch s.fate(req, host, body) {
	case isWrong:
		w.refuse(http.StatusBadRequest, "rehearsed: the change is wrong here")
	case fails:
		w.refuse(http.StatusServiceUnavailable, "rehearsed: a fault")
	case failsLate:
		s.cloud.ServeHTTP(newReply(), again)
		w.refuse(http.StatusServiceUnavailable, "rehearsed: a fault after the work was done")
	default:
		s.cloud.ServeHTTP(w, again)
	}
	if w.status == http.StatusTooManyRequests {
		s.told.limited.Add(1)
	}
	return &http.Response{
		Status: http.StatusText(w.status), StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: w.header,
		Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: req,
	}, nil
}

// fate is what becomes of a request besides its answer.
type fate int

const (
	isServed  fate = iota
	isWrong        // refused: the change is wrong
	fails          // nothing is done, and that is the answer
	failsLate      // it is done, and the answer says that it is not
)

// fate decides about a request. It follows from the seed, the request, and how often it
// came: the order of others has no say.
func (s *theatre) fate(req *http.Request, host string, body []byte) fate {
	what := req.Method + " " + req.URL.Path
	l := s.lane(host)
	l.mu.Lock()
	l.seen[what]++
	l.calls++
	n := l.seen[what]
	l.mu.Unlock()
	if s.hits(host) && s.broken.meets(req, body) {
		s.broken.refused.Add(1)
		return isWrong
	}
	if s.faults == 0 {
		return isServed
	}
	switch x := s.draw(host, what, fmt.Sprint(n)); {
	case x >= s.faults:
		return isServed
	case x >= s.faults/2:
		s.told.fault.Add(1)
		return fails
	}
	s.told.fault.Add(1)
	return failsLate
}

// hits reports whether the change is broken in a tenant.
func (s *theatre) hits(host string) bool { return s.broken != nil && s.draw(host) < s.broken.share }

// draw returns a number from 0 to 1 that follows from the seed and the words.
func (s *theatre) draw(words ...string) float64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %q", s.seed, words)
	x := h.Sum64()
	x ^= x >> 33 // the last bytes of fnv hardly reach its first bits
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return float64(x>>11) / (1 << 53)
}

// reply is an answer of the emulator.
type reply struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func newReply() *reply { return &reply{header: http.Header{}, status: http.StatusOK} }

func (r *reply) Header() http.Header         { return r.header }
func (r *reply) WriteHeader(status int)      { r.status = status }
func (r *reply) Write(b []byte) (int, error) { return r.body.Write(b) }

func (r *reply) refuse(status int, why string) {
	r.status = status
	r.header.Set("Content-Type", "application/json")
	fmt.Fprintf(&r.body, `{"errors":[{"code":"HTTP-%d","title":%q}]}`, status, why)
}
