package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/github"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// review is a pull request that was merged, and the plan that its reviewers had.
type review struct {
	request github.PullRequest
	fleet   *plan.Fleet // nil if it is not to be had
	why     string      // why it is not
}

// mostCommits is how far back merged pull requests are looked for.
const mostCommits = 100

// reviews finds the pull requests that were merged since the tenants with changes
// were applied, newest first, with the plans that were reviewed. A run that was
// cancelled while it waited leaves its pull request to the next one.
func (j *job) reviews(ctx context.Context, head string, fleet *plan.Fleet) ([]review, error) {
	since := map[string]bool{}
	for _, p := range fleet.Plans {
		if len(p.Changes) > 0 {
			since[p.Since] = true
		}
	}
	if len(since) == 0 {
		return nil, nil
	}
	commits, err := firstParents(j.p.dir, head, since)
	if err != nil {
		return nil, err
	}
	var out []review
	seen := map[int]bool{}
	for _, c := range commits {
		found, err := j.client.PullRequestsOf(ctx, c)
		if err != nil {
			return nil, err
		}
		for _, pr := range found {
			if !pr.Merged || pr.BaseRef != j.branch() || seen[pr.Number] {
				continue
			}
			seen[pr.Number] = true
			r := review{request: pr}
			if r.fleet, err = j.reviewed(ctx, pr); err != nil {
				if ctx.Err() != nil {
					return nil, ctx.Err()
				}
				r.fleet, r.why = nil, err.Error()
			}
			out = append(out, r)
		}
	}
	return out, nil
}

// branch is the branch that is applied.
func (j *job) branch() string { return plumbing.ReferenceName(j.run.Ref).Short() }

// firstParents lists the commits from head back to the oldest that was applied,
// along the branch that others were merged into.
func firstParents(dir, head string, since map[string]bool) ([]string, error) {
	repo, err := estate.OpenRepository(dir)
	if err != nil {
		return nil, err
	}
	var out []string
	left := len(since)
	for at := plumbing.NewHash(head); len(out) < mostCommits; {
		if since[at.String()] {
			if left--; left == 0 {
				break
			}
		}
		out = append(out, at.String())
		c, err := commitOf(repo, at)
		if err != nil {
			return nil, err
		}
		if c == nil || len(c.ParentHashes) == 0 {
			break
		}
		at = c.ParentHashes[0]
	}
	return out, nil
}

// commitOf reads a commit; nil if a shallow clone does not have it.
func commitOf(repo *git.Repository, at plumbing.Hash) (*object.Commit, error) {
	c, err := repo.CommitObject(at)
	if !errors.Is(err, plumbing.ErrObjectNotFound) {
		return c, err
	}
	if cut, serr := repo.Storer.Shallow(); serr == nil && len(cut) > 0 {
		return nil, nil
	}
	return nil, err
}

// reviewed fetches the plan that was made for the head of a pull request. The
// comment is what people read, the artifact is what they read it from: where both
// are there, they must be of the same plan.
func (j *job) reviewed(ctx context.Context, pr github.PullRequest) (*plan.Fleet, error) {
	text, err := j.client.ArtifactFile(ctx, artifactName(j.set, pr.Head), pr.Head, planFile)
	if errors.Is(err, github.ErrNotFound) {
		return nil, fmt.Errorf("no plan of its last commit was kept: %w", err)
	}
	if err != nil {
		return nil, err
	}
	fleet, err := plan.ReadFleet(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	comment, err := j.client.Comment(ctx, pr.Number, j.set)
	switch {
	case err != nil:
		return nil, err
	case comment == nil && !fleet.Empty():
		return nil, errors.New("its comment is gone: what was kept was perhaps not what was read")
	case comment != nil && (comment.Marker.Head != pr.Head || comment.Marker.Root != fleet.Digest):
		return nil, fmt.Errorf("its comment is about another plan (%.12s) than what was kept (%.12s)", comment.Marker.Root, fleet.Digest)
	}
	return fleet, nil
}

// planFile is the name of the saved plan in its artifact.
const planFile = "plan.json"

// judge says of each tenant with changes whether what would be done was reviewed,
// and holds those back for which it was not: they are stale. What has waited was approved
// with the run that left it, however that was.
func judge(fleet *plan.Fleet, rs []review, partly func(tenant string) bool, waited func(*plan.Plan) bool, approve string) map[string]tenantReport {
	held := map[string]tenantReport{}
	var open []*plan.Plan
	for _, p := range fleet.Plans {
		if len(p.Changes) == 0 || p.Error != "" || len(p.Blocked()) > 0 {
			continue
		}
		if !waited(p) && !covered(p, rs, partly(p.Tenant.Name)) {
			open = append(open, p)
		}
	}
	if approve != "" && len(open) > 0 && plan.NewFleet(fleet.Revision, fleet.Refresh, open).Digest == approve {
		return held
	}
	for _, p := range open {
		held[p.Tenant.Name] = unreviewed(p, rs)
	}
	return held
}

// covered reports whether one of the reviews was of this plan. Of a tenant that a
// run of ours has left half done, the rest of what was reviewed is enough.
func covered(p *plan.Plan, rs []review, partly bool) bool {
	for _, r := range rs {
		if r.fleet == nil {
			continue
		}
		was := r.fleet.Plan(p.Tenant.Name)
		if was == nil {
			continue
		}
		if was.Digest == p.Digest || partly && within(p, was) {
			return true
		}
	}
	return false
}

// within reports whether every change of p is one of was.
func within(p, was *plan.Plan) bool {
	then := lines(was)
	return !slices.ContainsFunc(lines(p), func(l string) bool { return !slices.Contains(then, l) })
}

// unreviewed says what differs from the newest review that is about the tenant.
func unreviewed(p *plan.Plan, rs []review) tenantReport {
	why := "nobody has reviewed what would be done"
	for _, r := range rs {
		if r.fleet == nil {
			why = fmt.Sprintf("the plan of #%d cannot be used: %s", r.request.Number, r.why)
			continue
		}
		if was := r.fleet.Plan(p.Tenant.Name); was != nil && len(was.Changes) > 0 {
			return stale(was, p, fmt.Sprintf("what would be done is not what was reviewed in #%d", r.request.Number))
		}
	}
	return stale(&plan.Plan{Tenant: p.Tenant}, p, why)
}
