package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/github"
	"github.com/qdeploy/qdeploy/pkg/proposal"
)

// proposing changes the estate by a branch for a pull request: of the repository at
// hand, or, in a job, of the one on GitHub.
type proposing struct {
	p    *program
	job  *job // nil outside of GitHub Actions
	repo *proposal.Repo
	git  *git.Repository // the same, for reading
	base string          // the branch that the change is for
	head string          // its commit
	at   string          // the estate's folder, seen from the top of the repository
	est  *declared
	m    *memory
	have *releases // by the ledger; nil before somebody asks
}

func (q *proposing) applied() *releases {
	if q.have == nil {
		q.have = &releases{entries: q.m.entries}
	}
	return q.have
}

// proposeFlags are the flags of all commands that change the estate by a branch.
type proposeFlags struct {
	base           string
	github, asJSON bool
}

func (f *proposeFlags) add(c *cobra.Command) {
	fl := c.Flags()
	fl.StringVar(&f.base, "base", "", "the `branch` that the change is for; without it, the one that is checked out")
	fl.BoolVar(&f.github, "github", false, "in a job of GitHub Actions: push what is made, and open or update its pull request")
	fl.BoolVar(&f.asJSON, "json", false, "print the outcome as JSON")
}

// author is whose commits proposals are: always the same, so that what two people
// ask for on one branch is one proposal. Who asked stands in the commit.
var author = proposal.Identity{Name: "qdeploy", Email: "qdeploy@localhost"}

// proposing opens the repository and loads the estate at the head of a branch:
// where none is given, of the branch that is checked out, or that the job is about.
func (p *program) proposing(ctx context.Context, f proposeFlags) (*proposing, error) {
	dir, err := p.estateDir()
	if err != nil {
		return nil, err
	}
	p.dir = dir
	q := &proposing{p: p, base: f.base}
	if f.github {
		if q.job, err = p.job(nil); err != nil {
			return nil, err
		}
		q.base = cmp.Or(f.base, q.job.branch())
	}
	if err := q.open(ctx); err != nil {
		return nil, err
	}
	if q.job != nil {
		q.est, q.m, err = p.known(ctx, q.head, q.job.remote())
	} else {
		q.est, q.m, err = p.known(ctx, q.head, nil)
	}
	if err != nil {
		return nil, errors.Join(err, q.repo.Close())
	}
	return q, nil
}

// open opens the repository and finds the head of the base.
func (q *proposing) open(ctx context.Context) error {
	var err error
	if q.git, err = estate.OpenRepository(q.p.dir); err != nil {
		return fail("what is to be reviewed is a branch of a repository", "%w", err)
	}
	if q.at, err = estate.InRepository(q.git, q.p.dir); err != nil {
		return err
	}
	if q.base == "" {
		ref, err := q.git.Reference(plumbing.HEAD, false)
		if err != nil || ref.Type() != plumbing.SymbolicReference {
			return fail("--base names the branch that the change is for", "no branch is checked out")
		}
		q.base = ref.Target().Short()
	}
	var remote *proposal.Remote
	if q.job != nil {
		remote = &proposal.Remote{URL: q.job.run.CloneURL(), Auth: q.job.client.GitAuth}
	}
	if q.repo, err = proposal.Open(q.p.dir, remote); err != nil {
		return err
	}
	if q.head, err = q.repo.Head(ctx, q.base); err == nil && q.head == "" {
		err = fail("--base names the branch that the change is for", "there is no branch %s", q.base)
	}
	if err != nil {
		return errors.Join(err, q.repo.Close())
	}
	return nil
}

func (q *proposing) close() {
	q.est.close()
	q.m.close()
	_ = q.repo.Close() // everything is written
}

// who is the person who asks for a change.
func (q *proposing) who() string {
	if q.job != nil {
		return q.job.run.Actor
	}
	return personOf(q.git)
}

// personOf is who works in a repository, by name.
func personOf(repo *git.Repository) string {
	if name := os.Getenv("GIT_AUTHOR_NAME"); name != "" {
		return name
	}
	if c, err := repo.ConfigScoped(config.GlobalScope); err == nil && c.User.Name != "" {
		return c.User.Name
	}
	return cmp.Or(os.Getenv("USER"), "somebody")
}

