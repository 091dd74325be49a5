package qliktest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

var connectionsService = &service{name: "data-connections", envelope: envNumber, routes: []route{
	{method: "GET", path: "/api/v1/data-connections", tier: tier1, query: "limit page sort spaceId personal ownedByMe noDatafiles includeDisabled includeQris extended", handle: listConnections},
	{method: "POST", path: "/api/v1/data-connections", tier: tier2, handle: postConnection},
	{method: "GET", path: "/api/v1/data-connections/{qID}", tier: tier1, query: "extended noCache parseConnection", handle: getConnection},
	{method: "PATCH", path: "/api/v1/data-connections/{qID}", tier: tier2, handle: patchConnection},
	{method: "DELETE", path: "/api/v1/data-connections/{qID}", tier: tier2, handle: deleteConnection},
}}

// A connection is a data connection of a space or, without one, of its owner.
// Secrets are kept apart from the properties, and never answered.
type connection struct {
	ID, Name, Type, Source, Statement string
	Space, Owner                      string
	Separate                          bool
	Architecture                      int
	Properties                        json.RawMessage   `json:",omitempty"`
	Secrets                           map[string]string `json:",omitempty"`
	Tags                              []string
	Created, Updated                  stamp
	Files                             bool `json:"-"` // the connection to the space's own files, which is in no table
}

func (x *connection) rowID() string   { return x.ID }
func (x *connection) rowName() string { return x.Name }

// connectionView is a connection as it is read. What creating answers differs in
// the type of qLogOn, so that is not here.
type connectionView struct {
	ID           string   `json:"qID"`
	EngineID     string   `json:"qEngineObjectID"`
	Name         string   `json:"qName"`
	Type         string   `json:"qType"`
	Source       string   `json:"datasourceID"`
	Statement    string   `json:"qConnectStatement"`
	Separate     bool     `json:"qSeparateCredentials"`
	Architecture int      `json:"qArchitecture"`
	LogOn        any      `json:"qLogOn"`
	Space        string   `json:"space,omitempty"`
	Tags         []string `json:"tags,omitempty"`
	Tenant       string   `json:"tenant,omitempty"`
	User         string   `json:"user"`
	Privileges   []string `json:"privileges"`
	Created      stamp    `json:"created"`
	Updated      stamp    `json:"updated"`
	Properties   any      `json:"connectionProperties,omitempty"`
	Links        self     `json:"links"`
}

func (c *call) viewConnection(x *connection) connectionView {
	v := connectionView{
		ID: x.ID, EngineID: x.ID, Name: x.Name, Type: x.Type, Source: x.Source, Statement: x.Statement, Separate: x.Separate,
		Architecture: x.Architecture, LogOn: 0, Space: x.Space, Tags: x.Tags, Tenant: c.tenant.ID, User: x.Owner,
		Privileges: []string{"list", "read"}, Created: x.Created, Updated: x.Updated, Links: c.self("/api/v1/data-connections/" + x.ID),
	}
	if !x.Files && c.editsData(x.Space) {
		v.Privileges = append(v.Privileges, "update", "delete")
	}
	if c.query.Get("parseConnection") == "true" && x.Properties != nil {
		v.Properties = x.Properties
	}
	return v
}

// assumed: which space roles see the connections of a space, and which make them.
// Qlik says that a list is filtered by the caller's access to spaces, and that it
// takes "can consume data" or more to use a connection; a TenantAdmin as such has
// none, and neither has who may only view or publish apps.
const (
	seesData  = facilitator | producer | codeveloper | dataconsumer | operator
	makesData = facilitator | producer
)

func (c *call) seesData(spaceID string) bool  { return c.mayData(spaceID, seesData) }
func (c *call) editsData(spaceID string) bool { return c.mayData(spaceID, makesData) }

// mayData reports whether the caller has one of these roles in a space; without a
// space it is the caller's own.
func (c *call) mayData(spaceID string, roles roleSet) bool {
	s, found := c.tenant.Spaces.get(spaceID)
	return spaceID == "" || found && c.tenant.rolesIn(s, c.caller)&roles != 0
}

// connections are those that the caller sees, Qlik's own for files included.
func (c *call) connections() (rows []*connection) {
	for _, x := range c.tenant.Connections.rows {
		if x.Space == "" && x.Owner == c.caller.ID || x.Space != "" && c.seesData(x.Space) {
			rows = append(rows, x)
		}
	}
	for _, s := range c.tenant.Spaces.rows {
		if c.seesData(s.ID) {
			rows = append(rows, c.files(s.ID, s.Owner, s.Created))
		}
	}
	return append(rows, c.files("", c.caller.ID, c.caller.Created))
}

// files is the connection to the files of a space, or of the caller.
func (c *call) files(spaceID, owner string, created stamp) *connection {
	id := guid(digest(c.cloud.opts.Seed, c.tenant.ID, "data-files", cmp.Or(spaceID, owner)))
	return &connection{ID: id, Name: "DataFiles", Type: "qix-datafiles.exe", Source: "qix-datafiles", Space: spaceID, Owner: owner, Created: created, Updated: created, Files: true}
}

