package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// gateway are the statuses that come from what stands before every service, so
// no service declares them all: a bad token, a rate limit, an unreachable
// service. Their body has the gateway's shape.
var gateway = []int{
	http.StatusUnauthorized, http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
}

// A deviation is a status that the document lacks and the emulator answers.
type deviation struct {
	paths  string // prefixes of path templates, separated by spaces
	status int
	reason string
}

var deviations = []deviation{
	{"/", http.StatusBadRequest, "the emulator refuses unknown fields and query parameters; Qlik ignores them"},
	{"/", http.StatusRequestEntityTooLarge, "every server bounds a body"},
	{"/api/v1/apps/import", http.StatusForbidden, "the prose has 403 for a missing right, the types only 404"},
	{"/api/v1/groups/{groupId} /api/v1/web-integrations/{id}", http.StatusForbidden, "declared for other methods, not for delete"},
	{"/api/v1/spaces/{spaceId}", http.StatusConflict, "a rename to a taken name"},
	{"/api/v1/temp-contents/files/{id}", http.StatusPreconditionFailed, "the protocol wants it for every request of another version"},
}

// wrongTypes are responses whose declared type is evidently that of another
// operation; their bodies are not checked.
var wrongTypes = map[string]string{
	"GET /api/v1/items/{itemId}/publisheditems": "declared as collections, returns items",
	"PATCH /api/v1/themes/{id}":                 "declared as the list of themes, returns the theme",
}

// knownDeviation says whether a response is one of the above, and what is
// wrong with it all the same.
func knownDeviation(method, path string, op *openapi3.Operation, rec *recorder) (known bool, wrong []string) {
	if rec.status == http.StatusOK && wrongTypes[method+" "+path] != "" {
		return true, nil
	}
	if slices.Contains(gateway, rec.status) {
		var body struct {
			Errors []struct{ Code, Title string }
		}
		if json.Unmarshal(rec.body.Bytes(), &body) != nil || len(body.Errors) == 0 || body.Errors[0].Code == "" || body.Errors[0].Title == "" {
			return true, []string{"response: not in the shape of the gateway: " + rec.body.String()}
		}
		return true, nil
	}
	if op.Responses.Status(rec.status) != nil {
		return false, nil
	}
	if text := rec.body.String(); strings.Contains(text, `"qliktest: no host`) || strings.Contains(text, `"mood: `) {
		return true, nil // the emulator's own answers: nobody has this host, or it is in a mood
	}
	for _, d := range deviations {
		if d.status == rec.status && slices.ContainsFunc(strings.Fields(d.paths), func(p string) bool { return strings.HasPrefix(path, p) }) {
			return true, nil
		}
	}
	return false, nil
}

// formats replace what the document says of times: the types they come from
// call timestamps dates, and apps send "" for a time that never was.
func formats() []openapi3.SchemaValidationOption {
	moment := openapi3.NewCallbackValidator(func(s string) error {
		if s == "" {
			return nil
		}
		if _, err := time.Parse(time.RFC3339, s); err == nil {
			return nil
		}
		if _, err := time.Parse(time.DateOnly, s); err == nil {
			return nil
		}
		return errors.New("not a time")
	})
	return []openapi3.SchemaValidationOption{openapi3.WithStringFormatValidators(map[string]openapi3.StringFormatValidator{"date": moment, "date-time": moment})}
}

// amendments are places where the document is known to be wrong. Each path
// leads from components/schemas to a property.
var amendments = []struct {
	schema string
	apply  func(*openapi3.Schema)
	reason string
}{
	{"Groups_SettingsPatch/path", anyText, "{id} in the enum stands for the id of the Everyone group"},
	{"Groups_GroupPatch/path", anyText, "both spellings, with a slash and without, have been documented"},
	{"Users_JSONPatch/path", anyText, "/assignedRoles/- is described in prose only"},
	{"Users_JSONPatch/value", anyValue, "the schema of the value admits no single reference"},
	{"WebIntegrations_WebIntegrationPatch/value", anyValue, "typed as a string although validOrigins is a list"},
}

func anyText(s *openapi3.Schema)  { s.Enum = nil }
func anyValue(s *openapi3.Schema) { *s = openapi3.Schema{} }

func amend(doc *openapi3.T) error {
	for _, a := range amendments {
		name, property, _ := strings.Cut(a.schema, "/")
		ref := doc.Components.Schemas[name]
		if ref == nil || ref.Value.Properties[property] == nil {
			return fmt.Errorf("contract: the document has no %s", a.schema)
		}
		a.apply(ref.Value.Properties[property].Value)
	}
	return nil
}

// brief is an error without the schema it quotes.
func brief(err error) string {
	var s *openapi3.SchemaError
	if !errors.As(err, &s) {
		text, _, _ := strings.Cut(err.Error(), "\n")
		return text
	}
	for s.Origin != nil {
		var inner *openapi3.SchemaError
		if !errors.As(s.Origin, &inner) {
			break
		}
		s = inner
	}
	return "/" + strings.Join(s.JSONPointer(), "/") + ": " + s.Reason
}
