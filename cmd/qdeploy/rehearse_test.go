package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sample "github.com/qdeploy/qdeploy/estate"
)

func TestWhatIsBroken(t *testing.T) {
	for text, want := range map[string]string{
		"apps":                     "writes to apps, in 100% of the tenants: 0 refused",
		"apps=12.5%":               "writes to apps, in 12.5% of the tenants: 0 refused",
		"Freight Costs@1.0.0":      "publishing Freight Costs@1.0.0, in 100% of the tenants: 0 refused",
		"a=b@c@1.0.0=0%":           "publishing a=b@c@1.0.0, in 0% of the tenants: 0 refused",
		"":                         `--break: "" names neither a service of Qlik's API nor a version of an app`,
		"=10%":                     `--break: "=10%" names neither a service of Qlik's API nor a version of an app`,
		"api/v1/apps=10%":          `--break: "api/v1/apps=10%" names neither a service of Qlik's API nor a version of an app`,
		"aps=10%":                  `--break: there is no service "aps"`,
		"@1.0.0":                   `--break: "@1.0.0" names neither a service of Qlik's API nor a version of an app`,
		"Shipments@=10%":           `--break: "Shipments@=10%" names neither a service of Qlik's API nor a version of an app`,
		"Shipments@1.0.0=":         `--break: "" is no share`,
		"Shipments@1.0.0=101%":     `--break: "101%" is no share`,
		"apps=10":                  `--break: "10" is no share`,
		"Shipments@1.0.0=10%=20%":  `--break: "10%=20%" is no share`,
		"Shipments@1.0.0=NaN%":     `--break: "NaN%" is no share`,
		"Shipments@1.0.0 or so=5%": "publishing Shipments@1.0.0 or so, in 5% of the tenants: 0 refused",
	} {
		b, err := breakageOf(text)
		if err != nil {
			require.Equal(t, want, err.Error())
			continue
		}
		require.Equal(t, want, b.String())
	}
}

func TestWhatABreakageMeets(t *testing.T) {
	publish := `{"attributes": {"name": "Shipments", "description": "What {is} on its way {v1.1.0+q.3fa4c2d1}"}}`
	for _, c := range []struct {
		broken, method, path, body string
		want                       bool
	}{
		{"apps", "POST", "/api/v1/apps/import", "", true},
		{"apps", "GET", "/api/v1/apps/7", "", false},
		{"apps", "POST", "/api/v1/apps-too", "", false},
		{"Shipments@1.1.0", "POST", "/api/v1/apps/7/publish", publish, true},
		{"Shipments@1.1.0", "PUT", "/api/v1/apps/7/publish", strings.Replace(publish, "+q.3fa4c2d1", "", 1), true},
		{"Shipments@1.1", "POST", "/api/v1/apps/7/publish", publish, false},
		{"Shipments@1.1.0.1", "POST", "/api/v1/apps/7/publish", publish, false},
		{"Shipment@1.1.0", "POST", "/api/v1/apps/7/publish", publish, false},
		{"Shipments@1.1.0", "PUT", "/api/v1/apps/7", publish, false},
		{"Shipments@1.1.0", "POST", "/api/v1/apps/7/publish", "{", false},
	} {
		b, err := breakageOf(c.broken)
		require.NoError(t, err)
		req, err := http.NewRequest(c.method, "https://a.example"+c.path, nil)
		require.NoError(t, err)
		require.Equal(t, c.want, b.meets(req, []byte(c.body)), "%+v", c)
	}
}

// TestNothingIsDoneTwice rehearses with faults, half of them after the work was done, and
// holds what each tenant has in the end against a rehearsal without any.
func TestNothingIsDoneTwice(t *testing.T) {
	const tenants = 60
	clean, faulty := &theatre{seed: 1}, &theatre{seed: 1, faults: 0.05}
	r := rehearsed(t, clean, rehearseFlags{parallelism: 8}, tenants)
	require.Equal(t, 1, r.Runs)
	r = rehearsed(t, faulty, rehearseFlags{parallelism: 8}, tenants)
	require.Greater(t, r.Runs, 1)
	require.Greater(t, r.Faults, int64(tenants))
	want, got := has(t, clean), has(t, faulty)
	require.Len(t, got, tenants)
	for host := range want {
		require.Equal(t, want[host], got[host], host)
	}
}

// rehearsed is a rehearsal of the sample estate in which all is done in the end.
func rehearsed(t testing.TB, s *theatre, f rehearseFlags, tenants int) *rehearsal {
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, sample.Files))
	now := time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)
	p := &program{out: io.Discard, err: io.Discard, dir: dir, now: func() time.Time { return now }}
	r, err := p.rehearseOne(t.Context(), f, s, tenants)
	require.NoError(t, err)
	require.Equal(t, "every tenant has what is declared", r.Ends)
	require.Equal(t, tenants, r.Done)
	return r
}

// has is what the tenants of a theatre contain, by host, without IDs.
func has(t testing.TB, s *theatre) map[string]string {
	out := map[string]string{}
	for _, tenant := range s.cloud.Tenants() {
		out[tenant.Host] = contents(t, ids.ReplaceAll(tenant.Dump(), []byte(`"$1": ""`)))
	}
	return out
}

// contents is what a tenant has but for staged copies of apps: which of them are left
// depends on what was published last. No two of them are the same.
func contents(t testing.TB, dump []byte) string {
	var has map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(dump, &has))
	var apps []map[string]any
	require.NoError(t, json.Unmarshal(has["apps"], &apps))
	staged := map[string]bool{}
	apps = slices.DeleteFunc(apps, func(app map[string]any) bool {
		what := fmt.Sprint(app["space"], app["name"], app["description"])
		require.False(t, staged[what], "%s is there twice", what)
		staged[what] = true
		return app["published"] == false
	})
	has["apps"], _ = json.Marshal(apps)
	text, err := json.MarshalIndent(has, "", " ")
	require.NoError(t, err)
	return string(text)
}

var ids = regexp.MustCompile(`"(id|originAppId)": "[^"]*"`)
