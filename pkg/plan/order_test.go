package plan

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCheck(t *testing.T) {
	at := func(pos string, r Resource) Resource {
		r.Pos = pos
		return r
	}
	needed := res(`assignment/Z/bot {"space":"space/Z"}`)
	needed.Needed = true
	desired := []Resource{
		at("b.cue:2:1", res(`space/A`)),
		at("a.cue:10:1", res(`app/A/S {"space":"space/B","staging":"Stage"}`)),
		at("a.cue:9:3", res(`assignment/A/u {"space":"space/A","group":"group/Soft"}`)),
		at("a.cue:9:20", res(`assignment/C/u {"space":"space/C"}`)),
		at("b.cue:1:1", res(`space/A`)),
		at("c.cue:1:1", Resource{Key: Key{"space", "Bad"}, Spec: []byte(`{"a":`)}),
		at("c.cue:2:1", Resource{Key: Key{"space", "List"}, Spec: []byte(`[]`)}),
		at("c.cue:3:1", Resource{Key: Key{"space", "Two"}, Spec: []byte(`{}{}`)}),
		at("d.cue:1:1", was(res(`group/G`), "Old")),
		at("d.cue:2:1", was(res(`group/H`), "Old")),
		needed,
	}
	want := `a.cue:9:20: assignment/C/u refers to space/C, which is not declared
a.cue:10:1: app/A/S refers to "Stage", which is not kind/name
a.cue:10:1: app/A/S refers to space/B, which is not declared
b.cue:2:1: space/A is declared twice; the other is at b.cue:1:1
c.cue:1:1: space/Bad cannot be read: spec is not JSON: unexpected EOF
c.cue:2:1: space/List cannot be read: spec is not a JSON object
c.cue:3:1: space/Two cannot be read: spec is not JSON: more than one value
d.cue:2:1: group/H says that it was group/Old before, and so does group/G`
	for range 20 {
		require.EqualError(t, Check(desired, kinds), want)
		_, err := Build(input(desired, nil, nil))
		require.EqualError(t, err, want)
		rand.Shuffle(len(desired), func(i, j int) { desired[i], desired[j] = desired[j], desired[i] })
	}
	require.NoError(t, Check(nil, nil))
	_, err := Build(input(nil, []Resource{{Key: Key{"space", "A"}, Spec: []byte(`x`)}}, []Resource{{Key: Key{"space", "B"}, Spec: []byte(`1`)}}))
	require.EqualError(t, err, "space/A: live: spec is not JSON: invalid character 'x' looking for beginning of value\n"+
		"space/B: applied: spec is not a JSON object")
}

func TestTargets(t *testing.T) {
	traits := Traits{Refs: []Ref{{Path: "/soft", Soft: true}, {Path: "/many/*"}, {Path: "/any"}, {Path: "/any", Soft: true}}}
	require.Equal(t, map[Key]bool{{"a", "1"}: true, {"b", "2"}: false, {"c", "3"}: false, {"d", "4"}: false},
		traits.Targets([]byte(`{"soft":"a/1","many":["b/2","c/3",5,"none"],"any":"d/4","other":"e/5"}`)))
	require.Nil(t, traits.Targets([]byte(`{`)))
}

func TestCircleIsNamed(t *testing.T) {
	_, err := Build(input(some(`task/A {"after":["task/B"]}`, `task/B {"after":["task/C"]}`, `task/C {"after":["task/B"]}`, `task/D {"after":["task/A"]}`), nil, nil))
	require.EqualError(t, err, "these changes wait for one another: task/B → task/C → task/B: make them in two steps")
	p := build(t, input(some(`task/A {"after":["task/A"]}`), nil, nil))
	require.Equal(t, []string{"create task/A (change)"}, brief(p), "what refers to itself waits for nothing")
}

func TestOrderRespectsAfterOnRandomGraphs(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		n := 2 + r.IntN(40)
		changes := make([]Change, n)
		for i, k := range r.Perm(n) {
			changes[i].Key = Key{"k", string(rune('A' + k))}
			for j := range i {
				if r.IntN(n) < 3 {
					changes[i].After = append(changes[i].After, changes[j].Key)
				}
			}
		}
		slices.SortFunc(changes, func(a, b Change) int { return a.Key.Compare(b.Key) })
		out, err := sortByAfter(changes)
		require.NoError(t, err)
		require.Len(t, out, n)
		require.NoError(t, inOrder(out))
		if r.IntN(2) == 0 { // close a circle
			i, j := r.IntN(n), r.IntN(n)
			changes[i].After = append(changes[i].After, changes[j].Key)
			changes[j].After = append(changes[j].After, changes[i].Key)
			_, err = sortByAfter(changes)
			require.ErrorContains(t, err, " → ")
		}
	}
}

// inOrder reports a change that comes before one that it waits for.
func inOrder(changes []Change) error {
	at := map[Key]int{}
	for i, c := range changes {
		at[c.Key] = i
	}
	for i, c := range changes {
		for _, k := range c.After {
			if j, ok := at[k]; !ok || j >= i {
				return errors.New(c.Key.String() + " comes before " + k.String())
			}
		}
	}
	return nil
}
