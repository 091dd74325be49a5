package plan

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNamed shows references that are a name alone.
func TestNamed(t *testing.T) {
	traits := map[Kind]Traits{
		"right": {},
		"team":  {Set: []string{"/rights"}, Refs: []Ref{{Path: "/rights/*", Kind: "right", Soft: true, Named: true}}},
	}
	build := func(in Input) *Plan {
		in.Traits, in.Remembered, in.Covers = traits, true, func(Key) bool { return true }
		p, err := Build(in)
		require.NoError(t, err)
		return p
	}
	keys := func(p *Plan) (out []string) {
		for _, c := range p.Changes {
			out = append(out, string(c.Action)+" "+c.Key.String()+" "+c.Blocked)
		}
		return out
	}
	team := `team/A {"rights":["Read / write","Qlik's own"]}`
	right := `right/Read / write {"n":1}`

	require.Equal(t, []string{"create right/Read / write ", "create team/A "}, keys(build(Input{Desired: some(team, right)})), "what is named comes first")

	renamed := res(`right/Edit {"n":1}`)
	renamed.Was = []string{"Read / write"}
	p := build(Input{
		Desired: append(some(`team/A {"rights":["Qlik's own","Edit"]}`), renamed),
		Live:    some(team, right), Applied: some(team, right),
	})
	require.Equal(t, []string{"move right/Edit "}, keys(p), "who names it follows")

	p = build(Input{Desired: some(team), Live: some(team, right), Applied: some(team, right)})
	require.Equal(t, []string{"delete right/Read / write held by team/A"}, keys(p))

	p = build(Input{Desired: some(`team/A {"rights":[]}`), Live: some(team, right), Applied: some(team, right)})
	require.Equal(t, []string{"update team/A ", "delete right/Read / write "}, keys(p), "let go of first")
}
