package plan

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPool shows that what is given back goes first, and that a change can be left out.
func TestPool(t *testing.T) {
	p, err := Build(Input{
		Desired: some(`seat/a {"n":1}`, `seat/c {"n":2}`), Live: some(`seat/b {"n":1}`, `seat/c {"n":1}`), Applied: some(`seat/b {"n":1}`, `seat/c {"n":1}`),
		Traits: map[Kind]Traits{"seat": {Pool: true}}, Remembered: true, Covers: func(Key) bool { return true },
	})
	require.NoError(t, err)
	b := Key{"seat", "b"}
	require.Equal(t, b, p.Changes[0].Key)
	for _, c := range p.Changes[1:] {
		require.Equal(t, []Key{b}, c.After, c.Key)
	}
	whole := p.Digest

	p.Leave(Key{"seat", "d"}, "is not there")
	require.Equal(t, whole, p.Digest)
	p.Leave(b, "stays")
	require.Len(t, p.Changes, 2)
	require.Empty(t, p.Changes[0].After)
	require.Equal(t, map[Kind][]string{"seat": {"b"}}, p.Unmanaged)
	require.Equal(t, []string{"seat/b stays"}, p.Notes)
	require.Equal(t, p.Sum(), p.Digest)
	require.NotEqual(t, whole, p.Digest)
}
