package main

import (
	"cmp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/schema"
)

// choice says which tenants and kinds a command is about; empty means all.
type choice struct {
	tenants, environments, rings, kinds []string
}

func (f *choice) add(p *program, c *cobra.Command) {
	defer f.completions(p, c)
	fl := c.Flags()
	fl.StringArrayVar(&f.tenants, "tenant", nil, "only tenants that this `selector` fits: a name, a pattern with *, LABEL=VALUE, or region=NAME; joined by commas, all of them; given again, any of them")
	fl.StringArrayVar(&f.environments, "env", nil, "only tenants that this `environment` runs apps in")
	fl.StringArrayVar(&f.rings, "ring", nil, "only tenants in this `ring` of the environments, by its name or ENVIRONMENT/NAME")
	fl.StringArrayVar(&f.kinds, "kind", nil, "only changes to this `kind` of resource")
}

// choose returns the active tenants that are meant, sorted by name, and the kinds.
func (f *choice) choose(est *declared, m *memory) ([]estate.Tenant, []plan.Kind, error) {
	chosen, err := est.Select(f.tenants)
	if err != nil {
		return nil, nil, fail("", "--tenant: %w", err)
	}
	if len(f.environments) > 0 {
		targets, err := inEnvironments(est, f.environments)
		if err != nil {
			return nil, nil, err
		}
		chosen = slices.DeleteFunc(chosen, func(t estate.Tenant) bool { return !targets[t.Name] })
	}
	if len(f.rings) > 0 {
		in, err := f.inRings(est, m)
		if err != nil {
			return nil, nil, err
		}
		chosen = slices.DeleteFunc(chosen, func(t estate.Tenant) bool { return !in[t.Name] })
	}
	chosen = slices.DeleteFunc(chosen, func(t estate.Tenant) bool { return t.State == estate.Ignored })
	if len(chosen) == 0 {
		return nil, nil, fail("", "no tenant is chosen")
	}
	var kinds []plan.Kind
	for _, k := range f.kinds {
		if !slices.Contains(schema.Kinds(), plan.Kind(k)) {
			return nil, nil, fail("kinds: "+kindList(), "--kind: there is no kind %q", k)
		}
		kinds = append(kinds, plan.Kind(k))
	}
	return chosen, kinds, nil
}

func kindList() string {
	var names []string
	for _, k := range schema.Kinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

// inEnvironments returns the names of the tenants that these environments target.
func inEnvironments(est *declared, names []string) (map[string]bool, error) {
	out := map[string]bool{}
	for _, name := range names {
		i := slices.IndexFunc(est.Environments(), func(e estate.Environment) bool { return e.Name == name })
		if i < 0 {
			var known []string
			for _, e := range est.Environments() {
				known = append(known, e.Name)
			}
			return nil, fail("environments: "+strings.Join(known, ", "), "--env: there is no environment %q", name)
		}
		for _, t := range est.Environments()[i].Targets {
			for _, tenant := range t.Tenants {
				out[tenant] = true
			}
		}
	}
	return out, nil
}

// inRings returns the names of the tenants in the rings that are meant: those of the
// rollout that goes on, which newcomers may but join in its last ring.
func (f *choice) inRings(est *declared, m *memory) (map[string]bool, error) {
	out := map[string]bool{}
	for _, name := range f.rings {
		var known []string
		found := false
		for _, env := range est.Environments() {
			if len(f.environments) > 0 && !slices.Contains(f.environments, env.Name) {
				continue
			}
			rings, newcomers, err := m.ringsNow(env)
			if err != nil {
				return nil, err
			}
			for i, r := range rings {
				if i+1 == len(rings) {
					r.Tenants = slices.Concat(r.Tenants, newcomers)
				}
				known = append(known, env.Name+"/"+r.Name)
				if name != r.Name && name != env.Name+"/"+r.Name {
					continue
				}
				found = true
				for _, tenant := range r.Tenants {
					out[tenant] = true
				}
			}
		}
		if !found {
			return nil, fail("rings: "+cmp.Or(strings.Join(known, ", "), "none"), "--ring: there is no ring %q", name)
		}
	}
	return out, nil
}

// completions lets shells complete kinds, and tenants and environments of the
// estate at hand.
func (f *choice) completions(p *program, c *cobra.Command) {
	complete := func(flag string, names func(*estate.Estate) []string) {
		err := c.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			dir, err := p.estateDir()
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			est, err := estate.Load(dir, estate.Options{})
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return names(est), cobra.ShellCompDirectiveNoFileComp
		})
		if err != nil {
			panic(err) // the flag is there
		}
	}
	complete("kind", func(*estate.Estate) []string { return strings.Split(kindList(), ", ") })
	complete("env", func(est *estate.Estate) (names []string) {
		for _, e := range est.Environments() {
			names = append(names, e.Name)
		}
		return names
	})
	complete("tenant", func(est *estate.Estate) (names []string) {
		for _, t := range est.Tenants() {
			names = append(names, t.Name)
		}
		return names
	})
}
