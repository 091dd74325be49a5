package qlik

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Holdings reads all that a tenant holds of some kinds, whoever made it and whether or not
// anybody declares it, with every field that an estate may say. People are named by their
// subjects. A kind that cannot be listed is left out, and why is in unread. Seats are those
// of the tenant's users.
//
// The engine's own memberships are not among it, nor is its user. What has one key with
// something else is in the snapshot's Ambiguous, and what no plan would leave as it is in
// its Missing, with the reason.
func (t *Tenant) Holdings(ctx context.Context, of []plan.Kind) (s *Snapshot, unread map[plan.Kind]string, err error) {
	found, unread := []plan.Resource{}, map[plan.Kind]string{}
	t.unlearn()
	if _, err := t.self(ctx); err != nil {
		return nil, nil, fmt.Errorf("bot: %w", err)
	}
	t.all.Store(true)
	defer t.all.Store(false)
	look := func(l listing) {
		f := t.read(ctx, l)
		if f.err != nil {
			unread[l.kind] = f.err.Error()
			return
		}
		found = append(found, f.resources...)
	}
	var within, late []plan.Kind
	closed := map[plan.Kind]int{} // spaces
	for _, k := range t.withParents(of) {
		switch known := kinds[k].traits(); {
		case known.within:
			within = append(within, k)
		case known.late:
			late = append(late, k)
		default:
			look(listing{k, ""})
		}
	}
	spaces := slices.Clone(found)
	for _, k := range within {
		for _, r := range spaces {
			id, ok := t.known(r.Key)
			switch {
			case r.Key.Kind != "space" || !ok:
			case t.looksInto(id, kinds[k].traits().sees):
				look(listing{k, r.Key.Name})
			default:
				closed[k]++
			}
		}
	}
	for _, k := range late {
		look(listing{k, ""})
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	found = slices.DeleteFunc(found, func(r plan.Resource) bool {
		return !slices.Contains(of, r.Key.Kind) || unread[r.Key.Kind] != ""
	})
	t.all.Store(false)
	if found, err = t.bySubject(ctx, found); err != nil {
		return nil, nil, err
	}
	if s, err = t.Read(ctx, found); err != nil {
		return nil, nil, err
	}
	s.Resources = slices.DeleteFunc(s.Resources, func(r plan.Resource) bool { return r.Key.Kind == "assignment" && assigneeOf(r.Key) == "bot" })
	if err := t.mustJoin(ctx, s, found); err != nil {
		return nil, nil, err
	}
	circles, err := withoutCircles(s.Resources)
	if err != nil {
		return nil, nil, err
	}
	s.Notes = append(append(unlooked(closed), circles...), s.Notes...)
	return s, unread, nil
}

// mustJoin notes for what the engine would have to become a member of a space first.
func (t *Tenant) mustJoin(ctx context.Context, s *Snapshot, found []plan.Resource) error {
	for _, r := range s.Resources {
		f := kinds[r.Key.Kind].traits().uses
		if f == nil || s.Missing[r.Key] != "" {
			continue
		}
		for _, u := range f(r) {
			roles, err := t.lacking(ctx, u, found)
			if err != nil {
				return fmt.Errorf("space/%s: %w", u.space, err)
			}
			if len(roles) > 0 {
				s.Missing[r.Key] = fmt.Sprintf("the bot would have to be %s in space %q", strings.Join(roles, " and "), u.space)
			}
		}
	}
	return nil
}

// unlooked says of which kinds the engine could not look into how many spaces.
func unlooked(closed map[plan.Kind]int) (notes []string) {
	by := map[int][]string{}
	for _, k := range slices.Sorted(maps.Keys(closed)) {
		by[closed[k]] = append(by[closed[k]], string(k))
	}
	for _, n := range slices.Sorted(maps.Keys(by)) {
		notes = append(notes, fmt.Sprintf("%s in %d of the spaces: the bot is no member there", strings.Join(by[n], ", "), n))
	}
	return notes
}

// withParents is kinds with those that they live in or are named by.
func (t *Tenant) withParents(of []plan.Kind) []plan.Kind {
	out := append([]plan.Kind{"space", "group", "role"}, of...)
	slices.Sort(out)
	return slices.Compact(out)
}

// bySubject gives members and recipients that are known by an ID alone their subjects, and
// leaves out the engine itself and members who are no more.
func (t *Tenant) bySubject(ctx context.Context, rs []plan.Resource) ([]plan.Resource, error) {
	ids := map[string]string{}
	for _, r := range rs {
		people := listIn(r.Spec, "recipients")
		if r.Key.Kind == "assignment" {
			people = []string{assigneeOf(r.Key)}
		}
		for _, a := range people {
			if id, ok := strings.CutPrefix(a, "user:"); ok {
				ids[id] = ""
			}
		}
	}
	for batch := range slices.Chunk(slices.Sorted(maps.Keys(ids)), usersAtOnce) {
		var or []string
		for _, id := range batch {
			or = append(or, fmt.Sprintf("id eq %q", id))
		}
		for u, err := range list[userBody](ctx, t.Client, usersPath, everything("filter", strings.Join(or, " or "))) {
			if err != nil {
				return nil, fmt.Errorf("user: %w", err)
			}
			ids[u.ID] = u.Subject
		}
	}
	out := rs[:0]
	for _, r := range rs {
		if r.Key.Kind != "assignment" {
			named, err := withRecipients(r, ids)
			if err != nil {
				return nil, err
			}
			out = append(out, named)
			continue
		}
		a := assigneeOf(r.Key)
		if id, ok := strings.CutPrefix(a, "user:"); ok {
			if ids[id] == "" || isBot(ids[id]) {
				continue
			}
			var err error
			if r, err = asMember(r, "user:"+ids[id]); err != nil {
				return nil, err
			}
		}
		if a != "bot" {
			out = append(out, r)
		}
	}
	return out, nil
}

// withRecipients names the recipients of a resource by their subjects; [otherUser] is who
// has none any more.
func withRecipients(r plan.Resource, subjects map[string]string) (plan.Resource, error) {
	recipients := listIn(r.Spec, "recipients")
	if len(recipients) == 0 {
		return r, nil
	}
	for i, a := range recipients {
		if id, ok := strings.CutPrefix(a, "user:"); ok {
			recipients[i] = otherUser
			if subjects[id] != "" {
				recipients[i] = "user:" + subjects[id]
			}
		}
	}
	var spec map[string]json.RawMessage
	err := json.Unmarshal(r.Spec, &spec)
	if err == nil {
		spec["recipients"], err = encoded(recipients)
	}
	if err == nil {
		r.Spec, err = encoded(spec)
	}
	return r, err
}

// asMember is an assignment of somebody by another name.
func asMember(r plan.Resource, assignee string) (plan.Resource, error) {
	a, err := strict[Assignment](r.Spec)
	if err != nil {
		return r, err
	}
	a.Assignee = assignee
	r.Key.Name = spaceOf(r.Key) + "/" + assignee
	r.Spec, err = encoded(a)
	return r, err
}
