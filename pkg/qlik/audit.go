package qlik

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Deed is what somebody did to a resource, as far as the audit events of a tenant tell.
type Deed struct {
	Who   string    `json:"who,omitempty"` // a name and a subject, or a user's ID; "" if the event has none
	At    time.Time `json:"at"`
	Event string    `json:"event"` // its type, by Qlik's name
}

const (
	auditsPath = "/api/v1/audits"
	auditPages = 3 // of a hundred events, of each type
)

// event is what an audit event says, as far as it matters.
type event struct {
	Type       string `json:"eventType"`
	Time       string `json:"eventTime"`
	UserID     string `json:"userId"`
	Extensions struct {
		TopLevel string `json:"topLevelResourceId"`
	} `json:"extensions"`
	Data subject `json:"data"`
}

// subject is what an event is about. Its form depends on the type.
type subject struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	SpaceID    string `json:"spaceId"`
	AssigneeID string `json:"assigneeId"`
	Attributes struct {
		ID string `json:"id"` // of an app
	} `json:"attributes"`
}

// UnmarshalJSON takes what it knows of any JSON at all.
func (s *subject) UnmarshalJSON(b []byte) error {
	type plain subject
	_ = json.Unmarshal(b, (*plain)(s)) // what is of another form says nothing
	return nil
}

// Deeds looks into the audit events of the tenant for who last did to each resource what
// these changes undo. Only events of types that fit the changes are asked for, between two
// times, newest first and three hundred at most of each type, the likeliest types first; what is
// in none of them is not in the answer. Read the tenant before.
//
// It fails with what [errors.Is] takes for [ErrDenied] where the client may not read them.
//
// https://qlik.dev/apis/rest/audits, https://qlik.dev/apis/event
func (t *Tenant) Deeds(ctx context.Context, changes []plan.Change, from, to time.Time) (map[plan.Key]Deed, error) {
	var types []string
	for name, err := range list[string](ctx, t.Client, auditsPath+"/types", nil) {
		if err != nil {
			return nil, err
		}
		types = append(types, name)
	}
	slices.SortFunc(types, func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) })
	found := map[plan.Key]event{}
	for _, name := range slices.Compact(types) {
		left := slices.DeleteFunc(slices.Clone(changes), func(c plan.Change) bool {
			_, already := found[c.Key]
			return already || !tells(name, c)
		})
		if len(left) == 0 {
			continue
		}
		if err := t.search(ctx, name, left, from, to, found); err != nil {
			return nil, err
		}
	}
	return t.named(ctx, found)
}

// search looks for events of one type, until all changes are found or enough was read.
func (t *Tenant) search(ctx context.Context, name string, left []plan.Change, from, to time.Time, found map[plan.Key]event) error {
	const layout = "2006-01-02T15:04:05.000Z"
	q := everything("eventType", name, "eventTime", from.UTC().Format(layout)+"/"+to.UTC().Format(layout), "sort", "-eventTime")
	n := 0
	for e, err := range list[event](ctx, t.Client, auditsPath, q) {
		if err != nil {
			return err
		}
		left = slices.DeleteFunc(left, func(c plan.Change) bool {
			if !t.isAbout(e, c) {
				return false
			}
			found[c.Key] = e
			return true
		})
		if n++; len(left) == 0 || n == auditPages*100 {
			return nil
		}
	}
	return nil
}

func when(e event) time.Time {
	at, _ := time.Parse(time.RFC3339, e.Time) // the zero time is before any other
	return at
}

// named puts names to users, as far as they can be read.
func (t *Tenant) named(ctx context.Context, found map[plan.Key]event) (map[plan.Key]Deed, error) {
	names := map[string]string{"": ""}
	deeds := map[plan.Key]Deed{}
	for _, k := range slices.SortedFunc(maps.Keys(found), plan.Key.Compare) {
		e := found[k]
		if _, asked := names[e.UserID]; !asked {
			var u userBody
			err := t.call(ctx, http.MethodGet, usersPath+"/"+url.PathEscape(e.UserID), nil, nil, &u)
			switch {
			case errors.Is(err, ErrNotFound), errors.Is(err, ErrDenied) && !errors.Is(err, ErrSuspended):
			case err != nil:
				return nil, err
			}
			names[e.UserID] = cmp.Or(u.text(), "user "+e.UserID)
		}
		deeds[k] = Deed{names[e.UserID], when(e), e.Type}
	}
	return deeds, nil
}

func (u userBody) text() string {
	if u.Name == "" || u.Name == u.Subject {
		return u.Subject
	}
	return u.Name + " (" + u.Subject + ")"
}

// nouns are what event types call kinds that they call otherwise.
var nouns = map[plan.Kind]string{"assignment": "space.assignment"}

// tells reports whether events of a type may tell of what a change undoes:
// "com.qlik.v1.group.updated" of a group.
//
// assumed: types end with what was done, and have the name of the kind before that, after a
// namespace ("v1", "core", or none); so the documented ones do.
func tells(name string, c plan.Change) bool {
	rest, ok := strings.CutPrefix(name, "com.qlik.")
	i := strings.LastIndexByte(rest, '.')
	if !ok || i < 0 {
		return false
	}
	noun, verb := rest[:i], rest[i+1:]
	for _, space := range []string{"v1.", "core."} {
		noun = strings.TrimPrefix(noun, space)
	}
	if squeeze(noun) != squeeze(cmp.Or(nouns[c.Key.Kind], string(c.Key.Kind))) {
		return false
	}
	if c.Live == nil {
		return verb == "deleted"
	}
	return slices.Contains(verbs, verb)
}

// verbs are what is done to what is still there, the likeliest first.
var verbs = []string{"updated", "modified", "published", "created"}

// rank is the place of an event type's verb among the verbs, before them if it is none.
func rank(name string) int { return slices.Index(verbs, name[strings.LastIndexByte(name, '.')+1:]) }

// squeeze makes "group-setting", "group-settings" and "group.settings" one.
func squeeze(s string) string {
	return strings.TrimSuffix(strings.NewReplacer("-", "", ".", "", "_", "").Replace(s), "s")
}

// isAbout reports whether an event is about the resource of a change: by its ID, and where
// it is gone, by its name, or by the space and the person.
func (t *Tenant) isAbout(e event, c plan.Change) bool {
	switch {
	case kinds[c.Key.Kind].traits().single:
		return true
	case c.Live != nil:
		id := c.Live.ID[strings.LastIndexByte(c.Live.ID, '/')+1:]
		return id != "" && (e.Data.ID == id || e.Data.Attributes.ID == id || e.Extensions.TopLevel == id)
	case c.Key.Kind == "assignment":
		space, there := t.known(plan.Key{Kind: "space", Name: spaceOf(c.Key)})
		return there && e.Data.SpaceID == space && slices.Contains(t.memberIDs(c.Key), e.Data.AssigneeID)
	}
	return e.Data.Name == c.Key.Name[strings.LastIndexByte(c.Key.Name, '/')+1:]
}

// memberIDs returns the IDs that the member of a space has, as far as they are known.
func (t *Tenant) memberIDs(k plan.Key) []string {
	who := assigneeOf(k)
	if name, ok := strings.CutPrefix(who, "group:"); ok {
		if id, there := t.known(plan.Key{Kind: "group", Name: name}); there {
			return []string{id}
		}
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.people[who]
}
