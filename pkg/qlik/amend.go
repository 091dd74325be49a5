package qlik

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// amends is how often something is read again that somebody else changes meanwhile.
const amends = 3

// amend changes what is at a path by PUT, which replaces the whole: it reads what is there,
// and writes it on condition that it is that still. change returns what to write, nil if
// nothing is to change. It returns what is there in the end.
func amend[B any](ctx context.Context, t *Tenant, path string, change func(now B) (body any, err error)) (now B, err error) {
	for range amends {
		var none B
		now = none
		h, err := t.send(ctx, http.MethodGet, path, nil, payload{}, &now)
		if err != nil {
			return now, err
		}
		body, err := change(now)
		if err != nil || body == nil {
			return now, err
		}
		text, err := json.Marshal(body)
		if err != nil {
			return now, err
		}
		p := payload{kind: "application/json", bytes: text, header: http.Header{}}
		if tag := h.Get("Etag"); tag != "" {
			p.header.Set("If-Match", tag)
		}
		now = none
		if _, err = t.send(ctx, http.MethodPut, path, nil, p, &now); !outdated(err) {
			return now, err
		}
	}
	return now, fmt.Errorf("PUT %s: somebody else changes it all the time", path)
}

// outdated reports whether what was to be changed is not any more what was read.
func outdated(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == http.StatusPreconditionFailed
}
