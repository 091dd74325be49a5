package githubtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
)

var graphRoutes = []route{{method: "POST", path: "/graphql", handle: graph}}

// graph answers the two things of GraphQL that REST does not have. Errors are
// in the body of a 200.
//
// https://docs.github.com/graphql/reference/mutations#minimizecomment
func graph(c *call) reply {
	f := c.object("Query", "query*", "variables", "operationName")
	variables := map[string]json.RawMessage{}
	f.decode("variables", &variables)
	doc, err := parseGraph(f.text("query", ""), variables)
	if err != nil {
		return graphError("", "%s", err)
	}
	out := object{}
	for _, field := range doc.fields {
		var v any
		switch {
		case doc.kind == "query" && field.name == "viewer":
			v = object{"login": c.login(), "id": node("U", c.hub.userID(c.login())), "__typename": "User"}
		case doc.kind == "mutation" && field.name == "minimizeComment":
			minimized, rep := c.minimize(field)
			if rep != nil {
				return *rep
			}
			v = minimized
		default:
			c.hub.complain("POST /graphql: no field %s of %s", field.name, doc.kind)
			return graphError("undefinedField", "Field '%s' doesn't exist on type '%s'", field.name, doc.kind)
		}
		picked, wrong := field.pick(v)
		if wrong != "" {
			c.hub.complain("POST /graphql: %s", wrong)
			return graphError("undefinedField", "%s", wrong)
		}
		out[field.label()] = picked
	}
	return ok(object{"data": out})
}

func graphError(kind, format string, args ...any) reply {
	e := object{"message": fmt.Sprintf(format, args...)}
	if kind != "" {
		e["type"] = kind
	}
	return reply{status: http.StatusOK, body: object{"data": nil, "errors": []object{e}}}
}

var classifiers = []string{"ABUSE", "DUPLICATE", "OFF_TOPIC", "OUTDATED", "RESOLVED", "SPAM"}

// minimize hides a comment.
func (c *call) minimize(field graphField) (object, *reply) {
	fail := func(kind, format string, args ...any) (object, *reply) {
		r := graphError(kind, format, args...)
		return nil, &r
	}
	input, _ := field.args["input"].(map[string]any)
	id, _ := input["subjectId"].(string)
	why, _ := input["classifier"].(string)
	for name := range input {
		if !slices.Contains([]string{"subjectId", "classifier", "clientMutationId"}, name) {
			c.hub.complain("POST /graphql: unknown input %s of minimizeComment", name)
			return fail("argumentNotAccepted", "InputObject 'MinimizeCommentInput' doesn't accept argument '%s'", name)
		}
	}
	if !slices.Contains(classifiers, why) {
		return fail("argumentLiteralsIncompatible", "Argument 'classifier' on InputObject 'MinimizeCommentInput' has an invalid value (%s).", why)
	}
	r, x := c.hub.commentOf(id)
	if x == nil || !c.token.reaches(r) {
		return fail("NOT_FOUND", "Could not resolve to a node with the global id of '%s'", id)
	}
	if !c.token.allows(r, "issues", "write") && (x.on.pull == nil || !c.token.allows(r, "pull-requests", "write")) {
		return fail("FORBIDDEN", "Resource not accessible by integration")
	}
	x.minimized = why
	return object{"clientMutationId": input["clientMutationId"], "minimizedComment": object{
		"isMinimized": true, "minimizedReason": why, "viewerCanMinimize": true,
	}}, nil
}

// commentOf finds a comment by its node id, nil if there is none.
func (h *Hub) commentOf(id string) (*Repo, *comment) {
	for _, r := range h.repos {
		for _, i := range r.issues {
			n := slices.IndexFunc(i.comments, func(x *comment) bool { return node("IC", x.id) == id })
			if n >= 0 {
				return r, i.comments[n]
			}
		}
	}
	return nil, nil
}
