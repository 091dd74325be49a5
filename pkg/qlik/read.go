package qlik

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// atOnce is how many lists of one tenant are read at a time.
const atOnce = 6

// Read reads what it takes to plan for want, which is what is declared and what
// was applied, and nothing more: the kinds that occur in it, the members and
// apps of the spaces that occur in it, the users it names. An error begins with
// the listing it is about; then nothing is known.
//
// Where two resources in want mean one object, such as a member by subject and
// by e-mail address, the object goes by the name of the last: put what is
// declared after what was applied. Do not read while changes are made.
func (t *Tenant) Read(ctx context.Context, want []plan.Resource) (*Snapshot, error) {
	s := &Snapshot{
		Missing: map[plan.Key]string{}, Ambiguous: map[plan.Key][]string{},
		Same: map[plan.Key]plan.Key{}, read: map[listing]bool{},
	}
	t.unlearn()
	wanted, top, later := scope(want)
	if err := t.meet(ctx, want); err != nil {
		return nil, err
	}
	before := formerNames(want)
	for _, r := range want {
		k, ok := kinds[r.Key.Kind]
		if !ok || k.traits().declare == nil {
			continue
		}
		k.traits().declare(t, r)
		for _, was := range before[listingOf(r.Key).space] { // it is read by the old name
			r.Key.Name = was + "/" + assigneeOf(r.Key)
			k.traits().declare(t, r)
		}
	}
	for _, r := range want {
		if k := t.goesBy(r.Key); k != r.Key {
			s.Same[r.Key] = k
		}
	}
	if err := t.take(ctx, s, top, want); err != nil {
		return nil, err
	}
	if err := t.needs(ctx, s, want); err != nil {
		return nil, err
	}
	if err := t.take(ctx, s, t.open(s, later), want); err != nil {
		return nil, err
	}
	t.miss(s, want)
	wanted["assignment"] = wanted["assignment"] || len(s.Needs) > 0
	s.settle(wanted)
	return s, nil
}

// miss notes what in want cannot be applied because of what is not there, and what
// its reader should know of the rest.
func (t *Tenant) miss(s *Snapshot, want []plan.Resource) {
	declared := map[plan.Key]bool{}
	for _, r := range want {
		declared[r.Key] = true
	}
	for _, r := range want {
		if _, already := s.Missing[r.Key]; already {
			continue
		}
		if why := t.lacks(s, r, func(k plan.Key) bool { return declared[k] }); why != "" {
			s.Missing[r.Key] = why
		} else if f := kinds[r.Key.Kind].traits().warns; f != nil {
			if what := f(t, r); what != "" {
				s.Notes = append(s.Notes, r.Key.String()+": "+what)
			}
		}
	}
}

func (t *Tenant) lacks(s *Snapshot, r plan.Resource, declared func(plan.Key) bool) string {
	k, ok := kinds[r.Key.Kind]
	if !ok {
		return fmt.Sprintf("no such kind %q", r.Key.Kind)
	}
	for _, n := range k.traits().needs(r) {
		if complete, tried := s.read[listing{n, ""}]; tried && !complete {
			return fmt.Sprintf("it needs the list of every %s, which cannot be seen", n)
		}
	}
	if f := k.traits().lacks; f != nil {
		return f(t, r, declared)
	}
	return ""
}

// formerNames returns what each space in want was called before.
func formerNames(want []plan.Resource) map[string][]string {
	before := map[string][]string{}
	for _, r := range want {
		if r.Key.Kind == "space" {
			before[r.Key.Name] = append(before[r.Key.Name], r.Was...)
		}
	}
	return before
}

// scope returns the kinds in want, the listings of whole kinds that they take, and
// those that come after these: the listings in spaces, and others that need them.
func scope(want []plan.Resource) (wanted map[plan.Kind]bool, top, later []listing) {
	wanted = map[plan.Kind]bool{}
	all, before := map[listing]bool{}, formerNames(want)
	for _, r := range want {
		k, ok := kinds[r.Key.Kind]
		if !ok {
			continue
		}
		wanted[r.Key.Kind] = true
		l := listingOf(r.Key)
		all[l] = true
		for _, n := range k.traits().needs(r) {
			all[listing{n, ""}] = true
		}
		for _, was := range before[l.space] { // a space that will be renamed
			all[listing{l.kind, was}] = true
		}
	}
	sorted := slices.SortedFunc(maps.Keys(all), func(a, b listing) int {
		return plan.Key{Kind: a.kind, Name: a.space}.Compare(plan.Key{Kind: b.kind, Name: b.space})
	})
	for _, l := range sorted {
		if l.space == "" && !kinds[l.kind].traits().late {
			top = append(top, l)
		} else {
			later = append(later, l)
		}
	}
	return wanted, top, later
}

// meet looks up the people that want names.
func (t *Tenant) meet(ctx context.Context, want []plan.Resource) error {
	people, bot := peopleOf(want)
	if bot {
		if _, err := t.self(ctx); err != nil {
			return fmt.Errorf("bot: %w", err)
		}
	}
	if err := t.lookUp(ctx, people); err != nil {
		return fmt.Errorf("user: %w", err)
	}
	return nil
}

// take reads listings, several at a time, and adds them in order.
func (t *Tenant) take(ctx context.Context, s *Snapshot, lists []listing, want []plan.Resource) error {
	results := make([]found, len(lists))
	var g errgroup.Group
	g.SetLimit(atOnce)
	for i, l := range lists {
		g.Go(func() error {
			results[i] = t.read(ctx, l)
			return nil
		})
	}
	_ = g.Wait() // errors are in the results, so that timing does not choose among them
	for _, f := range results {
		if err := s.add(f, want); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tenant) read(ctx context.Context, l listing) found {
	f := found{listing: l}
	for r, err := range kinds[l.kind].list(ctx, t, l.space) {
		if err != nil {
			f.err = err
			return f
		}
		f.resources = append(f.resources, r)
		t.learnFirst(r)
	}
	return f
}

// learnFirst remembers the lowest ID of a key, whatever the order of the list.
func (t *Tenant) learnFirst(r plan.Resource) {
	if id, ok := t.known(r.Key); ok && id < r.ID {
		return
	}
	t.learn(r.Key, r.ID)
}

// open leaves out the listings of spaces that are not there, which are empty,
// and of those that we may not look into, which are unknown.
func (t *Tenant) open(s *Snapshot, lists []listing) []listing {
	var out []listing
	for _, l := range lists {
		space := plan.Key{Kind: "space", Name: l.space}
		id, there := t.known(space)
		switch {
		case l.space == "":
			out = append(out, l)
		case !there:
			s.read[l] = s.read[listing{"space", ""}]
		case !t.looksInto(id, kinds[l.kind].traits().sees):
			s.read[l] = false
			s.Notes = append(s.Notes, space.String()+": cannot be looked into until the bot is a member")
		default:
			out = append(out, l)
		}
	}
	return out
}

// bearable reports whether one listing may fail without the others: it is
// refused to us, or it is known to be incomplete.
func bearable(err error) bool {
	var e *Error
	if errors.As(err, &e) && e.Status == http.StatusForbidden {
		return !errors.Is(err, ErrSuspended)
	}
	return errors.Is(err, errPartial)
}
