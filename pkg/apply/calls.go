package apply

import "sync"

// Calls is a budget of calls for one run. It may be used concurrently; nil allows
// everything.
type Calls struct {
	max  int
	made func() int

	mu      sync.Mutex
	planned int // calls that were made before, and that what has begun is expected to make
	spent   bool
}

// NewCalls returns a budget of max calls, of which made tells at any time how many the
// run has made, those before this one too.
func NewCalls(limit int, made func() int) *Calls {
	return &Calls{max: limit, made: made, planned: made()}
}

// Begin reports whether a tenant that is expected to cost n calls may begin: whether
// they fit into what is left. Once one does not fit nothing begins any more, however
// little it costs, so that a run stops at one point of its order.
func (c *Calls) Begin(n int) bool {
	if c == nil {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.spent || max(c.planned, c.made())+n > c.max {
		c.spent = true
		return false
	}
	c.planned += n
	return true
}

// Spent reports whether something could not begin.
func (c *Calls) Spent() bool {
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.spent
}
