package qlik

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
)

// Webhook calls a URL when something happens in the tenant. Optional fields that
// are nil are not managed.
type Webhook struct {
	Name        string            `json:"name"`
	URL         string            `json:"url"`
	Description string            `json:"description"`
	EventTypes  []string          `json:"eventTypes"` // in any order
	Enabled     bool              `json:"enabled"`
	Filter      string            `json:"filter"`
	Headers     map[string]string `json:"headers,omitempty"`

	CheckCertificateRevocation bool  `json:"checkCertificateRevocation"`
	EnableCloudEventDelivery   *bool `json:"enableCloudEventDelivery,omitempty"` // never turned off

	Secret           *Secret            `json:"secret,omitempty"`
	EncryptedHeaders map[string]*Secret `json:"encryptedHeaders,omitempty"`
}

// webhookBody is a webhook as Qlik answers it: of its secrets it says which there
// are.
type webhookBody struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	URL         string            `json:"url"`
	Description string            `json:"description"`
	EventTypes  []string          `json:"eventTypes"`
	Enabled     bool              `json:"enabled"`
	Level       string            `json:"level"`
	Filter      string            `json:"filter"`
	Origin      string            `json:"origin"`
	Headers     map[string]string `json:"headers"`
	Encrypted   []string          `json:"encryptedHeaders"`
	HasSecret   bool              `json:"secretKeyAdded"` // assumed: left out when there is none
	Revocation  bool              `json:"checkCertificateRevocation"`
	CloudEvents bool              `json:"enableCloudEventDelivery"`
}

const webhooksPath = "/api/core/webhooks"

// https://qlik.dev/apis/rest/webhooks
var _ = register(Kind[Webhook]{
	Name:   "webhook",
	Calls:  calls("GET /api/core/webhooks", "POST /api/core/webhooks", "PATCH /api/core/webhooks/{id}", "PUT /api/core/webhooks/{id}", "DELETE /api/core/webhooks/{id}"),
	List:   listWebhooks,
	Create: createWebhook,
	Update: updateWebhook,
	Delete: func(ctx context.Context, t *Tenant, id string) error {
		return t.call(ctx, http.MethodDelete, webhookPath(id), nil, nil, nil)
	},
})

func webhookPath(id string) string { return webhooksPath + "/" + url.PathEscape(id) }

// listWebhooks lists those of the tenant: people have their own, and automations
// make some for themselves.
func listWebhooks(ctx context.Context, t *Tenant, _ string) iter.Seq2[Item[Webhook], error] {
	return itemsOf(ctx, t, webhooksPath, everything("level", "tenant"), func(w webhookBody) (Item[Webhook], bool) {
		return Item[Webhook]{w.ID, w.Name, w.spec()}, w.Origin != "automations" && w.Level != "user"
	})
}

func (w webhookBody) spec() Webhook {
	out := Webhook{
		Name: w.Name, URL: w.URL, Description: w.Description, EventTypes: w.EventTypes, Enabled: w.Enabled, Filter: w.Filter, Headers: w.Headers,
		CheckCertificateRevocation: w.Revocation, EnableCloudEventDelivery: &w.CloudEvents, Secret: held(w.HasSecret),
	}
	if len(w.Encrypted) > 0 {
		out.EncryptedHeaders = map[string]*Secret{}
	}
	for _, name := range w.Encrypted {
		out.EncryptedHeaders[name] = held(true)
	}
	return out
}

// whole returns the body that makes a webhook what is declared, all secrets in it.
func (t *Tenant) whole(desired Webhook) (map[string]any, error) {
	body := map[string]any{
		"name": desired.Name, "url": desired.URL, "description": desired.Description, "eventTypes": desired.EventTypes,
		"enabled": desired.Enabled, "level": "tenant", "checkCertificateRevocation": desired.CheckCertificateRevocation,
	}
	if desired.Filter != "" {
		body["filter"] = desired.Filter
	}
	if desired.Headers != nil {
		body["headers"] = desired.Headers
	}
	if desired.EnableCloudEventDelivery != nil {
		body["enableCloudEventDelivery"] = *desired.EnableCloudEventDelivery
	}
	if desired.Secret != nil {
		v, err := t.secret(desired.Secret)
		if err != nil {
			return nil, fmt.Errorf("secret: %w", err)
		}
		body["secret"] = v
	}
	if len(desired.EncryptedHeaders) > 0 {
		headers, err := t.encryptedHeaders(desired)
		if err != nil {
			return nil, err
		}
		body["encryptedHeaders"] = headers
	}
	return body, nil
}

