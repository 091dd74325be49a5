package qliktest

import (
	"encoding/json"
	"fmt"
	"slices"
)

// A roleSet is a set of space roles.
type roleSet uint16

const (
	basicconsumer roleSet = 1 << iota
	codeveloper
	consumer
	contributor
	dataconsumer
	datapreview
	facilitator
	operator
	producer
	publisher
)

// roleNames are the names of the bits, lowest first.
var roleNames = []string{
	"basicconsumer", "codeveloper", "consumer", "contributor", "dataconsumer",
	"datapreview", "facilitator", "operator", "producer", "publisher",
}

// assignable are the roles that exist in each type of space.
var assignable = map[string]roleSet{
	"shared":  facilitator | producer | codeveloper | consumer | dataconsumer,
	"managed": facilitator | consumer | dataconsumer | contributor | publisher | basicconsumer,
	"data":    facilitator | producer | consumer | dataconsumer | publisher | operator | datapreview,
}

// roleLists has the names of every set: they are asked for with every space.
var roleLists = func() (lists [1 << 10][]string) {
	for s := range lists {
		lists[s] = []string{}
		for i, name := range roleNames {
			if s&(1<<i) != 0 {
				lists[s] = append(lists[s], name)
			}
		}
	}
	return lists
}()

// names are the names of the set, in a fixed order; do not change the slice.
func (s roleSet) names() []string { return roleLists[s] }

func (s roleSet) MarshalJSON() ([]byte, error) { return json.Marshal(s.names()) }

func (s *roleSet) UnmarshalJSON(b []byte) error {
	var names []string
	if err := json.Unmarshal(b, &names); err != nil {
		return err
	}
	set, unknown := rolesOf(names)
	if unknown != "" {
		return fmt.Errorf("unknown space role %q", unknown)
	}
	*s = set
	return nil
}

// rolesOf turns names into a set, or returns the first unknown name.
func rolesOf(names []string) (set roleSet, unknown string) {
	for _, n := range names {
		i := slices.Index(roleNames, n)
		if i < 0 {
			return 0, n
		}
		set |= 1 << i
	}
	return set, ""
}

// rolesIn are the roles a user has in a space, by name, by group, or as owner.
func (t *Tenant) rolesIn(s *space, u *user) (set roleSet) {
	if s.Owner == u.ID {
		return assignable[s.Type]
	}
	for i := range s.Members {
		m := &s.Members[i]
		if m.Assignee == u.ID || m.Kind == "group" && (m.Assignee == everyoneID || slices.Contains(u.Groups, m.Assignee)) {
			set |= m.Roles
		}
	}
	return set
}

// A deed is something one can do with an app.
type deed string

const (
	toRead        deed = "read"
	toUpdate      deed = "update"
	toDelete      deed = "delete"
	toReload      deed = "reload"
	toEvaluate    deed = "evaluate"
	toPublish     deed = "publish"
	toExport      deed = "export"
	toExportBare  deed = "export without data"
	toDuplicate   deed = "duplicate"
	toImport      deed = "import"
	toChangeSpace deed = "change_space"
	toChangeOwner deed = "change_owner"
)

// assumed: which space role allows what. The documentation gives labels only;
// what is certain is that membership is needed, that a manager of a managed
// space cannot publish, and that its owner can.
var allowedInShared = map[deed]roleSet{
	toRead:        facilitator | producer | codeveloper | consumer,
	toExport:      facilitator | producer | codeveloper | consumer,
	toExportBare:  facilitator | producer | codeveloper | consumer,
	toDuplicate:   facilitator | producer | codeveloper | consumer,
	toUpdate:      facilitator | producer,
	toImport:      facilitator | producer,
	toPublish:     facilitator | producer,
	toDelete:      facilitator | producer,
	toReload:      facilitator | producer | codeveloper,
	toEvaluate:    facilitator | producer | codeveloper, // documented
	toChangeSpace: facilitator | producer,
	toChangeOwner: facilitator,
}

var allowedInManaged = map[deed]roleSet{
	toRead:        facilitator | consumer | contributor | basicconsumer | publisher,
	toUpdate:      facilitator | publisher,
	toDelete:      facilitator | publisher,
	toReload:      facilitator | publisher,
	toEvaluate:    facilitator | operator, // documented; and its owner
	toExportBare:  facilitator,            // documented: without data, by those who manage the space
	toPublish:     publisher,
	toChangeOwner: facilitator,
}

// allowed are the roles that permit a deed in a space.
func allowed(s *space, d deed) roleSet {
	if s.Type == "managed" {
		return allowedInManaged[d]
	}
	return allowedInShared[d]
}

// mayIn says whether the caller may do this with apps of a space. It takes
// membership: a TenantAdmin has no access to content as such.
func (c *call) mayIn(s *space, d deed) bool {
	if s.Type == "data" {
		return false
	}
	if s.Type == "managed" && d == toExport {
		return c.hasScope("admin.apps") // assumed: else no one exports a published copy
	}
	if s.Type == "managed" && d == toPublish && s.Owner == c.caller.ID {
		return true
	}
	return c.tenant.rolesIn(s, c.caller)&allowed(s, d) != 0
}

// may says whether the caller may do this with an app.
func (c *call) may(a *app, d deed) bool {
	admin := c.isAdmin()
	if admin && (d == toDelete || d == toChangeOwner) {
		return true // assumed: what the management console offers needs no membership
	}
	if s, inSpace := c.tenant.Spaces.get(a.Space); inSpace {
		return c.mayIn(s, d) || c.hasScope("admin.apps") && (d == toRead || d == toExport || d == toExportBare)
	}
	return a.Owner == c.caller.ID || c.hasScope("admin.apps") && admin
}

// privileges lists what the caller may do with an app.
func (c *call) privileges(a *app) []string {
	list := []string{}
	for _, d := range []deed{toRead, toUpdate, toDelete, toReload, toPublish, toExport, toDuplicate, toChangeSpace, toChangeOwner} {
		if c.may(a, d) {
			list = append(list, string(d))
		}
	}
	return list
}
