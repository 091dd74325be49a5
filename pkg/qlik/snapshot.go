package qlik

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Snapshot is what one reading of a tenant found.
type Snapshot struct {
	Resources []plan.Resource // live, with IDs, sorted by key; those nobody declared too

	// Needs are memberships that the engine lacks in spaces that apps use.
	Needs []plan.Resource

	Notes     []string              // what the reader of a plan should know, sorted
	Missing   map[plan.Key]string   // wanted resources that cannot be applied, and why
	Ambiguous map[plan.Key][]string // IDs of live objects under one key; Resources has the first
	Same      map[plan.Key]plan.Key // wanted resources whose object goes by the name of another wanted one

	read map[listing]bool // listings that were tried; true if complete
}

// listing is one list of a tenant: a kind, and a space for kinds within one.
type listing struct {
	kind  plan.Kind
	space string
}

func (l listing) String() string {
	if l.space == "" {
		return string(l.kind)
	}
	return string(l.kind) + "/" + l.space
}

// listingOf returns the listing that shows a resource.
func listingOf(k plan.Key) listing {
	if known, ok := kinds[k.Kind]; ok && known.traits().within {
		return listing{k.Kind, spaceOf(k)}
	}
	return listing{k.Kind, ""}
}

// Covers reports whether the listing that k belongs to was read completely, so
// that what is not in Resources is not in the tenant.
func (s *Snapshot) Covers(k plan.Key) bool { return s.read[listingOf(k)] }

// found is the outcome of one listing.
type found struct {
	listing
	resources []plan.Resource
	err       error
}

// add takes over what a listing found. A listing that Qlik refuses, or that
// ends early, is not empty but unknown: what it does not show cannot be
// applied. Other errors are for the caller.
func (s *Snapshot) add(f found, want []plan.Resource) error {
	s.read[f.listing] = f.err == nil
	s.Resources = append(s.Resources, f.resources...)
	if f.err == nil {
		return nil
	}
	if !bearable(f.err) {
		return fmt.Errorf("%s: %w", f.listing, f.err)
	}
	s.Notes = append(s.Notes, fmt.Sprintf("%s: %v", f.listing, f.err))
	shown := map[plan.Key]bool{}
	for _, r := range f.resources {
		shown[r.Key] = true
	}
	unseen := "whether it exists"
	if kinds[f.kind].traits().single {
		unseen = "what it is now"
	}
	for _, r := range want {
		if listingOf(r.Key) == f.listing && !shown[r.Key] {
			s.Missing[r.Key] = fmt.Sprintf("%s cannot be seen: %v", unseen, f.err)
		}
	}
	return nil
}

// settle sorts, and sets apart what has one key.
func (s *Snapshot) settle(wanted map[plan.Kind]bool) {
	s.Resources = slices.DeleteFunc(s.Resources, func(r plan.Resource) bool { return !wanted[r.Key.Kind] })
	slices.SortStableFunc(s.Resources, func(a, b plan.Resource) int {
		return cmp.Or(a.Key.Compare(b.Key), cmp.Compare(a.ID, b.ID))
	})
	for i := 1; i < len(s.Resources); i++ {
		first, second := s.Resources[i-1], s.Resources[i]
		if first.Key != second.Key || first.ID == second.ID {
			continue
		}
		if s.Ambiguous[first.Key] == nil {
			s.Ambiguous[first.Key] = []string{first.ID}
		}
		s.Ambiguous[first.Key] = append(s.Ambiguous[first.Key], second.ID)
	}
	s.Resources = slices.CompactFunc(s.Resources, func(a, b plan.Resource) bool { return a.Key == b.Key })
	slices.SortFunc(s.Needs, func(a, b plan.Resource) int { return a.Key.Compare(b.Key) })
	slices.Sort(s.Notes)
	s.Notes = slices.Compact(s.Notes)
}
