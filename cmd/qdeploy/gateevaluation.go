package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// evaluated asks what Qlik has measured of apps of a space since they came, and has it
// measured where nobody did.
func (v *verdict) evaluated(ctx context.Context, live *qlik.Tenant, may estate.Evaluation, tenant, space string, apps map[string]qlik.Span) {
	found, err := live.Evaluations(ctx, space, apps)
	if err != nil {
		v.pending = append(v.pending, fmt.Sprintf("%s: %v", tenant, err))
		return
	}
	for _, app := range sortedKeys(apps) {
		v.compare(may.Worse.Percent, fmt.Sprintf("%s: app/%s/%s", tenant, space, app), found[app])
	}
}

// compare holds the evaluation of an app against the one before. Where there is none
// before, it counts that it did not fail.
func (v *verdict) compare(percent int, app string, e qlik.Evaluations) {
	at := stampText(e.Now.Started)
	switch {
	case e.Now.Running():
		v.pending = append(v.pending, fmt.Sprintf("%s is being evaluated since %s", app, at))
	case e.Now.Failed():
		v.red = append(v.red, fmt.Sprintf("%s: its evaluation of %s ended as %s", app, at, e.Now.Status))
	case e.Before == nil:
		v.alone = append(v.alone, app+" was not evaluated before it came")
	default:
		if why := e.Now.WorseThan(*e.Before, percent); len(why) > 0 {
			v.red = append(v.red, fmt.Sprintf("%s: its evaluation of %s is worse: %s", app, at, strings.Join(why, "; ")))
			return
		}
		v.compared = append(v.compared, fmt.Sprintf("%s takes %.1f MiB and opens in %.1f s, before it was %.1f MiB and %.1f s",
			app, e.Now.SizeMiB, e.Now.Opening.Seconds(), e.Before.SizeMiB, e.Before.Opening.Seconds()))
	}
}

// measured tells what evaluations say that are not worse, "" if there is none.
func (v verdict) measured() string {
	var parts []string
	switch n := len(v.compared); n {
	case 0:
	case 1:
		parts = append(parts, v.compared[0])
	default:
		parts = append(parts, many(n, "app")+" compared")
	}
	if len(v.alone) > 0 {
		text := "not compared: " + v.alone[0]
		if n := len(v.alone) - 1; n > 0 {
			text += fmt.Sprintf(", and %d more", n)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

// evaluatedFirst says whether a gate will ask for what an app was, before a run
// replaces it, and since when the app is there.
func (e *engine) evaluatedFirst(tenant, space, app string) (since time.Time, asked bool) {
	for _, env := range e.est.Environments() {
		asks := env.Gates.Evaluation != nil || slices.ContainsFunc(env.Rings, func(r estate.Ring) bool { return r.Gates.Evaluation != nil && r.Has(tenant) })
		for _, target := range env.Targets {
			if asks && target.Space == space && target.Has(tenant) && slices.Contains(target.Apps, app) {
				entry, _ := e.memory.last(tenant)
				return placeOf(entry, tenant, space, app).Since, true
			}
		}
	}
	return since, false
}
