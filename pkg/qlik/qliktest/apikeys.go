package qliktest

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"
)

var apiKeysService = &service{name: "api-keys", envelope: envNumber, routes: []route{
	{method: "GET", path: "/api/v1/api-keys", tier: tier1, query: "createdByUser endingBefore limit sort startingAfter status sub", handle: listKeys},
	{method: "POST", path: "/api/v1/api-keys", tier: tier2, handle: postKey},
	{method: "GET", path: "/api/v1/api-keys/configs/{tenantId}", tier: tier1, handle: getKeyConfig},
	{method: "PATCH", path: "/api/v1/api-keys/configs/{tenantId}", tier: tier2, handle: patchKeyConfig},
	{method: "GET", path: "/api/v1/api-keys/{id}", tier: tier1, handle: getKey},
	{method: "PATCH", path: "/api/v1/api-keys/{id}", tier: tier2, handle: patchKey},
	{method: "DELETE", path: "/api/v1/api-keys/{id}", tier: tier2, handle: deleteKey},
}}

// An apiKey is a key of a user. Only a digest of its token is kept.
type apiKey struct {
	ID, Description, Status string
	Subject, By             string // ids of users
	Sum                     string
	Created, Updated, Until stamp
}

func (k *apiKey) rowID() string   { return k.ID }
func (k *apiKey) rowName() string { return k.Created.String() }

// A keyConfig is zero until it is changed.
type keyConfig struct {
	MaxExpiry, ScimExpiry string
	MaxKeys               *int
}

type keyConfigView struct {
	MaxExpiry  string `json:"max_api_key_expiry"`
	MaxKeys    int    `json:"max_keys_per_user"`
	ScimExpiry string `json:"scim_externalClient_expiry"`
}

func (t *Tenant) keyConfig() keyConfigView {
	v := keyConfigView{"PT24H", 5, "P365D"}
	if t.KeyConfig.MaxExpiry != "" {
		v.MaxExpiry = t.KeyConfig.MaxExpiry
	}
	if t.KeyConfig.ScimExpiry != "" {
		v.ScimExpiry = t.KeyConfig.ScimExpiry
	}
	if t.KeyConfig.MaxKeys != nil {
		v.MaxKeys = *t.KeyConfig.MaxKeys
	}
	return v
}

func tokenSum(text string) string { return hex32(digest("api key", text)) }

// keyOf returns the live key of a token text.
func (t *Tenant) keyOf(text string, now stamp) *apiKey {
	if len(t.Keys.rows) == 0 {
		return nil
	}
	sum := tokenSum(text)
	i := slices.IndexFunc(t.Keys.rows, func(k *apiKey) bool { return k.Sum == sum })
	if i < 0 || t.Keys.rows[i].status(now) != "active" {
		return nil
	}
	return t.Keys.rows[i]
}

func (k *apiKey) status(now stamp) string {
	if k.Status == "active" && k.Until <= now {
		return "expired"
	}
	return k.Status
}

// addKey makes a key for a user and returns it with its token.
func (t *Tenant) addKey(k *apiKey) (token string) {
	k.Status = "active"
	k.ID = t.newID("api key", k.Subject+" "+k.Description, guid, t.Keys.has)
	token = "qliktest-key-" + hex32(digest(t.cloud.opts.Seed, "key", t.ID, k.ID))
	k.Sum = tokenSum(token)
	t.Keys.add(k)
	return token
}

type keyView struct {
	ID            string `json:"id"`
	TenantID      string `json:"tenantId"`
	Description   string `json:"description"`
	Status        string `json:"status"`
	Sub           string `json:"sub"`
	SubType       string `json:"subType"`
	CreatedByUser string `json:"createdByUser"`
	Created       stamp  `json:"created"`
	LastUpdated   stamp  `json:"lastUpdated"`
	Expiry        stamp  `json:"expiry"`
	Token         string `json:"token,omitempty"`
}

func (c *call) viewKey(k *apiKey) keyView {
	return keyView{
		ID: k.ID, TenantID: c.tenant.ID, Description: k.Description, Status: k.status(c.now), Sub: k.Subject, SubType: "user",
		CreatedByUser: k.By, Created: k.Created, LastUpdated: k.Updated, Expiry: k.Until,
	}
}

func listKeys(c *call) reply {
	q := c.query
	rows := slices.DeleteFunc(slices.Clone(c.tenant.Keys.rows), func(k *apiKey) bool {
		return !c.isAdmin() && k.Subject != c.caller.ID || q.Has("status") && k.status(c.now) != q.Get("status") ||
			q.Has("sub") && k.Subject != q.Get("sub") || q.Has("createdByUser") && k.By != q.Get("createdByUser")
	})
	by := func(get func(*apiKey) string) func(*apiKey) string {
		return func(k *apiKey) string { return get(k) + "\x00" + k.ID }
	}
	o, bad := sortBy(c, "-created", map[string]func(*apiKey) string{
		"created": rowKey[*apiKey], "sub": by(func(k *apiKey) string { return k.Subject }), "createdByUser": by(func(k *apiKey) string { return k.By }),
		"status": by(func(k *apiKey) string { return k.status(c.now) }), "description": by(func(k *apiKey) string { return k.Description }),
	})
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	p := byID(c, rows, o, 20, 100)
	if p.err != "" {
		return c.badRequest("%s", p.err)
	}
	return ok(viewPage(c, p, c.viewKey))
}

