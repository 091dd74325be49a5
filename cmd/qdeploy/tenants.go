package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// listedTenant is a tenant that the estate declares, that the organization has, or both.
type listedTenant struct {
	Tenant string     `json:"tenant,omitempty"` // as the estate calls it; "" if it does not declare it
	Region string     `json:"region"`
	Host   string     `json:"host"`
	Is     tenantIs   `json:"is"`
	Name   string     `json:"name,omitempty"` // as Qlik has it
	Status string     `json:"status,omitempty"`
	Purge  *time.Time `json:"purge,omitempty"` // when Qlik said that it purges it
}

// tenantIs says how the estate and the organization agree on a tenant.
type tenantIs string

const (
	tenantThere       tenantIs = "there"
	tenantMissing     tenantIs = "missing"
	tenantToCome      tenantIs = "to be made"
	tenantUndeclared  tenantIs = "not declared"
	tenantDeactivated tenantIs = "deactivated"
	tenantDisabled    tenantIs = "not active"
)

type tenantsFlags struct{ asJSON, detailed bool }

func (p *program) tenantsCommand() *cobra.Command {
	var f tenantsFlags
	c := &cobra.Command{
		Use:   "tenants",
		Short: "Hold the tenants of the estate against those of the organization",
		Long: `List the tenants that the estate declares and those that the organization has, and
say of each whether it is there, is missing, is to be made by the next apply, is
deactivated, or is not declared. It takes the estate's organization, whose client lists
the tenants of all regions: a call for each hundred. No tenant is asked.` + "\n" + exits,
		Example: "  qdeploy tenants\n  qdeploy tenants --detailed-exitcode",
		Args:    words(0),
		RunE:    func(c *cobra.Command, _ []string) error { return p.tenants(c.Context(), f) },
	}
	c.Flags().BoolVar(&f.asJSON, "json", false, "print the list as JSON")
	c.Flags().BoolVar(&f.detailed, "detailed-exitcode", false, "exit with 2 if a tenant is missing, not active, or not declared")
	return c
}

func (p *program) tenants(ctx context.Context, f tenantsFlags) error {
	est, err := p.load(ctx, "")
	if err != nil {
		return err
	}
	defer est.close()
	o := est.Organization()
	if o == nil {
		return fail(`write organization: client: {id: {env: "NAME"}, secret: {env: "NAME"}}`, "the estate does not say who lists all tenants")
	}
	m, err := p.recall(ctx, p.dir, nil)
	if err != nil {
		return err
	}
	defer m.close()
	conn, err := p.connect(est, nil, planFlags{patience: 10 * time.Minute})
	if err != nil {
		return err
	}
	defer conn.close()
	console, err := conn.console(o, new(atomic.Int64))
	if err != nil {
		return err
	}
	there, err := qlik.OrgTenants(ctx, console, o.Subscription)
	if err != nil {
		return err
	}
	list := holdAgainst(est.Tenants(), there, m.lives)
	if f.asJSON {
		err = p.printJSON(map[string][]listedTenant{"tenants": list})
	} else {
		err = p.printTenants(list)
	}
	odd := func(t listedTenant) bool {
		return t.Is != tenantThere && t.Is != tenantToCome && t.Is != tenantDeactivated
	}
	if err == nil && f.detailed && slices.ContainsFunc(list, odd) {
		return silent(exitChanges)
	}
	return err
}

// holdAgainst says of each tenant whether the estate and the organization agree.
func holdAgainst(declared []estate.Tenant, there []qlik.OrgTenant, lives map[string]ledger.Life) []listedTenant {
	list := []listedTenant{}
	hosts := byHost(there)
	seen := map[string]bool{}
	for _, t := range declared {
		o, ok := hosts[t.Host]
		seen[o.ID] = true
		l := listedTenant{Tenant: t.Name, Region: t.Region, Host: t.Host, Name: o.Name, Status: o.Status, Is: tenantThere}
		if purge := lives[t.Name].Purge; !purge.IsZero() {
			l.Purge = &purge
		}
		switch {
		case !ok && t.Create != nil && lives[t.Name].ID == "":
			l.Is = tenantToCome
		case !ok:
			l.Is = tenantMissing
		case o.Status != "active" && t.State == estate.Deactivated:
			l.Is = tenantDeactivated
		case o.Status != "active":
			l.Is = tenantDisabled
		}
		list = append(list, l)
	}
	for _, o := range there {
		if !seen[o.ID] && o.Status != "deleted" {
			list = append(list, listedTenant{Region: o.Region, Host: o.Host(), Name: o.Name, Status: o.Status, Is: tenantUndeclared})
		}
	}
	slices.SortStableFunc(list, func(a, b listedTenant) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.Host, b.Host))
	})
	return list
}

func (p *program) printTenants(list []listedTenant) error {
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "REGION\tHOST\tTENANT\tIS")
	for _, t := range list {
		is := string(t.Is)
		if t.Is == tenantDeactivated && t.Purge != nil {
			is += ", purged on " + stampText(*t.Purge)
		}
		if t.Is == tenantDisabled {
			is += ": " + t.Status
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", printable(t.Region), printable(t.Host), cmp.Or(printable(t.Tenant), "-"), printable(is))
	}
	return w.Flush()
}
