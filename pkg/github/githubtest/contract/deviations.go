package contract

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// generals are the statuses that any route may answer, which the document
// declares here and there only, with a body of the common shape.
var generals = map[int]string{
	http.StatusBadRequest:            "a body that is not JSON",
	http.StatusUnauthorized:          "no token, or a bad one",
	http.StatusForbidden:             "a permission that the token lacks, or a rate limit",
	http.StatusNotFound:              "what the token cannot see",
	http.StatusMethodNotAllowed:      "a merge that is not possible",
	http.StatusConflict:              "a merge or deployment in conflict; for deployments declared without a body",
	http.StatusRequestEntityTooLarge: "every server bounds a body",
	http.StatusGone:                  "an artifact that has expired",
	http.StatusUnprocessableEntity:   "a body of the wrong contents; the document has no 422 for statuses, check runs, comments by id",
	http.StatusTooManyRequests:       "a rate limit, told in this way since 2023",
	http.StatusBadGateway:            "GitHub out of order",
	http.StatusServiceUnavailable:    "GitHub out of order",
}

func general(status int) bool { return generals[status] != "" }

// checkError checks the common shape, and that of a validation error where the
// document declares one.
func checkError(op *openapi3.Operation, rec *recorder) []string {
	var body struct {
		Message string `json:"message"`
		Docs    string `json:"documentation_url"`
		Errors  []struct {
			Code     *string          `json:"code"`
			Contexts *json.RawMessage `json:"contexts"`
		} `json:"errors"`
	}
	if json.Unmarshal(rec.body.Bytes(), &body) != nil || body.Message == "" {
		return []string{"response: not in the shape of an error: " + rec.body.String()}
	}
	for _, e := range body.Errors {
		if e.Code == nil {
			return []string{"response: an error without a code: " + rec.body.String()}
		}
	}
	if rec.status == http.StatusUnprocessableEntity && op.Responses.Status(rec.status) != nil && body.Docs == "" {
		return []string{"response: a validation error without documentation_url: " + rec.body.String()}
	}
	return nil
}

// formats say what a string of a format must be.
func formats() []openapi3.SchemaValidationOption {
	moment := openapi3.NewCallbackValidator(func(s string) error {
		if _, err := time.Parse(time.RFC3339, s); err != nil {
			return errors.New("not a time")
		}
		return nil
	})
	address := openapi3.NewCallbackValidator(func(s string) error {
		u, err := url.Parse(s)
		// The document calls an address that is not there "", and a target_url
		// may be whatever its maker wrote.
		if err != nil || s != "" && !u.IsAbs() {
			return errors.New("not an address")
		}
		return nil
	})
	return []openapi3.SchemaValidationOption{openapi3.WithStringFormatValidators(map[string]openapi3.StringFormatValidator{"date-time": moment, "uri": address})}
}

// unknownMembers lists members of a body that its schema does not name. The
// document allows any, GitHub ignores some: a member that is not described is a
// mistake of the caller.
func unknownMembers(op *openapi3.Operation, body []byte) (wrong []string) {
	var members map[string]json.RawMessage
	if op.RequestBody == nil || json.Unmarshal(body, &members) != nil {
		return nil
	}
	media := op.RequestBody.Value.Content.Get("application/json")
	if media == nil || media.Schema == nil {
		return nil
	}
	for name := range members {
		if !names(media.Schema.Value, name) {
			wrong = append(wrong, "request: unknown member "+name)
		}
	}
	slices.Sort(wrong)
	return wrong
}

// names says whether a schema, or a part of it, has a property.
func names(s *openapi3.Schema, property string) bool {
	if s.Properties[property] != nil {
		return true
	}
	for _, parts := range []openapi3.SchemaRefs{s.OneOf, s.AnyOf, s.AllOf} {
		for _, part := range parts {
			if names(part.Value, property) {
				return true
			}
		}
	}
	return false
}

// brief is an error without the schema it quotes.
func brief(err error) string {
	var s *openapi3.SchemaError
	if !errors.As(err, &s) {
		var r *openapi3filter.RequestError
		if errors.As(err, &r) && r.Parameter != nil {
			return "parameter " + r.Parameter.Name + ": " + r.Error()
		}
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
