package estate

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"cuelang.org/go/cue/cuecontext"
	cueload "cuelang.org/go/cue/load"
	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/schema"
)

// TestEditor shows that CUE's own tools read the sample once the schema lies
// where they look for it, without a registry.
func TestEditor(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(sampleDir)))
	vendored := filepath.Join(dir, "cue.mod", "pkg", filepath.FromSlash(schema.ImportPath))
	names, err := fs.Glob(schema.Files(), "*.cue")
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(vendored, 0o755))
	for _, name := range names {
		text, err := fs.ReadFile(schema.Files(), name)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(vendored, name), text, 0o600))
	}
	inst := cueload.Instances([]string{"."}, &cueload.Config{Dir: dir, Env: []string{"CUE_REGISTRY=none"}})[0]
	require.NoError(t, inst.Err)
	root := cuecontext.New().BuildInstance(inst)
	require.NoError(t, root.Validate())

	// What they read is what qdeploy reads.
	_, err = Load(dir, Options{})
	require.NoError(t, err)
}
