package qliktest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
)

type dump struct {
	Host       string        `json:"host"`
	Name       string        `json:"name"`
	Status     string        `json:"status"`
	Spaces     []dumpSpace   `json:"spaces"`
	Groups     []dumpGroup   `json:"groups"`
	Roles      []dumpRole    `json:"roles,omitempty"` // custom ones
	Users      []dumpUser    `json:"users,omitempty"` // people
	Apps       []dumpApp     `json:"apps"`
	Themes     []dumpArchive `json:"themes"`
	Extensions []dumpArchive `json:"extensions"`
	Brands     []dumpBrand   `json:"brands,omitempty"`
	Webhooks   []dumpWebhook `json:"webhooks,omitempty"`

	Connections  []dumpConnection  `json:"connections,omitempty"`
	DataFiles    []dumpDataFile    `json:"dataFiles,omitempty"`
	Collections  []dumpCollection  `json:"collections,omitempty"`
	OAuthClients []dumpOAuthClient `json:"oauthClients,omitempty"`
	IDPs         []dumpIDP         `json:"identityProviders,omitempty"`

	Tasks []dumpTask `json:"tasks,omitempty"`

	Sharing     []dumpSharing    `json:"sharingTasks,omitempty"`
	Alerts      []dumpAlert      `json:"dataAlerts,omitempty"`
	Idle        int              `json:"idleConditions,omitempty"` // that no alert has
	Automations []dumpAutomation `json:"automations,omitempty"`
	Glossaries  []dumpGlossary   `json:"glossaries,omitempty"`

	Plain map[string][]dumpPlain `json:"plain,omitempty"` // by service: csp-origins, web-integrations and so on
}

type dumpSpace struct {
	Name        string           `json:"name"`
	Type        string           `json:"type"`
	Description string           `json:"description"`
	Owner       string           `json:"owner"`
	ID          string           `json:"id"`
	Assignments []dumpAssignment `json:"assignments"`
}

type dumpAssignment struct {
	Type     string  `json:"type"`
	Assignee string  `json:"assignee"` // subject of a user, name of a group
	Roles    roleSet `json:"roles"`
	ID       string  `json:"id"`
}

type dumpGroup struct {
	Name        string   `json:"name"`
	Provider    string   `json:"provider"`
	Description string   `json:"description"`
	Roles       []string `json:"roles"`
	ID          string   `json:"id"`
}

type dumpRole struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Scopes      []string `json:"scopes"`
	ID          string   `json:"id"`
}

type dumpUser struct {
	Subject string   `json:"subject"`
	Name    string   `json:"name"`
	Email   string   `json:"email"`
	Status  string   `json:"status"`
	Roles   []string `json:"roles"`
	Groups  []string `json:"groups"`
	ID      string   `json:"id"`
}

func (t *Tenant) dumpUsers() (list []dumpUser) {
	for _, u := range t.Users.rows {
		if u.Client != "" {
			continue
		}
		d := dumpUser{u.Subject, u.Name, u.Email, u.Status, []string{}, []string{}, u.ID}
		for _, r := range t.roleRefs(u.Roles) {
			d.Roles = append(d.Roles, r.Name)
		}
		for _, id := range u.Groups {
			if g, found := t.Groups.get(id); found {
				d.Groups = append(d.Groups, g.Name)
			}
		}
		slices.Sort(d.Roles)
		slices.Sort(d.Groups)
		list = append(list, d)
	}
	return list
}

