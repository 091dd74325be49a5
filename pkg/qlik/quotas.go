package qlik

import (
	"context"
	"net/http"
	"net/url"
)

// Quota is how much of something a tenant may have, and how much it has: "count" of
// them or "bytes", as Unit says.
type Quota struct {
	ID           string
	Usage, Limit float64
	Unit         string
}

// Near reports whether nine tenths or more are used up.
func (q Quota) Near() bool { return q.Usage > 0 && q.Usage >= q.Limit*0.9 }

// Quotas returns the quotas that have a limit, and of which Qlik reports the usage, in
// the order in which Qlik has them.
//
// https://qlik.dev/apis/rest/quotas: -1 is no limit.
func (t *Tenant) Quotas(ctx context.Context) ([]Quota, error) {
	var b struct {
		Data []struct {
			ID         string `json:"id"`
			Attributes struct {
				Quota float64  `json:"quota"`
				Unit  string   `json:"unit"`
				Usage *float64 `json:"usage"`
			} `json:"attributes"`
		} `json:"data"`
	}
	if err := t.call(ctx, http.MethodGet, "/api/v1/quotas", url.Values{"reportUsage": {"true"}}, nil, &b); err != nil {
		return nil, err
	}
	var out []Quota
	for _, d := range b.Data {
		if a := d.Attributes; a.Usage != nil && a.Quota >= 0 {
			out = append(out, Quota{d.ID, *a.Usage, a.Quota, a.Unit})
		}
	}
	return out, nil
}
