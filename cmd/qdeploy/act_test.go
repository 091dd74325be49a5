package main

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sample "github.com/qdeploy/qdeploy/estate"
	"github.com/qdeploy/qdeploy/pkg/github/githubtest"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// A stage is where workflows are run for real: act in host mode, GitHub's double
// with real git behind it, and an emulated Qlik Cloud with the tenants of the
// sample estate. Actions of GitHub's own are played by a few lines of shell.
type stage struct {
	*testing.T
	act    string // the program
	dir    string
	hub    *githubtest.Hub
	repo   *githubtest.Repo
	site   githubtest.Site
	cloud  *qliktest.Cloud
	env    map[string]string // Qlik's credentials
	qlik   string            // where the emulator is
	action string            // the folder that qdeploy/qdeploy is taken from

	mu    sync.Mutex
	calls []qliktest.Call
}

// Actions that the workflows use, by the commits that they pin.
const (
	checkoutPin = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683"
	uploadPin   = "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02"
	downloadPin = "actions/download-artifact@d3f86a106a0bac45b974a628896c90dbdf5c8093"
	setupGoPin  = "actions/setup-go@d35c59abb061a4a6fb18e82ac0862c26744d6ab5"
	actionPin   = "0123456789abcdef0123456789abcdef01234567"
)

func newStage(t *testing.T) *stage {
	s := &stage{T: t, act: os.Getenv("QDEPLOY_ACT"), dir: t.TempDir()}
	if s.act == "" {
		t.Skip("QDEPLOY_ACT names no act binary; .ci/workflows installs one")
	}
	for _, name := range []string{"bash", "git", "qdeploy"} {
		_, err := exec.LookPath(name)
		require.NoError(t, err)
	}
	estate := filepath.Join(s.dir, "repo", "estate")
	require.NoError(t, os.CopyFS(estate, sample.Files))
	est, err := (&program{out: io.Discard, err: io.Discard, dir: estate}).load(context.Background(), "")
	require.NoError(t, err)
	s.cloud, s.env, err = cloudOf(est, qliktest.Options{NoLimits: true, Calls: s.record}, nil)
	require.NoError(t, err)
	breaches := filepath.Join(s.dir, "breaches")
	cloud := httptest.NewServer(checkedTo(s.cloud, breaches))
	t.Cleanup(cloud.Close)
	s.qlik = cloud.URL
	s.workflows()
	require.NoError(t, os.Mkdir(filepath.Join(s.dir, "hub"), 0o755))
	s.hub = githubtest.New(filepath.Join(s.dir, "hub"), githubtest.Options{Now: time.Now})
	s.repo = s.hub.AddRepo("acme/tenants", readFiles(t, filepath.Join(s.dir, "repo")))
	s.repo.SetRole("ann", "write")
	server := httptest.NewServer(s.hub)
	t.Cleanup(server.Close)
	s.site = githubtest.Enterprise(server.URL)
	t.Cleanup(func() {
		require.Empty(t, s.hub.Complaints())
		require.NoFileExists(t, breaches)
	})
	return s
}

func (s *stage) record(c qliktest.Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, c)
}

// spent is how many calls were made to Qlik since it was last asked, and how many
// of them may have changed something.
func (s *stage) spent() (all, writes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		all++
		if c.Method != "GET" && !strings.HasSuffix(c.Path, "/oauth/token") {
			writes++
		}
	}
	s.calls = nil
	return all, writes
}

// workflows copies the workflows as users are told to, and changes what they are
// told to change where qdeploy is part of the runner's image.
func (s *stage) workflows() {
	to := filepath.Join(s.dir, "repo", ".github", "workflows")
	s.command(".", "bash", "../../.github/pin-workflows", to, actionPin)
	for _, name := range forUsers {
		text, err := os.ReadFile(filepath.Join(to, name))
		require.NoError(s, err)
		edited := strings.ReplaceAll(string(text), "inputs.version || 'source'", "inputs.version || 'installed'")
		require.NotEqual(s, string(text), edited)
		edited = strings.ReplaceAll(edited, "${{ inputs.shards && format('--jobs={0}', inputs.shards) || '' }}", "--jobs=2")
		require.NoError(s, os.WriteFile(filepath.Join(to, name), []byte(edited), 0o644))
	}
	s.action = filepath.Join(s.dir, "action")
	for _, name := range []string{"action.yml", ".github/action/install", ".github/action/run"} {
		text, err := os.ReadFile(filepath.Join("../..", name))
		require.NoError(s, err)
		s.write("action/"+name, string(text))
	}
	s.stub("checkout", `inputs: {fetch-depth: {}, persist-credentials: {}, ref: {}}`,
		`find . -mindepth 1 -delete
        git init --quiet .
        git remote add origin "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY"
        git fetch --quiet --no-tags "$STUB_REPOSITORY" '+refs/heads/*:refs/remotes/origin/*' '+refs/pull/*:refs/remotes/pull/*'
        git checkout --quiet --detach "${REF:-$STUB_SHA}"`)
	s.stub("upload", `inputs: {name: {}, path: {}, if-no-files-found: {}, overwrite: {}, retention-days: {}}`,
		`while IFS= read -r file; do
          [ -z "$file" ] && continue
          [ "$MISSING" = ignore ] && [ ! -e "$file" ] && continue
          mkdir -p "$STUB_ARTIFACTS/$NAME"
          cp -- "$file" "$STUB_ARTIFACTS/$NAME/"
        done <<<"$FILES"`)
	s.stub("download", `inputs: {pattern: {}, path: {}, merge-multiple: {}}`,
		`for folder in "$STUB_ARTIFACTS"/$PATTERN/; do
          [ -d "$folder" ] || continue
          mkdir -p "$FILES"
          cp -- "$folder"* "$FILES/"
        done`)
	s.stub("setup-go", `inputs: {go-version-file: {}, cache: {}}`, `go version`)
}

func (s *stage) stub(name, inputs, script string) {
	s.write(name+"/action.yml", fmt.Sprintf(`name: %s
%s
runs:
  using: composite
  steps:
    - shell: bash
      env: {NAME: "${{ inputs.name }}", FILES: "${{ inputs.path }}", MISSING: "${{ inputs.if-no-files-found }}", REF: "${{ inputs.ref }}", PATTERN: "${{ inputs.pattern }}"}
      run: |
        %s
`, name, inputs, script))
}

func (s *stage) write(name, text string) {
	path := filepath.Join(s.dir, name)
	require.NoError(s, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(s, os.WriteFile(path, []byte(text), 0o755))
}

func (s *stage) command(dir, name string, args ...string) string {
	s.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(s, err, "%s %s: %s", name, strings.Join(args, " "), out)
	return string(out)
}

func readFiles(t *testing.T, dir string) map[string]string {
	files := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		name, rerr := filepath.Rel(dir, path)
		require.NoError(t, rerr)
		files[filepath.ToSlash(name)] = string(b)
		return err
	}))
	return files
}

// keep gives the artifacts that a job uploaded to GitHub's double.
func (s *stage) keep(run *githubtest.Run, dir string) {
	names, err := os.ReadDir(dir)
	require.NoError(s, err)
	for _, name := range names {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		require.NoError(s, z.AddFS(os.DirFS(filepath.Join(dir, name.Name()))))
		require.NoError(s, z.Close())
		require.NoError(s, s.repo.AddArtifact(run, name.Name(), b.Bytes()))
	}
	require.NoError(s, os.RemoveAll(dir))
}
