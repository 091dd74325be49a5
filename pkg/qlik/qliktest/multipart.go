package qliktest

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
)

// parts reads a multipart body that may have only these parts.
func (c *call) parts(names ...string) (parts map[string][]byte, refused *reply) {
	kind, params, err := mime.ParseMediaType(c.req.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		r := c.fail(http.StatusUnsupportedMediaType, "HTTP-415", "the body must be multipart/form-data")
		return nil, &r
	}
	bad := func(format string, args ...any) (map[string][]byte, *reply) {
		r := c.badRequest(format, args...)
		return nil, &r
	}
	parts = map[string][]byte{}
	for body := multipart.NewReader(bytes.NewReader(c.body), params["boundary"]); ; {
		p, err := body.NextPart()
		if err == io.EOF {
			return parts, nil
		}
		if err != nil {
			return bad("the body is not multipart: %v", err)
		}
		b, err := io.ReadAll(p)
		switch {
		case err != nil:
			return bad("part %s: %v", p.FormName(), err)
		case slices.Contains(names, p.FormName()):
			parts[p.FormName()] = b
		case !c.cloud.opts.Lenient:
			return bad("unknown part %q", p.FormName())
		}
	}
}