// proposed is what has become of a proposal.
type proposed struct {
	Branch  string `json:"branch"`
	Base    string `json:"base"`
	Commit  string `json:"commit"`
	Changed bool   `json:"changed"` // false when it was proposed already
	Number  int    `json:"pullRequest,omitempty"`
	URL     string `json:"url,omitempty"`
}

// submit puts a change of pins on a branch, and on GitHub into its one pull
// request. body is made once the commit is there, so that it can tell of its plan.
func (q *proposing) submit(ctx context.Context, branch, title string, c estate.PinChange, body func(commit string) (string, error)) (*proposed, error) {
	edited, err := estate.EditPins(q.est.at.Files, c)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for name, text := range edited {
		files[path.Join(q.at, name)] = text
	}
	message := title + "\n\nRequested-by: " + strings.Join(strings.Fields(q.who()), " ") + "\n"
	out := &proposed{Branch: branch, Base: q.base}
	if err := q.commit(ctx, out, proposal.Change{Files: files, Message: message}); err != nil {
		return nil, err
	}
	if out.Commit == q.head {
		return nil, errNothing
	}
	if q.job == nil {
		return out, nil
	}
	text, err := body(out.Commit)
	if err != nil {
		return nil, err
	}
	return out, q.request(ctx, out, title, text)
}

// commit puts a change on the branch of a proposal.
func (q *proposing) commit(ctx context.Context, o *proposed, c proposal.Change) (err error) {
	o.Commit, o.Changed, err = q.repo.Propose(ctx, q.head, o.Branch, c, author, q.p.now())
	if errors.Is(err, proposal.ErrTaken) {
		return fail("merge it, or delete the branch", "%w", err)
	}
	return err
}

// request opens the pull request of a proposal, or brings it up to date.
func (q *proposing) request(ctx context.Context, o *proposed, title, body string) error {
	pr, _, err := q.job.client.PutPullRequest(ctx, github.Proposal{Branch: o.Branch, Base: o.Base, Title: title, Body: body})
	if err != nil {
		return fmt.Errorf("the branch %s is pushed, but: %w", o.Branch, err)
	}
	o.Number, o.URL = pr.Number, pr.URL
	return nil
}

// errNothing says that the base has what would be proposed.
var errNothing = errors.New("nothing to propose")

// print says where the proposal is.
func (o *proposed) print(p *program) {
	state := "proposed already"
	if o.Changed {
		state = "proposed"
	}
	fmt.Fprintf(p.out, "\n%s: branch %s for %s, %.8s\n", state, o.Branch, o.Base, o.Commit)
	if o.Number != 0 {
		fmt.Fprintf(p.out, "pull request #%d: %s\n", o.Number, o.URL)
	} else {
		fmt.Fprintf(p.out, "next: git push --force-with-lease origin %s, and open a pull request\n", o.Branch)
	}
}

// holding returns the commit that holds a file for good: of those on the way back
// from head along which the file stays the same, the oldest. It does not change
// when head moves on, so that a pin is written once.
func holding(repo *git.Repository, head, file string) (string, error) {
	at := plumbing.NewHash(head)
	want, err := blobHash(repo, at, file)
	if err != nil {
		return "", fmt.Errorf("%s is not in commit %.12s: %w", file, head, err)
	}
	for {
		c, err := commitOf(repo, at)
		if err != nil {
			return "", err
		}
		if c == nil || len(c.ParentHashes) == 0 {
			return at.String(), nil
		}
		before, err := blobHash(repo, c.ParentHashes[0], file)
		if err != nil || before != want {
			return at.String(), nil
		}
		at = c.ParentHashes[0]
	}
}

func blobHash(repo *git.Repository, commit plumbing.Hash, file string) (plumbing.Hash, error) {
	c, err := repo.CommitObject(commit)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	tree, err := c.Tree()
	if err != nil {
		return plumbing.ZeroHash, err
	}
	e, err := tree.FindEntry(file)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	return e.Hash, nil
}
