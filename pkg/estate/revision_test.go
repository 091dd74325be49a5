package estate

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// repository makes a git repository with one commit for each set of files.
func repository(t *testing.T, commits ...map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	gitIn(t, dir, "init", "--quiet", "--initial-branch=main")
	for _, files := range commits {
		for name, text := range files {
			file := filepath.Join(dir, name)
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
			require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
		}
		gitIn(t, dir, "add", ".")
		gitIn(t, dir, "commit", "--quiet", "--message", "an estate")
	}
	return dir
}

func gitIn(t *testing.T, dir string, args ...string) {
	t.Helper()
	c := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "protocol.file.allow=always"}, args...)...)
	c.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull)
	out, err := c.CombinedOutput()
	require.NoError(t, err, string(out))
}

const small = `package estate

import "github.com/qdeploy/qdeploy/schema"

schema.#Estate

regions: eu: apiKey: env: "KEY"
tenantFiles: ["tenants/*.yaml"]
`

func TestRevisionReadsAnyRevisionWithoutACheckout(t *testing.T) {
	dir := repository(t,
		map[string]string{"infra/estate.cue": small, "infra/tenants/acme.yaml": "acme: {region: eu, alias: acme}\n", "README.md": "not of it"},
		map[string]string{"infra/tenants/beta.yaml": "beta: {region: eu, alias: beta}\n"},
	)
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "infra/tenants")), "the folder on the disk is of no account")
	for revision, want := range map[string]int{"HEAD": 2, "HEAD~1": 1, "main": 2} {
		r, err := At(filepath.Join(dir, "infra"), revision, nil)
		require.NoError(t, err)
		require.Len(t, r.Commit, 40)
		e, err := Load("", Options{Files: r.Files})
		require.NoError(t, err)
		require.Len(t, e.Tenants(), want, revision)
		require.NoError(t, r.Close())
	}
}

func TestRevisionIsAFileSystem(t *testing.T) {
	dir := repository(t, map[string]string{"a.cue": "package estate\n", "tenants/eu/acme.yaml": "{}", "tenants/us/beta.yaml": "{}", "theme/x.json": "{}"})
	r, err := At(dir, "HEAD", nil)
	require.NoError(t, err)
	defer r.Close()
	require.NoError(t, fstest.TestFS(r.Files, "a.cue", "tenants/eu/acme.yaml", "tenants/us/beta.yaml", "theme/x.json"))
	_, err = fs.ReadFile(r.Files, "tenants/none.yaml")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestRevisionRefusesLinks(t *testing.T) {
	dir := repository(t, map[string]string{"a.cue": "package estate\n"})
	require.NoError(t, os.Symlink("/etc/hosts", filepath.Join(dir, "hosts")))
	gitIn(t, dir, "add", ".")
	gitIn(t, dir, "commit", "--quiet", "--message", "a link")
	r, err := At(dir, "HEAD", nil)
	require.NoError(t, err)
	defer r.Close()
	_, err = fs.ReadFile(r.Files, "hosts")
	require.ErrorContains(t, err, "leads out of the revision")
}

func TestRevisionFollowsLFS(t *testing.T) {
	app := []byte("what the pointer points to")
	sum := sha256.Sum256(app)
	id := hex.EncodeToString(sum[:])
	text := "version https://git-lfs.github.com/spec/v1\noid sha256:" + id + "\nsize 26\n"
	dir := repository(t, map[string]string{"apps/a.qvf": text})
	r, err := At(dir, "HEAD", nil)
	require.NoError(t, err)
	defer r.Close()
	got, err := fs.ReadFile(r.Files, "apps/a.qvf")
	require.NoError(t, err)
	require.Equal(t, text, string(got), "not fetched: the pointer itself, which is told of as L9")

	store := filepath.Join(dir, ".git/lfs/objects", id[:2], id[2:4])
	require.NoError(t, os.MkdirAll(store, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(store, id), app, 0o644))
	got, err = fs.ReadFile(r.Files, "apps/a.qvf")
	require.NoError(t, err)
	require.Equal(t, string(app), string(got))

	require.NoError(t, os.WriteFile(filepath.Join(store, id), []byte("damaged"), 0o644))
	_, err = fs.ReadFile(r.Files, "apps/a.qvf")
	require.ErrorContains(t, err, "is damaged")
}

func TestRevisionSaysWhatIsMissing(t *testing.T) {
	dir := repository(t, map[string]string{"a.cue": "package estate\n"}, map[string]string{"sub/b.cue": "package estate\n"})
	_, err := At(dir, "nowhere", nil)
	require.ErrorContains(t, err, "there is no revision nowhere here")
	_, err = At(filepath.Join(dir, "sub"), "HEAD~1", nil)
	require.ErrorIs(t, err, ErrNoEstate)

	clone := filepath.Join(t.TempDir(), "clone")
	gitIn(t, dir, "clone", "--quiet", "--depth=1", "file://"+dir, clone)
	_, err = At(clone, "HEAD", nil)
	require.NoError(t, err)
	_, err = At(clone, "HEAD~1", nil)
	require.ErrorIs(t, err, ErrShallow)
	require.ErrorContains(t, err, "fetch-depth: 0")

	_, err = At(t.TempDir(), "HEAD", nil)
	require.ErrorContains(t, err, "no git repository here")
}

func TestDefaultGuards(t *testing.T) {
	require.Equal(t, plan.Guards{DeletesPerTenant: 5, Deletes: 50, Tenants: -1, Replace: []plan.Kind{}}, DefaultGuards())
}
