// Package contract checks traffic against GitHub's published description of
// its REST API: every request and response that passes through a handler is
// validated against the OpenAPI document. It shows where the double, or a
// client, and GitHub's own description disagree.
package contract

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// A Checker holds a loaded document. It may be shared by many handlers.
type Checker struct {
	// ForgiveRefused keeps quiet about a wrong request that was answered with
	// 4xx: tests of a server send such requests on purpose.
	ForgiveRefused bool

	doc    *openapi3.T
	routes []route

	mu   sync.Mutex
	seen map[string]bool
}

// Load reads GitHub's document and applies the amendments. It is not validated as a whole: it has paths
// that differ in the names of their parameters only, which OpenAPI forbids and
// which do no harm here.
func Load(path string) (*Checker, error) {
	doc, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	if err := amend(doc); err != nil {
		return nil, err
	}
	return &Checker{doc: doc, routes: routesOf(doc), seen: map[string]bool{}}, nil
}

// Seen lists the operations that passed through, as "GET /user", sorted.
func (k *Checker) Seen() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var list []string
	for name := range k.seen {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// Wrap returns h with every request and response of the API checked. Each
// disagreement is given to report, as one line.
func (k *Checker) Wrap(h http.Handler, report func(string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, isAPI := apiPath(r.URL.EscapedPath())
		if !isAPI {
			h.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, "the body ended early", http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		rec := &recorder{ResponseWriter: w}
		h.ServeHTTP(rec, r)
		for _, what := range k.check(r, path, body, rec) {
			report(fmt.Sprintf("%s %s: %d: %s", r.Method, path, rec.status, what))
		}
	})
}

// apiPath cuts off what GitHub Enterprise Server puts before the paths of the
// document, and says whether the document is about this path at all: git,
// GraphQL and downloads are not in it.
func apiPath(path string) (string, bool) {
	path = strings.TrimPrefix(strings.TrimPrefix(path, "/api/v3"), "/api/uploads")
	foreign := strings.Contains(path, ".git/") || strings.HasPrefix(path, "/_store/") || path == "/graphql" || path == "/api/graphql"
	return path, !foreign
}

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
func (k *Checker) check(r *http.Request, path string, body []byte, rec *recorder) (wrong []string) {
	template, item, args := find(k.routes, r.Method, path)
	if item == nil {
		if rec.status == http.StatusNotFound {
			return nil // an unknown route is 404
		}
		return []string{"the document has no such operation"}
	}
	operation := item.GetOperation(r.Method)
	k.mu.Lock()
	k.seen[r.Method+" "+template] = true
	k.mu.Unlock()
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	input := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: args, QueryParams: r.URL.Query(),
		Route: &routers.Route{Spec: k.doc, Path: template, PathItem: item, Method: r.Method, Operation: operation},
		Options: &openapi3filter.Options{
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, ExcludeRequestBody: len(body) == 0 || !isJSON(r.Header),
			SkipSettingDefaults: true, SchemaValidationOptions: formats(),
		},
	}
	if !k.ForgiveRefused || rec.status < 400 || rec.status > 499 {
		wrong = append(wrong, unknownQuery(input)...)
		wrong = append(wrong, unknownMembers(operation, body)...)
		if err := openapi3filter.ValidateRequest(r.Context(), input); err != nil {
			wrong = append(wrong, "request: "+brief(err))
		}
	}
	return append(wrong, checkResponse(input, rec)...)
}

func unknownQuery(in *openapi3filter.RequestValidationInput) (wrong []string) {
	var known []string
	for _, p := range append(slices.Clone(in.Route.PathItem.Parameters), in.Route.Operation.Parameters...) {
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

func checkResponse(in *openapi3filter.RequestValidationInput, rec *recorder) []string {
	op := in.Route.Operation
	if general(rec.status) {
		return checkError(op, rec)
	}
	if rec.status == http.StatusNotModified && rec.body.Len() == 0 {
		return nil // deviation: any reading may be conditional, few declare it
	}
	if op.Responses.Status(rec.status) == nil {
		return []string{"response: the status is not declared"}
	}
	if rec.body.Len() == 0 {
		if media := op.Responses.Status(rec.status).Value.Content.Get("application/json"); media != nil && media.Schema != nil {
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
