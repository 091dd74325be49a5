package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// order fills in [Change.After] and sorts the changes so that each comes after
// those it waits for, and otherwise by key. It fails when they wait in a circle.
func (b *builder) order() error {
	changes := b.plan.Changes
	slices.SortFunc(changes, func(x, y Change) int { return x.Key.Compare(y.Key) })
	at := make(map[Key]int, len(changes))
	for i, c := range changes {
		at[c.Key] = i
	}
	after := make([]map[int]bool, len(changes))
	for i := range after {
		after[i] = map[int]bool{}
	}
	b.edges(changes, at, func(later, earlier int) {
		if later != earlier {
			after[later][earlier] = true
		}
	})
	for i, before := range after {
		for _, j := range slices.Sorted(maps.Keys(before)) {
			changes[i].After = append(changes[i].After, changes[j].Key)
		}
	}
	sorted, err := sortByAfter(changes)
	b.plan.Changes = sorted
	return err
}

// edges reports every pair of changes of which one must wait for the other.
func (b *builder) edges(changes []Change, at map[Key]int, edge func(later, earlier int)) {
	needed := map[Key][]int{} // parent → changes that the engine needs first
	movedAway := map[Key]int{}
	for i, c := range changes {
		if c.Desired != nil && c.Desired.Needed {
			p := b.Traits[c.Key.Kind].ParentOf(c.Key)
			needed[p] = append(needed[p], i)
		}
		if !c.From.IsZero() {
			movedAway[c.From] = i
		}
	}
	for i, c := range changes {
		if j, ok := movedAway[c.Key]; ok {
			edge(i, j) // its name must be free first
		}
		b.refEdges(i, c, at, needed, edge)
	}
}

func (b *builder) refEdges(i int, c Change, at map[Key]int, needed map[Key][]int, edge func(later, earlier int)) {
	t := b.Traits[c.Key.Kind]
	if c.Desired != nil {
		for k := range t.Targets(c.Desired.Spec) {
			if j, ok := at[k]; ok {
				edge(i, j)
			}
			for _, j := range needed[k] {
				if !c.Desired.Needed {
					edge(i, j)
				}
			}
		}
	}
	if c.Live == nil {
		return
	}
	// What held on to something that goes, or loses its ID, lets go first.
	for k := range t.Targets(c.Live.Spec) {
		j, ok := at[k]
		if !ok {
			continue
		}
		if changes := b.plan.Changes[j]; changes.Action == Delete {
			edge(j, i)
		}
	}
}

// sortByAfter is Kahn's algorithm over changes that are sorted by key.
func sortByAfter(changes []Change) ([]Change, error) {
	waits := make(map[Key]int, len(changes))
	next := map[Key][]int{}
	for i, c := range changes {
		waits[c.Key] = len(c.After)
		for _, k := range c.After {
			next[k] = append(next[k], i)
		}
	}
	done := make([]bool, len(changes))
	out := make([]Change, 0, len(changes))
	ready := newHeap(len(changes))
	for i, c := range changes {
		if waits[c.Key] == 0 {
			ready.push(i)
		}
	}
	for ready.len() > 0 {
		i := ready.pop()
		done[i] = true
		out = append(out, changes[i])
		for _, j := range next[changes[i].Key] {
			if waits[changes[j].Key]--; waits[changes[j].Key] == 0 {
				ready.push(j)
			}
		}
	}
	if len(out) == len(changes) {
		return out, nil
	}
	var circle []string
	for i, c := range changes {
		if !done[i] {
			circle = append(circle, c.Key.String())
		}
	}
	return changes, fmt.Errorf("these wait for one another: %s", strings.Join(circle, ", "))
}
