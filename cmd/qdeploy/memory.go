package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// memory is the ledger as commands see it: what was applied to each tenant, in
// the planner's words.
type memory struct {
	ledger  *ledger.Ledger // nil outside a repository
	entries map[string]ledger.Entry
	before  map[string]ledger.Entry // of tenants that this run has begun
	slots   []ledger.Slot           // that are held or waited for
	spaces  []ledger.Preview        // of pull requests, and what they try there
	lives   map[string]ledger.Life  // of tenants that we made or deactivated

	livesLock sync.Mutex

	identity ledger.Identity // who applies; zero for whoever is at this machine
	part, of string          // the shard that is applied, and of which revision
}

// recall opens the ledger of the repository that the estate lies in. Outside a
// repository there is nothing to remember with, and the user is told.
func (p *program) recall(ctx context.Context, dir string, remote *ledger.Remote) (*memory, error) {
	var l *ledger.Ledger
	var err error
	if remote != nil {
		l, err = ledger.OpenRemote(ctx, dir, *remote)
	} else {
		l, err = ledger.Open(dir)
	}
	if errors.Is(err, ledger.ErrNoRepository) {
		fmt.Fprintf(p.err, "qdeploy: %s is not inside a git repository: what is applied is not remembered, so causes are unknown and nothing is pruned\n", dir)
		return &memory{}, nil
	}
	if err != nil {
		return nil, err
	}
	return remember(l)
}

// last returns what is remembered of a tenant, and whether anything is. Of a
// tenant that this run has begun it is what earlier runs left: what this run may
// create is not yet there when the tenant is read again. While a run goes on
// entries belongs to its books, and everybody else asks here.
func (m *memory) last(tenant string) (e ledger.Entry, ok bool) {
	if e, ok = m.before[tenant]; ok {
		return e, e.Outcome != outcomeNone
	}
	e, ok = m.entries[tenant]
	return e, ok
}

// applied returns what was applied to a tenant, the keys that a run cut short
// may have created, and whether the tenant is remembered at all.
func (m *memory) applied(tenant string) (rs []plan.Resource, owned map[plan.Key]bool, ok bool, err error) {
	e, ok := m.last(tenant)
	specs := e.Resources.All()
	for _, name := range slices.Sorted(maps.Keys(specs)) {
		k, err := plan.ParseKey(name)
		if err != nil {
			return nil, nil, false, fmt.Errorf("ledger: %s: %v", tenant, err)
		}
		r := plan.Resource{Key: k, Spec: specs[name], Sums: map[string]plan.Sum{}}
		for path, hash := range e.Secrets[name] {
			r.Sums[path] = plan.Sum{Hash: hash}
		}
		rs = append(rs, r)
	}
	owned = map[plan.Key]bool{}
	for _, name := range e.Pending {
		k, err := plan.ParseKey(name)
		if err != nil {
			return nil, nil, false, fmt.Errorf("ledger: %s: %v", tenant, err)
		}
		owned[k] = true
	}
	return rs, owned, ok, nil
}

// current reports whether a tenant was last applied, wholly, with this desired state.
func (m *memory) current(tenant, digest string) bool {
	e, ok := m.last(tenant)
	return ok && e.Digest == digest && e.Outcome == outcomeApplied
}

// reached reports whether a tenant was last applied, wholly, at this revision.
func (m *memory) reached(tenant, revision string) bool {
	e, ok := m.last(tenant)
	return ok && revision != "" && e.Revision == revision && e.Outcome == outcomeApplied
}

const (
	outcomeApplied  = "applied"
	outcomePartly   = "partly applied"
	outcomeApplying = "applying"
	outcomeNone     = "not applied"
)

// stamp is what every entry of one run has in common.
type stamp struct {
	run, revision string
	now           func() time.Time
}

// begin records what a run is about to create, so that a run which is killed
// leaves nothing behind that looks like somebody else's.
func (m *memory) begin(s stamp, plans []*plan.Plan) error {
	if m.ledger == nil {
		return nil
	}
	var entries []ledger.Entry
	m.before = map[string]ledger.Entry{}
	for _, p := range plans {
		e, known := m.entries[p.Tenant.Name]
		if !known {
			e = ledger.Entry{Tenant: p.Tenant.Name, Host: p.Tenant.Host, Outcome: outcomeNone, Run: s.run, Time: s.now().UTC()}
		}
		m.before[p.Tenant.Name] = e
		pending := map[string]bool{}
		for _, k := range e.Pending {
			pending[k] = true
		}
		for _, c := range p.Changes {
			if c.Live == nil && c.Desired != nil && !c.Desired.Needed && c.Key.Kind != lifeKind {
				pending[c.Key.String()] = true
			}
		}
		if len(pending) == len(e.Pending) {
			continue
		}
		e.Pending, e.Stale = slices.Sorted(maps.Keys(pending)), false
		e.Outcome, e.Run, e.Time = outcomeApplying, s.run, s.now().UTC()
		entries = append(entries, e)
	}
	return m.write(fmt.Sprintf("%s: applying to %d tenants", s.run, len(plans)), entries)
}

func (m *memory) revision(tenant string) string {
	e, _ := m.last(tenant)
	return e.Revision
}

