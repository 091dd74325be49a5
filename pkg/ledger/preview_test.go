package ledger

import (
	"context"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/stretchr/testify/require"
)

func previewOf(request int, who string) Preview {
	return Preview{
		Environment: "test/eu", Request: request, Who: who, Commit: "c0ffee", Apps: map[string]string{"Sales": "1.1.0"},
		Since: time.Date(2026, 11, 25, 8, request, 0, 0, time.UTC), Places: []PreviewPlace{{"dev", "Test", "Test #1"}},
	}
}

func TestPreview(t *testing.T) {
	l, ctx := InMemory(), context.Background()
	all := func() []Preview {
		out, err := l.Previews()
		require.NoError(t, err)
		return out
	}
	require.Empty(t, all())
	require.Error(t, l.PutPreview(ctx, Preview{Environment: "test"}), "it would own nothing")

	first, byHand := previewOf(1, "ann"), previewOf(0, "bob/é")
	require.NoError(t, l.PutPreview(ctx, first))
	require.NoError(t, l.PutPreview(ctx, byHand))
	first.Apps = map[string]string{"Sales": "", "Stock": "1.0.0"}
	require.NoError(t, l.PutPreview(ctx, first))
	require.Equal(t, []Preview{byHand, first}, all())
	require.True(t, first.In("dev"))
	require.False(t, first.In("acme"))

	require.NoError(t, l.Write("tenants are kept beside previews", Entry{Tenant: "dev", Time: first.Since}))
	require.NoError(t, l.DropPreview(ctx, first))
	require.NoError(t, l.DropPreview(ctx, first)) // by a run that was killed after it
	require.Equal(t, []Preview{byHand}, all())
	require.NoError(t, l.DropPreview(ctx, byHand))
	require.Empty(t, all())
	tree, err := l.top()
	require.NoError(t, err)
	for _, e := range tree.Entries {
		require.NotEqual(t, previewFolder, e.Name, "an empty folder is no tree that git would write")
	}
	entries, err := l.Entries()
	require.NoError(t, err)
	require.Contains(t, entries, "dev")
}

// TestPreviewFenced: a run that lost its lease remembers and forgets nothing.
func TestPreviewFenced(t *testing.T) {
	l, ctx := InMemory(), context.Background()
	_, err := l.Acquire(ctx, Holder{Run: "one"}, time.Minute, nil)
	require.NoError(t, err)
	other := over(l.store)
	_, err = other.Acquire(ctx, Holder{Run: "two"}, time.Minute, func(Holder) bool { return true })
	require.NoError(t, err)
	require.ErrorIs(t, l.PutPreview(ctx, previewOf(1, "")), ErrFenced)
	require.NoError(t, other.PutPreview(ctx, previewOf(1, "")))
	require.ErrorIs(t, l.DropPreview(ctx, previewOf(1, "")), ErrFenced)
}

func TestPreviewUnreadable(t *testing.T) {
	for _, text := range []string{"{", `{"environment":"prod","pullRequest":1}`} {
		l := InMemory()
		require.NoError(t, l.commit(context.Background(), &change{message: "spoilt", files: func(plumbing.Hash) (map[string][]byte, string, error) {
			return map[string][]byte{previewOf(1, "").file(): []byte(text)}, "", nil
		}}))
		_, err := l.Previews()
		require.Error(t, err, text)
	}
}
