package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
	"github.com/qdeploy/qdeploy/schema"
)

// cloudOf makes an emulated Qlik Cloud that has the tenants of an estate, empty
// unless a state is read, what their regions log in with, and the users that the
// estate names, as an identity provider would have brought them. It returns the
// environment in which qdeploy reaches it, save for the endpoint.
func cloudOf(est *declared, o qliktest.Options, state io.Reader) (*qliktest.Cloud, map[string]string, error) {
	cloud := qliktest.New(o)
	if state != nil {
		if err := cloud.Load(state); err != nil {
			return nil, nil, err
		}
	}
	env, stewards := map[string]string{}, []*qliktest.Tenant{}
	for _, t := range est.Tenants() {
		tenant := cloud.Tenant(t.Host)
		if tenant == nil {
			tenant = cloud.AddTenant(qliktest.TenantSpec{Host: t.Host, Name: t.Name, Region: t.Region})
		}
		resources, err := est.Resources(t.Name)
		if err != nil {
			return nil, nil, err
		}
		addPeople(tenant, resources)
		addSecrets(resources, env)
		if slices.ContainsFunc(resources, func(r plan.Resource) bool { return r.Key.Kind == "glossary" }) {
			stewards = append(stewards, tenant)
		}
	}
	for _, name := range est.Regions() {
		if err := addLogin(cloud, est, est.Region(name), env); err != nil {
			return nil, nil, err
		}
	}
	for _, tenant := range stewards {
		if est.Region(tenant.Region).Client != nil {
			tenant.GiveRole(`qlikbot\`+sandboxClient(tenant.Region), "Steward")
		} else if tenant.HasUser(sandboxAdmin) {
			tenant.GiveRole(sandboxAdmin, "Steward")
		}
	}
	return cloud, env, nil
}

// Who qdeploy is in an emulated cloud.
const sandboxAdmin = "sandbox-admin"

func sandboxClient(region string) string { return "sandbox-" + region }

// addSecrets makes up a value for each variable in which a resource has a secret.
func addSecrets(resources []plan.Resource, env map[string]string) {
	for _, r := range resources {
		for _, raw := range schema.Of(r.Key.Kind).Traits.SecretRefs(r.Spec) {
			var ref estate.SecretRef
			if json.Unmarshal(raw, &ref) == nil && ref.Source == "env" {
				env[ref.Name] = "sandbox-secret-in-the-variable-" + ref.Name // 32 characters and more
			}
		}
	}
}

// addLogin makes what a region logs in with: an OAuth client, or an API key of
// an administrator. Both can only be handed over in environment variables.
func addLogin(cloud *qliktest.Cloud, est *declared, r estate.Region, env map[string]string) error {
	set := func(ref estate.SecretRef, value string) error {
		switch {
		case ref.Source != "env":
			return fail("write {env: \"NAME\"} to rehearse", "regions.%s: the sandbox cannot put a secret into the %s", r.Name, ref)
		case env[ref.Name] != "":
			return fail("give each region a variable of its own", "regions.%s: the variable %s has another secret too", r.Name, ref.Name)
		}
		env[ref.Name] = value
		return nil
	}
	if r.Client != nil {
		id, secret := sandboxClient(r.Name), "sandbox-secret-"+r.Name
		cloud.AddRegionClient(r.Name, id, secret)
		return errors.Join(set(r.Client.ID, id), set(r.Client.Secret, secret))
	}
	for _, t := range est.Tenants() {
		if t.Region == r.Name { // an API key is one tenant's
			return set(r.APIKey, adminKey(cloud.Tenant(t.Host), sandboxAdmin))
		}
	}
	return nil
}

// adminKey returns an API key of an administrator of a tenant.
func adminKey(t *qliktest.Tenant, subject string) string {
	if !t.HasUser(subject) {
		t.AddUser(qliktest.UserSpec{Subject: subject, Name: subject, Roles: []string{"TenantAdmin"}})
	}
	return t.AddAPIKey(subject)
}

// addPeople adds the users that an estate names by subject or e-mail address.
func addPeople(t *qliktest.Tenant, resources []plan.Resource) {
	for _, r := range resources {
		_, assignee, ok := strings.Cut(r.Key.Name, "/")
		form, who, named := strings.Cut(assignee, ":")
		if r.Key.Kind != "assignment" || !ok || !named || form == "group" {
			continue
		}
		u := qliktest.UserSpec{Subject: who, Name: who}
		if form == "email" {
			u = qliktest.UserSpec{Subject: "idp|" + who, Email: who, Name: who}
		}
		if !t.HasUser(u.Subject) {
			t.AddUser(u)
		}
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
