package qlik

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// ErrUnseen says that what a space holds is not shown to the engine, so that a
// listing would be empty whatever there is.
var ErrUnseen = errors.New("the bot has no role there that sees connections")

// seers are the space roles whose holders see the data connections of a space;
// its owner does too. To be TenantAdmin, or to view apps, is not enough.
//
// https://qlik.dev/toolkits/qlik-cli/connectivity/connectivity-data-connection-ls:
// "filtered based on the caller's space access permissions".
// assumed: which roles those are.
var seers = []string{"dataconsumer", "facilitator", "producer", "codeveloper", "operator"}

func seesConnections(role string) bool { return slices.Contains(seers, role) }

// Connections returns the names of the data connections in a space that was read,
// sorted. Those to the space's own files, which every space has, are left out. An
// error means that they are not known: [ErrUnseen], or the listing failed.
//
// https://qlik.dev/apis/rest/data-connections
func (t *Tenant) Connections(ctx context.Context, spaceID string) ([]string, error) {
	t.mu.Lock()
	f := t.spaces[spaceID]
	t.mu.Unlock()
	if !slices.ContainsFunc(f.roles, seesConnections) {
		bot, err := t.self(ctx)
		if err != nil {
			return nil, err
		}
		if bot != f.owner {
			return nil, ErrUnseen
		}
	}
	names := []string{}
	for c, err := range t.connectionsIn(ctx, spaceID) {
		if err != nil {
			return nil, err
		}
		names = append(names, c.Name)
	}
	slices.Sort(names)
	return names, nil
}

// Installed returns the names of what is live of a kind that has one listing, such
// as extension: what the snapshot read or, if it did not read that kind, what a
// listing shows now. An error means that they are not all known.
func (t *Tenant) Installed(ctx context.Context, s *Snapshot, k plan.Kind) ([]string, error) {
	complete, tried := s.read[listing{k, ""}]
	if tried && !complete {
		return nil, fmt.Errorf("%w: %s", errPartial, k)
	}
	names := []string{}
	if tried {
		for _, r := range s.Resources {
			if r.Key.Kind == k {
				names = append(names, r.Key.Name)
			}
		}
		return names, nil
	}
	known, ok := kinds[k]
	if !ok {
		return nil, fmt.Errorf("%s: no such kind", k)
	}
	for r, err := range known.list(ctx, t, "") {
		if err != nil {
			return nil, err
		}
		names = append(names, r.Key.Name)
	}
	return names, nil
}

// SpaceID returns the ID of a space that reading has found, "" if there is none.
func (t *Tenant) SpaceID(name string) string {
	id, _ := t.known(plan.Key{Kind: "space", Name: name})
	return id
}
