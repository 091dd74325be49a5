package qliktest

import "net/http"

type everyoneView struct {
	ID            string    `json:"id"`
	Name          string    `json:"name"`
	Enabled       bool      `json:"enabled"`
	AssignedRoles []roleRef `json:"assignedRoles"`
	CreatedAt     stamp     `json:"createdAt"`
	LastUpdatedAt stamp     `json:"lastUpdatedAt"`
}

type groupSettingsView struct {
	TenantID         string                  `json:"tenantId"`
	AutoCreateGroups bool                    `json:"autoCreateGroups"`
	SyncIdpGroups    bool                    `json:"syncIdpGroups"`
	SystemGroups     map[string]everyoneView `json:"systemGroups"`
	Links            self                    `json:"links"`
}

func getGroupSettings(c *call) reply {
	t := c.tenant
	every := everyoneView{everyoneID, everyoneName, true, t.roleRefs(t.Everyone), t.Created, t.Created}
	return ok(groupSettingsView{t.ID, t.AutoGroups, t.SyncGroups, map[string]everyoneView{everyoneID: every}, c.self("/api/v1/groups/settings")})
}

const everyoneRolesPath = "/systemGroups/" + everyoneID + "/assignedRoles"

func patchGroupSettings(c *call) reply {
	list, bad := c.patches(replaceOnly, []string{"/autoCreateGroups", "/syncIdpGroups", everyoneRolesPath})
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	if !c.isAdmin() {
		return c.forbidden("only a TenantAdmin may change group settings")
	}
	t := c.tenant
	auto, sync, roles := t.AutoGroups, t.SyncGroups, t.Everyone
	for _, p := range list {
		on, isBool := p.bool()
		switch {
		case p.path == everyoneRolesPath:
			if roles, bad = c.replaceRoles(p.value); bad != "" {
				return c.badRequest("%s: %s", p.path, bad)
			}
		case !isBool:
			return c.badRequest("%s wants a boolean", p.path)
		case p.path == "/autoCreateGroups":
			auto = on
		default:
			sync = on
		}
	}
	t.AutoGroups, t.SyncGroups, t.Everyone = auto, sync, roles
	return empty(http.StatusNoContent)
}
