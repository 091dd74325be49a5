package qlik

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// TenantOptions say where content comes from and how patient to be.
type TenantOptions struct {
	// Files reads a file that a spec names. It is needed to upload.
	Files func(path string) ([]byte, error)

	// Digest returns the content digest of an app, in the form specs have it.
	// What is uploaded must have the digest that was planned. Nil trusts it.
	Digest func(qvf []byte) string

	Poll Poll
}

// Poll says how to wait for what Qlik does later: a pause that grows from
// Interval, 0 meaning 1 s, and an end after Limit, 0 meaning 2 min.
type Poll struct{ Interval, Limit time.Duration }

// Tenant is a client and what it has learned: IDs by name, who is who, and
// what this run made. Its methods may be called concurrently.
type Tenant struct {
	*Client
	options TenantOptions
	sizes   sizes

	mu       sync.Mutex
	ids      map[plan.Key]string
	names    map[plan.Kind]map[string]string // name by ID
	spaces   map[string]facts                // by ID
	people   map[string][]string             // user IDs by assignee, as declared
	forms    map[string]map[string]string    // by space name: assignee as declared, by user ID
	owners   map[string]string               // declared owner by space name
	bot      string                          // our own user ID, once asked
	fresh    map[string]bool                 // IDs of spaces that this run made or joined
	staged   map[string]string               // IDs of apps, by staging space, release and name
	imported map[string]bool                 // IDs of the apps that this run imported
	busy     map[string]chan struct{}        // one turn for each app being staged
}

// facts is what a listing says of a space besides its spec.
type facts struct {
	owner string
	roles []string // of the caller

	created time.Time
}

// NewTenant returns a tenant of which nothing is known yet.
func NewTenant(c *Client, o TenantOptions) *Tenant {
	if o.Poll.Interval == 0 {
		o.Poll.Interval = time.Second
	}
	if o.Poll.Limit == 0 {
		o.Poll.Limit = 2 * time.Minute
	}
	return &Tenant{
		Client: c, options: o, sizes: sizes{longestBody, longestChunk},
		ids: map[plan.Key]string{}, names: map[plan.Kind]map[string]string{}, spaces: map[string]facts{},
		people: map[string][]string{}, forms: map[string]map[string]string{}, owners: map[string]string{},
		fresh: map[string]bool{}, staged: map[string]string{}, imported: map[string]bool{}, busy: map[string]chan struct{}{},
	}
}

// learn remembers the ID of a resource.
func (t *Tenant) learn(k plan.Key, id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ids[k] = id
	if t.names[k.Kind] == nil {
		t.names[k.Kind] = map[string]string{}
	}
	t.names[k.Kind][id] = k.Name
}

// forget removes a resource that is no more.
func (t *Tenant) forget(k plan.Key) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.names[k.Kind], t.ids[k])
	delete(t.ids, k)
}

func (t *Tenant) known(k plan.Key) (id string, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	id, ok = t.ids[k]
	return id, ok
}

// nameOf returns the name of the resource with an ID.
func (t *Tenant) nameOf(k plan.Kind, id string) (string, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	name, ok := t.names[k][id]
	return name, ok
}

// id returns the ID of what a spec refers to. What was neither read nor made
// in this run is looked for once.
func (t *Tenant) id(ctx context.Context, r Ref) (string, error) {
	key, err := plan.ParseKey(string(r))
	if err != nil {
		return "", err
	}
	if id, ok := t.known(key); ok {
		return id, nil
	}
	k, ok := kinds[key.Kind]
	if !ok {
		return "", fmt.Errorf("%s: no such kind", key)
	}
	space := ""
	if k.traits().within {
		space = spaceOf(key)
	}
	for live, err := range k.list(ctx, t, space) {
		if err != nil {
			return "", fmt.Errorf("%s: %w", key, err)
		}
		if _, dup := t.known(live.Key); !dup {
			t.learn(live.Key, live.ID)
		}
	}
	if id, ok := t.known(key); ok {
		return id, nil
	}
	return "", fmt.Errorf("%s %w", key, errAbsent)
}

