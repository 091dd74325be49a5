package qliktest

import (
	"bytes"
	"net/http"
	"strconv"
	"time"
)

var tempService = &service{name: "temp-contents", envelope: envPlain, routes: []route{
	{method: "POST", path: "/api/v1/temp-contents", tier: tier2, query: "filename ttl", handle: postTemp, raw: true},
	{method: "GET", path: "/api/v1/temp-contents/{id}", tier: tier1, query: "inline", handle: getTemp},
	{method: "GET", path: "/api/v1/temp-contents/{id}/details", tier: tier1, handle: tempDetails},
	{method: "POST", path: "/api/v1/temp-contents/files", tier: special("temp-contents create", 800), handle: tusCreate},
	{method: "PATCH", path: "/api/v1/temp-contents/files/{id}", tier: special("temp-contents append", 800), handle: tusAppend, slow: true},
	{method: "HEAD", path: "/api/v1/temp-contents/files/{id}", tier: tier1, handle: tusOffset},
}}

// Times to live of temporary contents, in seconds.
const usualTTL, mostTTL = 3600, 259200

// A temp is a temporary content; while it is uploaded, data is what has come.
type temp struct {
	id, name, creator         string
	data                      []byte
	length                    int
	created, updated, expires stamp
	busy                      bool // a request is appending
}

// addTemp stores a temporary content; natural names it for its id.
func (t *Tenant) addTemp(x *temp, natural string) {
	if t.temps == nil {
		t.temps = map[string]*temp{}
	}
	for _, old := range t.temps {
		if old.expires <= x.created {
			old.data = nil // it answers 410 from now on
		}
	}
	x.updated = x.created
	x.id = t.newID("temp", natural, hex24, func(id string) bool { return t.temps[id] != nil })
	t.temps[x.id] = x
}

// temp returns a temporary content of the caller.
func (c *call) temp(id string) (*temp, *reply) {
	x := c.tenant.temps[id]
	var r reply
	switch {
	case x == nil || x.creator != c.caller.ID: // assumed: others cannot see it
		r = c.notFound("no temporary content %s", id)
	case x.expires <= c.now:
		x.data = nil
		r = c.fail(http.StatusGone, "HTTP-410", "temporary content %s has expired", id)
	default:
		return x, nil
	}
	return nil, &r
}

// ttl reads a time to live; it counts from the start of the upload.
func ttl(s string) (time.Duration, bool) {
	if s == "" {
		return usualTTL * time.Second, true
	}
	n, err := strconv.Atoi(s)
	return time.Duration(n) * time.Second, err == nil && n >= 1 && n <= mostTTL
}

func postTemp(c *call) reply {
	life, valid := ttl(c.query.Get("ttl"))
	if !valid {
		return c.badRequest("ttl must be from 1 to %d", mostTTL)
	}
	x := &temp{name: c.query.Get("filename"), creator: c.caller.ID, data: c.cloud.blobs.share(c.body), length: len(c.body), created: c.now, expires: c.now.add(life)}
	sum := digest(string(c.body))
	c.tenant.addTemp(x, x.name+" "+hex24(sum))
	return empty(http.StatusCreated).with("Location", c.prefix+"/api/v1/temp-contents/"+x.id)
}

func getTemp(c *call) reply {
	x, missing := c.temp(c.arg("id"))
	if missing != nil {
		return *missing
	}
	disposition := "attachment"
	if c.query.Get("inline") != "" {
		disposition = "inline"
	}
	rep := reply{status: http.StatusOK, body: x.data}.with("Content-Disposition", disposition+"; filename="+strconv.Quote(x.name)).with("Accept-Ranges", "bytes")
	if c.req.Header.Get("Range") == "" {
		return rep
	}
	// net/http knows ranges; let it cut the part out.
	w := &partWriter{header: http.Header{}}
	http.ServeContent(w, c.req, "", time.Time{}, bytes.NewReader(x.data))
	if w.status == http.StatusRequestedRangeNotSatisfiable {
		return c.fail(w.status, "HTTP-416", "no such range")
	}
	rep.status, rep.body = w.status, w.body.Bytes()
	return rep.with("Content-Range", w.header.Get("Content-Range"))
}

// A partWriter keeps what is written to it.
type partWriter struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *partWriter) Header() http.Header         { return w.header }
func (w *partWriter) WriteHeader(status int)      { w.status = status }
func (w *partWriter) Write(b []byte) (int, error) { return w.body.Write(b) }

type tempView struct {
	ID         string
	Name       string
	Size       string
	TTLSeconds int
	CreatedAt  stamp
	UpdatedAt  stamp
	Expires    stamp
	CreatorID  string
}

func tempDetails(c *call) reply {
	x, missing := c.temp(c.arg("id"))
	if missing != nil {
		return *missing
	}
	life := (x.expires - x.created) / 1000
	return ok(tempView{x.id, x.name, strconv.Itoa(len(x.data)), int(life), x.created, x.updated, x.expires, x.creator})
}
