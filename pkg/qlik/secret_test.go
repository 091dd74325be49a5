package qlik

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestHide shows that what was sent as a secret is in no error, however a service
// repeats it.
func TestHide(t *testing.T) {
	const secret = `p"a<s>\s & word`
	for name, body := range map[string]string{
		"as it is":        `cannot read ` + secret,
		"in JSON":         `{"errors":[{"code":"X","title":` + quoted(secret) + `}]}`,
		"in JSON in JSON": `{"errors":[{"code":"X","title":` + quoted(`{"v":`+quoted(secret)+`}`) + `}]}`,
		"in a form":       `v=` + url.QueryEscape(secret),
	} {
		c := &Client{}
		c.hide("")
		c.hide(secret)
		c.hide(secret)
		require.LessOrEqual(t, len(c.hidden), 4)
		req, err := http.NewRequest(http.MethodPost, "https://a.example/api", nil)
		require.NoError(t, err)
		said := refusal(req, 400, []byte(c.without(body))).Error()
		require.Contains(t, said, "…", name)
		require.NotContains(t, strings.ReplaceAll(said, `\`, ""), "word", name)
	}
}

func quoted(s string) string { return `"` + quotedText(s) + `"` }

// TestSecretsAtHand shows that a secret is read when it is needed, and that its place
// is named when it is not there.
func TestSecretsAtHand(t *testing.T) {
	tenant := NewTenant(&Client{}, TenantOptions{})
	_, err := tenant.secret(&Secret{Source: "env", Name: "A"})
	require.EqualError(t, err, "no secrets are at hand")
	require.False(t, held(true).writes())
	require.Nil(t, held(false))
	require.False(t, held(false).writes())
	require.True(t, (&Secret{Source: "env", Name: "A"}).writes())
	_, err = tenant.keep(&Secret{Source: "file", Name: "f"})
	require.EqualError(t, err, "secretTo: there is nowhere to put a secret")
}

func TestSecretInJSON(t *testing.T) {
	for _, text := range []string{`{"env":"A"}`, `{"file":"f","held":true}`, `{"held":true}`, `{}`} {
		var s Secret
		require.NoError(t, s.UnmarshalJSON([]byte(text)))
		b, err := s.MarshalJSON()
		require.NoError(t, err)
		require.Equal(t, text, string(b))
	}
	for _, text := range []string{`{"env":"A","file":"b"}`, `{"env":1}`, `"A"`} {
		require.Error(t, new(Secret).UnmarshalJSON([]byte(text)), text)
	}
}
