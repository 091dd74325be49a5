package qliktest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// What follows puts objects directly into the store, as if they had always
// been there. It panics on misuse: it is for tests.

// A UserSpec is a user to add. Roles and groups go by name; a group that does
// not exist is made.
type UserSpec struct {
	Subject, Name, Email string
	Status               string // default active
	Roles, Groups        []string
}

// AddUser adds a user and returns its id.
func (t *Tenant) AddUser(s UserSpec) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.userBySubject(s.Subject) != nil {
		panic(fmt.Sprintf("qliktest: user %q exists", s.Subject))
	}
	now := t.cloud.now()
	u := &user{Subject: s.Subject, Name: cmp.Or(s.Name, s.Subject), Email: s.Email, Status: cmp.Or(s.Status, "active"), Created: now, Updated: now}
	for _, name := range s.Roles {
		u.Roles = append(u.Roles, t.mustRole(name))
	}
	for _, name := range s.Groups {
		u.Groups = append(u.Groups, t.mustGroup(name))
	}
	t.addUser(u)
	return u.ID
}

// HasUser reports whether there is a user of that subject.
func (t *Tenant) HasUser(subject string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.userBySubject(subject) != nil
}

// AddBot adds the bot user of an OAuth client ahead of its first call, and
// returns its id.
func (t *Tenant) AddBot(client string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bot(client, t.cloud.now()).ID
}

