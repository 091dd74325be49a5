package qlik

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Holdings reads all that a tenant holds of some kinds, whoever made it and whether or not
// anybody declares it, with every field that an estate may say. People are named by their
// subjects. A kind that cannot be listed is left out, and why is in unread.
//
// The engine's own memberships are not among it, and what has one key with something else
// is in the snapshot's Ambiguous.
func (t *Tenant) Holdings(ctx context.Context, of []plan.Kind) (s *Snapshot, unread map[plan.Kind]string, err error) {
	found, unread := []plan.Resource{}, map[plan.Kind]string{}
	t.unlearn()
	if _, err := t.self(ctx); err != nil {
		return nil, nil, fmt.Errorf("bot: %w", err)
	}
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
	if found, err = t.bySubject(ctx, found); err != nil {
		return nil, nil, err
	}
	if s, err = t.Read(ctx, found); err != nil {
		return nil, nil, err
	}
	s.Resources = slices.DeleteFunc(s.Resources, func(r plan.Resource) bool { return r.Key.Kind == "assignment" && assigneeOf(r.Key) == "bot" })
	circles, err := withoutCircles(s.Resources)
	if err != nil {
		return nil, nil, err
	}
	s.Notes = append(append(unlooked(closed), circles...), s.Notes...)
	return s, unread, nil
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

// bySubject gives members that are known by an ID alone their subjects, and leaves out the
// engine itself and those who are no more.
func (t *Tenant) bySubject(ctx context.Context, rs []plan.Resource) ([]plan.Resource, error) {
	ids := map[string]string{}
	for _, r := range rs {
		if id, ok := strings.CutPrefix(assigneeOf(r.Key), "user:"); ok && r.Key.Kind == "assignment" {
			ids[id] = ""
		}
	}
	var all []string
	for id := range ids {
		all = append(all, id)
	}
	slices.Sort(all)
	for batch := range slices.Chunk(all, usersAtOnce) {
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
		if r.Key.Kind == "assignment" {
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
			if a == "bot" {
				continue
			}
		}
		out = append(out, r)
	}
	return out, nil
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
