package main

import (
	"context"
	"fmt"

	"github.com/qdeploy/qdeploy/pkg/github"
)

// withdraw closes the pull request of a promotion of which nothing is left: what it
// proposed is there already, or is held by now. It returns its number, 0 for none.
func (m *promotion) withdraw(ctx context.Context) (int, error) {
	if m.job == nil {
		return 0, nil
	}
	head, err := m.repo.Head(ctx, m.branch())
	if err != nil || head == "" {
		return 0, err
	}
	why, err := m.spent(ctx, head)
	if err != nil || why == "" {
		return 0, err
	}
	open, err := m.job.client.OpenPullRequests(ctx, m.branch())
	if err != nil {
		return 0, err
	}
	for _, pr := range open {
		if pr.HeadRef != m.branch() {
			continue
		}
		if err := m.job.client.ClosePullRequest(ctx, pr.Number, "Nothing is left to promote to "+github.Text(m.to.Name)+": "+github.Text(why)+"."); err != nil {
			return 0, err
		}
		return pr.Number, m.repo.DeleteBranch(ctx, m.branch())
	}
	return 0, nil
}

// spent says why nothing is left of what a commit proposes; "" while something is.
func (m *promotion) spent(ctx context.Context, head string) (string, error) {
	names, err := m.pending(ctx)
	if err != nil {
		return "", err
	}
	if len(names) == 0 {
		return "all of it is there already", nil
	}
	before, err := m.p.declaredBefore(head)
	if err != nil || before == nil {
		return "", nil // what cannot be read is left to people
	}
	defer before.close()
	why := ""
	for _, app := range names {
		pin, _ := before.Pin(m.to.Name, app)
		h, held := m.to.Holds[app]
		wanted := newer(pin.Version, h.Version)
		if isContent(app) {
			wanted = contentPin(before, m.to.Name, app).Sum() != h.Version
		}
		if !held || h.Ended(m.p.now()) || wanted {
			return "", nil
		}
		why = fmt.Sprintf("%s holds %s %s: %s", h.By, app, short(h.Version), h.Why)
	}
	return why, nil
}