type dumpApp struct {
	Space       string   `json:"space"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Owner       string   `json:"owner"`
	SHA256      string   `json:"sha256"`
	HasData     bool     `json:"hasData"`
	Kept        []string `json:"kept,omitempty"` // what people have made in it
	Published   bool     `json:"published"`
	OriginAppID string   `json:"originAppId"`
	ID          string   `json:"id"`
}

type dumpArchive struct {
	Name        string   `json:"name"` // of the .qext file
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Version     string   `json:"version"`
	Tags        []string `json:"tags"`
	MD5         string   `json:"md5"`
	ID          string   `json:"id"`
}

// Dump describes what the tenant contains, as readable JSON without times.
// Equal contents give equal bytes, in whatever order they were made.
func (t *Tenant) Dump() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.settleReloads(t.cloud.now())
	d := dump{
		Host: t.Host, Name: t.Name, Status: t.Status, Spaces: []dumpSpace{}, Groups: []dumpGroup{}, Apps: []dumpApp{},
		Themes: t.Themes.dump(), Extensions: t.Extensions.dump(), Connections: t.dumpConnections(), DataFiles: t.dumpDataFiles(), OAuthClients: t.dumpOAuthClients(), IDPs: t.dumpIDPs(),
	}
	d.Plain, d.Users = t.dumpPlain(), t.dumpUsers()
	d.Collections = t.dumpCollections()
	d.Tasks, d.Sharing, d.Automations = t.dumpTasks(), t.dumpSharing(), t.dumpAutomations()
	d.Glossaries = t.dumpGlossaries()
	d.Alerts, d.Idle = t.dumpAlerts(), t.idleConditions()
	for _, w := range t.Webhooks.rows {
		d.Webhooks = append(d.Webhooks, w.dump())
	}
	for _, s := range t.Spaces.rows {
		x := dumpSpace{s.Name, s.Type, s.Description, t.subject(s.Owner), s.ID, []dumpAssignment{}}
		for _, a := range s.Members {
			x.Assignments = append(x.Assignments, dumpAssignment{a.Kind, t.assigneeName(a), a.Roles, a.ID})
		}
		slices.SortFunc(x.Assignments, func(a, b dumpAssignment) int {
			return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Assignee, b.Assignee))
		})
		d.Spaces = append(d.Spaces, x)
	}
	for _, g := range append(t.Groups.rows[:len(t.Groups.rows):len(t.Groups.rows)], t.everyone()) {
		x := dumpGroup{g.Name, g.Provider, g.Description, []string{}, g.ID}
		for _, r := range t.roleRefs(g.Roles) {
			x.Roles = append(x.Roles, r.Name)
		}
		slices.Sort(x.Roles)
		d.Groups = append(d.Groups, x)
	}
	for _, r := range t.Roles.rows {
		if r.Custom {
			d.Roles = append(d.Roles, dumpRole{r.Name, r.Description, slices.Sorted(slices.Values(r.Scopes)), r.ID})
		}
	}
	for _, a := range t.Apps.rows {
		s, inSpace := t.Spaces.get(a.Space)
		x := dumpApp{"", a.Name, a.Description, t.subject(a.Owner), a.Content, a.HasData, a.Kept, a.Published != 0, a.Origin, a.ID}
		if inSpace {
			x.Space = s.Name
		}
		d.Apps = append(d.Apps, x)
	}
	slices.SortFunc(d.Apps, func(a, b dumpApp) int {
		return cmp.Or(cmp.Compare(a.Space, b.Space), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	d.Brands = t.dumpBrands()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(d); err != nil {
		panic(err) // plain data
	}
	return b.Bytes()
}

func (x *archives) dump() []dumpArchive {
	list := []dumpArchive{}
	for _, a := range x.Rows.rows {
		list = append(list, dumpArchive{a.Qext, a.About.Name, a.About.Description, a.About.Version, append([]string{}, a.About.Tags...), a.MD5, a.ID})
	}
	return list
}

// dumpPlain is an object of a plain kind.
type dumpPlain struct {
	Name   string                     `json:"name"`
	Fields map[string]json.RawMessage `json:"fields"`
	ID     string                     `json:"id"`
}

func (t *Tenant) dumpPlain() map[string][]dumpPlain {
	out := map[string][]dumpPlain{}
	for service, rows := range t.Plain {
		for _, p := range rows.rows {
			out[service] = append(out[service], dumpPlain{p.Name, p.Fields, p.ID})
		}
	}
	return out
}

func (t *Tenant) subject(id string) string {
	if u, found := t.Users.get(id); found {
		return u.Subject
	}
	return id
}

func (t *Tenant) assigneeName(a assignment) string {
	if a.Kind != "group" {
		return t.subject(a.Assignee)
	}
	if g, found := t.Groups.get(a.Assignee); found {
		return g.Name
	}
	if a.Assignee == everyoneID {
		return everyoneName
	}
	return a.Assignee
}
