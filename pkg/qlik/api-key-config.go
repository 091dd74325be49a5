package qlik

import (
	"context"
	"net/http"
)

// APIKeyConfig says how many API keys people may have, and for how long. What is nil is
// not managed.
type APIKeyConfig struct {
	MaxExpiry  *string `json:"max_api_key_expiry,omitempty"` // ISO 8601
	MaxKeys    *int    `json:"max_keys_per_user,omitempty"`
	SCIMExpiry *string `json:"scim_externalClient_expiry,omitempty"` // ISO 8601
}

const apiKeyConfigPath = "/api/v1/api-keys/configs/"

// assumed: Qlik answers a duration as it was written, not another way to write it.
//
// https://qlik.dev/apis/rest/api-keys
var _ = register(singleton("api-key-config",
	calls("GET "+apiKeyConfigPath+"{id}", "PATCH "+apiKeyConfigPath+"{id}"),
	readAPIKeyConfig, writeAPIKeyConfig,
))

// apiKeyConfigAt returns where the configuration is.
func (t *Tenant) apiKeyConfigAt(ctx context.Context) (string, error) {
	id, err := t.ownID(ctx)
	return apiKeyConfigPath + id, err
}

func readAPIKeyConfig(ctx context.Context, t *Tenant) (c APIKeyConfig, err error) {
	path, err := t.apiKeyConfigAt(ctx)
	if err != nil {
		return c, err
	}
	err = t.call(ctx, http.MethodGet, path, nil, nil, &c)
	return c, err
}

func writeAPIKeyConfig(ctx context.Context, t *Tenant, live, desired APIKeyConfig) error {
	steps := replaceChanged(nil, "/max_api_key_expiry", live.MaxExpiry, desired.MaxExpiry)
	steps = replaceChanged(steps, "/max_keys_per_user", live.MaxKeys, desired.MaxKeys)
	steps = replaceChanged(steps, "/scim_externalClient_expiry", live.SCIMExpiry, desired.SCIMExpiry)
	if len(steps) == 0 {
		return nil
	}
	path, err := t.apiKeyConfigAt(ctx)
	if err != nil {
		return err
	}
	return t.call(ctx, http.MethodPatch, path, nil, steps, nil)
}
