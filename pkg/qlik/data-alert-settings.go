package qlik

import (
	"context"
	"errors"
	"net/http"
)

// DataAlertSettings says whether people may have data alerts.
type DataAlertSettings struct {
	EnableDataAlerting bool `json:"enableDataAlerting"`
}

const alertSettingsPath = "/api/v1/data-alerts/settings"

// assumed: while Qlik turns alerts on or off it answers what they will be, and has no use
// for alerts. It refuses another change in the meantime, with 409.
//
// https://qlik.dev/apis/rest/data-alerts
var _ = register(singleton("data-alert-settings",
	calls("GET "+alertSettingsPath, "PUT "+alertSettingsPath),
	func(ctx context.Context, t *Tenant) (DataAlertSettings, error) {
		var b struct {
			Enabled bool `json:"enable-data-alerting"`
		}
		err := t.call(ctx, http.MethodGet, alertSettingsPath, nil, nil, &b)
		return DataAlertSettings{b.Enabled}, err
	},
	func(ctx context.Context, t *Tenant, live, desired DataAlertSettings) error {
		if live == desired {
			return nil
		}
		put := func() error {
			return t.call(ctx, http.MethodPut, alertSettingsPath, nil, map[string]bool{"enable-data-alerting": desired.EnableDataAlerting}, nil)
		}
		turned := func() error { return t.turned(ctx, alertSettingsPath, "data-alerting-feature-operation-status") }
		err := put()
		if errors.Is(err, ErrConflict) {
			if err = turned(); err == nil {
				err = put()
			}
		}
		if err != nil {
			return err
		}
		return turned()
	},
))
