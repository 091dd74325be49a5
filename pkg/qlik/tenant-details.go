package qlik

import (
	"context"
	"net/http"
)

// TenantDetails says what a tenant is called, and what professionals get by themselves.
// What is nil is not managed.
type TenantDetails struct {
	Name        *string `json:"name,omitempty"`
	Spaces      *bool   `json:"autoAssignCreateSharedSpacesRoleToProfessionals,omitempty"`
	Private     *bool   `json:"autoAssignPrivateAnalyticsContentCreatorRoleToProfessionals,omitempty"`
	Data        *bool   `json:"autoAssignDataServicesContributorRoleToProfessionals,omitempty"`
	AppFeedback *bool   `json:"enableAppOpeningFeedback,omitempty"`
}

const tenantPath = "/api/v1/tenants/"

// https://qlik.dev/apis/rest/tenants
var _ = register(singleton("tenant-details",
	calls("GET "+tenantPath+"{id}", "PATCH "+tenantPath+"{id}"),
	func(ctx context.Context, t *Tenant) (d TenantDetails, err error) {
		id, err := t.ownID(ctx)
		if err == nil {
			err = t.call(ctx, http.MethodGet, tenantPath+id, nil, nil, &d)
		}
		return d, err
	},
	writeTenantDetails,
))

func writeTenantDetails(ctx context.Context, t *Tenant, live, desired TenantDetails) error {
	steps := replaceChanged(nil, "/name", live.Name, desired.Name)
	steps = replaceChanged(steps, "/autoAssignCreateSharedSpacesRoleToProfessionals", live.Spaces, desired.Spaces)
	steps = replaceChanged(steps, "/autoAssignPrivateAnalyticsContentCreatorRoleToProfessionals", live.Private, desired.Private)
	steps = replaceChanged(steps, "/autoAssignDataServicesContributorRoleToProfessionals", live.Data, desired.Data)
	steps = replaceChanged(steps, "/enableAppOpeningFeedback", live.AppFeedback, desired.AppFeedback)
	if len(steps) == 0 {
		return nil
	}
	id, err := t.ownID(ctx)
	if err != nil {
		return err
	}
	return t.call(ctx, http.MethodPatch, tenantPath+id, nil, steps, nil)
}
