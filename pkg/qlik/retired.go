package qlik

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Retired is something in a tenant that nobody seems to need any more.
type Retired struct {
	Key  plan.Key
	Why  string
	Mend []Request // what would clean it up, in this order; none where a person has to see to it
}

// Request is a call for somebody else to make.
type Request struct{ Method, Path, Body string }

// Needed is what tells what is retired from what is not.
type Needed struct {
	Declared []plan.Resource   // what is declared, and what was applied
	Busy     func(string) bool // whether an app of this name is being tried somewhere
	Since    time.Time         // what ran after that is in use
}

// Retired looks for what is left over in a tenant that was read: data connections of
// qdeploy's own user that are not declared, empty spaces, staged copies of apps that are
// neither pinned nor published, automations that did not run, data alerts of its own whose
// app is gone, and what belongs to disabled bot users. It changes nothing. What may not be listed is in unknown, with why, and the
// rest is found all the same. What cannot be seen into is not called empty.
func (t *Tenant) Retired(ctx context.Context, s *Snapshot, n Needed) (found []Retired, unknown []string, err error) {
	r := &retirement{Tenant: t, s: s, n: n, declared: map[plan.Key]bool{}, used: map[plan.Key]bool{}}
	for _, d := range n.Declared {
		r.declared[d.Key] = true
		r.use(d)
	}
	for _, look := range []struct {
		what string
		at   func(context.Context) error
	}{{"data connections", r.connections}, {"spaces", r.spaces}, {"staged copies", r.copies}, {"automations", r.automations}, {"data alerts", r.alerts}, {"bot users", r.bots}} {
		if err := r.learnSpaces(ctx, look.at); err != nil {
			if ctx.Err() != nil {
				return nil, nil, ctx.Err()
			}
			unknown = append(unknown, look.what+": "+err.Error())
		}
	}
	slices.SortFunc(r.found, func(a, b Retired) int { return a.Key.Compare(b.Key) })
	return r.found, unknown, nil
}

type retirement struct {
	*Tenant
	s              *Snapshot
	n              Needed
	declared, used map[plan.Key]bool // used: spaces that something is declared for
	listed         bool
	found          []Retired
}

// use remembers the spaces that a resource needs. Members are no use of a space.
func (r *retirement) use(d plan.Resource) {
	if d.Key.Kind == "assignment" || d.Key.Kind == "space" {
		return
	}
	var refs map[string]any
	_ = json.Unmarshal(d.Spec, &refs) // what is declared is right
	for _, v := range refs {
		if text, ok := v.(string); ok {
			if k, err := plan.ParseKey(text); err == nil && k.Kind == "space" {
				r.used[k] = true
			}
		}
	}
}

// learnSpaces sees to it that spaces and ourselves are known before something is looked for.
func (r *retirement) learnSpaces(ctx context.Context, look func(context.Context) error) error {
	if !r.listed {
		if _, err := r.self(ctx); err != nil {
			return err
		}
		for s, err := range kinds["space"].list(ctx, r.Tenant, "") {
			if err != nil {
				return err
			}
			r.learnFirst(s)
		}
		r.listed = true
	}
	return look(ctx)
}

func (r *retirement) add(k plan.Key, why string, mend ...Request) {
	r.found = append(r.found, Retired{k, why, mend})
}

func deletion(path string) Request { return Request{Method: http.MethodDelete, Path: path} }

// https://qlik.dev/apis/rest/data-connections: ownedByMe.
func (r *retirement) connections(ctx context.Context) error {
	for c, err := range list[connectionBody](ctx, r.Client, connectionsPath, everything("noDatafiles", "true", "ownedByMe", "true")) {
		if err != nil {
			return err
		}
		space, ok := r.nameOf("space", c.Space)
		k := plan.Key{Kind: "data-connection", Name: space + "/" + c.Name}
		if ok && !r.declared[k] {
			r.add(k, "it belongs to qdeploy's user, and nothing declares it", deletion(connectionPath(c.ID)))
		}
	}
	return nil
}

// fullView are the roles whose holders see both the apps and the connections of a space.
func fullView(role string) bool { return seesConnections(role) && !slices.Contains(blind, role) }

func (r *retirement) spaces(ctx context.Context) error {
	r.mu.Lock()
	ids := maps.Clone(r.names["space"])
	r.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		k := plan.Key{Kind: "space", Name: ids[id]}
		if r.used[k] || !r.looksInto(id, fullView) {
			continue
		}
		empty, err := r.isEmpty(ctx, id)
		if err != nil {
			return err
		}
		if empty {
			r.add(k, "it has no content and no data connection; loose data files are not looked for", deletion("/api/v1/spaces/"+id))
		}
	}
	return nil
}

func (r *retirement) isEmpty(ctx context.Context, space string) (bool, error) {
	some, err := holds(list[item](ctx, r.Client, "/api/v1/items", url.Values{"limit": {"1"}, "spaceId": {space}, "noActions": {"true"}}))
	if err == nil && !some {
		some, err = holds(r.connectionsIn(ctx, space))
	}
	return err == nil && !some, err
}

