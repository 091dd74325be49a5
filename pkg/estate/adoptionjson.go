package estate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/cuecontext"
)

// jsonValue is a value of a JSON file: an object or a list if it has fields or entries.
type jsonValue struct {
	open, end int // in the file; end is after it
	object    bool
	fields    map[string]*jsonValue
	first     int // where the first field begins; 0 for none
	last      int // after the last field
	entries   []*jsonValue
	text      string // of a string
}

// readJSON reads a value of a file.
func readJSON(d *json.Decoder, text []byte) (*jsonValue, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	v := &jsonValue{end: int(d.InputOffset())}
	switch t {
	case json.Delim('{'):
		v.open, v.object, v.fields = v.end-1, true, map[string]*jsonValue{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			if v.first == 0 {
				v.first = v.open + 1 + bytes.IndexByte(text[v.open+1:], '"')
			}
			in, err := readJSON(d, text)
			if err != nil {
				return nil, err
			}
			v.fields[fmt.Sprint(name)], v.last = in, in.end
		}
	case json.Delim('['):
		for d.More() {
			in, err := readJSON(d, text)
			if err != nil {
				return nil, err
			}
			v.entries = append(v.entries, in)
		}
	default:
		v.text, _ = t.(string)
		return v, nil
	}
	_, err = d.Token() // the end
	v.end = int(d.InputOffset())
	return v, err
}

// tenant looks for a tenant, as [tenantBelow] does.
func (v *jsonValue) tenant(base, tenant string) *jsonValue {
	is := func(in *jsonValue, name string) bool {
		if n := in.fields["name"]; n != nil {
			name = n.text
		}
		return name == tenant
	}
	for _, in := range v.entries {
		if is(in, "") {
			return in
		}
	}
	structs, one := 0, false
	for _, name := range tenantFields() {
		one = one || v.fields[name] != nil
	}
	for _, in := range v.fields {
		if in.object {
			structs++
		}
	}
	if v.object && (one || structs == 0) {
		if is(v, base) {
			return v
		}
		return nil
	}
	for _, name := range sorted(v.fields) {
		if is(v.fields[name], name) {
			return v.fields[name]
		}
	}
	return nil
}

// addToJSON adds fields to tenants of a JSON file: in lines where they are in lines.
func addToJSON(file string, text []byte, bodies map[string]*ast.StructLit) ([]byte, *unfit) {
	top, err := readJSON(json.NewDecoder(bytes.NewReader(text)), text)
	if err != nil {
		return nil, &unfit{why: err}
	}
	var edits []edit
	for _, tenant := range sorted(bodies) {
		v := top.tenant(strings.TrimSuffix(path.Base(file), path.Ext(file)), tenant)
		err := errAbsent
		if v != nil {
			err = v.add(text, bodies[tenant], &edits)
		}
		if err != nil {
			return nil, &unfit{tenant, 0, err}
		}
	}
	return edited(text, edits), nil
}

func (v *jsonValue) add(text []byte, more *ast.StructLit, edits *[]edit) error {
	if !v.object {
		return errors.New("it is no object")
	}
	// The indents of the object and of its fields; "" if it is in one line.
	outer, inner := "", ""
	if v.first > 0 {
		inner = indentAt(text, v.first)
		outer = indentAt(text, v.end-1)
	}
	var out strings.Builder
	for _, d := range more.Elts {
		f, ok := d.(*ast.Field)
		if !ok {
			continue
		}
		name := label(f)
		if old := v.fields[name]; old != nil {
			in, ok := f.Value.(*ast.StructLit)
			if !ok {
				return fmt.Errorf("%s: it is there already", name)
			}
			if err := old.add(text, in, edits); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			continue
		}
		raw, err := cuecontext.New().BuildExpr(f.Value).MarshalJSON()
		if err != nil {
			return err
		}
		key, err := json.Marshal(name)
		if err != nil {
			return err
		}
		var b bytes.Buffer
		sep := ", "
		if inner != "" {
			sep = "," + inner
			if err := json.Indent(&b, raw, inner[1:], strings.TrimPrefix(inner, outer)); err != nil {
				return err
			}
		} else {
			b.Write(raw)
		}
		if v.first == 0 && out.Len() == 0 {
			sep = ""
		}
		fmt.Fprintf(&out, "%s%s: %s", sep, key, b.String())
	}
	if out.Len() > 0 {
		at := v.open + 1
		if v.first > 0 {
			at = v.last
		}
		*edits = append(*edits, edit{at, at, out.String()})
	}
	return nil
}

// indentAt is the line break and the spaces before a place; "" if there is more before it.
func indentAt(text []byte, at int) string {
	n := bytes.LastIndexByte(text[:at], '\n')
	if n < 0 || strings.Trim(string(text[n:at]), "\n \t") != "" {
		return ""
	}
	return string(text[n:at])
}