func (m *memory) close() {
	if m.ledger != nil {
		_ = m.ledger.Close() // everything is written
	}
}

func (m *memory) write(message string, entries []ledger.Entry) error {
	if m.ledger == nil || len(entries) == 0 {
		return nil
	}
	slices.SortFunc(entries, func(a, b ledger.Entry) int { return cmp.Compare(a.Tenant, b.Tenant) })
	if err := m.ledger.Write(message, entries...); err != nil {
		return err
	}
	for _, e := range entries {
		m.entries[e.Tenant] = e
	}
	return nil
}

// entry is what to remember of a tenant after a run: of each declared resource
// the spec that is in place now, and of what was to go, what is still there.
func (m *memory) entry(s stamp, t *study, outcomes []apply.Outcome) ledger.Entry {
	tenant := t.plan.Tenant
	old, _ := m.last(tenant.Name)
	e := ledger.Entry{
		Tenant: tenant.Name, Host: tenant.Host, Revision: s.revision, Digest: t.digest,
		Time: s.now().UTC(), Outcome: outcomeApplied, Run: s.run,
	}
	specs, before := map[string]json.RawMessage{}, old.Resources.All()
	for _, c := range t.dropped { // --kind left it out
		outcomes = append(outcomes, apply.Outcome{Change: c, Status: apply.NotStarted})
	}
	became := map[plan.Key]apply.Outcome{}
	for _, o := range outcomes {
		became[o.Change.Key] = o
		if o.Status != apply.Done {
			e.Outcome = outcomePartly
		}
		if o.Status == apply.Failed && e.Error == "" && o.Err != nil {
			e.Error, e.Class, e.Signature = firstLine(o.Err.Error()), qlik.Class(o.Err), qlik.Signature(o.Change.Key.Kind, o.Err)
		}
	}
	for _, r := range t.desired {
		o, changed := became[r.Key]
		switch {
		case r.Needed:
		case !changed || o.Status == apply.Done:
			specs[r.Key.String()] = r.Spec
		default:
			unfinished(&e, specs, before, old, o)
		}
	}
	e.Waits = t.waits(old, e.Time, outcomes)
	if len(t.plan.Held) > 0 { // to be looked for again, also when nothing else changes
		e.Outcome = outcomePartly
	}
	for name, spec := range before {
		if k, err := plan.ParseKey(name); err == nil && t.remains(k, became) {
			specs[name] = spec
		}
	}
	for k := range t.slots {
		keep(specs, before, k)
	}
	e.Resources = ledger.NewSpecs(specs)
	e.Since, e.Past, e.Reached = since(old, e), past(old, e), reached(old, e)
	e.Secrets = secretsOf(old, e, t, became)
	if e.Outcome != outcomeApplied { // what was reviewed since is still to be found
		e.Revision = old.Revision
	}
	return e
}

// remains reports whether a resource that was applied before, and that the
// estate no longer declares, is still in the tenant for all that is known: its
// deletion, or that of what it lives in, did not succeed, or nobody could look.
func (t *study) remains(k plan.Key, became map[plan.Key]apply.Outcome) bool {
	if t.declares(k) {
		return false // remembered already, or renamed away
	}
	if o, ok := became[t.renamed(k)]; ok {
		return o.Status != apply.Done
	}
	if o, ok := became[t.traits[k.Kind].ParentOf(k)]; ok && o.Change.Action == plan.Delete {
		return o.Status != apply.Done
	}
	return slices.Contains(t.plan.Held, k)
}

// declares reports whether the estate declares a resource, under this name or
// as one that had it before.
func (t *study) declares(k plan.Key) bool {
	return slices.ContainsFunc(t.desired, func(r plan.Resource) bool {
		return r.Key == k || r.Key.Kind == k.Kind && slices.Contains(r.Was, k.Name)
	})
}

// renamed returns the key under which the plan knows a resource that was applied
// as k: it may live in something that moves.
func (t *study) renamed(k plan.Key) plan.Key {
	home, now := plan.Key{}, k
	for _, c := range t.plan.Changes {
		if len(c.From.Name) > len(home.Name) && t.traits[k.Kind].Holds(c.From, k) {
			home, now.Name = c.From, c.Key.Name+strings.TrimPrefix(k.Name, c.From.Name)
		}
	}
	return now
}

// undo is what to remember of a tenant that was begun and not touched.
func (m *memory) undo(tenant string) *ledger.Entry {
	e, ok := m.before[tenant]
	if !ok {
		return nil
	}
	return &e
}

// unfinished remembers of a change that did not succeed what was applied before
// it, or that it may have created something.
func unfinished(e *ledger.Entry, specs, before map[string]json.RawMessage, old ledger.Entry, o apply.Outcome) {
	if !o.Change.From.IsZero() {
		keep(specs, before, o.Change.From)
		return
	}
	if keep(specs, before, o.Change.Key) {
		return
	}
	pending := slices.Contains(old.Pending, o.Change.Key.String())
	if o.Status == apply.Failed && o.Change.Live == nil || pending {
		e.Pending = append(e.Pending, o.Change.Key.String())
	}
}

func keep(specs, before map[string]json.RawMessage, k plan.Key) bool {
	spec, ok := before[k.String()]
	if ok {
		specs[k.String()] = spec
	}
	return ok
}
