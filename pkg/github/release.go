package github

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	gh "github.com/google/go-github/v60/github"
)

// Release is what a tag means for people.
type Release struct {
	Tag, Commit string // the commit is that of the tag, which is there
	Name, Body  string
	Assets      map[string][]byte // files by name
}

// mostBody is how long the text of a release may be, in characters.
const mostBody = 125_000

// PutRelease keeps one published release of a tag. It is a draft until all of its
// files are there, so that nobody sees half of it; a draft that an earlier run has
// left is finished. Once more writes nothing. It needs contents: write; a
// GITHUB_TOKEN is refused releases whose commit changes workflows.
// https://docs.github.com/en/rest/releases/releases
func (c *Client) PutRelease(ctx context.Context, r Release) (address string, made bool, err error) {
	what := "release " + r.Tag
	if len(r.Body) > mostBody {
		r.Body = strings.ToValidUTF8(r.Body[:mostBody], "")
	}
	old, err := c.releaseOf(ctx, r.Tag)
	if err != nil {
		return "", false, wrap(what, err)
	}
	if old == nil {
		old, _, err = c.api.Repositories.CreateRelease(ctx, c.owner, c.repo, &gh.RepositoryRelease{
			TagName: gh.String(r.Tag), TargetCommitish: gh.String(r.Commit), Name: gh.String(r.Name), Body: gh.String(r.Body), Draft: gh.Bool(true),
		})
		if err != nil {
			again, lerr := c.releaseOf(ctx, r.Tag) // its reply may have been lost
			if lerr != nil || again == nil {
				return "", false, wrap(what, err)
			}
			old = again
		}
		made = true
	}
	if err := c.putAssets(ctx, old, r.Assets); err != nil {
		return "", made, wrap("file of "+what, err)
	}
	if old.GetDraft() || old.GetName() != r.Name || old.GetBody() != r.Body {
		old, _, err = c.api.Repositories.EditRelease(ctx, c.owner, c.repo, old.GetID(), &gh.RepositoryRelease{
			Name: gh.String(r.Name), Body: gh.String(r.Body), Draft: gh.Bool(false),
		})
		if err != nil {
			return "", made, wrap(what, err)
		}
	}
	return old.GetHTMLURL(), made, nil
}

// releaseOf returns the release of a tag, a draft too, nil if there is none. GitHub
// finds drafts by no tag, so they are listed.
func (c *Client) releaseOf(ctx context.Context, tag string) (found *gh.RepositoryRelease, err error) {
	err = each(func(o gh.ListOptions) (*gh.Response, error) {
		list, r, err := c.api.Repositories.ListReleases(ctx, c.owner, c.repo, &o)
		for _, one := range list {
			if one.GetTagName() == tag && (found == nil || found.GetDraft()) {
				found = one
			}
		}
		return r, err
	})
	return found, err
}

// putAssets uploads the files that a release lacks, and replaces those that differ.
func (c *Client) putAssets(ctx context.Context, r *gh.RepositoryRelease, files map[string][]byte) error {
	there := map[string]*gh.ReleaseAsset{}
	for _, a := range r.Assets {
		there[a.GetName()] = a
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		content := files[name]
		if a := there[name]; a != nil {
			if same, err := c.sameAsset(ctx, a, content); err != nil || same {
				if err != nil {
					return err
				}
				continue
			}
			if _, err := c.api.Repositories.DeleteReleaseAsset(ctx, c.owner, c.repo, a.GetID()); err != nil {
				return err
			}
		}
		if err := c.upload(ctx, r, name, content); err != nil {
			return err
		}
	}
	return nil
}

// sameAsset reports whether an asset holds these bytes, as far as GitHub tells: by
// its digest, which go-github v60 does not read, or else its size.
// https://docs.github.com/en/rest/releases/assets#get-a-release-asset
func (c *Client) sameAsset(ctx context.Context, a *gh.ReleaseAsset, content []byte) (bool, error) {
	if a.GetState() != "uploaded" || a.GetSize() != len(content) {
		return false, nil
	}
	req, err := c.api.NewRequest("GET", fmt.Sprintf("repos/%s/%s/releases/assets/%d", c.owner, c.repo, a.GetID()), nil)
	if err != nil {
		return false, err
	}
	var view struct {
		Digest string `json:"digest"`
	}
	if _, err := c.api.Do(ctx, req, &view); err != nil {
		return false, err
	}
	return view.Digest == "" || view.Digest == fmt.Sprintf("sha256:%x", sha256.Sum256(content)), nil
}

// upload sends a file to where the release says: on github.com that is another host.
func (c *Client) upload(ctx context.Context, r *gh.RepositoryRelease, name string, content []byte) error {
	at, _, _ := strings.Cut(r.GetUploadURL(), "{")
	req, err := c.api.NewUploadRequest(at+"?name="+url.QueryEscape(name), bytes.NewReader(content), int64(len(content)), "application/octet-stream")
	if err != nil {
		return err
	}
	_, err = c.api.Do(ctx, req, nil)
	return err
}
