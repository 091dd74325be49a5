package qliktest

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"net/http"
	"slices"
)

var brandsService = &service{name: "brands", envelope: envPlain, routes: []route{
	{method: "GET", path: "/api/v1/brands", tier: tier1, query: "endingBefore limit sort startingAfter", handle: listBrands},
	{method: "POST", path: "/api/v1/brands", tier: tier2, handle: postBrand, raw: true},
	{method: "GET", path: "/api/v1/brands/active", tier: tier1, handle: activeBrand},
	{method: "GET", path: "/api/v1/brands/{id}", tier: tier1, handle: onBrand(func(c *call, b *brand) reply { return ok(c.viewBrand(b)) })},
	{method: "PATCH", path: "/api/v1/brands/{id}", tier: tier2, handle: onBrand(patchBrand)},
	{method: "DELETE", path: "/api/v1/brands/{id}", tier: tier2, handle: onBrand(deleteBrand)},
	{method: "POST", path: "/api/v1/brands/{id}/actions/activate", tier: tier2, handle: onBrand(activateBrand)},
	{method: "POST", path: "/api/v1/brands/{id}/actions/deactivate", tier: tier2, handle: onBrand(deactivateBrand)},
	{method: "GET", path: "/api/v1/brands/{id}/files/{file}", tier: tier1, handle: onBrand(getBrandFile)},
	{method: "POST", path: "/api/v1/brands/{id}/files/{file}", tier: tier2, handle: onBrand(writeBrandFile), raw: true},
	{method: "PUT", path: "/api/v1/brands/{id}/files/{file}", tier: tier2, handle: onBrand(writeBrandFile), raw: true},
	{method: "DELETE", path: "/api/v1/brands/{id}/files/{file}", tier: tier2, handle: onBrand(deleteBrandFile)},
}}

// A brand is one look of a tenant.
type brand struct {
	ID, Name, Description string
	Files                 map[string][]byte
	Created, Updated      stamp
	By, UpdatedBy         string
}

func (b *brand) rowID() string   { return b.ID }
func (b *brand) rowName() string { return b.Name }

// A brandFile is one of the files that a brand may have: how it begins, and how long it
// may be.
type brandFile struct {
	id, kind string
	begins   []string
	most     int
}

var brandFiles = []brandFile{
	{"logo", "image/png", []string{"\x89PNG", "\xff\xd8\xff"}, 300 << 10},
	{"favIcon", "image/x-icon", []string{"\x00\x00\x01\x00"}, 100 << 10},
	{"styles", "text/css", []string{""}, 100 << 10},
}

// checkBrandFile says what is wrong with a file.
//
// assumed: what does not fit is 400.
func checkBrandFile(id string, b []byte) string {
	for _, f := range brandFiles {
		if f.id != id {
			continue
		}
		if len(b) > f.most {
			return fmt.Sprintf("%s is longer than %d bytes", id, f.most)
		}
		if !slices.ContainsFunc(f.begins, func(s string) bool { return bytes.HasPrefix(b, []byte(s)) }) {
			return id + " is of another type"
		}
		return ""
	}
	return "there is no file " + id
}

type brandFileView struct {
	ID          string `json:"id"`
	ETag        string `json:"eTag"`
	Path        string `json:"path"`
	ContentType string `json:"contentType"`
}

type brandView struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Active      bool            `json:"active"`
	Files       []brandFileView `json:"files"`
	CreatedAt   stamp           `json:"createdAt"`
	CreatedBy   string          `json:"createdBy"`
	UpdatedAt   stamp           `json:"updatedAt"`
	UpdatedBy   string          `json:"updatedBy"`
}

// assumed: an eTag follows from the content, in a way that nobody knows.
func (c *call) viewBrandFile(b *brand, id, kind string) brandFileView {
	return brandFileView{id, `"` + hex32(digest("eTag", string(b.Files[id]))) + `"`, "/api/v1/brands/" + b.ID + "/files/" + id, kind}
}

func (c *call) viewBrand(b *brand) brandView {
	v := brandView{b.ID, b.Name, b.Description, c.tenant.ActiveBrand == b.ID, []brandFileView{}, b.Created, b.By, b.Updated, b.UpdatedBy}
	for _, f := range brandFiles {
		if b.Files[f.id] != nil {
			v.Files = append(v.Files, c.viewBrandFile(b, f.id, f.kind))
		}
	}
	return v
}

// dumpBrand is a brand, with the MD5 of each file.
type dumpBrand struct {
	Name        string            `json:"name"`
	Description string            `json:"description"`
	Active      bool              `json:"active"`
	Files       map[string]string `json:"files"`
	ID          string            `json:"id"`
}

func (t *Tenant) dumpBrands() (out []dumpBrand) {
	for _, b := range t.Brands.rows {
		d := dumpBrand{b.Name, b.Description, b.ID == t.ActiveBrand, map[string]string{}, b.ID}
		for id, content := range b.Files {
			d.Files[id] = fmt.Sprintf("%x", md5.Sum(content))
		}
		out = append(out, d)
	}
	return out
}

