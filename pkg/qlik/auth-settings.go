package qlik

import (
	"context"
	"net/http"
)

// AuthSettings says how long people stay logged in, and whether programs may register
// themselves. What is nil is not managed.
type AuthSettings struct {
	Inactivity   *int      `json:"userSessionInactivityTimeoutMinutes,omitempty"`
	Lifespan     *int      `json:"maxUserSessionLifespanMinutes,omitempty"`
	Registration *bool     `json:"dynamicClientRegistrationEnabled,omitempty"`
	Methods      *[]string `json:"dcrAllowedAuthenticationMethods,omitempty"` // none or client_secret, in any order
}

const authSettingsPath = "/api/core/auth-settings"

// https://qlik.dev/apis/rest/core/auth-settings
var _ = register(singleton("auth-settings",
	calls("GET "+authSettingsPath, "PATCH "+authSettingsPath),
	func(ctx context.Context, t *Tenant) (s AuthSettings, err error) {
		err = t.call(ctx, http.MethodGet, authSettingsPath, nil, nil, &s)
		return s, err
	},
	writeAuthSettings,
))

// writeAuthSettings lets programs register before it says how, which Qlik takes only then.
func writeAuthSettings(ctx context.Context, t *Tenant, live, desired AuthSettings) error {
	steps := replaceChanged(nil, "/userSessionInactivityTimeoutMinutes", live.Inactivity, desired.Inactivity)
	steps = replaceChanged(steps, "/maxUserSessionLifespanMinutes", live.Lifespan, desired.Lifespan)
	steps = replaceChanged(steps, "/dynamicClientRegistrationEnabled", live.Registration, desired.Registration)
	if want := desired.Methods; want != nil && (live.Methods == nil || !sameSet(*live.Methods, *want)) {
		steps = append(steps, replace("/dcrAllowedAuthenticationMethods", *want))
	}
	if len(steps) == 0 {
		return nil
	}
	return t.call(ctx, http.MethodPatch, authSettingsPath, nil, steps, nil)
}
