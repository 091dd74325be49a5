package qliktest

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// There is no list of conditions. Compound ones, evaluations, previews and settings are
// left out, and what is in conditionData means nothing here.
var conditionsService = &service{name: "conditions", envelope: envPlain, routes: []route{
	{method: "POST", path: "/api/v1/conditions", tier: tier2, handle: postCondition},
	{method: "GET", path: "/api/v1/conditions/{id}", tier: tier1, handle: getCondition},
	{method: "PATCH", path: "/api/v1/conditions/{id}", tier: tier2, handle: patchCondition},
	{method: "DELETE", path: "/api/v1/conditions/{id}", tier: tier2, handle: deleteCondition},
}}

// A condition is what an alert tests.
type condition struct {
	ID, Owner        string
	Base             conditionBase
	Data             map[string]json.RawMessage // its other members
	Created, Updated stamp
}

func (x *condition) rowID() string   { return x.ID }
func (x *condition) rowName() string { return x.ID }

func (x *condition) app() string { return x.Base.AppID }

type conditionBase struct {
	AppID       string `json:"appId"`
	BookmarkID  string `json:"bookmarkId,omitempty"`
	Description string `json:"description,omitempty"`
	Type        string `json:"type"`
}

type conditionBaseView struct {
	conditionBase
	ID        string `json:"id"`
	OwnerID   string `json:"ownerId"`
	CreatedBy string `json:"createdById"`
	TenantID  string `json:"tenantId"`
	Created   stamp  `json:"created"`
	Updated   stamp  `json:"updated"`
}

type conditionView struct {
	Type     string         `json:"type"`
	OwnerID  string         `json:"ownerId"`
	TenantID string         `json:"tenantId"`
	Data     map[string]any `json:"dataCondition"`
}

// conditionMembers are what a data condition has besides its base.
var conditionMembers = []string{"conditionData", "dimensions", "headers", "history", "measures", "selections"}

func (c *call) viewCondition(x *condition) conditionView {
	data := map[string]any{"conditionBase": conditionBaseView{x.Base, x.ID, x.Owner, x.Owner, c.tenant.ID, x.Created, x.Updated}}
	for name, v := range x.Data {
		data[name] = v
	}
	return conditionView{"data", x.Owner, c.tenant.ID, data}
}

// postCondition makes one.
//
// assumed: it is about an app that the caller may read, and tests something.
func postCondition(c *call) reply {
	f := c.object("type*", "dataCondition*")
	f.oneOf("type", "data")
	in := c.members(f.m["dataCondition"], append([]string{"conditionBase*"}, conditionMembers...)...)
	base := c.members(in.m["conditionBase"], "appId*", "type", "bookmarkId", "description")
	x := &condition{Owner: c.caller.ID, Created: c.now, Updated: c.now, Data: maps.Clone(in.m)}
	delete(x.Data, "conditionBase")
	x.Base = conditionBase{base.str("appId"), base.str("bookmarkId"), base.str("description"), "data"}
	for _, part := range []*fields{in, base} {
		if part.err != "" {
			f.fail("%s", part.err)
		}
	}
	if bad := x.wrong(); bad != "" {
		f.fail("%s", bad)
	}
	if a, found := c.tenant.Apps.get(x.Base.AppID); !found || !c.may(a, toRead) {
		f.fail("no app %s", x.Base.AppID)
	}
	if f.err != "" {
		return c.badRequest("%s", f.err)
	}
	x.ID = c.tenant.newID("conditions", x.Base.AppID, guid, c.tenant.Conditions.has)
	c.tenant.Conditions.add(x)
	return created(map[string]any{"condition": c.viewCondition(x), "errors": []any{}})
}

// wrong says what is wrong with the members of a condition, "" if nothing.
func (x *condition) wrong() string {
	var object map[string]json.RawMessage
	if json.Unmarshal(x.Data["conditionData"], &object) != nil || object == nil {
		return "conditionData is not an object"
	}
	for _, name := range []string{"dimensions", "headers", "measures", "selections"} {
		var list []json.RawMessage
		if v := x.Data[name]; v != nil && json.Unmarshal(v, &list) != nil {
			return name + " is not a list"
		}
	}
	return ""
}

// condition returns the condition of the path, to its owner and to administrators.
func (c *call) condition() (*condition, *reply) {
	x, found := c.tenant.Conditions.get(c.arg("id"))
	if found && (x.Owner == c.caller.ID || c.isAdmin()) {
		return x, nil
	}
	r := c.notFound("no condition %s", c.arg("id"))
	return nil, &r
}

func getCondition(c *call) reply {
	x, refused := c.condition()
	if refused != nil {
		return *refused
	}
	return ok(c.viewCondition(x))
}

// patchCondition changes members as a whole; Qlik's example also reaches into them.
func patchCondition(c *call) reply {
	x, refused := c.condition()
	if refused != nil {
		return *refused
	}
	next := *x
	next.Data = maps.Clone(x.Data)
	const data, bookmark = "/dataCondition/", "/dataCondition/conditionBase/bookmarkId"
	paths := []string{bookmark}
	for _, name := range conditionMembers {
		paths = append(paths, data+name)
	}
	list, bad := c.patches([]string{"replace", "remove", "add"}, paths)
	for _, op := range list {
		name := strings.TrimPrefix(op.path, data)
		_, there := next.Data[name]
		switch {
		case op.path == bookmark:
			f := &fields{m: map[string]json.RawMessage{"value": op.value}}
			next.Base.BookmarkID, bad = f.str("value"), f.err
		case op.op != "add" && !there:
			bad = "there is no " + name
		case op.op == "remove":
			delete(next.Data, name)
		default:
			next.Data[name] = slices.Clone(op.value)
		}
		if bad != "" {
			break
		}
	}
	if bad == "" {
		bad = next.wrong()
	}
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	next.Updated = c.now
	*x = next
	return empty(http.StatusNoContent)
}

// deleteCondition does not mind an alert that has it.
//
// https://qlik.dev/apis/rest/data-alerts: of an alert, «Task or condition not found»
func deleteCondition(c *call) reply {
	x, refused := c.condition()
	if refused != nil {
		return *refused
	}
	c.tenant.Conditions.remove(x)
	return empty(http.StatusNoContent)
}
