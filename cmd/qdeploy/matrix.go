package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

type matrixFlags struct {
	choice
	parallelism int
	maxRPS      int
	minutes     int
	maxJobs     int
	jobs        int // 0: as many as it takes
	revision    string
	github      bool
	kubernetes  bool
	image       string
}

func (p *program) matrixCommand() *cobra.Command {
	var f matrixFlags
	c := &cobra.Command{
		Use:   "matrix [PLAN]",
		Short: "Cut the fleet into shards for several machines",
		Long: `Print the matrix of a job of GitHub Actions, as JSON: a shard for each machine, as many
as it takes for each to be done in time. Without a plan it is about planning, from how much
there is to read of each tenant; with a saved plan, about applying it. No tenant is read.

With --kubernetes it prints the same as the manifest of an Indexed Job.` + "\n" + exits,
		Example: "  qdeploy matrix --minutes 20\n  qdeploy matrix plan.json --kubernetes --image registry.example/qdeploy:1",
		Args:    words(1),
		RunE:    func(c *cobra.Command, args []string) error { return p.matrix(c.Context(), f, args) },
	}
	f.add(p, c)
	fl := c.Flags()
	fl.IntVar(&f.parallelism, "parallelism", 32, "tenants at a time on each machine")
	addMaxRPS(c, &f.maxRPS)
	fl.IntVar(&f.minutes, "minutes", 30, "how long each machine may take, in minutes")
	fl.IntVar(&f.maxJobs, "max-jobs", plan.MostShards, "how many machines there are at most")
	fl.IntVar(&f.jobs, "jobs", 0, "this many machines, whatever it takes; 0 is as many as it takes")
	addRevision(c, &f.revision)
	fl.BoolVar(&f.github, "github", false, "in a job of GitHub Actions: write the matrix to its output `matrix` as well, and the commit that it is about to `revision`: after a merge, the head of the branch")
	fl.BoolVar(&f.kubernetes, "kubernetes", false, "print the manifest of a Job that applies")
	fl.StringVar(&f.image, "image", "", "with --kubernetes: the `image` that has qdeploy, and the estate in its working directory")
	return c
}

// matrixOf is what GitHub Actions takes as strategy.matrix.
type matrixOf struct {
	Include []shardOf `json:"include"`
}

type shardOf struct {
	Shard string `json:"shard"`
	Index int    `json:"index"` // for the names of files and artifacts, from 1
}