// encryptedHeaders returns the values of all of them: Qlik takes them only together.
func (t *Tenant) encryptedHeaders(desired Webhook) (map[string]string, error) {
	out := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(desired.EncryptedHeaders)) {
		v, err := t.secret(desired.EncryptedHeaders[name])
		if err != nil {
			return nil, fmt.Errorf("encryptedHeaders/%s: %w", name, err)
		}
		out[name] = v
	}
	return out, nil
}

func createWebhook(ctx context.Context, t *Tenant, desired Webhook) (string, error) {
	body, err := t.whole(desired)
	if err != nil {
		return "", err
	}
	return t.post(ctx, webhooksPath, body)
}

var errUndeclaredSecret = errors.New("it has a secret that the estate does not declare: to change its filter or checkCertificateRevocation would remove it; declare it too")

// updateWebhook patches what differs. What cannot be patched takes a PUT, which
// clears what is not in it, secrets too: so all of them are sent again.
func updateWebhook(ctx context.Context, t *Tenant, id string, live, desired Webhook) error {
	if live.Filter == desired.Filter && live.CheckCertificateRevocation == desired.CheckCertificateRevocation {
		return t.patchWebhook(ctx, id, live, desired)
	}
	if live.Secret != nil && desired.Secret == nil || len(live.EncryptedHeaders) > 0 && len(desired.EncryptedHeaders) == 0 {
		return errUndeclaredSecret
	}
	if desired.Headers == nil {
		desired.Headers = live.Headers
	}
	if desired.EnableCloudEventDelivery == nil {
		desired.EnableCloudEventDelivery = live.EnableCloudEventDelivery
	}
	body, err := t.whole(desired)
	if err != nil {
		return err
	}
	return t.call(ctx, http.MethodPut, webhookPath(id), nil, body, nil)
}

func (t *Tenant) patchWebhook(ctx context.Context, id string, live, desired Webhook) error {
	steps := desired.steps(live)
	if desired.Secret.writes() {
		v, err := t.secret(desired.Secret)
		if err != nil {
			return fmt.Errorf("secret: %w", err)
		}
		steps = append(steps, replace("/secret", v))
	}
	again := live.URL != desired.URL && len(desired.EncryptedHeaders) > 0 // else Qlik refuses another URL
	for _, s := range desired.EncryptedHeaders {
		again = again || s.writes()
	}
	if again {
		headers, err := t.encryptedHeaders(desired)
		if err != nil {
			return err
		}
		steps = append(steps, replace("/encryptedHeaders", headers))
	}
	if len(steps) == 0 {
		return nil
	}
	return t.call(ctx, http.MethodPatch, webhookPath(id), nil, steps, nil)
}

// steps are the patches of what is not secret.
func (w Webhook) steps(live Webhook) (steps []patch) {
	add := func(differs bool, path string, value any) {
		if differs {
			steps = append(steps, replace(path, value))
		}
	}
	add(live.Name != w.Name, "/name", w.Name)
	add(live.URL != w.URL, "/url", w.URL)
	add(live.Description != w.Description, "/description", w.Description)
	add(!sameSet(live.EventTypes, w.EventTypes), "/eventTypes", w.EventTypes)
	add(live.Enabled != w.Enabled, "/enabled", w.Enabled)
	add(w.Headers != nil && !maps.Equal(live.Headers, w.Headers), "/headers", w.Headers)
	on := w.EnableCloudEventDelivery != nil && *w.EnableCloudEventDelivery
	add(on && (live.EnableCloudEventDelivery == nil || !*live.EnableCloudEventDelivery), "/enableCloudEventDelivery", true)
	return steps
}
