package qliktest

import (
	"encoding/json"
	"net/http"
	"slices"
)

// Themes and extensions are one service with two names.
var (
	themesService     = archiveService("themes", func(c *call) *archives { return &c.tenant.Themes })
	extensionsService = archiveService("extensions", func(c *call) *archives { return &c.tenant.Extensions })
)

func archiveService(name string, in func(*call) *archives) *service {
	base := "/api/v1/" + name
	on := func(handle func(*call, *archives) reply) func(*call) reply {
		return func(c *call) reply { return handle(c, in(c)) }
	}
	return &service{name: name, envelope: envSingle, routes: []route{
		{method: "GET", path: base, tier: tier1, handle: on(listArchives)},
		{method: "POST", path: base, tier: tier2, handle: on(postArchive), raw: true},
		{method: "GET", path: base + "/{id}", tier: tier1, handle: on(getArchive)},
		{method: "PATCH", path: base + "/{id}", tier: tier2, handle: on(patchArchive), raw: true},
		{method: "DELETE", path: base + "/{id}", tier: tier2, handle: on(deleteArchive)},
		{method: "GET", path: base + "/{id}/file", tier: tier1, handle: on(archiveFile)},
		{method: "GET", path: base + "/{id}/file/{filepath...}", tier: tier1, handle: on(archiveEntry)},
	}}
}

// archives are the themes or the extensions of a tenant.
type archives struct {
	Rows table[*archive]
	Gone []string // ids and qext names of deleted ones, which answer 410
}

// An archive is a theme or an extension.
type archive struct {
	ID, Qext           string
	About              about
	Zip                []byte
	MD5, Checksum      string
	Owner              string
	Created, UpdatedAt stamp
}

func (a *archive) rowID() string   { return a.ID }
func (a *archive) rowName() string { return a.Qext }

// about is what a .qext file and the data part of an upload say.
type about struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Type        string   `json:"type"`
	Version     string   `json:"version"`
	Author      string   `json:"author"`
	Icon        string   `json:"icon"`
	Tags        []string `json:"tags"`
	Homepage    string   `json:"homepage"`
	Keywords    string   `json:"keywords"`
	License     string   `json:"license"`
	Repository  string   `json:"repository"`
	Supplier    string   `json:"supplier"`
	Supernova   bool     `json:"supernova"`
	Preview     string   `json:"preview"`
}

type archiveView struct {
	ID          string `json:"id"`
	TenantID    string `json:"tenantId"`
	UserID      string `json:"userId"`
	QextName    string `json:"qextFilename"`
	QextVersion string `json:"qextVersion"`
	about
	File      fileView `json:"file"`
	CreatedAt stamp    `json:"createdAt"`
	UpdateAt  stamp    `json:"updateAt"` // sic
	Checksum  string   `json:"checksum,omitempty"`
	Bundled   *bool    `json:"bundled,omitempty"`
}

type fileView struct {
	MD5           string `json:"md5"`
	ContentLength int    `json:"contentLength"`
}

func (c *call) viewArchive(a *archive) archiveView {
	v := archiveView{
		ID: a.ID, TenantID: c.tenant.ID, UserID: a.Owner, QextName: a.Qext, QextVersion: a.About.Version, about: a.About,
		File: fileView{a.MD5, len(a.Zip)}, CreatedAt: a.Created, UpdateAt: a.UpdatedAt,
	}
	if v.Tags == nil {
		v.Tags = []string{}
	}
	if c.route.owner.name == "extensions" {
		v.Checksum, v.Bundled = a.Checksum, new(bool)
	}
	return v
}

func listArchives(c *call, in *archives) reply {
	l := struct {
		Data []archiveView `json:"data"`
	}{[]archiveView{}}
	for _, a := range in.Rows.rows {
		l.Data = append(l.Data, c.viewArchive(a))
	}
	return ok(l)
}

// archive returns the archive of the path, by id or by qext name.
func (c *call) archive(in *archives) (*archive, *reply) {
	id := c.arg("id")
	if a, found := in.Rows.get(id); found {
		return a, nil
	}
	if a, found := in.Rows.named(id); found {
		return a, nil
	}
	r := c.notFound("no %s %q", c.route.owner.name, id)
	if slices.Contains(in.Gone, id) {
		r = c.fail(http.StatusGone, "HTTP-410", "%s %q was deleted", c.route.owner.name, id)
	}
	return nil, &r
}

