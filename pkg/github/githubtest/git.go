package githubtest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"sort"
	"strings"
	"time"
)

// A gitDir is a bare repository on disk, worked on with the git binary.
type gitDir struct {
	path string
	now  func() time.Time
}

// gitEnv is the environment of every git process: no configuration of the
// machine, no questions.
func gitEnv() []string {
	return append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C",
		"GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*", "GIT_CONFIG_KEY_1=gc.auto", "GIT_CONFIG_VALUE_1=0")
}

// run runs git in the repository. The error holds what git said.
func (g gitDir) run(stdin string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = g.path
	date := fmt.Sprintf("%d +0000", g.now().Unix())
	cmd.Env = append(gitEnv(), "GIT_DIR="+g.path, "GIT_AUTHOR_NAME=GitHub", "GIT_AUTHOR_EMAIL=noreply@github.com", "GIT_AUTHOR_DATE="+date,
		"GIT_COMMITTER_NAME=GitHub", "GIT_COMMITTER_EMAIL=noreply@github.com", "GIT_COMMITTER_DATE="+date)
	cmd.Stdin = strings.NewReader(stdin)
	var out, wrong bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &wrong
	if err := cmd.Run(); err != nil {
		return strings.TrimSpace(out.String()), fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(wrong.String()))
	}
	return strings.TrimSpace(out.String()), nil
}

// must is run for what cannot fail in a sound repository.
func (g gitDir) must(args ...string) string {
	out, err := g.run("", args...)
	if err != nil {
		panic("githubtest: " + err.Error())
	}
	return out
}

// commit returns the sha of a revision's commit, "" if there is none.
func (g gitDir) commit(rev string) string {
	if rev == "" || strings.HasPrefix(rev, "-") {
		return ""
	}
	sha, err := g.run("", "rev-parse", "--verify", "--quiet", rev+"^{commit}")
	if err != nil {
		return ""
	}
	return sha
}

func (g gitDir) branch(name string) string { return g.commit("refs/heads/" + name) }

// refs lists refs below a prefix with the sha of what they name.
func (g gitDir) refs(prefix string) map[string]string {
	list := map[string]string{}
	for line := range strings.Lines(g.must("for-each-ref", "--format=%(refname) %(objectname)", prefix)) {
		name, sha, _ := strings.Cut(strings.TrimSpace(line), " ")
		list[name] = sha
	}
	return list
}

func (g gitDir) isAncestor(old, young string) bool {
	_, err := g.run("", "merge-base", "--is-ancestor", old, young)
	return err == nil
}

// count is the number of commits that a range has.
func (g gitDir) count(span string) int {
	var n int
	_, _ = fmt.Sscan(g.must("rev-list", "--count", span), &n)
	return n
}

// merge makes a commit that merges theirs into ours, without moving a ref.
// merged is false when they conflict. With squash it has one parent only.
func (g gitDir) merge(ours, theirs, message string, squash bool) (sha string, merged bool) {
	tree, err := g.run("", "merge-tree", "--write-tree", ours, theirs)
	if err != nil {
		return "", false
	}
	args := []string{"commit-tree", tree, "-p", ours, "-m", message}
	if !squash {
		args = append(args, "-p", theirs)
	}
	return g.must(args...), true
}

// write makes a commit of files on a branch. A new branch begins at from, or
// has no parent when from is "". An empty text removes the file.
func (g gitDir) write(branch, from, author, message string, files map[string]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "commit refs/heads/%s\ncommitter %s <%s@users.noreply.github.com> %d +0000\ndata %d\n%s\n",
		branch, author, author, g.now().Unix(), len(message), message)
	if from != "" {
		fmt.Fprintf(&b, "from %s\n", from)
	}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if files[name] == "" {
			fmt.Fprintf(&b, "D %s\n", name)
			continue
		}
		fmt.Fprintf(&b, "M 100644 inline %s\ndata %d\n%s\n", name, len(files[name]), files[name])
	}
	if _, err := g.run(b.String(), "fast-import", "--quiet", "--force"); err != nil {
		panic("githubtest: " + err.Error())
	}
	return g.branch(branch)
}
