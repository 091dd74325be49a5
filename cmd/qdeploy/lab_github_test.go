package main

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/qdeploy/qdeploy/pkg/github/githubtest"
	githubcontract "github.com/qdeploy/qdeploy/pkg/github/githubtest/contract"
)

// A forge is the GitHub of one script: one repository, acme/tenants, and the job
// that runs.
type forge struct {
	hub    *githubtest.Hub
	server *httptest.Server
	repo   *githubtest.Repo
	site   githubtest.Site
	run    *githubtest.Run
	before string // what main was at before the last merge
}

// Tokens of the jobs: what the workflows ask for, and what a fork is given.
const (
	jobToken  = "job-t0ken-never-shown"
	forkToken = "fork-t0ken-never-shown"
)

// hub DIR starts GitHub with a repository that holds the files of DIR.
func cmdHub(ts *testscript.TestScript, neg bool, args []string) {
	l := labOf(ts)
	dir := filepath.Join(ts.Getenv("WORK"), ".tmp", "hub")
	ts.Check(os.MkdirAll(dir, 0o755))
	at := clockOf(l)
	now := func() time.Time { return time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC) }
	if at.Load() != 0 { // GitHub's clock is the cloud's
		now = func() time.Time { return time.Unix(at.Load(), 0).UTC() }
	}
	f := &forge{hub: githubtest.New(dir, githubtest.Options{Now: now})}
	f.repo = f.hub.AddRepo("acme/tenants", filesIn(ts, args[0]))
	f.hub.AddToken(jobToken, githubtest.Token{Kind: githubtest.Actions, Permissions: map[string]string{
		"contents": "write", "pull-requests": "write", "issues": "write", "statuses": "write", "checks": "write", "deployments": "write", "actions": "read",
	}})
	f.hub.AddToken(forkToken, githubtest.Token{Kind: githubtest.Actions, Permissions: map[string]string{"contents": "read", "pull-requests": "read"}})
	f.server = httptest.NewServer(gitHubChecked(f.hub, ts.Getenv("QDEPLOY_BREACHES")))
	f.site = githubtest.Enterprise(f.server.URL)
	l.forge = f
}

var loadGitHubContract = sync.OnceValues(func() (*githubcontract.Checker, error) {
	return githubcontract.Load(os.Getenv("QDEPLOY_GITHUB_OPENAPI"))
})

// gitHubChecked holds what is said to GitHub, and its answers, against GitHub's own
// description, where that is at hand.
func gitHubChecked(h http.Handler, to string) http.Handler {
	if os.Getenv("QDEPLOY_GITHUB_OPENAPI") == "" {
		return h
	}
	k, err := loadGitHubContract()
	if err != nil {
		panic(err)
	}
	return k.Wrap(h, func(breach string) { noteBreach(to, breach) })
}

func filesIn(ts *testscript.TestScript, dir string) map[string]string {
	files := map[string]string{}
	root := os.DirFS(ts.MkAbs(dir))
	ts.Check(fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(root, name)
		files[name] = string(b)
		return err
	}))
	return files
}

// push BRANCH MESSAGE DIR commits the files of DIR on a branch, which begins at main.
// A branch may be of a fork: owner:branch.
func cmdPush(ts *testscript.TestScript, neg bool, args []string) {
	f := labOf(ts).forge
	repo, branch := f.repo, args[0]
	if owner, rest, ok := strings.Cut(args[0], ":"); ok {
		repo, branch = f.hub.Repo(owner+"/tenants"), rest
		if repo == nil {
			repo = f.repo.Fork(owner)
		}
	}
	repo.Commit(branch, args[1], filesIn(ts, args[2]))
}

// pull BRANCH TITLE opens a pull request: #1, #2 and so on.
func cmdPull(ts *testscript.TestScript, neg bool, args []string) {
	labOf(ts).forge.repo.OpenPull(githubtest.Pull{Head: args[0], Title: args[1]})
}

// merge N LOGIN merges a pull request.
func cmdMerge(ts *testscript.TestScript, neg bool, args []string) {
	f := labOf(ts).forge
	f.before = f.repo.Head("main")
	f.repo.Merge(number(ts, args[0]), args[1])
}

// close N LOGIN closes a pull request that is not merged.
func cmdClose(ts *testscript.TestScript, neg bool, args []string) {
	labOf(ts).forge.repo.Close(number(ts, args[0]), args[1])
}

// label N NAME LOGIN puts a label on a pull request.
func cmdLabel(ts *testscript.TestScript, neg bool, args []string) {
	labOf(ts).forge.repo.AddLabel(number(ts, args[0]), args[1], args[2])
}

// role LOGIN ROLE gives somebody a role in the repository.
func cmdRole(ts *testscript.TestScript, neg bool, args []string) {
	labOf(ts).forge.repo.SetRole(args[0], args[1])
}

// review N LOGIN STATE reviews a pull request: APPROVED, CHANGES_REQUESTED, COMMENTED.
func cmdReview(ts *testscript.TestScript, neg bool, args []string) {
	labOf(ts).forge.repo.AddReview(number(ts, args[0]), args[1], args[2])
}

func number(ts *testscript.TestScript, s string) int {
	n, err := strconv.Atoi(s)
	ts.Check(err)
	return n
}

