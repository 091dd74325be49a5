package qlik

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCostTime(t *testing.T) {
	require.Equal(t, 20*time.Minute, Cost{Writes: 1000}.Time(4), "writes are what takes long")
	require.Equal(t, 5*time.Minute, Cost{Reads: 4000, Writes: 8}.Time(4), "reads are")
}

func TestWriteTime(t *testing.T) {
	for _, c := range []struct {
		n, within int
		want      time.Duration
	}{
		{0, 4, 0},
		{1, 4, 300 * time.Millisecond},
		{8, 4, 600 * time.Millisecond},
		{8, 0, 2400 * time.Millisecond},
		{200, 4, 15 * time.Second},  // all of the burst
		{1000, 4, 20 * time.Minute}, // 800 more at 40 a minute
	} {
		require.Equal(t, c.want, WriteTime(c.n, c.within), "%d writes, %d at a time", c.n, c.within)
	}
}
