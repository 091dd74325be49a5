package journal

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Run is what a journal tells of a run.
type Run struct {
	Name     string
	Revision string
	Tenants  []string          // in the order that the run had
	States   map[string]string // by tenant: what became of it; [Begun] while nobody knows
	Open     []Line            // changes that were begun, in that order, and of which no end is told
	Ended    bool
}

// ErrNoRun says that a journal has no line that a run begins with.
var ErrNoRun = errors.New("no run begins in it")

const longestLine = 64 << 20 // bytes; the first line names all tenants of a fleet

// Read returns the last run that begins in a journal. A line that is torn, because its
// run was killed while it wrote, is left out; one that is not the last of its run is an
// error.
func Read(r io.Reader) (*Run, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestLine)
	var run *Run
	var torn error
	for n := 1; lines.Scan(); n++ {
		var l Line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			if torn == nil && len(lines.Bytes()) > 0 {
				torn = fmt.Errorf("line %d is not one of a journal", n)
			}
			continue
		}
		if l.What == Begin {
			if l.Format != Format {
				return nil, fmt.Errorf("line %d: its format is %q: this qdeploy reads %s", n, l.Format, Format)
			}
			run, torn = &Run{Name: l.Run, Revision: l.Revision, Tenants: l.Tenants, States: map[string]string{}}, nil
			continue
		}
		if torn != nil {
			return nil, torn
		}
		if run != nil {
			run.add(l)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if run == nil {
		return nil, ErrNoRun
	}
	return run, nil
}

// add takes in a line. What newer versions write besides is left out.
func (r *Run) add(l Line) {
	switch l.What {
	case Tenant:
		r.States[l.Tenant] = l.Status
	case End:
		r.Ended = true
	case Change:
		if l.Status == Begun {
			r.Open = append(r.Open, l)
			return
		}
		for i, o := range r.Open {
			if o.Tenant == l.Tenant && o.Key == l.Key {
				r.Open = append(r.Open[:i], r.Open[i+1:]...)
				return
			}
		}
	}
}
