package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// installed runs the script install of the action at top, and returns the folder that it put
// on the path, or what it said.
func installed(t *testing.T, top, version, sum, releases string) (bin, output string, err error) {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("needs bash")
	}
	dir := t.TempDir()
	cmd := exec.Command("bash", filepath.Join(top, ".github/action/install"))
	cmd.Env = append(os.Environ(), "RUNNER_TEMP="+dir, "GITHUB_PATH="+filepath.Join(dir, "path"),
		"QDEPLOY_INPUT_VERSION="+version, "QDEPLOY_INPUT_SHA256="+sum, "QDEPLOY_INPUT_RELEASES="+releases)
	out, err := cmd.CombinedOutput()
	path, _ := os.ReadFile(filepath.Join(dir, "path")) // none where nothing was installed
	return strings.TrimSpace(string(path)), string(out), err
}

// releaseServer serves the archive of this machine, which holds a script that says who
// it is, and checksums.
func releaseServer(t *testing.T, version, sums string) (address, sum string) {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	text := "#!/bin/sh\necho I am the release\n"
	require.NoError(t, w.WriteHeader(&tar.Header{Name: "./qdeploy", Mode: 0o755, Size: int64(len(text))}))
	_, err := w.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.NoError(t, z.Close())
	sum = fmt.Sprintf("%x", sha256.Sum256(b.Bytes()))
	name := fmt.Sprintf("qdeploy_%s_%s_%s.tar.gz", version, runtime.GOOS, runtime.GOARCH)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /"+version+"/"+name, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(b.Bytes()) })
	mux.HandleFunc("GET /"+version+"/checksums.txt", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, strings.NewReplacer("SUM", sum, "NAME", name).Replace(sums))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL, sum
}

func TestActionInstallsRelease(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs a Unix shell: the archive holds a script")
	}
	const version, good = "v1.2.3", "0000  other.tar.gz\nSUM  NAME\n"
	wrong := strings.Repeat("0", 64)
	for name, c := range map[string]struct {
		version, sum, sums string
		says               string // "" where it is installed
	}{
		"by checksums":       {version, "", good, ""},
		"by pin":             {version, "SUM", "", ""},
		"by pin, in capital": {version, " sUM\n", "", ""},
		"other bytes":        {version, wrong, good, "and must have " + wrong},
		"other checksums":    {version, "", wrong + "  NAME\n", "and must have " + wrong},
		"not listed":         {version, "", "SUM  other.tar.gz\n", "does not list"},
		"no such release":    {"v9.9.9", "", good, "could not be downloaded"},
		"not a version":      {"v1.2.3/../v1.0.0", "", good, "version is a release such as"},
		"latest":             {"latest", "", good, "version is a release such as"},
	} {
		t.Run(name, func(t *testing.T) {
			address, sum := releaseServer(t, version, c.sums)
			pin := strings.NewReplacer("sUM", strings.ToUpper(sum), "SUM", sum).Replace(c.sum)
			bin, out, err := installed(t, "../..", c.version, pin, address)
			if c.says != "" {
				require.Error(t, err, out)
				require.Contains(t, out, "::error title=qdeploy is not installed::")
				require.Contains(t, out, c.says)
				require.Empty(t, bin, "put on the path, and not verified")
				return
			}
			require.NoError(t, err, out)
			said, err := exec.Command(filepath.Join(bin, "qdeploy")).Output()
			require.NoError(t, err)
			require.Equal(t, "I am the release\n", string(said))
		})
	}
}

// tiny makes a repository that has the scripts of this one, and a program that says
// who it is: what the scripts do to the real one, in a second.
func tiny(t *testing.T, paths ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	put := func(name, text string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755))
	}
	put("go.mod", "module example.com/tiny\n\ngo 1.26\n")
	put("cmd/qdeploy/main.go", "package main\n\nfunc main() { println(\"I am the source\") }\n")
	for _, name := range paths {
		text, err := os.ReadFile(filepath.Join("../..", name))
		require.NoError(t, err)
		put(name, string(text))
	}
	for _, args := range [][]string{
		{"init", "--quiet"}, {"add", "."},
		{"-c", "user.name=dev", "-c", "user.email=dev@example.com", "commit", "--quiet", "--message", "All"},
	} {
		out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	return dir
}

func TestActionBuildsSource(t *testing.T) {
	top := tiny(t, ".github/action/install")
	bin, out, err := installed(t, top, "source", "", "")
	require.NoError(t, err, out)
	said, err := exec.Command(filepath.Join(bin, "qdeploy")).CombinedOutput()
	require.NoError(t, err)
	require.Equal(t, "I am the source\n", string(said))
}

func TestActionTakesInstalled(t *testing.T) {
	_, out, err := installed(t, "../..", "installed", "", "") // the scripts' qdeploy is on the path
	require.NoError(t, err, out)
	t.Setenv("PATH", pathWithout(t, "qdeploy"))
	_, out, err = installed(t, "../..", "installed", "", "")
	require.Error(t, err)
	require.Contains(t, out, "there is no qdeploy on the path")
}

// pathWithout is the path, less the folders that have a program.
func pathWithout(t *testing.T, program string) string {
	t.Helper()
	var kept []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if _, err := os.Stat(filepath.Join(dir, program)); err != nil {
			kept = append(kept, dir)
		}
	}
	return strings.Join(kept, string(filepath.ListSeparator))
}

// TestActionRuns holds that inputs arrive as they were written, one argument each,
// and that the exit status is passed on.
func TestActionRuns(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil || runtime.GOOS == "windows" {
		t.Skip("needs bash")
	}
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "qdeploy"), []byte("#!/bin/sh\nprintf '[%s]\\n' \"$@\"\nexit 4\n"), 0o755))
	act := func(env ...string) (string, int) {
		cmd := exec.Command("bash", "../../.github/action/run")
		cmd.Env = append(os.Environ(), append(env, "PATH="+dir+":"+os.Getenv("PATH"), "GITHUB_OUTPUT="+filepath.Join(dir, "output"))...)
		out, _ := cmd.CombinedOutput() // the status is looked at
		return string(out), cmd.ProcessState.ExitCode()
	}
	out, status := act("QDEPLOY_INPUT_COMMAND=plan", "QDEPLOY_INPUT_ESTATE=my estate", "QDEPLOY_INPUT_ENVIRONMENTS= test  prod\n*",
		"QDEPLOY_INPUT_ARGUMENTS=--github\n\n--tenant=$(id) `id`; \"x\" *\n", "QDEPLOY_INPUT_REFRESH=all", "QDEPLOY_INPUT_APPROVE=ab\ncd")
	require.Equal(t, "[plan]\n[--dir=my estate]\n[--refresh=all]\n[--approve=ab\ncd]\n[--env=test]\n[--env=prod]\n[--env=*]\n[--github]\n[--tenant=$(id) `id`; \"x\" *]\n", out)
	require.Equal(t, 4, status)
	written, err := os.ReadFile(filepath.Join(dir, "output"))
	require.NoError(t, err)
	require.Equal(t, "status=4\n", string(written))
	out, status = act("QDEPLOY_INPUT_COMMAND=plan; id")
	require.Contains(t, out, "command is one word")
	require.Equal(t, 1, status)
}
