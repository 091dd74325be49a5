package qlik

import (
	"context"
	"net/http"
	"slices"
)

// GroupSettings says where the groups of a tenant come from, and what everybody may do.
// What is nil is not managed.
type GroupSettings struct {
	AutoCreateGroups *bool             `json:"autoCreateGroups,omitempty"`
	SyncIDPGroups    *bool             `json:"syncIdpGroups,omitempty"`
	Everyone         *EveryoneSettings `json:"everyone,omitempty"`
}

// EveryoneSettings are those of the group that everybody is in.
type EveryoneSettings struct {
	Roles *[]string `json:"roles,omitempty"` // names, in any order
}

type groupSettingsBody struct {
	AutoCreateGroups bool `json:"autoCreateGroups"`
	SyncIDPGroups    bool `json:"syncIdpGroups"`
	SystemGroups     map[string]struct {
		Roles []named `json:"assignedRoles"`
	} `json:"systemGroups"`
}

const groupSettingsPath = "/api/v1/groups/settings"

// Unlike those of groups, the paths of this patch begin with a slash.
//
// https://qlik.dev/apis/rest/groups
var _ = register(singleton("group-settings",
	calls("GET "+groupSettingsPath, "PATCH "+groupSettingsPath),
	readGroupSettings, writeGroupSettings,
))

func readGroupSettings(ctx context.Context, t *Tenant) (GroupSettings, error) {
	var b groupSettingsBody
	if err := t.call(ctx, http.MethodGet, groupSettingsPath, nil, nil, &b); err != nil {
		return GroupSettings{}, err
	}
	roles := []string{}
	for _, r := range b.SystemGroups[everyone.id].Roles {
		roles = append(roles, r.Name)
	}
	slices.Sort(roles)
	return GroupSettings{&b.AutoCreateGroups, &b.SyncIDPGroups, &EveryoneSettings{&roles}}, nil
}

// writeGroupSettings names roles and leaves it to Qlik to find them: it refuses a name
// that the tenant does not have.
func writeGroupSettings(ctx context.Context, t *Tenant, live, desired GroupSettings) error {
	steps := replaceChanged(nil, "/autoCreateGroups", live.AutoCreateGroups, desired.AutoCreateGroups)
	steps = replaceChanged(steps, "/syncIdpGroups", live.SyncIDPGroups, desired.SyncIDPGroups)
	if want := desired.everyoneRoles(); want != nil {
		if have := live.everyoneRoles(); have == nil || !sameSet(*have, *want) {
			steps = append(steps, replace("/systemGroups/"+everyone.id+"/assignedRoles", byName(*want)))
		}
	}
	if len(steps) == 0 {
		return nil
	}
	return t.call(ctx, http.MethodPatch, groupSettingsPath, nil, steps, nil)
}

func (s GroupSettings) everyoneRoles() *[]string {
	if s.Everyone == nil {
		return nil
	}
	return s.Everyone.Roles
}