// GiveRole gives a user a role, by name. The bot user of an OAuth client is made if there
// is none yet.
func (t *Tenant) GiveRole(subject, role string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	u := t.userBySubject(subject)
	if client, isBot := strings.CutPrefix(subject, `qlikbot\`); u == nil && isBot {
		u = t.bot(client, t.cloud.now())
	}
	if u == nil {
		panic(fmt.Sprintf("qliktest: no user %q", subject))
	}
	if id := t.mustRole(role); !slices.Contains(u.Roles, id) {
		u.Roles = append(u.Roles, id)
	}
}

func (t *Tenant) mustRole(name string) string {
	r, found := t.Roles.named(name)
	if !found {
		panic(fmt.Sprintf("qliktest: no role %q", name))
	}
	return r.ID
}

func (t *Tenant) mustGroup(name string) string {
	if g, found := t.Groups.named(name); found {
		return g.ID
	}
	now := t.cloud.now()
	g := &group{Name: name, Provider: "idp", Created: now, Updated: now}
	t.addGroup(g)
	return g.ID
}

// AddGroup adds a group of the identity provider, with roles by name, and
// returns its id. A group that exists gets the roles.
func (t *Tenant) AddGroup(name string, roles ...string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := t.mustGroup(name)
	g, _ := t.Groups.get(id)
	g.Roles = nil
	for _, r := range roles {
		g.Roles = append(g.Roles, t.mustRole(r))
	}
	return id
}

// A SpaceSpec is a space to add.
type SpaceSpec struct {
	Name, Type, Description string // Type defaults to shared
	Owner                   string // subject; the user is made if there is none
}

// AddSpace adds a space and returns its id.
func (t *Tenant) AddSpace(s SpaceSpec) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, taken := t.Spaces.named(s.Name); taken || !spaceNameOK(s.Name) {
		panic(fmt.Sprintf("qliktest: space name %q is taken or not allowed", s.Name))
	}
	now := t.cloud.now()
	x := &space{Name: s.Name, Type: cmp.Or(s.Type, "shared"), Description: s.Description, Created: now, Updated: now}
	if assignable[x.Type] == 0 {
		panic(fmt.Sprintf("qliktest: no space type %q", x.Type))
	}
	x.Owner = t.owner(s.Owner)
	x.By = x.Owner
	t.addSpace(x)
	return x.ID
}

// owner returns the id of a user by subject, and makes the user if needed.
func (t *Tenant) owner(subject string) string {
	subject = cmp.Or(subject, "owner")
	if u := t.userBySubject(subject); u != nil {
		return u.ID
	}
	u := &user{Subject: subject, Name: subject, Status: "active", Created: t.cloud.now(), Updated: t.cloud.now()}
	t.addUser(u)
	return u.ID
}

// AddAssignment gives a user (by subject) or a group (by name) roles in a
// space (by name), and returns the id of the assignment. The kind is user,
// group or bot; a group that does not exist is made.
func (t *Tenant) AddAssignment(spaceName, kind, assignee string, roles ...string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.mustSpace(spaceName)
	set, bad := spaceRoles(s, roles)
	now := t.cloud.now()
	a := assignment{Kind: kind, Roles: set, Created: now, Updated: now, By: s.Owner, UpdatedBy: s.Owner}
	if kind == "group" {
		a.Assignee = everyoneID
		if assignee != everyoneName {
			a.Assignee = t.mustGroup(assignee)
		}
	} else if u := t.userBySubject(assignee); u != nil {
		a.Assignee = u.ID
	}
	if bad != "" || a.Assignee == "" || s.assignee(a.Assignee) >= 0 {
		panic(fmt.Sprintf("qliktest: assignment of %s %q in %q: %s", kind, assignee, spaceName, cmp.Or(bad, "no such assignee, or it has one")))
	}
	return t.addMember(s, a).ID
}

func (t *Tenant) mustSpace(name string) *space {
	s, found := t.Spaces.named(name)
	if !found {
		panic(fmt.Sprintf("qliktest: no space %q", name))
	}
	return s
}

// AddAPIKey adds a key of a user (by subject, made if there is none) and
// returns its token.
func (t *Tenant) AddAPIKey(subject string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.cloud.now()
	id := t.owner(subject)
	return t.addKey(&apiKey{Description: "seed", Subject: id, By: id, Created: now, Updated: now, Until: now.add(365 * 24 * time.Hour)})
}

// An AppSpec is an app to import. Without Content it is a small app of its
// Name; in a managed space it counts as published.
type AppSpec struct {
	Name, Description string
	Space             string // name; "" is the owner's personal space
	Owner             string // subject; default: the owner of the space
	Content           []byte // of a QVF
	HasData           bool   // or the content has
	OriginAppID       string
	Age               time.Duration // how long ago it was made
}

// ImportApp adds an app and returns its id.
func (t *Tenant) ImportApp(s AppSpec) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s.Content == nil {
		s.Content = QVF(QVFSpec{Title: s.Name, Description: s.Description})
	}
	b, err := t.cloud.blobs.put(s.Content)
	if err != nil {
		panic("qliktest: " + err.Error())
	}
	now := t.cloud.now()
	a := &app{Name: cmp.Or(s.Name, b.title), Description: cmp.Or(s.Description, b.description), Content: b.sum, HasData: s.HasData || b.hasData, Origin: s.OriginAppID}
	c := &call{cloud: t.cloud, tenant: t, now: now.add(-s.Age)}
	if s.Space != "" {
		x := t.mustSpace(s.Space)
		a.Space, a.Owner = x.ID, x.Owner
		if x.Type == "managed" {
			a.Published = c.now
		}
	}
	if s.Owner != "" || a.Owner == "" {
		a.Owner = t.owner(s.Owner)
	}
	c.addApp(a, a.Space+" "+a.Name)
	return a.ID
}

// Keep lets people make something in an app: a bookmark, a private sheet, a task that
// reloads it. It stays as long as the app's id, and is in no copy of the app.
func (t *Tenant) Keep(spaceName, name string, what ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, a := range t.Apps.rows {
		if s, found := t.Spaces.get(a.Space); found && s.Name == spaceName && a.Name == name {
			a.Kept = append(a.Kept, what...)
			return
		}
	}
	panic("qliktest: no app " + spaceName + "/" + name)
}

// AddTheme adds a theme from its zip and returns its id.
func (t *Tenant) AddTheme(zip []byte) string { return t.addArchive("themes", &t.Themes, zip) }

// AddExtension adds an extension from its zip and returns its id.
func (t *Tenant) AddExtension(zip []byte) string {
	return t.addArchive("extensions", &t.Extensions, zip)
}

func (t *Tenant) addArchive(kind string, in *archives, zip []byte) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.cloud.now()
	a := &archive{Owner: t.owner(""), Created: now, UpdatedAt: now}
	if err := a.read(zip); err != nil {
		panic("qliktest: " + err.Error())
	}
	if _, taken := in.Rows.named(a.Qext); taken {
		panic(fmt.Sprintf("qliktest: %s %q exists", kind, a.Qext))
	}
	a.ID = t.newID(kind, a.Qext, hex24, in.Rows.has)
	in.Rows.add(a)
	return a.ID
}

// A ConnectionSpec is a data connection to add, in a space by name.
type ConnectionSpec struct{ Space, Name, Source string } // Source defaults to a REST connection

// AddConnection adds a data connection and returns its id.
func (t *Tenant) AddConnection(s ConnectionSpec) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	now, in := t.cloud.now(), t.mustSpace(s.Space)
	x := &connection{Name: s.Name, Source: cmp.Or(s.Source, "rest"), Type: "QvRestConnector.exe", Space: in.ID, Owner: in.Owner, Created: now, Updated: now}
	if err := t.addConnection(x); err != nil {
		panic("qliktest: " + err.Error())
	}
	return x.ID
}

// An AutomationSpec is an automation to add, in a space by name.
type AutomationSpec struct {
	Space, Name string
	Age, Ran    time.Duration // since it was made, and since it last ran; 0: it never ran
}

// AddAutomation adds an automation of the space's owner and returns its id.
func (t *Tenant) AddAutomation(s AutomationSpec) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	now, in := t.cloud.now(), t.mustSpace(s.Space)
	x := &automation{Name: s.Name, Space: in.ID, Owner: in.Owner, State: "available", Concurrent: 1, Created: now.add(-s.Age), Updated: now.add(-s.Age)}
	if s.Ran > 0 {
		x.Ran = now.add(-s.Ran)
	}
	t.addAutomation(x)
	return x.ID
}
