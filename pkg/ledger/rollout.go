package ledger

import (
	"context"
	"net/url"
	"time"
)

// Rollout is how far the rings of an environment have come, and who is in them:
// resolved once, so that nobody changes rings in the middle of it.
type Rollout struct {
	Environment string        `json:"environment"`
	Declared    string        `json:"declared"` // a digest of the rings as the estate has them
	Run         string        `json:"run"`      // that began it
	Began       time.Time     `json:"began"`
	Ended       time.Time     `json:"ended,omitzero"` // when all had it; zero while it goes on
	Red         string        `json:"red,omitempty"`  // what gates said that stopped it; "" while they do not
	Rings       []RolloutRing `json:"rings"`
	Newcomers   []string      `json:"newcomers,omitempty"` // tenants that waited for its end, once it has ended
}

// RolloutRing is a ring of a rollout.
type RolloutRing struct {
	Name    string   `json:"name"`
	Tenants []string `json:"tenants"`
}

// Open reports whether the rollout goes on.
func (r Rollout) Open() bool { return !r.Began.IsZero() && r.Ended.IsZero() }

// rolloutFolder lies beside that of the entries, one file for each environment.
const rolloutFolder = "rollouts"

// Rollouts returns the last rollout of each environment that had one.
func (l *Ledger) Rollouts() (map[string]Rollout, error) {
	return records(l, rolloutFolder, func(r Rollout) string { return r.Environment })
}

// PutRollout replaces the rollout of an environment, in one commit with message as
// its subject. When a lease was acquired and is no longer ours the error is
// [ErrFenced].
func (l *Ledger) PutRollout(ctx context.Context, message string, r Rollout) error {
	return l.putFile(ctx, message, rolloutFolder+"/"+url.PathEscape(r.Environment)+".json", r, true)
}
