package qliktest_test

import (
	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// mood sets the mood of the tenant from words.
func mood(l *lab, words string) {
	l.Helper()
	m, err := qliktest.ParseMood(words)
	require.NoError(l, err)
	l.tenant.SetMood(m)
}
