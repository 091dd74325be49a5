package estate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/cuecontext"
	cueyaml "cuelang.org/go/encoding/yaml"
	"go.yaml.in/yaml/v3"
)

// edit puts text in place of a part of a file.
type edit struct {
	from, to int
	text     string
}

func edited(text []byte, edits []edit) []byte {
	slices.SortStableFunc(edits, func(a, b edit) int { return a.from - b.from })
	var out bytes.Buffer
	at := 0
	for _, e := range edits {
		out.Write(text[at:e.from])
		out.WriteString(e.text)
		at = e.to
	}
	out.Write(text[at:])
	return out.Bytes()
}

// addToYAML adds fields to tenants of a YAML file.
func addToYAML(file string, text []byte, bodies map[string]*ast.StructLit) ([]byte, *unfit) {
	docs, err := documents(text)
	if err != nil {
		return nil, &unfit{why: err}
	}
	y := &yamlText{text: text, lines: strings.SplitAfter(string(text), "\n"), eol: "\n"}
	y.starts = make([]int, len(y.lines)+1)
	for i, l := range y.lines {
		y.starts[i+1] = y.starts[i] + len(l)
	}
	if bytes.Contains(text, []byte("\r\n")) {
		y.eol = "\r\n"
	}
	for _, tenant := range sorted(bodies) {
		m := tenantInYAML(docs, strings.TrimSuffix(path.Base(file), path.Ext(file)), tenant)
		more, err := asYAML(bodies[tenant])
		if m == nil {
			err = errAbsent
		}
		if err != nil {
			return nil, &unfit{tenant, 0, err}
		}
		if line, err := y.add(m, more); err != nil {
			return nil, &unfit{tenant, line, err}
		}
	}
	return edited(text, y.edits), nil
}

var errAbsent = errors.New("it is not written there")

// documents are those of a YAML file.
func documents(text []byte) (out []*yaml.Node, err error) {
	in := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var doc yaml.Node
		switch err := in.Decode(&doc); {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, err
		case len(doc.Content) > 0:
			out = append(out, doc.Content[0])
		}
	}
}

// asYAML is data of CUE as YAML would have it in lines.
func asYAML(x *ast.StructLit) (*yaml.Node, error) {
	text, err := cueyaml.Encode(cuecontext.New().BuildExpr(x))
	if err != nil {
		return nil, err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	if len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New("there is nothing to add")
	}
	return doc.Content[0], nil
}

// tenantInYAML finds the mapping of a tenant as [decodeTenants] would; nil if there is none.
func tenantInYAML(docs []*yaml.Node, base, tenant string) *yaml.Node {
	for _, doc := range docs {
		if m := tenantBelow(doc, base, tenant); m != nil {
			return m
		}
	}
	return nil
}

// tenantBelow looks for a tenant in a document: it, or one of its entries. A tenant that
// does not say its name has that of the entry, or of the file.
func tenantBelow(top *yaml.Node, base, tenant string) *yaml.Node {
	is := func(m *yaml.Node, name string) bool {
		if v := yamlField(m, "name"); v != nil {
			name = v.Value
		}
		return name == tenant
	}
	switch top.Kind {
	case yaml.SequenceNode:
		for _, m := range top.Content {
			if is(m, "") {
				return m
			}
		}
	case yaml.MappingNode:
		var names []string
		structs := 0
		for i := 0; i+1 < len(top.Content); i += 2 {
			names = append(names, top.Content[i].Value)
			if top.Content[i+1].Kind == yaml.MappingNode {
				structs++
			}
		}
		if structs == 0 || slices.ContainsFunc(names, func(n string) bool { return slices.Contains(tenantFields(), n) }) {
			if is(top, base) {
				return top
			}
			return nil
		}
		for i, name := range names {
			if is(top.Content[2*i+1], name) {
				return top.Content[2*i+1]
			}
		}
	}
	return nil
}

// yamlField is the value of a key of a mapping; nil if it has none.
func yamlField(m *yaml.Node, name string) *yaml.Node {
	for i := 0; m.Kind == yaml.MappingNode && i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == name {
			return m.Content[i+1]
		}
	}
	return nil
}

// yamlText is a YAML file that is being added to.
type yamlText struct {
	text   []byte
	lines  []string // with their ends
	starts []int    // of the lines, and the end
	eol    string
	edits  []edit
}

// add adds the fields of one mapping to another: what is new at its end.
func (y *yamlText) add(m, more *yaml.Node) (line int, err error) {
	if m.Kind != yaml.MappingNode {
		return m.Line, errors.New("it is no mapping")
	}
	if m.Style&yaml.FlowStyle != 0 {
		return m.Line, y.spread(m, more)
	}
	fresh := &yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i+1 < len(more.Content); i += 2 {
		k, v := more.Content[i], more.Content[i+1]
		if old := yamlField(m, k.Value); old == nil {
			fresh.Content = append(fresh.Content, k, v)
		} else if line, err := y.add(old, v); err != nil {
			return line, fmt.Errorf("%s: %w", k.Value, err)
		}
	}
	if len(fresh.Content) == 0 {
		return 0, nil
	}
	text, err := y.block(fresh, m.Content[0].Column-1)
	if err != nil {
		return m.Line, err
	}
	last := y.last(m)
	at := y.starts[last]
	if !strings.HasSuffix(y.lines[last-1], "\n") {
		text = y.eol + text
	}
	y.edits = append(y.edits, edit{at, at, text})
	return 0, nil
}

// block is a mapping in lines that begin at a column.
func (y *yamlText) block(m *yaml.Node, indent int) (string, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(m); err != nil {
		return "", err
	}
	var out strings.Builder
	for line := range strings.Lines(b.String()) {
		line = strings.TrimRight(line, "\n")
		if line != "" {
			out.WriteString(strings.Repeat(" ", indent) + line)
		}
		out.WriteString(y.eol)
	}
	return out.String(), nil
}

// last is the number of the last line of a mapping in lines, comments after it not counted.
func (y *yamlText) last(m *yaml.Node) int {
	last, indent := m.Content[0].Line, m.Content[0].Column-1 // an anchor may stand before it
	for i := last; i < len(y.lines); i++ {
		line := strings.TrimRight(y.lines[i], " \r\n")
		rest := strings.TrimLeft(line, " ")
		at := len(line) - len(rest)
		switch {
		case rest == "", strings.HasPrefix(rest, "#") && at <= indent:
		case at < indent, at == 0 && (rest == "..." || strings.HasPrefix(rest, "---")):
			return last
		default:
			last = i + 1
		}
	}
	return last
}