// job pull_request N [ACTION] | fork N | push | schedule | merge_group N starts a
// job: its environment is set, and what it is about is checked out in job/.
func cmdJob(ts *testscript.TestScript, neg bool, args []string) {
	f := labOf(ts).forge
	token := jobToken
	switch args[0] {
	case "pull_request":
		f.run = f.repo.PullRun(number(ts, args[1]), append(args[2:], "opened")[0])
	case "fork":
		f.run, token = f.repo.PullRun(number(ts, args[1]), "synchronize"), forkToken
	case "push":
		f.run = f.repo.PushRun("main", f.before, "ann")
	case "schedule":
		f.run = f.repo.ScheduleRun("0 4 * * *")
	case "merge_group":
		f.run = f.repo.MergeGroupRun(number(ts, args[1]))
	default:
		ts.Fatalf("job: unknown event %s", args[0])
	}
	dir := filepath.Join(ts.Getenv("WORK"), ".tmp", "runner")
	ts.Check(os.MkdirAll(dir, 0o755))
	env, err := f.run.Environ(f.site, dir)
	ts.Check(err)
	for _, v := range append(env, "GITHUB_TOKEN="+token, "GITHUB_WORKSPACE="+ts.MkAbs("job")) {
		name, value, _ := strings.Cut(v, "=")
		ts.Setenv(name, value)
	}
	f.checkOut(ts)
	ts.Check(ts.Chdir(ts.MkAbs("job")))
}

// checkOut does as actions/checkout with fetch-depth: 0 does.
func (f *forge) checkOut(ts *testscript.TestScript) {
	dir := filepath.Join(ts.Getenv("WORK"), "job")
	ts.Check(ts.Chdir(ts.Getenv("WORK")))
	ts.Check(os.RemoveAll(dir))
	for _, args := range [][]string{
		{"init", "--quiet", dir},
		{"-C", dir, "remote", "add", "origin", f.site.Web + "/" + f.repo.FullName()},
		{"-C", dir, "fetch", "--quiet", f.repo.Dir(), "+refs/heads/*:refs/remotes/origin/*", "+refs/pull/*:refs/remotes/pull/*"},
		{"-C", dir, "checkout", "--quiet", "--detach", f.run.SHA},
	} {
		git := exec.Command("git", args...)
		git.Env = append(os.Environ(), "GIT_LFS_SKIP_SMUDGE=1") // lfs: false
		out, err := git.CombinedOutput()
		if err != nil {
			ts.Fatalf("git %s: %v: %s", strings.Join(args, " "), err, out)
		}
	}
}

// artifact FILE... keeps files of the job under the name in its step outputs, as
// the workflow's upload step does.
func cmdArtifact(ts *testscript.TestScript, neg bool, args []string) {
	f := labOf(ts).forge
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range args {
		w, err := z.Create(filepath.Base(name))
		ts.Check(err)
		_, err = w.Write([]byte(ts.ReadFile(name)))
		ts.Check(err)
	}
	ts.Check(z.Close())
	ts.Check(f.repo.AddArtifact(f.run, stepOutputs(ts)["artifact"], b.Bytes()))
}

// stepOutputs reads what the job wrote for later steps: NAME<<END, lines, END.
func stepOutputs(ts *testscript.TestScript) map[string]string {
	out := map[string]string{}
	name, end := "", ""
	var value []string
	for line := range strings.Lines(ts.ReadFile(ts.Getenv("GITHUB_OUTPUT"))) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case name == "":
			name, end, _ = strings.Cut(line, "<<")
		case line == end:
			out[name] = strings.Join(value, "\n")
			name, value = "", nil
		default:
			value = append(value, line)
		}
	}
	return out
}

// outputs prints the step outputs, sorted.
func cmdOutputs(ts *testscript.TestScript, neg bool, args []string) {
	var lines []string
	for k, v := range stepOutputs(ts) {
		lines = append(lines, k+"="+v+"\n")
	}
	slices.Sort(lines)
	_, err := ts.Stdout().Write([]byte(strings.Join(lines, "")))
	ts.Check(err)
}

// github prints all that the repository holds.
func cmdGitHub(ts *testscript.TestScript, neg bool, args []string) {
	f := labOf(ts).forge
	for _, c := range f.hub.Complaints() {
		ts.Fatalf("GitHub has no such thing: %s", c)
	}
	_, err := ts.Stdout().Write([]byte(masked(f, f.hub.Dump())))
	ts.Check(err)
}

// masked puts words in place of what differs from run to run.
func masked(f *forge, text string) string {
	for _, mask := range []struct {
		pattern *regexp.Regexp
		with    string
	}{
		{regexp.MustCompile(`"run":\d+`), `"run":RUN`},
		{regexp.MustCompile(`actions/runs/\d+`), "actions/runs/RUN"},
		{regexp.MustCompile(`\b[0-9a-f]{40}\b`), "SHA"},
		{regexp.MustCompile(regexp.QuoteMeta(f.server.URL)), "https://github.example"},
		{regexp.MustCompile(`r-\d{8}-\d{6}`), "r-TIME"},
	} {
		text = mask.pattern.ReplaceAllString(text, mask.with)
	}
	return text
}

// hubmood WORD... makes GitHub misbehave from now on.
func cmdHubMood(ts *testscript.TestScript, neg bool, args []string) {
	m, err := githubtest.ParseMood(strings.Join(args, " "))
	ts.Check(err)
	labOf(ts).forge.hub.SetMood(m)
}

var pendingDigest = regexp.MustCompile(`approve=([0-9a-f]{64})`)

// pending sets PENDING to the digest that the follow-up issue asks to approve.
func cmdPending(ts *testscript.TestScript, neg bool, args []string) {
	m := pendingDigest.FindStringSubmatch(labOf(ts).forge.hub.Dump())
	if m == nil {
		ts.Fatalf("no issue asks for an approval")
	}
	ts.Setenv("PENDING", m[1])
}

// summary prints the job's summary.
func cmdSummary(ts *testscript.TestScript, neg bool, args []string) {
	_, err := ts.Stdout().Write([]byte(masked(labOf(ts).forge, ts.ReadFile(ts.Getenv("GITHUB_STEP_SUMMARY")))))
	ts.Check(err)
}
