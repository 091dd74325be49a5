package qliktest

import (
	"encoding/json"
	"fmt"
)

// A roleRef is a role as users and groups show it.
type roleRef struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Type  string `json:"type"`
	Level string `json:"level"`
}

func (t *Tenant) roleRefs(ids []string) []roleRef {
	refs := make([]roleRef, 0, len(ids))
	for _, id := range ids {
		if r, found := t.Roles.get(id); found {
			refs = append(refs, roleRef{r.ID, r.Name, r.kind(), r.level()})
		}
	}
	return refs
}

// A ref names a role or group in a request, by id or by name.
type ref struct{ id, name, provider string }

// refsIn reads a list of references; all go by id, or all by name.
func (c *call) refsIn(raw json.RawMessage, names ...string) (list []ref, err string) {
	var items []json.RawMessage
	if len(raw) == 0 {
		return nil, ""
	}
	if json.Unmarshal(raw, &items) != nil {
		return nil, "expected a list of references"
	}
	byID := 0
	for _, item := range items {
		f := c.members(item, append(names, "id", "name")...)
		r := ref{f.str("id"), f.str("name"), f.str("providerType")}
		if f.err != "" {
			return nil, f.err
		}
		if r.id != "" {
			byID++
		}
		if r.id == "" && r.name == "" || r.id != "" && r.name != "" {
			return nil, "a reference needs an id or a name"
		}
		list = append(list, r)
	}
	if byID != 0 && byID != len(list) {
		return nil, "references by id and by name do not mix"
	}
	return list, ""
}

// roleIDs resolves a list of role references.
func (c *call) roleIDs(raw json.RawMessage) (ids []string, err string) {
	list, err := c.refsIn(raw)
	if err != "" {
		return nil, err
	}
	ids = []string{}
	for _, r := range list {
		found, exists := c.tenant.Roles.get(r.id)
		if r.name != "" {
			found, exists = c.tenant.Roles.named(r.name)
		}
		if !exists {
			return nil, fmt.Sprintf("no role %s%s", r.id, r.name)
		}
		ids = append(ids, found.ID)
	}
	return ids, ""
}

// groupIDs resolves a list of group references.
func (c *call) groupIDs(raw json.RawMessage) (ids []string, err string) {
	list, err := c.refsIn(raw, "providerType")
	if err != "" {
		return nil, err
	}
	ids = []string{}
	for _, r := range list {
		g, exists := c.tenant.Groups.get(r.id)
		if r.name != "" {
			g, exists = c.tenant.Groups.named(r.name)
		}
		if !exists || r.provider != "" && r.provider != g.Provider {
			return nil, fmt.Sprintf("no group %s%s", r.id, r.name)
		}
		// assumed: membership of groups of an identity provider changes only at
		// login, so only custom groups may be given.
		if g.Provider != "custom" {
			return nil, fmt.Sprintf("group %q belongs to the identity provider", g.Name)
		}
		ids = append(ids, g.ID)
	}
	return ids, ""
}
