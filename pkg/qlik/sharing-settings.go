package qlik

import (
	"context"
	"errors"
	"fmt"
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
		if err := t.call(ctx, http.MethodPatch, sharingSettingsPath, nil, steps, nil); err != nil {
			return err
		}
		return t.turned(ctx, sharingSettingsPath, "reportSubscriptionStatus")
	},
))

// turned waits until Qlik has turned on or off what a settings page is about: it accepts
// that at once, and does it afterwards.
func (t *Tenant) turned(ctx context.Context, path, status string) error {
	now := ""
	err := t.wait(ctx, 0, func() (bool, error) {
		var b map[string]any
		err := t.call(ctx, http.MethodGet, path, nil, nil, &b)
		now, _ = b[status].(string)
		return now != "enabling" && now != "disabling", err
	})
	if errors.Is(err, errNotYet) {
		err = fmt.Errorf("it was accepted, and Qlik is still %s it: %w", now, err)
	}
	return err
}
