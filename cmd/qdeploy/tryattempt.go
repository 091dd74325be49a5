package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

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
// try. Where the app goes is what the protected estate says: the places of its targets.
// Which of them an app goes to that is new there, the other revision says.
func (t *trial) attempt(head *declared, env estate.Environment, s ledger.Slot) (a attempt, why string, err error) {
	pin, ok := head.Pin(env.Name, s.App)
	if !ok || pin.Digest == "" {
		return a, fmt.Sprintf("%s is not in %s any more: there is nothing to try", s.App, env.Name), nil
	}
	s.Release, s.Places = pin.Release(), nil
	a = attempt{env: env}
	for _, target := range env.Targets {
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
			if theirs == nil || pinned != nil && !slices.Contains(target.Apps, s.App) {
				continue
			}
			if pinned == nil && env.Tries == estate.TriesInSlot {
				if was, err := t.renames(tenant, *theirs); err != nil || was != "" {
					return a, fmt.Sprintf("%s is called %s until this is merged: a new name is not tried in %s", s.App, was, target.Space), err
				}
			}
			want, err := mixed(pinned, *theirs, target, s.Commit)
			if err != nil {
				return a, "", err
			}
			a.want = append(a.want, want)
			s.Places = append(s.Places, ledger.SlotPlace{Tenant: tenant, Space: target.Space, New: pinned == nil})
		}
	}
	if len(a.want) == 0 {
		return a, fmt.Sprintf("%s goes to no space that the targets of %s have: it gets there when it is merged", s.App, env.Name), nil
	}
	a.slot = s
	return a, "", nil
}

// renames returns the name that an app has in a tenant as it is pinned, if the other
// revision has another one for it; "" if it is new.
func (t *trial) renames(tenant string, theirs plan.Resource) (was string, err error) {
	for _, name := range theirs.Was {
		r, err := declaredAs(t.e.est, tenant, plan.Key{Kind: theirs.Key.Kind, Name: name})
		if err != nil {
			return "", err
		}
		if r != nil {
			_, was, _ = strings.Cut(name, "/")
			return was, nil
		}
	}
	return "", nil
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
// that it has: those of a pull request are nobody's. One that is not pinned must not be
// there already, whoever made it.
func mixed(pinned *plan.Resource, theirs plan.Resource, target estate.Target, commit string) (plan.Resource, error) {
	out := theirs
	var spec, from map[string]any
	if err := json.Unmarshal(theirs.Spec, &from); err != nil {
		return out, fmt.Errorf("%s: %w", out.Key, err)
	}
	if pinned == nil {
		spec, out.Adopt, out.Was = from, plan.Refuse, nil
		spec["staging"] = spaceKey(target.Staging).String()
	} else {
		out = *pinned
		if err := json.Unmarshal(pinned.Spec, &spec); err != nil {
			return out, fmt.Errorf("%s: %w", out.Key, err)
		}
		for _, field := range []string{"release", "description", "file", "digest"} {
			spec[field] = from[field]
		}
	}
	if file := fmt.Sprint(spec["file"]); !estate.InCommit(file) {
		spec["file"] = commit + ":" + file
	}
	spec["data"] = "target"
	b, err := json.Marshal(spec)
	out.Spec = b
	return out, err
}

// ownAttempt is the apps of another revision that are to be tried in spaces of its
// own, and what that is in each of them.
type ownAttempt struct {
	env     estate.Environment
	preview ledger.Preview
	want    [][]plan.Resource // for each place: the space and its apps
	once    [][]plan.Resource // for each place: the data connections that reloads need; nil where there are no reloads
	whole   bool              // an app that is not among them is tried no longer
}

// own makes one of attempts in one environment by one holder: each place that they have
// becomes a space like it.
func (t *trial) own(head *declared, attempts []attempt) (o ownAttempt, err error) {
	s := attempts[0].slot
	o.env = attempts[0].env
	o.preview = ledger.Preview{
		Environment: s.Environment, Request: s.Request, URL: s.URL, Who: s.Who, Commit: s.Commit, Apps: map[string]string{},
	}
	for _, a := range attempts {
		o.preview.Apps[a.slot.App] = a.slot.Release
		app, _ := head.App(a.slot.App)
		for i, at := range a.slot.Places {
			place := ledger.PreviewPlace{Tenant: at.Tenant, Like: at.Space, Space: previewSpace(at.Space, s.Holder())}
			n := slices.Index(o.preview.Places, place)
			if n < 0 {
				n = len(o.want)
				o.preview.Places = append(o.preview.Places, place)
				o.want = append(o.want, []plan.Resource{ownSpace(o.preview, place)})
				once, err := t.connections(o.env, place)
				if err != nil {
					return o, err
				}
				o.once = append(o.once, once)
				for _, r := range once {
					o.preview.Connections = append(o.preview.Connections, strings.TrimPrefix(r.Key.Name, place.Space+"/"))
				}
			}
			r, err := moved(a.want[i], place, a.slot.App, app.Data)
			if err != nil {
				return o, err
			}
			o.want[n] = append(o.want[n], r)
		}
	}
	return o, nil
}

// connections are those that the protected estate declares in a space, for the space of
// a pull request; nil where its target wants no reloads.
func (t *trial) connections(env estate.Environment, at ledger.PreviewPlace) ([]plan.Resource, error) {
	if !slices.ContainsFunc(env.Targets, func(target estate.Target) bool {
		return target.Reload && target.Space == at.Like && target.Has(at.Tenant)
	}) {
		return nil, nil
	}
	rs, err := t.e.est.Resources(at.Tenant)
	if err != nil {
		return nil, err
	}
	out := []plan.Resource{}
	for _, r := range rs {
		name, in := strings.CutPrefix(r.Key.Name, at.Like+"/")
		if !in || r.Key.Kind != "data-connection" {
			continue
		}
		var spec map[string]json.RawMessage // numbers stay as they are written
		err := json.Unmarshal(r.Spec, &spec)
		if err == nil {
			spec["space"], err = json.Marshal(spaceKey(at.Space).String())
		}
		if err == nil {
			r.Spec, err = json.Marshal(spec)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Key, err)
		}
		r.Key.Name, r.Adopt, r.Was = at.Space+"/"+name, plan.Refuse, nil
		out = append(out, r)
	}
	return out, nil
}

// ownSpace is the space of a pull request.
func ownSpace(p ledger.Preview, at ledger.PreviewPlace) plan.Resource {
	text := fmt.Sprintf("Apps of %s, tried before they are merged", p.Holder())
	if p.URL != "" {
		text += ": " + p.URL
	}
	spec, err := json.Marshal(map[string]string{"name": at.Space, "type": "managed", "description": text})
	if err != nil {
		panic(err) // texts
	}
	return plan.Resource{Key: spaceKey(at.Space), Spec: spec, Adopt: plan.Refuse}
}

// moved is an app in the space of a pull request. There is nobody's data in it, so
// that it has those that the estate says.
func moved(r plan.Resource, at ledger.PreviewPlace, app, data string) (plan.Resource, error) {
	var spec map[string]any
	err := json.Unmarshal(r.Spec, &spec)
	if err == nil {
		spec["space"], spec["data"] = spaceKey(at.Space).String(), data
		r.Spec, err = json.Marshal(spec)
	}
	if err != nil {
		return r, fmt.Errorf("%s: %w", r.Key, err)
	}
	r.Key, r.Adopt, r.Was = appKey(at.Space, app), plan.Refuse, nil
	return r, nil
}
