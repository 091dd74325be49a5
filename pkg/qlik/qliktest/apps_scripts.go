package qliktest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// A scriptVersion is one version of an app's load script.
type scriptVersion struct {
	ID, Script, Message, By string
	At                      stamp
}

type scriptMeta struct {
	ScriptID       string `json:"scriptId"`
	ModifierID     string `json:"modifierId"`
	ModifiedTime   stamp  `json:"modifiedTime"`
	Size           int    `json:"size"`
	VersionMessage string `json:"versionMessage"`
}

type scriptsView struct {
	Scripts    []scriptMeta `json:"scripts"`
	Privileges []string     `json:"privileges"`
	Links      struct{}     `json:"links"`
}

type scriptView struct {
	Script         string `json:"script"`
	VersionMessage string `json:"versionMessage"`
}

func listScripts(c *call) reply {
	a, refused := c.app(toRead)
	if refused != nil {
		return *refused
	}
	if c.query.Has("filter") || c.query.Has("page") {
		return c.badRequest("filter and page are not modelled")
	}
	n := len(a.Scripts)
	if s := c.query.Get("limit"); s != "" {
		limit, err := strconv.Atoi(s)
		if err != nil || limit < 1 {
			return c.badRequest("limit must be a number from 1")
		}
		n = min(n, limit)
	}
	v := scriptsView{Scripts: []scriptMeta{}, Privileges: c.privileges(a)}
	for _, s := range slices.Backward(a.Scripts) {
		if len(v.Scripts) < n {
			v.Scripts = append(v.Scripts, scriptMeta{s.ID, s.By, s.At, len(s.Script), s.Message})
		}
	}
	return ok(v)
}

// currentScript is the newest version, or the script of the file.
func (c *call) currentScript(a *app) scriptView {
	if n := len(a.Scripts); n > 0 {
		return scriptView{a.Scripts[n-1].Script, a.Scripts[n-1].Message}
	}
	return scriptView{Script: c.cloud.blobs.get(a.Content).script}
}

func getScript(c *call) reply {
	a, refused := c.app(toRead)
	if refused != nil {
		return *refused
	}
	if c.arg("id") == "current" {
		return ok(c.currentScript(a))
	}
	i := a.script(c.arg("id"))
	if i < 0 {
		return c.notFound("no script %s", c.arg("id"))
	}
	return ok(scriptView{a.Scripts[i].Script, a.Scripts[i].Message})
}

func (a *app) script(id string) int {
	return slices.IndexFunc(a.Scripts, func(s scriptVersion) bool { return s.ID == id })
}

// postScript makes a new version; what is exported from now on has it.
func postScript(c *call) reply {
	f := c.object("script*", "versionMessage")
	s := scriptVersion{Script: f.str("script"), Message: f.str("versionMessage"), By: c.caller.ID, At: c.now}
	if f.err != "" {
		return c.badRequest("%s", f.err)
	}
	a, refused := c.app(toUpdate)
	if refused != nil {
		return *refused
	}
	s.ID = c.tenant.newID("script", a.ID+" "+s.Script, guid, func(id string) bool { return a.script(id) >= 0 })
	a.Scripts = append(slices.Clone(a.Scripts), s)
	b, _ := c.cloud.blobs.put(withScript(c.cloud.blobs.get(a.Content).Data, s.Script))
	a.Content, a.Modified = b.sum, c.now
	c.tenant.stopTasks(a.ID, c.caller.ID, "APP-SCRIPT-UPDATED")
	c.tenant.indexApp(a, c.now)
	return empty(http.StatusOK)
}

// patchScript changes the message of a version. Its keys are capitalised and
// its value is JSON in a string.
func patchScript(c *call) reply {
	var list []json.RawMessage
	if err := json.Unmarshal(c.body, &list); err != nil {
		return c.badRequest("body is not a JSON array: %v", err)
	}
	a, refused := c.app(toUpdate)
	if refused != nil {
		return *refused
	}
	i := a.script(c.arg("id"))
	if i < 0 {
		return c.notFound("no script %s", c.arg("id"))
	}
	for _, raw := range list {
		f := c.members(raw, "Op*", "Path*", "Value*")
		op, path, value := strings.ToLower(f.str("Op")), f.str("Path"), f.str("Value")
		var message string
		if err := json.Unmarshal([]byte(value), &message); f.err != "" || err != nil || op == "remove" || path != "/versionMessage" {
			return c.badRequest("only /versionMessage can be set, to JSON in a string: %s", f.err)
		}
		a.Scripts = slices.Clone(a.Scripts)
		a.Scripts[i].Message = message
	}
	return empty(http.StatusOK)
}

func deleteScript(c *call) reply {
	a, refused := c.app(toUpdate)
	if refused != nil {
		return *refused
	}
	switch i := a.script(c.arg("id")); {
	case i < 0:
		return c.notFound("no script %s", c.arg("id"))
	case i == len(a.Scripts)-1:
		return c.badRequest("the current version stays")
	default:
		a.Scripts = slices.Delete(slices.Clone(a.Scripts), i, i+1)
		return empty(http.StatusOK)
	}
}