var isoDuration = regexp.MustCompile(`^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$`)

// parseISO reads the durations that the documentation shows: days, hours,
// minutes and seconds.
func parseISO(s string) (d time.Duration, ok bool) {
	m := isoDuration.FindStringSubmatch(s)
	if m == nil || s == "P" {
		return 0, false
	}
	for i, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute, time.Second} {
		n, _ := strconv.Atoi(m[i+1])
		d += time.Duration(n) * unit
	}
	return d, d > 0
}

func postKey(c *call) reply {
	f := c.object("description*", "expiry", "sub", "subType")
	k := &apiKey{Description: f.str("description"), Subject: f.str("sub"), By: c.caller.ID, Created: c.now, Updated: c.now}
	if f.oneOf("subType", "user", "externalClient") == "externalClient" {
		f.fail("subType externalClient is not modelled")
	}
	config := c.tenant.keyConfig()
	expiry := f.str("expiry")
	if expiry == "" {
		expiry = config.MaxExpiry
	}
	if k.Subject == "" {
		k.Subject = c.caller.ID
	}
	life, valid := parseISO(expiry)
	most, _ := parseISO(config.MaxExpiry)
	own := 0
	for _, other := range c.tenant.Keys.rows {
		if other.Subject == k.Subject && other.status(c.now) == "active" {
			own++
		}
	}
	switch {
	case f.err != "":
		return c.badRequest("%s", f.err)
	case !valid || life > most:
		return c.badRequest("expiry %q is not a duration up to %s", expiry, config.MaxExpiry)
	case k.Subject != c.caller.ID: // assumed: keys are for oneself
		return c.forbidden("keys are made by their users")
	case own >= config.MaxKeys:
		return c.forbidden("the user has %d keys already", own)
	}
	k.Until = c.now.add(life)
	token := c.tenant.addKey(k)
	v := c.viewKey(k)
	v.Token = token
	return created(v)
}

func (c *call) key() (*apiKey, *reply) {
	k, found := c.tenant.Keys.get(c.arg("id"))
	if !found || k.Subject != c.caller.ID && !c.isAdmin() {
		r := c.notFound("no api key %s", c.arg("id"))
		return nil, &r
	}
	return k, nil
}

func getKey(c *call) reply {
	k, missing := c.key()
	if missing != nil {
		return *missing
	}
	return ok(c.viewKey(k))
}

func patchKey(c *call) reply {
	k, missing := c.key()
	if missing != nil {
		return *missing
	}
	list, bad := c.patches(replaceOnly, []string{"/description"})
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	for _, p := range list {
		s, isStr := p.str()
		if !isStr {
			return c.badRequest("description wants a string")
		}
		c.tenant.renamed("api key", k.Subject+" "+k.Description, k.Subject+" "+s)
		k.Description, k.Updated = s, c.now
	}
	return empty(http.StatusNoContent)
}

// deleteKey deletes the caller's own key, and revokes another's.
func deleteKey(c *call) reply {
	k, missing := c.key()
	switch {
	case missing != nil:
		return *missing
	case k.Subject == c.caller.ID:
		c.tenant.Keys.remove(k)
		c.tenant.bury("api key", k.Subject+" "+k.Description)
	default:
		k.Status, k.Updated = "revoked", c.now
	}
	return empty(http.StatusNoContent)
}

func getKeyConfig(c *call) reply {
	if c.arg("tenantId") != c.tenant.ID {
		return c.notFound("no tenant %s on this host", c.arg("tenantId"))
	}
	return ok(c.tenant.keyConfig())
}

func patchKeyConfig(c *call) reply {
	list, bad := c.patches(replaceOnly, []string{"/max_api_key_expiry", "/max_keys_per_user", "/scim_externalClient_expiry"})
	switch {
	case c.arg("tenantId") != c.tenant.ID:
		return c.notFound("no tenant %s on this host", c.arg("tenantId"))
	case !c.isAdmin():
		return c.forbidden("only a TenantAdmin may change the settings of api keys")
	case bad != "":
		return c.badRequest("%s", bad)
	}
	next := c.tenant.KeyConfig
	for _, p := range list {
		s, _ := p.str()
		_, isDuration := parseISO(s)
		n, err := strconv.Atoi(string(p.value))
		switch {
		case p.path == "/max_keys_per_user" && err == nil && n >= 0 && n <= 1000:
			next.MaxKeys = &n
		case p.path == "/max_api_key_expiry" && isDuration:
			next.MaxExpiry = s
		case p.path == "/scim_externalClient_expiry" && isDuration:
			next.ScimExpiry = s
		default:
			return c.badRequest("%s does not take this value", p.path)
		}
	}
	c.tenant.KeyConfig = next
	return empty(http.StatusNoContent)
}