func (p *program) matrix(ctx context.Context, f matrixFlags, args []string) error {
	switch {
	case f.parallelism < 1 || f.minutes < 1:
		return fail("", "--parallelism and --minutes are at least 1")
	case f.maxJobs < 1 || f.maxJobs > plan.MostShards:
		return fail("", "--max-jobs is %d: it is from 1 to %d", f.maxJobs, plan.MostShards)
	case f.jobs < 0 || f.jobs > f.maxJobs:
		return fail("", "--jobs is %d: it is from 1 to %d, or 0", f.jobs, f.maxJobs)
	case f.kubernetes && f.image == "":
		return fail("--image NAME", "--kubernetes takes the image that has qdeploy and the estate")
	case f.image != "" && !f.kubernetes:
		return fail("qdeploy matrix --kubernetes --image NAME prints a Job", "--image goes with --kubernetes")
	}
	if err := checkMaxRPS(f.maxRPS); err != nil {
		return err
	}
	var j *job
	if f.github {
		var err error
		if j, err = p.aboutHead(ctx, &f, len(args) == 1); err != nil {
			return err
		}
	}
	takes, tenants, err := p.takes(ctx, f, args)
	if err != nil {
		return err
	}
	n := f.jobs
	if n == 0 {
		n = max(1, int(math.Ceil(takes.Minutes()/float64(f.minutes))))
	}
	n = min(f.maxJobs, max(tenants, 1), n)
	fmt.Fprintf(p.err, "qdeploy: %s, about %s on one machine: %s\n", many(tenants, "tenant"), takes.Round(time.Second), many(n, "shard"))
	if f.kubernetes {
		_, err := fmt.Fprint(p.out, f.jobManifest(n))
		return err
	}
	m := matrixOf{}
	for i := 1; i <= n; i++ {
		m.Include = append(m.Include, shardOf{plan.Shard{I: i, N: n}.String(), i})
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if f.github {
		err := j.output("matrix", string(text))
		if f.revision != "" {
			err = errors.Join(err, j.output("revision", f.revision))
		}
		if err != nil {
			return err
		}
	}
	_, err = fmt.Fprintln(p.out, string(text))
	return err
}

// aboutHead says which commit all shards are about: what the job has checked out, and after
// a merge the head of the branch, whichever commit the job was started for. A saved plan
// says it itself.
func (p *program) aboutHead(ctx context.Context, f *matrixFlags, saved bool) (*job, error) {
	j, err := p.job(f.environments)
	if err != nil || saved || f.revision != "" {
		return j, err
	}
	if p.dir, err = p.estateDir(); err != nil {
		return nil, err
	}
	f.revision = j.run.SHA
	if j.run.PullRequest == nil && strings.HasPrefix(j.run.Ref, "refs/heads/") && j.run.Event != "merge_group" {
		f.revision, err = fetchHead(ctx, p.dir, *j.remote(), j.branch())
	}
	if err != nil {
		return nil, fail("the job needs contents: read", "%w", err)
	}
	return j, nil
}

// takes is how long one machine is expected to take for all, and over how many tenants
// that may be spread.
func (p *program) takes(ctx context.Context, f matrixFlags, args []string) (time.Duration, int, error) {
	if len(args) == 1 {
		fleet, err := readPlan(args[0])
		if err != nil {
			return 0, 0, err
		}
		tenants := fleet.Changed()
		return f.speed().forecast(fleet, 0), tenants, nil
	}
	est, err := p.load(ctx, f.revision)
	if err != nil {
		return 0, 0, err
	}
	defer est.close()
	chosen, _, err := f.choose(est, &memory{})
	if err != nil {
		return 0, 0, err
	}
	var all time.Duration
	calls := 0
	for _, t := range chosen {
		rs, err := est.Resources(t.Name)
		if err != nil {
			return 0, 0, err
		}
		all += qlik.ReadTime(rs)
		calls += qlik.Reads(rs)
	}
	return max(all/time.Duration(f.parallelism), f.speed().sends(calls)), len(chosen), nil
}

func (f matrixFlags) speed() speed { return speed{f.parallelism, withinTenant, f.maxRPS} }

// jobManifest is an Indexed Job with a pod for each shard. What was chosen is chosen by each.
//
// https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode
func (f matrixFlags) jobManifest(n int) string {
	command := fmt.Sprintf("exec qdeploy apply --yes --shard $((JOB_COMPLETION_INDEX + 1))/%d", n)
	if f.maxRPS > 0 {
		command += fmt.Sprintf(" --max-rps %d", f.maxRPS)
	}
	command += flagsAgain("--tenant", f.tenants...) + flagsAgain("--env", f.environments...) + flagsAgain("--ring", f.rings...) + flagsAgain("--kind", f.kinds...) + flagsAgain("--rev", f.revision)
	quoted := func(s string) string {
		b, err := json.Marshal(s) // YAML takes it as it is
		if err != nil {
			panic(err) // a text can be encoded
		}
		return string(b)
	}
	return strings.NewReplacer("{N}", fmt.Sprint(n), "{IMAGE}", quoted(f.image), "{COMMAND}", quoted(command)).Replace(`apiVersion: batch/v1
kind: Job
metadata:
  generateName: qdeploy-apply-
spec:
  completionMode: Indexed
  completions: {N}
  parallelism: {N}
  backoffLimitPerIndex: 3
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: qdeploy
          image: {IMAGE}
          command: ["sh", "-c", {COMMAND}]
          envFrom:
            - secretRef: {name: qdeploy} # the variables that the estate names
`)
}
