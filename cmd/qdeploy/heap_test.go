package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheMoreLivesTheLessGarbageIsKept(t *testing.T) {
	for live, want := range map[uint64]int{0: 400, 1 << 20: 400, 40 << 20: 400, 50 << 20: 300, 80 << 20: 150, 100 << 20: 100, heapGoal: 100, 8 << 30: 100} {
		got, _ := garbage(live)
		require.Equal(t, want, got, "%d MB live", live>>20)
	}
}
