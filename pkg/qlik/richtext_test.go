package qlik

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRichText(t *testing.T) {
	for said, want := range map[string]string{
		"":               `[{"type":"paragraph","children":[{"text":""}]}]`,
		"a < b\n\nc":     `[{"type":"paragraph","children":[{"text":"a < b"}]},{"type":"paragraph","children":[{"text":""}]},{"type":"paragraph","children":[{"text":"c"}]}]`,
		"[not] a list":   `[{"type":"paragraph","children":[{"text":"[not] a list"}]}]`,
		"[1]":            `[{"type":"paragraph","children":[{"text":"[1]"}]}]`,
		"[]":             `[{"type":"paragraph","children":[{"text":"[]"}]}]`,
		`[{"type":"x"}]`: `[{"type":"x"}]`,
	} {
		got, err := richText(said)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, said, plainText(got))
	}
	for _, formatted := range []string{
		`[{"type":"paragraph","children":[{"text":"a","bold":true}]}]`,
		`[{"type":"heading","children":[{"text":"a"}]}]`,
		`[{"type":"paragraph","children":[{"text":"a\nb"}]}]`,
		`[{"type":"paragraph","children":[{"text":"[{}]"}]}]`, // its text alone would be taken for blocks
		`[{"type":"paragraph","children":[{"type":"link","children":[{"text":"a"}]}]}]`,
		"", "old and plain", "[",
	} {
		require.Equal(t, formatted, plainText(formatted))
	}
	require.Equal(t, "ab", plainText(`[ {"children":[{"text":"a"},{"text":"b"}],"type":"paragraph"} ]`))
}

// FuzzRichText holds that whatever an estate says is rich text for Qlik, and comes back.
func FuzzRichText(f *testing.F) {
	for _, s := range []string{"", "a\nb", "[{}]", `[{"type":"paragraph","children":[{"text":"[{}]"}]}]`, "[", "\u2028<&>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var known string // JSON has no other strings
		if b, err := json.Marshal(s); err != nil || json.Unmarshal(b, &known) != nil || known != s {
			t.Skip()
		}
		got, err := richText(s)
		require.NoError(t, err)
		require.True(t, json.Valid([]byte(got)), got)
		back, err := richText(plainText(got))
		require.NoError(t, err)
		require.Equal(t, plainText(got), plainText(back))
		require.Equal(t, plainText(got) == s, needlesslyRich("overview", &s) == "", "what does not come back is told")
	})
}
