package qlik

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Secret is what a spec says of a secret: where it is, never what it is. What is
// live only says that there is one.
type Secret struct {
	Source string // where it is: "env", "file"
	Name   string // what it is called there

	// Held says that the tenant has a secret there: of a live spec that is all that
	// is known, of a desired one that it need not be written.
	Held bool
}

// UnmarshalJSON reads {"env": "NAME"}, and [plan.Held] beside it.
func (s *Secret) UnmarshalJSON(b []byte) error {
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		return err
	}
	*s = Secret{}
	for key, v := range m {
		name, isText := v.(string)
		switch {
		case key == plan.Held && v == true:
			s.Held = true
		case !isText || s.Source != "":
			return fmt.Errorf("a secret is in one place")
		default:
			s.Source, s.Name = key, name
		}
	}
	return nil
}

// MarshalJSON writes what UnmarshalJSON reads.
func (s Secret) MarshalJSON() ([]byte, error) {
	m := map[string]any{}
	if s.Source != "" {
		m[s.Source] = s.Name
	}
	if s.Held {
		m[plan.Held] = true
	}
	return json.Marshal(m)
}

// held is a secret that the tenant has.
func held(there bool) *Secret {
	if !there {
		return nil
	}
	return &Secret{Held: true}
}

// writes reports whether a desired secret is to be sent.
func (s *Secret) writes() bool { return s != nil && !s.Held }

// secret returns the value of a secret, just before a call needs it. From then on
// no error of this tenant holds it.
func (t *Tenant) secret(s *Secret) (string, error) {
	if t.options.Secrets == nil {
		return "", fmt.Errorf("no secrets are at hand")
	}
	v, err := t.options.Secrets(*s)
	if err != nil {
		return "", err
	}
	t.hide(v)
	return v, nil
}

// hide keeps a text out of whatever the client says from now on.
func (c *Client) hide(secret string) {
	if secret == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, form := range forms(secret) {
		if !slices.Contains(c.hidden, form) {
			c.hidden = append(c.hidden, form)
		}
	}
	slices.SortFunc(c.hidden, func(a, b string) int { return len(b) - len(a) })
}

// forms are the ways in which a service may repeat a text that it was sent: as it
// is, in JSON, in JSON within JSON, and in a form.
func forms(text string) []string {
	once := quotedText(text)
	return []string{text, once, quotedText(once), url.QueryEscape(text)}
}

func quotedText(s string) string {
	b, _ := json.Marshal(s) // a string always can be
	return string(b[1 : len(b)-1])
}

// without takes what is hidden out of a text.
func (c *Client) without(text string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.hidden {
		text = strings.ReplaceAll(text, s, "…")
	}
	return text
}