func getArchive(c *call, in *archives) reply {
	a, missing := c.archive(in)
	if missing != nil {
		return *missing
	}
	return ok(c.viewArchive(a))
}

// upload reads the parts of a multipart body: file and data.
func (c *call) upload() (zip []byte, data json.RawMessage, refused *reply) {
	parts, refused := c.parts("file", "data")
	return parts["file"], parts["data"], refused
}

// archiveFields are the names a data part may have.
var archiveFields = []string{"name", "description", "tags", "author", "icon", "type", "version", "homepage", "keywords", "license", "repository", "supplier", "dependencies", "supernova", "preview", "qextFilename", "qextVersion"}

// received is an archive as an upload describes it: the .qext file first, the
// data part over it.
func (c *call) received(old *archive) (a archive, refused *reply) {
	zip, data, refused := c.upload()
	if refused != nil {
		return a, refused
	}
	if old != nil {
		a = *old
	}
	fail := func(status int, format string, args ...any) (archive, *reply) {
		r := c.fail(status, "", format, args...)
		return a, &r
	}
	if zip == nil && (data == nil || old == nil) {
		return fail(http.StatusBadRequest, "the file part is missing") // assumed: 400
	}
	if zip != nil {
		if err := a.read(zip); err != nil {
			return fail(http.StatusUnprocessableEntity, "%v", err)
		}
		// assumed: a theme is what says so, everything else is an extension.
		if isTheme := a.About.Type == "theme"; isTheme != (c.route.owner.name == "themes") {
			return fail(http.StatusUnprocessableEntity, "an archive of type %q does not belong here", a.About.Type)
		}
	}
	if data != nil {
		f := c.members(data, archiveFields...)
		if err := json.Unmarshal(data, &a.About); f.err != "" || err != nil {
			return fail(http.StatusBadRequest, "data: %s%v", f.err, err)
		}
	}
	return a, nil
}

func postArchive(c *call, in *archives) reply {
	if !c.isAdmin() {
		return c.forbidden("only a TenantAdmin may add %s", c.route.owner.name)
	}
	a, refused := c.received(nil)
	if refused != nil {
		return *refused
	}
	if _, taken := in.Rows.named(a.Qext); taken {
		return c.fail(http.StatusConflict, "HTTP-409", "%q exists", a.Qext)
	}
	kind := c.route.owner.name
	a.ID, a.Owner, a.Created, a.UpdatedAt = c.tenant.newID(kind, a.Qext, hex24, in.Rows.has), c.caller.ID, c.now, c.now
	in.Rows.add(&a)
	in.Gone = slices.DeleteFunc(in.Gone, func(s string) bool { return s == a.Qext })
	return created(c.viewArchive(&a))
}

// patchArchive takes a new file or new data; the qext name stays.
func patchArchive(c *call, in *archives) reply {
	old, missing := c.archive(in)
	switch {
	case missing != nil:
		return *missing
	case !c.isAdmin():
		return c.forbidden("only a TenantAdmin may change %s", c.route.owner.name)
	}
	a, refused := c.received(old)
	if refused != nil {
		return *refused
	}
	if a.Qext != old.Qext {
		return c.fail(http.StatusConflict, "HTTP-409", "the archive is of %q, not of %q", a.Qext, old.Qext) // assumed: 409
	}
	a.UpdatedAt = c.now
	*old = a
	return ok(c.viewArchive(old))
}

func deleteArchive(c *call, in *archives) reply {
	a, missing := c.archive(in)
	switch {
	case missing != nil:
		return *missing
	case !c.isAdmin():
		return c.forbidden("only a TenantAdmin may delete %s", c.route.owner.name)
	}
	in.Rows.remove(a)
	in.Gone = append(in.Gone, a.ID, a.Qext)
	c.tenant.bury(c.route.owner.name, a.Qext)
	return empty(http.StatusNoContent)
}
