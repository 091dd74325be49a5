package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	usesLine   = regexp.MustCompile(`^\s*(?:- )?uses: (\S+)(?: # (\S+))?$`)
	pinnedUse  = regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40}$`)
	expression = regexp.MustCompile(`\$\{\{`)
)

// TestWorkflowRules holds what keeps secrets in: pins, permissions, and no
// expression in a shell.
func TestWorkflowRules(t *testing.T) {
	files, err := filepath.Glob("../../.github/workflows/*.yml")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 5)
	for _, file := range append(files, "../../action.yml") {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		text := string(b)
		for _, broken := range breaches(text) {
			t.Errorf("%s: %s", filepath.Base(file), broken)
		}
		if filepath.Base(file) == "action.yml" {
			continue
		}
		require.Contains(t, text, "\npermissions: {}\n", file)
		require.Equal(t, strings.Count(text, "actions/checkout@"), strings.Count(text, "persist-credentials: false"), file)
		require.Equal(t, strings.Count(text, "runs-on:"), strings.Count(text, "timeout-minutes:"), file)
		require.Contains(t, text, "concurrency:", file)
	}
}

// breaches finds lines that give away what a workflow holds.
func breaches(text string) (found []string) {
	inRun, depth := false, 0
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		indent := len(line) - len(strings.TrimLeft(line, " -"))
		body := strings.TrimLeft(line, " -")
		if strings.TrimSpace(line) != "" && indent <= depth {
			inRun = false
		}
		if strings.HasPrefix(body, "run: ") { // an output of this name has nothing behind it
			inRun, depth = true, indent
		}
		if inRun && expression.MatchString(line) {
			found = append(found, "an expression in a shell: "+line)
		}
		if m := usesLine.FindStringSubmatch(line); m != nil {
			ours := m[1] == "qdeploy/qdeploy@v1" && m[2] == "pin"
			if !ours && (!pinnedUse.MatchString(m[1]) || m[2] == "") {
				found = append(found, "not pinned by commit, with its version: "+line)
			}
		} else if strings.HasPrefix(body, "uses:") {
			found = append(found, "unreadable: "+line)
		}
		if strings.HasPrefix(body, "pull_request_target") || strings.Contains(body, "GITHUB_ENV") || strings.Contains(body, "secrets: inherit") {
			found = append(found, line)
		}
	}
	return found
}

// TestWorkflowRulesBite shows each rule broken.
func TestWorkflowRulesBite(t *testing.T) {
	for _, text := range []string{
		"      - run: echo ${{ github.head_ref }}\n",
		"      - run: |\n          echo\n          echo ${{ github.head_ref }}\n",
		"      - uses: actions/checkout@v4\n",
		"      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683\n",
		"        uses: \"actions/checkout@v4\" # v4\n",
		"  pull_request_target:\n",
		"          echo a=b >>\"$GITHUB_ENV\"\n",
	} {
		require.Len(t, breaches(text), 1, text)
	}
	require.Empty(t, breaches("      - run: echo\n        env:\n          A: ${{ github.head_ref }}\n"))
}

// forUsers are the workflows that users take, all that a release carries.
var forUsers = []string{"plan.yml", "apply.yml", "fleet-plan.yml", "fleet-apply.yml", "drift.yml", "capture.yml", "promote.yml", "release.yml", "try.yml"}

// TestReleaseBuilds builds a release twice: the same bytes, checksums that fit, and
// workflows that name the commit.
func TestReleaseBuilds(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs GNU tar")
	}
	files := []string{".github/release/build", ".github/pin-workflows", "LICENSE", "README.md"}
	for _, w := range forUsers {
		files = append(files, ".github/workflows/"+w)
	}
	top := tiny(t, files...)
	var sums []string
	var dir string
	for range 2 {
		dir = t.TempDir()
		cmd := exec.Command("bash", filepath.Join(top, ".github/release/build"), "v1.2.3-rc.1", dir)
		cmd.Env = append(os.Environ(), "RELEASE_PLATFORMS=linux/amd64 windows/arm64")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		b, err := os.ReadFile(filepath.Join(dir, "checksums.txt"))
		require.NoError(t, err)
		sums = append(sums, string(b))
	}
	require.Equal(t, sums[0], sums[1])
	first, second, _ := strings.Cut(sums[0], "\n")
	sum, name, _ := strings.Cut(first, "  ")
	require.Equal(t, "qdeploy_v1.2.3-rc.1_linux_amd64.tar.gz", name)
	require.Contains(t, second, "qdeploy_v1.2.3-rc.1_windows_arm64.tar.gz")
	listed, err := exec.Command("tar", "-tzf", filepath.Join(dir, name)).Output()
	require.NoError(t, err)
	require.Equal(t, "./\n./LICENSE\n./README.md\n./qdeploy\n", string(listed))
	commit, err := exec.Command("git", "-C", top, "rev-parse", "HEAD").Output()
	require.NoError(t, err)
	for _, w := range forUsers {
		b, err := os.ReadFile(filepath.Join(dir, w))
		require.NoError(t, err)
		pinned := strings.Count(string(b), "uses: qdeploy/qdeploy@"+strings.TrimSpace(string(commit))+" # v1.2.3-rc.1\n")
		require.GreaterOrEqual(t, pinned, 2, w)
		require.Equal(t, pinned, strings.Count(string(b), "uses: qdeploy/qdeploy@"), w)
		require.Contains(t, string(b), "inputs.version || 'v1.2.3-rc.1'")
		require.Contains(t, string(b), "inputs.sha256 || '"+sum+"'")
	}
}
