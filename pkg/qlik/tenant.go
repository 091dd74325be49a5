package qlik

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// TenantOptions say where content comes from and how patient to be.
type TenantOptions struct {
	// Files opens a file that a spec names. It is needed to upload. What is uploaded must
	// have the sum that was planned, from its beginning to its end.
	Files func(path string) (File, error)

	// Secrets returns the value of a secret. It is asked just before the call that
	// sends it; its error says where the secret should be.
	Secrets func(Secret) (string, error)

	// Keep makes ready to put a secret that Qlik issues into a file, before it is
	// issued: what it returns is called with the secret, or with "" if there is none
	// after all.
	Keep func(path string) (put func(secret string) error, err error)

	// Login reports whether an OAuth client of the tenant can log in.
	Login func(ctx context.Context, id, secret string) error

	// Evaluate says of an app that is about to be replaced whether it is to be
	// evaluated before, and since when it is there. Nil evaluates none.
	Evaluate func(space, app string) (since time.Time, asked bool)

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

	all atomic.Bool // everybody is listed, and recipients go by their IDs: see Holdings

	mu        sync.Mutex
	ids       map[plan.Key]string
	names     map[plan.Kind]map[string]string // name by ID
	spaces    map[string]facts                // by ID
	people    map[string][]string             // user IDs by assignee, as declared
	forms     map[string]map[string]string    // by space name: assignee as declared, by user ID
	owners    map[string][]string             // declared owners by space name
	providers map[string][]IdentityProvider   // declared identity providers, by address
	subjects  map[string]bool                 // declared users
	seated    map[string]bool                 // subjects that are declared to have a seat
	taken     []Seats                         // by the plan that was reviewed
	foreign   map[string]bool                 // names of groups of an identity provider
	scopes    map[string][]string             // declared scopes of custom roles, by the roles' names
	defaults  map[string]bool                 // names of Qlik's own roles
	gathered  map[plan.Key]bool               // whether the apps of a collection or a tag are declared
	sealed    map[string][]string             // by name: secret properties of data connections, as declared
	scheduled map[Ref]*reloads                // by app: of those that a declared task reloads
	upstream  map[string]map[string]bool      // by space: names of the tasks that declared ones there run after
	shared    map[string]*sharing             // subscriptions by name, with the space and the app
	sharable  map[Ref]bool                    // apps that may be subscribed to, and the spaces of which all are known
	alerts    map[string]*alert               // data alerts by name, as subscriptions
	sharings  *told[sharingBody]              // sharing tasks of the tenant
	warnings  *told[alertBody]                // the engine's own data alerts
	flows     map[string]*flows               // automations by space name
	made      map[string]time.Time            // when apps that were listed were made, by ID
	noNotes   string                          // why the notes of the tenant cannot be switched, "" if they can
	asking    sync.Mutex                      // for bot
	bot       string                          // our own user ID, once asked
	tenantID  string                          // the tenant's, from the same answer
	rights    []named                         // our own roles, from the same answer
	fresh     map[string]bool                 // IDs of spaces that this run made or joined
	staged    map[string]copied               // apps, by staging space, release and name
	imported  map[string]bool                 // IDs of the apps that this run imported
	busy      map[string]chan struct{}        // one turn for each app being staged
	brands    map[string]map[string]bool      // files of declared brands, by name
	filed     map[string][]DataFile           // by name: data files as they were applied, and as they are declared
	drives    map[string]string               // connections to the files of spaces, by the spaces' IDs
	lexicon   *lexicon                        // what is known of glossaries
	peeking   sync.Mutex                      // for peeked
	peeked    map[listing]bool                // read only when something was made there
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
	t := &Tenant{
		Client: c, options: o, sizes: sizes{longestBody, longestChunk},
		fresh: map[string]bool{}, staged: map[string]copied{}, imported: map[string]bool{}, busy: map[string]chan struct{}{},
	}
	t.unlearn()
	return t
}

// unlearn forgets what a reading finds out. What this run did stays.
func (t *Tenant) unlearn() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ids, t.names, t.spaces = map[plan.Key]string{}, map[plan.Kind]map[string]string{}, map[string]facts{}
	t.people, t.forms, t.owners = map[string][]string{}, map[string]map[string]string{}, map[string][]string{}
	t.seated, t.taken = map[string]bool{}, nil
	t.subjects, t.foreign = map[string]bool{}, map[string]bool{}
	t.scopes, t.defaults = map[string][]string{}, map[string]bool{}
	t.flows, t.made = map[string]*flows{}, map[string]time.Time{}
	t.scheduled, t.upstream = map[Ref]*reloads{}, map[string]map[string]bool{}
	t.sealed, t.providers = map[string][]string{}, map[string][]IdentityProvider{}
	t.sharings, t.warnings = &told[sharingBody]{}, &told[alertBody]{}
	t.shared, t.sharable = map[string]*sharing{}, map[Ref]bool{}
	t.alerts = map[string]*alert{}
	t.noNotes = ""
	t.brands = map[string]map[string]bool{}
	t.filed, t.drives = map[string][]DataFile{}, map[string]string{}
	t.gathered = map[plan.Key]bool{}
	t.lexicon, t.peeked = newLexicon(), map[listing]bool{}
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
// in this run is looked for; two of one name are none.
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
	var found []string
	for live, err := range k.list(ctx, t, space) {
		if err != nil {
			return "", fmt.Errorf("%s: %w", key, err)
		}
		if live.Key == key {
			found = append(found, live.ID)
		}
		t.learnFirst(live)
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("%s %w", key, errAbsent)
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("%s is ambiguous: %s", key, strings.Join(found, ", "))
}

// self returns the user ID that the client acts as; it asks once.
//
// https://qlik.dev/apis/rest/users: answers 301 to the user itself.
func (t *Tenant) self(ctx context.Context) (string, error) {
	t.asking.Lock() // whoever else wants to know waits for the answer
	defer t.asking.Unlock()
	t.mu.Lock()
	bot := t.bot
	t.mu.Unlock()
	if bot != "" {
		return bot, nil
	}
	var me struct {
		userBody
		TenantID string `json:"tenantId"`
	}
	if err := t.call(ctx, http.MethodGet, usersPath+"/me", nil, nil, &me); err != nil {
		return "", err
	}
	if me.ID == "" {
		return "", fmt.Errorf("GET /api/v1/users/me: %w: no id", errReply)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bot, t.tenantID, t.rights = me.ID, me.TenantID, me.Roles
	for _, g := range me.Groups {
		t.rights = append(t.rights, g.Roles...)
	}
	return t.bot, nil
}

// wait calls try until it is done, with pauses, and returns errNotYet if that
// takes longer than t's limit or longer than most, unless that is 0.
func (t *Tenant) wait(ctx context.Context, most time.Duration, try func() (done bool, err error)) error {
	limit := t.options.Poll.Limit
	if most > 0 {
		limit = min(limit, most)
	}
	return t.waitFor(ctx, limit, try)
}

// waitFor is wait with a limit of its own.
func (t *Tenant) waitFor(ctx context.Context, limit time.Duration, try func() (done bool, err error)) error {
	pause := t.options.Poll.Interval
	for start := t.clock.Now(); ; {
		done, err := try()
		if done || err != nil {
			return err
		}
		if t.clock.Now().Sub(start)+pause > limit {
			return fmt.Errorf("%w after %s", errNotYet, limit)
		}
		if err := t.clock.Sleep(ctx, pause); err != nil {
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

// declared returns the form in which the assignees of a space are declared.
func (t *Tenant) declared(space string) map[string]string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.forms[space])
}
