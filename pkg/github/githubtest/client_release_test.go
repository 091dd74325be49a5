package githubtest_test

import (
	"strings"

	"github.com/google/go-github/v60/github"
	"github.com/stretchr/testify/require"
)

// assets puts a file beside a release, where the release says.
func (d *driver) assets(r *github.RepositoryRelease) {
	at, _, _ := strings.Cut(r.GetUploadURL(), "{")
	for _, status := range []int{201, 422} { // a name is taken once
		req, err := d.c.NewUploadRequest(at+"?name=manifest.json", strings.NewReader("{}"), 2, "application/octet-stream")
		require.NoError(d, err)
		resp, _ := d.c.Do(d.ctx, req, nil)
		require.Equal(d, status, resp.StatusCode)
	}
	got, _, err := d.c.Repositories.GetRelease(d.ctx, acme, tenants, r.GetID())
	require.NoError(d, err)
	require.Len(d, got.Assets, 1)
	a, _, err := d.c.Repositories.GetReleaseAsset(d.ctx, acme, tenants, got.Assets[0].GetID())
	require.NoError(d, err)
	require.Equal(d, 2, a.GetSize())
	require.Equal(d, "{}", string(d.repo.Releases()[0].Assets["manifest.json"]))
	_, err = d.c.Repositories.DeleteReleaseAsset(d.ctx, acme, tenants, a.GetID())
	require.NoError(d, err)
	require.Empty(d, d.repo.Releases()[0].Assets)
}

func (d *driver) reviews() {
	d.repo.AddReview(d.number, "ann", "APPROVED")
	list, _, err := d.c.PullRequests.ListReviews(d.ctx, acme, tenants, d.number, nil)
	require.NoError(d, err)
	require.Equal(d, "ann", list[0].GetUser().GetLogin())
	require.Equal(d, "APPROVED", list[0].GetState())
}
