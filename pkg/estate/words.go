package estate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue/token"
	"github.com/agext/levenshtein"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/schema"
)

// pos returns where the user wrote what a complaint is about: where its path is
// declared, or else the first position outside of the schema that CUE names.
func (x *explainer) pos(c *complaint) string {
	at := x.locate(c.path)
	at.exact = at.exact && at.at != ""
	if len(c.path) > 0 && c.path[0] == "tenant" && at.at != "" && x.prefix != nil {
		if format, _ := c.errs[0].Msg(); !strings.HasPrefix(format, "undefined field") {
			return at.at // what is wrong with a tenant is wrong in its file
		}
	}
	if !at.exact && c.ofResource(x) {
		return at.at
	}
	var cueSays string
	for _, e := range c.errs {
		for _, q := range append([]token.Pos{e.Position()}, e.InputPositions()...) {
			p := position(q)
			if p == "" || inSchema(q) || x.text.embeds[p] {
				continue
			}
			if format, _ := e.Msg(); strings.HasPrefix(format, "undefined field") {
				return p // where it is read
			}
			cueSays = cmp.Or(cueSays, p)
		}
	}
	if at.exact || cueSays == "" {
		return at.at
	}
	return cueSays
}

// ofResource reports whether what is wrong is the key of a resource that the text has, or
// that something of it is missing: nothing nearer is written.
func (c *complaint) ofResource(x *explainer) bool {
	k := schema.Of(keyAt(x.schemaPath(c.path)).Kind)
	n := len(c.path) - 1
	if k.Name == "" || last(c.path) != k.KeyField && !c.says("incomplete value") {
		return false
	}
	if x.prefix == nil {
		return x.locate(c.path[:min(n, 4)]).exact
	}
	return x.locate(c.path[:min(n, resourceDepth(c.path))]).exact
}

func inSchema(p token.Pos) bool { return strings.HasPrefix(p.Filename(), schema.ImportPath+"/") }

// schemaPath returns where the schema describes the path of an error.
func (x *explainer) schemaPath(path []string) []string {
	return append(x.prefix[:len(x.prefix):len(x.prefix)], path...)
}

// trim takes away how CUE came to the value that is explained: through a
// definition, or through a template.
func (x *explainer) trim(path []string) []string {
	switch {
	case x.prefix == nil:
	case len(path) > 0 && strings.HasPrefix(path[0], "#"):
		return path[1:]
	case len(path) > 1 && path[0] == "templates":
		return path[2:]
	}
	return path
}

// keyAt returns the key of the resource that a path leads into, if it does.
func keyAt(path []string) plan.Key {
	if len(path) < 3 || path[0] != "templates" && path[0] != "tenants" {
		return plan.Key{}
	}
	switch k := schema.Of(plan.Kind(path[2])); {
	case k.Traits.Singleton:
		return plan.Key{Kind: k.Name, Name: plan.TheOne}
	case k.Declared && len(path) > 3:
		return plan.Key{Kind: k.Name, Name: path[3]}
	}
	return plan.Key{}
}

// unquoted returns a path as CUE's errors have it without the quotes.
func unquoted(path []string) []string {
	out := make([]string, len(path))
	for i, name := range path {
		out[i] = name
		if s, err := strconv.Unquote(name); err == nil {
			out[i] = s
		}
	}
	return out
}

// typeName returns a type as people call it.
func typeName(kind any) string {
	s := fmt.Sprint(kind)
	switch s {
	case "string", "list", "struct", "number":
		return "a " + s
	case "int":
		return "a whole number"
	case "float":
		return "a number"
	case "bool":
		return "true or false"
	}
	return s
}

// oneOf joins words: "a", "b" or "c".
func oneOf(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = strconv.Quote(w)
	}
	if n := len(out); n > 1 {
		return strings.Join(out[:n-1], ", ") + " or " + out[n-1]
	}
	return strings.Join(out, "")
}

// quoted returns the string that CUE prints in quotes.
func quoted(arg any) (string, bool) {
	s, err := strconv.Unquote(fmt.Sprint(arg))
	return s, err == nil
}

// isLiteral reports whether CUE prints a value rather than a type.
func isLiteral(arg any) bool {
	s := fmt.Sprint(arg)
	if s == "" {
		return false
	}
	return strings.ContainsRune(`"-0123456789`, rune(s[0])) || s == "true" || s == "false" || s == "null"
}

// short cuts what is too long for a message.
func short(arg any) string {
	s := fmt.Sprint(arg)
	r := []rune(s)
	if len(r) <= 60 {
		return s
	}
	if word, ok := quoted(arg); ok {
		return fmt.Sprintf("%s… (%d characters)", string(r[:40]), len([]rune(word)))
	}
	return fmt.Sprintf("%s… (%d characters)", string(r[:40]), len(r))
}

func sameLine(a, b string) bool {
	file1, line1, _ := splitPos(a)
	file2, line2, _ := splitPos(b)
	return file1 == file2 && line1 == line2
}

// didYouMean returns a hint if one of the known words is near.
func didYouMean(word string, known []string) string {
	best, distance := "", 1+len(word)/3
	for _, k := range slices.Sorted(slices.Values(known)) {
		d := levenshtein.Distance(strings.ToLower(word), strings.ToLower(k), nil)
		if d <= distance && (best == "" || d < distance) {
			best, distance = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", best)
}

func last(path []string) string {
	if len(path) == 0 {
		return ""
	}
	return path[len(path)-1]
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
