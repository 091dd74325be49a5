package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFlagText holds that what a flag cannot take is told in our words.
func TestFlagText(t *testing.T) {
	for args, want := range map[string]string{
		"plan --max-rps x":                        `invalid argument "x" for "--max-rps" flag: it is a whole number`,
		"plan --parallelism 99999999999999999999": `it is too large`,
		"apply --yes=x":                           `invalid argument "x" for "--yes" flag: it is true or false`,
		"apply --patience x":                      `invalid argument "x" for "--patience" flag: it is a length of time, such as 90s, 10m or 2h`,
		"apply --patience 3":                      `it is a length of time`,
		"rehearse --sizes 1,a":                    `it is a whole number`,
		"rehearse --latency 3parsecs":             `it is a length of time`,
	} {
		var out, err bytes.Buffer
		require.Equal(t, exitError, run(context.Background(), strings.Fields(args), strings.NewReader(""), &out, &err), args)
		require.Empty(t, out.String())
		require.Contains(t, err.String(), want)
		require.NotContains(t, err.String(), "strconv")
		require.NotContains(t, err.String(), "time:")
	}
}
