package qliktest

import (
	"fmt"
	"slices"
)

var evaluationsService = &service{name: "evaluations", envelope: envNumber, routes: []route{
	{method: "GET", path: "/api/analytics/apps/{appId}/evaluations", tier: tier1, query: "all fileMode format limit next prev sort", handle: listEvaluations},
	{method: "POST", path: "/api/analytics/apps/{appId}/evaluations", tier: tier2, handle: postEvaluation},
	{method: "GET", path: "/api/analytics/apps/evaluations/{id}", tier: tier1, query: "all format", handle: getEvaluation},
}}

// An evaluation is a measurement of an app: it waits, runs, and has ended, as time
// passes.
type evaluation struct {
	ID, App, Name, Status string
	Asked, Started, Ended stamp
	Found                 Findings
}

// What an evaluation can be in. The types have no list of them; "enqueued" and
// "finished" are seen in answers of Qlik's.
//
// assumed: the other two.
const (
	evaluationWaits    = "enqueued"
	evaluationRuns     = "started"
	evaluationFinished = "finished"
	evaluationFailed   = "failed"
)

// settleEvaluations moves evaluations on. What one finds is what the app is when it
// ends.
//
// assumed: an evaluation waits for a quarter of Options.EvaluationTime; that of an
// app which is gone by its end has failed.
func (t *Tenant) settleEvaluations(now stamp) {
	whole := t.cloud.opts.EvaluationTime
	for _, e := range t.Evaluations {
		if e.Ended != 0 || now < e.Asked.add(whole/4) {
			continue
		}
		e.Status, e.Started = evaluationRuns, e.Asked.add(whole/4)
		if now < e.Asked.add(whole) {
			continue
		}
		e.Status, e.Ended = evaluationFailed, e.Asked.add(whole)
		if a, found := t.Apps.get(e.App); found {
			if e.Found = t.cloud.findings(a); !e.Found.Fails {
				e.Status = evaluationFinished
			}
		}
	}
}

func postEvaluation(c *call) reply {
	f := c.object("engineSizeHint")
	f.str("engineSizeHint")
	if f.err != "" {
		return c.badRequest("%s", f.err)
	}
	a, refused := c.app(toRead)
	switch {
	case refused != nil:
		return *refused
	case !c.isAdmin() && !c.may(a, toEvaluate):
		return c.forbidden("no right to %s this app", toEvaluate)
	}
	e := &evaluation{App: a.ID, Name: a.Name, Status: evaluationWaits, Asked: c.now}
	taken := func(id string) bool {
		return slices.ContainsFunc(c.tenant.Evaluations, func(e *evaluation) bool { return e.ID == id })
	}
	e.ID = c.tenant.newID("evaluation", a.ID, hex24, taken)
	c.tenant.Evaluations = append(c.tenant.Evaluations, e)
	return created(c.viewEvaluation(e))
}

// maySeeEvaluations: a TenantAdmin sees those of every app.
//
// assumed: besides, whoever may read the app.
func (c *call) maySeeEvaluations(app string) bool {
	a, found := c.tenant.Apps.get(app)
	return c.isAdmin() || found && c.may(a, toRead)
}

func getEvaluation(c *call) reply {
	c.tenant.settleEvaluations(c.now)
	if bad := c.plainEvaluations(); bad != "" {
		return c.badRequest("%s", bad)
	}
	i := slices.IndexFunc(c.tenant.Evaluations, func(e *evaluation) bool { return e.ID == c.arg("id") })
	if i < 0 || !c.maySeeEvaluations(c.tenant.Evaluations[i].App) {
		return c.notFound("no evaluation %s", c.arg("id"))
	}
	return ok(c.viewEvaluation(c.tenant.Evaluations[i]))
}

func listEvaluations(c *call) reply {
	c.tenant.settleEvaluations(c.now)
	if bad := c.plainEvaluations(); bad != "" {
		return c.badRequest("%s", bad)
	}
	app := c.arg("appId")
	switch {
	case !c.tenant.Apps.has(app):
		return c.notFound("no app %s", app)
	case !c.maySeeEvaluations(app):
		return c.forbidden("no right to read this app")
	}
	rows := slices.DeleteFunc(slices.Clone(c.tenant.Evaluations), func(e *evaluation) bool { return e.App != app })
	// assumed: newest first unless asked otherwise; one that waits counts from when it
	// was asked for. Of two at one time the later comes later.
	o, bad := sortBy(c, "-started", map[string]func(*evaluation) string{
		"started": func(e *evaluation) string {
			return fmt.Sprintf("%s %06d", max(e.Started, e.Asked), slices.Index(c.tenant.Evaluations, e))
		},
	})
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	p := byCursor(c, rows, o, 20, 100)
	if p.err != "" {
		return c.badRequest("%s", p.err)
	}
	return ok(viewPage(c, p, c.viewEvaluation))
}

// plainEvaluations says what of a request is not modelled, "" if all of it is.
func (c *call) plainEvaluations() string {
	if f := c.query.Get("format"); f != "" && f != "json" {
		return "format " + f + " is not modelled"
	}
	if c.query.Get("fileMode") == "true" {
		return "fileMode is not modelled"
	}
	return ""
}
