package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
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
