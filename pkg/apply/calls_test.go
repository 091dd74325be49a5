package apply

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCalls(t *testing.T) {
	made := 3
	c := NewCalls(20, func() int { return made })
	require.True(t, c.Begin(7))
	require.True(t, c.Begin(7))
	require.False(t, c.Spent())
	require.False(t, c.Begin(7), "17 of 20 are given away")
	require.True(t, c.Spent())
	require.False(t, c.Begin(1), "what is smaller does not overtake")

	c = NewCalls(20, func() int { return made })
	made = 14
	require.True(t, c.Begin(6))
	made = 21
	require.False(t, c.Begin(0), "more were made than was expected")

	var none *Calls
	require.True(t, none.Begin(1<<40))
	require.False(t, none.Spent())
}
