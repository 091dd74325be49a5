package qliktest

import (
	"encoding/base64"
	"io"
	"net/http"
	"strconv"
	"strings"
)

const tusVersion = "1.0.0"

// tusRefused is the answer to a request of another protocol version.
func (c *call) tusRefused() *reply {
	if c.req.Header.Get("Tus-Resumable") == tusVersion {
		return nil
	}
	r := c.fail(http.StatusPreconditionFailed, "HTTP-412", "Tus-Resumable must be %s", tusVersion).with("Tus-Version", tusVersion)
	return &r
}

// tusMetadata reads "key base64,key base64".
func tusMetadata(s string) (m map[string]string, valid bool) {
	m = map[string]string{}
	for _, pair := range commas(s) {
		key, value, _ := strings.Cut(strings.TrimSpace(pair), " ")
		b, err := base64.StdEncoding.DecodeString(value)
		if err != nil || key == "" {
			return nil, false
		}
		m[key] = string(b)
	}
	return m, true
}

func tusCreate(c *call) reply {
	if refused := c.tusRefused(); refused != nil {
		return *refused
	}
	length, err := strconv.Atoi(c.req.Header.Get("Upload-Length"))
	meta, valid := tusMetadata(c.req.Header.Get("Upload-Metadata"))
	life, lives := ttl(meta["ttl"])
	switch {
	case err != nil || length < 0:
		return c.badRequest("Upload-Length must be a number from 0")
	case !valid || !lives:
		return c.badRequest("Upload-Metadata is malformed, or its ttl is not from 1 to %d", mostTTL)
	case length > maxRaw:
		return c.fail(http.StatusRequestEntityTooLarge, "HTTP-413", "more than %d bytes", maxRaw)
	case len(c.body) > 0:
		return c.badRequest("the creation of an upload has no body")
	}
	x := &temp{name: meta["filename"], creator: c.caller.ID, length: length, created: c.now, expires: c.now.add(life)}
	c.tenant.addTemp(x, "upload "+x.name+" "+strconv.Itoa(length))
	return empty(http.StatusCreated).with("Location", c.link("/api/v1/temp-contents/files/"+x.id)).with("Tus-Resumable", tusVersion)
}

// tusAppend reads its body outside the lock, so that a second request to the
// same upload finds it locked.
func tusAppend(c *call) reply {
	x, room, refused := c.tusBegin()
	if refused != nil {
		return *refused
	}
	b, err := io.ReadAll(io.LimitReader(c.req.Body, int64(room)+1))
	defer c.lock()()
	x.busy = false
	if len(b) > room {
		return c.fail(http.StatusRequestEntityTooLarge, "HTTP-413", "more bytes than Upload-Length")
	}
	x.data, x.updated = append(x.data, b...), c.now // what came before a cut is kept
	if err != nil {
		return c.badRequest("the body ended early: %v", err)
	}
	if len(x.data) == x.length {
		x.data = c.cloud.blobs.share(x.data)
	}
	return c.tusReply(http.StatusNoContent, x)
}

// tusBegin checks an append, marks the upload as busy and says how many bytes
// are still to come.
func (c *call) tusBegin() (x *temp, room int, refused *reply) {
	defer c.lock()()
	if refused := c.tusRefused(); refused != nil {
		return nil, 0, refused
	}
	x, missing := c.temp(c.arg("id"))
	if missing != nil {
		return nil, 0, missing
	}
	offset, err := strconv.Atoi(c.req.Header.Get("Upload-Offset"))
	var r reply
	switch {
	case c.req.Header.Get("Content-Type") != "application/offset+octet-stream":
		r = c.fail(http.StatusUnsupportedMediaType, "HTTP-415", "the body must be application/offset+octet-stream")
	case err != nil || offset < 0:
		r = c.badRequest("Upload-Offset must be a number from 0")
	case x.busy:
		r = c.fail(http.StatusLocked, "HTTP-423", "another request is appending")
	case offset != len(x.data):
		r = c.fail(http.StatusConflict, "HTTP-409", "the upload is at %d", len(x.data))
	default:
		x.busy = true
		return x, x.length - len(x.data), nil
	}
	return nil, 0, &r
}

func (c *call) tusReply(status int, x *temp) reply {
	return empty(status).with("Tus-Resumable", tusVersion).with("Upload-Offset", strconv.Itoa(len(x.data)))
}

func tusOffset(c *call) reply {
	if refused := c.tusRefused(); refused != nil {
		return *refused
	}
	x, missing := c.temp(c.arg("id"))
	if missing != nil {
		return *missing
	}
	return c.tusReply(http.StatusOK, x).with("Upload-Length", strconv.Itoa(x.length)).with("Cache-Control", "no-store")
}
