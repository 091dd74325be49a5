package plan

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestModes shows sets of which the estate says whether they may hold more.
func TestModes(t *testing.T) {
	traits := map[Kind]Traits{"team": {
		Set: []string{"/rights"}, Input: []string{"/mode"}, Modes: []Mode{{Set: "/rights", Field: "/mode"}},
	}}
	for _, c := range []struct {
		name, desired, live, applied string
		want                         string // "" for nothing to do
		notes                        []string
	}{
		{"more than is declared, and may be", `{"rights":["a"],"mode":"include"}`, `{"rights":["b","a"]}`, `{"rights":["a"],"mode":"include"}`, "", nil},
		{"more than is declared", `{"rights":["a"],"mode":"exact"}`, `{"rights":["b","a"]}`, `{"rights":["a"],"mode":"exact"}`, `rights: -"b" drift`, nil},
		{"and no mode", `{"rights":["a"]}`, `{"rights":["b","a"]}`, `{"rights":["a"]}`, `rights: -"b" drift`, nil},
		{"less", `{"rights":["a","c"],"mode":"include"}`, `{"rights":["b"]}`, `{"rights":["a"],"mode":"include"}`, `rights: +"a" +"c" change+drift`, nil},
		{"from include to exact", `{"rights":["a"]}`, `{"rights":["b","a"]}`, `{"rights":["a"],"mode":"include"}`, `rights: -"b" change`, nil},
		{"from exact to include", `{"rights":["a"],"mode":"include"}`, `{"rights":["b","a"]}`, `{"rights":["a"]}`, "", nil},
		{"no longer declared", `{"rights":["a"],"mode":"include"}`, `{"rights":["b","a"]}`, `{"rights":["a","b"],"mode":"include"}`, "",
			[]string{`team/T: "b" is no longer declared in rights, which may hold more than is declared, so it stays`}},
		{"a mode of nothing", `{"mode":"include"}`, `{"rights":["b","a"]}`, `{}`, "", nil},
	} {
		p, err := Build(Input{
			Desired: some("team/T " + c.desired), Live: some("team/T " + c.live), Applied: some("team/T " + c.applied),
			Traits: traits, Remembered: true, Covers: func(Key) bool { return true },
		})
		require.NoError(t, err, c.name)
		got := ""
		for _, change := range p.Changes {
			x := text{o: TextOptions{Traits: traits}}
			for _, f := range change.Fields {
				got += "rights: " + setDiff(f, x.traits(change)) + " " + string(f.Cause)
			}
		}
		require.Equal(t, c.want, got, c.name)
		require.Equal(t, c.notes, p.Notes, c.name)
	}
}
