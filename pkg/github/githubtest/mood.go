package githubtest

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Mood makes a hub misbehave. Everything in it is counted, nothing is
// random. The zero Mood is good.
type Mood struct {
	// Wait is what limits ask for, as Retry-After and as time of the reset; in
	// seconds, 0 is 60.
	Wait   int
	Faults []Fault
	// NoActionsPulls takes the setting "Allow GitHub Actions to create and approve
	// pull requests" away: a GITHUB_TOKEN makes none.
	NoActionsPulls bool
}

// A Fault strikes the first Times requests of a method ("*" for any) whose
// path, without /api/v3, matches Pattern: a star is anything within one segment.
// Kinds:
//
//	primary-403, primary-429        the hourly limit is used up
//	secondary-403, secondary-429    too fast; with Retry-After and a link
//	bare-403, bare-429              too fast, by the message alone
//	forbidden                       403: this token may not
//	fail-before, fail-after         503 before, 502 after the work was done
//	fail-half                       502 amid the work: of an upload, an empty asset is left
//	cut-before, cut-after           no answer, before or after the work was done
type Fault struct {
	Kind    string
	Method  string
	Pattern string
	Times   int
}

var faultKinds = []string{
	"primary-403", "primary-429", "secondary-403", "secondary-429", "bare-403", "bare-429",
	"forbidden", "fail-before", "fail-after", "fail-half", "cut-before", "cut-after",
}

// ParseMood reads words separated by spaces, such as
//
//	wait=7 secondary-403=POST:/repos/*/*/issues/*/comments:2 cut-after=*:/user:1 no-actions-pulls
func ParseMood(text string) (Mood, error) {
	var m Mood
	for _, word := range strings.Fields(text) {
		name, value, _ := strings.Cut(word, "=")
		if word == "no-actions-pulls" {
			m.NoActionsPulls = true
			continue
		}
		if name == "wait" {
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 {
				return Mood{}, fmt.Errorf("mood %q: want a number of seconds from 1", word)
			}
			m.Wait = n
			continue
		}
		parts := strings.Split(value, ":")
		if !slices.Contains(faultKinds, name) || len(parts) != 3 {
			return Mood{}, fmt.Errorf("mood %q: want KIND=METHOD:PATTERN:TIMES, KIND one of %s", word, strings.Join(faultKinds, ", "))
		}
		n, err := strconv.Atoi(parts[2])
		if err != nil || n < 1 {
			return Mood{}, fmt.Errorf("mood %q: want a number of times from 1", word)
		}
		if _, err := path.Match(parts[1], ""); err != nil {
			return Mood{}, fmt.Errorf("mood %q: %w", word, err)
		}
		m.Faults = append(m.Faults, Fault{name, parts[0], parts[1], n})
	}
	return m, nil
}

// SetMood sets the mood and starts its counts anew.
func (h *Hub) SetMood(m Mood) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mood, h.struck = m, make([]int, len(m.Faults))
}

// A fate is the kind of the fault that strikes a request, "" for none.
type fate string

// halfDone is for routes to look at; those that do not do all of their work.
const halfDone fate = "fail-half"

// strike returns the first fault that still strikes this request.
func (h *Hub) strike(method, at string) fate {
	for i, f := range h.mood.Faults {
		fits, _ := path.Match(f.Pattern, at)
		if h.struck[i] < f.Times && fits && (f.Method == "*" || f.Method == method) {
			h.struck[i]++
			return fate(f.Kind)
		}
	}
	return ""
}

// before is what is answered instead of doing the work, nil to do it.
func (k fate) before(m Mood, now time.Time) *reply {
	wait := m.Wait
	if wait == 0 {
		wait = 60
	}
	kind, code, _ := strings.Cut(string(k), "-")
	status, _ := strconv.Atoi(code)
	var r reply
	switch {
	case kind == "primary":
		r = limited(primary(status), 1000, 1000, now.Add(time.Duration(wait)*time.Second))
	case kind == "secondary":
		r = secondary(status).with("Retry-After", strconv.Itoa(wait))
	case kind == "bare":
		r = secondary(status)
		delete(r.body.(object), "documentation_url")
	case k == "forbidden":
		r = problem(http.StatusForbidden, "Resource not accessible by integration")
	case k == "fail-before":
		r = problem(http.StatusServiceUnavailable, "mood: fail-before")
	case k == "cut-before":
	default:
		return nil
	}
	return &r
}

// after is what is answered when the work was done, nil for what it answers.
func (k fate) after() *reply {
	var r reply
	switch k {
	case "fail-after", halfDone:
		r = problem(http.StatusBadGateway, "mood: %s", k)
	case "cut-after":
	default:
		return nil
	}
	return &r
}
