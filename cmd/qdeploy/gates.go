package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// verdict is what gates say of some tenants.
type verdict struct {
	red     []string // what has gone wrong, tenant by tenant
	pending []string // what is not known yet

	compared []string // evaluations that are not worse than the one before
	alone    []string // evaluations that have none before them
}

func (v verdict) green() bool { return len(v.red) == 0 && len(v.pending) == 0 }

// String tells the first of what keeps a gate from being green.
func (v verdict) String() string {
	list, word := v.red, "red"
	if len(list) == 0 {
		list, word = v.pending, "not green yet"
	}
	text := "the gates are " + word + ": " + list[0]
	if n := len(list) - 1; n > 0 {
		text += fmt.Sprintf(", and %d more", n)
	}
	return text
}

// question is what gates are held against: apps of an environment in some tenants.
type question struct {
	gates   estate.Gates
	env     estate.Environment
	tenants []string

	// since says since when an app is in a space of a tenant, and until when what it
	// is held against was, and whether it is asked about at all.
	since func(tenant, space, app string) (qlik.Span, bool)
}

// ask holds gates against tenants, several at a time.
func (e *engine) ask(ctx context.Context, q question) verdict {
	progress := e.p.start("asking the gates", len(q.tenants))
	defer progress.end()
	said, _ := apply.Each(ctx, apply.Stop{}, len(q.tenants), e.flags.parallelism, func(ctx context.Context, i int) verdict {
		defer progress.step()
		v := e.asked(ctx, q, q.tenants[i])
		if len(q.gates.Probe) > 0 {
			if why := e.probe(ctx, q.gates.Probe, q.tenants[i]); why != "" {
				v.red = append(v.red, why)
			}
		}
		return v
	})
	var all verdict
	for _, v := range said {
		all.red, all.pending = append(all.red, v.red...), append(all.pending, v.pending...)
		all.compared, all.alone = append(all.compared, v.compared...), append(all.alone, v.alone...)
	}
	return all
}

// asked asks a tenant how apps have done since they came. That it cannot be asked is
// not green. An app is evaluated when its reloads are well: they change what is
// measured.
func (e *engine) asked(ctx context.Context, q question, tenant string) (v verdict) {
	if q.gates.Reloads == "" && q.gates.Evaluation == nil {
		return v
	}
	t, _ := e.est.Tenant(tenant)
	live, err := e.conn.tenant(t, q.gates.Evaluation == nil, &e.reads)
	if err != nil {
		v.pending = append(v.pending, fmt.Sprintf("%s: %v", tenant, err))
		return v
	}
	for space, since := range q.spaces(tenant) {
		if q.gates.Reloads != "" {
			v.reloaded(ctx, live, q.gates.Reloads, tenant, space, since)
		}
		if q.gates.Evaluation != nil && v.green() {
			v.evaluated(ctx, live, *q.gates.Evaluation, tenant, space, since)
		}
	}
	return v
}

// spaces yields the spaces of a tenant with the apps that are asked about, and since
// when each is there.
func (q question) spaces(tenant string) iter.Seq2[string, map[string]qlik.Span] {
	return func(yield func(string, map[string]qlik.Span) bool) {
		for _, target := range q.env.Targets {
			since := map[string]qlik.Span{}
			for _, app := range target.Apps {
				if at, ok := q.since(tenant, target.Space, app); ok && target.Has(tenant) {
					since[app] = at
				}
			}
			if len(since) > 0 && !yield(target.Space, since) {
				return
			}
		}
	}
}

// reloaded asks how apps of a space have reloaded.
func (v *verdict) reloaded(ctx context.Context, live *qlik.Tenant, want, tenant, space string, apps map[string]qlik.Span) {
	since := map[string]time.Time{}
	for app, s := range apps {
		since[app] = s.Since
	}
	last, err := live.LastReloads(ctx, space, since)
	if err != nil {
		v.pending = append(v.pending, fmt.Sprintf("%s: %v", tenant, err))
		return
	}
	for _, app := range sortedKeys(since) {
		r, ok := last[app]
		v.judge(want, fmt.Sprintf("%s: app/%s/%s", tenant, space, app), r, ok)
	}
}

// judge adds what is wrong with an app.
func (v *verdict) judge(want, app string, r qlik.Reload, ok bool) {
	switch {
	case ok && r.Failed():
		text := fmt.Sprintf("%s: its reload of %s %s", app, stampText(r.Created), strings.ToLower(r.Status))
		if r.Error != "" {
			text += " (" + r.Error + ")"
		}
		v.red = append(v.red, text)
	case !ok && want == "succeeded":
		v.pending = append(v.pending, app+" has not been reloaded yet")
	}
}

// probe runs a program for a tenant, in the folder of the estate, and says what is
// wrong. What it prints goes to stderr.
func (e *engine) probe(ctx context.Context, args []string, tenant string) string {
	t, _ := e.est.Tenant(tenant)
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	c.Dir = e.p.dir
	c.Env = append(os.Environ(), "QDEPLOY_TENANT="+t.Name, "QDEPLOY_HOST="+t.Host, "QDEPLOY_REGION="+t.Region)
	out, err := c.CombinedOutput()
	for line := range strings.Lines(string(out)) {
		fmt.Fprintf(e.p.err, "%s: %s: %s\n", tenant, args[0], printable(strings.TrimRight(line, "\r\n")))
	}
	var exit *exec.ExitError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &exit):
		return fmt.Sprintf("%s: %s ended with %s", tenant, args[0], exit)
	}
	return fmt.Sprintf("%s: %v", tenant, err)
}
