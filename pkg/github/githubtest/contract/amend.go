package contract

import (
	"fmt"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// amendments are places where the document is known to be wrong. An amendment
// that finds nothing to change is an error: the document has got better.
var amendments = []struct {
	reason string
	apply  func(*openapi3.T) bool
}{
	{"a label without description has null in lists of pull requests too, as it has everywhere else", func(doc *openapi3.T) bool {
		simple := doc.Components.Schemas["pull-request-simple"]
		if simple == nil || simple.Value.Properties["labels"] == nil {
			return false
		}
		text := simple.Value.Properties["labels"].Value.Items.Value.Properties["description"].Value
		was := text.Nullable
		text.Nullable = true
		return !was
	}},
	{"\"You can also pass an array of labels directly\" is said in the description, not in the schema", func(doc *openapi3.T) bool {
		item := doc.Paths.Value("/repos/{owner}/{repo}/issues/{issue_number}/labels")
		if item == nil {
			return false
		}
		list := openapi3.NewArraySchema().WithItems(openapi3.NewStringSchema())
		for _, op := range []*openapi3.Operation{item.Post, item.Put} {
			body := op.RequestBody.Value.Content.Get("application/json").Schema.Value
			if slices.ContainsFunc(body.OneOf, func(s *openapi3.SchemaRef) bool { return s.Value.Type.Is("array") }) {
				return false
			}
			body.OneOf = append(body.OneOf, openapi3.NewSchemaRef("", list))
		}
		return true
	}},
	{"\"an empty asset with a state of starter\" is said in the description of the upload, not in the schema", func(doc *openapi3.T) bool {
		asset := doc.Components.Schemas["release-asset"]
		if asset == nil || asset.Value.Properties["state"] == nil {
			return false
		}
		state := asset.Value.Properties["state"].Value
		if slices.Contains(state.Enum, any("starter")) {
			return false
		}
		state.Enum = append(state.Enum, "starter")
		return true
	}},
}

func amend(doc *openapi3.T) error {
	for _, a := range amendments {
		if !a.apply(doc) {
			return fmt.Errorf("contract: this amendment has nothing to amend: %s", a.reason)
		}
	}
	return nil
}
