package contract_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest/contract"
)

// document describes a shelf of books. Its other schemas are there because
// amendments are made to them.
const document = `{
 "openapi": "3.0.3",
 "info": {"title": "books", "version": "1"},
 "servers": [{"url": "https://{tenant}.example", "variables": {"tenant": {"default": "a"}}}],
 "paths": {
  "/api/v1/books": {
   "get": {
    "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 10}}],
    "responses": {"200": {"description": "", "content": {"application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Book"}}}}}}
   },
   "post": {
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Book"}}}},
    "responses": {"201": {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Book"}}}}, "409": {"description": ""}}
   }
  },
  "/api/v1/books/mine": {"get": {"responses": {"204": {"description": ""}}}},
  "/api/v1/books/{id}": {"delete": {
    "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
    "responses": {"204": {"description": ""}}}},
  "/api/v1/books/{book}/file/{path}": {"get": {
    "parameters": [{"name": "book", "in": "path", "required": true, "schema": {"type": "string"}}, {"name": "path", "in": "path", "required": true, "schema": {"type": "string"}}],
    "responses": {"200": {"description": "", "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}}}}
 },
 "components": {"schemas": {
  "Book": {"type": "object", "required": ["title"], "properties": {
    "title": {"type": "string"}, "pages": {"type": "integer"}, "printed": {"type": "string", "format": "date-time"}}},
  "Groups_SettingsPatch": {"properties": {"path": {"type": "string"}, "value": {"type": "string"}}},
  "Groups_GroupPatch": {"properties": {"path": {"type": "string"}}},
  "WebIntegrations_WebIntegrationPatch": {"properties": {"value": {"type": "string"}}},
  "Users_JSONPatch": {"properties": {"path": {"type": "string"}, "value": {"type": "string"}}}
 }}
}`

func load(t *testing.T) *contract.Checker {
	t.Helper()
	path := filepath.Join(t.TempDir(), "openapi.json")
	require.NoError(t, os.WriteFile(path, []byte(document), 0o600))
	k, err := contract.Load(path)
	require.NoError(t, err)
	return k
}

// A reply is what the server under the checker answers.
type reply struct {
	status int
	body   string
}

// reports sends a request through the checker and returns what it reports.
func reports(k *contract.Checker, r *http.Request, answer reply) (list []string) {
	h := k.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if strings.HasPrefix(answer.body, "{") || strings.HasPrefix(answer.body, "[") {
			w.Header().Set("Content-Type", "application/json")
		}
		w.WriteHeader(answer.status)
		_, _ = io.WriteString(w, answer.body)
	}), func(what string) { list = append(list, what) })
	h.ServeHTTP(httptest.NewRecorder(), r)
	return list
}

