package main

import (
	"context"
	"errors"
	"fmt"
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

	// since says when an app came to a space of a tenant, and whether it is asked
	// about at all.
	since func(tenant, space, app string) (time.Time, bool)
}

// ask holds gates against tenants, several at a time.
func (e *engine) ask(ctx context.Context, q question) verdict {
	progress := e.p.start("asking the gates", len(q.tenants))
	defer progress.end()
	said, _ := apply.Each(ctx, apply.Stop{}, len(q.tenants), e.flags.parallelism, func(ctx context.Context, i int) verdict {
		defer progress.step()
		var v verdict
		if q.gates.Reloads != "" {
			v = e.reloaded(ctx, q, q.tenants[i])
		}
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
	}
	return all
}

// reloaded asks how apps have reloaded in a tenant since they came. That a tenant
// cannot be asked is not green.
func (e *engine) reloaded(ctx context.Context, q question, tenant string) (v verdict) {
	t, _ := e.est.Tenant(tenant)
	live, err := e.conn.tenant(t, true, &e.reads)
	if err != nil {
		v.pending = append(v.pending, fmt.Sprintf("%s: %v", tenant, err))
		return v
	}
	for _, target := range q.env.Targets {
		if !target.Has(tenant) {
			continue
		}
		since := map[string]time.Time{}
		for _, app := range target.Apps {
			if at, ok := q.since(tenant, target.Space, app); ok {
				since[app] = at
			}
		}
		if len(since) == 0 {
			continue
		}
		last, err := live.LastReloads(ctx, target.Space, since)
		if err != nil {
			v.pending = append(v.pending, fmt.Sprintf("%s: %v", tenant, err))
			continue
		}
		for _, app := range sortedKeys(since) {
			r, ok := last[app]
			v.judge(q.gates.Reloads, fmt.Sprintf("%s: app/%s/%s", tenant, target.Space, app), r, ok)
		}
	}
	return v
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
