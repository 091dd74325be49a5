package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// resultSchema is the version of the JSON document in which a run is saved.
const resultSchema = "qdeploy/result/1"

// result is what became of a run, saved for who tells of all shards.
type result struct {
	Schema     string  `json:"schema"`
	Revision   string  `json:"revision,omitempty"`
	Shard      string  `json:"shard,omitempty"` // "" for the whole
	Status     int     `json:"status"`          // what the run ended with
	OutOfCalls bool    `json:"outOfCalls,omitempty"`
	Refused    bool    `json:"refused,omitempty"` // by the platform, for longer than patience
	Report     *report `json:"report"`
}

// save saves what became of a run where --out says.
func (f applyFlags) save(r *report, revision string) error {
	if f.out == "" {
		return nil
	}
	saved := result{resultSchema, revision, f.shard().String(), r.status(), r.outOfCalls, r.refused, r}
	err := writeWhole(f.out, func(w io.Writer) error { return json.NewEncoder(w).Encode(saved) })
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	return nil
}

type applyMergeFlags struct {
	applyFlags
	github bool
}

func (p *program) applyMergeCommand() *cobra.Command {
	var f applyMergeFlags
	c := &cobra.Command{
		Use:   "merge PLAN RESULT...",
		Short: "Tell of all shards what became of them",
		Long: `Make one report of what several machines have saved with qdeploy apply --shard I/N --out
FILE. PLAN is the plan that they applied, or the folder with the plans of all shards;
a folder of results stands for the files with .json in it. A tenant that no result tells
of was not applied to, as far as anybody knows: its machine has died. No tenant is
read, and no secret needed.` + "\n" + exits,
		Example: "  qdeploy apply merge plan.json results\n  qdeploy apply merge shards results --github",
		RunE: func(c *cobra.Command, args []string) error {
			return p.applyMerge(c.Context(), f, args)
		},
	}
	fl := c.Flags()
	fl.StringArrayVar(&f.environments, "env", nil, "with --github: the `environment` that was applied to, as it was given")
	fl.StringVar(&f.approve, "approve", "", "with --github: the `digest` that the shards were given")
	fl.BoolVar(&f.asJSON, "json", false, "print the report as JSON")
	fl.BoolVar(&f.github, "github", false, "in a job of GitHub Actions: tell in the comments of the pull requests, in deployments, in the follow-up issue and in the job's summary and outputs")
	return c
}

func (p *program) applyMerge(ctx context.Context, f applyMergeFlags, args []string) error {
	if len(args) == 0 {
		return fail("qdeploy apply merge PLAN RESULT...", "apply merge takes the plan that was applied, and what became of it")
	}
	fleet, err := readPlan(args[0])
	if err != nil {
		return err
	}
	results, err := readResults(args[1:], fleet.Revision)
	if err != nil {
		return err
	}
	if f.github {
		return p.tellMerged(ctx, f, fleet, results)
	}
	r := mergeResults(fleet, results)
	if f.asJSON {
		err = p.printJSON(r)
	} else {
		r.print(p.out)
	}
	if err != nil {
		return err
	}
	return silent(r.status())
}

// readResults reads what became of shards. A folder that is not there is that of shards of
// which none has told anything.
func readResults(names []string, revision string) (out []result, err error) {
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		_, err := os.Stat(name)
		return os.IsNotExist(err) && filepath.Ext(name) != ".json"
	})
	files, err := jsonFiles(names)
	if err != nil {
		return nil, fail("qdeploy apply --out FILE saves one", "%w", err)
	}
	seen := map[string]string{}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var r result
		const hint = "qdeploy apply --out FILE saves one"
		if err := json.Unmarshal(b, &r); err != nil || r.Schema != resultSchema || r.Report == nil {
			return nil, fail(hint, "%s is not what became of a run: its schema is %q, want %q", name, r.Schema, resultSchema)
		}
		if r.Revision != revision {
			return nil, fail(hint, "%s is of revision %.12s, and the plan of %.12s", name, r.Revision, revision)
		}
		if other, ok := seen[r.Shard]; ok {
			return nil, fail(hint, "%s and %s are both of shard %s", other, name, cmp.Or(r.Shard, "1/1"))
		}
		seen[r.Shard] = name
		out = append(out, r)
	}
	return out, nil
}

