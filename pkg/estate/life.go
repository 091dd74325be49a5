package estate

import (
	"fmt"
	"strings"
)

// life checks what is said of the beginning and the end of a tenant. Who the other
// tenants are is not known yet.
func (l *load) life(t *tenant, d declaration, region Region, at func(path ...string) string) {
	report := func(path, message, hint string) {
		l.report(Problem{Pos: at(path), Tenant: d.Name, Message: message, Hint: hint})
	}
	const regional = "a regional client makes and deactivates tenants: regions: NAME: client: {id: ..., secret: ...}"
	switch {
	case d.Create == nil:
	case l.e.organization == nil:
		report("create", "the estate does not say who lists all tenants, and without that nobody knows whether this one is there",
			`write organization: client: {id: {env: "NAME"}, secret: {env: "NAME"}}`)
	case region.Client == nil:
		report("create", "an API key makes no tenant", regional)
	case d.Alias == "":
		report("create", "Qlik chooses the host of a new tenant, and only its alias can be said", `write alias instead of host`)
	case d.Create.LicenseOf == d.Name:
		report("create", "a new tenant has no licence key of its own to begin with", "licenseOf names another tenant of the subscription")
	default:
		l.licensed = append(l.licensed, t)
	}
	switch {
	case d.State == Deactivated && (region.Client == nil || l.e.organization == nil):
		report("state", "to deactivate a tenant takes a regional client, and the organization to find it with", regional+"; organization: client: {...}")
	case d.Deactivate == nil:
	case d.State != Deactivated:
		report("deactivate", "the tenant is not to be deactivated", `write state: "deactivated", or remove this`)
	case !strings.EqualFold(d.Deactivate.Confirm, t.Host):
		report("deactivate", fmt.Sprintf("confirm is %q, and the host of the tenant is %s", d.Deactivate.Confirm, t.Host), "it confirms which tenant is meant: copy it, and look twice")
	}
}

// checkLicensed checks that tenants get their licence keys from tenants that are there.
func (l *load) checkLicensed() {
	for _, t := range l.licensed {
		from := l.e.byName[t.Create.LicenseOf]
		p := Problem{Pos: t.Pos, Tenant: t.Name}
		switch {
		case from == nil:
			p.Message = fmt.Sprintf("create: there is no tenant %q to take the licence key of", t.Create.LicenseOf)
			p.Hint = hintFrom(t.Create.LicenseOf, sorted(l.e.byName))
		case from.State != Active:
			p.Message = fmt.Sprintf("create: tenant %q is %s, and shows nobody its licence key", from.Name, from.State)
			p.Hint = "name one that is active"
		default:
			continue
		}
		l.report(p)
	}
}
