package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestPreviewSpace(t *testing.T) {
	require.Equal(t, "Test #12", previewSpace("Test", "#12"))
	require.Equal(t, "Test of b-o-b", previewSpace("Test", "b/o:b"))
	for _, holder := range []string{"#123", strings.Repeat("ö", 300), "a\nb\x00|?*<>\""} {
		for _, like := range []string{"T", strings.Repeat("é", 255), strings.Repeat("x", longestSpace)} {
			name := previewSpace(like, holder)
			require.LessOrEqual(t, utf8.RuneCountInString(name), longestSpace)
			require.Regexp(t, `^[^"*?<>/|\\:\x00-\x1f]+$`, name, "Qlik allows no other")
			require.NotEqual(t, like, name)
			require.NotEqual(t, name, previewSpace(like, "#7"), "each has its own")
		}
	}
}
