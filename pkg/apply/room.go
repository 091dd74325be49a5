package apply

import (
	"fmt"
	"sync"
	"time"
)

// End is how one of many ended, and whose trouble that tells of.
type End int

const (
	EndWell      End = iota // the platform answered, whatever it said
	EndFell                 // by what was asked of it: it burns the budget
	EndTroubled             // by the platform's trouble, and something may have been done
	EndUntouched            // by the platform's trouble, and nothing was done: it may be begun again
)

// What tells trouble of the platform from that of one tenant.
const (
	severalHosts  = 3                // in trouble within a window, and no fewer
	troubledPart  = 4                // one call of so many, in a window
	callWindow    = 10 * time.Second // in which calls are counted
	calm          = 5 * time.Second  // that the calls are given after they slowed things down
	inARow        = 3                // tenants that end in trouble with none between them that does not
	shortestPause = 5 * time.Second  // before a platform that refuses everything is asked again; doubled each time
	longestPause  = time.Minute
)

// Room is how many tenants are worked on at a time: fewer while the platform is in
// trouble, and more again when it is not. The first half goes by its calls, see
// [Room.Heard], and by the tenants that end in trouble, three in a row; each further one
// halves again, and at one at a time it pauses before the next. Each time that as many
// as there is room for have ended well, there is room for one more.
//
// It may be used concurrently; several [Within] share one. Nil has room for everybody.
type Room struct {
	patience time.Duration
	say      func(string)

	mu     sync.Mutex
	most   int
	limit  int // from 1 to most
	held   int
	well   int // that ended well since the limit was changed
	row    int // that ended in trouble since one did not
	since  time.Time
	pause  time.Duration
	until  time.Time // nothing begins before
	over   bool
	slowed time.Time // by calls
	window window
	wake   chan struct{} // closed when there may be room that was not
}

// window counts calls.
type window struct {
	began      time.Time
	calls, bad int
	hosts      map[string]bool // of those in trouble
}

// NewRoom returns room for most at a time. When the platform has refused everything for
// longer than patience, nothing more begins; 0 keeps the room as it is, come what may.
// Say is told in a line of each change that people should know of; nil is silent.
func NewRoom(most int, patience time.Duration, say func(string)) *Room {
	if say == nil {
		say = func(string) {}
	}
	return &Room{most: max(most, 1), limit: max(most, 1), patience: patience, say: say, wake: make(chan struct{})}
}

// For begins work on n tenants, for which there is room for most at a time. What was
// learned of the platform before stays.
func (r *Room) For(n, most int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	whole := r.limit == r.most
	r.most = max(1, min(n, most))
	if whole || r.limit > r.most {
		r.limit = r.most
	}
}

// Heard is told of each call to a host: whether it shows trouble of the platform's, that
// is no answer, an answer of 500 or more, or too many requests. Trouble of at least three
// hosts within ten seconds, in a quarter of all calls, halves the room: one tenant's own
// trouble does not, nor does a call in a hundred.
func (r *Room) Heard(host string, trouble bool) {
	if r == nil || r.patience == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	w := &r.window
	if w.hosts == nil || now.Sub(w.began) > callWindow {
		*w = window{began: now, hosts: map[string]bool{}}
	}
	w.calls++
	if !trouble {
		return
	}
	w.bad++
	w.hosts[host] = true
	if len(w.hosts) < severalHosts || w.bad*troubledPart < w.calls || r.limit == 1 || now.Sub(r.slowed) < calm {
		return
	}
	r.slowed = now
	r.halve()
}

// halve needs r.mu.
func (r *Room) halve() {
	was := r.limit
	r.limit = max(1, r.limit/2)
	r.well, r.window = 0, window{}
	if r.limit < was {
		r.say(fmt.Sprintf("the platform answers slowly or with errors: %d → %d tenants at a time", was, r.limit))
	}
}

// Over reports whether the platform has refused everything for so long that nothing more
// begins.
func (r *Room) Over() bool {
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.over
}

// refuses reports whether the platform seems to refuse everything.
func (r *Room) refuses() bool {
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.row >= inARow
}

// take takes room for one, if there is any. If not, woken is closed when it is worth
// asking again; it is nil when nothing begins any more.
func (r *Room) take() (ok bool, woken <-chan struct{}) {
	if r == nil {
		return true, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.over:
		return false, nil
	case r.held >= r.limit || time.Now().Before(r.until):
		return false, r.wake
	}
	r.held++
	return true, nil
}

// leave gives back what was taken. That it was broken off from here says nothing of the
// platform.
func (r *Room) leave(end End, brokenOff bool) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held--
	switch {
	case brokenOff || r.patience == 0:
	case end == EndWell || end == EndFell:
		r.endedWell()
	default:
		r.endedInTrouble(time.Now())
	}
	r.awaken()
}

// awaken needs r.mu.
func (r *Room) awaken() {
	close(r.wake)
	r.wake = make(chan struct{})
}

// endedWell needs r.mu.
func (r *Room) endedWell() {
	r.row, r.pause, r.until = 0, 0, time.Time{}
	if r.well++; r.limit == r.most || r.well < r.limit {
		return
	}
	r.well = 0
	if r.limit++; r.limit == r.most {
		r.say(fmt.Sprintf("the platform answers as before: %d tenants at a time", r.limit))
	}
}

// endedInTrouble needs r.mu.
func (r *Room) endedInTrouble(now time.Time) {
	if r.row++; r.row == 1 {
		r.since = now
	}
	switch {
	case r.row < inARow || r.over || now.Before(r.until):
	case r.limit > 1:
		r.halve()
	case now.Sub(r.since) >= r.patience:
		r.over = true
		r.say(fmt.Sprintf("the platform has refused everything for %s: nothing more is begun", r.patience))
	default:
		r.pause = min(longestPause, max(shortestPause, 2*r.pause))
		pause := min(r.pause, r.patience-now.Sub(r.since))
		r.until = now.Add(pause)
		time.AfterFunc(pause, func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.awaken()
		})
		r.say(fmt.Sprintf("the platform refuses everything: one tenant tries again in %s", pause.Round(time.Second)))
	}
}
