package estate

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qvf"
)

const pinning = `package estate

import "github.com/qdeploy/qdeploy/schema"

schema.#Estate

regions: eu: apiKey: env: "KEY"
tenants: acme: {region: "eu", alias: "acme", space: {S: type: "shared", P: type: "managed"}}
apps: Sales: file: "apps/Sales.qvf"
environments: prod: {
	apps: Sales: PIN
	targets: [{tenants: ["acme"], staging: "S", space: "P"}]
}
`

// pinned is a repository whose first commit has Sales 1.0.0 and whose second has
// 1.1.0, with the commits.
type pinned struct {
	dir     string
	commits [2]string
	digests [2]string
	apps    [2][]byte
}

func newPinned(t *testing.T) *pinned {
	t.Helper()
	p := &pinned{}
	var sets []map[string]string
	for i, version := range []string{"1.0.0", "1.1.0"} {
		app := qvf.New("Sales")
		app.Script = "// version " + version + "\n"
		text, err := qvf.Encode(app)
		require.NoError(t, err)
		p.apps[i] = text
		decoded, err := qvf.DecodeBytes(text)
		require.NoError(t, err)
		p.digests[i] = qvf.Digest(decoded)
		sets = append(sets, map[string]string{"infra/apps/Sales.qvf": string(text)})
	}
	require.NotEqual(t, p.digests[0], p.digests[1])
	root := repository(t, sets...)
	p.dir = filepath.Join(root, "infra")
	repo, err := git.PlainOpen(root)
	require.NoError(t, err)
	head, err := repo.Head()
	require.NoError(t, err)
	last, err := repo.CommitObject(head.Hash())
	require.NoError(t, err)
	p.commits = [2]string{last.ParentHashes[0].String(), last.Hash.String()}
	return p
}

// pin writes the estate with a pin, and loads it.
func (p *pinned) pin(t *testing.T, pin string) (*Estate, error) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(p.dir, "estate.cue"), []byte(strings.ReplaceAll(pinning, "PIN", pin)), 0o644))
	return Load(p.dir, Options{})
}

func (p *pinned) of(i int, version string) string {
	return `{version: "` + version + `", digest: "` + p.digests[i] + `", commit: "` + p.commits[i] + `"}`
}

func TestPinIsReadFromItsCommitWhateverTheFileIsNow(t *testing.T) {
	p := newPinned(t)
	e, err := p.pin(t, p.of(0, "1.0.0"))
	require.NoError(t, err)
	rs, err := e.Resources("acme")
	require.NoError(t, err)
	file := p.commits[0] + ":apps/Sales.qvf"
	require.Contains(t, string(rs[0].Spec), `"file":"`+file+`"`)
	require.Contains(t, string(rs[0].Spec), p.digests[0])
	text, err := e.Content(file)
	require.NoError(t, err)
	require.Equal(t, p.apps[0], text)

	require.NoError(t, os.RemoveAll(filepath.Join(p.dir, "apps")))
	_, err = p.pin(t, p.of(0, "1.0.0"))
	require.NoError(t, err, "the file at hand is of no account")
	e, err = p.pin(t, `version: "1.1.0"`)
	require.ErrorContains(t, err, "apps/Sales.qvf does not exist")
	require.Nil(t, e)
}

func TestPinsThatAreWrong(t *testing.T) {
	p := newPinned(t)
	absent := strings.Repeat("ab", 20)
	for _, c := range []struct{ name, pin, want string }{
		{"another content", `{version: "1.0.0", digest: "` + p.digests[1] + `", commit: "` + p.commits[0] + `"}`, "estate.cue:11:"},
		{"another content", `{version: "1.0.0", digest: "` + p.digests[1] + `", commit: "` + p.commits[0] + `"}`,
			"prod pins Sales 1.0.0 with another content than its file has: the digest of the file is " + p.digests[0]},
		{"the file at hand has another", `{version: "1.0.0", digest: "` + p.digests[0] + `"}`, "raise the version, or pin what the file has"},
		{"no digest", `{version: "1.0.0", commit: "` + p.commits[0] + `"}`, "prod pins a commit of Sales, but no digest"},
		{"no such commit", `{version: "1.0.0", digest: "` + p.digests[0] + `", commit: "` + absent + `"}`, "there is no revision " + absent + " here"},
		{"no commit", `{version: "1.0.0", digest: "` + p.digests[0] + `", commit: "main"}`, `commit is "main" and must be a whole commit`},
	} {
		_, err := p.pin(t, c.pin)
		require.ErrorContains(t, err, c.want, c.name)
	}
}

func TestWhatAnEnvironmentSaysOfPromotion(t *testing.T) {
	p := newPinned(t)
	e, err := p.pin(t, `version: "1.1.0"
	soak: "7d"
	promote: "auto"
	release: true
	holds: Sales: {version: "1.1.0", by: "ann", why: "slow", since: "2026-11-25T12:00:00Z", until: "2026-11-27T12:00:00Z"}`)
	require.NoError(t, err)
	env := e.Environments()[0]
	require.Equal(t, 7*24*time.Hour, env.Soak)
	require.True(t, env.Auto && env.Release)
	hold := env.Holds["Sales"]
	require.Equal(t, "slow", hold.Why)
	require.False(t, hold.Ended(hold.Since))
	require.True(t, hold.Ended(*hold.Until))
	_, err = p.pin(t, `version: "1.1.0"
	holds: Sale: {version: "1.1.0", by: "ann", why: "slow", since: "2026-11-25T12:00:00Z"}`)
	require.ErrorContains(t, err, "prod holds app \"Sale\", which is not declared")
	_, err = p.pin(t, `version: "1.1.0"
	holds: Sales: {version: "1.1.0", by: "ann", why: "slow", since: "2026-13-25T12:00:00Z"}`)
	require.ErrorContains(t, err, "estate.cue:")
	require.Equal(t, time.Duration(0), length(""))
	require.Equal(t, 48*time.Hour, length("48h"))
	require.Equal(t, 30*time.Minute, length("30m"))
	require.Positive(t, length("99999999999999999999d"))
}

func TestPinOfAFileThatTheCommitLacks(t *testing.T) {
	p := newPinned(t)
	require.NoError(t, os.WriteFile(filepath.Join(p.dir, "estate.cue"), []byte(
		strings.ReplaceAll(strings.ReplaceAll(pinning, "PIN", p.of(0, "1.0.0")), "apps/Sales.qvf", "apps/Turnover.qvf")), 0o644))
	ps, err := Validate(context.Background(), p.dir, Options{})
	require.NoError(t, err)
	require.ErrorContains(t, ps, "apps/Turnover.qvf does not exist, in commit "+p.commits[0][:12])
	require.ErrorContains(t, ps, "git log --all -- apps/Turnover.qvf")
}

func TestPinOutsideOfAShallowClone(t *testing.T) {
	p := newPinned(t)
	e, err := p.pin(t, p.of(0, "1.0.0"))
	require.NoError(t, err)
	require.NotNil(t, e)
	gitIn(t, p.dir, "add", "estate.cue")
	gitIn(t, p.dir, "commit", "--quiet", "--message", "pin")
	shallow := filepath.Join(t.TempDir(), "clone")
	gitIn(t, p.dir, "clone", "--quiet", "--depth=1", "file://"+filepath.Dir(p.dir), shallow)
	_, err = Load(filepath.Join(shallow, "infra"), Options{})
	require.ErrorContains(t, err, "which is pinned, is not in this clone")
	require.ErrorContains(t, err, "fetch-depth: 0")
}
