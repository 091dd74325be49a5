package estate

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/window"
)

// Environment is a stage of promotion.
type Environment struct {
	Name    string
	After   []string              // environments that come before, sorted
	Apps    map[string]Pin        // by the app's name
	Content map[string]ContentPin // by kind and name: "theme/northwind"
	Targets []Target
	Soak    time.Duration   // how long a version runs here before it may go on
	Auto    bool            // promotion to it begins by itself
	Release bool            // a version that all of it runs is released
	Tries   string          // where pull requests have their apps tried, [TriesInSlot] or [TriesInSpace]; "" if they do not
	Tags    string          // what releases are called by, "date" or "semver"
	Holds   map[string]Hold // by the app's name
	Pos     string

	Schedule window.Schedule // when it may be applied to
	Rings    []Ring          // in which its tenants get what is declared; none means all at once
	Gates    Gates           // before a version is promoted from it
}

// Where the apps of a pull request are tried: see [Environment].Tries.
const (
	TriesInSlot  = "pull-request"       // in the spaces of the targets, one pull request at a time
	TriesInSpace = "pull-request-space" // in spaces that each pull request has of its own
)

// Target is one space in each of some tenants.
type Target struct {
	Tenants []string // sorted; ignored tenants are not among them
	Staging string   // the shared space that apps are imported into
	Space   string   // the managed space that they are published to
	Apps    []string // which of the environment's apps, sorted
	Reload  bool     // in spaces of pull requests, apps are reloaded with its connections
	Pos     string
}

// Environments returns the environments, each after those that it comes after,
// and otherwise by name.
func (e *Estate) Environments() []Environment { return e.environments }

// environment is an environment as the schema has it, decoded.
type environment struct {
	After   []string              `json:"after"`
	Apps    map[string]Pin        `json:"apps"`
	Content map[string]ContentPin `json:"content"`
	Soak    string                `json:"soak"`
	Promote string                `json:"promote"`
	Release bool                  `json:"release"`
	Tags    string                `json:"tags"`
	Holds   map[string]Hold       `json:"holds"`
	Windows []window.Window       `json:"windows"`
	Freezes []window.Window       `json:"freezes"`
	Rings   []ring                `json:"rings"`
	Gates   Gates                 `json:"gates"`
	Test    string                `json:"test"`
	Targets []struct {
		Select  map[string]any `json:"select"`
		Tenants []string       `json:"tenants"`
		Staging string         `json:"staging"`
		Space   string         `json:"space"`
		Apps    []string       `json:"apps"`
		Reload  bool           `json:"reload"`
	} `json:"targets"`
}

// target is a target of an environment, and the resources that it gives every
// tenant that it selects.
type target struct {
	environment    string
	staging, space plan.Key
	pos            string
	stagingPos     string
	spacePos       string
	apps           []string
	resources      []plan.Resource // made by readApps
	needs          []need          // what they need of the tenant

	once sync.Once
	sum  []byte // over all of this, for the cache
}

// environments checks the environments and resolves their targets.
func (l *load) environments(envs map[string]*environment) {
	for _, name := range l.order(envs) {
		env := envs[name]
		out := Environment{
			Name: name, Apps: env.Apps, Content: env.Content, Pos: l.at("environments", name),
			Soak: length(env.Soak), Auto: env.Promote == "auto", Release: env.Release, Tags: env.Tags, Holds: env.Holds,
			Schedule: l.schedule(name, env), Gates: env.Gates, Tries: env.Test,
		}
		out.After = slices.Sorted(slices.Values(env.After))
		l.pins(name, env)
		for i := range env.Targets {
			out.Targets = append(out.Targets, l.target(name, env, i))
		}
		if len(env.Apps) > 0 && len(env.Targets) == 0 {
			l.report(Problem{Severity: Warning, Pos: out.Pos, Message: name + " pins apps but has no targets: nothing runs them"})
		}
		l.rings(&out, env.Rings)
		l.e.environments = append(l.e.environments, out)
	}
}

