package github

import (
	"context"
	"errors"

	gh "github.com/google/go-github/v60/github"
)

// Deployment begins a deployment of a revision to an environment. It merges
// nothing and waits for no checks: what may be applied is decided elsewhere.
// https://docs.github.com/en/rest/deployments/deployments
func (c *Client) Deployment(ctx context.Context, sha, environment, description string) (id int64, err error) {
	never := false
	d, _, err := c.api.Repositories.CreateDeployment(ctx, c.owner, c.repo, &gh.DeploymentRequest{
		Ref: &sha, Environment: &environment, Description: describe(description), AutoMerge: &never, RequiredContexts: &[]string{},
	})
	var accepted *gh.AcceptedError // 202: a merge in place of a deployment, which was not asked for
	if errors.As(err, &accepted) {
		return 0, errors.New("github: deployment to " + environment + ": GitHub merged instead of deploying")
	}
	return d.GetID(), wrap("deployment to "+environment, err)
}

// DeploymentStatus says how a deployment goes.
func (c *Client) DeploymentStatus(ctx context.Context, id int64, state State, url, description string) error {
	s := string(state)
	_, _, err := c.api.Repositories.CreateDeploymentStatus(ctx, c.owner, c.repo, id, &gh.DeploymentStatusRequest{
		State: &s, LogURL: &url, Description: describe(description),
	})
	return wrap("status of a deployment", err)
}
