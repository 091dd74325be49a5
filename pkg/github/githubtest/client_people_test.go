package githubtest_test

import (
	"github.com/google/go-github/v60/github"
	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/github/githubtest"
)

func (d *driver) people() {
	d.hub.AddToken("ann-pat", githubtest.Token{Kind: githubtest.Personal, Login: "ann"})
	me, _, err := newDriver(d.as("ann-pat", githubtest.Token{Kind: githubtest.Personal, Login: "ann"})).c.Users.Get(d.ctx, "")
	require.NoError(d, err)
	require.Equal(d, "ann", me.GetLogin())
	repo, _, err := d.c.Repositories.Get(d.ctx, acme, tenants)
	require.NoError(d, err)
	require.Equal(d, "main", repo.GetDefaultBranch())
	key := newKey(d.T)
	d.hub.AddApp(githubtest.App{ID: 7, Slug: "qdeploy", Key: &key.PublicKey, Installation: 8, Repos: []string{"acme/tenants"}, Permissions: map[string]string{"contents": "write"}})
	app := *d.lab
	app.token = signed(d.T, key, object{"iss": "7", "iat": d.clock.Now().Unix() - 60, "exp": d.clock.Now().Unix() + 300})
	inst, _, err := newDriver(&app).c.Apps.FindRepositoryInstallation(d.ctx, acme, tenants)
	require.NoError(d, err)
	token, _, err := newDriver(&app).c.Apps.CreateInstallationToken(d.ctx, inst.GetID(), &github.InstallationTokenOptions{Permissions: &github.InstallationPermissions{Contents: github.String("write")}})
	require.NoError(d, err)
	app.token = token.GetToken()
	app.get("/git/ref/heads/main").want(200)
}
