package plan

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWhatSaysTheSameIsNotChangedTogether renames a space whose old name another one gets,
// with a member that says what the member of the old one says: it stays what it is.
func TestWhatSaysTheSameIsNotChangedTogether(t *testing.T) {
	space := func(name string) Resource {
		return Resource{Key: Key{Kind: "space", Name: name}, Spec: []byte(`{"name":"` + name + `"}`)}
	}
	member := func(space string) Resource {
		return Resource{Key: Key{Kind: "assignment", Name: space + "/u"}, Spec: []byte(`{"space":"space/` + space + `"}`)}
	}
	moved := space("B")
	moved.Was = []string{"A"}
	p, err := Build(Input{
		Desired:    []Resource{space("A"), member("A"), moved, member("B")},
		Live:       []Resource{space("A"), member("A")},
		Applied:    []Resource{space("A"), member("A")},
		Remembered: true,
		Traits:     map[Kind]Traits{"assignment": {Parent: "/space", Refs: []Ref{{Path: "/space", Kind: "space"}}}},
	})
	require.NoError(t, err)
	made := map[string]string{}
	for _, c := range p.Changes {
		made[string(c.Action)+" "+c.Key.String()] = string(c.Desired.Spec)
	}
	require.Equal(t, map[string]string{
		"move space/B":          `{"name":"B"}`,
		"create space/A":        `{"name":"A"}`,
		"create assignment/A/u": `{"space":"space/A"}`,
	}, made)
}