// target resolves one target of an environment.
func (l *load) target(name string, env *environment, i int) Target {
	d := env.Targets[i]
	at := func(path ...string) string {
		return l.at(append([]string{"environments", name, "targets", strconv.Itoa(i)}, path...)...)
	}
	t := &target{
		environment: name, pos: at(), stagingPos: at("staging"), spacePos: at("space"),
		staging: plan.Key{Kind: "space", Name: d.Staging}, space: plan.Key{Kind: "space", Name: d.Space},
	}
	out := Target{Staging: d.Staging, Space: d.Space, Reload: d.Reload, Pos: t.pos}
	if d.Reload && env.Test != TriesInSpace {
		l.report(Problem{
			Severity: Warning, Pos: at("reload"), Message: fmt.Sprintf("pull requests have no spaces of their own in %s: nothing is reloaded", name),
			Hint: fmt.Sprintf("write environments: %s: test: %q", name, TriesInSpace),
		})
	}
	t.apps = sorted(env.Apps)
	if d.Apps != nil {
		t.apps = slices.Compact(slices.Sorted(slices.Values(d.Apps)))
	}
	for _, app := range t.apps {
		if _, ok := env.Apps[app]; !ok {
			l.report(Problem{
				Pos:     at("apps"),
				Message: fmt.Sprintf("app %q has no version in %s", app, name),
				Hint:    cmp.Or(didYouMean(app, sorted(env.Apps)), fmt.Sprintf("pin one: environments: %s: apps: %q: version: \"1.0.0\"", name, app)),
			})
		}
	}
	out.Apps = t.apps
	var selected []*tenant
	switch {
	case d.Select != nil && d.Tenants != nil:
		l.report(Problem{Pos: at("tenants"), Message: "a target has both select and tenants", Hint: "remove one of them"})
	case d.Tenants != nil:
		selected = l.named(d.Tenants, at("tenants"))
	case d.Select != nil:
		selected = l.labelled(d.Select, at)
	default:
		l.report(Problem{Pos: t.pos, Message: "a target does not say which tenants", Hint: `write select: {LABEL: "value"}, select: {} for all, or tenants: ["name"]`})
	}
	for _, s := range selected {
		if s.State == Active {
			s.targets = append(s.targets, t)
			out.Tenants = append(out.Tenants, s.Name)
		}
	}
	l.targets = append(l.targets, t)
	return out
}

// named returns the tenants with these names.
func (l *load) named(names []string, at string) (out []*tenant) {
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		t := l.e.byName[name]
		if t == nil {
			l.report(Problem{
				Pos:     at,
				Message: fmt.Sprintf("there is no tenant %q", name),
				Hint:    didYouMean(name, sorted(l.e.byName)),
			})
			continue
		}
		out = append(out, t)
	}
	return out
}

// labelled returns the tenants that have all these labels.
func (l *load) labelled(labels map[string]any, at func(...string) string) (out []*tenant) {
	want := map[string][]string{}
	for name, v := range labels {
		switch v := v.(type) {
		case string:
			want[name] = []string{v}
		case []any:
			for _, e := range v {
				want[name] = append(want[name], fmt.Sprint(e))
			}
		}
	}
	for _, t := range l.e.tenants {
		if t.matches(want) {
			out = append(out, t)
		}
	}
	if len(out) == 0 {
		p := Problem{Severity: Warning, Pos: at("select"), Message: "no tenant has these labels"}
		for _, name := range sorted(want) {
			if known := l.e.labelValues(name); len(known) == 0 {
				p.Message = fmt.Sprintf("no tenant has a label %q", name)
				p.Hint = didYouMean(name, l.e.labelNames())
			} else if !slices.ContainsFunc(want[name], func(v string) bool { return slices.Contains(known, v) }) {
				p.Message = fmt.Sprintf("no tenant has label %s: %s", name, oneOf(want[name]))
				p.Hint = hintFrom(want[name][0], known)
			}
		}
		l.report(p)
	}
	return out
}

// matches reports whether the tenant has all the labels, each with one of the values.
func (t *tenant) matches(want map[string][]string) bool {
	for name, values := range want {
		v, ok := t.Labels[name]
		if !ok || !slices.Contains(values, v) {
			return false
		}
	}
	return true
}

func (e *Estate) labelNames() []string {
	set := map[string]bool{}
	for _, t := range e.tenants {
		for name := range t.Labels {
			set[name] = true
		}
	}
	return sorted(set)
}

func (e *Estate) labelValues(name string) []string {
	set := map[string]bool{}
	for _, t := range e.tenants {
		if v, ok := t.Labels[name]; ok {
			set[v] = true
		}
	}
	return sorted(set)
}
