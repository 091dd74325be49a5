package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/ledger"
)

// Another run that lives is waited for, and named; then the status is 6.
func TestLockIsWaitedFor(t *testing.T) {
	dir := t.TempDir()
	open := func() *memory {
		l, err := ledger.OpenBare(dir)
		require.NoError(t, err)
		m, err := remember(l)
		require.NoError(t, err)
		t.Cleanup(m.close)
		return m
	}
	var said bytes.Buffer
	p := &program{err: &said}
	release, err := open().lock(t.Context(), p, "r-1", 0)
	require.NoError(t, err)
	_, err = open().lock(t.Context(), p, "r-2", 0)
	var f *failure
	require.True(t, errors.As(err, &f))
	require.Equal(t, exitLocked, f.status)
	require.ErrorContains(t, err, "held by r-1")
	_, err = open().lock(t.Context(), p, "r-2", time.Millisecond)
	require.ErrorIs(t, err, ledger.ErrHeld)
	require.Contains(t, said.String(), "qdeploy: waiting: ledger: held by r-1")
	due, err := p.dueNow(nil, open())
	require.NoError(t, err)
	require.Empty(t, due)
	require.Contains(t, said.String(), "qdeploy: nothing is due: ledger: held by r-1")
	release()
	require.NoError(t, open().ledger.Held(gone))
	release, err = open().lock(t.Context(), p, "r-2", 0)
	require.NoError(t, err)
	release()
}

func TestGone(t *testing.T) {
	host, err := os.Hostname()
	require.NoError(t, err)
	c := exec.Command("true")
	require.NoError(t, c.Run())
	require.True(t, gone(ledger.Holder{Host: host, PID: c.Process.Pid}))
	require.False(t, gone(ledger.Holder{Host: host, PID: os.Getpid()}))
	require.False(t, gone(ledger.Holder{Host: host, PID: 1}), "of another user, perhaps, and alive")
	require.False(t, gone(ledger.Holder{Host: "elsewhere." + host, PID: c.Process.Pid}))
	require.False(t, gone(ledger.Holder{}))
}
