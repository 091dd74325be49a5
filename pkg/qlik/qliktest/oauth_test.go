package qliktest_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

func credentials(id, secret string) object {
	return object{"grant_type": "client_credentials", "client_id": id, "client_secret": secret}
}

func TestToken(t *testing.T) {
	l := newLab(t, qliktest.Options{MaxTokens: 3})
	r := l.post("/oauth/token", credentials("robot", "secret")).want(200)
	require.Equal(t, "bearer", r.str("token_type"))
	require.EqualValues(t, 21600, r.value("expires_in"))
	require.Equal(t, "2026-11-21T18:00:00.000Z", r.str("expires_at"))
	require.Contains(t, r.str("access_token"), "qliktest-token-")

	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"robot"}, "client_secret": {"secret"}}
	l.do("POST", "/oauth/token", []byte(form.Encode()), "Content-Type", "application/x-www-form-urlencoded").want(200)

	l.post("/oauth/token", credentials("robot", "secret")).want(403) // three tokens live
	l.clock.add(7 * time.Hour)
	l.get("/api/v1/spaces").want(401)
	l.post("/oauth/token", credentials("robot", "secret")).want(200)
}

func TestTokenRefusals(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	l.cloud.AddRegionClient("us", "american", "secret")
	l.cloud.AddOrgClient("org", "secret")
	scoped := credentials("robot", "secret")
	scoped["scope"] = "admin.apps"
	for _, c := range []struct {
		name   string
		body   any
		status int
	}{
		{"bad secret", credentials("robot", "guess"), 401},
		{"no such client", credentials("nobody", "secret"), 401},
		{"other region", credentials("american", "secret"), 401},
		{"organization", credentials("org", "secret"), 401},
		{"scope not assigned", scoped, 400},
		{"no grant type", object{"client_id": "robot", "client_secret": "secret"}, 400},
		{"not JSON", "{", 400},
	} {
		t.Run(c.name, func(t *testing.T) { l.post("/oauth/token", c.body).want(c.status) })
	}
}

func TestTokensBelongToHosts(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	l.cloud.AddTenant(qliktest.TenantSpec{Host: "other.eu.qlikcloud.com"})
	other := *l
	other.host = "other.eu.qlikcloud.com"
	other.get("/api/v1/spaces").want(401)
	other.token = ""
	other.get("/api/v1/spaces").want(401)

	alias := *l
	alias.host = "alias.eu.qlikcloud.com"
	alias.get("/api/v1/spaces").want(200) // the same tenant

	nowhere := *l
	nowhere.host = "nowhere.eu.qlikcloud.com"
	require.Contains(t, nowhere.get("/api/v1/spaces").want(404).str("errors", 0, "detail"), "nowhere.eu.qlikcloud.com")

	byPath := *l
	byPath.host = "127.0.0.1:80"
	r := byPath.get("/" + acme + "/api/v1/spaces").want(200)
	require.Equal(t, "http://127.0.0.1:80/"+acme+"/api/v1/spaces", r.str("links", "self", "href"))
}

func TestOAuthMetadataAndRevoke(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	require.Equal(t, "http://"+acme+"/oauth/token", l.get("/.well-known/oauth-authorization-server").want(200).str("token_endpoint"))
	l.post("/oauth/revoke", object{"token": l.token}).want(200)
	l.get("/api/v1/spaces").want(401)
}

func TestRegisterHost(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	key := l.get("/api/v1/licenses/overview").want(200).str("licenseKey")
	reg := l.at("register.eu.qlikcloud.com", "robot", "secret")
	require.Equal(t, "TENANTS-21", reg.post("/api/v1/tenants", object{}).want(400).str("errors", 0, "code"))
	require.Equal(t, "TENANTS-23", reg.post("/api/v1/tenants", object{"licenseKey": "forged"}).want(403).str("errors", 0, "code"))
	made := reg.post("/api/v1/tenants", object{"licenseKey": key, "datacenter": "eu-west-1"}).want(201)
	id, host := made.str("id"), made.str("hostnames", 0)
	require.Len(t, id, 32)

	fresh := l.at(host, "robot", "secret")
	fresh.patch("/api/v1/tenants/"+id, ops(op("/name", "Fresh"), op("/hostnames/1", "fresh.eu.qlikcloud.com"))).want(204)
	require.NotNil(t, l.cloud.Tenant("fresh.eu.qlikcloud.com"))

	path := "/api/v1/tenants/" + id + "/actions/"
	reg.post(path+"deactivate", object{}).want(412)
	off := reg.do("POST", path+"deactivate", object{"purgeAfterDays": 15}, "qlik-confirm-hostname", "fresh.eu.qlikcloud.com").want(200)
	require.Equal(t, "2026-12-06T12:00:00.000Z", off.str("estimatedPurgeDate"))
	require.Equal(t, "TENANT_DISABLED", fresh.get("/api/v1/spaces").want(401).str("errors", 0, "code"))
	fresh.post("/oauth/token", credentials("robot", "secret")).want(403)
	reg.do("POST", path+"reactivate", object{}, "qlik-confirm-hostname", host).want(200)
	fresh.get("/api/v1/spaces").want(200)
	require.Len(t, l.cloud.Tenants(), 2)
}

func TestConsoleHost(t *testing.T) {
	l := newLab(t, qliktest.Options{PageSize: 1})
	l.cloud.AddTenant(qliktest.TenantSpec{Host: "beta.us.qlikcloud.com", Name: "Beta"})
	l.cloud.AddOrgClient("org", "secret")
	org := l.at("console.qlikcloud.com", "org", "secret")
	names, pages := org.walk("/api/core/tenants?totalResults=true", "name", "next")
	require.ElementsMatch(t, []string{"acme", "Beta"}, names)
	require.Equal(t, 2, pages)
	beta := org.get(`/api/core/tenants?filter=` + url.QueryEscape(`subscriptionId eq "subscription-1" and regionCode eq "us"`)).want(200)
	require.Equal(t, []string{"Beta"}, beta.column("name"))
	org.get("/api/core/tenants/" + beta.str("data", 0, "id")).want(200)
	org.get("/api/core/tenants/none").want(404)
	org.get("/api/core/tenants/actions/count?filter=" + url.QueryEscape(`subscriptionId eq "subscription-1"`)).want(200)
	org.post("/api/core/tenants/actions/filter", object{"filter": `status eq "active"`}).want(200)
}
