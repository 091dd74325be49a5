package schema

import (
	"fmt"
	"strconv"
	"strings"

	"cuelang.org/go/cue"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// readKind reads the attributes of a definition and of its fields. A definition
// that is no kind gives a Kind without a name.
func readKind(def cue.Value) (Kind, error) {
	k := Kind{MD5: map[string]string{}, Files: map[string]string{}, Definitions: map[string]string{}, Shapes: map[string]string{}, Sizes: map[string]string{}, Means: map[string]string{}}
	err := words(def, cue.DeclAttr, func(word, value string) error {
		var err error
		switch word {
		case "kind":
			k.Name = plan.Kind(value)
		case "container":
			k.Traits.Container = true
		case "pool":
			k.Traits.Pool = true
		case "cascade":
			k.Traits.Cascade = true
		case "singleton":
			k.Traits.Singleton = true
		case "first":
			k.Traits.First = true
		case "last":
			k.Traits.Last = true
		case "one":
			k.One = strings.Split(value, "+")
		case "create":
			k.Traits.Create = plan.Action(value)
		case "update":
			k.Traits.Update = plan.Action(value)
		case "writes":
			k.Traits.Writes, err = strconv.Atoi(value)
		default:
			err = unknown(word, value)
		}
		return err
	})
	if err != nil || k.Name == "" {
		return k, err
	}
	return k, k.fields(def, "")
}

// fields reads the attributes of the fields of v, which is at path in the spec.
func (k *Kind) fields(v cue.Value, path string) error {
	if v.IncompleteKind() == cue.ListKind {
		if e := v.LookupPath(cue.MakePath(cue.AnyIndex)); e.Exists() {
			return k.fields(e, path+"/*")
		}
		return nil
	}
	if v.IncompleteKind() != cue.StructKind {
		return nil
	}
	it, err := v.Fields(cue.Optional(true), cue.Patterns(true))
	if err != nil {
		return err
	}
	for it.Next() {
		at, name := path+"/*", ""
		if sel := it.Selector(); sel.LabelType() == cue.StringLabel && sel.ConstraintType() != cue.PatternConstraint {
			name = sel.Unquoted()
			at = path + "/" + name
		}
		if err := k.field(it.Value(), at, name); err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
		if err := k.fields(it.Value(), at); err != nil {
			return err
		}
	}
	return nil
}

// field reads the attributes of one field.
func (k *Kind) field(v cue.Value, path, name string) error {
	t := &k.Traits
	var ref plan.Ref
	err := words(v, cue.FieldAttr, func(word, value string) error {
		switch word {
		case "key":
			k.KeyField = name
		case "within":
			k.KeyWithin, t.Within = append(k.KeyWithin, name), append(t.Within, path)
		case "immutable":
			t.Immutable = append(t.Immutable, path)
		case "secret":
			t.Secret = append(t.Secret, path)
		case "issued":
			t.Issued = append(t.Issued, path)
		case "set":
			t.Set = append(t.Set, path)
		case "whole":
			t.Whole = append(t.Whole, path)
		case "include":
			t.Include = append(t.Include, path)
		case "mode":
			t.Modes = append(t.Modes, plan.Mode{Set: strings.TrimSuffix(path, name) + value, Field: path})
			t.Input = append(t.Input, path)
		case "input":
			t.Input = append(t.Input, path)
		case "renewal":
			t.Renewal = append(t.Renewal, path)
		case "parent":
			t.Parent = path
		case "ref":
			ref.Path, ref.Kind = path, plan.Kind(value)
		case "named":
			ref = plan.Ref{Path: path, Kind: plan.Kind(value), Soft: true, Named: true}
		case "person":
			ref = plan.Ref{Path: path, Kind: "user", Soft: true, Named: true, Prefix: "user:"}
		case "soft":
			ref.Soft = true
		case "md5":
			k.MD5[name] = value
		case "size":
			k.Sizes[name] = value
		case "file":
			k.Files[name] = value
		case "definition":
			k.Definitions[name] = value
		case "shape":
			k.Shapes[name] = value
		case "shaped":
			k.Shaped = append(k.Shaped, name)
		case "means":
			k.Means[name] = value
		case "aside":
			k.Aside = append(k.Aside, name)
		default:
			return unknown(word, value)
		}
		return nil
	})
	if ref.Kind != "" {
		if v.IncompleteKind() == cue.ListKind {
			ref.Path += "/*"
		}
		t.Refs = append(t.Refs, ref)
	}
	return err
}

// words calls f with each word of the attributes @qlik that v has, in order.
func words(v cue.Value, mask cue.AttrKind, f func(word, value string) error) error {
	for _, a := range v.Attributes(mask) {
		if a.Name() != "qlik" {
			return fmt.Errorf("unknown attribute @%s", a.Name())
		}
		for i := range a.NumArgs() {
			word, value := a.Arg(i)
			if err := f(word, value); err != nil {
				return err
			}
		}
	}
	return nil
}

func unknown(word, value string) error {
	if value != "" {
		word += "=" + value
	}
	return fmt.Errorf("unknown attribute @qlik(%s)", word)
}
