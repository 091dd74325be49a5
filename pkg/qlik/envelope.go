package qlik

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

// refusal makes an [Error] of an answer. Qlik's services use thirteen shapes:
// an array "errors" of {code, title, detail, meta} in most, with the same
// fields repeated at the top in spaces, a single object in themes, codes that
// are numbers in tasks, {code, message} in settings, items of a 207 under
// "data", the engine's plain text in apps, and nothing at all.
func refusal(req *http.Request, status int, body []byte) *Error {
	e := &Error{Method: req.Method, Path: req.URL.Path, Status: status}
	secret := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
	if secret != "" { // a service that echoes what it was sent
		body = bytes.ReplaceAll(body, []byte(secret), []byte("…"))
	}
	var env envelope
	if json.Unmarshal(body, &env) != nil {
		e.Title = plain(body)
		return e
	}
	f := env.first()
	e.Code, e.Title, e.Detail = f.words()
	e.Trace = tidy(string(cmp.Or(env.TraceID, f.TraceID)))
	return e
}

// envelope is any of the shapes.
type envelope struct {
	fault
	Errors json.RawMessage `json:"errors"`
	Data   json.RawMessage `json:"data"`
}

// fault is one error in an envelope.
type fault struct {
	Code        word            `json:"code"`
	Title       word            `json:"title"`
	Detail      word            `json:"detail"`
	Message     word            `json:"message"`
	Context     word            `json:"context"`
	Error       word            `json:"error"`             // OAuth
	Description word            `json:"error_description"` // OAuth
	Status      word            `json:"status"`
	TraceID     word            `json:"traceId"`
	Meta        json.RawMessage `json:"meta"`
}

// first returns the error that an envelope is about.
func (e *envelope) first() fault {
	for _, f := range faults(e.Errors) {
		if !f.empty() {
			return f
		}
	}
	for _, f := range faults(e.Data) {
		if !f.empty() && f.Status >= "400" {
			return f
		}
	}
	return e.fault
}

// faults reads an array of faults, or a single one.
func faults(raw json.RawMessage) []fault {
	var many []json.RawMessage
	if json.Unmarshal(raw, &many) != nil {
		many = []json.RawMessage{raw}
	}
	var out []fault
	for _, m := range many {
		var f fault
		if json.Unmarshal(m, &f) == nil {
			out = append(out, f)
		}
	}
	return out
}

func (f *fault) empty() bool {
	return f.Code == "" && f.Title == "" && f.Detail == "" && f.Message == ""
}

// words returns code, title and detail, from wherever the shape puts them.
func (f *fault) words() (code, title, detail string) {
	code = string(cmp.Or(f.Code, f.Error))
	title = string(cmp.Or(f.Title, f.Message, f.Description))
	detail = string(cmp.Or(f.Detail, f.Context))
	for _, m := range faults(f.Meta) { // themes: message; tenants: one or many {code, title}
		if detail == "" {
			detail = strings.TrimSpace(string(m.Code) + " " + string(cmp.Or(m.Title, m.Message)))
		}
	}
	return tidy(code), tidy(title), tidy(detail)
}

// word is text that some services write as a number.
type word string

// UnmarshalJSON takes strings and numbers, and passes over everything else:
// one odd field must not cost the others.
func (w *word) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*w = word(s)
		return nil
	}
	var n json.Number
	if json.Unmarshal(b, &n) == nil {
		*w = word(n.String())
	}
	return nil
}

// plain makes a title of a body that is not JSON; a page of HTML says nothing.
func plain(body []byte) string {
	s := strings.TrimSpace(string(body))
	if strings.HasPrefix(s, "<") || !utf8.ValidString(s) {
		return ""
	}
	line, _, _ := strings.Cut(s, "\n")
	return tidy(line)
}

const longestText = 300

// tidy makes foreign text fit for one line of a log or a comment.
func tidy(s string) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > longestText {
		s = string(r[:longestText]) + "…"
	}
	return s
}