func TestChecker(t *testing.T) {
	k := load(t)
	const book, gateway = `{"title":"Emma","printed":""}`, `{"errors":[{"code":"HTTP-503","title":"away"}]}`
	for _, c := range []struct {
		name, method, path, body string
		answer                   reply
		want                     string // "" = nothing to report
	}{
		{"all is well", "GET", "/api/v1/books?limit=5", "", reply{200, "[" + book + "]"}, ""},
		{"host in the path", "GET", "/a.example/api/v1/books", "", reply{200, "[]"}, ""},
		{"created", "POST", "/api/v1/books", book, reply{201, book}, ""},
		{"more fields than declared", "POST", "/api/v1/books", book, reply{201, `{"title":"Emma","shelf":1}`}, ""},
		{"declared without body", "POST", "/api/v1/books", book, reply{409, "taken"}, ""},
		{"literal wins", "GET", "/api/v1/books/mine", "", reply{204, ""}, ""},
		{"argument", "DELETE", "/api/v1/books/7", "", reply{204, ""}, ""},
		{"file in a folder", "GET", "/api/v1/books/7/file/a/b.txt", "", reply{200, "x"}, ""},
		{"gateway", "GET", "/api/v1/books", "", reply{503, gateway}, ""},
		{"unknown route", "GET", "/api/v1/pens", "", reply{404, ""}, ""},
		{"strictness", "GET", "/api/v1/books", "", reply{400, "{}"}, ""},

		{"missing field", "GET", "/api/v1/books", "", reply{200, `[{"pages":1}]`}, `GET /api/v1/books: 200: response: /0/title: property "title" is missing`},
		{"wrong type", "GET", "/api/v1/books", "", reply{200, `[{"title":"Emma","pages":"many"}]`}, `GET /api/v1/books: 200: response: /0/pages: value must be an integer`},
		{"wrong time", "GET", "/api/v1/books", "", reply{200, `[{"title":"Emma","printed":"1815"}]`}, `GET /api/v1/books: 200: response: /0/printed: string doesn't match the format "date-time" (not a time)`},
		{"not a list", "GET", "/api/v1/books", "", reply{200, book}, `GET /api/v1/books: 200: response: /: value must be an array`},
		{"undeclared status", "DELETE", "/api/v1/books/7", "", reply{202, ""}, `DELETE /api/v1/books/7: 202: response: the status is not declared`},
		{"undeclared operation", "PUT", "/api/v1/books", "", reply{200, ""}, `PUT /api/v1/books: 200: the document has no such operation`},
		{"missing body", "POST", "/api/v1/books", book, reply{201, ""}, `POST /api/v1/books: 201: response: the body is missing`},
		{"gateway in another shape", "GET", "/api/v1/books", "", reply{429, `{"message":"slow"}`}, `GET /api/v1/books: 429: response: not in the shape of the gateway: {"message":"slow"}`},
		{"unknown query", "GET", "/api/v1/books?size=1", "", reply{200, "[]"}, `GET /api/v1/books: 200: request: unknown query parameter size`},
		{"query out of range", "GET", "/api/v1/books?limit=11", "", reply{200, "[]"}, `GET /api/v1/books: 200: request: /: number must be at most 10`},
		{"wrong request", "POST", "/api/v1/books", `{"pages":1}`, reply{201, book}, `POST /api/v1/books: 201: request: /title: property "title" is missing`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
			if c.body != "" {
				r.Header.Set("Content-Type", "application/json")
			}
			var want []string
			if c.want != "" {
				want = []string{c.want}
			}
			require.Equal(t, want, reports(k, r, c.answer))
		})
	}
}

func TestForgiveRefused(t *testing.T) {
	k := load(t)
	bad := func() *http.Request { return httptest.NewRequest("GET", "/api/v1/books?size=1", nil) }
	require.Len(t, reports(k, bad(), reply{400, ""}), 1)
	k.ForgiveRefused = true
	require.Empty(t, reports(k, bad(), reply{400, ""}))
	require.Len(t, reports(k, bad(), reply{200, "[]"}), 1)
}

func TestLoadRefuses(t *testing.T) {
	_, err := contract.Load(filepath.Join(t.TempDir(), "none.json"))
	require.ErrorContains(t, err, "contract: ")
	for name, text := range map[string]string{
		"not JSON":     "{",
		"not a schema": `{"openapi":"3.0.3","info":{"title":"","version":""},"paths":{}}`,
		"not amended":  strings.ReplaceAll(document, "Groups_GroupPatch", "Groups"),
	} {
		path := filepath.Join(t.TempDir(), "openapi.json")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := contract.Load(path)
		require.ErrorContains(t, err, "contract: ", name)
	}
}

// TestStream: a body that the handler does not read to its end, and one that
// is not JSON, pass through untouched.
func TestStream(t *testing.T) {
	k := load(t)
	h := k.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %v", b, err)
	}), func(what string) { t.Error(what) })
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/api/v1/books/7/file/x", strings.NewReader("bytes")))
	require.Equal(t, "bytes <nil>", w.Body.String())
}
