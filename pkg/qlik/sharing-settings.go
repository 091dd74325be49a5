package qlik

import (
	"context"
	"net/http"
)

// SharingSettings says whether people may share charts, and subscribe to sheets. What is
// nil is not managed.
type SharingSettings struct {
	EnableSharing            *bool `json:"enableSharing,omitempty"`
	EnableReportSubscription *bool `json:"enableReportSubscription,omitempty"`
}

const sharingSettingsPath = sharingPath + "/settings"

// assumed: while Qlik turns subscriptions on or off it answers what they will be.
//
// https://qlik.dev/apis/rest/sharing-tasks
var _ = register(singleton("sharing-settings",
	calls("GET "+sharingSettingsPath, "PATCH "+sharingSettingsPath),
	func(ctx context.Context, t *Tenant) (SharingSettings, error) {
		var b struct {
			Sharing      bool `json:"enable-sharing"`
			Subscription bool `json:"enable-report-subscription"`
		}
		err := t.call(ctx, http.MethodGet, sharingSettingsPath, nil, nil, &b)
		return SharingSettings{&b.Sharing, &b.Subscription}, err
	},
	func(ctx context.Context, t *Tenant, live, desired SharingSettings) error {
		steps := replaceChanged(nil, "/enable-sharing", live.EnableSharing, desired.EnableSharing)
		steps = replaceChanged(steps, "/enable-report-subscription", live.EnableReportSubscription, desired.EnableReportSubscription)
		if len(steps) == 0 {
			return nil
		}
		return t.call(ctx, http.MethodPatch, sharingSettingsPath, nil, steps, nil)
	},
))
