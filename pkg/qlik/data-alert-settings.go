package qlik

import (
	"context"
	"net/http"
)

// DataAlertSettings says whether people may have data alerts.
type DataAlertSettings struct {
	EnableDataAlerting bool `json:"enableDataAlerting"`
}

const alertSettingsPath = "/api/v1/data-alerts/settings"

// assumed: while Qlik turns alerts on or off it answers what they will be. It refuses
// another change in the meantime, with 409; a later run makes it.
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
		return t.call(ctx, http.MethodPut, alertSettingsPath, nil, map[string]bool{"enable-data-alerting": desired.EnableDataAlerting}, nil)
	},
))
