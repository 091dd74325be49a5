// Package contract checks traffic against Qlik's published types: every
// request and response that passes through a handler is validated against an
// OpenAPI document. It shows where the emulator, or a client, and Qlik's own
// description disagree.
package contract

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// A Checker holds a loaded document. It may be shared by many handlers.
type Checker struct {
	// ForgiveRefused keeps quiet about a wrong request that was answered with
	// 4xx: tests of a server send such requests on purpose.
	ForgiveRefused bool

	doc  *openapi3.T
	root *node
}

// Load reads an OpenAPI document, checks it, and applies the amendments and
// additions.
func Load(path string) (*Checker, error) {
	doc, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	if err := doc.Validate(context.Background(), openapi3.DisableExamplesValidation(), openapi3.DisableSchemaPatternValidation(), openapi3.DisableSchemaDefaultsValidation()); err != nil {
		return nil, fmt.Errorf("contract: %s: %w", path, err)
	}
	if err := amend(doc); err != nil {
		return nil, err
	}
	if err := complete(doc); err != nil {
		return nil, err
	}
	k := &Checker{doc: doc, root: &node{}}
	for path, item := range doc.Paths.Map() {
		k.root.add(path, item)
	}
	return k, nil
}

// Wrap returns h with every request and response checked. Each disagreement is
// given to report, as one line.
func (k *Checker) Wrap(h http.Handler, report func(string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body []byte
		if isJSON(r.Header) {
			body, _ = io.ReadAll(r.Body) // an error shows in what the handler reads
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		rec := &recorder{ResponseWriter: w}
		h.ServeHTTP(rec, r)
		for _, what := range k.check(r, body, rec) {
			report(fmt.Sprintf("%s %s: %d: %s", r.Method, r.URL.Path, rec.status, what))
		}
	})
}

// isJSON says whether a body is JSON: files, multipart bodies and forms are not
// checked.
func isJSON(h http.Header) bool {
	kind, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	return kind == "application/json"
}

// A recorder passes a response on and keeps its status and JSON.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (w *recorder) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if isJSON(w.Header()) {
		w.body.Write(b)
	}
	return w.ResponseWriter.Write(b)
}

// check lists what is wrong with a request and its response.
func (k *Checker) check(r *http.Request, body []byte, rec *recorder) (wrong []string) {
	path := withoutHost(r.URL.Path)
	template, item, args := k.root.find(path)
	var operation *openapi3.Operation
	if item != nil {
		operation = item.GetOperation(r.Method)
	}
	if operation == nil {
		if rec.status == http.StatusNotFound {
			return nil // deviation: an unknown route is 404, whatever the document lacks
		}
		return []string{"the document has no such operation"}
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	input := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: args, QueryParams: r.URL.Query(),
		Route: &routers.Route{Spec: k.doc, Path: template, PathItem: item, Method: r.Method, Operation: operation},
		Options: &openapi3filter.Options{
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, ExcludeRequestBody: !isJSON(r.Header),
			SkipSettingDefaults: true, SchemaValidationOptions: formats(),
		},
	}
	if !k.ForgiveRefused || rec.status < 400 || rec.status > 499 {
		wrong = append(wrong, unknownQuery(input, item)...)
		if err := openapi3filter.ValidateRequest(r.Context(), input); err != nil {
			wrong = append(wrong, "request: "+brief(err))
		}
	}
	return append(wrong, k.checkResponse(input, rec)...)
}

// withoutHost cuts a host off a path: the emulator also takes it from there.
func withoutHost(path string) string {
	first, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if strings.Contains(strings.TrimPrefix(first, "."), ".") {
		return "/" + rest
	}
	return path
}

func unknownQuery(in *openapi3filter.RequestValidationInput, item *openapi3.PathItem) (wrong []string) {
	var known []string
	for _, p := range append(slices.Clone(item.Parameters), in.Route.Operation.Parameters...) {
		if p.Value.In == "query" {
			known = append(known, p.Value.Name)
		}
	}
	for name := range in.QueryParams {
		if !slices.Contains(known, name) {
			wrong = append(wrong, "request: unknown query parameter "+name)
		}
	}
	slices.Sort(wrong)
	return wrong
}

func (k *Checker) checkResponse(in *openapi3filter.RequestValidationInput, rec *recorder) []string {
	op := in.Route.Operation
	declared := op.Responses.Status(rec.status) != nil || op.Responses.Default() != nil
	if known, wrong := knownDeviation(in.Route.Method, in.Route.Path, op, rec); known {
		return wrong
	}
	if !declared {
		return []string{"response: the status is not declared"}
	}
	if rec.body.Len() == 0 {
		if wantsBody(op, rec.status) {
			return []string{"response: the body is missing"}
		}
		return nil
	}
	err := openapi3filter.ValidateResponse(in.Request.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: rec.status, Header: rec.Header(), Body: io.NopCloser(bytes.NewReader(rec.body.Bytes())),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, SchemaValidationOptions: formats()},
	})
	if err != nil {
		return []string{"response: " + brief(err)}
	}
	return nil
}

// wantsBody says whether JSON is declared for a status.
func wantsBody(op *openapi3.Operation, status int) bool {
	if op.Responses.Status(status) == nil {
		return false
	}
	media := op.Responses.Status(status).Value.Content.Get("application/json")
	return media != nil && media.Schema != nil && len(media.Schema.Value.Required) > 0
}
