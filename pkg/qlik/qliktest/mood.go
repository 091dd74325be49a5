package qliktest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Mood makes a tenant, or a whole cloud, misbehave. Everything in it is
// counted, nothing is random. The zero Mood is good.
//
// ParseMood and String know it as words; docs/emulator.md explains each.
type Mood struct {
	Latency    time.Duration // latency=50ms: every answer comes that late
	Every429   int           // 429=5: every 5th request is told to slow down
	RetryAfter int           // retry-after=13: the seconds a 429 asks for; 0 = 1
	Every5xx   int           // 5xx=7: every 7th request gets 503 and is not done
	Faults     []Fault       // cut-before, cut-within, cut-after, fail-before, fail-after

	ExpireToken  int      // expire-token=3: at the 3rd request with a token, that token has expired
	Suspended    bool     // suspended: the tenant is disabled
	Refuse       []string // refuse=themes,apps: those services answer 403
	RefuseWrites []string // refuse-writes=themes: only to writes
	Partial      []string // partial=items: lists end early, their next page fails
	Truncate     []string // truncate=spaces: bodies of lists are cut in half
	NoImports    bool     // no-imports: the daily quota of app imports is used up
	FailReloads  bool     // fail-reloads: reloads end in FAILED
	DudSecrets   bool     // dud-secrets: OAuth clients of the tenant cannot log in

	HalfPatches bool // half-patches: a change of a user leaves out its groups

	InternalLinks bool // internal-links: next links name a host inside Qlik
	Restamp       bool // restamp-exports: no two exports are equal bytes
}

// A Fault strikes the first Times requests of a method ("*" for any) whose
// path begins with Prefix, or is it, where that ends with "$".
type Fault struct {
	Kind   string // cut-before, cut-within, cut-after, fail-before or fail-after
	Method string
	Prefix string
	Times  int
}

var faultKinds = []string{"cut-before", "cut-within", "cut-after", "fail-before", "fail-after"}

// ParseMood reads words separated by spaces, such as
//
//	latency=50ms 429=5 cut-after=POST:/api/v1/spaces:1 refuse=themes
func ParseMood(text string) (Mood, error) {
	var m Mood
	for _, word := range strings.Fields(text) {
		name, value, hasValue := strings.Cut(word, "=")
		if err := m.set(name, value, hasValue); err != nil {
			return Mood{}, fmt.Errorf("mood %q: %w", word, err)
		}
	}
	return m, nil
}

func (m *Mood) set(name, value string, hasValue bool) (err error) {
	if flag := m.flags()[name]; flag != nil {
		if hasValue {
			return fmt.Errorf("takes no value")
		}
		*flag = true
		return nil
	}
	if n := m.numbers()[name]; n != nil {
		if *n, err = strconv.Atoi(value); err != nil || *n < 1 {
			return fmt.Errorf("want a number from 1")
		}
		return nil
	}
	if l := m.lists()[name]; l != nil {
		if value == "" {
			return fmt.Errorf("want names of services")
		}
		for _, service := range strings.Split(value, ",") {
			if !slices.Contains(tenantRouter.services, service) {
				return fmt.Errorf("there is no service %q", service)
			}
			*l = append(*l, service)
		}
		return nil
	}
	switch {
	case name == "latency":
		if m.Latency, err = time.ParseDuration(value); err != nil || m.Latency < 0 {
			return fmt.Errorf("want a duration such as 50ms")
		}
		return nil
	case slices.Contains(faultKinds, name):
		return m.addFault(name, value)
	}
	return fmt.Errorf("unknown word")
}

func (m *Mood) addFault(kind, value string) error {
	parts := strings.Split(value, ":")
	if len(parts) == 2 {
		parts = append(parts, "1")
	}
	if len(parts) != 3 || parts[0] == "" || !strings.HasPrefix(parts[1], "/") {
		return fmt.Errorf("want METHOD:/path or METHOD:/path:times")
	}
	n, err := strconv.Atoi(parts[2])
	if err != nil || n < 1 {
		return fmt.Errorf("want a number of times from 1")
	}
	m.Faults = append(m.Faults, Fault{kind, parts[0], parts[1], n})
	return nil
}

func (m *Mood) flags() map[string]*bool {
	return map[string]*bool{
		"suspended": &m.Suspended, "no-imports": &m.NoImports, "fail-reloads": &m.FailReloads, "dud-secrets": &m.DudSecrets,
		"half-patches":   &m.HalfPatches,
		"internal-links": &m.InternalLinks, "restamp-exports": &m.Restamp,
	}
}

func (m *Mood) numbers() map[string]*int {
	return map[string]*int{"429": &m.Every429, "retry-after": &m.RetryAfter, "5xx": &m.Every5xx, "expire-token": &m.ExpireToken}
}

func (m *Mood) lists() map[string]*[]string {
	return map[string]*[]string{"refuse": &m.Refuse, "refuse-writes": &m.RefuseWrites, "partial": &m.Partial, "truncate": &m.Truncate}
}

// String returns the words of the mood, in a fixed order; ParseMood reads them
// back.
func (m Mood) String() string {
	var words []string
	if m.Latency > 0 {
		words = append(words, "latency="+m.Latency.String())
	}
	for _, name := range []string{"429", "retry-after", "5xx", "expire-token"} {
		if n := *m.numbers()[name]; n > 0 {
			words = append(words, fmt.Sprintf("%s=%d", name, n))
		}
	}
	for _, f := range m.Faults {
		words = append(words, fmt.Sprintf("%s=%s:%s:%d", f.Kind, f.Method, f.Prefix, f.Times))
	}
	for _, name := range []string{"refuse", "refuse-writes", "partial", "truncate"} {
		if l := *m.lists()[name]; len(l) > 0 {
			words = append(words, name+"="+strings.Join(l, ","))
		}
	}
	for _, name := range []string{"suspended", "no-imports", "fail-reloads", "dud-secrets", "half-patches", "internal-links", "restamp-exports"} {
		if *m.flags()[name] {
			words = append(words, name)
		}
	}
	return strings.Join(words, " ")
}
