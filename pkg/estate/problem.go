package estate

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Severity says how bad a problem is.
type Severity string

const (
	Error   Severity = "error"
	Warning Severity = "warning" // the estate can be used as it is
	Info    Severity = "info"    // nothing is wrong; see [Options].Remarks
)

// Problem is something that is wrong with an estate.
type Problem struct {
	Severity Severity `json:"severity"`
	Code     string   `json:"code,omitempty"`    // of the lint that found it, described in docs/lints.md
	Pos      string   `json:"pos,omitempty"`     // file:line:column, seen from the estate's directory
	Tenant   string   `json:"tenant,omitempty"`  // the tenant, or one of several
	Tenants  int      `json:"tenants,omitempty"` // how many tenants have it; 0 if it is about none
	Key      plan.Key `json:"key,omitzero"`      // the resource; zero if it is about none
	Message  string   `json:"message"`
	Hint     string   `json:"hint,omitempty"` // what to do about it

	// shape is the message without what differs from tenant to tenant. Problems
	// of one shape at one position are one problem. Empty means the message.
	shape string

	// alone is the position, and the hint, if but one tenant has the problem.
	alone, aloneHint string
}

// String returns the problem in one line, or two if there is a hint.
func (p Problem) String() string {
	var b strings.Builder
	if p.Pos != "" {
		b.WriteString(p.Pos + ": ")
	}
	if p.Severity == Warning || p.Severity == Info {
		b.WriteString(string(p.Severity) + ": ")
	}
	if p.Code != "" {
		b.WriteString(p.Code + ": ")
	}
	switch {
	case p.Tenants > 1:
		fmt.Fprintf(&b, "%s and %d more: ", p.Tenant, p.Tenants-1)
	case p.Tenant != "":
		b.WriteString(p.Tenant + ": ")
	}
	if !p.Key.IsZero() {
		b.WriteString(p.Key.String() + ": ")
	}
	b.WriteString(p.Message)
	if p.Hint != "" {
		b.WriteString("\n\t" + p.Hint)
	}
	return b.String()
}

// Place is Pos cut in its parts; the numbers are 0 if it has none.
func (p Problem) Place() (file string, line, column int) { return splitPos(p.Pos) }

// Problems is everything that was found wrong, sorted by position. As an error
// it is all of them, a line each.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Errors returns the problems that keep the estate from being used.
func (ps Problems) Errors() Problems {
	var out Problems
	for _, p := range ps {
		if p.Severity != Warning && p.Severity != Info {
			out = append(out, p)
		}
	}
	return out
}

func (p Problem) compare(q Problem) int {
	if p.Pos != q.Pos {
		file1, line1, col1 := splitPos(p.Pos)
		file2, line2, col2 := splitPos(q.Pos)
		return cmp.Or(cmp.Compare(file1, file2), cmp.Compare(line1, line2), cmp.Compare(col1, col2))
	}
	return cmp.Or(cmp.Compare(len(p.Code), len(q.Code)), cmp.Compare(p.Code, q.Code), // L2 before L10
		p.Key.Compare(q.Key), cmp.Compare(p.Message, q.Message), cmp.Compare(p.Tenant, q.Tenant))
}

// splitPos undoes file:line:column.
func splitPos(pos string) (file string, line, col int) {
	parts := strings.Split(pos, ":")
	if n := len(parts); n >= 3 {
		line, _ = strconv.Atoi(parts[n-2])
		col, _ = strconv.Atoi(parts[n-1])
		return strings.Join(parts[:n-2], ":"), line, col
	}
	return pos, 0, 0
}

// collector gathers problems and folds those that many tenants share. Several
// goroutines may use it; the order in which they do does not show.
type collector struct {
	mu    sync.Mutex
	found map[fold]Problem
}

// fold tells which problems are the same: the nth of a shape at a position.
type fold struct {
	pos, shape string
	nth        int
}

// add takes the problems of one tenant, or with no name those of the estate.
func (c *collector) add(tenant string, ps ...Problem) {
	if len(ps) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.found == nil {
		c.found = map[fold]Problem{}
	}
	seen := map[fold]int{}
	for i, p := range ps {
		if slices.Contains(ps[:i], p) {
			continue // CUE says it of a field and of what is around it
		}
		f := fold{pos: p.Pos, shape: cmp.Or(p.shape, p.Message)}
		f.nth = seen[f]
		seen[fold{pos: f.pos, shape: f.shape}]++
		p.Severity = cmp.Or(p.Severity, Error)
		if tenant != "" {
			p.Tenant, p.Tenants = tenant, 1
		}
		if old, ok := c.found[f]; ok {
			p = old.and(p)
		}
		c.found[f] = p
	}
}

// and returns p and q as one problem: the words are those of the first tenant.
func (p Problem) and(q Problem) Problem {
	n := p.Tenants + q.Tenants
	if p.Tenants == 0 || q.Tenants == 0 {
		n = 0
	}
	if q.Tenant < p.Tenant {
		p = q
	}
	p.Tenants = n
	return p
}

// problems returns what was found so far, sorted; nil if nothing was.
func (c *collector) problems() Problems {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out Problems
	for _, p := range c.found {
		if p.Tenants == 1 && p.alone != "" {
			p.Pos, p.Hint = p.alone, p.aloneHint
		}
		out = append(out, p)
	}
	slices.SortFunc(out, Problem.compare)
	return out
}
