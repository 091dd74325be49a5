package qliktest

import (
	"cmp"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// An importCount counts the imports of a day.
type importCount struct {
	Day string
	N   int
}

// importApp makes a new app from a body or an uploaded file. It never replaces
// one, and no name is refused as taken.
func importApp(c *call) reply {
	q := c.query
	if mode := q.Get("mode"); mode != "" && mode != "new" {
		return c.badRequest("mode %q is for internal use", mode) // assumed: 400
	}
	data, file, refused := c.importedFile()
	if refused != nil {
		return *refused
	}
	if refused := c.target(q.Get("spaceId")); refused != nil {
		return *refused
	}
	b, err := c.cloud.blobs.put(data)
	if err != nil {
		return c.badRequest("%v", err) // assumed: 400
	}
	if refused := c.countImport(); refused != nil {
		return *refused
	}
	name := cmp.Or(q.Get("name"), b.title, file, "Untitled")
	a := &app{Name: name, Description: b.description, Space: q.Get("spaceId"), Owner: c.caller.ID, Content: b.sum, HasData: b.hasData}
	c.addApp(a, a.Space+" "+a.Name)
	return ok(c.viewApp(a))
}

// importedFile returns the content to import and the file name it came with.
func (c *call) importedFile() (data []byte, name string, refused *reply) {
	var r reply
	id := c.query.Get("fileId")
	kind, _, _ := mime.ParseMediaType(c.req.Header.Get("Content-Type"))
	switch {
	case id == "" && len(c.body) == 0:
		r = c.badRequest("import needs a body or a fileId")
	case id == "" && kind != "application/octet-stream":
		r = c.badRequest("the body must be application/octet-stream")
	case id == "":
		return c.body, "", nil
	case len(c.body) > 0: // assumed
		r = c.badRequest("import takes a body or a fileId, not both")
	default:
		t, missing := c.temp(id)
		if missing != nil {
			return nil, "", missing
		}
		if len(t.data) < t.length {
			r = c.badRequest("the upload of %s is not complete", id)
			return nil, "", &r
		}
		return t.data, strings.TrimSuffix(path.Base(t.name), path.Ext(t.name)), nil
	}
	return nil, "", &r
}

// countImport counts against the daily quota of the tenant.
func (c *call) countImport() *reply {
	n := &c.tenant.Imports
	if day := c.now.time().Format(time.DateOnly); n.Day != day {
		*n = importCount{Day: day}
	}
	if n.N >= c.cloud.opts.ImportQuota || c.mood.NoImports {
		r := c.fail(http.StatusForbidden, "HTTP-403", "the daily quota of app imports is used up") // assumed: 403
		return &r
	}
	n.N++
	return nil
}

// exportApp puts the file of an app among the temporary contents.
func exportApp(c *call) reply {
	noData := c.query.Get("NoData")
	if noData != "" && noData != "true" && noData != "false" {
		return c.badRequest("NoData must be true or false")
	}
	d := toExport
	if noData == "true" {
		d = toExportBare
	}
	a, refused := c.app(d)
	if refused != nil {
		return *refused
	}
	data := c.cloud.blobs.get(a.Content).Data
	if noData == "true" {
		data = c.cloud.blobs.share(withoutData(data))
	}
	t := &temp{name: a.Name + ".qvf", creator: c.caller.ID, created: c.now, expires: c.now.add(time.Hour), data: data, length: len(data)}
	c.tenant.addTemp(t, "export "+a.ID)
	if c.mood.Restamp {
		c.tenant.count("restamp", c.tenant.Made["restamp"]+1)
		t.data = restamped(data, c.tenant.Made["restamp"])
	}
	return empty(http.StatusCreated).with("Location", c.prefix+"/api/v1/temp-contents/"+t.id+"?inline="+strconv.Itoa(1))
}
