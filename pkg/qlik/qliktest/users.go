package qliktest

import (
	"net/http"
	"slices"
	"strconv"
)

var usersService = &service{name: "users", envelope: envNumber, routes: []route{
	{method: "GET", path: "/api/v1/users", tier: tier1, query: "fields filter limit next prev sort totalResults email role status subject", handle: listUsers},
	{method: "POST", path: "/api/v1/users", tier: tier2, handle: postUser},
	{method: "GET", path: "/api/v1/users/actions/count", tier: tier1, handle: countUsers},
	{method: "POST", path: "/api/v1/users/actions/filter", tier: special("users filter", 200), query: "fields limit next prev sort", handle: filterUsers},
	{method: "GET", path: "/api/v1/users/me", tier: tier1, handle: usersMe},
	{method: "GET", path: "/api/v1/users/{userId}", tier: tier1, query: "fields", handle: getUser},
	{method: "PATCH", path: "/api/v1/users/{userId}", tier: tier2, handle: patchUser},
	{method: "DELETE", path: "/api/v1/users/{userId}", tier: tier2, handle: deleteUser},
}}

// A user is a person or the bot of an OAuth client.
type user struct {
	ID, Subject, Name, Email, Status string
	Picture, Locale, Zone            string
	Roles, Groups                    []string // ids
	Client                           string   // of a bot
	Created, Updated                 stamp
}

func (u *user) rowID() string   { return u.ID }
func (u *user) rowName() string { return u.Name }