// mergeResults makes one report of those of all shards. What none tells of has not begun.
// Why a ring waits is what the shard says that saw the most of the rings.
func mergeResults(fleet *plan.Fleet, results []result) *report {
	results = slices.SortedStableFunc(slices.Values(results), func(a, b result) int { return b.Report.have() - a.Report.have() })
	var runs []string
	told := map[string]bool{}
	r := newReport("", fleet)
	for _, s := range results {
		runs = append(runs, s.Report.Run)
		r.worst = worse(r.worst, s.Status)
		r.outOfCalls, r.refused = r.outOfCalls || s.OutOfCalls, r.refused || s.Refused
		for _, t := range s.Report.Tenants {
			if _, ours := r.at[t.Tenant]; ours && !told[t.Tenant] {
				told[t.Tenant] = true
				r.set(t)
			}
		}
		r.Waiting += s.Report.notBegun()
		r.Rings, r.Closed = mergeWaves(r.Rings, s.Report.Rings), mergeClosings(r.Closed, s.Report.Closed)
		r.Budget, r.Spent = r.Budget.plus(s.Report.Budget), r.Spent.plus(s.Report.Spent)
	}
	for _, p := range fleet.Plans {
		if name := p.Tenant.Name; !told[name] && len(p.Changes) > 0 && r.state(name) == stateUnchanged {
			r.notStarted(p)
			r.untold++
			r.worst = worse(r.worst, exitPartly)
		}
	}
	slices.Sort(runs)
	r.Run = cmp.Or(strings.Join(slices.Compact(runs), ", "), "no run")
	if rest := r.rest(); len(rest) > 0 {
		r.Continue = "qdeploy apply" + tenantFlags(rest)
	}
	return r
}

// notBegun is how many changes are of tenants that were not begun: they have no outcomes.
func (r *report) notBegun() int {
	n := r.Waiting
	for _, t := range r.Tenants {
		for _, o := range t.Outcomes {
			if o.Status == apply.NotStarted {
				n--
			}
		}
	}
	return n
}

// severity orders exit statuses as [report.status] does, the worst first.
var severity = []int{exitGuarded, exitPartly, exitStale, exitError, exitClosed, exitOK}

func worse(a, b int) int {
	if slices.Index(severity, b) < slices.Index(severity, a) {
		return b
	}
	return a
}

// mergeWaves takes of each ring what the shard saw that saw the most of it.
func mergeWaves(all, some []*wave) []*wave {
	for _, v := range some {
		i := slices.IndexFunc(all, func(w *wave) bool { return w.Environment == v.Environment && w.Ring == v.Ring })
		switch {
		case i < 0:
			all = append(all, v)
		case v.Have > all[i].Have || v.State == apply.Stopped:
			all[i] = v
		}
	}
	return all
}

// mergeClosings adds up what waits for the same.
func mergeClosings(all, some []closing) []closing {
	for _, c := range some {
		i := slices.IndexFunc(all, func(o closing) bool { return o.Environment == c.Environment && o.Ring == c.Ring })
		if i < 0 {
			all = append(all, c)
			continue
		}
		all[i].Changes, all[i].Tenants = all[i].Changes+c.Changes, all[i].Tenants+c.Tenants
	}
	return all
}

// plus adds the budgets of two shards up; nil is none.
func (b *budget) plus(o *budget) *budget {
	if b == nil || o == nil {
		return cmp.Or(b, o)
	}
	return &budget{Given: b.Given, Tenants: b.Tenants + o.Tenants, May: b.May + o.May, Failed: b.Failed + o.Failed}
}

// plus adds up what two machines took, at the same time.
func (s *spent) plus(o *spent) *spent {
	if s == nil || o == nil {
		return cmp.Or(s, o)
	}
	return &spent{s.Calls + o.Calls, max(s.Seconds, o.Seconds), s.ExpectedCalls + o.ExpectedCalls, max(s.Expected, o.Expected)}
}

// tellMerged tells GitHub what became of all shards.
func (p *program) tellMerged(ctx context.Context, f applyMergeFlags, fleet *plan.Fleet, results []result) error {
	j, err := p.job(f.environments)
	if err != nil {
		return err
	}
	if j.run.PullRequest != nil {
		return fail("run it after the jobs that apply", "what became of a merge is not told to a pull request that is open")
	}
	dir, err := p.estateDir()
	if err != nil {
		return err
	}
	p.dir, f.revision, f.parallelism = dir, fleet.Revision, 1
	f.planFlags = j.prepare(f.planFlags, true)
	e, err := p.mergedEngine(ctx, f.planFlags, fleet)
	if err != nil {
		return err
	}
	defer e.close()
	e.guards.Check(fleet)
	m := &merged{job: j, e: e, f: f.applyFlags, fleet: fleet, saved: true}
	if err := m.review(ctx); err != nil {
		return err
	}
	if len(fleet.Refused) > 0 {
		m.refused(ctx)
		return silent(exitGuarded)
	}
	r := mergeResults(fleet, results)
	for name := range m.held { // what else they are is known from those who applied
		if r.state(name) != stateStale {
			delete(m.held, name)
		}
	}
	if err := m.printed(r); err != nil {
		return err
	}
	d := &deployments{job: j}
	m.deployed(ctx, d, r)
	m.finish(ctx, r, d)
	return silent(r.status())
}

// deployed tells GitHub of the environments that were applied to.
func (m *merged) deployed(ctx context.Context, d *deployments, r *report) {
	for _, env := range m.e.est.Environments() {
		if len(m.f.environments) > 0 && !slices.Contains(m.f.environments, env.Name) {
			continue
		}
		n := 0
		for _, t := range r.Tenants {
			if env.Has(t.Tenant) && len(t.Outcomes) > 0 {
				n++
			}
		}
		if n > 0 {
			m.begin(ctx, d, env.Name, "qdeploy: "+many(n, "tenant"))
		}
	}
}
