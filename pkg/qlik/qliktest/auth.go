package qliktest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// A token is a bearer token of one host.
type token struct {
	client  *authClient
	expires stamp
}

// A tokenStore holds the live tokens of one host.
type tokenStore struct {
	byText map[string]*token
	issued map[string]int // per client, so that every token is another
}

// live counts the tokens of a client and drops the expired ones.
func (s *tokenStore) live(client string, now stamp) (n int) {
	for text, t := range s.byText {
		switch {
		case t.expires <= now:
			delete(s.byText, text)
		case t.client.id == client:
			n++
		}
	}
	return n
}

// issue makes a new token. Its text is recognizable, so that a test can prove
// it never reaches a log.
func (s *tokenStore) issue(seed, host string, client *authClient, expires stamp) string {
	if s.byText == nil {
		s.byText, s.issued = map[string]*token{}, map[string]int{}
	}
	s.issued[client.id]++
	text := "qliktest-token-" + hex32(digest(seed, "token", host, client.id, strconv.Itoa(s.issued[client.id])))
	s.byText[text] = &token{client: client, expires: expires}
	return text
}

func (s *tokenStore) valid(text string, now stamp) *token {
	t := s.byText[text]
	if t == nil || t.expires <= now {
		return nil
	}
	return t
}

// admit authenticates the call and counts it against the rate limits. It
// returns an answer if the call ends here.
func (c *call) admit() *reply {
	defer c.lock()()
	if c.tenant != nil && c.tenant.Status != "active" {
		r := disabled(c.path)
		return &r
	}
	if c.route.open {
		return nil // counted by the handler, which learns who calls
	}
	text, isBearer := strings.CutPrefix(c.req.Header.Get("Authorization"), "Bearer ")
	if !isBearer || !c.authenticate(text) {
		r := gatewayError(http.StatusUnauthorized, "HTTP-401", "the token is missing, unknown, expired, or of another host")
		return &r
	}
	return c.meter()
}

func (c *call) authenticate(text string) bool {
	if c.office != nil {
		if tok := c.office.tokens.valid(text, c.now); tok != nil {
			c.client = tok.client
		}
		return c.client != nil
	}
	t := c.tenant
	if t.expired(c.mood) {
		delete(t.tokens.byText, text)
		return false
	}
	if tok := t.tokens.valid(text, c.now); tok != nil {
		c.client = tok.client
		c.caller = t.bot(tok.client.id, c.now)
	} else if k := t.keyOf(text, c.now); k != nil {
		c.caller, _ = t.Users.get(k.Subject)
	}
	return c.caller != nil && c.caller.Status == "active"
}

// meter counts the call against the limits of its tier.
func (c *call) meter() *reply {
	if c.cloud.opts.NoLimits {
		return nil
	}
	var r reply
	switch {
	case c.office != nil:
		if w := c.office.meters.wait(c.now, c.client.id, c.route.tier, 0); w > 0 {
			r = tooMany(w)
			return &r
		}
	default:
		if w := c.tenant.meters.wait(c.now, c.caller.ID, c.route.tier, len(c.tenant.Users.rows)); w > 0 {
			r = tooMany(w)
			return &r
		}
	}
	return nil
}

// hasScope says whether the call's token carries a scope.
func (c *call) hasScope(name string) bool {
	return c.client != nil && slices.Contains(c.client.scopes, name)
}

// isAdmin says whether the caller is TenantAdmin.
func (c *call) isAdmin() bool { return c.tenant.hasRole(c.caller, "TenantAdmin") }