// holds reports whether a listing has anything in it, from no more than its first page.
func holds[T any](rows iter.Seq2[T, error]) (some bool, err error) {
	rows(func(_ T, e error) bool {
		some, err = e == nil, e
		return false
	})
	return some, err
}

// copies finds staged copies. What carries no release was not staged by qdeploy.
func (r *retirement) copies(ctx context.Context) error {
	staging, wanted := map[plan.Key]bool{}, map[string]bool{}
	for _, d := range slices.Concat(r.n.Declared, r.s.Resources) {
		var a App
		if d.Key.Kind != "app" || json.Unmarshal(d.Spec, &a) != nil {
			continue
		}
		wanted[a.Name+" "+a.Release] = true
		if k, err := plan.ParseKey(string(a.Staging)); err == nil {
			staging[k] = true
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(staging), plan.Key.Compare) {
		id, there := r.known(k)
		if !there {
			continue
		}
		for i, err := range r.items(ctx, id, "") {
			if err != nil {
				return err
			}
			release, _ := unstamped(i.Description)
			name, rest, half := strings.Cut(i.Name, importing)
			if half {
				release = strings.TrimSuffix(rest, ")")
			}
			if release == "" || wanted[name+" "+release] || r.n.Busy(name) {
				continue
			}
			r.add(plan.Key{Kind: "app", Name: k.Name + "/" + i.Name}, fmt.Sprintf("a staged copy of release %s, which is neither pinned nor published", release), deletion(appPath(i.ResourceID)))
		}
	}
	return nil
}

// automations finds those in spaces that did not run. One that never ran counts from when
// it was made.
func (r *retirement) automations(ctx context.Context) error {
	type body struct {
		automationBody
		Created moment `json:"createdAt"`
		Last    moment `json:"lastRunAt"`
	}
	for b, err := range list[body](ctx, r.Client, automationsPath, everything("listAll", "true")) {
		if err != nil {
			return err
		}
		space, ok := r.nameOf("space", b.SpaceID)
		last, why := b.Last.Time, "it did not run since "+b.Last.UTC().Format(time.DateOnly)
		if last.IsZero() {
			last, why = b.Created.Time, "it never ran since it was made on "+b.Created.UTC().Format(time.DateOnly)
		}
		if ok && !last.IsZero() && last.Before(r.n.Since) {
			r.add(plan.Key{Kind: "automation", Name: space + "/" + b.Name}, why, deletion(automationPath(b.ID)))
		}
	}
	return nil
}

// alerts finds those of qdeploy's own user whose app is gone: they outlive it.
//
// https://qlik.dev/apis/rest/data-alerts: APP_DELETED.
func (r *retirement) alerts(ctx context.Context) error {
	bot, err := r.self(ctx)
	if err != nil {
		return err
	}
	for b, err := range list[alertBody](ctx, r.Client, alertsPath, everything("ownerId", bot)) {
		if err != nil {
			return err
		}
		if isGone(b.Errors, "APP_DELETED") {
			r.add(plan.Key{Kind: "data-alert", Name: b.Name}, "its app is gone", deletion(conditionPath(b.ConditionID)), deletion(alertPath(b.ID)))
		}
	}
	return nil
}

// bots finds what belongs to bot users that may not log in any more: apps and spaces can be
// given to qdeploy's own user.
//
// assumed: the subject of a bot user begins with "qlikbot\".
func (r *retirement) bots(ctx context.Context) error {
	for u, err := range list[userBody](ctx, r.Client, usersPath, everything("filter", `(subject co "qlikbot") and (status eq "disabled")`)) {
		if err != nil {
			return err
		}
		if !strings.HasPrefix(u.Subject, `qlikbot\`) {
			continue
		}
		if err := r.estateOf(ctx, u); err != nil {
			return err
		}
	}
	return nil
}

// estateOf finds what a user owns.
func (r *retirement) estateOf(ctx context.Context, u userBody) error {
	var names []string
	var mend []Request
	r.mu.Lock()
	heir := r.bot
	for _, id := range slices.Sorted(maps.Keys(r.Tenant.spaces)) {
		if name, ok := r.names["space"][id]; ok && r.Tenant.spaces[id].owner == u.ID {
			names = append(names, "space/"+name)
			mend = append(mend, Request{http.MethodPatch, "/api/v1/spaces/" + id, fmt.Sprintf(`[{"op":"replace","path":"/ownerId","value":%q}]`, heir)})
		}
	}
	r.mu.Unlock()
	type body struct {
		item
		Type string `json:"resourceType"`
	}
	for i, err := range list[body](ctx, r.Client, "/api/v1/items", everything("ownerId", u.ID, "noActions", "true")) {
		if err != nil {
			return err
		}
		names = append(names, i.Type+" "+i.Name)
		if i.Type == "app" {
			mend = append(mend, Request{http.MethodPut, appPath(i.ResourceID) + "/owner", fmt.Sprintf(`{"ownerId":%q}`, heir)})
		}
	}
	if len(names) > 0 {
		r.add(plan.Key{Kind: "user", Name: u.Subject}, "it is disabled, and owns "+strings.Join(names, ", "), mend...)
	}
	return nil
}
