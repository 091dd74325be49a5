// Package unbuild lays an app out as text, in the files that Qlik's own "app
// unbuild" writes, so that a team which keeps that text in git keeps its history.
//
// The layout is that of qlik-cli and of its open ancestor, corectl: names of
// files, order of fields as the engine has them, two spaces of indentation, no
// line break at the end. What qlik-cli reads from a running engine is read from
// the file here: connections live in the tenant, so that file is always empty.
//
// Start with [Files]. It is a package of the qdeploy program, not a stable API.
package unbuild

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/qdeploy/qdeploy/pkg/qvf"
)

// File is one file of the layout. Name is slash-separated and stays inside.
type File struct {
	Name    string
	Content []byte
}

// config names the parts for "app build".
const config = `script: script.qvs
connections: connections.yml
dimensions: dimensions.json
measures: measures.json
objects: objects/*.json
variables: variables.json
app-properties: app-properties.json
`

// Files returns the files of an app, sorted by name. It fails when two objects
// would lie in one file.
func Files(a *qvf.App) ([]File, error) {
	files := []File{
		{"config.yml", []byte(config)},
		{"connections.yml", []byte("connections:\n")},
		{"script.qvs", []byte(a.Script)},
		{"app-properties.json", indented(a.Properties)},
		{"dimensions.json", array(properties(a.Dimensions))},
		{"measures.json", array(properties(a.Measures))},
		{"variables.json", array(variables(a))},
	}
	seen := map[string]string{}
	for _, o := range a.Objects {
		name := "objects/" + fileName(o) + ".json"
		if other, ok := seen[name]; ok {
			return nil, fmt.Errorf("objects %s and %s would both lie in %s", other, o.ID, name)
		}
		seen[name] = o.ID
		files = append(files, File{name, indented(o.Root.JSON())})
	}
	for _, m := range a.Media {
		if !fs.ValidPath(m.Name) {
			return nil, fmt.Errorf("media %q is not a path", m.Name)
		}
		files = append(files, File{path.Join("images", m.Name), m.Content})
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return files, nil
}

func properties(items []qvf.Item) (out []json.RawMessage) {
	for _, i := range items {
		out = append(out, i.Properties)
	}
	return out
}

// variables are those of users and those that the script made, as the engine
// lists them.
func variables(a *qvf.App) (out []json.RawMessage) {
	for _, v := range slices.Concat(a.Variables, a.ScriptVariables) {
		out = append(out, v.Properties)
	}
	return out
}

func array(values []json.RawMessage) []byte {
	return indented([]byte("[" + string(bytes.Join(raw(values), []byte(","))) + "]"))
}

func raw(values []json.RawMessage) [][]byte {
	out := make([][]byte, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}

// indented writes JSON as Go's encoder does by default, with <, > and & escaped:
// that is what is in the repositories of those who used Qlik's tool. What is not
// JSON stands as it is.
func indented(b []byte) []byte {
	if len(b) == 0 {
		return []byte("{}")
	}
	var escaped, out bytes.Buffer
	json.HTMLEscape(&escaped, b)
	if err := json.Indent(&out, escaped.Bytes(), "", "  "); err != nil {
		return b
	}
	return out.Bytes()
}

// fileName is the type, visualization, title and ID of an object, in lower case,
// with "-" for each run of what is no letter, digit, "_" or "-".
func fileName(o qvf.Object) string {
	var p struct {
		Visualization string `json:"visualization"`
	}
	_ = json.Unmarshal(o.Root.Properties, &p) // without one the part is empty
	name := strings.ToLower(strings.Join([]string{o.Type, p.Visualization, o.Title(), o.ID}, "-"))
	var b strings.Builder
	gap := false
	for _, r := range name {
		if keep := unicode.IsLetter(r) || r >= '0' && r <= '9' || r == '_' || r == '-'; !keep {
			gap = true
			continue
		}
		if gap {
			b.WriteByte('-')
			gap = false
		}
		b.WriteRune(r)
	}
	if gap {
		b.WriteByte('-')
	}
	return b.String()
}
