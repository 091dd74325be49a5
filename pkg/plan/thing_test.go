package plan

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

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
