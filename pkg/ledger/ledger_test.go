package ledger

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/stretchr/testify/require"
)

func entry(tenant, outcome string) Entry {
	return Entry{
		Tenant: tenant, Host: tenant + ".eu.qlikcloud.com", Revision: "abc", Digest: "def",
		Time: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), Outcome: outcome, Run: "r1",
		Resources: NewSpecs(map[string]json.RawMessage{"space/HR": json.RawMessage(`{"type":"shared"}`)}),
	}
}

func repository(t *testing.T) string {
	dir := t.TempDir()
	_, err := git.PlainInit(dir, false)
	require.NoError(t, err)
	return dir
}

func TestEntriesOfANewRepositoryAreNone(t *testing.T) {
	l, err := Open(repository(t))
	require.NoError(t, err)
	entries, err := l.Entries()
	require.NoError(t, err)
	require.Empty(t, entries)
}

func TestOpenOutsideARepository(t *testing.T) {
	_, err := Open(t.TempDir())
	require.ErrorIs(t, err, ErrNoRepository)
}

func TestWriteThenReadInAnotherProcess(t *testing.T) {
	dir := repository(t)
	sub := filepath.Join(dir, "estate")
	require.NoError(t, os.Mkdir(sub, 0o755))
	l, err := Open(sub)
	require.NoError(t, err)
	odd := entry("a/../b c", "applied")
	require.NoError(t, l.Write("first", entry("acme", "applying"), odd))
	require.NoError(t, l.Write("second", entry("acme", "applied")))

	again, err := Open(dir)
	require.NoError(t, err)
	entries, err := again.Entries()
	require.NoError(t, err)
	require.Equal(t, "applied", entries["acme"].Outcome)
	require.Equal(t, "applied", entries["a/../b c"].Outcome, "entries of others stay")
	require.JSONEq(t, `{"type":"shared"}`, string(entries["acme"].Resources.Get("space/HR")))
}

func TestGitAgreesThatTheLedgerIsSound(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs git on the PATH")
	}
	dir := repository(t)
	l, err := Open(dir)
	require.NoError(t, err)
	for i := range 40 {
		require.NoError(t, l.Write("run", entry("tenant "+strconv.Itoa(i), "applied")))
	}
	out, err := exec.Command("git", "-C", dir, "fsck", "--strict", "--full").CombinedOutput()
	require.NoError(t, err, string(out))
	out, err = exec.Command("git", "-C", dir, "rev-list", "--count", Ref.String()).CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, "40\n", string(out))
}

func TestWritersDoNotLoseEachOthersEntries(t *testing.T) {
	dir := repository(t)
	first, err := Open(dir)
	require.NoError(t, err)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			l, err := Open(dir)
			if err != nil {
				t.Error(err)
				return
			}
			for i := range 10 {
				if err := l.Write("run", entry("t"+strconv.Itoa(w)+"-"+strconv.Itoa(i), "applied")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	entries, err := first.Entries()
	require.NoError(t, err)
	require.Equal(t, 40, len(entries), "entries of all writers")
}

func TestAnUnreadableEntryIsAnError(t *testing.T) {
	l := InMemory()
	h, err := l.graft([20]byte{}, map[string][]byte{"tenants/00/x.json": []byte("{")})
	require.NoError(t, err)
	c, err := l.record(h, nil, "bad", "")
	require.NoError(t, err)
	require.NoError(t, l.move(Ref, c, nil))
	_, err = l.Entries()
	require.ErrorContains(t, err, "ledger: tenants/00/x.json: not a ledger entry")
}

func TestALockThatADeadProcessLeftIsTaken(t *testing.T) {
	dir := repository(t)
	l, err := Open(dir)
	require.NoError(t, err)
	file := filepath.Join(dir, ".git", filepath.FromSlash(lockOf(Ref)))
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	old := time.Now().Add(-time.Minute)
	require.NoError(t, os.Chtimes(file, old, old))
	require.NoError(t, l.Write("run", entry("acme", "applied")))
	require.NoFileExists(t, file)
}

func TestALedgerThatGitHasPackedIsRead(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs git on the PATH")
	}
	dir := repository(t)
	l, err := Open(dir)
	require.NoError(t, err)
	require.NoError(t, l.Write("one", entry("acme", "applied")))
	out, err := exec.Command("git", "-C", dir, "pack-refs", "--all").CombinedOutput()
	require.NoError(t, err, string(out))
	again, err := Open(dir)
	require.NoError(t, err)
	require.NoError(t, again.Write("two", entry("bolt", "applied")))
	entries, err := again.Entries()
	require.NoError(t, err)
	require.Len(t, entries, 2)
}

// TestSpecsAreKeptAsTheyAre holds that packed specs say what was put in, whoever wrote it.
func TestSpecsAreKeptAsTheyAre(t *testing.T) {
	all := map[string]json.RawMessage{"space/A": json.RawMessage(`{"about":"<&>","n":1.0}`), "tag/Ä": json.RawMessage(`{}`)}
	s := NewSpecs(all)
	require.Equal(t, all, s.All())
	require.JSONEq(t, `{}`, string(s.Get("tag/Ä")))
	require.Nil(t, s.Get("tag/B"))

	text, err := json.MarshalIndent(Entry{Tenant: "a", Resources: s}, "", " ")
	require.NoError(t, err)
	var e Entry
	require.NoError(t, json.Unmarshal(text, &e))
	require.Equal(t, all["tag/Ä"], e.Resources.Get("tag/Ä"))
	again, err := json.MarshalIndent(e, "", " ")
	require.NoError(t, err)
	require.Equal(t, string(text), string(again))

	for _, none := range []string{`{"tenant":"a"}`, `{"tenant":"a","resources":null}`, `{"tenant":"a","resources":{}}`} {
		var e Entry
		require.NoError(t, json.Unmarshal([]byte(none), &e))
		require.True(t, e.Resources.IsZero(), none)
		require.Empty(t, e.Resources.All())
	}
	for _, bad := range []string{`{"resources":[]}`, `{"resources":"a"}`, `{"resources":{"a":}}`} {
		require.Error(t, json.Unmarshal([]byte(bad), new(Entry)), bad)
	}
}
