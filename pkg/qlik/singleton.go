package qlik

import (
	"context"
	"fmt"
	"iter"
	"net/url"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// singleton is a kind of which every tenant has exactly one. read returns what it is
// now, in all of its fields; write makes it what is desired in the fields that desired
// has, and makes no call if it is already.
func singleton[T any](name plan.Kind, made []Operation, read func(context.Context, *Tenant) (T, error), write func(ctx context.Context, t *Tenant, live, desired T) error) Kind[T] {
	return Kind[T]{
		Name:   name,
		Calls:  made,
		Single: true,
		List: func(ctx context.Context, t *Tenant, _ string) iter.Seq2[Item[T], error] {
			return func(yield func(Item[T], error) bool) {
				spec, err := read(ctx, t)
				yield(Item[T]{plan.TheOne, plan.TheOne, spec}, err)
			}
		},
		Create: func(context.Context, *Tenant, T) (string, error) {
			return "", fmt.Errorf("a %s cannot be created: every tenant has one", name)
		},
		Update: func(ctx context.Context, t *Tenant, _ string, live, desired T) error {
			return write(ctx, t, live, desired)
		},
	}
}

// replaceChanged adds the step that makes a field what is desired, if it is desired and
// another.
func replaceChanged[V comparable](steps []patch, path string, live, desired *V) []patch {
	if desired == nil || live != nil && *live == *desired {
		return steps
	}
	return append(steps, replace(path, *desired))
}

// ownID returns the ID of the tenant, fit for a path. It is in what the tenant says of us.
func (t *Tenant) ownID(ctx context.Context) (string, error) {
	if _, err := t.self(ctx); err != nil {
		return "", err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.tenantID == "" {
		return "", fmt.Errorf("GET /api/v1/users/me: %w: no tenantId", errReply)
	}
	return url.PathEscape(t.tenantID), nil
}
