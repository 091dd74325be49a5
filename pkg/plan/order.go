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
	b.ends(changes, after)
	for i, before := range after {
		for _, j := range slices.Sorted(maps.Keys(before)) {
			changes[i].After = append(changes[i].After, changes[j].Key)
		}
	}
	sorted, err := sortByAfter(changes)
	b.plan.Changes = sorted
	return err
}

// ends lets everything wait for what comes first, and what comes last for everything:
// for that of the others which nothing waits for yet. Among what comes last, a deletion
// comes after what takes its place.
func (b *builder) ends(changes []Change, after []map[int]bool) {
	var first, last []int
	awaited := map[int]bool{} // by what does not come last
	for i, c := range changes {
		t := b.Traits[c.Key.Kind]
		if t.First {
			first = append(first, i)
		}
		if t.Last {
			last = append(last, i)
			continue
		}
		for j := range after[i] {
			awaited[j] = true
		}
	}
	for _, j := range first {
		for i := range changes {
			if t := b.Traits[changes[i].Key.Kind]; !t.First && !t.Last {
				after[i][j] = true
			}
		}
	}
	for _, i := range last {
		for j, c := range changes {
			switch isLast := b.Traits[c.Key.Kind].Last; {
			case !isLast && !awaited[j],
				isLast && changes[i].Action == Delete && c.Action != Delete:
				after[i][j] = true
			}
		}
	}
}

// links finds the pairs of changes of which one must wait for the other.
type links struct {
	*builder
	changes   []Change
	at        map[Key]int
	needed    map[Key][]int // parent → changes that the engine needs there first
	movedAway map[Key]int   // the old names of what is renamed
	edge      func(later, earlier int)
}

func (b *builder) edges(changes []Change, at map[Key]int, edge func(later, earlier int)) {
	l := links{b, changes, at, map[Key][]int{}, map[Key]int{}, edge}
	for i, c := range changes {
		if c.Desired != nil && c.Desired.Needed {
			p := b.desired[c.Key].parent
			l.needed[p] = append(l.needed[p], i)
		}
		if !c.From.IsZero() {
			l.movedAway[c.From] = i
		}
	}
	l.giveBackFirst()
	for i, c := range changes {
		if j, ok := l.movedAway[c.Key]; ok {
			edge(i, j) // its name must be free first
		}
		if c.Desired != nil {
			l.toCome(i)
		}
		if c.Live != nil {
			l.toGo(i)
		}
	}
}

// giveBackFirst makes what takes from a pool wait for what gives back to it.
func (l *links) giveBackFirst() {
	back := map[Kind][]int{}
	for i, c := range l.changes {
		if l.Traits[c.Key.Kind].Pool && c.Action == Delete {
			back[c.Key.Kind] = append(back[c.Key.Kind], i)
		}
	}
	for i, c := range l.changes {
		if c.Action == Delete {
			continue
		}
		for _, j := range back[c.Key.Kind] {
			l.edge(i, j)
		}
	}
}

// stays reports whether what is changed is there before, by the same name and ID.
func (c Change) stays() bool { return c.Action == Adopted || c.Action == Update }

// toCome makes a change wait for what it will refer to, and for what the engine
// needs before it works there. Those of one kind may refer to one another in a circle,
// once they are there.
func (l *links) toCome(i int) {
	kind := l.changes[i].Key.Kind
	for k, soft := range l.desired[l.changes[i].Key].targets {
		if j, ok := l.at[k]; ok && l.changes[j].Action != Delete && !(soft && k.Kind == kind && l.changes[j].stays()) {
			l.edge(i, j)
		}
		l.mayWork(i, k)
	}
}

// toGo makes what is deleted, or loses its ID, wait until the i-th change has
// let go of it.
func (l *links) toGo(i int) {
	c := l.changes[i]
	for k := range l.live[c.Key].targets {
		if c.Desired == nil {
			l.mayWork(i, k)
		}
		j, ok := l.at[k]
		if !ok || c.Desired != nil && hasTarget(l.desired[c.Key], k) {
			continue
		}
		switch l.changes[j].Action {
		case Delete, Replace:
			l.edge(j, i)
		case Move:
			l.edge(i, j) // it is known by the new name from here on
		}
	}
}

func (l *links) mayWork(i int, parent Key) {
	if d := l.changes[i].Desired; d != nil && d.Needed {
		return
	}
	for _, j := range l.needed[parent] {
		l.edge(i, j)
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
	return changes, fmt.Errorf("these changes wait for one another: %s: make them in two steps", circle(changes, done))
}

// circle names changes of which each waits for the next, and the last for the first.
func circle(changes []Change, done []bool) string {
	waits := map[Key]Key{} // one of the changes not done that each such change waits for
	var k Key
	for i, c := range changes {
		if !done[i] {
			waits[c.Key], k = Key{}, c.Key
		}
	}
	for i, c := range changes {
		for _, w := range c.After {
			if _, undone := waits[w]; undone && !done[i] {
				waits[c.Key] = w
			}
		}
	}
	for range waits { // whatever leads into the circle is behind us after so many steps
		k = waits[k]
	}
	names := []string{k.String()}
	for w := waits[k]; w != k; w = waits[w] {
		names = append(names, w.String())
	}
	return strings.Join(append(names, k.String()), " → ")
}
