package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// attempt is an app of another revision that is to be tried, and what that is in
// each place of its slot.
type attempt struct {
	env  estate.Environment
	slot ledger.Slot
	want []plan.Resource // one for each place
}

// attempt makes one of what a revision has of an app, or says why there is nothing to
// try. Where the app goes is what the protected estate says.
func (t *trial) attempt(head *declared, env estate.Environment, s ledger.Slot) (a attempt, why string, err error) {
	pin, ok := head.Pin(env.Name, s.App)
	if !ok || pin.Digest == "" {
		return a, fmt.Sprintf("%s is not in %s any more: there is nothing to try", s.App, env.Name), nil
	}
	s.Release, s.Places = pin.Release(), nil
	a = attempt{env: env}
	for _, target := range env.Targets {
		if !slices.Contains(target.Apps, s.App) {
			continue
		}
		for _, tenant := range target.Tenants {
			key := appKey(target.Space, s.App)
			pinned, err := declaredAs(t.e.est, tenant, key)
			if err != nil {
				return a, "", err
			}
			theirs, err := declaredAs(head, tenant, key)
			if err != nil {
				return a, "", err
			}
			if pinned == nil || theirs == nil {
				continue
			}
			want, err := mixed(*pinned, *theirs, s.Commit)
			if err != nil {
				return a, "", err
			}
			a.want = append(a.want, want)
			s.Places = append(s.Places, ledger.SlotPlace{Tenant: tenant, Space: target.Space})
		}
	}
	if len(a.want) == 0 {
		return a, fmt.Sprintf("%s is new in %s: it gets there when it is merged", s.App, env.Name), nil
	}
	a.slot = s
	return a, "", nil
}

// declaredAs returns a resource as an estate declares it, nil if it does not.
func declaredAs(est *declared, tenant string, key plan.Key) (*plan.Resource, error) {
	if t, ok := est.Tenant(tenant); !ok || t.State == estate.Ignored {
		return nil, nil
	}
	rs, err := est.Resources(tenant)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(rs, func(r plan.Resource) bool { return r.Key == key }); i >= 0 {
		return &rs[i], nil
	}
	return nil, nil
}

// mixed is an app with the content and the description of theirs. It keeps the data
// that it has: those of a pull request are nobody's.
func mixed(pinned, theirs plan.Resource, commit string) (plan.Resource, error) {
	var spec, from map[string]any
	if err := errors.Join(json.Unmarshal(pinned.Spec, &spec), json.Unmarshal(theirs.Spec, &from)); err != nil {
		return pinned, fmt.Errorf("%s: %w", pinned.Key, err)
	}
	for _, field := range []string{"release", "description", "file", "digest"} {
		spec[field] = from[field]
	}
	if file := fmt.Sprint(spec["file"]); !estate.InCommit(file) {
		spec["file"] = commit + ":" + file
	}
	spec["data"] = "target"
	b, err := json.Marshal(spec)
	pinned.Spec = b
	return pinned, err
}
