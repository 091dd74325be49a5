package plan

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// world is a tenant in memory: what applying does to it is what Qlik would do.
// Like Qlik it knows objects, not names: a rename reaches all that refer to it.
type world struct {
	t    *testing.T
	live map[Key]map[string]any
}

func (w *world) apply(c Change) {
	w.t.Helper()
	traits := kinds[c.Key.Kind]
	switch c.Action {
	case Delete:
		w.remove(c.Key)
		return
	case Replace:
		old := c.Key
		if !c.From.IsZero() {
			old = c.From
		}
		w.remove(old)
		fallthrough
	case Create, Publish:
		require.NotContains(w.t, w.live, c.Key, "%s is there already", c.Key)
		w.live[c.Key] = map[string]any{}
	case Move:
		w.rename(c.From, c.Key)
	}
	require.Contains(w.t, w.live, c.Key, "%s is not there", c.Key)
	desired, err := decode(c.Desired.WithSecrets())
	require.NoError(w.t, err)
	for k := range traits.Targets(c.Desired.Spec) {
		require.Contains(w.t, w.live, k, "%s refers to what is not there", c.Key)
	}
	for _, p := range traits.Secret {
		edit(desired, p, func(string, any) any { return map[string]any{Held: true} })
	}
	for _, p := range traits.Input {
		edit(desired, p, func(string, any) any { return removed{} })
	}
	for _, p := range traits.Include {
		edit(desired, p, func(path string, v any) any {
			was, _ := lookup(w.live[c.Key], path)
			old, _ := was.([]any)
			return append(v.([]any), old...)
		})
	}
	maps.Copy(w.live[c.Key], desired)
}

func (w *world) remove(k Key) {
	w.t.Helper()
	require.Contains(w.t, w.live, k)
	delete(w.live, k)
	for _, child := range sortedKeys(w.live) {
		if _, refers := kinds[child.Kind].targets(w.live[child])[k]; !refers {
			continue
		}
		parent := kinds[child.Kind].parentOf(child, w.live[child]) == k
		require.True(w.t, parent && kinds[child.Kind].Cascade, "%s still holds %s", child, k)
		w.remove(child)
	}
}

func (w *world) rename(from, to Key) {
	w.t.Helper()
	objects := map[Key]*object{}
	for k, spec := range w.live {
		objects[k] = &object{Resource: Resource{Key: k}, found: k, spec: spec}
	}
	// By the time of the move, what it is in may have its new name already.
	if objects[from] == nil {
		for k := range objects {
			if k.Kind == from.Kind && k.Name[strings.IndexByte(k.Name, '/')+1:] == from.Name[strings.IndexByte(from.Name, '/')+1:] &&
				kinds[k.Kind].ParentOf(k) == kinds[to.Kind].ParentOf(to) {
				from = k
			}
		}
	}
	require.Contains(w.t, w.live, from)
	require.NotContains(w.t, w.live, to, "%s is taken", to)
	b := builder{Input: Input{Traits: kinds}}
	w.live = map[Key]map[string]any{}
	for k, o := range b.rekey(objects, map[Key]Key{from: to}) {
		w.live[k] = o.spec
	}
}

func (w *world) resources() []Resource {
	var out []Resource
	for i, k := range sortedKeys(w.live) {
		out = append(out, Resource{Key: k, ID: fmt.Sprint(i), Spec: encode(w.live[k])})
	}
	return out
}

// disturb changes a tenant behind the estate's back.
func (w *world) disturb(r *rand.Rand) {
	for _, k := range sortedKeys(w.live) {
		switch r.IntN(12) {
		case 0:
			w.live[k]["text"] = "drift"
		case 1:
			held := slices.ContainsFunc(sortedKeys(w.live), func(h Key) bool {
				_, refers := kinds[h.Kind].targets(w.live[h])[k]
				return refers
			})
			if !held {
				delete(w.live, k)
			}
		}
	}
	w.live[Key{"theme", "theirs"}] = map[string]any{}
}
