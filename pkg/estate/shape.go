package estate

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/schema"
)

// shape gives a spec the fields that it has in a file: what the same connection in
// several environments has in common. What is written beside the file is the resource's
// own, and goes before what the file says.
func (x *expansion) shape(k schema.Kind, r plan.Resource, name string, spec map[string]any) {
	for field, file := range k.Shapes {
		if spec[file] == nil && spec[field] == nil {
			continue
		}
		s := x.computed(k, r, name, field, file, spec, func(file string) sum { return x.e.shapeOf(file, k.Shaped) })
		if s.problem.Message != "" {
			return // it is told already
		}
		x.files = append(x.files, keptFile{as: "shape", file: fmt.Sprint(spec[file]), name: string(k.Name), sum: s.sum})
		for _, f := range k.Shaped {
			spec[f] = beside(spec[f], s.fields[f])
		}
	}
	for _, f := range k.Shaped {
		if spec[f] == nil {
			delete(spec, f)
			x.problem(Problem{Pos: x.pos(string(k.Name), name), Key: r.Key, Message: f + " is missing", Hint: "it is written here, or in a file: see qdeploy schema " + string(k.Name)})
		}
	}
}

// beside is what is written together with what a file has.
func beside(written, shaped any) any {
	own, ok := written.(map[string]any)
	common, both := shaped.(map[string]any)
	switch {
	case written == nil:
		return shaped
	case !ok || !both:
		return written
	}
	out := map[string]any{}
	for name, value := range common {
		out[name] = value
	}
	for name, value := range own {
		out[name] = value
	}
	return out
}

// shapeOf reads the fields that a file has, once. Its digest is over what they say.
func (e *Estate) shapeOf(file string, fields []string) sum {
	f, _ := e.sums.LoadOrStore(file+"\x00shape", sync.OnceValue(func() sum {
		text, err := e.Content(file)
		if err != nil {
			return sum{problem: fileProblem(file, err)}
		}
		spec, err := parseShape(text, fields)
		if err != nil {
			return sum{problem: Problem{
				Message: file + ": " + err.Error(), Hint: "it is a JSON object with " + strings.Join(fields, " and ") + "; secrets are named in the estate",
			}}
		}
		h := sha256.Sum256(encode(spec))
		return sum{sum: "sha256:" + hex.EncodeToString(h[:]), fields: spec}
	}))
	return f.(func() sum)()
}

// parseShape reads a JSON object with some of the fields.
func parseShape(text []byte, fields []string) (spec map[string]any, err error) {
	in := json.NewDecoder(bytes.NewReader(text))
	in.UseNumber()
	if err := in.Decode(&spec); err != nil {
		return nil, fmt.Errorf("no shape: %w", err)
	}
	if _, err := in.Token(); err != io.EOF {
		return nil, errors.New("no shape: more than one value")
	}
	if spec == nil {
		return nil, errors.New("no shape: it is null")
	}
	for _, name := range sorted(spec) {
		if !slices.Contains(fields, name) {
			return nil, fmt.Errorf("a shape has no field %q", name)
		}
		if !simple(spec[name]) {
			return nil, fmt.Errorf("%s must be a text, or an object of texts, numbers, true and false", name)
		}
	}
	return spec, nil
}

// simple reports whether a value of a shape is one that a connection may have.
func simple(v any) bool {
	if text, ok := v.(string); ok {
		return text != ""
	}
	object, ok := v.(map[string]any)
	for _, in := range object {
		switch in.(type) {
		case string, bool, json.Number:
		default:
			return false
		}
	}
	return ok
}
