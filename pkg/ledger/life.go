package ledger

import (
	"context"
	"net/url"
	"time"
)

// Life is how a tenant that qdeploy makes or deactivates has come into being, and how
// it ends. To make one is not idempotent: what is asked for is written down before, and
// what came of it after.
type Life struct {
	Tenant string `json:"tenant"`
	Host   string `json:"host"` // its alias, as the estate declares it

	Asked time.Time `json:"asked,omitzero"` // when a run was about to make it; zero when it was found
	Run   string    `json:"run,omitempty"`

	ID        string    `json:"id,omitempty"`        // "" while nobody knows whether it was made
	Permanent string    `json:"permanent,omitempty"` // the host that Qlik chose
	Named     time.Time `json:"named,omitzero"`      // when it had its name and its alias

	Deactivated time.Time `json:"deactivated,omitzero"` // zero while it is active
	Purge       time.Time `json:"purge,omitzero"`       // when Qlik says that it will purge it
}

// Made reports whether the tenant is there, and is called as it should be.
func (l Life) Made() bool { return l.ID != "" && !l.Named.IsZero() }

// lifeFolder lies beside that of the entries, one file for each tenant.
const lifeFolder = "lives"

// Lives returns what is known of the lives of tenants, by name.
func (l *Ledger) Lives() (map[string]Life, error) {
	return records(l, lifeFolder, func(r Life) string { return r.Tenant })
}

// PutLife replaces what is known of a tenant's life, in one commit with message as its
// subject. What has happened is kept in the local ref when the remote cannot be
// reached; what is about to happen is on the remote, or the error says that it is not.
// When a lease was acquired and is no longer ours the error is [ErrFenced].
func (l *Ledger) PutLife(ctx context.Context, message string, r Life) error {
	about := !r.Asked.IsZero() && r.ID == ""
	return l.putFile(ctx, message, lifeFolder+"/"+url.PathEscape(r.Tenant)+".json", r, !about)
}
