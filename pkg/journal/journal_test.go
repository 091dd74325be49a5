package journal

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func clock() time.Time { return time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC) }

// written writes lines into a journal.
func written(t *testing.T, path string, lines ...Line) {
	t.Helper()
	j, err := Open(path, clock)
	require.NoError(t, err)
	for _, l := range lines {
		require.NoError(t, j.Write(l))
	}
	require.NoError(t, j.Close())
}

func begins(run string, tenants ...string) Line {
	return Line{What: Begin, Status: Begun, Format: Format, Run: run, Revision: "f9f802c6", Tenants: tenants}
}

func change(tenant, key, status string) Line {
	return Line{What: Change, Tenant: tenant, Action: "create", Key: key, Status: status}
}

func TestReadTellsWhatWasLeft(t *testing.T) {
	path := filepath.Join(t.TempDir(), "qdeploy", "r-1.jsonl")
	written(t, path,
		begins("r-1", "acme", "bolt", "coil"),
		Line{What: Tenant, Tenant: "acme", Status: Begun},
		change("acme", "space/One", Begun),
		Line{What: Call, Host: "acme.eu.qlikcloud.com", Call: "POST /api/v1/spaces", N: 1, Status: Begun},
		Line{What: Tenant, Tenant: "bolt", Status: Begun},
		change("bolt", "space/One", Begun),
		Line{What: Call, N: 1, Status: "201"},
		change("bolt", "space/One", "failed"),
		change("acme", "space/One", "done"),
		Line{What: Tenant, Tenant: "acme", Status: "done"},
		change("bolt", "space/Two", Begun),
		Line{What: "weather", Status: "fine"},
	)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	run, err := Read(bytes.NewReader(text))
	require.NoError(t, err)
	require.Equal(t, "r-1", run.Name)
	require.Equal(t, "f9f802c6", run.Revision)
	require.Equal(t, []string{"acme", "bolt", "coil"}, run.Tenants)
	require.Equal(t, map[string]string{"acme": "done", "bolt": Begun}, run.States)
	require.Len(t, run.Open, 1)
	require.Equal(t, "space/Two", run.Open[0].Key)
	require.False(t, run.Ended)

	for cut := len(text) - 1; cut > bytes.IndexByte(text, '\n'); cut-- { // wherever it is torn
		_, err := Read(bytes.NewReader(text[:cut]))
		require.NoError(t, err, "%q", text[:cut])
	}

	require.NoError(t, os.WriteFile(path, text[:len(text)-5], 0o600))
	written(t, path, begins("r-2", "bolt"), Line{What: End, Status: "0"}) // the torn line is ended
	text, err = os.ReadFile(path)
	require.NoError(t, err)
	run, err = Read(bytes.NewReader(text))
	require.NoError(t, err)
	require.Equal(t, &Run{Name: "r-2", Revision: "f9f802c6", Tenants: []string{"bolt"}, States: map[string]string{}, Ended: true}, run)
}

func TestReadRefusesWhatIsNoJournal(t *testing.T) {
	head := `{"what":"run","format":"qdeploy/journal/1","run":"r-1"}` + "\n"
	for _, c := range []struct{ text, want string }{
		{"", "no run begins in it"},
		{`{"what":"tenant"}` + "\n", "no run begins in it"},
		{`{"what":"run","format":"qdeploy/journal/2"}`, `line 1: its format is "qdeploy/journal/2": this qdeploy reads qdeploy/journal/1`},
		{head + "nonsense\n" + `{"what":"end"}` + "\n", "line 2 is not one of a journal"},
	} {
		_, err := Read(strings.NewReader(c.text))
		require.EqualError(t, err, c.want)
	}
}

func TestWriteKeepsLinesWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.jsonl")
	j, err := Open(path, clock)
	require.NoError(t, err)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 50 {
				require.NoError(t, j.Write(change(fmt.Sprint(i), fmt.Sprint("space/", n), Begun)))
			}
		})
	}
	all.Wait()
	require.NoError(t, j.Close())
	require.Error(t, j.Write(Line{}), "it is closed")
	require.Error(t, j.Write(Line{}), "and stays so")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	run, err := Read(strings.NewReader(`{"what":"run","format":"qdeploy/journal/1"}` + "\n" + string(text)))
	require.NoError(t, err)
	require.Len(t, run.Open, 400)
}

func FuzzRead(f *testing.F) {
	head := `{"what":"run","format":"qdeploy/journal/1","run":"r-1","tenants":["a"]}` + "\n"
	f.Add([]byte(head + `{"what":"change","tenant":"a","key":"space/One","status":"begun"}` + "\n" + `{"what":"cha`))
	f.Add([]byte(head + "\n\n" + head))
	f.Fuzz(func(t *testing.T, text []byte) {
		run, err := Read(bytes.NewReader(text))
		if err != nil {
			return
		}
		torn, err := Read(bytes.NewReader(append(bytes.Clone(text), "\n{\"what\":\"chan"...)))
		if err != nil {
			require.ErrorContains(t, err, "is not one of a journal") // its last line was torn already: now it is another
			return
		}
		require.Equal(t, run.Name, torn.Name)
	})
}
