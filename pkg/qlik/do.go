package qlik

import (
	"context"
	"errors"
	"fmt"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Do makes one change. Its error begins with the change's key. What a change
// asks for may be so already, from a run that was killed: then it is done.
//
// Changes that do not depend on each other may be made concurrently.
func (t *Tenant) Do(ctx context.Context, c plan.Change) error {
	k, ok := kinds[c.Key.Kind]
	if !ok {
		return fmt.Errorf("%s: no such kind", c.Key)
	}
	if err := t.do(ctx, k, c); err != nil {
		return fmt.Errorf("%s: %w", c.Key, err)
	}
	return nil
}

func (t *Tenant) do(ctx context.Context, k kind, c plan.Change) error {
	switch c.Action {
	case plan.Create, plan.Publish, plan.Replace:
		if c.Desired == nil {
			return fmt.Errorf("%s without a desired spec", c.Action)
		}
		if c.Action == plan.Replace {
			if err := t.remove(ctx, k, c); err != nil {
				return err
			}
		}
		return k.create(ctx, t, c.Key, c.Desired.WithSecrets())
	case plan.Adopted, plan.Update, plan.Republish, plan.Move:
		if c.Action == plan.Adopted && len(c.Fields) == 0 {
			return nil
		}
		if c.Desired == nil || c.Live == nil {
			return fmt.Errorf("%s without a live and a desired spec", c.Action)
		}
		id, err := t.idOf(ctx, c)
		if err != nil {
			return err
		}
		return k.update(ctx, t, id, c.Live, c.Desired)
	case plan.Delete:
		return t.remove(ctx, k, c)
	}
	return fmt.Errorf("action %q is not known", c.Action)
}

// idOf returns the ID of what a change is about: from reading, or, when the
// plan was read from a file, by its name.
func (t *Tenant) idOf(ctx context.Context, c plan.Change) (string, error) {
	if c.Live != nil && c.Live.ID != "" {
		return c.Live.ID, nil
	}
	key := c.Key
	if c.Live != nil && !c.Live.Key.IsZero() {
		key = c.Live.Key
	} else if !c.From.IsZero() {
		key = c.From
	}
	return t.id(ctx, Ref(key.String()))
}

func (t *Tenant) remove(ctx context.Context, k kind, c plan.Change) error {
	id, err := t.idOf(ctx, c)
	if errors.Is(err, errAbsent) {
		return nil
	}
	if err != nil {
		return err
	}
	err = k.remove(ctx, t, id)
	if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrGone) {
		return err
	}
	key := c.Key
	if c.Live != nil && !c.Live.Key.IsZero() {
		key = c.Live.Key
	}
	t.forget(key)
	return nil
}
