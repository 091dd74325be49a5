package qliktest

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Deliveries are left out: nothing that the emulator does is an event.
var webhooksService = &service{name: "webhooks", envelope: envPlain, routes: []route{
	{method: "GET", path: "/api/core/webhooks", tier: tier1, query: "limit next prev sort level name enabled", handle: listWebhooks},
	{method: "POST", path: "/api/core/webhooks", tier: tier2, handle: postWebhook},
	{method: "GET", path: "/api/core/webhooks/{id}", tier: tier1, handle: getWebhook},
	{method: "PUT", path: "/api/core/webhooks/{id}", tier: tier2, handle: putWebhook},
	{method: "PATCH", path: "/api/core/webhooks/{id}", tier: tier2, handle: patchWebhook},
	{method: "DELETE", path: "/api/core/webhooks/{id}", tier: tier2, handle: deleteWebhook},
}}

// A webhook keeps its secrets, as Qlik does; only Secrets of a dump tell them, as
// digests.
type webhook struct {
	ID, Name, URL, Description, Filter, Level, Origin string
	EventTypes                                        []string
	Enabled, Revocation, CloudEvents                  bool
	Headers, Encrypted                                map[string]string `json:",omitempty"`
	Secret                                            string            `json:",omitempty"`
	Created, Updated                                  stamp
	By                                                string
}

func (w *webhook) rowID() string   { return w.ID }
func (w *webhook) rowName() string { return w.Name }

type webhookView struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	URL         string            `json:"url"`
	Description string            `json:"description"`
	EventTypes  []string          `json:"eventTypes"`
	Enabled     bool              `json:"enabled"`
	Level       string            `json:"level"`
	Filter      string            `json:"filter,omitempty"`
	Origin      string            `json:"origin"`
	Headers     map[string]string `json:"headers,omitempty"`
	Encrypted   []string          `json:"encryptedHeaders,omitempty"`
	Secret      bool              `json:"secretKeyAdded"`
	Revocation  bool              `json:"checkCertificateRevocation"`
	CloudEvents bool              `json:"enableCloudEventDelivery"`
	CreatedAt   stamp             `json:"createdAt"`
	UpdatedAt   stamp             `json:"updatedAt"`
	CreatedBy   string            `json:"createdByUserId"`
}

func (w *webhook) view() webhookView {
	return webhookView{
		w.ID, w.Name, w.URL, w.Description, append([]string{}, w.EventTypes...), w.Enabled, w.Level, w.Filter, w.Origin,
		w.Headers, slices.Sorted(maps.Keys(w.Encrypted)), w.Secret != "", w.Revocation, w.CloudEvents, w.Created, w.Updated, w.By,
	}
}

// webhookEvents are some of the events that Qlik offers at the level of a tenant.
var webhookEvents = []string{"com.qlik.v1.app.created", "com.qlik.v1.app.published", "com.qlik.v1.app.deleted", "com.qlik.v1.app.reload.finished"}

func listWebhooks(c *call) reply {
	q := c.query
	rows := slices.DeleteFunc(slices.Clone(c.tenant.Webhooks.rows), func(w *webhook) bool {
		return q.Get("level") != "" && w.Level != q.Get("level") || !strings.Contains(w.Name, q.Get("name")) ||
			q.Get("enabled") != "" && (q.Get("enabled") == "true") != w.Enabled
	})
	o, bad := sortBy(c, "+name", map[string]func(*webhook) string{
		"name": func(w *webhook) string { return w.Name + "\x00" + w.ID },
		"url":  func(w *webhook) string { return w.URL + "\x00" + w.ID },
	})
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	p := byCursor(c, rows, o, 20, 100)
	if p.err != "" {
		return c.badRequest("%s", p.err)
	}
	return ok(viewPage(c, p, (*webhook).view))
}

// webhookFields are those of a body; creating knows origin besides.
var webhookFields = []string{
	"name*", "url*", "description", "eventTypes", "enabled", "level", "filter", "headers", "encryptedHeaders", "secret",
	"checkCertificateRevocation", "enableCloudEventDelivery", "ownerId",
}

// read fills a webhook from a whole body; what is left out is cleared.
func (w *webhook) read(c *call, f *fields) string {
	w.Name, w.URL, w.Description, w.Filter = f.str("name"), f.str("url"), f.str("description"), f.str("filter")
	w.EventTypes, w.Enabled, w.Secret = f.strs("eventTypes"), f.bool("enabled"), f.str("secret")
	w.Revocation = f.bool("checkCertificateRevocation")
	w.Headers, w.Encrypted = nil, nil
	f.decode("headers", &w.Headers, "an object of strings")
	f.decode("encryptedHeaders", &w.Encrypted, "an object of strings")
	if f.has("enableCloudEventDelivery") {
		w.setCloudEvents(f.bool("enableCloudEventDelivery"), f)
	}
	if f.has("level") {
		w.Level = f.oneOf("level", "tenant", "user")
	}
	if f.err != "" {
		return f.err
	}
	return w.wrong()
}

func (w *webhook) setCloudEvents(on bool, f *fields) {
	if w.CloudEvents && !on {
		f.fail("enableCloudEventDelivery cannot be turned off")
	}
	w.CloudEvents = on
}

