package qlik

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// ConsoleHost is where a client of the organization lists its tenants.
const ConsoleHost = "console.qlikcloud.com"

// RegisterHost is where a region's client makes tenants: of the domain of the region,
// "eu.qlikcloud.com".
func RegisterHost(domain string) string { return "register." + domain }

// OrgTenant is a tenant as the organization lists it.
type OrgTenant struct {
	ID           string    `json:"id"`
	Name         string    `json:"name"`
	Hostnames    []string  `json:"hostnames"` // the permanent one, and the alias if there is one
	Status       string    `json:"status"`    // active, disabled, deleted, user-access-disabled
	Region       string    `json:"regionCode"`
	Subscription string    `json:"subscriptionId"`
	Created      time.Time `json:"createdAt"`
}

// Host is its permanent host, "" if it has none.
func (t OrgTenant) Host() string {
	if len(t.Hostnames) == 0 {
		return ""
	}
	return t.Hostnames[0]
}

// OrgTenants lists the tenants of an organization, sorted by region and name, with a
// client of the console host. Of a subscription it lists those alone.
//
// https://qlik.dev/apis/org-rest/core/tenants
func OrgTenants(ctx context.Context, console *Client, subscription string) ([]OrgTenant, error) {
	q := url.Values{"limit": {pageSize}}
	if subscription != "" {
		q.Set("filter", fmt.Sprintf("subscriptionId eq %q", subscription))
	}
	var out []OrgTenant
	for t, err := range list[OrgTenant](ctx, console, "/api/core/tenants", q) {
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b OrgTenant) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// LicenseKey reads the signed licence key of the tenant. It is a secret: whoever has it
// makes tenants of the subscription.
//
// https://qlik.dev/apis/rest/licenses
func (c *Client) LicenseKey(ctx context.Context) (string, error) {
	var overview struct {
		Key string `json:"licenseKey"`
	}
	const path = "/api/v1/licenses/overview"
	if err := c.call(ctx, http.MethodGet, path, nil, nil, &overview); err != nil {
		return "", err
	}
	if overview.Key == "" {
		return "", fmt.Errorf("GET %s: %w: no licenseKey", path, errReply)
	}
	c.hide(overview.Key)
	return overview.Key, nil
}

// MakeTenant makes a tenant, with a client of a region's register host. It is not
// idempotent, and sent once: after an error that [Uncertain] knows there may be a tenant
// whose name nobody has been told. Qlik chooses name and host.
//
// https://qlik.dev/apis/rest/tenants: create
func MakeTenant(ctx context.Context, register *Client, licenseKey string) (OrgTenant, error) {
	register.hide(licenseKey)
	var made OrgTenant
	in := map[string]string{"licenseKey": licenseKey}
	if err := register.call(ctx, http.MethodPost, "/api/v1/tenants", nil, in, &made); err != nil {
		return made, err
	}
	if made.ID == "" || made.Host() == "" {
		return made, fmt.Errorf("POST /api/v1/tenants: %w: no id or hostnames", errReply)
	}
	return made, nil
}

// NameTenant gives a tenant its name and its alias, a whole host, with a client of one of
// its hosts.
//
// https://qlik.dev/apis/rest/tenants: patch; /hostnames/1 is the alias
func NameTenant(ctx context.Context, c *Client, id, name, alias string) error {
	steps := []patch{replace("/name", name), replace("/hostnames/1", alias)}
	return c.call(ctx, http.MethodPatch, "/api/v1/tenants/"+url.PathEscape(id), nil, steps, nil)
}

// DeactivateTenant locks everybody out of a tenant, and has Qlik purge it so many days
// later, 10 to 90, with a client of the region's register host. host is one of its hosts:
// Qlik refuses another. To repeat it begins the days anew.
//
// https://qlik.dev/apis/rest/tenants: deactivate
func DeactivateTenant(ctx context.Context, register *Client, id, host string, days int) (purge time.Time, err error) {
	var out struct {
		Purge time.Time `json:"estimatedPurgeDate"`
	}
	err = register.confirmed(ctx, id, "deactivate", host, map[string]int{"purgeAfterDays": days}, &out)
	return out.Purge, err
}

// ReactivateTenant takes a deactivation back, before the tenant is purged.
//
// https://qlik.dev/apis/rest/tenants: reactivate
func ReactivateTenant(ctx context.Context, register *Client, id, host string) error {
	return register.confirmed(ctx, id, "reactivate", host, struct{}{}, nil)
}

// confirmed sends an action on a tenant that takes the confirmation of its host.
func (c *Client) confirmed(ctx context.Context, id, action, host string, in, out any) error {
	b, err := json.Marshal(in)
	if err != nil {
		return err
	}
	p := payload{kind: "application/json", bytes: b, header: http.Header{"Qlik-Confirm-Hostname": {host}}}
	_, err = c.send(ctx, http.MethodPost, "/api/v1/tenants/"+url.PathEscape(id)+"/actions/"+action, nil, p, out)
	return err
}

// Uncertain reports whether what an error is about may have been done all the same: the
// answer was lost, or is one of a service in trouble.
func Uncertain(err error) bool {
	var e *Error
	if errors.As(err, &e) {
		return e.Status >= http.StatusInternalServerError
	}
	return errors.Is(err, errReply) || cut(err) && !neverSent(err) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
