package estatetest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing/fstest"
)

// Fleet is the size of an estate: customers that share a template.
type Fleet struct {
	Tenants int
	Spaces  int  // of each tenant
	Members int  // of each space
	OneFile bool // all tenants in one list, not a file each
}

// Files returns an estate of that size. Its tenants differ in name, region,
// tier and a few values, as customers do.
func (f Fleet) Files() fstest.MapFS {
	files := fstest.MapFS{
		"estate.cue":   {Data: []byte(fleetEstate)},
		"template.cue": {Data: []byte(f.template())},
	}
	var list strings.Builder
	for i := range f.Tenants {
		tenant := fmt.Sprintf(`name: customer-%05[1]d
title: Customer %[1]d
region: %[2]s
alias: customer-%05[1]d
template: customer
labels: {tier: %[3]s, wave: w%[4]d}
variables: {readers: Readers %[1]d, currency: %[5]s, retention: %[6]d}
`, i, pick(i, "us", "eu", "ap"), pick(i, "gold", "silver", "bronze"), i%10, pick(i, "USD", "EUR", "AUD"), 30+i%60)
		if f.OneFile {
			list.WriteString("- " + strings.ReplaceAll(strings.TrimSuffix(tenant, "\n"), "\n", "\n  ") + "\n")
			continue
		}
		files[fmt.Sprintf("tenants/customer-%05d.yaml", i)] = &fstest.MapFile{Data: []byte(tenant)}
	}
	if f.OneFile {
		files["tenants/all.yaml"] = &fstest.MapFile{Data: []byte(list.String())}
	}
	return files
}

// Write writes the estate into a directory, which it makes.
func (f Fleet) Write(dir string) error {
	for name, file := range f.Files() {
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(to, file.Data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

const fleetEstate = `package estate

import "github.com/qdeploy/qdeploy/schema"

schema.#Estate

for r in ["us", "eu", "ap"] {
	regions: (r): client: {id: env: "QLIK_CLIENT_ID", secret: env: "QLIK_CLIENT_SECRET"}
}
tenantFiles: ["tenants/*.yaml"]
`

func (f Fleet) template() string {
	var b strings.Builder
	b.WriteString(`package estate

templates: customer: {
	tenant: variables: {readers: string, currency: string, retention: int}
`)
	for i := range f.Spaces {
		fmt.Fprintf(&b, "\tspace: \"Space %02d\": {\n\t\ttype: \"shared\"\n", i)
		fmt.Fprintf(&b, "\t\tdescription: \"%s of \\(tenant.title) in \\(tenant.variables.currency)\"\n", pick(i, "Sales", "Stock", "Finance"))
		if f.Members > 0 {
			fmt.Fprintf(&b, "\t\tmembers: \"group:\\(tenant.variables.readers)\": [\"consumer\"]\n")
		}
		for m := 1; m < f.Members; m++ {
			fmt.Fprintf(&b, "\t\tmembers: \"group:Team %d\": [\"consumer\", %q]\n", m, pick(m, "producer", "facilitator", "codeveloper"))
		}
		b.WriteString("\t}\n")
	}
	b.WriteString("}\n")
	return b.String()
}

func pick(i int, words ...string) string { return words[i%len(words)] }
