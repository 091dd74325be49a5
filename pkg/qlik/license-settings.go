package qlik

import (
	"context"
	"net/http"
)

// LicenseSettings says who gets a licence without being given one.
type LicenseSettings struct {
	AutoAssignAnalyzer     bool `json:"autoAssignAnalyzer"`
	AutoAssignProfessional bool `json:"autoAssignProfessional"`
}

const licenseSettingsPath = "/api/v1/licenses/settings"

// PUT takes both fields, and both are always managed.
//
// https://qlik.dev/apis/rest/licenses
var _ = register(singleton("license-settings",
	calls("GET "+licenseSettingsPath, "PUT "+licenseSettingsPath),
	func(ctx context.Context, t *Tenant) (s LicenseSettings, err error) {
		err = t.call(ctx, http.MethodGet, licenseSettingsPath, nil, nil, &s)
		return s, err
	},
	func(ctx context.Context, t *Tenant, live, desired LicenseSettings) error {
		if live == desired {
			return nil
		}
		return t.call(ctx, http.MethodPut, licenseSettingsPath, nil, desired, nil)
	},
))
