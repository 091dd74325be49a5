package estate

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// TestLink shows that a link out of the estate is refused.
func TestLink(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "secret.yaml")
	require.NoError(t, os.WriteFile(outside, []byte("region: eu\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.cue"), []byte(base+"tenantFiles: [\"*.yaml\"]\n"), 0o600))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "t.yaml")))
	_, err := Load(dir, Options{})
	require.ErrorContains(t, err, "a.cue:8:15: openat t.yaml: path escapes from parent")
}

// TestVendored shows that the schema is the one of this program, whatever lies
// where editors look for it.
func TestVendored(t *testing.T) {
	e, err := Load("", Options{Files: fstest.MapFS{
		"base.cue":           {Data: []byte(base + "tenants: acme: {region: \"eu\", alias: \"acme\", space: HR: type: \"shared\"}\n")},
		"cue.mod/module.cue": {Data: []byte("module: \"a.example/estate\"\n")},
		"cue.mod/pkg/github.com/qdeploy/qdeploy/schema/schema.cue": {Data: []byte("package schema\n#Estate: {nothing: true}\n")},
	}})
	require.NoError(t, err)
	rs, err := e.Resources("acme")
	require.NoError(t, err)
	require.Len(t, rs, 1)
}

// TestPackages shows a package per tenant, one below cue.mod/pkg, and CUE's own.
func TestPackages(t *testing.T) {
	e := loadText(t, `
-- cue.mod/module.cue --
module: "northwind.example/estate@v0"
language: version: "v0.15.0"
-- cue.mod/pkg/example.com/names/names.cue --
package names

Sales: "Sales"
-- a.cue --
package estate

import (
	"strings"
	"example.com/names"
	"northwind.example/estate/tenants/acme"
)

tenants: "acme": acme.tenant
tenants: "acme": group: (strings.ToUpper(names.Sales)): {}
-- tenants/acme/acme.cue --
package acme

tenant: {
	region: "eu"
	alias:  "acme"
	space: HR: type: "shared"
}
-- tenants/acme/other.cue --
package other

tenant: alias: "not of this package"
`)
	rs, err := e.Resources("acme")
	require.NoError(t, err)
	require.Equal(t, `a.cue:10:25 group/SALES {"name":"SALES","providerType":"idp"}
tenants/acme/acme.cue:6:9 space/HR {"description":"","name":"HR","type":"shared"}
`, list(rs))
}
