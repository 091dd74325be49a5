package qlik

import (
	"context"
	"fmt"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// unseen looks for what is to be made where nobody could look when the tenant was read: in
// a space that the engine has become a member of since. Without uniqueness in Qlik there
// would be two of it. Each such listing is read once for all that is made there.
func (k Kind[T]) unseen(ctx context.Context, t *Tenant, key plan.Key) (found Item[T], ok bool, err error) {
	space := spaceOf(key)
	id, there := t.known(plan.Key{Kind: "space", Name: space})
	if !k.Within || k.Sees == nil || k.Finds || !there || t.looksInto(id, k.Sees) {
		return found, false, nil
	}
	if err := t.peek(ctx, k, space); err != nil {
		return found, false, err
	}
	if _, there := t.known(key); !there {
		return found, false, nil
	}
	var ids []string
	for item, err := range k.List(ctx, t, space) {
		if err != nil {
			return found, false, err
		}
		if item.Name == key.Name {
			found, ids = item, append(ids, item.ID)
		}
	}
	if len(ids) > 1 {
		return found, false, fmt.Errorf("the tenant has %d of this name: IDs %s; rename or delete all but one", len(ids), strings.Join(ids, ", "))
	}
	return found, len(ids) == 1, nil
}

// peek reads a listing that could not be read before, once.
func (t *Tenant) peek(ctx context.Context, k kind, space string) error {
	t.peeking.Lock() // whoever else wants to know waits for the answer
	defer t.peeking.Unlock()
	l := listing{k.traits().name, space}
	if t.peeked[l] {
		return nil
	}
	for r, err := range k.list(ctx, t, space) {
		if err != nil {
			return err
		}
		t.learnFirst(r)
	}
	t.peeked[l] = true
	return nil
}
