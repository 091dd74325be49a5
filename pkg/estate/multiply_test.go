package estate

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// TestCopies holds that copies have names and hosts of their own, and are selected
// and declared as their originals are.
func TestCopies(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	write("estate.cue", `package estate

import "github.com/qdeploy/qdeploy/schema"

schema.#Estate
regions: eu: client: {id: env: "ID", secret: env: "SECRET"}
templates: all: {tenant: labels: tier: string, space: HR: {type: "shared", description: tenant.labels.tier}}
tenantFiles: ["*.yaml"]
`)
	write("acme.yaml", "region: eu\nalias: acme\ntemplate: all\nlabels: {tier: gold}\n")
	write("list.yaml", "- {name: bolt, region: eu, host: b.eu.qlikcloud.com, template: all, labels: {tier: silver}}\n")
	e, err := Load(dir, Options{Copies: 3})
	require.NoError(t, err)
	hosts := map[string]string{}
	require.NoError(t, e.Each(context.Background(), 1, nil, func(x Tenant, rs []plan.Resource) error {
		hosts[x.Name] = x.Host + " " + x.Labels["tier"]
		require.Len(t, rs, 1)
		return nil
	}))
	require.Equal(t, map[string]string{
		"acme": "acme.eu.qlikcloud.com gold", "acme-1": "acme-1.eu.qlikcloud.com gold", "acme-2": "acme-2.eu.qlikcloud.com gold",
		"bolt": "b.eu.qlikcloud.com silver", "bolt-1": "b-1.eu.qlikcloud.com silver",
	}, hosts)
}
