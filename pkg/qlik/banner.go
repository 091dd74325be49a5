package qlik

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Banner is what everybody in a tenant is told for a while.
type Banner struct {
	Enabled     bool   `json:"enabled"`
	Type        string `json:"type"` // info, warning, error or resolved
	Message     string `json:"message"`
	StartTime   string `json:"startTime"` // UTC, to the second
	EndTime     string `json:"endTime"`
	LinkEnabled bool   `json:"linkEnabled"`
	LinkLabel   string `json:"linkLabel"`
	LinkURL     string `json:"linkUrl"`
}

const (
	bannersPath = "/api/v1/banners"
	upsertPath  = bannersPath + "/actions/upsert"
)

// All of it is always written, so it does not matter whether there is one already; a
// tenant that never had one has one that says nothing. There is no call to delete it.
//
// https://qlik.dev/apis/rest/banners
var _ = register(singleton("banner",
	calls("GET "+bannersPath, "POST "+upsertPath),
	func(ctx context.Context, t *Tenant) (b Banner, err error) {
		err = t.call(ctx, http.MethodGet, bannersPath, nil, nil, &b)
		if errors.Is(err, ErrNotFound) {
			return Banner{}, nil
		}
		b.StartTime, b.EndTime = toTheSecond(b.StartTime), toTheSecond(b.EndTime)
		return b, err
	},
	func(ctx context.Context, t *Tenant, live, desired Banner) error {
		if live == desired {
			return nil
		}
		return t.call(ctx, http.MethodPost, upsertPath, nil, desired, nil)
	},
))

// toTheSecond writes a time as estates do. What is no time stays what it is.
func toTheSecond(s string) string {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return s
	}
	return at.UTC().Format(time.RFC3339)
}
