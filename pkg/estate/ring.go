package estate

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Ring is one wave in which what is declared reaches the tenants of an environment.
type Ring struct {
	Name        string
	Tenants     []string // sorted
	Concurrency int      // tenants at a time; 0 is as many as the run has
	Failures    Share    // tenants that may fail, of its own
	Strict      bool     // no more at a time than may still fail
	Soak        time.Duration
	Gates       Gates // before the next ring begins
	Manual      bool  // it begins when somebody names it
	Pos         string

	Alike int `json:"-"` // tenants that fail by the same refusal and stop the ring; 0: any number

	SameError *int `json:",omitempty"` // as it is declared; nil leaves it to Alike's default

	Select map[string]any // as it is declared: who it may have
	Size   *Share         // as it is declared: how many at most; nil for all
}

// Gates are what must hold of tenants before what they have goes on.
type Gates struct {
	Reloads string   `json:"reloads,omitempty"` // "unfailed", "succeeded", or ""
	Probe   []string `json:"probe,omitempty"`   // a program and its arguments

	Evaluation *Evaluation `json:"evaluation,omitempty"` // nil: not asked
}

// Evaluation is how much worse the evaluation of an app may become.
type Evaluation struct {
	Worse Share `json:"worse"` // in percent of what was before
}

// None reports whether there is nothing to hold.
func (g Gates) None() bool { return g.Reloads == "" && len(g.Probe) == 0 && g.Evaluation == nil }

// String names what they ask.
func (g Gates) String() string {
	var parts []string
	if g.Reloads != "" {
		parts = append(parts, "reloads "+g.Reloads)
	}
	if g.Evaluation != nil {
		parts = append(parts, fmt.Sprintf("evaluation at most %d%% worse", g.Evaluation.Worse.Percent))
	}
	if len(g.Probe) > 0 {
		parts = append(parts, g.Probe[0]+" passed")
	}
	return strings.Join(parts, ", ")
}

// Share is a number, or a part of a whole in percent.
type Share struct{ Count, Percent int }

// UnmarshalJSON reads 3, or "10%".
func (s *Share) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) != nil {
		return json.Unmarshal(b, &s.Count)
	}
	var err error
	s.Percent, err = strconv.Atoi(strings.TrimSuffix(text, "%"))
	return err
}

// Up returns the share of n, rounded up.
func (s Share) Up(n int) int {
	if s.Percent > 0 {
		return (n*s.Percent + 99) / 100
	}
	return s.Count
}

// Down returns the share of n, rounded down.
func (s Share) Down(n int) int {
	if s.Percent > 0 {
		return n * s.Percent / 100
	}
	return s.Count
}

// ring is a ring as the schema has it, decoded.
type ring struct {
	Name        string         `json:"name"`
	Select      map[string]any `json:"select"`
	Size        *Share         `json:"size"`
	Concurrency int            `json:"concurrency"`
	Failures    Share          `json:"failures"`
	Strict      bool           `json:"strict"`
	SameError   *int           `json:"sameError"`
	Soak        string         `json:"soak"`
	Gates       Gates          `json:"gates"`
	Start       string         `json:"start"`
}

// rings resolves the rings of an environment: each tenant that it targets is in one.
func (l *load) rings(env *Environment, rings []ring) {
	if len(rings) == 0 {
		return
	}
	all := env.Tenants()
	left := all // sorted
	seen := map[string]bool{}
	for i, r := range rings {
		at := func(path ...string) string {
			return l.at(append([]string{"environments", env.Name, "rings", strconv.Itoa(i)}, path...)...)
		}
		out := Ring{
			Name: r.Name, Concurrency: r.Concurrency, Failures: r.Failures, Strict: r.Strict,
			Soak: length(r.Soak), Gates: r.Gates, Manual: r.Start == "manual", Pos: at(),
			Select: r.Select, Size: r.Size, Alike: alike(r.SameError, i), SameError: r.SameError,
		}
		if seen[r.Name] {
			l.report(Problem{Pos: at("name"), Message: fmt.Sprintf("%s has two rings called %q", env.Name, r.Name), Hint: "give each a name of its own"})
		}
		seen[r.Name] = true
		out.Tenants = l.inRing(env.Name, r, left, len(all), at)
		left = slices.DeleteFunc(slices.Clone(left), func(name string) bool { return among(out.Tenants, name) })
		env.Rings = append(env.Rings, out)
	}
	if len(left) > 0 {
		l.report(Problem{
			Pos:     l.at("environments", env.Name, "rings"),
			Message: fmt.Sprintf("no ring of %s has %s", env.Name, firstOf(left, 3)),
			Hint:    "the last ring may be without select and size: it then has all that are left",
		})
	}
}

// firstAlike is how many tenants of the first ring may not fail by the same refusal,
// unless it says otherwise: that is no tenant's own trouble any more.
const firstAlike = 3

func alike(declared *int, ring int) int {
	switch {
	case declared != nil:
		return *declared
	case ring == 0:
		return firstAlike
	}
	return 0
}

// inRing returns which of the tenants that are left a ring has.
func (l *load) inRing(env string, r ring, left []string, all int, at func(...string) string) []string {
	fits, none := left, false
	if r.Select != nil {
		fits = nil
		found := l.labelled(r.Select, at)
		none = len(found) == 0 // and that is said
		for _, t := range found {
			if among(left, t.Name) {
				fits = append(fits, t.Name)
			}
		}
	}
	if r.Size != nil && len(fits) > r.Size.Up(all) {
		fits = slices.Clone(fits)
		slices.SortFunc(fits, func(a, b string) int { return cmp.Compare(lot(env, a), lot(env, b)) })
		fits = fits[:r.Size.Up(all)]
	}
	switch first := len(left) == all; {
	case len(fits) > 0:
	case first && all > 0: // what is to be tried there first would begin with everybody
		l.report(Problem{
			Pos: at(), Message: fmt.Sprintf("ring %s of %s has no tenant, and it is the first", r.Name, env),
			Hint: "what its soak and its gates are to keep from the others would begin with them",
		})
	case !none:
		l.report(Problem{Severity: Warning, Pos: at(), Message: fmt.Sprintf("ring %s of %s has no tenant", r.Name, env)})
	}
	return slices.Sorted(slices.Values(fits))
}

// lot is what a tenant draws: where there is room for some, those with the first
// lots are in. It stays whoever comes and goes.
func lot(env, tenant string) string {
	sum := sha256.Sum256([]byte(env + "\x00" + tenant))
	return string(sum[:])
}

// among looks for a name among sorted ones.
func among(sorted []string, name string) bool {
	_, ok := slices.BinarySearch(sorted, name)
	return ok
}

// Has reports whether the ring has a tenant.
func (r Ring) Has(tenant string) bool { return among(r.Tenants, tenant) }

// Has reports whether the target has a tenant.
func (t Target) Has(tenant string) bool { return among(t.Tenants, tenant) }

// Has reports whether the environment targets a tenant.
func (e Environment) Has(tenant string) bool {
	return slices.ContainsFunc(e.Targets, func(t Target) bool { return t.Has(tenant) })
}

// firstOf lists the first of some names.
func firstOf(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// Tenants returns the tenants that the environment targets, sorted.
func (e Environment) Tenants() []string {
	set := map[string]bool{}
	for _, t := range e.Targets {
		for _, name := range t.Tenants {
			set[name] = true
		}
	}
	return sorted(set)
}