func listConnections(c *call) reply {
	q := c.query
	personal := q.Get("personal") == "true"
	if personal && q.Get("spaceId") != "" {
		return c.badRequest("personal and spaceId exclude each other") // assumed
	}
	rows := slices.DeleteFunc(c.connections(), func(x *connection) bool {
		return personal && x.Space != "" || q.Get("spaceId") != "" && x.Space != q.Get("spaceId") ||
			q.Get("ownedByMe") == "true" && x.Owner != c.caller.ID || q.Get("noDatafiles") == "true" && x.Files
	})
	// Those to files come last, whatever the order: their keys begin with what no other does.
	key := func(of func(*connection) string) func(*connection) string {
		return func(x *connection) string {
			last := x.Files != (len(q.Get("sort")) > 0 && q.Get("sort")[0] == '-')
			return fmt.Sprint(count(last)) + of(x) + "\x00" + x.ID
		}
	}
	o, bad := sortBy(c, "+qName", map[string]func(*connection) string{ // assumed: by name unless asked
		"_id":     key(func(x *connection) string { return "" }),
		"qName":   key((*connection).rowName),
		"created": key(func(x *connection) string { return x.Created.String() }),
		"updated": key(func(x *connection) string { return x.Updated.String() }),
	})
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	p := byPage(c, rows, o, 32, 100)
	if p.err != "" {
		return c.badRequest("%s", p.err)
	}
	return ok(viewPage(c, p, c.viewConnection))
}

// connectionFields are those of both bodies: a statement, or properties.
var connectionFields = []string{
	"qName*", "datasourceID*", "space", "tags", "qType", "qConnectStatement", "connectionProperties", "qUsername", "qPassword",
	"qConnectionSecret", "qSeparateCredentials", "qArchitecture", "qLogOn", "qCredentialsID", "qCredentialsName", "qID", "qEngineObjectID",
}

func postConnection(c *call) reply {
	f := c.object(connectionFields...)
	x := &connection{
		Name: f.str("qName"), Source: f.str("datasourceID"), Type: f.str("qType"), Statement: f.str("qConnectStatement"), Space: f.str("space"),
		Separate: f.bool("qSeparateCredentials"), Architecture: int(f.number("qArchitecture")), Tags: f.strs("tags"), Owner: c.caller.ID, Created: c.now, Updated: c.now,
	}
	classic := f.has("qType") && f.has("qConnectStatement")
	if f.has("connectionProperties") {
		x.keep(f.m["connectionProperties"])
		x.Type = cmp.Or(x.Type, x.Source) // assumed: the type
	}
	switch {
	case f.err != "":
	case classic == f.has("connectionProperties"):
		f.fail("either qType and qConnectStatement or connectionProperties")
	case x.Name == "" || x.Architecture != 0 && x.Architecture != 1:
		f.fail("qName is empty, or qArchitecture neither 0 nor 1")
	}
	_, known := c.tenant.Spaces.get(x.Space)
	switch {
	case f.err != "":
		return c.badRequest("%s", f.err)
	case x.Space != "" && !known:
		return c.notFound("no space %s", x.Space)
	case !c.editsData(x.Space):
		return c.forbidden("no right to make connections in this space")
	case c.tenant.addConnection(x) != nil:
		return c.fail(http.StatusConflict, "HTTP-409", "connection %q exists", x.Name)
	}
	v := c.viewConnection(x)
	v.LogOn, v.Tenant = "0", ""
	return created(v)
}

// addConnection adds a connection unless its space, or its owner, has one of that
// name. assumed: names that differ in case only are the same, as they are in scripts.
func (t *Tenant) addConnection(x *connection) error {
	for _, other := range t.Connections.rows {
		if strings.EqualFold(other.Name, x.Name) && other.Space == x.Space && (x.Space != "" || other.Owner == x.Owner) {
			return fmt.Errorf("connection %q exists", x.Name)
		}
	}
	x.ID = t.newID("data-connections", cmp.Or(x.Space, x.Owner)+" "+x.Name, guid, t.Connections.has)
	t.Connections.add(x)
	return nil
}

// connection returns the connection of the path.
func (c *call) connection() (*connection, *reply) {
	rows := c.connections()
	if i := slices.IndexFunc(rows, func(x *connection) bool { return x.ID == c.arg("qID") }); i >= 0 {
		return rows[i], nil
	}
	r := c.notFound("no connection %s", c.arg("qID"))
	return nil, &r
}

func getConnection(c *call) reply {
	x, missing := c.connection()
	if missing != nil {
		return *missing
	}
	return ok(c.viewConnection(x))
}

func deleteConnection(c *call) reply {
	x, missing := c.connection()
	switch {
	case missing != nil:
		return *missing
	case x.Files || !c.editsData(x.Space):
		return c.forbidden("no right to delete this connection")
	}
	c.tenant.Connections.remove(x)
	c.tenant.bury("data-connections", cmp.Or(x.Space, x.Owner)+" "+x.Name)
	return empty(http.StatusNoContent)
}
