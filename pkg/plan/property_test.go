package plan

import (
	"bytes"
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
	traits.takeSecrets(desired)
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

// thing is a resource that outlives its names.
type thing struct {
	kind   Kind
	name   string
	old    []string // keys' names before
	in     *thing   // what it lives in
	refs   []*thing // what else it refers to
	fields map[string]any
}

func (t *thing) key() Key {
	if t.in == nil {
		return Key{t.kind, t.name}
	}
	return Key{t.kind, t.in.key().Name + "/" + t.name}
}

func (t *thing) resource() Resource {
	spec := maps.Clone(t.fields)
	if spec == nil {
		spec = map[string]any{}
	}
	switch t.kind {
	case "assignment", "app":
		spec["space"] = t.in.key().String()
	case "task":
		spec["after"] = []any{}
		for _, r := range t.refs {
			if r.kind == "app" {
				spec["app"] = r.key().String()
			} else {
				spec["after"] = append(spec["after"].([]any), r.key().String())
			}
		}
	}
	return Resource{Key: t.key(), Spec: encode(spec), Was: t.old}
}

// estateOf draws things that refer only to those before them.
func estateOf(r *rand.Rand, next *int) []*thing {
	name := func() string { *next++; return fmt.Sprintf("n%02d", *next) }
	var out, spaces, apps, tasks []*thing
	for range 1 + r.IntN(4) {
		spaces = append(spaces, &thing{kind: "space", name: name(), fields: map[string]any{"type": "shared", "text": r.IntN(2)}})
	}
	for range r.IntN(6) {
		in := spaces[r.IntN(len(spaces))]
		out = append(out, &thing{kind: "assignment", name: name(), in: in, fields: map[string]any{"roles": []any{"b", "a"}[r.IntN(2):]}})
	}
	for range r.IntN(4) {
		apps = append(apps, &thing{kind: "app", name: name(), in: spaces[r.IntN(len(spaces))], fields: map[string]any{"release": r.IntN(3), "file": "f"}})
	}
	for range r.IntN(5) {
		task := &thing{kind: "task", name: name()}
		if len(apps) > 0 {
			task.refs = append(task.refs, apps[r.IntN(len(apps))])
		}
		if len(tasks) > 0 {
			task.refs = append(task.refs, tasks[r.IntN(len(tasks))])
		}
		tasks = append(tasks, task)
	}
	for range r.IntN(3) {
		out = append(out, &thing{kind: "hook", name: name(), fields: map[string]any{"auth": map[string]any{"password": map[string]any{"env": "P"}, "user": "u"}}})
		out = append(out, &thing{kind: "role", name: name(), fields: map[string]any{"scopes": []any{"a", "b"}}})
	}
	return slices.Concat(out, spaces, apps, tasks)
}

// change makes the next revision of an estate: some things are renamed, changed,
// made anew because they cannot be changed, or gone with all that needs them.
func change(r *rand.Rand, things []*thing, next *int) []*thing {
	gone := map[*thing]bool{}
	names := map[*thing]string{}
	for _, t := range things {
		names[t] = t.key().Name
	}
	for _, t := range things {
		switch r.IntN(8) {
		case 0:
			gone[t] = true
		case 1:
			*next++
			t.name = fmt.Sprintf("n%02d", *next)
			if t.in != nil && r.IntN(2) == 0 { // as an estate would say it, by the new name of the space
				_, last, _ := strings.Cut(names[t], "/")
				t.old = []string{t.in.key().Name + "/" + last}
			} else {
				t.old = []string{names[t]}
			}
		case 2:
			t.fields = maps.Clone(t.fields)
			if t.fields == nil {
				t.fields = map[string]any{}
			}
			t.fields["text"] = r.IntN(9)
		case 3:
			if t.kind == "space" && r.IntN(2) == 0 {
				t.fields = map[string]any{"type": "managed"}
			}
		}
	}
	for range things { // until nothing refers to what is gone
		for _, t := range things {
			gone[t] = gone[t] || gone[t.in] || slices.ContainsFunc(t.refs, func(u *thing) bool { return gone[u] })
		}
	}
	kept := slices.DeleteFunc(slices.Clone(things), func(t *thing) bool { return gone[t] })
	return slices.Concat(kept, estateOf(r, next))
}

func resourcesOf(things []*thing) []Resource {
	out := make([]Resource, len(things))
	for i, t := range things {
		out[i] = t.resource()
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

// TestApplyThenPlanIsNothing draws estates and their next revisions, applies the
// plans to a tenant in memory, which refuses what Qlik would, and plans again.
func TestApplyThenPlanIsNothing(t *testing.T) {
	blocked, circles, changes := 0, 0, map[Action]int{}
	for seed := range uint64(250) {
		r := rand.New(rand.NewPCG(seed, 2))
		w := &world{t: t, live: map[Key]map[string]any{}}
		next := 0
		things := estateOf(r, &next)
		var applied []Resource
		for revision := range 4 {
			desired := resourcesOf(things)
			in := input(desired, w.resources(), applied)
			p, err := Build(in)
			if err != nil { // a space cannot be emptied for its replacement, and what leaves it needs the new one
				require.ErrorContains(t, err, "these changes wait for one another")
				require.ErrorContains(t, err, "space/")
				circles++
				break
			}
			require.NoError(t, inOrder(p.Changes))
			for _, c := range p.Changes {
				changes[c.Action]++
			}
			if len(p.Blocked()) > 0 { // what is in a space holds it, as it should
				blocked++
				require.Contains(t, strings.Join(brief(p), "\n"), "held by")
				break
			}
			for _, c := range p.Changes {
				w.apply(c)
			}
			again := build(t, input(desired, w.resources(), desired))
			require.Empty(t, brief(again), "seed %d, revision %d: after\n%s", seed, revision, strings.Join(brief(p), "\n"))
			applied = desired
			for _, thing := range things {
				if r.IntN(2) == 0 {
					thing.old = nil // or "previously:" stays behind
				}
			}
			w.disturb(r)
			things = change(r, things, &next)
		}
	}
	t.Logf("%d blocked, %d circles, %v", blocked, circles, changes)
	require.Less(t, circles, 20)
	for _, a := range []Action{Create, Publish, Update, Republish, Move, Replace, Delete} {
		require.Greater(t, changes[a], 50, "%s is hardly drawn", a)
	}
}

// TestInputsInAnyOrderGiveTheSameBytes permutes what Build is given.
func TestInputsInAnyOrderGiveTheSameBytes(t *testing.T) {
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 3))
		next := 0
		things := estateOf(r, &next)
		applied := resourcesOf(things)
		w := &world{t: t, live: map[Key]map[string]any{}}
		for _, c := range build(t, input(applied, nil, nil)).Changes {
			w.apply(c)
		}
		w.disturb(r)
		lives := append(w.resources(), w.resources()[:2]...) // and two of one name
		desired := resourcesOf(change(r, things, &next))
		var first string
		for range 6 {
			for _, rs := range [][]Resource{applied, lives, desired} {
				r.Shuffle(len(rs), func(i, j int) { rs[i], rs[j] = rs[j], rs[i] })
			}
			in := input(desired, lives, applied)
			in.Notes = []string{"b", "a", "b"}
			f := NewFleet("rev", "all", []*Plan{build(t, in), {Tenant: Tenant{Name: "zed"}, Error: "no"}})
			var b bytes.Buffer
			require.NoError(t, f.WriteJSON(&b))
			require.NoError(t, f.WriteText(&b, TextOptions{Traits: kinds, Unmanaged: true}))
			if first == "" {
				first = b.String()
			}
			require.Equal(t, first, b.String())
		}
	}
}

func TestBuildChangesNothingItIsGiven(t *testing.T) {
	desired := []Resource{was(res(`space/New {"b":1.0,"a":[2,1]}`), "Old"), res(`hook/H {"auth":{"password":"x"}}`)}
	lives, applied := live(`space/Old {}`, `assignment/Old/u {"space":"space/Old"}`), some(`space/Old`)
	before := marshal(t, []any{desired, lives, applied})
	build(t, input(desired, lives, applied))
	require.Equal(t, before, marshal(t, []any{desired, lives, applied}))
}
