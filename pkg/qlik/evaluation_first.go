package qlik

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// evaluating is how long an apply waits for an evaluation.
// assumed: no bound is documented; that of a large app takes minutes.
const evaluating = 15 * time.Minute

// evaluateFirst has the app evaluated that is about to be replaced, if the options ask
// for it and nobody did since it is there. What it returns waits for the end of that.
// Trouble is a notice: the app is replaced all the same, and what comes has nothing to
// be compared with.
func (t *Tenant) evaluateFirst(ctx context.Context, id string, desired App) (end func()) {
	end = func() {}
	if t.options.Evaluate == nil || id == "" {
		return end
	}
	since, asked := t.options.Evaluate(desired.Space.Name(), desired.Name)
	if !asked {
		return end
	}
	trouble := func(err error) {
		t.notice(fmt.Sprintf("%s: %q is replaced without an evaluation of what it was: %v", desired.Space, desired.Name, err))
	}
	now, _, err := t.evaluations(ctx, id, Span{Since: since})
	if err == nil && (now == nil || now.Failed()) {
		now, err = t.evaluate(ctx, id)
	}
	switch {
	case err != nil:
		trouble(err)
		return end
	case !now.Running():
		return end
	}
	return func() {
		if err := t.evaluationEnds(ctx, now.ID); err != nil {
			trouble(err)
		}
	}
}

// evaluationEnds waits until an evaluation has finished. That it failed is an error.
//
// https://qlik.dev/apis/rest/analytics/apps
func (t *Tenant) evaluationEnds(ctx context.Context, id string) error {
	if id == "" {
		return fmt.Errorf("%w: no id", errReply)
	}
	var e Evaluation
	err := t.waitFor(ctx, evaluating, func() (bool, error) {
		var body evaluation
		err := t.call(ctx, http.MethodGet, "/api/analytics/apps/evaluations/"+url.PathEscape(id), nil, nil, &body)
		e = body.read()
		return !e.Running(), err
	})
	if err == nil && e.Failed() {
		err = fmt.Errorf("it ended as %s", tidy(e.Status))
	}
	return err
}
