package github

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	gh "github.com/google/go-github/v60/github"
)

// largestArtifact bounds what is fetched, and what is unpacked of it, in bytes.
const largestArtifact = 256 << 20

// ArtifactFile returns a file of the newest artifact of a name that a workflow run
// of this repository, not of a fork, kept for a commit. It fails with
// [ErrNotFound] if there is none, or if it has expired.
// https://docs.github.com/en/rest/actions/artifacts
func (c *Client) ArtifactFile(ctx context.Context, name, sha, file string) ([]byte, error) {
	what := "artifact " + name
	a, err := c.artifact(ctx, name, sha)
	if err != nil {
		return nil, wrap(what, err)
	}
	if a == nil {
		return nil, &refusal{"github: " + what + ": none of " + sha, ErrNotFound}
	}
	b, err := c.download(ctx, a.GetID())
	if err != nil {
		return nil, wrap(what, err)
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, fmt.Errorf("github: %s: %w", what, err)
	}
	for _, f := range z.File {
		if f.Name == file {
			text, err := unpack(f)
			return text, wrap(what+": "+file, err)
		}
	}
	return nil, &refusal{"github: " + what + ": it has no " + file, ErrNotFound}
}

func unpack(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return bounded(r)
}

func bounded(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, largestArtifact+1))
	if err == nil && len(b) > largestArtifact {
		err = errors.New("too large")
	}
	return b, err
}

// artifact finds the newest artifact; nil if there is none.
func (c *Client) artifact(ctx context.Context, name, sha string) (found *gh.Artifact, err error) {
	repo, _, err := c.api.Repositories.Get(ctx, c.owner, c.repo)
	if err != nil {
		return nil, err
	}
	// go-github v60 cannot ask for a name, and there may be thousands.
	for at := 1; ; at++ {
		req, err := c.api.NewRequest(http.MethodGet, fmt.Sprintf("repos/%s/%s/actions/artifacts?name=%s&per_page=%d&page=%d", c.owner, c.repo, url.QueryEscape(name), page, at), nil)
		if err != nil {
			return nil, err
		}
		var list gh.ArtifactList
		r, err := c.api.Do(ctx, req, &list)
		if err != nil {
			return nil, err
		}
		for _, a := range list.Artifacts {
			run := a.GetWorkflowRun()
			fits := a.GetName() == name && !a.GetExpired() && run.GetHeadSHA() == sha && run.GetHeadRepositoryID() == repo.GetID()
			if fits && (found == nil || a.GetCreatedAt().After(found.GetCreatedAt().Time)) {
				found = a
			}
		}
		if r.NextPage == 0 {
			return found, nil
		}
	}
}

// download fetches an artifact: the API leads to where it lies, an address that is
// signed and must not be given our token.
func (c *Client) download(ctx context.Context, id int64) ([]byte, error) {
	at, _, err := c.api.Actions.DownloadArtifact(ctx, c.owner, c.repo, id, 1)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, errors.New("the address of its content makes no sense")
	}
	resp, err := c.bare.Do(req)
	if err != nil {
		return nil, errors.New("its content cannot be fetched") // the address is a secret
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("its content: %d", resp.StatusCode)
	}
	return bounded(resp.Body)
}