func listBrands(c *call) reply {
	o, bad := sortBy(c, "-id", map[string]func(*brand) string{
		"id":        func(b *brand) string { return b.ID },
		"createdAt": func(b *brand) string { return b.Created.String() + "\x00" + b.ID },
		"updatedAt": func(b *brand) string { return b.Updated.String() + "\x00" + b.ID },
	})
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	p := byID(c, c.tenant.Brands.rows, o, 5, 100)
	if p.err != "" {
		return c.badRequest("%s", p.err)
	}
	return ok(viewPage(c, p, c.viewBrand))
}

// postBrand makes a brand, out of force.
//
// assumed: two may have one name.
func postBrand(c *call) reply {
	parts, refused := c.parts("name", "description", "logo", "favIcon", "styles")
	if refused != nil {
		return *refused
	}
	b := &brand{Name: string(parts["name"]), Description: string(parts["description"]), Files: map[string][]byte{}, Created: c.now, By: c.caller.ID, Updated: c.now, UpdatedBy: c.caller.ID}
	delete(parts, "name")
	delete(parts, "description")
	for id, content := range parts {
		if bad := checkBrandFile(id, content); bad != "" {
			return c.badRequest("%s", bad)
		}
		b.Files[id] = content
	}
	switch {
	case !c.isAdmin():
		return c.forbidden("only a TenantAdmin may make a brand")
	case b.Name == "":
		return c.badRequest("name is required")
	}
	b.ID = c.tenant.newID("brand", b.Name, hex24, c.tenant.Brands.has)
	c.tenant.Brands.add(b)
	return created(c.viewBrand(b))
}

// onBrand finds the brand of the path, and keeps writers out who are no administrators.
func onBrand(handle func(*call, *brand) reply) func(*call) reply {
	return func(c *call) reply {
		b, found := c.tenant.Brands.get(c.arg("id"))
		switch {
		case !found:
			return c.notFound("no brand %s", c.arg("id"))
		case c.req.Method != http.MethodGet && !c.isAdmin():
			return c.forbidden("only a TenantAdmin may change a brand")
		}
		return handle(c, b)
	}
}

func activeBrand(c *call) reply {
	if c.tenant.ActiveBrand == "" {
		return ok(struct{}{})
	}
	return c.redirect(http.StatusMovedPermanently, "/api/v1/brands/"+c.tenant.ActiveBrand)
}

func patchBrand(c *call, b *brand) reply {
	list, bad := c.patches([]string{"add", "remove", "replace"}, []string{"/name", "/description"})
	name, description := b.Name, b.Description
	for _, p := range list {
		s, isText := p.str()
		switch {
		case p.op != "remove" && !isText, p.path == "/name" && s == "":
			bad = p.path + " does not take this value"
		case p.path == "/name":
			name = s
		default:
			description = s
		}
	}
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	c.tenant.renamed("brand", b.Name, name)
	c.tenant.Brands.rename(b, func() { b.Name, b.Description = name, description })
	c.touchBrand(b)
	return empty(http.StatusNoContent)
}

func (c *call) touchBrand(b *brand) { b.Updated, b.UpdatedBy = c.now, c.caller.ID }

// deleteBrand deletes also the one in force: then the tenant looks like Qlik.
func deleteBrand(c *call, b *brand) reply {
	if c.tenant.ActiveBrand == b.ID {
		c.tenant.ActiveBrand = ""
	}
	c.tenant.Brands.remove(b)
	c.tenant.bury("brand", b.Name)
	return empty(http.StatusNoContent)
}

func activateBrand(c *call, b *brand) reply {
	if f := c.object(); f.err != "" {
		return c.badRequest("%s", f.err)
	}
	c.tenant.ActiveBrand = b.ID
	return ok(c.viewBrand(b))
}

func deactivateBrand(c *call, b *brand) reply {
	if f := c.object(); f.err != "" {
		return c.badRequest("%s", f.err)
	}
	if c.tenant.ActiveBrand == b.ID {
		c.tenant.ActiveBrand = ""
	}
	return ok(c.viewBrand(b))
}

func getBrandFile(c *call, b *brand) reply {
	content := b.Files[c.arg("file")]
	if content == nil {
		return c.notFound("the brand has no %s", c.arg("file"))
	}
	return ok(content).with("Content-Type", "application/octet-stream")
}

// writeBrandFile adds a file (POST) or replaces it (PUT).
//
// assumed: to add one that is there is 400, to replace one that is not 404.
func writeBrandFile(c *call, b *brand) reply {
	id := c.arg("file")
	parts, refused := c.parts("file")
	if refused != nil {
		return *refused
	}
	there, add := b.Files[id] != nil, c.req.Method == http.MethodPost
	bad := checkBrandFile(id, parts["file"])
	switch {
	case parts["file"] == nil:
		return c.badRequest("file is required")
	case bad != "":
		return c.badRequest("%s", bad)
	case add && there:
		return c.badRequest("the brand has a %s already", id)
	case !add && !there:
		return c.notFound("the brand has no %s", id)
	}
	b.Files[id] = parts["file"]
	c.touchBrand(b)
	i := slices.IndexFunc(brandFiles, func(f brandFile) bool { return f.id == id })
	v := c.viewBrandFile(b, id, brandFiles[i].kind)
	if add {
		return created(v)
	}
	return ok(v)
}

func deleteBrandFile(c *call, b *brand) reply {
	id := c.arg("file")
	if b.Files[id] == nil {
		return c.notFound("the brand has no %s", id)
	}
	delete(b.Files, id)
	c.touchBrand(b)
	return empty(http.StatusNoContent)
}
