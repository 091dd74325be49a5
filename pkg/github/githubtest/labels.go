package githubtest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

type label struct {
	id                       int64
	name, color, description string
}

var labelRoutes = []route{
	{method: "GET", path: repoPath + "/labels", need: "issues,pull-requests:read", query: "per_page page", handle: func(c *call) reply {
		all := []object{}
		for _, l := range c.repo.labels {
			all = append(all, c.labelView(l))
		}
		return c.list(all)
	}},
	{method: "POST", path: repoPath + "/labels", need: "issues,pull-requests:write", create: true, handle: createLabel},
	{method: "GET", path: repoPath + "/labels/{name...}", need: "issues,pull-requests:read", handle: oneLabel},
	{method: "GET", path: repoPath + "/issues/{issue_number}/labels", need: "issues,pull-requests:read", query: "per_page page", handle: func(c *call) reply {
		return c.list(c.labelViews(c.issue("read")))
	}},
	{method: "POST", path: repoPath + "/issues/{issue_number}/labels", need: "issues,pull-requests:write", handle: addLabels},
	{method: "PUT", path: repoPath + "/issues/{issue_number}/labels", need: "issues,pull-requests:write", handle: setLabels},
	// A slash in a name may come as it is or as %2F: GitHub takes both.
	{method: "DELETE", path: repoPath + "/issues/{issue_number}/labels/{name...}", need: "issues,pull-requests:write", handle: removeLabel},
}

// label finds a label by name; case does not count.
func (r *Repo) label(name string) *label {
	for _, l := range r.labels {
		if strings.EqualFold(l.name, name) {
			return l
		}
	}
	return nil
}

// newLabel adds a label; adding an unknown one to an issue does so too.
func (r *Repo) newLabel(name, color, description string) *label {
	l := &label{r.hub.next(), name, color, description}
	r.labels = append(r.labels, l)
	return l
}

func (c *call) labelView(l *label) object { return c.site.label(c.repo, l) }

func (s Site) label(r *Repo, l *label) object {
	return object{
		"id": l.id, "node_id": node("LA", l.id), "url": s.in(r, "/labels/"+url.PathEscape(l.name)), "name": l.name, "color": l.color,
		"default": false, "description": orNull(l.description),
	}
}

func (c *call) labelViews(i *issue) []object { return c.site.labels(c.repo, i) }

func (s Site) labels(r *Repo, i *issue) []object {
	all := []object{}
	for _, name := range i.labels {
		all = append(all, s.label(r, r.label(name)))
	}
	return all
}

var sixHex = regexp.MustCompile(`^[0-9a-fA-F]{6}$`)

func createLabel(c *call) reply {
	f := c.object("Label", "name*", "color", "description")
	name, color := f.atMost("name", "", 50), f.text("color", "ededed")
	switch {
	case name == "":
		invalid("Label", "name", "missing_field", "")
	case !sixHex.MatchString(color):
		invalid("Label", "color", "invalid", "")
	case c.repo.label(name) != nil:
		invalid("Label", "name", "already_exists", "")
	}
	return created(c.labelView(c.repo.newLabel(name, color, f.atMost("description", "", 100))))
}

func oneLabel(c *call) reply {
	l := c.repo.label(c.args["name"])
	if l == nil {
		c.notFound()
	}
	return ok(c.labelView(l))
}

// labelNames reads the two shapes that a body may have: a list, or an object
// with one.
func labelNames(c *call) (names []string) {
	if bytes.HasPrefix(bytes.TrimSpace(c.body), []byte("[")) {
		if json.Unmarshal(c.body, &names) != nil {
			refuse(http.StatusUnprocessableEntity, "Invalid request.\n\nlabels must be strings.")
		}
		return names
	}
	c.object("Label", "labels*").decode("labels", &names)
	return names
}

func addLabels(c *call) reply {
	i := c.issue("write")
	for _, name := range labelNames(c) {
		i.addLabel(name, c.login(), c.repo)
	}
	return ok(c.labelViews(i))
}

func setLabels(c *call) reply {
	i := c.issue("write")
	c.replaceLabels(i, labelNames(c))
	return ok(c.labelViews(i))
}

// replaceLabels makes these the only labels.
func (c *call) replaceLabels(i *issue, names []string) {
	for _, old := range slices.Clone(i.labels) {
		if !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, old) }) {
			i.removeLabel(old, c.login(), c.repo)
		}
	}
	for _, name := range names {
		i.addLabel(name, c.login(), c.repo)
	}
}

func removeLabel(c *call) reply {
	i := c.issue("write")
	if !i.removeLabel(c.args["name"], c.login(), c.repo) {
		refuse(http.StatusNotFound, "Label does not exist")
	}
	return ok(c.labelViews(i))
}

// addLabel adds a label, and remembers who did.
func (i *issue) addLabel(name, login string, r *Repo) {
	l := r.label(name)
	if l == nil {
		if name == "" {
			invalid("Label", "name", "missing_field", "")
		}
		l = r.newLabel(name, "ededed", "")
	}
	if slices.Contains(i.labels, l.name) {
		return
	}
	i.labels = append(i.labels, l.name)
	i.note("labeled", login, l.name, r)
}

// removeLabel takes a label away, and says whether it was there.
func (i *issue) removeLabel(name, login string, r *Repo) bool {
	l := r.label(name)
	if l == nil || !slices.Contains(i.labels, l.name) {
		return false
	}
	i.labels = slices.DeleteFunc(i.labels, func(n string) bool { return n == l.name })
	i.note("unlabeled", login, l.name, r)
	return true
}
