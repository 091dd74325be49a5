package github

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	gh "github.com/google/go-github/v60/github"
)

// assetName is what GitHub keeps as it is: names of other characters it changes,
// and then they are not found again.
// https://docs.github.com/en/rest/releases/assets#upload-a-release-asset
var assetName = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]*$`)

func checkNames(files map[string][]byte) error {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !assetName.MatchString(name) || strings.HasSuffix(name, ".") {
			return fmt.Errorf("GitHub does not keep %q as the name of a file", name)
		}
		if len(files[name]) == 0 {
			return fmt.Errorf("%s is empty, which GitHub does not take", name)
		}
	}
	return nil
}

// putAssets uploads the files that a release lacks, and replaces those that differ.
func (c *Client) putAssets(ctx context.Context, r *gh.RepositoryRelease, files map[string][]byte) error {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := c.putAsset(ctx, r, name, files[name]); err != nil {
			return err
		}
	}
	return nil
}

// putAsset makes a file of a release be content. When the answer to an upload is
// lost it looks what has become of it: all, nothing, or an empty file in the way.
func (c *Client) putAsset(ctx context.Context, r *gh.RepositoryRelease, name string, content []byte) error {
	at, err := uploadURL(c.api.BaseURL, r.GetUploadURL(), name)
	if err != nil {
		return err
	}
	for try := 0; ; try++ {
		if i := slices.IndexFunc(r.Assets, func(a *gh.ReleaseAsset) bool { return a.GetName() == name }); i >= 0 {
			same, err := c.sameAsset(ctx, r.Assets[i], content)
			if err != nil || same {
				return err
			}
			_, err = c.api.Repositories.DeleteReleaseAsset(ctx, c.owner, c.repo, r.Assets[i].GetID())
			if err != nil && statusOf(err) != http.StatusNotFound { // gone when the answer was lost
				return err
			}
		}
		err := c.upload(ctx, at, content)
		if err == nil || try > 0 || !ambiguous(err) || ctx.Err() != nil {
			return err
		}
		var lerr error
		if r, _, lerr = c.api.Repositories.GetRelease(ctx, c.owner, c.repo, r.GetID()); lerr != nil {
			return errors.Join(err, lerr)
		}
	}
}

// sameAsset reports whether an asset holds these bytes, as far as GitHub tells: by
// its digest, which go-github v60 does not read, or else, on older servers, its size.
// https://docs.github.com/en/rest/releases/assets#get-a-release-asset
func (c *Client) sameAsset(ctx context.Context, a *gh.ReleaseAsset, content []byte) (bool, error) {
	if a.GetState() != "uploaded" || a.GetSize() != len(content) {
		return false, nil
	}
	req, err := c.api.NewRequest(http.MethodGet, fmt.Sprintf("repos/%s/%s/releases/assets/%d", c.owner, c.repo, a.GetID()), nil)
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

// upload sends a file to where a release says, see uploadURL.
func (c *Client) upload(ctx context.Context, at string, content []byte) error {
	req, err := c.api.NewUploadRequest(at, bytes.NewReader(content), int64(len(content)), "application/octet-stream")
	if err != nil {
		return err
	}
	_, err = c.api.Do(ctx, req, nil)
	return err
}

// uploadURL fills in the template that a release has. Uploads go to uploads.HOST
// where the API is api.HOST, and to the same host on a server of one's own; our
// token goes nowhere else.
func uploadURL(api *url.URL, template, name string) (string, error) {
	at, _, _ := strings.Cut(template, "{")
	u, err := url.Parse(at)
	if err != nil || u.Host == "" {
		return "", fmt.Errorf("GitHub does not say where to upload to: %q", template)
	}
	if u.Scheme != api.Scheme || u.Host != api.Host && u.Host != "uploads."+strings.TrimPrefix(api.Host, "api.") {
		return "", fmt.Errorf("GitHub says to upload to another host, %s, which is not given our token", u.Host)
	}
	u.RawQuery = url.Values{"name": {name}}.Encode()
	return u.String(), nil
}
