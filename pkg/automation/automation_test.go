package automation

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func parsed(t *testing.T, text string) Definition {
	t.Helper()
	d, err := Parse([]byte(text))
	require.NoError(t, err)
	return d
}

// TestDigest shows that a definition is what an automation does, in whatever tenant.
func TestDigest(t *testing.T) {
	ours := parsed(t, `{"workspace": {"blocks": [{"id": "b1", "connection": "connection/Chat"}]}, "schedules": [{"interval": 60}]}`)
	theirs := parsed(t, `{"id": "7", "ownerId": "u", "executionToken": "t", "lastRun": {"id": "r"}, "updatedAt": "2026-01-01T00:00:00Z", "state": "disabled",
		"maxConcurrentRuns": 1, "schedules": [{"id": "s", "nextRunAt": "x", "lastStartedAt": "y", "interval": 60}],
		"workspace": {"blocks": [{"connection": "guid", "id": "b1"}]}}`)
	require.NotEqual(t, ours.Digest(), theirs.Digest())
	named := theirs.Named(map[string]string{"guid": "Chat"})
	require.Equal(t, ours.Digest(), named.Digest())
	require.Equal(t, theirs.Digest(), named.Bound(map[string]string{"Chat": "guid"}).Digest())
	require.Equal(t, []string{"Chat"}, ours.Connections())
	require.Empty(t, theirs.Connections())
	require.NotEqual(t, ours.Digest(), parsed(t, `{"workspace": {"blocks": []}, "schedules": [{"interval": 60}]}`).Digest())
}

func TestParse(t *testing.T) {
	for _, text := range []string{``, `[]`, `{}`, `{"workspace": null}`, `{"workspace": {}} {}`, `{"workspace": {}, "schedules": 1}`} {
		_, err := Parse([]byte(text))
		require.ErrorContains(t, err, "no definition of an automation", "%s", text)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"workspace": {"a": ["connection/x"]}, "schedules": [{"id": 1}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := Parse(text)
		if err == nil && d.Digest() != d.Named(nil).Digest() {
			t.Fatal("what names nothing changes nothing")
		}
	})
}
