package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	gh "github.com/google/go-github/v60/github"
)

// Release is what a tag means for people.
type Release struct {
	Tag        string
	Commit     string // where the tag is made if it is not there; of a release that was read, a branch or a commit
	Name, Body string // a body that is too long is cut
	Prerelease bool
	Assets     map[string][]byte // files by name, for PutRelease

	URL       string // of a release that was read, as is
	Published time.Time
}

// mostBody is how long the text of a release may be, in characters.
const mostBody = 125_000

// PutRelease keeps one published release of a tag. It is a draft until all of its
// files are there, so that nobody sees half of it; our draft that an earlier run
// has left is finished. Once more writes nothing. When it differs later, its texts
// are rewritten and its files replaced, one after the other; files that it has
// beside Assets stay. made reports whether it was published now.
//
// It needs contents: write, and for a commit whose workflows differ from those of
// the default branch also workflows: write, which a GITHUB_TOKEN cannot have.
// https://docs.github.com/en/rest/releases/releases#create-a-release
func (c *Client) PutRelease(ctx context.Context, r Release) (address string, made bool, err error) {
	what := "release " + r.Tag
	if r.Body = cut(r.Body, mostBody); r.Tag == "" {
		return "", false, errors.New("github: a release needs a tag")
	}
	if err := checkNames(r.Assets); err != nil {
		return "", false, wrap(what, err)
	}
	now, err := c.releaseOf(ctx, r.Tag)
	if err != nil {
		return "", false, c.mayNotRelease(what, err)
	}
	if now == nil {
		if now, err = c.draft(ctx, r); err != nil {
			return "", false, c.mayNotRelease(what, err)
		}
	}
	if err := c.putAssets(ctx, now, r.Assets); err != nil {
		return "", false, c.mayNotRelease(what, err)
	}
	if made = now.GetDraft(); !made && sameText(now.GetName(), r.Name) && sameText(now.GetBody(), r.Body) && now.GetPrerelease() == r.Prerelease {
		return now.GetHTMLURL(), false, nil
	}
	want := r.fields(false)
	now, _, err = c.api.Repositories.EditRelease(ctx, c.owner, c.repo, now.GetID(), want)
	if err != nil {
		return "", false, c.mayNotRelease(what, err)
	}
	return now.GetHTMLURL(), made, nil
}

// fields are what GitHub is told of a release.
func (r *Release) fields(draft bool) *gh.RepositoryRelease {
	out := &gh.RepositoryRelease{
		TagName: gh.String(r.Tag), Name: gh.String(r.Name), Body: gh.String(r.Body), Draft: gh.Bool(draft), Prerelease: gh.Bool(r.Prerelease),
	}
	if r.Commit != "" {
		out.TargetCommitish = gh.String(r.Commit)
	}
	return out
}

// draft makes a draft. When the answer is lost it looks whether it is there before
// it tries again: GitHub takes any number of drafts of one tag.
func (c *Client) draft(ctx context.Context, r Release) (*gh.RepositoryRelease, error) {
	for try := 0; ; try++ {
		now, _, err := c.api.Repositories.CreateRelease(ctx, c.owner, c.repo, r.fields(true))
		if err == nil || try > 0 || !ambiguous(err) || ctx.Err() != nil {
			return now, err
		}
		there, lerr := c.releaseOf(ctx, r.Tag)
		if lerr != nil {
			return nil, errors.Join(err, lerr)
		}
		if there != nil {
			return there, nil
		}
	}
}

// releaseOf returns the published release of a tag, or else our oldest draft of
// it, nil if there is neither. GitHub finds drafts by no tag, so they are listed.
// https://docs.github.com/en/rest/releases/releases#get-a-release-by-tag-name
func (c *Client) releaseOf(ctx context.Context, tag string) (found *gh.RepositoryRelease, err error) {
	found, _, err = c.api.Repositories.GetReleaseByTag(ctx, c.owner, c.repo, (&url.URL{Path: tag}).EscapedPath())
	if err == nil || statusOf(err) != http.StatusNotFound {
		return found, err
	}
	found = nil
	me, err := c.me(ctx)
	if err != nil {
		return nil, err
	}
	err = each(func(o gh.ListOptions) (*gh.Response, error) {
		list, r, err := c.api.Repositories.ListReleases(ctx, c.owner, c.repo, &o)
		for _, one := range list { // newest first
			if one.GetTagName() == tag && one.GetDraft() && sameLogin(one.GetAuthor(), me) {
				found = one
			}
		}
		return r, err
	})
	return found, err
}

// mayNotRelease says where an error is from, and what to do about a refusal. One
// for the sake of workflows looks like any other, or like something that is not there.
func (c *Client) mayNotRelease(what string, err error) error {
	if s := statusOf(err); s != http.StatusForbidden && s != http.StatusNotFound {
		return wrap(what, err)
	}
	hint := "the job needs permissions: contents: write; a commit whose .github/workflows differ from those of the default branch can only be released by a GitHub App with Workflows: write"
	if c.app {
		hint = "the App needs Contents: write, and Workflows: write for a commit whose .github/workflows differ from those of the default branch"
	}
	return fmt.Errorf("%w; %s", wrap(what, err), hint)
}

// Releases lists the published releases whose tags begin with prefix, the one
// published last first, without their files.
// https://docs.github.com/en/rest/releases/releases#list-releases
func (c *Client) Releases(ctx context.Context, tagPrefix string) (out []Release, err error) {
	err = each(func(o gh.ListOptions) (*gh.Response, error) {
		list, r, err := c.api.Repositories.ListReleases(ctx, c.owner, c.repo, &o)
		for _, x := range list {
			if !x.GetDraft() && strings.HasPrefix(x.GetTagName(), tagPrefix) {
				out = append(out, Release{
					Tag: x.GetTagName(), Commit: x.GetTargetCommitish(), Name: x.GetName(), Body: x.GetBody(), Prerelease: x.GetPrerelease(),
					URL: x.GetHTMLURL(), Published: x.GetPublishedAt().Time,
				})
			}
		}
		return r, err
	})
	slices.SortStableFunc(out, func(a, b Release) int { return b.Published.Compare(a.Published) })
	return out, wrap("releases", err)
}
