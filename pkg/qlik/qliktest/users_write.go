package qliktest

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

func getUser(c *call) reply {
	u, found := c.tenant.Users.get(c.arg("userId"))
	if !found {
		return c.fail(http.StatusNotFound, "USERS-7", "no user %s", c.arg("userId"))
	}
	return ok(c.viewUser(u))
}

func postUser(c *call) reply {
	f := c.object("subject*", "name", "email", "picture", "status", "tenantId", "assignedRoles")
	f.oneOf("status", "invited")
	u := &user{Subject: f.str("subject"), Name: f.str("name"), Email: f.str("email"), Picture: f.str("picture"), Status: f.str("status"), Created: c.now, Updated: c.now}
	roles, bad := c.roleIDs(f.m["assignedRoles"])
	if bad != "" {
		f.fail("assignedRoles: %s", bad)
	}
	if f.has("tenantId") && f.str("tenantId") != c.tenant.ID {
		f.fail("tenantId is not this tenant")
	}
	if u.Status == "invited" && u.Email == "" {
		f.fail("email is required to invite")
	}
	switch {
	case f.err != "" || u.Subject == "":
		return c.badRequest("%s", cmp.Or(f.err, "subject is empty"))
	case !c.isAdmin():
		return c.forbidden("only a TenantAdmin may create users")
	case c.tenant.userBySubject(u.Subject) != nil:
		return c.fail(http.StatusConflict, "USERS-409", "subject %q is taken", u.Subject)
	}
	u.Roles = roles
	if u.Status == "" {
		u.Status = "active" // assumed: a user created without an invitation is active at once
	}
	c.tenant.addUser(u)
	return created(c.viewUser(u))
}

var userPatchPaths = []string{"/name", "/assignedRoles", "/assignedRoles/-", "/inviteExpiry", "/preferredZoneinfo", "/preferredLocale", "/status", "/assignedGroups", "/assignedGroups/-"}

func patchUser(c *call) reply {
	u, found := c.tenant.Users.get(c.arg("userId"))
	list, bad := c.patches([]string{"replace", "add", "remove-value", "renew"}, userPatchPaths)
	switch {
	case !found:
		return c.fail(http.StatusNotFound, "USERS-7", "no user %s", c.arg("userId"))
	case bad != "":
		return c.badRequest("%s", bad)
	case !c.isAdmin() && u != c.caller:
		return c.forbidden("only a TenantAdmin may change other users")
	}
	next, half := *u, false
	for _, p := range list {
		if c.mood.HalfPatches && strings.HasPrefix(p.path, "/assignedGroups") {
			half = true
			continue
		}
		if e := c.patchUser(&next, p); e != "" {
			return c.badRequest("%s", e)
		}
	}
	next.Updated = c.now
	c.tenant.Users.rename(u, func() { *u = next })
	if half { // assumed: its code
		return c.fail(http.StatusMultiStatus, "USERS-207", "the groups could not be changed")
	}
	return empty(http.StatusNoContent)
}

func (c *call) patchUser(u *user, p patch) string {
	s, isStr := p.str()
	switch {
	case p.op == "renew" && p.path == "/inviteExpiry":
	case p.op == "replace" && p.path == "/name" && s != "":
		u.Name = s
	case p.op == "replace" && p.path == "/preferredLocale" && isStr:
		u.Locale = s
	case p.op == "replace" && p.path == "/preferredZoneinfo" && isStr:
		u.Zone = s
	case p.op == "replace" && p.path == "/status" && slices.Contains([]string{"active", "disabled"}, s):
		u.Status = s
	default:
		return c.patchMembership(u, p)
	}
	return ""
}

// patchMembership applies the operations on lists of roles and groups.
func (c *call) patchMembership(u *user, p patch) (bad string) {
	value := p.value
	single := p.op == "remove-value" || p.path == "/assignedRoles/-" || p.path == "/assignedGroups/-"
	if single {
		value = append(append([]byte("["), value...), ']')
	}
	list, resolve := &u.Roles, c.roleIDs
	if p.path == "/assignedGroups" || p.path == "/assignedGroups/-" {
		list, resolve = &u.Groups, c.groupIDs
	}
	ids, bad := resolve(value)
	switch {
	case bad != "":
		return p.path + ": " + bad
	case p.op == "replace" && !single:
		*list = append(ids, c.foreignGroups(list == &u.Groups, *list)...)
	case p.op == "add" && single:
		*list = append(slices.Clone(*list), slices.DeleteFunc(ids, func(id string) bool { return slices.Contains(*list, id) })...)
	case p.op == "remove-value" && p.path != "/assignedRoles/-" && p.path != "/assignedGroups/-":
		*list = slices.DeleteFunc(slices.Clone(*list), func(id string) bool { return slices.Contains(ids, id) })
	default:
		return p.op + " " + p.path + " does not take this value"
	}
	return ""
}

// foreignGroups returns those of a user's groups that are the identity provider's.
//
// assumed: replacing the groups of a user leaves these as they are.
func (c *call) foreignGroups(groups bool, ids []string) (foreign []string) {
	for _, id := range ids {
		if g, found := c.tenant.Groups.get(id); groups && found && g.Provider == "idp" {
			foreign = append(foreign, id)
		}
	}
	return foreign
}

func deleteUser(c *call) reply {
	u, found := c.tenant.Users.get(c.arg("userId"))
	switch {
	case !found:
		return c.fail(http.StatusNotFound, "USERS-7", "no user %s", c.arg("userId"))
	case !c.isAdmin():
		return c.forbidden("only a TenantAdmin may delete users")
	case u == c.caller:
		return c.badRequest("users cannot delete themselves") // assumed
	}
	c.tenant.Users.remove(u)
	c.tenant.bury("user", u.Subject)
	c.tenant.dropMember(u.ID)
	return empty(http.StatusNoContent)
}
