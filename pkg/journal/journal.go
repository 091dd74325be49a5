// Package journal keeps what one run is about to do and what became of it, line by
// line, in a file that is only ever appended to: so that a run which is killed leaves
// word of what it had begun. It holds names, routes and statuses, and nothing that was
// sent.
//
// Start with [Open] and [Read]. It is a package of the qdeploy program, not a stable API.
package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Format names the lines; it stands in the first line of each run.
const Format = "qdeploy/journal/1"

// What a line is about.
const (
	Begin  = "run"    // a run begins: Run, Revision, Tenants
	Tenant = "tenant" // Tenant
	Change = "change" // Tenant, Action, Key
	Call   = "call"   // Host, Call, N; when it has ended, N alone
	End    = "end"    // the run ends: Status is its exit status
)

// Begun is the status of what is about to be done. Any other one is what became of it.
const Begun = "begun"

// Line is one line of a journal. Which fields it has follows from What.
type Line struct {
	At     time.Time `json:"at"`
	What   string    `json:"what"`
	Status string    `json:"status"`

	Format   string   `json:"format,omitempty"`
	Run      string   `json:"run,omitempty"`
	Revision string   `json:"revision,omitempty"` // of the estate
	Tenants  []string `json:"tenants,omitempty"`  // what the run is about, in its order

	Tenant string `json:"tenant,omitempty"`
	Action string `json:"action,omitempty"`
	Key    string `json:"key,omitempty"`

	Host string `json:"host,omitempty"`
	Call string `json:"call,omitempty"` // method and path, without a query
	N    int64  `json:"n,omitempty"`    // tells the end of a call from that of another

	Error string `json:"error,omitempty"`
}

// Journal is a file that a run writes. It may be used by many goroutines.
type Journal struct {
	mu   sync.Mutex
	file *os.File
	now  func() time.Time
	err  error
}

// Open opens a file to append to, and makes it, for its owner alone, where there is
// none. A line that was torn by the end of an earlier run is ended first.
func Open(path string, now func() time.Time) (*Journal, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	if err := endLine(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &Journal{file: f, now: now}, nil
}

func endLine(f *os.File) error {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return err
	}
	last := make([]byte, 1)
	if _, err := f.ReadAt(last, size-1); err != nil || last[0] == '\n' {
		return err
	}
	_, err = f.WriteString("\n")
	return err
}

// Write appends a line in one piece and does not keep it back: what was written
// outlives the program, though not the power of the machine. After an error nothing
// more is written, and each call returns it.
func (j *Journal) Write(l Line) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return j.err
	}
	l.At = j.now().UTC()
	b, err := json.Marshal(l)
	if err == nil {
		_, err = j.file.Write(append(b, '\n'))
	}
	if err != nil {
		j.err = fmt.Errorf("journal: %w", err)
	}
	return j.err
}

// Close closes the file.
func (j *Journal) Close() error { return j.file.Close() }
