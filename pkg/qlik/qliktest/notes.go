package qliktest

// Of notes only the switch is modelled.
var notesService = &service{name: "notes", envelope: envPlain, routes: []route{
	{method: "GET", path: "/api/v1/notes/settings", tier: tier1, handle: getNotesSettings},
	{method: "PUT", path: "/api/v1/notes/settings", tier: tier2, handle: putNotesSettings},
}}

// notesView says why there are no notes only where there are none.
type notesView struct {
	Available bool   `json:"available"`
	LastFetch stamp  `json:"lastFetch"`
	Reason    string `json:"reason,omitempty"`
}

func getNotesSettings(c *call) reply {
	v := notesView{Available: !c.tenant.NotesOff, LastFetch: c.now}
	if c.tenant.NotesOff {
		v.Reason = "toggle"
	}
	return ok(v)
}

// putNotesSettings answers with another name than it takes.
func putNotesSettings(c *call) reply {
	f := c.object("toggledOn")
	on := f.bool("toggledOn")
	switch {
	case f.err != "":
		return c.badRequest("%s", f.err)
	case !c.isAdmin():
		return c.forbidden("only a TenantAdmin may change the settings of notes")
	}
	c.tenant.NotesOff = !on
	return ok(struct {
		ToggleOn bool `json:"toggleOn"`
	}{on})
}
