package plan

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestApplyThenPlanIsNothing draws estates and their next revisions, applies the
// plans to a tenant in memory, which refuses what Qlik would, and plans again.
func TestApplyThenPlanIsNothing(t *testing.T) {
	blocked, circles, changes := 0, 0, map[Action]int{}
	for seed := range uint64(120) {
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
		require.Greater(t, changes[a], 20, "%s is hardly drawn", a)
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
