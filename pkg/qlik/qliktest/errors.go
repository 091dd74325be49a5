package qliktest

import (
	"fmt"
	"net/http"
	"strconv"
)

// An envelope is the way a service says that something is wrong. Qlik has many.
type envelope int

const (
	envPlain   envelope = iota // E3: errors with code, title, detail, and a trace id
	envNumber                  // E1: the same, with status as a number
	envString                  // E1 of tenants and web integrations: status as a string
	envTop                     // E2 of spaces: the first error repeated at the top
	envMeta                    // E4 of items: errors with a meta object
	envSingle                  // E5 of themes and extensions: one object, no list
	envLicense                 // licences: error and message beside the list
	envDigits                  // E9 of tenant settings: the code is a number
	envCode                    // tasks: the status as the code, a number
	envText                    // E11 of apps: text
)

type errorEntry struct {
	Code   any        `json:"code"`
	Title  string     `json:"title"`
	Detail string     `json:"detail,omitempty"`
	Status any        `json:"status,omitempty"`
	Meta   *itemsMeta `json:"meta,omitempty"`
}

type itemsMeta struct {
	Temporary bool `json:"temporary"`
	Timeout   bool `json:"timeout"`
	Fault     bool `json:"fault"`
}

type errorBody struct {
	Errors  []errorEntry `json:"errors"`
	Code    string       `json:"code,omitempty"`
	Title   string       `json:"title,omitempty"`
	Detail  string       `json:"detail,omitempty"`
	TraceID string       `json:"traceId,omitempty"`
}

type licenseError struct {
	Error   string       `json:"error"`
	Message string       `json:"message"`
	Errors  []errorEntry `json:"errors"`
}

type archiveError struct {
	Title   string            `json:"title"`
	Status  int               `json:"status"`
	Meta    map[string]string `json:"meta"`
	TraceID string            `json:"traceId"`
}

// fail answers in the envelope of the route's service.
func (c *call) fail(status int, code, format string, args ...any) reply {
	env := envPlain
	if c.route != nil {
		env = c.route.owner.envelope
	}
	return env.reply(status, code, fmt.Sprintf(format, args...), c.trace())
}

func (e envelope) reply(status int, code, detail, trace string) reply {
	title := http.StatusText(status)
	entry := errorEntry{Code: code, Title: title, Detail: detail}
	switch e {
	case envNumber:
		entry.Status = status
	case envCode:
		entry.Code = status
	case envString:
		entry.Status = strconv.Itoa(status)
	case envTop:
		return reply{status: status, body: errorBody{Errors: []errorEntry{entry}, Code: code, Title: title, Detail: detail, TraceID: trace}}
	case envMeta:
		entry.Meta = &itemsMeta{Temporary: status >= 500, Timeout: status == 504, Fault: status >= 500}
		return reply{status: status, body: errorBody{Errors: []errorEntry{entry}}}.with("X-B3-Traceid", trace)
	case envSingle:
		return reply{status: status, body: archiveError{title, status, map[string]string{"message": detail}, trace}}
	case envLicense:
		return reply{status: status, body: licenseError{Error: title, Message: detail, Errors: []errorEntry{entry}}}
	case envDigits:
		return reply{status: status, body: map[string]any{"errors": []map[string]any{{"code": status, "title": title + ": " + detail}}}}
	case envText:
		return reply{status: status, body: []byte(detail + "\n")}.with("Content-Type", "text/plain; charset=utf-8")
	}
	return reply{status: status, body: errorBody{Errors: []errorEntry{entry}, TraceID: trace}}
}

// trace is a trace id: the same request always has the same one.
func (c *call) trace() string { return hex32(digest("trace", c.base, c.req.Method, c.path)) }

// Answers that many services share.

func (c *call) badRequest(format string, args ...any) reply {
	return c.fail(http.StatusBadRequest, "HTTP-400", format, args...)
}

func (c *call) forbidden(format string, args ...any) reply {
	return c.fail(http.StatusForbidden, "HTTP-403", format, args...)
}

func (c *call) notFound(format string, args ...any) reply {
	return c.fail(http.StatusNotFound, "HTTP-404", format, args...)
}
