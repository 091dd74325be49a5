package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
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

// gated says why the gates of a ring keep those after it from beginning; "" if they
// do not. A run asks once.
func (w *waves) gated(ctx context.Context, v *wave) string {
	if v.ring.Gates.None() {
		return ""
	}
	key := v.Environment + "/" + v.Ring
	said, ok := w.gates[key]
	if !ok {
		said = w.e.ask(ctx, v.ring.Gates, v.Environment, v.standing.In[apply.Current], func(tenant string) time.Time {
			entry, _ := w.e.memory.last(tenant)
			return reachedAt(entry)
		})
		w.gates[key] = said
	}
	if said.green() {
		return ""
	}
	v.red = len(said.red) > 0
	return v.Ring + ": " + said.String()
}

// ask holds gates against tenants of an environment, several at a time. since says
// when what is asked about came to a tenant.
func (e *engine) ask(ctx context.Context, g estate.Gates, environment string, tenants []string, since func(tenant string) time.Time) verdict {
	progress := e.p.start("asking the gates", len(tenants))
	defer progress.end()
	said, _ := apply.Each(ctx, apply.Stop{}, len(tenants), e.flags.parallelism, func(ctx context.Context, i int) verdict {
		defer progress.step()
		var v verdict
		if g.Reloads != "" {
			v = e.reloaded(ctx, g.Reloads, environment, tenants[i], since(tenants[i]))
		}
		if len(g.Probe) > 0 {
			if why := e.probe(ctx, g.Probe, tenants[i]); why != "" {
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

// reloaded asks how the apps of an environment have reloaded in a tenant since a time.
// That a tenant cannot be asked is not green.
func (e *engine) reloaded(ctx context.Context, want, environment, tenant string, since time.Time) (v verdict) {
	t, _ := e.est.Tenant(tenant)
	live, err := e.conn.tenant(t, true, &e.reads)
	if err != nil {
		v.pending = append(v.pending, fmt.Sprintf("%s: %v", tenant, err))
		return v
	}
	for _, env := range e.est.Environments() {
		if env.Name != environment {
			continue
		}
		for _, target := range env.Targets {
			if !slices.Contains(target.Tenants, tenant) || len(target.Apps) == 0 {
				continue
			}
			last, err := live.LastReloads(ctx, target.Space, target.Apps, since)
			if err != nil {
				v.pending = append(v.pending, fmt.Sprintf("%s: %v", tenant, err))
				continue
			}
			v.judge(want, tenant, target, last)
		}
	}
	return v
}

func (v *verdict) judge(want, tenant string, target estate.Target, last map[string]qlik.Reload) {
	for _, app := range target.Apps {
		at := fmt.Sprintf("%s: app/%s/%s", tenant, target.Space, app)
		r, ok := last[app]
		switch {
		case ok && r.Failed():
			text := fmt.Sprintf("%s: its reload of %s %s", at, stampText(r.Created), strings.ToLower(r.Status))
			if r.Error != "" {
				text += " (" + r.Error + ")"
			}
			v.red = append(v.red, text)
		case !ok && want == "succeeded":
			v.pending = append(v.pending, at+" has not been reloaded yet")
		}
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
