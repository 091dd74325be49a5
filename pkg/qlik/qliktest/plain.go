package qliktest

import (
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// A plainKind is a collection that keeps what it is given and gives it back:
// many kinds of a tenant are no more than that. A new one is an entry of
// plainKinds; only what Qlik does beyond it needs code.
type plainKind struct {
	name     string // of the service
	path     string
	envelope envelope
	fields   []plainField
	format   func([sha256.Size]byte) string // of ids
	style    pageStyle
	usual    int    // page size
	search   string // fields that are query parameters for a part of their value
	query    string // other query parameters, which change nothing
	sort     string // usual order
	put      bool   // PUT replaces the whole object; what is left out gets its default
	patch    bool   // PATCH replaces fields and answers 204

	created, updated string // names of the times
	extra            func(*call, *plain) map[string]any
}

type plainField struct {
	name, kind string // string, bool, strings or addresses
	required   bool
	unique     bool
	usual      string // JSON
}

// A plain is an object of a plain kind.
type plain struct {
	ID, Name         string
	Fields           map[string]json.RawMessage
	Created, Updated stamp
	By               string
}

func (p *plain) rowID() string   { return p.ID }
func (p *plain) rowName() string { return p.Name }

func (p *plain) str(field string) (s string) {
	_ = json.Unmarshal(p.Fields[field], &s) // "" unless it is a string
	return s
}

// service makes the routes of the kind.
func (k *plainKind) service() *service {
	one := k.path + "/{id}"
	query := strings.Join([]string{"limit sort", k.style.params(), k.search, k.query}, " ")
	s := &service{name: k.name, envelope: k.envelope, routes: []route{
		{method: "GET", path: k.path, tier: tier1, query: query, handle: k.list},
		{method: "POST", path: k.path, tier: tier2, handle: k.post},
		{method: "GET", path: one, tier: tier1, handle: k.get},
		{method: "DELETE", path: one, tier: tier2, handle: k.remove},
	}}
	if k.put {
		s.routes = append(s.routes, route{method: "PUT", path: one, tier: tier2, handle: k.replace})
	}
	if k.patch {
		s.routes = append(s.routes, route{method: "PATCH", path: one, tier: tier2, handle: k.change})
	}
	return s
}

func (k *plainKind) rows(c *call) *table[*plain] {
	t := c.tenant
	if t.Plain == nil {
		t.Plain = map[string]*table[*plain]{}
	}
	if t.Plain[k.name] == nil {
		t.Plain[k.name] = &table[*plain]{}
	}
	return t.Plain[k.name]
}

func (k *plainKind) view(c *call, p *plain) map[string]any {
	v := map[string]any{"id": p.ID, k.created: p.Created, k.updated: p.Updated}
	for _, f := range k.fields {
		if raw := p.Fields[f.name]; raw != nil {
			v[f.name] = raw
		}
	}
	if k.extra != nil {
		for name, value := range k.extra(c, p) {
			v[name] = value
		}
	}
	return v
}

func (k *plainKind) list(c *call) reply {
	rows := slices.DeleteFunc(slices.Clone(k.rows(c).rows), func(p *plain) bool {
		return slices.ContainsFunc(strings.Fields(k.search), func(f string) bool {
			return !strings.Contains(strings.ToLower(p.str(f)), strings.ToLower(c.query.Get(f)))
		})
	})
	keys := map[string]func(*plain) string{
		k.created: func(p *plain) string { return p.Created.String() + "\x00" + p.ID },
		k.updated: func(p *plain) string { return p.Updated.String() + "\x00" + p.ID },
	}
	for _, f := range k.fields {
		keys[f.name] = func(p *plain) string { return string(p.Fields[f.name]) + "\x00" + p.ID }
	}
	o, bad := sortBy(c, k.sort, keys)
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	page := k.style.cut(c, rows, o, k.usual, 100)
	if page.err != "" {
		return c.badRequest("%s", page.err)
	}
	return ok(viewPage(c, page, func(p *plain) map[string]any { return k.view(c, p) }))
}

// read reads the fields of a body.
func (k *plainKind) read(c *call) (map[string]json.RawMessage, string) {
	var names []string
	for _, f := range k.fields {
		names = append(names, f.name+strings.Repeat("*", count(f.required)))
	}
	body := c.object(names...)
	values := map[string]json.RawMessage{}
	for _, f := range k.fields {
		switch {
		case body.has(f.name):
			if bad := f.check(body.m[f.name]); bad != "" {
				body.fail("%s", bad)
			}
			values[f.name] = body.m[f.name]
		case f.usual != "":
			values[f.name] = json.RawMessage(f.usual)
		}
	}
	return values, body.err
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// check checks the type of a value.
func (f plainField) check(raw json.RawMessage) string {
	var v any
	switch f.kind {
	case "bool":
		v = new(bool)
	case "strings":
		v = new([]string)
	case "addresses":
		v = new(addresses)
	default:
		v = new(string)
	}
	if len(raw) == 0 || json.Unmarshal(raw, v) != nil || f.required && string(raw) == `""` {
		return f.name + " does not take this value"
	}
	return ""
}

// conflict names a unique field whose value another object has.
func (k *plainKind) conflict(c *call, id string, values map[string]json.RawMessage) string {
	for _, f := range k.fields {
		for _, p := range k.rows(c).rows {
			if f.unique && p.ID != id && string(p.Fields[f.name]) == string(values[f.name]) {
				return f.name + " is taken"
			}
		}
	}
	return ""
}

func (k *plainKind) post(c *call) reply {
	values, bad := k.read(c)
	if bad == "" {
		bad = k.conflict(c, "", values)
	}
	switch {
	case bad != "":
		return c.badRequest("%s", bad)
	case !c.isAdmin():
		return c.forbidden("only a TenantAdmin may create %s", k.name)
	}
	p := &plain{Fields: values, Created: c.now, Updated: c.now, By: c.caller.ID}
	p.Name = p.str(k.fields[0].name)
	p.ID = c.tenant.newID(k.name, p.Name, k.format, k.rows(c).has)
	k.rows(c).add(p)
	return created(k.view(c, p))
}

func (k *plainKind) find(c *call) (*plain, *reply) {
	p, found := k.rows(c).get(c.arg("id"))
	var r reply
	switch {
	case !found:
		r = c.notFound("no %s %s", k.name, c.arg("id"))
	case c.req.Method != http.MethodGet && !c.isAdmin():
		r = c.forbidden("only a TenantAdmin may change %s", k.name)
	default:
		return p, nil
	}
	return nil, &r
}

func (k *plainKind) get(c *call) reply {
	p, refused := k.find(c)
	if refused != nil {
		return *refused
	}
	return ok(k.view(c, p))
}

// set gives an object other values.
func (k *plainKind) set(c *call, p *plain, values map[string]json.RawMessage) (bad string) {
	if bad = k.conflict(c, p.ID, values); bad != "" {
		return bad
	}
	next := plain{Fields: values}
	name := next.str(k.fields[0].name)
	c.tenant.renamed(k.name, p.Name, name)
	k.rows(c).rename(p, func() { p.Name, p.Fields, p.Updated = name, values, c.now })
	return ""
}

func (k *plainKind) replace(c *call) reply {
	values, bad := k.read(c)
	p, refused := k.find(c)
	if refused != nil {
		return *refused
	}
	if bad == "" {
		bad = k.set(c, p, values)
	}
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	return ok(k.view(c, p))
}

func (k *plainKind) change(c *call) reply {
	p, refused := k.find(c)
	if refused != nil {
		return *refused
	}
	paths, values := []string{}, map[string]json.RawMessage{}
	for _, f := range k.fields {
		paths = append(paths, "/"+f.name)
		values[f.name] = p.Fields[f.name]
	}
	list, bad := c.patches(replaceOnly, paths)
	for _, op := range list {
		f := k.fields[slices.Index(paths, op.path)]
		if bad == "" {
			bad = f.check(op.value)
		}
		values[f.name] = op.value
	}
	if bad == "" {
		bad = k.set(c, p, values)
	}
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	return empty(http.StatusNoContent)
}

func (k *plainKind) remove(c *call) reply {
	p, refused := k.find(c)
	if refused != nil {
		return *refused
	}
	k.rows(c).remove(p)
	c.tenant.bury(k.name, p.Name)
	return empty(http.StatusNoContent)
}