func (w *webhook) wrong() string {
	switch {
	case w.Name == "" || len(w.Name) > 512:
		return "name must have from 1 to 512 characters"
	case !strings.HasPrefix(w.URL, "https://") || len(w.URL) > 2048:
		return "url must be https"
	case w.Secret != "" && (len(w.Secret) < 32 || len(w.Secret) > 64):
		return "secret must have from 32 to 64 characters"
	}
	for _, e := range w.EventTypes {
		if !slices.Contains(webhookEvents, e) {
			return "eventTypes: " + e + " is not offered at this level"
		}
	}
	return ""
}

func postWebhook(c *call) reply {
	f := c.object(append(webhookFields, "origin")...)
	w := &webhook{Level: "tenant", Origin: "api", Created: c.now, Updated: c.now, By: c.caller.ID}
	if f.has("origin") {
		w.Origin = f.oneOf("origin", "api", "automations", "management-console")
	}
	switch bad := w.read(c, f); {
	case bad != "":
		return c.badRequest("%s", bad)
	case w.Level == "tenant" && !c.isAdmin():
		return c.forbidden("only a TenantAdmin may create webhooks of the tenant")
	}
	w.ID = c.tenant.newID("webhooks", w.Name, guid, c.tenant.Webhooks.has)
	c.tenant.Webhooks.add(w)
	return created(w.view())
}

func (c *call) webhook() (*webhook, *reply) {
	w, found := c.tenant.Webhooks.get(c.arg("id"))
	var r reply
	switch {
	case !found:
		r = c.notFound("no webhook %s", c.arg("id"))
	case c.req.Method != http.MethodGet && !c.isAdmin():
		r = c.forbidden("only a TenantAdmin may change webhooks of the tenant")
	default:
		return w, nil
	}
	return nil, &r
}

func getWebhook(c *call) reply {
	w, refused := c.webhook()
	if refused != nil {
		return *refused
	}
	return ok(w.view())
}

// put replaces a webhook by its next state.
func (c *call) putWebhook(w *webhook, next webhook) {
	next.Updated = c.now
	c.tenant.renamed("webhooks", w.Name, next.Name)
	c.tenant.Webhooks.rename(w, func() { *w = next })
}

func putWebhook(c *call) reply {
	w, refused := c.webhook()
	if refused != nil {
		return *refused
	}
	next := *w
	if bad := next.read(c, c.object(webhookFields...)); bad != "" {
		return c.badRequest("%s", bad)
	}
	c.putWebhook(w, next)
	return ok(w.view())
}

var webhookPaths = []string{"/name", "/description", "/url", "/eventTypes", "/headers", "/enabled", "/secret", "/encryptedHeaders", "/enableCloudEventDelivery"}

// patchWebhook takes a changed URL only together with the encrypted headers, so
// that they cannot be sent to somebody else.
func patchWebhook(c *call) reply {
	w, refused := c.webhook()
	if refused != nil {
		return *refused
	}
	list, bad := c.patches([]string{"add", "remove", "replace"}, webhookPaths)
	next, headers := *w, false
	for _, op := range list {
		if bad == "" {
			bad = next.patch(op)
		}
		headers = headers || op.path == "/encryptedHeaders"
	}
	if bad == "" && next.URL != w.URL && len(w.Encrypted) > 0 && !headers {
		bad = "encryptedHeaders must be entered again when the url changes"
	}
	if bad == "" {
		bad = next.wrong()
	}
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	c.putWebhook(w, next)
	return empty(http.StatusNoContent)
}

func (w *webhook) patch(op patch) string {
	name := strings.TrimPrefix(op.path, "/")
	f := &fields{m: map[string]json.RawMessage{name: op.value}}
	if op.op == "remove" {
		f.m[name] = json.RawMessage("null")
	}
	switch name {
	case "name":
		w.Name = f.str(name)
	case "description":
		w.Description = f.str(name)
	case "url":
		w.URL = f.str(name)
	case "eventTypes":
		w.EventTypes = f.strs(name)
	case "enabled":
		w.Enabled = f.bool(name)
	case "secret":
		w.Secret = f.str(name)
	case "enableCloudEventDelivery":
		w.setCloudEvents(f.bool(name), f)
	case "headers":
		w.Headers = nil
		f.decode(name, &w.Headers, "an object of strings")
	case "encryptedHeaders":
		w.Encrypted = nil
		f.decode(name, &w.Encrypted, "an object of strings")
	}
	return f.err
}

func deleteWebhook(c *call) reply {
	w, refused := c.webhook()
	if refused != nil {
		return *refused
	}
	c.tenant.Webhooks.remove(w)
	c.tenant.bury("webhooks", w.Name)
	return empty(http.StatusNoContent)
}

type dumpWebhook struct {
	webhookView
	Secrets map[string]string `json:"secrets"` // digests, by field
}

// dump describes a webhook without times.
func (w *webhook) dump() dumpWebhook {
	v := dumpWebhook{w.view(), map[string]string{}}
	v.CreatedAt, v.UpdatedAt, v.CreatedBy = 0, 0, ""
	if w.Secret != "" {
		v.Secrets["secret"] = secretDigest(w.Secret)
	}
	for name, value := range w.Encrypted {
		v.Secrets["encryptedHeaders/"+name] = secretDigest(value)
	}
	return v
}

// secretDigest is what a dump says of a secret: enough to see that it is another.
func secretDigest(s string) string { return "sha256:" + hex24(digest(s))[:12] }
