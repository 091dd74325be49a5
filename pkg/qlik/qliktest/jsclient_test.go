package qliktest_test

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// TestQliksOwnClient lets Qlik's JavaScript client work on the emulator: what
// it makes of the answers is what Qlik's own server would have given.
//
// QDEPLOY_JSCLIENT=1 makes it an error that Node or the client is not there;
// "npm ci" in testdata/jsclient installs the client.
func TestQliksOwnClient(t *testing.T) {
	dir := filepath.Join("testdata", "jsclient")
	absent := func(what string) {
		if os.Getenv("QDEPLOY_JSCLIENT") == "1" {
			t.Fatal(what)
		}
		t.Skip(what)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		absent("node is not installed")
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "@qlik", "api")); err != nil {
		absent("@qlik/api is not installed: run npm ci in pkg/qlik/qliktest/" + filepath.ToSlash(dir))
	}

	l := newLab(t, qliktest.Options{NoLimits: true})
	server := httptest.NewServer(l.handler)
	defer server.Close()
	tmp := t.TempDir()
	theme := zipped(t, "dark.qext", `{"name":"Dark","type":"theme","version":"1.0"}`)
	require.NoError(t, os.WriteFile(filepath.Join(tmp, "dark.zip"), theme, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(tmp, "sales.qvf"), appFile, 0o600))

	cmd := exec.Command(node, "drive.mjs", server.URL, filepath.Join(tmp, "dark.zip"), filepath.Join(tmp, "sales.qvf"))
	cmd.Dir = dir
	got, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", got)
	golden := filepath.Join(dir, "want.txt")
	if os.Getenv("QDEPLOY_UPDATE") == "1" {
		require.NoError(t, os.WriteFile(golden, got, 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}