// bot returns the user of an OAuth client, and makes it on first use.
func (t *Tenant) bot(client string, now stamp) *user {
	// assumed: the subject is qlikbot\ and the client id.
	subject := `qlikbot\` + client
	if u := t.userBySubject(subject); u != nil {
		return u
	}
	admin, _ := t.Roles.named("TenantAdmin")
	u := &user{Subject: subject, Name: client, Status: "active", Roles: []string{admin.ID}, Client: client, Created: now, Updated: now}
	t.addUser(u)
	return u
}

func (t *Tenant) addUser(u *user) {
	u.ID = t.newID("user", u.Subject, hex24, t.Users.has)
	t.Users.add(u)
}

func (t *Tenant) userBySubject(subject string) *user {
	// The id follows from the subject unless a user of that subject was deleted.
	if u, found := t.Users.get(hex24(digest(t.cloud.opts.Seed, t.ID, "user", subject, strconv.Itoa(0)))); found {
		return u
	}
	if t.Made["user\x00"+subject] == 0 {
		return nil
	}
	i := slices.IndexFunc(t.Users.rows, func(u *user) bool { return u.Subject == subject })
	if i < 0 {
		return nil
	}
	return t.Users.rows[i]
}

type userView struct {
	ID                string     `json:"id"`
	TenantID          string     `json:"tenantId"`
	Status            string     `json:"status"`
	Subject           string     `json:"subject"`
	Name              string     `json:"name"`
	Email             string     `json:"email,omitempty"`
	Picture           string     `json:"picture,omitempty"`
	PreferredLocale   string     `json:"preferredLocale,omitempty"`
	PreferredZoneinfo string     `json:"preferredZoneinfo,omitempty"`
	AssignedRoles     []roleRef  `json:"assignedRoles"`
	AssignedGroups    []groupRef `json:"assignedGroups"`
	AssignedScopes    []string   `json:"assignedScopes"`
	CreatedAt         stamp      `json:"createdAt"`
	LastUpdatedAt     stamp      `json:"lastUpdatedAt"`
	Links             self       `json:"links"`
}

type groupRef struct {
	ID            string    `json:"id"`
	Name          string    `json:"name"`
	ProviderType  string    `json:"providerType"`
	AssignedRoles []roleRef `json:"assignedRoles"`
}

func (c *call) viewUser(u *user) userView {
	groups := []groupRef{}
	for _, id := range u.Groups {
		if g, found := c.tenant.Groups.get(id); found {
			groups = append(groups, groupRef{g.ID, g.Name, g.Provider, c.tenant.roleRefs(g.Roles)})
		}
	}
	return userView{
		ID: u.ID, TenantID: c.tenant.ID, Status: u.Status, Subject: u.Subject, Name: u.Name, Email: u.Email, Picture: u.Picture,
		PreferredLocale: u.Locale, PreferredZoneinfo: u.Zone, AssignedRoles: c.tenant.roleRefs(u.Roles), AssignedGroups: groups,
		AssignedScopes: []string{}, CreatedAt: u.Created, LastUpdatedAt: u.Updated, Links: c.self("/api/v1/users/" + u.ID),
	}
}

var userAttrs = attrs{
	"id": "eq", "subject": "eq co", "name": "eq co", "email": "eq co", "status": "eq", "clientId": "eq",
	"assignedRoles.id": "eq", "assignedRoles.name": "eq", "assignedGroups.id": "eq", "assignedGroupsAssignedRoles.name": "eq", "assignedScopes": "eq",
}

func (t *Tenant) userAttr(u *user, name string) (values []string) {
	switch name {
	case "id":
		return []string{u.ID}
	case "subject":
		return []string{u.Subject}
	case "name":
		return []string{u.Name}
	case "email":
		return []string{u.Email}
	case "status":
		return []string{u.Status}
	case "clientId":
		return []string{u.Client}
	case "assignedRoles.id":
		return u.Roles
	case "assignedGroups.id":
		return u.Groups
	case "assignedRoles.name":
		for _, r := range t.roleRefs(u.Roles) {
			values = append(values, r.Name)
		}
	case "assignedGroupsAssignedRoles.name":
		for _, id := range u.Groups {
			if g, found := t.Groups.get(id); found {
				for _, r := range t.roleRefs(g.Roles) {
					values = append(values, r.Name)
				}
			}
		}
	}
	return values
}

func listUsers(c *call) reply { return c.pageOfUsers(c.query.Get("filter")) }

func filterUsers(c *call) reply {
	f := c.object("filter")
	text := f.str("filter")
	if f.err != "" {
		return c.badRequest("%s", f.err)
	}
	return c.pageOfUsers(text)
}

// pageOfUsers lists users. Only active ones, unless the filter or the status
// parameter asks about the status.
func (c *call) pageOfUsers(text string) reply {
	rows, used, err := filtered(c.tenant.Users.rows, text, userAttrs, c.tenant.userAttr)
	if err != nil {
		return c.badRequest("filter: %v", err)
	}
	for param, attr := range map[string]string{"email": "email", "subject": "subject", "status": "status", "role": "assignedRoles.name"} {
		want := c.query.Get(param)
		if param == "status" && want == "" && !slices.Contains(used, "status") {
			want = "active"
		}
		if want == "" {
			continue
		}
		rows = slices.DeleteFunc(slices.Clone(rows), func(u *user) bool {
			return !slices.Contains(c.tenant.userAttr(u, attr), want)
		})
	}
	by := func(get func(*user) string) func(*user) string {
		return func(u *user) string { return get(u) + "\x00" + u.ID }
	}
	o, bad := sortBy(c, "+name", map[string]func(*user) string{
		"name": rowKey[*user], "id": by(func(*user) string { return "" }), "_id": by(func(*user) string { return "" }),
		"subject": by(func(u *user) string { return u.Subject }), "email": by(func(u *user) string { return u.Email }),
		"status": by(func(u *user) string { return u.Status }), "createdAt": by(func(u *user) string { return u.Created.String() }),
		"clientId": by(func(u *user) string { return u.Client }),
	})
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	p := byCursor(c, rows, o, 20, 100)
	if p.err != "" {
		return c.badRequest("%s", p.err)
	}
	return ok(viewPage(c, p, c.viewUser))
}

func countUsers(c *call) reply {
	return ok(struct {
		Total int `json:"total"`
	}{len(c.tenant.Users.rows)})
}

func usersMe(c *call) reply {
	return c.redirect(http.StatusMovedPermanently, "/api/v1/users/"+c.caller.ID)
}

// redirect sends the caller to another path of the tenant.
func (c *call) redirect(status int, path string) reply {
	location := c.link(path)
	if c.cloud.opts.RelativeRedirects {
		location = c.prefix + path
	}
	return empty(status).with("Location", location)
}
