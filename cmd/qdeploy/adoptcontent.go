package main

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/schema"
)

// uses tells resources that name a file.
func uses(file string) func(plan.Resource) bool {
	return func(r plan.Resource) bool {
		var spec map[string]any
		if json.Unmarshal(r.Spec, &spec) != nil {
			return false
		}
		return slices.ContainsFunc(contentFields(r.Key.Kind), func(field string) bool { return spec[field] == file })
	}
}

// contentFields are the fields of a kind that name the files that a resource consists of.
func contentFields(k plan.Kind) (fields []string) {
	known := schema.Of(k)
	return slices.AppendSeq(slices.Collect(maps.Values(known.MD5)), maps.Values(known.Definitions))
}