// self returns the user ID that the client acts as; it asks once.
//
// https://qlik.dev/apis/rest/users: answers 301 to the user itself.
func (t *Tenant) self(ctx context.Context) (string, error) {
	t.mu.Lock()
	bot := t.bot
	t.mu.Unlock()
	if bot != "" {
		return bot, nil
	}
	var me user
	if err := t.call(ctx, http.MethodGet, "/api/v1/users/me", nil, nil, &me); err != nil {
		return "", err
	}
	if me.ID == "" {
		return "", fmt.Errorf("GET /api/v1/users/me: %w: no id", errReply)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bot = me.ID
	return t.bot, nil
}

// wait calls try until it is done, with pauses, and returns errNotYet if that
// takes longer than t's limit or longer than most, unless that is 0.
func (t *Tenant) wait(ctx context.Context, most time.Duration, try func() (done bool, err error)) error {
	limit, pause := t.options.Poll.Limit, t.options.Poll.Interval
	if most > 0 {
		limit = min(limit, most)
	}
	for start := time.Now(); ; {
		done, err := try()
		if done || err != nil {
			return err
		}
		if time.Since(start)+pause > limit {
			return fmt.Errorf("%w after %s", errNotYet, limit)
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		pause = min(pause*3/2, 10*time.Second)
	}
}

var (
	errNotYet  = errors.New("not yet")
	errAbsent  = errors.New("does not exist")
	errChanged = errors.New("the file changed since it was planned")
)

func isConflict(err error) bool { return errors.Is(err, ErrConflict) }

// Do makes one change. Its error begins with the change's key. What a change
// asks for may be so already, from a run that was killed: then it is done.
//
// Changes that do not depend on each other may be made concurrently.
func (t *Tenant) Do(ctx context.Context, c plan.Change) error {
	k, ok := kinds[c.Key.Kind]
	if !ok {
		return fmt.Errorf("%s: no such kind", c.Key)
	}
	if err := t.do(ctx, k, c); err != nil {
		return fmt.Errorf("%s: %w", c.Key, err)
	}
	return nil
}

func (t *Tenant) do(ctx context.Context, k kind, c plan.Change) error {
	switch c.Action {
	case plan.Create, plan.Publish, plan.Replace:
		if c.Desired == nil {
			return fmt.Errorf("%s without a desired spec", c.Action)
		}
		if c.Action == plan.Replace {
			if err := t.remove(ctx, k, c); err != nil {
				return err
			}
		}
		return k.create(ctx, t, c.Key, c.Desired.Spec)
	case plan.Adopted, plan.Update, plan.Republish, plan.Move:
		if c.Action == plan.Adopted && len(c.Fields) == 0 {
			return nil
		}
		if c.Desired == nil || c.Live == nil {
			return fmt.Errorf("%s without a live and a desired spec", c.Action)
		}
		id, err := t.idOf(ctx, c)
		if err != nil {
			return err
		}
		return k.update(ctx, t, id, c.Live, c.Desired)
	case plan.Delete:
		return t.remove(ctx, k, c)
	}
	return fmt.Errorf("action %q is not known", c.Action)
}

// idOf returns the ID of what a change is about: from reading, or, when the
// plan was read from a file, by its name.
func (t *Tenant) idOf(ctx context.Context, c plan.Change) (string, error) {
	if c.Live != nil && c.Live.ID != "" {
		return c.Live.ID, nil
	}
	key := c.Key
	if c.Live != nil && !c.Live.Key.IsZero() {
		key = c.Live.Key
	} else if !c.From.IsZero() {
		key = c.From
	}
	return t.id(ctx, Ref(key.String()))
}

func (t *Tenant) remove(ctx context.Context, k kind, c plan.Change) error {
	id, err := t.idOf(ctx, c)
	if errors.Is(err, errAbsent) {
		return nil
	}
	if err != nil {
		return err
	}
	err = k.remove(ctx, t, id)
	if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrGone) {
		return err
	}
	key := c.Key
	if c.Live != nil && !c.Live.Key.IsZero() {
		key = c.Live.Key
	}
	t.forget(key)
	return nil
}

// declared returns the form in which the assignees of a space are declared.
func (t *Tenant) declared(space string) map[string]string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.forms[space])
}
