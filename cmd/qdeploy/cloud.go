package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// cloudOf makes an emulated Qlik Cloud that has the tenants of an estate, still
// empty, the OAuth clients of its regions, and the users that it names, as an
// identity provider would have brought them. It returns the environment in
// which qdeploy reaches it, save for the endpoint.
func cloudOf(est *declared, o qliktest.Options) (*qliktest.Cloud, map[string]string, error) {
	cloud := qliktest.New(o)
	env := map[string]string{}
	for _, t := range est.Tenants() {
		tenant := cloud.AddTenant(qliktest.TenantSpec{Host: t.Host, Name: t.Name, Region: t.Region})
		resources, err := est.Resources(t.Name)
		if err != nil {
			return nil, nil, err
		}
		addPeople(tenant, resources)
		r := est.Region(t.Region)
		if r.Client == nil || r.Client.ID.Env == "" || r.Client.Secret.Env == "" {
			continue
		}
		id, secret := "sandbox-"+r.Name, "sandbox-secret-"+r.Name
		if env[r.Client.ID.Env] == "" {
			cloud.AddRegionClient(r.Name, id, secret)
		}
		env[r.Client.ID.Env], env[r.Client.Secret.Env] = id, secret
	}
	return cloud, env, nil
}

// addPeople adds the users that an estate names by subject or e-mail address.
func addPeople(t *qliktest.Tenant, resources []plan.Resource) {
	seen := map[string]bool{}
	for _, r := range resources {
		_, assignee, ok := strings.Cut(r.Key.Name, "/")
		form, who, named := strings.Cut(assignee, ":")
		if r.Key.Kind != "assignment" || !ok || !named || form == "group" || seen[assignee] {
			continue
		}
		seen[assignee] = true
		u := qliktest.UserSpec{Subject: who, Name: who}
		if form == "email" {
			u = qliktest.UserSpec{Subject: "idp|" + who, Email: who, Name: who}
		}
		t.AddUser(u)
	}
}

// exports writes an environment as lines for a shell.
func exports(env map[string]string) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(env)) {
		fmt.Fprintf(&b, "export %s='%s'\n", k, strings.ReplaceAll(env[k], "'", `'\''`))
	}
	return b.String()
}
