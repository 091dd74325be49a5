package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/transport"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/ledger"
)

// fetchHead returns the commit that a branch of the remote is at now, and fetches
// it if it is not here yet. The branch may have moved since the job was started.
//
// go-git does not read what actions/checkout leaves in git's configuration, so it
// is given the credentials. https://github.com/go-git/go-git/issues/474
func fetchHead(ctx context.Context, dir string, r ledger.Remote, branch string) (string, error) {
	return fetchRef(ctx, dir, r, plumbing.NewBranchReferenceName(branch))
}

// fetchPull is fetchHead for the head of a pull request.
//
// https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/reviewing-changes-in-pull-requests/checking-out-pull-requests-locally
func fetchPull(ctx context.Context, dir string, r ledger.Remote, number int) (string, error) {
	return fetchRef(ctx, dir, r, plumbing.ReferenceName(fmt.Sprintf("refs/pull/%d/head", number)))
}

func fetchRef(ctx context.Context, dir string, r ledger.Remote, name plumbing.ReferenceName) (string, error) {
	repo, err := estate.OpenRepository(dir)
	if err != nil {
		return "", err
	}
	var auth transport.AuthMethod
	if strings.HasPrefix(r.URL, "http") && r.Auth != nil {
		user, password, err := r.Auth(ctx)
		if err != nil {
			return "", err
		}
		auth = &githttp.BasicAuth{Username: user, Password: password}
	}
	origin := git.NewRemote(repo.Storer, &config.RemoteConfig{Name: "qdeploy", URLs: []string{r.URL}})
	refs, err := origin.ListContext(ctx, &git.ListOptions{Auth: auth})
	if err != nil {
		return "", fmt.Errorf("git: the head of %s: %w", name.Short(), err)
	}
	for _, ref := range refs {
		if ref.Name() == name {
			return ref.Hash().String(), fetchCommit(ctx, repo, origin, auth, ref)
		}
	}
	return "", fmt.Errorf("git: the remote has no branch %s", name.Short())
}

func fetchCommit(ctx context.Context, repo *git.Repository, origin *git.Remote, auth transport.AuthMethod, ref *plumbing.Reference) error {
	if _, err := repo.CommitObject(ref.Hash()); err == nil {
		return nil
	}
	to := "refs/qdeploy/remote/" + ref.Name().Short()
	err := origin.FetchContext(ctx, &git.FetchOptions{
		Auth: auth, Tags: git.NoTags, RefSpecs: []config.RefSpec{config.RefSpec("+" + ref.Name().String() + ":" + to)},
	})
	if errors.Is(err, git.NoErrAlreadyUpToDate) {
		err = nil
	}
	if err == nil {
		_, err = repo.CommitObject(ref.Hash()) // go-git says "up to date" of more than is
	}
	if err != nil {
		return fmt.Errorf("git: fetch %s: %w", ref.Name().Short(), err)
	}
	return nil
}
