package qliktest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// secretProperties are the properties of connectors that are credentials. Qlik knows
// them by the connector's specification, the emulator by name.
var secretProperties = []string{"password", "privateKey", "secret", "token"}

// keep takes over the properties of a connection, secrets apart.
func (x *connection) keep(raw json.RawMessage) {
	m := map[string]json.RawMessage{}
	_ = json.Unmarshal(raw, &m) // what is no object has no properties
	for _, name := range secretProperties {
		x.hide(name, m[name])
		delete(m, name)
	}
	x.Properties = marshalled(m)
}

// hide keeps a secret property, if there is one.
func (x *connection) hide(name string, raw json.RawMessage) {
	var v string
	if json.Unmarshal(raw, &v) != nil || v == "" {
		return
	}
	if x.Secrets == nil {
		x.Secrets = map[string]string{}
	}
	x.Secrets[name] = v
}

func marshalled(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // it was JSON before
	}
	return b
}

// connectionPaths are the fields that a patch may change, besides properties.
var connectionPaths = []string{"/qName", "/space", "/tags", "/qUsername", "/qPassword", "/qConnectStatement"}

// patchConnection changes a connection. Where it leads to changes only together with
// credentials, so that nobody sends those of somebody else to a server of their own.
func patchConnection(c *call) reply {
	x, missing := c.connection()
	switch {
	case missing != nil:
		return *missing
	case x.Files || !c.editsData(x.Space):
		return c.forbidden("no right to change this connection")
	}
	next := *x
	next.Secrets = nil
	for name, v := range x.Secrets {
		next.hide(name, marshalled(v))
	}
	list, bad := c.connectionPatches()
	var p patched
	for _, op := range list {
		if bad == "" {
			bad = p.apply(&next, op)
		}
	}
	if bad == "" {
		bad = p.wrong()
	}
	_, known := c.tenant.Spaces.get(next.Space)
	switch {
	case bad != "":
		return c.badRequest("%s", bad)
	case next.Space != "" && !known:
		return c.notFound("no space %s", next.Space)
	case !c.editsData(next.Space):
		return c.forbidden("no right to make connections in this space")
	}
	taken := slices.ContainsFunc(c.tenant.Connections.rows, func(o *connection) bool {
		return o.ID != x.ID && o.Space == next.Space && strings.EqualFold(o.Name, next.Name)
	})
	if taken {
		return c.fail(http.StatusConflict, "HTTP-409", "connection %q exists", next.Name)
	}
	next.Updated = c.now
	c.tenant.renamed("data-connections", x.Space+" "+x.Name, next.Space+" "+next.Name)
	c.tenant.Connections.rename(x, func() { *x = next })
	return empty(http.StatusNoContent)
}

// connectionPatches reads a patch whose paths are not all known beforehand.
func (c *call) connectionPatches() ([]patch, string) {
	var raw []struct{ Path string }
	_ = json.Unmarshal(c.body, &raw) // patches says what is wrong with it
	paths := slices.Clone(connectionPaths)
	for _, op := range raw {
		if strings.HasPrefix(op.Path, "/connectionProperties/") {
			paths = append(paths, op.Path)
		}
	}
	return c.patches([]string{"add", "replace", "remove"}, paths)
}

// patched is what one patch has touched.
type patched struct{ statement, properties, address, password, property bool }

func (p *patched) apply(x *connection, op patch) string {
	f := &fields{m: map[string]json.RawMessage{"value": op.value}}
	name, isProperty := strings.CutPrefix(op.path, "/connectionProperties/")
	switch {
	case isProperty:
		p.setProperty(x, strings.NewReplacer("~1", "/", "~0", "~").Replace(name), op)
	case op.path == "/qName":
		if x.Name = f.str("value"); x.Name == "" {
			return "qName is empty"
		}
	case op.path == "/space":
		x.Space = f.str("value")
	case op.path == "/tags":
		x.Tags = f.strs("value")
	case op.path == "/qConnectStatement":
		x.Statement, p.statement = f.str("value"), true
	default:
		p.password = p.password || op.path == "/qPassword"
	}
	return f.err
}

func (p *patched) setProperty(x *connection, name string, op patch) {
	p.properties = true
	if slices.Contains(secretProperties, name) {
		p.property = true
		delete(x.Secrets, name)
		x.hide(name, op.value)
		return
	}
	p.address = p.address || slices.Contains([]string{"host", "server", "url"}, name)
	m := map[string]json.RawMessage{}
	_ = json.Unmarshal(x.Properties, &m) // it has none
	if m[name] = op.value; op.op == "remove" {
		delete(m, name)
	}
	x.Properties = marshalled(m)
}

func (p patched) wrong() string {
	switch {
	case p.statement && p.properties:
		return "either qConnectStatement or connectionProperties"
	case p.password && p.property:
		return "credentials are given twice"
	case (p.statement || p.address) && !p.password && !p.property:
		return "where it leads to changes only together with credentials"
	}
	return ""
}

type dumpConnection struct {
	Space      string            `json:"space"`
	Name       string            `json:"name"`
	Source     string            `json:"datasourceID"`
	Properties json.RawMessage   `json:"connectionProperties"`
	Tags       []string          `json:"tags"`
	Secrets    map[string]string `json:"secrets"` // digests, by property
	ID         string            `json:"id"`
}

// dumpConnections describes the connections of spaces.
func (t *Tenant) dumpConnections() (list []dumpConnection) {
	for _, x := range t.Connections.rows {
		d := dumpConnection{Name: x.Name, Source: x.Source, Properties: x.Properties, Tags: append([]string{}, x.Tags...), Secrets: map[string]string{}, ID: x.ID}
		if s, found := t.Spaces.get(x.Space); found {
			d.Space = s.Name
		}
		for name, v := range x.Secrets {
			d.Secrets[name] = secretDigest(v)
		}
		list = append(list, d)
	}
	return list
}
