package main

import (
	"fmt"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// reloads say how long the lanes of a subscription are busy when every app that comes is
// reloaded, if that is more than some have lanes. Applying reloads none.
func (c cost) reloads() []string {
	var rounds []string
	queues := false
	for _, l := range qlik.ReloadLanes {
		n := (c.total.Imports + l.AtOnce - 1) / l.AtOnce
		queues = queues || n > 1
		rounds = append(rounds, fmt.Sprintf("%d on each of %d lanes (%s)", n, l.AtOnce, l.Subscription))
	}
	if !queues {
		return nil
	}
	return []string{fmt.Sprintf("Reloads: none is started; if all %s are reloaded then, that is %s", many(c.total.Imports, "app"), strings.Join(rounds, ", "))}
}

// registers say what is asked of the hosts that make and end tenants.
func (c cost) registers() string {
	var parts []string
	for _, region := range sortedKeys(c.births) {
		parts = append(parts, fmt.Sprintf("%s in %s", many(c.births[region], "tenant"), region))
	}
	return strings.Join(parts, ", ") + ", one after another in each"
}

// tooLong warns of what ends before the run is expected to.
func (c cost) tooLong() (out []string) {
	if c.handed && c.duration > appTokenLife {
		out = append(out, fmt.Sprintf("Warning: a token that a step of the job made for a GitHub App lives for %s: give qdeploy the App, whose tokens it renews (QDEPLOY_GITHUB_APP_ID and _KEY); a GITHUB_TOKEN lives as long as the job", appTokenLife))
	}
	if c.duration > jobLimit {
		out = append(out, fmt.Sprintf("Warning: a job of GitHub Actions is ended after %s: apply a part at a time, with --tenant or --max-calls, or on several machines, see qdeploy matrix", jobLimit))
	}
	return out
}
