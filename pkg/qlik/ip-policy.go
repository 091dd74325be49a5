package qlik

import (
	"context"
	"iter"
	"net/http"
	"net/url"
)

// IPPolicy says from which addresses a tenant can be reached.
type IPPolicy struct {
	Name       string   `json:"name"`
	Enabled    bool     `json:"enabled"`
	AllowedIPs []string `json:"allowedIps"` // in any order
}

const ipPoliciesPath = "/api/core/ip-policies"

// https://qlik.dev/apis/rest/core/ip-policies
var _ = register(Kind[IPPolicy]{
	Name: "ip-policy",
	Calls: calls("GET "+ipPoliciesPath, "POST "+ipPoliciesPath,
		"PATCH "+ipPoliciesPath+"/{id}", "DELETE "+ipPoliciesPath+"/{id}"),
	List: listIPPolicies,
	Create: func(ctx context.Context, t *Tenant, desired IPPolicy) (string, error) {
		return t.post(ctx, ipPoliciesPath, desired)
	},
	Update: updateIPPolicy,
	Delete: func(ctx context.Context, t *Tenant, id string) error {
		return t.call(ctx, http.MethodDelete, ipPolicyPath(id), nil, nil, nil)
	},
})

func ipPolicyPath(id string) string { return ipPoliciesPath + "/" + url.PathEscape(id) }

// listIPPolicies leaves out those without a name, which Qlik allows and nobody can mean.
func listIPPolicies(ctx context.Context, t *Tenant, _ string) iter.Seq2[Item[IPPolicy], error] {
	type body struct {
		ID string `json:"id"`
		IPPolicy
	}
	return itemsOf(ctx, t, ipPoliciesPath, everything(), func(p body) (Item[IPPolicy], bool) {
		return Item[IPPolicy]{p.ID, p.Name, p.IPPolicy}, p.Name != ""
	})
}

// updateIPPolicy patches what differs: addresses before it is enabled.
func updateIPPolicy(ctx context.Context, t *Tenant, id string, live, desired IPPolicy) error {
	steps := replaceChanged(nil, "/name", &live.Name, &desired.Name)
	if !sameSet(live.AllowedIPs, desired.AllowedIPs) {
		steps = append(steps, replace("/allowedIps", desired.AllowedIPs))
	}
	steps = replaceChanged(steps, "/enabled", &live.Enabled, &desired.Enabled)
	if len(steps) == 0 {
		return nil
	}
	return t.call(ctx, http.MethodPatch, ipPolicyPath(id), nil, steps, nil)
}
