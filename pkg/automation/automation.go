// Package automation reads the definition of an automation: what it does, and not what
// Qlik notes beside it. It knows files and nothing of tenants.
package automation

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
)

// Definition is the part of an automation that is the same in all tenants. Its JSON is
// canonical: equal definitions have equal bytes.
type Definition struct {
	Schedules []map[string]any `json:"schedules,omitempty"`
	Workspace any              `json:"workspace,omitempty"` // of Qlik's editor
}

// issued are what Qlik notes of a schedule.
var issued = []string{"id", "lastStartedAt", "nextRunAt"}

// Parse reads an automation as Qlik answers it, or a definition. Everything but what
// [Definition] has is left out: IDs, owner, times, the token, the last run.
func Parse(text []byte) (d Definition, err error) {
	in := json.NewDecoder(bytes.NewReader(text))
	in.UseNumber()
	if err := in.Decode(&d); err != nil {
		return d, fmt.Errorf("no definition of an automation: %w", err)
	}
	if _, err := in.Token(); err != io.EOF {
		return d, errors.New("no definition of an automation: more than one value")
	}
	for _, s := range d.Schedules {
		for _, name := range issued {
			delete(s, name)
		}
	}
	if d.Workspace == nil {
		return d, errors.New("no definition of an automation: it has no workspace")
	}
	return d, nil
}

// Digest is over what the definition says: "sha256:" and 64 digits.
func (d Definition) Digest() string {
	b, err := json.Marshal(d)
	if err != nil {
		panic(err) // it was JSON before
	}
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// connection is how a text of a workspace names a connection: by its name, because the
// IDs that Qlik writes there are a tenant's own.
const connection = "connection/"

// Connections are the names of the connections that the definition uses, sorted.
func (d Definition) Connections() (names []string) {
	d.Replace(func(s string) string {
		if name, ok := strings.CutPrefix(s, connection); ok && name != "" {
			names = append(names, name)
		}
		return s
	})
	slices.Sort(names)
	return slices.Compact(names)
}

// Named returns the definition with names in place of the IDs of connections.
func (d Definition) Named(names map[string]string) Definition {
	return d.Replace(func(s string) string {
		if name, ok := names[s]; ok {
			return connection + name
		}
		return s
	})
}

// Bound returns the definition with the IDs of connections in place of their names.
func (d Definition) Bound(ids map[string]string) Definition {
	return d.Replace(func(s string) string {
		if name, ok := strings.CutPrefix(s, connection); ok && ids[name] != "" {
			return ids[name]
		}
		return s
	})
}

// Replace returns the definition with other texts in its workspace. Names of fields stay.
func (d Definition) Replace(text func(string) string) Definition {
	d.Workspace = replaced(d.Workspace, text)
	return d
}

func replaced(v any, text func(string) string) any {
	switch v := v.(type) {
	case string:
		return text(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = replaced(v[i], text)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name := range v {
			out[name] = replaced(v[name], text)
		}
		return out
	}
	return v
}
