package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/github"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// deployments are GitHub's deployments of a run: one for each environment and ring.
type deployments struct {
	job *job
	ids []int64 // that have not ended
}

// round tells GitHub of tenants that are about to be applied to. There is one round,
// or one for each ring that opens.
func (m *merged) round(ctx context.Context, d *deployments, todo []*plan.Plan) {
	d.end(ctx, github.StatusSuccess, "applied")
	m.said(ctx, "applying"+m.ringsOf(todo))
	for _, env := range m.e.est.Environments() {
		if m.e.closedWhole(env) || len(m.f.environments) > 0 && !slices.Contains(m.f.environments, env.Name) {
			continue
		}
		n := 0
		ring := ""
		for _, p := range todo {
			if !env.Has(p.Tenant.Name) {
				continue
			}
			n++
			if v := m.e.waves.waveOf(p.Tenant.Name); v != nil && v.Environment == env.Name {
				ring = "ring " + v.Ring + ", "
			}
		}
		if n > 0 {
			m.begin(ctx, d, env.Name, "qdeploy: "+ring+many(n, "tenant"))
		}
	}
}

// closedWhole reports whether nothing of an environment may be applied to.
func (e *engine) closedWhole(env estate.Environment) bool {
	return slices.ContainsFunc(e.closed, func(c closing) bool { return c.Environment == env.Name && c.Ring == "" })
}

func (m *merged) begin(ctx context.Context, d *deployments, environment, description string) {
	id, err := m.client.Deployment(ctx, m.e.revision, environment, description)
	if err != nil {
		m.warn("deployment of "+environment, err)
		return
	}
	d.ids = append(d.ids, id)
	m.warn("deployment of "+environment, m.client.DeploymentStatus(ctx, id, github.DeploymentInProgress, m.run.URL, ""))
}

// ringsOf names the rings that tenants are in: " ring 1/3 (pilot)".
func (m *merged) ringsOf(todo []*plan.Plan) string {
	var names []string
	for _, p := range todo {
		v := m.e.waves.waveOf(p.Tenant.Name)
		if v == nil {
			continue
		}
		for _, r := range m.e.waves.envs {
			if i := slices.Index(r.waves, v); i >= 0 {
				names = append(names, fmt.Sprintf("ring %d/%d (%s)", i+1, len(r.waves), v.Ring))
			}
		}
	}
	slices.Sort(names)
	if names = slices.Compact(names); len(names) == 0 {
		return ""
	}
	return " " + strings.Join(names, ", ")
}

// end says what became of the deployments.
func (d *deployments) end(ctx context.Context, state github.State, description string) {
	for _, id := range d.ids {
		d.job.warn("deployment", d.job.client.DeploymentStatus(ctx, id, state, d.job.run.URL, description))
	}
	d.ids = nil
}
