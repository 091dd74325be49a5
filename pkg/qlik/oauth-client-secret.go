package qlik

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// keep makes ready to keep what Qlik issues. Where nothing is to be kept, what is
// issued is forgotten.
func (t *Tenant) keep(to *Secret) (put func(string) error, err error) {
	switch {
	case to == nil:
		return func(string) error { return nil }, nil
	case t.options.Keep == nil:
		return nil, errors.New("secretTo: there is nowhere to put a secret")
	}
	put, err = t.options.Keep(to.Name)
	if err != nil {
		return nil, fmt.Errorf("secretTo: %w", err)
	}
	return put, nil
}

// rotateClientSecret adds a secret, sees that it logs in, puts it where it belongs,
// and then removes the older ones but for the one before: whoever uses that has until
// the next rotation to change over. What fails on the way leaves the old ones alone.
//
// https://qlik.dev/apis/rest/oauth-clients: at most five secrets at a time.
func (t *Tenant) rotateClientSecret(ctx context.Context, id string, c OAuthClient) error {
	put, err := t.keep(c.SecretTo)
	if err != nil {
		return err
	}
	old, err := t.clientSecrets(ctx, id)
	if err != nil {
		return errors.Join(err, put(""))
	}
	if len(old) >= mostSecrets { // one that nobody should use any more makes room
		if err := t.removeClientSecret(ctx, id, old[len(old)-1].Hint); err != nil {
			return errors.Join(err, put(""))
		}
		old = old[:len(old)-1]
	}
	var made struct {
		Secret string `json:"clientSecret"`
		Hint   string `json:"hint"`
	}
	err = t.call(ctx, http.MethodPost, clientSecretsPath(id), nil, nil, &made)
	t.hide(made.Secret)
	if err == nil && c.logsIn() {
		if err = t.options.Login(ctx, id, made.Secret); err != nil {
			err = errors.Join(fmt.Errorf("the new secret does not log in: %w", err), t.removeClientSecret(ctx, id, made.Hint))
		}
	}
	if err != nil {
		return errors.Join(err, put(""))
	}
	if err := put(made.Secret); err != nil {
		return errors.Join(err, t.removeClientSecret(ctx, id, made.Hint))
	}
	for _, s := range old[min(1, len(old)):] {
		if err := t.removeClientSecret(ctx, id, s.Hint); err != nil {
			return err
		}
	}
	return nil
}

const mostSecrets = 5

func clientSecretsPath(id string) string { return oauthClientPath(id) + "/client-secrets" }

// logsIn reports whether a client can log in without a person, to try its secret.
func (c OAuthClient) logsIn() bool {
	return c.AppType == "web" && c.AllowedGrantTypes != nil && slices.Contains(*c.AllowedGrantTypes, "client_credentials")
}

// clientSecrets returns what is known of the secrets of a client, newest first.
func (t *Tenant) clientSecrets(ctx context.Context, id string) ([]clientSecret, error) {
	var c oauthClientBody
	if err := t.call(ctx, http.MethodGet, oauthClientPath(id), nil, nil, &c); err != nil {
		return nil, err
	}
	slices.SortStableFunc(c.Secrets, func(a, b clientSecret) int { return b.Created.Compare(a.Created.Time) })
	return c.Secrets, nil
}

func (t *Tenant) removeClientSecret(ctx context.Context, id, hint string) error {
	err := t.call(ctx, http.MethodDelete, clientSecretsPath(id)+"/"+url.PathEscape(hint), nil, nil, nil)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}
